package rulepages

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// generated is the first line of each page.
const generated = "<!-- Written by internal/rulepages from the rule catalogue; \"make generate\" writes it anew. -->\n"

// page writes the page of one rule.
func page(r *compat.Rule, e *example) (string, error) {
	var b strings.Builder
	b.WriteString(generated)
	fmt.Fprintf(&b, "# %s\n\n%s: `%s`\n\n", r.Title, formatName(r.Format()), r.ID)
	facts(&b, r)
	fmt.Fprintf(&b, "## What it means\n\n%s\n\n", r.Purpose)
	fmt.Fprintf(&b, "A finding says: *%s*\n\n", readable(r.Message))
	fmt.Fprintf(&b, "## Who is concerned, and who deploys first\n\n%s\n\n", concerned(r))
	if e != nil {
		if err := exampleSection(&b, r, e); err != nil {
			return "", err
		}
	}
	whatToDo(&b, r, e)
	return b.String(), nil
}

func formatName(format string) string {
	return map[string]string{"schema": "All formats", "avro": "Avro", "json": "JSON Schema", "proto": "Protobuf"}[format]
}

// readable shows the places of parameters as words.
func readable(message string) string {
	return strings.NewReplacer("{", "⟨", "}", "⟩").Replace(message)
}

func facts(b *strings.Builder, r *compat.Rule) {
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "| %s | %s |\n", name, value)
		}
	}
	b.WriteString("| | |\n|---|---|\n")
	row("Class", r.Class+": "+classes[r.Class])
	if r.Class == compat.ClassData {
		row("Breaks", breaks[r.Breaks])
	}
	row("Severity", r.Severity()+severityNote(r))
	row("Where it matters", strings.Join(r.Surfaces, ", "))
	if r.Mirror == r.ID {
		row("Reverse edit", "has the same name")
	} else if r.Mirror != "" {
		row("Reverse edit", link(r, r.Mirror))
	} else {
		row("Reverse edit", "none: "+r.NoMirror)
	}
	row("Confluent calls it", code(r.Confluent))
	row("Since", r.Since)
	b.WriteString("\n")
}

var classes = map[string]string{
	compat.ClassData:      "an event exists that the other side refuses, misreads, loses or takes for a default",
	compat.ClassPolicy:    "no event breaks, but names, generated code, reservations or habits do",
	compat.ClassInfo:      "a compatible change, for the changelog",
	compat.ClassUndecided: "neither a proof nor an event that breaks was found",
}

var breaks = map[compat.Breaks]string{
	compat.BreaksBackward: "BACKWARD: readers of the new schema meet old events",
	compat.BreaksForward:  "FORWARD: readers of the old schema meet new events",
	compat.BreaksBoth:     "BACKWARD and FORWARD",
}

func severityNote(r *compat.Rule) string {
	switch r.Class {
	case compat.ClassData:
		return " where the level asks for the direction, else note"
	case compat.ClassPolicy:
		if r.Severity() == "warning" {
			return "; error if the policy of the subject refuses it"
		}
	}
	return ""
}

func link(from *compat.Rule, id string) string {
	target := compat.RuleByID(id)
	file := target.Name() + ".md"
	if target.Format() != from.Format() {
		file = "../" + target.Format() + "/" + file
	}
	return fmt.Sprintf("[`%s`](%s)", id, file)
}

func code(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, "`"+w+"`")
	}
	return strings.Join(out, ", ")
}

// concerned says who meets the break and who must move first.
func concerned(r *compat.Rule) string {
	switch r.Class {
	case compat.ClassInfo:
		return "Nobody has to wait: events of both versions are read by both sides, so either may be deployed first."
	case compat.ClassUndecided:
		return "It is not known whether anybody is concerned."
	case compat.ClassPolicy:
		if r.Mirror == "" {
			return "Whoever registers or reviews the schema. Events stay as readable as they were."
		}
		return "People, generated code and programs that go beyond reading: no event stops being readable, so the order of deployment does not matter for the data."
	}
	who := map[compat.Breaks]string{
		compat.BreaksBackward: "Consumers that already run the new schema and read events that were written under the old one.",
		compat.BreaksForward:  "Consumers that still run the old schema and read events that are written under the new one.",
		compat.BreaksBoth:     "Consumers on both sides: those that run the new schema on old events, and those that run the old schema on new events.",
	}[r.Breaks]
	return who + "\n\n" + compat.DeploySentence(r.Breaks.DeployFirst())
}

func exampleSection(b *strings.Builder, r *compat.Rule, e *example) error {
	fmt.Fprintf(b, "## Example\n\nBefore:\n\n%s\nAfter:\n\n%s\n", block(e.language, e.old), block(e.newLanguage, e.new))
	if m := meaning(r.ID); m.AssertFormats {
		b.WriteString("The subject of this example asserts formats (`assertFormats`); otherwise they are remarks and nothing breaks.\n\n")
	} else if m.JSON {
		b.WriteString("The events of this example travel as JSON too (`encodings`); in binary nothing breaks.\n\n")
	}
	found, err := shown(r.ID, e)
	if err != nil {
		return err
	}
	told := ""
	for i := range found {
		f := &found[i]
		if f.Break == nil || f.Break.Witness == nil && f.Text() == told {
			continue
		}
		told = f.Text()
		fmt.Fprintf(b, "> %s\n>\n> at %s, %s\n\n", told, place(f.Path), f.Direction)
		if f.Break.Witness != nil {
			witness(b, f)
		}
	}
	rows, err := verdicts(r.ID, e)
	if err != nil {
		return err
	}
	b.WriteString("This pair is judged so:\n\n| Policy | BACKWARD | FORWARD |\n|---|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(b, "| %s | %s | %s |\n", row[0], row[1], row[2])
	}
	b.WriteString("\n")
	return nil
}

// place shows a path; "$" is the event itself.
func place(path string) string {
	if path == "$" {
		return "the top"
	}
	return "`" + strings.ReplaceAll(path, "`", "'") + "`"
}

func block(language, text string) string {
	return "```" + language + "\n" + strings.TrimRight(text, "\n") + "\n```\n"
}

// witness shows the least event that breaks.
func witness(b *strings.Builder, f *compat.Finding) {
	w := f.Break.Witness
	sides := [2]string{"old", "new"}
	fmt.Fprintf(b, "The smallest event that shows it, written under the %s schema", sides[f.Direction])
	if w.Message != "" {
		fmt.Fprintf(b, " as `%s`", w.Message)
	}
	fmt.Fprintf(b, ":\n\n%s\n", block("json", string(w.Value)))
	if len(w.Binary) > 0 {
		fmt.Fprintf(b, "In bytes: `% x`. ", w.Binary)
	}
	reader := sides[1-f.Direction]
	switch w.Effect {
	case schema.Refused:
		fmt.Fprintf(b, "The %s schema refuses it: %s.\n\n", reader, w.Read)
	case schema.Misread:
		fmt.Fprintf(b, "It says `%s`; under the %s schema it is read as `%s`, and nothing fails.\n\n", w.Written, reader, w.Read)
	case schema.Lost:
		rest := ""
		if w.Read != "" && w.Read != "nothing" {
			rest = fmt.Sprintf(" (`%s` is read)", w.Read)
		}
		fmt.Fprintf(b, "It says `%s`; under the %s schema that is lost%s, and nothing fails.\n\n", w.Written, reader, rest)
	default:
		fmt.Fprintf(b, "It says `%s`; under the %s schema it becomes `%s`, and nothing fails.\n\n", w.Written, reader, w.Read)
	}
}

func whatToDo(b *strings.Builder, r *compat.Rule, e *example) {
	b.WriteString("## What to do\n\n")
	if r.NoFix != "" {
		fmt.Fprintf(b, "There is no edit of the schema to propose: %s.\n\n", r.NoFix)
	}
	for _, k := range r.Fixes {
		fmt.Fprintf(b, "- %s (`%s`)\n", k.Title(), k)
	}
	if len(r.Fixes) > 0 {
		b.WriteString("\n")
	}
	if e != nil && e.fixed != "" {
		fmt.Fprintf(b, "A good version of the example, in which the finding is gone:\n\n%s\n", block(e.newLanguage, e.fixed))
	}
	if r.NoUpcaster != "" {
		fmt.Fprintf(b, "An upcaster has nothing to do here: %s.\n", r.NoUpcaster)
	} else {
		fmt.Fprintf(b, "If the edit is meant, an upcaster carries old events over it; the operations are %s.\n", code(r.Upcaster))
	}
	if r.Class == compat.ClassData {
		fmt.Fprintf(b, "\n## To let it pass on purpose\n\nRegister under another subject or another compatibility group, or with `force=true`, which is recorded. "+
			"A waiver names the rule by its id, `%s`, with a reason and an end. It changes nothing for those who read the event above.\n", r.ID)
	}
}
