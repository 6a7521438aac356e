package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/instar-registry/instar/compat"
)

// The bounds of a waiver.
const (
	minReason    = 10
	maxWaiverAge = 366 * 24 * time.Hour
	soon         = 14 * 24 * time.Hour
)

// waiverUse is a waiver and what it covered.
type waiverUse struct {
	Waiver
	column  int
	expired bool
	hit     bool // by a finding, expired or not
	refused bool // what it hit is of a class that may not be waived
	ignore  *ignore
}

// waive marks the findings that a waiver, an ignore or the baseline covers, and
// adds what is wrong with those.
func (x *run) waive(found []Finding) []Finding {
	var uses []*waiverUse
	var wrong []Finding
	for _, c := range append([]*Config{x.Config}, x.Config.nested...) {
		for i := range c.Waivers {
			u := &waiverUse{Waiver: c.Waivers[i].Waiver, column: c.Waivers[i].Column}
			if f := x.faulty(u); f != nil {
				wrong = append(wrong, *f)
				continue
			}
			uses = append(uses, u)
		}
	}
	for i := range x.ignores {
		if f := x.ignores[i].faulty(); f != nil {
			wrong = append(wrong, *f)
			continue
		}
		uses = append(uses, &waiverUse{Waiver: x.ignores[i].waiver(), column: x.ignores[i].at.Column, ignore: &x.ignores[i]})
	}
	for i := range x.Baseline {
		uses = append(uses, &waiverUse{Waiver: x.Baseline[i]})
	}
	var out []Finding
	for _, f := range found {
		out = append(out, x.cover(f, uses)...)
	}
	for _, u := range uses {
		if f := x.hygiene(u); f != nil {
			wrong = append(wrong, *f)
		}
		x.report.Waivers = append(x.report.Waivers, u.Waiver)
	}
	return append(out, x.weigh(wrong)...)
}

// cover returns a finding as it stands after waivers: itself, or, where one names
// some of the subjects that share it, one for these and one for the others.
func (x *run) cover(f Finding, uses []*waiverUse) []Finding {
	if f.Class == compat.ClassRepo || f.Severity == SeverityNote {
		return []Finding{f}
	}
	for _, u := range uses {
		named := u.covers(&f)
		if len(named) == 0 && !u.whole(&f) {
			continue
		}
		u.hit = true
		if x.Config.Waivable != nil && !slices.Contains(x.Config.Waivable, f.Class) {
			u.refused = true
			continue
		}
		if u.expired = x.over(u); u.expired {
			continue
		}
		u.Matched++
		part := f
		part.Waived = &Waived{Kind: u.Kind, Reason: u.Reason, By: u.By, Until: u.Until, Permanent: u.Permanent, File: u.File, Line: u.Line}
		rest := slices.DeleteFunc(slices.Clone(f.Subjects), func(s string) bool { return slices.Contains(named, s) })
		if u.whole(&f) || len(rest) == 0 {
			return []Finding{part}
		}
		part.Subjects, f.Subjects = named, rest
		return append([]Finding{part}, x.cover(f, uses)...)
	}
	return []Finding{f}
}

// over reports whether the day of a waiver is past.
func (x *run) over(u *waiverUse) bool {
	end, err := time.Parse(time.DateOnly, u.Until)
	return err == nil && !x.Now.Before(end.Add(24*time.Hour))
}

// whole reports whether the waiver covers a finding for all of its subjects.
func (u *waiverUse) whole(f *Finding) bool {
	return u.Subject == "" && u.matches(f)
}

// covers lists the subjects of a finding that the waiver names.
func (u *waiverUse) covers(f *Finding) []string {
	if u.Subject == "" || !u.matches(f) {
		return nil
	}
	var out []string
	for _, s := range f.Subjects {
		if subjectMatches(u.Subject, s) {
			out = append(out, s)
		}
	}
	return out
}

// matches compares everything but the subject.
func (u *waiverUse) matches(f *Finding) bool {
	if u.ignore != nil {
		return u.ignore.covers(f)
	}
	if u.Fingerprint != "" && !SameFingerprint(f.Fingerprint, u.Fingerprint) {
		return false
	}
	if u.Rule != "" && !sameRule(u.Rule, f.Rule) {
		return false
	}
	if u.Path != "" && !slices.ContainsFunc(append([]string{f.Path}, f.Paths...), func(p string) bool { return belowPath(p, u.Path) }) {
		return false
	}
	return u.Versions == "" || versionsWithin(f, u.Versions)
}

// sameRule compares ids, former ones too; the first may be a pattern.
func sameRule(pattern, id string) bool {
	if r := compat.RuleByID(pattern); r != nil {
		pattern = r.ID
	}
	return ruleMatches(pattern, id)
}

// belowPath reports whether a place in an event is another one or lies in it.
func belowPath(p, around string) bool {
	rest, ok := strings.CutPrefix(p, around)
	return ok && (rest == "" || strings.ContainsAny(rest[:1], ".[{<"))
}

// versionsWithin reports whether a finding holds for versions of a list such as
// "1-3,5" only.
func versionsWithin(f *Finding, list string) bool {
	any := false
	for _, a := range f.Against {
		for _, v := range a.Versions {
			any = true
			if !inVersions(v, list) {
				return false
			}
		}
	}
	return any
}

func inVersions(v int, list string) bool {
	for part := range strings.SplitSeq(list, ",") {
		from, to, ranged := strings.Cut(strings.TrimSpace(part), "-")
		low, err := strconv.Atoi(from)
		high := low
		if ranged && err == nil {
			high, err = strconv.Atoi(to)
		}
		if err == nil && low <= v && v <= high {
			return true
		}
	}
	return false
}

// faulty reports a waiver that says too little, which covers nothing.
func (x *run) faulty(u *waiverUse) *Finding {
	message := ""
	if len([]rune(strings.TrimSpace(u.Reason))) < minReason {
		message = fmt.Sprintf("the waiver has no reason of at least %d characters, so it covers nothing", minReason)
	} else if end, err := time.Parse(time.DateOnly, u.Until); err == nil && end.Sub(x.Now) > maxWaiverAge {
		message = "the waiver holds until " + u.Until + ", which is more than a year ahead, so it covers nothing; shorten it or make it permanent"
	}
	if message == "" {
		return nil
	}
	return x.aboutWaiver("evcheck/waiver-without-reason", SeverityError, u, message)
}

// aboutWaiver is a finding at a waiver.
func (x *run) aboutWaiver(rule, severity string, u *waiverUse, message string) *Finding {
	at := Location{File: u.File, Span: Span{Line: u.Line, Column: max(u.column, 1)}}
	f := simple(rule, severity, at, message, map[string]string{"waiver": u.name()})
	f.Path = u.name()
	f.Fingerprint = Identity{Rule: rule, Subject: u.Subject, OldPath: u.name(), NewPath: u.name(), Params: f.Params}.Fingerprint()
	return &f
}

// name says what a waiver is about in few words.
func (u *waiverUse) name() string {
	var parts []string
	for _, p := range []string{u.Rule, u.Subject, u.Path, u.Versions, u.Fingerprint} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " ")
}

// hygiene judges a waiver after the findings: over, soon over, or of no use.
func (x *run) hygiene(u *waiverUse) *Finding {
	u.State = "used"
	switch {
	case u.expired:
		u.State = "expired"
		return x.aboutWaiver("evcheck/expired-waiver", SeverityError, u, "the waiver was over on "+u.Until+"; what it covered is reported again")
	case u.Matched > 0:
		if end, err := time.Parse(time.DateOnly, u.Until); err == nil && end.Sub(x.Now) <= soon {
			return x.aboutWaiver("evcheck/waiver-expires-soon", SeverityWarning, u, "the waiver is over on "+u.Until)
		}
		return nil
	case !x.checked(u):
		u.State = "unchecked"
		return nil
	}
	u.State = "unused"
	if u.Kind == WaiverBaseline {
		return nil
	}
	what := "the waiver"
	rule := "evcheck/unused-waiver"
	if u.ignore != nil {
		what, rule = "the ignore", "evcheck/unused-ignore"
	}
	message := what + " covers nothing"
	if u.refused {
		message = what + " is about a finding that may not be waived; see waivable in " + x.Config.File
	}
	severity := SeverityWarning
	if x.isNew(u) {
		severity = SeverityError
	} else {
		message += "; it came with the base, so remove it when you can"
	}
	return x.aboutWaiver(rule, severity, u, message)
}

// checked reports whether everything that the waiver names was looked at, so that
// it can be called unused.
func (x *run) checked(u *waiverUse) bool {
	if x.Subject != "" || len(x.Paths) > 0 || !x.report.Complete {
		return false
	}
	// A subject that did not change is not asked about again, and an old version
	// may still break by it.
	return u.ignore != nil || !slices.ContainsFunc(x.report.Subjects, func(s Subject) bool {
		level, err := compat.ParseLevel(s.Level)
		return s.State == SubjectUnchanged && err == nil && level.Transitive() && (u.Subject == "" || subjectMatches(u.Subject, s.Subject))
	})
}

// subjectMatches reports whether a name or pattern means a subject.
func subjectMatches(pattern, subject string) bool {
	if pattern == subject {
		return true
	}
	g, err := newGlob(pattern)
	return err == nil && g.match(subject)
}

// isNew reports whether this change adds the waiver.
func (x *run) isNew(u *waiverUse) bool {
	if u.ignore != nil {
		return u.ignore.added
	}
	if x.BaseConfig == nil {
		return true
	}
	for _, c := range append([]*Config{x.BaseConfig}, x.BaseConfig.nested...) {
		for _, w := range c.Waivers {
			if w.Rule == u.Rule && w.Subject == u.Subject && w.Path == u.Path && w.Versions == u.Versions && w.Fingerprint == u.Fingerprint {
				return false
			}
		}
	}
	return true
}
