package contain

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
)

// kind is a kind of JSON value. The two booleans are kinds of their own, so
// that a set of kinds says all there is to say about null and booleans.
type kind uint8

const (
	kNull kind = iota
	kFalse
	kTrue
	kNumber
	kString
	kArray
	kObject
	kinds
)

// mask is a set of kinds.
type mask uint8

const allKinds mask = 1<<kinds - 1

func (k kind) mask() mask { return 1 << k }

func (m mask) has(k kind) bool { return m&(1<<k) != 0 }

// val is a JSON value in the data model of JSON Schema. It is immutable.
type val struct {
	kind   kind
	num    *big.Rat
	str    string
	items  []*val
	names  []string // sorted
	fields []*val   // in the order of names

	key string // canonical text, made on demand
}

var (
	nullVal  = &val{kind: kNull, key: "null"}
	falseVal = &val{kind: kFalse, key: "false"}
	trueVal  = &val{kind: kTrue, key: "true"}
)

func numVal(r *big.Rat) *val   { return &val{kind: kNumber, num: r} }
func strVal(s string) *val     { return &val{kind: kString, str: s} }
func arrVal(items []*val) *val { return &val{kind: kArray, items: items} }
func intVal(n int64) *val      { return numVal(new(big.Rat).SetInt64(n)) }

// objVal makes an object of parallel names and values.
func objVal(names []string, values []*val) *val {
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	v := &val{kind: kObject, names: make([]string, len(names)), fields: make([]*val, len(names))}
	for i, o := range order {
		v.names[i], v.fields[i] = names[o], values[o]
	}
	return v
}

// get returns a property's value, or nil.
func (v *val) get(name string) *val {
	if i, ok := v.index(name); ok {
		return v.fields[i]
	}
	return nil
}

// index is the place of a property.
func (v *val) index(name string) (int, bool) { return slices.BinarySearch(v.names, name) }

// without returns the object less one property.
func (v *val) without(i int) *val {
	return &val{
		kind:   kObject,
		names:  slices.Concat(v.names[:i], v.names[i+1:]),
		fields: slices.Concat(v.fields[:i], v.fields[i+1:]),
	}
}

// newRat reads a JSON number, whose size its parser bounded.
func newRat(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		r = new(big.Rat)
	}
	return r
}

// valueOf converts a parsed value. Depth is bounded by the parser.
func valueOf(v *jsonx.Value) *val {
	switch v.Kind {
	case jsonx.Null:
		return nullVal
	case jsonx.Bool:
		if v.Bool {
			return trueVal
		}
		return falseVal
	case jsonx.Number:
		return numVal(newRat(v.Text))
	case jsonx.String:
		return strVal(v.Text)
	case jsonx.Array:
		items := make([]*val, len(v.Items))
		for i, item := range v.Items {
			items[i] = valueOf(item)
		}
		return arrVal(items)
	default:
		names, values := make([]string, len(v.Members)), make([]*val, len(v.Members))
		for i := range v.Members {
			names[i], values[i] = v.Members[i].Key, valueOf(v.Members[i].Value)
		}
		return objVal(names, values)
	}
}

// text is the value as compact JSON, the same for equal values.
func (v *val) text() string {
	if v.key == "" {
		v.key = string(v.append(nil))
	}
	return v.key
}

func (v *val) append(dst []byte) []byte {
	if v.key != "" {
		return append(dst, v.key...)
	}
	switch v.kind {
	case kNumber:
		return appendNumber(dst, v.num)
	case kString:
		return jsonx.AppendQuoted(dst, v.str)
	case kArray:
		dst = append(dst, '[')
		for i, item := range v.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.append(dst)
		}
		return append(dst, ']')
	default:
		dst = append(dst, '{')
		for i, name := range v.names {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(jsonx.AppendQuoted(dst, name), ':')
			dst = v.fields[i].append(dst)
		}
		return append(dst, '}')
	}
}

// appendNumber writes a decimal exactly: plainly if that is short, else as
// digits and exponent. What is no decimal is written as a fraction, which no
// value of a witness ever is.
func appendNumber(dst []byte, r *big.Rat) []byte {
	if r.IsInt() {
		s := r.Num().String()
		digits := strings.TrimRight(s, "0")
		if zeros := len(s) - len(digits); zeros > 20 {
			return append(append(append(dst, digits...), 'e'), strconv.Itoa(zeros)...)
		}
		return append(dst, s...)
	}
	places, ok := decimals(r)
	if !ok {
		return append(dst, r.RatString()...)
	}
	s := r.FloatString(places)
	if places <= 30 {
		return append(dst, s...)
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	digits := strings.TrimLeft(strings.Replace(s, ".", "", 1), "0")
	return append(dst, sign+digits+"e-"+strconv.Itoa(places)...)
}

// decimals is how many places after the point r needs; ok is false if no number
// of places is enough.
func decimals(r *big.Rat) (places int, ok bool) {
	den := new(big.Int).Set(r.Denom())
	five, m := big.NewInt(5), new(big.Int)
	twos, fives := int(den.TrailingZeroBits()), 0
	den.Rsh(den, uint(twos))
	for {
		q, rem := new(big.Int).QuoRem(den, five, m)
		if rem.Sign() != 0 {
			break
		}
		den, fives = q, fives+1
	}
	return max(twos, fives), den.IsInt64() && den.Int64() == 1
}

// depth is the nesting of a value; scalars have one.
func (v *val) depth() int {
	d := 0
	for _, item := range v.items {
		d = max(d, item.depth())
	}
	for _, f := range v.fields {
		d = max(d, f.depth())
	}
	return d + 1
}
