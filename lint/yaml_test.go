package lint

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// TestYAMLIsJSON: a schema in YAML is registered as JSON, and a place in it is a
// place in the YAML.
func TestYAMLIsJSON(t *testing.T) {
	const yaml = "# c\ntype: object\nproperties:\n  größe: {type: \"string\", maxLength: 9}\n  'b c':\n    enum: [yes, 1.5, null, true]\n"
	x := newText("a.schema.yaml", []byte(yaml), 1<<20)
	if x.err != nil {
		t.Fatal(x.err)
	}
	const want = `{"type":"object","properties":{"größe":{"type":"string","maxLength":9},"b c":{"enum":["yes",1.5,null,true]}}}`
	if x.body != want || x.editable() {
		t.Errorf("%s", x.body)
	}
	for pointer, marked := range map[string]string{
		"/properties/größe/maxLength": "9",
		"/properties/größe/type":      `"string"`,
		"/properties/größe":           "größe",
		"/properties/b c/enum/1":      "1.5",
		"/properties/b c/enum":        "enum",
		"/type":                       "object",
	} {
		s := *x.yaml
		s.Format = schema.JSON
		l := s.At(schema.Place{Pointer: pointer})
		if got := yaml[l.Offset : l.Offset+l.Length]; got != marked || l.Absent {
			t.Errorf("%s: %q, want %q", pointer, got, marked)
		}
	}
	for bad, want := range map[string]string{
		"a: [":    "the YAML cannot be read: line 1",
		"a: &x 1": "anchor",
		"n: 0x10": "0x10 at line 1, column 4 is a number that JSON does not have",
		"n: .inf": "is a number that JSON does not have",
		"n: " + strings.Repeat("[", 200) + strings.Repeat("]", 200): "deep",
	} {
		if x := newText("a.schema.yml", []byte(bad), 1<<20); x.err == nil || !strings.Contains(x.err.Error(), want) {
			t.Errorf("%.20s: %v, want %s", bad, x.err, want)
		}
	}
	if x := newText("a.yaml", []byte(yaml), 1<<20); x.body != yaml {
		t.Error("a file that is no schema was read as one")
	}
}

// FuzzYAML: no text makes a place outside of it, or JSON that is none.
func FuzzYAML(f *testing.F) {
	for _, s := range []string{"a: 1\nb: [x, 'y']\n", "- |\n  text\n- >-\n  more\n", "\"k\\\"\": {a: \"\\u00e4\"}", "? a\n: b", "a:\r\n  b: c\r\n", "ä: ö\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x := newText("a.schema.yaml", []byte(text), 1<<16)
		if x.err != nil || x.yaml == nil {
			return
		}
		if _, err := jsonx.Parse(x.body, jsonx.Limits{Depth: maxYAMLDepth}); err != nil {
			t.Errorf("%q gives %s: %v", text, x.body, err)
		}
		var walk func(v *jsonx.Value)
		walk = func(v *jsonx.Value) {
			if v.Offset < 0 || v.Offset > v.End || v.End > len(x.yaml.Text) {
				t.Errorf("%q: a value from %d to %d", text, v.Offset, v.End)
			}
			for _, i := range v.Items {
				walk(i)
			}
			for i := range v.Members {
				walk(v.Members[i].Value)
			}
		}
		walk(x.yaml.tree)
		for _, p := range []string{"", "/a", "/a/b", "/0", "/nothing"} {
			x.yaml.At(schema.Place{Pointer: p})
		}
	})
}
