// Package jsonx reads JSON strictly and remembers where everything stood, and
// prints it the way clients of a schema registry rely on.
//
// encoding/json is too forgiving for schemas (duplicate keys win silently,
// invalid UTF-8 and lone surrogates are replaced, key order and number
// spelling are lost) and knows no depth, node or number limits. Untrusted text
// therefore enters Instar through this package. It is pure and never recurses
// deeper than its depth limit.
package jsonx

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/schema"
)

// Limits bound a parse; a zero field means no bound, which only trusted text
// may have (Depth zero means 512, because recursion must end).
type Limits struct {
	Bytes, Depth, Nodes, Digits, Exponent int
	// Lenient accepts duplicate keys (the last one wins, as in Jackson) and
	// lone surrogates (kept as U+FFFD), both of which stored history may hold.
	Lenient bool
	// Together says that the caller keeps or drops all values together, which
	// lets them be made in slabs. A schema keeps a few of its values for long,
	// and they would keep their neighbours.
	Together bool
}

// SchemaLimits are the bounds for schema texts.
func SchemaLimits(l schema.Limits) Limits {
	return Limits{Bytes: l.SchemaBytes, Depth: l.JSONDepth, Nodes: l.JSONNodes, Digits: l.NumberDigits, Exponent: l.NumberExponent}
}

// EventLimits are the bounds for JSON events.
func EventLimits(l schema.Limits) Limits {
	return Limits{Bytes: l.EventBytes, Depth: l.EventDepth, Nodes: l.EventNodes, Digits: l.NumberDigits, Exponent: l.NumberExponent, Together: true}
}

// Parse reads exactly one JSON value. Every error is a *schema.Error with a
// position.
func Parse(text string, l Limits) (*Value, error) {
	if l.Bytes > 0 && len(text) > l.Bytes {
		return nil, schema.OverLimit("schema-bytes", int64(len(text)), int64(l.Bytes), "the text is too long", schema.Position{})
	}
	if l.Depth == 0 {
		l.Depth = 512
	}
	p := &parser{text: text, limits: l}
	if strings.HasPrefix(text, "\ufeff") {
		return nil, p.fail(0, "the text starts with a byte order mark", "save it as UTF-8 without BOM")
	}
	p.space()
	if p.at == len(text) {
		return nil, p.fail(p.at, "the text is empty", "")
	}
	v, err := p.value(1)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at != len(text) {
		return nil, p.fail(p.at, fmt.Sprintf("unexpected %s after the end of the value", p.found()), "")
	}
	return v, nil
}

// PositionOf turns a byte offset of text into line and column.
func PositionOf(text string, offset int) schema.Position {
	if offset > len(text) {
		offset = len(text)
	}
	head := text[:offset]
	line := strings.Count(head, "\n") + 1
	start := strings.LastIndexByte(head, '\n') + 1
	return schema.Position{Line: line, Column: utf8.RuneCountInString(head[start:]) + 1}
}

type parser struct {
	text   string
	at     int
	nodes  int
	limits Limits

	slab []Value // values not given out yet
	// items and members are those of the arrays and objects that are open, the
	// innermost last; closing one copies its part out at its exact size.
	items   []*Value
	members []Member
}

// slabValues is how many values a full slab holds: 8 KiB, without waste.
const slabValues = 93

// take gives out a value. Where values are made in slabs, a text of a million of
// them is not a million allocations; a small text gets a small slab.
func (p *parser) take() *Value {
	if !p.limits.Together {
		return &Value{}
	}
	if len(p.slab) == 0 {
		p.slab = make([]Value, min(max(p.nodes, 4), slabValues))
	}
	v := &p.slab[0]
	p.slab = p.slab[1:]
	return v
}

func (p *parser) fail(offset int, what, hint string) error {
	return &schema.Error{What: what, Position: PositionOf(p.text, offset), Hint: hint}
}

func (p *parser) over(limit string, offset, found, max int, what string) error {
	return schema.OverLimit(limit, int64(found), int64(max), what, PositionOf(p.text, offset))
}

func (p *parser) found() string {
	if p.at >= len(p.text) {
		return "end of text"
	}
	r, n := utf8.DecodeRuneInString(p.text[p.at:])
	if r == utf8.RuneError && n <= 1 {
		return fmt.Sprintf("byte 0x%02x", p.text[p.at])
	}
	return strconv.QuoteRune(r)
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (*Value, error) {
	if depth > p.limits.Depth {
		return nil, p.over("json-depth", p.at, depth, p.limits.Depth, "the JSON text is nested too deeply")
	}
	p.nodes++
	if p.limits.Nodes > 0 && p.nodes > p.limits.Nodes {
		return nil, p.over("json-nodes", p.at, p.nodes, p.limits.Nodes, "the JSON text has too many values")
	}
	if p.at >= len(p.text) {
		return nil, p.fail(p.at, "the text ends where a value should be", "")
	}
	v := p.take()
	v.Offset = p.at
	var err error
	switch c := p.text[p.at]; {
	case c == '{':
		v.Kind = Object
		err = p.object(v, depth)
	case c == '[':
		v.Kind = Array
		err = p.array(v, depth)
	case c == '"':
		v.Kind = String
		v.Text, err = p.str()
	case c == '-' || (c >= '0' && c <= '9'):
		v.Kind = Number
		v.Text, err = p.number()
	default:
		err = p.word(v)
	}
	v.End = p.at
	return v, err
}

func (p *parser) word(v *Value) error {
	for word, kind := range map[string]Kind{"true": Bool, "false": Bool, "null": Null} {
		if strings.HasPrefix(p.text[p.at:], word) {
			v.Kind, v.Bool = kind, word == "true"
			p.at += len(word)
			return nil
		}
	}
	return p.fail(p.at, fmt.Sprintf("unexpected %s where a value should be", p.found()), "")
}

func (p *parser) object(v *Value, depth int) error {
	p.at++
	base := len(p.members)
	var seen map[string]int // of an object with many members
	for p.space(); ; p.space() {
		if p.at < len(p.text) && p.text[p.at] == '}' && len(p.members) == base {
			p.at++
			return nil
		}
		m, err := p.member(depth)
		if err != nil {
			return err
		}
		seen = index(seen, p.members[base:])
		if i := find(seen, p.members[base:], m.Key); i >= 0 {
			if !p.limits.Lenient {
				return p.fail(m.Offset, fmt.Sprintf("the property %q occurs twice", m.Key), "remove one of them")
			}
			p.members[base+i] = m
		} else {
			p.members = append(p.members, m)
		}
		p.space()
		if p.at < len(p.text) && p.text[p.at] == ',' {
			p.at++
			continue
		}
		if p.at < len(p.text) && p.text[p.at] == '}' {
			p.at++
			v.Members = append(make([]Member, 0, len(p.members)-base), p.members[base:]...)
			clear(p.members[base:]) // what was copied must not keep anything alive
			p.members = p.members[:base]
			return nil
		}
		return p.fail(p.at, fmt.Sprintf("unexpected %s where ',' or '}' should be", p.found()), "")
	}
}

// member reads a property and its value.
func (p *parser) member(depth int) (m Member, err error) {
	if p.at >= len(p.text) || p.text[p.at] != '"' {
		return m, p.fail(p.at, fmt.Sprintf("unexpected %s where a property name should be", p.found()), "")
	}
	m.Offset = p.at
	if m.Key, err = p.str(); err != nil {
		return m, err
	}
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != ':' {
		return m, p.fail(p.at, fmt.Sprintf("unexpected %s where ':' should be", p.found()), "")
	}
	p.at++
	p.space()
	m.Value, err = p.value(depth + 1)
	return m, err
}

// fewMembers is up to where looking through all members is as fast as a map.
const fewMembers = 8

// index keeps a map of all members once there are many.
func index(seen map[string]int, members []Member) map[string]int {
	if len(members) <= fewMembers {
		return nil
	}
	if seen == nil {
		seen = make(map[string]int, 4*fewMembers)
		for i := range members {
			seen[members[i].Key] = i
		}
	}
	last := len(members) - 1
	seen[members[last].Key] = last
	return seen
}

// find returns the index of the member called key, or -1.
func find(seen map[string]int, members []Member, key string) int {
	if seen != nil {
		if i, ok := seen[key]; ok {
			return i
		}
		return -1
	}
	for i := range members {
		if members[i].Key == key {
			return i
		}
	}
	return -1
}

func (p *parser) array(v *Value, depth int) error {
	p.at++
	p.space()
	if p.at < len(p.text) && p.text[p.at] == ']' {
		p.at++
		return nil
	}
	base := len(p.items)
	for {
		p.space()
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		p.items = append(p.items, item)
		p.space()
		if p.at < len(p.text) && p.text[p.at] == ',' {
			p.at++
			continue
		}
		if p.at < len(p.text) && p.text[p.at] == ']' {
			p.at++
			v.Items = append(make([]*Value, 0, len(p.items)-base), p.items[base:]...)
			clear(p.items[base:])
			p.items = p.items[:base]
			return nil
		}
		return p.fail(p.at, fmt.Sprintf("unexpected %s where ',' or ']' should be", p.found()), "")
	}
}

func (p *parser) number() (string, error) {
	start := p.at
	if p.text[p.at] == '-' {
		p.at++
	}
	intStart := p.at
	p.digits()
	switch n := p.at - intStart; {
	case n == 0:
		return "", p.fail(p.at, fmt.Sprintf("unexpected %s in a number", p.found()), "")
	case n > 1 && p.text[intStart] == '0':
		return "", p.fail(intStart, "a number starts with a superfluous 0", "")
	}
	digits := p.at - intStart
	if p.at < len(p.text) && p.text[p.at] == '.' {
		p.at++
		from := p.at
		p.digits()
		if p.at == from {
			return "", p.fail(p.at, "a number has no digit after its point", "")
		}
		digits += p.at - from
	}
	if p.limits.Digits > 0 && digits > p.limits.Digits {
		return "", p.over("number-digits", start, digits, p.limits.Digits, "a number has too many digits")
	}
	if p.at < len(p.text) && (p.text[p.at] == 'e' || p.text[p.at] == 'E') {
		p.at++
		if p.at < len(p.text) && (p.text[p.at] == '+' || p.text[p.at] == '-') {
			p.at++
		}
		from := p.at
		p.digits()
		if p.at == from {
			return "", p.fail(p.at, "a number has no digit in its exponent", "")
		}
		if max := p.limits.Exponent; max > 0 {
			if n, err := strconv.Atoi(p.text[from:p.at]); err != nil || n > max {
				if err != nil {
					n = 1<<31 - 1
				}
				return "", p.over("number-exponent", start, n, max, "a number has too large an exponent")
			}
		}
	}
	return p.text[start:p.at], nil
}

func (p *parser) digits() {
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
}
