package upcast

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// jsonSchema parses a schema; a list of properties alone is that of a closed
// object, all of them required, but those marked with a question mark.
func jsonSchema(t testing.TB, text string) *jsonschema.Schema {
	t.Helper()
	if !strings.HasPrefix(text, "{") {
		text = objectOf(text, `,"additionalProperties":false`)
	}
	s, err := jsonschema.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

// objectOf is an object schema of properties `"a?":{...},"b":{...}`.
func objectOf(properties, more string) string {
	var required []string
	for _, part := range strings.Split(properties, `|`) {
		name, _, _ := strings.Cut(strings.TrimPrefix(part, `"`), `"`)
		if name != "" && !strings.HasSuffix(name, "?") {
			required = append(required, `"`+name+`"`)
		}
	}
	text := strings.ReplaceAll(strings.ReplaceAll(properties, `?":`, `":`), `|`, `,`)
	return `{"type":"object","properties":{` + text + `},"required":[` + strings.Join(required, ",") + `]` + more + `}`
}

const (
	textID   = `"id":{"type":"string"}`
	textAddr = `"address":{"type":"object","properties":{"street":{"type":"string"},"zip":{"type":"string"}},"required":["street","zip"],"additionalProperties":false}`
	optAddr  = `"address?":{"type":["object","null"],"properties":{"street":{"type":"string"},"zip":{"type":"string"}},"required":["street","zip"],"additionalProperties":false}`
)

// An object that may be absent, with one inside that may be so, too, and the same
// with both required.
var (
	optInside = objectOf(`"s":{"type":"string"}|"in?":{"type":["object","null"],"properties":{"n":{"type":"integer"}},"required":["n"]}`, "")
	reqInside = objectOf(`"s":{"type":"string"}|"in":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}`, "")
)

// TestVerifyJSON holds each operation to its proof, and to the image of an event.
func TestVerifyJSON(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		steps    []string
		in, out  string
	}{
		"rename": {
			textID + `|"qty":{"type":"integer"}`, textID + `|"quantity":{"type":"integer"}`,
			[]string{"rename: {from: qty, to: quantity}"},
			`{"qty":3,"id":"a"}`, `{"quantity":3,"id":"a"}`,
		},
		"rename in an open object": {
			objectOf(textID+`|"qty":{"type":"integer"}`, ""), objectOf(textID+`|"quantity":{"type":"integer"}`, ""),
			[]string{"rename: {from: qty, to: quantity}"},
			`{"qty":3,"x":[1.0],"quantity":"old","id":"a"}`, `{"quantity":3,"x":[1.0],"id":"a"}`,
		},
		"add and drop": {
			textID + `|"fax":{"type":"string"}`, textID + `|"currency":{"enum":["EUR","USD"]}`,
			[]string{"drop: {path: fax}", "add: {path: currency, value: EUR}"},
			`{"fax":"1","id":"a"}`, `{"id":"a","currency":"EUR"}`,
		},
		"drop what may be absent": {textID + `|"fax?":{"type":"string"}`, textID, []string{"drop: {path: fax}"}, `{"id":"a"}`, `{"id":"a"}`},
		"default of the target":   {textID, textID + `|"n":{"type":"integer","default":7}`, nil, `{"id":"a"}`, `{"id":"a","n":7}`},
		"alias of the target":     {textID, `"key":{"type":"string","x-aliases":["id"]}`, nil, `{"id":"a"}`, `{"key":"a"}`},
		"default inside": {
			`"l":{"type":"array","items":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}`,
			`"l":{"type":"array","items":{"type":"object","properties":{"a":{"type":"string","default":"x"}},"required":["a"],"additionalProperties":false}}`, nil,
			`{"l":[{},{"a":"b"}]}`, `{"l":[{"a":"x"},{"a":"b"}]}`,
		},
		"move": {
			textID + `|"zip":{"type":"string"}`, textID + `|"a":{"type":"object","properties":{"zip":{"type":"string"}},"required":["zip"]}`,
			[]string{"move: {from: zip, to: a.zip}"},
			`{"zip":"z","id":"a"}`, `{"id":"a","a":{"zip":"z"}}`,
		},
		"nest": {
			textID + `|"street":{"type":"string"}|"zip":{"type":"string"}`, textID + "|" + textAddr,
			[]string{"nest: {paths: [street, zip], under: address}"},
			`{"zip":"z","id":"a","street":"s"}`, `{"id":"a","address":{"street":"s","zip":"z"}}`,
		},
		"flatten": {
			textID + "|" + textAddr, textID + `|"addr_street":{"type":"string"}|"addr_zip":{"type":"string"}`,
			[]string{"flatten: {path: address, prefix: addr_}"},
			`{"address":{"zip":"z","street":"s"},"id":"a"}`, `{"id":"a","addr_street":"s","addr_zip":"z"}`,
		},
		"in what may be absent or null": {
			textID + "|" + optAddr, textID + "|" + strings.ReplaceAll(optAddr, "zip", "code"),
			[]string{"rename: {from: 'address?.zip', to: 'address?.code'}"},
			`{"id":"a","address":{"zip":"z","street":"s"}}`, `{"id":"a","address":{"code":"z","street":"s"}}`,
		},
		"null stays null": {
			textID + "|" + optAddr, textID + "|" + strings.ReplaceAll(optAddr, "zip", "code"),
			[]string{"rename: {from: 'address?.zip', to: 'address?.code'}"},
			`{"id":"a","address":null}`, `{"id":"a","address":null}`,
		},
		"absent stays absent": {
			textID + "|" + optAddr, textID + "|" + strings.ReplaceAll(optAddr, "zip", "code"),
			[]string{"rename: {from: 'address?.zip', to: 'address?.code'}"},
			`{"id":"a"}`, `{"id":"a"}`,
		},
		"mapEnum": {
			`"state":{"enum":["NEW","PAID","SHIPPED"]}`, `"state":{"enum":["OPEN","DONE"]}`,
			[]string{"mapEnum: {path: state, map: {NEW: OPEN, PAID: DONE, SHIPPED: DONE}}"},
			`{"state":"SHIPPED"}`, `{"state":"DONE"}`,
		},
		"require":    {`"mail?":{"type":["string","null"]}`, `"mail":{"type":"string"}`, []string{"require: {path: mail, else: {value: none}}"}, `{"mail":null}`, `{"mail":"none"}`},
		"require it": {`"mail?":{"type":["string","null"]}`, `"mail":{"type":"string"}`, []string{"require: {path: mail, else: {value: none}}"}, `{}`, `{"mail":"none"}`},
		"relax":      {`"mail":{"type":"string"}`, `"mail?":{"type":["string","null"]}`, []string{"relax: {path: mail}"}, `{"mail":"m"}`, `{"mail":"m"}`},
		"narrow a text": {
			`"note":{"type":"string"}`, `"note":{"type":"string","maxLength":3}`,
			[]string{"narrow: {path: note, maxLength: 3, mode: truncate}"},
			`{"note":"aé😀bc"}`, `{"note":"aé😀"}`,
		},
		"clamp what is computed": {
			`"n":{"type":"integer"}`, `"n":{"type":"integer","minimum":0,"maximum":100}`,
			[]string{"convert: {path: n, factor: 3, else: deadLetter}", "narrow: {path: n, min: 0, max: 100, mode: clamp}"},
			`{"n":40}`, `{"n":100}`,
		},
		"require inside what is required": {
			textID + `|"a?":` + optInside, textID + `|"a":` + reqInside,
			[]string{`require: {path: a, else: {value: {s: x, in: {n: 1}}}}`, "require: {path: a.in, else: dropEvent}"},
			`{"id":"a"}`, `{"id":"a","a":{"s":"x","in":{"n":1}}}`,
		},
		"the head of a list that was made": {
			`"l":{"type":"array","items":` + objectOf(textID, `,"additionalProperties":false`) + `}`,
			`"l":` + objectOf(textID+`|"key":{"type":"string"}`, `,"additionalProperties":false`),
			[]string{"copy: {from: 'l[].id', to: 'l[].key'}", "head: {path: l, else: deadLetter}"},
			`{"l":[{"id":"a"},{"id":"b"}]}`, `{"l":{"id":"a","key":"a"}}`,
		},
		"inside the entries of what is required": {
			textID + `|"m?":{"type":"object","additionalProperties":` + objectOf(`"n":{"type":"integer"}`, `,"additionalProperties":false`) + `}`,
			textID + `|"m":{"type":"object","additionalProperties":` + objectOf(`"k":`+objectOf(`"n":{"type":"integer"}`, ""), `,"additionalProperties":false`) + `}`,
			[]string{`require: {path: m, else: {value: {z: {n: 7}}}}`, "move: {from: 'm{}.n', to: 'm{}.k.n'}"},
			`{"id":"a"}`, `{"id":"a","m":{"z":{"k":{"n":7}}}}`,
		},
		"narrow a number of any size": {
			`"n":{"type":"integer"}`, `"n":{"type":"integer","minimum":0,"maximum":100}`,
			[]string{"narrow: {path: n, min: 0, max: 100, mode: clamp}"},
			`{"n":12345678901234567890123}`, `{"n":100}`,
		},
		"narrow a fraction": {
			`"n":{"type":"number"}`, `"n":{"type":"number","maximum":0.5}`,
			[]string{"narrow: {path: n, max: 0.5, mode: clamp}"},
			`{"n":0.50}`, `{"n":0.50}`,
		},
		"narrow by the way out": {
			`"n":{"type":"integer","maximum":50}`, `"n":{"type":"integer","minimum":0,"maximum":50,"multipleOf":5}`,
			[]string{"narrow: {path: n, min: 0, multipleOf: 5, mode: else, else: {value: 0}}"},
			`{"n":7}`, `{"n":0}`,
		},
		"narrow to a pattern": {
			`"n":{"type":"string"}`, `"n":{"type":"string","pattern":"^[a-z]{2,3}$"}`,
			[]string{"narrow: {path: n, pattern: '^[a-z]{2,3}$', mode: else, else: {value: xx}}"},
			`{"n":"abcd"}`, `{"n":"xx"}`,
		},
		"narrow a list": {
			`"n":{"type":"array","items":{"type":"integer"}}`, `"n":{"type":"array","items":{"type":"integer"},"maxItems":2}`,
			[]string{"narrow: {path: n, maxLength: 2, mode: truncate}"},
			`{"n":[1,2.0,3]}`, `{"n":[1,2.0]}`,
		},
		"wrap": {`"tag":{"type":"string"}`, `"tag":{"type":"array","items":{"type":"string"}}`, []string{"wrap: {path: tag, as: list}"}, `{"tag":"t"}`, `{"tag":["t"]}`},
		"head": {
			`"tags":{"type":"array","items":{"type":"string"}}`, `"tags":{"type":"string"}`,
			[]string{"head: {path: tags, else: {value: none}}"},
			`{"tags":[]}`, `{"tags":"none"}`,
		},
		"each": {
			`"items":{"type":"array","items":{"type":"object","properties":{"q":{"type":"number"}},"required":["q"]}}`,
			`"items":{"type":"array","items":{"type":"object","properties":{"qty":{"type":"number"}},"required":["qty"]}}`,
			[]string{"each: {path: 'items[]', steps: [{rename: {from: q, to: qty}}]}"},
			`{"items":[{"q":1.50},{"q":1e2,"x":{}}]}`, `{"items":[{"qty":1.50},{"qty":1e2,"x":{}}]}`,
		},
		"map values": {
			`"m":{"type":"object","additionalProperties":{"type":"object","properties":{"q":{"type":"integer"}},"required":["q"]}}`,
			`"m":{"type":"object","additionalProperties":{"type":"object","properties":{"r":{"type":"integer"}},"required":["r"]}}`,
			[]string{"rename: {from: 'm{}.q', to: 'm{}.r'}"},
			`{"m":{"k":{"q":1}}}`, `{"m":{"k":{"r":1}}}`,
		},
		"mapBranch": {
			`"pay":{"oneOf":[{"type":"object","properties":{"kind":{"const":"Card"},"no":{"type":"string"}},"required":["kind","no"]},{"type":"object","properties":{"kind":{"const":"Cash"}},"required":["kind"]}]}`,
			`"pay":{"oneOf":[{"type":"object","properties":{"kind":{"const":"CardV2"},"no":{"type":"string"}},"required":["kind","no"]},{"type":"object","properties":{"kind":{"const":"Other"},"note":{"type":"string"}},"required":["kind","note"]}]}`,
			[]string{"mapBranch: {path: pay, map: {Card: CardV2, Cash: {to: Other, steps: [{add: {path: note, value: cash}}]}}}"},
			`{"pay":{"kind":"Cash"}}`, `{"pay":{"kind":"Other","note":"cash"}}`,
		},
		"convert": {
			`"kg":{"type":"integer","minimum":0,"maximum":100}`, `"g":{"type":"integer"}`,
			[]string{"convert: {path: kg, factor: 1000, else: deadLetter}", "rename: {from: kg, to: g}"},
			`{"kg":2}`, `{"g":2000}`,
		},
		"an expression": {
			`"a":{"type":"string"}`, `"a":{"type":"string"}`, []string{`set: {path: a, expr: "this + '!'"}`}, `{"a":"x"}`, `{"a":"x!"}`,
		},
		"an expression of a number": {
			`"a":{"type":"string"}`, `"a":{"type":"integer","minimum":0,"maximum":3000000000}`, []string{`set: {path: a, expr: "size(this)"}`}, `{"a":"xyz"}`, `{"a":3}`,
		},
		"merge": {
			`"first":{"type":"string"}|"last":{"type":"string"}`, `"name":{"type":"string"}`,
			[]string{`merge: {paths: [first, last], to: name, separator: " "}`},
			`{"first":"Ada","last":"Lovelace"}`, `{"name":"Ada Lovelace"}`,
		},
		"recursion": {
			`{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#"}},"required":["v"],"additionalProperties":false}`,
			`{"type":"object","properties":{"v":{"type":"number"},"w":{"type":"string","default":"x"},"next":{"$ref":"#"}},"required":["v","w"],"additionalProperties":false}`, nil,
			`{"next":{"v":2},"v":1}`, `{"next":{"v":2,"w":"x"},"v":1,"w":"x"}`,
		},
		"rest is dropped": {objectOf(textID, ""), textID, []string{"rest: {path: $, mode: drop}"}, `{"x":1,"id":"a"}`, `{"id":"a"}`},
		"rest goes into a map": {
			objectOf(textID, `,"additionalProperties":{"type":"integer"}`), textID + `|"extra":{"type":"object","additionalProperties":{"type":"integer"}}`,
			[]string{"rest: {path: $, mode: into, to: extra}"},
			`{"x":1,"id":"a","y":2}`, `{"id":"a","extra":{"x":1,"y":2}}`,
		},
		"keep an undeclared one": {
			objectOf(textID, `,"additionalProperties":{"type":"string"}`), objectOf(textID+`|"note":{"type":"string"}`, `,"additionalProperties":{"type":"string"}`),
			[]string{"add: {path: note, value: none, onConflict: keep}"},
			`{"note":"mine","id":"a"}`, `{"id":"a","note":"mine"}`,
		},
		"numbers keep their text": {`"n":{"type":"number"}`, `"m":{"type":"number"}`, []string{"rename: {from: n, to: m}"}, `{"n":12345678901234567890.10}`, `{"m":12345678901234567890.10}`},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := jsonSchema(t, c.from), jsonSchema(t, c.to)
			h, err := Verify(t.Context(), document(t, c.steps...), from, to)
			if err != nil {
				t.Fatal(err)
			}
			if h.Verdict.Outcome != Proved {
				t.Fatalf("got %s: %+v, event %s", h.Verdict.Outcome, h.Verdict.Problems, h.Verdict.Event)
			}
			chain, err := Fuse([]*Hop{h})
			if err != nil {
				t.Fatal(err)
			}
			out, f, err := NewRunner(chain).Apply(t.Context(), nil, []byte(c.in), nil)
			if err != nil || f != nil || string(out) != c.out {
				t.Errorf("got %s (%v, %v), want %s", out, f, err, c.out)
			}
		})
	}
}

// jsonRefutations are the cases of TestRefutationsJSON.
var jsonRefutations = map[string]refutation{
	"a field without a place":           {textID + `|"fax":{"type":"string"}`, textID, nil, "O6", "fax has no place", `{"id":"","fax":""}`},
	"an optional field without a place": {textID + `|"fax?":{"type":"string"}`, textID, nil, "O6", "fax has no place", `{"id":"","fax":""}`},
	"a field without a value":           {textID, textID + `|"n":{"type":"integer"}`, nil, "O5", "n has no value", `{"id":""}`},
	"null where none may be":            {`"mail":{"type":["string","null"]}`, `"mail":{"type":"string"}`, nil, "O5", "", `{"mail":null}`},
	"absent where it must be":           {`"mail?":{"type":"string"}`, `"mail":{"type":"string"}`, nil, "O5", "mail", `{}`},
	"what may be absent": {
		textID + "|" + optAddr, textID + "|" + strings.ReplaceAll(optAddr, "zip", "code"),
		[]string{"rename: {from: address.zip, to: address.code}"},
		"O4", "address may be", `{"id":""}`,
	},
	"an unmapped symbol":    {`"state":{"enum":["NEW","PAID","SHIPPED"]}`, `"state":{"enum":["OPEN","DONE"]}`, []string{"mapEnum: {path: state, map: {NEW: OPEN, PAID: DONE}}"}, "O4", "SHIPPED is not mapped", `{"state":"SHIPPED"}`},
	"a symbol that is gone": {`"state":{"enum":["NEW","PAID"]}`, `"state":{"enum":["NEW"]}`, nil, "O5", "", `{"state":"PAID"}`},
	"an empty list":         {`"tags":{"type":"array","items":{"type":"string"}}`, `"tags":{"type":"string"}`, []string{"head: {path: tags}"}, "O4", "empty list", `{"tags":[]}`},
	"another type":          {`"a":{"type":"string"}`, `"a":{"type":"integer"}`, nil, "O5", "", `{"a":""}`},
	"a longer text":         {`"a":{"type":"string","maxLength":5}`, `"b":{"type":"string","maxLength":3}`, []string{"rename: {from: a, to: b}"}, "O5", "", `{"a":"aaaa"}`},
	"a larger number":       {`"a":{"type":"integer","maximum":5}`, `"b":{"type":"integer","maximum":3}`, []string{"rename: {from: a, to: b}"}, "O5", "", `{"a":4}`},
	"a text cut too late":   {`"a":{"type":"string"}`, `"a":{"type":"string","maxLength":3}`, []string{"narrow: {path: a, maxLength: 4, mode: truncate}"}, "O5", "maxLength", `{"a":"cfuh"}`},
	"a bound beside it":     {`"n":{"type":"integer"}`, `"n":{"type":"integer","multipleOf":2}`, []string{"narrow: {path: n, max: 3, mode: clamp}"}, "O5", "multipleOf", `{"n":1}`},
	"an open object":        {objectOf(textID, ""), textID, nil, "O5", "", `{"":0,"id":""}`},
	"an undeclared one of another type": {
		objectOf(textID, ""), objectOf(textID+`|"n?":{"type":"integer"}`, ""), nil, "O5", "", `{"id":"","n":""}`,
	},
	"a literal of another type": {textID, textID + `|"n":{"type":"integer"}`, []string{"add: {path: n, value: x}"}, "O5", "not int", `{"id":""}`},
	"bytes":                     {textID, textID, []string{"retype: {path: id, to: bytes, via: utf8}"}, "O5", "JSON has no values of", `{"id":""}`},
	"a size for a text":         {textID, textID, []string{`set: {path: id, expr: "size(this)"}`}, "O5", "use retype", `{"id":""}`},
	"a number of any size":      {`"n":{"type":"integer"}`, `"n":{"type":"integer"}`, []string{`set: {path: n, expr: "this < 5 ? 1 : 2"}`}, "O4", "may not fit 64 bits", `{"n":9223372036854775808}`},
	"a literal out of range":    {textID, textID + `|"n":{"type":"integer","minimum":3}`, []string{"add: {path: n, value: 1}"}, "O5", "", `{"id":""}`},
	"undeclared ones when flattened": {
		`"a":` + objectOf(`"b":{"type":"string"}`, ""), `"a_b":{"type":"string"}`, []string{"flatten: {path: a, prefix: a_}"}, "O6", "undeclared", "",
	},
}

// TestRefutationsJSON holds each mistake to its obligation and to a least event
// that shows it.
func TestRefutationsJSON(t *testing.T) { holdRefutations(t, jsonParsed, jsonRefutations) }
