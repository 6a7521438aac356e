package api

import (
	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
)

// upcasterSources lists the versions whose events can become events of one version,
// those of subjects that the caller may see.
func upcasterSources(x *request) error {
	subject, version := x.text("subject"), x.text("version")
	if subject == "" {
		return badRequest("Name the subject and the version whose events are wanted, as subject and version")
	}
	or(&version, "latest")
	written := x.target.qualify(subject)
	x.note.subject = written.String()
	var n registry.Name
	var v *registry.Version
	if err := x.view(func(st *registry.State) (err error) {
		s := x.findSubject(st, written)
		if s == nil {
			return subjectNotFound(written)
		}
		n = s.Name
		v, err = s.VersionOf(version)
		return err
	}); err != nil {
		return err
	}
	list, err := x.api.service.Sources(x.ctx, n, v.Number)
	if err != nil {
		return err
	}
	out := wire.UpcasterSources{Subject: n.String(), Version: v.Number, Sources: []wire.UpcasterSource{}}
	sees := x.sees()
	for i := range list {
		s := &list[i]
		if sees != nil && !sees(s.Name) {
			continue
		}
		out.Sources = append(out.Sources, wire.UpcasterSource{
			Subject: s.Name.String(), Version: s.Version.Number, ID: s.Version.ID, Deleted: s.Version.Deleted,
			Verdict: string(s.Path.Verdict), Class: string(s.Path.Class), Total: s.Path.Total,
		})
	}
	return x.fresh(out)
}
