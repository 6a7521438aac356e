package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

const (
	searchPage     = 100  // default page
	searchMaximum  = 1000 // largest page
	searchTerm     = 512  // bytes of a term
	searchStars    = 16   // stars of a glob
	searchMatches  = 100  // matches named per result
	searchTermList = "q, name, field, type, tag, meta and schemaType"
)

var searchParams = []param{
	{"q", text},
	{"name", text},
	{"field", text},
	{"type", text},
	{"tag", text},
	{"meta", text},
	{"schemaType", text},
	pDeleted,
	{"allVersions", boolean},
	pCursor, pLimit,
}

// query is what a search asks for; every term that is set must match.
type query struct {
	any, typ, tag  string // lower case
	name, field    *folded
	literal        string // longest literal part of field
	key, value     string // meta
	metaSet, hasKV bool
	format         schema.Format // 0 = any
	deleted, all   bool
	sees           func(registry.Name) bool
	after          string // key of the last version of the page before
	started        bool
	limit          int
}

// needsFields reports whether schemas must be parsed to answer.
func (q *query) needsFields() bool {
	return q.any != "" || q.field != nil || q.typ != "" || q.tag != ""
}

func search(x *request) error {
	q, err := x.readSearch()
	if err != nil {
		return err
	}
	if err := x.view(func(*registry.State) error { return nil }); err != nil {
		return err
	}
	st := x.api.service.State()
	x.seq = st.Seq()
	out := wire.SearchResults{Results: []wire.SearchResult{}}
	var failed error
	visit := func(s *registry.Subject, v *registry.Version) bool {
		if q.started && versionKey(s.Name, v.Number) <= q.after {
			return true
		}
		var r *wire.SearchResult
		if r, failed = x.matchVersion(q, s, v); failed != nil || r == nil {
			return failed == nil
		}
		if len(out.Results) == q.limit {
			last := out.Results[q.limit-1]
			out.Next = writeCursor(x.seq, versionKey(registry.ParseName(last.Subject), last.Version))
			return false
		}
		out.Results = append(out.Results, *r)
		return true
	}
	x.eachVersion(st, q, visit)
	if failed != nil {
		return failed
	}
	return x.json(http.StatusOK, out)
}

// versionKey orders versions as results are listed.
func versionKey(n registry.Name, version int) string {
	const digits = "0123456789"
	var number [10]byte
	for i := len(number) - 1; i >= 0; i-- {
		number[i] = digits[version%10]
		version /= 10
	}
	return n.Context + "\x00" + n.Subject + "\x00" + string(number[:])
}

// eachVersion yields the versions that a search looks at, in order.
func (x *request) eachVersion(st *registry.State, q *query, yield func(*registry.Subject, *registry.Version) bool) {
	sc := scope{context: x.target.context}
	from := registry.Name{}
	if q.started {
		context, rest, _ := strings.Cut(q.after, "\x00")
		subject, _, _ := strings.Cut(rest, "\x00")
		from = registry.Name{Context: context, Subject: subject}
	}
	sc.subjects(st, from, q.sees, func(s *registry.Subject) bool {
		if q.name != nil && !q.name.matchesName(s.Name) {
			return true
		}
		if !q.all {
			v := s.Latest()
			if v == nil && q.deleted {
				v = &s.Versions[len(s.Versions)-1]
			}
			return v == nil || yield(s, v)
		}
		for i := range s.Versions {
			v := &s.Versions[i]
			if (!v.Deleted || q.deleted) && !yield(s, v) {
				return false
			}
		}
		return true
	})
}

// readSearch reads the terms.
func (x *request) readSearch() (*query, error) {
	bad := func(format string, args ...any) (*query, error) {
		return nil, registry.Fail(registry.BadSearch, format, args...)
	}
	q := &query{sees: x.sees(), deleted: x.flag("deleted"), all: x.flag("allVersions")}
	terms := 0
	for _, name := range []string{"q", "name", "field", "type", "tag", "meta", "schemaType"} {
		t := x.text(name)
		if t == "" {
			continue
		}
		terms++
		if len(t) > searchTerm || strings.Count(t, "*") > searchStars {
			return bad("The term %s has more than %d bytes or %d stars", name, searchTerm, searchStars)
		}
	}
	if terms == 0 {
		return bad("A search needs at least one of the terms %s", searchTermList)
	}
	q.any, q.typ, q.tag = strings.ToLower(x.text("q")), strings.ToLower(x.text("type")), strings.ToLower(x.text("tag"))
	q.name, q.field = foldGlob(x.text("name")), foldGlob(x.text("field"))
	q.literal = q.field.longest()
	if meta := strings.ToLower(x.text("meta")); meta != "" {
		q.metaSet = true
		q.key, q.value, q.hasKV = strings.Cut(meta, ":")
	}
	if t := x.text("schemaType"); t != "" {
		f, err := schema.ParseFormat(t)
		if err != nil {
			return bad("The term schemaType is %q; AVRO, JSON and PROTOBUF are known", clip(t, 40))
		}
		q.format = f
	}
	q.limit = searchPage
	if n := x.int("limit"); n > 0 {
		q.limit = min(n, searchMaximum)
	}
	if cursor := x.text("cursor"); cursor != "" {
		seq, key, ok := readCursor(cursor)
		if !ok || strings.Count(key, "\x00") != 2 {
			return nil, badRequest("The query parameter cursor is not one that this server gave out")
		}
		q.after, q.started = key, true
		return q, x.api.service.WaitSeq(x.ctx, seq)
	}
	return q, nil
}

// matchVersion holds a version against the terms; nil if one of them does not
// match.
func (x *request) matchVersion(q *query, s *registry.Subject, v *registry.Version) (*wire.SearchResult, error) {
	c := v.Content
	if q.format != 0 && c.Format != q.format {
		return nil, nil
	}
	m := matcher{q: q}
	if q.name != nil {
		m.add("name", "name", s.Name.String(), "")
	}
	if q.metaSet && !m.meta(c.Metadata) {
		return nil, nil
	}
	if q.needsFields() {
		fields, err := x.api.own.index.fields(x.ctx, x.api, s.Name.Context, c)
		if err != nil {
			return nil, err
		}
		if !m.fields(s.Name, c.Metadata, fields) {
			return nil, nil
		}
	}
	r := &wire.SearchResult{
		Subject: s.Name.String(), Version: v.Number, ID: v.ID, SchemaType: c.Format.String(), Deleted: v.Deleted, Matches: m.found,
	}
	if r.Matches == nil {
		r.Matches = []wire.SearchMatch{}
	}
	return r, nil
}

// matcher gathers what matched.
type matcher struct {
	q     *query
	found []wire.SearchMatch
}

func (m *matcher) add(term, kind, value, path string) {
	if len(m.found) < searchMatches {
		m.found = append(m.found, wire.SearchMatch{Term: term, Kind: kind, Value: value, Path: path})
	}
}

func (m *matcher) meta(md *registry.Metadata) bool {
	if md == nil {
		return false
	}
	hit := false
	for key, value := range md.Properties {
		if !strings.EqualFold(key, m.q.key) || m.q.hasKV && !strings.EqualFold(value, m.q.value) {
			continue
		}
		hit = true
		m.add("meta", "meta", metaValue(md, key), key)
	}
	return hit
}

// metaValue leaves the value of a sensitive property out of results.
func metaValue(md *registry.Metadata, key string) string {
	if slices.Contains(md.Sensitive, key) {
		return key
	}
	return key + ":" + md.Properties[key]
}

// fields holds names, types and tags against the terms that need them.
func (m *matcher) fields(n registry.Name, md *registry.Metadata, f *indexed) bool {
	var any, field, typ, tag bool
	q := m.q
	if q.any != "" {
		any = m.anyOutside(n, md)
	}
	if q.tag != "" {
		tag = m.metadataTags(md)
	}
	if f.mayMatch(q) {
		f.each(func(e entry) {
			if q.any != "" && e.contains(q.any) {
				any = true
				m.add("q", "field", e.path, e.path)
			}
			if q.field != nil && (q.field.match(e.path) || q.field.match(e.name())) {
				field = true
				m.add("field", "field", e.path, e.path)
			}
			if q.typ != "" && e.hasType(q.typ) {
				typ = true
				m.add("type", "type", e.typeOf(), e.path)
			}
			if q.tag != "" && e.hasTag(q.tag) {
				tag = true
				m.add("tag", "tag", q.tag, e.path)
			}
		})
	}
	return (q.any == "" || any) && (q.field == nil || field) && (q.typ == "" || typ) && (q.tag == "" || tag)
}

// anyOutside looks for the free term in the name and the metadata.
func (m *matcher) anyOutside(n registry.Name, md *registry.Metadata) bool {
	hit := false
	if containsFold(n.Subject, m.q.any) || n.Context != registry.DefaultContext && containsFold(n.String(), m.q.any) {
		hit = true
		m.add("q", "name", n.String(), "")
	}
	if md == nil {
		return hit
	}
	for key, value := range md.Properties {
		sensitive := slices.Contains(md.Sensitive, key)
		if strings.Contains(strings.ToLower(key), m.q.any) || !sensitive && strings.Contains(strings.ToLower(value), m.q.any) {
			hit = true
			m.add("q", "meta", metaValue(md, key), key)
		}
	}
	for path, tags := range md.Tags {
		for _, t := range tags {
			if strings.Contains(strings.ToLower(t), m.q.any) {
				hit = true
				m.add("q", "tag", t, path)
			}
		}
	}
	return hit
}

// containsFold looks for a lower-case text without regard to case; most names
// are lower case and cost no copy.
func containsFold(s, low string) bool {
	if strings.Contains(s, low) {
		return true
	}
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' || c >= 0x80 {
			return strings.Contains(strings.ToLower(s), low)
		}
	}
	return false
}

func (m *matcher) metadataTags(md *registry.Metadata) bool {
	if md == nil {
		return false
	}
	hit := false
	for path, tags := range md.Tags {
		for _, t := range tags {
			if strings.EqualFold(t, m.q.tag) {
				hit = true
				m.add("tag", "tag", t, path)
			}
		}
	}
	return hit
}
