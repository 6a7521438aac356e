package upcast

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// Confidence is how sure a proposed step is.
type Confidence string

// The degrees of confidence.
const (
	Certain Confidence = "certain" // the schemas say so
	Likely  Confidence = "likely"  // names and types agree
	Guess   Confidence = "guess"   // it would fit; the author knows
)

// ProposedStep is a step that was read off two schemas.
type ProposedStep struct {
	// Text is the step in flow style: rename: {from: "a", to: "b"}.
	Text string
	// Reason is one sentence for the author.
	Reason     string
	Confidence Confidence
	// Open says that the step holds a value that only the author knows. Value is
	// the one that is proposed, as it stands in Text.
	Open  bool
	Value string

	// instead is tried if the step does not hold.
	instead []ProposedStep
	// about is the problem that a step of JSON Schema answers, and rank its place
	// among those.
	about string
	rank  int
}

// Proposal is a first draft of an upcaster: what an author would write after a
// look at both schemas. It is never used before a person has confirmed it.
type Proposal struct {
	Steps []ProposedStep
	// Message is the full name of the Protobuf message whose events are carried,
	// unless it is the first of the file. Others are messages of the file beside
	// it whose events have no way without a document either.
	Message string
	Others  []string
	// Hop is the proof of the steps, with the proposed values; nil if they make
	// no document. Err says why.
	Hop *Hop
	Err error
}

// The bounds of a proposal.
const (
	maxProposed      = 200 // steps
	maxProposeRounds = 12  // in which steps that do not hold are replaced
	maxProposeDepth  = 24
	maxProposeFields = 2_000 // pairs of fields that are compared by name
)

// Propose drafts an upcaster from the difference of two schemas: fields by name,
// alias and number, renames, moves, splits, merges and new types by likeness, and
// for the rest a value that the author has to choose. The steps are proved before
// they are returned. Of a Protobuf file the draft is for the first message that
// needs a document. The error is the context's, or an [*Error].
func Propose(ctx context.Context, from, to schema.Parsed) (*Proposal, error) {
	message, others, err := inNeed(ctx, from, to)
	if err != nil {
		return nil, err
	}
	p, err := ProposeOf(ctx, message, from, to)
	if err == nil {
		p.Others = others
	}
	return p, err
}

// ProposeOf is [Propose] for the events of one message of a Protobuf file; an empty
// name is the first.
func ProposeOf(ctx context.Context, message string, from, to schema.Parsed) (*Proposal, error) {
	source, target, err := codecsOf(from, to, false, message)
	if err != nil {
		return nil, err
	}
	p := &proposer{seen: map[[2]*plan.Type]bool{}}
	p.compare(nil, source.events(), target.events())
	p.settle()
	out := &Proposal{Steps: p.steps}
	if first, _ := MessageName(from, ""); messageOf(source) != first {
		out.Message = messageOf(source)
	}
	guide := newJSONGuide(source, target)
	for range maxProposeRounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out.Hop, out.Err = out.prove(ctx, from, to)
		if out.Hop != nil && out.Hop.Verdict.Outcome == Proved {
			return out, ctx.Err()
		}
		replaced := out.replace()
		if !guide.extend(out) && !replaced {
			return out, ctx.Err()
		}
	}
	return out, ctx.Err()
}

// prove verifies the steps with their proposed values.
func (p *Proposal) prove(ctx context.Context, from, to schema.Parsed) (*Hop, error) {
	d, err := Parse(p.Document("", Version{Number: 1}, Version{Number: 2}, true))
	if err != nil {
		return nil, err
	}
	return Verify(ctx, d, from, to)
}

// replace puts other steps in the place of those that do not hold, and reports
// whether there were any.
func (p *Proposal) replace() bool {
	bad := map[int]bool{}
	if p.Hop != nil {
		for _, x := range p.Hop.Verdict.Problems {
			bad[x.Step] = true
		}
	}
	if e, ok := errorOf(p.Err); ok {
		rest, found := strings.CutPrefix(e.Problem.Path, "/steps/")
		if n, err := strconv.Atoi(strings.SplitN(rest, "/", 2)[0]); found && err == nil {
			bad[n+1] = true
		}
	}
	var steps []ProposedStep
	replaced := false
	for i, s := range p.Steps {
		if bad[i+1] && s.instead != nil {
			steps = append(steps, s.instead...)
			replaced = true
			continue
		}
		steps = append(steps, s)
	}
	p.Steps = steps
	return replaced
}

func errorOf(err error) (*Error, bool) {
	e, ok := err.(*Error) //nolint:errorlint // Parse and Verify return it as it is
	return e, ok && e != nil
}

// Carries reports whether an event of the source version has an image under the
// target, and gives that.
func (p *Proposal) Carries(ctx context.Context, event []byte) ([]byte, error) {
	if p.Hop == nil || p.Hop.Verdict.Outcome != Proved {
		return nil, fmt.Errorf("the proposed steps are not proved")
	}
	chain, err := Fuse([]*Hop{p.Hop})
	if err != nil {
		return nil, err
	}
	image, failure, err := NewRunner(chain).Apply(ctx, nil, event, &plan.Scratch{})
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, failure
	}
	return image, nil
}

// Messages are the full names of the Protobuf messages that the proposal leads from
// and to; empty for other formats, and where the steps make no document.
func (p *Proposal) Messages() (from, to string) {
	if p.Hop == nil {
		return "", ""
	}
	return p.Hop.Messages()
}

// Document writes the proposal as a document in YAML, each step below its
// reason. Values that only the author knows are written as [Unfinished], which
// does not verify, unless they are accepted as proposed.
func (p *Proposal) Document(subject string, from, to Version, accept bool) string {
	var b strings.Builder
	b.WriteString("instar: " + Format + "\n")
	if subject != "" {
		b.WriteString("subject: " + jsonx.Quote(subject) + "\n")
	}
	b.WriteString("from: " + versionText(from) + "\nto: " + versionText(to) + "\n")
	if p.Message != "" {
		b.WriteString("message: " + jsonx.Quote(p.Message) + "\n")
	}
	if len(p.Steps) == 0 {
		b.WriteString("steps: []\n")
		return b.String()
	}
	b.WriteString("steps:\n")
	for i := range p.Steps {
		s := &p.Steps[i]
		b.WriteString("  # " + comment(s.Reason) + " (" + string(s.Confidence) + ")\n")
		text := s.Text
		if s.Open && !accept {
			b.WriteString("  # for instance " + comment(s.Value) + "\n")
			text = strings.Replace(text, "value: "+s.Value, "value: "+Unfinished, 1)
		}
		b.WriteString("  - " + text + "\n")
	}
	return b.String()
}

// comment keeps a text on one line of a comment.
func comment(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff {
			return ' '
		}
		return r
	}, s)
}

func versionText(v Version) string {
	if v.File != "" {
		return jsonx.Quote(v.File)
	}
	return strconv.Itoa(v.Number)
}

// Unfinished stands in a document where the author has to choose a value. It is
// no value: a document with it does not verify. Who means the text writes it as
// an expression.
const Unfinished = "TO" + "DO"

// finished refuses a document in which a value is left to choose.
func (d *Document) finished() error {
	var at *jsonx.Value
	var where string
	var walk func(v *jsonx.Value, pointer string)
	walk = func(v *jsonx.Value, pointer string) {
		for i := range v.Members {
			m := &v.Members[i]
			here := jsonx.Pointer(pointer, m.Key)
			if m.Key == "value" && m.Value.Kind == jsonx.String && m.Value.Text == Unfinished && at == nil {
				at, where = m.Value, here
			}
			walk(m.Value, here)
		}
		for i, x := range v.Items {
			walk(x, jsonx.Pointer(pointer, strconv.Itoa(i)))
		}
	}
	for _, key := range []string{"steps", "down"} {
		if v := d.tree.Get(key); v != nil {
			walk(v, "/"+key)
		}
	}
	if at == nil {
		return nil
	}
	return invalid(schema.Error{What: "a value is left to choose", Path: where, Hint: "write the value in place of " + Unfinished + `; the text itself is expr: "'` + Unfinished + `'"`})
}

// proposer compares two types and collects what lies between them.
type proposer struct {
	steps []ProposedStep
	seen  map[[2]*plan.Type]bool
	// gone and fresh are the fields that only one side has, for which no step
	// was found in their own record.
	gone, fresh []leftover
	// late are the steps after which paths into their value are others.
	late     []ProposedStep
	depth    int
	compared int
}

// leftover is a field of one side.
type leftover struct {
	path  Path // of the field
	field *plan.Field
	index int
}

func (p *proposer) add(s ProposedStep) {
	if len(p.steps) < maxProposed {
		p.steps = append(p.steps, s)
	}
}

// fits reports whether a value of one type is one of the other without a step.
func fits(s, t *plan.Type) bool {
	b := newBuilder()
	return b.takes(whole(b.bind(s)), t, "$")
}

func extend(path Path, segments ...Segment) Path { return append(slices.Clip(path), segments...) }

func fieldSegment(f *plan.Field) Segment { return Segment{Kind: FieldSegment, Name: f.Name} }

// settle turns what is left on both sides into moves, additions and drops.
func (p *proposer) settle() {
	p.moves()
	for _, x := range p.fresh {
		if !x.field.HasDefault && !x.field.Optional {
			p.add(addStep(x))
		}
	}
	for _, x := range p.gone {
		p.add(ProposedStep{
			Text:   "drop: {path: " + jsonx.Quote(x.path.String()) + "}",
			Reason: "the new schema has no place for " + x.path.String() + ", so its value is given up", Confidence: Guess,
		})
	}
	for _, s := range p.late {
		p.add(s)
	}
}

func addStep(x leftover) ProposedStep {
	value := plainValue(x.field.Type)
	return ProposedStep{
		Text:   "add: {path: " + jsonx.Quote(x.path.String()) + ", value: " + value + "}",
		Reason: "old events have no " + x.path.String() + ", and there is no default", Confidence: Guess, Open: true, Value: value,
	}
}

// moves pairs fields that left one record and came to another by the same name.
func (p *proposer) moves() {
	direct := func(path Path) bool {
		return !slices.ContainsFunc(path, func(s Segment) bool { return !s.named() })
	}
	for i := 0; i < len(p.fresh); i++ {
		to := p.fresh[i]
		k := slices.IndexFunc(p.gone, func(from leftover) bool {
			return direct(from.path) && direct(to.path) && from.field.Name == to.field.Name && fits(from.field.Type, to.field.Type)
		})
		if k < 0 {
			continue
		}
		from := p.gone[k]
		p.add(ProposedStep{
			Text:   "move: {from: " + jsonx.Quote(from.path.String()) + ", to: " + jsonx.Quote(to.path.String()) + "}",
			Reason: "a field of that name and type left one record and came to the other", Confidence: Likely,
			instead: []ProposedStep{addStep(to), {Text: "drop: {path: " + jsonx.Quote(from.path.String()) + "}", Reason: "the new schema has no place for it", Confidence: Guess}},
		})
		p.gone, p.fresh = slices.Delete(p.gone, k, k+1), slices.Delete(p.fresh, i, i+1)
		i--
	}
}
