package api

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// searchIndex remembers the fields of schemas. It is filled by the searches that
// need them: one that runs out of time has still done part of the work, and the
// next goes on from there. What was not needed for long goes first.
type searchIndex struct {
	mu    sync.Mutex
	newer map[indexKey]*indexed // needed since the last turn
	older map[indexKey]*indexed
	bytes int64 // of newer
}

// indexKey names a content, which states share; the context counts only where
// references are resolved in it.
type indexKey struct {
	content *registry.Content
	context string
}

// indexed is the fields of one schema in one text: per field its path, type,
// logical type and tags, parted by unit separators, fields by record separators.
// low is the same in lower case.
type indexed struct {
	text, low string
}

const (
	unit   = "\x1f"
	record = "\x1e"
)

// unitless keeps separators out of what users wrote.
var unitless = strings.NewReplacer(unit, " ", record, " ")

func newIndexed(fields []schema.Field) *indexed {
	var b strings.Builder
	for _, f := range fields {
		if f.Record { // a named type: what it is called is its type
			f.Type = f.Path
		}
		b.WriteString(unitless.Replace(f.Path))
		for _, s := range append([]string{f.Type, f.Logical}, f.Tags...) {
			b.WriteString(unit)
			b.WriteString(unitless.Replace(s))
		}
		b.WriteString(record)
	}
	out := &indexed{text: b.String()}
	out.low = strings.ToLower(out.text)
	if out.low == out.text || len(out.low) != len(out.text) {
		out.text = out.low // no second copy, and offsets must agree
	}
	return out
}

func (f *indexed) size() int64 {
	n := int64(len(f.low)) + 128
	if len(f.text) > 0 && f.text != f.low {
		n += int64(len(f.text))
	}
	return n
}

// mayMatch is false when a literal part of a term occurs nowhere, which one scan
// tells.
func (f *indexed) mayMatch(q *query) bool {
	for _, literal := range [...]string{q.any, q.typ, q.tag, q.literal} {
		if literal != "" && strings.Contains(f.low, literal) {
			return true
		}
	}
	return q.field != nil && q.literal == ""
}

// entry is one field of an indexed schema.
type entry struct {
	path, low string
	rest      []string // type, logical type, tags; lower case
	shown     string   // type as it was written
}

func (f *indexed) each(yield func(entry)) {
	text, low := f.text, f.low
	for low != "" {
		end := strings.Index(low, record)
		parts := strings.Split(low[:end], unit)
		written := strings.Split(text[:end], unit)
		text, low = text[end+1:], low[end+1:]
		yield(entry{path: written[0], low: parts[0], rest: parts[1:], shown: written[1]})
	}
}

// name is the last segment of the path.
func (e entry) name() string { return e.low[strings.LastIndexByte(e.low, '.')+1:] }

func (e entry) typeOf() string { return e.shown }

func (e entry) contains(term string) bool {
	if strings.Contains(e.low, term) {
		return true
	}
	for _, s := range e.rest {
		if strings.Contains(s, term) {
			return true
		}
	}
	return false
}

// hasType compares with the full name, the simple name and the logical type.
func (e entry) hasType(want string) bool {
	full, logical := e.rest[0], e.rest[1]
	return full == want || logical == want || full[strings.LastIndexByte(full, '.')+1:] == want
}

func (e entry) hasTag(want string) bool {
	for _, t := range e.rest[2:] {
		if t == want {
			return true
		}
	}
	return false
}

// fields returns the fields of a content, parsing it if nobody has. A schema
// that cannot be parsed any more has none.
func (ix *searchIndex) fields(ctx context.Context, a *API, in string, c *registry.Content) (*indexed, error) {
	key := indexKey{content: c}
	if len(c.References) > 0 {
		key.context = in
	}
	if f := ix.get(key); f != nil {
		return f, nil
	}
	if ctx.Err() != nil {
		return nil, registry.Fail(registry.Unavailable, "The search index is still being built; repeat the search, it goes on from here")
	}
	var list []schema.Field
	p, err := a.service.Parsed(ctx, in, c)
	var refused *registry.Error
	switch {
	case err == nil:
		list = p.Fields()
	case errors.As(err, &refused) && refused.Code != registry.Unavailable && refused.Code != registry.Canceled:
	default:
		return nil, err
	}
	f := newIndexed(list)
	ix.put(key, f, a.opt.Instar.SearchBytes)
	return f, nil
}

func (ix *searchIndex) get(key indexKey) *indexed {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if f := ix.newer[key]; f != nil {
		return f
	}
	f := ix.older[key]
	if f != nil {
		ix.keep(key, f)
		delete(ix.older, key)
	}
	return f
}

func (ix *searchIndex) put(key indexKey, f *indexed, budget int64) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.keep(key, f)
	if ix.bytes > budget/2 { // two generations share the budget
		ix.older, ix.newer, ix.bytes = ix.newer, nil, 0
	}
}

func (ix *searchIndex) keep(key indexKey, f *indexed) {
	if ix.newer == nil {
		ix.newer = map[indexKey]*indexed{}
	}
	ix.newer[key] = f
	ix.bytes += f.size()
}

// folded is a glob without regard to case; without a star it matches the whole.
type folded struct{ parts []string }

// foldGlob returns nil for the empty pattern.
func foldGlob(pattern string) *folded {
	if pattern == "" {
		return nil
	}
	return &folded{strings.Split(strings.ToLower(pattern), "*")}
}

// match takes the leftmost place of each part, which is right because a star
// takes whatever remains.
func (g *folded) match(s string) bool {
	s = strings.ToLower(s)
	first, last := g.parts[0], g.parts[len(g.parts)-1]
	if len(g.parts) == 1 {
		return s == first
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range g.parts[1 : len(g.parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

// matchesName takes the subject alone, or the qualified name where the pattern
// is one.
func (g *folded) matchesName(n registry.Name) bool {
	if strings.HasPrefix(g.parts[0], ":") {
		return g.match(n.String())
	}
	return g.match(n.Subject)
}

// longest returns the longest literal part, which every match contains.
func (g *folded) longest() string {
	if g == nil {
		return ""
	}
	best := ""
	for _, p := range g.parts {
		if len(p) > len(best) {
			best = p
		}
	}
	return best
}
