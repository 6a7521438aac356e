package compat

import (
	"regexp"
	"strings"
)

// body is the range between the braces of the declaration that begins at an
// offset; ok is false if there is none.
func (t *protoText) body(at int) (from, to int, ok bool) {
	if at < 0 {
		return 0, 0, false
	}
	open := strings.IndexByte(t.text[at:], '{')
	if open < 0 {
		return 0, 0, false
	}
	depth := 0
	for i := at + open; i < len(t.text); i++ {
		switch t.text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return at + open + 1, i, true
			}
		}
	}
	return 0, 0, false
}

// keepSymbol brings an enum value back: one that is gone becomes the last again,
// one that was renamed gets its old name.
func (t *protoText) keepSymbol(at int, f *Finding) {
	from, to, ok := t.body(at)
	if !ok {
		t.failed = true
		return
	}
	if old, now := simpleName(paramOf(f, "oldName")), simpleName(paramOf(f, "newName")); old != "" {
		t.inBody(from, to, `\b`+regexp.QuoteMeta(now)+`(\s*=)`, old+"$1")
		return
	}
	line := symbol(f)
	if line == "" {
		t.failed = true
		return
	}
	inside := strings.TrimRight(t.text[from:to], " \t\n")
	indent := "\n  "
	if last := strings.LastIndexByte(inside, '\n'); last >= 0 {
		row := inside[last+1:]
		indent = "\n" + row[:len(row)-len(strings.TrimLeft(row, " \t"))]
	}
	t.text = t.text[:from] + inside + indent + line + t.text[from+len(inside):]
}

// restoreSymbol undoes the arrival of an enum value, or its new number.
func (t *protoText) restoreSymbol(at int, f *Finding) {
	from, to, ok := t.body(at)
	value := simpleName(paramOf(f, "value"))
	if !ok || value == "" {
		t.failed = true
		return
	}
	if old := paramOf(f, "oldNumber"); old != "" {
		t.inBody(from, to, `\b(`+regexp.QuoteMeta(value)+`\s*=\s*)[-0-9A-Za-z]+`, "${1}"+old)
		return
	}
	t.inBody(from, to, `\n?[ \t]*\b`+regexp.QuoteMeta(value)+`\s*=\s*[^;]*;`, "")
}

// inBody replaces the one match of a pattern in a range.
func (t *protoText) inBody(from, to int, pattern, by string) {
	re, err := regexp.Compile(pattern)
	if err != nil || len(re.FindAllStringIndex(t.text[from:to], 2)) != 1 {
		t.failed = true
		return
	}
	t.text = t.text[:from] + re.ReplaceAllString(t.text[from:to], by) + t.text[to:]
}

func simpleName(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

var packageLine = regexp.MustCompile(`(?m)^(\s*package\s+)[\w.]+(\s*;)`)

// restorePackage brings the old package back.
func (t *protoText) restorePackage(f *Finding) {
	old := paramOf(f, "oldPackage")
	if old == "" || len(packageLine.FindAllStringIndex(t.text, 2)) != 1 {
		t.failed = true
		return
	}
	t.text = packageLine.ReplaceAllString(t.text, "${1}"+old+"${2}")
}
