package protobuf

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema"
)

// Walker checks encoded events of one message type under limits, before any
// library sees them. It is immutable, safe for concurrent use, and allocates
// nothing as long as the event is valid.
type Walker struct {
	schema *Schema
	md     protoreflect.MessageDescriptor
	plan   *messagePlan
	limits schema.Limits
}

// Walker returns the walker of a message, named by its index path as in
// [Schema.Message].
func (s *Schema) Walker(indexes []int) (*Walker, error) {
	linked, err := s.Message(indexes)
	if err != nil {
		return nil, err
	}
	types, err := s.eventTypes()
	if err != nil {
		return nil, err
	}
	d, err := types.files.FindDescriptorByName(linked.FullName())
	md, ok := d.(protoreflect.MessageDescriptor)
	if err != nil || !ok {
		return nil, &schema.Bug{Where: "finding an event's type", Cause: fmt.Sprintf("%s: %v", linked.FullName(), err)}
	}
	return s.walkerOf(md)
}

func (s *Schema) walkerOf(md protoreflect.MessageDescriptor) (*Walker, error) {
	p, err := s.plan(md)
	if err != nil {
		return nil, err
	}
	return &Walker{schema: s, md: md, plan: p, limits: s.opts.Limits}, nil
}

// Walk accepts an event if proto.Unmarshal would, within the limits. The error
// is a *schema.WalkError.
func (w *Walker) Walk(event []byte) error {
	if len(event) > w.limits.EventBytes {
		return &schema.WalkError{Offset: w.limits.EventBytes, What: "the event is too large", Limit: "event-bytes"}
	}
	run := walkRun{walker: w, buf: event, missing: -1}
	end, err := run.message(w.plan, 0, len(event), 0, 1)
	switch {
	case err != nil:
		return err
	case end != len(event):
		return &schema.WalkError{Offset: end, What: "the event has an end of group without a group"}
	case run.missing >= 0:
		return w.confirmMissing(event, &run)
	}
	return nil
}

// confirmMissing decides about an event that lacks a required field somewhere.
// A message may be split over several occurrences of its field, so only the
// merged event can tell; by now it is known to be safe to decode.
func (w *Walker) confirmMissing(event []byte, run *walkRun) error {
	err := w.decode(event, dynamicpb.NewMessage(w.md))
	var bug *schema.Bug
	if errors.As(err, &bug) {
		return err
	}
	if err == nil {
		return nil
	}
	return &schema.WalkError{
		Offset: run.missing,
		What:   fmt.Sprintf("required field %d of %s is missing", run.missingField, run.missingIn),
	}
}

// walkRun is one pass over an event.
type walkRun struct {
	walker       *Walker
	buf          []byte
	items        int
	missing      int // offset at which a message lacked a required field, or -1
	missingField protowire.Number
	missingIn    protoreflect.FullName
}

func (r *walkRun) fail(at int, what string) *schema.WalkError {
	return &schema.WalkError{Offset: at, What: what}
}

func (r *walkRun) over(at int, what, limit string) *schema.WalkError {
	return &schema.WalkError{Offset: at, What: what, Limit: limit}
}

// requiredBits tracks the required fields of one message that were seen.
type requiredBits [2]uint64

// message walks the fields in buf[pos:end]. group is the number whose end group
// tag ends the message, or 0. It returns the offset after the message.
func (r *walkRun) message(p *messagePlan, pos, end int, group protowire.Number, depth int) (int, *schema.WalkError) {
	if depth > r.walker.limits.EventDepth {
		return 0, r.over(pos, "messages are nested too deeply", "event-depth")
	}
	start := pos
	var seen requiredBits
	keySeen := false // on a second key of another type the Go runtime panics
	for pos < end {
		at := pos
		tag, n := varint(r.buf[pos:end])
		if n <= 0 {
			return 0, r.fail(at, badVarint(n))
		}
		pos += n
		number, wire := protowire.Number(tag>>3), protowire.Type(tag&7)
		if tag>>3 == 0 || tag>>3 > uint64(protowire.MaxValidNumber) {
			return 0, r.fail(at, "the field number is not between 1 and 536870911")
		}
		if wire == protowire.EndGroupType {
			if number != group {
				return 0, r.fail(at, "an end of group does not match the group's start")
			}
			r.require(p, &seen, start)
			return pos, nil
		}
		f := p.field(number)
		if p.mapEntry && number == 1 {
			if keySeen && wire != f.wire {
				return 0, r.fail(at, "a map entry has a second key of another type")
			}
			keySeen = keySeen || wire == f.wire
		}
		next, err := r.field(f, number, wire, pos, end, depth)
		if err != nil {
			return 0, r.locate(err, f, start, at)
		}
		if f != nil && f.bit >= 0 && f.wire == wire && f.bit < 128 {
			seen[f.bit>>6] |= 1 << (f.bit & 63)
		}
		pos = next
	}
	if group != 0 {
		return 0, r.fail(end, "the event ends inside a group")
	}
	r.require(p, &seen, start)
	return pos, nil
}

// require notes a required field that did not occur. Fields beyond the bit set
// are left to the confirmation.
func (r *walkRun) require(p *messagePlan, seen *requiredBits, start int) {
	if r.missing >= 0 {
		return
	}
	for i, number := range p.required {
		if i >= 128 || seen[i>>6]&(1<<(i&63)) == 0 {
			r.missing, r.missingField, r.missingIn = start, number, p.name
			return
		}
	}
}

// field walks the value of one field, whose tag was read. Values in another
// wire type than declared are unknown fields, as for every Protobuf reader.
func (r *walkRun) field(f *fieldPlan, number protowire.Number, wire protowire.Type, pos, end, depth int) (int, *schema.WalkError) {
	if f == nil || f.repeated {
		if r.items++; r.items > r.walker.limits.EventItems {
			return 0, r.over(pos, "the event has too many items", "event-items")
		}
	}
	if wire == protowire.StartGroupType {
		if f != nil && f.wire == wire {
			return r.message(f.message, pos, end, number, depth+1)
		}
		return r.message(unknownPlan, pos, end, number, depth+1)
	}
	if wire != protowire.BytesType {
		return r.scalar(wire, pos, end)
	}
	length, n := varint(r.buf[pos:end])
	if n <= 0 {
		return 0, r.fail(pos, badVarint(n))
	}
	at := pos
	pos += n
	if length > uint64(end-pos) {
		return 0, r.fail(at, fmt.Sprintf("a length of %d goes beyond the %d bytes that are left", length, end-pos))
	}
	stop := pos + int(length)
	switch {
	case f == nil:
	case f.wire == protowire.BytesType && f.message != nil:
		return r.message(f.message, pos, stop, 0, depth+1)
	case f.utf8 && f.wire == protowire.BytesType:
		if !utf8.Valid(r.buf[pos:stop]) {
			return 0, r.fail(pos, "a string is not valid UTF-8")
		}
	case f.packable:
		return r.packed(f.wire, pos, stop)
	}
	return stop, nil
}

// unknownPlan walks unknown groups.
var unknownPlan = &messagePlan{}

func (r *walkRun) scalar(wire protowire.Type, pos, end int) (int, *schema.WalkError) {
	size := 0
	switch wire {
	case protowire.VarintType:
		_, n := varint(r.buf[pos:end])
		if n <= 0 {
			return 0, r.fail(pos, badVarint(n))
		}
		return pos + n, nil
	case protowire.Fixed32Type:
		size = 4
	case protowire.Fixed64Type:
		size = 8
	default:
		return 0, r.fail(pos, fmt.Sprintf("wire type %d does not exist", wire))
	}
	if end-pos < size {
		return 0, r.fail(pos, "the event ends inside a number")
	}
	return pos + size, nil
}

// packed walks the elements of a packed list.
func (r *walkRun) packed(wire protowire.Type, pos, end int) (int, *schema.WalkError) {
	for pos < end {
		if r.items++; r.items > r.walker.limits.EventItems {
			return 0, r.over(pos, "the event has too many items", "event-items")
		}
		next, err := r.scalar(wire, pos, end)
		if err != nil {
			return 0, err
		}
		pos = next
	}
	return pos, nil
}

// varint reads at most ten bytes; n is 0 if they are cut short and -1 if the
// number needs more than 64 bits.
func varint(b []byte) (v uint64, n int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	for i := range min(len(b), 10) {
		c := b[i]
		if i == 9 && c > 1 {
			return 0, -1
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, i + 1
		}
	}
	if len(b) >= 10 {
		return 0, -1
	}
	return 0, 0
}

func badVarint(n int) string {
	if n < 0 {
		return "a number needs more than 64 bits"
	}
	return "the event ends inside a number"
}

// locate puts the field's name before the path of an error. It runs on the error
// path only, where counting earlier elements again costs nothing that matters.
func (r *walkRun) locate(err *schema.WalkError, f *fieldPlan, start, at int) *schema.WalkError {
	if f == nil {
		return err
	}
	name := f.name
	if f.repeated {
		name = fmt.Sprintf("%s[%d]", name, r.count(f.number, start, at))
	}
	if err.Path != "" {
		name += "."
	}
	err.Path = name + err.Path
	return err
}

// count returns how often a field occurs between two offsets of one message,
// which were walked before.
func (r *walkRun) count(number protowire.Number, pos, end int) int {
	found := 0
	for pos < end {
		n, typ, size := protowire.ConsumeTag(r.buf[pos:end])
		if size < 0 {
			return found
		}
		pos += size
		size = protowire.ConsumeFieldValue(n, typ, r.buf[pos:end])
		if size < 0 {
			return found
		}
		pos += size
		if n == number {
			found++
		}
	}
	return found
}
