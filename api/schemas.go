package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

func schemaRoutes(a *API) []route {
	byID := []param{pSubject, pFormat, pRefFormat, pFindTags, {"fetchMaxId", boolean}}
	uses := []param{pSubject, pDeleted, pOffset, pLimit, pCursor}
	return []route{
		{method: "GET", path: "/schemas", action: auth.Read, class: auth.List, query: listSchemasQuery, handle: (*request).listSchemas},
		{method: "GET", path: "/schemas/types", action: auth.Known, class: auth.Free, handle: (*request).listTypes},
		{method: "GET", path: "/schemas/ids/:id", action: auth.Read, class: auth.Free, query: byID, handle: (*request).getByID},
		{method: "GET", path: "/schemas/ids/:id/schema", action: auth.Read, class: auth.Free, query: []param{pSubject, pFormat}, handle: (*request).getTextByID},
		{method: "GET", path: "/schemas/ids/:id/subjects", action: auth.Read, class: auth.List, query: uses, handle: (*request).listSubjectsOfID},
		{method: "GET", path: "/schemas/ids/:id/versions", action: auth.Read, class: auth.List, query: uses, handle: (*request).listVersionsOfID},
		{method: "GET", path: "/schemas/guids/:guid", action: auth.Read, class: auth.Free, query: []param{pFormat}, handle: (*request).getByGUID},
		{method: "GET", path: "/schemas/guids/:guid/ids", action: auth.Read, class: auth.List, query: []param{pOffset, pLimit, pCursor}, handle: (*request).listIDsOfGUID},
	}
}

func (x *request) listTypes() error { return x.fresh([]string{"JSON", "PROTOBUF", "AVRO"}) }

// idParam reads the id of the path; what is no 32-bit number is no route.
func (x *request) idParam() (int64, error) {
	id, err := strconv.ParseInt(x.params[0], 10, 32)
	if err != nil {
		return 0, errNoRoute
	}
	x.note.id = id
	return id, nil
}

// identified is what an id stands for, seen through the subject that the
// question named, if it named one.
type identified struct {
	context  string
	binding  *registry.Binding
	asked    bool // a subject or a context was named
	use      registry.Use
	searched bool
}

// findID resolves an id. The default context answers unless a subject or the
// path says otherwise; an unqualified subject that does not use the id there is
// looked for in the other contexts.
func (x *request) findID(st *registry.State, id int64) (identified, error) {
	missing := registry.Fail(registry.SchemaNotFound, "Schema %d not found", id)
	arg := x.arg("subject")
	name := x.target.qualify(arg.text)
	if arg.text == "" && x.target.context == "" {
		b, _ := x.binding(st, registry.DefaultContext, id)
		if b == nil {
			return identified{}, missing
		}
		return identified{context: registry.DefaultContext, binding: b}, nil
	}
	name = st.Alias(name)
	b, first := x.binding(st, name.Context, id)
	if use, ok := useOf(b, name.Subject); ok {
		return identified{context: name.Context, binding: b, asked: true, use: use}, nil
	}
	if name.Subject != "" && x.target.searches(arg.text) {
		for _, context := range st.Contexts() {
			other, _ := x.binding(st, context, id)
			if use, ok := useOf(other, name.Subject); ok && context != name.Context {
				return identified{context: context, binding: other, asked: true, use: use, searched: true}, nil
			}
		}
	}
	if b == nil {
		return identified{}, missing
	}
	return identified{context: name.Context, binding: b, asked: true, use: first, searched: true}, nil
}

// useOf finds the newest version of a subject that carries the id.
func useOf(b *registry.Binding, subject string) (registry.Use, bool) {
	if b == nil || subject == "" {
		return registry.Use{}, false
	}
	for _, u := range slices.Backward(b.Uses) {
		if u.Subject == subject {
			return u, true
		}
	}
	return registry.Use{}, false
}

func (x *request) getByID() error {
	id, err := x.idParam()
	if err != nil {
		return err
	}
	var found identified
	var maxID int64
	var deleted bool
	if err := x.view(func(st *registry.State) error {
		var err error
		if found, err = x.findID(st, id); err != nil {
			return err
		}
		if c := st.Context(found.context); c != nil {
			maxID = c.MaxID
		}
		if v := st.Subject(registry.Name{Context: found.context, Subject: found.use.Subject}).Version(found.use.Version); v != nil {
			deleted = v.Deleted
		}
		return nil
	}); err != nil {
		return err
	}
	return x.sendByID(found, maxID, deleted)
}

func (x *request) sendByID(found identified, maxID int64, deleted bool) error {
	b := found.binding
	format, qualified := x.format(b.Content.Format), x.text("referenceFormat") == "qualified"
	x.remember = true
	if !found.searched {
		x.readable = readableUses(found.context, b)
	}
	if found.asked || x.flag("fetchMaxId") || x.wantsTags() != nil {
		body, err := x.bodyByID(found.context, b.Content, b.At, format, qualified)
		if err != nil {
			return err
		}
		if found.asked {
			body.Subject = registry.Name{Context: found.context, Subject: found.use.Subject}.String()
			body.Version = found.use.Version
			if !x.api.opt.LegacyBodies {
				body.Deleted = &deleted
			}
		}
		if x.flag("fetchMaxId") {
			body.MaxID = maxID
		}
		if tags := x.wantsTags(); tags != nil {
			if body.SchemaTags, err = x.foundTags(found.context, b.Content, tags); err != nil {
				return err
			}
		}
		return x.fresh(body)
	}
	key := bodyKey{shows: showsByID, format: format, content: b.Content, at: b.At}
	if qualified {
		key.shows, key.name = showsQualified, registry.Name{Context: found.context}
	}
	out, err := x.api.body(key, func() ([]byte, error) {
		body, err := x.bodyByID(found.context, b.Content, b.At, format, qualified)
		if err != nil {
			return nil, err
		}
		return wire.Marshal(body)
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, out, forDay)
}

func (x *request) bodyByID(context string, c *registry.Content, at int64, format string, qualified bool) (*wire.SchemaByID, error) {
	text, err := x.schemaText(context, c, format)
	if err != nil {
		return nil, err
	}
	body := &wire.SchemaByID{
		Schema: text, SchemaType: x.api.typeName(c.Format), References: referenceBodies(c.References, context, qualified),
		Metadata: metadataBody(c.Metadata), RuleSet: ruleSetBody(c.RuleSet),
	}
	if !x.api.opt.LegacyBodies {
		body.GUID, body.Timestamp = c.GUID.String(), milliseconds(at)
	}
	return body, nil
}

func (x *request) getTextByID() error {
	id, err := x.idParam()
	if err != nil {
		return err
	}
	var found identified
	if err := x.view(func(st *registry.State) (err error) {
		found, err = x.findID(st, id)
		return err
	}); err != nil {
		return err
	}
	x.remember = true
	if !found.searched {
		x.readable = readableUses(found.context, found.binding)
	}
	f := forDay
	if found.asked {
		f = revalidate
	}
	return x.sendText(found.context, found.binding.Content, f)
}

// sendText answers with the bare text of a content.
func (x *request) sendText(context string, c *registry.Content, f freshness) error {
	format := x.format(c.Format)
	b, err := x.api.body(bodyKey{shows: showsText, format: format, content: c}, func() ([]byte, error) {
		text, err := x.schemaText(context, c, format)
		return []byte(text), err
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, b, f)
}

// usesOfID lists the visible versions that carry the id, ordered by subject and
// version.
func (x *request) usesOfID() ([]wire.SubjectVersion, error) {
	id, err := x.idParam()
	if err != nil {
		return nil, err
	}
	out := []wire.SubjectVersion{}
	deleted := x.flag("deleted")
	err = x.view(func(st *registry.State) error {
		out = out[:0]
		found, err := x.findID(st, id)
		if err != nil {
			return schemaNotFound()
		}
		sees := x.sees()
		for _, u := range found.binding.Uses {
			n := registry.Name{Context: found.context, Subject: u.Subject}
			v := st.Subject(n).Version(u.Version)
			if v == nil || v.Deleted && !deleted || sees != nil && !sees(n) {
				continue
			}
			out = append(out, wire.SubjectVersion{Subject: n.String(), Version: u.Version})
		}
		return nil
	})
	slices.SortFunc(out, compareUses)
	return out, err
}

func compareUses(a, b wire.SubjectVersion) int {
	if c := strings.Compare(a.Subject, b.Subject); c != 0 {
		return c
	}
	return a.Version - b.Version
}

func (x *request) listSubjectsOfID() error {
	p, err := x.page(0)
	if err != nil {
		return err
	}
	uses, err := x.usesOfID()
	if err != nil {
		return err
	}
	names := []string{}
	for _, u := range uses {
		names = append(names, u.Subject)
	}
	names = slices.Compact(names)
	return x.fresh(cut(x, p, names, func(s string) string { return s }, func(s, key string) bool { return s > key }))
}

func (x *request) listVersionsOfID() error {
	p, err := x.page(0)
	if err != nil {
		return err
	}
	uses, err := x.usesOfID()
	if err != nil {
		return err
	}
	key := func(u wire.SubjectVersion) string { return strconv.Itoa(u.Version) + "/" + u.Subject }
	return x.fresh(cut(x, p, uses, key, func(u wire.SubjectVersion, key string) bool {
		number, subject, _ := strings.Cut(key, "/")
		n, err := strconv.Atoi(number)
		return err == nil && compareUses(u, wire.SubjectVersion{Subject: subject, Version: n}) > 0
	}))
}

// guidContent is what a GUID stands for: its content, the first visible context
// that binds it, and when it was first bound.
type guidContent struct {
	content  *registry.Content
	context  string
	at       int64
	readable []registry.Name
}

func (x *request) findGUID(st *registry.State) (found guidContent, err error) {
	missing := registry.Fail(registry.SchemaNotFound, "Schema %s not found", clip(x.params[0], 64))
	g, ok := registry.ParseGUID(x.params[0])
	if !ok {
		return found, missing
	}
	content, ids := st.ByGUID(g)
	for _, i := range ids {
		b, _ := x.binding(st, i.Context, i.ID)
		if b == nil {
			continue
		}
		if found.content == nil {
			found.content, found.context, found.at = content, i.Context, b.At
		}
		found.at = min(found.at, b.At)
		found.readable = append(found.readable, readableUses(i.Context, b)...)
	}
	if found.content == nil {
		return found, missing
	}
	return found, nil
}

func (x *request) getByGUID() error {
	var found guidContent
	if err := x.view(func(st *registry.State) (err error) {
		found, err = x.findGUID(st)
		return err
	}); err != nil {
		return err
	}
	format := x.format(found.content.Format)
	x.remember, x.readable = true, found.readable
	b, err := x.api.body(bodyKey{shows: showsByID, format: format, content: found.content, at: found.at}, func() ([]byte, error) {
		body, err := x.bodyByID(found.context, found.content, found.at, format, false)
		if err != nil {
			return nil, err
		}
		return wire.Marshal(body)
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, b, forYear)
}

func (x *request) listIDsOfGUID() error {
	p, err := x.page(0)
	if err != nil {
		return err
	}
	out := []wire.ContextID{}
	if err := x.view(func(st *registry.State) error {
		g, ok := registry.ParseGUID(x.params[0])
		if !ok {
			return nil
		}
		_, ids := st.ByGUID(g)
		for _, i := range ids {
			if b, _ := x.binding(st, i.Context, i.ID); b != nil {
				out = append(out, wire.ContextID{Context: i.Context, ID: i.ID})
			}
		}
		return nil
	}); err != nil {
		return err
	}
	slices.SortFunc(out, compareIDs)
	key := func(i wire.ContextID) string { return strconv.FormatInt(i.ID, 10) + "/" + i.Context }
	return x.fresh(cut(x, p, out, key, func(i wire.ContextID, key string) bool {
		number, context, _ := strings.Cut(key, "/")
		n, err := strconv.ParseInt(number, 10, 64)
		return err == nil && compareIDs(i, wire.ContextID{Context: context, ID: n}) > 0
	}))
}

func compareIDs(a, b wire.ContextID) int {
	if c := strings.Compare(a.Context, b.Context); c != 0 {
		return c
	}
	return int(a.ID - b.ID)
}
