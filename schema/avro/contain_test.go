package avro

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// mustLenient parses as history is parsed.
func mustLenient(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := Parse(text, nil, lenient)
	if err != nil {
		t.Fatalf("%.300s: %v", text, err)
	}
	return s
}

func contain(t testing.TB, writer, reader *Schema) schema.Containment {
	t.Helper()
	c, err := Contain(context.Background(), writer, reader, schema.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range c.Undecided {
		if u.Bug != nil {
			t.Fatalf("%v", u.Bug)
		}
	}
	return c
}

// brief is one line per break: class, kind, path, effect, event, bytes, and
// both readings.
func brief(c schema.Containment) string {
	var b strings.Builder
	for i := range c.Breaks {
		k := &c.Breaks[i]
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s %s", k.Kind, k.Path)
		if k.Class != schema.ClassData {
			fmt.Fprintf(&b, " (%s)", k.Class)
		}
		if w := k.Witness; w != nil {
			fmt.Fprintf(&b, " %s %s %s", w.Effect, w.Value, hex.EncodeToString(w.Binary))
			if w.Effect == schema.Misread {
				fmt.Fprintf(&b, " %s => %s", w.Written, w.Read)
			}
		}
	}
	return b.String()
}

func dec(precision, scale int) string {
	return fmt.Sprintf(`{"type":"bytes","logicalType":"decimal","precision":%d,"scale":%d}`, precision, scale)
}

func logical(kind, name string) string {
	return fmt.Sprintf(`{"type":"%s","logicalType":"%s"}`, kind, name)
}

func fixedOf(name string, size int) string {
	return fmt.Sprintf(`{"type":"fixed","name":"%s","size":%d}`, name, size)
}

func enumOf(name, rest string, symbols ...string) string {
	return fmt.Sprintf(`{"type":"enum","name":"%s","symbols":["%s"]%s}`, name, strings.Join(symbols, `","`), rest)
}

func named(name, rest string, fields ...string) string {
	return fmt.Sprintf(`{"type":"record","name":"%s","fields":[%s]%s}`, name, strings.Join(fields, ","), rest)
}

// containCases hold every row of the resolution table and its near misses. An
// empty want is COMPATIBLE without a remark.
var containCases = []struct{ writer, reader, want string }{
	// Primitives and promotions.
	{`"int"`, `"long"`, ""},
	{`"int"`, `"double"`, ""},
	{`"float"`, `"double"`, ""},
	{`"int"`, `"float"`, "type-widened-lossy $ misread 16777217 82808010 16777217 => 16777216"},
	{`"long"`, `"float"`, "type-widened-lossy $ misread 16777217 82808010 16777217 => 16777216"},
	{`"long"`, `"double"`, "type-widened-lossy $ misread 9007199254740993 8280808080808020 9007199254740993 => 9007199254740992"},
	{`"string"`, `"bytes"`, ""},
	{`"bytes"`, `"string"`, "bytes-to-string $ refused \"ÿ\" 02ff"},
	{`"long"`, `"int"`, "type-narrowed $ refused 0 00"},
	{`"double"`, `"float"`, "type-narrowed $ refused 0 0000000000000000"},
	{`"double"`, `"long"`, "type-narrowed-lossy $ refused 0 0000000000000000"},
	{`"float"`, `"int"`, "type-narrowed-lossy $ refused 0 00000000"},
	{`"double"`, `"int"`, "type-narrowed $ refused 0 0000000000000000"},
	{`"string"`, `"int"`, `type-changed $ refused "" 00`},
	{`"boolean"`, `"int"`, `type-changed $ refused false 00`},
	{`"null"`, `"int"`, `type-changed $ refused null `},
	// Arrays and maps.
	{`{"type":"array","items":"int"}`, `{"type":"array","items":"long"}`, ""},
	{`{"type":"array","items":"int"}`, `{"type":"array","items":"string"}`, "type-changed $[] refused [0] 020000"},
	{`{"type":"map","values":"int"}`, `{"type":"map","values":"string"}`, `type-changed ${} refused {"":0} 02000000`},
	{`{"type":"map","values":"int"}`, `{"type":"array","items":"int"}`, `type-changed $ refused {} 00`},
	// Records: names, aliases, fields, defaults.
	{named("a.R", "", fieldX), named("b.R", "", fieldX), "type-namespace-differs $ (policy)"},
	{named("R", "", fieldX), named("S", "", fieldX), `type-renamed $ refused {"x":0} 00`},
	{named("a.R", "", fieldX), named("a.S", `,"aliases":["R"]`, fieldX), ""},
	{named("b.R", "", fieldX), named("a.S", `,"aliases":["R"]`, fieldX), `type-renamed $ refused {"x":0} 00`},
	{named("b.R", "", fieldX), named("a.S", `,"aliases":["b.R"]`, fieldX), ""},
	{named("S", `,"aliases":["R"]`, fieldX), named("R", "", fieldX), `type-renamed-alias $ refused {"x":0} 00`},
	{named("R", "", fieldX), named("R", "", fieldX, fieldYDefault), ""},
	{named("R", "", fieldX, fieldY), named("R", "", fieldX), ""},
	{named("R", "", fieldX, fieldY), named("R", "", fieldY, fieldX), ""},
	{named("R", "", fieldX), named("R", "", fieldX, fieldY), `field-missing y refused {"x":0} 00`},
	{named("R", ""), named("R", "", fieldX, fieldY), "field-missing x refused {} \nfield-missing y refused {} "},
	{named("R", "", fieldX), named("R", "", fieldZ), `field-renamed z refused {"x":0} 00`},
	{named("R", "", fieldX), named("R", "", `{"name":"z","type":"long"}`), `field-missing z refused {"x":0} 00`},
	{named("R", "", `{"name":"x","type":"int","default":0}`), named("R", "", fieldZ), `field-missing z refused {"x":0} 00`},
	{named("R", "", `{"name":"x","type":"int","aliases":["z"]}`), named("R", "", fieldZ), `field-renamed-alias z refused {"x":0} 00`},
	{named("R", "", fieldX), named("R", "", `{"name":"z","type":"int","aliases":["q","x"]}`), ""},
	{named("R", "", fieldX, fieldZ), named("R", "", `{"name":"z","type":"int","aliases":["x"]}`), `field-alias-ambiguous z refused {"x":0,"z":0} 0000`},
	{named("R", "", fieldX, fieldZ), named("R", "", `{"name":"n","type":"int","aliases":["x","z"]}`), `field-alias-ambiguous n refused {"x":0,"z":0} 0000`},
	{named("R", "", fieldX), named("R", "", `{"name":"x","type":"int","aliases":["x"]}`), ""},
	{named("R", "", fieldX), named("R", "", `{"name":"x","type":"string"}`), `type-changed x refused {"x":0} 00`},
	{named("R", "", fieldX), named("R", "", fieldX, `{"name":"e","type":`+enumOf("E", `,"default":"A"`, "A")+`}`), `field-missing e refused {"x":0} 00`},
	{named("R", "", fieldX), named("R", "", fieldX, `{"name":"o","type":["string","null"],"default":null}`), ""},
	{named("R", "", fieldX), named("R", "", fieldX, `{"name":"f","type":"bytes","default":"漢"}`), `field-missing f refused {"x":0} 00`}, // a stored default that fits no type
	// Enums.
	{enumOf("E", "", "A", "B"), enumOf("E", "", "B", "C", "A"), ""},
	{enumOf("E", "", "A", "B"), enumOf("E", "", "A"), `enum-symbol-missing $ refused "B" 02`},
	{enumOf("E", "", "A", "B", "C"), enumOf("E", "", "B"), "enum-symbol-missing $ refused \"A\" 00\nenum-symbol-missing $ refused \"C\" 04"},
	{enumOf("E", `,"default":"A"`, "A", "B"), enumOf("E", "", "A"), `enum-symbol-missing $ refused "B" 02`},
	{enumOf("E", "", "A", "B", "C"), enumOf("E", `,"default":"A"`, "A"), "enum-symbol-defaulted $ (policy)"},
	{enumOf("E", "", "A"), enumOf("F", "", "A"), `type-renamed $ refused "A" 00`},
	{enumOf("a.E", "", "A"), enumOf("b.F", `,"aliases":["a.E"]`, "A"), ""},
	{enumOf("E", "", "A"), `"string"`, `type-changed $ refused "A" 00`},
	// Fixeds.
	{fixedOf("F", 2), fixedOf("F", 3), `fixed-size $ refused "\u0000\u0000" 0000`},
	{fixedOf("F", 2), fixedOf("G", 2), `type-renamed $ refused "\u0000\u0000" 0000`},
	{fixedOf("F", 2), `"bytes"`, `type-changed $ refused "\u0000\u0000" 0000`},
	// Writer unions.
	{`["int","long"]`, `"long"`, ""},
	{`["int","long"]`, `"double"`, `type-widened-lossy $<long> misread {"long":9007199254740993} 028280808080808020 9007199254740993 => 9007199254740992`},
	{`["null","int"]`, `"int"`, "null-refused $ refused null 00"},
	{`["int","null"]`, `"string"`, "type-changed $ refused {\"int\":0} 0000\nnull-refused $ refused null 02"},
	{`["int","string"]`, `"int"`, `union-branch-missing $<string> refused {"string":""} 0200`},
	{`[` + named("A", "", fieldX) + `,"int"]`, named("A", "", fieldY), "union-branch-missing $<int> refused {\"int\":0} 0200\nfield-missing $<A>.y refused {\"A\":{\"x\":0}} 0000"},
	{`[]`, `"int"`, ""},
	// Reader unions.
	{`"int"`, `["null","int"]`, ""},
	{`"int"`, `["null","string"]`, `type-changed $ refused 0 00`},
	{`"long"`, `["null","int"]`, `type-narrowed $ refused 0 00`},
	{`"long"`, `["string","int"]`, `type-changed $ refused 0 00`},
	{`"int"`, `["string","long"]`, ""},
	{`"int"`, `["string","float","double"]`, "type-widened-lossy $ misread 16777217 82808010 16777217 => 16777216"},
	{`"string"`, `["bytes","null"]`, ""},
	{`"bytes"`, `["string","null"]`, `bytes-to-string $ refused "ÿ" 02ff`},
	{`["null","int"]`, `["int","null"]`, ""},
	{`["null","int","string"]`, `["null","int"]`, `union-branch-missing $<string> refused {"string":""} 0400`},
	{`["null","int"]`, `["int","string"]`, "null-refused $ refused null 00"},
	{`["null","long"]`, `["null","int"]`, `type-narrowed $ refused {"long":0} 0200`},
	{`["null",` + named("a.R", "", fieldX) + `]`, `["null",` + named("b.R", "", fieldX, fieldY) + `]`, "type-namespace-differs $ (policy)\nfield-missing $?.y refused {\"a.R\":{\"x\":0}} 0200"},
	{named("A", "", fieldX), `[` + named("B", "", fieldX) + `]`, `type-renamed $ refused {"x":0} 00`},
	{named("A", "", fieldX), `[` + named("B", `,"aliases":["A"]`, fieldX) + `]`, ""},
	{`"int"`, `[]`, `unsatisfiable $ refused 0 00`},
	// Unions where the best match and the first match differ.
	{`"int"`, `["float","int"]`, "union-match-ambiguous $ misread 16777217 82808010 16777217 => 16777216"},
	{`"long"`, `["double","long"]`, "union-match-ambiguous $ misread 9007199254740993 8280808080808020 9007199254740993 => 9007199254740992"},
	{`"int"`, `["double","int"]`, ""},
	{`"int"`, `["long","int"]`, ""},
	{`"string"`, `["bytes","string"]`, ""},
	{`"bytes"`, `["string","bytes"]`, `union-match-ambiguous $ refused "ÿ" 02ff`},
	{logical("int", "date"), `[` + logical("long", "timestamp-millis") + `,` + logical("int", "date") + `]`, "union-match-ambiguous $ misread 0 00 date 0 => timestamp of 0 s"},
	{`["float","int"]`, `["float","int","null"]`, ""}, // as ambiguous before
	{`["int","float"]`, `["float","int"]`, `union-match-ambiguous $<int> misread {"int":16777217} 0082808010 16777217 => 16777216`},
	{named("a.R", "", fieldX), `[` + named("b.R", "", fieldY) + `,` + named("a.R", "", fieldX) + `]`, `union-match-ambiguous $ refused {"x":0} 00`},
	{named("a.R", "", fieldX), `[` + named("b.R", "", fieldX) + `,` + named("a.R", "", fieldX) + `]`, ""},
	{
		named("a.R", "", `{"name":"u","type":"int"}`), `[` + named("b.R", "", `{"name":"u","type":["float","int"]}`) + `,` + named("a.R", "", `{"name":"u","type":"int"}`) + `]`,
		`union-match-ambiguous $ misread {"u":16777217} 82808010 16777217 => 16777216`,
	},
	// Decimals.
	{dec(9, 2), dec(9, 4), `decimal-scale $ misread "\u0004Ò" 0404d2 12.34 => 0.1234`},
	{dec(3, 2), dec(3, 1), `decimal-scale $ misread "{" 027b 1.23 => 12.3`},
	{dec(9, 2), dec(10, 2), ""},
	{dec(4, 2), dec(3, 2), `decimal-precision $ refused "\u0003è" 0403e8`},
	{dec(6, 2), dec(4, 3), "decimal-scale $ misread \"\\u0004Ò\" 0404d2 12.34 => 1.234\ndecimal-precision $ refused \"'\\u0010\" 042710"},
	{dec(9, 2), `"bytes"`, "logical-type-writer $ (policy)"},
	{`"bytes"`, dec(9, 2), "logical-type-reader $ (policy)"},
	{dec(9, 2), logical("bytes", "big-decimal"), `logical-type-changed $ misread "\u0000" 0200 0 => big-decimal bytes 00`},
	{`{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":4}`, `{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":3}`, `decimal-precision $ refused "\u0003è" 03e8`},
	{
		`{"type":"fixed","name":"F","size":12,"logicalType":"decimal","precision":4}`, `{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`,
		`logical-type-changed $ misread "\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000" 000000000000000000000000 0 => duration bytes 000000000000000000000000`,
	},
	{`{"type":"bytes","logicalType":"decimal","precision":0}`, dec(9, 2), "logical-type-reader $ (policy)"}, // an invalid annotation is none
	// Dates and times.
	{logical("long", "timestamp-millis"), logical("long", "timestamp-micros"), "logical-type-changed $ misread 1 02 timestamp of 0.001 s => timestamp of 0.000001 s"},
	{logical("long", "timestamp-millis"), logical("long", "local-timestamp-millis"), "logical-type-changed $ misread 0 00 timestamp of 0 s => local-timestamp of 0 s"},
	{logical("long", "timestamp-nanos"), logical("long", "time-micros"), "logical-type-changed $ misread 0 00 timestamp of 0 s => time of 0 s"},
	{logical("int", "time-millis"), logical("long", "time-micros"), "logical-type-changed $ misread 1 02 time of 0.001 s => time of 0.000001 s"},
	{logical("int", "date"), logical("int", "time-millis"), "logical-type-changed $ misread 0 00 date 0 => time of 0 s"},
	{logical("long", "timestamp-millis"), `"long"`, "logical-type-writer $ (policy)"},
	{`"int"`, logical("long", "timestamp-millis"), "logical-type-reader $ (policy)"},
	{logical("long", "timestamp-millis"), logical("long", "timestamp-millis"), ""},
	{logical("long", "timestamp-weeks"), logical("long", "timestamp-millis"), "logical-type-reader $ (policy)"}, // an unknown annotation is none
	// UUIDs and durations.
	{`"string"`, logical("string", "uuid"), `logical-type-restricts $ refused "" 00`},
	{logical("string", "uuid"), `"string"`, "logical-type-writer $ (policy)"},
	{logical("string", "uuid"), `"bytes"`, "logical-type-writer $ (policy)"},
	{logical("string", "uuid"), dec(9, 2), `logical-type-changed $ misread "00000000-0000-0000-0000-000000000000" 4830303030303030302d303030302d303030302d303030302d303030303030303030303030 uuid bytes 30303030303030302d303030302d303030302d303030302d3030303030303030… => 936137856771363091112854274820426698217840793338931120003681658421243085405146159636.96`},
	{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, fixedOf("F", 12), "logical-type-writer $ (policy)"},
	// Deep places.
	{
		named("R", "", `{"name":"m","type":{"type":"map","values":{"type":"array","items":["null",`+named("I", "", fieldX)+`]}}}`),
		named("R", "", `{"name":"m","type":{"type":"map","values":{"type":"array","items":["null",`+named("I", "", fieldX, fieldY)+`]}}}`),
		`field-missing m{}[]?.y refused {"m":{"":[{"I":{"x":0}}]}} 020002020000` + "00",
	},
	{
		named("R", "", `{"name":"p","type":["null","string",`+named("n.Card", "", fieldX)+`]}`), named("R", "", `{"name":"p","type":["null","string",`+named("n.Card", "", `{"name":"x","type":"string"}`)+`]}`),
		`type-changed p<n.Card>.x refused {"p":{"n.Card":{"x":0}}} 0400`,
	},
	// Types without a value, and recursion.
	{named("A", "", `{"name":"a","type":"A"}`), `"int"`, ""},
	{named("A", "", fieldX), named("A", "", `{"name":"a","type":"A"}`), `unsatisfiable $ refused {"x":0} 00`},
	{`["int",` + named("A", "", `{"name":"a","type":"A"}`) + `]`, `"int"`, ""},
	{enumOf("E", "", "A"), `{"type":"enum","name":"E","symbols":[]}`, `unsatisfiable $ refused "A" 00`},
	{`{"type":"array","items":` + named("A", "", `{"name":"a","type":"A"}`) + `}`, `{"type":"array","items":"int"}`, ""},
	{named("L", "", fieldX, `{"name":"next","type":["null","L"]}`), named("L", "", `{"name":"x","type":"long"}`, `{"name":"next","type":["null","L"]}`), ""},
	{named("L", "", fieldX, `{"name":"next","type":["null","L"]}`), named("L", "", `{"name":"x","type":"string"}`, `{"name":"next","type":["null","L"]}`), `type-changed x refused {"x":0,"next":null} 0000`},
	{named("L", "", fieldX, `{"name":"next","type":["null","L"]}`), named("L", "", fieldX, `{"name":"next","type":"L"}`), `unsatisfiable $ refused {"x":0,"next":null} 0000`},
	{named("L", "", fieldX, `{"name":"next","type":["null","L"]}`), named("L", "", fieldX, `{"name":"next","type":["int","L"]}`), `null-refused next refused {"x":0,"next":null} 0000`},
	{
		named("A", "", `{"name":"b","type":["null",`+named("B", "", fieldX, `{"name":"a","type":["null","A"]}`)+`]}`), named("A", "", `{"name":"b","type":["null",`+named("B", "", `{"name":"x","type":"bytes"}`, `{"name":"a","type":["null","A"]}`)+`]}`),
		`type-changed b?.x refused {"b":{"B":{"x":0,"a":null}}} 020000`,
	},
}

const (
	fieldX        = `{"name":"x","type":"int"}`
	fieldY        = `{"name":"y","type":"string"}`
	fieldYDefault = `{"name":"y","type":"string","default":"d"}`
	fieldZ        = `{"name":"z","type":"int"}`
)

func TestContainTable(t *testing.T) {
	for _, c := range containCases {
		got := contain(t, mustLenient(t, c.writer), mustLenient(t, c.reader))
		if brief(got) != c.want {
			t.Errorf("%s\nread as %s\n got %s\nwant %s", c.writer, c.reader, brief(got), c.want)
		}
		data := strings.Contains(c.want, " refused ") || strings.Contains(c.want, " misread ")
		if (got.Verdict == schema.Incompatible) != data || (got.Verdict == schema.Compatible) == data || len(got.Undecided) > 0 || got.More {
			t.Errorf("%s\nread as %s: %+v", c.writer, c.reader, got)
		}
	}
}
