package compat

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

func diff(t testing.TB, older, newer schema.Parsed) Delta {
	t.Helper()
	d, err := Diff(t.Context(), Version{Parsed: older}, newer, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// line shows a change as "rule class path S/L/E/D", each policy with b and f for
// the directions in which it refuses.
func (c *Change) line() string {
	var marks []string
	for _, p := range DiffPolicies {
		mark := ""
		if c.Verdicts.At(Backward, p) == Incompatible {
			mark += "b"
		}
		if c.Verdicts.At(Forward, p) == Incompatible {
			mark += "f"
		}
		marks = append(marks, mark)
	}
	return fmt.Sprintf("%s %s %s %s", c.Rule, c.Class, c.Path, strings.Join(marks, "/"))
}

func TestDiffAvro(t *testing.T) {
	enum := func(symbols string) string {
		return `{"name":"e","type":{"type":"enum","name":"E","symbols":[` + symbols + `]}}`
	}
	cases := []struct {
		name         string
		older, newer string
		want         []string
		safe         string // under STRICT and EXACT
		first        string
	}{
		{
			"field without default", recordOf(fieldA), recordOf(fieldA, fieldB),
			[]string{"avro/field-added-without-default data b b/b/b/b"},
			"FORWARD FORWARD", DeployProducers,
		},
		{
			"field with default", recordOf(fieldA), recordOf(fieldA, fieldBDef),
			[]string{"avro/field-added info b ///"},
			"FULL FULL", DeployAny,
		},
		{
			"a field goes", recordOf(fieldA, fieldB), recordOf(fieldA),
			[]string{"avro/field-removed-without-default data b f/f/f/f"},
			"BACKWARD BACKWARD", DeployConsumers,
		},
		{
			"symbols come and go", recordOf(enum(`"A","B"`)), recordOf(enum(`"A","C"`)),
			[]string{"avro/enum-symbol-removed data e b/b/b/b", "avro/enum-symbol-added data e f/f/f/f"},
			"NONE NONE", DeployNone,
		},
		{
			"a type that rounds", recordOf(fieldA), recordOf(`{"name":"a","type":"float"}`),
			[]string{"avro/type-widened-lossy data a f/f/bf/bf"},
			"BACKWARD NONE", DeployNone,
		},
	}
	for _, c := range cases {
		d := diff(t, parseAvro(t, c.older), parseAvro(t, c.newer))
		var got []string
		for i := range d.Changes {
			got = append(got, d.Changes[i].line())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if safe := d.Verdicts.SafeLevel(Strict).String() + " " + d.Verdicts.SafeLevel(Exact).String(); safe != c.safe {
			t.Errorf("%s: safe under %s, want %s", c.name, safe, c.safe)
		}
		if d.DeployFirst() != c.first {
			t.Errorf("%s: %s first, want %s", c.name, d.DeployFirst(), c.first)
		}
		mirror(t, c.name, &d, diff(t, parseAvro(t, c.newer), parseAvro(t, c.older)))
	}
}

func TestDiffOtherFormats(t *testing.T) {
	protobuf := func(body string) schema.Parsed { return parseProto(t, `syntax = "proto3"; package acme; `+body) }
	json := func(text string) schema.Parsed { return parseJSON(t, text) }
	cases := []struct {
		name         string
		older, newer schema.Parsed
		want         []string
	}{
		{
			"a property of an open object", json(`{"type":"object","properties":{"a":{"type":"string"}}}`),
			json(`{"type":"object","properties":{"a":{"type":"string"},"c":{"type":"string"}}}`),
			[]string{"json/property-added-open data c b//b/"},
		},
		{
			"a bound", json(`{"type":"integer","maximum":5}`), json(`{"type":"integer","maximum":10}`),
			[]string{"json/maximum-increased data $ f/f/f/f"},
		},
		{
			"a field of a message that is used twice", protobuf(`message M { string a = 1; } message N { M m = 1; M n = 2; }`),
			protobuf(`message M { string a = 1; string b = 2; } message N { M m = 1; M n = 2; }`),
			[]string{"proto/field-added info b ///"},
		},
		{
			"what STRICT does not see", protobuf(`message M { int64 a = 1; }`), protobuf(`message M { int32 a = 1; }`),
			[]string{"proto/field-type-narrowed data a //b/b"},
		},
	}
	for _, c := range cases {
		d := diff(t, c.older, c.newer)
		var got []string
		for i := range d.Changes {
			got = append(got, d.Changes[i].line())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if d.Breaking() > 0 { // a removal says more than an addition, about reservations
			mirror(t, c.name, &d, diff(t, c.newer, c.older))
		}
		for _, l := range DiffLevels {
			for _, p := range DiffPolicies {
				r, err := Check(t.Context(), Request{Candidate: c.newer, History: []Version{{Number: 1, Parsed: c.older}}, Level: l, Policy: p})
				if err != nil {
					t.Fatal(err)
				}
				if got := d.Verdicts.At(l, p); got != r.Verdict {
					t.Errorf("%s: %s %s: the difference says %v, the check %v", c.name, l, p, got, r.Verdict)
				}
			}
		}
	}
}

// mirror holds the difference of the swapped pair to be the same with the
// directions swapped.
func mirror(t *testing.T, name string, d *Delta, swapped Delta) {
	t.Helper()
	if len(d.Changes) != len(swapped.Changes) || d.Breaking() != swapped.Breaking() {
		t.Errorf("%s: %d changes, %d break; swapped %d and %d", name, len(d.Changes), d.Breaking(), len(swapped.Changes), swapped.Breaking())
	}
	for _, p := range DiffPolicies {
		if d.Verdicts.At(Backward, p) != swapped.Verdicts.At(Forward, p) || d.Verdicts.At(Full, p) != swapped.Verdicts.At(Full, p) {
			t.Errorf("%s: %s: %v, swapped %v", name, p, d.Verdicts, swapped.Verdicts)
		}
	}
}

// TestDiffAgreesWithCheck holds the verdicts of a difference to those of a check,
// level by level and policy by policy.
func TestDiffAgreesWithCheck(t *testing.T) {
	texts := []string{
		recordOf(fieldA), recordOf(fieldA, fieldB), recordOf(fieldA, fieldBDef), recordOf(`{"name":"a","type":"float"}`),
		recordOf(`{"name":"a","type":["null","int"],"default":null}`), `"string"`, `"bytes"`,
	}
	for _, older := range texts {
		for _, newer := range texts {
			a, b := parseAvro(t, older), parseAvro(t, newer)
			d := diff(t, a, b)
			for _, l := range DiffLevels {
				for _, p := range DiffPolicies {
					r, err := Check(t.Context(), Request{Candidate: b, History: []Version{{Number: 1, Parsed: a}}, Level: l, Policy: p})
					if err != nil {
						t.Fatal(err)
					}
					if got := d.Verdicts.At(l, p); got != r.Verdict {
						t.Errorf("%s -> %s: %s %s: the difference says %v, the check %v", older, newer, l, p, got, r.Verdict)
					}
				}
			}
			together := Verdicts{}
			for _, dir := range []Direction{OldToNew, NewToOld} {
				for _, p := range DiffPolicies {
					verdict := Compatible
					for i := range d.Changes {
						verdict = worse(verdict, d.Changes[i].Verdicts.At(DiffLevels[dir], p))
					}
					together.set(dir, p, verdict)
				}
			}
			if together != d.Verdicts {
				t.Errorf("%s -> %s: the changes together say %v, the pair %v", older, newer, together, d.Verdicts)
			}
			if older == newer && (!d.Same || len(d.Changes) > 0) {
				t.Errorf("%s differs from itself: %+v", older, d.Changes)
			}
		}
	}
}

func TestDiffShowsBothSides(t *testing.T) {
	d := diff(t, parseAvro(t, recordOf(fieldA)), parseAvro(t, recordOf(fieldA, fieldB)))
	x := d.Changes[0]
	if x.New.Text != fieldB || x.New.Line != 1 || x.New.Pointer != "/fields/1" || x.Hint == "" || x.Message == "" || len(x.Kinds) != 1 {
		t.Errorf("%+v", x)
	}
	long := strings.Repeat("x", 3000)
	d = diff(t, parseAvro(t, recordOf(`{"name":"a","type":"int"}`)), parseAvro(t, recordOf(`{"name":"a","type":"string","doc":"`+long+`"}`)))
	for _, c := range d.Changes {
		if len(c.New.Text) > 2*maxSide {
			t.Errorf("%s shows %d bytes", c.Rule, len(c.New.Text))
		}
	}
}

func TestDiffOfTwoFormats(t *testing.T) {
	d := diff(t, parseAvro(t, `"string"`), parseJSON(t, `{"type":"string"}`))
	if len(d.Changes) != 1 || d.Changes[0].Rule != ruleFormatChanged || d.Changes[0].Path != "$" || d.Verdicts.SafeLevel(Exact) != None || d.Verdicts.SafeLevel(Strict) != None {
		t.Errorf("%+v", d)
	}
}

func TestDiffIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Diff(ctx, Version{Parsed: parseAvro(t, versionOf(1))}, parseAvro(t, versionOf(2)), Options{}); err == nil {
		t.Error("a cancelled question was answered")
	}
	if _, err := Diff(t.Context(), Version{}, parseAvro(t, `"int"`), Options{}); err == nil {
		t.Error("half a question was answered")
	}
}

func TestEventPath(t *testing.T) {
	for pointer, want := range map[string]string{
		"": "$", "/maximum": "$", "/properties/a/maximum": "a", "/properties/a/properties/b": "a.b",
		"/properties/list/items/properties/sku/type": "list[].sku", "/properties/list/items/0": "list[]",
		"/additionalProperties/type": "{}", "/properties/m/patternProperties/^x/minLength": "m{}",
		"/anyOf/1/properties/a": "a", "/required/a": "a", "/properties/a~1b": "a/b",
	} {
		if got := eventPath(pointer); got != want {
			t.Errorf("%q is the path of %q, want %q", got, pointer, want)
		}
	}
}

// fieldsOf is a record of n fields, the first edits of which are of another type
// than without edits.
func fieldsOf(n, edits int) string {
	var fields []string
	for i := range n {
		kind := []string{`"string"`, `"int"`, `["null","double"]`, `{"type":"array","items":"string"}`}[i%4]
		if i < edits {
			kind = []string{`"bytes"`, `"long"`, `"double"`}[i%3]
		}
		fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":%s}`, i, kind))
	}
	return recordOf(fields...)
}

// BenchmarkDiff has the goal of 2 ms for schemas of 100 fields; each edit that
// breaks costs its events, which both decoders read.
func BenchmarkDiff(b *testing.B) {
	for _, edits := range []int{1, 4, 20} {
		older, newer := parseAvro(b, fieldsOf(100, 0)), parseAvro(b, fieldsOf(100, edits))
		b.Run(fmt.Sprintf("100fields/%dedits", edits), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d, err := Diff(b.Context(), Version{Parsed: older}, newer, Options{}); err != nil || d.Breaking() == 0 {
					b.Fatal(err, d.Breaking())
				}
			}
		})
	}
}

// TestDiffIsCheap guards the order of magnitude by what it allocates; the
// benchmark measures the time.
func TestDiffIsCheap(t *testing.T) {
	older, newer := parseAvro(t, fieldsOf(100, 0)), parseAvro(t, fieldsOf(100, 4))
	if n := testing.AllocsPerRun(5, func() { diff(t, older, newer) }); n > 60_000 {
		t.Errorf("100 fields take %.0f allocations", n)
	}
}
