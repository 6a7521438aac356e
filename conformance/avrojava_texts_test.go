package conformance

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// drawnSeeds is how many pairs are drawn; about a fifth does not parse.
const drawnSeeds = 3000

func drawnPairs(t *testing.T) []*avroPair {
	t.Helper()
	var out []*avroPair
	for seed := range uint64(drawnSeeds) {
		writer, reader := newAvroDrawer(seed).pair()
		out = appendPair(t, out, fmt.Sprintf("seed %d", seed), writer, reader)
	}
	return out
}

// appendPair adds a pair of which both sides parse. Texts that do not are
// compared as texts.
func appendPair(t *testing.T, out []*avroPair, name, writer, reader string) []*avroPair {
	t.Helper()
	w, err := avro.Parse(writer, nil, lenientAvro)
	if err != nil {
		return out
	}
	r, err := avro.Parse(reader, nil, lenientAvro)
	if err != nil {
		return out
	}
	return append(out, newAvroPair(t, name, w, r))
}

// edit is one change of a real schema.
type edit struct{ Path, Old, New string }

// realEdits are edits of a real history: the extract in this repository and,
// where INSTAR_CORPORA names a folder with radar-schemas-edits.jsonl.gz, all.
func realEdits(t *testing.T) []edit {
	t.Helper()
	data, err := os.ReadFile("../compat/testdata/radar/pairs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []edit
	for line := range strings.Lines(string(data)) {
		var e edit
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	if folder := os.Getenv("INSTAR_CORPORA"); folder != "" {
		out = append(out, allEdits(t, filepath.Join(folder, "radar-schemas-edits.jsonl.gz"))...)
	}
	return out
}

func allEdits(t *testing.T, path string) []edit {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []edit
	for d := json.NewDecoder(z); ; {
		var o struct {
			Path     string
			Old, New struct{ Text string }
		}
		if err := d.Decode(&o); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, edit{o.Path, o.Old.Text, o.New.Text})
	}
}

// realPairs are real edits in both directions.
func realPairs(t *testing.T) []*avroPair {
	t.Helper()
	var out []*avroPair
	for _, e := range realEdits(t) {
		out = appendPair(t, out, e.Path+", old read by new", e.Old, e.New)
		out = appendPair(t, out, e.Path+", new read by old", e.New, e.Old)
	}
	if len(out) < 50 {
		t.Fatalf("only %d real pairs", len(out))
	}
	return out
}

// avroTexts are all texts, as drawn or found, each once: those of the pairs and
// those that make printing hard.
func avroTexts(t *testing.T, pairs []*avroPair) []string {
	t.Helper()
	var out []string
	seen := map[string]bool{}
	add := func(text string) {
		if !seen[text] {
			seen[text] = true
			out = append(out, text)
		}
	}
	for _, e := range realEdits(t) {
		add(e.Old)
		add(e.New)
	}
	for seed := range uint64(drawnSeeds) {
		writer, reader := newAvroDrawer(seed).pair()
		add(writer)
		add(reader)
	}
	for _, p := range pairs {
		add(p.writer.Canonical())
		add(p.reader.Normalised())
	}
	return out
}

// compareText compares what is said about one text.
func compareText(t *testing.T, table *javaTable, text string, a *javaAnswer) {
	t.Helper()
	differ := func(where javaWhere, cause string) {
		table.explain(&disagreement{text: text, java: a, where: where, cause: cause})
	}
	_, strict := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
	s, err := avro.Parse(text, nil, lenientAvro)
	switch {
	case err == nil && a.Error != "":
		differ(javaTextRefused, a.Error)
		return
	case err != nil && a.Error == "":
		differ(javaTextTaken, err.Error())
		return
	case err != nil:
		return
	case strict == nil && a.Strict != "":
		differ(javaStrictRefused, a.Strict)
	case strict != nil && a.Strict == "":
		differ(javaStrictTaken, strict.Error())
	}
	if s.Canonical() != a.Canonical {
		t.Errorf("%s\n is printed as %s\n by Java as   %s", text, s.Canonical(), a.Canonical)
	}
	for i, want := range []string{a.CRC64, a.MD5, a.SHA256} {
		if f := s.Fingerprints()[i]; f.Hex != want {
			t.Errorf("%s: the fingerprint %s is %s, Java's is %s of %s", text, f.Algorithm, f.Hex, want, a.Form)
		}
	}
}

// javaTable counts which rows occur.
type javaTable struct {
	*testing.T
	seen  []int
	shown map[string]int // unexplained differences, by place and beginning of the cause
}

func newJavaTable(t *testing.T) *javaTable {
	return &javaTable{T: t, seen: make([]int, len(javaDifferences)), shown: map[string]int{}}
}

func (c *javaTable) explain(d *disagreement) {
	c.Helper()
	for i := range javaDifferences {
		if javaDifferences[i].explains(d) {
			c.seen[i]++
			return
		}
	}
	key := fmt.Sprintf("%s: %.30s", d.where, d.cause)
	if c.shown[key]++; c.shown[key] == 1 { // one example of each
		c.Errorf("not in the table of known differences: %s", d)
	}
}

func (c *javaTable) finish() {
	c.Helper()
	for key, n := range c.shown {
		c.Errorf("%d differences like %q are not in the table", n, key)
	}
	for i, n := range c.seen {
		k := &javaDifferences[i]
		if n == 0 {
			c.Errorf("no longer occurs, so it must leave the table: %s, %q: %s", k.where, k.cause, k.reason)
		}
		c.Logf("%6d × %s (%s): %s", n, k.where, k.cause, k.reason)
	}
}

func (c *javaTable) events(pairs []*avroPair) int {
	n := 0
	for _, p := range pairs {
		n += len(p.events)
	}
	return n
}
