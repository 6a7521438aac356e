package batch

import (
	"bytes"
	"context"
	"errors"

	"github.com/instar-registry/instar/upcast"
)

// folding is what documents may ask of events that stand before theirs in the file.
type folding struct {
	*upcast.Fold
}

// asks are routes whose documents look at earlier events of a stream.
type asks interface {
	StreamInputs() []upcast.ContextInput
}

// StreamInputs are the context inputs of kind stream of the subject's documents.
func (s *Subject) StreamInputs() []upcast.ContextInput {
	var out []upcast.ContextInput
	for _, v := range s.versions {
		if d := s.documents[v.Number]; d != nil {
			out = append(out, d.Context...)
		}
	}
	return out
}

// newFolding prepares to remember earlier events; nil if no document asks for any.
func newFolding(routes Routes, j *Job) (*folding, error) {
	a, ok := routes.(asks)
	if !ok {
		return nil, nil
	}
	f := upcast.NewFold(a.StreamInputs())
	switch {
	case f == nil:
		return nil, nil
	case j.Redrive:
		return nil, errors.New("an upcaster looks at earlier events of a stream, and dead letters stand alone; carry the whole file again")
	case j.Format != Lines || j.Payload == Base64:
		return nil, errors.New("an upcaster looks at earlier events of a stream, which lines of JSON have alone")
	case j.Envelope.Stream == "" || j.Envelope.Type == "":
		return nil, errors.New("an upcaster looks at earlier events of a stream; say where lines keep stream and type, as in --envelope stream=/s,type=/t")
	}
	return &folding{f}, nil
}

// fold prepares to remember earlier events, if a document asks for any. Lines are
// carried one after the other then. A run that is gone on with looks at the lines
// before once more, so that its output is that of an undisturbed one.
func (r *run) fold(ctx context.Context) error {
	var err error
	if r.earlier, err = newFolding(r.routes, &r.job); err != nil || r.earlier == nil {
		return err
	}
	r.job.Workers = 1
	if r.report.Bytes == 0 {
		return nil
	}
	in, _, err := openLines(r.job.In, 0, 0)
	if err != nil {
		return err
	}
	defer in.close() //nolint:errcheck // read only
	for at := int64(0); at < r.report.Bytes; {
		b, err := in.next()
		if err != nil {
			return err
		}
		for line := range bytes.Lines(b.data) {
			if err := r.earlier.see(r.locate, line); err != nil {
				return err
			}
		}
		if at = b.end; ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// see takes note of a line. What cannot be read says nothing here: its own turn
// tells what is wrong.
func (f *folding) see(l *locator, line []byte) error {
	spans, err := l.find(line)
	if err != nil || !spans[atPayload].found() {
		return nil //nolint:nilerr // as above
	}
	stream, _ := textAt(line, spans[atStream])
	typ, _ := textAt(line, spans[atType])
	if stream == "" {
		return nil
	}
	at := spans[atPayload]
	return f.See(stream, typ, line[at.start:at.end])
}

// around is what stands beside the event of a line, if a document looks at that.
func (c *lineCarrier) around(route *Route, line []byte, spans [places]span) *upcast.Envelope {
	if !route.surrounded() {
		return nil
	}
	e := &upcast.Envelope{Subject: c.job.Subject, Version: route.Version}
	e.Stream, _ = textAt(line, spans[atStream])
	e.ID, _ = textAt(line, spans[atID])
	e.Type, _ = textAt(line, spans[atType])
	if c.earlier != nil {
		e.Earlier = c.earlier.Fold
	}
	return e
}
