package avro

import (
	"bytes"
	"errors"
	"fmt"

	hamba "github.com/hamba/avro/v2"

	"github.com/instar-registry/instar/schema"
)

// claim is what a witness is to show.
type claim struct {
	path    string
	kind    string
	misread bool // else refused
	first   bool // by a reader by the letter of the specification
}

// confirmer holds witnesses to the code that reads real events: a claim that it
// does not bear out is our bug, never a verdict.
type confirmer struct {
	writer, reader *Schema
	second         *secondOpinion
}

// check encodes an event and reads it again in every way there is. Both answers
// are nil if the claim is about the letter of the specification and our own
// reader fails at the same place, so that it makes no difference there.
func (c *confirmer) check(build *builder, k claim) (*schema.Witness, *schema.Undecided) {
	if build.over {
		return nil, tooLarge(k.path, "")
	}
	event, err := c.writer.Encode(build.out)
	if err == nil {
		_, err = c.writer.Walk(event, WalkOptions{})
	}
	if isLimit(err) {
		return nil, tooLarge(k.path, fmt.Sprintf("(%v)", err))
	}
	if err != nil {
		return nil, c.bug(k, build.out, "the writer refuses the event: %v", err)
	}
	decoded, err := c.writer.Decode(event)
	if err != nil || !bytes.Equal(decoded, build.out) {
		return nil, c.bug(k, build.out, "the writer reads the event back as %s (%v)", decoded, err)
	}
	if c.second == nil {
		c.second = c.writer.secondOpinion()
	}
	if err := c.second.decode(event); err != nil {
		return nil, c.bug(k, build.out, "the second decoder refuses the event: %v", err)
	}
	f, err := c.fault(event, k, k.first)
	if err != nil {
		return nil, c.bug(k, build.out, "the reader cannot judge the event: %v", err)
	}
	if f == nil {
		return nil, c.bug(k, build.out, "the reader reads the event")
	}
	w := &schema.Witness{Value: build.out, Binary: event, Effect: f.Effect, Written: f.Written, Read: f.Read}
	if !k.first {
		return w, nil
	}
	own, err := c.fault(event, k, false)
	switch {
	case err != nil:
		return nil, c.bug(k, build.out, "the reader cannot judge the event: %v", err)
	case own != nil:
		return nil, nil
	}
	return w, nil
}

// fault reads the event and returns the fault that was claimed, or nil.
func (c *confirmer) fault(event []byte, k claim, first bool) (*Fault, error) {
	opts := readOptions{first: first, only: k.path}
	if k.kind == KindUnsatisfiable {
		opts.only = "" // it fails somewhere
	}
	reading, err := read(c.writer, c.reader, event, opts)
	if err != nil {
		return nil, err
	}
	want := schema.Refused
	if k.misread {
		want = schema.Misread
	}
	if k.kind == KindUnsatisfiable && reading.JSON == nil {
		return &Fault{Path: "$", Effect: schema.Refused, Written: "an event", Read: "no event of the reader exists"}, nil
	}
	for i := range reading.Faults {
		f := &reading.Faults[i]
		if f.Effect == want {
			return f, nil
		}
	}
	return nil, nil
}

func (c *confirmer) bug(k claim, event []byte, format string, args ...any) *schema.Undecided {
	b := &schema.Bug{Where: "avro.Contain", Cause: fmt.Sprintf("%s at %s, event %.2000s: %s; writer %.2000s, reader %.2000s",
		k.kind, k.path, event, fmt.Sprintf(format, args...), c.writer.Canonical(), c.reader.Canonical())}
	return &schema.Undecided{Reason: schema.ReasonBug, Path: k.path, What: "a difference was found that the decoders do not bear out", Bug: b}
}

// isLimit reports whether an error is about a bound, not about the event.
func isLimit(err error) bool {
	var e *schema.Error
	var w *schema.WalkError
	return errors.As(err, &e) && e.Limit != "" || errors.As(err, &w) && w.Limit != ""
}

// secondOpinion decodes events by the third-party library. It sees the Parsing
// Canonical Form, which has neither defaults nor aliases nor logical types, and
// caches of its own, because shared ones answer for other schemas and grow with
// every schema that was ever asked about. It is safe for concurrent use.
type secondOpinion struct {
	schema hamba.Schema // nil where the library does not take the schema
	api    hamba.API
}

// The library parses and decodes by recursion, so it is asked only about
// schemas of moderate size.
const maxSecondNodes = 5_000

func newSecondOpinion(s *Schema) (o *secondOpinion) {
	o = &secondOpinion{api: hamba.Config{}.Freeze()}
	if len(s.nodes) > maxSecondNodes {
		return o
	}
	defer func() {
		if recover() != nil {
			o.schema = nil
		}
	}()
	parsed, err := hamba.ParseWithCache(string(parsingCanonicalForm(s.Root)), "", &hamba.SchemaCache{})
	if err == nil {
		o.schema = parsed
	}
	return o
}

// decode returns the library's error, if it has an opinion at all. The event
// has been walked.
func (o *secondOpinion) decode(event []byte) (err error) {
	if o.schema == nil {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = &schema.Bug{Where: "hamba/avro", Cause: r}
		}
	}()
	var v any
	return o.api.Unmarshal(o.schema, event, &v)
}
