package avro

import (
	"fmt"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Reading is what a reader schema makes of one event.
type Reading struct {
	// JSON is the event in Avro's JSON encoding of the reader schema; nil if a
	// fault refuses it.
	JSON []byte
	// Faults are the places where the event is refused or read as another
	// value than was written, in the order of the reader's fields, at most 100.
	Faults []Fault
}

// Fault is one place at which reading goes wrong.
type Fault struct {
	// Path is the place in the writer's event: "items[].sku"; a field that the
	// event lacks has the reader's name.
	Path   string
	Effect schema.Effect
	// Written is the value as the writer meant it, Read what the reader has
	// instead: another value, or why there is none.
	Written, Read string
}

// Read decodes a binary event of the writer schema under a reader schema by
// Avro's resolution rules: fields by name or reader alias, defaults for fields
// and enum symbols, promotions, the exact type of a union before a promotion. A
// value that would change its meaning is a fault, not an error: an int rounded
// to a float, a decimal under another scale, a time in another unit. An
// annotation that only one side has changes nothing, except that a string read
// as a UUID must be one; a default is held to its type alone, as when it is
// parsed.
//
// The error is a *schema.WalkError if the event is none of the writer's or
// exceeds its limits.
func Read(writer, reader *Schema, event []byte) (Reading, error) {
	return read(writer, reader, event, readOptions{})
}

// sameText reports whether two schemas are one, so that a record matches itself
// by its fields' names alone, even if an alias names another of its fields.
func sameText(writer, reader *Schema) bool {
	return writer == reader || writer.Inlined() == reader.Inlined()
}

type readOptions struct {
	// first reads as the letter of the specification has it: the first matching
	// branch of a union.
	first bool
	// only keeps the faults at one path, however many there are elsewhere.
	only string
}

func read(writer, reader *Schema, event []byte, opts readOptions) (Reading, error) {
	if _, err := writer.Walk(event, WalkOptions{}); err != nil {
		return Reading{}, err
	}
	x := &resolver{
		walker: walker{data: event, limits: &writer.limits},
		writer: writer.program(), reader: reader.program(), readOptions: opts,
		maxOut: 4 * max(writer.limits.EventBytes, 1<<20), maxNodes: writer.limits.EventNodes,
		// Each byte is passed over once per record around it, and more often
		// only if several fields of the reader read one of the writer.
		maxSkipped: 4*max(writer.limits.EventDepth, 64)*len(event) + 1<<20,
		same:       sameText(writer, reader),
	}
	x.value(x.writer.root, x.reader.root)
	if x.over != nil {
		return Reading{}, x.over
	}
	out := Reading{JSON: x.out, Faults: x.faults}
	if x.refused {
		out.JSON = nil
	}
	return out, nil
}

// resolver reads bytes that Walk has accepted, so that reading them cannot
// fail; its recursion is as deep as theirs, which the walker bounds.
type resolver struct {
	walker
	writer, reader *program
	readOptions
	// same says that nothing has to be resolved, so that no alias counts.
	same       bool
	path       []pathStep
	out        []byte
	nodes      int
	maxOut     int
	maxNodes   int
	skipped    int // bytes passed over to find where fields start
	maxSkipped int
	defaults   map[*Field][]byte // as written; nil if the default does not fit
	open       map[*Field]bool   // whose defaults are being written
	faults     []Fault
	refused    bool
	over       *schema.WalkError
}

func (x *resolver) admit() bool {
	if x.over != nil {
		return false
	}
	x.nodes++
	switch {
	case x.maxNodes > 0 && x.nodes > x.maxNodes:
		x.over = x.walker.over(x.at, "event-nodes", fmt.Sprintf("the event has more than %d values", x.maxNodes))
	case len(x.out) > x.maxOut:
		x.over = x.walker.over(x.at, "event-bytes", fmt.Sprintf("the event has more than %d bytes as JSON", x.maxOut))
	}
	return x.over == nil
}

// fault notes a place; a refused one leaves a null in the text, which is then
// dropped.
func (x *resolver) fault(effect schema.Effect, written, read string) {
	if effect == schema.Refused {
		x.refused = true
		x.out = append(x.out, "null"...)
	}
	if len(x.faults) == maxViolations {
		return
	}
	if at := renderPath(x.path); x.only == "" || x.only == at {
		x.faults = append(x.faults, Fault{Path: at, Effect: effect, Written: written, Read: read})
	}
}

func (x *resolver) push(s pathStep) { x.path = append(x.path, s) }
func (x *resolver) pop()            { x.path = x.path[:len(x.path)-1] }

func (x *resolver) varint() int64 {
	n, _ := x.long()
	return n
}

func (x *resolver) take(n int) []byte {
	v := x.data[x.at : x.at+n]
	x.at += n
	return v
}

// skipValue passes over a value of the writer.
func (x *resolver) skipValue(w *op) {
	saved, start := x.limits, x.at
	x.limits = &schema.Limits{} // Walk has held the event to them
	_ = x.walker.value(w, 0)
	x.limits = saved
	if x.skipped += x.at - start; x.skipped > x.maxSkipped && x.over == nil {
		x.over = x.walker.over(start, "event-nodes", "the reader's aliases read the same bytes too often")
	}
}

func (x *resolver) value(w, r *op) {
	if !x.admit() {
		return
	}
	if w.kind != Union {
		x.branch(w, r, nil, 0)
		return
	}
	i := int(x.varint())
	x.push(branchStep(w, i))
	x.branch(w.parts[i], r, w, i)
	x.pop()
}

// branch reads a value that is no union on the writer's side; union and i tell
// where it stands if it is a branch.
func (x *resolver) branch(w, r, union *op, i int) {
	if r.kind != Union {
		x.typed(w, r)
		return
	}
	k := bestBranch(w.node, r)
	if x.first {
		k = firstBranch(w.node, r, union, i)
	}
	if k < 0 {
		x.skipValue(w)
		x.fault(schema.Refused, typeName(w.node), "no branch of the reader's union takes "+typeName(w.node))
		return
	}
	part := r.parts[k]
	if part.kind == Null {
		x.typed(w, part)
		return
	}
	x.out = append(jsonx.AppendQuoted(append(x.out, '{'), part.node.TypeName()), ':')
	x.typed(w, part)
	x.out = append(x.out, '}')
}

// typed reads one type as another, neither being a union.
func (x *resolver) typed(w, r *op) {
	if w.kind != r.kind && !promotes(w.kind, r.kind) {
		x.skipValue(w)
		x.fault(schema.Refused, typeName(w.node), fmt.Sprintf("%s is not read as %s", typeName(w.node), typeName(r.node)))
		return
	}
	if w.kind.IsNamed() && !nameFits(w.node, r.node) {
		x.skipValue(w)
		x.fault(schema.Refused, w.node.Name, fmt.Sprintf("%s %s is not %s and not an alias of it", w.kind, w.node.Name, r.node.Name))
		return
	}
	switch w.kind {
	case Null:
		x.out = append(x.out, "null"...)
	case Boolean:
		x.out = strconv.AppendBool(x.out, x.take(1)[0] == 1)
	case Int, Long:
		x.integer(w, r)
	case Float, Double:
		x.float(w, r)
	case String:
		x.string(w, r)
	case Bytes:
		x.bytes(w, r, x.take(int(x.varint())))
	case Fixed:
		v := x.take(w.size)
		if w.size != r.size {
			x.fault(schema.Refused, fmt.Sprintf("%d bytes", w.size), fmt.Sprintf("%s holds %d bytes, the event has %d", r.node.Name, r.size, w.size))
			return
		}
		x.bytes(w, r, v)
	case Enum:
		x.enum(w, r)
	case Record:
		x.record(w, r)
	default:
		x.collection(w, r)
	}
}

func (x *resolver) enum(w, r *op) {
	symbol := w.node.Symbols[x.varint()]
	for _, s := range r.node.Symbols {
		if s == symbol {
			x.out = jsonx.AppendQuoted(x.out, s)
			return
		}
	}
	if !r.node.HasDefault {
		x.fault(schema.Refused, symbol, fmt.Sprintf("%s has no symbol %s and no default", r.node.Name, clip(symbol)))
		return
	}
	x.out = jsonx.AppendQuoted(x.out, r.node.Default)
}

// collection reads an array or a map; a block's size is of no use here.
func (x *resolver) collection(w, r *op) {
	start, end, s := byte('['), byte(']'), pathStep{kind: stepItem}
	if w.kind == Map {
		start, end, s = '{', '}', pathStep{kind: stepValue}
	}
	item, as := w.parts[0], r.parts[0]
	x.out = append(x.out, start)
	x.push(s)
	index := 0
	for x.over == nil {
		count := x.varint()
		if count == 0 {
			break
		}
		if count < 0 {
			count = -count
			x.varint()
		}
		for ; count > 0 && x.over == nil; count-- {
			if index > 0 {
				x.out = append(x.out, ',')
			}
			if w.kind == Map {
				x.out = append(jsonx.AppendQuoted(x.out, string(x.take(int(x.varint())))), ':')
			}
			x.value(item, as)
			index++
		}
	}
	x.pop()
	x.out = append(x.out, end)
}

// typeName says what a type is called in a message.
func typeName(n *Node) string {
	if n.Kind.IsNamed() {
		return n.Kind.String() + " " + clip(n.Name)
	}
	return n.Kind.String()
}
