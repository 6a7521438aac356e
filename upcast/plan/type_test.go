package plan

import "testing"

// TestTypesThatContainThemselves holds what walks types to an end.
func TestTypesThatContainThemselves(t *testing.T) {
	list := &Type{Kind: List}
	list.Elem = list
	if s := list.String(); len(s) > 200 {
		t.Errorf("a list of itself prints as %q", s)
	}
	record := func(inner *Type) *Type {
		r := &Type{Kind: Record, Name: "R"}
		r.Fields = []Field{{Name: "next", Type: &Type{Kind: Union, Branches: []Branch{{Name: "null", Type: NullType}, {Name: "R", Type: r}}}}, {Name: "x", Type: inner}}
		return r
	}
	if got, ok := Join(record(BoolType), record(&Type{Kind: String})); ok {
		t.Errorf("two recursive records that differ have a type in common: %s", got)
	}
	if _, ok := Join(record(BoolType), record(BoolType)); !ok {
		t.Error("two recursive records that are alike have no type in common")
	}
}
