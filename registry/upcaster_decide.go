package registry

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/upcast"
)

// AddUpcaster asks for a document to lead from version From of a subject to the
// next. Revision, when given, must be the active revision that it supersedes, or
// the draft that it replaces.
type AddUpcaster struct {
	Name     Name
	From, To int
	Text     string
	Revision int
	// Draft keeps it out of the plans; its verdict may be any.
	Draft bool
	// AcceptPartial lets it be part of the way that a version was let in for
	// although it sends events to the dead letter.
	AcceptPartial bool
	DryRun        bool
	// Author is who sends it; no part of the digest.
	Author string `json:"-"`
}

// UpcasterAdded is the answer to [AddUpcaster].
type UpcasterAdded struct {
	Name     Name   `json:"name"`
	From     int    `json:"from"`
	To       int    `json:"to"`
	Revision int    `json:"revision"`
	State    string `json:"state"`
	// Created is false if the active revision, or the draft, says the same
	// already.
	Created bool `json:"created"`
	// Supersedes is the revision that was active before.
	Supersedes int            `json:"supersedes,omitempty"`
	Document   string         `json:"document"`
	Verdict    upcast.Verdict `json:"-"`
	// Outcome, Class, Total and NoDown are those of the verdict, and Problem is the
	// first obligation that does not hold: a request that is repeated under its
	// idempotency key gets the same answer.
	Outcome upcast.Outcome `json:"outcome,omitempty"`
	Class   upcast.Class   `json:"class,omitempty"`
	Total   bool           `json:"total,omitempty"`
	NoDown  string         `json:"noDown,omitempty"`
	Problem string         `json:"problem,omitempty"`
	// Bridges: version To was let in because of the way from version Since on, back
	// too if Down; with Partial some events end in a dead letter on it.
	Bridges bool `json:"bridges,omitempty"`
	Since   int  `json:"since,omitempty"`
	Down    bool `json:"down,omitempty"`
	Partial bool `json:"partial,omitempty"`
}

// WithdrawUpcaster takes the active revision of a hop out of the plans, or, with
// Draft, discards its draft.
type WithdrawUpcaster struct {
	Name     Name
	From, To int
	Draft    bool
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
	if s.Version(cmd.From) == nil {
		return Decision{}, versionNotFound(cmd.From)
	}
	doc, unread := upcast.Parse(cmd.Text)
	to := end(cmd.Name, cmd.To, doc)
	if err := d.follows(s, cmd.From, to); err != nil {
		return Decision{}, err
	}
	if err := d.writable(cmd.Name); err != nil {
		return Decision{}, err
	}
	if unread != nil {
		return Decision{}, upcasterRefusal(unread)
	}
	if err := fitting(doc, cmd.Name, cmd.From, cmd.To); err != nil {
		return Decision{}, err
	}
	hop, err := d.st.hop(d.env, cmd.Name, cmd.From, cmd.To, doc, "")
	if err != nil {
		return Decision{}, err
	}
	add := &addition{d: d, cmd: &cmd, doc: doc, hop: hop, all: d.st.Upcasters(cmd.Name)}
	if cmd.Draft {
		return add.draft()
	}
	return add.activate()
}

// follows demands that a version comes next: of the same subject, or of the one that
// its events go on in.
func (d *decider) follows(s *Subject, from int, to place) error {
	next := s.Next(from)
	switch target := d.st.Subject(to.name); {
	case target == nil:
		return subjectNotFound(to.name)
	case target.Version(to.version) == nil:
		return versionNotFound(to.version)
	case s.Name == to.name && next != to.version:
		return fail(InvalidUpcaster, "An upcaster leads from a version to the next one: after version %d of subject '%s' comes version %d, not %d", from, s.Name, next, to.version)
	case s.Name != to.name && next != 0:
		return fail(InvalidUpcaster, "Events go to another subject from the newest version: after version %d of subject '%s' comes version %d, not %s", from, s.Name, next, to).
			because("lead to subject '%s' from version %d", to.name, s.Highest())
	}
	return nil
}

// fitting holds what a document says about itself to where it was sent.
func fitting(doc *upcast.Document, n Name, from, to int) error {
	switch {
	case doc.Subject != "" && !n.isWritten(doc.Subject):
		return fail(InvalidUpcaster, "The document is about subject '%s', not '%s'", doc.Subject, n)
	case doc.From.File == "" && doc.From.Number != from, doc.To.Version.File == "" && doc.To.Version.Number != to:
		return fail(InvalidUpcaster, "The document leads from version %s to %s, not from %d to %d", doc.From, doc.To.Version, from, to)
	case doc.To.Subject != "" && !n.isWritten(doc.To.Subject):
		if err := renamesWell(doc); err != nil {
			return err
		}
	}
	return nil
}

// isWritten reports whether a document means the subject by a name: in full, or
// without the context that both are in.
func (n Name) isWritten(name string) bool { return ParseName(name) == n || name == n.Subject }

// addition is a document that was read and proved, on its way into a hop.
type addition struct {
	d   *decider
	cmd *AddUpcaster
	doc *upcast.Document
	hop *upcast.Hop
	all *Upcasters
}

// next is the answer, with the number that a new revision has: a draft's is the
// one that follows all others.
func (a *addition) next(state string) UpcasterAdded {
	cmd := a.cmd
	out := UpcasterAdded{Name: cmd.Name, From: cmd.From, To: cmd.To, Revision: 1, State: state, Created: true, Document: a.doc.Hash()}
	out.says(a.hop.Verdict)
	for i := range a.all.All {
		if x := &a.all.All[i]; x.From == cmd.From && x.To == cmd.To && x.State != DraftUpcaster {
			out.Revision = max(out.Revision, x.Revision+1)
		}
	}
	return out
}

// change is what is stored of the revision.
func (a *addition) change(out *UpcasterAdded) UpcasterActivated {
	cmd, v, text := a.cmd, a.hop.Verdict, textHash(a.cmd.Text)
	return UpcasterActivated{
		Context: cmd.Name.Context, Subject: cmd.Name.Subject, From: cmd.From, To: cmd.To, Revision: out.Revision,
		Text: hex.EncodeToString(text[:]), Document: out.Document, Verdict: string(v.Outcome), Class: string(v.Class), Total: v.Total,
		Prover: upcast.ProverVersion, Author: cmd.Author, Spreads: spreads(cmd.Name, a.doc), Renames: renaming(cmd.Name, a.doc),
	}
}

// says takes over the verdict. Of a refuted document it is no matter whether it is
// total.
func (u *UpcasterAdded) says(v upcast.Verdict) {
	u.Verdict, u.Outcome, u.Class, u.NoDown = v, v.Outcome, v.Class, v.NoDown
	u.Total = v.Total && v.Outcome != upcast.Refuted
	if v.Outcome != upcast.Proved {
		u.Problem = (&VerdictError{v}).Error()
	}
}

// rests tells what rests on the revision.
func (u *UpcasterAdded) rests(change *UpcasterActivated) {
	u.Bridges, u.Since, u.Down, u.Partial = change.Bridges, change.Since, change.Down, change.Partial
}

func (a *addition) decision(out *UpcasterAdded, changes ...Change) Decision {
	if a.cmd.DryRun {
		return Decision{Result: *out}
	}
	return Decision{Changes: changes, Texts: []Text{{Hash: textHash(a.cmd.Text), Body: a.cmd.Text}}, Result: *out}
}

// draft keeps the document for later.
func (a *addition) draft() (Decision, error) {
	old := a.all.Draft(a.cmd.From, a.cmd.To)
	if a.cmd.Revision != 0 && (old == nil || old.Revision != a.cmd.Revision) {
		return Decision{}, fail(UpcasterRevision, "Revision %d of the upcaster from version %d to %d is not the draft", a.cmd.Revision, a.cmd.From, a.cmd.To)
	}
	out := a.next(DraftUpcaster)
	if old != nil && old.Text == textHash(a.cmd.Text) {
		out.Created = false
		return Decision{Result: out}, nil
	}
	return a.decision(&out, UpcasterDrafted(a.change(&out))), nil
}

// activate puts the document into the plans.
func (a *addition) activate() (Decision, error) {
	cmd := a.cmd
	active := a.all.Active(cmd.From, cmd.To)
	if active != nil && active.Document == a.doc.Hash() {
		out := a.next(ActiveUpcaster)
		out.Revision, out.Created = active.Revision, false
		return Decision{Result: out}, nil
	}
	if err := a.d.worthy(cmd.Name, &a.hop.Verdict); err != nil {
		return Decision{}, err
	}
	if err := a.turn(active); err != nil {
		return Decision{}, err
	}
	if err := a.all.oneWay(cmd.From, cmd.To); err != nil {
		return Decision{}, err
	}
	out := a.next(ActiveUpcaster)
	change := a.change(&out)
	if leaning := a.all.Reliant(cmd.From, cmd.To); leaning != nil {
		total, err := upholds(leaning, a.hop, cmd.AcceptPartial)
		if err != nil {
			return Decision{}, err
		}
		if len(a.hop.Outputs()) > 0 {
			return Decision{}, splits(leaning.To)
		}
		change.Partial = !total // accepted by name, and written down
	}
	if err := a.d.acyclic(cmd.Name, cmd.From, change.Spreads); err != nil {
		return Decision{}, err
	}
	if active != nil {
		out.Supersedes, change.Supersedes = active.Revision, active.Revision
		change.Bridges, change.Since, change.Down = active.Bridges, active.Since, active.Down
	}
	out.rests(&change)
	return a.decision(&out, change), nil
}

// worthy holds the verdict of a document to the least one that the configuration of
// its subject asks for.
func (d *decider) worthy(n Name, v *upcast.Verdict) *Error {
	switch {
	case v.Outcome == upcast.Refuted:
		return fail(UpcasterRefuted, "The upcaster is refuted: %s", &VerdictError{*v}).from(&VerdictError{*v})
	case v.Outcome == upcast.Tested && d.st.InForce(n, d.env.Settings).UpcasterVerdict != string(upcast.Tested):
		return fail(UpcasterBelowVerdict, "The upcaster is not proved, only tested with %d events: %s", v.Events, &VerdictError{*v}).from(&VerdictError{*v}).
			because("make it provable, or set upcasterVerdict to TESTED; the answer of …/upcasters/verify lists what is open")
	}
	return nil
}

// turn holds the revision that the caller names to the one that is replaced: the
// active one, or the draft where there is none.
func (a *addition) turn(active *Upcaster) *Error {
	cmd, have := a.cmd, 0
	if active != nil {
		have = active.Revision
	} else if draft := a.all.Draft(cmd.From, cmd.To); draft != nil && cmd.Revision != 0 {
		have = draft.Revision
	}
	switch {
	case active != nil && cmd.Revision == 0:
		return fail(UpcasterExists, "Revision %d of the upcaster from version %d to %d is active and cannot be changed", active.Revision, cmd.From, cmd.To).
			because("to supersede it, send the header If-Match: %d", active.Revision)
	case cmd.Revision != have && have == 0:
		return fail(UpcasterRevision, "Revision %d of the upcaster from version %d to %d is not the active one: there is none", cmd.Revision, cmd.From, cmd.To).
			because("leave the header If-Match out")
	case cmd.Revision != have:
		return fail(UpcasterRevision, "Revision %d of the upcaster from version %d to %d is not the active one", cmd.Revision, cmd.From, cmd.To).
			because("somebody else may have superseded it: read revision %d, and send its number in If-Match to supersede that", have)
	}
	return nil
}

func (d *decider) withdrawUpcaster(cmd WithdrawUpcaster) (Decision, error) {
	if d.st.Subject(cmd.Name) == nil {
		return Decision{}, subjectNotFound(cmd.Name)
	}
	if err := d.writable(cmd.Name); err != nil {
		return Decision{}, err
	}
	all := d.st.Upcasters(cmd.Name)
	if cmd.Draft {
		x := all.Draft(cmd.From, cmd.To)
		if x == nil {
			return Decision{}, fail(UpcasterNotFound, "No draft leads from version %d to %d of subject '%s'.", cmd.From, cmd.To, cmd.Name)
		}
		change := UpcasterDiscarded{Context: cmd.Name.Context, Subject: cmd.Name.Subject, From: cmd.From, To: cmd.To}
		return Decision{Changes: []Change{change}, Result: x.Revision}, nil
	}
	active := all.Active(cmd.From, cmd.To)
	if active == nil {
		return Decision{}, noActive(all, &cmd)
	}
	if x := all.Reliant(cmd.From, cmd.To); x != nil {
		return Decision{}, fail(UpcasterBridges, "The upcaster bridges version %d of subject '%s' and cannot be withdrawn", x.To, cmd.Name).
			because("the version was let in because of it; supersede it instead by PUT with If-Match: %d", active.Revision)
	}
	change := UpcasterWithdrawn{Context: cmd.Name.Context, Subject: cmd.Name.Subject, From: cmd.From, To: cmd.To}
	return Decision{Changes: []Change{change}, Result: active.Revision}, nil
}

// noActive says what there is to withdraw instead.
func noActive(all *Upcasters, cmd *WithdrawUpcaster) *Error {
	out := fail(UpcasterNotFound, "No active upcaster leads from version %d to %d of subject '%s'.", cmd.From, cmd.To, cmd.Name)
	if x := all.Revision(cmd.From, cmd.To, 0); x != nil && x.State == DraftUpcaster {
		return out.because("there is a draft, which state=draft discards")
	} else if x != nil {
		return out.because("revision %d of it is %s already", x.Revision, x.State)
	}
	return out
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
