package upcast

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"

	"github.com/instar-registry/instar/internal/nearest"
)

// reader decodes the tree of a document. The first mistake stays; whatever is
// read after it is not used.
type reader struct {
	text  string
	err   error
	lacks *object // the mapping without a key, if that is the mistake
	steps int
	// describe, if set, notes which keys an object may have; nothing is read
	// then.
	describe *shape
}

func (r *reader) fail(code Code, at int, pointer, what, hint string) {
	if r.err == nil && r.describe == nil {
		r.err = &Error{Code: code, Problem: schema.Error{
			What: what, Path: pointer, Position: jsonx.PositionOf(r.text, at), Hint: hint,
		}}
	}
}

// object is one mapping of the document while it is read. Each accessor names a
// key and takes it; done refuses what is left.
type object struct {
	r       *reader
	v       *jsonx.Value
	pointer string
	what    string // such as "step rename", for messages
	known   []string
}

// object enters v, which must be a mapping.
func (r *reader) object(v *jsonx.Value, pointer, what string) *object {
	o := &object{r: r, v: v, pointer: pointer, what: what}
	if r.describe != nil {
		o.v = &jsonx.Value{Kind: jsonx.Object}
		return o
	}
	if v == nil || v.Kind != jsonx.Object {
		o.v = &jsonx.Value{Kind: jsonx.Object}
		if v != nil {
			o.v.Offset = v.Offset
			r.fail(Invalid, v.Offset, pointer, what+" must be a mapping, not "+article(v.Kind), "write its keys below it")
		}
	}
	return o
}

func article(k jsonx.Kind) string {
	switch k {
	case jsonx.Null:
		return "null"
	case jsonx.Array:
		return "a list"
	case jsonx.Object:
		return "a mapping"
	default:
		return "a " + k.String()
	}
}

// take returns the value of a key, or nil.
func (o *object) take(key string) *jsonx.Value {
	o.known = append(o.known, key)
	return o.v.Get(key)
}

func (o *object) has(key string) bool { return o.v.Get(key) != nil }

func (o *object) at(key string) string { return jsonx.Pointer(o.pointer, key) }

// fail reports a mistake in the value of a key, or in the object itself.
func (o *object) fail(key, what, hint string) {
	at, pointer := o.v.Offset, o.pointer
	if v := o.v.Get(key); v != nil {
		at, pointer = v.Offset, o.at(key)
	}
	o.r.fail(Invalid, at, pointer, what, hint)
}

// need returns the value of a key that must be there and of a kind.
func (o *object) need(key string, k jsonx.Kind, required bool) *jsonx.Value {
	v := o.take(key)
	if v == nil {
		if required {
			if o.r.err == nil {
				o.r.lacks = o
			}
			o.fail("", fmt.Sprintf("%s has no %q", o.what, key), "add "+key)
		}
		return nil
	}
	if v.Kind != k {
		o.fail(key, fmt.Sprintf("%q of %s must be %s, not %s", key, o.what, article(k), article(v.Kind)), "")
		return nil
	}
	return v
}

// done refuses keys that nobody asked for.
func (o *object) done() {
	if o.r.describe != nil {
		return
	}
	for i := range o.v.Members {
		m := &o.v.Members[i]
		if slices.Contains(o.known, m.Key) {
			continue
		}
		hint := ""
		if len(o.known) > 0 {
			hint = "known are " + strings.Join(o.known, ", ")
		}
		if near := nearest.Name(m.Key, o.known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		if o.r.lacks == o {
			o.r.err = nil // the key that is too many says more than the one that is missing
		}
		o.r.fail(Invalid, m.Offset, o.at(m.Key), fmt.Sprintf("%s has no key %q", o.what, m.Key), hint)
		return
	}
}

func (o *object) text(key string, required bool) string {
	o.note(key, textShape, required)
	v := o.need(key, jsonx.String, required)
	if v == nil {
		return ""
	}
	if v.Text == "" && required {
		o.fail(key, fmt.Sprintf("%q of %s is empty", key, o.what), "")
	}
	return v.Text
}

func (o *object) bool(key string) bool {
	o.note(key, boolShape, false)
	v := o.need(key, jsonx.Bool, false)
	return v != nil && v.Bool
}

// choice reads one of a few words; the first is the default of an optional one.
func (o *object) choice(key string, required bool, words ...string) string {
	o.noteWords(key, required, words)
	v := o.need(key, jsonx.String, required)
	if v == nil {
		return words[0]
	}
	if !slices.Contains(words, v.Text) {
		hint := "allowed are " + strings.Join(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" }), ", ")
		if near := nearest.Name(v.Text, words); near != "" {
			hint = fmt.Sprintf("did you mean %s? ", near) + hint
		}
		o.fail(key, fmt.Sprintf("%q of %s cannot be %q", key, o.what, v.Text), hint)
	}
	return v.Text
}

// number reads a JSON number as written.
func (o *object) number(key string, required bool) string {
	o.note(key, numberShape, required)
	if v := o.need(key, jsonx.Number, required); v != nil {
		return v.Text
	}
	return ""
}

func (o *object) path(key string, required bool) Path {
	o.note(key, pathShape, required)
	v := o.need(key, jsonx.String, required)
	if v == nil {
		return nil
	}
	return o.pathOf(v, key)
}

func (o *object) pathOf(v *jsonx.Value, key string) Path {
	p, err := ParsePath(v.Text)
	if err != nil {
		o.r.fail(Invalid, v.Offset, o.at(key), err.Error(), "")
	}
	return p
}

// list reads a list whose elements are of one kind.
func (o *object) list(key string, k jsonx.Kind, required bool) []*jsonx.Value {
	v := o.need(key, jsonx.Array, required)
	if v == nil {
		return nil
	}
	if len(v.Items) == 0 && required {
		o.fail(key, fmt.Sprintf("%q of %s is empty", key, o.what), "")
	}
	for i, item := range v.Items {
		if item.Kind != k {
			pointer := jsonx.Pointer(o.at(key), fmt.Sprint(i))
			o.r.fail(Invalid, item.Offset, pointer, fmt.Sprintf("each element of %q must be %s, not %s", key, article(k), article(item.Kind)), "")
			return nil
		}
	}
	return v.Items
}

func (o *object) paths(key string, least int) []Path {
	o.note(key, pathsShape, true)
	items := o.list(key, jsonx.String, true)
	if items != nil && len(items) < least {
		o.fail(key, fmt.Sprintf("%s needs at least %d paths", o.what, least), "")
	}
	out := make([]Path, len(items))
	for i, v := range items {
		out[i] = o.pathOf(v, key)
	}
	return out
}

func (o *object) texts(key string, required bool) []string {
	o.note(key, textsShape, required)
	items := o.list(key, jsonx.String, required)
	out := make([]string, len(items))
	for i, v := range items {
		out[i] = v.Text
	}
	return out
}

// Pair is one entry of a mapping from texts to texts.
type Pair struct {
	From, To string
}

// pairs reads a mapping from texts to texts, in document order.
func (o *object) pairs(key string, required bool) []Pair {
	o.note(key, pairsShape, required)
	v := o.need(key, jsonx.Object, required)
	if v == nil {
		return nil
	}
	out := make([]Pair, len(v.Members))
	for i := range v.Members {
		m := &v.Members[i]
		if m.Value.Kind != jsonx.String {
			o.r.fail(Invalid, m.Value.Offset, jsonx.Pointer(o.at(key), m.Key),
				fmt.Sprintf("%q in %q must be a string, not %s", m.Key, key, article(m.Value.Kind)), "put it in quotes")
		}
		out[i] = Pair{m.Key, m.Value.Text}
	}
	return out
}
