package compat

import (
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// proposeAvro edits the candidate's text by the pointers of the finding, which
// are those of the canonical text; where the two differ there is no proposal.
func (p *repair) proposeAvro(f *Finding, k FixKind, older schema.Parsed) *proposal {
	was, is := f.Old().Pointer, f.New().Pointer
	x := &proposal{kind: k, document: f.New().Document}
	text := older.Canonical()
	if f.Old().Document != "" { // which names its references
		text = older.Inlined()
	}
	old := newJSONText(text)
	if x.document != "" {
		if is = p.within(x.document, is); is == "" {
			return nil
		}
	}
	x.text = p.edit(x.document, func(t *jsonText) {
		switch k {
		case FixAddDefault:
			x.asks = addDefault(t, is, old.raw(strings.TrimSuffix(was, "/default")+"/default"), f)
		case FixRestoreField:
			restoreAvro(t, old, was, is, f)
		case FixRestoreType, FixMakeNullable:
			was, is = wholeType(old, was), wholeType(t, is)
			t.replace(is, old.raw(was))
		case FixKeepBranch:
			keepAvroBranch(t, is, old.raw(was))
		case FixKeepSymbol:
			t.add(is, old.raw(was))
		case FixEnumDefault:
			x.asks = enumDefault(t, old, was, is)
		case FixKeepAlias:
			keepAlias(t, old, was, is, f)
		case FixKeepName:
			keepName(t, old, was, is, f)
		default:
			t.failed = true
		}
	})
	if k == FixRestoreType || k == FixMakeNullable {
		x.text = p.parsing(x, func(t *jsonText) { retypeAvro(t, old, was, is, k) })
	}
	if x.text == "" {
		return nil
	}
	return x
}

// within turns a pointer from the root of the candidate, which leads through the
// names of types, into one from the root of a reference; empty if it does not
// lead there.
func (p *repair) within(document, pointer string) string {
	s, isAvro := p.q.Candidate.(*avro.Schema)
	text, known := p.src.text(document)
	if !isAvro || !known {
		return ""
	}
	var inner *avro.Node // the last definition of the document on the way
	rest := ""
	for n, left := s.Root, pointer; n != nil; {
		if n.Document == document && n.Kind.IsNamed() {
			inner, rest = n, left
		}
		n, left = avroChild(n, left)
	}
	t := newJSONText(text)
	if inner == nil || t.failed {
		return ""
	}
	return jsonx.PointerAt(t.root, offsetOf(text, inner.Position)) + rest
}

// avroChild follows a pointer to the next type, and returns what is left of it;
// nil if it ends before.
func avroChild(n *avro.Node, pointer string) (*avro.Node, string) {
	at := segments(pointer)
	skip := func(count int) string {
		for range count {
			pointer = pointer[1+strings.IndexByte(pointer[1:]+"/", '/'):]
		}
		return pointer
	}
	switch {
	case len(at) > 2 && n.Kind == avro.Record && at[0] == "fields" && at[2] == "type":
		if i, err := strconv.Atoi(at[1]); err == nil && i < len(n.Fields) {
			return n.Fields[i].Type, skip(3)
		}
	case len(at) > 0 && (n.Kind == avro.Array && at[0] == "items" || n.Kind == avro.Map && at[0] == "values"):
		return n.Items, skip(1)
	case len(at) > 0 && n.Kind == avro.Union:
		if i, err := strconv.Atoi(at[0]); err == nil && i < len(n.Branches) {
			return n.Branches[i], skip(1)
		}
	}
	return nil, ""
}

// parsing returns the text of a proposal if it parses, and else what another edit
// gives.
func (p *repair) parsing(x *proposal, other func(t *jsonText)) string {
	if x.text != "" {
		if _, err := p.src.Parse(x.document, x.text); err == nil {
			return x.text
		}
	}
	return p.edit(x.document, other)
}

// retypeAvro is for types that cannot be brought back as they stood: what the new
// schema has is kept, null is added or taken away, and the default follows.
func retypeAvro(t, old *jsonText, was, is string, k FixKind) {
	was, is = wholeType(old, was), wholeType(t, is)
	v := t.at(is)
	if v == nil {
		t.failed = true
		return
	}
	isNull := func(x *jsonx.Value) bool { return x.Kind == jsonx.String && x.Text == "null" }
	switch before := old.at(was); {
	case k == FixMakeNullable && v.Kind != jsonx.Array:
		nullable := `["null", ` + t.raw(is) + "]"
		if before != nil && len(before.Items) > 0 && !isNull(before.Items[0]) {
			nullable = "[" + t.raw(is) + `, "null"]`
		}
		t.replace(is, nullable)
	case k == FixRestoreType && len(v.Items) == 2 && isNull(v.Items[0]) && before != nil && before.Kind != jsonx.Array:
		t.replace(is, t.raw(is+"/1"))
	case k == FixRestoreType && len(v.Items) == 2 && isNull(v.Items[1]) && before != nil && before.Kind != jsonx.Array:
		t.replace(is, t.raw(is+"/0"))
	default:
		t.replace(is, old.raw(was))
	}
	if field, last := parentOf(is); last == "type" && t.at(field+"/name") != nil {
		from, _ := parentOf(was)
		t.restore(field, "default", old, from)
	}
}

func paramOf(f *Finding, name string) string {
	for _, p := range f.Params() {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// parentOf is a pointer without its last segment, and that.
func parentOf(pointer string) (string, string) {
	at := strings.LastIndexByte(pointer, '/')
	if at < 0 {
		return "", ""
	}
	return pointer[:at], pointer[at+1:]
}

// wholeType goes from a branch of a union to the union.
func wholeType(t *jsonText, pointer string) string {
	parent, last := parentOf(pointer)
	if _, err := strconv.Atoi(last); err == nil && t.at(parent) != nil && t.at(parent).Kind == jsonx.Array && !strings.HasSuffix(parent, "/fields") {
		return parent
	}
	return pointer
}

// addDefault gives a field the default that it had, or a plain one.
func addDefault(t *jsonText, field, had string, f *Finding) []string {
	field = strings.TrimSuffix(field, "/default")
	if had != "" {
		t.put(field, "default", had)
		return nil
	}
	value, ok := plainDefault(t.at(field+"/type"), 0)
	if !ok || f.Rule == "avro/field-default-removed" {
		t.failed = true
		return nil
	}
	t.put(field, "default", value)
	return []string{"default"}
}

// plainDefault is the least value of a type that is written in place; names that
// stand for types defined elsewhere have none here.
func plainDefault(v *jsonx.Value, depth int) (string, bool) {
	const deepest = 16
	if v == nil || depth > deepest {
		return "", false
	}
	switch v.Kind {
	case jsonx.String:
		value, ok := plainDefaults[v.Text]
		return value, ok
	case jsonx.Array:
		if len(v.Items) == 0 {
			return "", false
		}
		return plainDefault(v.Items[0], depth+1)
	case jsonx.Object:
	default:
		return "", false
	}
	kind := v.Get("type")
	if kind == nil {
		return "", false
	}
	switch kind.Text {
	case "array":
		return "[]", true
	case "map":
		return "{}", true
	case "enum":
		if s := v.Get("symbols"); s != nil && len(s.Items) > 0 {
			return jsonx.Quote(s.Items[0].Text), true
		}
		return "", false
	case "fixed":
		const largest = 64
		n, err := strconv.Atoi(textOf(v.Get("size")))
		return jsonx.Quote(strings.Repeat("\x00", max(0, min(n, largest)))), err == nil && n <= largest
	case "record":
		return plainRecord(v, depth)
	default:
		return plainDefault(kind, depth+1)
	}
}

var plainDefaults = map[string]string{
	"null": "null", "boolean": "false", "int": "0", "long": "0", "float": "0", "double": "0", "bytes": `""`, "string": `""`,
}

func plainRecord(v *jsonx.Value, depth int) (string, bool) {
	fields := v.Get("fields")
	if fields == nil {
		return "", false
	}
	var parts []string
	for _, f := range fields.Items {
		value, ok := plainDefault(f.Get("type"), depth+1)
		if d := f.Get("default"); d != nil {
			value, ok = string(jsonx.Append(nil, d)), true
		}
		name := f.Get("name")
		if !ok || name == nil {
			return "", false
		}
		parts = append(parts, jsonx.Quote(name.Text)+": "+value)
	}
	return "{" + strings.Join(parts, ", ") + "}", true
}

// restoreAvro undoes the removal of a field or the arrival of a symbol.
func restoreAvro(t, old *jsonText, was, is string, f *Finding) {
	if strings.HasPrefix(f.Rule, "avro/enum-symbol-added") {
		t.remove(is)
		return
	}
	t.add(is+"/fields", old.raw(was))
}

// keepAvroBranch adds what the old union had to the new type.
func keepAvroBranch(t *jsonText, is, branch string) {
	if v := t.at(is); v != nil && v.Kind == jsonx.Array {
		t.add(is, branch)
		return
	}
	t.replace(is, "["+t.raw(is)+", "+branch+"]")
}

func enumDefault(t, old *jsonText, was, is string) []string {
	enum := strings.TrimSuffix(strings.TrimSuffix(is, "/symbols"), "/default")
	if had := old.raw(strings.TrimSuffix(was, "/default") + "/default"); had != "" {
		t.put(enum, "default", had)
		return nil
	}
	t.put(enum, "default", t.raw(enum+"/symbols/0"))
	return []string{"symbol"}
}

// renamedPlace is the object of the new schema that got another name, and that
// name before.
func renamedPlace(t, old *jsonText, was, is string, f *Finding) (object, before string) {
	switch f.Rule {
	case "avro/field-renamed", "avro/field-renamed-old-alias", "avro/field-renamed-new-alias":
		if f.Direction == OldToNew {
			return is, paramOf(f, "oldField")
		}
		fields := t.at(is + "/fields")
		for i := 0; fields != nil && i < len(fields.Items); i++ {
			if name := fields.Items[i].Get("name"); name != nil && name.Text == paramOf(f, "newField") {
				return is + "/fields/" + strconv.Itoa(i), paramOf(f, "field")
			}
		}
		return "", ""
	case "avro/field-alias-removed", "avro/type-alias-removed":
		return is, paramOf(f, "alias")
	}
	is, was = strings.TrimSuffix(is, "/name"), strings.TrimSuffix(was, "/name")
	name := old.at(was + "/name")
	if name == nil {
		return "", ""
	}
	before = name.Text
	if space := old.at(was + "/namespace"); space != nil && !strings.Contains(before, ".") {
		before = space.Text + "." + before
	}
	return is, before
}

func keepAlias(t, old *jsonText, was, is string, f *Finding) {
	object, before := renamedPlace(t, old, was, is, f)
	if before == "" {
		t.failed = true
		return
	}
	if t.at(object+"/aliases") != nil {
		t.add(object+"/aliases", jsonx.Quote(before))
		return
	}
	t.put(object, "aliases", "["+jsonx.Quote(before)+"]")
}

func keepName(t, old *jsonText, was, is string, f *Finding) {
	object, before := renamedPlace(t, old, was, is, f)
	if before == "" {
		t.failed = true
		return
	}
	if strings.Contains(before, ".") && t.at(object+"/namespace") != nil {
		at := strings.LastIndexByte(before, '.')
		t.put(object, "namespace", jsonx.Quote(before[:at]))
		before = before[at+1:]
	}
	t.put(object, "name", jsonx.Quote(before))
}
