package upcast

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

func (b *builder) assignTag(n *plan.Tag, t *plan.Type, path string) plan.Node {
	if t.Kind != plan.Union {
		if n.Branch == "null" && t.Kind != plan.Null {
			return b.breaks("O5", path, fmt.Sprintf("%s may be null, and the target takes none", path), "use require with else")
		}
		return b.assign(n.X, t, path)
	}
	return b.assignBranch(n.X, nil, t, n.Branch, path)
}

// assignBranch puts a value into the branch of the target that has its name or,
// if there is none, into the only branch that takes every value of it.
func (b *builder) assignBranch(n plan.Node, s, t *plan.Type, name, path string) plan.Node {
	if i := t.Branch(name); i >= 0 && name != "" {
		return &plan.Tag{Branch: t.Branches[i].Name, X: b.assign(n, t.Branches[i].Type, path), Type: t}
	}
	if i := t.Branch(name[strings.LastIndexByte(name, '.')+1:]); i >= 0 && name != "" {
		return &plan.Tag{Branch: t.Branches[i].Name, X: b.assign(n, t.Branches[i].Type, path), Type: t}
	}
	if s := b.typeOf(n); s != nil && s.JSON {
		if br := onlyBranch(s, t); br != nil {
			return &plan.Tag{Branch: br.Name, X: b.assign(n, br.Type, path), Type: t}
		}
	}
	var found []string
	var fitting *plan.Branch
	for i := range t.Branches {
		if br := &t.Branches[i]; b.takes(n, br.Type, path) {
			found, fitting = append(found, br.Name), br
		}
	}
	switch {
	case b.err != nil:
		return halted
	case len(found) == 0:
		return b.breaks("O5", path, fmt.Sprintf("no branch of the target's %s takes %s", t, orValue(name)), "use mapBranch, or convert the value")
	case len(found) == 1:
		return &plan.Tag{Branch: fitting.Name, X: b.assign(n, fitting.Type, path), Type: t}
	default:
		return b.breaks("O5", path, fmt.Sprintf("%s fits %s", orValue(name), strings.Join(found, " and ")), "choose by mapBranch")
	}
}

// takes reports whether a type takes every value of a node. Of a value that is
// copied the answer depends on its type alone, and is remembered: unions in
// records in unions would be tried again at every level otherwise.
func (b *builder) takes(n plan.Node, t *plan.Type, path string) bool {
	c, copied := n.(*plan.Copy)
	if copied = copied && !c.Optional; copied {
		if known, seen := b.fits[[2]*plan.Type{c.Type, t}]; seen {
			return known
		}
	}
	open, made, from := len(b.open), len(b.made), len(b.madeFrom)
	b.assign(n, t, path)
	ok := len(b.open) == open && b.err == nil
	b.open = b.open[:open]
	if !ok {
		// The functions made on the way hold stops of problems that are gone.
		for _, key := range b.made[made:] {
			delete(b.memo, key)
		}
		for _, key := range b.madeFrom[from:] {
			delete(b.assigned, key)
		}
		b.made, b.madeFrom = b.made[:made], b.madeFrom[:from]
	}
	if copied && b.err == nil {
		b.fits[[2]*plan.Type{c.Type, t}] = ok
	}
	return ok
}

func orValue(name string) string {
	if name == "" {
		return "the value"
	}
	return name
}
