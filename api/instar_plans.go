package api

import (
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// upcasterPlan writes the way between two versions down as a portable plan. It may
// be another one tomorrow, when a document of it is superseded.
func upcasterPlan(x *request) error {
	n, err := x.knownSubject()
	if err != nil {
		return err
	}
	from, to := x.text("from"), x.text("to")
	if from == "" {
		return badRequest("Name the version that the events were written under, as from")
	}
	or(&to, "latest")
	var ends [2]located
	if err := x.view(func(st *registry.State) (err error) {
		ends[0].name = n
		if ends[0].version, err = st.Subject(n).VersionOf(from); err == nil {
			ends[1], err = goal{x.text("toSubject"), to}.find(x, st, ends[0])
		}
		return err
	}); err != nil {
		return err
	}
	if err := represented(x.text("repr"), ends[0].version.Content.Format, ends[1].version.Content.Format); err != nil {
		return err
	}
	var targets [2]registry.Target
	for i := range ends {
		targets[i] = registry.Target{Name: ends[i].name, Version: ends[i].version.Number}
	}
	if _, err := x.wayOf(x.text("message"), targets[0], targets[1]); err != nil {
		return err
	}
	p, err := x.api.service.Plan(x.ctx, x.text("message"), targets[0], targets[1])
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, renderTagged(p.Text, p.Hash), revalidate)
}

// represented holds what was asked for to the representations that a plan reads and
// writes: those of its schemas.
func represented(repr string, from, to schema.Format) error {
	switch repr = strings.ToUpper(repr); {
	case repr == "" || from == to && repr == from.String():
		return nil
	case repr == schema.Avro.String() || repr == schema.JSON.String() || repr == schema.Protobuf.String():
		return registry.Fail(registry.NotYet, "The plan reads %s and writes %s; there is none in %s", from, to, repr)
	default:
		return badRequest("The query parameter repr must be avro, json or protobuf, not %s", clip(strings.ToLower(repr), 20))
	}
}

// planByHash finds a plan by its hash, among those of subjects that the caller sees.
func planByHash(x *request) error {
	hash := x.params[0]
	if sum, is := strings.CutPrefix(hash, "sha256:"); !is || len(sum) != 64 || !isHex(sum) {
		return registry.Fail(registry.PlanNotFound, "Plan %s not found.", clip(hash, 80))
	}
	var at registry.PlanPlace
	if s := x.text("subject"); s != "" {
		n := x.target.qualify(s)
		x.note.subject = n.String()
		at.Subject = &n
	}
	at.From, at.To = x.int("from"), x.int("to")
	p, err := x.api.service.PlanByHash(x.ctx, hash, at, x.sees())
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, renderTagged(p.Text, p.Hash), forYear)
}

func isHex(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && strings.ToLower(s) == s
}
