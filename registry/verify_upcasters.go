package registry

import (
	"encoding/hex"
	"fmt"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/upcast"
)

// awaited is a version that the engine refuses and whose change names the
// upcaster that let it in: the very next change has to be that upcaster.
type awaited struct {
	record  Record
	change  VersionRegistered
	refused Judgement
}

// bridgeDue reports a version whose upcaster did not come with it. c is the next
// change, nil at the end of the log.
func (v *verifier) bridgeDue(c Change) {
	w := v.awaited
	if w == nil {
		return
	}
	if u, ok := c.(UpcasterActivated); ok && u.About() == w.change.About() && u.To == w.change.Version && u.Document == w.change.BridgedBy {
		return // upcaster looks at it
	}
	v.awaited = nil
	v.add(w.finding(fmt.Sprintf("was let in by the upcaster %s, which did not come with it", w.change.BridgedBy), false))
}

func (w *awaited) finding(what string, drift bool) Finding {
	return Finding{Invariant: "I5", Seq: w.record.Seq, Name: w.change.About(), Version: w.change.Version, What: what, Drift: drift}
}

// upcaster proves a revision again, between the versions as they stood then, and
// holds the version that it let in to what bridging needs.
func (v *verifier) upcaster(r Record, c UpcasterActivated, imported bool) error {
	w := v.awaited
	v.awaited = nil
	if !v.deep || !v.provable(c) {
		return nil
	}
	var hop *upcast.Hop
	var broken error
	err := v.service.withTexts(v.ctx, func(env *Env) error {
		var err error
		broken = nil
		if hop, err = v.st.hopByText(env, c); err != nil || w == nil || hop.Verdict.Outcome != upcast.Proved {
			return err
		}
		d := &decider{st: v.st, env: env}
		_, broken = d.bridges(c.About(), &w.refused, hop, c.From, c.Partial)
		if isNeed(broken) {
			return broken
		}
		return nil
	})
	drift := c.Prover != upcast.ProverVersion || imported
	finding := Finding{Invariant: "I5", Seq: r.Seq, Name: c.About(), Version: c.To, Drift: drift}
	switch {
	case err != nil && v.ctx.Err() != nil:
		return err
	case err != nil:
		finding.What = fmt.Sprintf("the upcaster %s cannot be proved again by prover %s: %s; prover %s said %s", c.hop(), upcast.ProverVersion, err, c.Prover, c.said())
		v.add(finding)
		return nil
	}
	if now := verdictText(string(hop.Verdict.Outcome), string(hop.Verdict.Class), hop.Verdict.Total); now != c.said() {
		finding.What = fmt.Sprintf("the upcaster %s is %s by prover %s; prover %s said %s", c.hop(), now, upcast.ProverVersion, c.Prover, c.said())
		v.add(finding)
	}
	if w != nil && broken != nil {
		v.add(w.finding(fmt.Sprintf("is incompatible at %s/%s, and its upcaster does not bridge that any more: %s", w.change.Level, w.change.Policy, broken),
			drift || w.change.Engine != compat.EngineVersion))
	}
	return nil
}

func (c *UpcasterActivated) hop() string {
	return fmt.Sprintf("from version %d to %d, revision %d,", c.From, c.To, c.Revision)
}

// said is the recorded verdict in the words of verdictText.
func (c *UpcasterActivated) said() string { return verdictText(c.Verdict, c.Class, c.Total) }

func verdictText(outcome, class string, total bool) string {
	if class != "" {
		outcome += ", " + class
	}
	if total {
		outcome += ", total"
	}
	return outcome
}

// hopByText proves the document of a change between its versions.
func (st *State) hopByText(env *Env, c UpcasterActivated) (*upcast.Hop, error) {
	h, err := decodeHash(c.Text)
	if err != nil {
		return nil, err
	}
	return st.hopOfText(env, c.About(), c.From, c.To, h)
}

// decodeHash reads the address of a text as changes write it.
func decodeHash(text string) (Hash, error) {
	var h Hash
	if n, err := hex.Decode(h[:], []byte(text)); err != nil || n != len(h) {
		return h, fmt.Errorf("bad text hash %q", text)
	}
	return h, nil
}

// provable reports whether the texts of document and versions are still kept; a
// hard delete removes them, and the question with them.
func (v *verifier) provable(c UpcasterActivated) bool {
	h, err := decodeHash(c.Text)
	if err != nil || !v.kept(h) {
		return err != nil // Apply says what is wrong with it
	}
	s := v.st.Subject(c.About())
	for _, n := range []int{c.From, c.To} {
		if at := s.Version(n); at == nil || !v.kept(at.Content.Text) {
			return at == nil
		}
	}
	return true
}

// kept reports whether a text is still in the store, as far as the state knows.
func (v *verifier) kept(h Hash) bool {
	uses, _ := v.target.texts.Get(string(h[:]))
	return uses > 0
}

// documents checks that the stored documents are those that their hashes name.
func (v *verifier) documents() error {
	var list []*Upcasters
	v.st.upcasters.Scan(func(_ string, u *Upcasters) bool {
		list = append(list, u)
		return true
	})
	for _, u := range list {
		for i := range u.All {
			x := &u.All[i]
			body, err := v.service.Text(v.ctx, x.Text)
			switch {
			case err != nil && v.ctx.Err() != nil:
				return err
			case err != nil:
				continue // texts reports it
			}
			doc, err := upcast.Parse(body)
			what := ""
			switch {
			case err != nil:
				what = "cannot be read: " + err.Error()
			case doc.Hash() != x.Document:
				what = fmt.Sprintf("has the hash %s, not %s", doc.Hash(), x.Document)
			default:
				continue
			}
			v.add(Finding{
				Invariant: "I2", Seq: x.Seq, Name: u.Name, Version: x.To,
				What: fmt.Sprintf("the document of the upcaster from version %d to %d, revision %d, %s", x.From, x.To, x.Revision, what),
			})
		}
	}
	return nil
}
