package registry

import (
	"slices"
	"strconv"
)

func (d *decider) deleteVersion(cmd DeleteVersion) (Decision, error) {
	s := d.st.Subject(cmd.Name)
	if s == nil {
		return Decision{}, subjectNotFound(cmd.Name)
	}
	v := s.Version(cmd.Version)
	if cmd.Version == -1 {
		v = s.Latest()
	}
	switch {
	case v == nil:
		return Decision{}, versionNotFound(cmd.Version)
	case v.Deleted && !cmd.Permanent:
		return Decision{}, fail(VersionSoftDeleted, "Subject '%s' Version %d was soft deleted.Set permanent=true to delete permanently", cmd.Name, v.Number)
	}
	if err := d.writable(cmd.Name); err != nil {
		return Decision{}, err
	}
	if !cmd.Permanent {
		if err := d.unreferenced(cmd.Name, v.Number, true, false); err != nil {
			return Decision{}, err
		}
		change := VersionDeleted{Context: cmd.Name.Context, Subject: cmd.Name.Subject, Version: v.Number}
		return Decision{Changes: []Change{change}, Result: v.Number}, nil
	}
	if !v.Deleted {
		return Decision{}, fail(VersionNotSoftDeleted, "Subject '%s' Version %d was not deleted first before being permanently deleted", cmd.Name, v.Number)
	}
	if err := d.unreferenced(cmd.Name, v.Number, false, false); err != nil {
		return Decision{}, err
	}
	hops, texts, err := d.join(cmd.Name, v.Number)
	if err != nil {
		return Decision{}, err
	}
	purged := VersionPurged{Context: cmd.Name.Context, Subject: cmd.Name.Subject, Version: v.Number, Config: len(s.Versions) == 1}
	return Decision{Changes: append(hops, purged), Texts: texts, Result: v.Number}, nil
}

func (d *decider) deleteSubject(cmd DeleteSubject) (Decision, error) {
	s := d.st.Subject(cmd.Name)
	if s == nil {
		return Decision{}, subjectNotFound(cmd.Name)
	}
	live := s.Latest()
	switch {
	case live == nil && !cmd.Permanent:
		return Decision{}, fail(SubjectSoftDeleted, "Subject '%s' was soft deleted.Set permanent=true to delete permanently", cmd.Name)
	case live != nil && cmd.Permanent:
		return Decision{}, fail(SubjectNotSoftDeleted, "Subject '%s' was not deleted first before being permanently deleted", cmd.Name)
	}
	if err := d.writable(cmd.Name); err != nil {
		return Decision{}, err
	}
	var numbers []int
	for i := range s.Versions {
		v := &s.Versions[i]
		if v.Deleted != cmd.Permanent {
			continue
		}
		if err := d.unreferenced(cmd.Name, v.Number, !cmd.Permanent, true); err != nil {
			return Decision{}, err
		}
		if cmd.Permanent {
			if err := d.unspread(cmd.Name, v.Number); err != nil {
				return Decision{}, err
			}
		}
		numbers = append(numbers, v.Number)
	}
	var change Change = SubjectDeleted{Context: cmd.Name.Context, Subject: cmd.Name.Subject, Versions: numbers}
	if cmd.Permanent {
		change = SubjectPurged{Context: cmd.Name.Context, Subject: cmd.Name.Subject, Versions: numbers, Config: true}
	}
	return Decision{Changes: []Change{change}, Result: numbers}, nil
}

// unreferenced refuses to remove a version that others build on. Only live
// referrers block hiding it; referrers inside the subject do not block deleting
// the subject as a whole.
func (d *decider) unreferenced(n Name, version int, liveOnly, whole bool) *Error {
	var who []Referrer
	for _, r := range d.st.Referrers(n, version) {
		if (whole && r.Name == n) || (liveOnly && !d.st.isLive(r)) {
			continue
		}
		who = append(who, r)
	}
	if len(who) == 0 {
		return nil
	}
	return &Error{
		Code:    ReferenceExists,
		Message: "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=" + n.String() + ",version=" + strconv.Itoa(version) + "}.",
		Cause:   &ReferencedBy{Referrers: who},
	}
}

// ReferencedBy lists who stands in the way of a deletion, so that the API can
// name those that the caller may see.
type ReferencedBy struct{ Referrers []Referrer }

func (r *ReferencedBy) Error() string {
	return strconv.Itoa(len(r.Referrers)) + " versions reference it"
}

func (d *decider) undelete(cmd Undelete) (Decision, error) {
	s := d.st.Subject(cmd.Name)
	if s == nil {
		return Decision{}, subjectNotFound(cmd.Name)
	}
	var back []int
	for i := range s.Versions {
		v := &s.Versions[i]
		if v.Deleted && (cmd.Version == 0 || v.Number == cmd.Version) {
			back = append(back, v.Number)
		}
	}
	if cmd.Version != 0 && s.Version(cmd.Version) == nil {
		return Decision{}, versionNotFound(cmd.Version)
	}
	if len(back) == 0 {
		if cmd.Version != 0 {
			return Decision{}, fail(NotSoftDeleted, "Subject '%s' Version %d is not soft deleted", cmd.Name, cmd.Version)
		}
		return Decision{}, fail(NotSoftDeleted, "Subject '%s' has no soft deleted version", cmd.Name)
	}
	if err := d.writable(cmd.Name); err != nil {
		return Decision{}, err
	}
	for _, number := range back {
		if err := d.referencesLive(cmd.Name, s.Version(number), back); err != nil {
			return Decision{}, err
		}
	}
	if !cmd.Force {
		if err := d.judgeUndelete(cmd.Name, s, back); err != nil {
			return Decision{}, err
		}
	}
	var change Change = SubjectUndeleted{Context: cmd.Name.Context, Subject: cmd.Name.Subject, Versions: back}
	if cmd.Version != 0 {
		change = VersionUndeleted{Context: cmd.Name.Context, Subject: cmd.Name.Subject, Version: cmd.Version}
	}
	return Decision{Changes: []Change{change}, Result: back}, nil
}

// referencesLive refuses to bring back a version whose own references are still
// deleted.
func (d *decider) referencesLive(n Name, v *Version, back []int) *Error {
	for _, r := range v.Content.References {
		target := In(n.Context, r.Subject)
		t := d.st.Subject(target).Version(r.Version)
		if t != nil && !t.Deleted || target == n && slices.Contains(back, r.Version) {
			continue
		}
		return fail(ReferenceExists, "Version %d of subject '%s' references version %d of '%s', which is deleted.", v.Number, n, r.Version, target).
			because("undelete the referenced version first")
	}
	return nil
}

// deleteContext takes a context off the list once nothing lives in it.
func (d *decider) deleteContext(cmd DeleteContext) (Decision, error) {
	used := false
	d.st.SubjectsIn(cmd.Context, "", func(*Subject) bool {
		used = true
		return false
	})
	if used {
		return Decision{}, fail(ContextNotEmpty, "The specified context '%s' is not empty.", cmd.Context)
	}
	c := d.st.Context(cmd.Context)
	if c == nil || !c.Listed {
		return Decision{Result: false}, nil
	}
	changes := []Change{ContextDeleted(cmd)}
	for _, scope := range d.configuredIn(cmd.Context) {
		changes = append(changes, scope...)
	}
	return Decision{Changes: changes, Result: true}, nil
}

// configuredIn lists the changes that remove every configuration entry and mode
// of a context.
func (d *decider) configuredIn(context string) [][]Change {
	var out [][]Change
	d.st.ScopedConfigs(func(n Name, _ *Config) bool {
		if n.Context == context {
			out = append(out, []Change{ConfigChanged{Context: n.Context, Subject: n.Subject}})
		}
		return true
	})
	d.st.ScopedModes(func(n Name, _ string) bool {
		if n.Context == context {
			out = append(out, []Change{ModeChanged{Context: n.Context, Subject: n.Subject}})
		}
		return true
	})
	return out
}

// judgeUndelete asks whether every live version registered later would still be
// accepted with the versions back in place, at today's level.
func (d *decider) judgeUndelete(n Name, s *Subject, back []int) error {
	eff := d.st.InForce(n, d.env.Settings)
	history := &Subject{Name: n, Versions: slices.Clone(s.Versions)}
	for i := range history.Versions {
		if slices.Contains(back, history.Versions[i].Number) {
			history.Versions[i].Deleted = false
		}
	}
	lowest := slices.Min(back)
	for i := range history.Versions {
		v := history.Versions[i]
		if v.Deleted || v.Number < lowest {
			continue
		}
		before := &Subject{Name: n, Versions: history.Versions[:i]}
		report, err := d.check(n, v.Content, nil, before, &eff)
		if err != nil {
			return err
		}
		bridged := false
		if report.Refused() {
			if bridged, err = d.bridged(n, v.Number, &report); err != nil {
				return err
			}
		}
		if report.Refused() && !bridged {
			return &Error{
				Code:    UndeleteIncompatible,
				Message: "Undeleting would break compatibility: version " + strconv.Itoa(v.Number) + " of subject '" + n.String() + "' is incompatible with the history that includes it",
				Report:  &report,
			}
		}
	}
	return nil
}
