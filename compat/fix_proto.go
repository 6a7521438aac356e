package compat

import (
	"regexp"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// protoText is a Protobuf text under edit. It is edited by the places that the
// engine gives, not parsed: what an edit does is decided by asking again.
type protoText struct {
	text   string
	failed bool
}

// proposeProto edits the candidate's text. Most fixes bring a declaration back
// as the old schema has it.
func (p *repair) proposeProto(f *Finding, k FixKind, older schema.Parsed) *proposal {
	document := f.New().Document
	text, ok := p.src.text(document)
	if !ok {
		return nil
	}
	t := &protoText{text: text}
	at := offsetOf(t.text, f.New().Position)
	old := declaration(canonicalOf(older, f.Old().Document), f)
	switch k {
	case FixRestoreType, FixKeepName, FixKeepConstraint:
		switch f.Rule {
		case "proto/package-changed":
			t.restorePackage(f)
		case "proto/enum-value-renamed":
			t.keepSymbol(at, f)
		default:
			t.restate(at, f, old)
		}
	case FixRestoreField:
		if strings.HasPrefix(f.Rule, "proto/enum-") {
			t.restoreSymbol(at, f)
		} else if strings.Contains(f.Rule, "removed") || strings.Contains(f.Rule, "unreserved") {
			t.insert(at, old)
		} else {
			t.restate(at, f, old)
		}
	case FixMakeOptional:
		t.optional(at)
	case FixKeepSymbol:
		t.keepSymbol(at, f)
	case FixReserveNumber:
		t.insert(at, reserved(paramOf(f, "number")))
	case FixReserveName:
		t.insert(at, reserved(t.quotedName(f)))
	case FixKeepJSONName:
		t.option(at, f, old)
	default:
		return nil
	}
	if t.failed {
		return nil
	}
	return &proposal{kind: k, document: document, text: t.text}
}

// canonicalOf is the canonical text of a schema, or of one of its references;
// empty if there is no such reference.
func canonicalOf(s schema.Parsed, name string) string {
	p, ok := s.(*protobuf.Schema)
	if !ok || name == "" {
		return s.Canonical()
	}
	for _, d := range p.Documents() {
		if d.Name != name {
			continue
		}
		if doc, err := protobuf.Parse(d.Text, p.Documents(), schema.Options{Limits: schema.DefaultLimits(), Lenient: true}); err == nil {
			return doc.Canonical()
		}
	}
	return ""
}

// offsetOf is the byte at a position, or -1.
func offsetOf(text string, at schema.Position) int {
	if !at.IsValid() {
		return -1
	}
	offset := 0
	for range at.Line - 1 {
		next := strings.IndexByte(text[offset:], '\n')
		if next < 0 {
			return -1
		}
		offset += next + 1
	}
	column := 1
	for i := range text[offset:] {
		if column == at.Column {
			return offset + i
		}
		column++
	}
	return -1
}

// fieldLine is a field in the canonical text, which has one on a line.
var fieldLine = regexp.MustCompile(`(?m)^\s*([^\n{}]*\S)\s+(\w+) = (\d+)( \[[^\n]*\])?;$`)

// declaration finds how the old schema declares the field of a finding, by name
// and number; empty where that is not told or is told in two ways.
func declaration(canonical string, f *Finding) string {
	names := []string{paramOf(f, "field"), paramOf(f, "oldName")}
	number := paramOf(f, "oldNumber")
	if number == "" {
		number = paramOf(f, "number")
	}
	found := ""
	for _, m := range fieldLine.FindAllStringSubmatch(canonical, -1) {
		if !slices.Contains(names, m[2]) || number != "" && m[3] != number {
			continue
		}
		line := strings.TrimSpace(m[0])
		if found != "" && found != line {
			return ""
		}
		found = line
	}
	return found
}

// statement is the end of the declaration that begins at an offset: the byte
// after its semicolon. A declaration with a body has none.
func (t *protoText) statement(at int) int {
	quote := byte(0)
	brackets := 0
	for i := at; i >= 0 && i < len(t.text); i++ {
		c := t.text[i]
		switch {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			brackets++
		case c == ']':
			brackets--
		case c == '{' && brackets == 0 || c == '}' && brackets == 0:
			return -1
		case c == ';':
			return i + 1
		}
	}
	return -1
}

// restate puts the old declaration in the place of the new one.
func (t *protoText) restate(at int, f *Finding, old string) {
	end := t.statement(at)
	number := paramOf(f, "newNumber")
	if number == "" {
		number = paramOf(f, "number")
	}
	if end < 0 || old == "" || !strings.Contains(t.text[at:end], "="+" "+number) && !strings.Contains(t.text[at:end], "="+number) {
		t.failed = true
		return
	}
	t.text = t.text[:at] + old + t.text[end:]
}

// insert adds a line to the message or enum that begins at an offset, or that
// holds the declaration there, right after its brace.
func (t *protoText) insert(at int, line string) {
	if at < 0 || line == "" {
		t.failed = true
		return
	}
	open := strings.IndexByte(t.text[at:], '{')
	if end := t.statement(at); end >= 0 || open < 0 {
		t.failed = true // a declaration without a body
		return
	}
	at += open + 1
	indent := "  "
	if rest := strings.TrimLeft(t.text[at:], " \t"); strings.HasPrefix(rest, "\n") {
		next := strings.TrimLeft(rest, "\n")
		if space := next[:len(next)-len(strings.TrimLeft(next, " \t"))]; space != "" {
			indent = space
		}
	}
	t.text = t.text[:at] + "\n" + indent + line + t.text[at:]
}

// optional says optional where a field says required.
func (t *protoText) optional(at int) {
	end := t.statement(at)
	if end < 0 || !strings.HasPrefix(t.text[at:], "required ") {
		t.failed = true
		return
	}
	t.text = t.text[:at] + "optional " + t.text[at+len("required "):]
}

// symbol is the declaration of the enum value of a finding.
func symbol(f *Finding) string {
	value, number := simpleName(paramOf(f, "value")), paramOf(f, "number")
	if value == "" || number == "" {
		return ""
	}
	return value + " = " + number + ";"
}

func reserved(what string) string {
	if what == "" {
		return ""
	}
	return "reserved " + what + ";"
}

// quotedName is the name that a finding wants reserved, as the syntax of the file
// writes it: editions take identifiers.
func (t *protoText) quotedName(f *Finding) string {
	name := paramOf(f, "field")
	for _, other := range []string{"value", "name"} {
		if name == "" {
			name = paramOf(f, other)
		}
	}
	if name = simpleName(name); name == "" {
		return ""
	}
	if editionLine.MatchString(t.text) {
		return name
	}
	return `"` + name + `"`
}

var editionLine = regexp.MustCompile(`(?m)^\s*edition\s*=`)

// option gives a renamed field the JSON name that its old name has.
func (t *protoText) option(at int, f *Finding, declared string) {
	end := t.statement(at)
	old := paramOf(f, "oldName")
	if end < 0 || old == "" {
		t.failed = true
		return
	}
	if strings.Contains(t.text[at:end], "json_name") {
		t.restate(at, f, declared)
		return
	}
	name := `json_name = "` + jsonNameOf(old) + `"`
	if open := strings.IndexByte(t.text[at:end], '['); open >= 0 {
		t.text = t.text[:at+open+1] + name + ", " + t.text[at+open+1:]
		return
	}
	t.text = t.text[:end-1] + " [" + name + "]" + t.text[end-1:]
}

// jsonNameOf is the JSON name of a field that does not say one.
func jsonNameOf(name string) string {
	var b strings.Builder
	upper := false
	for _, c := range name {
		switch {
		case c == '_':
			upper = true
		case upper:
			b.WriteString(strings.ToUpper(string(c)))
			upper = false
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
