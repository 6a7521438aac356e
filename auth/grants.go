package auth

import (
	"slices"
	"sort"
	"strings"

	"github.com/instar-registry/instar/registry"
)

// rules is what one principal or group was granted, compiled. The nil value
// grants nothing.
type rules struct {
	everywhere Action            // from patterns that cover everything
	exact      map[string]Action // from patterns without a star, by context, NUL, subject
	globs      []rule            // all others, sorted by key
}

// rule is one pattern with stars. Its key is the literal start of the names it
// matches; parent is the nearest rule whose key is a prefix of this one's, so a
// look-up visits only rules that agree with the start of the name.
type rule struct {
	key     string
	parent  int // index, -1 for none
	pattern Pattern
	actions Action
}

func (r *rules) add(p Pattern, a Action) {
	switch {
	case p.CoversEverything():
		r.everywhere |= a
	case !p.context.star && !p.subject.star:
		if r.exact == nil {
			r.exact = map[string]Action{}
		}
		r.exact[p.context.first+"\x00"+p.subject.first] |= a
	default:
		key := p.context.first
		if !p.context.star {
			key += "\x00" + p.subject.first
		}
		r.globs = append(r.globs, rule{key: key, pattern: p, actions: a})
	}
}

// link sorts the globs and finds their parents.
func (r *rules) link() {
	slices.SortStableFunc(r.globs, func(a, b rule) int { return strings.Compare(a.key, b.key) })
	for i := range r.globs {
		parent := i - 1
		for parent >= 0 && !strings.HasPrefix(r.globs[i].key, r.globs[parent].key) {
			parent = r.globs[parent].parent
		}
		r.globs[i].parent = parent
	}
}

// maxKey bounds the names a look-up meets without allocating.
const maxKey = 2*registry.MaxNameBytes + 1

// allows reports whether any of the actions is granted on the name.
func (r *rules) allows(a Action, n registry.Name) bool {
	if r == nil {
		return false
	}
	if r.everywhere&a != 0 {
		return true
	}
	if r.exact == nil && r.globs == nil {
		return false
	}
	var room [maxKey]byte
	key := append(append(append(room[:0], n.Context...), 0), n.Subject...)
	if r.exact[string(key)]&a != 0 {
		return true
	}
	// The last rule whose key is not beyond the name; its chain of parents holds
	// every rule whose key the name starts with.
	i := sort.Search(len(r.globs), func(i int) bool { return r.globs[i].key > string(key) }) - 1
	for ; i >= 0; i = r.globs[i].parent {
		g := &r.globs[i]
		if g.actions&a != 0 && g.pattern.Match(n) {
			return true
		}
	}
	return false
}

// anywhere returns every action that is granted on some name.
func (r *rules) anywhere() Action {
	if r == nil {
		return 0
	}
	out := r.everywhere
	for _, a := range r.exact {
		out |= a
	}
	for i := range r.globs {
		out |= r.globs[i].actions
	}
	return out
}

// compileGrants returns the rules by grantee. A grant of a newer release with a
// role or pattern this one cannot read grants nothing.
func compileGrants(grants []*registry.Grant) map[string]*rules {
	out := map[string]*rules{}
	for _, g := range grants {
		actions := Role(g.Role).Actions()
		p, err := CompilePattern(g.Pattern)
		if err != nil || actions == 0 {
			continue
		}
		r := out[g.Principal]
		if r == nil {
			r = &rules{}
			out[g.Principal] = r
		}
		r.add(p, actions)
	}
	for _, r := range out {
		r.link()
	}
	return out
}

// CheckGrant says whether a grant is well-formed: a known role, a principal of a
// known kind, a valid pattern.
func CheckGrant(g registry.Grant) error {
	if Role(g.Role).Actions() == 0 {
		return registry.Fail(registry.InvalidArgument, "Unknown role %q: viewer, publisher, steward, admin and migrator are known", g.Role)
	}
	kind, name, ok := strings.Cut(g.Principal, ":")
	switch {
	case g.Principal == anonymousName:
	case !ok || name == "" || !slices.Contains(principalKinds, kind):
		return registry.Fail(registry.InvalidArgument, `Unknown principal %q: it is "anonymous" or a name after token:, user: or group:`, g.Principal)
	case len(g.Principal) > registry.MaxNameBytes:
		return registry.Fail(registry.InvalidArgument, "The principal has %d bytes; %d are allowed", len(g.Principal), registry.MaxNameBytes)
	}
	if _, err := CompilePattern(g.Pattern); err != nil {
		return &registry.Error{Code: registry.InvalidSchema, Message: err.Error(), Cause: err}
	}
	return nil
}
