package plan

import (
	"bytes"
)

// JSONPlan turns JSON events of one schema into JSON events of another. What is
// not touched is copied as it was written: the order of members, the text of
// numbers, escapes. It is immutable and safe for concurrent use.
type JSONPlan struct {
	root   Node
	source *Binder
	limits EventLimits
	scope  *jsonScope
	same   bool // every image is its event
	// computes says that some of the image is computed on the decoded event.
	computes bool
}

// NewJSONPlan compiles a tree between two JSON types.
func NewJSONPlan(root Node, source *Binder, l EventLimits) *JSONPlan {
	p := &JSONPlan{root: root, source: source, limits: l}
	simple := Simplify(root)
	p.same = IsSame(simple, source)
	c := &jsonCompiler{plan: p, fns: map[*Function]*jsonScope{}, shapes: map[*Type]*jsonPlace{}}
	scope, ok := c.compile(source, simple)
	if !ok {
		p.computes = true
		scope = &jsonScope{root: &jsonPlace{slot: -1}, emit: func(r *jsonRun, _ []jsonSpan) emitted { return r.node(root) }}
	}
	p.scope = scope
	return p
}

// jsonRun is the state of one run.
type jsonRun struct {
	plan    *JSONPlan
	work    *work
	event   []byte
	out     []byte
	base    int
	most    int
	failure *Failure
	decoded Value
	// The rest is memory that runs share: frames of spans, members and keys of
	// objects that are open, decoded texts, tables of keys.
	arena   []jsonSpan
	top     int
	members []jsonMember
	keys    []jsonKey
	text    []byte
	tables  []int32
	depth   int
}

var notOfSource = &Failure{Code: FailInput, Reason: "the text is no event of the source version"}

// Apply appends the image of an event to dst. On a failure dst is returned as it
// was; only an event that its document ends, or that is none of the source's,
// has one.
func (p *JSONPlan) Apply(dst, event []byte, s *Scratch) ([]byte, *Failure) {
	if s == nil {
		s = &Scratch{}
	}
	r := &s.json
	s.work.begin()
	r.work = &s.work
	if len(event) > p.limits.Bytes {
		return dst, p.limits.EventTooLarge(len(event))
	}
	out := dst
	if out == nil {
		out = make([]byte, 0, len(event)+len(event)/8+64)
	}
	r.plan, r.event, r.out, r.base, r.failure, r.decoded = p, event, out, len(out), nil, nil
	r.most = p.limits.Image(len(event))
	r.top, r.depth, r.members, r.keys, r.text, r.tables = 0, 0, r.members[:0], r.keys[:0], r.text[:0], r.tables[:0]
	frame := r.frame(p.scope.slots)
	scan := jsonScan{data: event, depth: p.limits.Depth, items: p.limits.Items, run: r, frame: frame}
	if !scan.event(p.scope.root) {
		return dst, notOfSource
	}
	if p.same {
		return append(out, event...), nil
	}
	result := p.scope.emit(r, frame)
	out = r.out
	r.event, r.out, r.decoded = nil, nil, nil
	switch {
	case result == done:
		return out, nil
	case result == nothing:
		return dst, notOfSource
	default:
		return dst, r.failure
	}
}

// frame takes the spans of one scope from the arena; the caller gives them back
// by setting top to what it was.
func (r *jsonRun) frame(n int) []jsonSpan {
	if len(r.arena)-r.top < n {
		r.arena, r.top = make([]jsonSpan, 2*len(r.arena)+n+16), 0
	}
	r.top += n
	f := r.arena[r.top-n : r.top : r.top]
	for i := range f {
		f[i].start = -1
	}
	return f
}

func (r *jsonRun) fail(f *Failure) emitted {
	r.failure = f
	return failed
}

// room checks the size of what was written so far.
func (r *jsonRun) room() emitted {
	if len(r.out)-r.base > r.most {
		return r.fail(r.plan.limits.ImageTooLarge(len(r.event)))
	}
	return done
}

// node computes a part of the image on values, for what has no program.
func (r *jsonRun) node(n Node) emitted {
	if r.decoded == nil {
		v, err := DecodeJSON(r.plan.source.Type, r.event, r.plan.limits)
		if err != nil {
			return r.fail(&Failure{Code: FailInput, Reason: err.Error()})
		}
		r.decoded = v
	}
	v, f, _ := Evaluate(r.work.ctx, n, r.plan.source, r.decoded, r.work.limits())
	switch {
	case f != nil:
		return r.fail(f)
	case v == Absent:
		return nothing
	}
	out, err := AppendJSON(r.out, v)
	if err != nil {
		return r.fail(&Failure{Code: "O5", Reason: err.Error()})
	}
	r.out = out
	return r.room()
}

// within runs a program on a part of the event that was read before.
func (r *jsonRun) within(s *jsonScope, scan *jsonScan) emitted {
	top, members := r.top, len(r.members)
	frame := r.frame(s.slots)
	scan.frame = frame
	if r.depth++; r.depth > r.plan.limits.Depth || !scan.value(s.root, 1) {
		return r.fail(notOfSource)
	}
	result := s.emit(r, frame)
	r.depth--
	r.top, r.members = min(top, r.top), r.members[:members]
	return result
}

// kindAt is the kind of a value by its first byte.
func (r *jsonRun) kindAt(at int32) kinds {
	switch r.event[at] {
	case '{':
		return objectKind
	case '[':
		return arrayKind
	case '"':
		return stringKind
	case 't', 'f':
		return boolKind
	case 'n':
		return nullKind
	default:
		return numberKind
	}
}

// textIs reports whether a value is a certain text.
func (r *jsonRun) textIs(s jsonSpan, want string) bool {
	if s.start < 0 || r.event[s.start] != '"' {
		return false
	}
	in := r.event[s.start+1 : s.end-1]
	if string(in) == want {
		return bytes.IndexByte(in, '\\') < 0
	}
	if bytes.IndexByte(in, '\\') < 0 {
		return false
	}
	from := len(r.text)
	r.text = appendText(r.text, in)
	same := string(r.text[from:]) == want
	r.text = r.text[:from]
	return same
}

// Computes reports whether some of the image is computed on the decoded event.
func (p *JSONPlan) Computes() bool { return p.computes }
