package compat

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// versionOf is version n of a subject with 20 fields, one of which each version
// adds with a default and changes in its doc.
func versionOf(n int) string {
	fields := make([]string, 0, 20)
	types := []string{`"string"`, `"long"`, `["null","double"]`, `{"type":"array","items":"string"}`, `{"type":"map","values":"int"}`}
	for i := range 18 {
		fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":%s}`, i, types[i%len(types)]))
	}
	fields = append(fields, `{"name":"state","type":{"type":"enum","name":"State","symbols":["A","B","C"],"default":"A"}}`)
	fields = append(fields, fmt.Sprintf(`{"name":"v%d","type":["null","string"],"default":null}`, n))
	return fmt.Sprintf(`{"type":"record","name":"Order","namespace":"com.acme","doc":"%d","fields":[%s]}`, n, strings.Join(fields, ","))
}

func subject(tb testing.TB, versions int) Request {
	r := Request{Candidate: parseAvro(tb, versionOf(versions)), Policy: Strict}
	for n := versions - 1; n >= 0; n-- {
		r.History = append(r.History, Version{Number: n + 1, Parsed: parseAvro(tb, versionOf(n))})
	}
	return r
}

// BenchmarkTransitive has the goals 10 ms for 200 versions and 50 ms for 1,000.
func BenchmarkTransitive(b *testing.B) {
	for _, level := range []Level{BackwardTransitive, FullTransitive} {
		for _, versions := range []int{200, 1000} {
			for _, policy := range []Policy{Strict, Exact} {
				r := subject(b, versions)
				r.Level, r.Policy = level, policy
				b.Run(fmt.Sprintf("%s/%s/%d", policy, level, versions), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if report, err := Check(context.Background(), r); err != nil || report.Refused {
							b.Fatal(err, report.Messages())
						}
					}
				})
			}
		}
	}
}

func BenchmarkPair(b *testing.B) {
	r := subject(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		if report, err := Check(context.Background(), r); err != nil || report.Refused {
			b.Fatal(err)
		}
	}
}

// TestTransitiveIsFast guards the order of magnitude; the benchmark measures.
func TestTransitiveIsFast(t *testing.T) {
	for _, policy := range []Policy{Strict, Exact} {
		r := subject(t, 200)
		r.Level, r.Policy = FullTransitive, policy
		best := time.Hour
		for range 5 {
			start := time.Now()
			if report, err := Check(t.Context(), r); err != nil || report.Refused || report.Unproven {
				t.Fatal(err, report.Unproven)
			}
			best = min(best, time.Since(start))
		}
		if best > 100*time.Millisecond {
			t.Errorf("%s: 400 pairs took %v", policy, best)
		}
	}
}
