package rx

import "testing"

// The bars of these questions: UUID, dates and letters within 1 ms, the
// exponential one within the limits. Parsing and all automata are included.
func BenchmarkContainment(b *testing.B) {
	for _, c := range []struct {
		name, sub, super string
		want             bool
	}{
		{"UUID in loose hex", uuid, `^[0-9a-fA-F-]{36}$`, true},
		{"date refined", strictDate, looseDate, true},
		{"date loosened", looseDate, strictDate, false},
		{"upper case in letters", `^\p{Lu}+$`, `^\p{L}+$`, true},
		{"exponential", `^(a|b)*a(a|b){12}$`, `^[ab]*$`, true},
		{"exponential unanchored", `(a|b)*a(a|b){12}`, `a[ab]{12}`, true},
		{"password", `^(?=.*[A-Z])(?=.*[a-z])(?=.*\d).{8,64}$`, `^.{8,}$`, true},
		{"host name", `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`, `^[a-z0-9.-]+$`, true},
	} {
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
