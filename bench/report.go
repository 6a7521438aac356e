package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"time"
)

// row is one line of a table of figures.
type row struct{ what, value, note string }

func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| What | Figure | Note |\n|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.what, r.value, r.note)
	}
	return b.String()
}

// record replaces the section of one benchmark in the document.
func record(path string, b benchmark, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin, end := "<!-- begin "+b.name+" -->\n", "<!-- end "+b.name+" -->"
	before, rest, ok := strings.Cut(string(old), begin)
	if !ok {
		return fmt.Errorf("%s has no line %q", path, strings.TrimSpace(begin))
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return fmt.Errorf("%s has no line %q", path, end)
	}
	head := fmt.Sprintf("Measured %s, %s, %s/%s, %d processors: `cd bench && go run . -write %s`.\n\n",
		time.Now().UTC().Format("2006-01-02"), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), b.name)
	return os.WriteFile(path, []byte(before+begin+head+text+end+after), 0o644)
}

// median returns the middle of the values, which it sorts.
func median[T int | int64 | float64 | time.Duration](values []T) T {
	sort.Slice(values, func(i, j int) bool { return values[i] < values[j] })
	return values[len(values)/2]
}

// quantile returns the value below which the share q of the sorted values lies.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func perSecond(n float64) string { return fmt.Sprintf("%.0f/s", n) }

func micros(d time.Duration) string {
	return fmt.Sprintf("%.1f µs", float64(d.Nanoseconds())/1000)
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}
