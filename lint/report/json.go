package report

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/instar-registry/instar/lint"
)

func writeJSON(b *buffer, r *lint.Report, _ Options) error {
	out, err := r.AppendJSON(b.out)
	if err != nil {
		return err
	}
	b.out = out
	return nil
}

func writeJSONLines(b *buffer, r *lint.Report, _ Options) error {
	for i := range r.Findings {
		text, err := FindingLine(&r.Findings[i])
		if err != nil {
			return err
		}
		b.out = append(b.out, text...)
	}
	return nil
}

// FindingLine is a finding as one line of "jsonl", for those who write findings
// as they are found.
func FindingLine(f *lint.Finding) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return nil, fmt.Errorf("finding %s: %w", f.Fingerprint, err)
	}
	return out.Bytes(), nil
}

// put appends a value as indented JSON with a line end.
func (b *buffer) put(value any) error {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		return err
	}
	b.out = append(b.out, out.Bytes()...)
	return nil
}
