package yamlx

import (
	"strings"
	"testing"
)

func TestParseKeepsKindsAndPlaces(t *testing.T) {
	n, problems := Parse([]byte("a: 1\nb:\n  c: [x, 'y', 2.5]\n  d: true\n  e: ~\n  f: 2026-01-02\n"), DefaultLimits())
	if problems != nil {
		t.Fatal(problems)
	}
	c := n.Get("b").Get("c")
	for _, tc := range []struct {
		node *Node
		kind Kind
		text string
		at   string
	}{
		{n.Get("a"), Int, "1", "line 1, column 4"},
		{c, Sequence, "", "line 3, column 6"},
		{c.Items[0], String, "x", "line 3, column 7"},
		{c.Items[1], String, "y", "line 3, column 10"},
		{c.Items[2], Float, "2.5", "line 3, column 15"},
		{n.Get("b").Get("d"), Bool, "true", "line 4, column 6"},
		{n.Get("b").Get("e"), Null, "~", "line 5, column 6"},
		{n.Get("b").Get("f"), String, "2026-01-02", "line 6, column 6"},
	} {
		if tc.node.Kind != tc.kind || tc.node.Text != tc.text || tc.node.Position.String() != tc.at {
			t.Errorf("got %v %q at %v, want %v %q at %v", tc.node.Kind, tc.node.Text, tc.node.Position, tc.kind, tc.text, tc.at)
		}
	}
	if !c.Items[1].Quoted || c.Items[0].Quoted {
		t.Error("quoting is not remembered")
	}
	if n.Get("zzz") != nil || (*Node)(nil).Get("x") != nil {
		t.Error("an absent key must give nil")
	}
}

func TestParseEmpty(t *testing.T) {
	for _, text := range []string{"", "# only a comment\n", "---\n"} {
		n, problems := Parse([]byte(text), DefaultLimits())
		if problems != nil || n == nil || len(n.Members) != 0 {
			t.Errorf("%q: %v %v", text, n, problems)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	laughs := "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n"
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	veryDeep := strings.Repeat("[", 60_000) + strings.Repeat("]", 60_000)
	for name, tc := range map[string]struct{ text, want string }{
		"duplicate key":    {"a: 1\nb: 2\na: 3\n", `line 3, column 1: "a" is given twice, first on line 1`},
		"nested duplicate": {"a:\n  b: 1\n  b: 2\n", `line 3, column 3: "a.b" is given twice, first on line 2`},
		"anchor":           {laughs, "line 1, column 4: anchors such as &a are not allowed"},
		"alias":            {laughs, "line 2, column 8: aliases such as *a are not allowed"},
		"merge key":        {"a: {x: 1}\nb:\n  <<: {y: 2}\n", "line 3, column 3: a key must be plain text"},
		"tagged mapping":   {"a: !!map {b: 1}\n", "line 1, column 4: tags such as !!map are not allowed"},
		"tagged list":      {"a: !mine [b]\n", "line 1, column 4: tags such as !mine are not allowed"},
		"alias of nothing": {"a:\n  b: *c\n", "line 2, column 6: aliases such as *c are not allowed"},
		"directive":        {"%YAML 1.3\n---\na: 1\n", "line 1, column 1: the directive %YAML is not known; remove the line"},
		"tag":              {"a: !!binary aGk=\n", "line 1, column 4: tags such as !!binary are not allowed"},
		"two documents":    {"a: 1\n---\nb: 2\n", "more than one document"},
		"syntax":           {"a: 1\n  b: [\n", "this is not YAML"},
		"tab":              {"a:\n\tb: 1\n", "this is not YAML"},
		"not UTF-8":        {"a: 1\nb: \xff\n", "line 2, column 4: the text is not valid UTF-8"},
		"next line":        {"a: 1\nb: x\u0085y\n", "line 2, column 5: the text holds a next-line character (U+0085), which ends a line in YAML 1.1 and does not in YAML 1.2; remove it"},
		"line separator":   {"# \u2028\n", "line 1, column 3: the text holds a line separator (U+2028)"},
		"deep":             {deep, "nests deeper than 32 levels"},
		"very deep":        {veryDeep, "this is not YAML"},
		"too large":        {strings.Repeat("#", 300<<10), "more than the 262144 allowed"},
		"mapping key":      {"{a: 1}: 2\n", "a key must be plain text"},
	} {
		t.Run(name, func(t *testing.T) {
			n, problems := Parse([]byte(tc.text), DefaultLimits())
			if n != nil || len(problems) == 0 {
				t.Fatalf("accepted as %v", n)
			}
			var all []string
			for _, p := range problems {
				all = append(all, p.Error())
			}
			if got := strings.Join(all, "\n"); !strings.Contains(got, tc.want) {
				t.Errorf("got %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestParseReportsAllProblems(t *testing.T) {
	_, problems := Parse([]byte("a: &x 1\nb: 1\nb: 2\nc: !!str 3\n"), DefaultLimits())
	if len(problems) != 3 {
		t.Errorf("got %d problems, want 3: %v", len(problems), problems)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1\nb: [x, {c: ~}]\n", "? - a\n: b\n", "a: |\n  x\n", "%YAML 1.2\n---\na: 1\n", "a: &x 1\nb: *x\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, problems := Parse([]byte(text), DefaultLimits())
		if (n == nil) == (len(problems) == 0) {
			t.Fatalf("node %v with problems %v", n, problems)
		}
		lines := 2 + strings.Count(text, "\n") + strings.Count(text, "\r") // the library may stand behind the end
		for _, p := range problems {
			if p.What == "" || p.Line < 0 || p.Line > lines {
				t.Fatalf("a problem without words, or outside of the text: %+v", p)
			}
		}
	})
}
