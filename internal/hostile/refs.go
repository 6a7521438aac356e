package hostile

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

const (
	draft2020 = `"$schema":"https://json-schema.org/draft/2020-12/schema"`
	draft2019 = `"$schema":"https://json-schema.org/draft/2019-09/schema"`
)

// references holds the graph of documents to what was declared.
func references(t *table) {
	add := func(name string, f schema.Format, text string, docs []schema.Document, w Want) {
		t.add(Case{Row: "references", Name: name, Format: f, Text: is(text), Docs: func() []schema.Document { return docs }, Want: w})
	}
	avroField := func(typ string) string {
		return `{"type":"record","name":"R","fields":[{"name":"f","type":"` + typ + `"}]}`
	}
	add("avro missing", schema.Avro, avroField("a.Missing"), nil, Want{Answer: Refused, Text: "a.Missing", Placed: true})
	add("avro broken document", schema.Avro, avroField("a.B"), []schema.Document{{Name: "a.B", Text: "{"}}, Want{Answer: Refused, Text: "a.B", Placed: true})
	add("avro document of the schema's own name", schema.Avro, `{"type":"record","name":"R","fields":[]}`, []schema.Document{{Name: "R", Text: `{"type":"enum","name":"R","symbols":[]}`}}, Want{Answer: Refused, Text: "twice", Placed: true})
	add("json missing", schema.JSON, `{"$ref":"other.json"}`, nil, Want{Answer: Refused, Text: "other.json", Placed: true})
	add("json missing names what is known", schema.JSON, `{"$ref":"other.json"}`, []schema.Document{{Name: "known.json", Text: "{}"}}, Want{Answer: Refused, Text: "known.json", Placed: true})
	add("json broken document", schema.JSON, `{"$ref":"a.json"}`, []schema.Document{{Name: "a.json", Text: "{"}}, Want{Answer: Refused, Text: "a.json", Placed: true})
	add("protobuf missing", schema.Protobuf, proto3+`import "other.proto";`, nil, Want{Answer: Refused, Text: "other.proto", Placed: true})
	add("protobuf missing names what is known", schema.Protobuf, proto3+`import "other.proto";`, []schema.Document{{Name: "known.proto"}}, Want{Answer: Refused, Text: "known.proto", Placed: true})
	add("protobuf broken document", schema.Protobuf, proto3+`import "a.proto";`, []schema.Document{{Name: "a.proto", Text: "message {"}}, Want{Answer: Refused, Text: "a.proto", Placed: true})
	for _, n := range []int{1, 2, 50} {
		next := func(i int) int { return (i + 1) % n }
		t.add(Case{
			Row: "references", Name: fmt.Sprintf("json cycle of %d", n), Format: schema.JSON, Text: is(`{"$ref":"d0"}`),
			Docs: documents(n, numbered("d%d"), func(i int) string { return fmt.Sprintf(`{"$ref":"d%d"}`, next(i)) }), Want: Want{Answer: Refused, Placed: true},
		})
		t.add(Case{
			Row: "references", Name: fmt.Sprintf("protobuf cycle of %d", n), Format: schema.Protobuf, Text: is(proto3 + `import "d0";`),
			Docs: documents(n, numbered("d%d"), func(i int) string { return fmt.Sprintf("%simport \"d%d\";", proto3, next(i)) }), Want: Want{Answer: Refused, Text: "cycle", Placed: true},
		})
		t.add(Case{
			Row: "references", Name: fmt.Sprintf("avro cycle of %d", n), Format: schema.Avro, Text: is(avroField("D0")),
			Docs: documents(n, numbered("D%d"), func(i int) string {
				return fmt.Sprintf(`{"type":"record","name":"D%d","fields":[{"name":"f","type":"X%d"}]}`, i, next(i))
			}), Want: Want{Answer: Refused, Placed: true},
		})
	}
	diamond(t)
}

// diamond is n documents that each use the one before twice: 2ⁿ ways to the
// first, and no more work than n.
func diamond(t *table) {
	const n = 31
	last := n - 1
	t.add(Case{
		Row: "references", Name: "json diamond of 2^30 paths through items", Format: schema.JSON, Text: is(fmt.Sprintf(`{"$ref":"d%d"}`, last)),
		Docs: documents(n, numbered("d%d"), func(i int) string {
			if i == 0 {
				return `{"type":"integer"}`
			}
			return fmt.Sprintf(`{"properties":{"a":{"$ref":"d%d"},"b":{"$ref":"d%d"}}}`, i-1, i-1)
		}), Want: Want{Answer: Stored},
	})
	t.add(Case{
		Row: "references", Name: "json diamond of 2^30 paths in place", Format: schema.JSON, Text: is(fmt.Sprintf(`{"$ref":"d%d"}`, last)),
		Docs: documents(n, numbered("d%d"), func(i int) string {
			if i == 0 {
				return `{"type":"integer"}`
			}
			return fmt.Sprintf(`{"allOf":[{"$ref":"d%d"},{"$ref":"d%d"}]}`, i-1, i-1)
		}), Want: Want{Answer: Refused, Limit: "validator-steps", Placed: true},
	})
	t.add(Case{
		Row: "references", Name: "protobuf diamond of 2^30 paths", Format: schema.Protobuf,
		Text: is(fmt.Sprintf("%simport \"d%d\"; message R { M%d a = 1; M%d b = 2; }", proto3, last, last, last)),
		Docs: documents(n, numbered("d%d"), func(i int) string {
			if i == 0 {
				return proto3 + "message M0 { int32 a = 1; }"
			}
			return fmt.Sprintf("%simport \"d%d\"; message M%d { M%d a = 1; M%d b = 2; }", proto3, i-1, i, i-1, i-1)
		}), Want: Want{Answer: Stored},
	})
	t.add(Case{
		Row: "references", Name: "avro diamond of 2^30 paths", Format: schema.Avro,
		Text: is(fmt.Sprintf(`{"type":"record","name":"R","fields":[{"name":"a","type":"D%d"},{"name":"b","type":"D%d"}]}`, last, last)),
		Docs: documents(n, numbered("D%d"), func(i int) string {
			typ := `"int"`
			if i > 0 {
				typ = fmt.Sprintf(`"D%d"`, i-1)
			}
			return fmt.Sprintf(`{"type":"record","name":"D%d","fields":[{"name":"a","type":%s},{"name":"b","type":%s}]}`, i, typ, typ)
		}), Want: Want{Answer: Stored},
	})
}

// outside are addresses at which something of value could be read, or somebody
// could learn that we tried.
var outside = []string{
	"http://example.com/a.json", "https://example.com/a.json#/x", "HTTP://EXAMPLE.COM/a.json", "file:///etc/passwd", "FILE:///etc/passwd",
	"file://localhost/etc/passwd", "file:/etc/passwd", "file:etc/passwd", "ftp://example.com/a", "jar:file:/a.jar!/b", "//example.com/a", "///etc/passwd",
	"/etc/passwd", "../../../../etc/passwd", "%66ile:///etc/passwd", "http://169.254.169.254/latest/meta-data", "http://[::1]:22/",
	"http://2130706433/", "http://localhost:9/a", "gopher://example.com/1", "data:application/json,{}", `\\\\host\\share\\a`, "unix:///var/run/docker.sock",
	"http://json-schema.org/../../etc/passwd", "http://json-schema.org/draft-99/schema#", "urn:uuid:6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b", "a\u202egnp.json",
	"http://user:secret@example.com/", "https://example.com:99999/", "http://%zz/", "classpath:/a.json", "ldap://example.com/a", "dict://localhost:11211/stats",
}

// addresses puts each into every keyword that names another place.
func addresses(t *table) {
	for _, a := range outside {
		t.schema("address", "$ref "+a, schema.JSON, is(`{"$ref":"`+a+`"}`), Want{Answer: Refused, Placed: true})
		t.schema("address", "$ref in a property "+a, schema.JSON, is(`{"properties":{"a":{"items":{"$ref":"`+a+`"}}}}`), Want{Answer: Refused, Placed: true})
		t.schema("address", "$dynamicRef "+a, schema.JSON, is(`{`+draft2020+`,"$dynamicRef":"`+a+`"}`), Want{Answer: Refused, Placed: true})
		t.schema("address", "$recursiveRef "+a, schema.JSON, is(`{`+draft2019+`,"$recursiveRef":"`+a+`"}`), Want{Answer: Refused, Placed: true})
		t.schema("address", "reference below $id "+a, schema.JSON, is(`{"$id":"`+a+`","properties":{"a":{"$ref":"next.json"}}}`), Want{Answer: Refused, Placed: true})
		e := jsonEvent(`{"a":1}`)
		t.add(Case{
			Row: "address", Name: "imported $ref " + a, Format: schema.JSON, Text: is(`{"properties":{"a":{"$ref":"` + a + `"}}}`), Lenient: true,
			Event: &e, Want: Want{Answer: Unjudged},
		})
	}
	for _, at := range []struct{ name, text string }{
		{"pointer to nothing", `{"$ref":"#/definitions/none"}`},
		{"pointer out of a list", `{"allOf":[true],"$ref":"#/allOf/7"}`},
		{"pointer with a negative index", `{"allOf":[true],"not":{"$ref":"#/allOf/-1"}}`},
		{"pointer to data", `{"enum":["a"],"not":{"$ref":"#/enum/0"}}`},
		{"anchor of nobody", `{"$ref":"#none"}`},
		{"broken escape", `{"$ref":"#/%zz"}`},
		{"broken tilde", `{"$ref":"#/~9"}`},
		{"reference that is no text", `{"$ref":5}`},
		{"reference to null", `{"$ref":null}`},
		{"two schemas of one identifier", `{"definitions":{"a":{"$id":"http://e.com/a"},"b":{"$id":"http://e.com/a"}}}`},
	} {
		t.schema("address", at.name, schema.JSON, is(at.text), Want{Answer: Refused, Placed: true})
	}
}

// loops are references that lead back without going into the event.
func loops(t *table) {
	for _, l := range []struct{ name, text string }{
		{"self", `{"$ref":"#"}`},
		{"self by pointer", `{"definitions":{"a":{"$ref":"#/definitions/a"}},"$ref":"#/definitions/a"}`},
		{"unused loop", `{"definitions":{"a":{"$ref":"#/definitions/a"}}}`},
		{"allOf", `{"allOf":[{"$ref":"#"}]}`},
		{"anyOf", `{"anyOf":[{"$ref":"#"},true]}`},
		{"oneOf", `{"oneOf":[true,{"$ref":"#"}]}`},
		{"not", `{"not":{"$ref":"#"}}`},
		{"if", `{"if":{"$ref":"#"}}`},
		{"then", `{"if":true,"then":{"$ref":"#"}}`},
		{"else", `{"if":false,"else":{"$ref":"#"}}`},
		{"dependencies", `{"dependencies":{"a":{"$ref":"#"}}}`},
		{"dependentSchemas", `{` + draft2020 + `,"dependentSchemas":{"a":{"$ref":"#"}}}`},
		{"definitions", `{"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/b"},"b":{"not":{"$ref":"#/definitions/a"}}}}`},
		{"anchor", `{` + draft2020 + `,"$ref":"#a","$defs":{"x":{"$anchor":"a","if":{"$ref":"#a"}}}}`},
		{"identifier", `{"$id":"http://e.com/s","allOf":[{"$ref":"http://e.com/s"}]}`},
		{"dynamicRef", `{` + draft2020 + `,"$dynamicAnchor":"a","anyOf":[{"$dynamicRef":"#a"}]}`},
		{"recursiveRef", `{` + draft2019 + `,"$recursiveAnchor":true,"oneOf":[{"$recursiveRef":"#"}]}`},
	} {
		t.schema("loop", l.name, schema.JSON, is(l.text), Want{Answer: Refused, Text: "#", Placed: true})
	}
	ring := func(n int) func() string {
		return listed(`{"$ref":"#/definitions/d0","definitions":{`, n, func(i int) string { return fmt.Sprintf(`"d%d":{"$ref":"#/definitions/d%d"}`, i, (i+1)%n) }, `}}`)
	}
	for _, n := range []int{2, 50} {
		t.schema("loop", fmt.Sprintf("ring of %d", n), schema.JSON, ring(n), Want{Answer: Refused, Text: "→", Placed: true})
	}
	t.schema("loop", "ring of 3,000", schema.JSON, ring(3_000), Want{Answer: Refused, Limit: "ref-chain", Placed: true})
	t.schema("loop", "chain of 3,000", schema.JSON, listed(`{"definitions":{"d0":true,`, 3_000, func(i int) string { return fmt.Sprintf(`"d%d":{"$ref":"#/definitions/d%d"}`, i+1, i) }, `}}`),
		Want{Answer: Refused, Limit: "ref-chain", Placed: true})
	for _, l := range []struct{ name, text string }{
		{"record that holds itself", `{"type":"record","name":"S","fields":[{"name":"s","type":"S"}]}`},
		{"two records that hold each other", `{"type":"record","name":"A","fields":[{"name":"b","type":{"type":"record","name":"B","fields":[{"name":"a","type":"A"}]}}]}`},
	} {
		t.event("loop", "avro "+l.name, schema.Avro, l.text, binaryEvent(), Want{Answer: Unjudged, Limit: "event-depth", Placed: true})
	}
	t.schema("loop", "avro default that needs itself", schema.Avro, is(`{"type":"record","name":"R","fields":[{"name":"f","type":"R","default":{}}]}`), Want{Answer: Refused, Text: "without end", Placed: true})
	t.event("loop", "protobuf message that requires itself", schema.Protobuf, "message A { required A a = 1; }", binaryEvent(inside(1, 40)...), Want{Answer: Invalid, Text: "required", Placed: true})
	t.event("loop", "json recursion that the event bounds", schema.JSON, `{"items":{"$ref":"#"}}`, jsonEvent(strings.Repeat("[", 60)+strings.Repeat("]", 60)), Want{Answer: Valid})
}
