package compat

import (
	"context"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// collector gathers the changes of a [Delta] from the answers of Confluent's
// rule and of the exact engine in both directions.
type collector struct {
	version      int // the old one's number, or 0
	older, newer schema.Parsed
	out          *Delta
	told         map[string]bool // entities of named parts that a change is about
	trees        [2]*jsonx.Value // of the canonical texts, old first; nil until asked for
}

// direction asks everybody about one direction.
func (c *collector) direction(ctx context.Context, d Direction, o *Options) error {
	writer, reader := c.older, c.newer
	if d == NewToOld {
		writer, reader = reader, writer
	}
	differences, err := ruleDifferences(writer, reader)
	if err != nil {
		return err
	}
	q := question{Meaning: o.Meaning, budget: o.Budget}
	plain, err := exact(ctx, writer, reader, d, &q)
	if err != nil {
		return err
	}
	declared := plain
	if c.older.Format() == schema.JSON && plain.verdict != Compatible {
		// DECLARED accepts whatever EXACT does, and differs for JSON Schema only.
		q.declared = true
		if declared, err = exact(ctx, writer, reader, d, &q); err != nil {
			return err
		}
	}
	p := Pair{
		Version: c.version, Direction: d, Required: true, Judged: true, format: c.newer.Format(), Verdict: plain.verdict, Exact: plain.verdict, Reason: plain.reason,
		Undecided: plain.undecided, Notes: plain.notes, More: plain.more, Steps: plain.steps, RuleVerdict: Compatible,
	}
	p.Findings = attach(&plain, differences, p.format, d)
	p.complete(Exact, true)
	lenient := Compatible
	for i := range p.Findings {
		f := &p.Findings[i]
		if f.Strict {
			p.RuleVerdict = Incompatible
		}
		if f.Lenient {
			lenient = Incompatible
		}
		f.Harmless = f.Break == nil && plain.verdict == Compatible
		f.Refused = slices.Contains(f.RefusedBy, Exact.String())
	}
	all := &c.out.Verdicts
	all.set(d, Strict, p.RuleVerdict)
	all.set(d, Lenient, lenient)
	all.set(d, Exact, plain.verdict)
	all.set(d, Declared, declared.verdict)
	c.out.Pairs[d] = p
	for i := range p.Findings {
		c.add(p.Findings[i], &plain, &declared)
	}
	return nil
}

// finds reports whether a decision has a break of the same rule at the same
// place.
func (d *decision) finds(f *Finding) bool {
	return slices.ContainsFunc(d.findings, func(o Finding) bool {
		return o.Break != nil && o.Break.Class == schema.ClassData && o.Kind == f.Kind && o.Path == f.Path
	})
}

// attach returns the engine's findings and the differences of Confluent's rule;
// a difference that names the same edit as a finding becomes part of it.
func attach(d *decision, differences []Difference, format schema.Format, direction Direction) []Finding {
	out := slices.Clone(d.findings)
	own := out[:len(out):len(out)]
	taken := make([]bool, len(own))
	for i := range differences {
		x := &differences[i]
		at := sameEdit(own, taken, x, format, direction)
		if at < 0 {
			out = append(out, Finding{Difference: *x})
			continue
		}
		taken[at] = true
		f := &out[at]
		f.Strict, f.Lenient, f.confluent = x.Strict, x.Lenient, x.Kind
	}
	return out
}

// add makes a finding part of the change that it belongs to, or a change of its
// own.
func (c *collector) add(f Finding, plain, declared *decision) {
	pointers := pointersOf(&f)
	at := slices.IndexFunc(c.out.Changes, func(x Change) bool {
		return x.Rule == f.Rule && x.Findings[0].Direction != f.Direction && (x.Path == f.Path || touching(x.pointers, pointers))
	})
	if at < 0 {
		at = len(c.out.Changes)
		c.out.Changes = append(c.out.Changes, Change{Rule: f.Rule, Path: c.pathOf(&f), Class: ClassInfo})
		x := &c.out.Changes[at]
		for _, d := range []Direction{OldToNew, NewToOld} {
			for _, p := range DiffPolicies {
				x.Verdicts.set(d, p, Compatible)
			}
		}
	}
	x := &c.out.Changes[at]
	if f.Break != nil && (len(x.Findings) == 0 || x.Findings[0].Break == nil) {
		x.Path = f.Path // a place in events says more than one in the text
	}
	x.Findings = append(x.Findings, f)
	x.pointers = append(x.pointers, pointers...)
	kind := f.confluent
	if kind == "" && f.Break == nil {
		kind = f.Kind
	}
	if kind != "" && !slices.Contains(x.Kinds, kind) {
		x.Kinds = append(x.Kinds, kind)
	}
	x.judge(&f, plain, declared)
}

// remark adds what breaks nothing. Where Confluent's rule names the same edit, the
// remark says it better.
func (c *collector) remark(f Finding) {
	f.Required = true
	if c.version > 0 {
		f.Versions = []int{c.version}
	}
	pointers := pointersOf(&f)
	for i := range c.out.Changes {
		x := &c.out.Changes[i]
		if (x.Rule != f.Rule || x.Path != f.Path) && !c.means(x, f.Rule, pointers) {
			continue
		}
		x.Rule = f.Rule
		for k := range x.Findings {
			if same := &x.Findings[k]; same.Break == nil && same.Direction == f.Direction {
				same.Break = f.Break
			}
		}
		if probe := (Change{Class: f.Class()}); heft(&probe) < heft(x) {
			x.Class = probe.Class
		}
		return
	}
	nothing := decision{verdict: Compatible}
	c.add(f, &nothing, &nothing)
}

// means reports whether a change that only Confluent's rule names is the one that
// a rule of ours names at some place: by the catalogue, or because both stand at
// the very same place.
func (c *collector) means(x *Change, rule string, pointers []string) bool {
	for i := range x.Findings {
		f := &x.Findings[i]
		mapped := x.Rule == rule || slices.Contains(ConfluentRules(c.newer.Format(), f.Kind, f.Direction), rule)
		at := pointerOf(f.Path)
		if f.Break != nil || !(mapped && touching(x.pointers, pointers) || at != "" && slices.Contains(pointers, at)) {
			return false
		}
	}
	return len(x.Findings) > 0
}

// pathOf is the place of a finding in an event. Confluent's rule for JSON Schema
// names a place in the text.
func (c *collector) pathOf(f *Finding) string {
	if f.Break != nil || c.newer.Format() != schema.JSON || !strings.HasPrefix(f.Path, "#/") {
		return f.Path
	}
	return eventPath(pointerOf(f.Path))
}

// judge notes what a finding says about its direction.
func (x *Change) judge(f *Finding, plain, declared *decision) {
	d := f.Direction
	refuses := func(p Policy) Verdict {
		if slices.Contains(f.RefusedBy, p.String()) || p == Declared && declared.finds(f) {
			return Incompatible
		}
		if p == Exact && plain.verdict == Unknown || p == Declared && declared.verdict == Unknown {
			return Unknown // the engine has not cleared it
		}
		return Compatible
	}
	for _, p := range DiffPolicies {
		x.Verdicts.set(d, p, worse(x.Verdicts[d][slices.Index(DiffPolicies[:], p)], refuses(p)))
	}
	class := f.Class()
	if class == ClassPolicy && f.Break == nil && plain.verdict == Unknown {
		class = ClassUndecided
	}
	probe := Change{Class: class}
	if heft(&probe) < heft(x) {
		x.Class = class
	}
}
