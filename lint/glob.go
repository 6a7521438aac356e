package lint

import (
	"path"
	"strings"
)

// glob is a pattern of paths: "*" and "?" stand inside a segment, "**" for any
// number of segments, "{a,b}" for either, "[a-z]" for a character.
type glob struct {
	text     string
	branches [][]segment // alternatives
}

// segment is the part of a pattern between two slashes.
type segment struct {
	text string
	kind segmentKind
}

// segmentKind says how a segment is matched: most are plain, or a star before an
// ending, and need no reading of the pattern for each path.
type segmentKind int

const (
	anyPattern segmentKind = iota
	plain                  // as it stands
	ending                 // "*" and a plain text, which text is
	deep                   // "**"
)

func newSegment(text string) segment {
	rest, star := strings.CutPrefix(text, "*")
	switch {
	case text == "**":
		return segment{text, deep}
	case strings.ContainsAny(rest, `*?[\`):
		return segment{text, anyPattern}
	case star:
		return segment{rest, ending}
	}
	return segment{text, plain}
}

func (s *segment) match(name string) bool {
	switch s.kind {
	case plain:
		return name == s.text
	case ending:
		return strings.HasSuffix(name, s.text)
	}
	ok, err := path.Match(s.text, name)
	return ok && err == nil // the pattern was tried before
}

// maxBranches bounds the alternatives that the braces of a pattern make.
const maxBranches = 256

// newGlob reads a pattern.
func newGlob(text string) (*glob, error) {
	list, err := braces(text)
	if err != nil {
		return nil, err
	}
	g := &glob{text: text}
	for _, b := range list {
		if _, err := path.Match(strings.ReplaceAll(b, "/", ""), ""); err != nil {
			return nil, unusable("close each [ with a ]", "the pattern %q cannot be read", text)
		}
		parts := strings.Split(strings.TrimPrefix(b, "./"), "/")
		if parts[len(parts)-1] == "" { // "dir/" is all below it
			parts[len(parts)-1] = "**"
		}
		segments := make([]segment, len(parts))
		for i, p := range parts {
			segments[i] = newSegment(p)
		}
		g.branches = append(g.branches, segments)
	}
	return g, nil
}

// braces expands "{a,b}" into the alternatives.
func braces(text string) ([]string, error) {
	done, todo := []string{}, []string{text}
	for len(todo) > 0 {
		t := todo[0]
		todo = todo[1:]
		end := strings.IndexByte(t, '}')
		start := -1
		if end >= 0 {
			start = strings.LastIndexByte(t[:end], '{')
		}
		if start < 0 {
			if strings.ContainsAny(t, "{}") {
				return nil, unusable("close each { with a }", "the pattern %q cannot be read", text)
			}
			done = append(done, t)
			continue
		}
		for _, choice := range strings.Split(t[start+1:end], ",") {
			todo = append(todo, t[:start]+choice+t[end+1:])
		}
		if len(done)+len(todo) > maxBranches {
			return nil, unusable("write several patterns", "the pattern %q has more than %d alternatives", text, maxBranches)
		}
	}
	return done, nil
}

// match reports whether a path fits.
func (g *glob) match(name string) bool {
	segments := strings.Split(name, "/")
	for _, b := range g.branches {
		if matchSegments(b, segments) {
			return true
		}
	}
	return false
}

// matchSegments matches segments; of several "**" only the last one has to be
// tried again, as in matching "*" of characters.
func matchSegments(pattern []segment, name []string) bool {
	p, n, star, resume := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p].kind == deep:
			star, resume = p, n
			p++
			continue
		case p < len(pattern) && pattern[p].match(name[n]):
			p, n = p+1, n+1
			continue
		case star < 0:
			return false
		}
		resume++
		p, n = star+1, resume
	}
	for p < len(pattern) && pattern[p].kind == deep {
		p++
	}
	return p == len(pattern)
}

// globs are patterns of which one must fit and none that begins with "!".
type globs struct{ wanted, unwanted []*glob }

func newGlobs(list []string) (globs, error) {
	var out globs
	for _, text := range list {
		rest, not := strings.CutPrefix(text, "!")
		g, err := newGlob(rest)
		if err != nil {
			return out, err
		}
		if not {
			out.unwanted = append(out.unwanted, g)
		} else {
			out.wanted = append(out.wanted, g)
		}
	}
	return out, nil
}

func (g *globs) match(name string) bool {
	for _, u := range g.unwanted {
		if u.match(name) {
			return false
		}
	}
	for _, w := range g.wanted {
		if w.match(name) {
			return true
		}
	}
	return false
}
