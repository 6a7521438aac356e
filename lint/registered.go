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
	// Judge asks the registry whether it would take a schema as the next version
	// of its subject.
	Judge(ctx context.Context, c Candidate) (Answer, error)
}

// Registered is a subject of a registry.
type Registered struct {
	// Terms are what the registry asks for; what it does not say is nil or empty.
	Terms Terms
	// Versions are those that count, newest first.
	Versions []RegisteredVersion
	// Earlier reads the live versions that do not count; nil if there are none. A
	// text that is one of them is that version, and registering it changes nothing.
	Earlier func(context.Context) ([]RegisteredVersion, error)
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
	// Alike says that nothing but the text tells it from what would be registered:
	// its metadata and rules are those of the newest version.
	Alike bool
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
			j.olds = j.versions(side, r.Versions)
			if read := r.Earlier; read != nil {
				j.earlier = func(ctx context.Context) ([]version, error) {
					list, err := read(ctx)
					return j.versions(x.side(base), list), err // which lists the files anew
				}
			}
		}
		if len(j.olds) > 0 {
			j.state, j.old = SubjectCompared, j.olds[0].unit
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// versions are those of a registry as versions of the job's subject.
func (j *job) versions(s *side, list []RegisteredVersion) []version {
	var out []version
	for _, v := range list {
		u := &unit{subject: j.subject, file: v.File, format: v.Format, mapping: j.new.mapping}
		out = append(out, version{number: v.Number, side: s, unit: u, alike: v.Alike})
	}
	return out
}

// isEarlier reports whether the head's text is a version that was not compared.
func (j *job) isEarlier(ctx context.Context, head *parsedText) (bool, error) {
	list, err := j.earlier(ctx)
	if err != nil {
		return false, err
	}
	for _, v := range list {
		p, err := v.side.parse(ctx, v.unit, true)
		if err != nil {
			return false, err
		}
		if p.schema != nil && j.known(&v, head, p) {
			return true, nil
		}
	}
	return false, nil
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
func (j *job) known(v *version, head, old *parsedText) bool {
	h, o := head.schema, old.schema
	switch {
	case !j.registered || !v.alike || h.Format() != o.Format():
		return false
	case len(head.closure.docs) == 0 && format.SameInlined(h, o):
		return true
	case h.Equivalence() == o.Equivalence():
		return j.sameDocuments(head, old, schema.Parsed.Equivalence)
	}
	return j.normalize && h.Normalised() == o.Normalised() && j.sameDocuments(head, old, schema.Parsed.Normalised)
}

// sameDocuments reports whether two schemas refer to the same documents under the
// same names. Registering the head's would give the versions that the old schema
// refers to then.
func (j *job) sameDocuments(head, old *parsedText, text func(schema.Parsed) string) bool {
	places := map[string]int{}
	for i, d := range old.closure.docs {
		places[d.Name] = i
	}
	// A document is read with those before it, which are all that it builds on.
	read := func(p *parsedText, i int) string {
		s, err := format.Parse(p.schema.Format(), p.closure.docs[i].Text, p.closure.docs[:i], j.head.options(true))
		if err != nil {
			return ""
		}
		return text(s)
	}
	for i, d := range head.closure.docs {
		at, there := places[d.Name]
		if delete(places, d.Name); !there {
			return false
		}
		if old.closure.docs[at].Text == d.Text {
			continue
		}
		if now := read(head, i); now == "" || now != read(old, at) {
			return false
		}
	}
	return len(places) == 0
}
