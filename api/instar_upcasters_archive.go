package api

import (
	"fmt"

	"github.com/instar-registry/instar/internal/archive"
	"github.com/instar-registry/instar/registry"
)

// exportedUpcaster is a revision on its way into an archive.
type exportedUpcaster struct {
	name     registry.Name
	upcaster *registry.Upcaster
}

// collectUpcasters lists the revisions of a subject. Without its soft-deleted
// versions, those that lead from or to one would lead nowhere.
func (s *selection) collectUpcasters(st *registry.State, sub *registry.Subject) {
	all := st.Upcasters(sub.Name).All
	live := func(of *registry.Subject, number int) bool {
		v := of.Version(number)
		return v != nil && !v.Deleted
	}
	for i := range all {
		u := &all[i]
		target := sub
		if u.Renames != nil {
			target = st.Subject(u.Renames.Name())
		}
		if s.deleted || live(sub, u.From) && live(target, u.To) {
			s.upcasters = append(s.upcasters, exportedUpcaster{sub.Name, u})
		}
	}
}

func (x *request) writeUpcasters(w *archive.Writer, s *selection, written map[registry.Hash]string) error {
	for _, e := range s.upcasters {
		if err := x.ctx.Err(); err != nil {
			return err
		}
		u := e.upcaster
		hash, err := x.writeText(w, u.Text, written)
		if err != nil {
			return err
		}
		if err := w.Upcaster(archive.UpcasterLine{
			Context: e.name.Context, Subject: e.name.Subject, From: u.From, To: u.To, Revision: u.Revision, State: u.State,
			Text: hash, Document: u.Document, Verdict: u.Verdict, Class: u.Class, Total: u.Total, Prover: u.Prover,
			Bridges: u.Bridges, Partial: u.Partial, Since: u.Since, Down: u.Down, Away: u.Renames != nil, Author: u.Author, At: u.At,
		}); err != nil {
			return err
		}
	}
	return nil
}

// previewUpcaster finds a revision that stands for another document here.
func (i *importer) previewUpcaster(number int64, u *archive.UpcasterLine) error {
	n := i.name(u.Context, u.Subject)
	have := i.x.api.service.State().Upcasters(n).Revision(u.From, u.To, u.Revision)
	if have != nil && fmt.Sprintf("%x", have.Text[:]) != u.Text {
		return registry.Fail(registry.ImportConflict,
			"line %d: revision %d of the upcaster from version %d to %d of subject '%s' exists already with another document; map the context to another one with contextMap, or import into an empty registry",
			number, u.Revision, u.From, u.To, n)
	}
	return nil
}

func (i *importer) takeUpcaster(number int64, u *archive.UpcasterLine) error {
	body, err := i.body(u.Text)
	if err != nil {
		return err
	}
	return i.add(number, registry.ImportUpcaster{
		Name: i.name(u.Context, u.Subject), Text: body,
		Upcaster: registry.Upcaster{
			From: u.From, To: u.To, Revision: u.Revision, State: u.State, Document: u.Document, Verdict: u.Verdict, Class: u.Class,
			Total: u.Total, Prover: u.Prover, Bridges: u.Bridges, Partial: u.Partial, Since: u.Since, Down: u.Down, Author: u.Author, At: u.At,
		},
	})
}

func (i *importer) differUpcaster(line int64, n registry.Name, u *registry.Upcaster, what string) {
	i.differ(line, n, u.To, fmt.Sprintf("revision %d of the upcaster from version %d: %s", u.Revision, u.From, what))
}
