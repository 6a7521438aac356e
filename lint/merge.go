package lint

import (
	"slices"
	"strings"
)

// MergeReports joins the reports of several runs, such as the jobs of a matrix,
// into one: findings are the same by fingerprint and class. It is complete only
// if all are. There must be at least one.
func MergeReports(reports []Report) Report {
	out := reports[0]
	out.Timing = nil
	out.Findings, out.Subjects, out.Base = slices.Clone(out.Findings), slices.Clone(out.Subjects), slices.Clone(out.Base)
	out.Waivers = slices.Clone(out.Waivers)
	for _, r := range reports[1:] {
		out.Complete = out.Complete && r.Complete
		out.Summary.FailOn = strictest(out.Summary.FailOn, r.Summary.FailOn)
		if r.Summary.Reason != "" && !strings.Contains(out.Summary.Reason, r.Summary.Reason) {
			out.Summary.Reason = strings.TrimPrefix(out.Summary.Reason+"; "+r.Summary.Reason, "; ")
		}
		for _, remark := range r.Summary.Remarks {
			if !slices.Contains(out.Summary.Remarks, remark) {
				out.Summary.Remarks = append(slices.Clip(out.Summary.Remarks), remark)
			}
		}
		for _, b := range r.Base {
			if !slices.ContainsFunc(out.Base, func(x Snap) bool { return x.Name == b.Name && x.Commit == b.Commit }) {
				out.Base = append(out.Base, b)
			}
		}
		for i := range r.Subjects {
			out.addSubject(&r.Subjects[i])
		}
		for i := range r.Findings {
			out.addFinding(&r.Findings[i])
		}
		for _, w := range r.Waivers {
			if !slices.Contains(out.Waivers, w) {
				out.Waivers = append(out.Waivers, w)
			}
		}
	}
	SortFindings(out.Findings)
	slices.SortStableFunc(out.Subjects, func(a, b Subject) int { return strings.Compare(a.Subject, b.Subject) })
	out.Count()
	return out
}

// strictest is the lower of two thresholds; none is that of errors.
func strictest(a, b string) string {
	rank := func(s string) int {
		if s == "" {
			s = SeverityError
		}
		return slices.Index([]string{"never", SeverityError, SeverityWarning, SeverityNote}, s)
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// addSubject keeps one entry a subject: the one that says most, with the checks
// of all.
func (r *Report) addSubject(s *Subject) {
	i := slices.IndexFunc(r.Subjects, func(x Subject) bool { return x.Subject == s.Subject })
	if i < 0 {
		r.Subjects = append(r.Subjects, *s)
		return
	}
	states := []string{SubjectInvalid, SubjectRemoved, SubjectCompared, SubjectFirst, SubjectUnchanged}
	checks := slices.Clone(r.Subjects[i].Checks)
	if slices.Index(states, s.State) < slices.Index(states, r.Subjects[i].State) {
		r.Subjects[i] = *s
	}
	for _, c := range s.Checks {
		same := func(x Check) bool {
			return x.Direction == c.Direction && x.Base == c.Base && x.Version == c.Version
		}
		if !slices.ContainsFunc(checks, same) {
			checks = append(checks, c)
		}
	}
	r.Subjects[i].Checks = checks
}

// addFinding keeps one entry a finding: the heavier one, and waived only if every
// run waived it.
func (r *Report) addFinding(f *Finding) {
	i := slices.IndexFunc(r.Findings, func(x Finding) bool { return x.Fingerprint == f.Fingerprint && x.Class == f.Class })
	if i < 0 {
		r.Findings = append(r.Findings, *f)
		return
	}
	have := r.Findings[i]
	heavier := SeverityRank(f.Severity) < SeverityRank(have.Severity) || f.Waived == nil && have.Waived != nil
	subjects := slices.Clone(have.Subjects)
	for _, s := range f.Subjects {
		if !slices.Contains(subjects, s) {
			subjects = append(subjects, s)
		}
	}
	other := f
	joined := have
	if heavier {
		joined, other = *f, &have
	}
	joined.join(other)
	joined.Subjects = subjects
	r.Findings[i] = joined
}
