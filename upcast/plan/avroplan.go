package plan

import (
	"encoding/binary"
	"math"
	"slices"
)

// AvroPlan turns binary events of one Avro schema into binary events of another.
// It is immutable and safe for concurrent use.
type AvroPlan struct {
	root   Node
	source *Binder
	target *Type
	scope  *avroScope
	limits EventLimits
}

// avroScope is the program for the event, or for the elements of a list.
type avroScope struct {
	programs [][]walkOp
	entry    int
	marks    int
	emits    [][]emitOp
}

// emitOp is one step that writes the image.
type emitOp struct {
	kind      emitKind
	from, to  int    // boundaries
	bytes     []byte // to write
	alt       []int  // programs by the source's branch
	table     []int64
	short     []byte // what table says, from byte to byte; noSymbol where that is no answer
	sub       *avroScope
	isMap     bool
	stop      *Stop
	node      Node // of what is computed on values
	typ       *Type
	otherwise int // program if the value has no symbol, or no result; -1 for none
	leaf      *leaf
	cond      boolLeaf
	uses      []int // boundaries that the leaf or the condition reads
}

type emitKind uint8

const (
	emitCopy   emitKind = iota // source bytes between two boundaries
	emitBytes                  // constant bytes
	emitSwitch                 // a program by the branch of the union at from
	emitEach                   // each element of the list at from
	emitSymbol                 // the symbol at from by a table
	emitDouble                 // the integer at from as a double
	emitWiden                  // the float at from as a double
	emitStop                   // end the event
	emitNode                   // a value computed from the decoded event
	emitLeaf                   // a value computed from the bytes
	emitIf                     // a program by a condition
)

// noSymbol is the byte of no symbol that takes one.
const noSymbol = 0xff

// shortSymbols are the bytes for those symbols of a table that take one byte,
// before and after.
func shortSymbols(table []int64) []byte {
	short := make([]byte, 0, 2*len(table))
	for _, to := range table[:min(len(table), 0x40)] {
		c := byte(noSymbol)
		if to >= 0 && to < 0x40 {
			c = byte(to << 1)
		}
		short = append(short, c, noSymbol)
	}
	return short
}

// NewAvroPlan compiles a tree between two Avro types.
func NewAvroPlan(root Node, source *Binder, target *Type, l EventLimits) *AvroPlan {
	p := &AvroPlan{root: root, source: source, target: target, limits: l}
	p.scope = compileEvent(source, root, target)
	return p
}

// Computes reports whether some of the image is computed on the decoded event.
func (p *AvroPlan) Computes() bool { return p.scope.computes() }

func (s *avroScope) computes() bool {
	return slices.ContainsFunc(s.emits, func(ops []emitOp) bool {
		return slices.ContainsFunc(ops, func(op emitOp) bool {
			return op.kind == emitNode || op.sub != nil && op.sub.computes()
		})
	})
}

// avroRun is the state of one run.
type avroRun struct {
	plan    *AvroPlan
	work    *work
	scan    scan
	out     []byte
	base    int // where the image begins
	most    int
	failure *Failure
	event   []byte
	decoded Value
	// arena holds the frames of boundaries, one for each scope that is open.
	arena []int32
	top   int
	text  []byte // texts that expressions make
}

// Scratch is what a run needs beside its result. A zero Scratch is ready; giving
// the same one to each call avoids allocations. It must not be shared.
type Scratch struct {
	work  work
	run   avroRun
	proto protoRun
	json  jsonRun
}

// Apply appends the image of an event to dst. On a failure dst is returned as it
// was; only an event that its document ends, or that is none of the source's,
// has one.
func (p *AvroPlan) Apply(dst, event []byte, s *Scratch) ([]byte, *Failure) {
	out, _, f := p.apply(dst, event, s, false)
	return out, f
}

// Next appends the image of the event that data begins with, and returns the
// length of that event. It is known after every failure that is the document's.
func (p *AvroPlan) Next(dst, data []byte, s *Scratch) ([]byte, int, *Failure) {
	return p.apply(dst, data, s, true)
}

func (p *AvroPlan) apply(dst, event []byte, s *Scratch, more bool) (out []byte, length int, f *Failure) {
	if s == nil {
		s = &Scratch{}
	}
	r := &s.run
	s.work.begin()
	r.work, r.top, r.text = &s.work, 0, r.text[:0]
	r.plan, r.out, r.base, r.event, r.decoded, r.failure = p, dst, len(dst), event, nil, nil
	if len(event) > p.limits.Bytes && !more {
		return dst, 0, p.limits.EventTooLarge(len(event))
	}
	w := &r.scan
	w.programs, w.limits, w.marks = p.scope.programs, &p.limits, r.frame(p.scope.marks)
	w.depth, w.items, w.zero = 0, 0, 0
	end, ok := w.value(p.scope.entry, event, 0)
	if length = int(end); !ok || length != len(event) && !more {
		return dst, 0, &Failure{Code: FailInput, Reason: "the bytes are no event of the source version"}
	}
	if length > p.limits.Bytes {
		return dst, length, p.limits.EventTooLarge(length)
	}
	r.event = event[:length]
	r.most = p.limits.Image(length)
	if !r.emit(p.scope, 0, r.scan.marks) {
		return dst, length, r.failure
	}
	out = r.out
	r.out, r.event, r.decoded = nil, nil, nil
	return out, length, nil
}

// frame takes boundaries for one scope from the arena; the caller gives them
// back by setting top to what it was.
func (r *avroRun) frame(n int) []int32 {
	if len(r.arena)-r.top < n {
		r.arena, r.top = make([]int32, 2*len(r.arena)+n+16), 0
	}
	r.top += n
	return r.arena[r.top-n : r.top : r.top]
}

func (r *avroRun) fail(f *Failure) bool {
	r.failure = f
	return false
}

func (r *avroRun) emit(s *avroScope, program int, marks []int32) bool {
	ops, out := s.emits[program], r.out
	for i := range ops {
		op := &ops[i]
		switch op.kind {
		case emitCopy:
			out = append(out, r.event[marks[op.from]:marks[op.to]]...)
			continue
		case emitBytes:
			out = append(out, op.bytes...)
			continue
		case emitSymbol:
			if c := r.event[marks[op.from]]; int(c) < len(op.short) && op.short[c] != noSymbol {
				out = append(out, op.short[c])
				continue
			}
		}
		r.out = out
		if !r.special(s, op, marks) {
			return false
		}
		out = r.out
	}
	r.out = out
	if len(out)-r.base > r.most {
		return r.fail(r.plan.limits.ImageTooLarge(len(r.event)))
	}
	return true
}

func (r *avroRun) special(s *avroScope, op *emitOp, marks []int32) bool {
	switch op.kind {
	case emitSwitch:
		n := r.integer(marks[op.from])
		return r.emit(s, op.alt[n], marks)
	case emitSymbol:
		to := op.table[r.integer(marks[op.from])]
		if to < 0 {
			return r.emit(s, op.otherwise, marks)
		}
		r.out = binary.AppendVarint(r.out, to)
	case emitDouble:
		r.out = binary.LittleEndian.AppendUint64(r.out, math.Float64bits(float64(r.integer(marks[op.from]))))
	case emitWiden:
		f := math.Float32frombits(binary.LittleEndian.Uint32(r.event[marks[op.from]:]))
		r.out = binary.LittleEndian.AppendUint64(r.out, math.Float64bits(float64(f)))
	case emitEach:
		return r.each(op, marks)
	case emitStop:
		x := op.stop
		return r.fail(&Failure{Code: x.Code, Hop: x.Hop, Step: x.Step, Path: x.Path, Reason: x.Reason})
	case emitNode:
		return r.node(op)
	case emitLeaf:
		return r.leaf(s, op, marks)
	case emitIf:
		return r.branch(s, op, marks)
	}
	return true
}

// integer reads a varint that the walk has accepted.
func (r *avroRun) integer(at int32) int64 {
	c := r.event[at]
	if c < 0x80 {
		return int64(c>>1) ^ -int64(c&1)
	}
	n, _ := binary.Varint(r.event[at:])
	return n
}

// each writes a list or a map anew, block by block.
func (r *avroRun) each(op *emitOp, marks []int32) bool {
	top := r.top
	frame := r.frame(op.sub.marks)
	defer func() { r.top = min(top, r.top) }()
	inner, at := scan{programs: op.sub.programs, limits: &r.plan.limits, marks: frame}, uint(marks[op.from])
	for {
		count, next, ok := inner.block(r.event, at)
		if !ok {
			return r.fail(&Failure{Code: FailInput})
		}
		r.out = binary.AppendVarint(r.out, count)
		if at = next; count == 0 {
			return true
		}
		for ; count > 0; count-- {
			if op.isMap {
				n, text, _ := varint(r.event, at)
				next, _ := jump(r.event, text, n)
				r.out = append(r.out, r.event[at:next]...)
				at = next
			}
			if !r.work.goesOn() {
				return r.fail(tooManySteps())
			}
			inner.depth = 0
			if at, ok = inner.value(op.sub.entry, r.event, at); !ok {
				return r.fail(&Failure{Code: FailInput})
			}
			if !r.emit(op.sub, 0, frame) {
				return false
			}
		}
	}
}

// node computes a part of the image on values, for what has no program.
func (r *avroRun) node(op *emitOp) bool {
	if r.decoded == nil {
		v, err := DecodeAvro(r.plan.source.Type, r.event)
		if err != nil {
			return r.fail(&Failure{Code: FailInput, Reason: err.Error()})
		}
		r.decoded = v
	}
	v, f, _ := Evaluate(r.work.ctx, op.node, r.plan.source, r.decoded, r.work.limits())
	if f != nil {
		return r.fail(f)
	}
	out, err := EncodeAvro(r.out, op.typ, v)
	if err != nil {
		return r.fail(&Failure{Code: "O5", Reason: err.Error()})
	}
	r.out = out
	return true
}

// leaf writes a computed value, or takes its way out.
func (r *avroRun) leaf(s *avroScope, op *emitOp, marks []int32) bool {
	why := op.leaf.write(r, marks)
	switch {
	case why == "":
		return true
	case why == tooLarge:
		return r.fail(&Failure{Code: FailLimit, Reason: why})
	case op.otherwise >= 0:
		return r.emit(s, op.otherwise, marks)
	default:
		return r.fail(&Failure{Code: FailValue, Reason: why})
	}
}

// branch runs the program that a condition chooses.
func (r *avroRun) branch(s *avroScope, op *emitOp, marks []int32) bool {
	holds, why := op.cond(r, marks)
	switch {
	case why == tooLarge:
		return r.fail(&Failure{Code: FailLimit, Reason: why})
	case why != "":
		return r.fail(&Failure{Code: FailValue, Reason: why})
	case holds:
		return r.emit(s, op.alt[0], marks)
	default:
		return r.emit(s, op.alt[1], marks)
	}
}
