package lint

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/internal/yamlx"
)

// BaselineFile is the name of the baseline, beside the configuration.
const BaselineFile = "evcheck.baseline.yaml"

// BaselineVersion is the value of "instar" in it.
const BaselineVersion = "evcheck-baseline/v1"

// baselineLimits are wider than those of what people write.
var baselineLimits = yamlx.Limits{Bytes: 8 << 20, Depth: 8}

// ReadBaseline reads a baseline: fingerprints with the day on which each was
// recorded.
func ReadBaseline(file string, body []byte) ([]Waiver, error) {
	node, problems := yamlx.Parse(body, baselineLimits)
	r := &reader{problems: problems}
	var out []Waiver
	if len(problems) == 0 {
		if v := node.Get("instar"); v == nil || v.Text != BaselineVersion {
			r.wrong(node.Position, "instar", "write it anew: evcheck baseline", "the version of the format is missing or unknown")
		}
		r.mapping(node, "", fields{
			"instar": func(*yamlx.Node, string) {},
			"findings": func(n *yamlx.Node, k string) {
				r.list(n, k, func(n *yamlx.Node, k string) {
					w := Waiver{Kind: WaiverBaseline, File: file, Line: n.Line, Permanent: true}
					r.mapping(n, k, fields{
						"fingerprint": func(n *yamlx.Node, k string) { w.Fingerprint = r.text(n, k) },
						"rule":        func(n *yamlx.Node, k string) { w.Rule = r.text(n, k) },
						"subject":     func(n *yamlx.Node, k string) { w.Subject = r.text(n, k) },
						"since":       func(n *yamlx.Node, k string) { w.Reason = "known since " + r.text(n, k) },
					})
					if w.Fingerprint == "" {
						r.wrong(n.Position, k, "", "fingerprint is missing")
					}
					w.Rule, w.Subject = "", "" // for the reader of the file
					out = append(out, w)
				})
			},
		})
	}
	if len(r.problems) > 0 {
		return nil, &ConfigError{File: file, Problems: r.problems}
	}
	return out, nil
}

// WriteBaseline is the baseline of a report: what counts in it now, and what an
// earlier baseline covers and still is there.
func WriteBaseline(r *Report, earlier []Waiver, day string) string {
	since := map[string]string{}
	for _, w := range earlier {
		since[w.Fingerprint] = strings.TrimPrefix(w.Reason, "known since ")
	}
	var lines []string
	for i := range r.Findings {
		f := &r.Findings[i]
		known := f.Waived != nil && f.Waived.Kind == WaiverBaseline
		if f.Waived != nil && !known || f.Severity == SeverityNote || strings.HasPrefix(f.Rule, "evcheck/") {
			continue
		}
		on := day
		if known && since[f.Fingerprint] != "" {
			on = since[f.Fingerprint]
		}
		lines = append(lines, "  - {fingerprint: "+jsonx.Quote(f.Fingerprint)+", since: "+on+", rule: "+jsonx.Quote(f.Rule)+", subject: "+jsonx.Quote(f.Subject)+"}\n")
	}
	slices.Sort(lines)
	text := "# Findings that were known when the gate was switched on; evcheck baseline writes this file.\ninstar: " + BaselineVersion + "\nfindings:"
	if len(lines) == 0 {
		return text + " []\n"
	}
	return text + "\n" + strings.Join(slices.Compact(lines), "")
}
