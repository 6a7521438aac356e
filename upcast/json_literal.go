package upcast

import (
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// jsonLiteral reads a literal as JSON text of a type.
func jsonLiteral(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	out, ok := plan.ReadJSON(v, t)
	if !ok {
		return nil, "is " + article(v.Kind) + ", not " + t.String()
	}
	return out, ""
}

// constant is a value of a document, which may be that there is none.
func constant(v plan.Value, t *plan.Type) plan.Node {
	if v == absent {
		return &plan.Nothing{Type: t}
	}
	return &plan.Lit{Value: v, Type: t}
}

// loosened is a type that takes what another one takes, and a literal: members
// that the literal lacks are optional, those that the type lacks may be there,
// and what does not fit is untyped.
func loosened(t *plan.Type, v *jsonx.Value) *plan.Type {
	if _, ok := plan.ReadJSON(v, t); ok {
		return t
	}
	out := *t
	out.Schemas = nil
	switch {
	case t.Kind == plan.Record && v.Kind == jsonx.Object:
		out.Open = true
		out.Fields = slices.Clone(t.Fields)
		for i := range out.Fields {
			f := &out.Fields[i]
			if m := v.Get(f.Name); m != nil {
				f.Type = loosened(f.Type, m)
			} else {
				f.Optional = true
			}
		}
	case t.Kind == plan.List && v.Kind == jsonx.Array:
		for _, x := range v.Items {
			out.Elem = loosened(out.Elem, x)
		}
	case t.Kind == plan.Map && v.Kind == jsonx.Object:
		for i := range v.Members {
			out.Elem = loosened(out.Elem, v.Members[i].Value)
		}
	case t.Kind == plan.Union && t.Tag == "":
		out.Branches = slices.Clone(t.Branches)
		for i := range out.Branches {
			if x := loosened(out.Branches[i].Type, v); x != plan.AnyJSON {
				out.Branches[i].Type = x
			}
		}
		if _, ok := plan.ReadJSON(v, &out); !ok {
			return plan.AnyJSON
		}
	default:
		return plan.AnyJSON
	}
	return &out
}
