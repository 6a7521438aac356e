package upcast

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// The reference of portable plans, and the vectors for other runtimes.
const (
	portablePage    = "../docs/portable-plans.md"
	portableVectors = "../docs/portable-plans.vectors.jsonl"
)

// vector is one line of the vectors.
type vector struct {
	Name    string          `json:"name"`
	Plan    json.RawMessage `json:"plan"`
	Events  []vectorEvent   `json:"events,omitempty"`
	Refused string          `json:"refused,omitempty"`
}

type vectorEvent struct {
	In      []byte         `json:"in"`
	Out     []byte         `json:"out,omitempty"`
	Failure *vectorFailure `json:"failure,omitempty"`
}

type vectorFailure struct {
	Code string `json:"code"`
	Hop  int    `json:"hop"`
	Step int    `json:"step"`
	Path string `json:"path"`
}

// TestPortablePage holds the tables of the page to the code.
func TestPortablePage(t *testing.T) {
	text, err := os.ReadFile(portablePage)
	if err != nil {
		t.Fatal(err)
	}
	want := between(t, between(t, string(text), "opcodes", opcodeTable()), "functions", functionTable())
	if *update {
		if err := os.WriteFile(portablePage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("%s is out of date; run make generate", portablePage)
	}
}

// between puts a table between the markers of a page.
func between(t *testing.T, page, name, table string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- end -->"
	before, rest, ok := strings.Cut(page, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("the page has no markers for %s", name)
	}
	return before + begin + table + end + after
}

func opcodeTable() string {
	var b strings.Builder
	b.WriteString("| Opcode | Operands | Gives |\n|---|---|---|\n")
	for _, op := range plan.Opcodes() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", op[0], op[1], op[2])
	}
	return b.String()
}

func functionTable() string {
	var b strings.Builder
	b.WriteString("| Function | Takes | Gives | May fail | Options |\n|---|---|---|---|---|\n")
	for _, name := range plan.Catalogue() {
		f := plan.FunctionNamed(name)
		s := f.Signature()
		var takes, options []string
		for _, x := range s.Takes {
			takes = append(takes, string(x))
		}
		if s.Variadic {
			takes = append(takes, "…")
		}
		for _, key := range s.Table {
			if key == "*" {
				key = "table: from → to"
			}
			options = append(options, key)
		}
		if s.Pattern {
			options = append(options, "pattern")
		}
		fails := ""
		if f.Partial {
			fails = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", name, strings.Join(takes, ", "), s.Gives, fails, strings.Join(options, ", "))
	}
	return b.String()
}

// writeVectors keeps the vectors that the cases of all operations have made.
func writeVectors(t *testing.T, list []vector) {
	t.Helper()
	var b strings.Builder
	for _, v := range list {
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	if *update {
		if err := os.WriteFile(portableVectors, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if committed, err := os.ReadFile(portableVectors); err != nil || string(committed) != b.String() {
		t.Errorf("%s is out of date (%v); run make generate", portableVectors, err)
	}
}
