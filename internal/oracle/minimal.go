package oracle

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// weight counts the values of an event and the characters of its strings and
// names.
func weight(event string) int {
	v, err := jsonx.Parse(event, jsonx.Limits{})
	if err != nil {
		return -1
	}
	var of func(v *jsonx.Value) int
	of = func(v *jsonx.Value) int {
		n := 1
		if v.Kind == jsonx.String {
			n += utf8.RuneCountInString(v.Text)
		}
		for _, item := range v.Items {
			n += of(item)
		}
		for _, m := range v.Members {
			n += utf8.RuneCountInString(m.Key) + of(m.Value)
		}
		return n
	}
	return of(v)
}

// Smaller returns an event that has one member, item or character less than the
// witness of a break and breaks too, if there is one. It is asked only where the
// break is the only one, since with others around the smaller event may show
// another.
func Smaller(ctx context.Context, q *Question, c *schema.Containment) (string, bool) {
	w, ok := q.Writer.(*jsonschema.Schema)
	if !ok || q.AssertFormats || q.Declared || len(c.Breaks) != 1 || c.Breaks[0].Witness == nil {
		return "", false
	}
	v, err := jsonx.Parse(string(c.Breaks[0].Witness.Value), jsonx.Limits{})
	if err != nil {
		return "", false
	}
	r, found, at := q.Reader.(*jsonschema.Schema), "", false
	lessened(v, func() bool {
		event := jsonx.Append(nil, v)
		accepted, err := Valid(ctx, w, event)
		if err != nil || !accepted {
			return true
		}
		if read, err := Valid(ctx, r, event); err == nil && !read {
			found, at = string(event), true
		}
		return !at
	})
	return found, at
}

// lessened changes v to each value that has one part less, calls f, and puts the
// part back, until f returns false.
func lessened(v *jsonx.Value, f func() bool) bool {
	members, items, text := v.Members, v.Items, v.Text
	for i := range members {
		v.Members = slices.Delete(slices.Clone(members), i, i+1)
		again := f()
		v.Members = members
		if !again || !lessened(members[i].Value, f) {
			return false
		}
	}
	for i := range items {
		v.Items = slices.Delete(slices.Clone(items), i, i+1)
		again := f()
		v.Items = items
		if !again || !lessened(items[i], f) {
			return false
		}
	}
	if v.Kind != jsonx.String {
		return true
	}
	runes := []rune(text)
	for i := range runes {
		v.Text = string(slices.Delete(slices.Clone(runes), i, i+1))
		again := f()
		v.Text = text
		if !again {
			return false
		}
	}
	return true
}
