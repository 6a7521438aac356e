package tree

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/upcast"
)

// hops plans the upcasters of one subject: documents between versions that the
// registry has are changes of their own, the one that leads to the text of the
// tree comes with that.
type hops struct {
	p *planner
	e *Entry
	// action is what is planned for the text, latest the newest version, and at
	// the version that the text is already; 0 if it is none.
	action     *Action
	latest, at int
	versions   []wire.Schema // newest first, read when they are needed
	// pending says that a hop between older versions is not registered yet.
	pending bool
}

// plan resolves the documents of the subject; what is said about those that stay
// out stands with the schema.
func (h *hops) plan(ctx context.Context) error {
	if h.latest == 0 || len(h.e.Upcasters) == 0 {
		return nil // a registry without old events needs none
	}
	subject := h.p.r.qualify(h.e.Subject)
	all, err := h.p.r.Client.Upcasters(ctx, subject, client.UpcasterFilter{State: "active"})
	var no *client.Error
	switch {
	case errors.As(err, &no) && (no.Status == http.StatusNotFound || no.Status == http.StatusMethodNotAllowed):
		h.p.add(Action{
			Op: OpRefused, Subject: h.e.Subject, File: h.e.Upcasters[0].File,
			Why: []string{"this registry takes no upcasters; leave upcasters out of manage, or register in an Instar"},
		})
		return nil
	case err != nil:
		return fmt.Errorf("list the upcasters of %s: %w", h.e.Subject, err)
	}
	for i := range h.e.Upcasters {
		if err := h.document(ctx, &h.e.Upcasters[i], all); err != nil {
			return err
		}
	}
	return nil
}

// document finds out where one document belongs.
func (h *hops) document(ctx context.Context, u *Upcaster, have []wire.Upcaster) error {
	from, err := h.number(ctx, u.Document.From, u.From)
	if err != nil {
		return err
	}
	to := h.at
	if !u.Head {
		if to, err = h.number(ctx, u.Document.To.Version, u.To); err != nil {
			return err
		}
		if n := u.Document.To.Version.Number; n == h.latest+1 && h.at == 0 {
			u.Head = true
		} else if to == 0 {
			h.leave(u, "the registry does not have "+name(u.Document.To.Version)+", to which it leads")
			return nil
		}
	}
	switch {
	case from == 0:
		h.leave(u, "the registry does not have "+name(u.Document.From)+", from which it leads")
		return nil
	case h.published(u, from, have):
	case to > 0 && to == h.next(from):
		return h.alone(ctx, u, from, to, have)
	case to > 0:
		h.leave(u, fmt.Sprintf("it leads from version %d to %d, and not from one to the next", from, to))
	case from != h.latest:
		h.leave(u, fmt.Sprintf("it leads from version %d, and the newest is %d", from, h.latest))
	case h.action.Upcaster != nil:
		h.leave(u, h.action.UpcasterFile+" leads to the new version already")
	default:
		h.action.Upcaster, h.action.UpcasterFile = json.RawMessage(u.Document.Body()), u.File
	}
	return nil
}

// next is the live version after another one; 0 if that is the newest.
func (h *hops) next(version int) int {
	out := 0
	for i := range h.versions {
		if n := h.versions[i].Version; n > version {
			out = n // the newest come first
		}
	}
	return out
}

// published reports whether a document is the active upcaster from a version
// already. The text that it leads to by its file may have changed since.
func (h *hops) published(u *Upcaster, from int, have []wire.Upcaster) bool {
	to := h.next(from)
	doc, err := upcast.Between(u.Document.Body(), from, to)
	if to == 0 || err != nil {
		return false
	}
	for i := range have {
		if x := &have[i]; x.From == from && x.To == to && x.Hash == doc.Hash() {
			h.p.add(Action{Op: OpUnchanged, Subject: h.e.Subject, File: u.File, From: from, To: to})
			return true
		}
	}
	return false
}

// leave says why a document is not sent.
func (h *hops) leave(u *Upcaster, why string) {
	h.action.Why = append(h.action.Why, u.File+" is left out: "+why)
}

// number is the live version that a document names; 0 if there is none.
func (h *hops) number(ctx context.Context, v upcast.Version, text string) (int, error) {
	if h.versions == nil {
		if err := h.read(ctx); err != nil {
			return 0, err
		}
	}
	for i := range h.versions {
		if v.File == "" && h.versions[i].Version == v.Number {
			return v.Number, nil
		}
	}
	if v.File == "" {
		return 0, nil
	}
	for i := range h.versions {
		same, err := h.says(ctx, i, text)
		if same || err != nil {
			return h.versions[i].Version, err
		}
	}
	return 0, nil
}

// says reports whether a version has a text: as it stands, by content with the
// version's own references, or with these put into it.
func (h *hops) says(ctx context.Context, i int, text string) (bool, error) {
	v := &h.versions[i]
	if strings.TrimSpace(v.Schema) == strings.TrimSpace(text) {
		return true, nil
	}
	subject := h.p.r.qualify(h.e.Subject)
	request := wire.RegisterRequest{Schema: text, SchemaType: h.e.Format.String(), References: v.References}
	found, err := h.p.r.Client.Lookup(ctx, subject, request, client.LookupOptions{})
	var no *client.Error
	switch {
	case err == nil:
		return found.Version == v.Version, nil
	case !errors.As(err, &no) || no.Status != http.StatusNotFound && no.Status != http.StatusUnprocessableEntity:
		return false, fmt.Errorf("look up a version of %s: %w", h.e.Subject, err)
	case len(v.References) == 0:
		return false, nil
	}
	whole, err := h.p.r.Client.TextByVersion(ctx, subject, v.Version, "resolved", false)
	if errors.As(err, &no) {
		return false, nil // the format has no such form
	}
	return strings.TrimSpace(whole) == strings.TrimSpace(text), err
}

// enough reports whether the registry takes an upcaster with a verdict.
func (h *hops) enough(ctx context.Context, verdict string) (bool, error) {
	if verdict != string(upcast.Tested) {
		return verdict == string(upcast.Proved), nil
	}
	c, err := h.p.r.Client.Config(ctx, h.p.r.qualify(h.e.Subject), client.ConfigQuery{DefaultToGlobal: true})
	if err != nil {
		return false, fmt.Errorf("read the configuration of %s: %w", h.e.Subject, err)
	}
	return c.UpcasterVerdict == string(upcast.Tested), nil
}

// read reads the live versions.
func (h *hops) read(ctx context.Context) error {
	subject := h.p.r.qualify(h.e.Subject)
	numbers, err := h.p.r.Client.Versions(ctx, subject, client.VersionsQuery{})
	if err != nil {
		return fmt.Errorf("list the versions of %s: %w", h.e.Subject, err)
	}
	h.versions = make([]wire.Schema, 0, len(numbers))
	for i := len(numbers) - 1; i >= 0; i-- {
		v, err := h.p.r.Client.Version(ctx, subject, numbers[i], client.VersionQuery{})
		if err != nil {
			return fmt.Errorf("read version %d of %s: %w", numbers[i], h.e.Subject, err)
		}
		h.versions = append(h.versions, v)
	}
	return nil
}

// alone plans a document between two versions that are there.
func (h *hops) alone(ctx context.Context, u *Upcaster, from, to int, have []wire.Upcaster) error {
	a := Action{Op: OpUpcaster, Subject: h.e.Subject, File: u.File, From: from, To: to}
	doc, err := upcast.Between(u.Document.Body(), from, to)
	if err != nil {
		a.Op, a.Why = OpRefused, []string{err.Error()}
		h.p.add(a)
		return nil
	}
	for i := range have {
		if x := &have[i]; x.From == from && x.To == to {
			a.Replaces = x.Revision
		}
	}
	a.Document = doc.Canonical()
	verdict, err := h.p.r.Client.VerifyUpcaster(ctx, h.p.r.qualify(h.e.Subject), a.Document)
	var no *client.Error
	switch {
	case errors.As(err, &no) && no.Status < http.StatusInternalServerError:
		a.Op, a.Why = OpRefused, []string{no.Message}
	case err != nil:
		return fmt.Errorf("verify %s: %w", u.File, err)
	}
	enough, err := h.enough(ctx, verdict.Verdict)
	switch {
	case err != nil:
		return err
	case a.Op == OpRefused:
	case !enough:
		a.Op, a.Why = OpRefused, []string{strings.TrimSpace("it is " + verdict.Verdict + ": " + verdict.Message)}
	default:
		h.pending = true
	}
	if len(doc.Targets()) > 0 { // they may be registered by this plan
		h.p.after = append(h.p.after, a)
	} else {
		h.p.add(a)
	}
	return nil
}
