package upcast

import (
	"errors"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// celRule is a condition in CEL.
func celRule(mode, expr string) MigrationRule {
	return MigrationRule{Name: "cel", Kind: "CONDITION", Mode: mode, Type: "CEL", Expr: expr}
}

// TestConditionInCEL asks conditions of events in the three formats: going up the
// one before the transform reads the old version and the one behind it the new
// one, and going down the other way around.
func TestConditionInCEL(t *testing.T) {
	formats := map[string]struct {
		of    func(name string) schema.Parsed
		event func(name, n string) string
	}{
		"AVRO": {
			func(name string) schema.Parsed { return avroSchema(t, id+`,{"name":"`+name+`","type":"long"}`) },
			func(name, n string) string { return `{"id":"a","` + name + `":` + n + `}` },
		},
		"JSON": {
			func(name string) schema.Parsed {
				return jsonSchema(t, `{"type":"object","properties":{"id":{"type":"string"},"`+name+`":{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}},"required":["id","`+name+`"],"additionalProperties":false}`)
			},
			func(name, n string) string { return `{"id":"a","` + name + `":` + n + `}` },
		},
		"PROTOBUF": {
			func(name string) schema.Parsed { return orderMessage(t, "string id = 1;\nint64 "+name+" = 2;") },
			func(name, n string) string { return `{"id":"a","` + name + `":"` + n + `"}` },
		},
	}
	for format, f := range formats {
		t.Run(format, func(t *testing.T) {
			low := celRule("UPDOWN", `message.qty > 9007199254740992`)
			low.Name, low.OnFailure = "low", "DLQ,ERROR"
			high := celRule("UPDOWN", `message.quantity < 9007199254740995`)
			high.Name = "high"
			set := rules(append([]MigrationRule{low}, append(renamed("qty", "quantity").Migration, high)...)...)
			from, to := f.of("qty"), f.of("quantity")
			up, down := ruleHop(t, set, Upgrade, from, to), ruleHop(t, set, Downgrade, to, from)
			if got, out, _ := carry(t, up, f.event("qty", "9007199254740993")); got != f.event("quantity", "9007199254740993") || strings.Join(out.Ran, " ") != "low upgrade high" {
				t.Errorf("up: %s, %v", got, out.Ran)
			}
			if got, out, _ := carry(t, down, f.event("quantity", "9007199254740993")); got != f.event("qty", "9007199254740993") || strings.Join(out.Ran, " ") != "high downgrade low" {
				t.Errorf("down: %s, %v", got, out.Ran)
			}
			ends(t, up, f.event("qty", "9007199254740992"), FailDead, `rule "low": the condition does not hold`)
			ends(t, up, f.event("qty", "9007199254740995"), FailRule, `rule "high": the condition does not hold`)
			ends(t, down, f.event("quantity", "9007199254740995"), FailRule, `rule "high": the condition does not hold`)
			ends(t, down, f.event("quantity", "9007199254740992"), FailRule, `rule "low": the condition does not hold`)
		})
	}
}

// TestConditionAlone shows what a single condition in CEL makes of an event.
func TestConditionAlone(t *testing.T) {
	s := avroSchema(t, id+`,{"name":"n","type":"int"},{"name":"note","type":["null","string"]},{"name":"tags","type":{"type":"array","items":"string"}}`)
	event := `{"id":"a","n":3,"note":null,"tags":["x","y"]}`
	for expr, want := range map[string]string{
		`message.n == 3`: "",
		`message.n != 3`: "does not hold",
		`message.id.startsWith("a") && message.n < 4`: "",
		`message.note.orValue("none") == "none"`:      "",
		`message.tags.exists(x, x == "y")`:            "",
		`message.tags.all(x, x == "y")`:               "does not hold",
		`message.n == 4; false`:                       "", // the guard is for other events
		`message.n == 3; message.id == "b"`:           "does not hold",
		`message.n == 3; message.id == "a"`:           "",
		` ; message.id == "b"`:                        "does not hold",
		`message.tags[2] == "z"`:                      "the condition fails",
		`10 / (message.n - 3) > 0`:                    "the condition fails",
		`10 / (message.n - 3) > 0; true`:              "the condition fails",
		`message.n == 3; int(message.id) > 0`:         "the condition fails",
	} {
		h := ruleHop(t, rules(celRule("UPGRADE", expr)), Upgrade, s, s)
		if h.Gap() != "" {
			t.Errorf("%s: %s", expr, h.Gap())
			continue
		}
		got, _, f := carry(t, h, event)
		if want == "" && (f != nil || got != event) || want != "" && (f == nil || f.Code != FailRule || !strings.Contains(f.Reason, want)) {
			t.Errorf("%s: %s", expr, got)
		}
		forgiven := celRule("UPGRADE", expr)
		forgiven.OnFailure = "NONE"
		if got, _, f := carry(t, ruleHop(t, rules(forgiven), Upgrade, s, s), event); f != nil || got != event {
			t.Errorf("%s with NONE: %s", expr, got)
		}
	}
}

// TestConditionGaps: what does not type-check against the version that it reads is
// a gap that tells why, and no error.
func TestConditionGaps(t *testing.T) {
	from, to := avroSchema(t, id+`,{"name":"a","type":"long"},{"name":"o","type":["null","long"]}`), avroSchema(t, id+`,{"name":"b","type":"long"},{"name":"o","type":["null","long"]}`)
	pair := renamed("a", "b").Migration
	for name, c := range map[string]struct {
		rules []MigrationRule
		why   string
	}{
		"another field":   {[]MigrationRule{celRule("UPDOWN", `message.b > 1`), pair[0]}, "no field b"},
		"of the target":   {[]MigrationRule{pair[0], celRule("UPDOWN", `message.a > 1`)}, "no field a"},
		"another name":    {[]MigrationRule{celRule("UPDOWN", `event.a > 1`), pair[0]}, "no event"},
		"the time":        {[]MigrationRule{celRule("UPDOWN", `now > timestamp("2020-01-01T00:00:00Z")`), pair[0]}, "no now"},
		"no bool":         {[]MigrationRule{celRule("UPDOWN", `message.a`), pair[0]}, "neither"},
		"a guard of text": {[]MigrationRule{celRule("UPDOWN", `message.id; true`), pair[0]}, "neither"},
		"a missing value": {[]MigrationRule{celRule("UPDOWN", `message.o > 1`), pair[0]}, "orValue"},
		"a maybe":         {[]MigrationRule{celRule("UPDOWN", `message.?id.optMap(x, x == "a")`), pair[0]}, "rule \"cel\""},
		"in between":      {[]MigrationRule{pair[0], celRule("UPDOWN", `message.b > 1`), rule("UPGRADE", "$")}, "between rules that transform"},
		"no text":         {[]MigrationRule{celRule("UPDOWN", `(`), pair[0]}, "cannot be read"},
		"a transform":     {[]MigrationRule{{Name: "t", Kind: "TRANSFORM", Mode: "UPGRADE", Type: "CEL", Expr: "message"}}, "only JSONATA transforms"},
	} {
		t.Run(name, func(t *testing.T) {
			set := rules(c.rules...)
			h := ruleHop(t, set, Upgrade, from, to)
			if !strings.Contains(h.Gap(), c.why) {
				t.Errorf("gap %q, want %q", h.Gap(), c.why)
			}
			_, err := RuleWay(t.Context(), []RuleVersion{{Number: 1, Schema: from}, {Number: 2, Schema: to, Rules: set}}, 1, 2, RuleOptions{Place: "SERVER"})
			var gap *RuleGap
			if !errors.As(err, &gap) {
				t.Errorf("the way: %v", err)
			}
		})
	}
}

// TestConditionBehindNoEvent: a condition behind a transform fails where there is
// no event of the target that it could read.
func TestConditionBehindNoEvent(t *testing.T) {
	from, to := closedObject(t, `a:"integer"`), closedObject(t, `b:"string"`)
	behind := celRule("UPGRADE", `message.b == "1"`)
	h := ruleHop(t, rules(rule("UPGRADE", `{"b": a = 1 ? "1" : a}`), behind), Upgrade, from, to)
	if got, _, _ := carry(t, h, `{"a":1}`); got != `{"b":"1"}` {
		t.Error(got)
	}
	ends(t, h, `{"a":2}`, FailRule, `rule "cel": what the rules before it give is no event of the target version`)
	behind.OnFailure = "NONE"
	h = ruleHop(t, rules(rule("UPGRADE", `{"b": a}`), behind), Upgrade, from, to)
	ends(t, h, `{"a":2}`, FailOutput, "no event of the target version")
}

// TestRulesOfMessages carries the events of two messages of a file by the rules of
// a version, by steps and as they are, also where the messages change places.
func TestRulesOfMessages(t *testing.T) {
	v1 := protoSchema(t, "message Order { string id = 1; int64 qty = 2; }\nmessage Payment { string id = 1; int64 qty = 3; bool paid = 4; }")
	v2 := protoSchema(t, "message Payment { string id = 1; int64 quantity = 3; bool paid = 4; }\nmessage Order { string id = 1; int64 quantity = 2; }")
	v3 := protoSchema(t, "message Payment { string id = 1; int64 quantity = 3; bool paid = 4; }\nmessage Order { string id = 1; int64 quantity = 2; }\nmessage Note {}")
	condition := celRule("UPDOWN", `message.quantity > 0`)
	versions := []RuleVersion{{Number: 1, Schema: v1}, {Number: 2, Schema: v2, Rules: renamed("qty", "quantity")}, {Number: 3, Schema: v3, Rules: rules(condition)}}
	for message, events := range map[string][2]string{
		"o.Order":   {`{"id":"a","qty":"1"}`, `{"id":"a","quantity":"1"}`},
		"o.Payment": {`{"id":"a","qty":"1","paid":true}`, `{"id":"a","quantity":"1","paid":true}`},
	} {
		for _, way := range [][2]int{{1, 3}, {3, 1}} {
			in, want := events[0], events[1]
			if way[0] == 3 {
				in, want = want, in
			}
			c, err := RuleWay(t.Context(), versions, way[0], way[1], RuleOptions{Place: "SERVER", Message: message})
			if err != nil {
				t.Fatal(err)
			}
			source, _, err := EventsOf(versions[way[0]-1].Schema, message)
			if err != nil {
				t.Fatal(err)
			}
			target, _, err := EventsOf(versions[way[1]-1].Schema, message)
			if err != nil {
				t.Fatal(err)
			}
			event, err := source.Encode([]byte(in))
			if err != nil {
				t.Fatal(err)
			}
			out, f, err := c.Apply(t.Context(), event, RuleRun{})
			if f != nil || err != nil {
				t.Fatal(f, err)
			}
			if got, err := target.Decode(out.Event); err != nil || string(got) != want {
				t.Errorf("%s, %v: %s, %v", message, way, got, err)
			}
		}
		h, err := NewRuleHop([]*RuleSet{versions[1].Rules}, Upgrade, v1, v2, RuleOptions{Place: "SERVER", Message: message})
		if err != nil {
			t.Fatal(err)
		}
		if from, to := h.Messages(); from != message || to != message {
			t.Errorf("%s to %s", from, to)
		}
		lifted, err := Lift(t.Context(), h, v1, v2)
		if err != nil || lifted.Hop == nil || lifted.Compared != liftEvents || lifted.Document.Message != message {
			t.Errorf("%s is not lifted: %+v, %v", message, lifted, err)
		}
	}
	for message, why := range map[string]string{"o.Order": "", "o.Note": "no message o.Note", "Nobody": "no message Nobody"} {
		h, err := NewRuleHop([]*RuleSet{rules(condition)}, Downgrade, v3, v2, RuleOptions{Message: message})
		if err != nil || (h.Gap() == "") != (why == "") || !strings.Contains(h.Gap(), why) {
			t.Errorf("%s: %v, %v", message, h.Gap(), err)
		}
	}
}
