package lint

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Source is a text that findings are located in. Its methods may not be called
// at the same time, for the first call of [Source.At] reads the text.
type Source struct {
	// File is the path in the tree, with "/"; Commit and Version say which text
	// of it.
	File    string
	Commit  string
	Version int
	Format  schema.Format
	Text    string

	read bool
	tree *jsonx.Value // nil if the text is not JSON
}

// maxSnippet is how many code points of a line a location carries.
const maxSnippet = 512

// At locates a place of a schema: what its pointer names, the nearest parent
// that is left if there is nothing, or the line and column of the place. It
// never answers without a line.
func (s *Source) At(place schema.Place) Location {
	if s.Format != schema.Protobuf {
		s.parse()
		if s.tree != nil && place.Document == "" {
			from, to, found := s.pointed(place.Pointer)
			l := s.Span(from, to)
			l.Pointer, l.Absent = place.Pointer, !found
			return l
		}
	}
	from := 0
	if place.IsValid() && place.Document == "" {
		from = offsetOf(s.Text, place.Position)
	}
	l := s.Span(from, endOfDeclaration(s.Text, from))
	l.Pointer = place.Pointer
	return l
}

func (s *Source) parse() {
	if s.read {
		return
	}
	s.read = true
	limits := jsonx.SchemaLimits(schema.DefaultLimits())
	limits.Lenient = true
	if tree, err := jsonx.Parse(s.Text, limits); err == nil {
		s.tree = tree
	}
}

// pointerAt is the JSON Pointer of the innermost value around a position; empty
// if the text is not JSON.
func (s *Source) pointerAt(at schema.Position) string {
	s.parse()
	if s.tree == nil || !at.IsValid() {
		return ""
	}
	return jsonx.PointerAt(s.tree, offsetOf(s.Text, at))
}

// within goes on from the pointer of a type to the part of it that another
// pointer to it ends with, such as one symbol of an enum. The part has no place
// of its own in what the engine says of a reference.
func (s *Source) within(pointer, other string) string {
	tail := segments(other)
	for n := min(len(tail), 2); n > 0; n-- {
		part := tail[len(tail)-n:]
		if !slices.Contains(parts, part[0]) {
			continue
		}
		longer := pointer
		for _, segment := range part {
			longer = jsonx.Pointer(longer, segment)
		}
		if s.tree == nil {
			return pointer
		}
		if _, _, found := s.pointed(longer); found {
			return longer
		}
	}
	return pointer
}

// parts are the keys of an Avro type that hold what a finding may be about.
var parts = []string{"symbols", "aliases", "default", "size", "logicalType", "precision", "scale", "doc"}

// pointed finds what to underline for a JSON Pointer: the name of a thing that
// has one, the key of a member, else the value; found is false where only a
// parent is left.
func (s *Source) pointed(pointer string) (from, to int, found bool) {
	v, key := s.tree, -1
	for _, segment := range segments(pointer) {
		next, at := child(v, segment)
		if next == nil {
			from, to = s.headOf(v, key)
			return from, to, false
		}
		v, key = next, at
	}
	from, to = s.headOf(v, key)
	return from, to, true
}

// child is a member or an item, and the offset of the member's key, or -1.
func child(v *jsonx.Value, segment string) (*jsonx.Value, int) {
	if v.Kind == jsonx.Array {
		if i, err := strconv.Atoi(segment); err == nil && i >= 0 && i < len(v.Items) {
			return v.Items[i], -1
		}
		return nil, -1
	}
	for i := range v.Members {
		if v.Members[i].Key == segment {
			return v.Members[i].Value, v.Members[i].Offset
		}
	}
	return nil, -1
}

// headOf is the part of a value that names it.
func (s *Source) headOf(v *jsonx.Value, key int) (from, to int) {
	if v.Kind == jsonx.Object {
		if name := v.Get("name"); s.Format == schema.Avro && name != nil && name.Kind == jsonx.String {
			return name.Offset, name.End
		}
	}
	if v.Kind != jsonx.Object && v.Kind != jsonx.Array {
		return v.Offset, v.End
	}
	if key >= 0 && s.Text[key] != '"' { // in YAML
		end := lineEnd(s.Text, key)
		if n := strings.IndexByte(s.Text[key:end], ':'); n > 0 {
			end = key + n
		}
		return key, end
	}
	if key >= 0 {
		return key, key + len(`""`) + keyLength(s.Text[key:])
	}
	return v.Offset, min(v.End, lineEnd(s.Text, v.Offset))
}

// keyLength is the number of bytes between the quotes that a text starts with.
func keyLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i - 1
		}
	}
	return 0
}

// segments splits a JSON Pointer; one that is none is the root.
func segments(pointer string) []string {
	pointer = strings.TrimPrefix(pointer, "#")
	if !strings.HasPrefix(pointer, "/") {
		return nil
	}
	parts := strings.Split(pointer[1:], "/")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	return parts
}

// Span locates the bytes from an offset up to another, which are put into the
// text if they lie outside.
func (s *Source) Span(from, to int) Location {
	from = min(max(from, 0), len(s.Text))
	to = min(max(to, from), len(s.Text))
	l := Location{File: s.File, Commit: s.Commit, Version: s.Version, Span: spanOf(s.Text, from, to), Offset: from, Length: to - from}
	start := lineStart(s.Text, from)
	l.Snippet, l.SnippetColumn = window(strings.TrimSuffix(s.Text[start:lineEnd(s.Text, from)], "\r"), l.Column)
	return l
}

func spanOf(text string, from, to int) Span {
	at, end := jsonx.PositionOf(text, from), jsonx.PositionOf(text, to)
	out := Span{Line: at.Line, Column: at.Column, EndLine: end.Line, EndColumn: end.Column}
	if b := from - lineStart(text, from) + 1; b != at.Column {
		out.ByteColumn = b
	}
	if b := to - lineStart(text, to) + 1; b != end.Column {
		out.EndByteColumn = b
	}
	return out
}

func lineStart(text string, at int) int { return strings.LastIndexByte(text[:at], '\n') + 1 }

// window cuts a long line to what is around a column, and returns the column
// that it starts at; 0 stands for the first.
func window(line string, column int) (string, int) {
	runes := []rune(line)
	if len(runes) <= maxSnippet {
		return strings.ToValidUTF8(line, "\uFFFD"), 0
	}
	from := max(0, min(column-1-maxSnippet/4, len(runes)-maxSnippet))
	cut := string(runes[from : from+maxSnippet])
	if from == 0 {
		return cut, 0
	}
	return cut, from + 1
}

func lineEnd(text string, from int) int {
	if n := strings.IndexByte(text[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(text)
}

// endOfDeclaration is where the declaration of Protobuf that starts at an offset
// ends, or opens its block, on its line.
func endOfDeclaration(text string, from int) int {
	end := lineEnd(text, from)
	if n := strings.IndexAny(text[from:end], ";{"); n > 0 {
		end = from + n
	}
	return from + len(strings.TrimRight(text[from:end], " \t\r"))
}

// offsetOf turns a line and a column in code points into an offset; beyond the
// end of a line is its end.
func offsetOf(text string, at schema.Position) int {
	offset := 0
	for line := 1; line < at.Line; line++ {
		n := strings.IndexByte(text[offset:], '\n')
		if n < 0 {
			return len(text)
		}
		offset += n + 1
	}
	for column := 1; column < at.Column && offset < len(text) && text[offset] != '\n'; column++ {
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return offset
}
