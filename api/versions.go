package api

import (
	"slices"
	"strconv"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

func versionRoutes(a *API) []route {
	const one = "/subjects/:subject/versions/:version"
	return []route{
		{
			method: "GET", path: "/subjects/:subject/versions", action: auth.Read, class: auth.List,
			query: []param{pDeleted, pDeletedOnly, {"deletedAsNegative", boolean}, pOffset, pLimit, pCursor}, handle: (*request).listVersions,
		},
		{
			method: "GET", path: one, action: auth.Read, class: auth.Free,
			query: []param{pFormat, pRefFormat, pDeleted, pFindTags}, handle: (*request).getVersion,
		},
		{
			method: "GET", path: one + "/schema", action: auth.Read, class: auth.Free,
			query: []param{pFormat, pDeleted}, handle: (*request).getVersionText,
		},
		{
			method: "GET", path: one + "/referencedby", action: auth.Read, class: auth.List,
			query: []param{pDeleted, pOffset, pLimit, pCursor}, handle: (*request).listReferrers,
		},
		{
			method: "DELETE", path: one, action: auth.Steward | auth.Admin, class: auth.Write,
			query: []param{pPermanent}, handle: (*request).deleteVersion,
		},
	}
}

func (x *request) listVersions() error {
	p, err := x.page(x.api.opt.VersionsPage)
	if err != nil {
		return err
	}
	deleted, only, negative := x.flag("deleted"), x.flag("deletedOnly"), x.flag("deletedAsNegative")
	var numbers []int
	if err := x.view(func(st *registry.State) error {
		n := x.subject()
		s := x.findSubject(st, n)
		if s == nil || s.Latest() == nil && !deleted && !only {
			return subjectNotFound(n)
		}
		numbers = numbers[:0]
		for i := range s.Versions {
			v := &s.Versions[i]
			switch {
			case only && !v.Deleted, v.Deleted && !deleted && !only && !negative:
			case v.Deleted && negative:
				numbers = append(numbers, -v.Number)
			default:
				numbers = append(numbers, v.Number)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return x.fresh(cut(x, p, numbers, func(n int) string { return strconv.Itoa(abs(n)) }, func(n int, key string) bool {
		last, err := strconv.Atoi(key)
		return err == nil && abs(n) > last
	}))
}

func abs(n int) int { return max(n, -n) }

// locate finds the version that the path names.
func (x *request) locate(deleted bool) (located, error) {
	x.subject()
	number, err := registry.ParseVersion(x.params[1])
	if err != nil {
		return located{}, err
	}
	var at located
	err = x.view(func(st *registry.State) (err error) {
		at, err = x.findVersion(st, x.params[0], number, deleted)
		return err
	})
	return at, err
}

func (x *request) getVersion() error {
	at, err := x.locate(x.flag("deleted"))
	if err != nil {
		return err
	}
	return x.sendVersion(at)
}

func (x *request) getVersionText() error {
	at, err := x.locate(x.flag("deleted"))
	if err != nil {
		return err
	}
	x.note.version, x.note.id = at.version.Number, at.version.ID
	x.rememberFor(at)
	return x.sendText(at.name.Context, at.version.Content, revalidate)
}

// listReferrers lists the ids of the versions that reference the one in the
// path, which may itself be soft-deleted.
func (x *request) listReferrers() error {
	p, err := x.page(0)
	if err != nil {
		return err
	}
	number, err := registry.ParseVersion(x.params[1])
	if err != nil {
		return err
	}
	deleted := x.flag("deleted")
	var ids []int64
	if err := x.view(func(st *registry.State) error {
		ids = ids[:0]
		n := x.subject()
		v, err := pick(x.findSubject(st, n), n, number, true)
		if err != nil {
			return err
		}
		sees := x.sees()
		for _, r := range st.Referrers(st.Alias(n), v.Number) {
			by := st.Subject(r.Name).Version(r.Version)
			if by == nil || by.Deleted && !deleted || sees != nil && !sees(r.Name) {
				continue
			}
			ids = append(ids, by.ID)
		}
		return nil
	}); err != nil {
		return err
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return x.fresh(cut(x, p, ids, func(id int64) string { return strconv.FormatInt(id, 10) }, func(id int64, key string) bool {
		last, err := strconv.ParseInt(key, 10, 64)
		return err == nil && id > last
	}))
}

func (x *request) deleteVersion() error {
	n := x.api.service.State().Alias(x.subject())
	permanent := x.flag("permanent")
	number, err := registry.ParseVersion(x.params[1])
	if err != nil {
		return err
	}
	if err := x.needDelete(n, permanent); err != nil {
		return err
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	number, err = x.api.service.DeleteVersion(x.ctx, by, registry.DeleteVersion{Name: n, Version: number, Permanent: permanent})
	if err != nil {
		return err
	}
	x.note.version = number
	return x.json(200, number)
}
