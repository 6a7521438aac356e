package plan

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
)

var kindByName = func() map[string]Kind {
	out := map[string]Kind{}
	for i, name := range kindNames {
		out[name] = Kind(i)
	}
	return out
}()

// typ is the type of a number.
func (r *planReader) typ(v *jsonx.Value) *Type {
	if r.err != nil || len(r.types) == 0 {
		r.fail(v, "the plan has no types", "")
		return AnyType
	}
	return r.types[r.integer(v, 0, len(r.types)-1)]
}

// readTypes makes all types first, since they may contain each other, and then
// gives them their parts.
func (r *planReader) readTypes(v *jsonx.Value) {
	items := r.list(v)
	if r.err != nil || !r.limit(v, "plan.types", "the plan has too many types", len(items), maxPortableTypes) {
		return
	}
	r.types = make([]*Type, len(items))
	for i := range items {
		r.types[i] = &Type{}
	}
	var messages []*Type
	for i, x := range items {
		r.readType(x, r.types[i])
		if r.flag(x.Get("message")) {
			messages = append(messages, r.types[i])
		}
	}
	for i, x := range items {
		r.sound(x, r.types[i])
	}
	r.branchesEnd(items)
	if r.err != nil {
		return
	}
	// Constants of types are read once all types are known.
	for i, x := range items {
		r.readDefaults(x, r.types[i])
	}
	r.messages(v, messages)
}

func (r *planReader) readType(v *jsonx.Value, t *Type) {
	r.keys(v, "kind", "bits", "logical", "precision", "scale", "size", "name", "symbols", "numbers", "open", "json", "message", "tag", "elem", "key", "fields", "branches")
	if r.err != nil {
		return
	}
	name := r.string(v.Get("kind"))
	kind, ok := kindByName[name]
	if !ok {
		r.fail(v, fmt.Sprintf("%q is no kind of type", name), "")
	}
	t.Kind = kind
	for key, at := range map[string]*string{"logical": &t.Logical, "name": &t.Name, "tag": &t.Tag} {
		if x := v.Get(key); x != nil {
			*at = r.string(x)
		}
	}
	for key, at := range map[string]struct {
		to          *int
		least, most int
	}{
		"bits": {&t.Bits, 0, 64}, "precision": {&t.Precision, 0, maxScale}, "scale": {&t.Scale, -1, maxScale}, "size": {&t.Size, 0, maxFixed},
	} {
		if x := v.Get(key); x != nil {
			*at.to = r.integer(x, at.least, at.most)
		}
	}
	t.Symbols, t.Open, t.JSON = r.strings(v.Get("symbols")), r.flag(v.Get("open")), r.flag(v.Get("json"))
	if x := v.Get("numbers"); x != nil {
		for _, n := range r.list(x) {
			t.Numbers = append(t.Numbers, int32(r.integer(n, -1<<31, 1<<31-1)))
		}
	}
	if x := v.Get("elem"); x != nil {
		t.Elem = r.typ(x)
	}
	if x := v.Get("key"); x != nil {
		t.Key = r.typ(x)
	}
	r.readParts(v, t)
}

func (r *planReader) readParts(v *jsonx.Value, t *Type) {
	if x := v.Get("fields"); x != nil {
		for _, f := range r.list(x) {
			r.keys(f, "name", "type", "number", "optional", "wire", "default", "unset")
			if r.err != nil {
				return
			}
			t.Fields = append(t.Fields, Field{Name: r.string(f.Get("name")), Type: r.typ(f.Get("type")), Optional: r.flag(f.Get("optional")), Number: r.number(f), Wire: r.wire(f.Get("wire"))})
		}
	}
	if x := v.Get("branches"); x != nil {
		for _, b := range r.list(x) {
			r.keys(b, "name", "type", "number", "wire", "values")
			if r.err != nil {
				return
			}
			t.Branches = append(t.Branches, Branch{Name: r.string(b.Get("name")), Type: r.typ(b.Get("type")), Number: r.number(b), Wire: r.wire(b.Get("wire")), Values: r.strings(b.Get("values"))})
		}
	}
}

// number is the number of a field of Protobuf; 0 for none.
func (r *planReader) number(v *jsonx.Value) int {
	if x := v.Get("number"); x != nil {
		return r.integer(x, 1, 1<<29-1)
	}
	return 0
}

func (r *planReader) wire(v *jsonx.Value) Wire {
	if v == nil {
		return Wire{}
	}
	r.keys(v, "kind", "key", "packed")
	if r.err != nil {
		return Wire{}
	}
	kind := func(x *jsonx.Value) WireKind {
		if x == nil {
			return WireNone
		}
		k, ok := wireKinds[r.string(x)]
		if !ok {
			r.fail(x, fmt.Sprintf("%q is no encoding of Protobuf", x.Text), "")
		}
		return k
	}
	return Wire{Kind: kind(v.Get("kind")), Key: kind(v.Get("key")), Packed: r.flag(v.Get("packed"))}
}

// sound holds a type to the parts that its kind has.
func (r *planReader) sound(v *jsonx.Value, t *Type) {
	if r.err != nil {
		return
	}
	wrong := func(what string) { r.fail(v, fmt.Sprintf("the type of kind %s %s", t.Kind, what), "") }
	switch {
	case t.Bits != 0 && t.Bits != 32 && t.Bits != 64 || t.Bits != 0 && t.Kind != Int && t.Kind != Uint && t.Kind != Float:
		wrong("has no such number of bits")
	case t.Kind == Uint && t.Bits == 0:
		wrong("has no bits")
	case (t.Kind == List || t.Kind == Map) != (t.Elem != nil):
		wrong("has elements, or has none where it should")
	case t.Key != nil && t.Kind != Map:
		wrong("has keys")
	case len(t.Fields) > 0 && t.Kind != Record, len(t.Branches) > 0 != (t.Kind == Union):
		wrong("has fields or branches, or has none where it should")
	case t.Kind == Enum && !t.JSON && len(t.Symbols) == 0 && !t.Open:
		wrong("has no symbols")
	case t.Kind != Decimal && t.Scale < 0:
		wrong("has a scale")
	case t.Tag == "" && slices.ContainsFunc(t.Branches, func(b Branch) bool { return len(b.Values) > 0 }):
		wrong("tells its branches apart by no property")
	case len(t.Numbers) > 0 && (t.Kind != Enum || len(t.Numbers) != len(t.Symbols) || !slices.IsSorted(t.Numbers)):
		wrong("needs one number a symbol, ascending")
	}
	names := map[string]bool{}
	twice := func(name string) {
		if names[name] {
			wrong(fmt.Sprintf("has %q twice", name))
		}
		names[name] = true
	}
	for i := range t.Fields {
		twice(t.Fields[i].Name)
	}
	for i := range t.Branches {
		twice(t.Branches[i].Name)
	}
}

// branchesEnd refuses unions that are their own branches, alone or by way of
// others: no value ever is of one, and who asks what it may be asks without end.
func (r *planReader) branchesEnd(items []*jsonx.Value) {
	const open, done = 1, 2
	state := make(map[*Type]int, len(r.types))
	// A path of unions lies on a stack of its own: it may be as long as the list
	// of types.
	type level struct {
		t    *Type
		next int
	}
	for i, root := range r.types {
		if r.err != nil || root.Kind != Union || state[root] == done {
			continue
		}
		path := []level{{t: root}}
		state[root] = open
		for len(path) > 0 {
			top := &path[len(path)-1]
			if top.next == len(top.t.Branches) {
				state[top.t] = done
				path = path[:len(path)-1]
				continue
			}
			t := top.t.Branches[top.next].Type
			top.next++
			switch {
			case t.Kind != Union || state[t] == done:
			case state[t] == open:
				r.fail(items[i], "the type of kind union is a branch of itself", "")
				return
			default:
				state[t] = open
				path = append(path, level{t: t})
			}
		}
	}
}

func (r *planReader) readDefaults(v *jsonx.Value, t *Type) {
	if v.Get("fields") == nil || r.err != nil {
		return
	}
	for i, x := range v.Get("fields").Items {
		f := &t.Fields[i]
		if d := x.Get("default"); d != nil {
			f.HasDefault, f.Default = true, r.constant(d, f.Type)
		}
		if u := x.Get("unset"); u != nil {
			f.Unset = r.constant(u, f.Type)
		}
	}
}

// messages holds the messages of Protobuf to what can be written, and lays them
// out.
func (r *planReader) messages(at *jsonx.Value, list []*Type) {
	for _, t := range list {
		if t.Kind != Record {
			r.fail(at, fmt.Sprintf("the message is of kind %s", t.Kind), "")
			return
		}
		numbers := map[int]bool{}
		for i := range t.Fields {
			f := &t.Fields[i]
			ok := wired(f.Wire, f.Type) && f.Number > 0 && !numbers[f.Number]
			numbers[f.Number] = true
			if f.Type.Kind == Union {
				ok = f.Optional && f.Number == 0
				for j := range f.Type.Branches {
					b := &f.Type.Branches[j]
					ok = ok && b.Number > 0 && !numbers[b.Number] && b.Wire.Key == WireNone && b.Type.Kind != List && wired(b.Wire, b.Type)
					numbers[b.Number] = true
				}
			}
			if !ok || (f.Type.Kind == List || f.Type.Kind == Map) && !f.HasDefault {
				r.fail(at, fmt.Sprintf("the field %s of message %s cannot be written", f.Name, t.Name), "")
				return
			}
		}
	}
	for _, t := range list {
		t.layout = &protoLayout{}
	}
	if messagesInside(list) != "" {
		r.fail(at, messagesInside(list), "")
		return
	}
	layMessages(list)
}

// messagesInside names a record in a message that is none itself.
func messagesInside(list []*Type) string {
	for _, t := range list {
		for i := range t.Fields {
			inner := []*Type{t.Fields[i].Type, t.Fields[i].Type.Elem}
			for j := range t.Fields[i].Type.Branches {
				inner = append(inner, t.Fields[i].Type.Branches[j].Type)
			}
			for _, x := range inner {
				if x != nil && x.Kind == Record && x.layout == nil {
					return fmt.Sprintf("the record %s in message %s is no message", x.Name, t.Name)
				}
			}
		}
	}
	return ""
}

func compound(t *Type) bool { return t.Kind == Map || t.Kind == List }

// wired reports whether an encoding of Protobuf writes values of a type.
func wired(w Wire, t *Type) bool {
	switch {
	case t.Kind == Map && (t.Key == nil || compound(t.Key) || compound(t.Elem)), t.Kind == List && compound(t.Elem):
		return false
	case t.Kind == Map:
		key := wired(Wire{Kind: w.Key}, t.Key) && w.Key != WireFloat && w.Key != WireDouble && w.Key != WireBytes && w.Key < WireMessage && w.Key != WireEnum
		return key && wired(Wire{Kind: w.Kind}, t.Elem) && w.Kind != WireGroup
	case w.Key != WireNone:
		return false
	case t.Kind == List:
		return wired(Wire{Kind: w.Kind}, t.Elem) && (!w.Packed || w.Kind < WireString)
	}
	is := func(k Kind, bits int) bool { return t.Kind == k && t.Bits == bits }
	switch w.Kind {
	case WireInt32, WireSint32, WireSfixed32:
		return is(Int, 32)
	case WireInt64, WireSint64, WireSfixed64:
		return is(Int, 64)
	case WireUint32, WireFixed32:
		return is(Uint, 32)
	case WireUint64, WireFixed64:
		return is(Uint, 64)
	case WireBool:
		return is(Bool, 0)
	case WireFloat:
		return is(Float, 32)
	case WireDouble:
		return is(Float, 64)
	case WireEnum:
		return t.Kind == Enum && len(t.Numbers) > 0
	case WireString:
		return t.Kind == String || t.Kind == Bytes && t.Logical == AnyText
	case WireBytes:
		return t.Kind == Bytes && t.Size == 0
	case WireMessage, WireGroup:
		return t.Kind == Record
	default:
		return false
	}
}

// encodable holds a type of events to what its encoding can hold.
func (r *planReader) encodable(at *jsonx.Value, form Form, t *Type) {
	if r.err != nil {
		return
	}
	ok := true
	seen := map[*Type]bool{}
	var visit func(t *Type)
	visit = func(t *Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		switch form {
		case FormAvro:
			ok = ok && inAvro(t)
		case FormJSON:
			ok = ok && t.JSON
		case FormProtobuf:
			ok = ok && (t.Kind != Record || t.layout != nil)
		}
		for i := range t.Fields {
			visit(t.Fields[i].Type)
		}
		for i := range t.Branches {
			visit(t.Branches[i].Type)
		}
		if t.Elem != nil {
			visit(t.Elem)
		}
	}
	visit(t)
	if form == FormProtobuf && t.layout == nil {
		ok = false
	}
	if !ok {
		r.fail(at, fmt.Sprintf("%s is no type of events in %s", t, form), "")
	}
}

func inAvro(t *Type) bool {
	switch t.Kind {
	case Null, Bool, Bytes, String, Enum, List, Map, Union:
		return !t.JSON && t.layout == nil
	case Int, Float:
		return t.Bits != 0
	case Decimal:
		return t.Scale >= 0
	case Record:
		return t.layout == nil && !slices.ContainsFunc(t.Fields, func(f Field) bool { return f.Optional })
	default:
		return false
	}
}
