package contain

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// question is one call of [Schemas].
type question struct {
	*engine
	writer, reader side
	from, to       *translator // of the writer and of the reader
	out            schema.Containment
}

func newQuestion(ctx context.Context, writer, reader *jsonschema.Schema, o Options) *question {
	e := newEngine(ctx, o)
	return &question{
		engine: e, writer: newSide(writer, o.AssertFormats), reader: newSide(reader, o.AssertFormats),
		from: newTranslator(e, writer), to: newTranslator(e, reader),
	}
}

func (q *question) leave(u *schema.Undecided) { q.out.Undecided = append(q.out.Undecided, *u) }

// result is the answer as far as it was found.
func (q *question) result() schema.Containment {
	q.out.Steps = min(q.steps, q.limit)
	switch {
	case len(q.out.Breaks) > 0:
		q.out.Verdict = schema.Incompatible
		if len(q.out.Undecided) > 0 {
			q.out.More = true
		}
	case len(q.out.Undecided) > 0:
		q.out.Verdict = schema.Unknown
	default:
		q.out.Verdict = schema.Compatible
	}
	return q.out
}

// maxBreaks bounds the breaks of one answer.
const maxBreaks = 32

// answer finds a break, weakens the reader schema there, and asks again.
func (q *question) answer() {
	q.writer.goal = q.from.translate()
	if q.options.Declared {
		q.writer.goal = q.and(q.writer.goal, q.from.assumption())
	}
	q.reader.goal = q.to.translate()
	weakened := q.reader.goal
	for {
		v, done := q.search(weakened)
		if done {
			return
		}
		at, ok := q.report(v)
		if !ok || q.options.FirstOnly {
			q.out.More = q.out.More || ok
			return
		}
		if len(q.out.Breaks) >= maxBreaks {
			q.out.More = true
			return
		}
		if q.out.Breaks[0].Kind == "unsatisfiable" {
			return // nothing else is to be said
		}
		weaker := q.weaken(at)
		if weaker == weakened {
			q.out.More = true
			return
		}
		weakened = weaker
	}
}

// search looks for a value of the writer schema that the reader schema, as far
// as it is still in question, refuses. done says that there is nothing to
// report.
func (q *question) search(reader lit) (v *val, done bool) {
	r := q.sat(q.and(q.writer.goal, q.not(reader)))
	switch r.status {
	case empty:
		if reader == q.reader.goal {
			q.vacuous()
		}
		return nil, true
	case open:
		if v := q.candidate(r.value, reader); v != nil {
			return v, false
		}
		q.open(r)
		return nil, true
	}
	if q.eval(q.writer.goal, r.value) != yes || q.eval(reader, r.value) != no {
		if q.vagueOn(r.value, reader) {
			q.open(result{reason: schema.ReasonKeyword("pattern")})
			return nil, true
		}
		q.leave(&schema.Undecided{
			Reason: schema.ReasonBug, What: "a value that was found is not what was looked for",
			Bug: &schema.Bug{Where: "contain.search", Cause: clip([]byte(r.value.text()))},
		})
		return nil, true
	}
	// A keyword that was dropped may stand below a negation elsewhere; then the
	// whole reader schema may accept what its rest refuses.
	v = shrink(r.value, goalView{q.engine, q.and(q.writer.goal, q.not(reader))})
	if reader != q.reader.goal && q.eval(q.reader.goal, v) != no {
		q.out.More = true
		return nil, true
	}
	return v, false
}

func (q *question) vagueOn(v *val, reader lit) bool {
	return q.eval(q.writer.goal, v) == unknown || q.eval(reader, v) == unknown
}

// vacuous notes that the answer holds because the writer schema has no instance.
// A note is not worth an undecided answer, so the budget may end it.
func (q *question) vacuous() {
	_ = q.guarded("contain.vacuous", func() {
		if q.sat(q.writer.goal).status == empty {
			q.out.Notes = append(q.out.Notes, "the writer schema accepts nothing, so all of it is readable")
		}
	})
}

// hopeless reports whether the reader schema accepts nothing.
func (q *question) hopeless() bool { return q.sat(q.reader.goal).status == empty }

// open reports what the search could not decide. Later searches only look for
// further breaks.
func (q *question) open(r result) {
	q.leave(&schema.Undecided{Reason: r.reason, What: openText(r.reason)})
}

func openText(r schema.Reason) string {
	switch r {
	case schema.ReasonCubes:
		return "the schemas differ in too many combinations of cases"
	case schema.ReasonStates:
		return "the patterns need automata that are too large"
	case schema.ReasonWitnessSize:
		return "the least value that could break is too large or too deep to be shown"
	case schema.ReasonSteps:
		return "too many numbers would have to be tried"
	}
	return fmt.Sprintf("a constraint is not interpreted (%s), and it differs between the schemas", r)
}

// candidate judges a value that may break; what is not interpreted is left to
// the validators.
func (q *question) candidate(v *val, reader lit) *val {
	if v == nil || q.eval(q.writer.goal, v) == no || q.eval(reader, v) == yes {
		return nil
	}
	if got := q.confirm(v); !got.holds {
		return nil
	}
	judge := func(x *val) bool {
		if q.eval(q.writer.goal, x) == no || q.eval(reader, x) == yes {
			return false
		}
		if q.vagueOn(x, reader) {
			return q.confirm(x).holds
		}
		return true
	}
	return shrink(v, wholeView{judge, func(x *val) *val { return x }})
}

// report confirms a value and lists it as a break.
func (q *question) report(v *val) (at *blame, ok bool) {
	got := q.confirm(v)
	switch {
	case got.doubt != nil:
		q.leave(got.doubt)
		return nil, false
	case !got.holds:
		q.leave(&schema.Undecided{
			Reason: schema.ReasonBug, What: "the validators do not confirm a value that was found",
			Bug: &schema.Bug{Where: "contain.report", Cause: clip([]byte(v.text()))},
		})
		return nil, false
	}
	b, at := q.explain(v)
	if len(q.out.Breaks) == 0 && q.hopeless() {
		at = &blame{}
		b = schema.Break{
			Kind: "unsatisfiable", Path: "$", Class: schema.ClassData, Effect: schema.Refused,
			Reader: place(q.reader.schema.Root(), ""), Message: "the reader schema accepts nothing, and the writer schema accepts some values",
		}
	}
	b.Witness = &schema.Witness{Value: []byte(v.text()), Effect: schema.Refused, Written: clip([]byte(v.text())), Read: refusalAt(got.refusals, at.steps)}
	q.out.Breaks = append(q.out.Breaks, b)
	return at, true
}
