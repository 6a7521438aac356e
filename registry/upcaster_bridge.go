package registry

import (
	"encoding/hex"
	"errors"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// bridge is an upcaster that comes with a version.
type bridge struct {
	change UpcasterActivated
	text   string
	added  UpcasterAdded
}

// withUpcaster proves the upcaster that came with a candidate and decides whether
// it bridges what the engine refuses. It is called once the version's number is
// known.
func (d *decider) withUpcaster(cmd *Register, c *candidate, out *VersionRegistered, refused *Judgement) error {
	latest := d.st.Subject(cmd.Name).Latest()
	if latest == nil || d.st.Subject(cmd.Name).Highest() != latest.Number {
		return fail(InvalidUpcaster, "The upcaster has no version to lead from: the newest version of subject '%s' is deleted, or there is none", cmd.Name)
	}
	if x := d.st.Upcasters(cmd.Name).leaves(latest.Number); x != nil {
		return fail(InvalidUpcaster, "The upcaster has no events to lead: those of version %d of subject '%s' go to version %d of subject '%s'", x.From, cmd.Name, x.To, x.Renames.Name())
	}
	doc, err := upcast.Between(cmd.Upcaster, latest.Number, out.Version)
	if err != nil {
		return besideVersion(err)
	}
	old, err := d.st.parsed(d.env, cmd.Name.Context, latest.Content)
	if err != nil {
		return refusalOrNeed(err)
	}
	targets, err := d.st.targets(d.env, cmd.Name, doc)
	if err != nil {
		return err
	}
	hop, err := d.env.Library.Prove(doc, old, c.parsed, targets)
	if err != nil {
		return besideVersion(err)
	}
	if err := d.worthy(cmd.Name, &hop.Verdict); err != nil {
		return err
	}
	need := need{since: latest.Number}
	if refused != nil {
		if v := hop.Verdict; v.Outcome != upcast.Proved {
			return fail(UpcasterBelowVerdict, "The upcaster is only tested with %d events, and only a proved one bridges a breaking change: %s", v.Events, &VerdictError{v}).from(&VerdictError{v}).
				because("make it provable; the answer of …/upcasters/verify lists what is open")
		}
		if need, err = d.bridges(cmd.Name, refused, hop, latest.Number, cmd.AcceptPartial); err != nil {
			return err
		}
	}
	if refused != nil && len(hop.Outputs()) > 0 {
		return splits(out.Version)
	}
	spread := spreads(cmd.Name, doc)
	if err := d.acyclic(cmd.Name, latest.Number, spread); err != nil {
		return err
	}
	text := textHash(doc.Canonical())
	d.bridge = &bridge{
		text: doc.Canonical(),
		change: UpcasterActivated{
			Context: cmd.Name.Context, Subject: cmd.Name.Subject, From: latest.Number, To: out.Version, Revision: 1,
			Text: hex.EncodeToString(text[:]), Document: doc.Hash(), Verdict: string(hop.Verdict.Outcome), Class: string(hop.Verdict.Class),
			Total: hop.Verdict.Total, Prover: upcast.ProverVersion, Bridges: refused != nil,
			Partial: refused != nil && cmd.AcceptPartial && need.partial, Author: cmd.Author, Spreads: spread,
		},
		added: UpcasterAdded{Name: cmd.Name, From: latest.Number, To: out.Version, Revision: 1, State: ActiveUpcaster, Created: true, Document: doc.Hash()},
	}
	d.bridge.added.says(hop.Verdict)
	if refused != nil {
		out.BridgedBy = doc.Hash()
		d.bridge.change.Since, d.bridge.change.Down = need.since, need.down
	}
	d.bridge.added.rests(&d.bridge.change)
	return nil
}

// besideVersion places a mistake in the upcaster that came with a version in the
// request: the document that is made of it has lines that nobody wrote.
func besideVersion(err error) error {
	var wrong *upcast.Error
	if errors.As(err, &wrong) {
		sent := *wrong
		sent.Problem.Position, sent.Problem.Path = schema.Position{}, "/upcaster"+wrong.Problem.Path
		err = &sent
	}
	return upcasterRefusal(err)
}

// bridges demands a proved, total way for every pair that the level refuses: up
// where the candidate has to read an old version, down where an old version has
// to read the candidate. hop leads from version from to the candidate.
func (d *decider) bridges(n Name, refused *Judgement, hop *upcast.Hop, from int, partial bool) (need, error) {
	out := need{since: from}
	if len(refused.Reserved) > 0 {
		return out, incompatible(n, refused) // names are no matter of events
	}
	for i := range refused.Pairs {
		p := &refused.Pairs[i]
		if !p.Required || !p.Refused() {
			continue
		}
		chain := []*upcast.Hop{hop}
		for at := p.Version; at != from; {
			next := d.st.Subject(n).Next(at)
			h, err := d.st.activeHop(d.env, n, at, next)
			if err != nil {
				return out, err
			}
			if h.Verdict.Outcome != upcast.Proved {
				return out, gap(&HopInfo{From: at, To: next, Verdict: h.Verdict})
			}
			if len(h.Outputs()) > 0 {
				return out, fail(UpcasterBelowVerdict, "The upcaster from version %d to %d makes several events of one, so none becomes an event of the new version as a whole", at, next)
			}
			chain = append(chain, h)
			at = next
		}
		for _, h := range chain {
			total, err := leads(h, p.Direction == compat.NewToOld, partial)
			if err == nil {
				err = d.beside(h, p.Direction == compat.NewToOld)
			}
			if err != nil {
				return out, err
			}
			out.partial = out.partial || !total
		}
		out.since, out.down = min(out.since, p.Version), out.down || p.Direction == compat.NewToOld
	}
	return out, nil
}

// beside demands a derived way for the events of the Protobuf messages that a
// document says nothing of.
func (d *decider) beside(h *upcast.Hop, down bool) error {
	message, why, err := h.Unbridged(down, func(message string, from, to schema.Parsed) (*upcast.Hop, error) {
		return d.env.Library.Derive(message, from, to)
	})
	switch {
	case err != nil:
		return err
	case message == "":
		return nil
	}
	carried, _ := h.Messages()
	return fail(UpcasterBelowVerdict, "The upcaster carries events of %s; those of %s have no proved way: %s", carried, message, why).
		because("change one message a version; message: %s names the one that a document carries", message)
}

// need is what a bridge rests on: ways from version since on, also back if down,
// some of which send events to the dead letter if partial.
type need struct {
	since         int
	down, partial bool
}

// bridged reports whether an active document leads into a version over what the
// level refuses.
func (d *decider) bridged(n Name, version int, refused *Judgement) (bool, error) {
	x := d.st.Upcasters(n).Into(version)
	if x == nil {
		return false, nil
	}
	hop, err := d.st.activeHop(d.env, n, x.From, x.To)
	if err == nil && hop.Verdict.Outcome == upcast.Proved {
		if _, err = d.bridges(n, refused, hop, x.From, x.Partial); err == nil {
			return true, nil
		}
	}
	var no *Error
	if errors.As(err, &no) {
		return false, nil
	}
	return false, err
}

// leads holds a hop to what bridging in a direction needs, and says whether every
// event has an image.
func leads(h *upcast.Hop, down, partial bool) (total bool, err error) {
	if down {
		if h.Down == nil {
			return false, fail(UpcasterBelowVerdict, "Old readers need a way down, and there is none: %s", h.Verdict.NoDown).
				because("say how to go back, by down or restore")
		}
		h = h.Down
	}
	if !h.Verdict.Total && !partial {
		return false, fail(UpcasterBelowVerdict, "The upcaster sends some events to the dead letter, so it does not bridge the change").
			because("give each else a value, or accept it by acceptPartial")
	}
	return h.Verdict.Total, nil
}

// splits refuses a document whose events do not become one event of the version that
// rests on it.
func splits(version int) *Error {
	return fail(UpcasterBelowVerdict, "The upcaster makes several events of one, so none becomes an event of version %d as a whole", version)
}

// upholds holds a document that takes its place in a hop to what the bridge needs
// that rests on the hop, and says whether every event has an image.
func upholds(x *Upcaster, h *upcast.Hop, partial bool) (total bool, err error) {
	if h.Verdict.Outcome != upcast.Proved {
		return false, fail(UpcasterBelowVerdict, "Version %d was let in because of this way, so only a proved upcaster may take its place", x.To)
	}
	if total, err = leads(h, false, partial); err == nil && x.Down {
		var down bool
		down, err = leads(h, true, partial)
		total = total && down
	}
	var weaker *Error
	if errors.As(err, &weaker) {
		return false, fail(UpcasterBelowVerdict, "Version %d was let in because of this way, and the document does not uphold it. %s", x.To, err).from(err).because("%s", weaker.Why)
	} else if err != nil {
		return false, err
	}
	return total, nil
}
