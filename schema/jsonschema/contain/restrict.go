package contain

import "unicode/utf8"

func runes(s string) int { return utf8.RuneCountInString(s) }

type restriction struct {
	l lit
	k kind
}

// restrict is l for values of one kind: atoms of other kinds, the kinds
// themselves and variables at the top are gone.
//
// The recursion follows only what judges the same value. Parsing bounds that.
func (s *space) restrict(l lit, k kind) lit {
	if l == top || l == bottom {
		return l
	}
	if l.negated() {
		return s.not(s.restrict(l.not(), k))
	}
	n := s.at(l)
	switch n.op {
	case opAnd, opOne, opVar:
	case opKind:
		if n.mask.has(k) {
			return top
		}
		return bottom
	default:
		if n.kinds.has(k) {
			return l
		}
		return bottom
	}
	if !n.kinds.has(k) {
		return bottom
	}
	key := restriction{l, k}
	if known, ok := s.restr[key]; ok {
		return known
	}
	var out lit
	switch n.op {
	case opVar:
		out = s.restrict(s.bodies[l.node()], k)
	case opAnd:
		out = s.and(s.restrictAll(n.kids, k)...)
	default:
		out = s.oneOf(s.restrictAll(n.kids, k))
		if o := s.at(out); o.op == opOne && !out.negated() && k == kObject && s.tagged(o.kids) {
			out = s.or(o.kids...)
		}
	}
	s.restr[key] = out
	return out
}

func (s *space) restrictAll(kids []lit, k kind) []lit {
	out := make([]lit, len(kids))
	for i, l := range kids {
		out[i] = s.restrict(l, k)
	}
	return out
}

// tagged reports whether all branches require one property whose values tell
// them apart.
func (s *space) tagged(branches []lit) bool {
	tags := make([]map[string]lit, len(branches))
	for i, b := range branches {
		tags[i] = s.tags(b)
		if len(tags[i]) == 0 {
			return false
		}
	}
	for _, name := range sortedKeys(tags[0]) {
		if s.tells(name, tags) {
			return true
		}
	}
	return false
}

func (s *space) tells(name string, tags []map[string]lit) bool {
	owner := map[string]bool{}
	for _, t := range tags {
		l, ok := t[name]
		if !ok {
			return false
		}
		n := s.at(l)
		for _, key := range n.set.keys {
			if n.set.nums != nil {
				key = "#" + key
			}
			if owner[key] {
				return false
			}
			owner[key] = true
		}
	}
	return true
}

// tags lists the required properties of a branch that have finitely many
// values, all of them numbers or all of them strings.
func (s *space) tags(branch lit) map[string]lit {
	if branch.negated() {
		return nil
	}
	kids := []lit{branch}
	if n := s.at(branch); n.op == opAnd {
		kids = n.kids
	}
	values, required := map[string]lit{}, map[string]bool{}
	for _, l := range kids {
		n := s.at(l)
		if n.op != opHas {
			continue
		}
		class := s.at(n.kids[0])
		if class.op != opIn || n.kids[0].negated() || len(class.set.keys) != 1 {
			continue
		}
		name, value := class.set.keys[0], n.kids[1]
		if l.negated() {
			value = s.not(value)
		} else {
			required[name] = true
		}
		if known, ok := values[name]; ok {
			value = s.and(known, value)
		}
		values[name] = value
	}
	for name, value := range values {
		if n := s.at(value); !required[name] || value.negated() || n.op != opIn {
			delete(values, name)
		}
	}
	return values
}
