package jsonata_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/jsonata"
)

// answer is what an implementation says to an expression.
type answer struct {
	In      string  `json:"in"`
	Expr    string  `json:"expr"`
	Out     *string `json:"out"`
	Nothing bool    `json:"nothing"`
	Error   string  `json:"error"`
}

func (a *answer) String() string {
	switch {
	case a.Out != nil:
		return *a.Out
	case a.Nothing:
		return "nothing"
	}
	return "error " + a.Error
}

// ask evaluates an expression with what cases.txt allows: the time, and chance.
func ask(t *testing.T, input, expr string) string {
	t.Helper()
	in, err := jsonata.FromJSON(input, jsonx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := jsonata.Parse(expr, jsonata.Limits{})
	var out []byte
	some := false
	if err == nil {
		millis := int64(1_700_000_000_000)
		out, some, err = e.Append(context.Background(), nil, in, jsonata.Options{Sources: jsonata.Sources{Millis: &millis}})
	}
	var known *jsonata.Error
	switch {
	case errors.As(err, &known) && known.Code == "X1006":
		return "error function"
	case errors.As(err, &known):
		if known.Problem.What == "" {
			t.Errorf("%s: error %s says nothing", expr, known.Code)
		}
		return "error " + known.Code
	case err != nil:
		t.Errorf("%s: %v", expr, err)
		return err.Error()
	case !some:
		return "nothing"
	}
	return string(out)
}

// differences reads the table of intended differences: expression and answer in
// code quotes.
func differences(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 4 || !strings.HasPrefix(cells[0], "| ``") {
			continue
		}
		expr := strings.TrimSuffix(strings.TrimPrefix(cells[0], "| `` "), " ``")
		ours := strings.ReplaceAll(strings.Trim(cells[2], "`"), `\|`, "|")
		out[strings.ReplaceAll(expr, `\|`, "|")] = ours
	}
	return out
}

// TestConformance holds every expression of testdata/cases.txt to the answer of
// the language's own implementation, but for the differences that are listed.
func TestConformance(t *testing.T) {
	file, err := os.ReadFile("testdata/expected.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	intended := differences(t)
	lines := bufio.NewScanner(bytes.NewReader(file))
	lines.Buffer(nil, 1<<20)
	var head struct {
		Inputs map[string]string `json:"inputs"`
	}
	lines.Scan()
	if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
		t.Fatal(err)
	}
	n, same := 0, 0
	for lines.Scan() {
		var want answer
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		n++
		got := ask(t, head.Inputs[want.In], want.Expr)
		ours, differs := intended[want.Expr]
		switch {
		case differs && got != ours:
			t.Errorf("%s (%s)\n got %s\nbut the table of differences says %s", want.Expr, want.In, got, ours)
		case differs:
			delete(intended, want.Expr)
			if got == want.String() {
				t.Errorf("%s (%s): the table of differences lists what is the same", want.Expr, want.In)
			}
		case got != want.String():
			t.Errorf("%s (%s)\n got %s\nwant %s", want.Expr, want.In, got, want.String())
		default:
			same++
		}
	}
	for expr := range intended {
		t.Errorf("the table of differences lists %q, which is no case", expr)
	}
	if n < 600 {
		t.Errorf("only %d expressions", n)
	}
	t.Logf("%d expressions, %d of them with the same answer", n, same)
}
