package protobuf

import (
	"sort"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// longLine is how far into a line a token may start before the parser is shown
// a line break in front of it. The compiler scans a line from its beginning for
// the position of each token, so a text on one line would cost quadratic time.
const longLine = 2048

// markEvery is the distance of the places whose line and column are known.
const markEvery = 1024

// source is a text together with what is needed to name places in it.
type source struct {
	text   string // as it was given
	broken string // as the parser sees it; the same string for most texts
	breaks []int  // offsets in text in front of which a line break was put
	marks  []schema.Position
	soft   bool // only lenient parsing takes it
}

func newSource(text string, breaks []int) *source {
	s := &source{text: text, broken: text, breaks: breaks}
	if len(breaks) == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(text) + len(breaks))
	from := 0
	for _, at := range breaks {
		b.WriteString(text[from:at])
		b.WriteByte('\n')
		from = at
	}
	b.WriteString(text[from:])
	s.broken = b.String()
	return s
}

// position converts an offset of the parser to a line and a column, in code
// points, of the text as it was given.
func (s *source) position(offset int) schema.Position {
	// Break i stands at offset breaks[i]+i of the broken text.
	before := sort.Search(len(s.breaks), func(i int) bool { return s.breaks[i]+i >= offset })
	return s.textPosition(offset - before)
}

// textPosition converts an offset of the text as it was given.
func (s *source) textPosition(offset int) schema.Position {
	if offset < 0 || offset > len(s.text) {
		return schema.Position{}
	}
	if s.marks == nil {
		s.mark()
	}
	p := s.marks[offset/markEvery]
	for _, c := range []byte(s.text[offset/markEvery*markEvery : offset]) {
		p = advance(p, c)
	}
	return p
}

// mark notes the position of every so many bytes.
func (s *source) mark() {
	s.marks = make([]schema.Position, 0, len(s.text)/markEvery+1)
	p := schema.Position{Line: 1, Column: 1}
	for i := range len(s.text) + 1 {
		if i%markEvery == 0 {
			s.marks = append(s.marks, p)
		}
		if i < len(s.text) {
			p = advance(p, s.text[i])
		}
	}
}

// advance moves behind one byte; continuation bytes of UTF-8 take no column.
func advance(p schema.Position, c byte) schema.Position {
	switch {
	case c == '\n':
		return schema.Position{Line: p.Line + 1, Column: 1}
	case c&0xc0 == 0x80:
		return p
	default:
		p.Column++
		return p
	}
}
