package plan

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// TestJoinedTexts joins texts whose length takes one byte and more, and one that
// has no value: what stood before the result stays.
func TestJoinedTexts(t *testing.T) {
	str, long := &Type{Kind: String}, &Type{Kind: Int, Bits: 64}
	event := &Binder{Type: &Type{Kind: Record, Name: "E", Fields: []Field{{Name: "a", Type: str}, {Name: "n", Type: long}}}}
	field := func(i int) *Copy { return &Copy{From: event, Fields: []int{i}, Type: event.Type.Fields[i].Type} }
	sum := func(a, b Node) Node { return &Call{Func: TextAdd, Type: str, Args: []Node{a, b}} }
	lit := func(s string) Node { return &Lit{Value: s, Type: str} }
	upper := &Call{Func: TextUpper, Type: str, Args: []Node{field(0)}}
	fails := &If{
		Cond: &Call{Func: Less, Type: BoolType, Args: []Node{&Call{Func: IntAdd, Type: long, Args: []Node{field(1), field(1)}}, field(1)}},
		Then: lit("x"), Else: lit("y"),
	}
	p := NewAvroPlan(&Make{Name: "E", Type: event.Type, Fields: []Part{
		{Name: "a", Node: sum(sum(sum(field(0), lit("·")), upper), field(0))}, {Name: "n", Node: field(1)},
	}}, event, event.Type, DefaultEventLimits())
	failing := NewAvroPlan(&Make{Name: "E", Type: event.Type, Fields: []Part{
		{Name: "a", Node: sum(field(0), fails)}, {Name: "n", Node: field(1)},
	}}, event, event.Type, DefaultEventLimits())
	var scratch Scratch
	for _, size := range []int{0, 1, 20, 21, 63, 64, 65, 2729, 2730, 2731, 8191, 8192, 400_000} {
		a := strings.Repeat("a", size)
		encoded := func(s string) []byte {
			return binary.AppendVarint(append(binary.AppendVarint(nil, int64(len(s))), s...), 1<<62)
		}
		want := append([]byte("before"), encoded(a+"·"+strings.ToUpper(a)+a)...)
		got, f := p.Apply([]byte("before"), encoded(a), &scratch)
		if f != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: %v, %d bytes of image, want %d", size, f, len(got), len(want))
		}
		got, f = failing.Apply([]byte("before"), encoded(a), &scratch)
		if f == nil || f.Code != FailValue || string(got) != "before" {
			t.Fatalf("%d bytes: %v, %q", size, f, got)
		}
	}
}
