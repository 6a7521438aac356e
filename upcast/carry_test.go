package upcast

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestStepClasses holds the class that an author expects of a step to the one it
// has.
func TestStepClasses(t *testing.T) {
	from := avroSchema(t, id+","+oldState+`,{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"q","type":"int"}]}}}`)
	to := avroSchema(t, `{"name":"key","type":"string"},{"name":"n","type":"int"},`+newState+`,{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"q","type":"long"}]}}}`)
	text := `instar: upcast/v1
from: 1
to: 2
steps:
  - {rename: {from: id, to: key}, class: CLASS0}
  - {add: {path: n, value: 1}, class: CLASS1}
  - {mapEnum: {path: state, map: {NEW: OPEN, PAID: DONE, SHIPPED: DONE}, down: {DONE: PAID}}, class: CLASS2}
  - {each: {path: 'l[]', steps: [{retype: {path: q, to: int64}, class: CLASS3}]}, class: CLASS4}
`
	right := []string{"iso", "lossy-down", "lossy-up", "lossy-down", "lossy-down"}
	write := func(classes []string) string {
		out := text
		for i, c := range classes {
			out = strings.ReplaceAll(out, fmt.Sprintf("CLASS%d", i), c)
		}
		return out
	}
	verify := func(text string) error {
		d, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Verify(t.Context(), d, from, to)
		return err
	}
	if err := verify(write(right)); err != nil {
		t.Fatal(err)
	}
	for i := range right {
		wrong := append([]string{}, right...)
		wrong[i] = "one-way"
		err := verify(write(wrong))
		if err == nil || !strings.Contains(err.Error(), " is "+right[i]+", and the document expects one-way") {
			t.Errorf("class %d: %v", i, err)
		}
	}
}

const keyed = id + `,{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"q","type":"int"}]}}}`

// keyMistakes are keys that do not fit the schema [keyed].
var keyMistakes = map[string]string{
	"meta: {set: {instar.origin: {value: x}}}":                 "reserved",
	"meta: {drop: [Instar.Plan]}":                              "reserved",
	"each: {path: 'l[]', steps: [{rekey: {expr: \"'a'\"}}]}":   "not a part of it",
	"fromContext: {path: t, context: tenat, else: {value: a}}": "declares no context input",
	"renameType: {to: other.Name}":                             "the type of the target version is o.Order",
	"renameType: {to: {subject: other, version: 1}}":           "the document does not lead there",
	"transcode: {to: JSON}":                                    "the target version is AVRO",
	"rekey: {expr: event.l}":                                   "a key is bytes or text",
	"erase: {paths: [l], with: hash, salt: s}":                 "declares no context input",
	"narrow: {path: id, min: 1, mode: clamp}":                  "which such bounds do not fit",
	"narrow: {path: id, maxLength: 3, mode: clamp}":            "not clamped",
	"narrow: {path: id, maxLength: 1.5, mode: truncate}":       "a length of 1.5",
	"retype: {path: id, to: int33}":                            "no type of values",
	"retype: {path: id, to: double, via: base64}":              "does not become double",
	"toMap: {path: l, key: k, value: q}":                       "have no field k",
	"toList: {path: l, key: k, value: q}":                      "no map",
	"inType: {type: J, steps: [{drop: {path: q}}]}":            "no type J",
	"default: {path: id, was: {value: a}}":                     "never absent",
	"flatten: {path: l, else: deadLetter}":                     "no record",
	"convert: {path: id, to: 'fixed(0)', expr: 'this'}":        "no type of values",
}

// TestRefusedKeys holds what a document asks for and is not done to a refusal: no
// key is quietly ignored.
func TestRefusedKeys(t *testing.T) {
	s := avroSchema(t, keyed)
	for _, more := range []string{
		"steps:\n  - splitEvent: {outputs: [{name: a, to: {subject: s, version: 1}}]}",
	} {
		d, err := Parse("instar: upcast/v1\nfrom: 1\nto: 2\n" + more + "\n")
		if err != nil {
			t.Fatal(err)
		}
		var wrong *Error
		if _, err = Verify(t.Context(), d, s, s); !errors.As(err, &wrong) || wrong.Code != NotYet {
			t.Errorf("%s: %v", more, err)
		}
	}
	holdMistakes(t, avroParsed, keyed, keyMistakes)
}

// TestExamplesBesideTheEvent runs tests of documents with inMeta, and with the
// events that one becomes.
func TestExamplesBesideTheEvent(t *testing.T) {
	s := avroSchema(t, id)
	targets := Options{Targets: func(Target) (schema.Parsed, error) { return s, nil }}
	head := "instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - "
	split := head + "splitEvent: {outputs: [{name: a, when: \"event.id != ''\", to: {subject: s, version: 1}}, {name: b, when: \"event.id == 'x'\", to: {subject: s, version: 1}}]}\ntests:\n  - "
	set := head + "set: {path: id, expr: \"meta.headers[?'h'].orValue('-') + meta.id.orValue('?')\"}\ntests:\n  - "
	for text, want := range map[string]string{
		set + `{name: a, in: {id: a}, inMeta: {id: i, headers: {h: x}}, out: {id: xi}}`: "",
		set + `{name: a, in: {id: a}, out: {id: "-?"}}`:                                 "",
		set + `{name: a, in: {id: a}, inMeta: {id: 7}, out: {id: xi}}`:                  `"inMeta" is a number`,
		split + `{name: a, in: {id: x}, outs: [{id: x}, {id: x}]}`:                      "",
		split + `{name: a, in: {id: y}, outs: [{id: y}]}`:                               "",
		split + `{name: a, in: {id: ""}, dropped: true}`:                                "",
		split + `{name: a, in: {id: x}, outs: [{id: x}]}`:                               "another number of events",
		split + `{name: a, in: {id: y}, outs: [{id: z}]}`:                               "event 1 of outs differs",
	} {
		d, err := Parse(text + "\n")
		if err != nil {
			t.Fatal(err)
		}
		_, err = VerifyWith(t.Context(), d, s, s, targets)
		var f *TestFailure
		if want == "" && err != nil || want != "" && (!errors.As(err, &f) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// TestCarryChain takes an event with its headers through hops of all kinds: the
// effects of each hop follow those of the one before, on bytes and on values.
func TestCarryChain(t *testing.T) {
	versions := []*avro.Schema{}
	for _, f := range []string{"a", "b", "c", "d"} {
		versions = append(versions, avroSchema(t, `{"name":"`+f+`","type":"string"}`))
	}
	for name, c := range map[string]struct {
		middle, header, key string
	}{
		"on bytes":  {"meta: {rename: {x: y}}", "", ""},
		"on values": {`meta: {set: {x: {expr: "event.b + '!'"}}}`, "v!", ""},
		"with key":  {"rekey: {expr: event.b}", "", "v"},
	} {
		t.Run(name, func(t *testing.T) {
			documents := []*Document{
				document(t, "rename: {from: a, to: b}", "meta: {rename: {w: x}}"), document(t, c.middle, "rename: {from: b, to: c}"),
				document(t, "rename: {from: c, to: d}", "meta: {rename: {x: z}}"),
			}
			chain, err := fuseAll(t, documents, versions)
			if err != nil {
				t.Fatal(err)
			}
			event, err := versions[0].Encode([]byte(`{"a":"v"}`))
			if err != nil {
				t.Fatal(err)
			}
			e := &Envelope{Subject: "s", Version: 1, SchemaID: 2, Type: "T", Headers: map[string]string{"w": "1", HeaderOrigin: "kept/1/1"}}
			out, f, err := NewRunner(chain).Carry(t.Context(), e, event, nil)
			if f != nil || err != nil || len(out) != 1 {
				t.Fatal(out, f, err)
			}
			got := out[0]
			if len(e.Headers) != 2 || got.Headers[HeaderOrigin] != "kept/1/1" || got.Headers[HeaderType] != "T" || string(got.Key) != c.key || got.Headers["w"] != "" {
				t.Errorf("%+v", got)
			}
			want := map[string]string{"on bytes": "", "on values": c.header, "with key": "1"}[name]
			if got.Headers["z"] != want || name == "on bytes" && got.Headers["y"] != "1" {
				t.Errorf("headers %v", got.Headers)
			}
			if v, err := plan.DecodeAvro(chain.Target, got.Event); err != nil || !plan.Equal(v.(*plan.Rec).Fields[0], "v") {
				t.Errorf("%v %v", v, err)
			}
		})
	}
}

// TestParts holds the ids of parts to the id of their origin, and the kinds of
// calls that a split refuses to an error.
func TestParts(t *testing.T) {
	s := avroSchema(t, id)
	d := document(t, "splitEvent: {outputs: [{name: a, to: {subject: s, version: 1}}, {name: b, to: {subject: s, version: 1}}]}")
	h, err := VerifyWith(t.Context(), d, s, s, Options{Targets: func(Target) (schema.Parsed, error) { return s, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fuse([]*Hop{h, h}); err == nil || !strings.Contains(err.Error(), "a chain ends there") {
		t.Errorf("got %v", err)
	}
	c, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatal(err)
	}
	event, err := s.Encode([]byte(`{"id":"a"}`))
	if err != nil {
		t.Fatal(err)
	}
	r := NewRunner(c)
	if _, _, err := r.Apply(t.Context(), nil, event, nil); !errors.Is(err, ErrSeveral) {
		t.Errorf("got %v", err)
	}
	for _, origin := range []string{"", "not a uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"} {
		out, f, err := r.Carry(t.Context(), &Envelope{ID: origin}, event, nil)
		if f != nil || err != nil || len(out) != 2 {
			t.Fatal(out, f, err)
		}
		again, f, err := r.Carry(t.Context(), &Envelope{ID: origin}, event, nil)
		if f != nil || err != nil {
			t.Fatal(f, err)
		}
		if out[0].ID != again[0].ID || origin != "" && (out[0].ID == out[1].ID || len(out[0].ID) != 36) || origin == "" && out[0].ID != "" {
			t.Errorf("%q: %s, %s", origin, out[0].ID, out[1].ID)
		}
		if out[0].Part != 1 || out[1].Part != 2 || out[1].Parts != 2 || out[1].Headers[HeaderPart] != "2/2 last" {
			t.Errorf("%+v", out)
		}
	}
}
