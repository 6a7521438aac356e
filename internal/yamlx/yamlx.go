// Package yamlx reads YAML strictly and remembers where everything stood.
//
// It is called by everything that reads a file a person wrote: the server's
// configuration, and later waivers and upcaster documents. YAML is a large
// language with several ways to surprise its author, so this package accepts
// the small part that configuration needs: one document of mappings, sequences
// and scalars. Anchors, aliases, merge keys, custom tags and duplicate keys are
// refused, sizes and depth are bounded before anything is built from the text,
// and every node carries its line and column so that a later complaint can
// point at it. Reading never opens a file and never executes anything.
package yamlx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/instar-registry/instar/schema"
)

// Kind is the type of a node.
type Kind uint8

// The kinds of nodes.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	Sequence
	Mapping
)

// String names the kind as a message to the author of the file does.
func (k Kind) String() string {
	return [...]string{"nothing", "true/false", "a whole number", "a number", "text", "a list", "a mapping"}[k]
}

// Node is one value with its place.
type Node struct {
	Kind Kind
	// Text is a scalar as written, without quotes.
	Text string
	// Quoted tells a scalar that was written in quotes or as a block.
	Quoted bool
	schema.Position
	// Items are the elements of a sequence, Members those of a mapping, both in
	// document order.
	Items   []*Node
	Members []Member
}

// Member is one entry of a mapping.
type Member struct {
	Key string
	schema.Position
	Value *Node
}

// Get returns the value under key, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, m := range n.Members {
		if m.Key == key {
			return m.Value
		}
	}
	return nil
}

// Limits bound a text before it is parsed.
type Limits struct {
	Bytes int // size of the whole text
	Depth int // nesting of mappings and sequences
}

// DefaultLimits suit every file that a person writes by hand.
func DefaultLimits() Limits { return Limits{Bytes: 256 << 10, Depth: 32} }

// Problem is a reason to refuse a text.
type Problem struct {
	schema.Position
	// Key is the dotted path of the node at fault, empty at the top.
	Key string
	// What is one sentence; Hint says what to do.
	What, Hint string
}

// Error renders place, problem and advice on one line.
func (p Problem) Error() string {
	var b strings.Builder
	if p.IsValid() {
		b.WriteString(p.Position.String() + ": ")
	}
	b.WriteString(p.What)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Parse reads one document. An empty text is a mapping without members. All
// problems of structure are returned together; a syntax error ends the reading
// and is therefore alone.
func Parse(text []byte, limits Limits) (*Node, []Problem) {
	if len(text) > limits.Bytes {
		return nil, []Problem{{What: fmt.Sprintf("the file has %d bytes, more than the %d allowed", len(text), limits.Bytes)}}
	}
	if at := firstBadByte(text); at >= 0 {
		return nil, []Problem{{Position: place(text, at), What: "the text is not valid UTF-8", Hint: "save the file as UTF-8"}}
	}
	if at, name := oldBreak(text); at >= 0 {
		return nil, []Problem{{
			Position: place(text, at), What: "the text holds a " + name + ", which ends a line in YAML 1.1 and does not in YAML 1.2",
			Hint: "remove it, or write it as an escape in a double-quoted text",
		}}
	}
	doc, problem := decode(text)
	if problem != nil {
		return nil, []Problem{*problem}
	}
	if doc == nil {
		return &Node{Kind: Mapping, Position: schema.Position{Line: 1, Column: 1}}, nil
	}
	r := reader{limits: limits}
	n := r.node(doc, "", 1)
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return n, nil
}

// decode runs the library, whose panics count as syntax errors of the text.
func decode(text []byte) (root *yaml.Node, problem *Problem) {
	defer func() {
		if r := recover(); r != nil {
			root, problem = nil, &Problem{What: fmt.Sprintf("the text cannot be read as YAML: %v", r)}
		}
	}()
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, syntax(text, err)
	}
	if err := d.Decode(&second); err == nil {
		return nil, &Problem{Position: schema.Position{Line: second.Line, Column: 1}, What: "the file holds more than one document", Hint: "remove everything from the second --- on"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntax(text, err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

var errorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// unplaced are errors of the library that name no line, with what they are about.
var unplaced = []struct {
	is    *regexp.Regexp
	sign  string
	clear string
}{
	{regexp.MustCompile(`unknown anchor '([^']+)' referenced`), "*", "aliases such as *%s are not allowed"},
	{regexp.MustCompile(`found incompatible YAML document()`), "%%YAML", "the directive %%YAML%s is not known"},
}

// syntax takes the line out of the library's text, or looks for what it is about.
func syntax(text []byte, err error) *Problem {
	for _, u := range unplaced {
		if m := u.is.FindStringSubmatch(err.Error()); m != nil {
			p := &Problem{What: fmt.Sprintf(u.clear, m[1]), Hint: "write the value out"}
			if u.sign != "*" {
				p.Hint = "remove the line"
			}
			if at := bytes.Index(text, []byte(strings.ReplaceAll(u.sign, "%%", "%")+m[1])); at >= 0 {
				p.Position = place(text, at)
			}
			return p
		}
	}
	p := &Problem{What: err.Error()}
	if m := errorLine.FindStringSubmatch(p.What); m != nil {
		p.What = p.What[len(m[0]):]
		if n, err := strconv.Atoi(m[1]); err == nil {
			p.Position = schema.Position{Line: n, Column: 1}
		}
	}
	p.What = "this is not YAML: " + p.What
	return p
}

func firstBadByte(text []byte) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}

// oldBreaks are the line breaks of YAML 1.1 that are ordinary characters in 1.2.
// The library takes them for breaks: what it says of lines, and of texts with such
// a character, is what no other reader of the file sees.
var oldBreaks = [][2]string{{"\u0085", "next-line character (U+0085)"}, {"\u2028", "line separator (U+2028)"}, {"\u2029", "paragraph separator (U+2029)"}}

// oldBreak finds the first of those that the text has any of; -1 if it has none.
func oldBreak(text []byte) (at int, name string) {
	for _, b := range oldBreaks {
		if at := bytes.Index(text, []byte(b[0])); at >= 0 {
			return at, b[1]
		}
	}
	return -1, ""
}

func place(text []byte, at int) schema.Position {
	before := text[:at]
	line := bytes.Count(before, []byte{'\n'}) + 1
	return schema.Position{Line: line, Column: utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1}
}
