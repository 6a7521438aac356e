// Package fix applies the fixes of findings to texts: it chooses them, puts the
// author's values in, asks again whether the findings are gone, and writes files.
// The fix command calls it. What must never happen here: an edit of a text that
// is not the one the findings are about, a file half written, or a fix that
// leaves the finding or brings another one as severe.
package fix

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
)

// Want says which fixes are to be applied.
type Want struct {
	// Finding is a fingerprint or the beginning of one; empty stands for all.
	Finding string
	// Rule reports whether the findings of a rule are meant; nil stands for all.
	Rule func(rule string) bool
	// Choose is the number of the fix, from 1; 0 stands for the first that is
	// safe, or whose questions Set answers.
	Choose int
	// Set gives values that fixes ask for, as JSON.
	Set map[string]string
	// Proposed answers what Set does not with the proposals of the fixes.
	Proposed bool
}

// Chosen is a fix that was chosen for a finding.
type Chosen struct {
	Finding *lint.Finding
	Number  int // of the fix, from 1
	Fix     *lint.Fix

	edits []lint.Edit // with the values put in
}

// Left is a finding that no fix was applied to, and why.
type Left struct {
	Finding *lint.Finding
	Why     string
}

// Result is what came of a run. Before and After are the texts of the files that
// change.
type Result struct {
	Before, After map[string]string
	Applied       []Chosen
	Left          []Left
}

// Recheck checks again with other texts in the place of some files.
type Recheck func(ctx context.Context, texts map[string]string) ([]lint.Finding, error)

// Run applies fixes in memory, in the order of the report, and proves them
// together. texts holds the files that the findings were found in.
func Run(ctx context.Context, findings []lint.Finding, texts map[string]string, w Want, again Recheck) (Result, error) {
	chosen, left, err := choose(findings, texts, w)
	if err != nil {
		return Result{}, err
	}
	known := map[string]bool{}
	for i := range findings {
		known[key(&findings[i])] = true
	}
	s := session{texts: texts, known: known, again: again}
	out := Result{Before: map[string]string{}, After: map[string]string{}, Left: left}
	holds, _, err := s.holds(ctx, chosen)
	switch {
	case err != nil:
		return Result{}, err
	case holds:
		out.Applied = chosen
	default:
		if err := s.oneByOne(ctx, chosen, &out); err != nil {
			return Result{}, err
		}
	}
	after, _ := s.apply(out.Applied)
	for file, text := range after {
		out.Before[file], out.After[file] = texts[file], text
	}
	slices.SortStableFunc(out.Left, func(a, b Left) int {
		return lint.SeverityRank(a.Finding.Severity) - lint.SeverityRank(b.Finding.Severity)
	})
	return out, nil
}

// Patch is what the run changes, as a unified diff that "git apply" takes.
func (r *Result) Patch() string {
	var b strings.Builder
	for _, file := range slices.Sorted(maps.Keys(r.After)) {
		var edits []lint.Edit
		for _, e := range compat.Edits(r.Before[file], r.After[file]) {
			edits = append(edits, lint.Edit{File: file, Offset: e.Offset, Delete: e.Delete, Insert: e.Insert})
		}
		b.WriteString(lint.Patch(file, r.Before[file], edits))
	}
	return b.String()
}

// key tells findings apart that have one fingerprint and weigh differently.
func key(f *lint.Finding) string { return f.Fingerprint + f.Class }

func choose(findings []lint.Finding, texts map[string]string, w Want) (chosen []Chosen, left []Left, err error) {
	named, asked := 0, map[string]bool{}
	for i := range findings {
		f := &findings[i]
		if !w.means(f) {
			continue
		}
		named++
		for k := range f.Fixes {
			for _, name := range f.Fixes[k].Asks {
				asked[name] = true
			}
		}
		c, why := w.pick(f)
		if why == "" {
			c.edits, why = w.withValues(f, c.Fix, texts)
		}
		if why != "" {
			left = append(left, Left{f, why})
			continue
		}
		chosen = append(chosen, c)
	}
	if named == 0 && w.Finding != "" {
		return nil, nil, fmt.Errorf("no finding has the fingerprint %s; evcheck check shows them", w.Finding)
	}
	for name := range w.Set {
		if !asked[name] {
			return nil, nil, fmt.Errorf("no fix asks for %q; asked for is %s", name, orNothing(slices.Sorted(maps.Keys(asked))))
		}
	}
	return chosen, left, nil
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// means reports whether a finding is to be fixed. Notes are only fixed by name,
// and compatible changes only by their fingerprint.
func (w *Want) means(f *lint.Finding) bool {
	switch {
	case w.Finding != "" && !lint.SameFingerprint(f.Fingerprint, w.Finding), w.Rule != nil && !w.Rule(f.Rule):
		return false
	case w.Finding != "":
		return f.Counts()
	case w.Rule != nil:
		return f.Counts() && f.Class != compat.ClassInfo
	default:
		return f.Counts() && f.Severity != lint.SeverityNote
	}
}

// pick chooses a fix of a finding, or says why there is none.
func (w *Want) pick(f *lint.Finding) (c Chosen, why string) {
	if len(f.Fixes) == 0 {
		return c, "there is no fix that holds"
	}
	if w.Choose > 0 {
		if w.Choose > len(f.Fixes) {
			return c, fmt.Sprintf("there are only %d fixes", len(f.Fixes))
		}
		return Chosen{Finding: f, Number: w.Choose, Fix: &f.Fixes[w.Choose-1]}, ""
	}
	for i := range f.Fixes {
		x := &f.Fixes[i]
		if x.Safe || len(x.Asks) > 0 && w.answers(x) {
			return Chosen{Finding: f, Number: i + 1, Fix: x}, ""
		}
	}
	if len(f.Fixes) == 1 && len(f.Fixes[0].Asks) > 0 {
		return c, "it asks for a value: give --set " + f.Fixes[0].Asks[0] + "=VALUE"
	}
	var titles []string
	for i := range f.Fixes {
		titles = append(titles, fmt.Sprintf("%d %s", i+1, strings.ToLower(f.Fixes[i].Title)))
	}
	return c, "no fix is safe; choose one by --choose: " + strings.Join(titles, ", ")
}

func (w *Want) answers(x *lint.Fix) bool {
	return !slices.ContainsFunc(x.Asks, func(name string) bool { _, given := w.Set[name]; return !given && !w.Proposed })
}

// withValues puts the author's values into the edits of a fix.
func (w *Want) withValues(f *lint.Finding, x *lint.Fix, texts map[string]string) (edits []lint.Edit, why string) {
	if len(x.Edits) == 0 {
		return nil, "the fix has no edits"
	}
	file := x.Edits[0].File
	text, known := texts[file]
	if !known {
		return nil, file + " was not read"
	}
	after, err := lint.ApplyEdits(text, x.Edits)
	if err != nil {
		return nil, err.Error()
	}
	edits = x.Edits
	for _, name := range x.Asks {
		value, given := w.Set[name]
		if !given {
			if !w.Proposed {
				return nil, "it asks for a value: give --set " + name + "=VALUE, such as " + x.Proposed[name]
			}
			continue
		}
		if _, err := jsonx.Parse(value, jsonx.SchemaLimits(schema.DefaultLimits())); err != nil {
			return nil, fmt.Sprintf("the value of %s is no JSON: %v; a text needs its quotes, as in --set %s='\"EUR\"'", name, err, name)
		}
		at := lint.AskedValue(after, f.Pointer)
		if at == nil {
			return nil, "the value of " + name + " has no place in the fix"
		}
		after = after[:at.Offset] + value + after[at.End:]
		edits = nil
		for _, e := range compat.Edits(text, after) {
			edits = append(edits, lint.Edit{File: file, Offset: e.Offset, Delete: e.Delete, Insert: e.Insert})
		}
	}
	return edits, ""
}

// session applies and proves.
type session struct {
	texts map[string]string
	known map[string]bool
	again Recheck
}

// apply gives the texts that change, and the fixes that overlap earlier ones.
func (s *session) apply(chosen []Chosen) (after map[string]string, overlaps []Chosen) {
	byFile := map[string][]lint.Edit{}
	for _, c := range chosen {
		if file := c.edits[0].File; overlap(byFile[file], c.edits) {
			overlaps = append(overlaps, c)
		} else if !slices.Equal(byFile[file], c.edits) {
			byFile[file] = append(byFile[file], fresh(byFile[file], c.edits)...)
		}
	}
	after = map[string]string{}
	for file, edits := range byFile {
		text, err := lint.ApplyEdits(s.texts[file], edits)
		if err == nil && text != s.texts[file] {
			after[file] = text
		}
	}
	return after, overlaps
}

// overlap reports whether edits touch others, which they may not unless they are
// the same: one edit often removes several findings.
func overlap(have, edits []lint.Edit) bool {
	for _, e := range edits {
		for _, h := range have {
			if h != e && e.Offset <= h.Offset+h.Delete && h.Offset <= e.Offset+e.Delete {
				return true
			}
		}
	}
	return false
}

func fresh(have, edits []lint.Edit) []lint.Edit {
	return slices.DeleteFunc(slices.Clone(edits), func(e lint.Edit) bool { return slices.Contains(have, e) })
}

// holds applies fixes together and asks again: all their findings must be gone,
// and nothing may be new that is an error.
func (s *session) holds(ctx context.Context, chosen []Chosen) (ok bool, why string, err error) {
	after, overlaps := s.apply(chosen)
	switch {
	case len(overlaps) > 0:
		return false, "it overlaps another fix; run again", nil
	case len(after) == 0:
		return len(chosen) == 0, "it changes nothing", nil
	}
	found, err := s.again(ctx, after)
	if err != nil {
		return false, "", err
	}
	for i := range found {
		f := &found[i]
		for _, c := range chosen {
			if key(f) == key(c.Finding) {
				return false, "the finding is still there after it", nil
			}
		}
		if f.Severity == lint.SeverityError && f.Counts() && !s.known[key(f)] {
			return false, "it brings " + f.Rule + ": " + f.Message, nil
		}
	}
	return true, "", nil
}

// oneByOne adds fixes one after the other and keeps those that hold with the ones
// before.
func (s *session) oneByOne(ctx context.Context, chosen []Chosen, out *Result) error {
	for _, c := range chosen {
		ok, why, err := s.holds(ctx, append(slices.Clone(out.Applied), c))
		switch {
		case err != nil:
			return err
		case ok:
			out.Applied = append(out.Applied, c)
		default:
			out.Left = append(out.Left, Left{c.Finding, why})
		}
	}
	return nil
}
