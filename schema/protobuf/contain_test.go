package protobuf

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// contain asks and fails on a bug.
func contain(t testing.TB, w, r *Schema, o ContainOptions) schema.Containment {
	t.Helper()
	c, err := Contain(t.Context(), w, r, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range c.Undecided {
		if u.Bug != nil {
			t.Fatalf("%v\n%s\nread as\n%s", u.Bug, w.Text(), r.Text())
		}
	}
	return c
}

// brief is an answer, a line for each break; information is left out unless it
// is asked for.
func brief(c schema.Containment, info bool) string {
	var out []string
	for i := range c.Breaks {
		b := &c.Breaks[i]
		if b.Class == schema.ClassInfo && !info {
			continue
		}
		line := fmt.Sprintf("%s %s %s", b.Class, b.Kind, b.Path)
		if b.Surface == SurfaceJSON {
			line = "json " + line
		}
		if b.Witness != nil {
			line += fmt.Sprintf(" %s %s %x", b.Effect, b.Witness.Value, b.Witness.Binary)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// fileOf makes a file of a body in which "2:", "3:" or "e:" names the syntax.
func fileOf(body string) string {
	heads := map[string]string{"2:": `syntax = "proto2";`, "3:": `syntax = "proto3";`, "e:": `edition = "2023";`}
	if head, ok := heads[body[:min(2, len(body))]]; ok {
		return head + body[2:]
	}
	return `syntax = "proto3";` + body
}

// containCases are the pairs of testdata/contain/cases.txt.
func containCases(t testing.TB) [][2]string {
	t.Helper()
	data, err := os.ReadFile("testdata/contain/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out [][2]string
	var body []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if body = append(body, line); len(body) == 2 {
			out = append(out, [2]string{fileOf(body[0]), fileOf(body[1])})
			body = nil
		}
	}
	if len(body) > 0 || len(out) < 100 {
		t.Fatalf("%d cases and half of one", len(out))
	}
	return out
}

// TestContainTable holds each pair, in both directions and with the JSON form
// and without, to testdata/contain/table.txt.
func TestContainTable(t *testing.T) {
	var b strings.Builder
	for _, c := range containCases(t) {
		for _, d := range [][2]string{c, {c[1], c[0]}} {
			w, r := mustParse(t, d[0]), mustParse(t, d[1])
			answer := contain(t, w, r, ContainOptions{})
			fmt.Fprintf(&b, "%s\n  read as %s\n  %s\n%s", d[0], d[1], answer.Verdict, indented(brief(answer, true)))
			both := contain(t, w, r, ContainOptions{JSON: true})
			if both.Verdict != answer.Verdict {
				fmt.Fprintf(&b, "  %s with JSON\n", both.Verdict)
			}
			if all := brief(both, false); all != brief(answer, false) {
				var more []string
				for _, line := range strings.Split(all, "\n") {
					if strings.HasPrefix(line, "json data") {
						more = append(more, line)
					}
				}
				b.WriteString(indented(strings.Join(more, "\n")))
			}
			b.WriteString("\n")
		}
	}
	golden(t, "testdata/contain/table.txt", b.String())
}

func indented(s string) string {
	if s == "" {
		return ""
	}
	return "    " + strings.ReplaceAll(s, "\n", "\n    ") + "\n"
}
