package report

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
)

// Explain shows a finding in full: the frames, every version that it holds for,
// the event in JSON and in bytes, what its readers say, and every fix.
func Explain(f *lint.Finding) string {
	b := &buffer{}
	w := &textWriter{buffer: b}
	w.finding(f)
	b.str("\nfingerprint: ", visible(f.Fingerprint), "\n")
	for _, a := range f.Against {
		b.str("against:     ", visible(a.Base))
		if v := compat.VersionText(a.Versions); v != "" {
			b.str(", ", v)
		}
		b.str("\n")
	}
	if len(f.Subjects) > 1 {
		b.str("subjects:    ", visible(strings.Join(f.Subjects, ", ")), "\n")
	}
	if len(f.Paths) > 0 {
		b.str("also at:     ", visible(strings.Join(f.Paths, ", ")), "\n")
	}
	if len(f.RefusedBy) > 0 {
		b.str("refused by:  ", visible(strings.Join(f.RefusedBy, ", ")), "\n")
	}
	if f.Confluent != "" {
		b.str("Confluent:   ", visible(f.Confluent), "\n")
	}
	if f.Witness != nil {
		explainWitness(b, f.Witness)
	}
	for i := range f.Fixes {
		x := &f.Fixes[i]
		b.str("\nfix ", strconv.Itoa(i+1), ": ", visible(x.Title), " (", visible(x.ID))
		if x.Safe {
			b.str(", safe")
		}
		b.str(")\n  ", fixCommand(lint.ShortFingerprint(f.Fingerprint), i, x), "\n")
		for line := range strings.Lines(x.Patch) {
			b.str("  ", visible(strings.TrimRight(line, "\n")), "\n")
		}
	}
	return string(b.out)
}

func explainWitness(b *buffer, w *lint.Witness) {
	b.str("\nthe event, written by ", visible(w.Writer.String()), " and read by ", visible(w.Reader.String()))
	if w.Minimal {
		b.str(", the least that shows it")
	}
	b.str(":\n")
	value := []byte(w.Value)
	if pretty, err := json.MarshalIndent(w.Value, "", "  "); err == nil {
		value = pretty
	}
	for line := range strings.Lines(string(value)) {
		b.str("  ", visible(strings.TrimRight(line, "\n")), "\n")
	}
	if w.Encoding != "JSON" && w.Bytes != nil {
		const longest = 4096
		b.f("its %d bytes:\n", len(w.Bytes))
		for line := range strings.Lines(hex.Dump(w.Bytes[:min(len(w.Bytes), longest)])) {
			b.str("  ", line)
		}
	}
	if w.Written != "" {
		b.str("the writer means: ", visible(w.Written), "\n")
	}
	if w.ReaderError != "" {
		b.str("the reader says:  ", visible(w.ReaderError), "\n")
	} else if w.Read != "" {
		b.str("the reader takes: ", visible(w.Read), "\n")
	}
}
