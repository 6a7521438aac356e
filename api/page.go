package api

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/registry"
)

// page is the part of a list that a request asks for.
type page struct {
	offset int
	limit  int    // -1 = everything
	after  string // key of the last item of the page before; see started
	// started tells that the request carried a cursor.
	started bool
}

// page reads offset, limit and cursor. A limit of zero or less, or above the
// maximum, stands for the default, which is the maximum.
func (x *request) page(maximum int) (page, error) {
	p := page{offset: x.int("offset"), limit: x.int("limit")}
	if p.limit <= 0 || maximum > 0 && p.limit > maximum {
		p.limit = maximum
	}
	if p.limit == 0 {
		p.limit = -1
	}
	cursor := x.text("cursor")
	if cursor == "" {
		return p, nil
	}
	seq, key, ok := readCursor(cursor)
	if !ok {
		return p, badRequest("The query parameter cursor is not one that this server gave out")
	}
	p.after, p.started = key, true
	return p, x.catchUp(seq)
}

// catchUp brings this node to where the one was that gave a cursor out, so that
// it does not repeat or skip what that one showed. A cursor beyond the head
// comes from a history that is no more.
func (x *request) catchUp(seq int64) error {
	service := x.api.service
	if service.State().Seq() >= seq {
		return nil
	}
	if err := service.Refresh(x.ctx); err != nil {
		return err
	}
	if service.State().Seq() >= seq {
		return nil
	}
	return registry.Fail(registry.CursorExpired, "The cursor is from another history of this registry; start the list over")
}

func writeCursor(seq int64, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(seq, 36) + "." + key))
}

func readCursor(s string) (seq int64, key string, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return 0, "", false
	}
	number, key, ok := strings.Cut(string(text), ".")
	seq, err = strconv.ParseInt(number, 36, 64)
	return seq, key, ok && err == nil && seq >= 0
}

// more says in a Link header where the next page is.
func (x *request) more(lastKey string) {
	var keep []string
	for _, pair := range strings.Split(x.r.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if pair == "" || name == "cursor" || name == "offset" {
			continue
		}
		keep = append(keep, pair)
	}
	keep = append(keep, "cursor="+url.QueryEscape(writeCursor(x.seq, lastKey)))
	x.header().Set("Link", "<?"+strings.Join(keep, "&")+`>; rel="next"`)
}

// cut takes the page out of a list in memory. key names an item, isAfter says
// whether an item comes after the one of a key.
func cut[T any](x *request, p page, items []T, key func(T) string, isAfter func(item T, key string) bool) []T {
	if p.started {
		for len(items) > 0 && !isAfter(items[0], p.after) {
			items = items[1:]
		}
	}
	items = items[min(p.offset, len(items)):]
	if p.limit >= 0 && len(items) > p.limit {
		items = items[:p.limit]
		x.more(key(items[len(items)-1]))
	}
	if items == nil {
		items = []T{} // lists are never null
	}
	return items
}

// scope is what a subjectPrefix selects.
type scope struct {
	context string // "" = all contexts
	prefix  string
}

// readScope reads a subjectPrefix: "" is the default context, ":.x:p" another,
// ":*:p" all of them. A context in the path qualifies a plain prefix.
func (x *request) readScope(prefix string) scope {
	if rest, ok := strings.CutPrefix(prefix, ":*:"); ok {
		if x.target.context != "" {
			return scope{x.target.context, rest}
		}
		return scope{"", rest}
	}
	n := x.target.qualify(prefix)
	return scope{n.Context, n.Subject}
}

// subjects yields the visible subjects of a scope in order, from the first one
// after the given name.
func (s scope) subjects(st *registry.State, from registry.Name, sees func(registry.Name) bool, yield func(*registry.Subject) bool) {
	if s.context != "" && less(from, registry.Name{Context: s.context, Subject: s.prefix}) {
		from = registry.Name{Context: s.context, Subject: s.prefix}
	}
	st.Subjects(from, func(sub *registry.Subject) bool {
		if s.context != "" && sub.Name.Context != s.context {
			return false
		}
		if !strings.HasPrefix(sub.Name.Subject, s.prefix) {
			return s.context == "" || sub.Name.Subject < s.prefix
		}
		if sees != nil && !sees(sub.Name) {
			return true
		}
		return yield(sub)
	})
}

// less orders names as lists do: by context, then by bytes.
func less(a, b registry.Name) bool {
	if a.Context != b.Context {
		return a.Context < b.Context
	}
	return a.Subject < b.Subject
}
