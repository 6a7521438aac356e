package compat

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// sameEdit finds the finding of the exact engine that is about the same edit as
// a difference of Confluent's rule: one that the catalogue maps it to, at its
// place if there are several, or else one at exactly its place. It returns -1 if
// there is none.
func sameEdit(found []Finding, taken []bool, x *Difference, format schema.Format, d Direction) int {
	rules, place := ConfluentRules(format, x.Kind, d), pointerOf(x.Path)
	byRule, byPlace := -1, -1
	for i := range found {
		f := &found[i]
		if taken[i] || f.Break == nil {
			continue
		}
		named := slices.Contains(rules, f.Kind)
		switch at := []string{f.Break.Writer.Pointer, f.Break.Reader.Pointer}; {
		case named && touching(at, []string{place}):
			return i
		case named && byRule < 0:
			byRule = i
		case byPlace < 0 && f.Break.Class == schema.ClassData && (x.Strict || x.Lenient) && slices.Contains(at, place):
			byPlace = i
		}
	}
	if byRule < 0 {
		return byPlace
	}
	return byRule
}

// pointerOf turns the path of Confluent's rule into a JSON Pointer.
func pointerOf(path string) string { return strings.TrimSuffix(strings.TrimPrefix(path, "#"), "/") }

// pointersOf lists where a finding lies, in either schema.
func pointersOf(f *Finding) []string {
	if f.Break == nil {
		return []string{pointerOf(f.Path)}
	}
	return []string{f.Break.Writer.Pointer, f.Break.Reader.Pointer}
}

// touching reports whether a place of one list is, or contains, one of the
// other. The root touches itself only.
func touching(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y || x != "" && strings.HasPrefix(y, x+"/") || y != "" && strings.HasPrefix(x, y+"/") {
				return true
			}
		}
	}
	return false
}

// eventPath turns a place in a JSON Schema into the path of the values that it
// is about: "/properties/a/items/maximum" into "a[]".
func eventPath(pointer string) string {
	var b strings.Builder
	segments := strings.Split(pointer, "/")[1:]
	for i := 0; i < len(segments); i++ {
		switch segments[i] {
		case "properties", "required", "dependencies", "dependentRequired", "dependentSchemas":
			if i++; i == len(segments) {
				break
			}
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(unescapePointer(segments[i]))
		case "additionalProperties", "patternProperties", "unevaluatedProperties":
			b.WriteString("{}")
			if segments[i] == "patternProperties" {
				i++
			}
		case "items", "prefixItems", "additionalItems", "unevaluatedItems", "contains":
			b.WriteString("[]")
			if i+1 < len(segments) && segments[i+1] != "" && strings.Trim(segments[i+1], "0123456789") == "" {
				i++
			}
		}
	}
	if b.Len() == 0 {
		return "$"
	}
	return b.String()
}

func unescapePointer(s string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(s) }
