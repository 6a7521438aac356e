package batch

import (
	"bytes"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
)

// guesser guesses the places in lines. It belongs to one goroutine: it learns in
// which order lines have their members.
type guesser struct {
	*locator
	top *nest // nil if no guess can be made
	// bare says that a line is an event, and that nothing else is asked of it.
	bare bool
}

func newGuesser(l *locator) *guesser {
	return &guesser{l, l.nested(0, l.wanted), l.wanted == 1<<atPayload && len(l.pointers[atPayload]) == 0}
}

// nest is an object of lines that leads to places of the envelope.
type nest struct{ members []nestMember }

// nestMember is a member of a nest: a place, or another nest.
type nestMember struct {
	name string
	// text is the name and the colon as lines mostly write them; empty if the name
	// needs escapes.
	text  string
	place int
	below *nest
}

// nested makes the nest of the places whose pointers lead to one object. It is nil
// where no guess can be made: the payload is the whole line, or other places are
// part of one.
func (l *locator) nested(depth int, open placeSet) *nest {
	n := &nest{}
	groups := map[string]placeSet{}
	var names []string
	for i := range l.pointers {
		if !open.has(i) {
			continue
		}
		if len(l.pointers[i]) == depth {
			return nil
		}
		name := l.pointers[i][depth]
		if groups[name] == 0 {
			names = append(names, name)
		}
		groups[name] |= 1 << i
	}
	for _, name := range names {
		m := nestMember{name: name}
		if text := jsonx.Quote(name); len(text) == len(name)+2 {
			m.text = text + ":"
		}
		leaf := false
		for i, p := range l.pointers {
			if groups[name] == 1<<i && len(p) == depth+1 {
				m.place, leaf = i, true
			}
		}
		if !leaf {
			if m.below = l.nested(depth+1, groups[name]); m.below == nil {
				return nil
			}
		}
		n.members = append(n.members, m)
	}
	return n
}

// guess gives the places in a line whose payload is held to the grammar of JSON
// afterwards. Only if it is one JSON value are they right, and only then is the
// line: a payload that is an object and after which nothing but the ends of the
// objects around it may follow is not walked at all, another one by its brackets.
func (g *guesser) guess(line []byte) (out [places]span, ok bool) {
	s := skipper{data: line}
	s.space()
	if g.bare && s.at < len(line) {
		out[atPayload] = span{s.at, withoutSpace(line)}
		return out, true
	}
	if g.top == nil || s.peek() != '{' || !g.top.walk(g.locator, &s, &out, 0) {
		return out, false
	}
	s.space()
	return out, s.at == len(line)
}

// walk walks an object of a line.
func (n *nest) walk(l *locator, s *skipper, out *[places]span, depth int) bool {
	s.at++
	s.space()
	if s.peek() == '}' {
		s.at++
		return true
	}
	for hint := 0; ; {
		s.space()
		i, ok := n.key(s, hint)
		if !ok {
			return false
		}
		if i < 0 {
			ok = s.value(depth+1) == nil
		} else {
			ok, hint = n.members[i].walk(l, s, out, depth+1), i+1
		}
		if !ok {
			return false
		}
		if done, err := s.next('}'); done || err != nil {
			return done
		}
	}
}

// key goes to the value of the next member, and tells which one it is; below zero
// if it is none of the nest's. The hint is the one that comes next if the line has
// them in the order of the one before; where it has not, its order is learned.
func (n *nest) key(s *skipper, hint int) (int, bool) {
	if hint < len(n.members) {
		text := n.members[hint].text
		if end := s.at + len(text); text != "" && end <= len(s.data) && string(s.data[s.at:end]) == text {
			s.at = end
			s.space()
			return hint, true
		}
	}
	if s.peek() != '"' {
		return 0, false
	}
	key, err := s.text()
	s.space()
	if err != nil || s.peek() != ':' {
		return 0, false
	}
	s.at++
	s.space()
	name := key[1 : len(key)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		text, _ := unquote(key)
		name = []byte(text)
	}
	i := slices.IndexFunc(n.members, func(m nestMember) bool { return string(name) == m.name })
	if i > hint {
		n.members[i], n.members[hint] = n.members[hint], n.members[i]
		i = hint
	}
	return i, true
}

// walk walks the value of a member.
func (m *nestMember) walk(l *locator, s *skipper, out *[places]span, depth int) bool {
	if m.below != nil {
		// A nest that is there twice would have its places twice, or not at all.
		if s.peek() == '{' {
			return m.below.walk(l, s, out, depth)
		}
		return s.value(depth) == nil
	}
	at := &out[m.place]
	if at.found() {
		return false
	}
	start := s.at
	if m.place == atPayload {
		if l.guessed(s, out, depth) != nil {
			return false
		}
	} else if s.value(depth) != nil {
		return false
	}
	*at = span{start, s.at}
	return true
}

// guessed goes to where a payload should end: before the ends of the objects that
// it is in, if what routes the line was found, and else at its last bracket.
func (l *locator) guessed(s *skipper, found *[places]span, depth int) error {
	if s.peek() != '{' || l.wanted.has(atVersion) && !found[atVersion].found() || l.wanted.has(atType) && !found[atType].found() {
		return s.brackets(depth)
	}
	end := len(s.data)
	for range depth {
		end = withoutSpace(s.data[:end])
		if end--; end <= s.at || s.data[end] != '}' {
			return s.brackets(depth)
		}
	}
	s.at = withoutSpace(s.data[:end])
	return nil
}

// withoutSpace is the length of a text without the space at its end.
func withoutSpace(text []byte) int {
	n := len(text)
	for n > 0 && (text[n-1] == ' ' || text[n-1] == '\t' || text[n-1] == '\r' || text[n-1] == '\n') {
		n--
	}
	return n
}
