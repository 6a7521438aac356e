package report

import (
	"strings"

	"github.com/instar-registry/instar/lint"
)

// The escapes of workflow commands: of messages, and of properties.
var (
	githubMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// writeGitHub writes workflow commands. GitHub shows ten of each kind a step, so
// the worst come first, as they do in the report.
func writeGitHub(b *buffer, r *lint.Report, o Options) error {
	for _, remark := range remarks(r) {
		b.str("::notice title=evcheck::", githubMessage.Replace(visible(remark)), "\n")
	}
	for _, f := range shown(r, o) {
		if !f.Counts() {
			continue
		}
		p := f.Place()
		b.str("::", githubLevel(f.Severity), " file=", githubProperty.Replace(visible(p.File)))
		b.f(",line=%d", max(p.Line, 1))
		if p.EndLine > p.Line {
			b.f(",endLine=%d", p.EndLine)
		}
		if p.EndLine == p.Line && p.Column > 0 { // columns hold on one line only
			b.f(",col=%d,endColumn=%d", p.Column, max(p.EndColumn, p.Column))
		}
		b.str(",title=", githubProperty.Replace(visible(f.Rule)), "::", githubMessage.Replace(plain(f)), "\n")
	}
	if r.Summary.Verdict == lint.VerdictIncomplete {
		b.str("::error title=evcheck is incomplete::", githubMessage.Replace(visible(r.Summary.Reason)), "\n")
	}
	return nil
}

func githubLevel(severity string) string {
	if severity == lint.SeverityError || severity == lint.SeverityWarning {
		return severity
	}
	return "notice"
}
