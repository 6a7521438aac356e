package upcast

import (
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

const (
	qtyField      = `{"name":"qty","type":"int"}`
	quantityField = `{"name":"quantity","type":"int"}`
)

// TestLift: the usual idioms become proved steps that do what the rules do.
func TestLift(t *testing.T) {
	zipped := `{"name":"address","type":{"type":"record","name":"Address","fields":[{"name":"street","type":"string"},{"name":"code","type":"string"}]}}`
	for name, c := range map[string]struct {
		from, to string
		exprs    []string
		steps    string
	}{
		"rename by merge and sift": {
			id + "," + qtyField, id + "," + quantityField,
			[]string{`$merge([$sift($, function($v, $k) {$k != 'qty'}), {'quantity': $.'qty'}])`},
			`[{"rename":{"from":"qty","to":"quantity"}}]`,
		},
		"rename by transform": {
			id + "," + qtyField, id + "," + quantityField,
			[]string{`$ ~> |$|{"quantity": qty}, ["qty"]|`},
			`[{"rename":{"from":"qty","to":"quantity"}}]`,
		},
		"rename by an object": {
			id + "," + qtyField, id + "," + quantityField,
			[]string{`{"id": id, "quantity": qty}`},
			`[{"rename":{"from":"qty","to":"quantity"}}]`,
		},
		"add a constant": {
			id, id + `,{"name":"currency","type":"string"},{"name":"n","type":"long"},{"name":"note","type":["null","string"]}`,
			[]string{`$merge([$, {"currency": "EUR", "n": 7, "note": null}])`},
			`[{"add":{"path":"currency","value":"EUR"}},{"add":{"path":"n","value":7}},{"add":{"path":"note","value":null}}]`,
		},
		"drop": {
			id + "," + qtyField, id, []string{`$sift($, function($v, $k) {$not($k in ["qty"])})`}, `[{"drop":{"path":"qty"}}]`,
		},
		"replace a constant": {
			id + "," + qtyField, id + "," + qtyField,
			[]string{`$merge([$, {"qty": 1}])`},
			`[{"add":{"path":"` + "`instar lifted 1`" + `","value":1}},{"drop":{"path":"qty"}},{"rename":{"from":"` + "`instar lifted 1`" + `","to":"qty"}}]`,
		},
		"swap": {
			`{"name":"a","type":"string"},{"name":"b","type":"string"}`, `{"name":"a","type":"string"},{"name":"b","type":"string"}`,
			[]string{`$merge([$, {"a": b, "b": a}])`},
			"",
		},
		"copy": {
			id, id + `,{"name":"key","type":"string"}`, []string{`$merge([$, {"key": id}])`}, `[{"copy":{"from":"id","to":"key"}}]`,
		},
		"one value in two places": {
			id + "," + qtyField, id + "," + quantityField + `,{"name":"n","type":"int"}`,
			[]string{`{"id": id, "quantity": qty, "n": qty}`},
			`[{"copy":{"from":"qty","to":"quantity"}},{"copy":{"from":"qty","to":"n"}},{"drop":{"path":"qty"}}]`,
		},
		"out of a record": {
			id + "," + address, id + `,{"name":"zip","type":"string"}`,
			[]string{`{"id": id, "zip": address.zip}`},
			`[{"copy":{"from":"address.zip","to":"zip"}},{"drop":{"path":"address"}}]`,
		},
		"into a record": {
			id + `,{"name":"s","type":"string"}`, id + "," + address,
			[]string{`{"id": id, "address": {"street": s, "zip": "-"}}`},
			`[{"add":{"path":"address","object":{"street":{"from":"s"},"zip":{"value":"-"}}}},{"drop":{"path":"s"}}]`,
		},
		"within a record": {
			id + "," + address, id + "," + zipped, []string{`$ ~> |address|{"code": zip}, "zip"|`}, `[{"rename":{"from":"address.zip","to":"address.code"}}]`,
		},
		"two rules": {
			id + "," + qtyField, id + `,{"name":"amount","type":"int"},{"name":"c","type":"string"}`,
			[]string{`$merge([$sift($, function($v, $k) {$k != 'qty'}), {'quantity': qty}])`, `$merge([$sift($, function($v, $k) {$k != 'quantity'}), {'amount': quantity, "c": "x"}])`},
			`[{"rename":{"from":"qty","to":"quantity"}},{"rename":{"from":"quantity","to":"amount"}},{"add":{"path":"c","value":"x"}}]`,
		},
		"what has no such name": {
			id, id, []string{`$sift($, function($v, $k) {$k != 'gone'})`}, `[]`,
		},
		"unions and lists as they are": {
			id + `,{"name":"u","type":["null","string","long"]},{"name":"l","type":{"type":"array","items":["null","int"]}}`,
			id + `,{"name":"u2","type":["null","string","long"]},{"name":"l2","type":{"type":"array","items":["null","int"]}}`,
			[]string{`{"id": id, "u2": u, "l2": l}`},
			`[{"rename":{"from":"u","to":"u2"}},{"rename":{"from":"l","to":"l2"}}]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := avroSchema(t, c.from), avroSchema(t, c.to)
			set := &RuleSet{}
			for i, expr := range c.exprs {
				r := rule("UPGRADE", expr)
				r.Name = fmt.Sprintf("r%d", i)
				set.Migration = append(set.Migration, r)
			}
			out, err := Lift(t.Context(), ruleHop(t, set, Upgrade, from, to), from, to)
			if err != nil {
				t.Fatal(err)
			}
			if out.Hop == nil || out.Why != "" {
				t.Fatalf("not lifted: %s (%s)", out.Why, out.Event)
			}
			if out.Compared != liftEvents || out.Hop.Verdict.Outcome != Proved {
				t.Errorf("compared %d, %s", out.Compared, out.Hop.Verdict.Outcome)
			}
			if got := string(jsonx.Append(nil, out.Document.tree.Get("steps"))); c.steps != "" && got != c.steps {
				t.Errorf("steps %s\nwant  %s", got, c.steps)
			}
		})
	}
}

// TestNotLifted: what is not known, not proved, or does something else stays with
// the rules.
func TestNotLifted(t *testing.T) {
	list := `{"name":"l","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"x","type":"int"}]}}}`
	for name, c := range map[string]struct {
		from, to, expr string
		why            string
	}{
		"computed":           {id, id, `$merge([$, {"id": $uppercase(id)}])`, "form of rule"},
		"not valid":          {id + "," + qtyField, id + `,{"name":"quantity","type":"string"}`, `{"id": id, "quantity": qty}`, "refuted"},
		"nothing for it":     {id, id + "," + quantityField, `$merge([$, {"quantity": qty}])`, "refused"},
		"another text":       {id + `,{"name":"u","type":["null","string"]}`, id + `,{"name":"u","type":["null","string"]}`, `$merge([$, {"u": "x"}])`, "the images differ|the rules fail"},
		"items of a list":    {id + "," + list, id + `,{"name":"l","type":{"type":"array","items":"int"}}`, `{"id": id, "l": l.x}`, "refused|refuted"},
		"a condition":        {id, id, `CONDITION id != ""`, "is a condition"},
		"an action":          {id, id, `DLQ $`, "has actions"},
		"not carried out":    {id, id, `CEL $`, "only JSONATA transforms"},
		"through a nullable": {id + "," + maybe, id + `,{"name":"zip","type":["null","string"]}`, `{"id": id, "zip": address.zip}`, "refuted|refused"},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := avroSchema(t, c.from), avroSchema(t, c.to)
			r := rule("UPGRADE", c.expr)
			switch word, rest, _ := strings.Cut(c.expr, " "); word {
			case "CONDITION":
				r.Kind, r.Expr = word, rest
			case "DLQ":
				r.OnFailure, r.Expr = word, rest
			case "CEL":
				r.Type, r.Expr = word, rest
			}
			out, err := Lift(t.Context(), ruleHop(t, rules(r), Upgrade, from, to), from, to)
			if err != nil {
				t.Fatal(err)
			}
			known := false
			for _, why := range strings.Split(c.why, "|") {
				known = known || strings.Contains(out.Why, why)
			}
			if out.Hop != nil || out.Document != nil || !known {
				t.Errorf("%s, lifted: %v", out.Why, out.Hop != nil)
			}
		})
	}
}

// TestDifferenceCancels: steps that are proved but do something else than the
// rules are found by the comparison, with the event that shows it.
func TestDifferenceCancels(t *testing.T) {
	from, to := avroSchema(t, `{"name":"n","type":["null","string"]}`), avroSchema(t, `{"name":"n","type":["null","string"]}`)
	// The rule replaces null; the steps of another rule do not.
	executed := ruleHop(t, rules(rule("UPGRADE", `{"n": n ? n : {"string": "-"}}`)), Upgrade, from, to)
	hop, err := Verify(t.Context(), document(t), from, to)
	if err != nil {
		t.Fatal(err)
	}
	out := &Lifted{}
	if err := out.compare(t.Context(), executed, hop); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.Why, "the images differ") || string(out.Event) != `{"n":null}` {
		t.Errorf("%s, %s", out.Why, out.Event)
	}
}

// TestLiftProtobuf: the same for messages.
func TestLiftProtobuf(t *testing.T) {
	from, to := orderMessage(t, "string id = 1; int64 qty = 2;"), orderMessage(t, "string id = 1; int64 quantity = 3;")
	out, err := Lift(t.Context(), ruleHop(t, rules(rule("UPGRADE", `$ ~> |$|{"quantity": qty}, "qty"|`)), Upgrade, from, to), from, to)
	if err != nil {
		t.Fatal(err)
	}
	if out.Hop == nil {
		t.Errorf("not lifted: %s (%s)", out.Why, out.Event)
	}
}

// TestLiftJSON: the same for JSON, where the order of members is no difference.
func TestLiftJSON(t *testing.T) {
	from, to := closedObject(t, `id:"string"`, `qty:"integer"`, `n:"number"`), closedObject(t, `id:"string"`, `quantity:"integer"`, `n:"number"`)
	out, err := Lift(t.Context(), ruleHop(t, renamed("qty", "quantity"), Upgrade, from, to), from, to)
	if err != nil {
		t.Fatal(err)
	}
	if out.Hop == nil || out.Compared != liftEvents {
		t.Errorf("not lifted after %d events: %s (%s)", out.Compared, out.Why, out.Event)
	}
}

// BenchmarkRules is a chain of 20 renames by rules, beside the same chain lifted
// and fused (bar B4).
func BenchmarkRules(b *testing.B) {
	const hops = 20
	const fields = id + `,{"name":"price","type":"double"},{"name":"currency","type":"string"},{"name":"tags","type":{"type":"array","items":"string"}},` + address
	name := func(i int) string { return fmt.Sprintf("qty%d", i) }
	var versions []RuleVersion
	var lifted []*Hop
	var schemas []schema.Parsed
	for i := range hops + 1 {
		s := avroSchema(b, fields+`,{"name":"`+name(i)+`","type":"long"}`)
		v := RuleVersion{Number: i + 1, Schema: s}
		if i > 0 {
			v.Rules = renamed(name(i-1), name(i))
			out, err := Lift(b.Context(), ruleHop(b, v.Rules, Upgrade, schemas[i-1], s), schemas[i-1], s)
			if err != nil || out.Hop == nil {
				b.Fatal(out.Why, err)
			}
			lifted = append(lifted, out.Hop)
		}
		versions, schemas = append(versions, v), append(schemas, s)
	}
	chain, err := RuleWay(b.Context(), versions, 1, hops+1, RuleOptions{Place: "SERVER"})
	if err != nil {
		b.Fatal(err)
	}
	fused, err := Fuse(lifted)
	if err != nil {
		b.Fatal(err)
	}
	runner := NewRunner(fused)
	sample, err := schemas[0].Sample(3)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("executed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, f, err := chain.Apply(b.Context(), sample.Binary, RuleRun{}); f != nil || err != nil {
				b.Fatal(f, err)
			}
		}
	})
	b.Run("lifted", func(b *testing.B) {
		b.ReportAllocs()
		var out []byte
		for b.Loop() {
			var f *Failure
			if out, f, err = runner.Apply(b.Context(), out[:0], sample.Binary, nil); f != nil || err != nil {
				b.Fatal(f, err)
			}
		}
	})
}
