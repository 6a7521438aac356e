package report

import (
	"strings"

	"github.com/instar-registry/instar/lint"
)

// The Reviewdog Diagnostic Format. Its columns count bytes of UTF-8.
type (
	rdResult struct {
		Source      rdSource       `json:"source"`
		Severity    string         `json:"severity,omitempty"`
		Diagnostics []rdDiagnostic `json:"diagnostics"`
	}
	rdSource struct {
		Name string `json:"name"`
		URL  string `json:"url,omitempty"`
	}
	rdDiagnostic struct {
		Message     string         `json:"message"`
		Location    rdLocation     `json:"location"`
		Severity    string         `json:"severity"`
		Code        rdCode         `json:"code"`
		Suggestions []rdSuggestion `json:"suggestions,omitempty"`
		Related     []rdRelated    `json:"related_locations,omitempty"`
	}
	rdCode struct {
		Value string `json:"value"`
		URL   string `json:"url,omitempty"`
	}
	rdLocation struct {
		Path  string   `json:"path"`
		Range *rdRange `json:"range,omitempty"`
	}
	rdRange struct {
		Start rdPosition  `json:"start"`
		End   *rdPosition `json:"end,omitempty"`
	}
	rdPosition struct {
		Line   int `json:"line"`
		Column int `json:"column,omitempty"`
	}
	rdSuggestion struct {
		Range rdRange `json:"range"`
		Text  string  `json:"text"`
	}
	rdRelated struct {
		Message  string     `json:"message,omitempty"`
		Location rdLocation `json:"location"`
	}
)

func writeRDJSON(b *buffer, r *lint.Report, o Options) error {
	out := rdResult{Source: rdSource{Name: r.Tool.Name, URL: o.DocsURL}, Diagnostics: []rdDiagnostic{}}
	for _, f := range shown(r, o) {
		if !f.Counts() {
			continue
		}
		p := f.Place()
		d := rdDiagnostic{
			Message: plain(f), Severity: rdSeverity(f.Severity), Code: rdCode{Value: f.Rule, URL: helpURL(f, o)},
			Location: rdLocation{Path: p.File, Range: rdRangeOf(p.Span)},
		}
		if f.Old != nil && f.New != nil && f.Old.Commit == "" && f.Old.Version == 0 && !f.Old.Absent {
			// Only a file of the working tree can be shown beside the change.
			d.Related = []rdRelated{{Message: "the old schema", Location: rdLocation{Path: f.Old.File, Range: rdRangeOf(f.Old.Span)}}}
		}
		for i := range f.Fixes {
			if s, ok := rdSuggest(&f.Fixes[i], p.File); ok {
				d.Suggestions = append(d.Suggestions, s)
			}
		}
		out.Diagnostics = append(out.Diagnostics, d)
	}
	return b.put(out)
}

func rdSeverity(s string) string {
	switch s {
	case lint.SeverityError, lint.SeverityWarning:
		return strings.ToUpper(s)
	default:
		return "INFO"
	}
}

func rdRangeOf(s lint.Span) *rdRange {
	if s.Line == 0 {
		return nil
	}
	from, to := s.Bytes()
	out := &rdRange{Start: rdPosition{s.Line, from}}
	if s.EndLine > 0 {
		out.End = &rdPosition{s.EndLine, to}
	}
	return out
}

// rdSuggest turns a fix of one edit into a suggestion; the format has none of
// several parts.
func rdSuggest(x *lint.Fix, file string) (rdSuggestion, bool) {
	if len(x.Edits) != 1 || x.Edits[0].File != file || x.Edits[0].Line == 0 {
		return rdSuggestion{}, false
	}
	return rdSuggestion{Range: *rdRangeOf(x.Edits[0].Span), Text: x.Edits[0].Insert}, true
}
