package upcast

import (
	"errors"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// TestPropose: what is read off two schemas, and what the proposal makes of the
// least event of the old one.
func TestPropose(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		steps    []string
	}{
		"nothing": {id, id, nil},
		"a default needs no step": {
			id, id + `,{"name":"n","type":"int","default":1}`, nil,
		},
		"an alias needs no step": {
			`{"name":"a","type":"int"}`, `{"name":"b","type":"int","aliases":["a"]}`, nil,
		},
		"a field without a default": {
			id, id + `,{"name":"n","type":"int"}`, []string{`add: {path: "n", value: 0}`},
		},
		"a field that is gone": {
			id + `,{"name":"n","type":"int"}`, id, []string{`drop: {path: "n"}`},
		},
		"a name in another style": {
			`{"name":"orderId","type":"string"},{"name":"x","type":"int"}`, `{"name":"x","type":"int"},{"name":"order_id","type":"string"}`,
			[]string{`rename: {from: "orderId", to: "order_id"}`},
		},
		"a rename with a new type": {
			`{"name":"amount","type":"long"}`, `{"name":"amounts","type":"int"}`,
			[]string{`rename: {from: "amount", to: "amounts"}`, `convert: {path: "amounts", factor: 1, to: int, round: half-even, else: {value: 0}}`},
		},
		"another name at the same place": {
			id + `,{"name":"qty","type":"int"}`, id + `,{"name":"pieces","type":"int"}`, []string{`rename: {from: "qty", to: "pieces"}`},
		},
		"nothing alike": {
			id + `,{"name":"qty","type":"int"}`, id + `,{"name":"color","type":"string"}`,
			[]string{`add: {path: "color", value: ""}`, `drop: {path: "qty"}`},
		},
		"null is no longer a value": {
			`{"name":"m","type":["null","string"]}`, `{"name":"m","type":"string"}`, []string{`require: {path: "m", else: {value: ""}}`},
		},
		"a number of fewer values": {
			`{"name":"n","type":"double"}`, `{"name":"n","type":"long"}`, []string{`convert: {path: "n", factor: 1, to: long, round: half-even, else: {value: 0}}`},
		},
		"a number as text": {
			`{"name":"n","type":"string"}`, `{"name":"n","type":"int"}`, []string{`convert: {path: "n", expr: "int(this)", to: int, else: {value: 0}}`},
		},
		"a number that became a text": {
			`{"name":"n","type":["null","int"]}`, `{"name":"n","type":["null","string"]}`, []string{`convert: {path: "n?", expr: "string(this)"}`},
		},
		"bytes that became a map": {
			`{"name":"n","type":"bytes"}`, `{"name":"n","type":{"type":"map","values":"int"}}`, []string{`set: {path: "n", value: {}}`},
		},
		"a symbol that is gone": {
			oldState, newState, []string{`mapEnum: {path: "state", map: {"NEW": "OPEN", "PAID": "OPEN", "SHIPPED": "OPEN"}}`},
		},
		"a symbol that was respelt": {
			`{"name":"s","type":{"type":"enum","name":"S","symbols":["in_stock","gone"]}}`, `{"name":"s","type":{"type":"enum","name":"S","symbols":["GONE","IN_STOCK"]}}`,
			[]string{`mapEnum: {path: "s", map: {"in_stock": "IN_STOCK", "gone": "GONE"}}`},
		},
		"fields that went into a record": {
			id + `,{"name":"street","type":"string"},{"name":"zip","type":"string"}`, id + `,` + address,
			[]string{`nest: {paths: ["street", "zip"], under: "address"}`},
		},
		"fields that came out of a record": {
			id + `,` + address, id + `,{"name":"street","type":"string"},{"name":"zip","type":"string"}`, []string{`flatten: {path: "address"}`},
		},
		"with a prefix": {
			id + `,` + address, id + `,{"name":"address_street","type":"string"},{"name":"address_zip","type":"string"}`, []string{`flatten: {path: "address", prefix: "address_"}`},
		},
		"a text that was taken apart": {
			`{"name":"name","type":"string"}`, `{"name":"first_name","type":"string"},{"name":"last_name","type":"string"}`,
			[]string{`split: {path: "name", separator: " ", into: ["first_name", "last_name"], else: {value: ""}}`},
		},
		"texts that were put together": {
			`{"name":"firstName","type":"string"},{"name":"lastName","type":"string"}`, `{"name":"name","type":"string"}`,
			[]string{`merge: {paths: ["firstName", "lastName"], to: "name", separator: " "}`},
		},
		"a field that moved": {
			id + `,{"name":"zip","type":"string"},{"name":"to","type":{"type":"record","name":"T","fields":[{"name":"city","type":"string"}]}}`,
			id + `,{"name":"to","type":{"type":"record","name":"T","fields":[{"name":"city","type":"string"},{"name":"zip","type":"string"}]}}`,
			[]string{`move: {from: "zip", to: "to.zip"}`},
		},
		"in a list": {
			`{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"a","type":"int"}]}}}`,
			`{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"a","type":"int"},{"name":"s","type":"string"}]}}}`,
			[]string{`add: {path: "l[].s", value: ""}`},
		},
		"below a record that may be null": {
			strings.Replace(maybe, `,{"name":"zip","type":"string"}`, "", 1), maybe, []string{`add: {path: "address?.zip", value: ""}`},
		},
		"one value of a list": {
			`{"name":"t","type":"string"}`, `{"name":"t","type":{"type":"array","items":"string"}}`, []string{`wrap: {path: "t", as: list}`},
		},
		"a type with no counterpart": {
			`{"name":"t","type":{"type":"map","values":"int"}}`, `{"name":"t","type":"string"}`, []string{`set: {path: "t", value: ""}`},
		},
		"a name that needs quoting": {
			id, id + `,{"name":"null","type":"int"}`, []string{`add: {path: "null", value: 0}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := avroSchema(t, c.old), avroSchema(t, c.new)
			p, err := Propose(t.Context(), from, to)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range p.Steps {
				got = append(got, s.Text)
				if s.Reason == "" || s.Confidence == "" || s.Open && !strings.Contains(s.Text, "value: "+s.Value) {
					t.Errorf("%+v says too little", s)
				}
			}
			if strings.Join(got, "\n") != strings.Join(c.steps, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.steps, "\n"))
			}
			carriesSamples(t, p, from, to)
		})
	}
}

// carriesSamples takes generated events across and reads what comes out.
func carriesSamples(t *testing.T, p *Proposal, from, to *avro.Schema) {
	t.Helper()
	if p.Hop == nil || p.Hop.Verdict.Outcome != Proved {
		t.Fatalf("not proved: %v, %+v", p.Err, p.Hop)
	}
	for seed := range uint64(20) {
		s, err := from.Sample(seed)
		if err != nil {
			t.Fatal(err)
		}
		image, err := p.Carries(t.Context(), s.Binary)
		if err != nil {
			t.Fatal(err)
		}
		j, err := to.Check(t.Context(), schema.Event{Encoding: schema.EncodingBinary, Bytes: image})
		if err != nil || len(j.Violations) > 0 {
			t.Fatalf("%x became %x: %v, %v", s.Binary, image, j.Violations, err)
		}
	}
}

// TestProposeRecursion: a record that contains itself is entered by its name.
func TestProposeRecursion(t *testing.T) {
	const old = `{"name":"n","type":{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]}]}}`
	p, err := Propose(t.Context(), avroSchema(t, old), avroSchema(t, strings.Replace(old, `]}}`, `,{"name":"x","type":"int"}]}}`, 1)))
	if err != nil || len(p.Steps) != 1 || p.Steps[0].Text != `inType: {type: "o.N", steps: [{add: {path: "x", value: 0}}]}` {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestProposalIsUnfinished: a document with a value left to choose does not
// verify, and the same one with the value does.
func TestProposalIsUnfinished(t *testing.T) {
	from, to := avroSchema(t, id), avroSchema(t, id+`,{"name":"n","type":"string"}`)
	p, err := Propose(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	text := p.Document("orders-value", Version{Number: 3}, Version{File: "order.avsc"}, false)
	want := "instar: upcast/v1\nsubject: \"orders-value\"\nfrom: 3\nto: \"order.avsc\"\nsteps:\n" +
		"  # old events have no n, and there is no default (guess)\n  # for instance \"\"\n  - add: {path: \"n\", value: " + Unfinished + "}\n"
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := Verify(t.Context(), d, from, to); !errors.As(err, &e) || e.Problem.Path != "/steps/0/add/value" {
		t.Errorf("a value is left to choose: %v", err)
	}
	d, err = Parse(strings.Replace(text, "value: "+Unfinished, `expr: "'`+Unfinished+`'"`, 1))
	if err != nil {
		t.Fatal(err)
	}
	if h, err := Verify(t.Context(), d, from, to); err != nil || h.Verdict.Outcome != Proved {
		t.Errorf("the text itself: %v, %v", h, err)
	}
}

// TestProposeHostile: names and sizes do not break the document.
func TestProposeHostile(t *testing.T) {
	var old, young strings.Builder
	for i := range 300 {
		c := string(rune('a'+i%26)) + strings.Repeat("x", i%7) + string(rune('a'+i/26))
		old.WriteString(`{"name":"` + c + `o","type":"int"},`)
		young.WriteString(`{"name":"q` + c + `n","type":"string"},`)
	}
	p, err := Propose(t.Context(), avroSchema(t, old.String()+id), avroSchema(t, young.String()+id))
	if err != nil || len(p.Steps) > maxProposed {
		t.Errorf("%d steps, %v", len(p.Steps), err)
	}
	if got := comment("a\nb\u2028c\rd"); got != "a b c d" {
		t.Errorf("%q", got)
	}
}

func TestNameLikeness(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		alike bool
	}{
		{"orderId", "order_id", true},
		{"ORDER_ID", "orderId", true},
		{"qty", "quantity", true},
		{"customer", "customers", true},
		{"a", "b", false},
		{"timestamp", "time", true},
		{"qty", "currency", false},
		{"id", "identity", false},
		{"userName", "name", true},
		{"", "", true},
		{"x", "", false},
	} {
		if got := nameLikeness(c.a, c.b); (got >= 0.6) != c.alike {
			t.Errorf("%s, %s: %.2f", c.a, c.b, got)
		}
	}
}

// TestProposeProto: proposals for messages, by number and, where the numbers are
// others, by name.
func TestProposeProto(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		steps    []string
	}{
		"another number": {
			`message M { string a = 1; int32 b = 2; }`, `message M { string a = 3; int32 b = 2; }`,
			[]string{`rename: {from: "a", to: "a_"}`, `rename: {from: "a_", to: "a"}`},
		},
		"numbers changed about": {
			`message M { string a = 1; int32 b = 2; }`, `message M { int32 b = 1; string a = 2; }`,
			[]string{`rename: {from: "a", to: "a_"}`, `rename: {from: "a_", to: "a"}`, `rename: {from: "b", to: "b_"}`, `rename: {from: "b_", to: "b"}`},
		},
		"a number used again": {
			`message M { string fax = 1; }`, `message M { int32 pieces = 1; }`,
			[]string{`convert: {path: "fax", expr: "int(this)", to: int, else: {value: 0}}`},
		},
		"a member that is gone": {
			`message M { oneof pay { string card = 1; int32 cash = 2; } }`, `message M { oneof pay { string card = 1; } }`,
			[]string{`mapBranch: {path: "pay", map: {"card": "card"}, else: absent}`},
		},
		"a member of another number": {
			`message M { oneof pay { string card = 1; int32 cash = 2; } }`, `message M { oneof pay { string card = 1; int32 cash = 3; } }`,
			[]string{`mapBranch: {path: "pay", map: {"card": "card", "cash": "cash"}}`},
		},
		"in a member": {
			`message M { oneof pay { C card = 1; int32 cash = 2; } message C { string no = 1; } }`, `message M { oneof pay { C credit = 1; int32 cash = 2; } message C { int32 no = 1; } }`,
			[]string{`convert: {path: "pay<card>.no", expr: "int(this)", to: int, else: {value: 0}}`, `mapBranch: {path: "pay", map: {"card": "credit", "cash": "cash"}}`},
		},
		"in a message that may be absent": {
			`message M { A a = 1; message A { string zip = 1; } }`, `message M { A a = 1; message A { } }`,
			[]string{`drop: {path: "a?.zip"}`},
		},
		"a message of a type that contains itself": {
			`message M { K k = 1; } message K { string key = 1; repeated K more = 2; }`, `message M { L k = 1; } message L { int32 key = 1; repeated K more = 2; } message K { string key = 1; repeated K more = 2; }`,
			[]string{`convert: {path: "k?.key", expr: "int(this)", to: int, else: {value: 0}}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := protoSchema(t, c.old), protoSchema(t, c.new)
			p, err := Propose(t.Context(), from, to)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range p.Steps {
				got = append(got, s.Text)
			}
			if strings.Join(got, "\n") != strings.Join(c.steps, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.steps, "\n"))
			}
			if p.Hop == nil || p.Hop.Verdict.Outcome != Proved || p.Message != "" || p.Others != nil {
				t.Errorf("%v %+v %s %s", p.Err, p.Hop, p.Message, p.Others)
			}
		})
	}
}

// TestProposeForMessages: a proposal is for the message that is named, or for the
// first that needs a document; parts of it need none of their own.
func TestProposeForMessages(t *testing.T) {
	from := protoSchema(t, shop1)
	for name, c := range map[string]struct {
		to, message  string
		want, others string
		step         string
	}{
		"the first":        {shop2, "", "", "", `convert: {path: "qty", expr: "string(this)"}`},
		"named":            {shop2, "Payment", "o.Payment", "", ""},
		"another one":      {strings.Replace(shop1, "string order", "int32 order", 1), "", "o.Payment", "", `convert: {path: "order", expr: "int(this)", to: int, else: {value: 0}}`},
		"two":              {strings.Replace(shop2, "string order", "int32 order", 1), "", "", "o.Payment", `convert: {path: "qty", expr: "string(this)"}`},
		"a part of it":     {strings.Replace(shop1, "string zip = 1", "string code = 2", 1), "", "", "", `rename: {from: "to?.zip", to: "to?.code"}`},
		"a part by itself": {strings.Replace(shop1, "string zip = 1", "string code = 2", 1), "Address", "o.Address", "", `rename: {from: "zip", to: "code"}`},
		"one is gone":      {strings.Replace(shop2, "message Payment { string order = 1; }", "", 1), "", "", "", `convert: {path: "qty", expr: "string(this)"}`},
	} {
		propose := func() (*Proposal, error) { return Propose(t.Context(), from, protoSchema(t, c.to)) }
		if c.message != "" {
			propose = func() (*Proposal, error) { return ProposeOf(t.Context(), c.message, from, protoSchema(t, c.to)) }
		}
		p, err := propose()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var step string
		if len(p.Steps) > 0 {
			step = p.Steps[0].Text
		}
		if p.Message != c.want || strings.Join(p.Others, " ") != c.others || step != c.step || p.Hop == nil || p.Hop.Verdict.Outcome != Proved {
			t.Errorf("%s: for %q beside %q, %s: %v %+v", name, p.Message, p.Others, step, p.Err, p.Hop)
		}
		if text := p.Document("", Version{Number: 1}, Version{Number: 2}, true); strings.Contains(text, "message: ") != (c.want != "") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if _, err := ProposeOf(t.Context(), "Nobody", from, from); err == nil {
		t.Error("a message that is not there has a proposal")
	}
}
