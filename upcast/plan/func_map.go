package plan

import (
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The functions that make maps of lists, lists of maps, and narrower values.
var (
	// MapOf makes a map of a list of keys and a list of as many values. The
	// table says which of several entries with one key stays: first, last, or
	// none of them.
	MapOf = &Func{Name: "map.of", Partial: true, eval: evalMapOf}
	// MapEntries lists the entries of a map, in the order of the encoding, as
	// records of a key and a value.
	MapEntries = &Func{Name: "map.entries", eval: func(c *Call, args []Value) (Value, string) {
		m, ok := args[0].(*Entries)
		if !ok {
			return wrongKind("map.entries", args)
		}
		out := make([]Value, len(*m))
		for i, e := range *m {
			out[i] = &Rec{Type: c.Type.Elem, Fields: []Value{e.Key, e.Value}}
		}
		return out, ""
	}}
	// Narrow fits a value into the bounds of the table, in its mode.
	Narrow = &Func{Name: "narrow", Partial: true, eval: evalNarrow}
)

// EntryType is the type of the elements that [MapEntries] gives.
func EntryType(value *Type) *Type {
	return &Type{Kind: Record, Fields: []Field{{Name: "key", Type: &Type{Kind: String}}, {Name: "value", Type: value}}}
}

func evalMapOf(c *Call, args []Value) (Value, string) {
	keys, ok := args[0].([]Value)
	items, ok2 := args[1].([]Value)
	if !ok || !ok2 || len(keys) != len(items) {
		return wrongKind("map.of", args)
	}
	out := Entries{}
	at := make(map[string]int, len(keys))
	for i, k := range keys {
		key := text(k)
		j, twice := at[key]
		switch {
		case !twice:
			at[key] = len(out)
			out = append(out, Entry{key, items[i]})
		case c.Table["duplicates"] == "last":
			out[j].Value = items[i]
		case c.Table["duplicates"] != "first":
			return nil, "the key " + strconv.Quote(key) + " is there twice"
		}
	}
	return &out, ""
}

// Bounds of a Narrow are decimal numbers in its table, under these keys; the
// pattern is the call's.
const (
	NarrowMin       = "min"
	NarrowMax       = "max"
	NarrowMultiple  = "multipleOf"
	NarrowMinLength = "minLength"
	NarrowMaxLength = "maxLength"
	NarrowMode      = "mode"
)

func evalNarrow(c *Call, args []Value) (Value, string) {
	switch v := args[0].(type) {
	case string:
		return narrowText(c, v)
	case []byte:
		if most, ok := lengthBound(c, NarrowMaxLength); ok && len(v) > most {
			if c.Table[NarrowMode] != "truncate" {
				return nil, "the bytes are too many"
			}
			v = v[:most]
		}
		least, _ := lengthBound(c, NarrowMinLength)
		return v, when(len(v) < least, "the bytes are too few")
	case []Value:
		if most, ok := lengthBound(c, NarrowMaxLength); ok && len(v) > most {
			if c.Table[NarrowMode] != "truncate" {
				return nil, "the list is too long"
			}
			v = v[:most]
		}
		least, _ := lengthBound(c, NarrowMinLength)
		return v, when(len(v) < least, "the list is too short")
	default:
		return narrowNumber(c, v)
	}
}

func lengthBound(c *Call, key string) (int, bool) {
	n, err := strconv.Atoi(c.Table[key])
	return n, err == nil
}

// narrowText cuts at code points.
func narrowText(c *Call, s string) (Value, string) {
	if most, ok := lengthBound(c, NarrowMaxLength); ok && utf8.RuneCountInString(s) > most {
		if c.Table[NarrowMode] != "truncate" {
			return nil, "the text is too long"
		}
		s = s[:offset(s, int64(most))]
	}
	least, _ := lengthBound(c, NarrowMinLength)
	if utf8.RuneCountInString(s) < least {
		return nil, "the text is too short"
	}
	return s, when(c.Pattern != nil && !c.Pattern.MatchString(s), "the text does not match the pattern")
}

func narrowNumber(c *Call, v Value) (Value, string) {
	x, ok := rational(v)
	if !ok {
		return nil, "not a finite number"
	}
	clamp, was := c.Table[NarrowMode] == "clamp", x
	if m, ok := new(big.Rat).SetString(c.Table[NarrowMultiple]); ok && m.Sign() > 0 {
		if q := new(big.Rat).Quo(x, m); !q.IsInt() {
			if !clamp {
				return nil, "the number is no multiple of " + c.Table[NarrowMultiple]
			}
			x = new(big.Rat).Mul(round(q, "floor", &Type{Kind: Int}), m)
		}
	}
	if low, ok := new(big.Rat).SetString(c.Table[NarrowMin]); ok && x.Cmp(low) < 0 {
		if x = low; !clamp {
			return nil, "the number is below " + c.Table[NarrowMin]
		}
	}
	if high, ok := new(big.Rat).SetString(c.Table[NarrowMax]); ok && x.Cmp(high) > 0 {
		if x = high; !clamp {
			return nil, "the number is above " + c.Table[NarrowMax]
		}
	}
	if x == was {
		return v, "" // as it was, to the bit
	}
	return convert(x, c.Type)
}

// mapAgain is the map whose entries a MapOf puts together again; values says that
// how its keys are written is of no account.
func mapAgain(n *Call, values bool) (Node, bool) {
	keys, ok := n.Args[0].(*Each)
	items, ok2 := n.Args[1].(*Each)
	if !ok || !ok2 || keys.Where != nil || items.Where != nil || !isField(key(keys.Body, values), keys.Bind, 0) || !isField(items.Body, items.Bind, 1) {
		return nil, false
	}
	a, ok := keys.Over.(*Call)
	b, ok2 := items.Over.(*Call)
	if !ok || !ok2 || a.Func != MapEntries || b.Func != MapEntries || !sameNode(a.Args[0], b.Args[0]) {
		return nil, false
	}
	return a.Args[0], true
}

func key(n Node, values bool) Node {
	if c, ok := n.(*Cast); ok && values && c.Type.Kind == String {
		return c.X
	}
	return n
}

func isField(n Node, b *Binder, field int) bool {
	c, ok := n.(*Copy)
	return ok && c.From == b && len(c.Fields) == 1 && c.Fields[0] == field
}

// sameNode reports whether two nodes are seen to give the same value.
func sameNode(a, b Node) bool {
	if c, ok := a.(*Cast); ok {
		d, ok := b.(*Cast)
		return ok && c.Sure == d.Sure && Same(c.Type, d.Type) && sameNode(c.X, d.X)
	}
	x, ok := a.(*Copy)
	y, ok2 := b.(*Copy)
	return a == b || ok && ok2 && x.From == y.From && slices.Equal(x.Fields, y.Fields)
}

// textAgain is the text whose parts a Concat puts together again.
func textAgain(n *Call) (Node, bool) {
	var whole Node
	for i, a := range n.Args {
		part, ok := a.(*Call)
		if !ok || part.Func != ListIndex || len(part.Args) != 2 || !part.Safe {
			return nil, false
		}
		at, ok := part.Args[1].(*Lit)
		split, ok2 := part.Args[0].(*Call)
		if !ok || !ok2 || at.Value != int64(i) || split.Func != SplitExactly ||
			split.Table["separator"] != n.Table["separator"] || split.Table["parts"] != strconv.Itoa(len(n.Args)) {
			return nil, false
		}
		if whole == nil {
			whole = split.Args[0]
		} else if !sameNode(whole, split.Args[0]) {
			return nil, false
		}
	}
	return whole, whole != nil
}
