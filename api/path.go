package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/instar-registry/instar/registry"
)

// maxURL bounds the request target in bytes.
const maxURL = 8 << 10

// target is a request path after the frame has read it: what the router
// matches, still escaped, and the context that a "/contexts/{ctx}/…" prefix
// named.
type target struct {
	path    string
	context string // "" without a prefix
}

// escapedPath returns the path as it was sent.
func escapedPath(r *http.Request) string {
	// RequestURI is the text on the wire. url.URL forgets whether "%252F" or
	// "%2F" was sent when both print alike, and an absolute target or a test's
	// hand-made request has no usable RequestURI.
	if strings.HasPrefix(r.RequestURI, "/") {
		path, _, _ := strings.Cut(r.RequestURI, "?")
		return path
	}
	return r.URL.EscapedPath()
}

// readTarget strips the base path, one trailing slash and the context prefix.
// An empty segment matches nothing; dots are ordinary characters.
func readTarget(path, base string) (target, error) {
	if base != "" {
		rest, ok := strings.CutPrefix(path, base)
		if !ok || rest != "" && rest[0] != '/' {
			return target{}, errNoRoute
		}
		path = rest
		if path == "" {
			path = "/"
		}
	}
	if path == "" || path[0] != '/' || strings.Contains(path, "//") {
		return target{}, errNoRoute
	}
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	rest, ok := strings.CutPrefix(path, "/contexts/")
	if !ok {
		return target{path: path}, nil
	}
	name, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return target{path: path}, nil // the context itself is meant
	}
	context, err := readContext(name)
	if err != nil {
		return target{}, err
	}
	return target{path: "/" + rest, context: context}, nil
}

// readContext reads the name of a context from a path segment: ".x", "x" and
// ":.x:" mean the same, any other colon is a mistake.
func readContext(segment string) (string, error) {
	name, err := unescape(segment)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(name, ":.") {
		name = strings.TrimSuffix(name[1:], ":")
	}
	switch {
	case strings.Contains(name, ":"):
		return "", badRequest("The context %q contains a colon; write .name or :.name:", name)
	case len(name) > registry.MaxNameBytes:
		return "", badRequest("The context has %d bytes; %d are allowed", len(name), registry.MaxNameBytes)
	case !validName(name):
		return "", badRequest("The context %q contains a control character or is not UTF-8", name)
	case !strings.HasPrefix(name, "."):
		name = "." + name
	}
	return name, nil
}

// unescape decodes a path segment exactly once.
func unescape(segment string) (string, error) {
	if strings.IndexByte(segment, '%') < 0 {
		return segment, nil
	}
	out, err := url.PathUnescape(segment)
	if err != nil {
		return "", badRequest("The path has a broken %%-escape in %q", segment)
	}
	return out, nil
}

// qualify puts a subject into the context of the path, unless it is qualified.
func (t target) qualify(subject string) registry.Name {
	if t.context == "" || strings.HasPrefix(subject, ":.") {
		return registry.ParseName(subject)
	}
	return registry.Name{Context: t.context, Subject: subject}
}

// searches reports whether a read of this subject goes on in other contexts
// when the default one has nothing.
func (t target) searches(subject string) bool {
	return t.context == "" && !strings.HasPrefix(subject, ":.")
}
