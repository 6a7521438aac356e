package avro

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"

	"github.com/instar-registry/instar/internal/cputime"
)

// record makes a record R of the given fields.
func record(fields ...string) string {
	return `{"type":"record","name":"R","fields":[` + strings.Join(fields, ",") + `]}`
}

// TestRefusals holds each mistake to its text and place. soft says that history
// may hold it.
func TestRefusals(t *testing.T) {
	cases := []struct {
		name, text, want, path, at string
		soft                       bool
	}{
		{"bare primitive", `string`, `write the primitive type with quotes: "string"`, "", "line 1, column 1", false},
		{"not JSON", "{\n \"type\": }", "unexpected '}'", "", "line 2, column 10", false},
		{"unknown primitive", `"strng"`, `did you mean "string"`, "", "line 1, column 1", false},
		{"unknown type", record(`{"name":"a","type":"Custmer"}`, `{"name":"b","type":{"type":"enum","name":"Customer","symbols":[]}}`), `did you mean "Customer"`, "/fields/0/type", "line 1, column 58", false},
		{"no type", `{"name":"R"}`, `has no "type"`, "", "line 1, column 1", false},
		{"wrapped type", `{"type":{"type":"string"}}`, "move the inner schema up", "/type", "line 1, column 9", false},
		{"a number", `5`, "cannot be a JSON number", "", "line 1, column 1", false},
		{"no name", `{"type":"record","fields":[]}`, "has no name", "", "line 1, column 1", false},
		{"name of a primitive", `{"type":"record","name":"int","fields":[]}`, "like the primitive", "/name", "line 1, column 25", false},
		{"bad name", `{"type":"record","name":"a-b","fields":[]}`, `"a-b" is not a legal name`, "/name", "line 1, column 25", true},
		{"bad namespace", `{"type":"record","name":"R","namespace":"a..b","fields":[]}`, "not a legal namespace", "/name", "line 1, column 25", true},
		{"bad field name", record("\n" + `{"name":"é","type":"int"}`), `"é" is not a legal field name`, "/fields/0/name", "line 2, column 9", true},
		{"bad symbol", `{"type":"enum","name":"E","symbols":["A","1"]}`, `"1" is not a legal enum symbol`, "/symbols/1", "line 1, column 42", true},
		{"bad alias", `{"type":"record","name":"R","aliases":["a-b"],"fields":[]}`, `"a-b" is not a legal alias`, "/aliases/0", "line 1, column 40", true},
		{"aliases no list", `{"type":"record","name":"R","aliases":"x","fields":[]}`, `"aliases" is not a list`, "/aliases", "line 1, column 39", false},
		{"no fields", `{"type":"record","name":"R"}`, "has no list of fields", "", "line 1, column 1", false},
		{"field no object", record(`5`), "not an object", "/fields/0", "", false},
		{"field without name", record(`{"type":"int"}`), "a field has no name", "/fields/0", "", false},
		{"field without type", record(`{"name":"a"}`), `the field "a" has no type`, "/fields/0", "", false},
		{"field twice", record(`{"name":"a","type":"int"}`, `{"name":"a","type":"int"}`), `the field "a" twice`, "/fields/1", "", false},
		{"order", record(`{"name":"a","type":"int","order":"up"}`), "ascending, descending or ignore", "/fields/0/order", "", false},
		{"symbol twice", `{"type":"enum","name":"E","symbols":["A","A"]}`, `the symbol "A" twice`, "/symbols/1", "line 1, column 42", false},
		{"symbols no list", `{"type":"enum","name":"E","symbols":"A"}`, "no list of symbols", "", "", false},
		{"symbol no string", `{"type":"enum","name":"E","symbols":[5]}`, "is a JSON number", "/symbols/0", "", false},
		{"enum default", `{"type":"enum","name":"E","symbols":["A"],"default":"B"}`, "none of its symbols", "/default", "", false},
		{"array without items", `{"type":"array"}`, `no "items"`, "", "", false},
		{"map without values", record(`{"name":"a","type":{"type":"map"}}`), `no "values"`, "/fields/0/type", "", false},
		{"fixed without size", `{"type":"fixed","name":"F"}`, "has no size", "", "", false},
		{"negative size", `{"type":"fixed","name":"F","size":-1}`, "not a number of bytes", "/size", "", false},
		{"fixed of 2^31", `{"type":"fixed","name":"F","size":2147483648}`, "limit fixed-bytes is 1048576, found 2147483648", "/size", "", false},
		{"union in union", `["int",["string"]]`, "a union directly inside a union", "/1", "", false},
		{"branch twice", `["int","string","int"]`, `the branch "int" twice`, "/2", "line 1, column 17", false},
		{"type twice", record(`{"name":"a","type":{"type":"fixed","name":"F","size":1}}`, `{"name":"b","type":{"type":"fixed","name":"F","size":2}}`), `"F" is defined twice, differently`, "/fields/1/type/name", "", false},
		{"duplicate key", `{"type":"int","type":"int"}`, `the property "type" occurs twice`, "", "line 1, column 15", false},
		{"logical on the wrong type", `{"type":"string","logicalType":"date"}`, `"date" cannot annotate a type of kind string`, "/logicalType", "line 1, column 32", true},
		{"logical no string", `{"type":"string","logicalType":1}`, "logicalType is a number", "/logicalType", "", true},
		{"decimal without precision", `{"type":"bytes","logicalType":"decimal"}`, "needs a precision", "/logicalType", "", true},
		{"decimal scale", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":7}`, "scale 7", "/logicalType", "", true},
		{"decimal negative scale", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":-1}`, "non-negative", "/logicalType", "", true},
		{"decimal too wide for fixed", `{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":10}`, "at most 9 digits", "/logicalType", "", true},
		{"decimal precision limit", `{"type":"bytes","logicalType":"decimal","precision":1001}`, "limit decimal-digits is 1000", "/precision", "", false},
		{"duration size", `{"type":"fixed","name":"F","size":11,"logicalType":"duration"}`, "size 12", "/logicalType", "", true},
		{"uuid size", `{"type":"fixed","name":"F","size":15,"logicalType":"uuid"}`, "size 16", "/logicalType", "", true},
		{"long alias", `{"type":"record","name":"R","aliases":["` + strings.Repeat("a", 1025) + `"],"fields":[]}`, "exceeds limits.name-bytes 1024", "/aliases/0", "", true},
		{"long name", `{"type":"record","name":"` + strings.Repeat("a", 1025) + `","fields":[]}`, "exceeds limits.name-bytes 1024", "/name", "", true},
		{"long doc", `{"type":"record","name":"R","doc":"` + strings.Repeat("a", 65_600) + `","fields":[]}`, "limit doc-bytes", "/doc", "", false},
		{"too deep", strings.Repeat(`{"type":"array","items":`, 64) + `"int"` + strings.Repeat("}", 64), "limit nesting is 64, found 65", strings.Repeat("/items", 64), "", false},
		{"raw NUL", "\"\x00\"", "control character 0x00", "", "", false},
	}
	for _, c := range cases {
		_, err := Parse(c.text, nil, strict)
		var e *schema.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want a refusal", c.name, err)
			continue
		}
		if !strings.Contains(e.Error(), c.want) || e.Path != c.path || (c.at != "" && e.Position.String() != c.at) || e.Soft != c.soft {
			t.Errorf("%s: got %v (path %q, soft %t)\nwant %q at %q, %s, soft %t", c.name, e, e.Path, e.Soft, c.want, c.path, c.at, c.soft)
		}
		s, err := Parse(c.text, nil, lenient)
		switch {
		case c.soft && err != nil:
			t.Errorf("%s: refused leniently: %v", c.name, err)
		case c.soft && len(s.Warnings()) == 0:
			t.Errorf("%s: accepted without a warning", c.name)
		case !c.soft && c.name != "duplicate key" && err == nil:
			t.Errorf("%s: accepted leniently", c.name)
		}
	}
}

// TestDefaults pairs a wrong default with its nearest right neighbour.
func TestDefaults(t *testing.T) {
	nested := `{"type":"record","name":"S","fields":[{"name":"g","type":"int","default":5},{"name":"h","type":"int"}]}`
	cases := []struct{ typ, good, bad, want string }{
		{`"null"`, `null`, `0`, "null wants a JSON null"},
		{`"boolean"`, `true`, `"true"`, "boolean wants a JSON boolean"},
		{`"int"`, `2147483647`, `2147483648`, "2147483648 is no int"},
		{`"int"`, `-2147483648`, `1.0`, "1.0 is no int"},
		{`"int"`, `0`, `1e0`, "1e0 is no int"},
		{`"long"`, `9223372036854775807`, `9223372036854775808`, "is no long"},
		{`"float"`, `1`, `[1]`, "float wants a JSON number"},
		{`"double"`, `1e300`, `null`, "double wants a JSON number"},
		{`"string"`, `"漢"`, `1`, "string wants a JSON string"},
		{`"bytes"`, `"\u00ff"`, `"\u0100"`, "is no byte"},
		{`{"type":"fixed","name":"F","size":2}`, `"\u00ffa"`, `"a"`, "1 bytes do not fill F of size 2"},
		{`{"type":"enum","name":"E","symbols":["A"]}`, `"A"`, `"B"`, `"B" is no symbol of E`},
		{`{"type":"array","items":"int"}`, `[1,2]`, `[1,"2"]`, "/fields/0/default/1"},
		{`{"type":"map","values":"int"}`, `{"a":1}`, `{"a/b":"1"}`, "/fields/0/default/a~1b"},
		{`["null","int"]`, `null`, `"x"`, "no branch of the union takes it"},
		{`["null","int"]`, `5`, `5.5`, "no branch of the union takes it"},
		{`["null","string","int"]`, `5`, `3000000000`, "no branch of the union takes it; the nearest: 3000000000 is no int"},
		{`["int"]`, `5`, `null`, "int wants a JSON number"},
		{`[]`, ``, `null`, "the empty union has no value"},
		{nested, `{"h":1}`, `{"g":1}`, `the field "h" of S is missing`},
		{`["null","R"]`, `null`, `{}`, "no branch of the union takes it"},
		{`{"type":"record","name":"A","fields":[{"name":"b","type":["null",{"type":"record","name":"B","fields":[{"name":"a","type":"A","default":{}}]}],"default":null}]}`, `{"b":{}}`, `{"b":[]}`, "no branch of the union takes it"},
		{nested, `{"h":1,"unknown":2}`, `{"h":"1"}`, "/fields/0/default/h"},
	}
	for _, c := range cases {
		field := func(value string) string { return record(`{"name":"f","type":` + c.typ + `,"default":` + value + `}`) }
		if c.good != "" {
			if _, err := Parse(field(c.good), nil, strict); err != nil {
				t.Errorf("%s: %v", field(c.good), err)
			}
		}
		_, err := Parse(field(c.bad), nil, strict)
		var e *schema.Error
		if !errors.As(err, &e) || !strings.Contains(e.Error(), c.want) || !e.Soft {
			t.Errorf("%s: got %v, want %q", field(c.bad), err, c.want)
		}
		if s, err := Parse(field(c.bad), nil, lenient); err != nil || len(s.Warnings()) != 1 {
			t.Errorf("%s: leniently %v", field(c.bad), err)
		}
	}
}

// TestEndlessDefault: a default that leaves out the very field it belongs to has
// no value.
func TestEndlessDefault(t *testing.T) {
	_, err := Parse(record(`{"name":"f","type":"R","default":{}}`), nil, strict)
	if err == nil || !strings.Contains(err.Error(), `the field "f" of R is left to its default: the default of "f" needs itself without end`) {
		t.Error(err)
	}
	_, err = Parse(record(`{"name":"f","type":["R","null"],"default":{"f":null}}`), nil, strict)
	if err != nil {
		t.Error(err)
	}
}

// TestReferences holds names of other documents to staying names.
func TestReferences(t *testing.T) {
	deps := []schema.Document{
		{Name: "a.Money", Text: `{"type":"record","name":"Money","namespace":"a","fields":[{"name":"c","type":{"type":"enum","name":"Currency","symbols":["EUR"]}}]}`},
		{Name: "a.Line", Text: `{"type":"record","name":"Line","namespace":"a","fields":[{"name":"m","type":"Money"}]}`},
	}
	text := `{"type":"record","name":"O","namespace":"b","fields":[{"name":"l","type":"a.Line"},{"name":"c","type":"a.Currency"}]}`
	s := mustParse(t, text, deps...)
	if s.Canonical() != text {
		t.Errorf("canonical %s", s.Canonical())
	}
	checkFixedPoints(t, s, strict, deps...)
	inlined := `{"type":"record","name":"O","namespace":"b","fields":[{"name":"l","type":{"type":"record","name":"Line","namespace":"a","fields":[{"name":"m","type":{"type":"record","name":"Money","fields":[{"name":"c","type":{"type":"enum","name":"Currency","symbols":["EUR"]}}]}}]}},{"name":"c","type":"a.Currency"}]}`
	if got, ok, err := s.Render("resolved"); got != inlined || !ok || err != nil {
		t.Errorf("resolved %s", got)
	}
	if _, ok, _ := s.Render("serialized"); ok {
		t.Error("an unknown format was rendered")
	}
	if alone := mustParse(t, inlined); alone.Inlined() != s.Inlined() || alone.Equivalence() == s.Equivalence() {
		t.Error("the inlined schema is to equal only the inlined text")
	}
	_, err := Parse(text, deps[:1], strict)
	if err == nil || !strings.Contains(err.Error(), `"a.Line" is not defined`) {
		t.Errorf("missing reference: %v", err)
	}
	_, err = Parse(text, []schema.Document{{Name: "bad", Text: "{"}}, strict)
	var e *schema.Error
	if !errors.As(err, &e) || e.Document != "bad" {
		t.Errorf("a broken reference: %v", err)
	}
	_, err = Parse(`{"type":"record","name":"Money","namespace":"a","fields":[]}`, deps, strict)
	if err == nil || !strings.Contains(err.Error(), "defined twice") {
		t.Errorf("a redefinition of a referenced type: %v", err)
	}
}

// TestTextualNumbers: what Java's Double.valueOf reads, and near misses.
func TestTextualNumbers(t *testing.T) {
	field := func(value string) string { return record(`{"name":"f","type":"double","default":` + value + `}`) }
	for in, want := range map[string]string{
		`"0.0"`: `0.0`, `"+Infinity"`: `"Infinity"`, `"-Infinity"`: `"-Infinity"`, `"NaN"`: `"NaN"`, `" 1e3 "`: `1000.0`, `"-5"`: `-5.0`,
		`"1d"`: `1.0`, `"2.5f"`: `2.5`, `"0x1p3"`: `8.0`, `"1e999"`: `"Infinity"`, `".5"`: `0.5`, `"5."`: `5.0`,
	} {
		if got := mustParse(t, field(in)).Canonical(); got != field(want) {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	for _, in := range []string{`""`, `"x"`, `"inf"`, `"infinity"`, `"nan"`, `"1_0"`, `"--1"`, `"1e"`, `"0x1"`, `"d"`, `"1 0"`} {
		for _, opts := range []schema.Options{strict, lenient} {
			if s, err := Parse(field(in), nil, opts); err == nil {
				t.Errorf("%s: accepted as %s", in, s.Canonical())
			}
		}
	}
	union := record(`{"name":"f","type":["double"],"default":"1.0"}`)
	if _, err := Parse(union, nil, strict); err == nil {
		t.Error("a textual number inside a union was accepted")
	}
}

func TestReferenceLimits(t *testing.T) {
	l := schema.DefaultLimits()
	l.ReferencesAll, l.ReferenceBytes = 2, 40
	opts := schema.Options{Limits: l}
	small := schema.Document{Name: "x", Text: `"int"`}
	for want, deps := range map[string][]schema.Document{
		"references-all":  {small, small, small},
		"reference-bytes": {{Name: "y", Text: strings.Repeat(" ", 40) + `"int"`}},
	} {
		var e *schema.Error
		if _, err := Parse(`"int"`, deps, opts); !errors.As(err, &e) || e.Limit != want {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestHostileSchemas holds refusal of the extreme to a tenth of a second.
func TestHostileSchemas(t *testing.T) {
	many := func(n int, item func(int) string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = item(i)
		}
		return strings.Join(items, ",")
	}
	chain := many(200, func(i int) string {
		return fmt.Sprintf(`{"name":"f%d","type":{"type":"record","name":"T%d","fields":[{"name":"x","type":"T%d"}]}}`, i, i, (i+1)%200)
	})
	union := `[` + many(900, func(i int) string {
		return fmt.Sprintf(`{"type":"record","name":"U%d","fields":[{"name":"f","type":["null"%s]},{"name":"g","type":"int"}]}`, i, many2(i))
	}) + `]`
	cases := map[string]struct{ text, want string }{
		"100,000 arrays deep":          {strings.Repeat(`{"type":"array","items":`, 100_000) + `"int"`, "schema-bytes"},
		"20,000 arrays deep":           {strings.Repeat(`{"type":"array","items":`, 20_000) + `"int"`, "json-depth"},
		"100,000 brackets":             {strings.Repeat("[", 100_000), "json-depth"},
		"a number of 100,000 digits":   {`{"type":"int","x":` + strings.Repeat("9", 100_000) + `}`, "number-digits"},
		"an exponent of a billion":     {`{"type":"int","x":1e1000000000}`, "number-exponent"},
		"10,001 fields":                {record(many(10_001, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":"int"}`, i) })), "limit fields is 10000, found 10001"},
		"20,001 symbols":               {`{"type":"enum","name":"E","symbols":[` + many(20_001, func(i int) string { return fmt.Sprintf(`"s%d"`, i) }) + `]}`, "limit symbols is 20000, found 20001"},
		"1,001 branches":               {`[` + many(1001, func(i int) string { return fmt.Sprintf(`{"type":"fixed","name":"F%d","size":1}`, i) }) + `]`, "limit branches is 1000, found 1001"},
		"forward references unfolding": {record(chain), "nested too deeply once its types stand where they are first used"},
		"20,000 redefinitions": {record(`{"name":"a","type":{"type":"record","name":"S","doc":"d","fields":[`+many(5000, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":"int"}`, i) })+`]}}`, many(4000, func(i int) string {
			return fmt.Sprintf(`{"name":"b%d","type":{"type":"record","name":"S","fields":[]}}`, i)
		})), "defined twice"},
		"an unknown name among many": {`[` + many(900, func(i int) string {
			return fmt.Sprintf(`{"type":"fixed","name":"%s%d","size":1}`, strings.Repeat("n", 60), i)
		}) + `,"` + strings.Repeat("m", 62) + `"]`, "is not defined"},
		"unions at the bottom":   {strings.Repeat(`{"type":"array","items":`, 60) + `{"type":"record","name":"R","fields":[` + many(9000, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":["null","int"],"default":"x"}`, i) }) + `]}` + strings.Repeat("}", 60), "no branch of the union takes it"},
		"900 recursive branches": {record(`{"name":"u","type":`+union+`}`, `{"name":"d","type":"U899","default":`+strings.Repeat(`{"f":`, 100)+`1`+strings.Repeat("}", 100)+`}`), ""},
	}
	for name, c := range cases {
		start := cputime.Used()
		_, err := Parse(c.text, nil, strict)
		if took := cputime.Used() - start; took > 500*time.Millisecond {
			t.Errorf("%s: took %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %.300v, want %q", name, err, c.want)
		}
	}
}

// many2 lists two earlier types, so that a default has two ways at each level.
func many2(i int) string {
	if i < 2 {
		return ""
	}
	return fmt.Sprintf(`,"U%d","U%d"`, i-1, i-2)
}

func TestWarnings(t *testing.T) {
	s := mustParse(t, record(`{"name":"a","type":{"type":"int","logicalType":"odd"},"doc":5}`, `{"name":"b","type":"int","logicalType":"date"}`))
	var got []string
	for _, w := range s.Warnings() {
		got = append(got, w.Path+": "+w.What)
	}
	want := `/fields/0/doc: a "doc" that is not a string is ignored` +
		`|/fields/0/type/logicalType: the logicalType "odd" is not known and has no effect` +
		`|/fields/1: logicalType of field "b" has no effect: it belongs inside the type`
	if strings.Join(got, "|") != want {
		t.Errorf("got %q", got)
	}
}
