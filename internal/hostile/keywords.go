package hostile

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// doubling is a chain of n definitions that each use the one before twice in
// place. With %[1]s standing for both uses, wrap puts them into a schema.
func doubling(head, wrap string, n int) func() string {
	return func() string {
		var b strings.Builder
		b.WriteString("{" + head + `"definitions":{"n0":{"type":"integer"}`)
		for i := 1; i <= n; i++ {
			ref := fmt.Sprintf(`{"$ref":"#/definitions/n%d"}`, i-1)
			fmt.Fprintf(&b, `,"n%d":%s`, i, strings.ReplaceAll(wrap, "%s", ref))
		}
		fmt.Fprintf(&b, `},"properties":{"a":{"$ref":"#/definitions/n%d"}}}`, n)
		return b.String()
	}
}

// combinators ask for work that doubles with every line.
func combinators(t *table) {
	shapes := []struct{ name, head, wrap string }{
		{"allOf", "", `{"allOf":[%s,%s]}`},
		{"anyOf", "", `{"anyOf":[%s,%s]}`},
		{"oneOf", "", `{"oneOf":[%s,%s]}`},
		{"not and allOf", "", `{"not":%s,"allOf":[%s]}`},
		{"if and then", "", `{"if":%s,"then":%s}`},
		{"dependentSchemas", draft2020 + ",", `{"dependentSchemas":{"a":%s,"b":%s}}`},
	}
	for _, s := range shapes {
		for _, n := range []int{27, 60} {
			t.schema("combinators", fmt.Sprintf("doubling chain of %d through %s", n, s.name), schema.JSON, doubling(s.head, s.wrap, n),
				Want{Answer: Refused, Limit: "validator-steps", Placed: true})
		}
	}
	t.schema("combinators", "tripling chain of 20", schema.JSON, doubling("", `{"anyOf":[%s,%s,%s]}`, 20), Want{Answer: Refused, Limit: "validator-steps", Placed: true})
	e := jsonEvent(`{"a":1}`)
	t.add(Case{Row: "combinators", Name: "doubling chain of 10 is harmless", Format: schema.JSON, Text: doubling("", `{"anyOf":[%s,%s]}`, 10), Event: &e, Want: Want{Answer: Valid}})
	tree := func(child string) string {
		return `{"definitions":{"n":{"anyOf":[{"` + child + `":{"$ref":"#/definitions/n"}},{"` + child + `":{"$ref":"#/definitions/n"}}]}},"$ref":"#/definitions/n"}`
	}
	lists := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	objects := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	t.event("combinators", "doubling with each list of the event", schema.JSON, tree("items"), jsonEvent(lists), Want{Answer: Unjudged, Limit: "validator-steps"})
	t.event("combinators", "doubling with each object of the event", schema.JSON, tree("additionalProperties"), jsonEvent(objects), Want{Answer: Unjudged, Limit: "validator-steps"})
	t.add(Case{
		Row: "combinators", Name: "1,000 branches for 10,000 items", Format: schema.JSON, Text: listed(`{"items":{"allOf":[`, 1_000, numbered(`{"type":"array"}`), `]}}`),
		Event: &Event{Encoding: schema.EncodingJSON, Bytes: func() []byte { return []byte("[" + strings.Repeat("[],", 9_999) + "[]]") }},
		Want:  Want{Answer: Unjudged, Limit: "validator-steps"},
	})
	unique := listed("[", 5_000, func(i int) string { return fmt.Sprintf(`{"a":[%d,"x"]}`, i) }, "]")
	t.event("combinators", "uniqueItems over 5,000 objects", schema.JSON, `{"uniqueItems":true}`, largeJSON(unique), Want{Answer: Valid})
}

// patterns are regular expressions that blow up in engines that go back.
func patterns(t *table) {
	evil := strings.Repeat("a", 50_000) + "!"
	for _, p := range []string{`^(a+)+$`, `^(a|a)*$`, `^(a|aa)+$`, `(a*)*b`, `^([a-z]+)*$`, `^(([a-z])+.)+[A-Z]([a-z])+$`, `(.*)(.*)(.*)(.*)x`} {
		t.event("pattern", "linear "+p, schema.JSON, `{"pattern":"`+p+`"}`, jsonEvent(`"`+evil+`"`), Want{Answer: Invalid})
		t.event("pattern", "linear in a name "+p, schema.JSON, `{"patternProperties":{"`+p+`":true},"additionalProperties":false}`, jsonEvent(`{"`+evil+`":1}`), Want{Answer: Invalid})
	}
	for _, p := range []string{`(?<=a)b`, `(?<!a)b`, `(?!a)b`, `(?=a)b`, `(a)\\1`, `\\k<x>`, `a{2,1}`, `a{99999999}`, `(?:a{1000}){1000}`, `((a{200}){200}){200}`} {
		t.event("pattern", "cannot be evaluated "+p, schema.JSON, `{"properties":{"a":{"pattern":"`+p+`"}}}`, jsonEvent(`{"a":"b"}`), Want{Answer: Unjudged, Text: "pattern"})
	}
	for _, p := range []string{`(`, `)`, `[`, `*`, `\\`, `[z-a]`} {
		t.schema("pattern", "no expression "+p, schema.JSON, is(`{"properties":{"a":{"pattern":"`+p+`"}}}`), Want{Answer: Refused, Placed: true})
	}
	t.schema("pattern", "longer than 4 KiB", schema.JSON, filled(`{"pattern":"`, 4<<10+1, `"}`), Want{Answer: Refused, Limit: "pattern-bytes", Placed: true})
	t.schema("pattern", "name longer than 4 KiB", schema.JSON, filled(`{"patternProperties":{"`, 4<<10+1, `":true}}`), Want{Answer: Refused, Limit: "name-bytes", Placed: true})
	t.schema("pattern", "1,001 names", schema.JSON, listed(`{"patternProperties":{`, 1_001, numbered(`"^p%d":true`), `}}`), Want{Answer: Refused, Limit: "patterns", Placed: true})
	t.schema("pattern", "1,001 patterns", schema.JSON, listed(`{"properties":{`, 1_001, numbered(`"p%d":{"pattern":"x"}`), `}}`), Want{Answer: Refused, Limit: "patterns", Placed: true})
	t.schema("pattern", "1,000 nested groups", schema.JSON, func() string { return `{"pattern":"` + nested("(", 1_500, "a", ")")() + `"}` }, Want{Answer: Stored, Text: "cannot be evaluated"})
	t.schema("pattern", "200 patterns that unfold", schema.JSON, listed(`{"properties":{`, 200, numbered(`"p%d":{"pattern":"((x%d{1,30}){1,30})y"}`), `}}`), Want{Answer: Stored})
}

// enumerations are lists of values that are compared with each event.
func enumerations(t *table) {
	t.schema("enum", "20,001 values", schema.JSON, listed(`{"enum":[`, 20_001, numbered("%d"), `]}`), Want{Answer: Refused, Limit: "enum-values", Placed: true})
	t.schema("enum", "256 KiB", schema.JSON, filled(`{"enum":["`, 256<<10, `"]}`), Want{Answer: Refused, Limit: "enum-bytes", Placed: true})
	t.schema("enum", "const of 256 KiB", schema.JSON, filled(`{"const":"`, 256<<10, `"}`), Want{Answer: Refused, Limit: "enum-bytes", Placed: true})
	t.schema("enum", "20,000 values", schema.JSON, listed(`{"enum":[`, 20_000, numbered("%d"), `]}`), Want{Answer: Stored})
	t.schema("enum", "empty", schema.JSON, is(`{"enum":{}}`), Want{Answer: Refused, Placed: true})
	for _, k := range []struct{ name, text string }{
		{"type that is none", `{"type":"strnig"}`},
		{"type of a number", `{"type":5}`},
		{"required is true", `{"required":true}`},
		{"properties is a list", `{"properties":[]}`},
		{"items is a text", `{"items":"string"}`},
		{"minLength negative", `{"minLength":-1}`},
		{"minLength a fraction", `{"minLength":1.5}`},
		{"multipleOf 0", `{"multipleOf":0}`},
		{"multipleOf negative", `{"multipleOf":-2}`},
		{"allOf empty", `{"allOf":[]}`},
		{"allOf an object", `{"allOf":{}}`},
		{"pattern a number", `{"pattern":5}`},
		{"schema is a number", `5`},
		{"schema is a text", `"string"`},
		{"schema is null", `null`},
		{"schema is a list", `[]`},
		{"property is null", `{"properties":{"a":null}}`},
		{"$id is a number", `{"$id":5}`},
		{"$schema is a number", `{"$schema":5}`},
	} {
		t.schema("keyword", k.name, schema.JSON, is(k.text), Want{Answer: Refused, Placed: true})
	}
	for _, a := range []string{"http://example.com/schema", "file:///etc/passwd", "", "http://json-schema.org/draft-03/schema#"} {
		t.schema("keyword", "unknown $schema "+a, schema.JSON, is(`{"$schema":"`+a+`"}`), Want{Answer: Stored, Text: "draft-07 is assumed"})
	}
}
