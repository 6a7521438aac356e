package contain

import (
	"context"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// leastSteps bounds the evaluator's work for one instance.
const leastSteps = 2_000_000

// Least makes an instance of a schema minimal among the instances that keep a
// property: it loses members, elements and characters, and its numbers move
// towards zero, as long as keeps says so. What is no instance is not asked about:
// the engine's own evaluator knows that from the part that changes alone, so that
// large events shrink fast. ok is false where the evaluator does not interpret
// the schema or the work is too much; the error is that of keeps.
func Least(ctx context.Context, s *jsonschema.Schema, event *jsonx.Value, keeps func(event []byte) (bool, error)) (least []byte, ok bool, err error) {
	e := newEngine(ctx, Options{Budget: schema.Budget{Steps: leastSteps}})
	var failed error
	stop := e.guarded("contain.Least", func() {
		goal := newTranslator(e, s).translate()
		v := valueOf(event)
		if ok = e.eval(goal, v) == yes; !ok {
			return
		}
		in := keeping{goalView{e, goal}, func(x *val) *val { return x }, func(x *val) bool {
			kept := false
			if failed == nil {
				kept, failed = keeps([]byte(x.text()))
			}
			return kept
		}}
		free := &shrinker{tries: maxShrinks, keepNames: true}
		bound := &shrinker{tries: maxShrinks, keepNames: true}
		v = bound.toward(v, free.to(v, in.goalView), in)
		least = []byte(bound.to(v, in).text())
	})
	if failed == nil {
		failed = ctx.Err()
	}
	return least, ok && stop == nil && failed == nil, failed
}

// keeping is the view of a goal and of a property that only the whole value has.
type keeping struct {
	goalView
	put   func(*val) *val
	keeps func(whole *val) bool
}

func (k keeping) holds(v *val) bool { return k.goalView.holds(v) && k.keeps(k.put(v)) }

func (k keeping) without(v *val, i int) bool {
	return k.goalView.without(v, i) && k.keeps(k.put(v.without(i)))
}

func (k keeping) part(v *val, i int) view {
	return keeping{k.goalView.part(v, i).(goalView), func(x *val) *val { return k.put(v.with(i, x)) }, k.keeps}
}

// toward replaces as much of a value as may be by a smaller one that lost more
// than it may: all of it, or else its properties in groups that are halved.
func (s *shrinker) toward(v, smaller *val, in view) *val {
	switch {
	case v.text() == smaller.text():
		return v
	case s.try(smaller, in):
		return smaller
	case v.kind != kObject || smaller.kind != kObject:
		return v
	}
	var names []string
	for i, name := range v.names {
		if x := smaller.get(name); x == nil || x.text() != v.fields[i].text() {
			names = append(names, name)
		}
	}
	half := len(names) / 2
	v = s.group(v, smaller, names[:half], in)
	return s.group(v, smaller, names[half:], in)
}

func (s *shrinker) group(v, smaller *val, names []string, in view) *val {
	if len(names) == 0 {
		return v
	}
	x := v
	for _, name := range names {
		i, _ := x.index(name)
		if to := smaller.get(name); to != nil {
			x = x.with(i, to)
		} else {
			x = x.without(i)
		}
	}
	if s.try(x, in) {
		return x
	}
	if half := len(names) / 2; half > 0 {
		v = s.group(v, smaller, names[:half], in)
		return s.group(v, smaller, names[half:], in)
	}
	i, _ := v.index(names[0])
	if to := smaller.get(names[0]); to != nil {
		return v.with(i, s.toward(v.fields[i], to, in.part(v, i)))
	}
	return v
}
