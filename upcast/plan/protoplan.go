package plan

import (
	"encoding/binary"
	"strconv"
)

// ProtoPlan turns events of one Protobuf message into events of another: fields
// by ascending number, then what is unknown, in its order. It is immutable and
// safe for concurrent use.
type ProtoPlan struct {
	root   Node
	source *Binder
	target *Type
	scope  *protoScope // nil if every event is decoded and evaluated
	limits EventLimits
}

// protoScope is the program for one message: the event, an element of a list, a
// value of a map, the argument of a function.
type protoScope struct {
	bind  *Binder
	typ   *Type
	place *protoPlace
	modes []markMode
	emits [][]protoOp
}

// protoOp is one step that writes the image.
type protoOp struct {
	kind   protoKind
	id     int // where the source is noted
	number int // of the target
	group  bool
	bytes  []byte
	alt    []int // programs: then and else, or by the slot of a member
	sub    *protoScope
	conv   *protoConv
	from   *protoSlot // of the source
	to     *protoSlot // of the target
	typ    *Type
	stop   *Stop
	node   Node
	into   []*Type
}

type protoKind uint8

const (
	protoConst      protoKind = iota // constant bytes
	protoRaw                         // all occurrences, under the number of the target
	protoZero                        // the last occurrence, or a zero that is written
	protoMember                      // the occurrence of one member of a oneof
	protoConvert                     // a number, converted
	protoConvertAll                  // a list of numbers, converted
	protoNest                        // a message, by program alt[0]
	protoSet                         // program alt[0] if the place was noted, else alt[1]
	protoSwitch                      // a program by the member that is set
	protoEach                        // each message of a list, by a scope
	protoEntries                     // each entry of a map
	protoCall                        // a message, by a scope
	protoRest                        // what is unknown
	protoStop                        // end the event
	protoSame                        // the whole message
	protoNode                        // a value computed from the decoded message
)

// NewProtoPlan compiles a tree between two Protobuf messages.
func NewProtoPlan(root Node, source *Binder, target *Type, l EventLimits) *ProtoPlan {
	p := &ProtoPlan{root: root, source: source, target: target, limits: l}
	c := &protoMaker{functions: map[*Function]*protoScope{}}
	if s := c.scope(source, Simplify(root), target); !c.failed {
		p.scope = s
	}
	return p
}

// protoRun is the state of one run.
type protoRun struct {
	plan    *ProtoPlan
	work    *work
	walk    protoWalk
	out     []byte
	base    int
	most    int
	depth   int
	decoded Value // of the event
	frames  []protoNoted
	top     int
	failure *Failure
}

// Apply appends the image of an event to dst. On a failure dst is returned as it
// was; only an event that its document ends, or that is none of the source's,
// has one.
func (p *ProtoPlan) Apply(dst, event []byte, s *Scratch) ([]byte, *Failure) {
	if len(event) > p.limits.Bytes {
		return dst, p.limits.EventTooLarge(len(event))
	}
	if s == nil {
		s = &Scratch{}
	}
	s.work.begin()
	if p.scope == nil {
		return p.evaluate(dst, event, &s.work)
	}
	r := &s.proto
	r.work = &s.work
	notes := r.walk.notes[:0]
	r.plan, r.out, r.base, r.decoded, r.failure, r.top, r.depth = p, dst, len(dst), nil, nil, 0, 0
	r.most = p.limits.Image(len(event))
	r.walk = protoWalk{data: event, limits: &p.limits, notes: notes, check: true}
	ok := r.event(p.scope)
	odd, out, failure := r.walk.odd, r.out, r.failure
	r.out, r.decoded, r.walk.data, r.walk.frame = nil, nil, nil, nil
	switch {
	case ok && !odd:
		return out, nil
	case failure != nil && failure.Code == FailInput:
		return dst, failure
	default:
		s.work.begin()
		return p.evaluate(dst, event, &s.work)
	}
}

// evaluate is the way for what the bytes alone do not show, and for the reason
// of what has no image.
func (p *ProtoPlan) evaluate(dst, event []byte, w *work) ([]byte, *Failure) {
	v, err := DecodeProto(p.source.Type, event, p.limits)
	if err != nil {
		return dst, &Failure{Code: FailInput, Reason: err.Error()}
	}
	image, f, _ := Evaluate(w.ctx, p.root, p.source, v, w.limits())
	if f != nil {
		return dst, f
	}
	out, err := EncodeProto(dst, p.target, image)
	if err != nil {
		return dst, &Failure{Code: "O5", Reason: err.Error()}
	}
	if len(out)-len(dst) > p.limits.Image(len(event)) {
		return dst, p.limits.ImageTooLarge(len(event))
	}
	return out, nil
}

// event walks the whole event and writes its image.
func (r *protoRun) event(s *protoScope) bool {
	data := r.walk.data
	frame := r.enter(s)
	end, ok := r.walk.message(s.place, 0, len(data), 0, 1)
	if !ok || end != len(data) {
		return r.fail(&Failure{Code: FailInput, Reason: "the bytes are no event of the source version"})
	}
	r.walk.check = false
	return !r.walk.odd && r.emit(s, 0, frame, 0, len(data))
}

// enter takes an empty frame for a scope; the caller gives it back by setting top
// to what it was.
func (r *protoRun) enter(s *protoScope) []protoNoted {
	n := len(s.modes)
	if len(r.frames)-r.top < n {
		r.frames, r.top = make([]protoNoted, 2*len(r.frames)+n+16), 0
	}
	r.top += n
	frame := r.frames[r.top-n : r.top : r.top]
	clear(frame)
	r.walk.frame, r.walk.modes = frame, s.modes
	return frame
}

// within walks a part of the event that was checked before, and writes what a
// scope makes of it.
func (r *protoRun) within(s *protoScope, pos, end int) bool {
	if r.depth++; r.depth > r.plan.limits.Depth {
		return false
	}
	top, notes := r.top, len(r.walk.notes)
	frame := r.enter(s)
	_, ok := r.walk.message(s.place, pos, end, 0, 1)
	ok = ok && !r.walk.odd && r.emit(s, 0, frame, pos, end)
	r.top, r.walk.notes = min(top, r.top), r.walk.notes[:notes]
	r.depth--
	return ok
}

func (r *protoRun) fail(f *Failure) bool {
	r.failure = f
	return false
}

// emit runs a program of a scope, whose message stands in data[pos:end].
func (r *protoRun) emit(s *protoScope, program int, frame []protoNoted, pos, end int) bool {
	ops := s.emits[program]
	for i := range ops {
		op := &ops[i]
		ok := true
		switch op.kind {
		case protoConst:
			r.out = append(r.out, op.bytes...)
		case protoRaw:
			r.raw(s, op, frame)
		case protoZero:
			if n := &frame[op.id]; n.end > 0 {
				r.copyAs(op.number, int(n.tag), int(n.end))
			} else {
				r.out = append(r.out, op.bytes...)
			}
		case protoSet:
			program := op.alt[1]
			if frame[op.id].end > 0 {
				program = op.alt[0]
			}
			ok = r.emit(s, program, frame, pos, end)
		case protoNest:
			start := r.open(op)
			ok = r.emit(s, op.alt[0], frame, pos, end)
			r.shut(op, start)
		default:
			ok = r.special(s, op, frame, pos, end)
		}
		if !ok {
			return false
		}
	}
	return len(r.out)-r.base <= r.most
}

func (r *protoRun) special(s *protoScope, op *protoOp, frame []protoNoted, pos, end int) bool {
	switch op.kind {
	case protoMember, protoSwitch:
		return r.member(s, op, frame, pos, end)
	case protoConvert:
		return r.number(op, &frame[op.id])
	case protoConvertAll:
		return r.numbers(op, &frame[op.id])
	case protoEach, protoEntries, protoCall:
		return r.each(op, &frame[op.id])
	case protoRest:
		for i := frame[op.id].first; i > 0; {
			n := r.walk.notes[i-1]
			if raw := r.walk.data[n.tag:n.end]; !readByAny(op.into, raw) {
				r.out = append(r.out, raw...)
			}
			i = n.next
		}
		return true
	case protoSame:
		r.out = append(r.out, r.walk.data[pos:end]...)
		return true
	case protoNode:
		return r.node(s, op, pos, end)
	default: // protoStop: the evaluation tells which of several comes first
		return false
	}
}

func readByAny(types []*Type, raw []byte) bool {
	for _, t := range types {
		if t.reads(raw) {
			return true
		}
	}
	return false
}

// raw copies what was noted.
func (r *protoRun) raw(s *protoScope, op *protoOp, frame []protoNoted) {
	n := &frame[op.id]
	if mode := s.modes[op.id]; mode == markLast || mode == markOnce {
		if n.end > 0 {
			r.copyAs(op.number, int(n.tag), int(n.end))
		}
		return
	}
	for i := n.first; i > 0; {
		x := r.walk.notes[i-1]
		r.copyAs(op.number, int(x.tag), int(x.end))
		i = x.next
	}
}

// copyAs copies a field under a number of the target; number 0 is its own.
func (r *protoRun) copyAs(number, tag, end int) {
	if number == 0 {
		r.out = append(r.out, r.walk.data[tag:end]...)
		return
	}
	_, wire, at, _ := protoTag(r.walk.data, tag)
	r.tag(number, wire)
	r.out = append(r.out, r.walk.data[at:end]...)
}

func (r *protoRun) tag(number, wire int) {
	if number < 16 {
		r.out = append(r.out, byte(number<<3|wire))
		return
	}
	r.out = binary.AppendUvarint(r.out, uint64(number)<<3|uint64(wire))
}

// open begins a message; shut ends it and writes its length, for which most have
// one byte.
func (r *protoRun) open(op *protoOp) int {
	if op.group {
		r.tag(op.number, startType)
		return 0
	}
	r.tag(op.number, bytesType)
	r.out = append(r.out, 0)
	return len(r.out)
}

func (r *protoRun) shut(op *protoOp, start int) {
	if op.group {
		r.tag(op.number, endType)
		return
	}
	r.out = withLength(r.out, start)
}

// withLength writes the length of what stands behind start into the byte before
// it, and moves it where one byte is not enough.
func withLength(out []byte, start int) []byte {
	size := len(out) - start
	if size < 0x80 {
		out[start-1] = byte(size)
		return out
	}
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(size))
	out = append(out, length[:n-1]...)
	copy(out[start+n-1:], out[start:start+size])
	copy(out[start-1:], length[:n])
	return out
}

// Computed lists the names of the target's fields that are computed on decoded
// messages; all says that every event is decoded.
func (p *ProtoPlan) Computed() (fields []string, all bool) {
	if p.scope == nil {
		return nil, true
	}
	seen := map[*protoScope]bool{}
	var visit func(s *protoScope)
	visit = func(s *protoScope) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		for _, ops := range s.emits {
			for i := range ops {
				if ops[i].kind == protoNode {
					fields = append(fields, ops[i].typ.Name+"#"+strconv.Itoa(ops[i].to.number))
				}
				visit(ops[i].sub)
			}
		}
	}
	visit(p.scope)
	return fields, false
}
