package contain

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestNothing: a schema without instances is contained in everything, and
// nothing else is contained in it.
func TestNothing(t *testing.T) {
	const endless = `{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}`
	got := ask(t, endless, `false`, Options{})
	if got.Verdict != schema.Compatible || len(got.Notes) != 1 {
		t.Errorf("%v %v", got.Verdict, got.Notes)
	}
	got = ask(t, `{"type":"integer"}`, endless, Options{})
	if s := summary(&got); s != `unsatisfiable $  <  0` {
		t.Error(s)
	}
}

// TestSatisfiable finds a small instance, or proves that there is none.
func TestSatisfiable(t *testing.T) {
	for text, want := range map[string]string{
		`{"type":"integer","minimum":3,"multipleOf":2}`:                                                         "4",
		`{"type":"string","pattern":"^b+$","minLength":3}`:                                                      `"bbb"`,
		`{"type":"array","minItems":2,"uniqueItems":true,"items":{"type":"boolean"}}`:                           `[true,false]`,
		`{"type":"array","minItems":3,"uniqueItems":true,"items":{"type":"boolean"}}`:                           "",
		`{"type":"object","required":["a"],"properties":{"a":{"$ref":"#"}}}`:                                    "",
		`{"type":"object","required":["a"],"properties":{"a":{"anyOf":[{"$ref":"#"},{"type":"null"}]}}}`:        `{"a":null}`,
		`{"type":"object","minProperties":2,"propertyNames":{"enum":["x","y"]},"properties":{"x":{"const":5}}}`: `{"x":5,"y":0}`,
		`{"type":"object","minProperties":2,"propertyNames":{"enum":["x","y"]},"properties":{"x":false}}`:       "",
		`{"allOf":[{"multipleOf":4},{"multipleOf":6},{"minimum":1},{"maximum":23}],"type":"number"}`:            "12",
		`{"allOf":[{"multipleOf":4},{"multipleOf":6},{"minimum":1},{"maximum":11}],"type":"number"}`:            "",
		`{"type":"array","contains":{"const":1},"items":{"enum":[1,2]},"minItems":2}`:                           `[1,1]`,
		`{"type":"array","contains":{"const":3},"items":{"enum":[1,2]}}`:                                        "",
		`{"type":"number","not":{"multipleOf":0.5},"minimum":1,"maximum":1.5}`:                                  "1.1",
		`{"type":"object","patternProperties":{"^a":{"type":"string"},"b$":{"type":"null"}},"required":["ab"]}`: "",
		`{"oneOf":[{"type":"integer"},{"type":"number","minimum":0}],"type":"number","minimum":-0.5}`:           "0.1",
	} {
		got, err := Satisfiable(context.Background(), parse(t, text), Options{})
		switch {
		case err != nil || got.Undecided != nil:
			t.Errorf("%s: %v %v", text, err, got.Undecided)
		case string(got.Instance) != want || got.None != (want == ""):
			t.Errorf("%s: %s, none %t, want %s", text, got.Instance, got.None, want)
		}
	}
}

// TestBudget: a small budget leaves questions open and never changes an answer,
// and a cancelled context ends the question with its error.
func TestBudget(t *testing.T) {
	for _, p := range [][2]string{
		{`{"properties":{"a":{"type":"integer"},"b":{"items":{"$ref":"#"}}}}`, `{"properties":{"a":{"type":"number"},"b":{"items":{"$ref":"#"}}}}`},
		{`{"type":"string","pattern":"^(a|b)*a(a|b){6}$"}`, `{"type":"string","pattern":"^(a|b)*b(a|b){6}$"}`},
	} {
		w, r := parse(t, p[0]), parse(t, p[1])
		full, err := Schemas(context.Background(), w, r, Options{})
		if err != nil || full.Verdict == schema.Unknown {
			t.Fatal(full, err)
		}
		open := 0
		for steps := 1; steps <= full.Steps; steps += 1 + full.Steps/40 {
			got, err := Schemas(context.Background(), w, r, Options{Budget: schema.Budget{Steps: steps}})
			switch {
			case err != nil:
				t.Fatal(err)
			case got.Verdict == schema.Unknown && got.Undecided[0].Reason == schema.ReasonSteps:
				open++
			case got.Verdict != full.Verdict:
				t.Errorf("%d steps: %v, want %v", steps, got.Verdict, full.Verdict)
			}
			if got.Steps > steps {
				t.Errorf("%d steps of %d were used", got.Steps, steps)
			}
		}
		if open == 0 {
			t.Error("no budget was too small")
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Schemas(ctx, parse(t, `true`), parse(t, `false`), Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestDepth: a value that would be nested too deeply is not shown, and no
// schema exhausts the stack.
func TestDepth(t *testing.T) {
	chain := `{"type":"object","required":["n"],"properties":{"n":{"$ref":"#/definitions/d0"}},"definitions":{`
	for i := range 80 {
		chain += `"d` + itoa(i) + `":{"type":"object","required":["n"],"properties":{"n":{"$ref":"#/definitions/d` + itoa(i+1) + `"}}},`
	}
	chain += `"d80":{"type":"integer"}}}`
	got := ask(t, chain, `{"type":"string"}`, Options{})
	if got.Verdict != schema.Unknown || got.Undecided[0].Reason != schema.ReasonWitnessSize {
		t.Errorf("%v %v", got.Verdict, got.Undecided)
	}
	long := `{"definitions":{`
	for i := range 3000 {
		long += `"d` + itoa(i) + `":{"properties":{"n":{"$ref":"#/definitions/d` + itoa(i+1) + `"}}},`
	}
	long += `"d3000":{"type":"integer"}},"properties":{"n":{"$ref":"#/definitions/d0"}}}`
	if got := ask(t, long, strings.Replace(long, `"integer"`, `"number"`, 1), Options{}); got.Verdict == schema.Incompatible {
		t.Errorf("%v", got.Breaks)
	}
}
