package api

import (
	"errors"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/upcast"
)

// upcasterSources lists the versions whose events can become events of one version,
// or of a type: those of subjects that the caller may see.
func upcasterSources(x *request) error {
	out := wire.UpcasterSources{Type: x.text("type"), Sources: []wire.UpcasterSource{}}
	var targets []registry.Target
	var err error
	switch subject := x.text("subject"); {
	case (subject == "") == (out.Type == ""):
		return badRequest("Name the subject and the version whose events are wanted, as subject and version, or their type")
	case subject == "":
		targets, err = x.versionsOfType(out.Type)
	default:
		targets, err = x.sourceTarget(&out)
	}
	if err != nil {
		return err
	}
	list, err := x.api.service.Sources(x.ctx, targets...)
	if err != nil {
		return err
	}
	sees := x.sees()
	for i := range list {
		s := &list[i]
		if sees != nil && !sees(s.Name) {
			continue
		}
		typ, err := x.typeOf(s.Name, s.Version)
		if err != nil {
			return err
		}
		out.Sources = append(out.Sources, wire.UpcasterSource{
			Subject: s.Name.String(), Version: s.Version.Number, ID: s.Version.ID, Type: typ, Deleted: s.Version.Deleted,
			Verdict: string(s.Path.Verdict), Class: string(s.Path.Class), Total: s.Path.Total,
		})
	}
	return x.fresh(out)
}

// sourceTarget is the version that the request names.
func (x *request) sourceTarget(out *wire.UpcasterSources) ([]registry.Target, error) {
	version := x.text("version")
	or(&version, "latest")
	written := x.target.qualify(x.text("subject"))
	x.note.subject = written.String()
	var target registry.Target
	err := x.view(func(st *registry.State) error {
		s := x.findSubject(st, written)
		if s == nil {
			return subjectNotFound(written)
		}
		v, err := s.VersionOf(version)
		if err == nil {
			target = registry.Target{Name: s.Name, Version: v.Number}
		}
		return err
	})
	out.Subject, out.Version = target.Name.String(), target.Version
	return []registry.Target{target}, err
}

// versionsOfType lists the versions whose events have a name, deleted ones too. The
// index of the search says which schemas hold the name at all.
func (x *request) versionsOfType(name string) ([]registry.Target, error) {
	if err := x.view(func(*registry.State) error { return nil }); err != nil {
		return nil, err
	}
	st := x.api.service.State()
	x.seq = st.Seq()
	var out []registry.Target
	var failed error
	q := &query{all: true, deleted: true, sees: x.sees()}
	x.eachVersion(st, q, func(s *registry.Subject, v *registry.Version) bool {
		var fields *indexed
		if fields, failed = x.api.own.index.fields(x.ctx, x.api, s.Name.Context, v.Content); failed != nil {
			return false
		}
		if !strings.Contains(fields.low, strings.ToLower(name)) {
			return true
		}
		var found string
		if found, failed = x.typeOf(s.Name, v); found == name {
			out = append(out, registry.Target{Name: s.Name, Version: v.Number})
		}
		return failed == nil
	})
	return out, failed
}

// typeOf is the name of the events of a version; a schema that cannot be read has
// none.
func (x *request) typeOf(n registry.Name, v *registry.Version) (string, error) {
	p, err := x.api.service.Parsed(x.ctx, n.Context, v.Content)
	var refused *registry.Error
	switch {
	case err == nil:
		return upcast.EventType(p), nil
	case errors.As(err, &refused) && refused.Code != registry.Unavailable && refused.Code != registry.Canceled:
		return "", nil
	}
	return "", err
}
