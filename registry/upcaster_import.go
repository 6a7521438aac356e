package registry

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/upcast"
)

// KindUpcasterImported is a revision that an archive brought.
const KindUpcasterImported = "upcaster.imported"

// UpcasterImported: a revision came over as another registry had it, with the
// verdict of that time. Nothing is believed by it: what a plan uses is proved
// here.
type UpcasterImported struct {
	UpcasterActivated
	State string `json:"state"`
	At    int64  `json:"at"`
}

// Kind implements Change.
func (UpcasterImported) Kind() string { return KindUpcasterImported }

// ImportUpcaster takes a revision over with all that an archive says of it. A
// verdict refuses nothing: it is compared and the difference is told.
type ImportUpcaster struct {
	Name Name
	// Upcaster is the revision; its Text and Seq are not read.
	Upcaster Upcaster
	Text     string
}

// UpcasterTaken is the answer to [ImportUpcaster].
type UpcasterTaken struct {
	Created bool `json:"created"`
	// Difference says what this registry finds otherwise.
	Difference string `json:"difference,omitempty"`
}

func (ImportUpcaster) command() {}

func (d *decider) importUpcaster(cmd ImportUpcaster) (Decision, error) {
	if err := d.writable(cmd.Name); err != nil {
		return Decision{}, err
	}
	x := &cmd.Upcaster
	if have := d.st.Upcasters(cmd.Name).Revision(x.From, x.To, x.Revision); have != nil {
		if have.Text != textHash(cmd.Text) {
			return Decision{}, fail(ImportConflict, "Revision %d of the upcaster from version %d to %d of subject '%s' exists already with another document", x.Revision, x.From, x.To, cmd.Name)
		}
		out := UpcasterTaken{}
		if have.State != x.State {
			out.Difference = fmt.Sprintf("the revision is there already and %s, which was kept; in the archive it is %s", have.State, x.State)
		}
		return Decision{Result: out}, nil
	}
	difference, err := d.differs(&cmd)
	if err != nil {
		return Decision{}, err
	}
	text := textHash(cmd.Text)
	spread, away := leadsTo(cmd.Name, cmd.Text)
	change := UpcasterImported{
		UpcasterActivated: UpcasterActivated{
			Context: cmd.Name.Context, Subject: cmd.Name.Subject, From: x.From, To: x.To, Revision: x.Revision,
			Text: hex.EncodeToString(text[:]), Document: x.Document, Verdict: x.Verdict, Class: x.Class, Total: x.Total,
			Prover: x.Prover, Bridges: x.Bridges, Partial: x.Partial, Since: x.Since, Down: x.Down, Author: x.Author, Spreads: spread, Renames: away,
		},
		State: x.State, At: x.At,
	}
	return Decision{
		Changes: []Change{change}, Texts: []Text{{Hash: text, Body: cmd.Text}},
		Result: UpcasterTaken{Created: true, Difference: difference},
	}, nil
}

// leadsTo is [spreads] and [renaming] of a text that may be none.
func leadsTo(n Name, text string) ([]Spread, *Spread) {
	doc, err := upcast.Parse(text)
	if err != nil {
		return nil, nil
	}
	return spreads(n, doc), renaming(n, doc)
}

// differs proves what an archive brought and says how this registry's verdict is
// another one. Limits that guard memory and time hold for imports too.
func (d *decider) differs(cmd *ImportUpcaster) (string, error) {
	x := &cmd.Upcaster
	doc, err := upcast.Parse(cmd.Text)
	var wrong *upcast.Error
	switch {
	case errors.As(err, &wrong) && wrong.Code == upcast.Limited:
		return "", upcasterRefusal(err)
	case err != nil:
		return "the document cannot be read, so no plan uses it: " + err.Error(), nil
	case doc.Hash() != x.Document:
		return fmt.Sprintf("the document has the hash %s, not %s", doc.Hash(), x.Document), nil
	}
	s := d.st.Subject(cmd.Name)
	to := end(cmd.Name, x.To, doc)
	if s.Version(x.From) == nil || d.st.Subject(to.name).Version(x.To) == nil {
		return "it cannot be proved: a version that it leads from or to does not exist here", nil
	}
	hop, err := d.st.hop(d.env, cmd.Name, x.From, x.To, doc, "")
	var refused *Error
	switch {
	case errors.As(err, &refused) && refused.Code != Canceled && refused.Code != Unavailable:
		return "it is not accepted any more: " + refused.Message, nil
	case err != nil:
		return "", err
	}
	now := verdictText(string(hop.Verdict.Outcome), string(hop.Verdict.Class), hop.Verdict.Total)
	if said := verdictText(x.Verdict, x.Class, x.Total); said != now {
		return fmt.Sprintf("prover %s says %s; in the archive prover %s said %s", upcast.ProverVersion, now, x.Prover, said), nil
	}
	if x.State == ActiveUpcaster && to.name == cmd.Name && s.Next(x.From) != x.To {
		return fmt.Sprintf("no plan uses it: version %d lies between its versions", s.Next(x.From)), nil
	}
	return "", nil
}

func (st *State) applyUpcasterImported(c UpcasterImported, seq int64) error {
	x, err := c.revision(seq, c.At)
	if err != nil {
		return err
	}
	x.State = c.State
	st.setUpcaster(c.About(), x)
	return nil
}
