package avro

import (
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
)

// appendTyped prints a default as a value of its type: a whole number in a
// double field becomes 1.0, a float is rounded to its width. Whatever does not
// fit, which only history holds, is printed as it is.
func appendTyped(dst []byte, n *Node, v *jsonx.Value) []byte {
	switch {
	case n.Kind == Union:
		for _, b := range n.Branches {
			c := defaultCheck{failed: map[nodeValue]bool{}}
			if _, what := c.mismatch(b, v); what == "" {
				return appendTyped(dst, b, v)
			}
		}
	case v.Kind == jsonx.Number && (n.Kind == Double || n.Kind == Float):
		bits := 64
		if n.Kind == Float {
			bits = 32
		}
		f, _ := strconv.ParseFloat(v.Text, bits)
		return appendDouble(dst, f, bits)
	case v.Kind == jsonx.Array && n.Kind == Array:
		dst = append(dst, '[')
		for i, item := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendTyped(dst, n.Items, item)
		}
		return append(dst, ']')
	case v.Kind == jsonx.Object && (n.Kind == Map || n.Kind == Record):
		dst = append(dst, '{')
		for i := range v.Members {
			m := &v.Members[i]
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(jsonx.AppendQuoted(dst, m.Key), ':')
			if f := n.Field(m.Key); f != nil {
				dst = appendTyped(dst, f.Type, m.Value)
			} else if n.Kind == Map {
				dst = appendTyped(dst, n.Items, m.Value)
			} else {
				dst = appendValue(dst, m.Value, false)
			}
		}
		return append(dst, '}')
	}
	return appendValue(dst, v, false)
}
