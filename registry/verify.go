package registry

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/compat"
)

// Finding is something that verification did not expect. Drift is a verdict that
// a newer engine gives differently; everything else is damage.
type Finding struct {
	Invariant string // "I2" …, as docs/reliability names them
	Seq       int64  // record, if one is at fault
	Name      Name
	Version   int
	What      string
	Drift     bool
}

func (f Finding) String() string {
	s := f.Invariant + ": " + f.What
	if f.Version != 0 {
		s += fmt.Sprintf(" (version %d of %q)", f.Version, f.Name)
	}
	if f.Seq != 0 {
		s += fmt.Sprintf(" (record %d)", f.Seq)
	}
	return s
}

// verifyPage is how many records verification reads at a time.
const verifyPage = 10_000

// Verify replays the whole log from nothing and checks what must hold: the
// chain, ids, versions, and that the replayed state equals the one in memory.
// With deep it re-checks the compatibility of every version that was let in by
// the engine, at the level of its time, and proves every upcaster again.
func (s *Service) Verify(ctx context.Context, deep bool) ([]Finding, error) {
	if err := s.available(); err != nil {
		return nil, err
	}
	target := s.State()
	v := &verifier{service: s, ctx: ctx, deep: deep, st: s.emptyState(), target: target, bound: map[string]Hash{}}
	v.st.head.Epoch = target.head.Epoch
	for v.st.Seq() < target.Seq() {
		limit := min(int64(verifyPage), target.Seq()-v.st.Seq())
		records, err := s.log.Read(ctx, v.st.head, int(limit))
		if err != nil {
			return v.findings, s.storeError(err, "")
		}
		if len(records) == 0 {
			v.add(Finding{Invariant: "I9", Seq: v.st.Seq(), What: "the log ends before its head"})
			return v.findings, nil
		}
		for i := range records {
			if err := v.record(records[i]); err != nil {
				return v.findings, err
			}
		}
	}
	v.bridgeDue(nil)
	if v.st.Digest() != target.Digest() {
		v.add(Finding{Invariant: "I8", Seq: target.Seq(), What: "the state in memory differs from a replay of the log"})
	}
	if err := v.texts(); err != nil {
		return v.findings, err
	}
	if err := v.documents(); err != nil {
		return v.findings, err
	}
	return v.findings, v.guards()
}

// guards compares the guard tables with the state. Writes may come in between,
// so the comparison is made only while the head stays where it is.
func (v *verifier) guards() error {
	for range 5 {
		target := v.service.State()
		var differences []Finding
		ids, versions := 0, 0
		err := v.service.log.Guards(v.ctx, func(g Guard) {
			if g.Op == BindID {
				ids++
			} else {
				versions++
			}
			if what := target.guardDifference(g); what != "" {
				differences = append(differences, Finding{
					Invariant: "I2", Name: Name{g.Context, g.Subject}, Version: int(g.Version), What: what,
				})
			}
		})
		if err != nil {
			return v.service.storeError(err, "")
		}
		if err := v.service.Refresh(v.ctx); err != nil {
			return err
		}
		if v.service.State().Seq() != target.Seq() {
			continue
		}
		for _, f := range differences {
			v.add(f)
		}
		haveIDs, haveVersions := target.guardCounts()
		if ids != haveIDs || versions != haveVersions {
			v.add(Finding{Invariant: "I2", What: fmt.Sprintf(
				"the guard tables have %d ids and %d versions, the state %d and %d", ids, versions, haveIDs, haveVersions)})
		}
		return nil
	}
	return nil // a busy registry: every write compares its own guards
}

// guardDifference says how a row of the guard tables differs from the state.
func (st *State) guardDifference(g Guard) string {
	if g.Op == BindID {
		b := st.Binding(g.Context, g.ID)
		switch {
		case b == nil:
			return fmt.Sprintf("id %d of context %s is bound in the guard tables and not in the state", g.ID, g.Context)
		case b.Content.Identity != g.Hash:
			return fmt.Sprintf("id %d of context %s stands for other content in the guard tables", g.ID, g.Context)
		}
		return ""
	}
	v := st.Subject(Name{g.Context, g.Subject}).Version(int(g.Version))
	switch {
	case v == nil:
		return "is in the guard tables and not in the state"
	case v.ID != g.ID:
		return fmt.Sprintf("has id %d in the guard tables and id %d in the state", g.ID, v.ID)
	}
	return ""
}

// guardCounts returns how many rows the guard tables must have.
func (st *State) guardCounts() (ids, versions int) {
	st.contexts.Scan(func(_ string, c *Context) bool {
		ids += c.ids.Len()
		return true
	})
	st.subjects.Scan(func(_ string, s *Subject) bool {
		versions += len(s.Versions)
		return true
	})
	return ids, versions
}

type verifier struct {
	service  *Service
	ctx      context.Context //nolint:containedctx // lives as long as one call of Verify
	deep     bool
	st       *State          // as far as the replay has come
	target   *State          // what is in memory
	bound    map[string]Hash // what each id has ever stood for
	awaited  *awaited
	findings []Finding
}

// maxFindings ends a report that would only repeat itself.
const maxFindings = 1000

func (v *verifier) add(f Finding) {
	if len(v.findings) < maxFindings {
		v.findings = append(v.findings, f)
	}
}

func (v *verifier) record(r Record) error {
	c, rec, err := DecodeChange(r)
	if err == nil {
		c, err = v.st.sealer.openChange(c)
	}
	if err != nil {
		v.add(Finding{Invariant: "I9", Seq: r.Seq, What: err.Error()})
		return nil
	}
	if r.Actor == "" || r.Request == "" || r.At == 0 {
		v.add(Finding{Invariant: "I13", Seq: r.Seq, What: "a change lacks its actor, request or time"})
	}
	v.bridgeDue(c)
	switch c := c.(type) {
	case VersionRegistered:
		if err := v.registered(r, c); err != nil {
			return err
		}
	case UpcasterActivated:
		if err := v.upcaster(r, c, false); err != nil {
			return err
		}
	case UpcasterImported:
		if err := v.upcaster(r, c.UpcasterActivated, true); err != nil {
			return err
		}
	case SubjectPurged:
		for _, id := range c.Released {
			delete(v.bound, fmt.Sprintf("%s\x00%d", c.Context, id))
		}
	}
	if err := v.st.apply(r, c, rec); err != nil {
		v.add(Finding{Invariant: "I9", Seq: r.Seq, What: err.Error()})
	}
	return nil
}

func (v *verifier) registered(r Record, c VersionRegistered) error {
	content, err := c.decodeContent()
	if err != nil {
		v.add(Finding{Invariant: "I2", Seq: r.Seq, What: err.Error()})
		return nil
	}
	name := c.About()
	key := fmt.Sprintf("%s\x00%d", c.Context, c.ID)
	if was, ok := v.bound[key]; ok && was != content.Identity {
		v.add(Finding{Invariant: "I2", Seq: r.Seq, Name: name, Version: c.Version, What: fmt.Sprintf("id %d was given to other content before", c.ID)})
	}
	v.bound[key] = content.Identity
	if low := v.st.IDOf(c.Context, content); low != 0 && low != c.ID && !c.Imported {
		v.add(Finding{Invariant: "I3", Seq: r.Seq, Name: name, Version: c.Version, What: fmt.Sprintf("equal content has id %d already", low)})
	}
	if next := v.st.Subject(name).Highest() + 1; c.Version != next && !c.Imported {
		v.add(Finding{Invariant: "I4", Seq: r.Seq, Name: name, Version: c.Version, What: fmt.Sprintf("the next version was %d", next)})
	}
	if !v.deep || c.Imported || c.Forced || c.Level == "" || !v.readable(name, content) {
		return nil
	}
	return v.recheck(r, c, content)
}

// readable reports whether all texts of the question that was asked then are
// still kept; a hard delete removes texts, and with them the question.
func (v *verifier) readable(n Name, content *Content) bool {
	for _, old := range v.st.Subject(n).Live() {
		if !v.kept(old.Content.Text) {
			return false
		}
	}
	return v.kept(content.Text)
}

// recheck asks today's engine the question that was asked then.
func (v *verifier) recheck(r Record, c VersionRegistered, content *Content) error {
	var report Judgement
	err := v.service.withTexts(v.ctx, func(env *Env) error {
		d := &decider{st: v.st, env: env}
		eff := v.st.InForce(c.About(), v.service.opt.Settings)
		eff.Compatibility, eff.Policy, eff.Unknown = c.Level, c.Policy, c.Unknown
		eff.AssertFormats, eff.Encodings, eff.EventMessages = &c.AssertFormats, c.Encodings, c.EventMessages
		var err error
		report, err = d.check(c.About(), content, nil, v.st.Subject(c.About()), &eff)
		return err
	})
	if err != nil {
		if v.ctx.Err() != nil {
			return err
		}
		v.add(Finding{Invariant: "I5", Seq: r.Seq, Name: c.About(), Version: c.Version, What: "cannot be checked again: " + err.Error()})
		return nil
	}
	switch {
	case !report.Refused():
	case c.BridgedBy != "":
		v.awaited = &awaited{record: r, change: c, refused: report}
	default:
		v.add(Finding{
			Invariant: "I5", Seq: r.Seq, Name: c.About(), Version: c.Version, Drift: c.Engine != compat.EngineVersion,
			What: fmt.Sprintf("is incompatible at %s/%s under engine %s; it was accepted under engine %s", c.Level, c.Policy, compat.EngineVersion, c.Engine),
		})
	}
	return nil
}

// texts checks that every text a version needs is in the store and hashes to
// its address.
func (v *verifier) texts() error {
	var page []Hash
	flush := func() error {
		got, err := v.service.log.Texts(v.ctx, page)
		if err != nil {
			return v.service.storeError(err, "")
		}
		for _, h := range page {
			body, ok := got[h]
			switch {
			case !ok:
				v.add(Finding{Invariant: "I1", What: fmt.Sprintf("the text %x is not in the store", h)})
			case textHash(body) != h:
				v.add(Finding{Invariant: "I2", What: fmt.Sprintf("the text under %x is another one", h)})
			}
		}
		page = page[:0]
		return nil
	}
	var err error
	v.st.texts.Scan(func(key string, _ int) bool {
		page = append(page, Hash([]byte(key)))
		if len(page) == 500 {
			err = flush()
		}
		return err == nil
	})
	if err == nil && len(page) > 0 {
		err = flush()
	}
	return err
}
