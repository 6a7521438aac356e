package avro

import "slices"

// promotes reports whether Avro reads a value of kind w where the reader has
// kind r.
func promotes(w, r Kind) bool {
	switch w {
	case Int:
		return r == Long || r == Float || r == Double
	case Long:
		return r == Float || r == Double
	case Float:
		return r == Double
	case String:
		return r == Bytes
	case Bytes:
		return r == String
	}
	return false
}

// rounds reports whether a promotion loses digits of some values.
func rounds(w, r Kind) bool { return (w == Int || w == Long) && r == Float || w == Long && r == Double }

// nameFits reports whether a reader's named type may read a writer's of the
// same kind: equal unqualified names, or an alias that is the writer's full
// name.
func nameFits(w, r *Node) bool {
	return w.Name == r.Name || w.Unqualified() == r.Unqualified() || slices.Contains(r.Aliases, w.Name)
}

// takes reports whether a reader type matches a writer type as far as kinds and
// names go; what lies inside is judged once the choice is made.
func takes(w, r *Node) bool {
	if w.Kind == r.Kind {
		return !w.Kind.IsNamed() || nameFits(w, r)
	}
	return promotes(w.Kind, r.Kind)
}

// bestBranch is the branch of a reader union that reads a writer type, or -1:
// the exact type first (a named one by full name, then by unqualified name or
// alias), then the first promotion. This is how the Java library reads.
func bestBranch(w *Node, union *op) int {
	fit, promotion := -1, -1
	for i, part := range union.parts {
		b := part.node
		switch {
		case b.Kind == w.Kind && (!w.Kind.IsNamed() || b.Name == w.Name):
			return i
		case b.Kind == w.Kind && fit < 0 && nameFits(w, b):
			fit = i
		case promotion < 0 && promotes(w.Kind, b.Kind):
			promotion = i
		}
	}
	if fit >= 0 {
		return fit
	}
	return promotion
}

// firstBranch is the branch that the letter of the specification gives: the
// first that matches. If the writer's type is the i-th branch of a union in
// which the same type stands before it, that reader has met the same ambiguity
// in the writer's own schema, so nothing changes and the best branch counts.
func firstBranch(w *Node, union, writer *op, i int) int {
	for k, part := range union.parts {
		if !takes(w, part.node) {
			continue
		}
		if writer != nil {
			for _, before := range writer.parts[:i] {
				if sameType(before.node, part.node) {
					return bestBranch(w, union)
				}
			}
		}
		return k
	}
	return -1
}

// sameType reports whether two types would be the same branch of a union.
func sameType(a, b *Node) bool {
	return a.Kind == b.Kind && (!a.Kind.IsNamed() || a.Name == b.Name)
}

// fieldIndex finds fields by name. Versions mostly keep the order of fields, so
// it looks around the same place first, and builds a map only for large records
// that are in disorder.
type fieldIndex struct {
	fields []*Field
	byName map[string]int
}

// smallRecord is where scanning all fields is as fast as a map.
const smallRecord = 16

func (x *fieldIndex) find(name string, near int) int {
	if x.byName != nil {
		if i, ok := x.byName[name]; ok {
			return i
		}
		return -1
	}
	for i := max(near-1, 0); i < len(x.fields) && i <= near+1; i++ {
		if x.fields[i].Name == name {
			return i
		}
	}
	if len(x.fields) > smallRecord {
		x.byName = make(map[string]int, len(x.fields))
		for i, f := range x.fields {
			x.byName[f.Name] = i
		}
		return x.find(name, near)
	}
	for i, f := range x.fields {
		if f.Name == name {
			return i
		}
	}
	return -1
}

// source finds what the i-th reader field reads: the writer field of its name,
// or else of one of its aliases; -1 if there is none. More than one is
// ambiguous: the Java library throws, others guess.
func (x *fieldIndex) source(f *Field, i int) (index int, ambiguous bool) {
	index = x.find(f.Name, i)
	for _, alias := range f.Aliases {
		j := x.find(alias, i)
		if j < 0 || j == index {
			continue
		}
		if index >= 0 {
			return index, true
		}
		index = j
	}
	return index, false
}
