package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/oracle"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
)

// lintCommand makes this program put the histories through evcheck's engine, so
// that its memory is that of the engine alone.
const lintCommand = "lint-histories"

// lintedHistory is what became of the edits of one project.
type lintedHistory struct {
	Name                                string
	Edits, Compared, Unchanged, Invalid int
	Findings, Breaks, Shown, Undecided  int
}

// lintedHistories has a child compare every edit and measures it as a process.
func lintedHistories(ctx context.Context, e *env) ([]row, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	answer := path.Join(e.dir, "histories.json")
	for _, v := range [][2]string{{"INSTAR_BENCH_ANSWER", answer}, {"GOGC", "400"}} { // as evcheck sets it
		if err := os.Setenv(v[0], v[1]); err != nil {
			return nil, err
		}
	}
	c, err := e.cost(ctx, ".", self, lintCommand)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(answer)
	if err != nil {
		return nil, err
	}
	var list []lintedHistory
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	var rows []row
	edits := 0
	for _, h := range list {
		edits += h.Edits
		rows = append(rows, row{
			h.Name, fmt.Sprintf("%d edits: %d compared, %d without a difference, %d with a side that is no schema", h.Edits, h.Compared, h.Unchanged, h.Invalid),
			fmt.Sprintf("%d findings; %d breaks of data that the level forbids, %d of them with an event that shows it; %d undecided", h.Findings, h.Breaks, h.Shown, h.Undecided),
		})
	}
	return append(rows, row{
		fmt.Sprintf("all %d edits, one process", edits), c.String(),
		"level FULL, both directions, with events and places in the files, as `evcheck replay` does it; aim ≤ 60 s CPU, ≤ 500 MB",
	}), nil
}

// lintHistories is what the child does.
func lintHistories(ctx context.Context) error {
	files := (&env{}).files()
	var out []lintedHistory
	for _, project := range oracle.Projects {
		h := lintedHistory{Name: project}
		if err := files.Edits(project, func(e *oracle.Edit) error { return h.edit(ctx, e) }); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%+v\n", h)
		out = append(out, h)
	}
	data, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return os.WriteFile(os.Getenv("INSTAR_BENCH_ANSWER"), data, 0o644)
}

// endings are the names of files by format.
var endings = map[schema.Format]string{schema.Avro: ".avsc", schema.JSON: ".schema.json", schema.Protobuf: ".proto"}

// sideTree is one side of an edit as a tree: the text, and what it refers to where it
// is looked for.
func sideTree(name, file string, s *oracle.Source) *lint.MemoryTree {
	texts := map[string]string{file: s.Text}
	for i, d := range s.Docs {
		at := d.Name
		if strings.Contains(at, ":") { // found by its identifier
			at = fmt.Sprintf("referenced/%d.schema.json", i)
		}
		texts[path.Join(path.Dir(file), at)] = d.Text
	}
	return lint.NewMemoryTree(name, texts)
}

// edit compares one edit and counts what was found.
func (h *lintedHistory) edit(ctx context.Context, e *oracle.Edit) error {
	h.Edits++
	file := "subject" + endings[e.Format]
	config, err := lint.ReadConfig(lint.ConfigFile, []byte("instar: evcheck/v1\nsources: [{match: '"+file+"', subject: subject, level: FULL}]\n"))
	if err != nil {
		return err
	}
	r, err := lint.Compare(ctx, lint.Request{
		Head: sideTree("head", file, &e.New), Bases: []lint.Base{{Tree: sideTree("base", file, &e.Old)}}, Config: config, Jobs: 1,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", e.Name, err)
	}
	switch s := &r.Summary; {
	case s.Invalid > 0 || s.First > 0:
		h.Invalid++
	case s.Unchanged > 0:
		h.Unchanged++
	default:
		h.Compared++
	}
	h.Findings += len(r.Findings)
	for i := range r.Findings {
		switch f := &r.Findings[i]; {
		case f.Class == compat.ClassUndecided:
			h.Undecided++
		case f.Class == compat.ClassData && f.Required:
			h.Breaks++
			if f.Witness != nil && (len(f.Witness.Value) > 0 || len(f.Witness.Bytes) > 0) {
				h.Shown++
			}
		}
	}
	return nil
}
