package compat

import (
	"slices"
	"strings"
)

// firstRelease is the release that brings the first set of rules.
const firstRelease = "0.1.0"

// no starts the reason that stands where a list would; see [half].
const no = "no: "

// half is what a row says about one of its two edits. Fixes, upcaster
// operations and Confluent's kinds are words; the first two may be a reason for
// none instead, which begins with "no: ".
type half struct {
	purpose, message, fixes, upcaster, confluent string
}

// row is a pair of rules that are each other's mirror, or one that is its own:
// "field-{added,removed}-without-default", "type-changed".
type row struct {
	stem    string
	element string
	class   RuleClass
	// breaks is what the first of the pair breaks.
	breaks   Breaks
	surfaces string
	half     // the first, or the only one
	mirror   half
	// alone is the reason why a rule has no mirror.
	alone string
}

// expand turns rows into rules.
func expand(format string, rows []row) []Rule {
	var out []Rule
	for _, r := range rows {
		if r.class == "" {
			r.class = ClassData
		}
		prefix, words, paired := strings.Cut(r.stem, "{")
		if !paired {
			rule := r.rule(format+"/"+r.stem, r.breaks, r.half)
			if rule.NoMirror = r.alone; r.alone == "" {
				rule.Mirror = rule.ID
			}
			out = append(out, rule)
			continue
		}
		words, suffix, _ := strings.Cut(words, "}")
		first, second, _ := strings.Cut(words, ",")
		x := r.rule(format+"/"+prefix+first+suffix, r.breaks, r.half)
		y := r.rule(format+"/"+prefix+second+suffix, r.breaks.mirrored(), r.mirror)
		x.Mirror, y.Mirror = y.ID, x.ID
		out = append(out, x, y)
	}
	return out
}

func (r *row) rule(id string, breaks Breaks, h half) Rule {
	rule := Rule{
		ID: id, Class: r.class, Breaks: breaks, Element: r.element, Surfaces: strings.Fields(r.surfaces),
		Message: h.message, Params: placeholders(h.message), Confluent: strings.Fields(h.confluent),
		Since: firstRelease, Purpose: h.purpose,
	}
	rule.Title = title(rule.Name())
	if reason, found := strings.CutPrefix(h.fixes, no); found {
		rule.NoFix = reason
	}
	for _, word := range words(h.fixes) {
		rule.Fixes = append(rule.Fixes, FixKind(word))
	}
	if reason, found := strings.CutPrefix(h.upcaster, no); found {
		rule.NoUpcaster = reason
	}
	rule.Upcaster = words(h.upcaster)
	return rule
}

// words are the words of a list, none of a reason.
func words(list string) []string {
	if strings.HasPrefix(list, no) {
		return nil
	}
	return strings.Fields(list)
}

// placeholders lists the parameters that a template names, each once.
func placeholders(template string) []string {
	var out []string
	for {
		_, rest, found := strings.Cut(template, "{")
		if !found {
			return out
		}
		name, after, _ := strings.Cut(rest, "}")
		if name != "path" && name != "reader" && name != "writer" && !slices.Contains(out, name) {
			out = append(out, name)
		}
		template = after
	}
}

var acronyms = strings.NewReplacer("json", "JSON", "utf8", "UTF-8", "rpc", "RPC", " id ", " identifier ", "doc ", "documentation ",
	"deprecated ", "deprecation ", "any of ", "anyOf ", "all of ", "allOf ", "one of ", "oneOf ")

// endings are what the last words of some names are short for.
var endings = [][2]string{
	{"property-added-partly-open", "Property added to a partly open object"},
	{"property-removed-partly-open", "Property removed from a partly open object"},
	{"property-added-open", "Property added to an open object"},
	{"property-removed-open", "Property removed from an open object"},
	{"property-added-closed", "Property added to a closed object"},
	{"property-removed-closed", "Property removed from a closed object"},
	{"field-renamed-old-alias", "Field renamed, alias in the old schema"},
	{"field-renamed-new-alias", "Field renamed, alias in the new schema"},
	{"type-renamed-old-alias", "Type renamed, alias in the old schema"},
	{"type-renamed-new-alias", "Type renamed, alias in the new schema"},
	{"type-narrowed-lossy", "Type narrowed with loss"},
	{"type-widened-lossy", "Type widened with loss"},
	{"text-only", "Text changed only"},
	{"bridged", "Bridged by an upcaster"},
	{"invalid", "Invalid schema"},
	{"base-invalid", "Invalid base"},
	{"prefix-item-added-open", "Prefix item added to an open array"},
	{"prefix-item-removed-open", "Prefix item removed from an open array"},
	{"prefix-item-added-closed", "Prefix item added to a closed array"},
	{"prefix-item-removed-closed", "Prefix item removed from a closed array"},
}

// title spells a name as words: "enum-symbol-removed" is "Enum symbol removed".
func title(name string) string {
	for _, e := range endings {
		if e[0] == name {
			return e[1]
		}
	}
	text := strings.TrimSpace(acronyms.Replace(" " + strings.ReplaceAll(name, "-", " ") + " "))
	if strings.Contains(text, "Of ") {
		return text // a keyword begins in lower case
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
