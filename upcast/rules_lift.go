package upcast

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/jsonata"
	"github.com/instar-registry/instar/upcast/plan"
)

// Lifted is what became of the attempt to carry rules out natively.
type Lifted struct {
	// Document is the upcaster that does what the rules do, and Hop its proof;
	// nil if the rules are not lifted.
	Document *Document
	Hop      *Hop
	// Why says what stands against it.
	Why string
	// Compared is how many events were carried both ways; Event is the one on
	// which the two differ, as JSON.
	Compared int
	Event    []byte
}

// liftEvents is how many events are carried both ways before rules are lifted.
const liftEvents = 256

// Lift reads rules whose idioms are known as steps, proves them, and compares what
// they do with what the rules do. Any difference cancels the lift: the rules
// themselves are what counts.
func Lift(ctx context.Context, h *RuleHop, from, to schema.Parsed) (*Lifted, error) {
	out := &Lifted{}
	text, why := liftText(h, from)
	if why != "" {
		out.Why = why
		return out, nil
	}
	doc, err := Parse(text)
	if err != nil {
		return out, refusedLift(out, err)
	}
	hop, err := Verify(ctx, doc, from, to)
	if err != nil {
		return out, refusedLift(out, err)
	}
	if hop.Verdict.Outcome != Proved {
		out.Why = "the steps that the rules would be are " + strings.ToLower(string(hop.Verdict.Outcome))
		if p := hop.Verdict.Problems; len(p) > 0 {
			out.Why += ": " + p[0].Message
		}
		return out, nil
	}
	if err := out.compare(ctx, h, hop); err != nil || out.Why != "" {
		return out, err
	}
	out.Document, out.Hop = doc, hop
	return out, nil
}

// refusedLift takes an error of the document as the reason; others stay errors.
func refusedLift(out *Lifted, err error) error {
	var wrong *Error
	if errors.As(err, &wrong) {
		out.Why = "the steps that the rules would be are refused: " + wrong.Error()
		return nil
	}
	return err
}

// compare carries generated events both ways.
func (out *Lifted) compare(ctx context.Context, rules *RuleHop, hop *Hop) error {
	runner, err := runnerOf(hop)
	if err != nil {
		return err
	}
	for seed := range uint64(liftEvents) {
		v, ok, err := hop.from.sample(seed)
		if err != nil || !ok {
			return err
		}
		event, err := seen(ctx, rules, hop, v)
		if err != nil {
			return &schema.Bug{Where: "upcast.Lift", Cause: err}
		}
		executed, f, err := rules.Apply(ctx, event, RuleRun{})
		if err != nil {
			return err
		}
		image, g, err := runner.Apply(ctx, nil, event, &plan.Scratch{})
		if err != nil {
			return err
		}
		out.Compared++
		if why := difference(hop.to, executed, f, image, g); why != "" {
			out.Why = "the steps do not do what the rules do: " + why
			out.Event, err = hop.from.show(event)
			return err
		}
	}
	return nil
}

// seen is a generated event as far as rules see it: what has no place in the JSON
// form, such as unknown fields of Protobuf, is lost to rules and kept by steps.
func seen(ctx context.Context, rules *RuleHop, hop *Hop, v plan.Value) ([]byte, error) {
	event, err := hop.from.encode(v)
	if err != nil {
		return nil, err
	}
	text, err := rules.from.toJSON(ctx, event)
	if err != nil {
		return nil, err
	}
	return rules.from.fromJSON(ctx, text)
}

// difference says how two ways of carrying one event differ. The order of members
// and of map entries is no difference.
func difference(to codec, executed *RuleResult, f *Failure, image []byte, g *Failure) string {
	switch {
	case f != nil && g == nil:
		return "the rules fail, and the steps do not: " + f.Error()
	case f == nil && g != nil:
		return "the steps fail, and the rules do not: " + g.Error()
	case f == nil && !sameImage(to, executed.Event, image):
		return "the images differ"
	}
	return ""
}

func sameImage(to codec, a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, err := to.decode(a)
	if err != nil {
		return false
	}
	y, err := to.decode(b)
	return err == nil && plan.Equal(x, y)
}

// liftText writes rules as a document, or says why they cannot be.
func liftText(h *RuleHop, from schema.Parsed) (text, why string) {
	if h.gap != "" {
		return "", h.gap
	}
	l := lifter{fields: from.TopLevel()}
	message, _ := h.Messages()
	if message != "" {
		l.fields = fieldNames(h.source.events())
		message = `"message":` + jsonx.Quote(message) + `,`
	}
	for i := range h.rules {
		r := &h.rules[i]
		if r.condition || r.onSuccess != actionNone || r.onFailure != actionError {
			return "", fmt.Sprintf("rule %q is a condition, or has actions", r.name)
		}
		edits := r.expr.Edits()
		if edits == nil {
			return "", fmt.Sprintf("the form of rule %q is not known", r.name)
		}
		for j := range edits {
			if why := l.edit(&edits[j]); why != "" {
				return "", fmt.Sprintf("rule %q %s", r.name, why)
			}
		}
	}
	return `{"instar":"` + Format + `","from":1,"to":2,` + message + `"steps":[` + strings.Join(l.steps, ",") + `]}`, ""
}

// fieldNames are the names of the fields of a message.
func fieldNames(t *plan.Type) []string {
	names := make([]string, len(t.Fields))
	for i := range t.Fields {
		names[i] = t.Fields[i].Name
	}
	return names
}

// lifter writes steps. It knows the names at the top of the event as they are
// after the steps so far.
type lifter struct {
	fields []string
	steps  []string
	temps  int
}

func (l *lifter) step(name string, pairs ...string) {
	var b strings.Builder
	fmt.Fprintf(&b, "{%q:{", name)
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(jsonx.Quote(pairs[i]) + ":" + pairs[i+1])
	}
	l.steps = append(l.steps, b.String()+"}}")
}

// quotedPath is the path of names below a place, quoted for JSON.
func quotedPath(names ...string) string {
	var p Path
	for _, n := range names {
		p = append(p, Segment{Kind: FieldSegment, Name: n})
	}
	return jsonx.Quote(p.String())
}

// edit writes what one recognised expression does.
func (l *lifter) edit(e *jsonata.Edits) string {
	if len(e.At) > 0 {
		return l.within(e)
	}
	drop := slices.Clone(e.Drop)
	if !e.Keep {
		for _, f := range l.fields {
			if !slices.ContainsFunc(e.Set, func(s jsonata.Setting) bool { return s.Name == f && slices.Equal(s.Path, []string{f}) }) {
				drop = append(drop, f)
			}
		}
	}
	drop = slices.DeleteFunc(drop, func(f string) bool { return !slices.Contains(l.fields, f) })
	// All values are of the object as it was: what is removed goes last, and what
	// takes the name of something else waits under another name.
	later := []string{}
	for _, s := range e.Set {
		if slices.Equal(s.Path, []string{s.Name}) && slices.Contains(l.fields, s.Name) {
			drop = slices.DeleteFunc(drop, func(f string) bool { return f == s.Name })
			continue
		}
		name := s.Name
		if slices.Contains(l.fields, name) {
			l.temps++
			name = fmt.Sprintf("instar lifted %d", l.temps)
			if !slices.Contains(drop, s.Name) {
				drop = append(drop, s.Name)
			}
			later = append(later, name, s.Name)
		}
		l.set(s, name, drop, e.Set)
	}
	for _, f := range drop {
		if slices.Contains(l.fields, f) {
			l.step("drop", "path", quotedPath(f))
			l.forget(f)
		}
	}
	for i := 0; i < len(later); i += 2 {
		l.step("rename", "from", quotedPath(later[i]), "to", quotedPath(later[i+1]))
		l.forget(later[i])
		l.fields = append(l.fields, later[i+1])
	}
	return ""
}

func (l *lifter) forget(name string) {
	l.fields = slices.DeleteFunc(l.fields, func(f string) bool { return f == name })
}

// set fills a new member: by renaming what goes and is used once, by copying, or
// by a literal.
func (l *lifter) set(s jsonata.Setting, name string, drop []string, all []jsonata.Setting) {
	switch {
	case len(s.Path) == 1 && slices.Contains(drop, s.Path[0]) && slices.Contains(l.fields, s.Path[0]) && uses(all, s.Path[0]) == 1:
		l.step("rename", "from", quotedPath(s.Path[0]), "to", quotedPath(name))
		l.forget(s.Path[0])
	case len(s.Path) > 0:
		l.step("copy", "from", quotedPath(s.Path...), "to", quotedPath(name))
	default:
		l.step("add", append([]string{"path", quotedPath(name)}, sourceOf(s)...)...)
	}
	l.fields = append(l.fields, name)
}

// uses counts how often a name begins the path of a value.
func uses(all []jsonata.Setting, name string) int {
	n := 0
	for _, s := range all {
		if len(s.Path) > 0 && s.Path[0] == name {
			n++
		}
		n += uses(s.Fields, name)
	}
	return n
}

// sourceOf writes a literal or an object as the keys of a source.
func sourceOf(s jsonata.Setting) []string {
	switch {
	case len(s.Path) > 0:
		return []string{"from", quotedPath(s.Path...)}
	case s.Fields == nil:
		return []string{"value", s.Literal}
	}
	var members []string
	for _, f := range s.Fields {
		source := sourceOf(f)
		members = append(members, jsonx.Quote(f.Name)+":{"+jsonx.Quote(source[0])+":"+source[1]+"}")
	}
	return []string{"object", "{" + strings.Join(members, ",") + "}"}
}

// within writes what a transform does to an object inside the event. Values come
// from the same object.
func (l *lifter) within(e *jsonata.Edits) string {
	renamed := []string{}
	for _, s := range e.Set {
		path := quotedPath(append(slices.Clone(e.At), s.Name)...)
		switch {
		case len(s.Path) == 1 && slices.Contains(e.Drop, s.Path[0]) && uses(e.Set, s.Path[0]) == 1:
			l.step("rename", "from", quotedPath(append(slices.Clone(e.At), s.Path[0])...), "to", path)
			renamed = append(renamed, s.Path[0])
		case len(s.Path) > 0:
			l.step("copy", "from", quotedPath(append(slices.Clone(e.At), s.Path...)...), "to", path)
		case s.Fields != nil:
			return "makes an object inside of an object"
		default:
			l.step("add", append([]string{"path", path}, sourceOf(s)...)...)
		}
	}
	for _, f := range e.Drop {
		if !slices.Contains(renamed, f) {
			l.step("drop", "path", quotedPath(append(slices.Clone(e.At), f)...))
		}
	}
	return ""
}
