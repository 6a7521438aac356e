package registry

// The kinds of changes about upcasters.
const (
	KindUpcasterDrafted   = "upcaster.drafted"
	KindUpcasterDiscarded = "upcaster.discarded"
	KindUpcasterActivated = "upcaster.activated"
	KindUpcasterWithdrawn = "upcaster.withdrawn"
)

// UpcasterActivated: a revision of an upcaster is in plans from now on; an
// earlier active revision of the same hop is superseded. The verdict is what the
// prover said then; replay does not prove again.
type UpcasterActivated struct {
	Context  string `json:"context"`
	Subject  string `json:"subject"`
	From     int    `json:"from"`
	To       int    `json:"to"`
	Revision int    `json:"revision"`
	Text     string `json:"text"`     // hex, the document as sent
	Document string `json:"document"` // "sha256:…" of its canonical form
	Verdict  string `json:"verdict"`
	Class    string `json:"class,omitempty"`
	Total    bool   `json:"total,omitempty"`
	Prover   string `json:"prover"`
	Bridges  bool   `json:"bridges,omitempty"`
	// Partial: acceptPartial let it bridge although it is not total.
	Partial bool `json:"partial,omitempty"`
	// Since and Down: what the bridge rests on, see [Upcaster].
	Since  int    `json:"since,omitempty"`
	Down   bool   `json:"down,omitempty"`
	Author string `json:"author,omitempty"`
	// Spreads are the versions of other subjects that parts of its events go to.
	Spreads []Spread `json:"spreads,omitempty"`
	// Renames is the version of another subject that all its events go to.
	Renames *Spread `json:"renames,omitempty"`
	// Supersedes is the revision that leaves the plans for this one.
	Supersedes int `json:"supersedes,omitempty"`
}

// UpcasterDrafted: a revision is kept for later and is in no plan; it replaces
// the draft of its hop. The verdict may be any.
type UpcasterDrafted UpcasterActivated

// UpcasterDiscarded: the draft of a hop is gone.
type UpcasterDiscarded struct {
	Context string `json:"context"`
	Subject string `json:"subject"`
	From    int    `json:"from"`
	To      int    `json:"to"`
}

// UpcasterWithdrawn: the active revision of a hop left the plans.
type UpcasterWithdrawn struct {
	Context string `json:"context"`
	Subject string `json:"subject"`
	From    int    `json:"from"`
	To      int    `json:"to"`
}

// Kind implements Change.
func (UpcasterActivated) Kind() string { return KindUpcasterActivated }

// Kind implements Change.
func (UpcasterWithdrawn) Kind() string { return KindUpcasterWithdrawn }

// Kind implements Change.
func (UpcasterDrafted) Kind() string { return KindUpcasterDrafted }

// Kind implements Change.
func (UpcasterDiscarded) Kind() string { return KindUpcasterDiscarded }

// About implements Change.
func (c UpcasterDrafted) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c UpcasterDiscarded) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c UpcasterActivated) About() Name { return Name{c.Context, c.Subject} }

// About implements Change.
func (c UpcasterWithdrawn) About() Name { return Name{c.Context, c.Subject} }

func (st *State) applyUpcaster(c UpcasterActivated, seq, at int64) error {
	x, err := c.revision(seq, at)
	if err != nil {
		return err
	}
	st.setUpcaster(c.About(), x)
	return nil
}

func (st *State) applyDraft(c UpcasterDrafted, seq, at int64) error {
	x, err := (*UpcasterActivated)(&c).revision(seq, at)
	if err != nil {
		return err
	}
	x.State = DraftUpcaster
	st.setUpcaster(c.About(), x)
	return nil
}

// revision is what the state keeps of the change.
func (c *UpcasterActivated) revision(seq, at int64) (Upcaster, error) {
	text, err := decodeHash(c.Text)
	return Upcaster{
		From: c.From, To: c.To, Revision: c.Revision, State: ActiveUpcaster, Text: text, Document: c.Document, Verdict: c.Verdict,
		Class: c.Class, Total: c.Total, Prover: c.Prover, Bridges: c.Bridges, Partial: c.Partial,
		Since: c.Since, Down: c.Down, Author: c.Author, Spreads: c.Spreads, Renames: c.Renames, At: at, Seq: seq,
	}, err
}
