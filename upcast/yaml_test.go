package upcast

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestYAML writes every document of the test data in YAML and reads it again: it
// must say the same.
func TestYAML(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/operations/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	check := func(text string) string {
		d, err := Parse(text)
		if err != nil {
			return ""
		}
		count++
		again, err := Parse(d.YAML())
		if err != nil || again.Hash() != d.Hash() {
			t.Errorf("%v\n%s\nwas written as\n%s", err, text, d.YAML())
		}
		return d.YAML()
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			for _, line := range strings.Split(string(f.Data), "\n") {
				if step, ok := strings.CutPrefix(line, "step: "); ok {
					check("instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - " + step + "\n")
				}
			}
		}
	}
	if count < 100 {
		t.Errorf("only %d documents", count)
	}
	odd := `{"to": 2, "instar": "upcast/v1", "from": 1, "doc": "no: \"quotes\" #\n\u2028 \u0085 é", "steps": [
		{"mapEnum": {"path": "s", "map": {"NO": "no", "Y": "true", "1": "-"}}},
		{"id": "x", "add": {"path": "a?.b[]", "value": "null"}},
		{"set": {"path": "n", "value": 1.50}}, {"set": {"path": "m", "value": "1.50"}}], "tests": []}`
	got := check(odd)
	want := strings.Join([]string{
		`instar: upcast/v1`, `from: 1`, `to: 2`, `doc: "no: \"quotes\" #\n\u2028 \u0085 é"`, `steps:`,
		`  - mapEnum: {map: {"1": "-", "NO": "no", "Y": "true"}, path: s}`,
		`  - {add: {path: "a?.b[]", value: "null"}, id: x}`,
		`  - set: {path: "n", value: 1.5}`, `  - set: {path: m, value: "1.50"}`, `tests: []`, ``,
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
