package report

import (
	"strings"

	"github.com/instar-registry/instar/compat"
)

// Difference is what lies between the two sides of one schema.
type Difference struct {
	Name string
	// Old and New say which sides are there; Delta is what lies between them if
	// both are. Err says why a side cannot be read.
	Old, New bool
	Delta    *compat.Delta
	Err      error
}

// Fails reports whether the difference is at or above a severity: error for what
// breaks events or cannot be read, warning for what a policy minds, note for
// anything.
func (d *Difference) Fails(failOn string) bool {
	if failOn == "never" {
		return false
	}
	if d.Err != nil {
		return true
	}
	if d.Delta == nil {
		return failOn == "note" || failOn == "warning" && d.Old && !d.New
	}
	for i := range d.Delta.Changes {
		switch d.Delta.Changes[i].Class {
		case compat.ClassData:
			return true
		case compat.ClassPolicy, compat.ClassUndecided:
			if failOn != "error" {
				return true
			}
		default:
			if failOn == "note" {
				return true
			}
		}
	}
	return false
}

// levels are all levels in the order of the table.
var levels = []compat.Level{
	compat.None, compat.Backward, compat.BackwardTransitive, compat.Forward, compat.ForwardTransitive, compat.Full, compat.FullTransitive,
}

// verdictAt is the verdict of a pair under a level: a transitive one asks the
// same of a pair.
func verdictAt(v *compat.Verdicts, l compat.Level, p compat.Policy) compat.Verdict {
	switch l {
	case compat.None:
		return compat.Compatible
	case compat.BackwardTransitive:
		l = compat.Backward
	case compat.ForwardTransitive:
		l = compat.Forward
	case compat.FullTransitive:
		l = compat.Full
	}
	return v.At(l, p)
}

// verdictWord is a verdict in the table.
var verdictWord = map[compat.Verdict]string{compat.Compatible: "ok", compat.Incompatible: "refused", compat.Unknown: "undecided"}

// DifferencesText shows differences for people.
func DifferencesText(all []Difference) string {
	b := &buffer{}
	for i := range all {
		if i > 0 {
			b.str("\n")
		}
		differenceText(b, &all[i])
	}
	if len(all) == 0 {
		b.str("no schema differs\n")
	}
	return string(b.out)
}

func differenceText(b *buffer, d *Difference) {
	b.str(visible(d.Name), ": ")
	switch {
	case d.Err != nil:
		b.str("cannot be read: ", visible(d.Err.Error()), "\n")
		return
	case d.Delta == nil && d.New:
		b.str("new\n")
		return
	case d.Delta == nil:
		b.str("removed\n")
		return
	}
	b.str(visible(d.Delta.Summary()), "\n")
	for i := range d.Delta.Changes {
		changeText(b, &d.Delta.Changes[i])
	}
	if len(d.Delta.Changes) == 0 {
		return
	}
	b.str("\n  ", pad("", 21))
	row := func(cell func(compat.Policy) string) {
		for k, p := range compat.DiffPolicies {
			if k == len(compat.DiffPolicies)-1 {
				b.str(cell(p), "\n")
				return
			}
			b.str(pad(cell(p), 11))
		}
	}
	row(compat.Policy.String)
	for _, l := range levels {
		b.str("  ", pad(l.String(), 21))
		row(func(p compat.Policy) string { return verdictWord[verdictAt(&d.Delta.Verdicts, l, p)] })
	}
	b.str("\n  deploy: ", compat.DeployOrder(d.Delta.DeployFirst()), "\n")
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(1, n-len(s))) }

func changeText(b *buffer, c *compat.Change) {
	b.str("  ", pad(visible(c.Class), 10), visible(c.Rule))
	if c.Path != "" && c.Path != "$" {
		b.str(" at ", visible(short(c.Path, maxShownValue)))
	}
	b.str("\n            ", visible(c.Message), "\n")
	for i := range c.Findings {
		f := &c.Findings[i]
		if f.Break == nil || f.Break.Witness == nil {
			continue
		}
		sides := [2]string{"new readers meet old events", "old readers meet new events"}
		b.str("            ", sides[f.Direction], ": ", visible(short(oneLine(f.Break.Witness.Value), maxShownValue)), ", ", effectWords(string(f.Break.Witness.Effect)), "\n")
	}
	if c.Hint != "" && c.Class != compat.ClassInfo {
		b.str("            ", visible(c.Hint), "\n")
	}
}

func effectWords(effect string) string {
	switch effect {
	case "refused":
		return "refused"
	case "misread":
		return "read as another value"
	case "lost":
		return "its value is lost"
	default:
		return "a default takes its place"
	}
}

// DifferencesJSON is what "diff --json" prints.
func DifferencesJSON(all []Difference) any {
	type side struct {
		Pointer string `json:"pointer"`
		Line    int    `json:"line,omitempty"`
		Column  int    `json:"column,omitempty"`
		Text    string `json:"text,omitempty"`
		Absent  bool   `json:"absent,omitempty"`
	}
	type change struct {
		Rule    string `json:"rule"`
		Class   string `json:"class"`
		Path    string `json:"path"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
		Old     side   `json:"old"`
		New     side   `json:"new"`
		Help    string `json:"help,omitempty"`
	}
	type difference struct {
		Name     string                       `json:"name"`
		State    string                       `json:"state"`
		Error    string                       `json:"error,omitempty"`
		Summary  string                       `json:"summary,omitempty"`
		Changes  []change                     `json:"changes"`
		Verdicts map[string]map[string]string `json:"verdicts,omitempty"`
		Deploy   string                       `json:"deployFirst,omitempty"`
	}
	sideOf := func(s compat.Side) side {
		return side{Pointer: s.Pointer, Line: s.Line, Column: s.Column, Text: s.Text, Absent: s.Absent}
	}
	out := []difference{}
	for i := range all {
		d := &all[i]
		x := difference{Name: d.Name, State: stateOf(d), Changes: []change{}}
		if d.Err != nil {
			x.Error = d.Err.Error()
		}
		if d.Delta != nil {
			x.Summary, x.Deploy = d.Delta.Summary(), d.Delta.DeployFirst()
			x.Verdicts = verdictsByName(&d.Delta.Verdicts)
			for k := range d.Delta.Changes {
				c := &d.Delta.Changes[k]
				x.Changes = append(x.Changes, change{c.Rule, c.Class, c.Path, c.Message, c.Hint, sideOf(c.Old), sideOf(c.New), c.Help()})
			}
		}
		out = append(out, x)
	}
	return out
}

func stateOf(d *Difference) string {
	switch {
	case d.Err != nil:
		return "invalid"
	case d.Delta == nil && d.New:
		return "added"
	case d.Delta == nil:
		return "removed"
	case len(d.Delta.Changes) == 0:
		return "same"
	default:
		return "changed"
	}
}

// verdictsByName is the table of levels and policies by name.
func verdictsByName(v *compat.Verdicts) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, l := range levels {
		row := map[string]string{}
		for _, p := range compat.DiffPolicies {
			row[p.String()] = verdictAt(v, l, p).String()
		}
		out[l.String()] = row
	}
	return out
}
