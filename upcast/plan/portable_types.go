package plan

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
)

// The parts of a document are JSON values; objects leave out what is zero.

func jsonText(s string) *jsonx.Value { return &jsonx.Value{Kind: jsonx.String, Text: s} }

func jsonInt(n int) *jsonx.Value { return &jsonx.Value{Kind: jsonx.Number, Text: strconv.Itoa(n)} }

func jsonBool(b bool) *jsonx.Value { return &jsonx.Value{Kind: jsonx.Bool, Bool: b} }

func jsonList(items ...*jsonx.Value) *jsonx.Value {
	return &jsonx.Value{Kind: jsonx.Array, Items: items}
}

func jsonTexts(list []string) *jsonx.Value {
	out := jsonList()
	for _, s := range list {
		out.Items = append(out.Items, jsonText(s))
	}
	return out
}

func jsonInts[T ~int | ~int32](list []T) *jsonx.Value {
	out := jsonList()
	for _, n := range list {
		out.Items = append(out.Items, jsonInt(int(n)))
	}
	return out
}

var jsonNull = &jsonx.Value{Kind: jsonx.Null}

// memberList collects members; add leaves out what is zero.
type memberList struct{ v jsonx.Value }

func (o *memberList) set(key string, v *jsonx.Value) {
	o.v.Kind = jsonx.Object
	o.v.Members = append(o.v.Members, jsonx.Member{Key: key, Value: v})
}

func (o *memberList) add(key string, v *jsonx.Value) {
	zero := v.Kind == jsonx.Null || v.Kind == jsonx.Bool && !v.Bool || v.Kind == jsonx.Number && v.Text == "0" ||
		v.Kind == jsonx.String && v.Text == "" || v.Kind == jsonx.Array && len(v.Items) == 0 || v.Kind == jsonx.Object && len(v.Members) == 0
	if !zero {
		o.set(key, v)
	}
}

func (o *memberList) value() *jsonx.Value {
	o.v.Kind = jsonx.Object
	return sorted(&o.v)
}

// sorted is a value whose objects have their keys in order, by UTF-16.
func sorted(v *jsonx.Value) *jsonx.Value {
	out := *v
	out.Items, out.Members = slices.Clone(v.Items), slices.Clone(v.Members)
	for i := range out.Items {
		out.Items[i] = sorted(out.Items[i])
	}
	for i := range out.Members {
		out.Members[i].Value = sorted(out.Members[i].Value)
	}
	slices.SortFunc(out.Members, func(a, b jsonx.Member) int {
		return cmp.Or(jsonx.CompareUTF16(a.Key, b.Key))
	})
	return &out
}

// typeRef is the number of a type in the table of the document.
func (w *planWriter) typeRef(t *Type) *jsonx.Value { return jsonInt(w.typeID(t)) }

func (w *planWriter) typeID(t *Type) int {
	if id, known := w.types[t]; known {
		return id
	}
	plain := t.Elem == nil && t.Key == nil && len(t.Fields) == 0 && len(t.Branches) == 0
	if plain {
		// Types without parts are made anew everywhere.
		text := string(jsonx.Append(nil, w.typeValue(t)))
		id, known := w.plain[text]
		if !known {
			id = len(w.typeList)
			w.typeList = append(w.typeList, w.typeValue(t))
			w.plain[text] = id
		}
		w.types[t] = id
		return id
	}
	id := len(w.typeList)
	w.types[t] = id
	w.typeList = append(w.typeList, jsonNull)
	w.typeList[id] = w.typeValue(t)
	return id
}

func (w *planWriter) typeValue(t *Type) *jsonx.Value {
	var o memberList
	o.set("kind", jsonText(t.Kind.String()))
	o.add("bits", jsonInt(t.Bits))
	o.add("logical", jsonText(t.Logical))
	o.add("precision", jsonInt(t.Precision))
	o.add("scale", jsonInt(t.Scale))
	o.add("size", jsonInt(t.Size))
	o.add("name", jsonText(t.Name))
	o.add("symbols", jsonTexts(t.Symbols))
	o.add("numbers", jsonInts(t.Numbers))
	o.add("open", jsonBool(t.Open))
	o.add("json", jsonBool(t.JSON))
	o.add("message", jsonBool(t.Proto()))
	o.add("tag", jsonText(t.Tag))
	if t.Elem != nil {
		o.set("elem", w.typeRef(t.Elem))
	}
	if t.Key != nil {
		o.set("key", w.typeRef(t.Key))
	}
	fields := jsonList()
	for i := range t.Fields {
		fields.Items = append(fields.Items, w.field(t, &t.Fields[i]))
	}
	o.add("fields", fields)
	branches := jsonList()
	for i := range t.Branches {
		branches.Items = append(branches.Items, w.branch(&t.Branches[i]))
	}
	o.add("branches", branches)
	return o.value()
}

func (w *planWriter) field(t *Type, f *Field) *jsonx.Value {
	var o memberList
	o.set("name", jsonText(f.Name))
	o.set("type", w.typeRef(f.Type))
	o.add("number", jsonInt(f.Number))
	o.add("optional", jsonBool(f.Optional))
	o.add("wire", wireValue(f.Wire))
	if t.Proto() && f.HasDefault {
		o.set("default", w.literal(f.Default, f.Type))
	}
	if f.Unset != nil {
		o.set("unset", w.literal(f.Unset, f.Type))
	}
	return o.value()
}

func (w *planWriter) branch(b *Branch) *jsonx.Value {
	var o memberList
	o.set("name", jsonText(b.Name))
	o.set("type", w.typeRef(b.Type))
	o.add("number", jsonInt(b.Number))
	o.add("wire", wireValue(b.Wire))
	o.add("values", jsonTexts(b.Values))
	return o.value()
}

// wireNames are the names of Protobuf's encodings, by kind.
var wireNames = func() map[WireKind]string {
	out := map[WireKind]string{}
	for name, k := range wireKinds {
		out[k] = name
	}
	return out
}()

func wireValue(wire Wire) *jsonx.Value {
	var o memberList
	o.add("kind", jsonText(wireNames[wire.Kind]))
	o.add("key", jsonText(wireNames[wire.Key]))
	o.add("packed", jsonBool(wire.Packed))
	return o.value()
}
