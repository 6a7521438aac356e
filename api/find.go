package api

import (
	"github.com/instar-registry/instar/registry"
)

// The misses whose text clients match.

func subjectNotFound(n registry.Name) error {
	return registry.Fail(registry.SubjectNotFound, "Subject '%s' not found.", n)
}

func versionNotFound(version int) error {
	return registry.Fail(registry.VersionNotFound, "Version %d not found.", version)
}

func schemaNotFound() error { return registry.Fail(registry.SchemaNotFound, "Schema not found") }

// located is a version in its subject.
type located struct {
	name    registry.Name
	version *registry.Version
	// searched tells that it was found by looking through other contexts, so
	// that another caller may be shown another one.
	searched bool
}

// findSubject follows the alias of a name and returns the subject if the caller
// may see it, else nil: hidden and absent look alike.
func (x *request) findSubject(st *registry.State, n registry.Name) *registry.Subject {
	n = st.Alias(n)
	if sees := x.sees(); sees != nil && !sees(n) {
		return nil
	}
	return st.Subject(n)
}

// findVersion finds the version that a path names; -1 is the newest live one.
// An unqualified name that the default context does not have is looked for in
// every other visible context, in order.
func (x *request) findVersion(st *registry.State, written string, number int, deleted bool) (located, error) {
	n := x.target.qualify(written)
	subject := x.findSubject(st, n)
	if subject == nil && number > 0 && x.usable(st, x.sees(), st.Alias(n), number) {
		subject = st.Subject(st.Alias(n)) // a readable version builds on this one
	}
	v, err := pick(subject, n, number, deleted)
	if err == nil {
		return located{name: st.Alias(n), version: v}, nil
	}
	if !x.target.searches(written) {
		return located{}, err
	}
	for _, context := range st.Contexts() {
		if context == registry.DefaultContext {
			continue
		}
		other := registry.Name{Context: context, Subject: written}
		if v, miss := pick(x.findSubject(st, other), other, number, deleted); miss == nil {
			return located{name: st.Alias(other), version: v, searched: true}, nil
		}
	}
	return located{}, err
}

// pick takes a version out of a subject.
func pick(s *registry.Subject, n registry.Name, number int, deleted bool) (*registry.Version, error) {
	latest := s.Latest()
	if s == nil || latest == nil && !deleted {
		return nil, subjectNotFound(n)
	}
	v := s.Version(number)
	if number == -1 {
		v = latest
	}
	if v == nil || v.Deleted && !deleted {
		return nil, versionNotFound(number)
	}
	return v, nil
}

// usable reports whether a caller may be shown what a version holds: because it
// sees the subject, or a subject with a version that references this one.
func (x *request) usable(st *registry.State, sees func(registry.Name) bool, n registry.Name, version int) bool {
	if sees == nil || sees(n) {
		return true
	}
	for _, r := range st.Referrers(n, version) {
		if sees(r.Name) {
			return true
		}
	}
	return false
}

// binding finds what an id stands for in a context, if something still uses it
// and the caller may see one of the uses. first is that use.
func (x *request) binding(st *registry.State, context string, id int64) (b *registry.Binding, first registry.Use) {
	b = st.Binding(context, id)
	if b == nil || len(b.Uses) == 0 {
		return nil, registry.Use{}
	}
	sees := x.sees()
	for _, u := range b.Uses {
		if x.usable(st, sees, registry.Name{Context: context, Subject: u.Subject}, u.Version) {
			return b, u
		}
	}
	return nil, registry.Use{}
}

// maxReadable bounds how many subjects of an id the fast lane looks at.
const maxReadable = 8

// readableUses lists the subjects of which one must be seen to be shown b.
func readableUses(context string, b *registry.Binding) []registry.Name {
	var out []registry.Name
	for _, u := range b.Uses[:min(len(b.Uses), maxReadable)] {
		out = append(out, registry.Name{Context: context, Subject: u.Subject})
	}
	return out
}
