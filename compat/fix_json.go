package compat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// jsonRepair is the place of a finding in both JSON Schemas.
type jsonRepair struct {
	f            *Finding
	older, newer *jsonschema.Node
	keyword      string
	property     string
}

// proposeJSON makes what breaks what it was: almost every fix of JSON Schema is
// to give some keywords of the new place the values of the old one.
func (p *repair) proposeJSON(f *Finding, k FixKind, older schema.Parsed) *proposal {
	o, ok := older.(*jsonschema.Schema)
	n, same := p.q.Candidate.(*jsonschema.Schema)
	if !ok || !same {
		return nil
	}
	if f.Break.Witness == nil {
		return p.proposeAnnotation(f, k, o)
	}
	r := findJSONRepair(f, o, n)
	if r == nil {
		return nil
	}
	old := newJSONText(r.older.Document.Text)
	document := r.newer.Document.Name
	text := p.edit(document, func(t *jsonText) {
		switch k {
		case FixMakeOptional:
			r.requireLess(t)
		case FixOpenObject:
			r.open(t, old)
		case FixWiden:
			r.widen(t)
		default:
			r.restore(t, old)
		}
	})
	if text == "" {
		return nil
	}
	return &proposal{kind: k, document: document, text: text}
}

// proposeAnnotation restores a keyword that no validator looks at.
func (p *repair) proposeAnnotation(f *Finding, k FixKind, older *jsonschema.Schema) *proposal {
	keyword := map[string]string{
		"json/default-removed": "default", "json/default-changed": "default", "json/id-changed": "$id",
	}[f.Rule]
	if keyword == "" {
		return nil
	}
	from := slices.IndexFunc(older.Documents(), func(d *jsonschema.Document) bool { return d.Name == f.Old().Document })
	if from < 0 {
		return nil
	}
	document, old := f.New().Document, newJSONText(older.Documents()[from].Text)
	there, here := strings.TrimSuffix(f.Old().Pointer, "/"+keyword), strings.TrimSuffix(f.New().Pointer, "/"+keyword)
	text := p.edit(document, func(t *jsonText) { t.restore(here, keyword, old, there) })
	if text == "" {
		return nil
	}
	return &proposal{kind: k, document: document, text: text}
}

// findJSONRepair finds the places that a finding is about; nil if one side says
// nothing that could be restored.
func findJSONRepair(f *Finding, o, n *jsonschema.Schema) *jsonRepair {
	writer, reader := o, n
	if f.Direction == NewToOld {
		writer, reader = n, o
	}
	namer := newJSONNamer(writer, reader, f.Direction)
	place, keyword := namer.place(f.Break)
	if place == nil || namer.match.of[place] == nil {
		return nil
	}
	r := &jsonRepair{f: f, keyword: keyword, property: paramOf(f, "property")}
	m := namer.match.of[place]
	switch {
	case m.owner != nil:
		place, m = m.owner, namer.match.of[m.owner]
		r.keyword = ownedBy(f.Rule)
	case keyword == "false":
		e := jsonEdit{namer: namer, r: place}
		if place, r.keyword = e.parent(); place == nil || namer.match.of[place] == nil {
			return nil
		}
		m = namer.match.of[place]
	case m.near != "":
		e := jsonEdit{namer: namer, r: place}
		if above, at := e.parent(); above != nil && namer.match.of[above] != nil {
			place, m, r.keyword = above, namer.match.of[above], at
		}
	}
	if m == nil || m.w == nil {
		return nil
	}
	r.older, r.newer = m.w, place
	if f.Direction == NewToOld {
		r.older, r.newer = r.newer, r.older
	}
	return r
}

// ownedBy is the keyword that holds what a rule names for a whole part.
func ownedBy(rule string) string {
	for _, x := range [][2]string{
		{"pattern-property", "patternProperties"},
		{"property-names", "propertyNames"},
		{"property-", "properties"},
		{"additional-properties", "additionalProperties"},
		{"unevaluated-properties", "unevaluatedProperties"},
		{"unevaluated-items", "unevaluatedItems"},
		{"items", "items"},
		{"prefix-item", "items"},
		{"all-of", "allOf"},
		{"not", "not"},
		{"conditional", "if"},
		{"dependent", "dependentSchemas"},
	} {
		if strings.HasPrefix(rule, "json/"+x[0]) {
			return x[1]
		}
	}
	return ""
}

// keywordGroups are keywords that say one thing together.
var keywordGroups = [][]string{
	{"maximum", "exclusiveMaximum"},
	{"minimum", "exclusiveMinimum"},
	{"enum", "const"},
	{"if", "then", "else"},
	{"items", "additionalItems", "prefixItems"},
	{"anyOf", "oneOf"},
	{"contains", "minContains", "maxContains"},
	{"dependentRequired", "dependentSchemas", "dependencies"},
}

func groupOf(keyword string) []string {
	for _, g := range keywordGroups {
		if slices.Contains(g, keyword) {
			return g
		}
	}
	return []string{keyword}
}

// restore gives the place the keywords that it had.
func (r *jsonRepair) restore(t, old *jsonText) {
	switch {
	case strings.HasPrefix(r.f.Rule, "json/property-renamed"):
		t.restore(r.newer.Pointer, "properties", old, r.older.Pointer)
		t.restore(r.newer.Pointer, "required", old, r.older.Pointer)
	case strings.HasPrefix(r.f.Rule, "json/required-"):
		t.require(r.newer.Pointer, r.property)
	case strings.HasPrefix(r.f.Rule, "json/property-") && r.property != "":
		r.restoreProperty(t, old)
	case r.keyword == "" || r.keyword == "values":
		t.failed = true
	default:
		for _, k := range groupOf(r.keyword) {
			t.restore(r.newer.Pointer, k, old, r.older.Pointer)
		}
	}
}

// require adds a property to those that must be there.
func (t *jsonText) require(object, property string) {
	if t.at(object+"/required") != nil {
		t.add(object+"/required", jsonx.Quote(property))
		return
	}
	t.put(object, "required", "["+jsonx.Quote(property)+"]")
}

// restoreProperty makes a property what it was; one that was not there goes, and
// is no longer required.
func (r *jsonRepair) restoreProperty(t, old *jsonText) {
	there := jsonx.Pointer(r.older.Pointer+"/properties", r.property)
	if old.at(there) == nil {
		t.remove(jsonx.Pointer(r.newer.Pointer+"/properties", r.property))
		if slices.Contains(r.newer.Required, r.property) {
			r.requireLess(t)
		}
		return
	}
	if t.at(r.newer.Pointer+"/properties") == nil {
		t.put(r.newer.Pointer, "properties", "{}")
	}
	t.restore(r.newer.Pointer+"/properties", r.property, old, r.older.Pointer+"/properties")
}

// requireLess takes a property from those that must be there.
func (r *jsonRepair) requireLess(t *jsonText) {
	list := t.at(r.newer.Pointer + "/required")
	if list == nil {
		t.failed = true
		return
	}
	i := slices.IndexFunc(list.Items, func(v *jsonx.Value) bool { return v.Text == r.property })
	switch {
	case i < 0:
		t.failed = true
	case len(list.Items) == 1: // draft 4 knows no empty list
		t.remove(r.newer.Pointer + "/required")
	default:
		t.remove(r.newer.Pointer + "/required/" + strconv.Itoa(i))
	}
}

// open lets undeclared properties pass as before, or what a property may be.
func (r *jsonRepair) open(t, old *jsonText) {
	if r.f.Rule == "json/property-added-open" {
		t.put(r.newer.Pointer+"/properties", r.property, "{}")
		return
	}
	r.restore(t, old)
}

// widen allows the old type beside the new one, or the old value.
func (r *jsonRepair) widen(t *jsonText) {
	if r.keyword != "type" || len(r.older.Types) == 0 {
		t.failed = true
		return
	}
	var both []string
	for _, name := range slices.Concat(r.newer.Types, r.older.Types) {
		if q := jsonx.Quote(name); !slices.Contains(both, q) {
			both = append(both, q)
		}
	}
	t.put(r.newer.Pointer, "type", "["+strings.Join(both, ", ")+"]")
}
