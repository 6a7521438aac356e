package jsonata_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/jsonata"
)

// evaluate gives the result as JSON; some is false if it is nothing.
func evaluate(t testing.TB, expr, input string, o jsonata.Options) (out string, some bool, err error) {
	t.Helper()
	in, err := jsonata.FromJSON(input, jsonx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := jsonata.Parse(expr, jsonata.Limits{})
	if err != nil {
		return "", false, err
	}
	b, some, err := e.Append(context.Background(), nil, in, o)
	return string(b), some, err
}

// TestH1NothingIsNotAResult: an expression that yields nothing says so.
func TestH1NothingIsNotAResult(t *testing.T) {
	for _, expr := range []string{"missing", "$sift($, function($v) {false})", "()", "a[b = 2]"} {
		if out, some, err := evaluate(t, expr, `{"a":{"b":1}}`, jsonata.Options{}); some || err != nil || out != "" {
			t.Errorf("%s: %q, some %v, %v", expr, out, some, err)
		}
	}
	if out, some, err := evaluate(t, "a", `{"a":null}`, jsonata.Options{}); !some || err != nil || out != "null" {
		t.Errorf("null: %q, some %v, %v", out, some, err)
	}
}

// TestH2NullIsNotAbsence: null members stay, absent ones do not appear.
func TestH2NullIsNotAbsence(t *testing.T) {
	const in = `{"a":null,"b":1,"old":[null,2]}`
	for _, c := range [][2]string{
		{`{"a": a, "b": b, "c": c}`, `{"a":null,"b":1}`},
		{`$merge([$sift($, function($v, $k) {$k != "old"}), {"new": old}])`, `{"a":null,"b":1,"new":[null,2]}`},
		{`$merge([$, {"b": null}])`, `{"a":null,"b":null,"old":[null,2]}`},
		{`$ ~> |$|{"n": null}, "b"|`, `{"a":null,"old":[null,2],"n":null}`},
		{`$sift($, function($v) {$v = null})`, `{"a":null}`},
		{`$spread($)[0]`, `{"a":null}`},
		{`$map(old, function($v) {$v})`, `[null,2]`},
		{`[a, c, b]`, `[null,1]`},
		{`$each($, function($v, $k) {{$k: $v}})`, `[{"a":null},{"b":1},{"old":[null,2]}]`},
		{`{"x": {"y": a}}`, `{"x":{"y":null}}`},
		{`$exists(a) and $not($exists(c))`, `true`},
		{`$keys($)`, `["a","b","old"]`},
		{`$clone($)`, `{"a":null,"b":1,"old":[null,2]}`},
		{`$lookup($, "a")`, `null`},
		{`a ?? 1`, `null`},
		{`$string($)`, `"{\"a\":null,\"b\":1,\"old\":[null,2]}"`},
		{`old[0]`, `null`},
		{`*[0]`, `null`},
		{`$merge([{"a": 1}, {"a": a}])`, `{"a":null}`},
		{`$reduce(old, function($x, $y) {[$x,$y]})`, `[null,2]`},
	} {
		expr, want := c[0], c[1]
		if out, _, err := evaluate(t, expr, in, jsonata.Options{}); err != nil || out != want {
			t.Errorf("%s\n got %s (%v)\nwant %s", expr, out, err, want)
		}
	}
}

// TestH3NumbersStayExact: integers of any size, and the text of what nobody
// computes with.
func TestH3NumbersStayExact(t *testing.T) {
	const in = `{"id":9007199254740993,"neg":-9223372036854775808,"u":18446744073709551615,"big":123456789012345678901234567890,"p":1.10,"e":1E+2,"z":0.0}`
	for _, c := range [][2]string{
		{`$`, in},
		{`$merge([$, {"id": id}])`, in},
		{`$ ~> |$|{"id": id}|`, in},
		{`$clone($)`, in},
		{`$string(id)`, `"9007199254740993"`},
		{`"#" & u`, `"#18446744073709551615"`},
		{`id + 1`, `9007199254740994`},
		{`neg - 1`, `-9223372036854775809`},
		{`u + 1`, `18446744073709551616`},
		{`big * 10`, `1234567890123456789012345678900`},
		{`big % 7`, `0`},
		{`big / 10`, `12345678901234567890123456789`},
		{`-neg`, `9223372036854775808`},
		{`-9223372036854775808`, `-9223372036854775808`},
		{`3037000500 * 3037000500`, `9223372037000250000`},
		{`$sum([id, id])`, `18014398509481986`},
		{`$max([id, 9007199254740992])`, `9007199254740993`},
		{`$number("9007199254740993")`, `9007199254740993`},
		{`$round(id)`, `9007199254740993`},
		{`$round(id, -1)`, `9007199254740990`},
		{`$abs(neg)`, `9223372036854775808`},
		{`$power(3, 40)`, `12157665459056928801`},
		{`$formatBase(u, 16)`, `"ffffffffffffffff"`},
		{`$formatNumber(id, "#,##0")`, `"9,007,199,254,740,993"`},
		{`$formatInteger(u, "0")`, `"18446744073709551615"`},
		{`id = 9007199254740992`, `false`},
		{`[id][$ > 9007199254740992]`, `9007199254740993`},
		{`$distinct([id, 9007199254740992, id])`, `[9007199254740993,9007199254740992]`},
		{`p = 1.1`, `true`},
		{`p + 0`, `1.1`},
		{`[p, e]`, `[1.10,1E+2]`},
		{`e + 0`, `100`},
		{`7 / 2`, `3.5`},
		{`6 / 2`, `3`},
		{`0.1 + 0.2`, `0.30000000000000004`},
		{`1e21 + 0.5`, `1e+21`},
	} {
		expr, want := c[0], c[1]
		if out, _, err := evaluate(t, expr, in, jsonata.Options{}); err != nil || out != want {
			t.Errorf("%s\n got %s (%v)\nwant %s", expr, out, err, want)
		}
	}
}

// TestH5NoFunctionInAResult: what is no JSON value fails, and is not left out.
func TestH5NoFunctionInAResult(t *testing.T) {
	for _, expr := range []string{`$sum`, `{"a": function($x) {$x}}`, `[/a/]`, `{"a": {"b": $substring(?, 1)}}`} {
		if out, some, err := evaluate(t, expr, `{}`, jsonata.Options{}); some || code(err) != "X1006" {
			t.Errorf("%s: %q, %v, %v", expr, out, some, err)
		}
	}
}

func code(err error) string {
	var e *jsonata.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

// TestH9Budgets: every way to take time or memory ends, with the limit by name.
func TestH9Budgets(t *testing.T) {
	text := strings.Repeat("ab ", 40_000)
	in := `{"s":"` + text + `","l":[1,2,3]}`
	for name, x := range map[string]struct{ expr, code string }{
		"recursion":               {`($f := function($x) {1 + $f($x)}; $f(1))`, "D1011"},
		"tail recursion":          {`($f := function($x) {$f($x)}; $f(1))`, "D1012"},
		"mutual tail recursion":   {`($f := function($x) {$g($x)}; $g := function($x) {$f($x)}; $f(1))`, "D1012"},
		"range":                   {`[1..100000000]`, "D2014"},
		"huge range":              {`[-9223372036854775807..9223372036854775807]`, "D2014"},
		"doubling text":           {`($f := function($s, $n) {$n = 0 ? $s : $f($s & $s, $n - 1)}; $f("x", 60))`, "D1012"},
		"doubling list":           {`($f := function($s, $n) {$n = 0 ? $s : $f($append($s, $s), $n - 1)}; $f([1,2], 60))`, "D1012"},
		"doubling object":         {`($f := function($s, $n) {$n = 0 ? $s : $f({"a": $s, "b": $s}, $n - 1)}; $string($f(1, 60)))`, "X1005"},
		"doubling by join":        {`($f := function($s, $n) {$n = 0 ? $s : $f($join([$s, $s]), $n - 1)}; $f("x", 60))`, "D1012"},
		"doubling by replace":     {`($f := function($s, $n) {$n = 0 ? $s : $f($replace($s, "x", "xx"), $n - 1)}; $f("x", 60))`, "D1012"},
		"doubling by constructor": {`($f := function($s, $n) {$n = 0 ? $s : $f([$s, $s], $n - 1)}; $f([1,2], 60))`, "D1012"},
		"deep value":              {`$string($reduce([1..3000], function($a, $i) {{"a": $a}}))`, "D1011"},
		"deep equality":           {`($f := function() {$reduce([1..3000], function($a, $i) {{"a": $a}})}; $f() = $f())`, "D1011"},
		"deep clone":              {`$clone($reduce([1..3000], function($a, $i) {{"a": $a}}))`, "D1011"},
		"deep truth":              {`$boolean($reduce([1..3000], function($a, $i) {[[$a]]}))`, "D1011"},
		"deep result":             {`$reduce([1..3000], function($a, $i) {{"a": $a}})`, "D1011"},
		"padding":                 {`$pad("", 100000000)`, "X1005"},
		"padding with much":       {`$pad("", 8000000) & $pad("", 8000000) & $pad("", 8000000) & $pad("", 8000000) & $pad("", 8000000)`, "D1012"},
		"product":                 {`$map([1..1000], function($x) {$map([1..1000], function($y) {$x})})`, "D1012"},
		"patterns":                {`$map([1..1000], function($x) {$count($match(s, /(a)(b)? /))})`, "D1012"},
		"sort":                    {`$sort([1..200000], function($a, $b) {$a < $b})`, "D1012"},
		"power":                   {`$power(10, 1000000000)`, "D3061"},
		"product of integers":     {`($f := function($x, $n) {$n = 0 ? $x : $f($x * $x, $n - 1)}; $f(3, 60))`, "D1001"},
		"composition":             {`($f := function($g, $n) {$n = 0 ? $g : $f($g ~> $g, $n - 1)}; $f(function($x) {$x}, 60)(1))`, "D1012"},
		"partial application":     {`($f := function($g, $n) {$n = 0 ? $g : $f($g(?), $n - 1)}; $f(function($x) {$x}, 3000)(1))`, "D1011"},
		"descendants":             {`$map([1..100000], function($x) {**})`, "D1012"},
		"indexes":                 {`($l := [1..3000]; $l[$l])`, "D1012"},
		"signature":               {`function(` + strings.Repeat("$a,", 39) + `$a)<` + strings.Repeat("x?", 40) + `n:n>{1}(` + strings.Repeat("1,", 39) + `"a")`, "T0410"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := evaluate(t, x.expr, in, jsonata.Options{})
			if got := code(err); got != x.code {
				t.Errorf("got %s (%v), want %s", got, err, x.code)
			}
		})
	}
}

// TestH11TheTypeOfTheResult: the caller sees what the result is.
func TestH11TheTypeOfTheResult(t *testing.T) {
	e, err := jsonata.Parse(`a`, jsonata.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]bool{`{"a":{"b":1}}`: true, `{"a":[1]}`: false, `{"a":"x"}`: false, `{"a":null}`: false, `{}`: false} {
		v, _ := jsonata.FromJSON(in, jsonx.Limits{})
		out, err := e.Evaluate(context.Background(), v, jsonata.Options{})
		if _, isObject := out.(*jsonata.Object); err != nil || isObject != want {
			t.Errorf("%s: %T, %v", in, out, err)
		}
	}
}
