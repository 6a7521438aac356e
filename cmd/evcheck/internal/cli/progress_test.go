package cli

import (
	"bytes"
	"testing"
	"time"

	"github.com/instar-registry/instar/lint"
)

// TestProgress: outside of a terminal a plain line is written every ten seconds,
// and none before.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	a := &app{stderr: &out, now: func() time.Time { return now }}
	p := a.progress()
	for range 24 {
		now = now.Add(time.Second)
		p.tell(lint.Progress{Read: 1203, Files: 7234, Done: 41, Pairs: 1000000, Findings: 1})
	}
	p.end()
	want := "1,203/7,234 files · 41/1,000,000 pairs · 1 finding · 10 s\n1,203/7,234 files · 41/1,000,000 pairs · 1 finding · 20 s\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
