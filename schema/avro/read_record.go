package avro

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// record reads the reader's fields in the reader's order, each from where the
// writer has put it.
func (x *resolver) record(w, r *op) {
	starts := make([]int, len(w.node.Fields))
	for i, f := range w.node.Fields {
		starts[i] = x.at
		x.skipValue(&x.writer.ops[f.Type.id])
	}
	end := x.at
	index := fieldIndex{fields: w.node.Fields}
	x.out = append(x.out, '{')
	for i, f := range r.node.Fields {
		if x.over != nil {
			return
		}
		if i > 0 {
			x.out = append(x.out, ',')
		}
		x.out = append(jsonx.AppendQuoted(x.out, f.Name), ':')
		j, ambiguous := i, false
		if !x.same {
			j, ambiguous = index.source(f, i)
		}
		switch {
		case ambiguous:
			x.push(pathStep{kind: stepField, name: f.Name})
			x.fault(schema.Refused, "two fields", fmt.Sprintf("the field %q matches several fields of the event, by name and by alias", clip(f.Name)))
			x.pop()
		case j < 0:
			x.push(pathStep{kind: stepField, name: f.Name})
			x.absent(f)
			x.pop()
		default:
			x.at = starts[j]
			x.push(pathStep{kind: stepField, name: w.node.Fields[j].Name})
			x.value(&x.writer.ops[w.node.Fields[j].Type.id], &x.reader.ops[f.Type.id])
			x.pop()
		}
	}
	x.out = append(x.out, '}')
	x.at = end
}

// absent gives a field that the event lacks its default.
func (x *resolver) absent(f *Field) {
	if f.Default == nil {
		x.fault(schema.Refused, "nothing", fmt.Sprintf("the event has no field %q, and it has no default", clip(f.Name)))
		return
	}
	written, known := x.defaults[f]
	if !known {
		written = x.writeDefault(f)
	}
	if written == nil {
		_, what := defaultFits(f)
		x.fault(schema.Refused, "nothing", fmt.Sprintf("the event has no field %q, and its default does not fit: %s", clip(f.Name), what))
		return
	}
	x.out = append(x.out, written...)
}

// writeDefault writes a field's default once, in Avro's JSON encoding; nil if
// it is no value of the field's type.
func (x *resolver) writeDefault(f *Field) []byte {
	if x.defaults == nil {
		x.defaults = map[*Field][]byte{}
	}
	x.defaults[f] = nil
	if _, what := defaultFits(f); what != "" {
		return nil
	}
	start := len(x.out)
	x.fieldDefault(f, 0)
	x.defaults[f] = slices.Clone(x.out[start:])
	x.out = x.out[:start]
	return x.defaults[f]
}

// errDefaultSteps is the text of a default whose check was given up.
var errDefaultSteps = errors.New("the check takes too long")

// defaultFits checks a field's default; what is empty if it is a value of the
// field's type. A lenient parse lets others pass.
func defaultFits(f *Field) (steps int, what string) {
	switch f.Type.Kind {
	case Null, Boolean, String, Int, Long: // the common ones, without a map
		_, what = (&defaultCheck{}).mismatch(f.Type, f.Default)
		return 1, what
	}
	c := &defaultCheck{failed: map[nodeValue]bool{}}
	_, what = c.field(f)
	if c.steps > maxDefaultSteps {
		what = errDefaultSteps.Error()
	}
	return c.steps, what
}

// maxDefaultDepth bounds how deep defaults may lean on other defaults.
const maxDefaultDepth = 256

// fieldDefault writes a field's own default. While it is written the field is
// open: the branch of a union that would lean on it again has no end, so the
// next one that fits is meant, as in the check of defaults.
func (x *resolver) fieldDefault(f *Field, depth int) {
	if x.open == nil {
		x.open = map[*Field]bool{}
	}
	x.open[f] = true
	x.defaultValue(f.Type, f.Default, depth)
	delete(x.open, f)
}

// defaultValue writes a default, which fits, in Avro's JSON encoding.
func (x *resolver) defaultValue(n *Node, v *jsonx.Value, depth int) {
	if !x.admit() {
		return
	}
	if depth > maxDefaultDepth {
		x.over = x.walker.over(x.at, "event-depth", fmt.Sprintf("defaults are nested deeper than %d", maxDefaultDepth))
		return
	}
	switch n.Kind {
	case Array, Map:
		x.defaultCollection(n, v, depth)
	case Union:
		x.defaultBranch(n, v, depth)
	case Record:
		x.out = append(x.out, '{')
		for i, f := range n.Fields {
			if i > 0 {
				x.out = append(x.out, ',')
			}
			x.out = append(jsonx.AppendQuoted(x.out, f.Name), ':')
			if value := v.Get(f.Name); value != nil {
				x.defaultValue(f.Type, value, depth+1)
			} else {
				x.fieldDefault(f, depth+1)
			}
		}
		x.out = append(x.out, '}')
	default:
		x.out = jsonx.Append(x.out, v)
	}
}

// defaultBranch writes a default as the first branch of a union that takes it.
func (x *resolver) defaultBranch(n *Node, v *jsonx.Value, depth int) {
	for _, b := range n.Branches {
		c := &defaultCheck{failed: map[nodeValue]bool{}, fields: maps.Clone(x.open)}
		if _, what := c.mismatch(b, v); what != "" {
			continue
		}
		if b.Kind == Null {
			x.defaultValue(b, v, depth+1)
			return
		}
		x.out = append(jsonx.AppendQuoted(append(x.out, '{'), b.TypeName()), ':')
		x.defaultValue(b, v, depth+1)
		x.out = append(x.out, '}')
		return
	}
	// The check of the whole default has found a branch.
	x.over = x.walker.over(x.at, "event-depth", "a default leans on itself without end")
}

func (x *resolver) defaultCollection(n *Node, v *jsonx.Value, depth int) {
	if n.Kind == Array {
		x.out = append(x.out, '[')
		for i, item := range v.Items {
			if i > 0 {
				x.out = append(x.out, ',')
			}
			x.defaultValue(n.Items, item, depth+1)
		}
		x.out = append(x.out, ']')
		return
	}
	x.out = append(x.out, '{')
	for i := range v.Members {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		x.out = append(jsonx.AppendQuoted(x.out, v.Members[i].Key), ':')
		x.defaultValue(n.Items, v.Members[i].Value, depth+1)
	}
	x.out = append(x.out, '}')
}

// unscaled reads the two's complement number of a decimal.
func unscaled(v []byte) *big.Int {
	n := new(big.Int).SetBytes(v)
	if len(v) > 0 && v[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
	}
	return n
}
