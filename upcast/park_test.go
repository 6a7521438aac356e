package upcast

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// parkCase is a document that parks, in one format.
type parkCase struct {
	format   schema.Format
	from, to string
	steps    []string
	doc      string
	class    Class
}

const (
	jsonOf   = `{"type":"object","properties":{%s},"required":[%s],"additionalProperties":%v}`
	protoOf  = `syntax = "proto3"; package o; message M { %s } message I { string k = 1; string q = 2; }`
	protoOf2 = `syntax = "proto3"; package o; message M { %s } message I { string k = 1; }`
)

var parkCases = map[string]parkCase{
	"drop.avro": {
		schema.Avro, `{"name":"id","type":"string"},{"name":"fax","type":"string"}`, `{"name":"id","type":"string"}`,
		[]string{"drop: {path: fax, park: true}"},
		"", Iso,
	},
	"drop with restore.avro": {
		schema.Avro, `{"name":"id","type":"string"},{"name":"fax","type":["null","int"]}`, `{"name":"id","type":"string"}`,
		[]string{"drop: {path: fax, restore: {value: null}, park: true}"},
		"", Iso,
	},
	"drop in a list.avro": {
		schema.Avro, `{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"k","type":"int"},{"name":"q","type":"string"}]}}}`,
		`{"name":"lines","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"k","type":"long"}]}}}`,
		[]string{"drop: {path: 'l[].q', park: true}", "rename: {from: l, to: lines}", "retype: {path: 'lines[].k', to: int64}"},
		"", LossyDown,
	},
	"drop in each.avro": {
		schema.Avro, `{"name":"m","type":{"type":"map","values":{"type":"record","name":"I","fields":[{"name":"k","type":"int"},{"name":"q","type":"bytes"}]}}}`,
		`{"name":"m","type":{"type":"map","values":{"type":"record","name":"I","fields":[{"name":"k","type":"int"}]}}}`,
		[]string{"each: {path: 'm{}', steps: [{drop: {path: q, park: true}}]}"},
		"", Iso,
	},
	"drop where it is there.avro": {
		schema.Avro, `{"name":"a","type":["null",{"type":"record","name":"A","fields":[{"name":"k","type":"int"},{"name":"q","type":"double"}]}]}`,
		`{"name":"a","type":["null",{"type":"record","name":"A","fields":[{"name":"k","type":"int"}]}]}`,
		[]string{"drop: {path: 'a?.q', park: true}"},
		"", Iso,
	},
	"all of a record.avro": {
		schema.Avro, `{"name":"id","type":"string"},{"name":"a","type":{"type":"record","name":"A","fields":[{"name":"k","type":"int"},{"name":"q","type":"double"}]}}`,
		`{"name":"id","type":"string"},{"name":"k","type":"int"}`,
		[]string{"drop: {path: a.q, park: true}", "move: {from: a.k, to: k}"},
		"", Iso,
	},
	"set.avro": {
		schema.Avro, `{"name":"n","type":"int"},{"name":"s","type":"string"}`, `{"name":"n","type":"int"},{"name":"s","type":"string"}`,
		[]string{"set: {path: s, expr: \"'#' + this\", park: true}"},
		"", Iso,
	},
	"set and rename.avro": {
		schema.Avro, `{"name":"s","type":"string"}`, `{"name":"t","type":"string"},{"name":"x","type":"int"}`,
		[]string{"set: {path: s, value: x, park: true}", "rename: {from: s, to: t}", "add: {path: x, value: 1}"},
		"", LossyDown,
	},
	"retype.avro": {
		schema.Avro, `{"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}}`, `{"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}}`,
		[]string{"retype: {path: t, to: timestamp-millis, round: floor, park: true}"},
		"", Iso,
	},
	"retype elements.avro": {
		schema.Avro, `{"name":"t","type":{"type":"array","items":"double"}}`, `{"name":"t","type":{"type":"array","items":"string"}}`,
		[]string{"retype: {path: 't[]', to: string, via: decimal-string, else: {value: none}, park: true}"},
		"", Iso,
	},
	"head.avro": {
		schema.Avro, `{"name":"t","type":{"type":"array","items":"string"}}`, `{"name":"t","type":"string"}`,
		[]string{"head: {path: t, else: {value: ''}, park: true}"},
		"", Iso,
	},
	"filter.avro": {
		schema.Avro, `{"name":"t","type":{"type":"array","items":"int"}}`, `{"name":"t","type":{"type":"array","items":"int"}}`,
		[]string{"filter: {path: t, where: this > 0, park: true}"},
		"", Iso,
	},
	"narrow.avro": {
		schema.Avro, `{"name":"t","type":"string"}`, `{"name":"t","type":"string"}`,
		[]string{"narrow: {path: t, maxLength: 2, mode: truncate, park: true}"},
		"", Iso,
	},
	"two of one place.avro": {
		schema.Avro, `{"name":"t","type":"string"},{"name":"u","type":"string"}`, `{"name":"v","type":"string"}`,
		[]string{
			"narrow: {path: t, maxLength: 2, mode: truncate, park: true}", "set: {path: t, expr: \"this + event.u\", park: true}",
			"drop: {path: u, park: true}", "rename: {from: t, to: v}",
		},
		"", Iso,
	},
	"drop in a branch.avro": {
		schema.Avro, `{"name":"p","type":[{"type":"record","name":"Card","fields":[{"name":"no","type":"string"},{"name":"cvc","type":"int"}]},{"type":"record","name":"Cash","fields":[{"name":"till","type":"int"}]}]}`,
		`{"name":"p","type":[{"type":"record","name":"CardV2","fields":[{"name":"no","type":"string"}]},{"type":"record","name":"Cash","fields":[{"name":"till","type":"int"}]}]}`,
		[]string{"mapBranch: {path: p, map: {Card: {to: CardV2, steps: [{drop: {path: cvc, park: true}}]}, Cash: Cash}}"},
		"", Iso,
	},
	"drop at a branch.avro": {
		schema.Avro, `{"name":"p","type":["null",{"type":"record","name":"Card","fields":[{"name":"no","type":"string"},{"name":"cvc","type":"int"}]},"string"]}`,
		`{"name":"p","type":["null",{"type":"record","name":"Card","fields":[{"name":"no","type":"string"}]},"string"]}`,
		[]string{"drop: {path: 'p<Card>.cvc', park: true}"},
		"", Iso,
	},
	"drop a record and nest the rest.avro": {
		schema.Avro, `{"name":"id","type":"string"},{"name":"a","type":["null",{"type":"record","name":"A","fields":[{"name":"m","type":{"type":"map","values":"bytes"}},{"name":"e","type":{"type":"enum","name":"E","symbols":["X","Y"]}}]}]},{"name":"s","type":"string"}`,
		`{"name":"o","type":{"type":"record","name":"O","fields":[{"name":"id","type":"string"},{"name":"s","type":"string"}]}}`,
		[]string{"drop: {path: a, park: true}", "narrow: {path: s, maxLength: 1, mode: truncate, park: true}", "nest: {paths: [id, s], under: o}"},
		"", Iso,
	},
	"drop in a tagged union.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"p":{"oneOf":[{"type":"object","properties":{"t":{"const":"a"},"x":{"type":"string"},"n":{"type":"number"}},"required":["t","n"],"additionalProperties":false},{"type":"object","properties":{"t":{"const":"b"}},"required":["t"],"additionalProperties":false}]}`, `"p"`, false),
		fmt.Sprintf(jsonOf, `"p":{"oneOf":[{"type":"object","properties":{"t":{"const":"a"},"x":{"type":"string"}},"required":["t"],"additionalProperties":false},{"type":"object","properties":{"t":{"const":"b"}},"required":["t"],"additionalProperties":false}]}`, `"p"`, false),
		[]string{"drop: {path: 'p<a>.n', park: true}"},
		"", Iso,
	},
	"drop messages and maps.proto": {
		schema.Protobuf, `syntax = "proto3"; package o; message M { string id = 1; I i = 2; map<string, I> m = 3; repeated double d = 4; E e = 5; } message I { string k = 1; bytes b = 2; } enum E { Z = 0; Y = 7; }`,
		`syntax = "proto3"; package o; message M { string id = 1; map<string, I> m = 3; } message I { string k = 1; }`,
		[]string{"drop: {path: i, park: true}", "drop: {path: 'm{}.b', park: true}", "drop: {path: d, park: true}", "drop: {path: e, park: true}"},
		"", Iso,
	},
	"rename and drop.proto": {
		schema.Protobuf, `syntax = "proto3"; package o; message M { string id = 1; string fax = 2; string tel = 3; }`,
		`syntax = "proto3"; package o; message M { string key = 4; }`,
		[]string{"rename: {from: id, to: key}", "drop: {path: fax, park: true}", "drop: {path: tel, park: true}"},
		"", Iso,
	},
	"drop.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"id":{"type":"string"},"fax":{"type":"string","maxLength":5}`, `"id","fax"`, false),
		fmt.Sprintf(jsonOf, `"id":{"type":"string"}`, `"id"`, false),
		[]string{"drop: {path: fax, park: true}"},
		"", Iso,
	},
	"drop of a list.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"l":{"type":"array","items":{"type":"object","properties":{"q":{"type":"string"},"k":{"type":"integer"}},"required":["q"],"additionalProperties":false}}`, `"l"`, false),
		fmt.Sprintf(jsonOf, `"l":{"type":"array","items":{"type":"object","properties":{"k":{"type":"integer"}},"additionalProperties":false}}`, `"l"`, false),
		[]string{"drop: {path: 'l[].q', park: true}"},
		"", Iso,
	},
	"drop optional.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"id":{"type":"string"},"l":{"type":"array","items":{"type":"object","properties":{"q":{},"k":{"type":"integer"}},"additionalProperties":false}}`, `"id","l"`, false),
		fmt.Sprintf(jsonOf, `"id":{"type":"string"},"l":{"type":"array","items":{"type":"object","properties":{"k":{"type":"integer"}},"additionalProperties":false}}`, `"id","l"`, false),
		[]string{"drop: {path: 'l[].q', park: true}"},
		"", Iso,
	},
	"narrow in the body.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"s":{"type":"string"}`, `"s"`, true), fmt.Sprintf(jsonOf, `"s":{"type":"string","maxLength":3}`, `"s"`, true),
		[]string{"narrow: {path: s, maxLength: 3, mode: truncate, park: true}"},
		"parkIn: _instar", Iso,
	},
	"drop in the body.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"id":{"type":"string"},"fax":{"type":["string","null"]}`, `"id","fax"`, true),
		fmt.Sprintf(jsonOf, `"id":{"type":"string"}`, `"id"`, true),
		[]string{"drop: {path: fax, park: true}"},
		"parkIn: _instar", Iso,
	},
	"drop.proto": {
		schema.Protobuf, fmt.Sprintf(protoOf, "string id = 1; optional string fax = 2; repeated I l = 3;"), fmt.Sprintf(protoOf2, "string id = 1; repeated I l = 3;"),
		[]string{"drop: {path: fax, park: true}", "drop: {path: 'l[].q', park: true}"},
		"", Iso,
	},
	"rest.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"id":{"type":"string"},"n":{"type":"integer"}`, `"id"`, true),
		fmt.Sprintf(jsonOf, `"id":{"type":"string"},"n":{"type":"integer"}`, `"id"`, false),
		[]string{"rest: {path: $, mode: drop, park: true}"},
		"", Iso,
	},
	"rest and rename.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"id":{"type":"string"}`, `"id"`, true), fmt.Sprintf(jsonOf, `"key":{"type":"string"}`, `"key"`, false),
		[]string{"rename: {from: id, to: key}", "rest: {path: $, mode: drop, park: true}"},
		"", LossyUp,
	},
	"rest of elements.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"l":{"type":"array","items":{"type":"object","properties":{"k":{"type":"integer"}}}}`, `"l"`, false),
		fmt.Sprintf(jsonOf, `"l":{"type":"array","items":{"type":"object","properties":{"k":{"type":"integer"}},"additionalProperties":false}}`, `"l"`, false),
		[]string{"each: {path: 'l[]', steps: [{rest: {path: $, mode: drop, park: true}}]}"},
		"", Iso,
	},
	"rest in the body.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"id":{"type":"string"}`, `"id"`, true), fmt.Sprintf(jsonOf, `"id":{"type":"string"}`, `"id"`, true),
		[]string{"rest: {path: $, mode: drop, park: true}"},
		"parkIn: _instar", Iso,
	},
	"rest beside drop.json": {
		schema.JSON, fmt.Sprintf(jsonOf, `"id":{"type":"string"},"o":{"type":"object","properties":{"a":{"type":"string"}}}`, `"id","o"`, false),
		fmt.Sprintf(jsonOf, `"id":{"type":"string"},"o":{"type":"object","additionalProperties":false}`, `"id","o"`, false),
		[]string{"drop: {path: o.a, park: true}", "rest: {path: o, mode: drop, park: true}"},
		"", Iso,
	},
	"rest.proto": {
		schema.Protobuf, fmt.Sprintf(protoOf, "string id = 1; repeated I l = 3;"), fmt.Sprintf(protoOf, "string id = 1; repeated I l = 3;"),
		[]string{"rest: {path: $, mode: drop, park: true}"},
		"", Iso,
	},
	"rest of elements.proto": {
		schema.Protobuf, fmt.Sprintf(protoOf, "string id = 1; repeated I l = 3;"), fmt.Sprintf(protoOf2, "string key = 1; repeated I l = 3;"),
		[]string{"rename: {from: id, to: key}", "drop: {path: 'l[].q', park: true}", "rest: {path: 'l[]', mode: drop, park: true}"},
		"", Iso,
	},
	"retype.proto": {
		schema.Protobuf, `syntax = "proto3"; package o; message M { double d = 1; }`, `syntax = "proto3"; package o; message M { int64 d = 1; }`,
		[]string{"retype: {path: d, to: int64, round: floor, else: {value: 0}, park: true}"},
		"", Iso,
	},
}

func (c *parkCase) schemas(t testing.TB) (from, to schema.Parsed) {
	t.Helper()
	o := operationCase{}
	return o.schema(t, c.format, c.from), o.schema(t, c.format, c.to)
}

func (c *parkCase) document(t testing.TB) *Document {
	t.Helper()
	text := "instar: upcast/v1\nfrom: 1\nto: 2\n" + c.doc + "\nsteps:\n"
	for _, s := range c.steps {
		text += "  - " + s + "\n"
	}
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (c *parkCase) verify(t testing.TB) *Hop {
	t.Helper()
	h, err := c.try(t)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (c *parkCase) try(t testing.TB) (*Hop, error) {
	t.Helper()
	from, to := c.schemas(t)
	return Verify(t.Context(), c.document(t), from, to)
}

// parkMistakes are documents whose parked values have no place.
var parkMistakes = map[string]parkCase{
	"park a oneof": {
		schema.Protobuf, `syntax = "proto3"; package o; message M { string id = 1; oneof pay { string card = 2; string cash = 3; } }`,
		`syntax = "proto3"; package o; message M { string id = 1; }`,
		[]string{"drop: {path: pay, park: true}"},
		"", "is a oneof",
	},
	"park in what is dropped": {
		schema.Avro, `{"name":"id","type":"string"},{"name":"a","type":{"type":"record","name":"A","fields":[{"name":"s","type":"string"}]}}`,
		`{"name":"id","type":"string"}`,
		[]string{"set: {path: a.s, value: x, park: true}", "drop: {path: a, restore: {object: {s: {value: y}}}}"},
		"", "not there on the way down",
	},
	"park the rest of what is dropped": {
		schema.JSON, fmt.Sprintf(jsonOf, `"id":{"type":"string"},"o":{"type":"object","properties":{"a":{"type":"string"}}}`, `"id","o"`, false),
		fmt.Sprintf(jsonOf, `"id":{"type":"string"}`, `"id"`, false),
		[]string{"rest: {path: o, mode: drop, park: true}", "drop: {path: o, restore: {object: {a: {value: y}}}}"},
		"", "not there on the way down",
	},
	"park before a map is made": {
		schema.Avro, `{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"k","type":"string"},{"name":"v","type":"string"}]}}}`,
		`{"name":"l","type":{"type":"map","values":"string"}}`,
		[]string{"set: {path: 'l[].v', expr: \"this + this\", park: true}", "toMap: {path: l, key: k, value: v, duplicates: last}"},
		"", "does not keep its place",
	},
}

// TestParkedRoundTrips goes up and down again with what steps parked: every event
// comes back as it was, in every format and for every step that parks.
func TestParkedRoundTrips(t *testing.T) {
	events := envCount(t, "INSTAR_UPCAST_LENS", 100)
	for name, c := range parkCases {
		t.Run(name, func(t *testing.T) {
			h := c.verify(t)
			if v := h.Verdict; v.Outcome != Proved || v.Class != c.class || v.NoDown != "" {
				t.Fatalf("%s %s %q, want %s: %+v", v.Outcome, v.Class, v.NoDown, c.class, v.Problems)
			}
			up, down, more := runnerFor(t, h), runnerFor(t, h.Down), 0
			for seed := range uint64(events) {
				v, ok, err := h.from.sample(seed)
				if err != nil || !ok {
					t.Fatal(err, ok)
				}
				if c.format == schema.JSON && strings.HasPrefix(name, "rest") && seed%3 > 0 {
					withMore(v, seed) // generated objects have nothing undeclared
				}
				in, err := h.from.encode(v)
				if err != nil {
					t.Fatal(err)
				}
				image, f, err := up.Carry(t.Context(), &Envelope{}, in, nil)
				if f != nil || err != nil {
					t.Fatalf("%s: %v, %v", shown(h.from, v), f, err)
				}
				back, f, err := down.Carry(t.Context(), &Envelope{Headers: image[0].Headers}, image[0].Event, nil)
				if f != nil || err != nil {
					t.Fatalf("%s: %v, %v", shown(h.from, v), f, err)
				}
				got, err := h.from.decode(back[0].Event)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(name, "rest") {
					v, got = known(v), known(got)
				} else if hasMore(v) {
					more++
				}
				if !plan.Equal(v, got) {
					t.Fatalf("%s came back as %s", shown(h.from, v), shown(h.from, got))
				}
				if back[0].Headers[HeaderParked] != "" {
					t.Errorf("what is restored is still parked: %v", back[0].Headers)
				}
			}
			if strings.HasPrefix(name, "rest") && more < events/10 {
				t.Errorf("%d of %d events have something undeclared", more, events)
			}
		})
	}
}

// hasMore reports whether a value has something that its type does not declare.
func hasMore(v plan.Value) bool {
	switch x := v.(type) {
	case *plan.Rec:
		return len(x.Rest) > 0 || slices.ContainsFunc(x.Fields, hasMore)
	case []plan.Value:
		return slices.ContainsFunc(x, hasMore)
	}
	return false
}

// withMore gives open objects something undeclared.
func withMore(v plan.Value, seed uint64) {
	switch x := v.(type) {
	case *plan.Rec:
		if x.Type.Open {
			x.Rest = append(x.Rest, plan.Entry{Key: fmt.Sprintf("~%d", seed), Value: plan.Number("7")}, plan.Entry{Key: "other", Value: []plan.Value{nil, "x"}})
		}
		for _, f := range x.Fields {
			withMore(f, seed)
		}
	case []plan.Value:
		for _, item := range x {
			withMore(item, seed)
		}
	}
}

// TestForgedRest: undeclared properties and unknown fields come back only as what
// they were, and only to the event that they were taken from.
func TestForgedRest(t *testing.T) {
	field := func(number, value string) string { // a text
		raw := append([]byte{number[0] - '0'}, byte(len(value)))
		raw[0] = raw[0]<<3 | 2
		return base64.StdEncoding.EncodeToString(append(raw, value...))
	}
	for _, c := range []struct {
		name, event, values, more string // more is what the event has got since
		want                      string // what comes back, or how it fails
	}{
		{"rest.json", `{"id":"a"}`, `{"parked":[{"json":{"x":1}}]}`, "", `{"id":"a","x":1}`},
		{"rest.json", `{"id":"a"}`, `{"parked":[{"json":{}}]}`, "", `{"id":"a"}`},
		{"rest.json", `{"id":"a"}`, `{"parked":[{"json":{"id":"b"}}]}`, "", FailPark},
		{"rest.json", `{"id":"a"}`, `{"parked":[{"json":{"n":"none"}}]}`, "", FailPark},
		{"rest.json", `{"id":"a"}`, `{"parked":[{"json":{"n":7}}]}`, "", FailPark},
		{"rest.json", `{"id":"a"}`, `{"parked":[{"json":[1]}]}`, "", FailPark},
		{"rest.json", `{"id":"a"}`, `{"parked":[{"json":{"x":1}},{"json":{}}]}`, "", FailPark},
		{"rest.json", `{"id":"a"}`, `{"parked":[{}]}`, "", FailPark},
		{"rest in the body.json", `{"id":"a"}`, `{"parked":[{"json":{"x":1}}]}`, "", `{"id":"a","x":1}`},
		{"rest in the body.json", `{"id":"a"}`, `{"parked":[{"json":{"x":1}}]}`, `"y":2`, FailPark},
		{"rest in the body.json", `{"id":"a"}`, `{"parked":[{"json":{"x":1}}]}`, `"x":2`, FailPark},
		{"rest.proto", `{"id":"a"}`, `{"parked":[[[["9","` + field("9", "v") + `"]]]]}`, "", "\n\x01aJ\x01v"},
		{"rest.proto", `{"id":"a"}`, `{"parked":[[]]}`, "", "\n\x01a"},
		{"rest.proto", `{"id":"a"}`, `{"parked":[[[["1","` + field("1", "b") + `"]]]]}`, "", FailPark},
		{"rest.proto", `{"id":"a"}`, `{"parked":[[[["9","` + field("1", "b") + `"]]]]}`, "", FailPark},
		{"rest.proto", `{"id":"a"}`, `{"parked":[[[["9","/w=="]]]]}`, "", FailPark},
		{"rest.proto", `{"id":"a"}`, `{"parked":[[[["9","` + field("9", "v") + `"]]]]}`, "J\x01w", FailPark},
	} {
		k := parkCases[c.name]
		h := k.verify(t)
		event := encoded(t, h.to, c.event)
		entry := `{"by":"` + k.document(t).Hash() + `","from":1,"to":2,"values":` + c.values + `}`
		headers := map[string]string{HeaderParked: base64.StdEncoding.EncodeToString([]byte("[" + entry + "]"))}
		if k.doc != "" {
			headers = nil
			event = append(event[:len(event)-1], `,"_instar":[`+entry+`]}`...)
		}
		if k.format == schema.JSON && c.more != "" {
			event = append(event[:len(event)-1], ","+c.more+"}"...)
		} else {
			event = append(event, c.more...)
		}
		out, f, err := runnerFor(t, h.Down).Carry(t.Context(), &Envelope{Headers: headers}, event, nil)
		switch {
		case err != nil:
			t.Fatalf("%s %s: %v", c.name, c.values, err)
		case f != nil && f.Code != c.want:
			t.Errorf("%s %s %s: %v", c.name, c.values, c.more, f)
		case f == nil && string(out[0].Event) != c.want:
			t.Errorf("%s %s %s: %q", c.name, c.values, c.more, out[0].Event)
		}
	}
}

func runnerFor(t testing.TB, hops ...*Hop) *Runner {
	t.Helper()
	c, err := Fuse(hops)
	if err != nil {
		t.Fatal(err)
	}
	return NewRunner(c)
}

// carriedUp is an event of a case after the way up, and what goes beside it.
func carriedUp(t *testing.T, h *Hop, event string) Carried {
	t.Helper()
	out, f, err := runnerFor(t, h).Carry(t.Context(), &Envelope{}, encoded(t, h.from, event), nil)
	if f != nil || err != nil {
		t.Fatal(f, err)
	}
	return out[0]
}

// encoded is an event in the bytes of a version.
func encoded(t *testing.T, c codec, event string) []byte {
	t.Helper()
	tree, err := jsonx.Parse(event, jsonx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	v, why := literalOf(tree, c.events())
	if why != "" {
		t.Fatal(why)
	}
	b, err := c.encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestForgedParkedValues: parked values that are none, or not those of the event,
// end it by a failure of their own.
func TestForgedParkedValues(t *testing.T) {
	of := func(values string) string {
		c := parkCases["drop in a list.avro"]
		return `[{"by":"` + c.document(t).Hash() + `","from":1,"to":2,"values":` + values + `}]`
	}
	const right = `{"in":{"lines":[{"parked":["x"]},{"parked":["y"]}]}}`
	for text, want := range map[string]string{
		of(right):                               "",
		`{`:                                     "no JSON",
		`{}`:                                    "no list of",
		`[{"by":"x"}]`:                          "no list of",
		`[{"by":1,"from":1,"to":2,"values":1}]`: "no list of",
		`[{"by":"x","from":"a","to":2,"values":1}]`:       "no list of",
		`[{"by":"sha256:0","from":1,"to":2,"values":{}}]`: "another revision",
		`[{"by":"sha256:0","from":1,"to":7,"values":{}}]`: "version 1 to 7",
		`[{"by":"sha256:0","from":2,"to":3,"values":{}}]`: "",
		of(`{}`): "not those of the event",
		of(`[]`): "not those of the event",
		of(`{"in":{"lines":[{"parked":["x"]}]}}`):                       "not those of the event",
		of(`{"in":{"lines":[{"parked":["x"]},{"parked":[]}]}}`):         "not those of the event",
		of(`{"in":{"lines":[{"parked":["x"]},{"parked":["y","z"]}]}}`):  "not those of the event",
		of(`{"in":{"lines":[{"parked":["x"]},{"parked":[7]}]}}`):        "not those of the event",
		of(`{"in":{"lines":[{"parked":["x"]},{"parked":[{}]}]}}`):       "not those of the event",
		of(`{"in":{"lines":{"0":{"parked":["x"]},"1":{"parked":[]}}}}`): "not those of the event",
	} {
		c := parkCases["drop in a list.avro"]
		h := c.verify(t)
		up := carriedUp(t, h, `{"l":[{"k":1,"q":"x"},{"k":2,"q":"y"}]}`)
		headers := map[string]string{HeaderParked: base64.StdEncoding.EncodeToString([]byte(text))}
		out, f, err := runnerFor(t, h.Down).Carry(t.Context(), &Envelope{Headers: headers}, up.Event, nil)
		switch {
		case err != nil:
			t.Fatal(text, err)
		case want == "" && strings.Contains(text, "sha256:0"): // of another hop
			if f == nil || f.Code != plan.FailDead {
				t.Errorf("%s: %v", text, f)
			}
		case want == "" && (f != nil || len(out) != 1):
			t.Errorf("%s: %v", text, f)
		case want != "" && (f == nil || f.Code != FailPark || f.Path != HeaderParked || !strings.Contains(f.Reason, want)):
			t.Errorf("%s: %v, want %s", text, f, want)
		}
	}
	c := parkCases["drop in a list.avro"]
	h := c.verify(t)
	up := carriedUp(t, h, `{"l":[]}`)
	for header, want := range map[string]string{"?": "no base64", strings.Repeat("A", 65<<10): "at most 65536"} {
		_, f, err := runnerFor(t, h.Down).Carry(t.Context(), &Envelope{Headers: map[string]string{HeaderParked: header}}, up.Event, nil)
		if err != nil || f == nil || f.Code != FailPark || !strings.Contains(f.Reason, want) {
			t.Errorf("%.20s: %v, %v", header, f, err)
		}
	}
}

// TestChangedEvents: an event that was changed since its values were parked does
// not take them back.
func TestChangedEvents(t *testing.T) {
	for name, c := range map[string]struct{ in, changed, code string }{
		"set.avro":                {`{"n":1,"s":"a"}`, `{"n":1,"s":"#b"}`, FailPark},
		"retype.avro":             {`{"t":1999}`, `{"t":2}`, FailPark},
		"head.avro":               {`{"t":["a","b"]}`, `{"t":"b"}`, FailPark},
		"filter.avro":             {`{"t":[1,-1]}`, `{"t":[2]}`, FailPark},
		"narrow.avro":             {`{"t":"abc"}`, `{"t":"xb"}`, FailPark},
		"narrow in the body.json": {`{"s":"abcd"}`, `{"s":"abd"}`, FailPark},
		"drop in each.avro":       {`{"m":{"a":{"k":1,"q":{"base64":""}}}}`, `{"m":{"b":{"k":1}}}`, FailPark},
		"drop.avro":               {`{"id":"a","fax":"1"}`, `{"id":"b"}`, ""}, // what is parked depends on nothing
	} {
		k := parkCases[name]
		h := k.verify(t)
		up := carriedUp(t, h, c.in)
		event := encoded(t, h.to, c.changed)
		if k.doc != "" {
			_, body, _ := strings.Cut(string(up.Event), ",")
			event = []byte(strings.TrimSuffix(string(event), "}") + "," + body)
		}
		_, f, err := runnerFor(t, h.Down).Carry(t.Context(), &Envelope{Headers: up.Headers}, event, nil)
		if err != nil || c.code == "" && f != nil || c.code != "" && (f == nil || f.Code != c.code) {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
}

// TestEventsWithoutParkedValues go down as the document says, or to the dead
// letter.
func TestEventsWithoutParkedValues(t *testing.T) {
	for name, c := range map[string]struct{ event, want, note string }{
		"drop with restore.avro": {`{"id":"a"}`, `{"id":"a","fax":null}`, "it goes down as lossy-up"},
		"drop.avro":              {`{"id":"a"}`, "dead", "it has no way down"},
		"filter.avro":            {`{"t":[1]}`, `{"t":[1]}`, "it goes down as"},
		"drop.proto":             {`{"id":"a"}`, `{"id":"a"}`, "it goes down as lossy-up"},
	} {
		k := parkCases[name]
		h := k.verify(t)
		out, f, err := runnerFor(t, h.Down).Carry(t.Context(), &Envelope{}, encoded(t, h.to, c.event), nil)
		switch {
		case err != nil:
			t.Fatal(err)
		case f != nil && (f.Code != c.want || !strings.Contains(f.Reason, "no parked values")):
			t.Errorf("%s: %v", name, f)
		case f == nil:
			if got, err := h.from.show(out[0].Event); err != nil || !strings.Contains(strings.Join(strings.Fields(string(got)), ""), strings.Trim(c.want, "{}")) {
				t.Errorf("%s: %s, %v", name, got, err)
			}
		}
		if !strings.Contains(strings.Join(h.Verdict.Notes, "\n"), c.note) {
			t.Errorf("%s: %q", name, h.Verdict.Notes)
		}
	}
}

// TestLargeParkedValues: the header takes 64 KiB, the body what an event takes.
func TestLargeParkedValues(t *testing.T) {
	large := `{"id":"a","fax":"` + strings.Repeat("x", 60<<10) + `"}`
	for name, fits := range map[string]bool{"drop.avro": false, "drop in the body.json": true} {
		c := parkCases[name]
		h := c.verify(t)
		if h.Verdict.Total != fits {
			t.Errorf("%s: total %v", name, h.Verdict.Total)
		}
		_, f, err := runnerFor(t, h).Carry(t.Context(), &Envelope{}, encoded(t, h.from, large), nil)
		if err != nil || fits && f != nil || !fits && (f == nil || f.Code != FailDead || !strings.Contains(f.Reason, "at most 65536")) {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	c := parkCases["drop where it is there.avro"]
	if h := c.verify(t); !h.Verdict.Total {
		t.Error("what is parked there is always small")
	}
}

// TestParkedChain parks on two hops, one after the other, and takes both back.
func TestParkedChain(t *testing.T) {
	versions := []string{`{"name":"a","type":"string"},{"name":"b","type":"string"},{"name":"c","type":"string"}`, `{"name":"a","type":"string"},{"name":"b","type":"string"}`, `{"name":"a","type":"string"}`}
	var up, down []*Hop
	for i, name := range []string{"c", "b"} {
		text := fmt.Sprintf("instar: upcast/v1\nfrom: %d\nto: %d\nsteps:\n  - drop: {path: %s, park: true}\n", i+1, i+2, name)
		d, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		h, err := Verify(t.Context(), d, avroSchema(t, versions[i]), avroSchema(t, versions[i+1]))
		if err != nil {
			t.Fatal(err)
		}
		up, down = append(up, h), append([]*Hop{h.Down}, down...)
	}
	in := encoded(t, up[0].from, `{"a":"1","b":"2","c":"3"}`)
	r := runnerFor(t, up...)
	if _, _, err := r.Apply(t.Context(), nil, in, nil); !errors.Is(err, ErrParked) {
		t.Errorf("got %v", err)
	}
	// Going up again replaces what is parked of the same hop.
	image, f, err := r.Carry(t.Context(), &Envelope{}, in, nil)
	if f != nil || err != nil {
		t.Fatal(f, err)
	}
	again, f, err := r.Carry(t.Context(), &Envelope{Headers: image[0].Headers}, in, nil)
	if f != nil || err != nil || again[0].Headers[HeaderParked] != image[0].Headers[HeaderParked] {
		t.Fatal(again, f, err)
	}
	out, f, err := runnerFor(t, down...).Carry(t.Context(), &Envelope{Headers: image[0].Headers}, image[0].Event, nil)
	if f != nil || err != nil || string(out[0].Event) != string(in) || out[0].Headers[HeaderParked] != "" {
		t.Errorf("%+v, %v, %v", out, f, err)
	}
	traced, f, err := runnerFor(t, down...).chain.TraceWith(t.Context(), &Envelope{Headers: image[0].Headers}, image[0].Event)
	if f != nil || err != nil || len(traced) != 2 || string(traced[1]) != string(in) {
		t.Errorf("%q, %v, %v", traced, f, err)
	}
}

// TestParkInside: parked values in the body need no headers, survive hops that
// keep what is undeclared, and leave no trace.
func TestParkInside(t *testing.T) {
	c := parkCases["drop in the body.json"]
	h := c.verify(t)
	in := `{"x":1,"id":"a","fax":null}`
	image, f, err := runnerFor(t, h).Apply(t.Context(), nil, []byte(in), nil)
	if f != nil || err != nil || !strings.HasPrefix(string(image), `{"x":1,"id":"a","_instar":[{"by":"sha256:`) {
		t.Fatalf("%s, %v, %v", image, f, err)
	}
	back, f, err := runnerFor(t, h.Down).Apply(t.Context(), nil, image, nil)
	if f != nil || err != nil || string(back) != in {
		t.Errorf("%s, %v, %v", back, f, err)
	}
	_, f, err = runnerFor(t, h.Down).Apply(t.Context(), nil, []byte(`{"id":"a","_instar":7}`), nil)
	if err != nil || f == nil || f.Code != FailPark || f.Path != "_instar" {
		t.Errorf("%v, %v", f, err)
	}
}

// TestParkRefusals: what cannot be parked is refused by name.
func TestParkRefusals(t *testing.T) {
	avro := avroSchema(t, id+`,{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"q","type":"int"}]}}}`)
	open := (&operationCase{}).schema(t, schema.JSON, `{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}`)
	closed := (&operationCase{}).schema(t, schema.JSON, `{"type":"object","properties":{"id":{"type":"string"}},"required":["id"],"additionalProperties":false}`)
	texts := (&operationCase{}).schema(t, schema.JSON, `{"type":"object","properties":{"id":{"type":"string"}},"required":["id"],"additionalProperties":{"type":"string"}}`)
	const set = "steps:\n  - set: {path: id, value: x, park: true}\n"
	for _, c := range []struct {
		s          schema.Parsed
		text, want string
	}{
		{avro, "parkIn: _instar\nsteps: []", "no step parks"},
		{avro, "parkIn: _instar\n" + set, "into a JSON object"},
		{closed, "parkIn: _instar\n" + set, "no undeclared property"},
		{open, "parkIn: id\n" + set, "declares id for itself"},
		{texts, "parkIn: _instar\n" + set, "perhaps none of the target"},
		{avro, "down: none\n" + set, "the derived way down"},
		{avro, "steps:\n  - filter: {path: $, where: 'true', park: true}", "is no field"},
		{avro, "down: []\n" + set, "the derived way down"},
		{open, "steps:\n  - rest: {path: $, mode: into, to: extra, park: true}", "rest with mode into loses nothing"},
		{avro, "steps:\n  - inType: {type: I, steps: [{set: {path: q, value: 1, park: true}}]}", "inside inType"},
		{avro, "steps:\n  - set: {path: id, value: x, park: true}\n  - erase: {paths: [id], with: tombstone, park: true}", "erased values are not kept"},
	} {
		d, err := Parse("instar: upcast/v1\nfrom: 1\nto: 2\n" + c.text + "\n")
		if err == nil {
			_, err = Verify(t.Context(), d, c.s, c.s)
		}
		var wrong *Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

// TestParkedOnlyWhereProved: what is tested and not proved would lose in silence what
// its document parks.
func TestParkedOnlyWhereProved(t *testing.T) {
	_, err := NewTried(&Hop{Verdict: Verdict{Outcome: Tested}, parks: true})
	var wrong *Error
	if !errors.As(err, &wrong) || wrong.Code != NotYet {
		t.Errorf("got %v", err)
	}
}

// TestParkMistakes: a parked value that loses its place on the way is a mistake of
// the document.
func TestParkMistakes(t *testing.T) {
	for name, c := range parkMistakes {
		_, err := c.try(t)
		var wrong *Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), string(c.class)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParked holds what anybody may write into the header to a failure, or to an
// event of the version below.
func FuzzParked(f *testing.F) {
	f.Add([]byte(`[]`))
	f.Add([]byte(`[{"by":"sha256:0","from":1,"to":2,"values":{}}]`))
	for _, values := range []string{`{"in":{"l":[{"parked":["1"]}]}}`, `{"parked":[{"json":{"a":1}}]}`, `{"parked":[["string","x"]]}`, `{"parked":["1",["int","3"]]}`} {
		f.Add([]byte(values))
	}
	type way struct {
		h     *Hop
		by    string
		event []byte
	}
	var ways []way
	for _, name := range []string{"drop with restore.avro", "drop in a list.avro", "drop optional.json", "drop.proto", "rest.json", "rest.proto", "two of one place.avro"} {
		c := parkCases[name]
		h := c.verify(f)
		v, _, _ := h.to.sample(3)
		event, err := h.to.encode(v)
		if err != nil {
			f.Fatal(err)
		}
		ways = append(ways, way{h, c.document(f).Hash(), event})
	}
	f.Fuzz(func(t *testing.T, values []byte) {
		for _, w := range ways {
			for _, text := range []string{string(values), `[{"by":"` + w.by + `","from":1,"to":2,"values":` + string(values) + `}]`} {
				headers := map[string]string{HeaderParked: base64.StdEncoding.EncodeToString([]byte(text))}
				out, failure, err := runnerFor(t, w.h.Down).Carry(t.Context(), &Envelope{Headers: headers}, w.event, nil)
				if err != nil {
					t.Fatal(err)
				}
				if failure == nil {
					if _, err := w.h.from.decode(out[0].Event); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}
