package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
)

// TestMistake: an answer that does not hold ends with 3, is no verdict, and what
// shows it again is written.
func TestMistake(t *testing.T) {
	const old, young = `{"type":"record","name":"R","fields":[]}`, `{"type":"record","name":"R","fields":[{"name":"n","type":"int"}]}`
	dir := t.TempDir()
	var stderr bytes.Buffer
	a := &app{stderr: &stderr, environ: []string{"TMPDIR=" + dir}}
	q := &lint.Request{
		Head: lint.NewMemoryTree("worktree", map[string]string{"r.avsc": young}), Config: lint.DefaultConfig(),
		Bases: []lint.Base{{Tree: lint.NewMemoryTree("git:main", map[string]string{"r.avsc": old})}},
	}
	undecided := func(reason schema.Reason) *compat.Finding {
		return &compat.Finding{Undecided: &schema.Undecided{Reason: reason, Bug: &schema.Bug{Where: "avro.Contain", Cause: "the witness does not hold"}}}
	}
	r := lint.NewReport("test")
	r.Complete = true
	r.Findings = []lint.Finding{{
		Rule: "schema/undecided", Fingerprint: "1:0123456789abcdef", Subject: "r.avsc", Direction: "backward", Bug: "the witness does not hold",
		New: &lint.Location{File: "r.avsc"}, Old: &lint.Location{File: "r.avsc"}, Engine: undecided(schema.ReasonValidatorsDisagree),
	}}
	if err := a.mistake(t.Context(), q, &r); err != nil || !r.Complete {
		t.Errorf("two validators that disagree are no mistake of ours: %v", err)
	}
	r.Findings[0].Engine = undecided(schema.ReasonBug)
	err := a.mistake(t.Context(), q, &r)
	if code := a.exit(t.Context(), err); code != exitBug {
		t.Errorf("exit code %d for %v", code, err)
	}
	if r.Complete || r.Summary.Verdict != lint.VerdictIncomplete {
		t.Errorf("the report is a verdict: %+v", r.Summary)
	}
	name := filepath.Join(dir, "evcheck-reproducer-0123456789abcdef.json")
	if !strings.Contains(stderr.String(), name) || !strings.Contains(stderr.String(), "no verdict") {
		t.Error(stderr.String())
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got reproducer
	if err := json.Unmarshal(data, &got); err != nil || got.Old != old || got.New != young || got.Engine != compat.EngineVersion || got.Bug == "" {
		t.Errorf("%s, %v", data, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	a.environ = []string{"TMPDIR=" + filepath.Join(dir, "none")}
	if code := a.exit(t.Context(), a.mistake(t.Context(), q, &r)); code != exitBug {
		t.Errorf("exit code %d where the reproducer cannot be written", code)
	}
}
