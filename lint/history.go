package lint

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// past is an earlier snapshot of a base.
type past struct {
	side  *side
	units map[string][]unit
}

// histories adds to the jobs the earlier versions that a transitive level asks
// for. A level that asks for more than is there is refused: it never means the
// newest version in silence.
func (x *run) histories(ctx context.Context, index int, jobs []job) error {
	known := map[History][]past{}
	for i := range jobs {
		j := &jobs[i]
		if j.new == nil {
			continue
		}
		m := j.new.mapping
		level, _ := x.inForce(m)
		if !level.Transitive() || m.History.Kind == HistoryFiles {
			continue
		}
		if m.History.Kind == HistoryNone {
			return &InputError{
				What: fmt.Sprintf("the level %s of %s asks for all versions, and %s has one", level, j.subject, j.base),
				Hint: `say where the earlier ones are: history: {tags: "v*"}, first-parent or files; or use a registry as base`,
			}
		}
		if j.state != SubjectCompared {
			continue
		}
		trees, ok := known[m.History]
		if !ok {
			var err error
			if trees, err = x.earlier(ctx, index, m.History); err != nil {
				return err
			}
			known[m.History] = trees
		}
		if err := x.extend(ctx, j, trees); err != nil {
			return err
		}
	}
	return nil
}

// earlier opens the snapshots of a history.
func (x *run) earlier(ctx context.Context, index int, h History) ([]past, error) {
	b := x.Bases[index]
	if b.Earlier == nil {
		return nil, &InputError{What: "history: " + h.Kind + " needs a git base, and " + b.Tree.Snap().Name + " is none", Hint: "compare with git:REF, or use history: files"}
	}
	trees, err := b.Earlier(ctx, h)
	if err != nil {
		return nil, err
	}
	var out []past
	for _, t := range trees {
		s := x.side(t)
		units, err := s.choose(ctx, x.Config, x.only)
		if err != nil {
			return nil, err
		}
		p := past{side: s, units: map[string][]unit{}}
		for _, u := range units {
			p.units[u.subject] = append(p.units[u.subject], u)
		}
		out = append(out, p)
	}
	return out, nil
}

// before finds the newest text before an old one that does not parse, and puts it
// into its place: real histories hold such texts. If there is none, what is
// returned has no schema.
func (x *run) before(ctx context.Context, j *job, v *version) (*parsedText, error) {
	none := &parsedText{}
	if j.past == nil {
		return none, nil
	}
	x.looking.Lock() // it opens trees
	defer x.looking.Unlock()
	trees, err := j.past(ctx, History{Kind: HistoryFirstParent, Path: v.unit.file})
	var unusable *InputError
	if errors.As(err, &unusable) {
		return none, nil // a shallow clone does not reach back
	} else if err != nil {
		return nil, err
	}
	for _, t := range trees {
		s := x.side(t)
		if s.files[v.unit.file] == nil {
			continue
		}
		p, err := s.parse(ctx, v.unit, true)
		if err != nil {
			return nil, err
		}
		if p.schema != nil {
			v.side = s
			return p, nil
		}
	}
	return none, nil
}

// extend adds the distinct texts of a subject, newest first, and numbers all of
// them from the oldest.
func (x *run) extend(ctx context.Context, j *job, trees []past) error {
	last := j.olds[len(j.olds)-1]
	for i := range trees {
		list := trees[i].units[j.subject]
		if len(list) == 0 {
			continue
		}
		u := &list[0]
		equal, err := same(ctx, last.side, trees[i].side, last.unit.file, u.file)
		if err != nil {
			return err
		}
		if equal {
			continue
		}
		if last = (version{side: trees[i].side, unit: u}); len(j.olds) >= x.Config.Limits.Versions {
			return unusable("raise limits.versions, or narrow the history", "%s has more than %d versions", j.subject, x.Config.Limits.Versions)
		}
		j.olds = append(j.olds, last)
	}
	for i := range j.olds {
		j.olds[i].number = len(j.olds) - i
	}
	return nil
}

// fileJobs are the jobs of a subject whose versions are files: each file that the
// base lacks is compared with those before it.
func (x *run) fileJobs(ctx context.Context, base *side, subject string, affected map[string]bool) ([]job, error) {
	units := slices.Clone(x.heads[subject])
	slices.SortStableFunc(units, func(a, b unit) int { return compareVersions(a.version, b.version) })
	if len(units) > x.Config.Limits.Versions {
		return nil, unusable("raise limits.versions, or keep fewer files", "%s has more than %d versions", subject, x.Config.Limits.Versions)
	}
	x.gaps(units)
	var out []job
	for i := range units {
		u := &units[i]
		if base.files[u.file] != nil {
			if err := x.published(ctx, base, u); err != nil {
				return nil, err
			}
			if !x.Full && !affected[u.file] {
				continue
			}
		}
		j := job{subject: subject, base: base.tree.Snap().Name, head: x.head, new: u, state: SubjectFirst}
		for k := i - 1; k >= 0; k-- {
			j.state, j.old = SubjectCompared, &units[i-1]
			j.olds = append(j.olds, version{number: k + 1, side: x.head, unit: &units[k]})
		}
		out = append(out, j)
	}
	if len(out) == 0 && len(units) > 0 {
		u := &units[len(units)-1]
		out = append(out, job{subject: subject, base: base.tree.Snap().Name, head: x.head, new: u, old: u, state: SubjectUnchanged})
	}
	return out, nil
}

// published reports a released version whose text is another one now.
func (x *run) published(ctx context.Context, base *side, u *unit) error {
	equal, err := same(ctx, x.head, base, u.file, u.file)
	if err != nil || equal {
		return err
	}
	t, err := base.text(ctx, u.file)
	if err != nil {
		return err
	}
	f := simple("evcheck/published-version-edited", SeverityError, Location{File: u.file, Span: top},
		"version "+u.version+" of "+u.subject+" is released and its text is another one now", map[string]string{"version": u.version})
	f.about(&job{subject: u.subject, new: u, base: base.tree.Snap().Name})
	at := base.source(u.file, u.format, t.body, 0).At(schema.Place{})
	f.Old = &at
	x.repo = append(x.repo, f)
	return nil
}

// withdrawn reports released versions whose files are gone: nothing would be
// compared with them any more.
func (x *run) withdrawn(base *side, subject string, was []unit) {
	list := x.heads[subject]
	for i := range was {
		u := &was[i]
		if x.head.files[u.file] != nil {
			continue
		}
		f := simple("evcheck/published-version-edited", SeverityError, Location{File: list[0].file, Span: top},
			"version "+u.version+" of "+subject+" is released, and its file "+u.file+" is gone", map[string]string{"version": u.version})
		f.about(&job{subject: subject, new: &list[0], base: base.tree.Snap().Name})
		f.Old = &Location{File: u.file, Commit: base.tree.Snap().Commit, Span: top}
		x.repo = append(x.repo, f)
	}
}

// gaps reports a missing version where they are plain numbers.
func (x *run) gaps(units []unit) {
	before := 0
	for i := range units {
		n, err := strconv.Atoi(strings.TrimPrefix(units[i].version, "v"))
		if err != nil {
			return
		}
		if before > 0 && n > before+1 {
			f := simple("evcheck/version-gap", SeverityWarning, Location{File: units[i].file, Span: top},
				fmt.Sprintf("%s has version %d and, before it, %d: what lies between is missing", units[i].subject, n, before), nil)
			f.about(&job{subject: units[i].subject, new: &units[i]})
			x.repo = append(x.repo, f)
		}
		before = n
	}
}

// compareVersions orders version names: numbers in them by value.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		x, restA := chunk(a)
		y, restB := chunk(b)
		n, errA := strconv.Atoi(x)
		m, errB := strconv.Atoi(y)
		switch {
		case errA == nil && errB == nil && n != m:
			return n - m
		case (errA != nil || errB != nil) && x != y:
			return strings.Compare(x, y)
		}
		a, b = restA, restB
	}
	return len(a) - len(b)
}

// chunk cuts off the first run of digits, or of other characters.
func chunk(s string) (first, rest string) {
	digit := s[0] >= '0' && s[0] <= '9'
	for i := range len(s) {
		if (s[i] >= '0' && s[i] <= '9') != digit {
			return s[:i], s[i:]
		}
	}
	return s, ""
}
