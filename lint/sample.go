package lint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// A sample is a real event that somebody keeps beside a schema, in the JSON form
// of its format. It weighs more than an event that was made up: one that a break
// hits is its witness, and one that is not read although no finding says so is a
// finding of its own.

// samples holds every sample of a schema to it.
func (x *run) samples(ctx context.Context, j *job, out *result, head schema.Parsed) error {
	return x.eachSample(ctx, j, out, func(s *sample) error {
		answer, err := head.Check(ctx, schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(s.body)})
		switch {
		case err != nil:
			out.findings = append(out.findings, x.notEvent(j, s.file, err.Error(), 0, s.body))
		case len(answer.Violations) > 0:
			v := answer.Violations[0]
			out.findings = append(out.findings, x.notEvent(j, s.file, v.Path+": "+v.What, v.Offset, s.body))
		}
		return nil
	})
}

// eachSample does something with every sample of a subject that can be read; the
// others are findings.
func (x *run) eachSample(ctx context.Context, j *job, out *result, do func(*sample) error) error {
	for _, file := range x.samplesOf(j.new) {
		t, err := j.head.text(ctx, file)
		if err != nil {
			return err
		}
		if t.err != nil {
			out.findings = append(out.findings, x.notEvent(j, file, t.err.Error(), 0, ""))
			continue
		}
		if err := do(&sample{file: file, body: t.body}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// replay shows the samples of one side to the readers of the other, in each
// direction: those that are events of an old version to the head, those that are
// events of the head to the old versions.
func (x *run) replay(ctx context.Context, j *job, out *result, m *matter) error {
	return x.eachSample(ctx, j, out, func(s *sample) error { return x.replayOne(ctx, j, out, m, s) })
}

func (x *run) replayOne(ctx context.Context, j *job, out *result, m *matter, s *sample) error {
	told := false
	for i, old := range m.olds {
		if i > 0 && !m.request.Level.Transitive() {
			break
		}
		number := m.sides[i].number
		for _, d := range []direction{
			{compat.OldToNew, covers(m.request.Level, compat.Backward), old.schema, m.head.schema, VersionParty(number, "base"), "head"},
			{compat.NewToOld, covers(m.request.Level, compat.Forward), m.head.schema, old.schema, "head", VersionParty(number, "base")},
		} {
			f, err := s.read(ctx, d)
			if err != nil {
				return err
			}
			if f == nil || out.witnessed(s, f, d, number) || told || !d.required {
				continue
			}
			told = true // the first version says it for the others
			out.findings = append(out.findings, x.unread(j, s, f, d))
		}
	}
	return nil
}

// direction is one question about a sample.
type direction struct {
	is         compat.Direction
	required   bool
	writer     schema.Parsed
	reader     schema.Parsed
	from, into Party
}

// sample is an event in a file; raw and message are its binary form, if it has
// one.
type sample struct {
	file, body string
	raw        []byte
	message    string
}

// fault is a place at which a reader does not get what a sample says.
type fault struct {
	path          string
	keyword       string // of JSON Schema
	effect        schema.Effect
	written, read string
	offset        int
}

// read shows the sample to a reader. There is no fault if the reader gets all of
// it, or if it is no event of the writer's.
func (s *sample) read(ctx context.Context, d direction) (*fault, error) {
	event := []byte(s.body)
	if was, err := d.writer.Check(ctx, schema.Event{Encoding: schema.EncodingJSON, Bytes: event}); err != nil || len(was.Violations) > 0 {
		return nil, ctx.Err() // it never was an event
	}
	var err error
	switch w := d.writer.(type) {
	case *avro.Schema:
		r, ok := d.reader.(*avro.Schema)
		if !ok {
			return nil, nil //nolint:nilnil // another format; its rule says so
		}
		if s.raw, err = w.Encode(event); err != nil {
			return asFault(err)
		}
		reading, err := avro.Read(w, r, s.raw)
		if err != nil {
			return asFault(err)
		}
		if len(reading.Faults) > 0 {
			f := reading.Faults[0]
			return &fault{path: f.Path, effect: f.Effect, written: f.Written, read: f.Read}, nil
		}
	case *protobuf.Schema:
		r, ok := d.reader.(*protobuf.Schema)
		if !ok || w.Descriptor().Messages().Len() == 0 {
			return nil, nil //nolint:nilnil // see above; no event has a message
		}
		s.message = string(w.Descriptor().Messages().Get(0).FullName())
		if s.raw, err = w.Encode(event); err != nil {
			return asFault(err)
		}
		faults, err := protobuf.Read(w, r, s.message, s.raw)
		if err != nil {
			return asFault(err)
		}
		if len(faults) > 0 {
			f := faults[0]
			return &fault{path: f.Path, effect: f.Effect, written: f.Written, read: f.Read}, nil
		}
	case *jsonschema.Schema:
		if _, ok := d.reader.(*jsonschema.Schema); !ok {
			return nil, nil //nolint:nilnil // see above
		}
		now, err := d.reader.Check(ctx, schema.Event{Encoding: schema.EncodingJSON, Bytes: event})
		if err != nil {
			return asFault(err)
		}
		if len(now.Violations) > 0 {
			v := now.Violations[0]
			keyword, _, _ := strings.Cut(v.What, ":")
			return &fault{path: s.eventPath(v.Path), keyword: keyword, effect: schema.Refused, read: v.What, offset: v.Offset}, nil
		}
	}
	return nil, ctx.Err()
}

// asFault turns an event that a reader does not come to the end of into a fault;
// what is our own mistake stays an error.
func asFault(err error) (*fault, error) {
	var bug *schema.Bug
	if errors.As(err, &bug) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil, err
	}
	return &fault{effect: schema.Refused, read: err.Error()}, nil
}

// eventPath turns a JSON Pointer into the event to the syntax of findings:
// "items[].sku".
func (s *sample) eventPath(pointer string) string {
	limits := jsonx.EventLimits(schema.DefaultLimits())
	v, err := jsonx.Parse(s.body, limits)
	if err != nil {
		return pointer
	}
	out := ""
	for _, segment := range segments(pointer) {
		switch {
		case v != nil && v.Kind == jsonx.Array:
			out += "[]"
		case out != "":
			out += "." + segment
		default:
			out = segment
		}
		if v != nil {
			v, _ = child(v, segment)
		}
	}
	return out
}

// witnessed makes a sample the witness of the finding that it shows, and reports
// whether a finding says that such events break.
func (r *result) witnessed(s *sample, f *fault, d direction, number int) bool {
	var said []*Finding
	for i := range r.findings {
		g := &r.findings[i]
		if g.judged && g.Witness != nil && g.Direction == d.is.String() && g.holdsFor(number) {
			said = append(said, g)
		}
	}
	for _, g := range said {
		if !f.shows(g, len(said) == 1) {
			continue
		}
		if g.Witness.Origin != generated {
			return true // an earlier sample shows it
		}
		w := &Witness{
			Effect: string(f.effect), Writer: d.from, Reader: d.into, Value: s.value(), Encoding: g.Witness.Encoding, Type: s.message,
			Bytes: s.raw, Written: f.written, Origin: s.file,
		}
		if f.effect == schema.Refused {
			w.ReaderError = f.read
		} else {
			w.Read = f.read
		}
		g.Witness = w
		return true
	}
	return len(said) > 0
}

// generated is the origin of a witness that was made up.
const generated = "generated"

// holdsFor reports whether a finding is about a version; without numbers there is
// but one.
func (f *Finding) holdsFor(number int) bool {
	return number == 0 || slices.ContainsFunc(f.Against, func(a Against) bool { return slices.Contains(a.Versions, number) })
}

// shows reports whether the fault is what a finding speaks of. Of JSON Schema the
// keyword has to be the same, unless there is but one finding.
func (f *fault) shows(g *Finding, only bool) bool {
	if string(f.effect) != g.Witness.Effect {
		return false
	}
	paths := append([]string{g.Path}, g.Paths...)
	at := slices.ContainsFunc(paths, func(p string) bool { return strings.TrimPrefix(p, "$") == f.path })
	if f.keyword == "" {
		return at
	}
	if only {
		return true
	}
	if parent, ok := strings.CutSuffix(g.Path, "."+g.Params["property"]); ok && parent == f.path || g.Path == g.Params["property"] && f.path == "" {
		at = true // a property that is missing breaks what it is missing in
	}
	return at && strings.Contains(g.Pointer+"/", "/"+f.keyword+"/")
}

// value is the event without blanks.
func (s *sample) value() json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, []byte(s.body)) != nil {
		return nil
	}
	return b.Bytes()
}

// notEvent is a finding at a sample that is no event at all.
func (x *run) notEvent(j *job, file, problem string, offset int, body string) Finding {
	return sampleFinding(j, file, fmt.Sprintf("%s is no event of %s: %s", file, j.subject, problem), problem, offset, body)
}

// unread is a finding at a sample that the other side does not read.
func (x *run) unread(j *job, s *sample, f *fault, d direction) Finding {
	problem := f.read
	if f.effect != schema.Refused {
		problem = fmt.Sprintf("%s is read as %s", f.written, f.read)
	}
	if f.path != "" {
		problem = f.path + ": " + problem
	}
	out := sampleFinding(j, s.file, fmt.Sprintf("%s is an event of %s, and %s does not read it: %s", s.file, theSide(d.from), theSide(d.into), problem), problem, f.offset, s.body)
	out.Direction, out.Required = d.is.String(), d.required
	return out
}

// theSide names a party in a sentence.
func theSide(p Party) string {
	if p.Number() > 0 {
		return p.String()
	}
	return "the " + string(p)
}

func sampleFinding(j *job, file, message, problem string, offset int, body string) Finding {
	at := Location{File: file, Span: top}
	if offset > 0 && offset <= len(body) {
		p := jsonx.PositionOf(body, offset)
		at.Line, at.Column, at.Offset = p.Line, p.Column, offset
	}
	f := simple("schema/sample-unreadable", SeverityError, at, message, map[string]string{"sample": file, "error": problem})
	f.Path = file
	f.about(j)
	// What is wrong is the words of a validator, which may change.
	f.Fingerprint = Identity{Rule: f.Rule, Subject: f.Subject, OldPath: file, NewPath: file}.Fingerprint()
	return f
}

// samplesOf lists the sample files of a subject.
func (x *run) samplesOf(u *unit) []string {
	if len(u.mapping.Samples) == 0 {
		return nil
	}
	dir, base := path.Split(u.file)
	name := strings.TrimSuffix(strings.TrimSuffix(base, path.Ext(base)), ".schema")
	fill := strings.NewReplacer("{name}", name, "{dir}", strings.TrimSuffix(dir, "/"), "{path}", u.file)
	var patterns []string
	for _, p := range u.mapping.Samples {
		patterns = append(patterns, path.Join(u.mapping.sampleDir, fill.Replace(p)))
	}
	g, err := newGlobs(patterns)
	if err != nil {
		return nil // a file name that is a pattern names no samples
	}
	var out []string
	for _, f := range x.Head.Files() {
		if f.Path != u.file && g.match(f.Path) {
			out = append(out, f.Path)
		}
	}
	return out
}
