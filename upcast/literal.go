package upcast

import (
	"encoding/base64"
	"math/big"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// literal reads a literal of a document in the type of its target.
func (b *builder) literal(n *plan.Lit, t *plan.Type, path string) plan.Node {
	v, why := literalOf(n.Pending, t)
	if why != "" {
		return b.breaks("O5", path, "the value for "+path+" "+why, "write a "+t.String())
	}
	return &plan.Lit{Value: v, Type: t}
}

// typed reads a literal in the type of the value that it stands for, so that
// later steps can use it; one that only fits the target stays as it is.
func typed(n plan.Node, t *plan.Type) plan.Node {
	l, ok := n.(*plan.Lit)
	if !ok || l.Pending == nil {
		return n
	}
	if v, why := literalOf(l.Pending, t); why == "" {
		return &plan.Lit{Value: v, Type: t}
	}
	return n
}

// literalOf reads bytes as {base64: ...} and decimals as texts; everything else
// as JSON writes it. The text is the reason why the literal is none of the type.
func literalOf(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	switch t.Kind {
	case plan.Union:
		return unionLiteral(v, t)
	case plan.Record:
		return recordLiteral(v, t)
	case plan.List:
		if v.Kind != jsonx.Array {
			break
		}
		out := make([]plan.Value, len(v.Items))
		for i, x := range v.Items {
			item, why := literalOf(x, t.Elem)
			if why != "" {
				return nil, why
			}
			out[i] = item
		}
		return out, ""
	case plan.Map:
		if v.Kind != jsonx.Object {
			break
		}
		out := plan.Entries{}
		for i := range v.Members {
			x, why := literalOf(v.Members[i].Value, t.Elem)
			if why != "" {
				return nil, why
			}
			out = append(out, plan.Entry{Key: v.Members[i].Key, Value: x})
		}
		return &out, ""
	default:
		return scalarLiteral(v, t)
	}
	return nil, "is " + article(v.Kind) + ", not " + t.String()
}

func unionLiteral(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	why := ""
	for _, br := range t.Branches {
		x, reason := literalOf(v, br.Type)
		if reason == "" {
			return &plan.Tagged{Branch: br.Name, Value: x}, ""
		}
		why = reason
	}
	return nil, why
}

func recordLiteral(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	if v.Kind != jsonx.Object {
		return nil, "is " + article(v.Kind) + ", not a record"
	}
	out := &plan.Rec{Type: t, Fields: make([]plan.Value, len(t.Fields))}
	for i := range v.Members {
		if t.Field(v.Members[i].Key) < 0 {
			return nil, "has a field " + v.Members[i].Key + " that " + t.String() + " lacks"
		}
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		x := v.Get(f.Name)
		switch {
		case x == nil && f.HasDefault:
			out.Fields[i] = f.Default
		case x == nil && f.Optional:
			out.Fields[i] = plan.Absent
		case x == nil:
			return nil, "has no field " + f.Name
		default:
			value, why := literalOf(x, f.Type)
			if why != "" {
				return nil, why
			}
			out.Fields[i] = value
		}
	}
	return out, ""
}

func scalarLiteral(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	switch {
	case v.Kind == jsonx.Null && t.Kind == plan.Null:
		return nil, ""
	case v.Kind == jsonx.Bool && t.Kind == plan.Bool:
		return v.Bool, ""
	case v.Kind == jsonx.Number && (t.Kind == plan.Int || t.Kind == plan.Uint || t.Kind == plan.Float):
		return plan.Exact(v.Text, t)
	case v.Kind == jsonx.String && t.Kind == plan.Decimal:
		if _, ok := new(big.Rat).SetString(v.Text); !ok {
			return nil, "is no decimal"
		}
		return plan.Exact(v.Text, t)
	case v.Kind == jsonx.String && t.Kind == plan.String:
		return v.Text, ""
	case v.Kind == jsonx.String && t.Kind == plan.Enum:
		if !slices.Contains(t.Symbols, v.Text) {
			return nil, "is no symbol of " + t.String()
		}
		return plan.Symbol(v.Text), ""
	case v.Kind == jsonx.Object && t.Kind == plan.Bytes:
		return bytesLiteral(v, t)
	default:
		return nil, "is " + article(v.Kind) + ", not " + t.String()
	}
}

func bytesLiteral(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	x := v.Get("base64")
	if x == nil || x.Kind != jsonx.String || len(v.Members) != 1 {
		return nil, "must be written as {base64: ...}"
	}
	b, err := base64.StdEncoding.DecodeString(x.Text)
	switch {
	case err != nil:
		return nil, "is no base64"
	case t.Size > 0 && len(b) != t.Size:
		return nil, "has another size than " + t.String()
	}
	return b, ""
}
