package upcast

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// boundedHop is a hop between two objects of one property each, and what becomes of
// an event.
type boundedHop struct {
	from, to string
	steps    []string
	in, out  string
}

// TestBoundsDischarge: what a JSON Schema says of numbers and sizes proves that an
// expression has a result, and that the result is one of the target's.
func TestBoundsDischarge(t *testing.T) {
	n := func(keywords string) string { return `"n":{"type":"integer",` + keywords + `}` }
	twice := []string{`set: {path: n, expr: "this * 2"}`}
	const list = `"l":{"type":"array","items":{"type":"integer","minimum":1,"maximum":9}`
	for name, c := range map[string]boundedHop{
		"both bounds":           {n(`"minimum":0,"maximum":1000`), n(`"minimum":0,"maximum":2000`), twice, `{"n":7}`, `{"n":14}`},
		"excluded bounds":       {n(`"exclusiveMinimum":-1,"exclusiveMaximum":1001`), n(`"minimum":0,"maximum":2000`), twice, `{"n":7}`, `{"n":14}`},
		"bounds with fractions": {n(`"minimum":-0.5,"maximum":1000.5`), n(`"minimum":0,"maximum":2000`), twice, `{"n":7}`, `{"n":14}`},
		"a list of numbers":     {`"n":{"enum":[3,1,2]}`, n(`"minimum":2,"maximum":6`), twice, `{"n":3}`, `{"n":6}`},
		"one number":            {`"n":{"const":21}`, `"n":{"const":42}`, twice, `{"n":21}`, `{"n":42}`},
		"together":              {n(`"minimum":0,"allOf":[{"maximum":10},{"maximum":7}]`), n(`"minimum":0,"maximum":14`), twice, `{"n":7}`, `{"n":14}`},
		"one of two branches":   {n(`"anyOf":[{"minimum":0,"maximum":5},{"minimum":50,"maximum":70}]`), n(`"minimum":0,"maximum":140`), twice, `{"n":7}`, ``},
		"null or bounded": {
			`"n":{"type":["integer","null"],"minimum":0,"maximum":10}`, `"n":{"type":["integer","null"],"minimum":0,"maximum":20}`,
			[]string{`set: {path: "n?", expr: "this * 2"}`},
			`{"n":7}`, `{"n":14}`,
		},
		"optional": {
			`"n?":{"type":"integer","minimum":0,"maximum":10}`, n(`"minimum":-1,"maximum":20`),
			[]string{`set: {path: n, expr: "this.optMap(x, x * 2).orValue(-1)"}`},
			`{}`, `{"n":-1}`,
		},
		"elements": {list + `}`, `"l":{"type":"array","items":{"type":"integer","minimum":3,"maximum":27}}`, []string{`set: {path: "l[]", expr: "this * 3"}`}, `{"l":[1,9]}`, `{"l":[3,27]}`},
		"a macro": {
			list + `}`, list + `}|"all":{"type":"boolean"}`,
			[]string{`add: {path: all, expr: "owner.l.all(x, 100 / x > 10)"}`},
			`{"l":[1,9]}`, `{"l":[1,9],"all":true}`,
		},
		"loops in loops": {
			`"l":{"type":"array","maxItems":20,"items":{"type":"object","properties":{"n":{"type":"integer","minimum":0,"maximum":9},"t":{"type":"array","maxItems":9,"items":{"type":"string"}}},"required":["n","t"],"additionalProperties":false}}`,
			`"l":{"type":"array"}|"r":{"type":"boolean"}`,
			[]string{`add: {path: r, expr: "owner.l.all(a, owner.l.exists(b, a.n + b.n > 3)) || owner.l.exists(a, a.t.filter(x, x != '').exists(x, x == 'q'))"}`},
			`{"l":[{"n":1,"t":["q"]}]}`, `{"l":[{"n":1,"t":["q"]}],"r":true}`,
		},
		"asked for its size": {
			list + `}`, list + `}|"first":{"type":"integer","minimum":0,"maximum":9}|"two":{"type":"array","items":{"type":"integer"}}`,
			[]string{`add: {path: first, expr: "size(owner.l) > 0 ? owner.l[0] : 0"}`, `add: {path: two, expr: "size(owner.l) > 1 ? owner.l.slice(0, 2) : owner.l"}`},
			`{"l":[4]}`, ``,
		},
		"symbols": {
			`"e":{"enum":["A","B"]}`, `"e":{"enum":["A","B"]}|"r":{"enum":["A","B","C"]}`,
			[]string{`add: {path: r, expr: "owner.e == 'A' ? 'C' : owner.e"}`},
			`{"e":"B"}`, `{"e":"B","r":"B"}`,
		},
		"never empty": {list + `,"minItems":1}`, list + `}|"first":{"type":"integer"}`, []string{`add: {path: first, expr: "owner.l[0]"}`}, `{"l":[4]}`, ``},
		"long enough": {
			`"s":{"type":"string","minLength":3,"maxLength":8}`, `"s":{"type":"string"}`,
			[]string{`set: {path: s, expr: "this.substring(0, 3)"}`},
			`{"s":"Grüße"}`, `{"s":"Grü"}`,
		},
		"the size of a text": {`"s":{"type":"string","maxLength":8}`, `"s":{"type":"integer","minimum":0,"maximum":8}`, []string{`convert: {path: s, to: int64, expr: "size(this)"}`}, `{"s":"Grüße"}`, `{"s":5}`},
		"a divisor":          {n(`"minimum":1,"maximum":100`), n(`"minimum":0,"maximum":100`), []string{`set: {path: n, expr: "100 / this"}`}, `{"n":7}`, `{"n":14}`},
		"doubles": {
			`"n":{"type":"number","minimum":-1,"maximum":1}`, `"n":{"type":"number","minimum":-2,"maximum":2}`,
			[]string{`set: {path: n, expr: "this * 2.0"}`},
			`{"n":0.25}`, `{"n":0.5}`,
		},
		"doubles to whole numbers": {
			`"n":{"type":"number","minimum":0,"maximum":99.99}`, n(`"minimum":0,"maximum":9999`),
			[]string{`convert: {path: n, to: int64, expr: "int(this * 100.0)"}`},
			`{"n":1.25}`, `{"n":125}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := Verify(t.Context(), document(t, c.steps...), jsonSchema(t, c.from), jsonSchema(t, c.to))
			if err != nil {
				t.Fatal(err)
			}
			if v := h.Verdict; v.Outcome != Proved || !v.Total {
				t.Fatalf("got %s %+v, event %s", v.Outcome, v.Problems, v.Event)
			}
			p := plan.NewJSONPlan(h.Root, h.Source, plan.DefaultEventLimits())
			if out, f := p.Apply(nil, []byte(c.in), nil); c.out != "" && (f != nil || string(out) != c.out) {
				t.Errorf("got %s (%v), want %s", out, f, c.out)
			}
		})
	}
}

// TestBoundsDoNotDischarge: bounds that are too wide, hold in some branch only or
// are those of another value leave the failure open, and an event shows it.
func TestBoundsDoNotDischarge(t *testing.T) {
	n := func(keywords string) string { return `"n":{"type":"integer"` + keywords + `}` }
	twice := []string{`set: {path: n, expr: "this * 2"}`}
	const list = `"l":{"type":"array","items":{"type":"integer","minimum":1,"maximum":9}`
	for name, c := range map[string]struct {
		from, to            string
		steps               []string
		obligation, problem string
		event               string
	}{
		"no bound above":      {n(`,"minimum":0`), n(``), twice, "O4", "64 bits", `{"n":4611686018427387904}`},
		"a bound beyond":      {n(`,"minimum":0,"maximum":1e19`), n(``), twice, "O4", "64 bits", `{"n":4611686018427387904}`},
		"in one branch":       {n(`,"minimum":0,"anyOf":[{"maximum":5},{"minimum":50}]`), n(``), twice, "O4", "64 bits", `{"n":4611686018427387904}`},
		"it may be empty":     {list + `}`, list + `}|"first":{"type":"integer"}`, []string{`add: {path: first, expr: "owner.l[0]"}`}, "O4", "too short", `{"l":[]}`},
		"it may be too short": {`"s":{"type":"string","minLength":2}`, `"s":{"type":"string"}`, []string{`set: {path: s, expr: "this.substring(0, 3)"}`}, "O4", "too short", `{"s":"aa"}`},
		"zero":                {n(`,"minimum":0,"maximum":100`), n(``), []string{`set: {path: n, expr: "100 / this"}`}, "O4", "zero", `{"n":0}`},
		"the result is larger": {
			n(`,"minimum":0,"maximum":1000`), n(`,"minimum":0,"maximum":1999`), twice, "O5", "n", `{"n":1000}`,
		},
		"a constant of the type": {
			`"n?":{"type":"integer","maximum":5,"minimum":0}`, n(``),
			[]string{"require: {path: n, else: {value: 9000000000000000000}}", `set: {path: n, expr: "this * 2"}`},
			"O4", "64 bits", `{}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := Verify(t.Context(), document(t, c.steps...), jsonSchema(t, c.from), jsonSchema(t, c.to))
			if err != nil {
				t.Fatal(err)
			}
			v := h.Verdict
			if v.Outcome != Refuted || v.Problems[0].Obligation != c.obligation || !strings.Contains(v.Problems[0].Message, c.problem) {
				t.Fatalf("got %s %+v, event %s", v.Outcome, v.Problems, v.Event)
			}
			if string(v.Event) != c.event {
				t.Errorf("the event is %s, want %s", v.Event, c.event)
			}
		})
	}
}

// TestAssumeInt64: a document may take for granted that whole numbers fit 64 bits,
// and its verdict says so; what is computed from them still has to.
func TestAssumeInt64(t *testing.T) {
	s := jsonSchema(t, `"n":{"type":"integer"}`)
	for expr, want := range map[string]Outcome{"this / 2": Proved, "this * 2": Refuted} {
		text := "instar: upcast/v1\nfrom: 1\nto: 2\nassume: [int64]\nsteps:\n  - set: {path: n, expr: \"" + expr + "\"}\n"
		d, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		h, err := Verify(t.Context(), d, s, s)
		if err != nil {
			t.Fatal(err)
		}
		if v := h.Verdict; v.Outcome != want || len(v.Assumptions) != 1 || v.Assumptions[0] != "int64" {
			t.Errorf("%s: %s %+v, assumptions %v, event %s", expr, v.Outcome, v.Problems, v.Assumptions, v.Event)
		}
	}
}

// TestLoopsWithoutBounds: loops in loops over lists of any length are refused, with
// what takes most.
func TestLoopsWithoutBounds(t *testing.T) {
	for _, bound := range []string{``, `"maxItems":300,`} {
		s := jsonSchema(t, `"l":{"type":"array",`+bound+`"items":{"type":"array",`+bound+`"items":{"type":"string"}}}|"r":{"type":"boolean"}`)
		_, err := Verify(t.Context(), document(t, `set: {path: r, expr: "owner.l.exists(a, a.exists(b, b == 'x') || a.exists(b, b == 'y'))"}`), s, s)
		if err == nil || !strings.Contains(err.Error(), "most of them in owner.l.exists(") {
			t.Errorf("with %q: %v", bound, err)
		}
	}
}
