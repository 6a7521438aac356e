package lint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxReportBytes bounds a report that is read.
const MaxReportBytes = 100 << 20

// AppendJSON appends the report as indented JSON with a line end.
func (r *Report) AppendJSON(dst []byte) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return b.Bytes(), nil
}

// ReadReport reads a report that [Report.AppendJSON] wrote, of this version or a
// later one that only added members.
func ReadReport(from io.Reader) (Report, error) {
	data, err := io.ReadAll(io.LimitReader(from, MaxReportBytes+1))
	if err != nil {
		return Report{}, fmt.Errorf("read report: %w", err)
	}
	if len(data) > MaxReportBytes {
		return Report{}, fmt.Errorf("the report is longer than %d bytes; write it with fewer subjects", MaxReportBytes)
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, fmt.Errorf("this is no JSON report: %w; write one with --output json=FILE", err)
	}
	if r.Instar != ReportVersion {
		return Report{}, fmt.Errorf("the member \"instar\" is %q, want %q", r.Instar, ReportVersion)
	}
	for i := range r.Findings {
		if r.Findings[i].Fingerprint == "" || r.Findings[i].Rule == "" {
			return Report{}, errors.New("a finding has no rule or no fingerprint, so this report was not written by evcheck")
		}
	}
	return r, nil
}
