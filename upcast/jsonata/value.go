package jsonata

import (
	"math/big"
	"slices"
)

// Value is what expressions work on. Its dynamic type is one of: nil (nothing:
// a place that does not exist), the type of [Null], bool, string, int64,
// *big.Int (beyond int64), float64, *Decimal, *Array, *Object, or a function.
type Value any

type null struct{}

// Null is the JSON value null. It is not nothing.
var Null Value = null{}

// Decimal is a number with a point or an exponent, as it was written. It keeps
// its text for as long as nobody computes with it.
type Decimal struct {
	text  string
	value float64
}

// String is the number as it was written.
func (d *Decimal) String() string { return d.text }

// Array is a list. An item may be nothing only where the language says so; it is
// printed as null then.
type Array struct {
	Items []Value

	// sequence marks the result of a path, which is its item if it has one, and
	// nothing if it is empty; keep holds a sequence of one together.
	sequence, keep bool
	// cons marks a list that was written as such within a path: it is one value.
	cons bool
	// outer marks the sequence around an input that is a list itself.
	outer bool
}

// NewArray makes a list of items.
func NewArray(items ...Value) *Array { return &Array{Items: items} }

func sequenceOf(items ...Value) *Array { return &Array{Items: items, sequence: true} }

// Member is one member of an object.
type Member struct {
	Key   string
	Value Value
}

// Object is an object; its members keep the order in which they came.
type Object struct {
	members []Member
	index   map[string]int // of more than fewMembers members
}

// fewMembers is up to where looking through all members is as fast as a map.
const fewMembers = 8

// NewObject makes an object with room for n members.
func NewObject(n int) *Object { return &Object{members: make([]Member, 0, n)} }

// Len is the number of members.
func (o *Object) Len() int { return len(o.members) }

// Members are the members in order; the caller must not change them.
func (o *Object) Members() []Member { return o.members }

func (o *Object) find(key string) int {
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].Key == key {
			return i
		}
	}
	return -1
}

// Get returns the value of a member; nothing if there is none.
func (o *Object) Get(key string) Value {
	if i := o.find(key); i >= 0 {
		return o.members[i].Value
	}
	return nil
}

// Set gives a member a value, in its place if it is there, last if it is new.
func (o *Object) Set(key string, v Value) {
	if i := o.find(key); i >= 0 {
		o.members[i].Value = v
		return
	}
	o.members = append(o.members, Member{key, v})
	switch n := len(o.members); {
	case o.index != nil:
		o.index[key] = n - 1
	case n > fewMembers:
		o.reindex()
	}
}

// Delete removes a member, if it is there.
func (o *Object) Delete(key string) {
	i := o.find(key)
	if i < 0 {
		return
	}
	o.members = slices.Delete(o.members, i, i+1)
	if o.index != nil {
		o.reindex()
	}
}

func (o *Object) reindex() {
	o.index = make(map[string]int, 2*len(o.members))
	for i := range o.members {
		o.index[o.members[i].Key] = i
	}
}

// truth is what a value is where a condition stands. Nothing, null, false, zero,
// the empty text, list and object, and functions are false; a list is true if
// one of its items is.
func (r *run) truth(v Value) (bool, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		return v != "", nil
	case int64:
		return v != 0, nil
	case float64:
		return v != 0, nil
	case *big.Int:
		return true, nil
	case *Decimal:
		return v.value != 0, nil
	case *Object:
		return v.Len() > 0, nil
	case *Array:
		if err := r.enter(); err != nil {
			return false, err
		}
		defer r.leave()
		for _, item := range v.Items {
			if t, err := r.truth(item); t || err != nil {
				return t, err
			}
		}
	}
	return false, nil
}

// equal compares deeply: numbers by value, members without regard to order.
func (r *run) equal(a, b Value) (bool, error) {
	if err := r.enter(); err != nil {
		return false, err
	}
	defer r.leave()
	if isNumber(a) && isNumber(b) {
		return compareNumbers(a, b) == 0, nil
	}
	switch x := a.(type) {
	case *Array:
		y, ok := b.(*Array)
		if !ok || len(x.Items) != len(y.Items) {
			return false, nil
		}
		for i := range x.Items {
			if same, err := r.equal(x.Items[i], y.Items[i]); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	case *Object:
		y, ok := b.(*Object)
		if !ok || x.Len() != y.Len() {
			return false, nil
		}
		for _, m := range x.members {
			j := y.find(m.Key)
			if j < 0 {
				return false, nil
			}
			if same, err := r.equal(m.Value, y.members[j].Value); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	}
	return a == b, nil
}

// kindOf names the type of a value; nothing has none.
func kindOf(v Value) string {
	switch v.(type) {
	case nil:
		return ""
	case null:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case int64, *big.Int, float64, *Decimal:
		return "number"
	case *Array, *stream:
		return "array"
	case *Object:
		return "object"
	default:
		return "function"
	}
}
