package registry

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/instar-registry/instar/upcast"
)

// join decides what takes the place of the hops into and out of a version that is
// removed for good: events of the version before it have to go on becoming events
// of the one after it. Where nothing can, it is a refusal.
func (d *decider) join(n Name, version int) ([]Change, []Text, error) {
	all, s := d.st.Upcasters(n), d.st.Subject(n)
	if err := d.unspread(n, version); err != nil {
		return nil, nil, err
	}
	if x := all.leaves(version); x != nil {
		return nil, nil, fail(UpcasterBridges, "Events of version %d of subject '%s' go to version %d of subject '%s'", version, n, x.To, x.Renames.Name()).
			because("withdraw the upcaster first; a soft-deleted version stays in the way and is not served")
	}
	into, out := all.Into(version), all.active(func(x *Upcaster) bool { return x.From == version })
	if into == nil && out == nil {
		return nil, nil, nil
	}
	from, to := s.Previous(version), s.Next(version)
	if from == 0 || to == 0 {
		x := into
		if x == nil {
			x = out
		}
		return nil, nil, fail(UpcasterBridges, "The upcaster from version %d to %d of subject '%s' needs version %d", x.From, x.To, n, version).
			because("version %d is at an end of the way, so nothing can take the place of the hop; a soft-deleted version stays in the way and is not served", version)
	}
	if into == nil && s.Version(version).ruled() || out == nil && s.Version(to).ruled() {
		return nil, nil, fail(UpcasterBridges, "Events of version %d of subject '%s' become events of version %d by way of version %d", from, n, to, version).
			because("a document carries them over one hop, and migration rules over the other, and the two do not become one; a soft-deleted version stays in the way and is not served")
	}
	text, hop, err := d.joinedHop(n, from, version, to)
	if err != nil {
		return nil, nil, err
	}
	var changes []Change
	for _, x := range []*Upcaster{into, out} {
		if x != nil {
			changes = append(changes, UpcasterWithdrawn{Context: n.Context, Subject: n.Subject, From: x.From, To: x.To})
		}
	}
	doc, err := upcast.Parse(text)
	if err != nil {
		return nil, nil, upcasterRefusal(err)
	}
	hash := textHash(text)
	change := UpcasterActivated{
		Context: n.Context, Subject: n.Subject, From: from, To: to, Revision: 1, Text: hex.EncodeToString(hash[:]), Document: doc.Hash(),
		Verdict: string(hop.Verdict.Outcome), Class: string(hop.Verdict.Class), Total: hop.Verdict.Total, Prover: upcast.ProverVersion,
		Spreads: spreads(n, doc),
	}
	if newest := all.Revision(from, to, 0); newest != nil {
		change.Revision = newest.Revision + 1
	}
	for _, x := range []*Upcaster{into, out} {
		if x != nil {
			change.Partial = change.Partial || x.Partial
		}
	}
	if out != nil {
		change.Bridges, change.Since, change.Down, change.Author = out.Bridges, out.Since, out.Down, out.Author
		if change.Since == version {
			change.Since = from
		}
	}
	return append(changes, change), []Text{{Hash: hash, Body: text}}, nil
}

// joinedHop makes one document of the two hops over a version and proves it. It has
// to be as strong as the two, and to carry events to the same images.
func (d *decider) joinedHop(n Name, from, version, to int) (string, *upcast.Hop, error) {
	no := func(format string, args ...any) error {
		return fail(UpcasterBridges, "Events of version %d of subject '%s' become events of version %d by way of version %d", from, n, to, version).
			because(format, args...)
	}
	first, docs, err := d.half(n, from, version, nil)
	if err != nil {
		return "", nil, err
	}
	second, docs, err := d.half(n, version, to, docs)
	if err != nil {
		return "", nil, err
	}
	_, middle := first.Messages()
	if next, _ := second.Messages(); middle != next {
		return "", nil, no("the two hops carry events of two messages, %s and %s", middle, next)
	}
	text, why := concatenated(docs, from, to)
	if why != "" {
		return "", nil, no("the two hops do not become one: %s; a soft-deleted version stays in the way and is not served", why)
	}
	doc, err := upcast.Parse(text)
	if err != nil {
		return "", nil, no("the steps of both hops make no document: %s", err)
	}
	hop, err := d.st.hop(d.env, n, from, to, doc, "")
	var refused *Error
	switch {
	case errors.As(err, &refused) && refused.Code != Canceled && refused.Code != Unavailable:
		return "", nil, no("the steps of both hops, one after the other, are refused: %s", err)
	case err != nil:
		return "", nil, err
	}
	way := Way{Hops: []HopInfo{{Verdict: first.Verdict}, {Verdict: second.Verdict}}}
	switch v := hop.Verdict; {
	case v.Outcome != upcast.Proved:
		return "", nil, no("the steps of both hops, one after the other, are not proved: %s", &VerdictError{v})
	case !v.Total && first.Verdict.Total && second.Verdict.Total:
		return "", nil, no("the steps of both hops, one after the other, send some events to the dead letter")
	case v.Class == upcast.OneWay && way.Class() != upcast.OneWay:
		return "", nil, no("the steps of both hops, one after the other, have no way back: %s", v.NoDown)
	}
	source, err := d.st.parsed(d.env, n.Context, d.st.Subject(n).Version(from).Content)
	if err != nil {
		return "", nil, err
	}
	different, err := differences(context.Background(), source, []*upcast.Hop{first, second}, []*upcast.Hop{hop})
	if err == nil && len(different) > 0 {
		err = no("the steps of both hops, one after the other, carry an event to another image")
	}
	if err != nil || hop.Down == nil || first.Down == nil || second.Down == nil {
		return text, hop, err
	}
	target, err := d.st.parsed(d.env, n.Context, d.st.Subject(n).Version(to).Content)
	if err != nil {
		return "", nil, err
	}
	different, err = differences(context.Background(), target, []*upcast.Hop{second.Down, first.Down}, []*upcast.Hop{hop.Down})
	if err == nil && len(different) > 0 {
		err = no("the steps of both hops, one after the other, carry an event back to another image")
	}
	return text, hop, err
}

// half is one of the two hops, as plans use it, and adds its document, if it has
// one.
func (d *decider) half(n Name, from, to int, docs []*upcast.Document) (*upcast.Hop, []*upcast.Document, error) {
	hop, err := d.st.activeHop(d.env, n, from, to)
	if err != nil {
		return nil, nil, err
	}
	if hop.Verdict.Outcome != upcast.Proved {
		return nil, nil, fail(UpcasterBridges, "The upcaster at version %d of subject '%s' needs its neighbours", to, n).
			because("there is no proved way from version %d to %d, so the two hops do not become one: %s", from, to, &VerdictError{hop.Verdict})
	}
	if x := d.st.Upcasters(n).Between(from, to); x != nil {
		body, _ := d.env.Library.Text(x.Text)
		doc, err := upcast.Parse(body)
		if err != nil {
			return nil, nil, upcasterRefusal(err)
		}
		docs = append(docs, doc)
	}
	return hop, docs, nil
}
