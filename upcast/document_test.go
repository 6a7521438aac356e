package upcast

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

const sample = `
instar: upcast/v1            # required
subject: orders-value
from: 3
to: 4
doc: split the name, cents instead of decimals
steps:
  - split:   {path: customerName, pattern: '^(?P<first>[^ ]+) (?P<last>.+)$', into: {first: customer.first, last: customer.last}, else: {first: {value: ""}, last: {expr: this}}}
  - rename:  {from: qty, to: quantity}
  - convert: {path: price, to: int64, expr: 'int(math.round(this * 100.0))', downExpr: 'double(this) / 100.0', else: deadLetter}
down: derived
tests:
  - {name: plain, in: {customerName: Ada Lovelace, qty: 2, price: 1.50}, out: {customer: {first: Ada, last: Lovelace}, quantity: 2, price: 150}}
`

func TestDocument(t *testing.T) {
	d, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	if d.Subject != "orders-value" || d.From.Number != 3 || d.To.Version.Number != 4 || len(d.Steps) != 3 || len(d.Tests) != 1 {
		t.Errorf("read as %+v", d)
	}
	s, ok := d.Steps[0].Operation.(*Split)
	if !ok || len(s.Into) != 2 || s.Into[1].To.String() != "customer.last" || s.ElseOf["last"].Source.Expr.Text != "this" {
		t.Errorf("the first step is %+v", d.Steps[0].Operation)
	}
	if d.Steps[1].Line != 9 || d.Steps[1].Column != 5 {
		t.Errorf("the second step stands at %s", d.Steps[1].Position)
	}
	json, err := Parse(d.Canonical())
	if err != nil {
		t.Fatalf("the canonical form does not read back: %v", err)
	}
	if json.Canonical() != d.Canonical() || json.Hash() != d.Hash() {
		t.Errorf("the canonical form is no fixed point:\n%s\n%s", d.Canonical(), json.Canonical())
	}
	if !strings.Contains(d.Canonical(), `"price":1.5,`) || !strings.HasPrefix(d.Hash(), "sha256:") {
		t.Errorf("canonical form %s, hash %s", d.Canonical(), d.Hash())
	}
}

// examples holds each operation with its keys, as far as they go together.
var examples = map[string]string{
	"add": `{path: currency, value: EUR, onConflict: keep}`, "drop": `{path: fax, restore: {value: ""}, park: true}`,
	"rename": `{from: qty, to: quantity}`, "move": `{from: zip, to: address.zip}`, "copy": `{from: id, to: orderId}`,
	"set": `{path: total, expr: "event.net + event.tax"}`, "convert": `{path: weight, factor: 1000, offset: 0.5}`,
	"retype":    `{path: at, to: timestamp-micros, via: unix-millis, round: half-even}`,
	"mapEnum":   `{path: state, map: {NEW: OPEN, PAID: DONE}, down: {DONE: PAID}, choose: {OLD: "owner.n > 0 ? 'A' : 'B'"}}`,
	"mapBranch": `{path: pay, map: {Card: CardV2, Cash: {to: Other, steps: [{add: {path: kind, value: cash}}]}}}`,
	"split":     `{path: name, separator: " ", into: [first, last], else: deadLetter}`,
	"merge":     `{paths: [first, last], to: name, separator: " ", down: split}`,
	"nest":      `{paths: [street, zip], under: address}`, "flatten": `{path: address, prefix: addr_}`,
	"wrap": `{path: tag, as: map, key: default}`, "head": `{path: tags, which: only, else: {value: none}}`,
	"filter": `{path: items, where: "this.qty > 0"}`, "toMap": `{path: attrs, key: name, value: val, duplicates: last}`,
	"toList": `{path: m, key: k, value: v}`, "each": `{path: "items[]", steps: [{rename: {from: q, to: qty}}]}`,
	"inType":  `{type: com.acme.Node, steps: [{drop: {path: tmp}}]}`,
	"require": `{path: mail, else: {value: ""}}`, "relax": `{path: mail, restore: {value: ""}}`,
	"narrow": `{path: note, maxLength: 80, mode: truncate}`, "default": `{path: lang, was: {value: en}}`,
	"rest": `{path: $, mode: into, to: extra}`, "fromContext": `{path: tenant, context: tenantOf, else: deadLetter}`,
	"renameType": `{to: com.acme.order.Placed}`, "dropEvent": `{when: "event.kind == 'heartbeat'"}`,
	"splitEvent": `{atLeastOne: true, outputs: [{name: order, to: {subject: o, version: 1}, steps: [{drop: {path: ship}}]}, {name: ship, when: "has(event.ship)", forEach: "items[]", to: {subject: s, version: 1}}]}`,
	"reversion":  `{}`, "meta": `{set: {region: {expr: "event.addr.country"}}, rename: {x-old: x-new}, drop: [x-tmp]}`,
	"rekey": `{expr: "bytes(event.orderId)"}`, "erase": `{paths: [name, mail], with: tombstone}`, "transcode": `{to: PROTOBUF}`,
}

func oneStep(s string) string { return "instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - " + s + "\n" }

// sampleDocuments are the sample and one document for each operation.
func sampleDocuments() map[string]string {
	out := map[string]string{"sample": sample}
	for name, example := range examples {
		out[name] = oneStep(name + ": " + example)
	}
	return out
}

// TestOperations reads each operation from a mapping that holds each of its keys,
// as far as they go together, and demands that each is known by its name.
func TestOperations(t *testing.T) {
	for i := range operations {
		op := &operations[i]
		example, ok := examples[op.name]
		if !ok {
			t.Errorf("%s has no example", op.name)
			continue
		}
		d, err := Parse(oneStep(op.name + ": " + example))
		if err != nil {
			t.Errorf("%s: %v", op.name, err)
			continue
		}
		if got := d.Steps[0].Operation; got.Name() != op.name || reflect.ValueOf(got).Elem().NumField() > 0 && reflect.ValueOf(got).Elem().IsZero() {
			t.Errorf("%s is read as %s: %+v", op.name, got.Name(), got)
		}
		if keys := describe(op.read).keys; len(keys) == 0 && op.name != "reversion" {
			t.Errorf("%s describes no key", op.name)
		}
	}
	if len(examples) != len(operations) {
		t.Errorf("%d examples for %d operations", len(examples), len(operations))
	}
}

func TestBadDocuments(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		code       Code
		line       int
	}{
		"no format":           {text: "from: 1", want: `no "instar"`, line: 1},
		"other format":        {text: "instar: upcast/v2\nfrom: 1\nto: 2\nsteps: []", want: "write instar: upcast/v1", line: 1},
		"unknown key":         {text: "instar: upcast/v1\nfrom: 1\nto: 2\nsteps: [{drop: {path: a}}]\nsubjct: x", want: `did you mean "subject"`, line: 5},
		"one key for another": {text: "instar: upcast/v1\nfrom: 1\nto: 2\nstages: [{drop: {path: a}}]", want: `no key "stages"`, line: 4},
		"else of no part":     {text: oneStep("split: {path: a, separator: ' ', into: [b, c], else: {d: deadLetter}}"), want: `no key "d" (at /steps/0/split/else/d, line 5, column 59); did you mean "b"?`, line: 5},
		"no steps":            {text: "instar: upcast/v1\nfrom: 1\nto: 2", want: `no "steps"`, line: 1},
		"version zero":        {text: "instar: upcast/v1\nfrom: 0\nto: 2\nsteps: []", want: "version number from 1", line: 2},
		"two operations":      {text: oneStep("{drop: {path: a}, rename: {from: a, to: b}}"), want: "write two steps", line: 5},
		"no operation":        {text: oneStep("{id: x}"), want: "has no operation", line: 5},
		"slip":                {text: oneStep("renam: {from: a, to: b}"), want: `did you mean "rename"`, line: 5},
		"missing key":         {text: oneStep("rename: {from: a}"), want: `step rename has no "to"`, line: 5},
		"bad path":            {text: oneStep("drop: {path: 'a[0]'}"), want: "in expressions only", line: 5},
		"wrong type":          {text: oneStep("drop: [a]"), want: "must be a mapping, not a list", line: 5},
		"two sources":         {text: oneStep("add: {path: a, value: 1, expr: '2'}"), want: "exactly one of", line: 5},
		"no source":           {text: oneStep("add: {path: a}"), want: "where its value comes from", line: 5},
		"bad else":            {text: oneStep("require: {path: a, else: ignore}"), want: "deadLetter", line: 5},
		"bad class":           {text: oneStep("drop: {path: a}\n    class: isomorphic"), want: "allowed are", line: 6},
		"zero factor":         {text: oneStep("convert: {path: a, factor: 0}"), want: "the factor is zero", line: 5},
		"erase parks":         {text: oneStep("erase: {paths: [a], with: tombstone, park: true}"), want: "not kept", line: 5},
		"salted stone":        {text: oneStep("erase: {paths: [a], with: tombstone, salt: s}"), want: "a tombstone has no salt", line: 5},
		"crossed bounds":      {text: oneStep("narrow: {path: a, min: 3, max: 1.5, mode: clamp}"), want: "max is less than min", line: 5},
		"crossed length":      {text: oneStep("narrow: {path: a, minLength: 3, maxLength: 1, mode: else, else: absent}"), want: "maxLength is less than minLength", line: 5},
		"codec":               {text: oneStep("retype: {path: a, to: bytes, via: base65}"), want: "did you mean base64? allowed are number, ", line: 5},
		"pointer":             {text: oneStep("drop: {path: a, path: b}"), want: "(at /steps/0/drop/path, line 5, column 21)", line: 5},
		"alias":               {text: oneStep("drop: {path: *a}"), want: "aliases such as *a are not allowed (line 5, column 18)", line: 5},
		"tag":                 {text: oneStep("drop: !!map {path: a}"), want: "tags such as !!map are not allowed (at /steps/0/drop", line: 5},
		"later":               {text: oneStep("mergeEvents: {by: x}"), want: "not carried out yet", code: NotYet, line: 5},
		"anchor":              {text: oneStep("drop: {path: &a b}"), want: "anchor", line: 5},
		"hexadecimal":         {text: oneStep("add: {path: a, value: 0x1F}"), want: "as JSON does", line: 5},
		"infinity":            {text: oneStep("add: {path: a, value: .inf}"), want: "as JSON does", line: 5},
		"duplicate key":       {text: `{"instar":"upcast/v1","from":1,"from":2}`, want: "from", line: 1},
		"two results":         {text: oneStep("drop: {path: a}") + "tests: [{name: t, in: {}, out: {}, dropped: true}]", want: "exactly one of", line: 6},
		"long":                {text: "# " + strings.Repeat("x", 300<<10), want: "too many bytes", code: Limited},
		"many steps":          {text: "instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n" + strings.Repeat("  - drop: {path: a}\n", 501), want: "too many steps: 501, at most 500", code: Limited, line: 505},
		"expression":          {text: oneStep("set: {path: a, expr: '" + strings.Repeat("1+", 3000) + "1'}"), want: "too many bytes", code: Limited, line: 5},
		"deep":                {text: oneStep(strings.Repeat("each: {path: a, steps: [{", 20) + "drop: {path: a}" + strings.Repeat("}]}", 20)), want: "deep", line: 5},
		"empty":               {text: "", want: `no "instar"`, line: 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(c.text)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if e.Code != c.code || !strings.Contains(e.Error(), c.want) || c.line > 0 && e.Problem.Line != c.line {
				t.Errorf("got code %d, line %d: %v; want code %d with %q on line %d", e.Code, e.Problem.Line, e, c.code, c.want, c.line)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add(`{"instar":"upcast/v1","from":1,"to":2,"steps":[{"drop":{"path":"a"}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Error() == "" {
				t.Fatalf("an error that tells nothing: %#v", err)
			}
			return
		}
		again, err := Parse(d.Canonical())
		if err != nil || again.Hash() != d.Hash() {
			t.Fatalf("the canonical form does not mean the same: %v\n%s", err, d.Canonical())
		}
	})
}

// TestGuide holds the examples of the guide to what they say.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile("../docs/upcasters.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(guide), "```yaml\n")
	text, _, end := strings.Cut(rest, "```")
	if !ok || !end {
		t.Fatal("the guide has no document")
	}
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	item := func(n string) string {
		return `{"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"` + n + `","type":"int"}]}}}`
	}
	from := avroSchema(t, `{"name":"qty","type":"int"},{"name":"mail","type":["null","string"]},`+oldState+","+item("q"))
	to := avroSchema(t, `{"name":"quantity","type":"int"},{"name":"mail","type":"string"},`+newState+","+item("qty"))
	h, err := Verify(t.Context(), d, from, to)
	if err != nil || h.Verdict.Outcome != Proved || len(d.Tests) != 1 {
		t.Fatalf("%+v, %v", h, err)
	}
	for i := range operations {
		carried := !strings.Contains(string(guide), "`"+operations[i].name+"`")
		example := strings.ReplaceAll(examples[operations[i].name], ", park: true", "")
		_, err := Verify(t.Context(), document(t, operations[i].name+": "+example), from, to)
		var e *Error
		notYet := errors.As(err, &e) && e.Code == NotYet
		if notYet != carried && operations[i].name != "splitEvent" {
			t.Errorf("%s: the guide lists it: %t, it is carried out: %t (%v)", operations[i].name, !carried, !notYet, err)
		}
	}
}

// TestOneHashOneImage holds documents of one hash to one image, to the byte.
func TestOneHashOneImage(t *testing.T) {
	from := jsonParsed(t, `{"type":"object","additionalProperties":false}`)
	to := jsonParsed(t, `{"type":"object","properties":{"x":{}},"required":["x"],"additionalProperties":false}`)
	images := map[string]string{}
	for _, value := range []string{`1.50`, `15e-1`, `{b: 1, a: [2.0, {d: x, c: y}]}`, `{a: [2, {c: y, d: x}], b: 1}`, `0`, `-0`, `-0.0`} {
		d := document(t, "add: {path: x, value: "+value+"}")
		h, err := Verify(t.Context(), d, from, to)
		if err != nil || h.Verdict.Outcome != Proved {
			t.Fatalf("%s: %+v, %v", value, h, err)
		}
		chain, err := Fuse([]*Hop{h})
		if err != nil {
			t.Fatal(err)
		}
		image, failure, err := NewRunner(chain).Apply(t.Context(), nil, []byte("{}"), nil)
		if err != nil || failure != nil {
			t.Fatalf("%s: %v, %v", value, failure, err)
		}
		if other, seen := images[d.Hash()]; seen && other != string(image) {
			t.Errorf("%s gives %s, and a document of its hash %s", value, image, other)
		}
		images[d.Hash()] = string(image)
	}
	if len(images) != 4 {
		t.Errorf("%d documents, want 4: %v", len(images), images)
	}
}

// TestMistakesInDown: what the author wrote as the way down is held to the schemas
// as the steps are.
func TestMistakesInDown(t *testing.T) {
	d, err := Parse("instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - rename: {from: a, to: b}\ndown:\n  - rename: {from: c, to: a}\n")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Verify(t.Context(), d, avroSchema(t, `{"name":"a","type":"string"}`), avroSchema(t, `{"name":"b","type":"string"}`))
	var e *Error
	if !errors.As(err, &e) || e.Problem.Path != "/down/0" || e.Problem.Line != 7 || !strings.Contains(e.Error(), "did you mean b?") {
		t.Errorf("got %v", err)
	}
}
