package avro

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestFingerprints uses the values that the Avro project publishes in its own
// interoperability tests.
func TestFingerprints(t *testing.T) {
	cases := map[string]string{
		`"null"`: "63dd24e7cc258f8a", `"boolean"`: "9f42fc78a4d4f764", `"int"`: "7275d51a3f395c8f", `"string"`: "8f014872634503c7",
		`{"type":"fixed","name":"foo","size":15}`: "18602ec3ed31a504",
	}
	for text, want := range cases {
		f := mustParse(t, text).Fingerprints()
		var reversed strings.Builder
		for i := len(want) - 2; i >= 0; i -= 2 {
			reversed.WriteString(want[i : i+2])
		}
		if f[0].Algorithm != "CRC-64-AVRO" || f[0].Hex != reversed.String() || f[1].Algorithm != "MD5" || f[2].Algorithm != "SHA-256" {
			t.Errorf("%s: %+v, want %s", text, f, reversed.String())
		}
	}
	f := mustParse(t, `{"type":"int"}`).Fingerprints()
	if f[1].Hex != "ef524ea1b91e73173d938ade36c1db32" || f[2].Hex != "3f2b87a9fe7cc9b13835598c3981cd45e3e355309e5090aa0933d7becb6fba45" {
		t.Errorf("int: %+v", f)
	}
}

func TestNormalised(t *testing.T) {
	cases := []struct{ in, want string }{
		{
			`{"type":"record","name":"a.R","z":1,"aliases":["a.Z","Y"],"b":{"y":1,"x":2},"doc":"","fields":[{"name":"f","type":"double","default":1,"aliases":["q","p"],"order":"ascending","doc":""}]}`,
			`{"type":"record","name":"R","namespace":"a","fields":[{"name":"f","type":"double","doc":"","default":1.0,"aliases":["p","q"]}],"b":{"y":1,"x":2},"z":1,"aliases":["Y","Z"]}`,
		},
		{`{"type":"bytes","a":1,"scale":2,"precision":4,"logicalType":"decimal"}`, `{"type":"bytes","logicalType":"decimal","precision":4,"scale":2,"a":1}`},
		{`{"type":"bytes","a":1,"zz":2,"scale":0,"precision":4,"logicalType":"decimal"}`, `{"type":"bytes","logicalType":"decimal","precision":4,"a":1,"scale":0,"zz":2}`},
		{`{"type":"string","b":1,"a":1,"logicalType":"odd"}`, `{"type":"string","a":1,"b":1,"logicalType":"odd"}`},
		{record(`{"name":"f","type":"float","default":16777217}`), record(`{"name":"f","type":"float","default":1.6777216E7}`)},
		{record(`{"name":"f","type":["null","double"],"default":5}`), record(`{"name":"f","type":["null","double"],"default":5.0}`)},
		{record(`{"name":"f","type":{"type":"map","values":"double"},"default":{"b":1,"a":2}}`), record(`{"name":"f","type":{"type":"map","values":"double"},"default":{"b":1.0,"a":2.0}}`)},
		{record(`{"name":"f","type":"long","default":5}`), record(`{"name":"f","type":"long","default":5}`)},
	}
	for _, c := range cases {
		s := mustParse(t, c.in)
		if s.Normalised() != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.in, s.Normalised(), c.want)
		}
		checkFixedPoints(t, s, strict)
	}
}

// TestEquivalence pairs texts that are the same with near misses.
func TestEquivalence(t *testing.T) {
	base := `{"type":"record","name":"a.R","doc":"d","x":{"p":1,"q":2},"y":1,"aliases":["b","c"],"fields":[{"name":"f","type":"int","default":1,"order":"ascending","doc":"e"}]}`
	same := []string{
		` { "name":"R", "namespace":"a", "fields":[{"doc":"e","default":1,"type":{"type":"int"},"name":"f"}], "y":1, "x":{"q":2,"p":1}, "type":"record", "doc":"d", "aliases":["a.c","b"]}`,
	}
	other := map[string][2]string{
		"doc": {`"doc":"d"`, `"doc":"D"`}, "field doc": {`"doc":"e"`, `"doc":"E"`}, "alias": {`"b","c"`, `"b"`}, "default": {`"default":1`, `"default":2`},
		"default kind": {`"default":1`, `"default":1,"z":0`}, "order": {`"ascending"`, `"descending"`}, "property": {`"p":1`, `"p":1.0`},
		"namespace": {`"a.R"`, `"b.R"`}, "type": {`"int"`, `"long"`}, "name": {`"f"`, `"g"`},
	}
	want := mustParse(t, base).Equivalence()
	for _, text := range same {
		if got := mustParse(t, text).Equivalence(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
	for name, edit := range other {
		text := strings.Replace(base, edit[0], edit[1], 1)
		if text == base {
			t.Fatalf("%s changes nothing", name)
		}
		if mustParse(t, text).Equivalence() == want {
			t.Errorf("%s: counted as the same", name)
		}
	}
}

func TestFields(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"a.O","confluent:tags":["T"],"fields":[
  {"name":"id","type":{"type":"string","logicalType":"uuid"},"doc":"the id","confluent:tags":["PII","X"]},
  {"name":"lines","type":{"type":"array","items":{"type":"record","name":"L","fields":[{"name":"sku","type":"string"},{"name":"o","type":["null","O"]}]}}},
  {"name":"m","type":{"type":"map","values":"L"}}]}`)
	var got []string
	for _, f := range s.Fields() {
		got = append(got, strings.Join([]string{f.Path, f.Type, f.Logical, f.Entity, strings.Join(f.Tags, "+"), f.Doc, f.Position.String()}, "|"))
	}
	want := []string{
		"a.O|record||a.O|T||line 1, column 1",
		"id|string|uuid|a.O.id|PII+X|the id|line 2, column 3",
		"lines|array||a.O.lines|||line 3, column 3",
		"a.L|record||a.L|||line 3, column 50",
		"lines[].sku|string||a.L.sku|||line 3, column 88",
		"lines[].o|a.O||a.L.o|||line 3, column 119",
		"m|map||a.O.m|||line 4, column 3",
		"m{}.sku|string||a.L.sku|||line 3, column 88",
		"m{}.o|a.O||a.L.o|||line 3, column 119",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if top := s.TopLevel(); !slices.Equal(top, []string{"id", "lines", "m"}) {
		t.Errorf("top level %v", top)
	}
	if top := mustParse(t, `"int"`).TopLevel(); len(top) != 0 {
		t.Errorf("top level of a primitive: %v", top)
	}
}

func TestEditTags(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"com.acme.Order","fields":[{"name":"customer","type":{"type":"record","name":"Customer","fields":[{"name":"email","type":"string","confluent:tags":["OLD","KEEP"],"x":1}]}},{"name":"second","type":"Customer"}]}`)
	got, err := s.EditTags(
		[]schema.TagEdit{{Path: "com.acme.Customer.email", Tags: []string{"PII", "KEEP"}}, {Path: "com.acme.Order", Record: true, Tags: []string{"GDPR"}}},
		[]schema.TagEdit{{Path: "com.acme.Customer.email", Tags: []string{"OLD"}}, {Path: "com.acme.Order.second", Tags: []string{"none"}}})
	want := `{"type":"record","name":"Order","namespace":"com.acme","fields":[{"name":"customer","type":{"type":"record","name":"Customer","fields":[{"name":"email","type":"string","confluent:tags":["KEEP","PII"],"x":1}]}},{"name":"second","type":"Customer"}],"confluent:tags":["GDPR"]}`
	if err != nil || got != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	if strings.Contains(s.Canonical(), "PII") {
		t.Error("the schema was changed")
	}
	got, err = s.EditTags(nil, []schema.TagEdit{{Path: "com.acme.Customer.email", Tags: []string{"OLD", "KEEP"}}})
	if err != nil || strings.Contains(got, "confluent:tags") {
		t.Errorf("%v %s", err, got)
	}
	got, err = s.EditTags([]schema.TagEdit{{Path: "com.acme.Order.customer.email", Tags: []string{"NESTED"}}, {Path: "com.acme.Order.customer", Record: true, Tags: []string{"REC"}}}, nil)
	if err != nil || !strings.Contains(got, `"confluent:tags":["OLD","KEEP","NESTED"]`) || !strings.Contains(got, `"x":1}],"confluent:tags":["REC"]}`) {
		t.Errorf("%v %s", err, got)
	}
	for _, e := range []schema.TagEdit{{Path: "com.acme.Nobody", Record: true}, {Path: "com.acme.Order.nothing"}, {Path: "x"}, {Path: "com.acme.Order.customer.none"}, {Path: "com.acme.Order.customer.email.x"}} {
		var bad *schema.Error
		if _, err := s.EditTags([]schema.TagEdit{e}, nil); !errors.As(err, &bad) || !strings.Contains(bad.What, "No matching path '"+e.Path+"'") {
			t.Errorf("%s: %v", e.Path, err)
		}
	}
}

func TestInterface(t *testing.T) {
	s := mustParse(t, benchSchema)
	if s.Format() != schema.Avro || s.Size() < len(s.Canonical()) || s.Nodes() < 20 || len(s.Warnings()) != 0 {
		t.Errorf("%v %d %d %v", s.Format(), s.Size(), s.Nodes(), s.Warnings())
	}
}
