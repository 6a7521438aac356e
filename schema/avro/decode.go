package avro

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// decode turns walked bytes into Avro's JSON encoding. Because Walk accepted
// them, only the size of the result needs a bound: empty values and repeated
// field names can make it larger than the event.
func (s *Schema) decode(event []byte) ([]byte, []schema.Violation, error) {
	d := &decoder{program: s.program(), walker: walker{data: event, limits: &s.limits}}
	d.maxOut = 4 * max(s.limits.EventBytes, 1<<20)
	d.value(d.program.root)
	if d.over != nil {
		return nil, nil, d.over
	}
	return d.out, d.violations, nil
}

type decoder struct {
	walker
	program    *program
	out        []byte
	path       valuePath
	maxOut     int
	nodes      int
	violations []schema.Violation
	over       *schema.WalkError
}

func (d *decoder) admitValue() bool {
	if d.over != nil {
		return false
	}
	d.nodes++
	switch {
	case d.limits.EventNodes > 0 && d.nodes > d.limits.EventNodes:
		d.over = d.walker.over(d.at, "event-nodes", fmt.Sprintf("the event has more than %d values", d.limits.EventNodes))
	case len(d.out) > d.maxOut:
		d.over = d.walker.over(d.at, "event-bytes", fmt.Sprintf("the event has more than %d bytes as JSON", d.maxOut))
	}
	return d.over == nil
}

func (d *decoder) varint() int64 {
	n, _ := d.long()
	return n
}

func (d *decoder) take(n int) []byte {
	v := d.data[d.at : d.at+n]
	d.at += n
	return v
}

func (d *decoder) value(o *op) {
	if !d.admitValue() {
		return
	}
	switch o.kind {
	case Null:
		d.out = append(d.out, "null"...)
	case Boolean:
		d.out = strconv.AppendBool(d.out, d.take(1)[0] == 1)
	case Int, Long:
		d.out = strconv.AppendInt(d.out, d.varint(), 10)
	case Float:
		d.out = appendFloat(d.out, float64(math.Float32frombits(binary.LittleEndian.Uint32(d.take(4)))), 32)
	case Double:
		d.out = appendFloat(d.out, math.Float64frombits(binary.LittleEndian.Uint64(d.take(8))), 64)
	case Bytes:
		d.out = appendBytes(d.out, d.take(int(d.varint())))
	case Fixed:
		d.out = appendBytes(d.out, d.take(o.size))
	case String:
		start := d.at
		v := string(d.take(int(d.varint())))
		if o.node.Logical.Type == "uuid" && !isUUID(v) && len(d.violations) < maxViolations {
			d.violations = append(d.violations, schema.Violation{Path: string(d.path), What: fmt.Sprintf("%q is no UUID", clip(v)), Offset: start})
		}
		d.out = jsonx.AppendQuoted(d.out, v)
	case Enum:
		d.out = jsonx.AppendQuoted(d.out, o.node.Symbols[d.varint()])
	case Union:
		part := o.parts[d.varint()]
		if part.kind == Null {
			d.value(part)
			return
		}
		d.out = append(jsonx.AppendQuoted(append(d.out, '{'), part.node.TypeName()), ':')
		d.value(part)
		d.out = append(d.out, '}')
	case Record:
		d.record(o)
	default:
		d.collection(o)
	}
}

func (d *decoder) record(o *op) {
	d.out = append(d.out, '{')
	for i, f := range o.node.Fields {
		if d.over != nil {
			return
		}
		if i > 0 {
			d.out = append(d.out, ',')
		}
		d.out = append(jsonx.AppendQuoted(d.out, f.Name), ':')
		outer := d.path.field(f.Name)
		d.value(&d.program.ops[f.Type.id])
		d.path = d.path[:outer]
	}
	d.out = append(d.out, '}')
}

func (d *decoder) collection(o *op) {
	start, end := byte('['), byte(']')
	if o.kind == Map {
		start, end = '{', '}'
	}
	d.out = append(d.out, start)
	index := 0
	for {
		count := d.varint()
		if count == 0 {
			break
		}
		if count < 0 {
			count = -count
			d.varint()
		}
		for ; count > 0 && d.over == nil; count-- {
			if index > 0 {
				d.out = append(d.out, ',')
			}
			var outer int
			if o.kind == Map {
				key := string(d.take(int(d.varint())))
				outer = d.path.key(key)
				d.out = append(jsonx.AppendQuoted(d.out, key), ':')
			} else {
				outer = d.path.index(index)
			}
			d.value(o.parts[0])
			d.path = d.path[:outer]
			index++
		}
		if d.over != nil {
			return
		}
	}
	d.out = append(d.out, end)
}

// appendFloat prints a number that JSON may not have: Avro's JSON encoding
// writes those as strings.
func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}
