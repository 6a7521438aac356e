package jsonschema

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/instar-registry/instar/schema"
)

type corpus struct {
	Project   string
	Documents []schema.Document
	Schemas   []struct {
		Path     string
		Texts    []string
		Payloads []json.RawMessage
	}
}

// jsonLines decodes a compressed file of one value a line.
func jsonLines[T any](t testing.TB, name string) []T {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	for d := json.NewDecoder(z); ; {
		var x T
		if err := d.Decode(&x); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
}

// TestCorpus: real event schemas parse, print stably, accept the payloads that
// their projects publish, and have samples.
func TestCorpus(t *testing.T) {
	payloads := 0
	for _, c := range jsonLines[corpus](t, "testdata/corpus.jsonl.gz") {
		for _, s := range c.Schemas {
			for _, text := range s.Texts {
				holdStable(t, c.Project+"/"+s.Path, text, c.Documents)
			}
			parsed, err := Parse(s.Texts[len(s.Texts)-1], c.Documents, defaults)
			if err != nil {
				t.Errorf("%s: %v", s.Path, err)
				continue
			}
			for _, p := range s.Payloads {
				payloads++
				holdPayload(t, s.Path, parsed, p)
			}
			if _, err := parsed.Sample(1); err != nil {
				t.Errorf("%s: %v", s.Path, err)
			}
		}
	}
	if payloads < 30 {
		t.Errorf("the extract has only %d payloads", payloads)
	}
}

// holdStable parses leniently, as history is, and holds the text to its fixed
// points.
func holdStable(t *testing.T, name, text string, deps []schema.Document) {
	t.Helper()
	lenient := schema.Options{Limits: schema.DefaultLimits(), Lenient: true}
	s, err := Parse(text, deps, lenient)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	again, err := Parse(s.Canonical(), deps, lenient)
	if err != nil || again.Canonical() != s.Canonical() || again.Normalised() != s.Normalised() {
		t.Errorf("%s: no fixed point (%v)", name, err)
	}
	var want, got bytes.Buffer
	if json.Compact(&want, []byte(text)) != nil || json.Compact(&got, []byte(s.Canonical())) != nil {
		t.Errorf("%s: the canonical text is no JSON", name)
	}
}

// needsFormat are schemas that tell the branches of a "oneOf" apart by "format"
// alone; it is an annotation here, so both match an empty address.
var needsFormat = map[string]bool{"payload-schemas/api.github.com/deployment_status/created.schema.json": true}

func holdPayload(t *testing.T, name string, s *Schema, payload []byte) {
	t.Helper()
	if needsFormat[name] {
		return
	}
	j, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: payload})
	if err != nil || len(j.Violations) > 0 {
		t.Errorf("%s: %v %v", name, j.Violations, err)
	}
	if s.Root().Draft > Draft7 {
		return
	}
	if valid, err := s.SecondOpinion(context.Background(), payload); err != nil || !valid {
		t.Errorf("%s: the second opinion differs (%v)", name, err)
	}
}

// TestFullCorpora reads everything that INSTAR_CORPORA names: all versions
// parse leniently, and every payload is valid under the newest schema.
func TestFullCorpora(t *testing.T) {
	folder := os.Getenv("INSTAR_CORPORA")
	if folder == "" {
		t.Skip("INSTAR_CORPORA names no folder")
	}
	type version struct {
		Text   string
		Parses *bool
	}
	type history struct {
		Path     string
		Live     bool
		Versions []version
	}
	type payload struct {
		SchemaPath string `json:"schema_path"`
		Payload    json.RawMessage
	}
	for _, project := range []string{"octokit-webhooks", "cdevents-spec"} {
		newest := map[string]string{}
		var deps []schema.Document
		histories := jsonLines[history](t, filepath.Join(folder, project+".jsonl.gz"))
		for _, h := range histories {
			last := h.Versions[len(h.Versions)-1]
			if !h.Live || last.Parses != nil {
				continue
			}
			newest[h.Path] = last.Text
			var doc struct {
				ID string `json:"$id"`
			}
			if err := json.Unmarshal([]byte(last.Text), &doc); err != nil {
				t.Fatal(err)
			}
			if filepath.Base(filepath.Dir(h.Path)) == "common" || filepath.Base(filepath.Dir(h.Path)) == "links" {
				deps = append(deps, schema.Document{Name: doc.ID, Text: last.Text})
			}
		}
		for _, h := range histories {
			for _, v := range h.Versions {
				if v.Parses == nil {
					holdStable(t, h.Path, v.Text, nil)
				}
			}
		}
		parsed := map[string]*Schema{}
		for _, p := range jsonLines[payload](t, filepath.Join(folder, project+"-payloads.jsonl.gz")) {
			s := parsed[p.SchemaPath]
			if s == nil {
				var err error
				if s, err = Parse(newest[p.SchemaPath], deps, defaults); err != nil {
					t.Errorf("%s: %v", p.SchemaPath, err)
					continue
				}
				parsed[p.SchemaPath] = s
			}
			holdPayload(t, p.SchemaPath, s, p.Payload)
		}
	}
}
