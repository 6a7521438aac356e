package plan

import (
	"encoding/binary"
	"math"
)

// protoConv takes a number of the source to one of the target.
type protoConv struct {
	from, to WireKind
	// enum maps numbers of enums; one that it lacks stays what it is, or is left
	// to the evaluation if closed.
	enum   map[int32]int32
	closed bool
	// implicit says that zero is not written.
	implicit bool
}

// bits are those of the target's number; ok is false if the evaluation must tell.
func (c *protoConv) bits(u uint64) (uint64, bool) {
	switch c.from {
	case WireFloat:
		f := math.Float32frombits(uint32(u))
		if c.to == WireDouble {
			return math.Float64bits(float64(f)), true
		}
		return u & math.MaxUint32, true
	case WireDouble:
		return u, true
	case WireEnum:
		if to, ok := c.enum[int32(u)]; ok {
			return uint64(int64(to)), true
		}
		return uint64(int64(int32(u))), !c.closed
	case WireBool:
		if u != 0 {
			u = 1
		}
		return u, true
	}
	return c.integer(u)
}

func (c *protoConv) integer(u uint64) (uint64, bool) {
	var n int64
	switch c.from {
	case WireInt32, WireSfixed32:
		n = int64(int32(u))
	case WireUint32, WireFixed32:
		n = int64(uint32(u))
	case WireSint32:
		n = unzigzag(u & math.MaxUint32)
	case WireSint64:
		n = unzigzag(u)
	default:
		n = int64(u)
	}
	switch c.to {
	case WireSint32, WireSint64:
		return zigzag(n), true
	case WireDouble:
		return math.Float64bits(float64(n)), true
	case WireFixed32, WireSfixed32:
		return uint64(uint32(n)), true
	default:
		return uint64(n), true
	}
}

func (r *protoRun) put(k WireKind, u uint64) {
	switch k.wireType() {
	case fixed32Type:
		r.out = binary.LittleEndian.AppendUint32(r.out, uint32(u))
	case fixed64Type:
		r.out = binary.LittleEndian.AppendUint64(r.out, u)
	default:
		r.out = binary.AppendUvarint(r.out, u)
	}
}

// number writes a converted number. One that was not noted is zero.
func (r *protoRun) number(op *protoOp, n *protoNoted) bool {
	u := uint64(0)
	if n.end > 0 {
		_, _, at, _ := protoTag(r.walk.data, int(n.tag))
		u, _ = readBits(r.walk.data, op.conv.from.wireType(), at)
	}
	u, ok := op.conv.bits(u)
	if ok && (u != 0 || !op.conv.implicit) {
		r.tag(op.number, op.conv.to.wireType())
		r.put(op.conv.to, u)
	}
	return ok
}

// numbers writes a list of converted numbers.
func (r *protoRun) numbers(op *protoOp, n *protoNoted) bool {
	if n.first == 0 {
		return true
	}
	begin := len(r.out)
	start := begin
	if op.to.wire.Packed {
		r.tag(op.number, bytesType)
		r.out = append(r.out, 0)
		start = len(r.out)
	}
	one := func(u uint64) bool {
		u, ok := op.conv.bits(u)
		if !op.to.wire.Packed {
			r.tag(op.number, op.conv.to.wireType())
		}
		r.put(op.conv.to, u)
		return ok && len(r.out)-r.base <= r.most
	}
	for i := n.first; i > 0; i = r.walk.notes[i-1].next {
		x := r.walk.notes[i-1]
		if !op.from.numbersOf(r.walk.data, int(x.tag), int(x.end), one) {
			return false
		}
	}
	if op.to.wire.Packed && len(r.out) == start {
		r.out = r.out[:begin]
	} else if op.to.wire.Packed {
		r.out = withLength(r.out, start)
	}
	return true
}

// member copies the member of a oneof that is set, or runs the program for it.
func (r *protoRun) member(s *protoScope, op *protoOp, frame []protoNoted, pos, end int) bool {
	n := &frame[op.id]
	if n.end == 0 {
		return op.kind == protoMember // a switch is behind the question whether one is set
	}
	number, _, _, _ := protoTag(r.walk.data, int(n.tag))
	if op.kind == protoMember {
		if number == op.from.number {
			r.copyAs(op.number, int(n.tag), int(n.end))
		}
		return true
	}
	i := op.typ.layout.find(number)
	return i >= 0 && op.alt[i] >= 0 && r.emit(s, op.alt[i], frame, pos, end)
}

// inside is the content of a message that was noted.
func (r *protoRun) inside(tag, end int) (int, int) {
	_, wire, at, _ := protoTag(r.walk.data, tag)
	if wire == startType {
		return at, end // the walk ends at the end tag
	}
	_, n := shortUvarint(r.walk.data, at)
	return at + n, end
}

// each writes the messages of a list, the entries of a map, or one message.
func (r *protoRun) each(op *protoOp, n *protoNoted) bool {
	if op.kind == protoCall && n.first == 0 {
		return n.end == 0 || r.nested(op, int(n.tag), int(n.end))
	}
	for i := n.first; i > 0; {
		if !r.work.goesOn() {
			return false // and so ends the evaluation of the whole event
		}
		x := r.walk.notes[i-1]
		ok := true
		if op.kind == protoEntries {
			ok = r.entry(op, int(x.tag), int(x.end))
		} else {
			ok = r.nested(op, int(x.tag), int(x.end))
		}
		if !ok {
			return false
		}
		i = x.next
	}
	return true
}

func (r *protoRun) nested(op *protoOp, tag, end int) bool {
	pos, end := r.inside(tag, end)
	start := r.open(op)
	ok := r.groupOrNot(op, pos, end)
	r.shut(op, start)
	return ok
}

func (r *protoRun) groupOrNot(op *protoOp, pos, end int) bool {
	if op.from.wire.Kind != WireGroup {
		return r.within(op.sub, pos, end)
	}
	// Without the end tag, whose number is the field's.
	tag := binary.AppendUvarint(make([]byte, 0, binary.MaxVarintLen64), uint64(op.from.number)<<3|endType)
	return end-pos >= len(tag) && string(r.walk.data[end-len(tag):end]) == string(tag) && r.within(op.sub, pos, end-len(tag))
}

// entry writes an entry of a map with its converted value. What is not written
// has its default.
func (r *protoRun) entry(op *protoOp, tag, end int) bool {
	pos, end := r.inside(tag, end)
	key, value, valueEnd := 0, 0, 0
	var keyEnd int
	for at := pos; at < end; {
		number, wire, next, _ := protoTag(r.walk.data, at)
		stop, ok := r.walk.skip(number, wire, next, end, 1)
		if !ok {
			return false
		}
		switch {
		case number == 1 && wire == op.from.wire.Key.wireType():
			key, keyEnd = at, stop
		case number == 2 && wire == op.from.wire.Kind.wireType():
			value, valueEnd = at, stop
		}
		at = stop
	}
	r.tag(op.number, bytesType)
	r.out = append(r.out, 0)
	start := len(r.out)
	r.out = append(r.out, r.walk.data[key:keyEnd]...)
	ok := r.value(op, value, valueEnd)
	r.out = withLength(r.out, start)
	return ok
}

// value writes the value of an entry.
func (r *protoRun) value(op *protoOp, tag, end int) bool {
	if op.conv != nil {
		n := protoNoted{tag: int32(tag), end: int32(end)}
		inner := protoOp{conv: op.conv, number: 2}
		return r.number(&inner, &n)
	}
	inner := protoOp{kind: protoCall, number: 2, sub: op.sub, from: op.from}
	start := r.open(&inner)
	ok := false
	if end == 0 {
		ok = r.within(op.sub, 0, 0)
	} else {
		pos, stop := r.inside(tag, end)
		ok = r.within(op.sub, pos, stop)
	}
	r.shut(&inner, start)
	return ok
}

// node computes a field of the target from the decoded message, for what has no
// program.
func (r *protoRun) node(s *protoScope, op *protoOp, pos, end int) bool {
	v := r.decoded
	if s.bind != r.plan.source || v == nil {
		var err error
		if v, err = DecodeProto(s.typ, r.walk.data[pos:end], r.plan.limits); err != nil {
			return false
		}
		if s.bind == r.plan.source {
			r.decoded = v
		}
	}
	out, f, _ := Evaluate(r.work.ctx, op.node, s.bind, v, r.work.limits())
	if f != nil {
		return false // the evaluation of the whole event tells which comes first
	}
	e := protoEncoder{out: r.out}
	switch {
	case op.to.branch >= 0:
		e.member(op.typ, op.to, out)
	case out != Absent:
		e.field(op.to, out)
	}
	r.out = e.out
	return e.err == nil
}
