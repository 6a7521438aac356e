package protobuf

import (
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// fiftyMessages is a file of fifty messages of ten fields, which hold each
// other, with enums, maps and oneofs; edit is a field of the last of them.
func fiftyMessages(edit string) string {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\";\npackage acme.shop.v1;\n")
	for i := range 50 {
		fmt.Fprintf(&b, `message M%d {
  string id = 1; int64 at = 2; repeated string tags = 3; map<string, string> attributes = 4; E%d state = 5;
  oneof choice { string text = 6; bytes raw = 7; }
  optional double weight = 8;
`, i, i%10)
		if i < 49 {
			fmt.Fprintf(&b, "  M%d next = 9; repeated M%d all = 10;\n}\n", i+1, (i*7)%50)
		} else {
			fmt.Fprintf(&b, "  %s\n}\n", edit)
		}
	}
	for i := range 10 {
		fmt.Fprintf(&b, "enum E%d { E%d_NONE = 0; E%d_A = 1; E%d_B = 2; E%d_C = 3; reserved 9; }\n", i, i, i, i, i)
	}
	return b.String()
}

// BenchmarkContain is a pair of fifty messages on all surfaces: at most 1 ms.
func BenchmarkContain(b *testing.B) {
	for _, c := range []struct {
		name, old, new string
		want           schema.Verdict
	}{
		{"compatible", "int32 last = 9;", "int32 last = 9; string extra = 10;", schema.Compatible},
		{"refused", "int64 last = 9;", "int32 last = 9;", schema.Incompatible},
	} {
		older, newer := mustParse(b, fiftyMessages(c.old)), mustParse(b, fiftyMessages(c.new))
		for _, json := range []bool{false, true} {
			o := ContainOptions{JSON: json}
			contain(b, older, newer, o) // what a schema keeps is there
			b.Run(fmt.Sprintf("%s/json=%v", c.name, json), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if a, err := Contain(b.Context(), older, newer, o); err != nil || a.Verdict != c.want {
						b.Fatal(a, err)
					}
				}
			})
		}
	}
}

// FuzzContain: every answer is total, borne out by the decoders and free of
// bugs, in both directions.
func FuzzContain(f *testing.F) {
	for _, c := range containCases(f) {
		f.Add(c[0], c[1])
	}
	for seed := range uint64(50) {
		if w, r, ok := drawPair(seed); ok {
			f.Add(w.Text(), r.Text())
		}
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, err := Parse(a, nil, defaults())
		if err != nil {
			return
		}
		y, err := Parse(b, nil, defaults())
		if err != nil {
			return
		}
		for _, d := range [][2]*Schema{{x, y}, {y, x}} {
			o := ContainOptions{JSON: len(a)%2 == 0, Budget: schema.Budget{Steps: 20_000}}
			c := contain(t, d[0], d[1], o)
			if c.Steps > 20_000+3*schema.MaxWitnessBytes {
				t.Fatalf("%d steps", c.Steps)
			}
			for i := range c.Breaks {
				holdWitness(t, d[0], &c.Breaks[i])
			}
			if len(a)+len(b) < 2000 && c.Verdict != schema.Unknown && len(c.Breaks) < maxWays {
				holdToEvents(t, d[0], d[1], c, o, uint64(len(a)), 3)
			}
		}
	})
}
