package protobuf

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// edition is one commit of a history: the whole tree.
type edition struct {
	Commit, Root string
	Changed      []string
	Files        map[string]string
}

// eachEdit calls with every file before and after a commit that changed it, the
// documents it may import on either side included.
func eachEdit(t *testing.T, r io.Reader, edit func(commit, name string, older, newer *Schema)) {
	t.Helper()
	last := map[string]string{}
	for d := json.NewDecoder(r); ; {
		var c edition
		if err := d.Decode(&c); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for path, text := range c.Files {
			files[strings.TrimPrefix(path, c.Root)] = text
		}
		slices.Sort(c.Changed)
		for _, path := range c.Changed {
			name := strings.TrimPrefix(path, c.Root)
			if last[name] == "" || last[name] == files[name] {
				continue
			}
			older, err := Parse(last[name], closure(last, name), defaults())
			newer, err2 := Parse(files[name], closure(files, name), defaults())
			if err == nil && err2 == nil {
				edit(c.Commit, name, older, newer)
			}
		}
		last = files
	}
}

// namesOnly are the kinds that no byte of an event can show.
var namesOnly = []string{
	KindFieldRenamed, KindJSONName, KindValueRenamed, KindMessageRenamed, KindEnumRenamed, KindOneofRenamed, KindTypeRenamed, KindPackage,
	KindFileOption, KindFieldOption, KindSyntax, KindMessageMoved, KindPresenceLost, KindPresenceGained, KindPacked,
}

// holdEdit asks about an edit in both directions, holds the answers to drawn
// events and writes a line for each break.
func holdEdit(t *testing.T, b *strings.Builder, commit, name string, older, newer *Schema) {
	for _, d := range []struct {
		name string
		w, r *Schema
	}{{"old read by new", older, newer}, {"new read by old", newer, older}} {
		c := contain(t, d.w, d.r, ContainOptions{})
		fmt.Fprintf(b, "%s %s: %s: %s\n", commit, name, d.name, c.Verdict)
		for i := range c.Breaks {
			if k := &c.Breaks[i]; k.Class == schema.ClassData {
				fmt.Fprintf(b, "    %s %s %s %s\n", k.Kind, k.Path, k.Effect, k.Witness.Value)
				if slices.Contains(namesOnly, k.Kind) {
					t.Errorf("%s %s: %s is called a break of data", commit, name, k.Kind)
				}
			}
			holdWitness(t, d.w, &c.Breaks[i])
		}
		if c.Verdict == schema.Unknown {
			t.Errorf("%s %s: %+v", commit, name, c.Undecided)
		}
		holdToEvents(t, d.w, d.r, c, ContainOptions{}, uint64(len(name)), 5)
	}
}

// TestContainHistory holds edits of a public protocol to a file that was
// reviewed: the verdict and one line per break.
func TestContainHistory(t *testing.T) {
	f, err := os.Open("testdata/contain/history.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	edits := 0
	eachEdit(t, zr, func(commit, name string, older, newer *Schema) {
		edits++
		holdEdit(t, &b, commit, name, older, newer)
	})
	if edits < 20 {
		t.Errorf("only %d edits", edits)
	}
	golden(t, "testdata/contain/history.txt", b.String())
}

// TestContainWholeHistory asks about every edit of the whole history.
// INSTAR_CORPORA names the folder that holds it.
func TestContainWholeHistory(t *testing.T) {
	dir := os.Getenv("INSTAR_CORPORA")
	if dir == "" {
		t.Skip("INSTAR_CORPORA does not name a folder")
	}
	f, err := os.Open(filepath.Join(dir, "opentelemetry-proto.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	edits := 0
	eachEdit(t, zr, func(commit, name string, older, newer *Schema) {
		edits++
		holdEdit(t, &b, commit, name, older, newer)
	})
	t.Logf("%d edits, %d directions are COMPATIBLE, %d INCOMPATIBLE", edits, strings.Count(b.String(), ": COMPATIBLE"), strings.Count(b.String(), ": INCOMPATIBLE"))
	if edits < 300 {
		t.Errorf("only %d edits", edits)
	}
}
