package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"time"
)

// StructWriter sets Go structs to values of a type. It is made once for a pair of
// types, immutable, and safe for concurrent use.
type StructWriter struct {
	set setter
	typ reflect.Type
}

// setter sets a Go value, which is zero before.
type setter func(to reflect.Value, v Value) error

// NewStructWriter prepares setting values of the type that a pointer of Go points
// to. Fields are found by their tag, in the words of the library that reads the
// format otherwise: avro:"name", json:"name", or the name= of a protobuf:"…".
// Every field of the type needs one in the struct that can hold all of its
// values; what cannot is an error here and not at an event. A field tagged "-"
// under its Go name leaves the event's field of that name out.
func NewStructWriter(t *Type, pointer any, tag string) (*StructWriter, error) {
	p := reflect.TypeOf(pointer)
	if p == nil || p.Kind() != reflect.Pointer || p.Elem().Kind() != reflect.Struct {
		return nil, wrongNative("", "%T is no pointer to a struct", pointer)
	}
	b := structBuilder{tag: tag, made: map[structKey]*setter{}}
	set, err := b.setter(t, p.Elem(), "")
	if err != nil {
		return nil, err
	}
	return &StructWriter{set, p}, nil
}

// Set sets what a pointer points to; it must be of the type that the writer was
// made for. Everything that was there before is gone. The error says which number
// of JSON does not fit its field.
func (w *StructWriter) Set(pointer any, v Value) error {
	to := reflect.ValueOf(pointer)
	if to.Type() != w.typ || to.IsNil() {
		return wrongNative("", "%T is not the %s that was prepared", pointer, w.typ)
	}
	to = to.Elem()
	to.SetZero()
	return w.set(to, v)
}

type structKey struct {
	from *Type
	to   reflect.Type
}

type structBuilder struct {
	tag string
	// made ends the recursion of types that hold themselves.
	made map[structKey]*setter
}

var (
	anyType      = reflect.TypeFor[any]()
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	ratType      = reflect.TypeFor[*big.Rat]()
	numberType   = reflect.TypeFor[json.Number]()
)

func (b *structBuilder) setter(t *Type, to reflect.Type, path string) (setter, error) {
	if to == anyType {
		return func(to reflect.Value, v Value) error {
			if x := ToNative(t, v); x != nil {
				to.Set(reflect.ValueOf(x))
			}
			return nil
		}, nil
	}
	key := structKey{t, to}
	if s := b.made[key]; s != nil {
		return func(to reflect.Value, v Value) error { return (*s)(to, v) }, nil
	}
	s := new(setter)
	b.made[key] = s
	made, err := b.make(t, to, path)
	*s = made
	return made, err
}

func (b *structBuilder) make(t *Type, to reflect.Type, path string) (setter, error) {
	if t.Kind == Union {
		inner, ok := t.Nullable()
		if !ok {
			return nil, wrongNative(path, "%s needs a field of type any, not %s", t, to)
		}
		return b.nullable(inner, to, path)
	}
	if to.Kind() == reflect.Pointer && to != ratType {
		elem, err := b.setter(t, to.Elem(), path)
		return func(to reflect.Value, v Value) error {
			p := reflect.New(to.Type().Elem())
			to.Set(p)
			return elem(p.Elem(), v)
		}, err
	}
	switch {
	case t.Kind == Record && to.Kind() == reflect.Struct:
		return b.record(t, to, path)
	case t.Kind == List && to.Kind() == reflect.Slice:
		return b.list(t, to, path)
	case t.Kind == Map && to.Kind() == reflect.Map && to.Key().Kind() == reflect.String:
		return b.entries(t, to, path)
	}
	if s := leafSetter(t, to); s != nil {
		return s, nil
	}
	return nil, wrongNative(path, "a field of type %s does not hold every %s", to, t)
}

// nullable sets what may be null, which needs something that can be nil.
func (b *structBuilder) nullable(inner *Type, to reflect.Type, path string) (setter, error) {
	if k := to.Kind(); k != reflect.Pointer && k != reflect.Slice && k != reflect.Map {
		return nil, wrongNative(path, "it may be null; make the field a pointer to %s", to)
	}
	set, err := b.setter(inner, to, path)
	return func(to reflect.Value, v Value) error {
		if x, ok := v.(*Tagged); ok {
			v = x.Value
		}
		if v == nil {
			return nil
		}
		return set(to, v)
	}, err
}

func (b *structBuilder) record(t *Type, to reflect.Type, path string) (setter, error) {
	type member struct {
		index []int
		set   setter
		path  string
	}
	fields := structFields(to, b.tag)
	members := make([]member, len(t.Fields))
	for i := range t.Fields {
		f := &t.Fields[i]
		place := at(path, f.Name)
		field, ok := fields[f.Name]
		if !ok {
			return nil, wrongNative(place, `%s has no field for it; add one with the tag %s:"%s"`, to, b.tag, f.Name)
		}
		if field.Index == nil {
			continue // left out on purpose
		}
		set, err := b.setter(f.Type, field.Type, place)
		if err != nil {
			return nil, err
		}
		members[i] = member{field.Index, set, place}
	}
	return func(to reflect.Value, v Value) error {
		x, ok := v.(*Rec)
		if !ok {
			return wrongNative(path, "%v is no record", v)
		}
		for i := range members {
			if m := &members[i]; m.set != nil && x.Fields[i] != Absent {
				if err := m.set(to.FieldByIndex(m.index), x.Fields[i]); err != nil {
					return within(m.path, err)
				}
			}
		}
		return nil
	}, nil
}

// within gives an error without a place the one of its field.
func within(path string, err error) error {
	var wrong *NativeError
	if errors.As(err, &wrong) && wrong.Path == "" {
		return &NativeError{path, wrong.What}
	}
	return err
}

// structFields are the fields of a struct by the name in their tag.
func structFields(s reflect.Type, tag string) map[string]reflect.StructField {
	out := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(s) {
		if !f.IsExported() || embedded(s, f.Index) {
			continue
		}
		text, tagged := f.Tag.Lookup(tag)
		name, _, _ := strings.Cut(text, ",")
		if tag == "protobuf" {
			name = ""
			for _, part := range strings.Split(text, ",") {
				if n, ok := strings.CutPrefix(part, "name="); ok {
					name = n
				}
			}
		}
		switch {
		case name == "-":
			out[f.Name] = reflect.StructField{}
			continue
		case name == "" && (tagged || tag == "protobuf"), f.Anonymous && name == "":
			if tag == "protobuf" || f.Anonymous {
				continue
			}
			name = f.Name
		case name == "":
			name = f.Name
		}
		out[name] = f
	}
	return out
}

// embedded reports whether a field is reached through an embedded pointer, which
// would have to be made first.
func embedded(s reflect.Type, index []int) bool {
	for len(index) > 1 {
		f := s.Field(index[0])
		if f.Type.Kind() == reflect.Pointer {
			return true
		}
		s, index = f.Type, index[1:]
	}
	return false
}

func (b *structBuilder) list(t *Type, to reflect.Type, path string) (setter, error) {
	set, err := b.setter(t.Elem, to.Elem(), path+"[]")
	return func(to reflect.Value, v Value) error {
		x, _ := v.([]Value)
		out := reflect.MakeSlice(to.Type(), len(x), len(x))
		for i := range x {
			if err := set(out.Index(i), x[i]); err != nil {
				return err
			}
		}
		to.Set(out)
		return nil
	}, err
}

func (b *structBuilder) entries(t *Type, to reflect.Type, path string) (setter, error) {
	if t.Key != nil && t.Key.Kind != String {
		return nil, wrongNative(path, "the keys are %s; maps with texts as keys can be set", t.Key)
	}
	set, err := b.setter(t.Elem, to.Elem(), path+"{}")
	return func(to reflect.Value, v Value) error {
		x, ok := v.(*Entries)
		if !ok {
			return wrongNative(path, "%v is no map", v)
		}
		out := reflect.MakeMapWithSize(to.Type(), len(*x))
		for _, e := range *x {
			elem := reflect.New(to.Type().Elem()).Elem()
			if err := set(elem, e.Value); err != nil {
				return err
			}
			out.SetMapIndex(reflect.ValueOf(e.Key).Convert(to.Type().Key()), elem)
		}
		to.Set(out)
		return nil
	}, err
}

// leafSetter is nil if the Go type does not hold every value of the type.
func leafSetter(t *Type, to reflect.Type) setter {
	native := func(to reflect.Value, v Value) error { to.Set(reflect.ValueOf(nativeLeaf(t, v))); return nil }
	k := to.Kind()
	_, instant := instants[t.Logical]
	_, daytime := timesOfDay[t.Logical]
	switch {
	case t.Kind == Bool && k == reflect.Bool:
		return func(to reflect.Value, v Value) error { to.SetBool(v == true); return nil }
	case t.Kind == String && k == reflect.String, t.Kind == Enum && k == reflect.String:
		return func(to reflect.Value, v Value) error {
			if s, ok := v.(Symbol); ok {
				v = string(s)
			}
			s, _ := v.(string)
			to.SetString(s)
			return nil
		}
	case t.Kind == Bytes && t.Logical == AnyText && k == reflect.String:
		return func(to reflect.Value, v Value) error { x, _ := v.([]byte); to.SetString(string(x)); return nil }
	case t.Kind == Bytes && k == reflect.Slice && to.Elem().Kind() == reflect.Uint8:
		return func(to reflect.Value, v Value) error {
			x, _ := v.([]byte)
			to.SetBytes(append([]byte{}, x...))
			return nil
		}
	case t.Kind == Bytes && k == reflect.Array && to.Elem().Kind() == reflect.Uint8 && to.Len() == t.Size:
		return func(to reflect.Value, v Value) error { reflect.Copy(to, reflect.ValueOf(v)); return nil }
	case t.Kind == Decimal && to == ratType, instant && to == timeType:
		return native
	case daytime && to == durationType:
		return durationSetter(t)
	case (t.Kind == Int || t.Kind == Float) && t.Bits == 0:
		return numberSetter(t, to)
	case t.Kind == Int && to != durationType:
		return integerSetter(t, to)
	case t.Kind == Uint && to.Kind() >= reflect.Uint && to.Kind() <= reflect.Uint64 && to.Bits() >= t.Bits:
		return func(to reflect.Value, v Value) error { x, _ := v.(uint64); to.SetUint(x); return nil }
	case t.Kind == Float && (k == reflect.Float64 || k == reflect.Float32 && t.Bits == 32):
		return func(to reflect.Value, v Value) error { x, _ := v.(float64); to.SetFloat(x); return nil }
	}
	return nil
}

// durationSetter sets a time of day; the type admits numbers that are none.
func durationSetter(t *Type) setter {
	return func(to reflect.Value, v Value) error {
		d, ok := nativeLeaf(t, v).(time.Duration)
		if !ok {
			return wrongNative("", "%v does not fit %s", v, to.Type())
		}
		to.SetInt(int64(d))
		return nil
	}
}

func integerSetter(t *Type, to reflect.Type) setter {
	if k := to.Kind(); k < reflect.Int || k > reflect.Int64 || to.Bits() < t.Bits {
		return nil
	}
	return func(to reflect.Value, v Value) error { x, _ := v.(int64); to.SetInt(x); return nil }
}

// numberSetter sets a number of JSON, which may be larger than any Go type; one
// that does not fit is an error of its event.
func numberSetter(t *Type, to reflect.Type) setter {
	text := func(v Value) string {
		if n, ok := v.(Number); ok {
			return string(n)
		}
		return fmt.Sprint(v)
	}
	switch k := to.Kind(); {
	case to == numberType:
		return func(to reflect.Value, v Value) error { to.SetString(text(v)); return nil }
	case k == reflect.Float64 && t.Kind == Float:
		return func(to reflect.Value, v Value) error {
			f, err := json.Number(text(v)).Float64()
			to.SetFloat(f)
			return err
		}
	case k >= reflect.Int && k <= reflect.Uint64 && t.Kind == Int && to != durationType:
		return func(to reflect.Value, v Value) error {
			r, ok := new(big.Rat).SetString(text(v))
			if ok && r.IsInt() {
				switch n := r.Num(); {
				case k <= reflect.Int64 && n.IsInt64() && !to.OverflowInt(n.Int64()):
					to.SetInt(n.Int64())
					return nil
				case k >= reflect.Uint && n.IsUint64() && !to.OverflowUint(n.Uint64()):
					to.SetUint(n.Uint64())
					return nil
				}
			}
			return wrongNative("", "%s does not fit %s", text(v), to.Type())
		}
	}
	return nil
}
