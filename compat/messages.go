package compat

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/schema"
)

// maxOldSchema is where a message cuts the text of the old schema, in the
// characters that Java counts.
const maxOldSchema = 10 * 1024

// Messages returns the list that a compatibility answer and a refusal show, in
// the words of Confluent's registry: the differences of the first failing
// version, which version and schema that is, and the configuration. It is empty
// if the candidate is accepted.
func (r *Report) Messages() []string {
	if !r.Refused {
		return []string{}
	}
	var out []string
	failing := 0
	for i := range r.Pairs {
		p := &r.Pairs[i]
		if !r.asks(p.Direction) || !p.refused() {
			continue
		}
		if out != nil && p.index != failing {
			break
		}
		failing = p.index
		out = append(out, p.messages(r.full() && p.Direction == NewToOld)...)
	}
	return append(out, Frame(r.validateFields, r.Level))
}

// asks reports whether the level wants a direction.
func (r *Report) asks(d Direction) bool {
	if d == OldToNew {
		return r.Level.backward()
	}
	return r.Level.forward()
}

func (r *Report) full() bool { return r.Level == Full || r.Level == FullTransitive }

// Frame is the last line of every message list that is not empty.
func Frame(validateFields bool, level Level) string {
	return fmt.Sprintf("{validateFields: '%t', compatibility: '%s'}", validateFields, level)
}

// messages are the lines of one pair. In a full check the forward half does not
// show the old schema, as in Confluent.
func (p *Pair) messages(bare bool) []string {
	var version []string
	if p.Version > 0 {
		version = []string{fmt.Sprintf("{oldSchemaVersion: %d}", p.Version)}
	}
	if p.Reason == BaseInvalid {
		return append([]string{fmt.Sprintf("The old schema does not parse, so nothing can be said about it: %v", p.Err)}, version...)
	}
	var out []string
	if p.Verdict == Unknown && p.onUnknown == Reject {
		out = append(out, p.undecided()...)
	}
	for i := range p.Findings {
		if f := &p.Findings[i]; f.Refused {
			out = append(out, f.Message(p.format, p.Direction))
		}
	}
	if bare {
		return out
	}
	return append(append(out, version...), oldSchema(p.old))
}

// undecided are the lines of a pair that is refused because it is not decided.
func (p *Pair) undecided() []string {
	var out []string
	for i := range p.Undecided {
		u := &p.Undecided[i]
		d := Difference{Kind: "schema/undecided", Path: u.Path, Description: undecidedText(u, p.Direction), Additional: string(u.Reason)}
		out = append(out, d.Message(p.format, OldToNew))
	}
	if out == nil {
		d := Difference{Kind: "schema/undecided", Description: "the exact engine has not decided this pair", Additional: string(p.Reason)}
		out = append(out, d.Message(p.format, OldToNew))
	}
	return out
}

func undecidedText(u *schema.Undecided, d Direction) string {
	return strings.NewReplacer("reader schema", sideOf(1-d), "writer schema", sideOf(d)).Replace(u.What)
}

func oldSchema(text string) string {
	cut, short := cutUTF16(text, maxOldSchema)
	if short {
		return "{oldSchema: <truncated> '" + cut + "...'}"
	}
	return "{oldSchema: '" + text + "'}"
}

// cutUTF16 returns the first n UTF-16 code units of s and whether there were
// more; a character that would be halved is left out.
func cutUTF16(s string, n int) (string, bool) {
	if len(s) <= n {
		return s, false
	}
	units := 0
	for i, r := range s {
		units++
		if r >= 0x10000 && r <= utf8.MaxRune {
			units++
		}
		if units > n {
			return s[:i], true
		}
	}
	return s, false
}

// Message is the line that shows a difference, in the form of its format; the
// quotes are those of Confluent's registry, the odd one of JSON Schema too.
func (d *Difference) Message(format schema.Format, direction Direction) string {
	description := d.describe(direction)
	switch {
	case d.Kind == "":
		return description
	case format == schema.Avro:
		return "{errorType:'" + d.Kind + "', description:'" + description + "', additionalInfo:'" + d.Additional + "'}"
	case d.Additional != "": // only findings of our own have an event to show
		return "{errorType:\"" + d.Kind + "\", description:\"" + description + "\", additionalInfo:'" + d.Additional + "'}"
	case format == schema.JSON:
		return "{errorType:\"" + d.Kind + "\", description:\"" + description + "'}"
	default:
		return "{errorType:\"" + d.Kind + "\", description:\"" + description + "\"}"
	}
}

// describe names the sides of the description: reader first, writer second
// where they are %s; a description that calls the reader new and the writer old
// is turned round where the reader is the old side. The quoted path is the
// user's and stays as it is.
func (d *Difference) describe(direction Direction) string {
	sides := []string{"new", "old"}
	if direction == NewToOld {
		sides = []string{"old", "new"}
	}
	before, after, quoted := strings.Cut(d.Description, "'"+d.Path+"'")
	fill := func(text string) string { return fillSides(text, &sides) }
	if !strings.Contains(before, "%s") && !strings.Contains(after, "%s") {
		if direction == OldToNew {
			return d.Description
		}
		fill = strings.NewReplacer("new schema", "old schema", "old schema", "new schema").Replace
	}
	if !quoted {
		return fill(d.Description)
	}
	return fill(before) + "'" + d.Path + "'" + fill(after)
}

// fillSides puts the sides where a part of a description says "%s schema" or
// "%s and %s schema", and drops those it has used.
func fillSides(text string, sides *[]string) string {
	var b strings.Builder
	for len(*sides) > 0 {
		before, after, found := strings.Cut(text, "%s")
		if !found {
			break
		}
		b.WriteString(before)
		if strings.HasPrefix(after, " schema") || strings.HasPrefix(after, " and %s schema") {
			b.WriteString((*sides)[0])
			*sides = (*sides)[1:]
		} else {
			b.WriteString("%s")
		}
		text = after
	}
	return b.String() + text
}
