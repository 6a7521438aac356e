package api

import (
	"strings"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

func subjectRoutes(a *API) []route {
	return []route{
		{
			method: "GET", path: "/subjects", action: auth.Read, class: auth.List,
			query: []param{pPrefix, pDeleted, pDeletedOnly, pOffset, pLimit, pCursor}, handle: (*request).listSubjects,
		},
		{
			method: "POST", path: "/subjects/:subject", action: auth.Read, class: auth.Free, body: jsonBody,
			query: []param{pNormalize, pFormat, pDeleted}, handle: (*request).lookup,
		},
		{
			method: "DELETE", path: "/subjects/:subject", action: auth.Steward | auth.Admin, class: auth.Write,
			query: []param{pPermanent}, handle: (*request).deleteSubject,
		},
		{
			method: "GET", path: "/subjects/:subject/metadata", action: auth.Read, class: auth.Free,
			query: []param{{"key", list}, {"value", list}, pFormat, pRefFormat, pDeleted, pFindTags}, handle: (*request).latestWithMetadata,
		},
	}
}

func (x *request) listSubjects() error {
	p, err := x.page(x.api.opt.SubjectsPage)
	if err != nil {
		return err
	}
	prefix := x.text("subjectPrefix")
	if !x.arg("subjectPrefix").set {
		prefix = ":*:"
	}
	wanted, from, skip := x.readScope(prefix), registry.Name{}, p.offset
	if p.started {
		from = registry.ParseName(p.after)
	}
	deleted, deletedOnly := x.flag("deleted"), x.flag("deletedOnly")
	names := []string{}
	if err := x.view(func(st *registry.State) error {
		wanted.subjects(st, from, x.sees(), func(s *registry.Subject) bool {
			live := s.Latest() != nil
			if deletedOnly && live || !deletedOnly && !deleted && !live || p.started && s.Name == from {
				return true
			}
			if skip > 0 {
				skip--
				return true
			}
			names = append(names, s.Name.String())
			return p.limit < 0 || len(names) <= p.limit
		})
		return nil
	}); err != nil {
		return err
	}
	if p.limit >= 0 && len(names) > p.limit {
		names = names[:p.limit]
		x.more(names[len(names)-1])
	}
	return x.fresh(names)
}

// lookup answers whether a schema is registered under a subject.
func (x *request) lookup() error {
	c, err := x.readSent(sentLookup)
	if err != nil {
		return err
	}
	req := registry.LookupRequest{
		Format: c.Format, Text: c.Text, References: c.References, Metadata: c.Metadata, RuleSet: c.RuleSet,
		Normalize: x.flag("normalize"), Deleted: x.flag("deleted"),
	}
	first := x.subject()
	at, err := x.lookupIn(first, req)
	if err == nil {
		x.rememberSent(c)
		return x.sendLookup(at)
	}
	if x.target.searches(x.params[0]) && isMiss(err) {
		for _, context := range x.api.service.State().Contexts() {
			if context == registry.DefaultContext {
				continue
			}
			other := registry.Name{Context: context, Subject: first.Subject}
			if x.findSubject(x.api.service.State(), other) == nil {
				continue
			}
			if at, miss := x.lookupIn(other, req); miss == nil {
				return x.sendLookup(at)
			}
		}
	}
	if isMiss(err) { // who is told so asks again
		x.rememberSent(c)
	}
	return err
}

func (x *request) lookupIn(n registry.Name, req registry.LookupRequest) (located, error) {
	req.Name = x.api.service.State().Alias(n)
	if !x.may(auth.Read, req.Name) {
		return located{}, subjectNotFound(n)
	}
	s, v, err := x.api.service.Lookup(x.ctx, req)
	if err != nil {
		return located{}, err
	}
	return located{name: s.Name, version: v}, nil
}

func (x *request) sendLookup(at located) error {
	x.note.version, x.note.id = at.version.Number, at.version.ID
	b, err := x.versionBody(at, x.format(at.version.Content.Format), false)
	if err != nil {
		return err
	}
	return x.send(200, b, noStore)
}

// isMiss reports whether an error says that something does not exist.
func isMiss(err error) bool {
	re, ok := err.(*registry.Error) //nolint:errorlint // straight from the service
	return ok && (re.Code == registry.SubjectNotFound || re.Code == registry.VersionNotFound || re.Code == registry.SchemaNotFound)
}

func (x *request) deleteSubject() error {
	n := x.api.service.State().Alias(x.subject())
	permanent := x.flag("permanent")
	if err := x.needDelete(n, permanent); err != nil {
		return err
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	numbers, err := x.api.service.DeleteSubject(x.ctx, by, registry.DeleteSubject{Name: n, Permanent: permanent})
	if err != nil {
		return err
	}
	return x.json(200, numbers)
}

// needDelete asks for the right to hide, or to remove for good.
func (x *request) needDelete(n registry.Name, permanent bool) error {
	if permanent {
		return x.need(auth.Admin, n)
	}
	return x.need(auth.Steward, n)
}

// latestWithMetadata answers the newest version whose metadata has all the
// properties asked for.
func (x *request) latestWithMetadata() error {
	keys, values := x.arg("key").list, x.arg("value").list
	if len(keys) != len(values) {
		return badRequest("The query has %d parameters key and %d value; they go in pairs", len(keys), len(values))
	}
	n, deleted := x.subject(), x.flag("deleted")
	var at located
	if err := x.view(func(st *registry.State) error {
		s := x.findSubject(st, n)
		if s == nil || s.Latest() == nil && !deleted {
			return subjectNotFound(n)
		}
		for i := len(s.Versions) - 1; i >= 0; i-- {
			v := &s.Versions[i]
			if (!v.Deleted || deleted) && hasProperties(v.Content.Metadata, keys, values) {
				at = located{name: s.Name, version: v}
				return nil
			}
		}
		return schemaNotFound()
	}); err != nil {
		return err
	}
	return x.sendVersion(at)
}

func hasProperties(m *registry.Metadata, keys, values []string) bool {
	for i, key := range keys {
		if m == nil {
			return false
		}
		if have, ok := m.Properties[key]; !ok || have != values[i] {
			return false
		}
	}
	return true
}

// latest reports whether a version in a path means the newest one.
func latest(written string) bool { return written == "-1" || strings.EqualFold(written, "latest") }
