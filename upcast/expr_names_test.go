package upcast

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// TestOddNames: a field whose name holds a point is another one than a field of a
// field, also where a condition has told something about it.
func TestOddNames(t *testing.T) {
	const inner = `"a":{"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":false}`
	from := jsonSchema(t, `{"type":"object","properties":{"a.b":{"type":"string"},`+inner+`},"required":["a"],"additionalProperties":false}`)
	to := jsonSchema(t, `{"type":"object","properties":{"a.b":{"type":"string"},`+inner+`,"r":{"type":"string"}},"required":["a"],"additionalProperties":false}`)
	for expr, want := range map[string]string{
		"owner.`a.b`.hasValue() ? owner.a.b.value() : '-'":                      `{"a":{},"a.b":""}`,
		"owner.a.b.hasValue() ? owner.`a.b`.value() : '-'":                      `{"a":{"b":""}}`,
		"owner.`a.b`.hasValue() ? owner.`a.b`.value() : owner.a.b.orValue('-')": "",
	} {
		h, err := Verify(t.Context(), document(t, "add: {path: r, expr: "+quoted(expr)+"}"), from, to)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(h.Verdict.Event); got != want || (want == "") != (h.Verdict.Outcome == Proved) {
			t.Errorf("%s: %s, event %s, want %q", expr, h.Verdict.Outcome, got, want)
		}
		if want != "" {
			continue
		}
		p := plan.NewJSONPlan(h.Root, h.Source, plan.DefaultEventLimits())
		if out, f := p.Apply(nil, []byte(`{"a":{"b":"inner"}}`), nil); f != nil || string(out) != `{"a":{"b":"inner"},"r":"inner"}` {
			t.Errorf("got %s (%v)", out, f)
		}
	}
}

// wellKnown are the messages that CEL takes for values of its own.
const wellKnown = `import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/any.proto"; import "google/protobuf/struct.proto"; ` +
	`message M { google.protobuf.Timestamp at = 1; google.protobuf.StringValue w = 2; google.protobuf.Any any = 3; google.protobuf.Value v = 4; google.protobuf.Struct s = 5; `

// TestWellKnownMessages: in expressions they are messages like others.
func TestWellKnownMessages(t *testing.T) {
	from := protoSchema(t, wellKnown+`}`)
	const in = `{"at":"1970-01-02T00:00:00Z","w":"x"}`
	for expr, want := range map[string]string{
		"owner.at.seconds.orValue(0)": "int64 86400",
		"owner.at.optMap(x, timestamp(math.max(0, math.min(x.seconds, 99999))).getFullYear()).orValue(0)": "int64 1970",
		"owner.w.value.orValue('-') + '!'":               `string x!`,
		"has(owner.any)":                                 "bool ",
		"owner.any.type_url.orValue('none')":             "string none",
		"owner.v.hasValue() || owner.s.hasValue()":       "bool ",
		"owner.at.orValue(timestamp(0)).getFullYear()":   "google.protobuf.Timestamp",
		"owner.at.optMap(x, x.getFullYear()).orValue(0)": "google.protobuf.Timestamp",
		"owner.w.orValue('')":                            "google.protobuf.StringValue",
		"owner.any.orValue(1)":                           "google.protobuf.Any",
	} {
		kind, value, good := strings.Cut(want, " ")
		step := "add: {path: r, expr: " + quoted(expr) + "}"
		to := wellKnown
		if good {
			to += kind + " r = 6; "
		}
		h, err := Verify(t.Context(), document(t, step), from, protoSchema(t, to+"}"))
		if !good {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", expr, err, want)
			}
			continue
		}
		if err != nil || h.Verdict.Outcome != Proved {
			t.Errorf("%s: %v %+v", expr, err, h)
			continue
		}
		event, err := from.Encode([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		v, err := h.from.decode(event)
		if err != nil {
			t.Fatal(err)
		}
		image, f, err := plan.Evaluate(t.Context(), h.Root, h.Source, v, plan.DefaultLimits())
		if err != nil || f != nil {
			t.Fatal(err, f)
		}
		out := shown(h.to, image)
		if value != "" && !strings.Contains(out, `"r":"`+value+`"`) {
			t.Errorf("%s: got %s, want %s", expr, out, value)
		}
	}
}

// TestUntypedLists: an event with a list that no schema types is tried like others.
func TestUntypedLists(t *testing.T) {
	s := jsonSchema(t, `"x":{}|"l":{"type":"array","minItems":1}|"m":{"type":"object","minProperties":1}|"n":{"type":"string"}`)
	const rare = "size(this) == 77 && this.contains('quux') ? string(1 / (size(this) - 77)) : this"
	h, err := Verify(t.Context(), document(t, "set: {path: n, expr: "+quoted(rare)+"}"), s, s)
	if err != nil || h.Verdict.Outcome != Tested || h.Verdict.Events < 1000 {
		t.Errorf("got %v %+v", err, h)
	}
}

// TestIsNull: null and absent are told apart, in both ways to write the question.
func TestIsNull(t *testing.T) {
	const n = `"n?":{"type":["string","null"]}`
	for _, expr := range []string{"isNull(owner.n)", "owner.n.isNull()"} {
		h, err := Verify(t.Context(), document(t, "add: {path: r, expr: "+quoted(expr)+"}"), jsonSchema(t, n), jsonSchema(t, n+`|"r":{"type":"boolean"}`))
		if err != nil || h.Verdict.Outcome != Proved {
			t.Fatal(err, h)
		}
		p := plan.NewJSONPlan(h.Root, h.Source, plan.DefaultEventLimits())
		for in, want := range map[string]string{`{}`: `{"r":false}`, `{"n":null}`: `{"n":null,"r":true}`, `{"n":"x"}`: `{"n":"x","r":false}`} {
			if out, f := p.Apply(nil, []byte(in), nil); f != nil || string(out) != want {
				t.Errorf("%s: %s becomes %s (%v), want %s", expr, in, out, f, want)
			}
		}
	}
}

// TestMistakesProto: expressions about things that Protobuf alone has.
func TestMistakesProto(t *testing.T) {
	holdMistakes(t, protoParsed, wellKnown+`oneof pay { string card = 6; int32 cash = 7; } map<int32, string> m = 8; uint32 u = 9; }`, addsOf(map[string]string{
		"owner.card":                "card is a branch of pay: use the path pay<card>",
		"owner.m[1]":                "also those of Protobuf",
		"owner.u + 1":               "1u",
		"owner.at.getFullYear()":    "timestamp(x.seconds)",
		"owner.at + duration('1s')": "it is a message here",
	}))
}
