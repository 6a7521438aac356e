package upcast

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// The holes that other implementations of migration rules have, each as a case.

var jsonLimits = jsonx.EventLimits(schema.DefaultLimits())

// ends carries an event and reports the code of its failure.
func ends(t *testing.T, h *RuleHop, event, code, reason string) {
	t.Helper()
	got, _, f := carry(t, h, event)
	if f == nil || f.Code != code || !strings.Contains(f.Error(), reason) {
		t.Errorf("got %s, want %s with %q", got, code, reason)
	}
}

// TestH1: an expression that yields nothing fails the event.
func TestH1NothingFails(t *testing.T) {
	s := closedObject(t, `a:"integer"`)
	for _, expr := range []string{`missing`, `$sift($, function($v) {false})`, `()`} {
		for _, kind := range []string{"TRANSFORM", "CONDITION"} {
			r := rule("UPDOWN", expr)
			r.Kind = kind
			ends(t, ruleHop(t, rules(r), Upgrade, s, s), `{"a":1}`, FailRule, "yields nothing")
			ends(t, ruleHop(t, rules(r), Downgrade, s, s), `{"a":1}`, FailRule, "yields nothing")
		}
	}
}

// TestH2: null members stay, absent ones stay absent.
func TestH2NullStays(t *testing.T) {
	from := jsonSchema(t, `{"type":"object","properties":{"a":{"type":["null","integer"]},"n":{"type":["null","string"]}}}`)
	to := jsonSchema(t, `{"type":"object","properties":{"b":{"type":["null","integer"]},"n":{"type":["null","string"]}},"additionalProperties":false}`)
	for event, want := range map[string]string{`{"a":null,"n":null}`: `{"n":null,"b":null}`, `{"n":null}`: `{"n":null}`, `{"a":1}`: `{"b":1}`} {
		if got, _, _ := carry(t, ruleHop(t, renamed("a", "b"), Upgrade, from, to), event); got != want {
			t.Errorf("%s: %s, want %s", event, got, want)
		}
	}
	avro := avroSchema(t, id+`,{"name":"a","type":["null","string"]}`)
	avro2 := avroSchema(t, id+`,{"name":"b","type":["null","string"]}`)
	if got, _, _ := carry(t, ruleHop(t, renamed("a", "b"), Upgrade, avro, avro2), `{"id":"x","a":null}`); got != `{"id":"x","b":null}` {
		t.Errorf("Avro: %s", got)
	}
}

// TestH3: integers beyond 2⁵³ and the text of numbers survive.
func TestH3NumbersSurvive(t *testing.T) {
	from, to := jsonSchema(t, `{"type":"object","required":["a"]}`), jsonSchema(t, `{"type":"object","required":["b"]}`)
	got, _, _ := carry(t, ruleHop(t, renamed("a", "b"), Upgrade, from, to), `{"big":123456789012345678901234567890,"d":1.10,"a":9007199254740993}`)
	if want := `{"big":123456789012345678901234567890,"d":1.10,"b":9007199254740993}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for format, s := range map[string][2]schema.Parsed{
		"Avro":     {avroSchema(t, `{"name":"a","type":"long"}`), avroSchema(t, `{"name":"b","type":"long"}`)},
		"Protobuf": {orderMessage(t, "fixed64 a = 1;"), orderMessage(t, "fixed64 b = 1;")},
	} {
		event, want := `{"a":9223372036854775807}`, `{"b":9223372036854775807}`
		if format == "Protobuf" {
			event, want = `{"a":"18446744073709551615"}`, `{"b":"18446744073709551615"}`
		}
		if got, _, _ := carry(t, ruleHop(t, renamed("a", "b"), Upgrade, s[0], s[1]), event); got != want {
			t.Errorf("%s: %s, want %s", format, got, want)
		}
	}
}

// TestH4: a rule sees one shape in each format, and one that is written for
// another shape is a gap, not a surprise.
func TestH4OneShape(t *testing.T) {
	avro := avroSchema(t, `{"name":"u","type":["null","string"]}`)
	r := rule("UPGRADE", `{"u": {"string": u.string & "!"}}`)
	if got, _, _ := carry(t, ruleHop(t, rules(r), Upgrade, avro, avro), `{"u":{"string":"x"}}`); got != `{"u":{"string":"x!"}}` {
		t.Errorf("Avro: %s", got)
	}
	proto := orderMessage(t, "int64 n = 1;")
	r.Expr = `{"n": $string($number(n) + 1)}`
	if got, _, _ := carry(t, ruleHop(t, rules(r), Upgrade, proto, proto), `{"n":"9007199254740993"}`); got != `{"n":"9007199254740994"}` {
		t.Errorf("Protobuf: %s", got)
	}
	r.Params = map[string]string{"instar.shape": "go"}
	if h := ruleHop(t, rules(r), Upgrade, proto, proto); !strings.Contains(h.Gap(), `the shape "go"`) {
		t.Errorf("gap %q", h.Gap())
	}
	r.Params["instar.shape"] = "java"
	if h := ruleHop(t, rules(r), Upgrade, proto, proto); h.Gap() != "" {
		t.Errorf("gap %q", h.Gap())
	}
}

// TestH5: a rule that fails in silence leaves no half-migrated event.
func TestH5NoHalfMigratedEvent(t *testing.T) {
	from, to := closedObject(t, `a:"integer"`), closedObject(t, `b:"integer"`)
	for _, expr := range []string{`$error("x")`, `missing`, `$foo`} {
		r := rule("UPGRADE", expr)
		r.OnFailure = "NONE"
		ends(t, ruleHop(t, rules(r), Upgrade, from, to), `{"a":1}`, FailOutput, "no event of the target version")
	}
	first, second := renamed("a", "b").Migration[0], rule("UPGRADE", `$error("x")`)
	second.OnFailure = "NONE"
	if got, _, _ := carry(t, ruleHop(t, rules(first, second), Upgrade, from, to), `{"a":1}`); got != `{"b":1}` {
		t.Errorf("a failure that does not matter: %s", got)
	}
}

// TestH6: a version without rules is derived where that is proved, and a gap
// where it is not.
func TestH6NoSilentGap(t *testing.T) {
	versions := []RuleVersion{
		{Number: 1, Schema: avroSchema(t, id+`,{"name":"qty","type":"int"}`)},
		{Number: 2, Schema: avroSchema(t, id+`,{"name":"qty","type":"long"},{"name":"note","type":"string","default":"-"}`)},
		{Number: 3, Schema: avroSchema(t, id+`,{"name":"amount","type":"long"},{"name":"note","type":"string","default":"-"}`), Rules: renamed("qty", "amount")},
		{Number: 4, Schema: avroSchema(t, id+`,{"name":"total","type":"long"}`)},
		{Number: 5, Schema: avroSchema(t, id+`,{"name":"total","type":"long"}`)},
	}
	if got := along(t, versions, 1, 3, `{"id":"a","qty":2}`); got != `{"id":"a","amount":2,"note":"-"}` {
		t.Errorf("derived, then rules: %s", got)
	}
	if got := along(t, versions, 4, 5, `{"id":"a","total":2}`); got != `{"id":"a","total":2}` {
		t.Errorf("equal versions: %s", got)
	}
	_, err := RuleWay(t.Context(), versions, 1, 5, RuleOptions{Place: "SERVER"})
	var gap *RuleGap
	if !errors.As(err, &gap) || gap.From != 3 || gap.To != 4 || !strings.Contains(gap.Why, "total") {
		t.Errorf("got %v", err)
	}
	versions[2].Rules.EnableAt = "CLIENT"
	if _, err = RuleWay(t.Context(), versions, 1, 3, RuleOptions{Place: "SERVER"}); !errors.As(err, &gap) || gap.From != 2 {
		t.Errorf("rules that are carried out elsewhere: %v", err)
	}
	if _, err = RuleWay(t.Context(), versions, 1, 3, RuleOptions{Place: "CLIENT"}); err != nil {
		t.Errorf("rules that are carried out here: %v", err)
	}
	for _, pair := range [][2]int{{1, 9}, {0, 3}, {9, 10}} {
		if _, err = RuleWay(t.Context(), versions, pair[0], pair[1], RuleOptions{}); !errors.As(err, &gap) {
			t.Errorf("%v: %v", pair, err)
		}
	}
}

// TestH7: a version that was deleted for good does not end the way; its rules
// lead over it.
func TestH7DeletedVersion(t *testing.T) {
	versions := []RuleVersion{
		{Number: 1, Schema: closedObject(t, `a:"integer"`)},
		{Number: 2, Rules: renamed("a", "b")},
		{Number: 3, Schema: closedObject(t, `c:"integer"`), Rules: renamed("b", "c")},
	}
	if got := along(t, versions, 1, 3, `{"a":1}`); got != `{"c":1}` {
		t.Errorf("up: %s", got)
	}
	if got := along(t, versions, 3, 1, `{"c":1}`); got != `{"a":1}` {
		t.Errorf("down: %s", got)
	}
	var gap *RuleGap
	if _, err := RuleWay(t.Context(), versions, 2, 3, RuleOptions{Place: "SERVER"}); !errors.As(err, &gap) {
		t.Errorf("from the deleted version: %v", err)
	}
}

// TestH8: a hop is read once; carrying an event reads no expression.
func TestH8ReadOnce(t *testing.T) {
	s := closedObject(t, `a:"integer"`)
	cost := func(expr string) float64 {
		h := ruleHop(t, rules(rule("UPGRADE", expr)), Upgrade, s, s)
		return testing.AllocsPerRun(20, func() {
			if _, f, err := h.Apply(t.Context(), []byte(`{"a":1}`), RuleRun{}); f != nil || err != nil {
				t.Fatal(f, err)
			}
		})
	}
	short := cost(`a = 1 ? $ : {"x": 1}`)
	long := cost(`a = 1 ? $ : [` + strings.Repeat(`{"x": 1},`, 3_000) + `0]`)
	if long > short+5 {
		t.Errorf("an expression that is not reached costs %v allocations, %v without it", long, short)
	}
}

// TestH9: an event that takes too much ends with the limit by name, and the depth
// may be lowered by the rule.
func TestH9Budget(t *testing.T) {
	s := jsonSchema(t, `{"type":"object"}`)
	ends(t, ruleHop(t, rules(rule("UPGRADE", `($f := function($x) {$f($x)}; $f(1))`)), Upgrade, s, s), `{}`, FailRule, "jsonata-steps")
	ends(t, ruleHop(t, rules(rule("UPGRADE", `($f := function($x) {1 + $f($x)}; $f(1))`)), Upgrade, s, s), `{}`, FailRule, "jsonata-depth is 1000")
	ends(t, ruleHop(t, rules(rule("UPGRADE", `{"a": $map([1..400], function($x) {$$.s})}`)), Upgrade, s, s), `{"s":"`+strings.Repeat("x", 30_000)+`"}`, FailOutput, "jsonata-result")
	r := rule("UPGRADE", `{"a": {"a": {"a": {"a": 1}}}}`)
	r.Params = map[string]string{"jsonata.max.depth": "3"}
	ends(t, ruleHop(t, rules(r), Upgrade, s, s), `{}`, FailRule, "jsonata-depth is 3")
	for _, bad := range []string{"0", "-1", "x"} {
		r.Params["jsonata.max.depth"] = bad
		if h := ruleHop(t, rules(r), Upgrade, s, s); !strings.Contains(h.Gap(), "jsonata.max.depth") {
			t.Errorf("depth %q: gap %q", bad, h.Gap())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := ruleHop(t, rules(rule("UPGRADE", `{"a": $sum([1..9999])}`)), Upgrade, s, s).Apply(ctx, []byte(`{}`), RuleRun{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a request that has ended: %v", err)
	}
}

// TestH10: an expression is read when it is stored; a blank one is none.
func TestH10ReadWhenStored(t *testing.T) {
	s := closedObject(t, `a:"integer"`)
	for _, expr := range []string{"", "  ", "/* nothing */", "{", "$merge([$"} {
		r := rule("UPGRADE", expr)
		if _, err := CheckRule(&r); err == nil {
			t.Errorf("%q is let in", expr)
		}
		h := ruleHop(t, rules(r), Upgrade, s, s)
		if !strings.Contains(h.Gap(), "cannot be read") {
			t.Errorf("%q: gap %q", expr, h.Gap())
		}
		ends(t, h, `{"a":1}`, FailRule, "cannot be read")
	}
}

// TestH11: a result that is no object fails.
func TestH11NotAnObject(t *testing.T) {
	s := jsonSchema(t, `{}`)
	for _, expr := range []string{`1`, `"x"`, `[$]`, `null`, `true`, `$sum`} {
		ends(t, ruleHop(t, rules(rule("UPGRADE", expr)), Upgrade, s, s), `{"a":1}`, FailRule, "does not yield an object")
	}
}

// TestH12: what goes in and what comes out is held to its schema.
func TestH12BothSidesAreChecked(t *testing.T) {
	for format, s := range map[string]struct {
		from, to schema.Parsed
		bad      string
	}{
		"JSON":     {closedObject(t, `a:"integer"`), closedObject(t, `b:"string"`), `{"a":"x"}`},
		"Avro":     {avroSchema(t, `{"name":"a","type":"int"}`), avroSchema(t, `{"name":"b","type":"string"}`), "\xff"},
		"Protobuf": {orderMessage(t, "int32 a = 1;"), orderMessage(t, "repeated string b = 1;"), "\xff"},
	} {
		h := ruleHop(t, renamed("a", "b"), Upgrade, s.from, s.to)
		if _, f, err := h.Apply(t.Context(), []byte(s.bad), RuleRun{}); err != nil || f == nil || f.Code != plan.FailInput {
			t.Errorf("%s: in: %v, %v", format, f, err)
		}
		ends(t, h, `{"a":1}`, FailOutput, "no event of the target version")
	}
}

// TestH13: a rule of a type, kind, action or function that is not known makes the
// hop a gap.
func TestH13UnknownIsAGap(t *testing.T) {
	from, to := closedObject(t, `a:"integer"`), closedObject(t, `b:"integer"`)
	good := renamed("a", "b").Migration[0]
	for what, change := range map[string]func(*MigrationRule){
		`of type "CEL"`:         func(r *MigrationRule) { r.Type = "CEL" },
		`of type "CEL_FIELD"`:   func(r *MigrationRule) { r.Type = "CEL_FIELD" },
		`of type ""`:            func(r *MigrationRule) { r.Type = "" },
		`of kind "TRANSMUTE"`:   func(r *MigrationRule) { r.Kind = "TRANSMUTE" },
		`the action "EMAIL"`:    func(r *MigrationRule) { r.OnFailure = "EMAIL" },
		`the action "NONE,DLQ"`: func(r *MigrationRule) { r.OnSuccess = "NONE,DLQ" }, // a pair needs UPDOWN
		"$fancy is no function": func(r *MigrationRule) { r.Expr = `$fancy($)` },
		"$eval is refused":      func(r *MigrationRule) { r.Expr = `$eval("$")` },
	} {
		bad := good
		bad.Name = "bad"
		change(&bad)
		for _, set := range []*RuleSet{rules(bad), rules(good, bad)} {
			h := ruleHop(t, set, Upgrade, from, to)
			if !strings.Contains(h.Gap(), what) {
				t.Errorf("%s: gap %q", what, h.Gap())
			}
			ends(t, h, `{"a":1}`, FailRule, what)
			_, err := RuleWay(t.Context(), []RuleVersion{{Number: 1, Schema: from}, {Number: 2, Schema: to, Rules: set}}, 1, 2, RuleOptions{Place: "SERVER"})
			var gap *RuleGap
			if !errors.As(err, &gap) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
}

// TestH14: going down takes the rules of the newer version of each hop.
func TestH14RulesOfTheNewerVersion(t *testing.T) {
	mark := func(name string) *RuleSet {
		return rules(rule("UPGRADE", `$merge([$, {"s": s & "+`+name+`"}])`), rule("DOWNGRADE", `$merge([$, {"s": s & "-`+name+`"}])`))
	}
	open := func(n string) schema.Parsed { return jsonSchema(t, `{"type":"object","title":"`+n+`"}`) }
	versions := []RuleVersion{{Number: 1, Schema: open("1"), Rules: mark("1")}, {Number: 2, Schema: open("2"), Rules: mark("2")}, {Number: 3, Schema: open("3"), Rules: mark("3")}}
	for pair, want := range map[[2]int]string{{1, 3}: "+2+3", {3, 1}: "-3-2", {2, 3}: "+3", {2, 1}: "-2", {3, 2}: "-3", {2, 2}: ""} {
		if got := along(t, versions, pair[0], pair[1], `{"s":""}`); got != `{"s":"`+want+`"}` {
			t.Errorf("%v: %s, want %s", pair, got, want)
		}
	}
}

// TestH15: rules carry bytes, in process, one after the other, without anything
// but the hop.
func TestH15BytesInProcess(t *testing.T) {
	from, to := avroSchema(t, id+`,{"name":"a","type":"long"}`), avroSchema(t, id+`,{"name":"b","type":"long"}`)
	c, err := RuleWay(t.Context(), []RuleVersion{{Number: 1, Schema: from}, {Number: 2, Schema: to, Rules: renamed("a", "b")}}, 1, 2, RuleOptions{Place: "CLIENT"})
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(50) {
		s, err := from.Sample(seed)
		if err != nil {
			t.Fatal(err)
		}
		out, f, err := c.Apply(t.Context(), s.Binary, RuleRun{})
		if f != nil || err != nil || string(out.Event) != string(s.Binary) {
			t.Fatalf("%x became %x: %v, %v", s.Binary, out.Event, f, err)
		}
	}
}

// TestNativeWins: a document is carried out where there are rules too, and says
// so.
func TestNativeWins(t *testing.T) {
	from, to := avroSchema(t, id+`,{"name":"a","type":"long"}`), avroSchema(t, id+`,{"name":"b","type":"long"}`)
	h, err := Verify(t.Context(), document(t, "rename: {from: a, to: b}"), from, to)
	if err != nil || h.Verdict.Outcome != Proved {
		t.Fatal(err)
	}
	versions := []RuleVersion{{Number: 1, Schema: from}, {Number: 2, Schema: to, Native: h, Rules: rules(rule("UPDOWN", `$error("not me")`))}}
	c, err := RuleWay(t.Context(), versions, 1, 2, RuleOptions{Place: "SERVER"})
	if err != nil || len(c.Warnings) != 1 {
		t.Fatalf("%v, %v", c, err)
	}
	if got := along(t, versions, 1, 2, `{"id":"x","a":5}`); got != `{"id":"x","b":5}` {
		t.Errorf("up: %s", got)
	}
	if got := along(t, versions, 2, 1, `{"id":"x","b":5}`); got != `{"id":"x","a":5}` {
		t.Errorf("down: %s", got)
	}
}
