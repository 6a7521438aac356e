package avro

import "strconv"

// valuePath is the way from an event to the value in hand, as violations show it:
// "items[3].sku", `attrs{"x"}`. It is one buffer that grows and shrinks with the
// walk, because almost no path is ever shown. Its methods add a step and return
// the length to cut it back to.
type valuePath []byte

func (p *valuePath) field(name string) (outer int) {
	outer = len(*p)
	if outer > 0 {
		*p = append(*p, '.')
	}
	*p = append(*p, name...)
	return outer
}

func (p *valuePath) index(i int) (outer int) {
	outer = len(*p)
	*p = append(strconv.AppendInt(append(*p, '['), int64(i), 10), ']')
	return outer
}

func (p *valuePath) key(key string) (outer int) {
	outer = len(*p)
	*p = append(strconv.AppendQuote(append(*p, '{'), clip(key)), '}')
	return outer
}
