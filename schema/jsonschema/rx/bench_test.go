package rx

import "testing"

// anchors are questions with a bar: UUID, dates and letters within 1 ms, the
// exponential ones within the limits. Steps are counted, and so hold anywhere.
var anchors = []struct {
	name, sub, super string
	want             bool
	steps            int
}{
	{"UUID in loose hex", uuid, `^[0-9a-fA-F-]{36}$`, true, 400},
	{"date refined", strictDate, looseDate, true, 200},
	{"date loosened", looseDate, strictDate, false, 200},
	{"upper case in letters", `^\p{Lu}+$`, `^\p{L}+$`, true, 50},
	{"exponential", `^(a|b)*a(a|b){12}$`, `^[ab]*$`, true, 50_000},
	{"exponential unanchored", `(a|b)*a(a|b){12}`, `a[ab]{12}`, true, 50_000},
	{"password", `^(?=.*[A-Z])(?=.*[a-z])(?=.*\d).{8,64}$`, `^.{8,}$`, true, 400},
	{"host name", `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`, `^[a-z0-9.-]+$`, true, 1_000},
}

// BenchmarkContainment measures the anchors; parsing and all automata are
// included.
func BenchmarkContainment(b *testing.B) {
	for _, c := range anchors {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			steps := 0
			for b.Loop() {
				s := NewSolver(Limits{}, nil)
				got, err := s.Subset(parse(b, c.sub), parse(b, c.super))
				if err != nil || got != c.want {
					b.Fatal(got, err)
				}
				steps = s.Steps()
			}
			b.ReportMetric(float64(steps), "steps/op")
		})
	}
}

// TestAnchorsTakeFewSteps holds the anchors to a number of steps.
func TestAnchorsTakeFewSteps(t *testing.T) {
	for _, c := range anchors {
		s := NewSolver(Limits{Steps: c.steps}, nil)
		if got, err := s.Subset(parse(t, c.sub), parse(t, c.super)); err != nil || got != c.want {
			t.Errorf("%s: %t, %v", c.name, got, err)
		}
	}
}
