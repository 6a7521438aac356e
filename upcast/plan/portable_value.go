package plan

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
)

// literal writes a constant as its type says: numbers as texts, for JSON readers
// that know doubles only; bytes in base64; records as lists of their fields; maps
// as lists of pairs; unions as a pair of branch and value; and what has no type
// of its own as {"json": ...}. What is absent is {}.
func (w *planWriter) literal(v Value, t *Type) *jsonx.Value {
	switch x := v.(type) {
	case nil:
		return jsonNull
	case Missing:
		return &jsonx.Value{Kind: jsonx.Object}
	case bool:
		return jsonBool(x)
	case int64:
		return jsonText(strconv.FormatInt(x, 10))
	case uint64:
		return jsonText(strconv.FormatUint(x, 10))
	case float64:
		return jsonText(floatText(x))
	case Number:
		return jsonText(string(x))
	case Dec:
		return jsonList(jsonText(x.Unscaled.String()), jsonInt(x.Scale))
	case string:
		return jsonText(x)
	case Symbol:
		return jsonText(string(x))
	case []byte:
		return jsonText(base64.StdEncoding.EncodeToString(x))
	case Instant:
		return jsonList(jsonText(strconv.FormatInt(x.Seconds, 10)), jsonInt(int(x.Nanos)))
	case Span:
		return jsonText(strconv.FormatInt(int64(x), 10))
	default:
		return w.composite(v, t)
	}
}

func (w *planWriter) composite(v Value, t *Type) *jsonx.Value {
	out := jsonList()
	switch x := v.(type) {
	case []Value:
		if t.Kind == List {
			for _, item := range x {
				out.Items = append(out.Items, w.literalOf(item, t.Elem))
			}
			return out
		}
	case *Entries:
		if t.Kind == Map {
			for _, e := range *x {
				out.Items = append(out.Items, jsonList(jsonText(e.Key), w.literalOf(e.Value, t.Elem)))
			}
			return out
		}
	case *Tagged:
		if i := t.Branch(x.Branch); t.Kind == Union && i >= 0 {
			return jsonList(jsonText(t.Branches[i].Name), w.literalOf(x.Value, t.Branches[i].Type))
		}
	case *Rec:
		if t.Kind == Record && len(x.Fields) == len(t.Fields) && (len(x.Rest) == 0 || w.unknown) {
			for i := range t.Fields {
				out.Items = append(out.Items, w.literalOf(x.Fields[i], t.Fields[i].Type))
			}
			if len(x.Rest) > 0 {
				out.Items = append(out.Items, w.unknownFields(x.Rest))
			}
			return out
		}
	}
	w.wrong("a %T is no constant of type %s", v, t)
	return jsonNull
}

// literalOf writes a value that may be untyped JSON.
func (w *planWriter) literalOf(v Value, t *Type) *jsonx.Value {
	if !t.JSON {
		return w.literal(v, t)
	}
	if v == Absent {
		return w.literal(v, t)
	}
	text, err := AppendJSON(nil, v)
	var tree *jsonx.Value
	if err == nil {
		tree, err = jsonx.Parse(string(text), jsonx.Limits{})
	}
	if err != nil {
		w.wrong("a constant is no JSON: %v", err)
		return jsonNull
	}
	var o memberList
	o.set("json", tree)
	return o.value()
}

// floatText writes a double so that it reads back the same, the zeros and what is
// no number included.
func floatText(f float64) string {
	if f == 0 && math.Signbit(f) {
		return "-0"
	}
	return FormatFloat(f)
}

// constant reads what literal writes.
func (r *planReader) constant(v *jsonx.Value, t *Type) Value {
	if v.Kind == jsonx.Object && len(v.Members) == 0 {
		return Absent
	}
	if t.JSON {
		tree := v.Get("json")
		if tree == nil {
			r.fail(v, "a constant of JSON is an object with the member json", "")
			return nil
		}
		return recast(loose(tree), t)
	}
	out, ok := r.plainConstant(v, t)
	if !ok {
		r.fail(v, fmt.Sprintf("the constant is no %s", t), "")
	}
	return out
}

func (r *planReader) plainConstant(v *jsonx.Value, t *Type) (Value, bool) {
	if v.Kind == jsonx.Array {
		return r.compositeConstant(v, t)
	}
	text := v.Kind == jsonx.String
	switch t.Kind {
	case Null:
		return nil, v.Kind == jsonx.Null
	case Bool:
		return v.Bool, v.Kind == jsonx.Bool
	case Int:
		n, err := strconv.ParseInt(v.Text, 10, 64)
		return n, text && err == nil && (t.Bits != 32 || n == int64(int32(n)))
	case Uint:
		n, err := strconv.ParseUint(v.Text, 10, 64)
		return n, text && err == nil && (t.Bits != 32 || n <= math.MaxUint32)
	case Float:
		f, err := strconv.ParseFloat(v.Text, 64)
		return f, text && err == nil && len(v.Text) <= maxNumberText
	case String:
		return v.Text, text
	case Enum:
		return Symbol(v.Text), text && r.symbolOf(v.Text, t)
	case Bytes:
		b, err := base64.StdEncoding.DecodeString(v.Text)
		return b, text && err == nil && (t.Size == 0 || t.Size == len(b))
	case Duration:
		n, err := strconv.ParseInt(v.Text, 10, 64)
		return Span(n), text && err == nil
	default:
		return nil, false
	}
}

// symbolOf reports whether an enum has a symbol, or takes a number without one.
func (r *planReader) symbolOf(s string, t *Type) bool {
	for _, x := range t.Symbols {
		if x == s {
			return true
		}
	}
	_, err := strconv.ParseInt(s, 10, 32)
	return t.Open && err == nil
}

func (r *planReader) compositeConstant(v *jsonx.Value, t *Type) (Value, bool) {
	pair := len(v.Items) == 2
	switch t.Kind {
	case Decimal:
		if !pair || v.Items[0].Kind != jsonx.String || len(v.Items[0].Text) > maxNumberText {
			return nil, false
		}
		n, ok := new(big.Int).SetString(v.Items[0].Text, 10)
		scale := r.integer(v.Items[1], -1, maxScale)
		return Dec{n, scale}, ok && scale >= 0 && (t.Scale < 0 || t.Scale == scale)
	case Time:
		if !pair {
			return nil, false
		}
		n, err := strconv.ParseInt(v.Items[0].Text, 10, 64)
		return Instant{n, int32(r.integer(v.Items[1], 0, 999_999_999))}, err == nil && n >= FirstSecond && n <= LastSecond
	case List:
		out := make([]Value, len(v.Items))
		for i, x := range v.Items {
			out[i] = r.constant(x, t.Elem)
		}
		return out, true
	case Map:
		out := make(Entries, len(v.Items))
		for i, x := range v.Items {
			if x.Kind != jsonx.Array || len(x.Items) != 2 || x.Items[0].Kind != jsonx.String {
				return nil, false
			}
			out[i] = Entry{x.Items[0].Text, r.constant(x.Items[1], t.Elem)}
		}
		return &out, true
	case Union:
		if !pair || v.Items[0].Kind != jsonx.String {
			return nil, false
		}
		i := t.Branch(v.Items[0].Text)
		if i < 0 {
			return nil, false
		}
		return &Tagged{t.Branches[i].Name, r.constant(v.Items[1], t.Branches[i].Type)}, true
	case Record:
		return r.recordConstant(v, t)
	default:
		return nil, false
	}
}

func (r *planReader) recordConstant(v *jsonx.Value, t *Type) (Value, bool) {
	out := &Rec{Type: t, Fields: make([]Value, len(t.Fields))}
	if r.unknown && t.Proto() && len(v.Items) == len(t.Fields)+1 {
		if !r.unknownFields(out, v.Items[len(t.Fields)]) {
			return nil, false
		}
	} else if len(v.Items) != len(t.Fields) {
		return nil, false
	}
	for i, x := range v.Items[:len(t.Fields)] {
		out.Fields[i] = r.constant(x, t.Fields[i].Type)
		if out.Fields[i] == Absent && !t.Fields[i].Optional {
			return nil, false
		}
	}
	return out, true
}
