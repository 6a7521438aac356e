package upcast

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
	"github.com/instar-registry/instar/upcast/plan"
)

func protoSchema(t testing.TB, text string) *protobuf.Schema {
	t.Helper()
	if !strings.HasPrefix(text, "syntax") && !strings.HasPrefix(text, "edition") {
		text = "syntax = \"proto3\"; package o; " + text
	}
	s, err := protobuf.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

const (
	proto2 = `syntax = "proto2"; package o; `
	state1 = `enum State { NEW = 0; PAID = 1; SHIPPED = 2; } `
	state2 = `enum State { OPEN = 0; DONE = 1; } `
)

// protoCases are hops that are proved: in goes an event of the source, out comes
// the image, both in Protobuf's JSON form.
var protoCases = map[string]struct {
	from, to string
	steps    []string
	in, out  string
}{
	"rename":               {`message M { string id = 1; int32 qty = 2; }`, `message M { string id = 1; int32 quantity = 3; }`, []string{"rename: {from: qty, to: quantity}"}, `{"id":"a","qty":3}`, `{"id":"a","quantity":3}`},
	"rename by number":     {`message M { int32 qty = 2; }`, `message M { int32 qty = 5; }`, []string{"rename: {from: '#2', to: '#5'}"}, `{"qty":3}`, `{"qty":3}`},
	"the number stays":     {`message M { int32 qty = 2; }`, `message M { int32 quantity = 2; }`, nil, `{"qty":3}`, `{"quantity":3}`},
	"add and drop":         {`message M { string id = 1; string fax = 2; }`, `message M { string id = 1; string currency = 3; }`, []string{"drop: {path: fax}", "add: {path: currency, value: EUR}"}, `{"id":"a","fax":"1"}`, `{"id":"a","currency":"EUR"}`},
	"a new field":          {`message M { string id = 1; }`, `message M { string id = 1; int64 n = 2; optional int32 o = 3; repeated int32 l = 4; map<string, int32> m = 5; M sub = 6; }`, nil, `{"id":"a"}`, `{"id":"a"}`},
	"a number used again":  {`message M { string fax = 2; }`, `message M { int32 n = 2; }`, []string{"drop: {path: fax}", "add: {path: n, value: 7}"}, `{"fax":"1"}`, `{"n":7}`},
	"absent stays absent":  {`message M { optional int32 a = 1; }`, `message M { optional int64 b = 1; }`, nil, `{}`, `{}`},
	"zero is not absent":   {`message M { optional int32 a = 1; }`, `message M { optional int64 b = 1; }`, nil, `{"a":0}`, `{"b":"0"}`},
	"presence gained":      {`message M { int32 a = 1; }`, `message M { optional int32 a = 1; }`, nil, `{}`, `{"a":0}`},
	"presence lost":        {`message M { optional int32 a = 1; int32 b = 2; }`, `message M { int32 a = 1; int32 b = 2; }`, nil, `{}`, `{}`},
	"a default that moves": {proto2 + `message M { optional int32 a = 1 [default = 5]; }`, proto2 + `message M { optional int32 a = 1 [default = 6]; }`, nil, `{}`, `{"a":5}`},
	"require":              {`message M { optional string mail = 1; }`, `message M { string mail = 1; }`, []string{"require: {path: mail, else: {value: none}}"}, `{}`, `{"mail":"none"}`},
	"relax":                {proto2 + `message M { required string mail = 1; }`, proto2 + `message M { optional string mail = 1; }`, []string{"relax: {path: mail}"}, `{"mail":"m"}`, `{"mail":"m"}`},
	"required":             {`message M { int32 n = 1; }`, proto2 + `message M { required int32 n = 1; }`, nil, `{"n":1}`, `{"n":1}`},
	"widened":              {`message M { int32 a = 1; uint32 b = 2; float c = 3; sint32 d = 4; string e = 5; uint32 f = 6; }`, `message M { int64 a = 1; uint64 b = 2; double c = 3; sfixed64 d = 4; bytes e = 5; int64 f = 6; }`, nil, `{"a":-1,"b":4294967295,"c":0.5,"d":-7,"e":"x","f":9}`, `{"a":"-1","b":"4294967295","c":0.5,"d":"-7","e":"eA==","f":"9"}`},
	"in a message":         {`message M { A a = 1; message A { string zip = 1; } }`, `message M { A a = 1; message A { string code = 2; } }`, []string{"rename: {from: 'a?.zip', to: 'a?.code'}"}, `{"a":{"zip":"z"}}`, `{"a":{"code":"z"}}`},
	"no message":           {`message M { A a = 1; message A { string zip = 1; } }`, `message M { A a = 1; message A { string code = 2; } }`, []string{"rename: {from: 'a?.zip', to: 'a?.code'}"}, `{}`, `{}`},
	"out of a message":     {`message M { A a = 1; message A { string zip = 1; } }`, `message M { optional string zip = 2; }`, []string{"copy: {from: 'a?.zip', to: zip}", "drop: {path: a}"}, `{"a":{"zip":"z"}}`, `{"zip":"z"}`},
	"move":                 {`message M { string zip = 1; }`, `message M { A a = 2; message A { string zip = 1; } }`, []string{"move: {from: zip, to: a.zip}"}, `{"zip":"z"}`, `{"a":{"zip":"z"}}`},
	"each":                 {`message M { repeated I items = 1; message I { int32 q = 1; } }`, `message M { repeated I items = 1; message I { int64 qty = 2; } }`, []string{"each: {path: 'items[]', steps: [{rename: {from: q, to: qty}}]}"}, `{"items":[{"q":1},{}]}`, `{"items":[{"qty":"1"},{}]}`},
	"a map":                {`message M { map<int32, I> m = 1; message I { int32 q = 1; } }`, `message M { map<sint64, I> m = 1; message I { int64 q = 1; } }`, nil, `{"m":{"-7":{"q":1}}}`, `{"m":{"-7":{"q":"1"}}}`},
	"head":                 {`message M { repeated string tags = 1; }`, `message M { string tag = 2; }`, []string{"head: {path: tags, else: {value: none}}", "rename: {from: tags, to: tag}"}, `{}`, `{"tag":"none"}`},
	"wrap":                 {`message M { string tag = 1; }`, `message M { repeated string tags = 1; }`, []string{"wrap: {path: tag, as: list}"}, `{"tag":"t"}`, `{"tags":["t"]}`},
	"mapEnum":              {state1 + `message M { State s = 1; }`, state2 + `message M { State s = 1; }`, []string{"mapEnum: {path: s, map: {NEW: OPEN, PAID: DONE, SHIPPED: DONE}, else: {value: OPEN}}"}, `{"s":"SHIPPED"}`, `{"s":"DONE"}`},
	"else of mapEnum":      {state1 + `message M { State s = 1; }`, state2 + `message M { State s = 1; }`, []string{"mapEnum: {path: s, map: {NEW: OPEN, PAID: DONE, SHIPPED: DONE}, else: {value: DONE}}"}, `{"s":99}`, `{"s":"DONE"}`},
	"a symbol more":        {state1 + `message M { State s = 1; }`, `enum State { NEW = 0; PAID = 1; SHIPPED = 2; LOST = 3; } message M { State s = 1; }`, nil, `{"s":3}`, `{"s":"LOST"}`},
	"a symbol less":        {state1 + `message M { State s = 1; }`, `enum State { NEW = 0; PAID = 1; } message M { State s = 1; }`, nil, `{"s":"SHIPPED"}`, `{"s":2}`},
	"a renamed symbol":     {state1 + `message M { State s = 1; }`, `enum State { FRESH = 0; PAID = 1; SHIPPED = 2; } message M { State s = 1; }`, nil, `{}`, `{}`},
	"oneof":                {`message M { oneof pay { string card = 1; int32 cash = 2; } }`, `message M { oneof paid { string credit = 1; int64 cash = 2; bool free = 3; } }`, nil, `{"card":"c"}`, `{"credit":"c"}`},
	"oneof unset":          {`message M { oneof pay { string card = 1; int32 cash = 2; } }`, `message M { oneof paid { string credit = 1; int64 cash = 2; bool free = 3; } }`, nil, `{}`, `{}`},
	"in a oneof":           {`message M { oneof pay { C card = 1; int32 cash = 2; } message C { string no = 1; } }`, `message M { oneof pay { C card = 1; int32 cash = 2; } message C { string number = 2; } }`, []string{"rename: {from: 'pay<card>.no', to: 'pay<card>.number'}"}, `{"card":{"no":"x"}}`, `{"card":{"number":"x"}}`},
	"mapBranch":            {`message M { oneof pay { string card = 1; int32 cash = 2; } }`, `message M { oneof pay { string credit = 3; int32 cash = 2; } }`, []string{"mapBranch: {path: pay, map: {card: credit}}"}, `{"card":"x"}`, `{"credit":"x"}`},
	"into a oneof":         {`message M { optional string card = 1; }`, `message M { oneof pay { string card = 1; int32 cash = 2; } }`, nil, `{"card":"x"}`, `{"card":"x"}`},
	"out of a oneof":       {`message M { oneof pay { string card = 1; int32 cash = 2; } }`, `message M { optional string card = 1; optional int64 cash = 2; }`, nil, `{"cash":5}`, `{"cash":"5"}`},
	"add a member":         {`message M { string id = 1; }`, `message M { string id = 1; oneof pay { string card = 2; int32 cash = 3; } }`, []string{"add: {path: pay, value: {cash: 3}}"}, `{"id":"a"}`, `{"id":"a","cash":3}`},
	"recursion":            {`message M { int32 v = 1; M next = 2; }`, `message M { int64 v = 1; M next = 2; }`, nil, `{"v":1,"next":{"v":2}}`, `{"v":"1","next":{"v":"2"}}`},
	"groups": {
		proto2 + `message M { repeated group Item = 1 { optional string sku = 2; } }`, proto2 + `message M { repeated Item item = 1; message Item { optional string sku = 5; } }`,
		[]string{"rename: {from: 'item[].sku', to: 'item[].sku2'}", "rename: {from: 'item[].sku2', to: 'item[].#5'}"},
		`{"item":[{"sku":"a"}]}`, `{"item":[{"sku":"a"}]}`,
	},
	"extensions": {
		proto2 + `message M { extensions 100 to 200; } extend M { optional string note = 100; }`, proto2 + `message M { extensions 100 to 200; } extend M { optional string remark = 101; }`,
		[]string{"rename: {from: '(o.note)', to: '(o.remark)'}"},
		`{"[o.note]":"n"}`, `{"[o.remark]":"n"}`,
	},
	"texts of proto2":         {proto2 + `message M { optional string a = 1; }`, proto2 + `message M { optional string b = 2; optional string c = 3; }`, []string{"rename: {from: a, to: b}", "add: {path: c, value: x}"}, `{"a":"é"}`, `{"b":"é","c":"x"}`},
	"checked texts":           {proto2 + `message M { optional string a = 1; }`, `message M { string a = 1; }`, []string{"require: {path: a, else: {value: ''}}", "convert: {path: a, expr: 'string(this)', else: {value: bad}}"}, `{"a":"é"}`, `{"a":"é"}`},
	"editions":                {`edition = "2023"; package o; message M { int32 a = 1; repeated int32 b = 2; }`, `edition = "2023"; package o; message M { int64 a = 1 [features.field_presence = IMPLICIT]; repeated int32 b = 2 [features.repeated_field_encoding = EXPANDED]; }`, nil, `{"b":[1,2]}`, `{"b":[1,2]}`},
	"expression":              {`message M { int32 a = 1; string s = 2; }`, `message M { int64 twice = 3; string s = 2; }`, []string{"convert: {path: a, to: int64, expr: 'this * 2'}", "rename: {from: a, to: twice}"}, `{"a":21}`, `{"twice":"42"}`},
	"optional in CEL":         {`message M { optional string nick = 1; }`, `message M { string nick = 1; }`, []string{"convert: {path: nick, expr: 'this.orValue(\"none\") + \"!\"'}"}, `{}`, `{"nick":"none!"}`},
	"null is absent":          {`message M { string id = 1; }`, `message M { string id = 1; optional string note = 2; }`, []string{"add: {path: note, value: null}"}, `{"id":"a"}`, `{"id":"a"}`},
	"wrap what may be absent": {`message M { optional string a = 1; }`, `message M { repeated string a = 1; }`, []string{"wrap: {path: 'a?', as: list}"}, `{}`, `{}`},
	"merge":                   {`message M { string a = 1; string b = 2; }`, `message M { string c = 3; }`, []string{"merge: {paths: [a, b], to: c, separator: ' '}"}, `{"a":"x"}`, `{"c":"x "}`},
	"split":                   {`message M { string a = 1; }`, `message M { string x = 3; string y = 4; }`, []string{"split: {path: a, separator: ' ', into: [x, y], else: deadLetter}"}, `{"a":"x y"}`, `{"x":"x","y":"y"}`},
	"filter a list":           {`message M { repeated I l = 1; message I { int32 v = 2; } }`, `message M { repeated I l = 1; message I { int32 v = 2; } }`, []string{"filter: {path: l, where: 'this.v > 0'}"}, `{"l":[{"v":1},{}]}`, `{"l":[{"v":1}]}`},
	"filter a map":            {`message M { map<string, int32> m = 1; }`, `message M { map<string, int32> m = 1; }`, []string{"filter: {path: m, where: 'this > 0'}"}, `{"m":{"a":1,"b":0}}`, `{"m":{"a":1}}`},
	"toMap":                   {`message M { repeated I l = 1; message I { string k = 1; int32 v = 2; } }`, `message M { map<string, int32> l = 1; }`, []string{"toMap: {path: l, key: k, value: v, duplicates: last}"}, `{"l":[{"k":"a","v":1},{"k":"a","v":2}]}`, `{"l":{"a":2}}`},
	"toList":                  {`message M { map<int32, int32> m = 1; }`, `message M { repeated I m = 1; message I { string k = 1; int32 v = 2; } }`, []string{"toList: {path: m, key: k, value: v}"}, `{"m":{"5":1}}`, `{"m":[{"k":"5","v":1}]}`},
	"inType":                  {`message M { A a = 1; repeated A b = 2; } message A { string z = 1; }`, `message M { A a = 1; repeated A b = 2; } message A { string y = 2; }`, []string{"inType: {type: o.A, steps: [{rename: {from: z, to: y}}]}"}, `{"a":{"z":"1"},"b":[{"z":"2"}]}`, `{"a":{"y":"1"},"b":[{"y":"2"}]}`},
	"default":                 {`message M { optional string x = 1; }`, `message M { optional string x = 1; }`, []string{"default: {path: x, was: {value: en}}"}, `{}`, `{"x":"en"}`},
	"require a oneof":         {`message M { oneof pay { string card = 1; int32 cash = 2; } }`, `message M { oneof pay { string card = 1; int32 cash = 2; } }`, []string{"require: {path: pay, else: {value: {cash: 1}}}"}, `{}`, `{"cash":1}`},
	"a member goes":           {`message M { oneof pay { string card = 1; int32 cash = 2; } }`, `message M { oneof pay { string card = 1; } }`, []string{"mapBranch: {path: pay, map: {card: card}, else: {value: {card: none}}}"}, `{"cash":3}`, `{"card":"none"}`},
	"an object":               {`message M { string id = 1; }`, `message M { string id = 1; A a = 2; message A { string street = 1; string zip = 2; } }`, []string{"add: {path: a, object: {street: {value: s}, zip: {from: id}}}"}, `{"id":"z"}`, `{"id":"z","a":{"street":"s","zip":"z"}}`},
	"another order":           {`message A { string x = 1; } message M { A a = 1; }`, `message A { string x = 1; int32 y = 2; } message M { A a = 1; }`, nil, `{"x":"1"}`, `{"x":"1"}`},
	"well-known types":        {`import "google/protobuf/timestamp.proto"; message M { google.protobuf.Timestamp at = 1; }`, `import "google/protobuf/timestamp.proto"; message M { google.protobuf.Timestamp when = 2; }`, []string{"rename: {from: at, to: when}"}, `{"at":"2024-01-01T00:00:00Z"}`, `{"when":"2024-01-01T00:00:00Z"}`},
}

// TestVerifyProto holds each operation to its proof.
func TestVerifyProto(t *testing.T) {
	for name, c := range protoCases {
		t.Run(name, func(t *testing.T) {
			from, to := protoSchema(t, c.from), protoSchema(t, c.to)
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
			if got := carried(t, h, binary); got != c.out {
				t.Errorf("got %s, want %s", got, c.out)
			}
		})
	}
}

// carried is the image of an event, in Protobuf's JSON form.
func carried(t *testing.T, h *Hop, event []byte) string {
	t.Helper()
	c, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatal(err)
	}
	out, f, err := NewRunner(c).Apply(t.Context(), nil, event, nil)
	if err != nil || f != nil {
		t.Fatal(err, f)
	}
	got, err := h.to.show(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// protoRefutations are the cases of TestRefutationsProto.
var protoRefutations = map[string]refutation{
	"a field without a place":  {`message M { optional string fax = 1; }`, `message M { }`, nil, "O6", "fax has no place", `{"fax":""}`},
	"a required field":         {`message M { }`, proto2 + `message M { required int32 n = 1; }`, nil, "O5", "n has no value", `{}`},
	"may be absent":            {`message M { A a = 1; message A { string zip = 1; } }`, `message M { A a = 1; message A { string code = 2; } }`, []string{"rename: {from: a.zip, to: a.code}"}, "O4", "a may be absent", `{}`},
	"narrowed":                 {`message M { int64 n = 1; }`, `message M { int32 n = 1; }`, nil, "O5", "use retype or convert", `{}`},
	"another kind":             {`message M { optional string n = 1; }`, `message M { optional int32 n = 1; }`, nil, "O5", "use retype or convert", `{"n":""}`},
	"signs":                    {`message M { optional int32 n = 1; }`, `message M { optional uint32 n = 1; }`, nil, "O5", "use retype", `{"n":0}`},
	"texts that are not UTF-8": {proto2 + `message M { optional string a = 1; }`, `message M { optional string a = 1; }`, nil, "O5", "unchecked string", `{"a":""}`},
	"an open enum":             {state1 + `message M { State s = 1; }`, state2 + `message M { State s = 1; }`, []string{"mapEnum: {path: s, map: {NEW: OPEN, PAID: DONE, SHIPPED: DONE}}"}, "O4", "of other numbers", `{"s":3}`},
	"an enum that closes":      {state1 + `message M { State s = 1; }`, proto2 + state1 + `message M { optional State s = 1; }`, nil, "O5", "takes none", `{"s":3}`},
	"symbols change places":    {state1 + `message M { State s = 1; }`, `enum State { NEW = 0; SHIPPED = 1; PAID = 2; } message M { State s = 1; }`, nil, "O5", "no symbol PAID", `{"s":"PAID"}`},
	"two for a oneof":          {`message M { optional string a = 1; optional int32 b = 2; }`, `message M { oneof x { string a = 1; int32 b = 2; } }`, nil, "O5", "exclude each other", `{"a":"","b":0}`},
	"a member is lost":         {`message M { oneof x { string a = 1; int32 b = 2; } }`, `message M { oneof x { string a = 1; } }`, nil, "O6", "x<b> has no place", `{"b":0}`},
	"a literal":                {`message M { }`, `message M { int32 n = 1; }`, []string{"add: {path: n, value: x}"}, "O5", "not int", `{}`},
	"in a recursion":           {`message M { M next = 1; repeated int64 v = 2; }`, `message M { M next = 1; repeated int32 v = 2; }`, nil, "O5", "use retype", `{"v":["0"]}`},
	"keys":                     {`message M { map<int64, bool> m = 1; }`, `message M { map<int32, bool> m = 1; }`, nil, "O5", "use retype", `{}`},
	"merge what is absent":     {`message M { optional string a = 1; string b = 2; }`, `message M { string c = 3; }`, []string{"merge: {paths: [a, b], to: c, separator: ' '}"}, "O4", "a may be absent", `{}`},
	"split what is absent":     {`message M { optional string a = 1; }`, `message M { string x = 3; string y = 4; }`, []string{"split: {path: a, separator: ' ', into: [x, y], else: deadLetter}"}, "O4", "a may be absent", `{}`},
	"wrap what is absent":      {`message M { optional string a = 1; }`, `message M { repeated string a = 1; }`, []string{"wrap: {path: a, as: list}"}, "O4", "a may be absent", `{}`},
	"mapEnum of an absent":     {proto2 + `enum E { A = 0; } message M { optional E a = 1; }`, proto2 + `enum E { A = 0; } message M { optional E a = 1; }`, []string{"mapEnum: {path: a, map: {A: A}}"}, "O4", "a may be absent", `{}`},
	"narrow what is absent":    {`message M { optional string a = 1; }`, `message M { optional string a = 1; }`, []string{"narrow: {path: a, maxLength: 3, mode: truncate}"}, "O4", "a may be absent", `{}`},
	"convert what is absent":   {`message M { optional int32 a = 1; }`, `message M { optional int32 a = 1; }`, []string{"convert: {path: a, factor: 2, else: {value: 7}}"}, "O4", "a may be absent", `{}`},
	"an overflow":              {`message M { int32 n = 1; }`, `message M { int32 n = 1; }`, []string{"convert: {path: n, factor: 1000}"}, "O4", "may not fit", `{"n":2147484}`},
}

// TestRefutationsProto holds each mistake to its obligation and to a least event
// that shows it.
func TestRefutationsProto(t *testing.T) { holdRefutations(t, protoParsed, protoRefutations) }

// TestUnknownProto holds what is unknown to staying as it is, and to staying
// unknown.
func TestUnknownProto(t *testing.T) {
	from := protoSchema(t, `message M { int32 a = 1; string b = 2; }`)
	to := protoSchema(t, `message M { int64 a = 1; string b = 3; string c = 7; }`)
	h, err := Verify(t.Context(), document(t, "rename: {from: b, to: '#3'}"), from, to)
	if err != nil || h.Verdict.Outcome != Proved {
		t.Fatal(err, h)
	}
	for name, c := range map[string]struct{ in, out string }{
		"kept in order":           {"\x48\x01\x08\x05\x40\x02\x48\x03", "\x08\x05\x48\x01\x40\x02\x48\x03"},
		"not brought to life":     {"\x3a\x01x", ""},
		"kept as another type":    {"\x38\x05", "\x38\x05"},
		"the known one as a text": {"\x0a\x01x", "\x0a\x01x"},
		"groups":                  {"\x4b\x08\x01\x4c", "\x4b\x08\x01\x4c"},
	} {
		v, err := h.from.decode([]byte(c.in))
		if err != nil {
			t.Fatal(err)
		}
		image, f, err := plan.Evaluate(t.Context(), h.Root, h.Source, v, plan.DefaultLimits())
		if err != nil || f != nil {
			t.Fatal(err, f)
		}
		if out, err := h.to.encode(image); err != nil || string(out) != c.out {
			t.Errorf("%s: got %q (%v), want %q", name, out, err, c.out)
		}
	}
}

// TestClassesProto holds operations to the class that their two directions have,
// for what the schemas declare.
func TestClassesProto(t *testing.T) {
	for name, c := range map[string]struct {
		from, to, step string
		want           Class
	}{
		"rename":           {`message M { string z = 1; }`, `message M { string y = 2; }`, "rename: {from: z, to: y}", Iso},
		"the number stays": {`message M { string z = 1; }`, `message M { string y = 1; }`, "reversion: {}", Iso},
		"in a message":     {`message M { A a = 1; message A { string z = 1; } }`, `message M { A a = 1; message A { string y = 2; } }`, "rename: {from: 'a?.z', to: 'a?.y'}", Iso},
		"in a list":        {`message M { repeated A a = 1; message A { string z = 1; } }`, `message M { repeated A a = 1; message A { string y = 2; } }`, "rename: {from: 'a[].z', to: 'a[].y'}", Iso},
		"in a map":         {`message M { map<string, A> a = 1; message A { string z = 1; } }`, `message M { map<string, A> a = 1; message A { string y = 2; } }`, "rename: {from: 'a{}.z', to: 'a{}.y'}", Iso},
		"in a type":        {`message M { A a = 1; } message A { string z = 1; }`, `message M { A a = 1; } message A { string y = 2; }`, "inType: {type: o.A, steps: [{rename: {from: z, to: y}}]}", Iso},
		"a oneof renamed":  {`message M { oneof x { string a = 1; int32 b = 2; } }`, `message M { oneof y { string a = 1; int32 b = 2; } }`, "reversion: {}", Iso},
		"a symbol more":    {`enum E { A = 0; B = 1; } message M { E e = 1; }`, `enum E { A = 0; B = 1; C = 2; } message M { E e = 1; }`, "reversion: {}", Iso},
		"presence":         {`message M { int32 b = 2; }`, `message M { optional int32 b = 2; }`, "reversion: {}", LossyDown},
		"drop":             {`message M { int32 x = 2; }`, `message M { }`, "drop: {path: x}", LossyUp},
		"add":              {`message M { string a = 1; }`, `message M { string a = 1; int32 x = 2; }`, "add: {path: x, value: 1}", LossyDown},
		"what is unknown":  {`message M { string a = 1; }`, `message M { string a = 1; }`, "rest: {path: $, mode: drop}", Lossy},
		"mapEnum in ?":     {proto2 + `enum E { A = 0; B = 1; } message M { optional E e = 1; }`, proto2 + `enum E { X = 0; Y = 1; } message M { optional E e = 1; }`, "mapEnum: {path: 'e?', map: {A: X, B: Y}}", Lossy},
	} {
		h, err := Verify(t.Context(), document(t, c.step), protoSchema(t, c.from), protoSchema(t, c.to))
		if err != nil || h.Verdict.Outcome != Proved || h.Verdict.Class != c.want {
			t.Errorf("%s: %v %+v, want %s", name, err, h, c.want)
		}
	}
}

// TestNamesInJSON: a field that keeps its number and has another name in JSON is
// noted, whether or not its message is carried as it is.
func TestNamesInJSON(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"another name":        {`message M { string user_name = 1; }`, `message M { string login = 1; int32 n = 2; }`, "in JSON, login is called login, and was userName"},
		"json_name":           {`message M { string a = 1; }`, `message M { string a = 1 [json_name = "b"]; }`, "in JSON, a is called b, and was a"},
		"in a message":        {`message M { repeated A l = 1; message A { string x = 1; } }`, `message M { repeated A l = 1; message A { string y = 1; } }`, "in JSON, l[].y is called y, and was x"},
		"in itself":           {`message M { M next = 1; string x = 2; }`, `message M { M next = 1; string y = 2; }`, "in JSON, y is called y, and was x"},
		"the same in JSON":    {`message M { string user_name = 1; }`, `message M { string userName = 1; }`, ""},
		"not a field of that": {`message M { string a = 1; }`, `message M { string a = 1; string b = 2; }`, ""},
	} {
		h, err := Verify(t.Context(), document(t, "reversion: {}"), protoSchema(t, c.from), protoSchema(t, c.to))
		if err != nil || h.Verdict.Outcome != Proved {
			t.Errorf("%s: %v %+v", name, err, h)
			continue
		}
		if got := strings.Join(h.Verdict.Notes, "; "); got != c.want {
			t.Errorf("%s: noted %q, want %q", name, got, c.want)
		}
	}
}
