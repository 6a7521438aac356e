package rulepages

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/compat"
)

// index writes the page that lists all rules.
func index() string {
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString(`# Rules

Every finding names a rule: an edit from an old to a new schema. The engine decides whether an event breaks and shows the
event; the rule says what the edit is called, who is concerned and what to do. The reverse of an edit is the rule's mirror:
where one breaks BACKWARD, the other breaks FORWARD.

- **data**: an event exists that the other side refuses, misreads, loses or takes for a default. EXACT refuses it.
- **policy**: no event breaks, but names, generated code, reservations or habits do.
- **info**: a compatible change, for the changelog.

`)
	last := ""
	for _, r := range compat.Rules() {
		if r.Format() != last {
			last = r.Format()
			fmt.Fprintf(&b, "\n## %s\n\n| Rule | Class | Breaks | Deploy first |\n|---|---|---|---|\n", formatName(last))
		}
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s | %s |\n", r.Title, r.ID, r.Class, directions(&r), order(&r))
	}
	b.WriteString(repositoryIndex())
	return b.String()
}

func directions(r *compat.Rule) string {
	if r.Class != compat.ClassData {
		return ""
	}
	return strings.ToUpper(r.Breaks.String())
}

func order(r *compat.Rule) string {
	switch r.Class {
	case compat.ClassData:
		return r.Breaks.DeployFirst()
	case compat.ClassUndecided:
		return compat.DeployUnknown
	default:
		return compat.DeployAny
	}
}
