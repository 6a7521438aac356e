package report

import (
	"strings"

	"github.com/instar-registry/instar/compat"
)

// Description is what outputs say about a rule itself.
type Description struct {
	ID, Title, Class, Severity, Purpose string
	// Markdown is the help that a code scanning service shows.
	Markdown string
}

// DescribeRule returns what is known about a rule, or nil.
func DescribeRule(id string) *Description {
	row := compat.RuleByID(id)
	if row == nil {
		return nil
	}
	d := &Description{ID: row.ID, Title: row.Title, Class: row.Class, Severity: row.Severity(), Purpose: row.Purpose}
	d.Markdown = helpOf(row)
	return d
}

func helpOf(row *compat.Rule) string {
	var b strings.Builder
	b.WriteString("# " + row.Title + "\n\n" + row.Purpose + "\n\n")
	if row.Class == compat.ClassData {
		b.WriteString("Deploy: " + deployWords(row.Breaks.DeployFirst()) + ".\n\n")
	}
	b.WriteString("## What to do\n\n")
	for _, k := range row.Fixes {
		b.WriteString("- " + k.Title() + " (`" + string(k) + "`)\n")
	}
	if len(row.Fixes) == 0 {
		b.WriteString("- " + row.NoFix + "\n")
	}
	if len(row.Upcaster) > 0 {
		b.WriteString("- Carry old events over the edit with an upcaster: `" + strings.Join(row.Upcaster, "`, `") + "`\n")
	}
	b.WriteString("\n`evcheck explain " + row.ID + "` shows an example, the event that breaks and the verdict of each policy.\n")
	return b.String()
}
