package upcast

import (
	"encoding/base64"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// literal reads a literal of a document in the type of its target.
func (b *builder) literal(n *plan.Lit, t *plan.Type, path string) plan.Node {
	v, why := literalOf(n.Pending, t)
	if why != "" {
		return b.breaks("O5", path, "the value for "+path+" "+why, howToWrite(t))
	}
	return &plan.Lit{Value: v, Type: t}
}

// howToWrite says how a document writes a literal of a type.
func howToWrite(t *plan.Type) string {
	switch {
	case t.Kind == plan.Bytes:
		return "write {base64: ...}"
	case t.Kind == plan.Decimal:
		return `write a decimal as a text, such as "1.50"`
	case t.Kind == plan.Enum && len(t.Symbols) > 0 && len(t.Symbols) <= 10:
		return "write one of " + strings.Join(t.Symbols, ", ")
	case units[t.Logical] != "":
		return "write the number of " + units[t.Logical]
	case strings.ContainsAny(t.String()[:1], "aeiou"):
		return "write an " + t.String()
	default:
		return "write a " + t.String()
	}
}

// units are what the numbers of a type count.
var units = map[string]string{
	"date":        "days since 1970-01-01",
	"time-millis": "milliseconds since midnight", "time-micros": "microseconds since midnight",
	"timestamp-millis": "milliseconds since 1970-01-01T00:00:00Z",
	"timestamp-micros": "microseconds since 1970-01-01T00:00:00Z",
	"timestamp-nanos":  "nanoseconds since 1970-01-01T00:00:00Z",
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
	if t.JSON {
		// It may lack members that are always there elsewhere; whether the target
		// takes it is seen there.
		t = loosened(t, l.Pending)
		if v, why := jsonLiteral(l.Pending, t); why == "" {
			return &plan.Lit{Value: v, Type: t}
		}
	}
	return n
}

// literalOf reads bytes as {base64: ...} and decimals as texts; everything else
// as JSON writes it. The text is the reason why the literal is none of the type.
func literalOf(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	r := literalReader{}
	return r.read(v, t)
}

// literalReader remembers what it has read: a literal for unions in records in
// unions is tried with every branch at every level otherwise.
type literalReader struct {
	known map[literalKey]literalAnswer
}

type literalKey struct {
	v *jsonx.Value
	t *plan.Type
}

type literalAnswer struct {
	value plan.Value
	why   string
}

func (r *literalReader) read(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	if t.JSON {
		return jsonLiteral(v, t)
	}
	switch t.Kind {
	case plan.Union, plan.Record:
	case plan.List, plan.Map:
		return r.collection(v, t)
	default:
		return scalarLiteral(v, t)
	}
	key := literalKey{v, t}
	if known, seen := r.known[key]; seen {
		return known.value, known.why
	}
	x := r.union
	if t.Kind == plan.Record {
		x = r.record
	}
	value, why := x(v, t)
	if r.known == nil {
		r.known = map[literalKey]literalAnswer{}
	}
	r.known[key] = literalAnswer{value, why}
	return value, why
}

func (r *literalReader) collection(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	switch {
	case t.Kind == plan.List && v.Kind == jsonx.Array:
		out := make([]plan.Value, len(v.Items))
		for i, x := range v.Items {
			item, why := r.read(x, t.Elem)
			if why != "" {
				return nil, why
			}
			out[i] = item
		}
		return out, ""
	case t.Kind == plan.Map && v.Kind == jsonx.Object:
		out := plan.Entries{}
		for i := range v.Members {
			x, why := r.read(v.Members[i].Value, t.Elem)
			if why != "" {
				return nil, why
			}
			out = append(out, plan.Entry{Key: v.Members[i].Key, Value: x})
		}
		return &out, ""
	default:
		return nil, "is " + article(v.Kind) + ", not " + t.String()
	}
}

func (r *literalReader) union(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	if isOneof(t) {
		return r.oneof(v, t)
	}
	why := ""
	for _, br := range t.Branches {
		x, reason := r.read(v, br.Type)
		if reason == "" {
			return &plan.Tagged{Branch: br.Name, Value: x}, ""
		}
		why = reason
	}
	return nil, why
}

func (r *literalReader) record(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	if v.Kind != jsonx.Object {
		return nil, "is " + article(v.Kind) + ", not a record"
	}
	out := &plan.Rec{Type: t, Fields: make([]plan.Value, len(t.Fields))}
	given := make(map[string]*jsonx.Value, len(v.Members))
	for i := range v.Members {
		given[v.Members[i].Key] = v.Members[i].Value
	}
	if t.Proto() {
		var why string
		if given, why = messageLiteral(v, t); why != "" {
			return nil, why
		}
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		x, ok := given[f.Name]
		delete(given, f.Name)
		switch {
		case !ok && f.DefaultSize > plan.MaxDefaultSize:
			return nil, "leaves out " + f.Name + ", whose default holds too many values"
		case !ok && f.HasDefault:
			out.Fields[i] = f.Default
		case !ok && f.Optional:
			out.Fields[i] = plan.Absent
		case !ok:
			return nil, "has no field " + f.Name
		default:
			value, why := r.read(x, f.Type)
			if why != "" {
				return nil, why
			}
			out.Fields[i] = value
		}
	}
	for i := range v.Members {
		if name := v.Members[i].Key; given[name] != nil {
			return nil, "has a field " + name + " that " + t.String() + " lacks"
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
		x, why := plan.Exact(v.Text, t)
		if f, ok := x.(float64); ok && f == 0 && strings.HasPrefix(v.Text, "-") {
			x = math.Copysign(0, -1)
		}
		return x, why
	case v.Kind == jsonx.String && t.Kind == plan.Decimal:
		if _, ok := new(big.Rat).SetString(v.Text); !ok {
			return nil, "is no decimal"
		}
		return plan.Exact(v.Text, t)
	case v.Kind == jsonx.Number && len(t.Numbers) > 0:
		return numberLiteral(v, t)
	case v.Kind == jsonx.String && t.Kind == plan.Bytes && t.Logical == plan.AnyText:
		return []byte(v.Text), ""
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
