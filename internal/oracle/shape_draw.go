package oracle

import (
	"math/rand/v2"
	"slices"

	"github.com/instar-registry/instar/schema/jsonschema"
)

// artist draws shapes; the same seed draws the same.
type artist struct {
	*rand.Rand
	m *model
}

// drawFamily draws a schema and n edits of it, each of which is an edit of one
// that came before, so that most pairs differ in little.
func drawFamily(seed uint64, n int) []*model {
	a := artist{Rand: rand.New(rand.NewPCG(seed, 0x6f7261636c65))}
	drafts := []jsonschema.Draft{
		jsonschema.Draft4, jsonschema.Draft6, jsonschema.Draft7, jsonschema.Draft7, jsonschema.Draft7, jsonschema.Draft7,
		jsonschema.Draft2019, jsonschema.Draft2020, jsonschema.Draft2020, jsonschema.Draft2020,
	}
	a.m = &model{draft: drafts[a.IntN(len(drafts))]}
	if a.IntN(4) == 0 {
		a.m.defs = []member{{"d", nil}}
		if a.IntN(3) == 0 {
			a.m.defs = append(a.m.defs, member{"e", nil})
		}
		for i := range a.m.defs {
			a.m.defs[i].sub = a.draw(2, inDefinition)
		}
	}
	a.m.root = a.draw(3, inRoot)
	out := []*model{a.m}
	for range n {
		a.m = out[a.IntN(len(out))].clone()
		for range 1 + a.IntN(2) {
			a.edit()
		}
		out = append(out, a.m)
	}
	return out
}

// position says what a shape may refer to without a loop that consumes nothing.
type position uint8

const (
	inRoot       position = iota // definitions only
	inDefinition                 // nothing
	below                        // anything: a part of the value was taken
)

func pick[T any](a *artist, list ...T) T { return list[a.IntN(len(list))] }

func (a *artist) chance(percent int) bool { return a.IntN(100) < percent }

// draw draws a shape whose nesting is at most depth.
func (a *artist) draw(depth int, at position) *shape {
	if a.chance(8) {
		truth := a.chance(60)
		return &shape{truth: &truth}
	}
	if at != inDefinition && a.chance(12) {
		var names []string
		for _, d := range a.m.defs {
			names = append(names, d.key)
		}
		if at == below {
			names = append(names, "#")
		}
		if len(names) > 0 {
			return &shape{ref: pick(a, names...)}
		}
	}
	s := newShape()
	kind := pick(a, "number", "number", "string", "string", "object", "object", "object", "array", "array", "any")
	if a.chance(75) && kind != "any" {
		s.types = []string{kind}
		if kind == "number" && a.chance(50) {
			s.types = []string{"integer"}
		}
		if a.chance(15) {
			s.types = append(s.types, pick(a, "null", "boolean"))
		}
	}
	for range a.IntN(3) + 1 {
		a.constrain(s, kind, depth, at)
	}
	if a.chance(18) && depth > 0 {
		a.combinator(s, depth-1, at)
	}
	if a.chance(8) {
		s.enum = a.values()
	}
	return s
}

func (a *artist) values() []string {
	var out []string
	for range 1 + a.IntN(3) {
		v := universe[a.IntN(24)].text // atoms and the least containers
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (a *artist) name() string { return pick(a, universeKeys...) }

// constrain sets one keyword that means something for a kind.
func (a *artist) constrain(s *shape, kind string, depth int, at position) {
	switch kind {
	case "number":
		switch b := (&bound{at: pick(a, universeNumbers...), exclusive: a.chance(35)}); a.IntN(3) {
		case 0:
			s.min = b
		case 1:
			s.max = b
		default:
			s.multiple = pick[int64](a, 100, 200, 300, 50, 10, 150, 400)
		}
	case "string":
		switch a.IntN(4) {
		case 0:
			s.minLen = a.IntN(3)
		case 1:
			s.maxLen = a.IntN(4)
		default:
			s.pattern = pick(a, drawnPatterns...)
		}
	case "object":
		a.object(s, depth)
	case "array":
		a.array(s, depth)
	default:
		if depth > 0 {
			a.combinator(s, depth-1, at)
		} else {
			s.enum = a.values()
		}
	}
}

func (a *artist) object(s *shape, depth int) {
	nested := depth > 0
	switch n := a.IntN(12); {
	case n < 4 && nested:
		s.props = setMember(s.props, a.name(), a.draw(depth-1, below))
	case n == 4 && nested:
		s.patternProps = setMember(s.patternProps, pick(a, "^a", "b$", "^.$", "^a+$", "[^a]"), a.draw(depth-1, below))
	case n == 5 && nested:
		s.additional = a.draw(depth-1, below)
	case n == 6 && nested && a.m.draft >= jsonschema.Draft6:
		s.names = a.draw(0, inDefinition)
	case n == 7:
		s.minProps = a.IntN(3)
	case n == 8:
		s.maxProps = a.IntN(3)
	case n == 9:
		d := need{key: a.name(), names: []string{a.name()}}
		if nested && a.chance(50) {
			d.names, d.sub = nil, a.draw(depth-1, inDefinition)
		}
		s.needs = append(slices.DeleteFunc(s.needs, func(o need) bool { return o.key == d.key }), d)
	case n == 10 && nested && a.m.draft >= jsonschema.Draft2019:
		s.unevaluatedProps = a.draw(depth-1, below)
	default:
		if k := a.name(); !slices.Contains(s.required, k) {
			s.required = append(s.required, k)
		}
	}
}

func setMember(list []member, key string, sub *shape) []member {
	list = slices.DeleteFunc(list, func(m member) bool { return m.key == key })
	return append(list, member{key, sub})
}

func (a *artist) array(s *shape, depth int) {
	nested := depth > 0
	switch n := a.IntN(10); {
	case n < 3 && nested:
		s.items = a.draw(depth-1, below)
	case n == 3 && nested:
		s.prefix = append(s.prefix, a.draw(depth-1, below))
		if a.chance(50) {
			s.additionalItems = a.draw(depth-1, below)
		}
	case n == 4 && nested && a.m.draft >= jsonschema.Draft6:
		s.contains = a.draw(depth-1, below)
		if a.m.draft >= jsonschema.Draft2019 && a.chance(50) {
			s.minContains, s.maxContains = a.IntN(3), pick(a, -1, 1, 2)
		}
	case n == 5 && nested && a.m.draft >= jsonschema.Draft2019:
		s.unevaluatedItems = a.draw(depth-1, below)
	case n == 6:
		s.unique = true
	case n < 8:
		s.minItems = a.IntN(4)
	default:
		s.maxItems = a.IntN(4)
	}
}

func (a *artist) combinator(s *shape, depth int, at position) {
	list := func() []*shape {
		out := []*shape{a.draw(depth, at)}
		for range 1 + a.IntN(2) {
			out = append(out, a.draw(depth, at))
		}
		return out
	}
	switch n := a.IntN(9); {
	case n < 2:
		s.allOf = list()
	case n < 4:
		s.anyOf = list()
	case n < 6:
		s.oneOf = list()
	case n == 6 && a.m.draft >= jsonschema.Draft7:
		s.when = a.draw(depth, at)
		if a.chance(80) {
			s.then = a.draw(depth, at)
		}
		if a.chance(50) {
			s.elze = a.draw(depth, at)
		}
	default:
		s.not = a.draw(depth, at)
	}
}
