package jsonschema

import "strings"

// uri is a reference of RFC 3986 taken apart. We have our own thirty lines
// instead of net/url because this package must not depend on net, and because
// schema addresses are only ever compared, never opened.
type uri struct {
	scheme, authority, path, query string
	hasAuthority, hasQuery         bool
}

// splitFragment cuts a reference at its first '#'.
func splitFragment(ref string) (address, fragment string) {
	address, fragment, _ = strings.Cut(ref, "#")
	return address, fragment
}

// parseURI takes apart an address without fragment; it accepts everything,
// because every string is some relative path.
func parseURI(s string) uri {
	var u uri
	if i := strings.IndexByte(s, ':'); i > 0 && isScheme(s[:i]) {
		u.scheme, s = strings.ToLower(s[:i]), s[i+1:]
	}
	s, u.query, u.hasQuery = strings.Cut(s, "?")
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		u.hasAuthority = true
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			u.authority, s = rest[:i], rest[i:]
		} else {
			u.authority, s = rest, ""
		}
	}
	u.path = s
	return u
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		other := s[i] >= '0' && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return s != ""
}

// ResolveReference resolves the address of a reference against that of the
// document around it, as the parser does, so that a caller can name the documents
// that a text refers to.
func ResolveReference(base, ref string) string { return resolveURI(base, ref) }

// resolveURI resolves the address ref against the absolute address base
// (RFC 3986, section 5.2).
func resolveURI(base, ref string) string {
	if ref == "" {
		return base
	}
	r := parseURI(ref)
	if r.scheme != "" {
		r.path = dotless(r.path)
		return r.String()
	}
	b := parseURI(base)
	r.scheme = b.scheme
	switch {
	case r.hasAuthority:
		r.path = dotless(r.path)
		return r.String()
	case r.path == "":
		r.path = b.path
		if !r.hasQuery {
			r.query, r.hasQuery = b.query, b.hasQuery
		}
	case strings.HasPrefix(r.path, "/"):
		r.path = dotless(r.path)
	default:
		dir := "/"
		if i := strings.LastIndexByte(b.path, '/'); i >= 0 {
			dir = b.path[:i+1]
		} else if !b.hasAuthority {
			dir = ""
		}
		r.path = dotless(dir + r.path)
	}
	r.authority, r.hasAuthority = b.authority, b.hasAuthority
	return r.String()
}

// dotless removes "." and ".." segments; ".." at the top goes nowhere.
func dotless(path string) string {
	if !strings.Contains(path, ".") {
		return path
	}
	segments := strings.Split(path, "/")
	out := segments[:0]
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case ".":
			if last {
				out = append(out, "")
			}
		case "..":
			if n := len(out); n > 1 || (n == 1 && out[0] != "") {
				out = out[:n-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	return strings.Join(out, "/")
}

func (u uri) String() string {
	var b strings.Builder
	if u.scheme != "" {
		b.WriteString(u.scheme + ":")
	}
	if u.hasAuthority {
		b.WriteString("//" + u.authority)
	}
	b.WriteString(u.path)
	if u.hasQuery {
		b.WriteString("?" + u.query)
	}
	return b.String()
}

// percentDecoded undoes percent-encoding; ok is false if it is malformed.
func percentDecoded(s string) (string, bool) {
	if !strings.Contains(s, "%") {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		hi, ok1 := hexDigit(s[i+1])
		lo, ok2 := hexDigit(s[i+2])
		if !ok1 || !ok2 {
			return "", false
		}
		b.WriteByte(hi<<4 | lo)
		i += 2
	}
	return b.String(), true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// pointerTokens takes a JSON Pointer apart; ok is false if it is malformed.
func pointerTokens(pointer string) (tokens []string, ok bool) {
	if pointer == "" {
		return nil, true
	}
	if pointer[0] != '/' {
		return nil, false
	}
	tokens = strings.Split(pointer[1:], "/")
	for i, t := range tokens {
		if !strings.Contains(t, "~") {
			continue
		}
		for j := 0; j < len(t); j++ {
			if t[j] == '~' && (j+1 == len(t) || (t[j+1] != '0' && t[j+1] != '1')) {
				return nil, false
			}
		}
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}
	return tokens, true
}
