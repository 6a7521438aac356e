package protobuf

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// unplaced is an answer without positions, which are those of the text at hand.
func unplaced(c schema.Containment) schema.Containment {
	for i := range c.Breaks {
		c.Breaks[i].Writer.Position, c.Breaks[i].Reader.Position = schema.Position{}, schema.Position{}
	}
	return c
}

// TestContainItself: a schema reads itself. One side gets an option, so that
// equal texts are no short cut.
func TestContainItself(t *testing.T) {
	var texts []string
	for _, c := range containCases(t) {
		texts = append(texts, c[0], c[1])
	}
	for seed := range uint64(400) {
		if w, r, ok := drawPair(seed); ok {
			texts = append(texts, w.Text(), r.Text())
		}
	}
	judged := 0
	for _, text := range texts {
		again, err := Parse(text+"\noption java_outer_classname = \"Again\";", nil, defaults())
		if err != nil {
			t.Fatal(err)
		}
		for _, json := range []bool{false, true} {
			c := contain(t, mustParse(t, text), again, ContainOptions{JSON: json})
			if c.Verdict != schema.Compatible || len(c.Breaks) != 1 || c.Breaks[0].Kind != KindFileOption {
				t.Errorf("%s: %s\n%s", text, c.Verdict, brief(c, true))
			}
		}
		judged++
	}
	if judged < 500 {
		t.Errorf("only %d texts", judged)
	}
}

// TestContainIsDeterministic: the same question has the same answer, byte for
// byte, and a larger budget changes nothing but UNKNOWN.
func TestContainIsDeterministic(t *testing.T) {
	undecided := 0
	for seed := range uint64(300) {
		w, r, ok := drawPair(seed)
		if !ok {
			continue
		}
		o := ContainOptions{JSON: seed%2 == 0}
		full := unplaced(contain(t, w, r, o))
		again := unplaced(contain(t, mustParse(t, w.Canonical()), mustParse(t, r.Canonical()), o))
		if !reflect.DeepEqual(full, again) {
			t.Fatalf("%s\nread as %s: two answers\n%+v\n%+v", w.Canonical(), r.Canonical(), full, again)
		}
		last := schema.Unknown
		for steps := 1; steps < 400; steps *= 2 {
			o.Budget.Steps = steps
			c := contain(t, w, r, o)
			if last != schema.Unknown && c.Verdict != last || c.Verdict != schema.Unknown && c.Verdict != full.Verdict {
				t.Fatalf("%s\nread as %s: %s with %d steps, then %s, in the end %s", w.Canonical(), r.Canonical(), last, steps, c.Verdict, full.Verdict)
			}
			if c.Verdict == schema.Unknown {
				undecided++
				if len(c.Undecided) != 1 || c.Undecided[0].Reason != schema.ReasonSteps {
					t.Fatalf("%+v", c)
				}
			}
			last = c.Verdict
		}
	}
	if undecided < 100 {
		t.Errorf("the budget was spent only %d times", undecided)
	}
}

// TestContainIgnoresNames: what only moves or renames breaks no event, and the
// order of declarations changes nothing.
func TestContainIgnoresNames(t *testing.T) {
	old := `syntax = "proto3"; package a.v1; message M { N n = 1; repeated N list = 2; map<string, E> m = 3; message N { int64 x = 1; } } enum E { A = 0; B = 1; }`
	for _, text := range []string{
		`syntax = "proto3"; package a.v2; message M { N n = 1; repeated N list = 2; map<string, E> m = 3; message N { int64 x = 1; } } enum E { A = 0; B = 1; }`,
		`syntax = "proto3"; package a.v1; enum E { A = 0; B = 1; } message N { int64 x = 1; } message M { map<string, E> m = 3; N n = 1; repeated N list = 2; }`,
		`syntax = "proto3"; package a.v1; message M { K k = 1; repeated K all = 2; map<string, F> e = 3; message K { int64 y = 1; } } enum F { C = 0; D = 1; }`,
		`edition = "2023"; package a.v1; option features.field_presence = IMPLICIT; message M { N n = 1; repeated N list = 2; map<string, E> m = 3; message N { int64 x = 1; } } enum E { A = 0; B = 1; }`,
	} {
		w, r := mustParse(t, old), mustParse(t, text)
		for _, d := range [][2]*Schema{{w, r}, {r, w}} {
			if c := contain(t, d[0], d[1], ContainOptions{}); c.Verdict != schema.Compatible {
				t.Errorf("%s\nread as %s: %s\n%s", d[0].Text(), d[1].Text(), c.Verdict, brief(c, true))
			}
		}
	}
}

// chainOf is a file of messages each of which holds the next, the last of which
// has a field.
func chainOf(depth int, field string) string {
	var b strings.Builder
	b.WriteString(`syntax = "proto3";`)
	for i := range depth {
		fmt.Fprintf(&b, "message T%d { T%d t = 1; }\n", i, i+1)
	}
	fmt.Fprintf(&b, "message T%d { %s }\n", depth, field)
	return b.String()
}

// TestContainDeep: what lies deeper than an event may be is left open, not
// guessed; what is short enough decides.
func TestContainDeep(t *testing.T) {
	for _, c := range []struct {
		depth int
		want  schema.Verdict
	}{{20, schema.Incompatible}, {62, schema.Incompatible}, {90, schema.Unknown}, {3000, schema.Unknown}} {
		got := contain(t, mustParse(t, chainOf(c.depth, "int64 a = 1;")), mustParse(t, chainOf(c.depth, "int32 a = 1;")), ContainOptions{})
		if got.Verdict != c.want {
			t.Errorf("depth %d: %s %+v", c.depth, got.Verdict, got.Undecided)
		}
		if c.want == schema.Unknown && (len(got.Undecided) != 1 || got.Undecided[0].Reason != schema.ReasonWitnessSize) {
			t.Errorf("depth %d: %+v", c.depth, got.Undecided)
		}
	}
}

// TestContainWide: all breaks are told, up to a bound, and what is left out is
// said to be.
func TestContainWide(t *testing.T) {
	wide := func(n int, typ string) *Schema {
		var b strings.Builder
		b.WriteString(`syntax = "proto3"; message M {`)
		for i := range n {
			fmt.Fprintf(&b, "%s f%d = %d;\n", typ, i, i+1)
		}
		return mustParse(t, b.String()+"}")
	}
	c := contain(t, wide(500, "int64"), wide(500, "int32"), ContainOptions{})
	if len(c.Breaks) != 500 || c.More || c.Verdict != schema.Incompatible {
		t.Errorf("%d breaks, more %v, %s", len(c.Breaks), c.More, c.Verdict)
	}
	c = contain(t, wide(5000, "int64"), wide(5000, "int32"), ContainOptions{})
	if len(c.Breaks) != maxFindings || !c.More || c.Verdict != schema.Incompatible {
		t.Errorf("%d breaks, more %v, %s", len(c.Breaks), c.More, c.Verdict)
	}
}

// TestContainManyRequired: the least event of a message may be larger than a
// witness; building it must end all the same.
func TestContainManyRequired(t *testing.T) {
	var b strings.Builder
	b.WriteString(`syntax = "proto2"; message M { required T0 t = 1; optional int64 a = 2; }`)
	for i := range 40 {
		fmt.Fprintf(&b, "message T%d { required T%d a = 1; required T%d b = 2; }\n", i, i+1, i+1)
	}
	b.WriteString("message T40 { }")
	old := b.String()
	c := contain(t, mustParse(t, old), mustParse(t, strings.Replace(old, "int64", "int32", 1)), ContainOptions{EventMessages: []string{"M"}})
	if c.Verdict != schema.Unknown || len(c.Undecided) != 1 || c.Undecided[0].Reason != schema.ReasonWitnessSize {
		t.Errorf("%s %+v", c.Verdict, c.Undecided)
	}
}

// TestContainNoEvent: of a message that requires itself there is no event, so
// all of them are readable.
func TestContainNoEvent(t *testing.T) {
	w := mustParse(t, `syntax = "proto2"; message M { required M m = 1; required int64 a = 2; }`)
	r := mustParse(t, `syntax = "proto2"; message M { required M m = 1; required int32 a = 2; }`)
	c := contain(t, w, r, ContainOptions{})
	if c.Verdict != schema.Compatible || len(c.Notes) != 1 {
		t.Errorf("%+v", c)
	}
	r = mustParse(t, `syntax = "proto2"; message M { optional M m = 1; required int64 a = 2; }`)
	if c = contain(t, r, w, ContainOptions{}); c.Verdict != schema.Incompatible {
		t.Errorf("%+v", c)
	}
}

// TestContainCancelled: a cancelled context is an error, never a verdict.
func TestContainCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w, r := mustParse(t, `syntax = "proto3"; message M { int32 a = 1; }`), mustParse(t, `syntax = "proto3"; message M { int64 a = 1; }`)
	if _, err := Contain(ctx, w, r, ContainOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestRead compares an event by number.
func TestRead(t *testing.T) {
	w := mustParse(t, `syntax = "proto3"; package p; message M { int64 a = 1; repeated string b = 2; M c = 3; int32 gone = 4; }`)
	r := mustParse(t, `syntax = "proto3"; package q; message M { int32 x = 1; string b = 2; M c = 3; }`)
	for _, c := range []struct{ event, want string }{
		{"\x08\x01", ""},
		{"\x20\x01", ""},
		{"\x08\x80\x80\x80\x80\x08", "a misread 2147483648 -2147483648"},
		{"\x12\x01x", ""},
		{"\x12\x01x\x12\x01y", `b lost 2 elements "y"`},
		{"\x1a\x06\x08\x80\x80\x80\x80\x08", "c.a misread 2147483648 -2147483648"},
	} {
		faults, err := Read(w, r, "p.M", []byte(c.event))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range faults {
			got = append(got, fmt.Sprintf("%s %s %s %s", f.Path, f.Effect, f.Written, f.Read))
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%x: %q, want %q", c.event, got, c.want)
		}
	}
	if _, err := Read(w, r, "p.M", []byte("\x08")); err == nil {
		t.Error("an event that the writer refuses was read")
	}
	if _, err := Read(w, r, "p.N", nil); err == nil {
		t.Error("a message that does not exist was read")
	}
}

// TestContainLarge: whatever a file has many of, the work stays within the
// budget of steps. With anything quadratic these would take minutes.
func TestContainLarge(t *testing.T) {
	const n = 4000
	many := func(open, each, end string) *Schema {
		var b strings.Builder
		b.WriteString(`syntax = "proto3"; ` + open)
		for i := range n {
			b.WriteString(strings.ReplaceAll(strings.ReplaceAll(each, "#", fmt.Sprint(i)), "$", fmt.Sprint(i+1)))
		}
		return mustParse(t, b.String()+end)
	}
	for name, p := range map[string][2]*Schema{
		"messages":      {many("", "message A# { int32 x = $; }", ""), many("", "message B# { int32 x = $; }", "")},
		"one shape":     {many("", "message A# { int32 x = 1; }", ""), many("", "message B# { int32 x = 1; }", "")},
		"oneofs":        {many("message M {", "oneof a# { int32 f# = $; }", "}"), many("message M {", "oneof b# { int64 f# = $; }", "}")},
		"into a oneof":  {many("message M {", "oneof a# { int32 f# = $; }", "}"), many("message M { oneof o {", "int32 f# = $;", "}}")},
		"reserved":      {many("message M {", "reserved $;", "}"), many("message M {", "reserved \"n#\";", "}")},
		"enum of many":  {many("enum E {", "E# = #;", "} message M { E e = 1; }"), many("enum E {", "F# = #;", "} message M { E e = 1; }")},
		"many of enums": {many("enum E { A = 0; B = 1; } message M {", "E f# = $;", "}"), many("enum E { A = 0; B = 2; } message M {", "E f# = $;", "}")},
	} {
		for _, d := range [][2]*Schema{p, {p[1], p[0]}} {
			c := contain(t, d[0], d[1], ContainOptions{JSON: true})
			if c.Steps > DefaultContainSteps+3*schema.MaxWitnessBytes || len(c.Breaks) > 2*maxFindings {
				t.Errorf("%s: %s with %d breaks after %d steps", name, c.Verdict, len(c.Breaks), c.Steps)
			}
		}
	}
}
