package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/instar-registry/instar/internal/reproducer"
	"github.com/instar-registry/instar/registry"
)

// broken notes an event with which a proved plan failed, which is a bug of ours: in
// the log, and with what shows it again in a file that the log and the answer name.
// Who sent the event has it still.
func (c *carrier) broken(in []byte, err error) error {
	var no *registry.Error
	if !errors.As(err, &no) || no.Code != registry.BrokenPlan {
		return err
	}
	o := &c.x.api.opt
	file := c.keep(in, no)
	kept := ""
	if file != "" {
		kept = filepath.Join(o.Reproducers.Path(), file)
	}
	o.Logger.Error("proved plan broken",
		"request_id", c.x.id[0], "subject", c.name.String(), "from", c.from.Number, "to", c.to.Number, "plan", c.plan, "reproducer", kept, "err", no.Cause)
	if file == "" {
		return err
	}
	more := *no
	more.Why = fmt.Sprintf("report it with the file %s, which the server keeps; the event was not changed", file)
	return &more
}

// keep keeps what shows a broken plan again, while the answer goes out.
func (c *carrier) keep(in []byte, no *registry.Error) string {
	plan := c.plan
	if plan == "" { // the way has none
		plan = fmt.Sprintf("%s/%d %s/%d", c.name, c.from.Number, c.end, c.to.Number)
	}
	reason := no.Message
	if no.Cause != nil {
		reason = no.Cause.Error()
	}
	event, service, way, envelope := append([]byte(nil), in...), c.x.api.service, c.way, c.envelope
	return c.x.api.opt.Reproducers.Keep(plan, reason, func(ctx context.Context) (*reproducer.Case, error) {
		out, err := caseOf(ctx, service, way)
		if err == nil {
			out.Holds(&envelope, event)
		}
		return out, err
	})
}

// caseOf is what shows the bug of a way, but for its event.
func caseOf(ctx context.Context, service *registry.Service, w *registry.Way) (*reproducer.Case, error) {
	from, to := w.Ends()
	out := &reproducer.Case{Subject: from.Name.String(), From: from.Version, Message: from.Message, To: to.Version}
	if to.Name != from.Name {
		out.ToSubject = to.Name.String()
	}
	if p, err := w.Plan(); err == nil {
		out.PlanHash, out.Plan = p.Hash, p.Text
	} else {
		out.NoPlan = err.Error()
	}
	sources, err := service.WaySources(ctx, w)
	if err != nil {
		return nil, err
	}
	at := func(t registry.Target) reproducer.Place {
		return reproducer.Place{Subject: t.Name.String(), Version: t.Version}
	}
	for i := range sources.Versions {
		v := &sources.Versions[i]
		out.Versions = append(out.Versions, reproducer.Version{Place: at(v.Target), ID: v.ID, Type: v.Format.String(), Schema: v.Text, References: v.References})
	}
	for i := range sources.Hops {
		s := &sources.Hops[i]
		h := reproducer.Hop{
			From: at(registry.Target{Name: s.Source, Version: s.From}), To: at(registry.Target{Name: s.Target, Version: s.To}),
			Down: s.Down, Hash: s.Document, Document: s.Text,
		}
		for name, t := range s.Parts {
			h.Parts = append(h.Parts, reproducer.Part{Name: reproducer.Place{Subject: name.Subject, Version: name.Version.Number}, To: at(t)})
		}
		for _, set := range s.RuleSets {
			text, err := json.Marshal(set)
			if err != nil {
				return nil, err
			}
			h.Rules = append(h.Rules, text)
		}
		out.Hops = append(out.Hops, h)
	}
	return out, nil
}
