package compat

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// TestJSONTextEdits: an edit changes its range and nothing else.
func TestJSONTextEdits(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		edit             func(*jsonText)
	}{
		{"member", `{"a": 1}`, `{"a": 1, "b": 2}`, func(t *jsonText) { t.put("", "b", "2") }},
		{"member of a compact text", `{"a":1,"c":[]}`, `{"a":1,"c":[],"b":2}`, func(t *jsonText) { t.put("", "b", "2") }},
		{"member of an empty object", `{"a": {}}`, `{"a": {"b": 2}}`, func(t *jsonText) { t.put("/a", "b", "2") }},
		{"member on its own line", "{\n  \"a\": 1,\n  \"b\": 2\n}", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", func(t *jsonText) { t.put("", "c", "3") }},
		{"value", `{"a": [1, {"b": 2}]}`, `{"a": [1, {"b": "x"}]}`, func(t *jsonText) { t.replace("/a/1/b", `"x"`) }},
		{"item", `["a"]`, `["a", "b"]`, func(t *jsonText) { t.add("", `"b"`) }},
		{"item of an empty list", `{"a":[ ]}`, `{"a":["b"]}`, func(t *jsonText) { t.add("/a", `"b"`) }},
		{"item on its own line", "[\n  1\n]", "[\n  1,\n  2\n]", func(t *jsonText) { t.add("", "2") }},
		{"first member goes", `{"a": 1, "b": 2}`, `{"b": 2}`, func(t *jsonText) { t.remove("/a") }},
		{"last member goes", `{"a": 1, "b": 2}`, `{"a": 1}`, func(t *jsonText) { t.remove("/b") }},
		{"only member goes", `{"a": 1}`, `{}`, func(t *jsonText) { t.remove("/a") }},
		{"item goes", `[1, 2, 3]`, `[1, 3]`, func(t *jsonText) { t.remove("/1") }},
		{"escaped name", `{"a/b~c": {"d": 1}}`, `{"a/b~c": {"d": 2}}`, func(t *jsonText) { t.replace("/a~1b~0c/d", "2") }},
		{"restored", `{"a": 1}`, `{"a": [ 7 ]}`, func(t *jsonText) { t.restore("", "a", newJSONText(`{"x": {"a": [ 7 ]}}`), "/x") }},
		{"restored to nothing", `{"a": 1, "b": 2}`, `{"b": 2}`, func(t *jsonText) { t.restore("", "a", newJSONText(`{}`), "") }},
		{"restored as it is", `{"b": 2}`, `{"b": 2}`, func(t *jsonText) { t.restore("", "a", newJSONText(`{}`), "") }},
	} {
		x := newJSONText(c.text)
		if c.edit(x); x.failed || x.text != c.want {
			t.Errorf("%s: %s, want %s (failed %v)", c.name, x.text, c.want, x.failed)
		}
		fix := Fix{Edits: Edits(c.text, c.want)}
		if got, err := fix.Apply(c.text); err != nil || got != c.want {
			t.Errorf("%s: the difference gives %q, %v", c.name, got, err)
		}
	}
	for name, edit := range map[string]func(*jsonText){
		"no such value": func(t *jsonText) { t.replace("/x/y", "1") }, "no such item": func(t *jsonText) { t.remove("/a/9") },
		"no list": func(t *jsonText) { t.add("", "1") }, "no object": func(t *jsonText) { t.put("/a", "b", "1") },
		"no value": func(t *jsonText) { t.put("", "b", "") }, "the root": func(t *jsonText) { t.remove("") },
	} {
		x := newJSONText(`{"a": [1]}`)
		if edit(x); !x.failed {
			t.Errorf("%s: no failure, %s", name, x.text)
		}
	}
}

// TestDifferenceKeepsCharacters: an edit never halves a character.
func TestDifferenceKeepsCharacters(t *testing.T) {
	from, to := `"aä"`, `"aö"`
	edits := Edits(from, to)
	if len(edits) != 1 || edits[0] != (TextEdit{Offset: 2, Delete: 2, Insert: "ö"}) {
		t.Errorf("%+v", edits)
	}
	if Edits(from, from) != nil {
		t.Error("equal texts differ")
	}
	if _, err := (&Fix{Edits: edits}).Apply("a"); err == nil {
		t.Error("a fix for another text was applied")
	}
}

func avroSource(text string) Source {
	return Source{Text: text, Parse: func(_, text string) (schema.Parsed, error) {
		return avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits(), Lenient: true})
	}}
}

// TestRepairAvro: what is offered depends on the level, asks what it cannot
// know, and keeps the layout of the text.
func TestRepairAvro(t *testing.T) {
	old := recordOf(fieldA)
	for _, c := range []struct {
		name, text string
		level      Level
		want       string // kinds of the first finding
		fixed      string
	}{
		{"plain default", "{\"type\":\"record\", \"name\":\"R\",\n \"fields\": [ {\"name\":\"a\",\"type\":\"int\"},\n {\"name\":\"b\",\"type\":[\"string\",\"null\"]} ]}", Backward, "add-default?", `"default":""`},
		{"default of a record", `{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":{"type":"record","name":"S","fields":[{"name":"x","type":{"type":"enum","name":"E","symbols":["U"]}}]}}]}`, Backward, "add-default?", `"default":{"x": "U"}`},
		{"no default for a name", `{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"R"}]}`, Backward, "", ""},
		{"alias helps backward", recordOf(`{"name":"z","type":"int"}`), Backward, "keep-alias keep-name", `"aliases":["a"]`},
		{"name helps both", recordOf(`{"name":"z","type":"int"}`), Full, "keep-name", `"name":"a"`},
	} {
		s, err := avro.Parse(c.text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		q := Request{Candidate: s, History: []Version{{Number: 1, Parsed: parseAvro(t, old)}}, Level: c.level}
		r, err := Check(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		found := r.Findings()
		if err := Repair(t.Context(), q, avroSource(c.text), found); err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, x := range found[0].Fixes {
			kinds = append(kinds, string(x.Kind)+strings.Repeat("?", len(x.Asks)))
			if x.Safe != (x.Kind == FixKeepAlias) {
				t.Errorf("%s: %s is safe: %v", c.name, x.Kind, x.Safe)
			}
		}
		if strings.Join(kinds, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, kinds, c.want)
			continue
		}
		if c.want == "" {
			continue
		}
		text, err := found[0].Fixes[0].Apply(c.text)
		if err != nil || !strings.Contains(text, c.fixed) {
			t.Errorf("%s: %s, %v", c.name, text, err)
		}
	}
}

// TestRepairRadar: of the breaks of a real history most have a fix, and each
// fix that is offered holds.
func TestRepairRadar(t *testing.T) {
	data, err := os.ReadFile("testdata/radar/pairs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	breaks, fixed, none := 0, 0, map[string]int{}
	for line := range strings.Lines(string(data)) {
		var p struct{ Path, Old, New string }
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		src := avroSource(p.New)
		older, err1 := src.Parse("", p.Old)
		newer, err2 := src.Parse("", p.New)
		if err1 != nil || err2 != nil {
			continue
		}
		q := Request{Candidate: newer, History: []Version{{Number: 1, Parsed: older}}, Level: Backward}
		r, err := Check(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		found := r.Findings()
		if err := Repair(t.Context(), q, src, found); err != nil {
			t.Fatal(err)
		}
		for i := range found {
			f := &found[i]
			if f.Severity() != "error" {
				continue
			}
			breaks++
			if len(f.Fixes) == 0 {
				none[f.Rule]++
				continue
			}
			fixed++
			for k := range f.Fixes {
				checkFix(t, q, src, f, &f.Fixes[k])
			}
		}
	}
	t.Logf("%d of %d breaks have a fix; without: %v", fixed, breaks, none)
	if breaks < 50 || fixed*10 < breaks*8 {
		t.Errorf("only %d of %d breaks have a fix: %v", fixed, breaks, none)
	}
}

// checkFix applies a fix and asks again by the plain rules of a check.
func checkFix(t *testing.T, q Request, src Source, f *Finding, x *Fix) {
	t.Helper()
	text, err := x.Apply(src.Text)
	if err != nil {
		t.Fatal(err)
	}
	if q.Candidate, err = src.Parse("", text); err != nil {
		t.Fatal(err)
	}
	r, err := Check(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range r.Findings() {
		if left.Fingerprint("") == f.Fingerprint("") {
			t.Errorf("%s at %s is still there after %s: %s", f.Rule, f.Path, x.Kind, text)
		}
	}
}
