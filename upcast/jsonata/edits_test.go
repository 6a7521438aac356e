package jsonata

import (
	"fmt"
	"testing"
)

func TestEdits(t *testing.T) {
	for expr, want := range map[string]string{
		`$merge([$sift($, function($v, $k) {$k != 'a'}), {'b': $.'a'}])`:                               "[{[] true [a] [{b [a]  []}]}]",
		`$merge([$sift($, function($v, $k) {$k != 'a' and 'c' != $k}), {'b': a}, {"d": 1}, {"b": c}])`: "[{[] true [a c] [{d [] 1 []} {b [c]  []}]}]",
		`$merge([$sift($, function($v, $k) {$not($k in ["a", "b"])})])`:                                "[{[] true [a b] []}]",
		`$merge([$$, {"n": null, "t": true}])`:                                                         "[{[] true [] [{n [] null []} {t [] true []}]}]",
		`($merge([$, {"a": {"b": c.d, "e": "x"}}]))`:                                                   "[{[] true [] [{a []  [{b [c d]  []} {e [] \"x\" []}]}]}]",
		`$ ~> |$|{"a": b}, "b"|`:                                                                       "[{[] true [b] [{a [b]  []}]}]",
		`$ ~> |x.y|{"a": 1}| ~> |$|{}, ["b", "c"]|`:                                                    "[{[x y] true [] [{a [] 1 []}]} {[] true [b c] []}]",
		`$ ~> |$|{"a": 1, "b": 2}, "a"|`:                                                               "[{[] true [a] [{b [] 2 []}]}]",
		`$sift($, function($v, $k) {$not($k = "a")})`:                                                  "[{[] true [a] []}]",
		`{"a": a, "b": c.d}`:                                                                           "[{[] false [] [{a [a]  []} {b [c d]  []}]}]",
		// What is not recognised.
		`$merge([$, a])`: "[]", `$merge(x)`: "[]", `$sift($, function($v) {$v})`: "[]", `{"a": $string(b)}`: "[]", `a`: "[]", `{"a": b[0]}`: "[]", `{"a": b[]}`: "[]",
		`$ ~> |$|{"a": b}, c|`: "[]", `x ~> |$|{"a": b}|`: "[]", `{a: b}`: "[]", `$ ~> |*|{}|`: "[]", `$merge([{"a": 1}, $])`: "[]", `{"a": %.b}`: "[]", `$ ~> $keys`: "[]",
		`$merge([$sift($, function($v, $k) {$k != 'a' or $v}), {}])`: "[]", `$sift($, function($v, $k) {$k in ["a"]})`: "[]", `{"a": b.*}`: "[]", `{"a": 1 + 1}`: "[]",
		`$sift(x, function($v, $k) {$k != "a"})`: "[]", `{"a": b@$x.c}`: "[]", `{"a": 1, "a": 2}`: "[]",
	} {
		// Parse refuses nothing here, so that the forms are told apart by Edits.
		e, err := Parse(expr, Limits{})
		if err != nil && expr != `{"a": %.b}` {
			t.Errorf("%s: %v", expr, err)
		}
		if err != nil {
			continue
		}
		if got := fmt.Sprint(e.Edits()); got != want {
			t.Errorf("%s\n got %s\nwant %s", expr, got, want)
		}
	}
}
