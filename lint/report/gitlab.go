package report

import (
	"cmp"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
)

// gitlabIssue is one element of a Code Quality report.
type gitlabIssue struct {
	Type        string         `json:"type"`
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Categories  []string       `json:"categories"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
	End   int `json:"end,omitempty"`
}

func writeGitLab(b *buffer, r *lint.Report, _ Options) error {
	out := []gitlabIssue{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if !f.Counts() {
			continue
		}
		p := f.Place()
		out = append(out, gitlabIssue{
			Type: "issue", Description: plain(f), CheckName: f.Rule, Fingerprint: f.Fingerprint, Severity: gitlabSeverity(f),
			Categories: []string{"Compatibility"},
			Location:   gitlabLocation{cmp.Or(visible(p.File), "."), gitlabLines{max(p.Line, 1), p.EndLine}},
		})
	}
	return b.put(out)
}

func gitlabSeverity(f *lint.Finding) string {
	switch f.Severity {
	case lint.SeverityError:
		if f.Class == compat.ClassData {
			return "critical"
		}
		return "major"
	case lint.SeverityWarning:
		return "minor"
	default:
		return "info"
	}
}
