package lint

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

// RegistryBase is a base that is no tree of files: it has numbered versions of
// subjects, with references of its own, and says itself which level is asked for.
type RegistryBase interface {
	Tree
	// Load reads what the registry has under the subjects. Those that it does not
	// have are not in the answer. The tree holds the texts of the versions
	// afterwards.
	Load(ctx context.Context, subjects []string) (map[string]*Registered, error)
	// Closure is what a file of the tree refers to, dependencies first, and the
	// file of every name.
	Closure(file string) (docs []schema.Document, files map[string]string)
}

// Registered is a subject of a registry.
type Registered struct {
	// Terms are what the registry asks for; what it does not say is nil or empty.
	Terms Terms
	// Versions are those that count, newest first.
	Versions []RegisteredVersion
}

// Terms are the terms that a registry holds a subject to.
type Terms struct {
	Level         *compat.Level
	Policy        *compat.Policy
	Unknown       *compat.OnUnknown
	AssertFormats *bool
	Encodings     []string
	EventMessages []string
	// Normalize says that texts that are the same after normalisation are one.
	Normalize bool
}

// RegisteredVersion is one version of a subject.
type RegisteredVersion struct {
	Number int
	File   string // in the tree
	Format schema.Format
}

// registered are the jobs against a registry: every subject of the head against
// the versions that its level asks for.
func (x *run) registered(ctx context.Context, base RegistryBase) ([]job, error) {
	var names []string
	for _, subject := range slices.Sorted(maps.Keys(x.heads)) {
		if x.wanted(subject) {
			names = append(names, subject)
		}
	}
	found, err := base.Load(ctx, names)
	if err != nil {
		return nil, err
	}
	side := x.side(base)
	var jobs []job
	for _, subject := range names {
		list := x.heads[subject]
		j := job{subject: subject, base: base.Snap().Name, head: x.head, new: &list[len(list)-1], state: SubjectFirst, registered: true}
		if r := found[subject]; r != nil {
			j.new = x.onTerms(j.new, &r.Terms)
			j.normalize = r.Terms.Normalize
			for _, v := range r.Versions {
				u := &unit{subject: subject, file: v.File, format: v.Format, mapping: j.new.mapping}
				j.olds = append(j.olds, version{number: v.Number, side: side, unit: u})
			}
		}
		if len(j.olds) > 0 {
			j.state, j.old = SubjectCompared, j.olds[0].unit
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// onTerms is a unit under the terms of a registry, which decide. Where the file
// says something else, that is told.
func (x *run) onTerms(u *unit, t *Terms) *unit {
	m := *u.mapping
	differs := func(key, here, there string) {
		if here == there || !u.mapping.set[key] {
			return
		}
		x.configFinding("evcheck/config-differs", SeverityWarning, x.Config.File, m.Place, u.subject+" "+key,
			fmt.Sprintf("%s says %s %s for %s, and the registry %s, which decides", x.Config.File, key, here, u.subject, there))
	}
	if t.Level != nil {
		differs("level", m.Level.String(), t.Level.String())
		m.Level = *t.Level
	}
	if t.Policy != nil {
		differs("policy", m.Policy.String(), t.Policy.String())
		m.Policy = *t.Policy
	}
	if t.Unknown != nil {
		m.Unknown = *t.Unknown
	}
	if t.AssertFormats != nil {
		m.AssertFormats = *t.AssertFormats
	}
	if len(t.Encodings) > 0 {
		m.Encodings = t.Encodings
	}
	if len(t.EventMessages) > 0 {
		m.EventMessages = t.EventMessages
	}
	out := *u
	out.mapping = &m
	return &out
}

// known reports whether the head's text is a registered version already: it is
// accepted then, whatever the level.
func (j *job) known(head, old schema.Parsed) bool {
	if !j.registered || head.Format() != old.Format() {
		return false
	}
	if head.Canonical() == old.Canonical() && format.SameInlined(head, old) {
		return true
	}
	return j.normalize && head.Normalised() == old.Normalised()
}
