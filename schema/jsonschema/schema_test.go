package jsonschema

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

func mustParse(t testing.TB, text string, deps ...schema.Document) *Schema {
	t.Helper()
	s, err := Parse(text, deps, defaults)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func TestDecimalText(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "12": "12", "-12": "-12", "1.0": "1.0", "1e3": "1E+3", "1.5e3": "1.5E+3", "1E-3": "0.001",
		"0.00000001": "1E-8", "0.000001": "0.000001", "0.0000001": "1E-7", "123e-2": "1.23", "0e5": "0E+5", "0.00": "0.00", "-0.0": "0.0",
		"1e0": "1", "12e1": "1.2E+2", "100e-2": "1.00", "9007199254740993": "9007199254740993", "-1.50e+7": "-1.50E+7", "0.0010": "0.0010",
	} {
		got := decimalText(in)
		if got != want {
			t.Errorf("%s prints as %s, want %s", in, got, want)
		}
		if again := decimalText(got); again != got {
			t.Errorf("%s prints as %s, then as %s", in, got, again)
		}
	}
}

func TestCanonicalAndNormalised(t *testing.T) {
	text := "{ \"type\" : \"object\",\n \"properties\":{\"b\":{\"maximum\":1e3},\"a\":{\"const\":1.0},\"\U00010000\":true,\"\uffff\":{\"title\":\"<&>\u2028\"}} }"
	s := mustParse(t, text)
	canonical := "{\"type\":\"object\",\"properties\":{\"b\":{\"maximum\":1E+3},\"a\":{\"const\":1.0},\"\U00010000\":true,\"\uffff\":{\"title\":\"<&>\u2028\"}}}"
	if s.Canonical() != canonical {
		t.Errorf("canonical is\n%s, want\n%s", s.Canonical(), canonical)
	}
	normalised := "{\"properties\":{\"a\":{\"const\":1.0},\"b\":{\"maximum\":1E+3},\"\U00010000\":true,\"\uffff\":{\"title\":\"<&>\u2028\"}},\"type\":\"object\"}"
	if s.Normalised() != normalised {
		t.Errorf("normalised is\n%s, want\n%s", s.Normalised(), normalised)
	}
	if again := mustParse(t, s.Canonical()); again.Canonical() != s.Canonical() || again.Equivalence() != s.Equivalence() {
		t.Error("canonical is no fixed point")
	}
	if again := mustParse(t, s.Normalised()); again.Normalised() != s.Normalised() || again.Canonical() != s.Normalised() {
		t.Error("normalised is no fixed point")
	}
	if f := s.Fingerprints(); len(f) != 1 || f[0].Algorithm != "SHA-256" || len(f[0].Hex) != 64 {
		t.Errorf("fingerprints %v", f)
	}
	if s.Size() < len(text) || s.Format() != schema.JSON {
		t.Errorf("size %d, format %v", s.Size(), s.Format())
	}
	for _, text := range []string{"true", "false"} {
		if s := mustParse(t, " "+text+" "); s.Canonical() != text || len(s.Warnings()) != 0 {
			t.Errorf("%s prints as %s, warnings %v", text, s.Canonical(), s.Warnings())
		}
	}
}

func TestDrafts(t *testing.T) {
	for text, want := range map[string]Draft{
		`{}`: Draft7, `true`: Draft7,
		`{"$schema":"http://json-schema.org/draft-04/schema#"}`:       Draft4,
		`{"$schema":"http://json-schema.org/schema#"}`:                Draft4,
		`{"$schema":"https://json-schema.org/draft-06/schema"}`:       Draft6,
		`{"$schema":"http://json-schema.org/draft-07/schema"}`:        Draft7,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema"}`:  Draft2019,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema#"}`: Draft2020,
		`{"$schema":"http://json-schema.org/draft-03/schema#"}`:       Draft7,
		`{"$schema":"https://example.com/dialect"}`:                   Draft7,
	} {
		s := mustParse(t, text)
		if s.Root().Draft != want {
			t.Errorf("%s is %v, want %v", text, s.Root().Draft, want)
		}
		_, known := draftOf(textOf(s.Root().Value.Get("$schema")))
		if warned := len(s.Warnings()) > 0; warned == known && text != "true" {
			t.Errorf("%s: warnings %v", text, s.Warnings())
		}
	}
}

// TestReferences: names meet references whether the schema has an address or
// not, and the references' own identifiers work too.
func TestReferences(t *testing.T) {
	address := schema.Document{Name: "common/address.json", Text: `{"type":"object","required":["zip"],"properties":{"zip":{"$ref":"#/definitions/zip"}},"definitions":{"zip":{"$id":"#zip","type":"string"}}}`}
	named := schema.Document{Name: "b", Text: `{"$id":"http://example.com/schemas/b.json","type":"integer"}`}
	for _, text := range []string{
		`{"properties":{"a":{"$ref":"common/address.json"}}}`,
		`{"$id":"http://example.com/x/y.json","properties":{"a":{"$ref":"common/address.json"}}}`,
		`{"$id":"http://example.com/x/y.json","properties":{"a":{"$ref":"http://example.com/x/common/address.json#"}}}`,
		`{"properties":{"a":{"required":["zip"],"properties":{"zip":{"$ref":"common/address.json#/definitions/zip"}}}}}`,
		`{"properties":{"a":{"required":["zip"],"properties":{"zip":{"$ref":"./common/../common/address.json#zip"}}}}}`,
	} {
		s := mustParse(t, text, address, named)
		for event, valid := range map[string]bool{`{"a":{"zip":"1"}}`: true, `{"a":{"zip":1}}`: false, `{"a":{}}`: false} {
			j, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(event)})
			if err != nil || (len(j.Violations) == 0) != valid {
				t.Errorf("%s: %s: %v %v", text, event, j.Violations, err)
			}
		}
	}
	for _, ref := range []string{"b", "http://example.com/schemas/b.json", "http://example.com/schemas/b.json#"} {
		mustParse(t, `{"$ref":"`+ref+`"}`, named)
	}
	_, err := Parse(`{"$ref":"c"}`, []schema.Document{address, named}, defaults)
	if err == nil || !strings.Contains(err.Error(), "known names are b, common/address.json") {
		t.Errorf("got %v", err)
	}
	_, err = Parse(`{"$ref":"b"}`, []schema.Document{{Name: "b", Text: `{"type":1}`}}, defaults)
	if err == nil || !strings.Contains(err.Error(), "in b, at /type, line 1, column 9") {
		t.Errorf("got %v", err)
	}
}

func TestInlined(t *testing.T) {
	dep := schema.Document{Name: "zip.json", Text: `{"type":"string","allOf":[{"$ref":"#/definitions/x"}],"definitions":{"x":{"minLength":1}}}`}
	with := mustParse(t, `{"properties":{"zip":{"$ref":"zip.json"},"own":{"$ref":"#/definitions/y"}},"definitions":{"y":true}}`, dep)
	flat := mustParse(t, `{"definitions":{"y":true},"properties":{"own":{"$ref":"#/definitions/y"},"zip":{"type":"string","allOf":[{"minLength":1}],"definitions":{"x":{"minLength":1}}}}}`)
	if with.Inlined() != flat.Inlined() || flat.Inlined() != flat.Equivalence() {
		t.Errorf("inlined\n%s\n%s", with.Inlined(), flat.Inlined())
	}
	a := schema.Document{Name: "a.json", Text: `{"properties":{"b":{"$ref":"a.json"}}}`}
	if loop := mustParse(t, `{"$ref":"a.json"}`, a); loop.Inlined() != loop.Equivalence()+"\n\"a.json\" "+a.Text {
		t.Errorf("a circle: %s", loop.Inlined())
	}
}

// TestInlinedKnowsItsDocuments: schemas whose documents differ are not the same,
// wherever the references stand.
func TestInlinedKnowsItsDocuments(t *testing.T) {
	const address = "https://example.com/schemas/"
	for name, text := range map[string]string{
		"alone":             `{"items":{"$ref":"a.json"}}`,
		"beside a keyword":  `{"items":{"type":"object","$ref":"a.json"}}`,
		"beside a comment":  `{"$schema":"https://json-schema.org/draft/2020-12/schema","items":{"$comment":"c","$ref":"a.json"}}`,
		"by its address":    `{"$id":"` + address + `root.json","items":{"type":"object","$ref":"a.json"}}`,
		"in a circle":       `{"items":{"$ref":"circle.json"}}`,
		"dynamic":           `{"$schema":"https://json-schema.org/draft/2020-12/schema","items":{"$dynamicRef":"a.json#/definitions/x"}}`,
		"part of a schema":  `{"items":{"type":"object","$ref":"a.json#/definitions/x"}}`,
		"behind another":    `{"items":{"$ref":"b.json"}}`,
		"the whole of them": `{"$ref":"a.json"}`,
	} {
		parse := func(kind string) *Schema {
			return mustParse(t, text,
				schema.Document{Name: "a.json", Text: `{"definitions":{"x":{"type":"` + kind + `"}},"type":"` + kind + `"}`},
				schema.Document{Name: address + "a.json", Text: `{"type":"` + kind + `"}`},
				schema.Document{Name: "b.json", Text: `{"description":"b","allOf":[{"$ref":"a.json"}]}`},
				schema.Document{Name: "circle.json", Text: `{"properties":{"a":{"$ref":"a.json"},"c":{"$ref":"circle.json"}}}`})
		}
		if old, now := parse("object"), parse("string"); old.Inlined() == now.Inlined() {
			t.Errorf("%s: another document, and the text is the same: %s", name, now.Inlined())
		}
		if old, now := parse("object"), parse("object"); old.Inlined() != now.Inlined() {
			t.Errorf("%s: the same documents, and the texts differ", name)
		}
	}
}

const order = `{"type":"object","required":["id"],"properties":{
 "id":{"type":"string","format":"uuid","description":"key","confluent:tags":["PII"]},
 "customer":{"$ref":"#/definitions/customer"},
 "items":{"type":"array","items":{"type":"object","properties":{"sku":{"type":"string"},"odd.name":{"type":["integer","null"]}}}},
 "attrs":{"type":"object","additionalProperties":{"type":"object","properties":{"x":{"type":"number"}}}}},
 "oneOf":[{"required":["card"],"properties":{"card":{"enum":[1]}}},{"required":["iban"],"properties":{"iban":{}}}],
 "not":{"required":["hidden"],"properties":{"hidden":true}},
 "definitions":{"customer":{"type":"object","properties":{"email":{"type":"string"},"parent":{"$ref":"#/definitions/customer"}}}}}`

func TestFields(t *testing.T) {
	s := mustParse(t, order)
	var got []string
	for _, f := range s.Fields() {
		got = append(got, f.Path+" "+f.Type)
	}
	want := []string{
		"id string", "customer object", "customer.email string", "customer.parent object", "items array", "items[].sku string",
		"items[].`odd.name` union", "attrs map", "attrs{}.x number", "card enum", "iban any",
	}
	if !slices.Equal(got, want) {
		t.Errorf("fields\n%q, want\n%q", got, want)
	}
	f := s.Fields()[0]
	if f.Logical != "uuid" || f.Doc != "key" || !slices.Equal(f.Tags, []string{"PII"}) || f.Line != 2 || f.Column != 7 {
		t.Errorf("field %+v", f)
	}
	if top := s.TopLevel(); !slices.Equal(top, []string{"id", "customer", "items", "attrs", "card", "iban"}) {
		t.Errorf("top level %q", top)
	}
}

func TestEditTags(t *testing.T) {
	s := mustParse(t, order)
	add := []schema.TagEdit{
		{Path: "id", Tags: []string{"KEY", "PII"}},
		{Path: "customer.email", Tags: []string{"EMAIL"}},
		{Path: "items[].sku", Tags: []string{"S"}},
		{Path: "attrs{}.x", Tags: []string{"X"}},
		{Path: "object.oneof.1.iban", Tags: []string{"I"}},
		{Path: "object", Record: true, Tags: []string{"R"}},
	}
	text, err := s.EditTags(add, []schema.TagEdit{{Path: "id", Tags: []string{"PII"}}})
	if err != nil {
		t.Fatal(err)
	}
	edited := mustParse(t, text)
	tags := map[string][]string{}
	for _, f := range edited.Fields() {
		if len(f.Tags) > 0 {
			tags[f.Path] = f.Tags
		}
	}
	want := map[string][]string{"id": {"KEY"}, "items[].sku": {"S"}, "attrs{}.x": {"X"}, "customer.email": {"EMAIL"}, "iban": {"I"}}
	if !reflect.DeepEqual(tags, want) || !slices.Equal(edited.Root().Tags, []string{"R"}) {
		t.Errorf("tags %v and %v, want %v", tags, edited.Root().Tags, want)
	}
	back, err := edited.EditTags([]schema.TagEdit{{Path: "id", Tags: []string{"PII"}}}, append(add, schema.TagEdit{Path: "id", Tags: []string{"KEY"}}))
	if err != nil || strings.Contains(back, "KEY") || strings.Contains(back, `"confluent:tags":[]`) {
		t.Errorf("%s %v", back, err)
	}
	for _, path := range []string{"nope", "id.nope", "items.nope", "oneof.7.iban", "oneof"} {
		if _, err := s.EditTags([]schema.TagEdit{{Path: path, Tags: []string{"T"}}}, nil); err == nil {
			t.Errorf("%s was found", path)
		}
	}
}

func TestSample(t *testing.T) {
	texts := []string{
		order, `true`, `{"type":"integer","minimum":3,"multipleOf":2}`, `{"type":"string","pattern":"^[A-Z]{2}-\\d+$","minLength":6}`,
		`{"type":"array","items":{"enum":[1,2,3]},"uniqueItems":true,"minItems":3}`, `{"oneOf":[{"type":"integer"},{"type":"number"}]}`,
		`{"type":"object","minProperties":3,"propertyNames":{"pattern":"^p"},"additionalProperties":{"type":"boolean"}}`,
		`{"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"required":["x"]},"else":{"required":["y"]},"type":"object"}`,
		`{"allOf":[{"$ref":"#/definitions/a"},{"required":["b"],"properties":{"b":{"maximum":0.5,"exclusiveMinimum":0}}}],"definitions":{"a":{"type":"object","required":["c"],"properties":{"c":{"type":"string","format":"date-time"}}}}}`,
		`{"type":"object","required":["a"],"dependencies":{"a":["b"]},"properties":{"b":{"type":"null"}}}`,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"array","contains":{"const":7},"minContains":2,"prefixItems":[{"type":"string"}]}`,
		`{"type":"array","items":{"$ref":"#"},"minItems":0}`, `{"type":"number","exclusiveMinimum":0,"maximum":0.001}`,
		`{"type":"object","patternProperties":{"^x-[a-z]+$":{"type":"integer"}},"additionalProperties":false,"minProperties":1}`,
	}
	for _, text := range texts {
		s := mustParse(t, text)
		different := map[string]bool{}
		for seed := range uint64(20) {
			one, err := s.Sample(seed)
			if err != nil {
				t.Errorf("%s: seed %d: %v", text, seed, err)
				continue
			}
			two, _ := s.Sample(seed)
			if string(one.JSON) != string(two.JSON) || !json.Valid(one.JSON) {
				t.Errorf("%s: seed %d: %s, then %s", text, seed, one.JSON, two.JSON)
			}
			j, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: one.JSON})
			if err != nil || len(j.Violations) > 0 {
				t.Errorf("%s: %s: %v %v", text, one.JSON, j.Violations, err)
			}
			different[string(one.JSON)] = true
		}
	}
	for _, text := range []string{`false`, `{"type":"string","minLength":3,"maxLength":2}`, `{"required":["a"],"properties":{"a":false},"type":"object"}`} {
		if _, err := mustParse(t, text).Sample(0); err == nil {
			t.Errorf("%s has a sample", text)
		}
	}
}

func TestViolations(t *testing.T) {
	s := mustParse(t, `{"properties":{"a/b":{"items":{"type":"integer"}}},"required":["c"]}`)
	event := `{"a/b":[1, "x"]}`
	j, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(event)})
	if err != nil || len(j.Violations) != 2 {
		t.Fatalf("%v %v", j, err)
	}
	if v := j.Violations[0]; v.Path != "" || v.Offset != 0 || !strings.Contains(v.What, "c") {
		t.Errorf("%+v", v)
	}
	if v := j.Violations[1]; v.Path != "/a~1b/1" || v.Offset != strings.Index(event, `"x"`) || !strings.Contains(v.What, "integer") {
		t.Errorf("%+v", v)
	}
}

// TestConcurrentCheck: one schema serves many callers; run it with -race.
func TestConcurrentCheck(t *testing.T) {
	s := mustParse(t, order)
	done := make(chan error)
	for range 8 {
		go func() {
			_, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(`{"id":"a","card":1}`)})
			_, _ = s.Inlined(), s.Normalised()
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestTranslate(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		match         bool
	}{
		{`^\d+$`, "12", true},
		{`^\d+$`, "१", false},
		{`^\s$`, "\ufeff", true},
		{`^\S$`, "\u00a0", false},
		{`^.$`, "\u2028", false},
		{`^\cA$`, "\x01", true},
		{`^\u{1F600}$`, "😀", true},
		{`^\ud83d\ude00$`, "😀", true},
		{`^[^]$`, "\n", true},
		{`[]`, "a", false},
		{`^a{$`, "a{", true},
		{`^{}$`, "{}", true},
		{`^[\w-.]$`, "-", true},
		{`^[a\-z]$`, "-", true},
		{`^[a\-z]$`, "m", false},
		{`^[[a]$`, "[", true},
		{`^\/$`, "/", true},
		{`^(?<y>a)$`, "a", true},
		{`^\p{Letter}$`, "é", true},
		{`^\p{Script=Greek}$`, "α", true},
		{`^[\s-]$`, "-", true},
		{`^[\b]$`, "\b", true},
		{`a$`, "a\n", false},
		{`^a-b$`, "a-b", true},
		{`^\-$`, "-", true},
		{`^\0$`, "\x00", true},
	} {
		p, err := newPattern(c.pattern)
		if err != nil || p.Unsupported != "" {
			t.Errorf("%s: %v %s", c.pattern, err, p.Unsupported)
			continue
		}
		if got, err := p.Match(c.text); err != nil || got != c.match {
			t.Errorf("%s matches %q = %t, want %t (%v)", c.pattern, c.text, got, c.match, err)
		}
	}
	for _, bad := range []string{`(`, `[a`, `\`, `a**`, `\u{110000}`, `\xg1`, `\c1`, `[z-a]`} {
		if _, err := newPattern(bad); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func TestResolveURI(t *testing.T) {
	const base = "http://a/b/c/d;p?q"
	// The examples of RFC 3986, section 5.4, that have no fragment.
	for ref, want := range map[string]string{
		"g:h": "g:h", "g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g", "//g": "http://g",
		"?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y", ";x": "http://a/b/c/;x", "": base, ".": "http://a/b/c/", "..": "http://a/b/",
		"../g": "http://a/b/g", "../..": "http://a/", "../../g": "http://a/g", "../../../g": "http://a/g", "/./g": "http://a/g", "/../g": "http://a/g",
		"g.": "http://a/b/c/g.", "..g": "http://a/b/c/..g", "./../g": "http://a/b/g", "g/../h": "http://a/b/c/h",
	} {
		if got := resolveURI(base, ref); got != want {
			t.Errorf("%q resolves to %q, want %q", ref, got, want)
		}
	}
}

// FuzzParse: no panic, and printing is a fixed point.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		order, `{"$ref":"#"}`, `{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicRef":"#a","$defs":{"a":{"$dynamicAnchor":"a"}}}`,
		`{"allOf":[true,{"not":{}}],"pattern":"^[a-z]\\d{2}$","maximum":1e3}`, doublingChain(5),
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","$anchor":"a","$vocabulary":1,"enum":[],"required":["a","a"],"$comment":3,"title":[]}`,
		`{"$schema":"http://json-schema.org/draft-04/schema#","enum":[1,1],"dependencies":{"a":[]},"required":[],"id":"#","exclusiveMinimum":true}`,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"minContains":1e2,"$defs":{"a":{"$id":"b"}},"dependentRequired":{"a":["b","b"]},"contentSchema":true}`,
		`{"$schema":"http://json-schema.org/draft-06/schema#","items":[],"definitions":{"a b":{"$id":"#x y"}},"maxLength":1e300,"type":["null","null"]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text, nil, defaults)
		if err != nil {
			return
		}
		again, err := Parse(s.Canonical(), nil, defaults)
		if err != nil || again.Canonical() != s.Canonical() || again.Normalised() != s.Normalised() {
			t.Fatalf("%q: canonical %q is no fixed point (%v)", text, s.Canonical(), err)
		}
		sorted, err := Parse(s.Normalised(), nil, defaults)
		if err != nil || sorted.Normalised() != s.Normalised() {
			t.Fatalf("%q: normalised %q is no fixed point (%v)", text, s.Normalised(), err)
		}
		s.Fields()
		s.TopLevel()
		s.Inlined()
		if _, err := s.validator(); err != nil {
			t.Fatalf("%q: the parser accepts what the validator refuses: %v", text, err)
		}
	})
}

// FuzzReference: whatever a reference looks like, it is resolved inside the
// given documents or refused.
func FuzzReference(f *testing.F) {
	for _, s := range []string{"#", "#/a", "b.json#x", "http://e.com/%2e", "//", "?", "#%zz", "../b.json", "urn:a:b#/c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		if !utf8Clean(ref) {
			return
		}
		dep := schema.Document{Name: "b.json", Text: `{"$id":"http://e.com/b","definitions":{"x":{"$id":"#x"}}}`}
		s, err := Parse(`{"$id":"http://e.com/a","properties":{"p":{"$ref":`+jsonx.Quote(ref)+`}},"a":{"type":"string"}}`, []schema.Document{dep}, defaults)
		if err == nil && s.Root().Property("p").RefTo == nil {
			t.Fatalf("%q has no target and no error", ref)
		}
	})
}

func utf8Clean(s string) bool { return strings.ToValidUTF8(s, "") == s }

// FuzzCost: the bound is never below the steps that a validator without memory
// takes.
func FuzzCost(f *testing.F) {
	f.Add(`{"items":{"anyOf":[{"$ref":"#"},{"type":"integer"}]}}`, `[[1],[2,[3]]]`)
	f.Add(doublingChain(6), `1`)
	f.Add(`{"properties":{"a":{"$ref":"#"}},"additionalProperties":{"allOf":[{"$ref":"#"}]}}`, `{"a":{"b":{"a":1}}}`)
	f.Fuzz(func(t *testing.T, text, event string) {
		s, err := Parse(text, nil, defaults)
		if err != nil {
			return
		}
		v, err := jsonx.Parse(event, jsonx.EventLimits(s.limits))
		if err != nil {
			return
		}
		c := &coster{ctx: context.Background(), schema: s, limit: 20_000, memo: map[visit]int64{}}
		bound := c.cost(s.Root(), v)
		if c.err != nil || bound > c.limit {
			return
		}
		if steps := naiveSteps(s.Root(), v); steps > bound {
			t.Fatalf("%s on %s: bound %d, steps %d", text, event, bound, steps)
		}
	})
}

// naiveSteps counts every visit of every node, as a validator does that stops
// nowhere early.
func naiveSteps(n *Node, v *jsonx.Value) int64 {
	steps := int64(1)
	n.inPlace(func(m *Node) { steps += naiveSteps(m, v) })
	if n.IsRef() || n.Bool != nil {
		return steps
	}
	visit := func(m *Node, v *jsonx.Value) {
		if m != nil {
			steps += naiveSteps(m, v)
		}
	}
	for i := range v.Members {
		m := &v.Members[i]
		p := n.Property(m.Key)
		visit(p, m.Value)
		if p == nil {
			visit(n.AdditionalProperties, m.Value)
		}
		visit(n.UnevaluatedProperties, m.Value)
	}
	for i, item := range v.Items {
		if i < len(n.PrefixItems) {
			visit(n.PrefixItems[i], item)
		}
		visit(n.Items, item)
		visit(n.Contains, item)
	}
	return steps
}

// FuzzSample: what is generated is valid.
func FuzzSample(f *testing.F) {
	f.Add(order, uint64(3))
	f.Add(`{"type":"array","items":{"type":["string","null"]},"minItems":2}`, uint64(0))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		s, err := Parse(text, nil, defaults)
		if err != nil || len(s.nodes) > 200 {
			return
		}
		sample, err := s.Sample(seed)
		if err != nil {
			return
		}
		j, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: sample.JSON})
		if err != nil || len(j.Violations) > 0 {
			t.Fatalf("%s: %s: %v %v", text, sample.JSON, j.Violations, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(order)))
	for b.Loop() {
		mustParse(b, order)
	}
}

func BenchmarkCheck(b *testing.B) {
	s := mustParse(b, order)
	event := schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(`{"id":"a","customer":{"email":"e","parent":{"email":"f"}},"items":[{"sku":"a"},{"sku":"b","odd.name":3}],"attrs":{"k":{"x":1.5}},"card":1}`)}
	for b.Loop() {
		if j, err := s.Check(context.Background(), event); err != nil || len(j.Violations) > 1 {
			b.Fatal(j, err)
		}
	}
}

// TestViolationsHaveOneOrder: the properties that a closed object refuses are
// listed by name, however often one asks.
func TestViolationsHaveOneOrder(t *testing.T) {
	s := mustParse(t, `{"$schema": "http://json-schema.org/draft-07/schema#", "additionalProperties": false}`)
	event := schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(`{"d": 1, "b": 2, "e": 3, "a": 4, "c": 5}`)}
	for range 20 {
		j, err := s.Check(context.Background(), event)
		if err != nil {
			t.Fatal(err)
		}
		if len(j.Violations) != 1 || !strings.Contains(j.Violations[0].What, "'a', 'b', 'c', 'd', 'e'") {
			t.Fatalf("%+v", j.Violations)
		}
	}
}
