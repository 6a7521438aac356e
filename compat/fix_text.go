package compat

import (
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// jsonText is a JSON text under edit. Each edit changes the least range and
// parses again, so layout and comments in strings stay as they are. A pointer
// that leads nowhere makes the whole edit fail.
type jsonText struct {
	text   string
	root   *jsonx.Value
	failed bool
}

func newJSONText(text string) *jsonText {
	t := &jsonText{text: text}
	t.parse()
	return t
}

func (t *jsonText) parse() {
	l := jsonx.SchemaLimits(schema.DefaultLimits())
	l.Lenient = true
	root, err := jsonx.Parse(t.text, l)
	if err != nil {
		t.failed = true
		return
	}
	t.root = root
}

// segments splits a JSON Pointer.
func segments(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	return parts
}

// at finds a value, or nil.
func (t *jsonText) at(pointer string) *jsonx.Value {
	if t.failed {
		return nil
	}
	v := t.root
	for _, s := range segments(pointer) {
		if v == nil {
			return nil
		}
		switch v.Kind {
		case jsonx.Object:
			v = v.Get(s)
		case jsonx.Array:
			i, err := strconv.Atoi(s)
			if err != nil || i < 0 || i >= len(v.Items) {
				return nil
			}
			v = v.Items[i]
		default:
			return nil
		}
	}
	return v
}

// raw is the text of a value as it stands; empty if there is none.
func (t *jsonText) raw(pointer string) string {
	if v := t.at(pointer); v != nil {
		return t.text[v.Offset:v.End]
	}
	return ""
}

func (t *jsonText) splice(from, to int, text string) {
	t.text = t.text[:from] + text + t.text[to:]
	t.parse()
}

// spaced reports whether the text has white space after commas.
func (t *jsonText) spaced() bool {
	return strings.Contains(t.text, ", ") || strings.Contains(t.text, "\n") || !strings.Contains(t.text, ",")
}

// replace puts a value in the place of one.
func (t *jsonText) replace(pointer, value string) {
	v := t.at(pointer)
	if v == nil || value == "" {
		t.failed = true
		return
	}
	t.splice(v.Offset, v.End, value)
}

// put sets a member of an object, which it replaces or adds as the last one.
func (t *jsonText) put(object, key, value string) {
	v := t.at(object)
	if v == nil || v.Kind != jsonx.Object || value == "" {
		t.failed = true
		return
	}
	if v.Get(key) != nil {
		t.replace(jsonx.Pointer(object, key), value)
		return
	}
	comma, colon := ",", ":"
	if t.spaced() {
		comma, colon = ", ", ": "
	}
	n := len(v.Members)
	if n > 0 { // as in the last one
		before := t.text[v.Members[n-1].Offset:v.Members[n-1].Value.Offset]
		colon = before[strings.LastIndexByte(before, '"')+1:]
	}
	if n > 1 { // as between the last two
		comma = t.text[v.Members[n-2].Value.End:v.Members[n-1].Offset]
	}
	member := jsonx.Quote(key) + colon + value
	if n > 0 {
		t.splice(v.Members[n-1].Value.End, v.Members[n-1].Value.End, comma+member)
		return
	}
	t.splice(v.Offset, v.End, "{"+member+"}")
}

// add appends an item to an array.
func (t *jsonText) add(array, value string) {
	v := t.at(array)
	if v == nil || v.Kind != jsonx.Array || value == "" {
		t.failed = true
		return
	}
	n := len(v.Items)
	if n == 0 {
		t.splice(v.Offset, v.End, "["+value+"]")
		return
	}
	comma := ","
	switch indent := t.text[v.Offset+1 : v.Items[0].Offset]; {
	case n > 1: // as between the last two
		comma = t.text[v.Items[n-2].End:v.Items[n-1].Offset]
	case strings.Contains(indent, "\n"):
		comma = "," + indent
	case t.spaced():
		comma = ", "
	}
	t.splice(v.Items[n-1].End, v.Items[n-1].End, comma+value)
}

// remove takes a member or an item away, and its comma.
func (t *jsonText) remove(pointer string) {
	at := strings.LastIndexByte(pointer, '/')
	if at < 0 || t.at(pointer) == nil {
		t.failed = true
		return
	}
	parent := t.at(pointer[:at])
	type span struct{ from, to int }
	var spans []span
	which := -1
	last := segments(pointer)[len(segments(pointer))-1]
	for i, item := range parent.Items {
		if strconv.Itoa(i) == last {
			which = i
		}
		spans = append(spans, span{item.Offset, item.End})
	}
	for i := range parent.Members {
		if parent.Members[i].Key == last {
			which = i
		}
		spans = append(spans, span{parent.Members[i].Offset, parent.Members[i].Value.End})
	}
	switch {
	case which < 0:
		t.failed = true
	case which+1 < len(spans):
		t.splice(spans[which].from, spans[which+1].from, "")
	case which > 0:
		t.splice(spans[which-1].to, spans[which].to, "")
	default:
		t.splice(spans[which].from, spans[which].to, "")
	}
}

// restore makes a member of an object what it is in another text: the same
// value, or none.
func (t *jsonText) restore(object, key string, from *jsonText, there string) {
	value := from.raw(jsonx.Pointer(there, key))
	switch {
	case value != "":
		t.put(object, key, value)
	case t.at(jsonx.Pointer(object, key)) != nil:
		t.remove(jsonx.Pointer(object, key))
	}
}

// Edits is the one edit that turns a text into another.
func Edits(from, to string) []TextEdit {
	start := 0
	for start < len(from) && start < len(to) && from[start] == to[start] {
		start++
	}
	end := 0
	for end < len(from)-start && end < len(to)-start && from[len(from)-1-end] == to[len(to)-1-end] {
		end++
	}
	// Never halve a character.
	for start > 0 && !runeStart(from, start) {
		start--
	}
	for end > 0 && !runeStart(from, len(from)-end) {
		end--
	}
	if start == len(from) && start == len(to) {
		return nil
	}
	return []TextEdit{{Offset: start, Delete: len(from) - end - start, Insert: to[start : len(to)-end]}}
}

func runeStart(s string, i int) bool { return i >= len(s) || s[i]&0xC0 != 0x80 }

// Apply returns the text after the edits, which must be in the order of their
// offsets and not overlap.
func (x *Fix) Apply(text string) (string, error) {
	var b strings.Builder
	at := 0
	for _, e := range x.Edits {
		if e.Offset < at || e.Delete < 0 || e.Offset+e.Delete > len(text) {
			return "", &schema.Error{What: "the fix is not for this text", Hint: "ask for the findings of the text as it is now"}
		}
		b.WriteString(text[at:e.Offset] + e.Insert)
		at = e.Offset + e.Delete
	}
	return b.String() + text[at:], nil
}
