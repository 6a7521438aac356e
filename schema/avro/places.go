package avro

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// places turns byte offsets into lines and columns without scanning the text
// from its start each time, which one long line would make quadratic.
type places struct {
	text  string
	marks []schema.Position // of every stride-th byte
}

const stride = 256

func newPlaces(text string) *places {
	p := &places{text: text, marks: make([]schema.Position, 0, len(text)/stride+1)}
	at := schema.Position{Line: 1, Column: 1}
	for i := 0; i < len(text); i++ {
		if i%stride == 0 {
			p.marks = append(p.marks, at)
		}
		at = step(at, text[i])
	}
	if len(text)%stride == 0 {
		p.marks = append(p.marks, at)
	}
	return p
}

// at returns the position of the character that starts at offset.
func (p *places) at(offset int) schema.Position {
	offset = min(max(offset, 0), len(p.text))
	mark := offset / stride
	at := p.marks[mark]
	for i := mark * stride; i < offset; i++ {
		at = step(at, p.text[i])
	}
	return at
}

// step counts one byte; continuation bytes of UTF-8 take no column.
func step(at schema.Position, c byte) schema.Position {
	switch {
	case c == '\n':
		return schema.Position{Line: at.Line + 1, Column: 1}
	case utf8.RuneStart(c):
		at.Column++
	}
	return at
}

// pointerTo returns the JSON Pointer of the value of v that starts at offset, or
// of the innermost one around it. Only mistakes need a pointer, so the parser
// keeps none on its way.
func pointerTo(v *jsonx.Value, offset int) string {
	var b strings.Builder
down:
	for v.Offset < offset {
		for i, item := range v.Items {
			if offset >= item.Offset && offset < item.End {
				b.WriteString("/" + strconv.Itoa(i))
				v = item
				continue down
			}
		}
		for i := range v.Members {
			if m := &v.Members[i]; offset >= m.Value.Offset && offset < m.Value.End {
				b.WriteString(jsonx.Pointer("", m.Key))
				v = m.Value
				continue down
			}
		}
		break
	}
	return b.String()
}
