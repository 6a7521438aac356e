package compat

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// javaAnswers is testdata/radar/java.tsv.gz; see the README beside it.
type javaAnswers struct {
	texts map[string][]string // by text: strict, canonical, fingerprint
	pairs map[string][]string // by writer and reader: differences
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

func gunzip(t *testing.T, path string) io.Reader {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func readAnswers(t *testing.T) javaAnswers {
	t.Helper()
	a := javaAnswers{map[string][]string{}, map[string][]string{}}
	lines := bufio.NewScanner(gunzip(t, "testdata/radar/java.tsv.gz"))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		switch cells[0] {
		case "text":
			a.texts[cells[1]] = cells[2:]
		case "pair":
			a.pairs[cells[1]+" "+cells[2]] = cells[3:]
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(a.texts) < 1000 || len(a.pairs) < 1500 {
		t.Fatalf("%d texts, %d pairs", len(a.texts), len(a.pairs))
	}
	return a
}

// radarText compares one text with Java's answer and returns the lenient parse,
// nil if both refuse.
func (a *javaAnswers) radarText(t *testing.T, path, text string) *avro.Schema {
	t.Helper()
	want := a.texts[digest(text)]
	if want == nil {
		t.Fatalf("%s: no answer of Java", path)
	}
	s, err := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits(), Lenient: true})
	if (err == nil) != (want[1] != "-") {
		t.Errorf("%s: %v, Java %v", path, err, want)
		return nil
	}
	if _, strictErr := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()}); (strictErr == nil) != (want[0] == "ok") && !stricter(strictErr) {
		t.Errorf("%s: strictly %v, Java %s", path, strictErr, want[0])
	}
	if err != nil {
		return nil
	}
	if got := digest(s.Canonical()); got != want[1] {
		t.Errorf("%s: canonical %s", path, s.Canonical())
	}
	crc, err := hex.DecodeString(s.Fingerprints()[0].Hex)
	if err != nil {
		t.Fatal(err)
	}
	var number string
	for _, b := range crc {
		number = hex.EncodeToString([]byte{b}) + number
	}
	if number != want[2] {
		t.Errorf("%s: fingerprint %s, Java %s", path, number, want[2])
	}
	return s
}

// stricter reports where we refuse new schemas that Java takes: a default of an
// enum that is none of its symbols, a default of bytes that are none, a logical
// type that cannot stand where it does, a JSON key twice.
func stricter(err error) bool {
	var e *schema.Error
	if !errors.As(err, &e) {
		return false
	}
	for _, what := range []string{"is no symbol of", "is no byte", "logicalType"} {
		if e.Soft && strings.Contains(e.What, what) {
			return true
		}
	}
	return strings.Contains(e.What, "occurs twice")
}

func (a *javaAnswers) radarPair(t *testing.T, path, writer, reader string) {
	t.Helper()
	w, r := a.radarText(t, path, writer), a.radarText(t, path, reader)
	want, ok := a.pairs[digest(writer)+" "+digest(reader)]
	if !ok {
		t.Fatalf("%s: no answer of Java", path)
	}
	if w == nil || r == nil {
		if len(want) != 1 || !strings.HasPrefix(want[0], "! ") {
			t.Errorf("%s: one side is refused, Java says %q", path, want)
		}
		return
	}
	var got []string
	for _, d := range avroDifferences(w, r) {
		if d.Kind == "" {
			d.Kind = "! AvroRuntimeException"
			got = append(got, d.Kind)
			continue
		}
		got = append(got, d.Kind+" "+d.Path+" "+d.Additional)
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%s: got %q, Java %q", path, got, want)
	}
}

func TestRadarExtract(t *testing.T) {
	answers := readAnswers(t)
	data, err := os.ReadFile("testdata/radar/pairs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	pairs := 0
	for line := range strings.Lines(string(data)) {
		var p struct{ Path, Old, New string }
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		answers.radarPair(t, p.Path, p.Old, p.New)
		answers.radarPair(t, p.Path, p.New, p.Old)
		pairs++
	}
	if pairs < 30 {
		t.Errorf("only %d pairs", pairs)
	}
}

// TestRadar compares the whole history, where it is at hand.
func TestRadar(t *testing.T) {
	folder := os.Getenv("INSTAR_CORPORA")
	if folder == "" {
		t.Skip("INSTAR_CORPORA names no folder with radar-schemas.jsonl.gz")
	}
	answers := readAnswers(t)
	type text struct{ Text string }
	both := func(path, older, newer string) {
		answers.radarPair(t, path, older, newer)
		answers.radarPair(t, path, newer, older)
	}
	count := 0
	for d := json.NewDecoder(gunzip(t, filepath.Join(folder, "radar-schemas.jsonl.gz"))); ; {
		var o struct {
			Path     string
			Versions []text
		}
		if err := d.Decode(&o); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		answers.radarText(t, o.Path, o.Versions[0].Text)
		for i := 1; i < len(o.Versions); i++ {
			both(o.Path, o.Versions[i-1].Text, o.Versions[i].Text)
			count++
		}
	}
	for d := json.NewDecoder(gunzip(t, filepath.Join(folder, "radar-schemas-edits.jsonl.gz"))); ; {
		var o struct {
			Path     string
			Old, New text
		}
		if err := d.Decode(&o); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		both(o.Path, o.Old.Text, o.New.Text)
		count++
	}
	if count < 900 {
		t.Errorf("only %d pairs", count)
	}
}
