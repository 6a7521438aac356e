package plan

import "slices"

// Join is the least type that holds the values of both, if there is one.
func Join(a, b *Type) (*Type, bool) {
	var j joiner
	return j.join(a, b)
}

// joiner remembers joins: parts of types are shared as parts of trees are.
type joiner struct {
	known map[[2]*Type]typeAnswer
}

func (j *joiner) join(a, b *Type) (*Type, bool) {
	switch {
	case a == b || a.Kind == Never:
		return b, true
	case b.Kind == Never:
		return a, true
	}
	pair := [2]*Type{a, b}
	if known, seen := j.known[pair]; seen {
		return known.typ, known.ok
	}
	if j.known == nil {
		j.known = map[[2]*Type]typeAnswer{}
	}
	// Two types that contain themselves and differ have none in common.
	j.known[pair] = typeAnswer{AnyType, false}
	t, ok := j.compute(a, b)
	j.known[pair] = typeAnswer{t, ok}
	return t, ok
}

func (j *joiner) compute(a, b *Type) (*Type, bool) {
	switch {
	case Same(a, b) && a.JSON && a.Kind == Record:
		return a, true
	case Same(a, b):
		return b, true
	case a.Kind == Union && b.Kind == Union:
		return j.unions(a, b)
	case a.Kind == List && b.Kind == List || a.Kind == Map && b.Kind == Map:
		x, ok := j.join(a.Elem, b.Elem)
		return &Type{Kind: a.Kind, Elem: x, JSON: a.JSON && b.JSON}, ok
	case a.Kind == Record && b.Kind == Record:
		return j.records(a, b)
	case a.Kind == Any || b.Kind == Any:
		return AnyType, true
	case a.JSON && b.JSON && (a.Kind == Enum && b.Kind == Enum || isNumber(a) && isNumber(b)):
		return JoinJSON(a, b), true
	default:
		return AnyType, false
	}
}

func isNumber(t *Type) bool { return t.Kind == Int || t.Kind == Float }

func (j *joiner) unions(a, b *Type) (*Type, bool) {
	out := &Type{Kind: Union, Branches: slices.Clone(a.Branches), JSON: a.JSON && b.JSON}
	if a.Tag == b.Tag {
		out.Tag = a.Tag
	}
	for _, br := range b.Branches {
		i := slices.IndexFunc(out.Branches, func(x Branch) bool { return x.Name == br.Name })
		if i < 0 {
			out.Branches = append(out.Branches, br)
			continue
		}
		t, ok := j.join(out.Branches[i].Type, br.Type)
		if !ok {
			return AnyType, false
		}
		out.Branches[i].Type = t
	}
	return out, true
}

// records joins records field by field; what only one has is optional. An object
// that steps made is JSON beside one of the event.
func (j *joiner) records(a, b *Type) (*Type, bool) {
	if a.Name != b.Name {
		return AnyType, false
	}
	at := make(map[string]int, len(b.Fields))
	for i := range b.Fields {
		at[b.Fields[i].Name] = i
	}
	out := &Type{Kind: Record, Name: a.Name, Open: a.Open || b.Open, JSON: a.JSON || b.JSON}
	for _, f := range a.Fields {
		if i, both := at[f.Name]; both {
			t, ok := j.join(f.Type, b.Fields[i].Type)
			if !ok {
				return AnyType, false
			}
			f.Type, f.Optional = t, f.Optional || b.Fields[i].Optional
			delete(at, f.Name)
		} else {
			f.Optional = true
		}
		out.Fields = append(out.Fields, f)
	}
	for _, f := range b.Fields {
		if _, alone := at[f.Name]; alone {
			f.Optional = true
			out.Fields = append(out.Fields, f)
		}
	}
	return out, true
}
