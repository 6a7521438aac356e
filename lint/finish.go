package lint

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// finish puts the results of all jobs together into the report.
func (x *run) finish() {
	x.subjects()
	var found []Finding
	for i := range x.results {
		for _, f := range x.results[i].findings {
			f.job, f.own = i+1, f.Fingerprint
			found = append(found, f)
		}
		x.remark(&x.results[i])
	}
	seen := map[string]bool{}
	for i := range x.results {
		for _, g := range x.results[i].ignores {
			if key := g.file + " " + g.at.String(); !seen[key] {
				seen[key] = true
				x.ignores = append(x.ignores, g)
			}
		}
	}
	found = mergeShared(mergeSame(found))
	found = x.weigh(append(found, x.repo...))
	x.report.Findings = append(x.report.Findings, x.waive(found)...)
	x.remarkRegistry()
	SortFindings(x.report.Findings)
	if x.Clock != nil {
		x.timing()
	}
	x.report.Count()
}

// remark adds what a result says to the head of the report, each once.
func (x *run) remark(r *result) {
	list := []string{r.remark}
	if j := r.job; j != nil && j.new != nil && j.state != SubjectUnchanged {
		if t, err := j.head.text(context.Background(), j.new.file); err == nil && !t.editable() { // read before
			list = append(list, j.new.file+" begins with the byte order mark of UTF-8, which is skipped; fixes of it are not offered")
		}
	}
	for _, remark := range list {
		if remark != "" && !slices.Contains(x.report.Summary.Remarks, remark) {
			x.report.Summary.Remarks = append(x.report.Summary.Remarks, remark)
		}
	}
}

// remarkRegistry says that a waiver does not change what a registry answers.
func (x *run) remarkRegistry() {
	for i := range x.Bases {
		if _, is := x.Bases[i].Tree.(RegistryBase); !is {
			continue
		}
		name := x.Bases[i].Tree.Snap().Name
		if slices.ContainsFunc(x.report.Findings, func(f Finding) bool {
			return f.Waived != nil && f.Required && f.Refused && slices.ContainsFunc(f.Against, func(a Against) bool { return a.Base == name })
		}) {
			x.report.Summary.Remarks = append(x.report.Summary.Remarks, "what is waived here is not waived in "+name+": registration will still be refused")
		}
	}
}

// states orders what a subject may be against several bases; the first that any
// base gives holds.
var states = []string{SubjectInvalid, SubjectCompared, SubjectUnchanged, SubjectFirst, SubjectRemoved}

// subjects joins what a subject is against each base.
func (x *run) subjects() {
	byName := map[string]*Subject{}
	for i := range x.results {
		r := &x.results[i]
		if r.job == nil {
			continue // not reached
		}
		s := byName[r.subject.Subject]
		if s == nil {
			c := r.subject
			byName[c.Subject] = &c
			continue
		}
		if slices.Index(states, r.subject.State) < slices.Index(states, s.State) {
			s.State = r.subject.State
		}
		s.Checks = append(s.Checks, r.subject.Checks...)
		if worse := worseDeploy(s.DeployFirst, r.subject.DeployFirst); worse != s.DeployFirst {
			s.DeployFirst, s.DeployWorst = worse, r.subject.DeployWorst
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		x.report.Subjects = append(x.report.Subjects, *byName[name])
	}
}

// worseDeploy joins two deploy orders.
func worseDeploy(a, b string) string {
	switch {
	case a == b || b == "" || b == "any":
		return a
	case a == "" || a == "any":
		return b
	case a == "unknown" || b == "unknown":
		return "unknown"
	}
	return "none"
}

// mergeSame joins findings that several bases give.
func mergeSame(found []Finding) []Finding {
	var out []Finding
	index := map[string]int{}
	for _, f := range found {
		key := f.Fingerprint + f.Class + f.Subject
		at, known := index[key]
		if !known {
			index[key] = len(out)
			out = append(out, f)
			continue
		}
		out[at].join(&f)
	}
	return out
}

// join adds what another finding of the same edit says.
func (f *Finding) join(o *Finding) {
	for _, a := range o.Against {
		at := slices.IndexFunc(f.Against, func(b Against) bool { return a.Base == b.Base })
		if at < 0 {
			f.Against = append(slices.Clip(f.Against), a)
			continue
		}
		versions := append(slices.Clone(f.Against[at].Versions), a.Versions...)
		slices.Sort(versions)
		f.Against = slices.Clone(f.Against)
		f.Against[at].Versions = slices.Compact(versions)
	}
	if SeverityRank(o.Severity) < SeverityRank(f.Severity) {
		f.Severity = o.Severity
	}
	f.Required = f.Required || o.Required
	f.Refused = f.Refused || o.Refused
}

// mergeShared makes one finding of the same edit in a shared definition, however
// many subjects use it.
func mergeShared(found []Finding) []Finding {
	var out []Finding
	index := map[string]int{}
	for _, f := range found {
		key := f.definition()
		if key == "" {
			out = append(out, f)
			continue
		}
		at, known := index[key]
		if !known {
			index[key] = len(out)
			out = append(out, f)
			continue
		}
		first := &out[at]
		names := append(slices.Clone(first.Subjects), f.Subjects...)
		if first.shared() && !f.shared() { // the subject that is the definition speaks for it
			first.join(&f)
			f.join(first)
			f.Subjects = names
			*first = f
		} else {
			first.join(&f)
			first.Subjects = names
		}
		slices.Sort(first.Subjects)
		first.Subjects = slices.Compact(first.Subjects)
	}
	for i := range out {
		out[i].nameShared()
	}
	return out
}

// shared reports whether both sides lie in a document that the subject uses.
func (f *Finding) shared() bool {
	return f.Old != nil && f.New != nil && f.documents[0] != "" && f.documents[1] != ""
}

// definition is what findings about one edit in one file have in common; empty
// where the engine knows no place.
func (f *Finding) definition() string {
	if !f.judged || f.New == nil || f.Old == nil {
		return ""
	}
	parts := []string{
		f.Rule, f.Class, f.Direction, f.Format, f.New.File, strconv.Itoa(f.New.Offset), f.New.Pointer, f.Old.File, strconv.Itoa(f.Old.Offset), f.Old.Pointer,
	}
	for _, name := range slices.Sorted(maps.Keys(f.Params)) {
		parts = append(parts, name, f.Params[name])
	}
	return strings.Join(parts, "\x00")
}

// nameShared gives a finding in a shared definition the definition's own name.
// The path from each subject's event is another one, so the places in the
// definition tell it apart.
func (f *Finding) nameShared() {
	if !f.shared() {
		return
	}
	f.Subject = f.documents[1]
	f.Fingerprint = Identity{
		Rule: f.Rule, Subject: f.Subject, OldPath: f.Old.Pointer, NewPath: f.New.Pointer, Direction: f.Direction, Params: f.Params,
	}.Fingerprint()
}

func (x *run) timing() {
	t := &Timing{}
	for i := range x.results {
		r := &x.results[i]
		t.TotalMillis += r.millis
		if r.job != nil && r.millis > 0 {
			t.Slowest = append(t.Slowest, PairTiming{Subject: r.job.subject, Base: r.job.base, Millis: r.millis})
		}
	}
	slices.SortStableFunc(t.Slowest, func(a, b PairTiming) int { return int(b.Millis - a.Millis) })
	t.Slowest = t.Slowest[:min(len(t.Slowest), 10)]
	x.report.Timing = t
}
