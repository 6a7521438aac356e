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
	if x.body != want {
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
	for _, s := range []string{"a: 1\nb: [x, 'y']\n", "- |\n  text\n- >-\n  more\n", "\"k\\\"\": {a: \"\\u00e4\"}", "? a\n: b", "a:\r\n  b: c\r\n", "ä: ö\n", "a: b # evcheck:ignore x -- y\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x := newText("a.schema.yaml", []byte(text), 1<<16)
		readIgnores("a.schema.yaml", schema.JSON, x.body, x.yaml)
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

// TestYAMLAfter: an edit of the JSON is one of the YAML that keeps comments and
// layout.
func TestYAMLAfter(t *testing.T) {
	const text = `# An order.
type: object
required: [id, "total"] # both
properties:
  id:
    type: string # a UUID
    maxLength: 36

  # What it costs.
  total: {type: number, minimum: 0}
  tags:
  - a
  - "b"   # last
oneOf:
  - required: [x]
    title: one
  # the other
  - required: [y]
additionalProperties: false
`
	for name, c := range map[string]struct {
		from, to string // of the JSON
		want     []string
		lost     []string
	}{
		"scalar":       {`"maxLength":36`, `"maxLength":40`, []string{"    maxLength: 40\n\n  # What"}, []string{"36"}},
		"flow list":    {`"required":["id","total"]`, `"required":["id"]`, []string{"required: [id] # both\n"}, nil},
		"flow mapping": {`"minimum":0`, `"minimum":0,"maximum":9`, []string{"total: {type: number, minimum: 0, maximum: 9}\n"}, nil},
		"gone":         {`"maxLength":36`, `"x":1`, []string{"    type: string # a UUID\n    x: 1\n\n  # What it costs."}, []string{"maxLength"}},
		"gone, last":   {`,"additionalProperties":false`, ``, []string{"  - required: [y]\n"}, []string{"additional"}},
		"new object": {
			`"tags":["a","b"]`, `"tags":["a","b"],"note":{"type":"string","enum":["no","a b"],"not":{}}`,
			[]string{"  - \"b\"   # last\n  note:\n    type: string\n    enum: [\"no\", \"a b\"]\n    not: {}\noneOf:"},
			nil,
		},
		"new in between":  {`"total":{`, `"note":{"type":"null"},"total":{`, []string{"    maxLength: 36\n  note:\n    type: \"null\"\n\n  # What"}, nil},
		"new, first":      {`{"type":"object"`, `{"$id":"x:y","type":"object"`, []string{"additionalProperties: false\n$id: \"x:y\"\n"}, nil},
		"item gone":       {`"tags":["a","b"]`, `"tags":["b"]`, []string{"  tags:\n  - \"b\"   # last\noneOf"}, nil},
		"item new":        {`"tags":["a","b"]`, `"tags":["a","c","b"]`, []string{"  - a\n  - c\n  - \"b\"   # last"}, nil},
		"item new, last":  {`"tags":["a","b"]`, `"tags":["a","b",3]`, []string{"# last\n  - 3\noneOf"}, nil},
		"item new, first": {`"tags":["a","b"]`, `"tags":[{"k":null},"a","b"]`, []string{"  tags:\n  - {k: null}\n  - a\n"}, nil},
		"item mapping":    {`"title":"one"`, `"title":"two"`, []string{"  - required: [x]\n    title: two\n  # the other"}, nil},
		"member of item":  {`,"title":"one"`, ``, []string{"  - required: [x]\n  # the other\n"}, []string{"title"}},
		"other kind":      {`"additionalProperties":false`, `"additionalProperties":{"type":"string"}`, []string{"additionalProperties: {type: string}\n"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			x := yamlText(t, text)
			if !strings.Contains(x.body, c.from) {
				t.Fatalf("%s lacks %s", x.body, c.from)
			}
			after, ok := x.yamlAfter(strings.Replace(x.body, c.from, c.to, 1), 1<<20)
			if !ok {
				t.Fatal("the edit was not carried over")
			}
			for _, want := range c.want {
				if !strings.Contains(after, want) {
					t.Errorf("%q is missing in\n%s", want, after)
				}
			}
			for _, lost := range c.lost {
				if strings.Contains(after, lost) {
					t.Errorf("%q is still in\n%s", lost, after)
				}
			}
			for _, comment := range []string{"# An order.", "# both", "# a UUID", "# What it costs.", "# last", "# the other"} {
				if !strings.Contains(after, comment) {
					t.Errorf("the comment %q is gone", comment)
				}
			}
		})
	}
	// What cannot be carried over is not offered.
	for name, c := range map[string][3]string{
		"first member of an item": {"a:\n  - b: 1\n    c: 2\n", `"b":1,`, ``},
		"a block becomes a text":  {"a:\n  b: 1\n", `{"b":1}`, `"x"`},
		"a list becomes empty":    {"a:\n  - b\n", `["b"]`, `[]`},
		"comments in brackets":    {"a: [1, # one\n  2]\n", `2`, `3`},
		"lists in a list":         {"a:\n  - - 1\n    - 2\n", `2`, `[4]`},
		"no change":               {"a: 1\n", `1`, `1`},
	} {
		x := yamlText(t, c[0])
		if after, ok := x.yamlAfter(strings.Replace(x.body, c[1], c[2], 1), 1<<20); ok && (c[1] == c[2] || name == "comments in brackets" && !strings.Contains(after, "one")) {
			t.Errorf("%s became\n%s", name, after)
		} else if ok {
			if check := yamlText(t, after); check.body != strings.Replace(x.body, c[1], c[2], 1) {
				t.Errorf("%s: %s", name, after)
			}
		}
	}
}

func yamlText(t *testing.T, yaml string) *text {
	t.Helper()
	x := &text{file: "a.schema.yaml", body: yaml}
	if x.fromYAML(1 << 20); x.err != nil {
		t.Fatal(x.err)
	}
	return x
}

// TestMarksInYAML: a comment is about the schema that it stands at, and what only
// looks like one is none.
func TestMarksInYAML(t *testing.T) {
	const text = `# evcheck:ignore r/file -- about the whole file
type: object # evcheck:ignore r/type -- the schema that the keyword belongs to
required: [a, b] # evcheck:ignore r/required -- a keyword with a list
properties: # evcheck:ignore r/properties -- all of them
  # evcheck:ignore r/next, r/other -- what follows the comment
  a:
    type: string
    enum: # evcheck:ignore r/enum -- the schema of a
      - x
      - y # evcheck:ignore r/item -- the same schema
  b: {type: string, const: "# evcheck:ignore r/no -- in a string"} # evcheck:ignore r/flow -- one line
  c:
    description: |
      # evcheck:ignore r/no -- in a block
    anyOf:
      - type: "null" # evcheck:ignore r/branch -- a schema in a list
      # evcheck:ignore r/last -- the next schema of the list
      - type: string
    title: no#evcheck:ignore r/no -- no comment
    $comment: evcheck:ignore r/word -- as in JSON
`
	x := newText("a.schema.yaml", []byte(text), 1<<20)
	if x.err != nil {
		t.Fatal(x.err)
	}
	got := map[string]string{}
	for _, i := range readIgnores("a.schema.yaml", schema.JSON, x.body, x.yaml) {
		line := strings.Split(text, "\n")[i.at.Line-1]
		if !strings.HasPrefix(line[i.at.Column-1:], "#") && !strings.HasPrefix(line[i.at.Column-1:], "evcheck") {
			t.Errorf("%v is placed at %q", i.rules, line[i.at.Column-1:])
		}
		got[strings.Join(i.rules, ",")] = i.pointer
	}
	want := map[string]string{
		"r/file": "", "r/type": "", "r/required": "", "r/properties": "/properties", "r/next,r/other": "/properties/a",
		"r/enum": "/properties/a", "r/item": "/properties/a", "r/flow": "/properties/b",
		"r/branch": "/properties/c/anyOf/0", "r/last": "/properties/c/anyOf/1", "r/word": "/properties/c",
	}
	for rule, pointer := range want {
		if p, ok := got[rule]; !ok || p != pointer {
			t.Errorf("%s: %q, %v; want %q", rule, p, ok, pointer)
		}
		delete(got, rule)
	}
	if len(got) > 0 {
		t.Errorf("these are no marks: %v", got)
	}
}
