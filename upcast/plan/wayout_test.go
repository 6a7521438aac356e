package plan

import "testing"

// TestWaysOut: a way out is taken where a computation has no result, and never where
// a step refuses the event by the same obligation.
func TestWaysOut(t *testing.T) {
	event := &Binder{Type: &Type{Kind: Int, Bits: 64}}
	whole := &Copy{From: event, Type: event.Type}
	yes := &Lit{Value: true, Type: BoolType}
	overflows := &Call{Func: Less, Type: BoolType, Args: []Node{&Call{Func: IntAdd, Type: event.Type, Args: []Node{whole, whole}}, whole}}
	refused := &Stop{Code: FailValue, Step: 2, Path: "a", Reason: "a may be null"}
	over := &Lit{Value: []Value{int64(1)}, Type: &Type{Kind: List, Elem: event.Type}}
	for name, c := range map[string]struct {
		n    Node
		ends bool
	}{
		"else of a value":       {&OrElse{X: overflows, Else: yes}, false},
		"else of a step":        {&OrElse{X: refused, Else: yes}, true},
		"or, a value":           {&Logic{Or: true, L: overflows, R: yes}, false},
		"or, a step":            {&Logic{Or: true, L: refused, R: yes}, true},
		"or, a step behind":     {&Logic{Or: true, L: overflows, R: refused}, true},
		"a question, a value":   {&OrElse{X: &Quantify{Kind: Some, Over: over, Bind: &Binder{Type: event.Type}, Body: overflows}, Else: yes}, false},
		"a question, of a step": {&OrElse{X: &Quantify{Kind: Some, Over: over, Bind: &Binder{Type: event.Type}, Body: refused}, Else: yes}, true},
	} {
		v, f, err := Evaluate(t.Context(), c.n, event, int64(1)<<62, DefaultLimits())
		switch {
		case err != nil:
			t.Fatal(err)
		case c.ends && (f == nil || f.Step != 2 || f.Path != "a"):
			t.Errorf("%s: %v, %v", name, v, f)
		case !c.ends && (f != nil || v != true):
			t.Errorf("%s: %v, %v", name, v, f)
		}
		if first, err := FirstFailureBound(t.Context(), c.n, map[*Binder]Value{event: int64(1) << 62}, DefaultLimits()); c.ends && (err != nil || first == nil || first.Step != 2) {
			t.Errorf("%s: the first failure is %v, %v", name, first, err)
		}
	}
}
