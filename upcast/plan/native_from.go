package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Events as plain Go values. Records and maps are map[string]any, lists []any,
// enums texts. Numbers keep their type: 32-bit integers are int, 64-bit ones
// int64 or uint64, and never a float64; JSON's are json.Number. Decimals are
// *big.Rat, dates and timestamps of Avro time.Time in UTC, its times of day
// time.Duration. Null is nil, and a key that is not there is a field that is not
// there. A value of a union that is more than a type or null is a map with its
// branch as the only key; without one, the first branch that takes it counts.

// NativeError says why a Go value is no value of a type.
type NativeError struct{ Path, What string }

// Error implements error.
func (e *NativeError) Error() string {
	if e.Path == "" {
		return e.What
	}
	return e.Path + ": " + e.What
}

// FromNative reads a Go value as one of a type. Integers may be of any Go type,
// or a json.Number; they have to fit.
func FromNative(t *Type, v any) (Value, error) {
	return (&nativeReader{}).value(t, v, "", 0)
}

type nativeReader struct{ nodes int }

const (
	nativeDepth = 512
	nativeNodes = 10_000_000
)

func wrongNative(path, format string, args ...any) error {
	return &NativeError{path, fmt.Sprintf(format, args...)}
}

func (r *nativeReader) value(t *Type, v any, path string, depth int) (Value, error) {
	r.nodes++
	if depth > nativeDepth || r.nodes > nativeNodes {
		return nil, wrongNative(path, "it has more than %d values, or nests deeper than %d", nativeNodes, nativeDepth)
	}
	if v == nil && t.Kind != Null && t.Kind != Union {
		return nil, wrongNative(path, "it is nil, and %s is needed", t)
	}
	switch t.Kind {
	case Union:
		return r.union(t, v, path, depth)
	case Record:
		return r.record(t, v, path, depth)
	case List:
		return r.list(t, v, path, depth)
	case Map:
		return r.entries(t, v, path, depth)
	}
	return r.leaf(t, v, path)
}

func (r *nativeReader) record(t *Type, v any, path string, depth int) (Value, error) {
	in, ok := v.(map[string]any)
	if !ok {
		return nil, mismatch(t, v, path)
	}
	out := &Rec{Type: t, Fields: make([]Value, len(t.Fields))}
	taken := 0
	for i := range t.Fields {
		f := &t.Fields[i]
		x, there := in[f.Name]
		switch {
		case there:
			taken++
			var err error
			if out.Fields[i], err = r.value(f.Type, x, at(path, f.Name), depth+1); err != nil {
				return nil, err
			}
		case f.Optional:
			out.Fields[i] = Absent
		case f.Wire.Kind != 0 && f.HasDefault:
			out.Fields[i] = f.Default // Protobuf does not write it
		default:
			return nil, wrongNative(at(path, f.Name), "the field is not there")
		}
	}
	if taken < len(in) {
		for _, key := range slices.Sorted(maps.Keys(in)) {
			if t.Field(key) < 0 {
				return nil, wrongNative(at(path, key), "%s has no such field", t)
			}
		}
	}
	return out, nil
}

func (r *nativeReader) list(t *Type, v any, path string, depth int) (Value, error) {
	in := reflect.ValueOf(v)
	if in.Kind() != reflect.Slice {
		return nil, mismatch(t, v, path)
	}
	out := make([]Value, in.Len())
	for i := range out {
		var err error
		if out[i], err = r.value(t.Elem, in.Index(i).Interface(), path+"["+strconv.Itoa(i)+"]", depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *nativeReader) entries(t *Type, v any, path string, depth int) (Value, error) {
	in, ok := v.(map[string]any)
	if !ok {
		return nil, mismatch(t, v, path)
	}
	out := make(Entries, 0, len(in))
	for _, key := range slices.Sorted(maps.Keys(in)) {
		x, err := r.value(t.Elem, in[key], path+"{"+strconv.Quote(key)+"}", depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, Entry{key, x})
	}
	return &out, nil
}

// union takes the branch that a map of one key names, or the first that fits.
func (r *nativeReader) union(t *Type, v any, path string, depth int) (Value, error) {
	if m, ok := v.(map[string]any); ok && len(m) == 1 {
		for key, x := range m {
			if i := t.Branch(key); i >= 0 {
				inner, err := r.value(t.Branches[i].Type, x, path+"<"+key+">", depth+1)
				if err == nil {
					return &Tagged{t.Branches[i].Name, inner}, nil
				}
			}
		}
	}
	var first error
	for i := range t.Branches {
		b := &t.Branches[i]
		if (v == nil) != (b.Type.Kind == Null) {
			continue
		}
		x, err := r.value(b.Type, v, path, depth+1)
		if err == nil {
			return &Tagged{b.Name, x}, nil
		}
		if first == nil {
			first = err
		}
	}
	if _, simple := t.Nullable(); simple && first != nil {
		return nil, first
	}
	return nil, mismatch(t, v, path)
}

func mismatch(t *Type, v any, path string) error {
	if v == nil {
		return wrongNative(path, "it is nil, and %s is needed", t)
	}
	return wrongNative(path, "it is a %T, and %s is needed", v, t)
}

func at(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (r *nativeReader) leaf(t *Type, v any, path string) (Value, error) {
	switch t.Kind {
	case Null:
		if v == nil {
			return nil, nil
		}
	case Bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case String:
		if s, ok := v.(string); ok {
			if !utf8.ValidString(s) {
				return nil, wrongNative(path, "the text is not UTF-8")
			}
			return s, nil
		}
	case Enum:
		if s, ok := v.(string); ok {
			if !slices.Contains(t.Symbols, s) && !t.openSymbol(s) {
				return nil, wrongNative(path, "%s has no symbol %q", t, s)
			}
			return Symbol(s), nil
		}
	case Bytes:
		return bytesOf(t, v, path)
	case Decimal:
		return decimalOf(t, v, path)
	case Int, Uint:
		return integerOf(t, v, path)
	case Float:
		return floatOf(t, v, path)
	}
	return nil, mismatch(t, v, path)
}

// openSymbol reports whether a text is a number of an enum that is not closed.
func (t *Type) openSymbol(s string) bool {
	n, err := strconv.ParseInt(s, 10, 32)
	return t.Open && err == nil && strconv.FormatInt(n, 10) == s
}

func bytesOf(t *Type, v any, path string) (Value, error) {
	var out []byte
	switch x := v.(type) {
	case []byte:
		out = slices.Clone(x)
	case string:
		if t.Logical != AnyText {
			return nil, mismatch(t, v, path)
		}
		out = []byte(x)
	default:
		a := reflect.ValueOf(v)
		if a.Kind() != reflect.Array || a.Type().Elem().Kind() != reflect.Uint8 {
			return nil, mismatch(t, v, path)
		}
		out = make([]byte, a.Len())
		reflect.Copy(reflect.ValueOf(out), a)
	}
	if t.Size > 0 && len(out) != t.Size {
		return nil, wrongNative(path, "it has %d bytes, and %s %d", len(out), t, t.Size)
	}
	return out, nil
}

func decimalOf(t *Type, v any, path string) (Value, error) {
	rat, ok := v.(*big.Rat)
	if !ok {
		var text string
		switch x := v.(type) {
		case string:
			text = x
		case json.Number:
			text = string(x)
		default:
			return nil, mismatch(t, v, path)
		}
		if rat, ok = new(big.Rat).SetString(text); !ok || len(text) > 1000 || strings.ContainsAny(text, "/eEpP_") {
			return nil, wrongNative(path, "%q is no decimal", text)
		}
	}
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Scale)), nil)
	scaled := new(big.Rat).Mul(rat, new(big.Rat).SetInt(ten))
	if !scaled.IsInt() {
		return nil, wrongNative(path, "%s has more than %d digits after the point", rat.RatString(), t.Scale)
	}
	if digits := len(new(big.Int).Abs(scaled.Num()).String()); t.Precision > 0 && digits > t.Precision {
		return nil, wrongNative(path, "%s has more than %d digits", rat.RatString(), t.Precision)
	}
	return Dec{new(big.Int).Set(scaled.Num()), t.Scale}, nil
}

func integerOf(t *Type, v any, path string) (Value, error) {
	if n, ok, err := timeOf(t, v, path); ok || err != nil {
		return n, err
	}
	var n big.Int
	switch x := reflect.ValueOf(v); x.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n.SetInt64(x.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n.SetUint64(x.Uint())
	case reflect.Float32, reflect.Float64:
		return nil, wrongNative(path, "it is a %T, which does not hold every %s; decode numbers as integers", v, t)
	default:
		text, ok := v.(json.Number)
		if !ok {
			return nil, mismatch(t, v, path)
		}
		if _, ok := n.SetString(string(text), 10); !ok || len(text) > 40 {
			return nil, wrongNative(path, "%s is no whole number", text)
		}
	}
	bits := t.Bits
	if t.Kind == Uint {
		if n.Sign() < 0 || n.BitLen() > bits {
			return nil, wrongNative(path, "%s does not fit %s", &n, t)
		}
		return n.Uint64(), nil
	}
	if !n.IsInt64() || bits == 32 && n.Int64() != int64(int32(n.Int64())) { //nolint:gosec // that is the question
		return nil, wrongNative(path, "%s does not fit %s", &n, t)
	}
	return n.Int64(), nil
}

func floatOf(t *Type, v any, path string) (Value, error) {
	var f float64
	switch x := v.(type) {
	case float64:
		f = x
	case float32:
		f = float64(x)
	case json.Number:
		var err error
		if f, err = strconv.ParseFloat(string(x), 64); err != nil {
			return nil, wrongNative(path, "%s is no number of 64 bits", x)
		}
	default:
		n := reflect.ValueOf(v)
		if !n.CanInt() || n.Int() != int64(float64(n.Int())) || n.Int() == 1<<63-1 {
			return nil, mismatch(t, v, path)
		}
		f = float64(n.Int())
	}
	if t.Bits == 32 && f == f && float64(float32(f)) != f {
		return nil, wrongNative(path, "%v does not fit %s", f, t)
	}
	return f, nil
}

// units are the logical types of Avro that Go has types for: what one of their
// units is in nanoseconds.
var (
	instants = map[string]int64{
		"date": 86_400e9, "timestamp-millis": 1e6, "timestamp-micros": 1e3, "timestamp-nanos": 1,
		"local-timestamp-millis": 1e6, "local-timestamp-micros": 1e3, "local-timestamp-nanos": 1,
	}
	timesOfDay = map[string]int64{"time-millis": 1e6, "time-micros": 1e3}
)

func timeOf(t *Type, v any, path string) (Value, bool, error) {
	switch x := v.(type) {
	case time.Time:
		unit, ok := instants[t.Logical]
		if !ok {
			return nil, false, mismatch(t, v, path)
		}
		n := new(big.Int).Mul(big.NewInt(x.Unix()), big.NewInt(1e9))
		n.Add(n, big.NewInt(int64(x.Nanosecond())))
		n.Div(n, big.NewInt(unit)) // towards the past, whole units only
		out, err := integerOf(t, json.Number(n.String()), path)
		return out, true, err
	case time.Duration:
		unit, ok := timesOfDay[t.Logical]
		if !ok {
			return nil, false, mismatch(t, v, path)
		}
		out, err := integerOf(t, int64(x)/unit, path)
		return out, true, err
	}
	return nil, false, nil
}
