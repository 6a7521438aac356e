package plan

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// MapNumber maps the symbols of a Protobuf enum by the table of the call. A
// number without a symbol stays what it is, which may have a symbol in the
// call's type.
var MapNumber = &Func{Name: "number", Partial: true, eval: evalNumber}

func evalNumber(c *Call, args []Value) (Value, string) {
	from := text(args[0])
	if to, ok := c.Table[from]; ok {
		return Symbol(to), ""
	}
	n, err := strconv.ParseInt(from, 10, 32)
	if err != nil || !c.Type.Open {
		return nil, fmt.Sprintf("the target has no symbol for %s", from)
	}
	return c.Type.symbol(int32(n)), ""
}

// numbered joins two calls of MapNumber; the identity vanishes.
func numbered(n *Call, x Node) Node {
	inner, ok := x.(*Call)
	if !ok || inner.Func != MapNumber || !n.Safe || !inner.Safe {
		return n
	}
	t, _ := TypeOf(inner.Args[0])
	table, same := map[string]string{}, Same(t, n.Type)
	for from := range inner.Table {
		to, why := inner.Func.eval(inner, []Value{Symbol(from)})
		if why == "" {
			to, why = n.Func.eval(n, []Value{to})
		}
		if why != "" {
			return n
		}
		table[from] = text(to)
		same = same && table[from] == from
	}
	// A number that only the enum between names comes back as it was.
	for from, to := range n.Table {
		same = same && SameNumber(Symbol(from), inner.Type, Symbol(to), n.Type)
	}
	if same && t.Open {
		return inner.Args[0]
	}
	return n
}

// SameAbsence reports whether two fields read the same from nothing.
func SameAbsence(a Value, s *Type, b Value, t *Type) bool {
	return isZero(a, s) && isZero(b, t) || s.Kind == t.Kind && SameNumber(a, s, b, t)
}

// SameNumber compares two values of their types; symbols by number.
func SameNumber(a Value, s *Type, b Value, t *Type) bool {
	x, ok := a.(Symbol)
	y, ok2 := b.(Symbol)
	if !ok || !ok2 {
		return Equal(a, b)
	}
	n, known := s.number(x)
	m, known2 := t.number(y)
	return known && known2 && n == m
}

// SymbolOf is the symbol of a number in a Protobuf enum; ok is false if it may
// hold none.
func (t *Type) SymbolOf(n int32) (s Symbol, ok bool) {
	return t.symbol(n), t.Open || t.listed(n)
}

// UnknownAlone makes the type of messages that know no field.
func UnknownAlone() *Type {
	t := &Type{Kind: Record}
	t.layout = layoutOf(t)
	t.layout.bare = newPlace(t)
	return t
}

// Proto reports whether the type is a message of Protobuf.
func (t *Type) Proto() bool { return t.layout != nil }

// UnknownProto makes the entry of a field that a message does not know: of a
// number and one of the four wire types that are no group. There is none if the
// message knows it.
func UnknownProto(t *Type, number, wire int, bits uint64) []Entry {
	wire = [...]int{varintType, fixed64Type, bytesType, fixed32Type}[wire]
	raw := binary.AppendUvarint(nil, uint64(number)<<3|uint64(wire))
	switch wire {
	case varintType:
		raw = binary.AppendUvarint(raw, bits)
	case fixed64Type:
		raw = binary.LittleEndian.AppendUint64(raw, bits)
	case fixed32Type:
		raw = binary.LittleEndian.AppendUint32(raw, uint32(bits))
	default:
		raw = append(raw, 2, byte(bits), byte(bits>>8))
	}
	if t.reads(raw) {
		return nil
	}
	return []Entry{unknown(number, raw)}
}
