package contain

import (
	"errors"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/jsonschema/rx"
)

// stringCube is a conjunction of atoms about a string as languages. Formats
// that are narrower than any language are kept as predicates too.
type stringCube struct {
	*solver
	within []rx.Lang // what every value is in
	close  []rx.Lang // complements that leave out some values as well
	checks []lit     // atoms of formats whose language is too large
	over   schema.Reason
}

// maxWords bounds the words that are held to predicates.
const maxWords = 200

// regular decides a cube with patterns or formats.
func (s *solver) regular(out *set) result {
	high := -1
	if s.most < maxCount {
		high = s.most - 1
	}
	c := &stringCube{solver: s, within: []rx.Lang{rx.Length(s.least, high), rx.Not(rx.Words(out.keys...))}}
	for _, a := range s.atoms {
		switch n := s.at(a); n.op {
		case opPat:
			c.pattern(n.text, a.negated())
		case opFormat:
			c.format(n.text, a)
		}
	}
	if len(c.checks) == 0 {
		word, ok, err := s.solver.Shortest(rx.And(c.within...))
		switch {
		case err != nil:
			return gaveUp(err)
		case !ok:
			return emptyResult()
		case c.over != "":
			return result{status: open, value: strVal(word), reason: c.over, low: free}
		}
		return foundResult(strVal(word))
	}
	return c.checked()
}

// gaveUp is the answer where the regular languages are too large.
func gaveUp(err error) result {
	if errors.Is(err, rx.ErrLong) {
		return result{status: open, reason: schema.ReasonWitnessSize, low: free}
	}
	return result{status: open, reason: schema.ReasonStates, low: free}
}

func (c *stringCube) pattern(source string, negated bool) {
	p := c.patterns[source]
	if p.exact == nil {
		c.over = schema.ReasonKeyword("pattern")
		return
	}
	l := rx.Matching(p.exact)
	if negated {
		l = rx.Not(l)
	}
	c.within = append(c.within, l)
}

func (c *stringCube) format(name string, a lit) {
	f, _ := jsonschema.FormatOf(name)
	l, ok := c.formats[name]
	if !ok {
		p, err := rx.Parse(f.Pattern)
		if err != nil {
			panic(err) // the patterns of formats are ours
		}
		l = rx.Matching(p)
		if f.MaxLength > 0 {
			l = rx.And(l, rx.Length(0, f.MaxLength))
		}
		c.formats[name] = l
	}
	switch {
	case !a.negated():
		c.within = append(c.within, l)
	case f.Exact:
		c.within = append(c.within, rx.Not(l))
	default:
		c.close = append(c.close, rx.Not(l))
	}
	if !f.Exact {
		c.checks = append(c.checks, a)
	}
}

// checked looks for a word that passes the predicates as well: first outside of
// the languages of the formats that it must not have, then inside.
func (c *stringCube) checked() result {
	close := rx.And(append(c.close, c.within...)...)
	all := rx.And(c.within...)
	for _, l := range []rx.Lang{close, all} {
		words, err := c.solver.solver.Words(l, maxWords)
		if err != nil {
			return gaveUp(err)
		}
		for _, w := range words {
			if !c.passes(w) {
				continue
			}
			if c.over != "" {
				return result{status: open, value: strVal(w), reason: c.over, low: free}
			}
			return foundResult(strVal(w))
		}
		if l.Key() == all.Key() && len(words) < maxWords {
			return emptyResult() // these were all words
		}
	}
	return result{status: open, reason: schema.ReasonKeyword("format"), low: free}
}

func (c *stringCube) passes(word string) bool {
	v := strVal(word)
	for _, a := range c.checks {
		if c.eval(a, v) != yes {
			return false
		}
	}
	return true
}
