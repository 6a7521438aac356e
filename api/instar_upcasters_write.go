package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// supersedes reads the revision of If-Match; 0 without one.
func (x *request) supersedes() (int, error) {
	tag := x.r.Header.Get("If-Match")
	if tag == "" {
		return 0, nil
	}
	number, _, _ := strings.Cut(strings.Trim(strings.TrimPrefix(tag, "W/"), `"`), "-") // see revisionTag
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return 0, badRequest("If-Match must be the number of the revision that is superseded, or the ETag that it was read with, not %s", clip(tag, 40))
	}
	return n, nil
}

// revisionTag is the entity tag of a revision: its number, which If-Match takes, and
// the tag of the body, which tells its states and drafts apart.
func revisionTag(revision int, body *rendered) string {
	return strconv.Itoa(revision) + "-" + body.tag
}

func putUpcaster(x *request) error {
	n := x.resolved()
	if err := x.need(auth.Register, n); err != nil {
		return err
	}
	from, to, err := x.hopOf()
	if err != nil {
		return err
	}
	d, err := x.decode()
	if err != nil {
		return err
	}
	text, err := d.upcasterText()
	if err != nil {
		return err
	}
	revision, err := x.supersedes()
	if err != nil {
		return err
	}
	if doc, err := upcast.Parse(text); err == nil { // else the registry says what is wrong with it
		if err := x.seesTargets(n, doc); err != nil {
			return err
		}
	}
	draft, err := x.draft()
	if err != nil {
		return err
	}
	if !draft {
		if err := x.needSupersede(n, from, to); err != nil {
			return err
		}
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	out, err := x.api.service.AddUpcaster(x.ctx, by, registry.AddUpcaster{
		Name: n, From: from, To: to, Text: text, Revision: revision, Draft: draft, AcceptPartial: x.flag("acceptPartial"),
	})
	if err != nil {
		return err
	}
	x.seq = 0 // what was looked at before is older
	body := x.addedBody(&out)
	if out.Supersedes > 0 {
		if body.Differences, err = x.differences(&out); err != nil {
			return err
		}
	}
	x.w.Header().Set("ETag", strconv.Quote(strconv.Itoa(out.Revision)))
	return x.json(http.StatusOK, body)
}

// needSupersede asks for the rights of a steward where a version rests on the way
// that a new revision changes.
func (x *request) needSupersede(n registry.Name, from, to int) error {
	rests := false
	if err := x.view(func(st *registry.State) error {
		all := st.Upcasters(n)
		rests = all.Active(from, to) != nil && all.Reliant(from, to) != nil
		return nil
	}); err != nil || !rests {
		return err
	}
	return x.need(auth.Steward, n)
}

// seesTargets refuses a document that leads to a subject which the caller may not
// see, as if there were none.
func (x *request) seesTargets(n registry.Name, doc *upcast.Document) error {
	if len(doc.Targets()) == 0 {
		return nil
	}
	return x.view(func(st *registry.State) error {
		for _, t := range doc.Targets() {
			if to := registry.In(n.Context, t.Subject); x.findSubject(st, to) == nil {
				return subjectNotFound(to)
			}
		}
		return nil
	})
}

// draft reads the state that a revision is to have: a draft, or active.
func (x *request) draft() (bool, error) {
	switch state := strings.ToLower(x.text("state")); state {
	case "", registry.ActiveUpcaster:
		return false, nil
	case registry.DraftUpcaster:
		return true, nil
	default:
		return false, badRequest("The query parameter state must be draft or active, not %s", clip(state, 20))
	}
}

// differences shows events that a revision carries to other images than the one
// that it supersedes.
func (x *request) differences(out *registry.UpcasterAdded) ([]wire.UpcasterDifference, error) {
	var codecs [2]codec
	var list []registry.ImageDifference
	err := x.view(func(st *registry.State) error {
		all := st.Upcasters(out.Name)
		before, after := all.Revision(out.From, out.To, out.Supersedes), all.Revision(out.From, out.To, out.Revision)
		if before == nil || after == nil {
			return nil // removed since
		}
		s := st.Subject(out.Name)
		ends := []located{{name: out.Name, version: s.Version(out.From)}, {name: out.Name, version: s.Version(out.To)}}
		if to := after.Renames; to != nil {
			if before.Renames == nil || *before.Renames != *to {
				return nil // they lead to different schemas
			}
			ends[1] = located{name: to.Name(), version: st.Subject(to.Name()).Version(to.Version)}
		}
		for i := range ends {
			var err error
			if codecs[i], err = x.codec(ends[i].name, ends[i].version, ""); err != nil {
				return err
			}
		}
		var err error
		list, err = x.api.service.Differences(x.ctx, out.Name, out.From, out.To, before.Text, after.Text)
		return err
	})
	if err != nil {
		return nil, err
	}
	body := make([]wire.UpcasterDifference, len(list))
	for i := range list {
		d, b := &list[i], &body[i]
		b.BeforeEnd, b.AfterEnd = d.BeforeEnd, d.AfterEnd
		for _, e := range []struct {
			c     codec
			event []byte
			to    *json.RawMessage
		}{{codecs[0], d.Event, &b.Event}, {codecs[1], d.Before, &b.Before}, {codecs[1], d.After, &b.After}} {
			if e.event == nil {
				continue
			}
			if *e.to, err = e.c.Decode(e.event); err != nil {
				return nil, &schema.Bug{Where: "upcaster differences", Cause: err}
			}
		}
	}
	return body, nil
}

// addedBody is the answer to a revision.
func (x *request) addedBody(out *registry.UpcasterAdded) wire.UpcasterAdded {
	return wire.UpcasterAdded{
		Problem: out.Problem, Warnings: x.upcasterWarnings(out),
		From: out.From, To: out.To, Revision: out.Revision, State: out.State, Supersedes: out.Supersedes, Hash: out.Document, Created: out.Created,
		Verdict: string(out.Outcome), Class: string(out.Class), Total: out.Total, NoDown: out.NoDown,
	}
}

// upcasterWarnings say who breaks although a version is bridged, and which migration
// rules are not carried out because there is a document.
func (x *request) upcasterWarnings(out *registry.UpcasterAdded) []string {
	if out.State != registry.ActiveUpcaster {
		return nil
	}
	var w []string
	old := fmt.Sprintf("version %d", out.From)
	if out.Since > 0 && out.Since < out.From {
		old = fmt.Sprintf("versions %d to %d", out.Since, out.From)
	}
	if out.Bridges {
		w = append(w, fmt.Sprintf("version %d is let in because of its upcaster: readers without one, which is every client that is not Instar's, break between it and %s", out.To, old))
	}
	if out.Partial {
		w = append(w, "some events have no image and end in a dead letter; that was accepted by acceptPartial")
	}
	st := x.api.service.State()
	if rulesOf(st, out.Name, out.From, out.To) {
		w = append(w, fmt.Sprintf("the migration rules of version %d are not carried out from version %d on: the upcaster is", out.To, out.From))
	}
	return w
}

// rulesOf reports whether the newer version of a hop within a subject has migration
// rules that would run without a document.
func rulesOf(st *registry.State, n registry.Name, from, to int) bool {
	u := st.Upcasters(n).Between(from, to)
	v := st.Subject(n).Version(to)
	if u == nil || v == nil || v.Content.RuleSet == nil {
		return false
	}
	return slices.ContainsFunc(v.Content.RuleSet.Migration, func(r registry.Rule) bool { return !r.Disabled })
}

func deleteUpcaster(x *request) error {
	n := x.resolved()
	if err := x.need(auth.Steward, n); err != nil {
		return err
	}
	from, to, err := x.hopOf()
	if err != nil {
		return err
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	draft, err := x.draft()
	if err != nil {
		return err
	}
	revision, err := x.api.service.WithdrawUpcaster(x.ctx, by, registry.WithdrawUpcaster{Name: n, From: from, To: to, Draft: draft})
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, revision)
}
