package batch

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Envelope says where a line of JSON keeps what, as JSON Pointers (RFC 6901)
// through objects. An empty pointer says that lines do not have it, except for
// Payload, where it is the whole line.
type Envelope struct {
	Payload, Version, Type, Stream, ID string
	// Time and Origin are of use to streams: when an event was, and the stream
	// that it was in before the first step that moved it, which is written there.
	Time, Origin string `json:",omitempty"`
	// Only carries lines whose Type is this text; others pass as they are.
	Only string
}

// span is a value in a line.
type span struct{ start, end int }

func (s span) found() bool { return s.end > 0 }

// The places of an envelope in a line.
const (
	atPayload = iota
	atVersion
	atType
	atStream
	atID
	atTime
	atOrigin
	places
)

// placeNames are their names in a command line.
var placeNames = [places]string{"payload", "version", "type", "stream", "id", "time", "origin"}

// locator finds the places of an envelope.
type locator struct {
	pointers [places][]string
	wanted   [places]bool
}

// newLocator reads the pointers of an envelope.
func newLocator(e Envelope) (*locator, error) {
	l := &locator{}
	pointers := [places]string{e.Payload, e.Version, e.Type, e.Stream, e.ID, e.Time, e.Origin}
	for i, p := range pointers {
		if p == "" {
			l.wanted[i] = i == atPayload
			continue
		}
		if p[0] != '/' {
			return nil, fmt.Errorf("envelope: %s is %q; write a JSON Pointer such as /%s", placeNames[i], p, p)
		}
		l.wanted[i] = true
		for _, s := range strings.Split(p[1:], "/") {
			l.pointers[i] = append(l.pointers[i], strings.NewReplacer("~1", "/", "~0", "~").Replace(s))
		}
	}
	for i := range pointers {
		for j := range i {
			if l.wanted[i] && l.wanted[j] && pointers[i] == pointers[j] {
				return nil, fmt.Errorf("envelope: %s and %s are both %q", placeNames[j], placeNames[i], pointers[i])
			}
		}
	}
	if e.Only != "" && e.Type == "" {
		return nil, fmt.Errorf("a type to carry is named, and the envelope does not say where lines keep theirs")
	}
	return l, nil
}

// find gives the places in a line, which must be one JSON value.
func (l *locator) find(line []byte) (out [places]span, err error) {
	s := skipper{data: line}
	s.space()
	start := s.at
	err = l.value(&s, &out, 0, l.wanted)
	if err == nil {
		end := s.at
		if s.space(); s.at != len(line) {
			err = s.wrong("text follows the value")
		}
		if l.wanted[atPayload] && len(l.pointers[atPayload]) == 0 {
			out[atPayload] = span{start, end}
		}
	}
	return out, err
}

// value walks a value; open says which pointers lead here with depth segments.
func (l *locator) value(s *skipper, out *[places]span, depth int, open [places]bool) error {
	start := s.at
	below := false
	for i := range open {
		below = below || open[i] && len(l.pointers[i]) > depth
	}
	if !below || s.peek() != '{' {
		if err := s.value(depth); err != nil {
			return err
		}
	} else if err := l.object(s, out, depth, open); err != nil {
		return err
	}
	for i := range open {
		if open[i] && len(l.pointers[i]) == depth {
			if out[i].found() {
				return s.wrong("a key on the way to an envelope's place is there twice")
			}
			out[i] = span{start, s.at}
		}
	}
	return nil
}

func (l *locator) object(s *skipper, out *[places]span, depth int, open [places]bool) error {
	return s.object(depth, func(key []byte) error {
		var next [places]bool
		leads := false
		for i := range open {
			if open[i] && len(l.pointers[i]) > depth && sameKey(key, l.pointers[i][depth]) {
				next[i], leads = true, true
			}
		}
		if !leads {
			return s.value(depth + 1)
		}
		return l.value(s, out, depth+1, next)
	})
}

// sameKey compares a key as written, with its quotes, to a name.
func sameKey(key []byte, name string) bool {
	inner := key[1 : len(key)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner) == name
	}
	text, ok := unquote(key)
	return ok && text == name
}

// textAt is a text or a number in a line.
func textAt(line []byte, at span) (string, bool) {
	if !at.found() {
		return "", false
	}
	v := line[at.start:at.end]
	if v[0] == '"' {
		return unquote(v)
	}
	return string(v), v[0] == '-' || v[0] >= '0' && v[0] <= '9'
}

// versionAt is the version that a line says; false if it says none.
func versionAt(line []byte, at span) (int, bool, error) {
	if !at.found() {
		return 0, false, nil
	}
	text, ok := textAt(line, at)
	n, err := strconv.Atoi(text)
	if !ok || err != nil || n < 1 {
		return 0, false, fmt.Errorf("the version is %s, which is no version number", cut(line[at.start:at.end]))
	}
	return n, true, nil
}

// cut shortens a value for a message.
func cut(v []byte) string {
	if len(v) > 40 {
		return string(v[:40]) + "…"
	}
	return string(v)
}
