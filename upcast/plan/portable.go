package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// PortableFormat is the name of the format of portable plans.
const PortableFormat = "plan/v1"

// End is one side of a portable plan: a version of a subject.
type End struct {
	Subject string
	Version int
	ID      int
	Schema  string // hash of the schema
}

// Title is what a portable plan says of itself. Nothing in it decides how the
// plan runs.
type Title struct {
	From, To End
	Hops     []string // hashes of the documents
	Verdict  string
	Class    string
	Total    bool
}

// Form is how the events of one side of a plan are encoded.
type Form string

// The forms.
const (
	FormAvro     Form = "avro"
	FormJSON     Form = "json"
	FormProtobuf Form = "protobuf"
)

// Segment is one tree of a plan: it builds a value of Target from the event that
// Source is bound to.
type Segment struct {
	From, To Form
	Root     Node
	Source   *Binder
	Target   *Type
}

// Portable is a plan that needs neither schemas nor documents: it was exported,
// or loaded and verified. It is immutable and safe for concurrent use.
type Portable struct {
	Title
	segments []Segment
	// hops are the trees hop by hop, which an event without an image is run
	// through: its failure is the one of the first hop that fails. There are
	// none where the only segment is the only hop.
	hops   []Segment
	limits EventLimits
	// programs carry the segments out over bytes; nil where events are decoded.
	programs []eventProgram
	text     []byte
	hash     string
}

// eventProgram carries an encoded event out.
type eventProgram interface {
	Apply(dst, event []byte, s *Scratch) ([]byte, *Failure)
}

// Export writes segments down as a portable plan, and the hops that they were
// made of. The error is a *schema.Bug where a tree holds what no proved plan has.
func Export(title Title, segments, hops []Segment, l EventLimits) (*Portable, error) {
	w := newPlanWriter()
	if len(hops) == 1 {
		hops = nil
	}
	w.segments, w.hops = w.segmentList(segments), w.segmentList(hops)
	if w.err != nil {
		return nil, &schema.Bug{Where: "plan.Export", Cause: w.err}
	}
	text := jsonx.Append(nil, w.document(title, l))
	return Load(string(text))
}

// Text is the plan as JSON: keys sorted, no white space.
func (p *Portable) Text() []byte { return p.text }

// Hash is "sha256:" and the digest of the text without its member "hash".
func (p *Portable) Hash() string { return p.hash }

// Forms are the encodings of both sides.
func (p *Portable) Forms() (from, to Form) {
	return p.segments[0].From, p.segments[len(p.segments)-1].To
}

func hashOf(document *jsonx.Value) string {
	bare := *document
	bare.Members = nil
	for i := range document.Members {
		if document.Members[i].Key != "hash" {
			bare.Members = append(bare.Members, document.Members[i])
		}
	}
	sum := sha256.Sum256(jsonx.Append(nil, sorted(&bare)))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// compile makes the programs of the segments that have one.
func (p *Portable) compile() {
	for i := range p.segments {
		s := &p.segments[i]
		switch {
		case s.From == FormAvro && s.To == FormAvro:
			p.programs = append(p.programs, NewAvroPlan(s.Root, s.Source, s.Target, p.limits))
		case s.From == FormProtobuf && s.To == FormProtobuf:
			p.programs = append(p.programs, NewProtoPlan(s.Root, s.Source, s.Target, p.limits))
		case s.From == FormJSON && s.To == FormJSON:
			p.programs = append(p.programs, NewJSONPlan(s.Root, s.Source, p.limits))
		default:
			p.programs = append(p.programs, nil)
		}
	}
}

// Apply appends the image of an encoded event to dst. On a failure dst is
// returned as it was; the failure is the one of the earliest hop and step. The
// error is the context's.
func (p *Portable) Apply(ctx context.Context, dst, event []byte, s *Scratch) ([]byte, *Failure, error) {
	last, between := len(p.segments)-1, event
	for i := range last {
		out, f, err := p.segment(ctx, nil, between, i, s)
		if f != nil || err != nil {
			return p.failed(ctx, dst, event, f, err)
		}
		between = out
	}
	out, f, err := p.segment(ctx, dst, between, last, s)
	if f != nil || err != nil {
		return p.failed(ctx, dst, event, f, err)
	}
	return out, nil, nil
}

// failed finds the failure of the earliest hop and step of an event that has no
// image.
func (p *Portable) failed(ctx context.Context, dst, event []byte, f *Failure, err error) ([]byte, *Failure, error) {
	if err != nil || f.Code == FailInput || f.Code == FailLimit {
		return dst, f, err
	}
	hops := p.hops
	if len(hops) == 0 {
		hops = p.segments
	}
	v, bad := decodeAs(hops[0].From, hops[0].Source.Type, event, p.limits)
	if bad != nil {
		return dst, bad, nil
	}
	for i := range hops {
		h := &hops[i]
		next, found, err := Evaluate(ctx, h.Root, h.Source, v, p.evaluation())
		if found != nil && err == nil && found.Code != FailLimit {
			if found, err = FirstFailure(ctx, h.Root, h.Source, v, p.evaluation()); found != nil && len(p.hops) > 0 {
				found.Hop = i
			}
		}
		if found != nil || err != nil {
			return dst, found, err
		}
		v = next
	}
	return dst, f, nil
}

// evaluation are the limits of what is evaluated on values.
func (p *Portable) evaluation() Limits {
	l := DefaultLimits()
	l.Depth = p.limits.Depth
	return l
}

func (p *Portable) segment(ctx context.Context, dst, event []byte, i int, scratch *Scratch) ([]byte, *Failure, error) {
	s, program := &p.segments[i], p.programs[i]
	if program != nil {
		if scratch == nil {
			scratch = &Scratch{}
		}
		scratch.Within(ctx)
		out, f := program.Apply(dst, event, scratch)
		if f != nil && f.Code == FailLimit && ctx.Err() != nil {
			return dst, nil, ctx.Err()
		}
		return out, f, nil
	}
	v, f := decodeAs(s.From, s.Source.Type, event, p.limits)
	if f != nil {
		return dst, f, nil
	}
	image, f, err := Evaluate(ctx, s.Root, s.Source, v, p.evaluation())
	if f != nil || err != nil {
		return dst, f, err
	}
	out, err := encodeAs(s.To, dst, s.Target, image)
	if err != nil {
		return dst, &Failure{Code: "O5", Reason: err.Error()}, nil
	}
	if len(out)-len(dst) > p.limits.Image(len(event)) {
		return dst, p.limits.ImageTooLarge(len(event)), nil
	}
	return out, nil, nil
}

func decodeAs(form Form, t *Type, event []byte, l EventLimits) (Value, *Failure) {
	var v Value
	var err error
	switch {
	case len(event) > l.Bytes:
		return nil, l.EventTooLarge(len(event))
	case form == FormAvro:
		v, err = DecodeAvro(t, event)
	case form == FormProtobuf:
		v, err = DecodeProto(t, event, l)
	default:
		v, err = DecodeJSON(t, event, l)
	}
	if err != nil {
		return nil, &Failure{Code: FailInput, Reason: err.Error()}
	}
	return v, nil
}

func encodeAs(form Form, dst []byte, t *Type, v Value) ([]byte, error) {
	switch form {
	case FormAvro:
		return EncodeAvro(dst, t, v)
	case FormProtobuf:
		return EncodeProto(dst, t, v)
	default:
		return AppendJSON(dst, v)
	}
}

// String names the plan for messages.
func (p *Portable) String() string {
	return fmt.Sprintf("%s %d to %s %d, %s", p.From.Subject, p.From.Version, p.To.Subject, p.To.Version, p.hash)
}
