package batch

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast"
)

// streamRecord is a line on its way through the steps.
type streamRecord struct {
	line   []byte // without its newline
	spans  [places]span
	stream string
	// offset and record say where the line stood in the input.
	offset, record int64
}

// newRecord finds the places of a line, which must say its stream.
func (r *streamRun) newRecord(line []byte, offset, record int64) (*streamRecord, error) {
	x := &streamRecord{line: line, offset: offset, record: record}
	if err := r.locateIn(x); err != nil {
		return nil, r.wrong(x, err.Error())
	}
	return x, nil
}

func (r *streamRun) locateIn(x *streamRecord) error {
	var err error
	if x.spans, err = r.locate.find(x.line); err != nil {
		return err
	}
	if v := x.spans[atStream]; !v.found() || x.line[v.start] != '"' {
		return fmt.Errorf("the line does not say its stream at %s", r.job.Envelope.Stream)
	}
	var ok bool
	if x.stream, ok = textAt(x.line, x.spans[atStream]); !ok {
		return fmt.Errorf("the name of the stream at %s cannot be read", r.job.Envelope.Stream)
	}
	return nil
}

// wrong is an error at a record.
func (r *streamRun) wrong(x *streamRecord, what string) error {
	return fmt.Errorf("%s: record %d (offset %d): %s", r.job.In, x.record, x.offset, what)
}

// text is what a place holds; false if the line has none.
func (x *streamRecord) text(place int) (string, bool) { return textAt(x.line, x.spans[place]) }

// into moves a record to a stream. Where lines keep their origin, the first one
// stays.
func (r *streamRun) into(x *streamRecord, stream string) error {
	switch {
	case stream == "":
		return r.wrong(x, "the name of its new stream is empty")
	case stream == x.stream:
		return nil
	}
	at := x.spans[atStream]
	line := slices.Concat(x.line[:at.start], jsonx.AppendQuoted(nil, stream), x.line[at.end:])
	if r.job.Envelope.Origin != "" && !x.spans[atOrigin].found() {
		end := bytes.LastIndexByte(line, '}')
		var origin []byte
		origin = jsonx.AppendQuoted(append(origin, ','), r.locate.pointers[atOrigin][0])
		origin = jsonx.AppendQuoted(append(origin, ':'), x.stream)
		line = append(append(bytes.Clone(line[:end]), origin...), line[end:]...)
	}
	x.line = line
	if err := r.locateIn(x); err != nil {
		return r.wrong(x, err.Error())
	}
	return nil
}

// meta is the envelope of a record as expressions see it.
func (x *streamRecord) meta() map[string]any {
	out := map[string]any{"stream": x.stream, "record": x.record}
	for place, name := range map[int]string{atType: "type", atID: "id", atVersion: "version", atTime: "time", atOrigin: "origin"} {
		text, ok := x.text(place)
		if !ok {
			continue
		}
		out[name] = text
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && x.line[x.spans[place].start] != '"' {
			out[name] = n
		}
	}
	return out
}

// value is what an expression gives for a record.
func (r *streamRun) value(x *streamRecord, s *upcast.Selector) (any, error) {
	var event any
	if at := x.spans[atPayload]; at.found() {
		var err error
		if event, err = upcast.SelectorEvent(string(x.line[at.start:at.end])); err != nil {
			return nil, r.wrong(x, err.Error())
		}
	}
	v, err := s.Value(x.meta(), event)
	if err != nil {
		return nil, r.wrong(x, err.Error())
	}
	return v, nil
}

// truth is a condition's value.
func (r *streamRun) truth(x *streamRecord, s *upcast.Selector) (bool, error) {
	v, err := r.value(x, s)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, r.wrong(x, fmt.Sprintf("%s is %v, neither true nor false", s, v))
	}
	return b, nil
}

// label is an expression's value as a part of a name.
func label(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

// moment is a value that orders events: a whole number, or a time of RFC 3339.
type moment struct {
	seconds, nanos int64
	number         bool
}

func (m moment) before(o moment) bool {
	return m.seconds < o.seconds || m.seconds == o.seconds && m.nanos < o.nanos
}

func momentOf(v any) (moment, error) {
	switch x := v.(type) {
	case int64:
		return moment{seconds: x, number: true}, nil
	case float64:
		whole := math.Floor(x)
		if math.Abs(whole) < 1<<53 {
			return moment{int64(whole), int64((x - whole) * 1e9), true}, nil
		}
	case string:
		if t, err := time.Parse(time.RFC3339Nano, x); err == nil {
			return moment{seconds: t.Unix(), nanos: int64(t.Nanosecond())}, nil
		}
	}
	return moment{}, fmt.Errorf("%v is neither a number nor a time such as 2026-03-31T12:00:00Z", v)
}
