package upcast

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/jsonata"
)

// closedObject is a JSON Schema of an object with exactly some members.
func closedObject(t testing.TB, members ...string) schema.Parsed {
	t.Helper()
	var properties, required []string
	for _, m := range members {
		name, typ, _ := strings.Cut(m, ":")
		properties = append(properties, fmt.Sprintf("%q:{%q:%s}", name, "type", typ))
		required = append(required, fmt.Sprintf("%q", name))
	}
	return jsonSchema(t, `{"type":"object","properties":{`+strings.Join(properties, ",")+`},"required":[`+strings.Join(required, ",")+`],"additionalProperties":false}`)
}

// orderMessage is a Protobuf schema of one message.
func orderMessage(t testing.TB, fields string) schema.Parsed {
	t.Helper()
	return protoSchema(t, "message Order {\n"+fields+"\n}\n")
}

// rule is a rule that transforms by JSONata.
func rule(mode, expr string) MigrationRule {
	return MigrationRule{Name: strings.ToLower(mode), Kind: "TRANSFORM", Mode: mode, Type: "JSONATA", Expr: expr}
}

func rules(rules ...MigrationRule) *RuleSet { return &RuleSet{Migration: rules} }

// renamed is the usual way to rename a member, and back.
func renamed(old, new string) *RuleSet {
	return rules(
		rule("UPGRADE", fmt.Sprintf(`$merge([$sift($, function($v, $k) {$k != '%s'}), {'%s': $.'%s'}])`, old, new, old)),
		rule("DOWNGRADE", fmt.Sprintf(`$merge([$sift($, function($v, $k) {$k != '%s'}), {'%s': $.'%s'}])`, new, old, new)),
	)
}

func ruleHop(t testing.TB, s *RuleSet, d Direction, from, to schema.Parsed) *RuleHop {
	t.Helper()
	h, err := NewRuleHop([]*RuleSet{s}, d, from, to, RuleOptions{Place: "SERVER"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// carry applies a hop to an event given as JSON and shows the image as JSON.
func carry(t testing.TB, h *RuleHop, event string) (string, *RuleResult, *Failure) {
	t.Helper()
	in, err := h.from.fromJSON(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("%s is no event: %v", event, err)
	}
	out, f, err := h.Apply(t.Context(), in, RuleRun{})
	if err != nil {
		t.Fatal(err)
	}
	if f != nil {
		if out.Event != nil {
			t.Errorf("a failure has an image: %s", out.Event)
		}
		return f.Error(), out, f
	}
	text, err := h.to.toJSON(t.Context(), out.Event)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), out, nil
}

func TestParseRuleSet(t *testing.T) {
	s, err := ParseRuleSet(`{"migrationRules":[{"name":"up","doc":"d","kind":"TRANSFORM","mode":"UPGRADE","type":"JSONATA","expr":"$","onFailure":"DLQ","params":{"dlq.topic":"dead"},"disabled":false},` +
		`{"name":"off","mode":"UPDOWN","type":"CEL","disabled":true}],"domainRules":[{"name":"x"}],"enableAt":"CLIENT"}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Migration) != 2 || s.Migration[0].OnFailure != "DLQ" || s.Migration[0].Params["dlq.topic"] != "dead" || !s.Migration[1].Disabled || s.EnableAt != "CLIENT" {
		t.Errorf("%+v", s)
	}
	for text, path := range map[string]string{
		`{"migrationRules":{}}`: "/migrationRules", `{"migrationRules":[1]}`: "/migrationRules/0", `{"migrationRules":[{"expr":1}]}`: "/migrationRules/0/expr", `{"enableAt":[]}`: "/enableAt",
	} {
		_, err := ParseRuleSet(text)
		var e *schema.Error
		if !errors.As(err, &e) || e.Path != path || !e.IsValid() {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestRulesThatApply(t *testing.T) {
	s := &RuleSet{Migration: []MigrationRule{
		{Name: "a", Mode: "UPGRADE"}, {Name: "b", Mode: "UPDOWN"}, {Name: "c", Mode: "DOWNGRADE"}, {Name: "d", Mode: "UPDOWN", Disabled: true}, {Name: "e", Mode: "UPDOWN"}, {Name: "f", Mode: "WRITEREAD"},
	}}
	for d, want := range map[Direction][]string{Upgrade: {"a", "b", "e"}, Downgrade: {"e", "c", "b"}} {
		var got []string
		for _, r := range s.For(d) {
			got = append(got, r.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", d, got, want)
		}
	}
	for at, want := range map[string][2]bool{"": {true, true}, "ALL": {true, true}, "CLIENT": {true, false}, "SERVER": {false, true}, "GATEWAY": {}, "NONE": {}} {
		s := &RuleSet{EnableAt: at}
		if got := [2]bool{s.EnabledAt("CLIENT"), s.EnabledAt("SERVER")}; got != want {
			t.Errorf("enableAt %q: %v", at, got)
		}
	}
}

// TestRenameChain is the usual case: three versions, a rename each, up and down,
// in the three formats (bar B13).
func TestRenameChain(t *testing.T) {
	formats := map[string]struct {
		of     func(name string) schema.Parsed
		events [3]string
	}{
		"AVRO": {
			func(name string) schema.Parsed {
				return avroSchema(t, id+`,{"name":"`+name+`","type":["null","long"]}`)
			},
			[3]string{`{"id":"a","qty":{"long":9007199254740993}}`, `{"id":"a","quantity":{"long":9007199254740993}}`, `{"id":"a","amount":{"long":9007199254740993}}`},
		},
		"JSON": {
			func(name string) schema.Parsed { return closedObject(t, `id:"string"`, name+`:["null","integer"]`) },
			[3]string{`{"id":"a","qty":9007199254740993}`, `{"id":"a","quantity":9007199254740993}`, `{"id":"a","amount":9007199254740993}`},
		},
		"PROTOBUF": {
			func(name string) schema.Parsed { return orderMessage(t, "string id = 1;\nint64 "+name+" = 2;") },
			[3]string{`{"id":"a","qty":"9007199254740993"}`, `{"id":"a","quantity":"9007199254740993"}`, `{"id":"a","amount":"9007199254740993"}`},
		},
	}
	for format, f := range formats {
		t.Run(format, func(t *testing.T) {
			versions := []RuleVersion{
				{Number: 1, Schema: f.of("qty")}, {Number: 2, Schema: f.of("quantity"), Rules: renamed("qty", "quantity")}, {Number: 3, Schema: f.of("amount"), Rules: renamed("quantity", "amount")},
			}
			for from := 1; from <= 3; from++ {
				for to := 1; to <= 3; to++ {
					got := along(t, versions, from, to, f.events[from-1])
					if want := f.events[to-1]; !sameEvent(t, got, want) {
						t.Errorf("%d to %d: %s, want %s", from, to, got, want)
					}
				}
			}
		})
	}
}

func sameEvent(t testing.TB, a, b string) bool {
	t.Helper()
	expr, err := jsonata.Parse(`$a = $b`, jsonata.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := jsonata.FromJSON(a, jsonLimits)
	if err != nil {
		return a == b
	}
	y, err := jsonata.FromJSON(b, jsonLimits)
	if err != nil {
		t.Fatal(err)
	}
	same, err := expr.Evaluate(t.Context(), nil, jsonata.Options{Variables: map[string]jsonata.Value{"a": x, "b": y}})
	return err == nil && same == true
}

// along carries an event between two versions, from JSON to JSON.
func along(t testing.TB, versions []RuleVersion, from, to int, event string) string {
	t.Helper()
	c, err := RuleWay(t.Context(), versions, from, to, RuleOptions{Place: "SERVER"})
	if err != nil {
		return err.Error()
	}
	of := func(n int) eventForm {
		for _, v := range versions {
			if v.Number == n {
				c, err := codecOf(v.Schema)
				if err != nil {
					t.Fatal(err)
				}
				f, err := eventFormOf(c)
				if err != nil {
					t.Fatal(err)
				}
				return f
			}
		}
		t.Fatalf("no version %d", n)
		return nil
	}
	in, err := of(from).fromJSON(t.Context(), []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	out, f, err := c.Apply(t.Context(), in, RuleRun{})
	if err != nil {
		t.Fatal(err)
	}
	if f != nil {
		return f.Error()
	}
	text, err := of(to).toJSON(t.Context(), out.Event)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestActions is what becomes of an event when a rule succeeds or fails, going up
// and going down.
func TestActions(t *testing.T) {
	s := closedObject(t, `a:"integer"`)
	const fails, works = `$error("no")`, `$merge([$, {"a": a + 1}])`
	for name, c := range map[string]struct {
		kind, expr, onSuccess, onFailure string
		up, down                         string
	}{
		"works":                      {"", works, "", "", `{"a":2}`, `{"a":2}`},
		"works, with actions":        {"TRANSFORM", works, "NONE", "ERROR", `{"a":2}`, `{"a":2}`},
		"error on success":           {"TRANSFORM", works, "ERROR", "", "rule", "rule"},
		"dead letter on success":     {"TRANSFORM", works, "DLQ", "", "dead", "dead"},
		"pair on success":            {"TRANSFORM", works, "NONE,DLQ", "", `{"a":2}`, "dead"},
		"fails":                      {"TRANSFORM", fails, "", "", "rule", "rule"},
		"fails into the dead letter": {"TRANSFORM", fails, "", "DLQ", "dead", "dead"},
		"fails in silence":           {"TRANSFORM", fails, "", "NONE", `{"a":1}`, `{"a":1}`},
		"pair on failure":            {"TRANSFORM", fails, "", "DLQ,NONE", "dead", `{"a":1}`},
		"pair with spaces":           {"TRANSFORM", fails, "", "NONE, ERROR", `{"a":1}`, "rule"},
		"half a pair":                {"TRANSFORM", fails, "", "NONE,", `{"a":1}`, "rule"},
		"condition holds":            {"CONDITION", `a > 0`, "", "", `{"a":1}`, `{"a":1}`},
		"condition does not hold":    {"CONDITION", `a > 5`, "", "", "rule", "rule"},
		"condition to dead letter":   {"CONDITION", `a > 5`, "", "DLQ", "dead", "dead"},
		"condition is passed over":   {"CONDITION", `a > 5`, "", "NONE", `{"a":1}`, `{"a":1}`},
		"condition fails":            {"CONDITION", fails, "", "", "rule", "rule"},
		"condition of nothing":       {"CONDITION", `b`, "", "", "rule", "rule"},
		"condition of a number":      {"CONDITION", `a`, "", "", "rule", "rule"},
	} {
		t.Run(name, func(t *testing.T) {
			r := MigrationRule{Name: "r", Kind: c.kind, Mode: "UPDOWN", Type: "JSONATA", Expr: c.expr, OnSuccess: c.onSuccess, OnFailure: c.onFailure, Params: map[string]string{"dlq.topic": "dead-orders"}}
			for d, want := range map[Direction]string{Upgrade: c.up, Downgrade: c.down} {
				got, out, f := carry(t, ruleHop(t, rules(r), d, s, s), `{"a":1}`)
				if f != nil {
					got = f.Code
				}
				if got != want {
					t.Errorf("%s: %s, want %s", d, got, want)
				}
				if (want == "dead") != (out.Headers["__rule.name"] == "r" && out.Headers["__rule.mode"] == d.String() && out.Headers["__rule.exception"] != "" && out.Topic == "dead-orders") {
					t.Errorf("%s: headers %v, topic %q", d, out.Headers, out.Topic)
				}
			}
		})
	}
}

// TestOrder: rules run as written going up, and the last first going down; a
// disabled one and the one that a dead letter names do not run.
func TestOrder(t *testing.T) {
	s := jsonSchema(t, `{"type":"object"}`)
	add := func(name string) MigrationRule {
		return MigrationRule{Name: name, Mode: "UPDOWN", Type: "JSONATA", Expr: `$merge([$, {"s": s & "` + name + `"}])`}
	}
	off := add("x")
	off.Disabled = true
	set := rules(add("a"), add("b"), off, add("c"))
	for d, want := range map[Direction]string{Upgrade: `{"s":"-abc"}`, Downgrade: `{"s":"-cba"}`} {
		if got, _, _ := carry(t, ruleHop(t, set, d, s, s), `{"s":"-"}`); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
	out, f, err := ruleHop(t, set, Upgrade, s, s).Apply(t.Context(), []byte(`{"s":"-"}`), RuleRun{Skip: "b"})
	if f != nil || err != nil || string(out.Event) != `{"s":"-ac"}` || !slices.Equal(out.Ran, []string{"a", "c"}) {
		t.Errorf("%s, %v, %v, %v", out.Event, out.Ran, f, err)
	}
}

// TestClock: a rule that needs the time is a gap unless it is given.
func TestClock(t *testing.T) {
	s := jsonSchema(t, `{"type":"object"}`)
	set := rules(rule("UPGRADE", `$merge([$, {"at": $millis()}])`))
	if h := ruleHop(t, set, Upgrade, s, s); !strings.Contains(h.Gap(), "$millis needs the time") {
		t.Errorf("gap %q", h.Gap())
	}
	h, err := NewRuleHop([]*RuleSet{set}, Upgrade, s, s, RuleOptions{Place: "SERVER", Clock: true})
	if err != nil {
		t.Fatal(err)
	}
	millis := int64(12)
	out, f, err := h.Apply(t.Context(), []byte(`{}`), RuleRun{Sources: jsonata.Sources{Millis: &millis}})
	if f != nil || err != nil || string(out.Event) != `{"at":12}` {
		t.Errorf("%s, %v, %v", out.Event, f, err)
	}
	if _, f, _ = h.Apply(t.Context(), []byte(`{}`), RuleRun{}); f == nil || f.Code != FailRule {
		t.Errorf("without the time: %v", f)
	}
}

// TestRulesTogether: one hop serves many at once.
func TestRulesTogether(t *testing.T) {
	small := jsonSchema(t, `{"type":"object","properties":{"a":{"type":"integer","minimum":0,"maximum":999}},"required":["a"],"additionalProperties":false}`)
	set := rules(append([]MigrationRule{celRule("UPGRADE", `string(message.a).matches("^[0-9]+$") && [1, 2].exists(x, x + message.a > 0)`)}, renamed("a", "b").Migration...)...)
	h := ruleHop(t, set, Upgrade, small, closedObject(t, `b:"integer"`))
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := range 50 {
				want := fmt.Sprintf(`{"b":%d}`, n*100+i)
				out, f, err := h.Apply(context.Background(), []byte(strings.Replace(want, "b", "a", 1)), RuleRun{})
				if f != nil || err != nil || string(out.Event) != want {
					t.Errorf("%s, %v, %v", out.Event, f, err)
				}
			}
		})
	}
	all.Wait()
}

func TestCheckRule(t *testing.T) {
	for expr, want := range map[string]string{`$`: "", `$now()`: "$now needs the time", `$foo($)`: "$foo is no function", `$eval("1")`: "$eval is refused"} {
		r := rule("UPGRADE", expr)
		w, err := CheckRule(&r)
		switch {
		case err != nil:
			t.Errorf("%s: %v", expr, err)
		case want == "" && len(w) > 0, want != "" && (len(w) != 1 || !strings.Contains(w[0].What, want)):
			t.Errorf("%s: %v", expr, w)
		}
	}
	r := MigrationRule{Name: "x", Type: "CEL_FIELD", Expr: "("}
	if w, err := CheckRule(&r); err != nil || len(w) != 1 {
		t.Errorf("a type of others: %v, %v", w, err)
	}
	for expr, mistake := range map[string]string{
		`message.a > 1`: "", `message.a > 1; message.b == "x"`: "", `; true`: "", `nobody.knows(this)`: "",
		`(`: "column 2", ``: "cannot be used", ` `: "cannot be used", `true;`: "cannot be used", `(; true`: "column 2", `"a;b" == message.s`: "cannot be used",
		`true` + strings.Repeat(" ", 5000): "5004 bytes", strings.Repeat("(", 2000) + "true": "cannot be used", strings.Repeat("1+", 1500) + "1 > 0": "cannot be used",
	} {
		r := MigrationRule{Name: "x", Kind: "CONDITION", Type: "CEL", Expr: expr}
		w, err := CheckRule(&r)
		if len(w) > 0 || (err != nil) != (mistake != "") || err != nil && !strings.Contains(err.Error(), mistake) {
			t.Errorf("CEL %.60s: %v, %v", expr, w, err)
		}
	}
	r = MigrationRule{Name: "x", Kind: "TRANSFORM", Type: "CEL", Expr: "{'x': 1}"}
	if w, err := CheckRule(&r); err != nil || len(w) != 1 {
		t.Errorf("a transform in CEL: %v, %v", w, err)
	}
}
