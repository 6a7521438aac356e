// Package report writes what evcheck found in the formats that people, editors
// and CI systems read. Every format is a pure function of the report; names in it
// come from schemas and file systems and are data: what would steer a terminal, a
// log, a table or a comment is shown escaped. The commands call it; it must never
// change what a report says, only how.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// Options are what the person who reads wants. They change no fact.
type Options struct {
	// Notes shows what is hidden in texts for people: notes.
	Notes bool
	// Color adds ANSI colours to "text".
	Color bool
	// DocsURL is where the pages of rules are read, ending in "/"; links are left
	// out, or relative, where it is empty.
	DocsURL string
	// MaxBytes refuses an output that is longer; 0 refuses none.
	MaxBytes int64
}

// writers are the formats, in the order of the help.
var writers = []struct {
	name, about string
	write       func(*buffer, *lint.Report, Options) error
}{
	{"text", "frames with carets, for people", writeText},
	{"oneline", "file:line:col: severity[rule]: message", writeOneline},
	{"json", "the whole report, " + lint.ReportVersion, writeJSON},
	{"jsonl", "one finding a line, as JSON", writeJSONLines},
	{"sarif", "SARIF 2.1.0, for code scanning", writeSARIF},
	{"github", "annotations of GitHub Actions", writeGitHub},
	{"github-summary", "the job summary of GitHub Actions", writeGitHubSummary},
	{"github-output", "the counts, for steps that follow in GitHub Actions", writeGitHubOutput},
	{"gitlab", "GitLab Code Quality", writeGitLab},
	{"junit", "JUnit XML, a case for each question", writeJUnit},
	{"rdjson", "reviewdog, with suggestions", writeRDJSON},
	{"checkstyle", "Checkstyle XML", writeCheckstyle},
	{"markdown", "a comment on a change, kept in place by its marker", writeMarkdown},
}

// Formats lists the names of the formats.
func Formats() []string {
	out := make([]string, len(writers))
	for i := range writers {
		out[i] = writers[i].name
	}
	return out
}

// About is what a format is for, in a few words.
func About(format string) string {
	for i := range writers {
		if writers[i].name == format {
			return writers[i].about
		}
	}
	return ""
}

// Write writes a report in a format.
func Write(to io.Writer, format string, r *lint.Report, o Options) error {
	for i := range writers {
		if writers[i].name != format {
			continue
		}
		b := &buffer{}
		if err := writers[i].write(b, r, o); err != nil {
			return fmt.Errorf("write the report as %s: %w", format, err)
		}
		if o.MaxBytes > 0 && int64(len(b.out)) > o.MaxBytes {
			return &lint.InputError{
				What: fmt.Sprintf("the report as %s has %d bytes; limits.report-bytes is %d", format, len(b.out), o.MaxBytes),
				Hint: "check fewer subjects at once, or raise the limit",
			}
		}
		if _, err := to.Write(b.out); err != nil {
			return fmt.Errorf("write the report as %s: %w", format, err)
		}
		return nil
	}
	return fmt.Errorf("unknown output format %q: %s are known", format, strings.Join(Formats(), ", "))
}

// Known reports whether there is a format of that name.
func Known(format string) bool { return slices.Contains(Formats(), format) }

// buffer collects an output, so that nothing is written of one that fails.
type buffer struct{ out []byte }

func (b *buffer) str(s ...string) {
	for _, x := range s {
		b.out = append(b.out, x...)
	}
}

func (b *buffer) f(format string, args ...any) { b.out = fmt.Appendf(b.out, format, args...) }

// shown are the findings that people see: all but notes, unless asked for.
func shown(r *lint.Report, o Options) []*lint.Finding {
	var out []*lint.Finding
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Severity != lint.SeverityNote || o.Notes {
			out = append(out, f)
		}
	}
	return out
}
