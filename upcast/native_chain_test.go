package upcast

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// natives carry the events of one chain as decoded values and into a struct, whose
// type is made for the last version.
type natives struct {
	r      *Runner
	reader *Reader
	into   reflect.Type
}

func newNatives(t *testing.T, r *Runner, what string) *natives {
	t.Helper()
	n := &natives{r: r, into: structOf(r.chain.to().events(), nil)}
	var err error
	if n.reader, err = NewReader(r.chain, reflect.New(n.into).Interface()); err != nil {
		t.Fatalf("%v: %s\n%s", err, n.into, what)
	}
	return n
}

// structOf is a Go type for values of a type, with the tags of all three formats.
// Types that hold themselves, and unions, are of type any.
func structOf(t *plan.Type, within []*plan.Type) reflect.Type {
	loose := reflect.TypeFor[any]()
	for _, w := range within {
		if w == t {
			return loose
		}
	}
	within = append(within, t)
	switch t.Kind {
	case plan.Record:
		fields := make([]reflect.StructField, len(t.Fields))
		for i, f := range t.Fields {
			tag := fmt.Sprintf(`avro:%q json:%[1]q protobuf:"name=%[2]s"`, f.Name, f.Name)
			fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: structOf(f.Type, within), Tag: reflect.StructTag(tag)}
		}
		return reflect.StructOf(fields)
	case plan.List:
		return reflect.SliceOf(structOf(t.Elem, within))
	case plan.Map:
		if t.Key != nil && t.Key.Kind != plan.String {
			return loose
		}
		return reflect.MapOf(reflect.TypeFor[string](), structOf(t.Elem, within))
	case plan.Union:
		inner, ok := t.Nullable()
		if !ok {
			return loose
		}
		return reflect.PointerTo(structOf(inner, within))
	case plan.String, plan.Enum:
		return reflect.TypeFor[string]()
	case plan.Bool:
		return reflect.TypeFor[bool]()
	case plan.Int, plan.Float:
		switch {
		case t.Bits == 0:
			return reflect.TypeFor[json.Number]()
		case t.Logical != "":
			return loose
		case t.Kind == plan.Float:
			return reflect.TypeFor[float64]()
		}
		return reflect.TypeFor[int64]()
	case plan.Uint:
		return reflect.TypeFor[uint64]()
	default:
		return loose
	}
}

// hold carries an event in both ways and compares what comes out with the image of
// its bytes, or with the failure that they have instead.
func (n *natives) hold(t *testing.T, event []byte, what string) {
	t.Helper()
	image, failure, err := n.r.Apply(t.Context(), nil, event, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, what)
	}
	_, text := n.r.chain.to().(*jsonCodec)
	in := n.native(t, n.r.chain.from(), event, what)
	got, f, err := n.r.ApplyMap(t.Context(), in)
	if err != nil || (f == nil) != (failure == nil) || f != nil && f.Code != failure.Code {
		t.Fatalf("as decoded values: %v, %v, and on bytes %v\n%s", f, err, failure, what)
	}
	into := reflect.New(n.into)
	if f, err = n.reader.Read(t.Context(), event, into.Interface()); err != nil || (f == nil) != (failure == nil) || f != nil && f.Code != failure.Code {
		t.Fatalf("into a struct: %v, %v, and on bytes %v\n%s", f, err, failure, what)
	}
	if failure != nil {
		return
	}
	want := n.native(t, n.r.chain.to(), image, what)
	if !equalNatives(got, want) {
		t.Fatalf("as decoded values: %#v, and on bytes %#v\n%s", got, want, what)
	}
	if differ := sameNative(into.Elem(), want); differ != "" {
		t.Fatalf("into a struct: %s: %+v, and on bytes %#v\n%s", differ, into.Elem(), want, what)
	}
	if text {
		decoded := reflect.New(n.into)
		d := json.NewDecoder(bytes.NewReader(image))
		d.UseNumber()
		if err := d.Decode(decoded.Interface()); err != nil || !reflect.DeepEqual(decoded.Interface(), into.Interface()) {
			t.Fatalf("into a struct: %+v, by encoding/json %+v, %v\n%s", into.Elem(), decoded.Elem(), err, what)
		}
	}
}

// native is a decoded event as libraries of its format give it.
func (n *natives) native(t *testing.T, c codec, event []byte, what string) any {
	t.Helper()
	if _, text := c.(*jsonCodec); text {
		d := json.NewDecoder(bytes.NewReader(event))
		d.UseNumber()
		var out any
		if err := d.Decode(&out); err != nil {
			t.Fatalf("%v: %s\n%s", err, event, what)
		}
		return out
	}
	v, err := c.decode(event)
	if err != nil {
		t.Fatalf("%v: %x\n%s", err, event, what)
	}
	return plan.ToNative(c.events(), v)
}

// sameNative says where a struct and a decoded value differ. What is not there is
// zero in a struct.
func sameNative(v reflect.Value, native any) string {
	switch v.Kind() {
	case reflect.Interface:
		if !equalNatives(v.Interface(), native) {
			return fmt.Sprintf("%#v is not %#v", v.Interface(), native)
		}
	case reflect.Pointer:
		if v.IsNil() != (native == nil) {
			return fmt.Sprintf("%v is not %#v", v, native)
		} else if native != nil {
			return sameNative(v.Elem(), native)
		}
	case reflect.Struct:
		members, _ := native.(map[string]any)
		for i := range v.NumField() {
			name := v.Type().Field(i).Tag.Get("json")
			member, ok := members[name]
			if !ok && v.Field(i).IsZero() {
				continue
			}
			if differ := sameNative(v.Field(i), member); differ != "" {
				return name + ": " + differ
			}
		}
	case reflect.Slice:
		items, _ := native.([]any)
		if v.Len() != len(items) {
			return fmt.Sprintf("%v is not %v", v, items)
		}
		for i := range items {
			if differ := sameNative(v.Index(i), items[i]); differ != "" {
				return fmt.Sprintf("[%d]: %s", i, differ)
			}
		}
	case reflect.Map:
		members, _ := native.(map[string]any)
		if v.Len() != len(members) {
			return fmt.Sprintf("%v is not %v", v, members)
		}
		for key, member := range members {
			x := v.MapIndex(reflect.ValueOf(key))
			if !x.IsValid() {
				return "no " + key
			}
			if differ := sameNative(x, member); differ != "" {
				return key + ": " + differ
			}
		}
	default:
		x := reflect.ValueOf(native)
		if !x.IsValid() || !x.CanConvert(v.Type()) || !sameLeaf(v, x.Convert(v.Type())) {
			return fmt.Sprintf("%v is not %#v", v, native)
		}
	}
	return ""
}

func sameLeaf(a, b reflect.Value) bool { return equalNatives(a.Interface(), b.Interface()) }

// equalNatives is reflect.DeepEqual to which a number that is none is like another one.
func equalNatives(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		same := ok && len(x) == len(y)
		for key, v := range x {
			other, there := y[key]
			same = same && there && equalNatives(v, other)
		}
		return same
	case []any:
		y, ok := b.([]any)
		same := ok && len(x) == len(y)
		for i := 0; same && i < len(x); i++ {
			same = equalNatives(x[i], y[i])
		}
		return same
	case float64:
		y, ok := b.(float64)
		return ok && (x == y || x != x && y != y)
	case float32:
		y, ok := b.(float32)
		return ok && (x == y || x != x && y != y)
	}
	return reflect.DeepEqual(a, b)
}
