package upcast

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast/plan"
)

func avroSchema(t testing.TB, text string) *avro.Schema {
	t.Helper()
	if strings.HasPrefix(text, `{"name"`) {
		text = `{"type":"record","name":"o.Order","fields":[` + text + `]}`
	}
	s, err := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

func document(t testing.TB, steps ...string) *Document {
	t.Helper()
	text := "instar: upcast/v1\nfrom: 1\nto: 2\nsteps: []\n"
	if len(steps) > 0 {
		text = "instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - " + strings.Join(steps, "\n  - ") + "\n"
	}
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const (
	id       = `{"name":"id","type":"string"}`
	address  = `{"name":"address","type":{"type":"record","name":"Address","fields":[{"name":"street","type":"string"},{"name":"zip","type":"string"}]}}`
	maybe    = `{"name":"address","type":["null",{"type":"record","name":"Address","fields":[{"name":"street","type":"string"},{"name":"zip","type":"string"}]}]}`
	oldState = `{"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","PAID","SHIPPED"]}}`
	newState = `{"name":"state","type":{"type":"enum","name":"State","symbols":["OPEN","DONE"]}}`
)

// TestVerify holds each operation to its proof: in goes an event of the source,
// out comes the image, both in Avro's JSON encoding.
func TestVerify(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		steps    []string
		in, out  string
	}{
		"rename": {
			id + `,{"name":"qty","type":"int"}`, id + `,{"name":"quantity","type":"int"}`,
			[]string{"rename: {from: qty, to: quantity}"},
			`{"id":"a","qty":3}`, `{"id":"a","quantity":3}`,
		},
		"add and drop": {
			id + `,{"name":"fax","type":"string"}`, id + `,{"name":"currency","type":"string"}`,
			[]string{"drop: {path: fax}", "add: {path: currency, value: EUR}"},
			`{"id":"a","fax":"1"}`, `{"id":"a","currency":"EUR"}`,
		},
		"default of the target": {id, id + `,{"name":"n","type":"int","default":7}`, nil, `{"id":"a"}`, `{"id":"a","n":7}`},
		"alias of the target":   {id, `{"name":"key","type":"string","aliases":["id"]}`, nil, `{"id":"a"}`, `{"key":"a"}`},
		"add an object": {
			id, id + "," + address,
			[]string{"add: {path: address, object: {street: {value: s}, zip: {from: id}}}"},
			`{"id":"a"}`, `{"id":"a","address":{"street":"s","zip":"a"}}`,
		},
		"add a nullable": {id, id + `,{"name":"note","type":["null","string"]}`, []string{"add: {path: note, value: null}"}, `{"id":"a"}`, `{"id":"a","note":null}`},
		"add a list": {
			id, id + `,{"name":"l","type":{"type":"array","items":"string"}}`,
			[]string{"add: {path: l, list: [{from: id}, {value: x}]}"},
			`{"id":"a"}`, `{"id":"a","l":["a","x"]}`,
		},
		"move": {
			id + `,{"name":"zip","type":"string"}`, id + `,{"name":"a","type":{"type":"record","name":"A","fields":[{"name":"zip","type":"string"}]}}`,
			[]string{"move: {from: zip, to: a.zip}"},
			`{"id":"a","zip":"z"}`, `{"id":"a","a":{"zip":"z"}}`,
		},
		"copy": {id, id + `,{"name":"orderId","type":"string"}`, []string{"copy: {from: id, to: orderId}"}, `{"id":"a"}`, `{"id":"a","orderId":"a"}`},
		"nest": {
			id + `,{"name":"street","type":"string"},{"name":"zip","type":"string"}`, id + "," + address,
			[]string{"nest: {paths: [street, zip], under: address}"},
			`{"id":"a","street":"s","zip":"z"}`, `{"id":"a","address":{"street":"s","zip":"z"}}`,
		},
		"flatten": {
			id + "," + address, id + `,{"name":"addr_street","type":"string"},{"name":"addr_zip","type":"string"}`,
			[]string{"flatten: {path: address, prefix: addr_}"},
			`{"id":"a","address":{"street":"s","zip":"z"}}`, `{"id":"a","addr_street":"s","addr_zip":"z"}`,
		},
		"in a nullable": {
			id + "," + maybe, id + "," + strings.ReplaceAll(maybe, "zip", "code"),
			[]string{"rename: {from: 'address?.zip', to: 'address?.code'}"},
			`{"id":"a","address":{"o.Address":{"street":"s","zip":"z"}}}`, `{"id":"a","address":{"o.Address":{"street":"s","code":"z"}}}`,
		},
		"out of a nullable": {
			id + "," + maybe, id + `,{"name":"zip","type":["null","string"]}`,
			[]string{"copy: {from: 'address?.zip', to: zip}", "drop: {path: address}"},
			`{"id":"a","address":null}`, `{"id":"a","zip":null}`,
		},
		"mapEnum": {oldState, newState, []string{"mapEnum: {path: state, map: {NEW: OPEN, PAID: DONE, SHIPPED: DONE}}"}, `{"state":"SHIPPED"}`, `{"state":"DONE"}`},
		"require": {`{"name":"mail","type":["null","string"]}`, `{"name":"mail","type":"string"}`, []string{"require: {path: mail, else: {value: none}}"}, `{"mail":null}`, `{"mail":"none"}`},
		"relax":   {`{"name":"mail","type":"string"}`, `{"name":"mail","type":["null","string"]}`, []string{"relax: {path: mail}"}, `{"mail":"m"}`, `{"mail":{"string":"m"}}`},
		"wrap":    {`{"name":"tag","type":"string"}`, `{"name":"tag","type":{"type":"array","items":"string"}}`, []string{"wrap: {path: tag, as: list}"}, `{"tag":"t"}`, `{"tag":["t"]}`},
		"wrap what may be null": {
			`{"name":"tag","type":["null","string"]}`, `{"name":"tag","type":{"type":"array","items":"string"}}`,
			[]string{"wrap: {path: 'tag?', as: list}"},
			`{"tag":null}`, `{"tag":[]}`,
		},
		"head": {
			`{"name":"tags","type":{"type":"array","items":"string"}}`, `{"name":"tags","type":"string"}`,
			[]string{"head: {path: tags, else: {value: none}}"},
			`{"tags":[]}`, `{"tags":"none"}`,
		},
		"each": {
			`{"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"q","type":"int"}]}}}`,
			`{"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"qty","type":"long"}]}}}`,
			[]string{"each: {path: 'items[]', steps: [{rename: {from: q, to: qty}}]}"},
			`{"items":[{"q":1},{"q":2}]}`, `{"items":[{"qty":1},{"qty":2}]}`,
		},
		"map values": {
			`{"name":"m","type":{"type":"map","values":{"type":"record","name":"I","fields":[{"name":"q","type":"int"}]}}}`,
			`{"name":"m","type":{"type":"map","values":{"type":"record","name":"I","fields":[{"name":"r","type":"double"}]}}}`,
			[]string{"rename: {from: 'm{}.q', to: 'm{}.r'}"},
			`{"m":{"k":{"q":1}}}`, `{"m":{"k":{"r":1}}}`,
		},
		"mapBranch": {
			`{"name":"pay","type":[{"type":"record","name":"Card","fields":[{"name":"no","type":"string"}]},{"type":"record","name":"Cash","fields":[]}]}`,
			`{"name":"pay","type":[{"type":"record","name":"CardV2","fields":[{"name":"no","type":"string"}]},{"type":"record","name":"Other","fields":[{"name":"kind","type":"string"}]}]}`,
			[]string{"mapBranch: {path: pay, map: {Card: CardV2, Cash: {to: Other, steps: [{add: {path: kind, value: cash}}]}}}"},
			`{"pay":{"o.Cash":{}}}`, `{"pay":{"o.Other":{"kind":"cash"}}}`,
		},
		"convert": {
			`{"name":"kg","type":"int"}`, `{"name":"g","type":"long"}`,
			[]string{"convert: {path: kg, factor: 1000, to: int64, else: deadLetter}", "rename: {from: kg, to: g}"},
			`{"kg":2}`, `{"g":2000}`,
		},
		"merge": {
			`{"name":"first","type":"string"},{"name":"last","type":"string"}`, `{"name":"name","type":"string"}`,
			[]string{`merge: {paths: [first, last], to: name, separator: " "}`},
			`{"first":"Ada","last":"Lovelace"}`, `{"name":"Ada Lovelace"}`,
		},
		"recursion": {
			`{"name":"v","type":"int"},{"name":"next","type":["null","Order"]}`, `{"name":"v","type":"long"},{"name":"next","type":["null","Order"]}`, nil,
			`{"v":1,"next":{"o.Order":{"v":2,"next":null}}}`, `{"v":1,"next":{"o.Order":{"v":2,"next":null}}}`,
		},
		"promotions": {
			`{"name":"a","type":"int"},{"name":"b","type":"float"},{"name":"c","type":"int"},{"name":"d","type":"string"}`,
			`{"name":"a","type":"double"},{"name":"b","type":"double"},{"name":"c","type":["null","long"]},{"name":"d","type":"bytes"}`, nil,
			`{"a":1,"b":0.5,"c":2,"d":"x"}`, `{"a":1,"b":0.5,"c":{"long":2},"d":"x"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := avroSchema(t, c.from), avroSchema(t, c.to)
			h, err := Verify(t.Context(), document(t, c.steps...), from, to)
			if err != nil {
				t.Fatal(err)
			}
			if h.Verdict.Outcome != Proved {
				t.Fatalf("got %s: %+v, event %s", h.Verdict.Outcome, h.Verdict.Problems, h.Verdict.Event)
			}
			binary, err := from.Encode([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			v, err := plan.DecodeAvro(h.Source.Type, binary)
			if err != nil {
				t.Fatal(err)
			}
			image, failure, err := plan.Evaluate(t.Context(), h.Root, h.Source, v, plan.DefaultLimits())
			if err != nil || failure != nil {
				t.Fatal(err, failure)
			}
			out, err := plan.EncodeAvro(nil, h.Target, image)
			if err != nil {
				t.Fatal(err)
			}
			got, err := to.Decode(out)
			if err != nil || string(got) != c.out {
				t.Errorf("got %s (%v), want %s", got, err, c.out)
			}
		})
	}
}

// avroRefutations are the cases of TestRefutations.
var avroRefutations = map[string]refutation{
	"a field without a place": {id + `,{"name":"fax","type":"string"}`, id, nil, "O6", "fax has no place", `{"id":"","fax":""}`},
	"a field without a value": {id, id + `,{"name":"n","type":"int"}`, nil, "O5", "n has no value", `{"id":""}`},
	"null where none may be":  {`{"name":"mail","type":["null","string"]}`, `{"name":"mail","type":"string"}`, nil, "O5", "may be null", `{"mail":null}`},
	"a record that may be null": {
		id + "," + maybe, id + "," + strings.ReplaceAll(maybe, "zip", "code"),
		[]string{"rename: {from: address.zip, to: address.code}"},
		"O4", "address may be null", `{"id":"","address":null}`,
	},
	"an unmapped symbol":    {oldState, newState, []string{"mapEnum: {path: state, map: {NEW: OPEN, PAID: DONE}}"}, "O4", "SHIPPED is not mapped", `{"state":"SHIPPED"}`},
	"a symbol that is gone": {oldState, `{"name":"state","type":{"type":"enum","name":"State","symbols":["NEW"]}}`, nil, "O5", "no symbol PAID, SHIPPED", `{"state":"PAID"}`},
	"an empty list":         {`{"name":"tags","type":{"type":"array","items":"string"}}`, `{"name":"tags","type":"string"}`, []string{"head: {path: tags}"}, "O4", "empty list", `{"tags":[]}`},
	"an overflow":           {`{"name":"kg","type":"int"}`, `{"name":"kg","type":"int"}`, []string{"convert: {path: kg, factor: 1000}"}, "O4", "may not fit", `{"kg":2147484}`},
	"another type":          {`{"name":"a","type":"string"}`, `{"name":"a","type":"int"}`, nil, "O5", "a is string, and int", `{"a":""}`},
	"rounding":              {`{"name":"a","type":"long"}`, `{"name":"a","type":"double"}`, nil, "O5", "use", `{"a":0}`},
	"another unit": {
		`{"name":"a","type":{"type":"long","logicalType":"timestamp-millis"}}`, `{"name":"a","type":{"type":"long","logicalType":"timestamp-micros"}}`, nil,
		"O5", "timestamp-millis", `{"a":0}`,
	},
	"a record for a text":   {textField("street"), textField("address"), []string{"nest: {paths: [street], under: address}"}, "O5", "address is a record", `{"street":""}`},
	"a list for a text":     {id, id + "," + textField("l"), []string{"add: {path: l, list: [{from: id}]}"}, "O5", "l is a list", `{"id":""}`},
	"two branches that fit": {`{"name":"n","type":"int"}`, `{"name":"n","type":["long","double"]}`, nil, "O5", "fits long and double", `{"n":0}`},
	"elements of two types": {
		`{"name":"l","type":{"type":"array","items":["null","string"]}},{"name":"n","type":"int"}`, textField("l") + `,{"name":"n","type":"int"}`,
		[]string{"require: {path: 'l[]', else: {from: n}}"},
		"O3", "values of different types", `{"l":[],"n":0}`,
	},
	"a literal of another type": {id, id + `,{"name":"n","type":"int"}`, []string{"add: {path: n, value: x}"}, "O5", "not int", `{"id":""}`},
	"inside a recursion": {
		`{"name":"v","type":"long"},{"name":"next","type":["null","Order"]}`, `{"name":"v","type":"double"},{"name":"next","type":["null","Order"]}`, nil,
		"O5", "v is long", `{"v":0,"next":null}`,
	},
}

// TestRefutations holds each mistake to its obligation and to a least event that
// shows it.
func TestRefutations(t *testing.T) { holdRefutations(t, avroParsed, avroRefutations) }

const mistaken = id + "," + address + "," + oldState + `,{"name":"n","type":"int"}`

// documentMistakes are steps that cannot mean anything over [mistaken].
var documentMistakes = map[string]string{
	"drop: {path: adress}":                     "did you mean address?",
	"drop: {path: address.zip.x}":              "address.zip is no record",
	"rename: {from: id, to: n}":                "n exists at this step",
	"rename: {from: address.zip, to: id2.zip}": "use move",
	"drop: {path: 'n[]'}":                      "names no field",
	"relax: {path: 'n?'}":                      "never null or absent",
	"require: {path: n, else: absent}":         "never null or absent",
	"mapEnum: {path: state, map: {NW: OPEN}}":  "did you mean NEW?",
	"mapEnum: {path: n, map: {A: B}}":          "no enum",
	"head: {path: n}":                          "no list",
	"add: {path: id, value: x}":                "id exists",
	"convert: {path: id, factor: 2}":           "no number",
}

// TestMistakesOfDocuments holds steps that cannot mean anything to an error with
// a place.
func TestMistakesOfDocuments(t *testing.T) { holdMistakes(t, avroParsed, mistaken, documentMistakes) }

// TestClasses holds each operation to the class that its two directions have.
func TestClasses(t *testing.T) {
	str := func(name string) string { return `{"name":"` + name + `","type":"string"}` }
	for name, c := range map[string]struct {
		from, to string
		steps    []string
		want     Class
	}{
		"rename":              {str("a"), str("b"), []string{"rename: {from: a, to: b}"}, Iso},
		"reversion":           {str("a"), str("a"), []string{"reversion: {}"}, Iso},
		"add":                 {str("a"), str("a") + "," + str("b"), []string{"add: {path: b, value: x}"}, LossyDown},
		"drop":                {str("a") + "," + str("b"), str("a"), []string{"drop: {path: b}"}, OneWay},
		"drop with restore":   {str("a") + "," + str("b"), str("a"), []string{`drop: {path: b, restore: {value: ""}}`}, LossyUp},
		"drop with a default": {str("a") + `,{"name":"b","type":"string","default":""}`, str("a"), []string{"drop: {path: b}"}, LossyUp},
		"move":                {str("a") + "," + str("zip"), str("a") + `,{"name":"r","type":{"type":"record","name":"R","fields":[{"name":"zip","type":"string"}]}}`, []string{"move: {from: zip, to: r.zip}"}, Iso},
		"nest":                {str("street") + "," + str("zip"), address, []string{"nest: {paths: [street, zip], under: address}"}, Iso},
		"flatten":             {address, str("street") + "," + str("zip"), []string{"flatten: {path: address}"}, Iso},
		"copy":                {str("a"), str("a") + "," + str("b"), []string{"copy: {from: a, to: b}"}, LossyDown},
		"mapEnum bijective":   {oldState, `{"name":"state","type":{"type":"enum","name":"State","symbols":["A","B","C"]}}`, []string{"mapEnum: {path: state, map: {NEW: A, PAID: B, SHIPPED: C}}"}, Iso},
		"mapEnum merge":       {oldState, newState, []string{"mapEnum: {path: state, map: {NEW: OPEN, PAID: DONE, SHIPPED: DONE}, down: {DONE: PAID}}"}, LossyUp},
		"mapEnum merge alone": {oldState, newState, []string{"mapEnum: {path: state, map: {NEW: OPEN, PAID: DONE, SHIPPED: DONE}}"}, OneWay},
		"relax":               {str("a"), `{"name":"a","type":["null","string"]}`, []string{"relax: {path: a}"}, LossyDown},
		"require":             {`{"name":"a","type":["null","string"]}`, str("a"), []string{`require: {path: a, else: {value: ""}}`}, LossyUp},
		"wrap":                {str("a"), `{"name":"a","type":{"type":"array","items":"string"}}`, []string{"wrap: {path: a, as: list}"}, LossyDown},
		"head":                {`{"name":"a","type":{"type":"array","items":"string"}}`, str("a"), []string{"head: {path: a, else: deadLetter}"}, LossyUp},
		"each": {
			`{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"q","type":"int"}]}}}`,
			`{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"n","type":"int"}]}}}`,
			[]string{"each: {path: 'l[]', steps: [{rename: {from: q, to: n}}]}"},
			Iso,
		},
		"in a nullable": {maybe, strings.ReplaceAll(maybe, "zip", "code"), []string{"rename: {from: 'address?.zip', to: 'address?.code'}"}, Iso},
		"mapBranch": {
			`{"name":"pay","type":[{"type":"record","name":"Card","fields":[{"name":"no","type":"string"}]},"string"]}`,
			`{"name":"pay","type":[{"type":"record","name":"CardV2","fields":[{"name":"no","type":"string"}]},"string"]}`,
			[]string{"mapBranch: {path: pay, map: {Card: CardV2}}"},
			Iso,
		},
		"set":     {str("a"), str("a"), []string{"set: {path: a, value: x}"}, OneWay},
		"widened": {`{"name":"n","type":"int"}`, `{"name":"n","type":"long"}`, nil, OneWay},
		"none":    {str("a"), str("b"), []string{"rename: {from: a, to: b}\ndown: none"}, OneWay},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := Verify(t.Context(), document(t, c.steps...), avroSchema(t, c.from), avroSchema(t, c.to))
			if err != nil {
				t.Fatal(err)
			}
			if h.Verdict.Outcome != Proved || h.Verdict.Class != c.want || (h.Verdict.Class == OneWay) != (h.Verdict.NoDown != "") || (h.Down == nil) != (c.want == OneWay) {
				t.Errorf("%s, class %s (%s) %+v, want %s", h.Verdict.Outcome, h.Verdict.Class, h.Verdict.NoDown, h.Verdict.Problems, c.want)
			}
		})
	}
}

// TestExamples runs the tests of documents: those that hold, and each way in
// which one does not.
func TestExamples(t *testing.T) {
	from, to := avroSchema(t, id+`,{"name":"tags","type":{"type":"array","items":"string"}}`), avroSchema(t, `{"name":"key","type":"string"},{"name":"tag","type":["null","string"]}`)
	steps := "instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - rename: {from: id, to: key}\n  - head: {path: tags, which: only, else: deadLetter}\n  - rename: {from: tags, to: tag}\ntests:\n  - "
	for example, want := range map[string]string{
		`{name: one, in: {id: a, tags: [x]}, out: {key: a, tag: x}}`:   "",
		`{name: none, in: {id: a, tags: []}, error: dead}`:             "",
		`{name: code, in: {id: a, tags: []}, error: 42255}`:            "",
		`{name: text, in: {id: a, tags: []}, error: "42255"}`:          "",
		`{name: another, in: {id: a, tags: []}, error: 42259}`:         "want error 42259, got dead",
		`{name: other, in: {id: a, tags: [x]}, out: {key: a, tag: y}}`: `the image differs; want {"key":"a","tag":{"string":"y"}}, got {"key":"a","tag":{"string":"x"}}`,
		`{name: bad in, in: {id: 1, tags: []}, error: dead}`:           `"in" is a number, not string`,
		`{name: bad out, in: {id: a, tags: [x]}, out: {key: a}}`:       `"out" has no field tag`,
		`{name: no end, in: {id: a, tags: [x]}, error: dead}`:          "the event has an image; want error dead",
		`{name: an end, in: {id: a, tags: []}, dropped: true}`:         "the event has no image; want dropped, got dead in step 2",
	} {
		d, err := Parse(steps + example + "\n")
		if err != nil {
			t.Fatal(err)
		}
		_, err = Verify(t.Context(), d, from, to)
		var f *TestFailure
		if want == "" && err != nil || want != "" && (!errors.As(err, &f) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", example, err, want)
		}
	}
}

// TestDerive proves hops without a document.
func TestDerive(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		want     Outcome
		class    Class
	}{
		"default":      {id, id + `,{"name":"n","type":"int","default":1}`, Proved, LossyDown},
		"left out":     {id + `,{"name":"n","type":"int","default":1}`, id, Proved, LossyUp},
		"alias":        {id, `{"name":"key","type":"string","aliases":["id"]}`, Proved, OneWay},
		"promotion":    {`{"name":"n","type":"int"}`, `{"name":"n","type":"long"}`, Proved, OneWay},
		"same":         {id, id, Proved, Iso},
		"no value":     {id, id + `,{"name":"n","type":"int"}`, Refuted, ""},
		"lossy change": {`{"name":"n","type":"long"}`, `{"name":"n","type":"double"}`, Refuted, ""},
	} {
		h, err := Derive(t.Context(), avroSchema(t, c.from), avroSchema(t, c.to))
		if err != nil {
			t.Fatal(err)
		}
		if h.Verdict.Outcome != c.want || h.Verdict.Class != c.class {
			t.Errorf("%s: %+v", name, h.Verdict)
		}
	}
}

func TestVerdictJSON(t *testing.T) {
	h, err := Verify(t.Context(), document(t, "mapEnum: {path: state, map: {NEW: OPEN, PAID: DONE}}"), avroSchema(t, oldState), avroSchema(t, newState))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(h.Verdict)
	want := `{"verdict":"REFUTED","total":false,"obligation":"O4","step":1,"path":"state","reason":"symbol","message":"symbol SHIPPED is not mapped","fix":"add else","event":{"state":"SHIPPED"},"image":null,` +
		`"problems":[{"obligation":"O4","step":1,"path":"state","reason":"symbol","message":"symbol SHIPPED is not mapped","fix":"add else"}],"prover":"1"}`
	if err != nil || string(got) != want {
		t.Errorf("got %s (%v)", got, err)
	}
}

// TestVerdictOfImages: a verdict about an image that the target refuses shows it,
// with the keyword and the places in both schemas, as far as the old one says it.
func TestVerdictOfImages(t *testing.T) {
	from, to := jsonSchema(t, `"n":{"type":"integer","maximum":20}`), jsonSchema(t, `"m":{"type":"integer","maximum":9}`)
	h, err := Verify(t.Context(), document(t, "rename: {from: n, to: m}"), from, to)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(h.Verdict)
	want := `{"verdict":"REFUTED","total":false,"obligation":"O5","path":"m","reason":"maximum","message":"maximum is 9 in the target and 20 in the upcaster, which may write more","fix":"convert, narrow or drop it",` +
		`"source":{"pointer":"/properties/n/maximum","line":1,"column":64},"target":{"pointer":"/properties/m/maximum","line":1,"column":64},"event":{"n":10},"image":{"m":10},"problems":[`
	if err != nil || !strings.HasPrefix(string(got), want) {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}

// TestReasons names the failure condition of each kind.
func TestReasons(t *testing.T) {
	s := avroSchema(t, strings.Join([]string{nick, qty, lines, attrs, textField("s"), `{"name":"x","type":"bytes"}`, longN, price, oldState}, ","))
	for step, want := range map[string]string{
		`set: {path: s, expr: "owner.nick.value()"}`:                      "none",
		`set: {path: s, expr: "owner.lines[0].sku"}`:                      "index",
		`set: {path: s, expr: "this.substring(1)"}`:                       "index",
		`set: {path: s, expr: "string(owner.attrs['a'])"}`:                "key",
		`set: {path: n, expr: "this + 1"}`:                                "overflow",
		`set: {path: n, expr: "1 / this"}`:                                "divzero",
		`convert: {path: s, to: int64, expr: "int(this)"}`:                "parse",
		`convert: {path: price, to: int64, expr: "int(this)"}`:            "range",
		`convert: {path: x, to: string, expr: "string(this)"}`:            "utf8",
		`mapEnum: {path: state, map: {NEW: NEW, PAID: PAID}}`:             "symbol",
		`split: {path: s, separator: "-", into: [s1, s2]}`:                "parse",
		`head: {path: lines}`:                                             "index",
		`rename: {from: "nick.a", to: "nick.b"}`:                          "",
		`require: {path: nick, else: {expr: "string(1 / owner.qty)"}}`:    "divzero",
		`narrow: {path: n, min: 0, mode: else, else: {expr: "1 / this"}}`: "divzero",
	} {
		h, err := Verify(t.Context(), document(t, step), s, s)
		if want == "" {
			if err == nil {
				t.Errorf("%s is taken", step)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", step, err)
			continue
		}
		found := false
		for _, p := range h.Verdict.Problems {
			found = found || p.Obligation == "O4" && p.Reason == want
		}
		if !found {
			t.Errorf("%s: %+v, want %s", step, h.Verdict.Problems, want)
		}
	}
}

// TestVerdictOfSearch: a verdict that is neither says what is open, from which
// number its events follow, and what they had.
func TestVerdictOfSearch(t *testing.T) {
	s := avroSchema(t, strings.Join([]string{nick, oldState, textField("s")}, ","))
	h, err := Verify(t.Context(), document(t, `set: {path: s, expr: "size(this) == 77 && this.contains('quux') ? string(1 / (size(this) - 77)) : this"}`), s, s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(h.Verdict)
	want := `"events":2000,"seed":0,"open":["O4"],"coverage":{"branches":"2/2","symbols":"3/3","boundaries":"16/16"},"prover":"1"}`
	if err != nil || !strings.HasSuffix(string(got), want) {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	if h, err = Verify(t.Context(), document(t, "reversion: {}"), s, s); err != nil || h.Verdict.Coverage != nil {
		t.Error("what is proved needs no search", err)
	}
}
