package avro

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Encode turns an event from Avro's JSON encoding into binary. An event that
// the schema does not allow is a *schema.Error that names the first violation.
// Each collection is written as one block, so that equal events have equal
// bytes.
func (s *Schema) Encode(event []byte) ([]byte, error) {
	v, violations, err := s.readJSON(event)
	if err != nil {
		return nil, err
	}
	if len(violations) > 0 {
		first := violations[0]
		var at schema.Position // what is no JSON says where by itself
		if first.Offset >= 0 {
			at = jsonx.PositionOf(string(event), first.Offset)
		}
		return nil, &schema.Error{
			What: first.What, Path: first.Path, Position: at,
			Hint: "write the event in Avro's JSON encoding of this schema",
		}
	}
	e := &encoder{program: s.program(), max: s.limits.EventBytes}
	e.value(e.program.root, v)
	if e.max > 0 && len(e.out) > e.max {
		return nil, schema.OverLimit("event-bytes", int64(len(e.out)), int64(e.max), "the event is too long in binary", schema.Position{})
	}
	return e.out, nil
}

// Decode turns a binary event into Avro's JSON encoding, after walking it.
func (s *Schema) Decode(event []byte) ([]byte, error) {
	if _, err := s.Walk(event, WalkOptions{}); err != nil {
		return nil, err
	}
	text, _, err := s.decode(event)
	return text, err
}

// encoder writes values that jsonCheck has found valid.
type encoder struct {
	program *program
	out     []byte
	max     int
}

func (e *encoder) long(n int64) { e.out = binary.AppendVarint(e.out, n) }

func (e *encoder) value(o *op, v *jsonx.Value) {
	if e.max > 0 && len(e.out) > e.max {
		return // refused by Encode
	}
	switch o.kind {
	case Boolean:
		e.out = append(e.out, boolByte(v.Bool))
	case Int, Long:
		n, _ := integer(v.Text, 64)
		e.long(n)
	case Float:
		e.out = binary.LittleEndian.AppendUint32(e.out, math.Float32bits(float32(number(v, 32))))
	case Double:
		e.out = binary.LittleEndian.AppendUint64(e.out, math.Float64bits(number(v, 64)))
	case Bytes, Fixed:
		b := make([]byte, 0, len(v.Text))
		for _, r := range v.Text {
			b = append(b, byte(r))
		}
		if o.kind == Bytes {
			e.long(int64(len(b)))
		}
		e.out = append(e.out, b...)
	case String:
		e.text(v.Text)
	case Enum:
		e.long(int64(slices.Index(o.node.Symbols, v.Text)))
	case Array:
		e.count(len(v.Items))
		for _, item := range v.Items {
			e.value(o.parts[0], item)
		}
		e.out = append(e.out, 0)
	case Map:
		e.count(len(v.Members))
		for i := range v.Members {
			e.text(v.Members[i].Key)
			e.value(o.parts[0], v.Members[i].Value)
		}
		e.out = append(e.out, 0)
	case Record:
		values := fieldValues(v)
		for _, f := range o.node.Fields {
			e.value(&e.program.ops[f.Type.id], values[f.Name])
		}
	case Union:
		e.union(o, v)
	}
}

func (e *encoder) text(s string) {
	e.long(int64(len(s)))
	e.out = append(e.out, s...)
}

func (e *encoder) count(n int) {
	if n > 0 {
		e.long(int64(n))
	}
}

func (e *encoder) union(o *op, v *jsonx.Value) {
	for i, part := range o.parts {
		switch {
		case v.Kind == jsonx.Null && part.kind == Null:
			e.long(int64(i))
			return
		case v.Kind != jsonx.Null && part.kind != Null && part.node.TypeName() == v.Members[0].Key:
			e.long(int64(i))
			e.value(part, v.Members[0].Value)
			return
		}
	}
}

// number reads a JSON number or one of the strings that stand for what JSON has
// no number for; a number out of range becomes an infinity.
func number(v *jsonx.Value, bits int) float64 {
	switch {
	case v.Kind == jsonx.String && v.Text == "NaN":
		return math.NaN()
	case v.Kind == jsonx.String && v.Text == "Infinity":
		return math.Inf(1)
	case v.Kind == jsonx.String:
		return math.Inf(-1)
	}
	f, _ := strconv.ParseFloat(v.Text, bits)
	return f
}

// readJSON parses an event and checks it. The error is one of limits or of our
// own; whatever is wrong with the event is a violation.
func (s *Schema) readJSON(event []byte) (*jsonx.Value, []schema.Violation, error) {
	if max := s.limits.EventBytes; max > 0 && len(event) > max {
		return nil, nil, schema.OverLimit("event-bytes", int64(len(event)), int64(max), "the event is too long", schema.Position{})
	}
	v, err := jsonx.Parse(string(event), jsonx.EventLimits(s.limits))
	if err != nil {
		var e *schema.Error
		if !errors.As(err, &e) || e.Limit != "" {
			return nil, nil, fmt.Errorf("reading the event: %w", err)
		}
		return nil, []schema.Violation{{What: e.Error(), Offset: -1}}, nil
	}
	c := &jsonCheck{program: s.program()}
	c.value(c.program.root, v)
	return v, c.violations, nil
}
