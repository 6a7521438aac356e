package oracle

import (
	"context"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// closure lists the shapes that say something about the same value as the given
// ones, whether they must hold or not.
func (m *model) closure(shapes []*shape) []*shape {
	var out []*shape
	for todo := shapes; len(todo) > 0; {
		s := todo[0]
		todo = todo[1:]
		if s == nil || slices.Contains(out, s) {
			continue
		}
		out = append(out, s)
		switch {
		case s.ref == "#":
			todo = append(slices.Clone(todo), m.root)
		case s.ref != "":
			i := slices.IndexFunc(m.defs, func(d member) bool { return d.key == s.ref })
			todo = append(slices.Clone(todo), m.defs[i].sub)
		}
		todo = slices.Concat(todo, s.allOf, s.anyOf, s.oneOf, []*shape{s.not, s.when, s.then, s.elze})
		for _, n := range s.needs {
			todo = append(todo, n.sub)
		}
	}
	return out
}

// declares reports whether an event has only members that the model declares,
// wherever it declares any and is no map.
func (m *model) declares(shapes []*shape, v *jsonx.Value) bool {
	all := m.closure(shapes)
	if v.Kind == jsonx.Array {
		for i, item := range v.Items {
			var below []*shape
			for _, s := range all {
				below = append(below, s.contains, s.unevaluatedItems)
				switch {
				case i < len(s.prefix):
					below = append(below, s.prefix[i])
				case len(s.prefix) > 0:
					below = append(below, s.additionalItems)
				default:
					below = append(below, s.items)
				}
			}
			if !m.declares(below, item) {
				return false
			}
		}
	}
	if v.Kind != jsonx.Object {
		return true
	}
	bound, open := false, false
	for _, s := range all {
		bound = bound || len(s.props)+len(s.patternProps)+len(s.required)+len(s.needs) > 0
		for _, rest := range []*shape{s.additional, s.unevaluatedProps} {
			open = open || rest != nil && (rest.truth == nil || !*rest.truth)
		}
	}
	for i := range v.Members {
		named, below := m.member(all, v.Members[i].Key)
		if bound && !open && !named || !m.declares(below, v.Members[i].Value) {
			return false
		}
	}
	return true
}

// member says whether any of the shapes names a member, and which shapes its
// value is held to.
func (m *model) member(all []*shape, key string) (named bool, below []*shape) {
	for _, s := range all {
		matched := false
		for _, p := range s.props {
			if p.key == key {
				matched, below = true, append(below, p.sub)
			}
		}
		for _, p := range s.patternProps {
			if matches(p.key, key) {
				matched, below = true, append(below, p.sub)
			}
		}
		if !matched {
			below = append(below, s.additional)
		}
		named = named || matched || slices.Contains(s.required, key) ||
			slices.ContainsFunc(s.needs, func(n need) bool { return n.key == key || slices.Contains(n.names, key) })
	}
	return named, below
}

// unevaluates reports whether a model has keywords that look at what others
// evaluated, for which the rule about declared members leaves more open.
func (m *model) unevaluates() bool {
	return slices.ContainsFunc(m.places(), func(p place) bool { return p.s.unevaluatedProps != nil || p.s.unevaluatedItems != nil })
}

// RandomDeclared asks about random pairs whose writers emit only what they
// declare, and holds each answer against the declared values of the universe.
func RandomDeclared(ctx context.Context, t *Tally, seed uint64, families int) error {
	values := make([]*jsonx.Value, len(universe))
	for i := range universe {
		v, err := jsonx.Parse(universe[i].text, jsonx.Limits{})
		if err != nil {
			return err
		}
		values[i] = v
	}
	return Each(ctx, families, func(i int) error {
		models := drawFamily(seed+uint64(i), 4)
		for k, w := range models {
			if w.unevaluates() {
				continue
			}
			valid := evaluate(w)
			for n := range values {
				if valid.has(n) && !w.declares([]*shape{w.root}, values[n]) {
					valid[n/64] &^= 1 << (n % 64)
				}
			}
			if err := declaredPair(ctx, t, w, models[(k+1)%len(models)], valid); err != nil {
				return err
			}
		}
		return nil
	})
}

func declaredPair(ctx context.Context, t *Tally, w, r *model, declared set) error {
	q := Question{Name: fmt.Sprintf("declared only: %s in %s", w, r), Declared: true}
	writer, err1 := jsonschema.Parse(w.String(), nil, options)
	reader, err2 := jsonschema.Parse(r.String(), nil, options)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("%s: %w, %w", q.Name, err1, err2)
	}
	q.Writer, q.Reader = writer, reader
	if at, found := declared.outside(evaluate(r)); found {
		q.Want = schema.Incompatible
		q.Name += ": " + universe[at].text
	}
	a, err := Ask(ctx, &q)
	if err != nil {
		return err
	}
	for i := range a.Breaks {
		if a.Breaks[i].Witness == nil {
			continue
		}
		v, err := jsonx.Parse(string(a.Breaks[i].Witness.Value), jsonx.Limits{})
		if err != nil {
			a.Faults = append(a.Faults, err.Error())
		} else if !w.declares([]*shape{w.root}, v) {
			a.Faults = append(a.Faults, fmt.Sprintf("the witness %s has members that the writer does not declare", a.Breaks[i].Witness.Value))
		}
	}
	t.Add(&q, &a)
	return nil
}
