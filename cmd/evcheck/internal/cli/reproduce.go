package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
)

// reproducer is what shows a mistake of the engine again: a question whose
// answer did not hold, such as an event that shows no break.
type reproducer struct {
	Engine    string            `json:"engine"`
	Bug       string            `json:"bug"`
	Subject   string            `json:"subject"`
	Direction string            `json:"direction"`
	Path      string            `json:"path"`
	Format    string            `json:"format"`
	Old       string            `json:"old"`
	New       string            `json:"new"`
	OldUses   []schema.Document `json:"oldUses,omitempty"`
	NewUses   []schema.Document `json:"newUses,omitempty"`
}

// isBug tells findings that are a mistake of ours.
func isBug(f *lint.Finding) bool {
	return f.Engine != nil && f.Engine.Undecided != nil && f.Engine.Undecided.Reason == schema.ReasonBug
}

// mistake looks for a finding that is a mistake of ours. A report with one is no
// verdict: it is marked as not complete, and the schemas are written to a file.
func (a *app) mistake(ctx context.Context, q *lint.Request, r *lint.Report) error {
	for i := range r.Findings {
		f := &r.Findings[i]
		if !isBug(f) {
			continue
		}
		r.Complete, r.Summary.Reason = false, "an answer of the engine about "+f.Subject+" did not hold"
		r.Count()
		bug := &schema.Bug{Where: "the question about " + f.Subject, Cause: f.Bug}
		file, err := a.reproduce(ctx, q, r, f)
		if err != nil {
			return errors.Join(bug, fmt.Errorf("the schemas cannot be written: %w", err))
		}
		a.say("evcheck: what shows it again was written to %s; it holds the two schemas", file)
		return bug
	}
	return nil
}

// reproduce writes the schemas of a finding to a file of the temporary
// directory, which only its user can read.
func (a *app) reproduce(ctx context.Context, q *lint.Request, r *lint.Report, f *lint.Finding) (string, error) {
	out := reproducer{Engine: r.Tool.Engine, Bug: f.Bug, Subject: f.Subject, Direction: f.Direction, Path: f.Path, Format: f.Format}
	if f.New != nil {
		if s, err := lint.NewReader(q.Head, q.Config).Schema(ctx, f.New.File); err == nil {
			out.New, out.NewUses = s.Source.Text, s.Documents
		}
	}
	for i := range q.Bases {
		if f.Old == nil || out.Old != "" {
			break
		}
		if s, err := lint.NewReader(q.Bases[i].Tree, q.Config).Schema(ctx, f.Old.File); err == nil {
			out.Old, out.OldUses = s.Source.Text, s.Documents
		}
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return "", err
	}
	name := filepath.Join(a.tempDir(), "evcheck-reproducer-"+lint.ShortFingerprint(f.Fingerprint)+".json")
	_ = os.Remove(name) // that of an earlier run
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = file.Write(text)
	return name, errors.Join(err, file.Close())
}

func (a *app) tempDir() string {
	if dir := a.env("TMPDIR"); dir != "" {
		return dir
	}
	return os.TempDir()
}
