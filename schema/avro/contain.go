package avro

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/schema"
)

// Contain answers whether every event of the writer schema is read under the
// reader schema with the same meaning, and shows an event for every reason why
// not. Every such event has been encoded, walked, decoded by an independent
// library and read by [Read] before it is shown.
//
// The error is the context's; everything else is part of the answer. A mistake
// of ours is listed as undecided, with the bug. The answer depends on the
// schemas and the budget alone.
func Contain(ctx context.Context, writer, reader *Schema, budget schema.Budget) (schema.Containment, error) {
	if err := ctx.Err(); err != nil {
		return schema.Containment{}, err
	}
	j := &judge{ctx: ctx, writer: writer.program(), reader: reader.program(), limit: budget.Limit()}
	if j.writer.root.height == infinite {
		return schema.Containment{Verdict: schema.Compatible, Notes: []string{"no event of the writer schema exists, so all of them are readable"}}, nil
	}
	if sameText(writer, reader) {
		// The same text asks for nothing to be resolved.
		return schema.Containment{Verdict: schema.Compatible}, nil
	}
	empty := j.reader.root.height == infinite
	if !empty && j.clean() {
		return schema.Containment{Verdict: schema.Compatible, Steps: j.steps}, nil
	}
	if j.err != nil {
		return schema.Containment{}, j.err
	}
	s := &search{judge: &judge{ctx: ctx, writer: j.writer, reader: j.reader, limit: j.limit}}
	if empty {
		s.ways = []way{{parent: -1, edge: edge{w: j.writer.root, r: j.reader.root}}}
		s.findings = []finding{{problem: problem{kind: KindUnsatisfiable, branch: -1}, ways: []int{0}, doubt: -1}}
	} else {
		s.run()
	}
	a := &answer{search: s, writer: writer, reader: reader, first: budget.First, confirm: confirmer{writer: writer, reader: reader}}
	a.settle()
	if s.err != nil {
		return schema.Containment{}, s.err
	}
	return a.out, nil
}

// answer turns findings into breaks.
type answer struct {
	*search
	writer, reader *Schema
	first          bool // one break is enough
	confirm        confirmer
	origins        [2]map[*Node]origin // of the writer's and the reader's types
	out            schema.Containment
}

// maxShown bounds the bytes of all witnesses and paths of one answer, which
// callers keep. What decides the verdict is looked at in any case.
const maxShown = 128 << 10

// maxUndecided is how many open questions are told.
const maxUndecided = 20

func (a *answer) leave(u *schema.Undecided) {
	if len(a.out.Undecided) < maxUndecided {
		a.out.Undecided = append(a.out.Undecided, *u)
	} else {
		a.more = true
	}
}

func (a *answer) settle() {
	explored := !a.spent
	broken, moot, shown := false, false, 0
	for i := range a.findings {
		f := &a.findings[i]
		if a.err != nil {
			return
		}
		if (a.spent || a.first || shown > maxShown) && (broken || f.policy()) {
			a.more = true
			continue
		}
		b := a.describe(f)
		for _, path := range b.Paths {
			shown += len(path)
		}
		shown += len(b.Path)
		if !f.policy() {
			w, undecided := a.witness(f, &b)
			if undecided != nil {
				a.leave(undecided)
				continue
			}
			if w == nil {
				moot = true
				continue
			}
			b.Witness, b.Effect, broken = w, w.Effect, true
			shown += len(w.Value) + len(w.Binary)
		}
		a.out.Breaks = append(a.out.Breaks, b)
	}
	if moot && !broken && len(a.out.Undecided) == 0 {
		// An ambiguity is dropped only where our reader fails too, and that is
		// a finding of its own.
		a.out.Undecided = []schema.Undecided{{
			Reason: schema.ReasonBug, What: "a failure of the reader was not found",
			Bug: &schema.Bug{Where: "avro.Contain", Cause: "ambiguous unions only"},
		}}
	}
	if !explored {
		a.more = true
		a.out.Undecided = append(a.out.Undecided, schema.Undecided{
			Reason: schema.ReasonSteps,
			What:   fmt.Sprintf("the budget of %d steps is spent before all pairs of types are judged", a.limit),
		})
	}
	a.out.More, a.out.Steps = a.more, a.steps
	switch {
	case broken:
		a.out.Verdict = schema.Incompatible
	case len(a.out.Undecided) == 0:
		a.out.Verdict = schema.Compatible
	}
}

// witness builds and confirms the event that shows a finding. Both are nil for
// an ambiguity at which our reader fails as well, which is told at its place.
func (a *answer) witness(f *finding, b *schema.Break) (*schema.Witness, *schema.Undecided) {
	at, p, first := f.ways[0], f.problem, false
	if f.doubt >= 0 {
		at, p, first = f.doubt, f.because, true
	}
	build := builder{program: a.judge.writer}
	build.along(a.judge.writer.root, a.edgesTo(at, &p), a.leaf(at, &p), 0)
	a.step(1 + len(build.out)/4)
	path := b.Path
	if first {
		path = renderPath(a.stepsTo(at, &p))
	}
	return a.confirm.check(&build, claim{path: path, kind: p.kind, misread: p.misreads(), first: first})
}

// edgesTo lists the edges from the root to a problem, the outermost first.
func (a *answer) edgesTo(at int, p *problem) []edge {
	list := make([]edge, a.ways[at].depth, a.ways[at].depth+1)
	for w := a.ways[at]; w.parent >= 0; w = a.ways[w.parent] {
		list[w.depth-1] = w.edge
	}
	if p.branch >= 0 {
		union := a.ways[at].edge.w
		list = append(list, edge{kind: edgeBranch, from: p.branch, w: union.parts[p.branch]})
	}
	return list
}

// stepsTo is the place of a problem in an event of the writer.
func (a *answer) stepsTo(at int, p *problem) []pathStep {
	var steps []pathStep
	o := a.judge.writer.root
	for _, e := range a.edgesTo(at, p) {
		switch {
		case e.kind == edgeField:
			steps = append(steps, pathStep{kind: stepField, name: o.node.Fields[e.from].Name})
		case e.kind == edgeElement && o.kind == Map:
			steps = append(steps, pathStep{kind: stepValue})
		case e.kind == edgeElement:
			steps = append(steps, pathStep{kind: stepItem})
		case e.from >= 0:
			steps = append(steps, branchStep(o, e.from))
		}
		o = e.w
	}
	switch p.kind {
	case KindFieldMissing, KindFieldRenamed, KindFieldRenamedAlias, KindFieldAmbiguous:
		steps = append(steps, pathStep{kind: stepField, name: a.ways[at].edge.r.node.Fields[p.index].Name})
	}
	return steps
}
