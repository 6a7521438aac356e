package upcast

import (
	"cel.dev/cel-go/common/types"

	"github.com/instar-registry/instar/upcast/plan"
)

// normalType is the type of a stored value within expressions: symbols are
// texts, integers have 64 bits, timestamps are instants.
func normalType(t *plan.Type) *plan.Type {
	switch t.Kind {
	case plan.Int:
		switch {
		case timestamps[t.Logical]:
			return plan.InstantType
		case t.Logical != "":
			return t
		}
		return exprInt
	case plan.Uint:
		return exprUint
	case plan.Float:
		return exprDouble
	case plan.Decimal:
		return exprDecimal
	case plan.String, plan.Enum:
		return exprString
	case plan.Bytes:
		return exprBytes
	case plan.List, plan.Map:
		return &plan.Type{Kind: t.Kind, Elem: normalType(t.Elem)}
	case plan.Union:
		if len(t.Branches) > 2 {
			return t
		}
		out := &plan.Type{Kind: plan.Union}
		for _, b := range t.Branches {
			x := normalType(b.Type)
			out.Branches = append(out.Branches, plan.Branch{Name: plan.AvroBranch(x), Type: x})
		}
		return out
	default:
		return t
	}
}

// normal gives a stored value the form that it has within expressions. What only
// changes the name of the type, and not the value, is left out unless full.
func (b *builder) normal(n plan.Node, full bool) plan.Node {
	t, _ := b.types.Of(n)
	want := normalType(t)
	if plan.Same(t, want) || !full && alike(t) || t.Kind == plan.Never {
		return n
	}
	if l, ok := n.(*plan.Lit); ok && l.Pending == nil && alike(t) {
		return &plan.Lit{Value: l.Value, Type: want}
	}
	switch t.Kind {
	case plan.List:
		return b.eachElement(n, nil, func(x plan.Node) plan.Node { return b.normal(x, full) })
	case plan.Map:
		return b.eachValue(n, nil, func(x plan.Node) plan.Node { return b.normal(x, full) })
	case plan.Union:
		return b.onOptional(n, func(x plan.Node) plan.Node { return some(b.normal(x, true)) }, nothing)
	}
	return b.spread(n, func(x plan.Node) plan.Node { return b.normalScalar(x, want) })
}

func (b *builder) normalScalar(n plan.Node, want *plan.Type) plan.Node {
	t, _ := b.types.Of(n)
	call := &plan.Call{Args: []plan.Node{n}, Type: want}
	switch {
	case t.Kind == plan.Never || plan.Same(t, want):
		return n
	case t.Kind == plan.Enum:
		call.Func = plan.TextOfSymbol
	case timestamps[t.Logical]:
		call.Func, call.Table = plan.InstantOf, map[string]string{"unit": t.Logical}
		b.implied = append(b.implied, call)
	case t.Kind == plan.Int && t.Bits == 0:
		call.Func = plan.IntOfNumber
		b.implied = append(b.implied, call)
	case t.Kind == plan.Float && t.Bits == 0:
		call.Func = plan.FloatOfNumber
		b.implied = append(b.implied, call)
	default:
		call.Func = plan.Widen
	}
	return call
}

// alike reports whether values of a type have their normal form already.
func alike(t *plan.Type) bool {
	switch t.Kind {
	case plan.Enum:
		return false
	case plan.Int:
		return t.Bits != 0 && !timestamps[t.Logical]
	case plan.Float:
		return t.Bits != 0
	case plan.List, plan.Map:
		return alike(t.Elem)
	case plan.Union:
		for _, b := range t.Branches {
			if !alike(b.Type) {
				return false
			}
		}
		return true
	default:
		return true
	}
}

// elem is the type of what a list or a map holds.
func elem(n plan.Node) *plan.Type {
	if t, _ := plan.TypeOf(n); t.Elem != nil {
		return t.Elem
	}
	return plan.AnyType
}

// optionalOf is the type of an optional value.
func optionalOf(t *plan.Type) *plan.Type {
	return &plan.Type{Kind: plan.Union, Branches: []plan.Branch{{Name: "null", Type: plan.NullType}, {Name: plan.AvroBranch(t), Type: t}}}
}

func isMap(t *types.Type) bool { return t.Kind() == types.MapKind }

// planType is the plan type of a CEL type that no schema gives.
func planType(t *types.Type) *plan.Type {
	switch t.Kind() {
	case types.BoolKind:
		return plan.BoolType
	case types.IntKind:
		return exprInt
	case types.UintKind:
		return exprUint
	case types.DoubleKind:
		return exprDouble
	case types.StringKind:
		return exprString
	case types.BytesKind:
		return exprBytes
	case types.TimestampKind:
		return plan.InstantType
	case types.DurationKind:
		return plan.SpanType
	case types.ListKind:
		return &plan.Type{Kind: plan.List, Elem: planType(t.Parameters()[0])}
	default:
		return plan.NeverType
	}
}

func isOptional(t *types.Type) bool {
	return t.Kind() == types.OpaqueKind && t.TypeName() == "optional_type"
}
