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

// holds reports whether another place is found and part of this one.
func (s span) holds(o span) bool { return o.found() && s.start <= o.start && o.end <= s.end }

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

// placeSet is a set of places.
type placeSet uint8

func (p placeSet) has(place int) bool { return p>>place&1 != 0 }

// locator finds the places of an envelope.
type locator struct {
	pointers [places][]string
	wanted   placeSet
	below    []placeSet // by depth: those whose pointers have more segments
}

// newLocator reads the pointers of an envelope.
func newLocator(e Envelope) (*locator, error) {
	l := &locator{}
	pointers := [places]string{e.Payload, e.Version, e.Type, e.Stream, e.ID, e.Time, e.Origin}
	for i, p := range pointers {
		if p == "" {
			if i == atPayload {
				l.wanted |= 1 << i
			}
			continue
		}
		if p[0] != '/' {
			return nil, fmt.Errorf("envelope: %s is %q; write a JSON Pointer such as /%s", placeNames[i], p, p)
		}
		l.wanted |= 1 << i
		for _, s := range strings.Split(p[1:], "/") {
			l.pointers[i] = append(l.pointers[i], strings.NewReplacer("~1", "/", "~0", "~").Replace(s))
		}
	}
	for i := range pointers {
		for j := range i {
			if l.wanted.has(i) && l.wanted.has(j) && pointers[i] == pointers[j] {
				return nil, fmt.Errorf("envelope: %s and %s are both %q", placeNames[j], placeNames[i], pointers[i])
			}
		}
	}
	for i, p := range l.pointers {
		for depth := range p {
			if depth == len(l.below) {
				l.below = append(l.below, 0)
			}
			l.below[depth] |= 1 << i
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
		if l.wanted.has(atPayload) && len(l.pointers[atPayload]) == 0 {
			out[atPayload] = span{start, end}
		}
	}
	return out, err
}

// value walks a value; open says which pointers lead here with depth segments.
func (l *locator) value(s *skipper, out *[places]span, depth int, open placeSet) error {
	start := s.at
	var below placeSet
	if depth < len(l.below) {
		below = open & l.below[depth]
	}
	here := open &^ below
	var err error
	switch {
	case below != 0 && s.peek() == '{':
		err = l.object(s, out, depth, below)
	default:
		err = s.value(depth)
	}
	for i := 0; err == nil && here != 0; i++ {
		if !here.has(i) {
			continue
		}
		if out[i].found() {
			return s.wrong("a key on the way to an envelope's place is there twice")
		}
		out[i] = span{start, s.at}
		here &^= 1 << i
	}
	return err
}

func (l *locator) object(s *skipper, out *[places]span, depth int, open placeSet) error {
	return s.object(depth, func(key []byte) error {
		var next placeSet
		name := string(key[1 : len(key)-1])
		if bytes.IndexByte(key, '\\') >= 0 {
			name, _ = unquote(key)
		}
		for i := 0; open>>i != 0; i++ {
			if open.has(i) && name == l.pointers[i][depth] {
				next |= 1 << i
			}
		}
		if next == 0 {
			return s.value(depth + 1)
		}
		return l.value(s, out, depth+1, next)
	})
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

// isText reports whether a place in a line holds this text or number.
func isText(line []byte, at span, want string) bool {
	got, _ := textAt(line, at)
	return got == want
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
