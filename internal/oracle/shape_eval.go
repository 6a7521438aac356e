package oracle

import (
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/instar-registry/instar/schema/jsonschema"
)

// meaning is what a shape says about every value of the universe: which are
// valid, and which keys and items of each it evaluated. Keys are bits in the
// order of universeKeys, items are bits by index.
type meaning struct {
	valid set
	keys  []uint8
	items []uint8
}

func newMeaning() meaning {
	return meaning{everything(), make([]uint8, len(universe)), make([]uint8, len(universe))}
}

// evaluator evaluates a model over the universe. It shares no code with the
// validators or the engine: a keyword is a set, and a schema the intersection.
type evaluator struct {
	m    *model
	refs map[string]meaning // of the definitions and the root, so far
}

// evaluate returns the values that are valid under a model. References are
// solved by iteration: every round is right for values one level deeper.
func evaluate(m *model) set {
	e := evaluator{m: m, refs: map[string]meaning{"#": newMeaning()}}
	for _, d := range m.defs {
		e.refs[d.key] = newMeaning()
	}
	for {
		next := map[string]meaning{"#": e.of(m.root)}
		for _, d := range m.defs {
			next[d.key] = e.of(d.sub)
		}
		stable := true
		for name, r := range next {
			old := e.refs[name]
			stable = stable && slices.Equal(old.valid, r.valid) && slices.Equal(old.keys, r.keys) && slices.Equal(old.items, r.items)
		}
		if e.refs = next; stable {
			return next["#"].valid
		}
	}
}

// of evaluates a shape.
func (e *evaluator) of(s *shape) meaning {
	r := newMeaning()
	switch {
	case s.ref != "":
		known := e.refs[s.ref]
		return meaning{slices.Clone(known.valid), slices.Clone(known.keys), slices.Clone(known.items)}
	case s.truth != nil:
		if !*s.truth {
			r.valid.not()
		}
		return r
	}
	r.valid.and(where(s.scalar))
	e.object(s, &r)
	e.array(s, &r)
	e.combine(s, &r)
	if s.unevaluatedProps != nil {
		sub := e.of(s.unevaluatedProps)
		r.each("object", func(i int, v *instance) bool {
			ok := true
			for k, key := range v.keys {
				if bit := keyBit(key); r.keys[i]&bit == 0 {
					ok = ok && sub.valid.has(v.values[k])
					r.keys[i] |= bit
				}
			}
			return ok
		})
	}
	if s.unevaluatedItems != nil {
		sub := e.of(s.unevaluatedItems)
		r.each("array", func(i int, v *instance) bool {
			ok := true
			for k, item := range v.items {
				if r.items[i]&(1<<k) == 0 {
					ok = ok && sub.valid.has(item)
					r.items[i] |= 1 << k
				}
			}
			return ok
		})
	}
	return r
}

func keyBit(key string) uint8 { return 1 << slices.Index(universeKeys, key) }

// each keeps the values of a kind for which f holds, and all of other kinds.
func (r *meaning) each(kind string, f func(i int, v *instance) bool) {
	for i := range universe {
		if v := &universe[i]; v.kind == kind && !f(i, v) {
			r.valid[i/64] &^= 1 << (i % 64)
		}
	}
}

// scalar judges a value by the keywords that look at nothing inside it.
func (s *shape) scalar(v *instance) bool {
	if len(s.types) > 0 && !slices.ContainsFunc(s.types, v.isA) {
		return false
	}
	if len(s.enum) > 0 && !slices.Contains(s.enum, v.text) {
		return false
	}
	within := func(n, low, high int) bool { return n >= low && (high < 0 || n <= high) }
	switch v.kind {
	case "number":
		n := v.number
		return (s.min == nil || n > s.min.at || n == s.min.at && !s.min.exclusive) &&
			(s.max == nil || n < s.max.at || n == s.max.at && !s.max.exclusive) &&
			(s.multiple == 0 || n%s.multiple == 0)
	case "string":
		return within(utf8.RuneCountInString(v.str), s.minLen, s.maxLen) && (s.pattern == "" || matches(s.pattern, v.str))
	case "array":
		return within(len(v.items), s.minItems, s.maxItems) && (!s.unique || distinct(v.items))
	case "object":
		return within(len(v.keys), s.minProps, s.maxProps) && !slices.ContainsFunc(s.required, func(k string) bool { return !slices.Contains(v.keys, k) })
	}
	return true
}

func (v *instance) isA(name string) bool {
	return v.kind == name || name == "integer" && v.kind == "number" && v.number%100 == 0
}

// distinct holds because equal values have equal indices.
func distinct(items []int) bool {
	for i, x := range items {
		if slices.Contains(items[i+1:], x) {
			return false
		}
	}
	return true
}

// drawnPatterns are the patterns that shapes use; all of them mean in RE2 what
// they mean in ECMAScript.
var drawnPatterns = []string{"a", "^a", "b$", "^$", "^a+$", "^[ab]*$", "^.$", "^(a|ab)$", "[^a]", "^a{1,2}$", "c", "^[0-9]"}

var compiled = func() map[string]*regexp.Regexp {
	out := map[string]*regexp.Regexp{}
	for _, p := range drawnPatterns {
		out[p] = regexp.MustCompile(p)
	}
	return out
}()

func matches(pattern, s string) bool { return compiled[pattern].MatchString(s) }

func (e *evaluator) object(s *shape, r *meaning) {
	type rule struct {
		applies func(string) bool
		sub     set
	}
	var rules []rule
	for _, p := range s.props {
		rules = append(rules, rule{func(k string) bool { return k == p.key }, e.of(p.sub).valid})
	}
	for _, p := range s.patternProps {
		rules = append(rules, rule{func(k string) bool { return matches(p.key, k) }, e.of(p.sub).valid})
	}
	if s.additional != nil {
		named := slices.Clone(rules)
		rest := func(k string) bool { return !slices.ContainsFunc(named, func(n rule) bool { return n.applies(k) }) }
		rules = append(rules, rule{rest, e.of(s.additional).valid})
	}
	if len(rules) > 0 {
		r.each("object", func(i int, v *instance) bool {
			ok := true
			for k, key := range v.keys {
				for _, rule := range rules {
					if rule.applies(key) {
						r.keys[i] |= keyBit(key)
						ok = ok && rule.sub.has(v.values[k])
					}
				}
			}
			return ok
		})
	}
	if s.names != nil {
		names := e.of(s.names).valid
		r.each("object", func(_ int, v *instance) bool {
			return !slices.ContainsFunc(v.keys, func(k string) bool { return !names.has(stringIndex[k]) })
		})
	}
	for _, n := range s.needs {
		var sub meaning
		if n.sub != nil {
			sub = e.of(n.sub)
		}
		r.each("object", func(i int, v *instance) bool {
			if !slices.Contains(v.keys, n.key) {
				return true
			}
			if n.sub == nil {
				return !slices.ContainsFunc(n.names, func(k string) bool { return !slices.Contains(v.keys, k) })
			}
			r.keys[i] |= sub.keys[i]
			return sub.valid.has(i)
		})
	}
}

// stringIndex finds the keys of objects as values, for "propertyNames".
var stringIndex = func() map[string]int {
	out := map[string]int{}
	for i := range universe {
		if universe[i].kind == "string" {
			out[universe[i].str] = i
		}
	}
	return out
}()

func (e *evaluator) array(s *shape, r *meaning) {
	var prefix []set
	for _, p := range s.prefix {
		prefix = append(prefix, e.of(p).valid)
	}
	rest := s.items
	if len(prefix) > 0 {
		rest = s.additionalItems
	}
	var others set
	if rest != nil {
		others = e.of(rest).valid
	}
	if len(prefix) > 0 || rest != nil {
		r.each("array", func(i int, v *instance) bool {
			ok := true
			for k, item := range v.items {
				switch {
				case k < len(prefix):
					ok = ok && prefix[k].has(item)
				case rest != nil:
					ok = ok && others.has(item)
				default:
					continue
				}
				r.items[i] |= 1 << k
			}
			return ok
		})
	}
	if s.contains == nil {
		return
	}
	inside, low := e.of(s.contains).valid, 1
	if s.minContains >= 0 {
		low = s.minContains
	}
	r.each("array", func(i int, v *instance) bool {
		n := 0
		for k, item := range v.items {
			if inside.has(item) {
				n++
				if e.m.draft == jsonschema.Draft2020 {
					r.items[i] |= 1 << k
				}
			}
		}
		return n >= low && (s.maxContains < 0 || n <= s.maxContains)
	})
}

// combine applies the keywords that take whole schemas to the same value. A
// branch evaluates keys and items of the values that are valid under it.
func (e *evaluator) combine(s *shape, r *meaning) {
	take := func(sub *meaning) {
		for i := range universe {
			if sub.valid.has(i) {
				r.keys[i] |= sub.keys[i]
				r.items[i] |= sub.items[i]
			}
		}
	}
	for _, b := range s.allOf {
		sub := e.of(b)
		r.valid.and(sub.valid)
		take(&sub)
	}
	if len(s.anyOf) > 0 {
		any := newSet()
		for _, b := range s.anyOf {
			sub := e.of(b)
			any.or(sub.valid)
			take(&sub)
		}
		r.valid.and(any)
	}
	if len(s.oneOf) > 0 {
		one, more := newSet(), newSet()
		for _, b := range s.oneOf {
			sub := e.of(b)
			more.or(slices.Clone(one).and(sub.valid))
			one.or(sub.valid)
			take(&sub)
		}
		r.valid.and(one.and(more.not()))
	}
	if s.not != nil {
		r.valid.and(e.of(s.not).valid.not())
	}
	if s.when == nil {
		return
	}
	when := e.of(s.when)
	take(&when)
	for _, branch := range []struct {
		sub *shape
		if_ set
	}{{s.then, when.valid}, {s.elze, slices.Clone(when.valid).not()}} {
		if branch.sub == nil {
			continue
		}
		sub := e.of(branch.sub)
		r.valid.and(slices.Clone(branch.if_).not().or(sub.valid))
		sub.valid.and(branch.if_)
		take(&sub)
	}
}
