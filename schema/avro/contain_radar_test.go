package avro

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestContainRadar holds every edit of a real history, in both directions, to
// testdata/contain/radar.txt: the verdict and one line per break.
func TestContainRadar(t *testing.T) {
	const golden = "testdata/contain/radar.txt"
	var b strings.Builder
	verdicts := map[schema.Verdict]int{}
	for i, p := range radarTexts(t) {
		older, err := Parse(p[0], nil, lenient)
		newer, err2 := Parse(p[1], nil, lenient)
		if err != nil || err2 != nil {
			fmt.Fprintf(&b, "%d: a side does not parse\n", i)
			continue
		}
		for _, d := range []struct {
			name string
			w, r *Schema
		}{{"old read by new", older, newer}, {"new read by old", newer, older}} {
			c := contain(t, d.w, d.r)
			verdicts[c.Verdict]++
			fmt.Fprintf(&b, "%d: %s: %s\n", i, d.name, c.Verdict)
			if len(c.Breaks) > 0 {
				b.WriteString("    " + strings.ReplaceAll(brief(c), "\n", "\n    ") + "\n")
			}
			holdToEvents(t, d.w, d.r, c, 10)
		}
	}
	if verdicts[schema.Unknown] > 0 || verdicts[schema.Compatible] < 40 || verdicts[schema.Incompatible] < 20 {
		t.Errorf("%v", verdicts)
	}
	if *update {
		if err := os.MkdirAll("testdata/contain", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("answers differ from %s; run with -update and review the difference. Got\n%s", golden, b.String())
	}
}

// FuzzContain: every answer is total, borne out by the readers and free of
// bugs, in both directions.
func FuzzContain(f *testing.F) {
	for _, c := range containCases {
		f.Add(c.writer, c.reader)
	}
	for seed := range uint64(50) {
		if w, r, ok := drawPair(seed); ok {
			f.Add(w.Canonical(), r.Canonical())
		}
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, err := Parse(a, nil, lenient)
		if err != nil {
			return
		}
		y, err := Parse(b, nil, lenient)
		if err != nil {
			return
		}
		for _, d := range [][2]*Schema{{x, y}, {y, x}} {
			c, err := Contain(t.Context(), d[0], d[1], schema.Budget{Steps: 20_000})
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range c.Undecided {
				if u.Bug != nil {
					t.Fatal(u.Bug)
				}
			}
			if c.Steps > 20_000+3*schema.MaxWitnessBytes {
				t.Fatalf("%d steps", c.Steps)
			}
			if d[0].Nodes() < 50 && c.Verdict != schema.Unknown && len(c.Breaks) < maxWays {
				holdToEvents(t, d[0], d[1], c, 3)
			}
		}
	})
}
