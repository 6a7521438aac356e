package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/instar-registry/instar/api/wire"
)

// Client talks to a registry. It is safe for concurrent use, starts no
// goroutines and needs no Close.
type Client struct {
	set    settings
	bases  []*base
	good   atomic.Int32 // index of the base URL that answered last
	seq    atomic.Int64 // newest sequence seen
	instar atomic.Bool  // a response showed that this is Instar
	ids    *cache[idKey, wire.SchemaByID]
	guids  *cache[string, wire.SchemaByID]
}

// idKey names an id. Ids are unique per context, so the scope is the context of
// a qualified subject; an unqualified one may be found in any context and
// stands for itself.
type idKey struct {
	scope string
	id    int64
}

// New returns a client for base URLs of one registry. The first is tried first,
// whichever answered last is kept. User and password in a URL become the
// credential unless an option gives one.
func New(urls []string, options ...Option) (*Client, error) {
	s := defaults()
	for _, o := range options {
		if err := o(&s); err != nil {
			return nil, err
		}
	}
	c := &Client{}
	var err error
	if c.bases, err = parseBases(urls, &s); err != nil {
		return nil, err
	}
	if s.http == nil {
		s.http = newHTTPClient(&s)
	}
	c.set = s
	c.ids = newCache[idKey](&s, sizeOf)
	c.guids = newCache[string](&s, sizeOf)
	return c, nil
}

// sizeOf estimates the memory that a schema takes.
func sizeOf(s *wire.SchemaByID) int64 { return int64(len(s.Schema)) + 512 }

// Seq returns the newest sequence that any answer carried; zero for a registry
// that is not Instar.
func (c *Client) Seq() int64 { return c.seq.Load() }

// Qualify returns the subject in a context as the REST surface names it. An
// already qualified subject and the default context leave it as it is.
func Qualify(context, subject string) string {
	if context == "" || context == "." || strings.HasPrefix(subject, ":.") {
		return subject
	}
	return ":" + context + ":" + subject
}

// splitContext returns the context of a qualified subject, or "".
func splitContext(subject string) string {
	if !strings.HasPrefix(subject, ":.") {
		return ""
	}
	context, _, _ := strings.Cut(subject[1:], ":")
	return context
}

// segment escapes one path segment. The empty subject is written in qualified
// form, and dots so that nothing on the way resolves them.
func segment(s string) string {
	switch s {
	case "":
		return ":.:"
	case ".", "..":
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return url.PathEscape(s)
}

// path joins segments that are constant with those that are escaped.
func subjectPath(subject string, rest ...string) string {
	p := "/subjects/" + segment(subject)
	for _, r := range rest {
		p += "/" + r
	}
	return p
}

// scopePath is base for the global entry and base/scope for any other.
func scopePath(base, scope string) string {
	if scope == "" {
		return base
	}
	return base + "/" + segment(scope)
}

// Latest names the newest live version.
const Latest = -1

func versionSegment(version int) string {
	if version == Latest {
		return "latest"
	}
	return strconv.Itoa(version)
}

// values builds a query; empty values are left out.
func values(pairs ...any) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string)
		switch v := pairs[i+1].(type) {
		case string:
			if v != "" {
				q.Set(name, v)
			}
		case bool:
			if v {
				q.Set(name, "true")
			}
		case int:
			if v != 0 {
				q.Set(name, strconv.Itoa(v))
			}
		case int64:
			if v != 0 {
				q.Set(name, strconv.FormatInt(v, 10))
			}
		case []string:
			for _, s := range v {
				q.Add(name, s)
			}
		}
	}
	return q
}

// fetch runs a GET and decodes its answer.
func fetch[T any](ctx context.Context, c *Client, path string, q url.Values) (T, error) {
	return send[T](ctx, c, &call{method: http.MethodGet, path: path, query: q, repeatable: true})
}

// send runs a call and decodes its answer.
func send[T any](ctx context.Context, c *Client, r *call) (T, error) {
	var out T
	r.out = &out
	err := c.do(ctx, r)
	return out, err
}
