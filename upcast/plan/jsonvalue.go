package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
)

// Untyped values of JSON are nil, bool, Number, string, []Value and *Entries.

// DecodeJSON reads a JSON event strictly: no duplicate keys, no byte order mark,
// no lone surrogates, nothing after the end. Numbers keep their text, objects the
// order of their members.
func DecodeJSON(t *Type, event []byte, l EventLimits) (Value, error) {
	if len(event) > l.Bytes {
		return nil, fmt.Errorf("the event has %d bytes, at most %d are taken", len(event), l.Bytes)
	}
	tree, err := jsonx.Parse(string(event), jsonx.Limits{Depth: l.Depth, Nodes: l.Items, Digits: maxJSONDigits, Exponent: maxJSONExponent, Together: true})
	if err != nil {
		return nil, err
	}
	v, ok := ReadJSON(tree, t)
	if !ok {
		return nil, fmt.Errorf("the event is no %s of the source version", t)
	}
	return v, nil
}

// The limits of one number.
const (
	maxJSONDigits   = 400
	maxJSONExponent = 400
)

// ReadJSON gives a JSON value as one of a type; false if it is none.
func ReadJSON(v *jsonx.Value, t *Type) (Value, bool) { return typed(loose(v), t) }

// loose is a JSON value without a type.
func loose(v *jsonx.Value) Value {
	switch v.Kind {
	case jsonx.Null:
		return nil
	case jsonx.Bool:
		return v.Bool
	case jsonx.Number:
		return Number(v.Text)
	case jsonx.String:
		return v.Text
	case jsonx.Array:
		out := make([]Value, len(v.Items))
		for i, x := range v.Items {
			out[i] = loose(x)
		}
		return out
	default:
		out := make(Entries, len(v.Members))
		for i := range v.Members {
			out[i] = Entry{v.Members[i].Key, loose(v.Members[i].Value)}
		}
		return &out
	}
}

// Untyped gives a value as its JSON text says it, without the types of records
// and unions.
func Untyped(v Value) Value {
	switch v := v.(type) {
	case int64:
		return Number(strconv.FormatInt(v, 10))
	case uint64:
		return Number(strconv.FormatUint(v, 10))
	case float64:
		return Number(FormatFloat(v))
	case Symbol:
		return string(v)
	case *Tagged:
		return Untyped(v.Value)
	case []Value:
		out := make([]Value, len(v))
		for i := range v {
			out[i] = Untyped(v[i])
		}
		return out
	case *Entries:
		out := make(Entries, len(*v))
		for i, e := range *v {
			out[i] = Entry{e.Key, Untyped(e.Value)}
		}
		return &out
	case *Rec:
		out := Entries{}
		v.members(func(name string, x Value) { out = append(out, Entry{name, Untyped(x)}) })
		return &out
	default:
		return v
	}
}

// members calls f for each member that is there: in the order of the object, and
// then in that of the type.
func (r *Rec) members(f func(name string, v Value)) {
	done := make(map[string]bool, len(r.Order))
	one := func(name string) {
		if done[name] {
			return
		}
		done[name] = true
		if i := r.Type.Field(name); i >= 0 {
			if r.Fields[i] != Absent {
				f(name, r.Fields[i])
			}
			return
		}
		if i := slices.IndexFunc(r.Rest, func(e Entry) bool { return e.Key == name }); i >= 0 {
			f(name, r.Rest[i].Value)
		}
	}
	for _, name := range r.Order {
		one(name)
	}
	for i := range r.Type.Fields {
		one(r.Type.Fields[i].Name)
	}
	for _, e := range r.Rest {
		one(e.Key)
	}
}

// CastJSON reads the JSON text of a value as one of a type. What is none of it
// stays untyped.
func CastJSON(v Value, t *Type) Value { return recast(v, t) }

// Meet reports whether some kind of JSON value is one of both types.
func Meet(a, b *Type) bool { return KindsOf(a)&KindsOf(b) != 0 }

// recast reads the JSON text of a value as one of a type. What is none of it stays
// untyped.
func recast(v Value, t *Type) Value {
	if v == Absent {
		return v
	}
	u := Untyped(v)
	if out, ok := typed(u, t); ok {
		return out
	}
	return u
}

// typed gives an untyped value a type.
func typed(v Value, t *Type) (Value, bool) {
	switch t.Kind {
	case Any:
		return v, true
	case Null:
		return v, v == nil
	case Bool:
		_, ok := v.(bool)
		return v, ok
	case Int, Float:
		_, ok := v.(Number)
		return v, ok
	case String:
		_, ok := v.(string)
		return v, ok
	case Enum:
		s, ok := v.(string)
		return Symbol(s), ok && slices.Contains(t.Symbols, s)
	case List:
		return typedList(v, t)
	case Map:
		return typedMap(v, t)
	case Record:
		return typedRecord(v, t)
	case Union:
		i := jsonBranch(v, t)
		if i < 0 {
			return v, false
		}
		x, ok := typed(v, t.Branches[i].Type)
		return &Tagged{t.Branches[i].Name, x}, ok
	default:
		return v, false
	}
}

func typedList(v Value, t *Type) (Value, bool) {
	items, ok := v.([]Value)
	if !ok {
		return v, false
	}
	out := make([]Value, len(items))
	for i, x := range items {
		if out[i], ok = typed(x, t.Elem); !ok {
			return v, false
		}
	}
	return out, true
}

func typedMap(v Value, t *Type) (Value, bool) {
	entries, ok := v.(*Entries)
	if !ok {
		return v, false
	}
	out := make(Entries, len(*entries))
	for i, e := range *entries {
		x, ok := typed(e.Value, t.Elem)
		if !ok {
			return v, false
		}
		out[i] = Entry{e.Key, x}
	}
	return &out, true
}

func typedRecord(v Value, t *Type) (Value, bool) {
	entries, ok := v.(*Entries)
	if !ok {
		return v, false
	}
	out := &Rec{Type: t, Fields: make([]Value, len(t.Fields)), Order: make([]string, len(*entries))}
	for i := range out.Fields {
		out.Fields[i] = Absent
	}
	for i, e := range *entries {
		out.Order[i] = e.Key
		j := t.Field(e.Key)
		if j < 0 {
			out.Rest = append(out.Rest, e)
			continue
		}
		if out.Fields[j], ok = typed(e.Value, t.Fields[j].Type); !ok {
			return v, false
		}
	}
	for i := range t.Fields {
		if out.Fields[i] == Absent && !t.Fields[i].Optional {
			return v, false
		}
	}
	return out, t.Open || len(out.Rest) == 0
}

// jsonBranch finds the branch of an untyped value: by its kind and, among
// objects, by the tag.
func jsonBranch(v Value, t *Type) int {
	kind := jsonKind(v)
	tag, tagged := "", false
	if o, ok := v.(*Entries); ok && t.Tag != "" {
		for _, e := range *o {
			if e.Key == t.Tag {
				tag, tagged = e.Value.(string)
			}
		}
	}
	for i := range t.Branches {
		b := &t.Branches[i]
		switch {
		case KindsOf(b.Type)&kind == 0:
		case len(b.Values) == 0, tagged && slices.Contains(b.Values, tag):
			return i
		}
	}
	return -1
}

func jsonKind(v Value) kinds {
	switch v.(type) {
	case nil:
		return nullKind
	case bool:
		return boolKind
	case Number:
		return numberKind
	case string:
		return stringKind
	case []Value:
		return arrayKind
	case *Entries:
		return objectKind
	default:
		return 0
	}
}

// KindsOf are the kinds of JSON values of a type.
func KindsOf(t *Type) kinds {
	switch t.Kind {
	case Null:
		return nullKind
	case Bool:
		return boolKind
	case Int, Uint, Float:
		return numberKind
	case String, Enum:
		return stringKind
	case List:
		return arrayKind
	case Map, Record:
		return objectKind
	case Union:
		var out kinds
		for i := range t.Branches {
			out |= KindsOf(t.Branches[i].Type)
		}
		return out
	case Any:
		return allKinds
	default:
		return 0
	}
}

// AppendJSON appends the JSON text of a value.
func AppendJSON(dst []byte, v Value) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case Number:
		return append(dst, v...), nil
	case string:
		return jsonx.AppendQuoted(dst, v), nil
	case Symbol:
		return jsonx.AppendQuoted(dst, string(v)), nil
	case *Tagged:
		return AppendJSON(dst, v.Value)
	case []Value:
		dst = append(dst, '[')
		var err error
		for i, x := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = AppendJSON(dst, x); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	case *Entries:
		return appendMembers(dst, func(f func(string, Value)) {
			for _, e := range lastOf(*v) {
				f(e.Key, e.Value)
			}
		})
	case *Rec:
		return appendMembers(dst, v.members)
	default:
		return dst, fmt.Errorf("a %T is no JSON value", v)
	}
}

func appendMembers(dst []byte, each func(func(string, Value))) ([]byte, error) {
	dst = append(dst, '{')
	start := len(dst)
	var err error
	each(func(name string, v Value) {
		if err != nil {
			return
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(jsonx.AppendQuoted(dst, name), ':')
		dst, err = AppendJSON(dst, v)
	})
	return append(dst, '}'), err
}
