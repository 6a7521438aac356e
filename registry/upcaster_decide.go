package registry

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/upcast"
)

// AddUpcaster asks for a document to lead from version From of a subject to the
// next. Revision, when given, must be the active revision that it supersedes.
type AddUpcaster struct {
	Name     Name
	From, To int
	Text     string
	Revision int
	DryRun   bool
}

// UpcasterAdded is the answer to [AddUpcaster].
type UpcasterAdded struct {
	Name     Name `json:"name"`
	From     int  `json:"from"`
	To       int  `json:"to"`
	Revision int  `json:"revision"`
	// Created is false if the active revision says the same already.
	Created  bool           `json:"created"`
	Document string         `json:"document"`
	Verdict  upcast.Verdict `json:"-"`
}

// WithdrawUpcaster takes the active revision of a hop out of the plans.
type WithdrawUpcaster struct {
	Name     Name
	From, To int
}

func (AddUpcaster) command()      {}
func (WithdrawUpcaster) command() {}

// VerdictError is the cause of a refusal by the prover.
type VerdictError struct{ Verdict upcast.Verdict }

// Error tells the first obligation that does not hold.
func (e *VerdictError) Error() string {
	if len(e.Verdict.Problems) == 0 {
		return string(e.Verdict.Outcome)
	}
	p := e.Verdict.Problems[0]
	s := fmt.Sprintf("%s: %s", p.Obligation, p.Message)
	if p.Step > 0 {
		s = fmt.Sprintf("step %d: %s", p.Step, s)
	}
	if len(e.Verdict.Event) > 0 {
		s += fmt.Sprintf("; the event %s shows it", e.Verdict.Event)
	}
	if p.Fix != "" {
		s += "; " + p.Fix
	}
	return s
}

func (d *decider) addUpcaster(cmd AddUpcaster) (Decision, error) {
	s := d.st.Subject(cmd.Name)
	if s == nil {
		return Decision{}, subjectNotFound(cmd.Name)
	}
	for _, n := range []int{cmd.From, cmd.To} {
		if s.Version(n) == nil {
			return Decision{}, versionNotFound(n)
		}
	}
	if next := s.Next(cmd.From); next != cmd.To {
		return Decision{}, fail(InvalidUpcaster, "An upcaster leads from a version to the next one: after version %d of subject '%s' comes version %d, not %d", cmd.From, cmd.Name, next, cmd.To)
	}
	if err := d.writable(cmd.Name); err != nil {
		return Decision{}, err
	}
	doc, err := upcast.Parse(cmd.Text)
	if err != nil {
		return Decision{}, upcasterRefusal(err)
	}
	if err := fitting(doc, cmd.Name, cmd.From, cmd.To); err != nil {
		return Decision{}, err
	}
	parsed, errs, err := d.st.parsedAll(d.env, cmd.Name.Context, []*Version{s.Version(cmd.From), s.Version(cmd.To)})
	if err != nil {
		return Decision{}, err
	}
	if err := errors.Join(errs...); err != nil {
		return Decision{}, fail(InvalidUpcaster, "A version does not parse any more: %s", err)
	}
	hop, err := d.env.Library.Prove(doc, parsed[0], parsed[1])
	if err != nil {
		return Decision{}, upcasterRefusal(err)
	}
	return d.activate(&cmd, doc, hop)
}

// fitting holds what a document says about itself to where it was sent.
func fitting(doc *upcast.Document, n Name, from, to int) error {
	switch {
	case doc.Subject != "" && !n.isWritten(doc.Subject):
		return fail(InvalidUpcaster, "The document is about subject '%s', not '%s'", doc.Subject, n)
	case doc.From.File == "" && doc.From.Number != from, doc.To.Version.File == "" && doc.To.Version.Number != to:
		return fail(InvalidUpcaster, "The document leads from version %s to %s, not from %d to %d", doc.From, doc.To.Version, from, to)
	case doc.To.Subject != "" && !n.isWritten(doc.To.Subject):
		return fail(NotYet, "Upcasters that lead to another subject are not carried out yet")
	}
	return nil
}

// isWritten reports whether a document means the subject by a name: in full, or
// without the context that both are in.
func (n Name) isWritten(name string) bool { return ParseName(name) == n || name == n.Subject }

func (d *decider) activate(cmd *AddUpcaster, doc *upcast.Document, hop *upcast.Hop) (Decision, error) {
	v := hop.Verdict
	switch v.Outcome {
	case upcast.Refuted:
		return Decision{}, fail(UpcasterRefuted, "The upcaster is refuted: %s", &VerdictError{v}).from(&VerdictError{v})
	case upcast.Tested:
		return Decision{}, fail(UpcasterBelowVerdict, "The upcaster is not proved, only tested with %d events: %s", v.Events, &VerdictError{v}).from(&VerdictError{v})
	}
	all := d.st.Upcasters(cmd.Name)
	active := all.Active(cmd.From, cmd.To)
	out := UpcasterAdded{Name: cmd.Name, From: cmd.From, To: cmd.To, Revision: 1, Created: true, Document: doc.Hash(), Verdict: v}
	if newest := all.Revision(cmd.From, cmd.To, 0); newest != nil {
		out.Revision = newest.Revision + 1
	}
	switch {
	case active != nil && active.Document == doc.Hash():
		out.Revision, out.Created = active.Revision, false
		return Decision{Result: out}, nil
	case active != nil && cmd.Revision == 0:
		return Decision{}, fail(UpcasterExists, "Revision %d of the upcaster from version %d to %d is active and cannot be changed", active.Revision, cmd.From, cmd.To).
			because("name the revision that the new one supersedes in If-Match")
	case cmd.Revision != 0 && (active == nil || active.Revision != cmd.Revision):
		return Decision{}, fail(UpcasterRevision, "Revision %d of the upcaster from version %d to %d is not the active one", cmd.Revision, cmd.From, cmd.To)
	case active != nil && active.Bridges && !v.Total:
		return Decision{}, fail(UpcasterBelowVerdict, "The active revision bridges version %d, so another one must have an image for every event", cmd.To)
	}
	if cmd.DryRun {
		return Decision{Result: out}, nil
	}
	text := textHash(cmd.Text)
	change := UpcasterActivated{
		Context: cmd.Name.Context, Subject: cmd.Name.Subject, From: cmd.From, To: cmd.To, Revision: out.Revision,
		Text: hex.EncodeToString(text[:]), Document: doc.Hash(), Verdict: string(v.Outcome), Class: string(v.Class), Total: v.Total,
		Prover: upcast.ProverVersion, Bridges: active != nil && active.Bridges,
	}
	return Decision{Changes: []Change{change}, Texts: []Text{{Hash: text, Body: cmd.Text}}, Result: out}, nil
}

func (d *decider) withdrawUpcaster(cmd WithdrawUpcaster) (Decision, error) {
	if d.st.Subject(cmd.Name) == nil {
		return Decision{}, subjectNotFound(cmd.Name)
	}
	if err := d.writable(cmd.Name); err != nil {
		return Decision{}, err
	}
	active := d.st.Upcasters(cmd.Name).Active(cmd.From, cmd.To)
	switch {
	case active == nil:
		return Decision{}, fail(UpcasterNotFound, "No upcaster leads from version %d to %d of subject '%s'.", cmd.From, cmd.To, cmd.Name)
	case active.Bridges:
		return Decision{}, fail(UpcasterBridges, "The upcaster bridges version %d of subject '%s' and cannot be withdrawn", cmd.To, cmd.Name).
			because("the version was let in because of it; supersede it instead")
	}
	change := UpcasterWithdrawn{Context: cmd.Name.Context, Subject: cmd.Name.Subject, From: cmd.From, To: cmd.To}
	return Decision{Changes: []Change{change}, Result: active.Revision}, nil
}

// upcasterRefusal turns an error of package upcast into the answer that clients
// see.
func upcasterRefusal(err error) error {
	var wrong *upcast.Error
	var test *upcast.TestFailure
	switch {
	case errors.As(err, &test):
		return fail(UpcasterTestFailed, "The upcaster's %s", test).from(test)
	case !errors.As(err, &wrong):
		return err
	case wrong.Code == upcast.NotYet:
		return fail(NotYet, "%s", wrong).from(&wrong.Problem)
	case wrong.Code == upcast.Limited:
		return fail(UpcasterLimit, "%s", wrong).from(&wrong.Problem)
	default:
		return fail(InvalidUpcaster, "The upcaster is not valid: %s", wrong).from(&wrong.Problem)
	}
}
