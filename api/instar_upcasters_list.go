package api

import (
	"errors"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/upcast"
)

// Where a hop comes from.
const (
	originDocument = "document"
	originDerived  = "derived"
	originRules    = "rules"
)

// upcasterFilter is what a list of upcasters is narrowed to.
type upcasterFilter struct {
	from, to      int
	state, origin string
}

func (f *upcasterFilter) takes(from, to int, state, origin string) bool {
	return (f.from == 0 || f.from == from) && (f.to == 0 || f.to == to) && (f.state == "" || f.state == state) && (f.origin == "" || f.origin == origin)
}

func (x *request) upcasterFilter() (*upcasterFilter, error) {
	f := &upcasterFilter{from: x.int("from"), to: x.int("to"), state: strings.ToLower(x.text("state")), origin: strings.ToLower(x.text("origin"))}
	switch f.state {
	case "", registry.DraftUpcaster, registry.ActiveUpcaster, registry.SupersededUpcaster, registry.WithdrawnUpcaster:
	default:
		return nil, badRequest("The query parameter state must be draft, active, superseded or withdrawn, not %s", clip(f.state, 20))
	}
	switch f.origin {
	case "", originDocument, originDerived, originRules:
	default:
		return nil, badRequest("The query parameter origin must be document, derived or rules, not %s", clip(f.origin, 20))
	}
	return f, nil
}

// listUpcasters lists the revisions of a subject and, where two neighbours have no
// active document, the hop that migration rules or the schemas themselves give.
func listUpcasters(x *request) error {
	n, err := x.knownSubject()
	if err != nil {
		return err
	}
	f, err := x.upcasterFilter()
	if err != nil {
		return err
	}
	offset, limit := x.int("offset"), x.int("limit")
	var rows []wire.Upcaster
	if err := x.view(func(st *registry.State) error {
		rows = x.upcasterRows(st, n, f)
		return nil
	}); err != nil {
		return err
	}
	out := []wire.Upcaster{}
	for i := range rows {
		if limit > 0 && len(out) == limit {
			break
		}
		if rows[i].Origin == originDerived {
			there, err := x.undocumented(n, &rows[i])
			if err != nil {
				return err
			}
			if !there || f.origin != "" && f.origin != rows[i].Origin {
				continue
			}
		}
		if offset > 0 {
			offset--
			continue
		}
		out = append(out, rows[i])
	}
	return x.fresh(out)
}

// upcasterRows lists what may be in the list, in the order of versions and
// revisions. Whether there are hops without a document is not looked at yet.
func (x *request) upcasterRows(st *registry.State, n registry.Name, f *upcasterFilter) []wire.Upcaster {
	var out []wire.Upcaster
	s, all := st.Subject(n), st.Upcasters(n)
	stored := all.All
	put := func(before int) {
		for len(stored) > 0 && (before == 0 || stored[0].From < before) {
			if u := &stored[0]; f.takes(u.From, u.To, u.State, originDocument) {
				out = append(out, x.upcasterBody(u))
			}
			stored = stored[1:]
		}
	}
	for i := range s.Versions {
		from := s.Versions[i].Number
		to, leaves := s.Next(from), all.Leaving(from)
		put(from)
		if to != 0 && all.Between(from, to) == nil && (leaves == nil || leaves.From != from) && f.origin != originDocument && f.takes(from, to, registry.ActiveUpcaster, f.origin) {
			row := wire.Upcaster{From: from, To: to, State: registry.ActiveUpcaster, Origin: originDerived}
			for _, r := range s.Version(to).RulesUp() {
				row.Rules = append(row.Rules, wire.RuleSet{MigrationRules: ruleBodies(r.Migration), EnableAt: r.EnableAt})
			}
			out = append(out, row)
		}
	}
	put(0)
	return out
}

// undocumented looks at a hop that has no document; false if it is a gap. Rules that
// cannot be carried out have no verdict: whoever carries events elsewhere must not take
// the hop for a derived one.
func (x *request) undocumented(n registry.Name, row *wire.Upcaster) (bool, error) {
	w, err := x.api.service.Way(x.ctx, n, row.From, row.To)
	var gap *registry.Error
	switch {
	case errors.As(err, &gap) && gap.Code != registry.Canceled && gap.Code != registry.Unavailable:
		row.Origin = originRules
		return len(row.Rules) > 0, nil
	case err != nil:
		return false, err
	}
	h := &w.Hops[0]
	if h.Rules {
		row.Origin = originRules
	} else {
		row.Rules = nil
	}
	v := &h.Verdict
	row.Verdict, row.Class, row.Total, row.Prover = string(v.Outcome), string(v.Class), v.Total, upcast.ProverVersion
	return true, nil
}
