package rulepages

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// repositoryPage writes the page of a rule about the repository that is checked.
func repositoryPage(r *lint.Rule) string {
	var b strings.Builder
	b.WriteString(generated)
	fmt.Fprintf(&b, "# %s\n\nRepositories: `%s`\n\n| | |\n|---|---|\n", r.Title, r.ID)
	fmt.Fprintf(&b, "| Class | repo: about the repository that is checked, not about a schema |\n| Severity | %s |\n| Since | %s |\n", r.Severity, r.Since)
	fmt.Fprintf(&b, "\n## What it means\n\n%s\n\n## What to do\n\n%s\n\n", r.Purpose, r.Remedy)
	fmt.Fprintf(&b, "`severity: {%s: warning}` in evcheck.yaml sets another weight (error, warning, note, off).\n", r.ID)
	return b.String()
}

// repositoryIndex lists these rules.
func repositoryIndex() string {
	var b strings.Builder
	b.WriteString("\n## Repositories\n\nWhat `evcheck` says about the repository that it checks: how files are mapped, what is waived, what is compared.\n\n| Rule | Severity |\n|---|---|\n")
	for _, r := range lint.Rules() {
		fmt.Fprintf(&b, "| [%s](%s.md) | %s |\n", r.Title, r.ID, r.Severity)
	}
	return b.String()
}
