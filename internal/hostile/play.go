package hostile

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/schema/frame"
)

// Outcome is the answer that a case got.
type Outcome struct {
	Answer Answer
	Limit  string
	Text   string
	Placed bool
}

// input is a case with its texts built, so that building them is not measured.
type input struct {
	text  string
	docs  []schema.Document
	event schema.Event
	frame []byte
}

func (c *Case) build() input {
	var in input
	if c.Frame != nil {
		in.frame = c.Frame()
		return in
	}
	in.text = c.Text()
	if c.Docs != nil {
		in.docs = c.Docs()
	}
	if c.Event != nil {
		in.event = schema.Event{Encoding: c.Event.Encoding, Bytes: c.Event.Bytes(), Message: c.Event.Message}
	}
	return in
}

// play does what a registration does with the schema, and what the event routes
// do with the event. The schema is nil unless it was accepted.
func (c *Case) play(in input) (Outcome, schema.Parsed) {
	if c.Frame != nil {
		return playFrame(in.frame), nil
	}
	s, err := format.Parse(c.Format, in.text, in.docs, schema.Options{Limits: schema.DefaultLimits(), Lenient: c.Lenient})
	if err != nil {
		return outcomeOf(err, Refused), nil
	}
	_, _, _ = s.Canonical(), s.Equivalence(), s.Fingerprints()
	if c.Event == nil {
		return Outcome{Answer: Stored, Text: warnings(s)}, s
	}
	j, err := s.Check(context.Background(), in.event)
	if err != nil {
		return outcomeOf(err, Unjudged), s
	}
	if len(j.Violations) == 0 {
		return Outcome{Answer: Valid}, s
	}
	v := j.Violations[0]
	return Outcome{Answer: Invalid, Text: clip(v.What), Placed: v.Offset >= 0 || v.Path != ""}, s
}

func playFrame(b []byte) Outcome {
	p, err := frame.ReadPrefix(b)
	if err == nil {
		var x frame.Indexes
		_, err = frame.ReadIndexes(b, p.Size, frame.ZigZag, &x)
	}
	if err != nil {
		return outcomeOf(err, NotFrame)
	}
	return Outcome{Answer: Frame}
}

// outcomeOf reads an error; usual is its answer when it is the user's mistake.
func outcomeOf(err error, usual Answer) Outcome {
	o := Outcome{Answer: usual, Text: clip(err.Error())}
	var user *schema.Error
	var walk *schema.WalkError
	var fr *frame.Error
	switch {
	case isBug(err):
		o.Answer = Bug
	case errors.As(err, &user):
		o.Limit, o.Placed = user.Limit, user.IsValid() || user.Path != ""
	case errors.As(err, &walk):
		o.Limit, o.Placed = walk.Limit, true
	case errors.As(err, &fr):
		o.Placed = true
	default:
		o.Answer, o.Text = Bug, fmt.Sprintf("an error of type %T: %s", err, o.Text)
	}
	return o
}

func isBug(err error) bool {
	var b *schema.Bug
	return errors.As(err, &b)
}

// warnings joins what an accepted schema warns about.
func warnings(s schema.Parsed) string {
	text := ""
	for _, w := range s.Warnings() {
		text += w.What + "\n"
	}
	return clip(text)
}

// clip shortens what goes through the pipe to the parent.
func clip(s string) string {
	if len(s) > 2000 {
		return s[:1000] + " ... " + s[len(s)-1000:]
	}
	return s
}

// mismatch says in what the outcome differs from what is wanted, or "".
func (w Want) mismatch(o Outcome) string {
	switch {
	case o.Answer != w.Answer:
		return fmt.Sprintf("is %s, want %s: %s", o.Answer, w.Answer, o.Text)
	case o.Limit != w.Limit:
		return fmt.Sprintf("names the limit %q, want %q: %s", o.Limit, w.Limit, o.Text)
	case !strings.Contains(o.Text, w.Text):
		return fmt.Sprintf("says %q, which does not hold %q", o.Text, w.Text)
	case w.Placed && !o.Placed:
		return fmt.Sprintf("does not say where: %s", o.Text)
	default:
		return ""
	}
}
