package upcast

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SegmentKind tells the parts of a [Path] apart.
type SegmentKind uint8

// The kinds of segments, with their spelling.
const (
	FieldSegment     SegmentKind = iota // a.b, or `any characters`
	NumberSegment                       // #7, a Protobuf field number
	ExtensionSegment                    // (pkg.ext), a Protobuf extension
	ElementsSegment                     // [], each element of a list
	ValuesSegment                       // {}, each value of a map
	BranchSegment                       // <name>, one branch of a union
	OptionalSegment                     // ?, act only if present and not null
)

// Segment is one part of a path.
type Segment struct {
	Kind SegmentKind
	// Name is a field, an extension's or a branch's full name.
	Name string
	// Number is a Protobuf field number.
	Number int
}

// Path names a place in an event: "a.b", "items[].sku", "attrs{}.x",
// "pay<com.acme.Card>.no", "cust?.zip", "#7". No segment at all is "$", the
// event itself or, inside a step that descends, the value it descended to.
type Path []Segment

// maxPathSegments bounds a path; events nest less deeply.
const maxPathSegments = 128

// ParsePath reads a path. The error is one sentence without a place.
func ParsePath(text string) (Path, error) {
	p := pathParser{text: text}
	return p.path()
}

// String prints the path as it is written.
func (p Path) String() string {
	if len(p) == 0 {
		return "$"
	}
	var b strings.Builder
	for i, s := range p {
		s.append(&b, i == 0)
	}
	if !p[0].named() {
		return "$" + b.String()
	}
	return b.String()
}

func (s Segment) named() bool {
	return s.Kind == FieldSegment || s.Kind == NumberSegment || s.Kind == ExtensionSegment
}

// fieldName is the name of the field that a segment names; an extension's stands
// in brackets.
func (s Segment) fieldName() string {
	if s.Kind == ExtensionSegment {
		return "(" + s.Name + ")"
	}
	return s.Name
}

func (s Segment) append(b *strings.Builder, first bool) {
	if s.named() && !first {
		b.WriteByte('.')
	}
	switch s.Kind {
	case FieldSegment:
		if plainName(s.Name) {
			b.WriteString(s.Name)
		} else {
			b.WriteString("`" + strings.ReplaceAll(s.Name, "`", "``") + "`")
		}
	case NumberSegment:
		b.WriteString("#" + strconv.Itoa(s.Number))
	case ExtensionSegment:
		b.WriteString("(" + s.Name + ")")
	case ElementsSegment:
		b.WriteString("[]")
	case ValuesSegment:
		b.WriteString("{}")
	case BranchSegment:
		b.WriteString("<" + s.Name + ">")
	case OptionalSegment:
		b.WriteByte('?')
	}
}

// plainName reports whether a field name needs no backticks.
func plainName(s string) bool {
	for i, r := range s {
		if !nameRune(r, i == 0) {
			return false
		}
	}
	return s != ""
}

func nameRune(r rune, first bool) bool {
	return r == '_' || r == '@' || unicode.IsLetter(r) || (!first && (r == '-' || unicode.IsDigit(r)))
}

type pathParser struct {
	text string
	at   int
}

func (p *pathParser) path() (Path, error) {
	if p.text == "" {
		return nil, p.wrong("a path is empty; the event itself is $")
	}
	if !utf8.ValidString(p.text) {
		return nil, fmt.Errorf("the path is not UTF-8")
	}
	out := Path{}
	if p.take("$") {
		if p.rest() == "" {
			return out, nil
		}
		if c := p.rest()[0]; c != '[' && c != '{' && c != '<' && c != '?' && c != '.' {
			return nil, p.wrong("after $ comes a dot, [], {}, <branch> or ?")
		}
		p.take(".")
	}
	for {
		s, err := p.segment(len(out) == 0 || p.text[p.at-1] == '.')
		if err != nil {
			return nil, err
		}
		if s.Kind == OptionalSegment && len(out) > 0 && out[len(out)-1].Kind == OptionalSegment {
			return nil, p.wrong("one ? is enough")
		}
		if out = append(out, s); len(out) > maxPathSegments {
			return nil, fmt.Errorf("the path has more than %d parts", maxPathSegments)
		}
		if p.rest() == "" {
			return out, nil
		}
		if p.take(".") && p.rest() == "" {
			return nil, p.wrong("the path ends in a dot")
		}
	}
}

func (p *pathParser) segment(named bool) (Segment, error) {
	rest := p.rest()
	switch {
	case p.take("[]"):
		return Segment{Kind: ElementsSegment}, nil
	case p.take("{}"):
		return Segment{Kind: ValuesSegment}, nil
	case p.take("?"):
		return Segment{Kind: OptionalSegment}, nil
	case strings.HasPrefix(rest, "["):
		return Segment{}, p.wrong("a list is entered by []; single elements can be reached in expressions only")
	case strings.HasPrefix(rest, "<"):
		name, err := p.enclosed(">")
		return Segment{Kind: BranchSegment, Name: name}, err
	case !named:
		return Segment{}, p.wrong("a dot separates two names")
	case strings.HasPrefix(rest, "("):
		name, err := p.enclosed(")")
		return Segment{Kind: ExtensionSegment, Name: name}, err
	case strings.HasPrefix(rest, "`"):
		return p.quoted()
	case strings.HasPrefix(rest, "#"):
		return p.number()
	default:
		return p.name()
	}
}

func (p *pathParser) name() (Segment, error) {
	rest := p.rest()
	n := 0
	for i, r := range rest {
		if !nameRune(r, i == 0) {
			break
		}
		n = i + utf8.RuneLen(r)
	}
	if n == 0 {
		return Segment{}, p.wrong("a name is expected; one with other characters is written in backticks")
	}
	p.at += n
	return Segment{Kind: FieldSegment, Name: rest[:n]}, nil
}

func (p *pathParser) quoted() (Segment, error) {
	var b strings.Builder
	rest := p.rest()
	for i := 1; i < len(rest); i++ {
		if rest[i] != '`' {
			b.WriteByte(rest[i])
			continue
		}
		if strings.HasPrefix(rest[i+1:], "`") {
			b.WriteByte('`')
			i++
			continue
		}
		p.at += i + 1
		return Segment{Kind: FieldSegment, Name: b.String()}, nil
	}
	return Segment{}, p.wrong("the backtick is not closed")
}

// maxFieldNumber is the largest Protobuf field number.
const maxFieldNumber = 1<<29 - 1

func (p *pathParser) number() (Segment, error) {
	digits := p.rest()[1:]
	if i := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = digits[:i]
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > maxFieldNumber || digits[0] == '0' {
		return Segment{}, p.wrong("after # comes a Protobuf field number")
	}
	p.at += 1 + len(digits)
	return Segment{Kind: NumberSegment, Number: n}, nil
}

func (p *pathParser) enclosed(end string) (string, error) {
	name, _, ok := strings.Cut(p.rest()[1:], end)
	if !ok {
		return "", p.wrong(fmt.Sprintf("the closing %s is missing", end))
	}
	if name == "" || strings.ContainsAny(name, " \t`<>()") {
		return "", p.wrong("a full name is expected between the brackets")
	}
	p.at += 1 + len(name) + len(end)
	return name, nil
}

func (p *pathParser) rest() string { return p.text[p.at:] }

func (p *pathParser) take(s string) bool {
	if strings.HasPrefix(p.rest(), s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *pathParser) wrong(what string) error {
	if p.at == 0 || p.at >= len(p.text) {
		return fmt.Errorf("path %q: %s", p.text, what)
	}
	return fmt.Errorf("path %q, at %q: %s", p.text, p.rest(), what)
}
