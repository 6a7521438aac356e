package jsonata_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/jsonata"
)

// TestPlaces: errors of syntax and of evaluation name line and column.
func TestPlaces(t *testing.T) {
	for name, x := range map[string]struct {
		expr, code string
		line, col  int
	}{
		"syntax":            {"{\n  \"a\": 1,\n  \"b\" 2\n}", "S0202", 3, 7},
		"end":               {"(1 + ", "S0203", 1, 6},
		"text":              {"1 &\n \"abc", "S0101", 2, 2},
		"operator":          {"\n\n 1 + \"a\"", "T2002", 3, 4},
		"call":              {"a.(\n$nope(1))", "T1006", 2, 6},
		"argument":          {"é & $uppercase(1)", "T0410", 1, 15},
		"pattern":           {"$match(a, /(?=x)/)", "X1001", 1, 11},
		"transform":         {"$ ~> |$|5|", "T2011", 1, 9},
		"member":            {"{\"a\": {1: 2}}", "T1003", 1, 7},
		"depth":             {"($f := function($x) {1 + $f($x)}; $f(1))", "D1011", 1, 22},
		"parent":            {"a.%.%", "S0217", 1, 1},
		"bad regex in path": {"a.b[$contains($, /(/)]", "S0302", 1, 18},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := evaluate(t, x.expr, `{"a":{"b":1}}`, jsonata.Options{})
			var e *jsonata.Error
			if !errors.As(err, &e) {
				t.Fatalf("no error: %v", err)
			}
			if e.Code != x.code || e.Problem.Line != x.line || e.Problem.Column != x.col {
				t.Errorf("got %s at %d:%d (%v)", e.Code, e.Problem.Line, e.Problem.Column, err)
			}
		})
	}
}

func TestLimitsOfText(t *testing.T) {
	for name, x := range map[string]struct{ expr, limit string }{
		"size":       {strings.Repeat(" ", 65<<10) + "1", "jsonata-text"},
		"nodes":      {"[" + strings.Repeat("1,", 25_000) + "1]", "jsonata-nodes"},
		"brackets":   {strings.Repeat("(", 10_000), "jsonata-nesting"},
		"lists":      {strings.Repeat("[", 600) + strings.Repeat("]", 600), "jsonata-nesting"},
		"operators":  {strings.Repeat("1&", 10_000) + "1", "jsonata-nesting"},
		"minus":      {strings.Repeat("-", 10_000) + "1", "jsonata-nesting"},
		"path":       {strings.Repeat("a.", 10_000) + "a", "jsonata-nesting"},
		"filters":    {"a" + strings.Repeat("[0]", 10_000), "jsonata-nesting"},
		"calls":      {"$f" + strings.Repeat("()", 10_000), "jsonata-nesting"},
		"pattern":    {"/" + strings.Repeat("a", 5_000) + "/", "jsonata-pattern"},
		"repetition": {"/" + strings.Repeat("(a{100}){10}", 12) + "/", "jsonata-pattern-size"},
		"signature":  {"function($a)<" + strings.Repeat("x?", 100) + ">{1}", "jsonata-parameters"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := jsonata.Parse(x.expr, jsonata.Limits{})
			var e *jsonata.Error
			if !errors.As(err, &e) || e.Problem.Limit != x.limit {
				t.Errorf("got %v, want limit %s", err, x.limit)
			}
		})
	}
	if _, err := jsonata.Parse(strings.Repeat("a & ", 400)+"a", jsonata.Limits{}); err != nil {
		t.Errorf("an ordinary expression is refused: %v", err)
	}
}

func TestLowerLimits(t *testing.T) {
	const deep = `($f := function($n) {$n = 0 ? 0 : 1 + $f($n - 1)}; $f(20))`
	if out, _, err := evaluate(t, deep, `{}`, jsonata.Options{}); err != nil || out != "20" {
		t.Fatalf("%s, %v", out, err)
	}
	if _, _, err := evaluate(t, deep, `{}`, jsonata.Options{Depth: 30}); code(err) != "D1011" {
		t.Errorf("a lower depth is not kept: %v", err)
	}
	if _, _, err := evaluate(t, deep, `{}`, jsonata.Options{Steps: 50}); code(err) != "D1012" {
		t.Errorf("fewer steps are not kept: %v", err)
	}
}

func TestSources(t *testing.T) {
	millis := int64(1_510_067_557_121)
	next := 0.0
	given := jsonata.Options{Sources: jsonata.Sources{Millis: &millis, Random: func() float64 { next += 0.1; return next - 0.1 }}}
	for expr, want := range map[string]string{
		`$millis()`:                           "1510067557121",
		`$now()`:                              `"2017-11-07T15:12:37.121Z"`,
		`$now("[Y]")`:                         `"2017"`,
		`$millis() = $millis()`:               "true",
		`$toMillis("10:11", "[H]:[m]")`:       "1510049460000",
		`$count($distinct($shuffle([1..5])))`: "5",
		`$length($uuid())`:                    "36",
	} {
		if next = 0; true {
			if out, _, err := evaluate(t, expr, `{}`, given); err != nil || out != want {
				t.Errorf("%s: %s, %v", expr, out, err)
			}
		}
	}
	for _, expr := range []string{`$millis()`, `$now()`, `$random()`, `$shuffle([1,2])`, `$uuid()`, `$toMillis("10:11", "[H]:[m]")`} {
		if _, _, err := evaluate(t, expr, `{}`, jsonata.Options{}); code(err) != "X1002" {
			t.Errorf("%s without a source: %v", expr, err)
		}
	}
}

func TestNotes(t *testing.T) {
	e, err := jsonata.Parse("{\n\"a\": $now(), \"b\": $foo(1), \"c\": $map(x, $random),\n\"d\": ($f := function($y) {$y}; $f(1)), \"e\": $eval(\"1\"), \"g\": $foo(2), \"h\": $bar(?)}", jsonata.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Unknown(); !slices.Equal(got, []string{"foo", "bar"}) {
		t.Errorf("unknown: %v", got)
	}
	var names []string
	for _, n := range e.Notes() {
		names = append(names, n.Function)
		if n.What == "" || !n.IsValid() {
			t.Errorf("note without sentence or place: %+v", n)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"bar", "eval", "foo", "foo", "now", "random"}) {
		t.Errorf("notes: %v", names)
	}
	if len(e.Warnings()) != len(e.Notes()) {
		t.Error("a note has no warning")
	}
	clean, err := jsonata.Parse(`a@$x.b#$i[$x = $i].($y := 1; $string($y) & $$.c)`, jsonata.Limits{})
	if err != nil || len(clean.Notes()) > 0 {
		t.Errorf("%v, %v", clean.Notes(), err)
	}
}

// TestInputStays: no evaluation changes its input, not even a transform.
func TestInputStays(t *testing.T) {
	const in = `{"a":{"b":[{"c":1},{"c":2}]},"x":{"y":1}}`
	for _, expr := range []string{
		`$ ~> |a.b|{"c": 9}, "c"|`, `$ ~> |$$.a|{"z": 1}|`, `($v := x; $ ~> |$v|{"y": 2}|)`, `$merge([$, {"a": 1}])`, `$sort(a.b, function($l, $r) {$l.c < $r.c})`,
		`($x := a.b; $append($x, 1); $x{"k": $})`, `a.b[]`, `$ ~> |a|{"s": $$.x}| ~> |a.s|{"y": 5}|`, `a.b^(>c)`, `$reverse(a.b)`, `$reduce(a.b, function($l, $r) {$append($l, $r)}, [])`,
	} {
		v, err := jsonata.FromJSON(in, jsonx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := jsonata.Parse(expr, jsonata.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Evaluate(context.Background(), v, jsonata.Options{}); err != nil {
			t.Errorf("%s: %v", expr, err)
		}
		same, err := jsonata.Parse(`$`, jsonata.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if out, _, _ := same.Append(context.Background(), nil, v, jsonata.Options{}); string(out) != in {
			t.Errorf("%s changed its input to %s", expr, out)
		}
	}
}

func TestVariablesAndContext(t *testing.T) {
	out, _, err := evaluate(t, `$who & $n`, `{}`, jsonata.Options{Variables: map[string]jsonata.Value{"who": "me", "n": int64(3)}})
	if err != nil || out != `"me3"` {
		t.Errorf("%s, %v", out, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	e, err := jsonata.Parse(`$map([1..5000], function($x) {$x})`, jsonata.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Evaluate(ctx, nil, jsonata.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled evaluation goes on: %v", err)
	}
}

// FuzzExpression: no text of an expression makes a panic, and what is evaluated
// stays within its bounds.
func FuzzExpression(f *testing.F) {
	for _, x := range []string{
		`a.b[c=1]^(>d){e: $sum(f)}`, `$ ~> |a|{"b": 1}, ["c"]|`, `a@$x#$i.b.%.c`, `($f := function($x)<n-:n>{$f($x)}; $f(1))`, `$replace("a", /(a)|b/i, "$1")`,
		`$fromMillis(0, "[Y0001]-[MNn,3-3]")`, `$formatNumber(1.5, "#,##0.0#;(0)")`, `**[$type($) = "number"] ~> $sort()`, `[1..9]#$i[$i % 2 = 0]`,
		`$toMillis("1 Jan 2020", "[D] [MNn,3-3] [Y]")`, `a ?? b ?: c ? d : e`, `$map(a, $string(?))`, `$formatInteger(12, "Ww;o")`, "`a`.\"b\".'c'", `{"a": a}{b: c}`,
	} {
		f.Add(x)
	}
	in, err := jsonata.FromJSON(`{"a":[{"b":1,"c":[1,2,{"d":null}]},{"b":2.50,"c":"x"}],"d":{"e":"f"},"s":"2020-01-01"}`, jsonx.Limits{})
	if err != nil {
		f.Fatal(err)
	}
	limits := jsonata.Limits{Text: 2_000, Steps: 20_000, Depth: 200, Result: 64 << 10}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := jsonata.Parse(text, limits)
		if err != nil {
			checkError(t, err)
			return
		}
		out, some, err := e.Append(context.Background(), nil, in, jsonata.Options{})
		if err != nil {
			checkError(t, err)
			return
		}
		if some {
			if len(out) > limits.Result {
				t.Errorf("a result of %d bytes", len(out))
			}
			if _, err := jsonx.Parse(string(out), jsonx.Limits{Depth: 1000, Lenient: true}); err != nil {
				t.Errorf("the result is no JSON: %s: %v", out, err)
			}
		}
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	var bug *schema.Bug
	if errors.As(err, &bug) {
		t.Fatal(err)
	}
	var e *jsonata.Error
	if !errors.As(err, &e) || e.Problem.What == "" || e.Code == "" {
		t.Errorf("an error without a sentence: %#v", err)
	}
}
