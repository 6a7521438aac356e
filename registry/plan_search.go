package registry

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/instar-registry/instar/upcast"
)

// maxPlansMade bounds the plans that one search makes. Those that were made before
// on this node are not made again, so a search that ended here goes on with the
// next request.
const maxPlansMade = 300

// errEnough ends a search that has made all the plans it may.
var errEnough = errors.New("the search has made all the plans that it may")

// planSearch looks for the plan with a hash. A hash does not tell what it is of, so
// plans are made until one has it: of the subjects with documents first, in the
// order of their names. ADR 0006 says why nothing is written down instead.
type planSearch struct {
	s    *Service
	ctx  context.Context //nolint:containedctx // of the request
	st   *State
	hash string
	at   PlanPlace
	sees func(Name) bool
	made int
	plan *Plan
}

func (f *planSearch) find() (*Plan, error) {
	if p, ok := f.s.shelf.plans.Get(f.hash); ok && f.visible(p.name) && f.between(p.from, p.to) {
		if plan, err := f.again(&p); plan != nil || err != nil {
			return plan, err
		}
	}
	looks := []func() error{}
	for _, n := range f.subjects() {
		looks = append(looks, func() error { return f.subject(n) })
	}
	for _, look := range append(looks, f.far) {
		switch err := look(); {
		case errors.Is(err, errEnough):
			return nil, fail(UpcasterLimit, "The plan %s is none of the first %d that were made to find it; name its subject, or ask again", f.hash, maxPlansMade).
				because("an event that was carried names its subject and version in the header instar.origin")
		case err != nil:
			return nil, err
		case f.plan != nil:
			return f.plan, nil
		}
	}
	return nil, fail(PlanNotFound, "Plan %s not found.", f.hash).
		because("a plan is found as long as its versions and documents are there; one of another prover than version %s may have another hash", upcast.ProverVersion)
}

func (f *planSearch) visible(n Name) bool {
	return (f.sees == nil || f.sees(n)) && (f.at.Subject == nil || *f.at.Subject == n)
}

func (f *planSearch) between(from, to int) bool {
	return (f.at.From == 0 || f.at.From == from) && (f.at.To == 0 || f.at.To == to)
}

// again makes a plan that is known by its hash; nil if it cannot be made any more.
func (f *planSearch) again(p *planned) (*Plan, error) {
	var out *Plan
	look := func(r *route) error {
		if !p.of(r) || out != nil || !f.seesAll(r) {
			return nil
		}
		r.message = p.message
		plan, err := f.make(r)
		if plan != nil && plan.Hash == f.hash {
			out = plan
		}
		return err
	}
	if p.end == p.name {
		if err := f.routes(p.name, p.from, p.to, look); err != nil || out != nil {
			return out, err
		}
	}
	err := f.farBack([]Name{p.name}, func(past *State) error {
		r, err := past.between(place{p.name, p.from}, place{p.end, p.to})
		if isGap(err) {
			return nil
		}
		if err == nil {
			err = look(r)
		}
		return err
	})
	return out, err
}

// subjects are those to look at: those with documents, then the others.
func (f *planSearch) subjects() []Name {
	if f.at.Subject != nil {
		if n := f.st.Alias(*f.at.Subject); f.st.Subject(n) != nil && f.visible(*f.at.Subject) {
			return []Name{n}
		}
		return nil
	}
	var with, without []Name
	f.st.subjects.Scan(func(_ string, s *Subject) bool {
		switch {
		case !f.visible(s.Name) || len(s.Versions) < 2:
		case len(f.st.Upcasters(s.Name).All) > 0:
			with = append(with, s.Name)
		default:
			without = append(without, s.Name)
		}
		return true
	})
	return append(with, without...)
}

// subject looks at the plans between any two versions of a subject, those to newer
// ones first.
func (f *planSearch) subject(n Name) error {
	versions := f.st.Subject(n).Versions
	for i := len(versions) - 1; i >= 0 && f.plan == nil; i-- {
		for j := len(versions) - 1; j >= 0 && f.plan == nil; j-- {
			from, to := versions[j].Number, versions[i].Number
			if from == to || !f.between(from, to) {
				continue
			}
			if err := f.routes(n, from, to, f.look); err != nil {
				return err
			}
		}
	}
	return nil
}

// routes gives the routes between two versions over the documents of today and of
// every earlier time, each once.
func (f *planSearch) routes(n Name, from, to int, look func(*route) error) error {
	all := f.st.Upcasters(n)
	seen := map[string]bool{}
	for _, t := range all.moments(min(from, to), max(from, to)) {
		r, err := f.st.past(t, []Name{n}).route(n, from, to)
		if err != nil {
			return err
		}
		if key := r.written(); !seen[key] {
			seen[key] = true
			if err := look(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// look makes the plans of a route for every message of its first version.
func (f *planSearch) look(r *route) error {
	messages, err := f.messages(r)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if f.plan != nil {
			return nil
		}
		one := *r
		one.message = m
		if err := f.try(&one); err != nil {
			return err
		}
	}
	return nil
}

// messages are those of a Protobuf file; other formats have one type of events.
func (f *planSearch) messages(r *route) (out []string, err error) {
	p, err := f.s.Parsed(f.ctx, r.names[0].Context, r.versions[0].Content)
	switch {
	case isGap(err): // a schema that cannot be read has no plans
		return nil, nil
	case err != nil:
		return nil, err
	default:
		return messagesOf(p), nil
	}
}

// try makes one plan unless its hash is known from before.
func (f *planSearch) try(r *route) error {
	return f.s.withTexts(f.ctx, func(env *Env) error {
		key, err := r.key(env)
		if isGap(err) {
			return nil
		}
		if err != nil {
			return err
		}
		hash, known := f.s.shelf.written.Get(key)
		if known && hash != f.hash {
			return nil
		}
		if f.made == maxPlansMade {
			return errEnough
		}
		f.made++
		plan, err := f.written(env, r, key)
		if plan != nil && plan.Hash == f.hash {
			f.plan = plan
		}
		return err
	})
}

func (f *planSearch) make(r *route) (out *Plan, err error) {
	err = f.s.withTexts(f.ctx, func(env *Env) error {
		key, err := r.key(env)
		if err == nil {
			out, err = f.written(env, r, key)
		}
		return err
	})
	return out, err
}

// written makes a plan and remembers its hash; nil if the route has none.
func (f *planSearch) written(env *Env, r *route, key Hash) (*Plan, error) {
	w := env.Library.Way(key)
	if w == nil {
		var err error
		if w, err = r.build(env); err != nil && !isGap(err) {
			return nil, err
		}
	}
	if w == nil {
		f.s.shelf.written.Put(key, "", 1)
		return nil, nil
	}
	plan, err := w.Plan()
	if err != nil {
		if isGap(err) {
			err = nil
			f.s.shelf.written.Put(key, "", 1)
		}
		return nil, err
	}
	f.s.shelf.wrote(key, r.planned(), plan.Hash)
	return plan, nil
}

// wrote remembers which plan a route has.
func (s *shelf) wrote(key Hash, at planned, hash string) {
	s.written.Put(key, hash, 1)
	s.plans.Put(hash, at, 1+len(at.documents)/256)
}

// moment is a time at which documents were in plans: a sequence, or now.
type moment struct {
	seq int64
	now bool
}

// moments are the times at which other documents led between two versions than
// before, now first.
func (u *Upcasters) moments(from, to int) []moment {
	return momentsOf(u.changes(func(x *Upcaster) bool { return from <= x.From && x.To <= to }))
}

// changes are the sequences at which documents came into plans, and left them.
func (u *Upcasters) changes(of func(*Upcaster) bool) []int64 {
	var seqs []int64
	for i := range u.All {
		x := &u.All[i]
		if x.State == DraftUpcaster || !of(x) {
			continue
		}
		seqs = append(seqs, 0, x.Seq)
		if x.Until != 0 {
			seqs = append(seqs, x.Until)
		}
	}
	return seqs
}

// momentsOf are now and the times before, the latest first.
func momentsOf(seqs []int64) []moment {
	out := []moment{{now: true}}
	slices.SortFunc(seqs, func(a, b int64) int { return cmp.Compare(b, a) })
	for _, seq := range slices.Compact(seqs) {
		out = append(out, moment{seq: seq})
	}
	return out
}

// held reports whether a revision was in plans at the time.
func (m moment) held(x *Upcaster) bool {
	return x.State != DraftUpcaster && x.Seq <= m.seq && (x.Until == 0 || m.seq < x.Until)
}

// past is the state with those documents of some subjects in plans that were in plans
// at a time. The versions are those of today.
func (st *State) past(m moment, names []Name) *State {
	if m.now {
		return st
	}
	out := st.Fork()
	for _, n := range names {
		then := &Upcasters{Name: n, All: slices.Clone(st.Upcasters(n).All)}
		last := map[[2]int]*Upcaster{}
		for i := range then.All {
			x := &then.All[i]
			if x.State != DraftUpcaster {
				x.State = SupersededUpcaster
			}
			if m.held(&st.Upcasters(n).All[i]) {
				last[[2]int{x.From, x.To}] = x
			}
		}
		for _, x := range last {
			x.State = ActiveUpcaster
		}
		out.upcasters.Set(n.key(), then)
	}
	return out
}
