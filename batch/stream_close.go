package batch

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast"
)

// closeStream ends a stream and begins its successor: the old one keeps its
// events and gets one that names the new one, which begins with a copy of them,
// or of the last snapshot and what followed it.
type closeStream struct {
	stream, next, marker string
	snapshot             *upcast.Selector
}

// closedType is the type of the event that closes a stream.
const closedType = "instar.stream.closed"

func readClose(o *streamObject) streamStep {
	s := &closeStream{stream: o.text("stream", true), next: o.text("next", true), marker: o.text("type", false)}
	if s.marker == "" {
		s.marker = closedType
	}
	if o.bool("snapshot") {
		if o.n.Get("when") == nil {
			o.fail("snapshot", "nothing says which events are snapshots", `add a condition, as in when: "meta.type == 'OrderSnapshot'"`)
		}
		s.snapshot = o.selector("when")
	}
	return s
}

func (s *closeStream) String() string { return fmt.Sprintf("close %s for %s", s.stream, s.next) }
func (s *closeStream) uses() []int    { return []int{atType} }

func (s *closeStream) begin(r *streamRun, next emit) (stage, error) {
	return &closeStage{r: r, s: s, next: next}, nil
}

type closeStage struct {
	r        *streamRun
	s        *closeStream
	next     emit
	kept     []*streamRecord
	size     int
	snapshot bool
	last     *streamRecord
}

func (g *closeStage) push(x *streamRecord) error {
	switch x.stream {
	case g.s.next:
		return g.r.wrong(x, fmt.Sprintf("stream %s is there already; name another one as the next", g.s.next))
	case g.s.stream:
		if err := g.keep(x); err != nil {
			return err
		}
	}
	return g.next(x)
}

func (g *closeStage) keep(x *streamRecord) error {
	if g.s.snapshot != nil {
		yes, err := g.r.truth(x, g.s.snapshot)
		if err != nil {
			return err
		}
		if yes {
			g.kept, g.size, g.snapshot = nil, 0, true
		}
	}
	g.last = &streamRecord{bytes.Clone(x.line), x.spans, x.stream, x.offset, x.record}
	if g.s.snapshot != nil && !g.snapshot {
		return nil
	}
	g.kept = append(g.kept, g.last)
	if g.size += len(x.line); g.size > maxKept {
		return g.r.wrong(x, fmt.Sprintf("the events that stream %s begins with have more than %d bytes; take a later snapshot", g.s.next, maxKept))
	}
	return nil
}

func (g *closeStage) end() error {
	switch {
	case g.last == nil:
		return fmt.Errorf("%s: %s: the file has no such stream", g.r.job.In, g.s)
	case g.s.snapshot != nil && !g.snapshot:
		return fmt.Errorf("%s: %s: the stream has no snapshot", g.r.job.In, g.s)
	}
	mark, err := g.mark()
	if err == nil {
		err = g.next(mark)
	}
	for i := 0; i < len(g.kept) && err == nil; i++ {
		x := g.kept[i]
		if err = g.r.into(x, g.s.next); err == nil {
			err = g.next(x)
		}
	}
	return err
}

// mark is the event that closes the stream, with the places that lines have.
func (g *closeStage) mark() (*streamRecord, error) {
	values := [places]string{
		atStream: jsonx.Quote(g.s.stream), atType: jsonx.Quote(g.s.marker), atID: jsonx.Quote("closed:" + g.s.stream),
		atVersion: "1", atPayload: `{"next":` + jsonx.Quote(g.s.next) + `}`,
	}
	if at := g.last.spans[atTime]; at.found() {
		values[atTime] = string(g.last.line[at.start:at.end])
	}
	root := &member{}
	for place, v := range values {
		if v == "" || len(g.r.locate.pointers[place]) == 0 {
			continue
		}
		root.put(g.r.locate.pointers[place], v)
	}
	return g.r.newRecord(root.append(nil), g.last.offset, g.last.record)
}

// member is a part of a line that is written from the pointers of an envelope.
type member struct {
	name, value string
	members     []*member
}

func (m *member) put(path []string, value string) {
	if len(path) == 0 {
		m.value = value
		return
	}
	i := slices.IndexFunc(m.members, func(x *member) bool { return x.name == path[0] })
	if i < 0 {
		i = len(m.members)
		m.members = append(m.members, &member{name: path[0]})
	}
	m.members[i].put(path[1:], value)
}

func (m *member) append(dst []byte) []byte {
	if m.value != "" {
		return append(dst, m.value...)
	}
	dst = append(dst, '{')
	for i, x := range m.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = x.append(append(jsonx.AppendQuoted(dst, x.name), ':'))
	}
	return append(dst, '}')
}
