package registry

import (
	"cmp"
	"fmt"
	"slices"
)

// The states of a revision of an upcaster.
const (
	DraftUpcaster      = "draft"      // mutable, in no plan
	ActiveUpcaster     = "active"     // immutable, in plans
	SupersededUpcaster = "superseded" // by a later revision; still readable
	WithdrawnUpcaster  = "withdrawn"  // taken out of plans
)

// Upcaster is one revision of the document that leads from one version of a
// subject to the next.
type Upcaster struct {
	From, To int
	Revision int
	State    string
	// Text is the address of the document as it was sent.
	Text Hash
	// Document is the hash of its canonical form, "sha256:…".
	Document string
	Verdict  string
	Class    string
	Total    bool
	Prover   string
	// Bridges says that version To was let in because of it.
	Bridges bool
	// Partial says that a version rests on it although some events end in a dead
	// letter, because acceptPartial said so.
	Partial bool
	// Since and Down say what a bridge rests on: the ways from version Since on,
	// and, with Down, the ways back.
	Since int  `json:",omitempty"`
	Down  bool `json:",omitempty"`
	// Spreads are the versions of other subjects that parts of its events go to.
	Spreads []Spread `json:",omitempty"`
	// Renames is the version of another subject, number To, that all its events go
	// to, and one of Spreads; nil if they stay in theirs.
	Renames *Spread `json:",omitempty"`
	// Author is the principal who sent it.
	Author string `json:",omitempty"`
	At     int64  // µs since 1970
	Seq    int64
	// Until is the sequence from which on it is in no plan any more; 0 if it is in
	// plans, or if an archive brought it and does not say.
	Until int64 `json:",omitempty"`
}

// Upcasters are those of one subject, in order of from, to and revision.
type Upcasters struct {
	Name Name
	All  []Upcaster
}

// Upcasters returns those of a subject; never nil.
func (st *State) Upcasters(n Name) *Upcasters {
	if u, ok := st.upcasters.Get(n.key()); ok {
		return u
	}
	return &Upcasters{Name: n}
}

// Active returns the active revision of a hop, or nil. It may lead to version to of
// another subject, see [Upcasters.Between].
func (u *Upcasters) Active(from, to int) *Upcaster {
	return u.active(func(x *Upcaster) bool { return x.From == from && x.To == to })
}

// Between returns the active upcaster between two versions of the subject, or nil.
func (u *Upcasters) Between(from, to int) *Upcaster {
	if x := u.Active(from, to); x != nil && x.Renames == nil {
		return x
	}
	return nil
}

// Into returns the active upcaster that leads to a version of the subject from
// another one, or nil.
func (u *Upcasters) Into(version int) *Upcaster {
	return u.active(func(x *Upcaster) bool { return x.To == version && x.Renames == nil })
}

// At returns an active upcaster that leads to or from a version, or nil.
func (u *Upcasters) At(version int) *Upcaster {
	return u.active(func(x *Upcaster) bool { return x.From == version || x.To == version && x.Renames == nil })
}

func (u *Upcasters) active(fits func(*Upcaster) bool) *Upcaster {
	for i := range u.All {
		if x := &u.All[i]; x.State == ActiveUpcaster && fits(x) {
			return x
		}
	}
	return nil
}

// Draft returns the draft of a hop, or nil.
func (u *Upcasters) Draft(from, to int) *Upcaster {
	for i := range u.All {
		if x := &u.All[i]; x.From == from && x.To == to && x.State == DraftUpcaster {
			return x
		}
	}
	return nil
}

// Reliant returns an active upcaster that let its version in because of ways of
// which the hop is one, or nil.
func (u *Upcasters) Reliant(from, to int) *Upcaster {
	return u.active(func(x *Upcaster) bool {
		since := x.Since
		if since == 0 {
			since = x.From
		}
		return x.Bridges && x.Renames == nil && since <= from && to <= x.To
	})
}

// Revision returns one revision of a hop, or nil; 0 is the newest.
func (u *Upcasters) Revision(from, to, revision int) *Upcaster {
	var found *Upcaster
	for i := range u.All {
		if x := &u.All[i]; x.From == from && x.To == to && (revision == 0 || x.Revision == revision) {
			found = x
		}
	}
	return found
}

// Next returns the version after one, deleted ones included; 0 if it is the
// last.
func (s *Subject) Next(version int) int {
	if s == nil {
		return 0
	}
	for i := range s.Versions {
		if n := s.Versions[i].Number; n > version {
			return n
		}
	}
	return 0
}

// Previous returns the version before one, deleted ones included; 0 if it is the
// first.
func (s *Subject) Previous(version int) int {
	last := 0
	if s == nil {
		return 0
	}
	for i := range s.Versions {
		if n := s.Versions[i].Number; n < version {
			last = n
		}
	}
	return last
}

// setUpcaster puts a revision into the state. The active one that an active one
// replaces keeps its place with another state. A draft is gone once another one,
// or an active revision, takes its place.
func (st *State) setUpcaster(n Name, x Upcaster) {
	next := &Upcasters{Name: n, All: slices.Clone(st.Upcasters(n).All)}
	if x.replacesDraft() {
		next.All = st.dropDraft(next.All, x.From, x.To)
	}
	for i := range next.All {
		if o := &next.All[i]; o.From == x.From && o.To == x.To && o.State == ActiveUpcaster && x.State == ActiveUpcaster {
			o.State, o.Until = SupersededUpcaster, x.Seq
		}
	}
	next.All = append(next.All, x)
	slices.SortStableFunc(next.All, func(a, b Upcaster) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Revision, b.Revision))
	})
	st.upcasters.Set(n.key(), next)
	st.countText(x.Text, 1)
}

func (x *Upcaster) replacesDraft() bool { return x.State == ActiveUpcaster || x.State == DraftUpcaster }

// dropDraft removes the draft of a hop from a list that is not shared.
func (st *State) dropDraft(all []Upcaster, from, to int) []Upcaster {
	return slices.DeleteFunc(all, func(x Upcaster) bool {
		if x.From != from || x.To != to || x.State != DraftUpcaster {
			return false
		}
		st.countText(x.Text, -1)
		return true
	})
}

func (st *State) discardUpcaster(n Name, from, to int) error {
	if st.Upcasters(n).Draft(from, to) == nil {
		return fmt.Errorf("no draft leads from version %d to %d of %q", from, to, n)
	}
	next := &Upcasters{Name: n, All: slices.Clone(st.Upcasters(n).All)}
	next.All = st.dropDraft(next.All, from, to)
	setOrDelete(st.upcasters, n.key(), next, len(next.All) == 0)
	return nil
}

func (st *State) withdrawUpcaster(n Name, from, to int, seq int64) error {
	next := &Upcasters{Name: n, All: slices.Clone(st.Upcasters(n).All)}
	x := next.Active(from, to)
	if x == nil {
		return fmt.Errorf("no active upcaster leads from version %d to %d of %q", from, to, n)
	}
	x.State, x.Until = WithdrawnUpcaster, seq
	st.upcasters.Set(n.key(), next)
	return nil
}

// purgeUpcasters removes the upcasters of a subject that is gone.
func (st *State) purgeUpcasters(n Name) {
	for _, x := range st.Upcasters(n).All {
		st.countText(x.Text, -1)
	}
	st.upcasters.Delete(n.key())
}
