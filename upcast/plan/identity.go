package plan

import (
	"encoding/binary"
	"math"
	"slices"
)

// identity appends what tells a value from others: it is the same for two values
// exactly if they are [Alike]. ok is false for what is like nothing, itself
// included.
func identity(b []byte, v Value) (_ []byte, ok bool) {
	text := func(kind byte, s string) ([]byte, bool) {
		return append(binary.AppendUvarint(append(b, kind), uint64(len(s))), s...), true
	}
	number := func(kind byte, n uint64) ([]byte, bool) {
		return binary.BigEndian.AppendUint64(append(b, kind), n), true
	}
	switch v := v.(type) {
	case nil:
		return append(b, 'n'), true
	case Missing:
		return append(b, 'a'), true
	case bool:
		return append(b, 'b', boolByte(v)), true
	case int64:
		return number('i', uint64(v))
	case uint64:
		return number('u', v)
	case Span:
		return number('d', uint64(v))
	case Instant:
		b, _ = number('t', uint64(v.Seconds))
		return number('t', uint64(v.Nanos))
	case float64:
		if math.IsNaN(v) {
			return b, false
		}
		return number('f', math.Float64bits(v+0)) // the zeros are one
	case string:
		return text('s', v)
	case Symbol:
		return text('e', string(v))
	case []byte:
		return text('x', string(v))
	case Dec, Number:
		r, ok := rational(v)
		if !ok {
			return b, false
		}
		return text('r', r.RatString())
	case *Tagged:
		b, _ = text('o', v.Branch)
		return identity(b, v.Value)
	case []Value:
		b = binary.AppendUvarint(append(b, 'l'), uint64(len(v)))
		for _, x := range v {
			if b, ok = identity(b, x); !ok {
				return b, false
			}
		}
		return b, true
	case *Entries:
		return mapIdentity(b, v)
	default:
		return b, false
	}
}

// mapIdentity is that of a map: its keys in a fixed order, each with the last of its
// values.
func mapIdentity(b []byte, m *Entries) ([]byte, bool) {
	last := lastEntries(m)
	keys := make([]string, 0, len(last))
	for k := range last {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = binary.AppendUvarint(append(b, 'm'), uint64(len(keys)))
	for _, k := range keys {
		ok := false
		b = append(binary.AppendUvarint(b, uint64(len(k))), k...)
		if b, ok = identity(b, last[k]); !ok {
			return b, false
		}
	}
	return b, true
}

// lastEntries are the entries of a map by key: the last of several with one key
// counts, as in a reader.
func lastEntries(m *Entries) map[string]Value {
	out := make(map[string]Value, len(*m))
	for _, e := range *m {
		out[e.Key] = e.Value
	}
	return out
}
