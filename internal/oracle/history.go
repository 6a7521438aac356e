package oracle

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// history is the life of one file of a corpus.
type history struct {
	Path     string
	Removed  []int `json:"removed_seq"`
	Versions []version
}

type version struct {
	Seq  int
	Text string
	id   string // the schema's "$id"
}

// tree is a corpus as it stood at every point of its history.
type tree struct {
	files []*history
	byID  map[string][]*history // that ever had the identifier
	byEnd map[string][]*history // by the last segment of the path
}

// payload is a sample event that a project publishes for the newest version of
// a schema.
type payload struct {
	SchemaPath string `json:"schema_path"`
	Payload    json.RawMessage
}

// readTree reads a corpus of JSON Schemas with its payloads by schema path.
func readTree(folder, project string) (*tree, map[string][]json.RawMessage, error) {
	t := &tree{byID: map[string][]*history{}, byEnd: map[string][]*history{}}
	err := jsonLines(filepath.Join(folder, project+".jsonl.gz"), func(h *history) error {
		for i := range h.Versions {
			v := &h.Versions[i]
			var doc struct {
				ID string `json:"$id"`
			}
			if json.Unmarshal([]byte(v.Text), &doc) == nil {
				v.id = doc.ID
			}
			if v.id != "" && !slices.Contains(t.byID[v.id], h) {
				t.byID[v.id] = append(t.byID[v.id], h)
			}
		}
		t.files = append(t.files, h)
		end := path.Base(h.Path)
		t.byEnd[end] = append(t.byEnd[end], h)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	payloads := map[string][]json.RawMessage{}
	err = jsonLines(filepath.Join(folder, project+"-payloads.jsonl.gz"), func(p *payload) error {
		payloads[p.SchemaPath] = append(payloads[p.SchemaPath], slices.Clone(p.Payload))
		return nil
	})
	return t, payloads, err
}

// jsonEdits yields the edits of a corpus of JSON Schemas.
func (f Files) jsonEdits(project string, yield func(*Edit) error) error {
	t, payloads, err := readTree(f.Corpora, project)
	if err != nil {
		return err
	}
	for _, h := range t.files {
		var before Source
		for k := range h.Versions {
			v := &h.Versions[k]
			now := Source{Text: v.Text, Docs: t.closure(v.Text, v.id, v.Seq)}
			if k > 0 {
				e := Edit{Format: schema.JSON, Name: fmt.Sprintf("%s %s #%d", project, h.Path, k), Old: before, New: now, Payloads: payloads[h.Path]}
				if err := yield(&e); err != nil {
					return err
				}
			}
			before = now
		}
	}
	return nil
}

// at returns the version of a file at a point of the history, nil if there was
// none.
func (h *history) at(seq int) *version {
	var last *version
	for i := range h.Versions {
		if h.Versions[i].Seq <= seq {
			last = &h.Versions[i]
		}
	}
	if last == nil || slices.ContainsFunc(h.Removed, func(r int) bool { return r > last.Seq && r <= seq }) {
		return nil
	}
	return last
}

var references = regexp.MustCompile(`"\$ref"\s*:\s*"([^"#]+)`)

// closure returns the documents that a text refers to, as they stood at a point
// of the history, dependencies first. What cannot be found is left out.
func (t *tree) closure(text, id string, seq int) []schema.Document {
	var out []schema.Document
	seen := map[string]bool{}
	var visit func(text, base string)
	visit = func(text, base string) {
		for _, m := range references.FindAllStringSubmatch(text, -1) {
			name, v := t.find(m[1], base, seq)
			if v == nil || seen[name] {
				continue
			}
			seen[name] = true
			if base := v.id; base != "" {
				visit(v.Text, base)
			} else {
				visit(v.Text, name)
			}
			out = append(out, schema.Document{Name: name, Text: v.Text})
		}
	}
	visit(text, id)
	return out
}

// find looks a reference up: by identifier, as written and resolved, and by path.
func (t *tree) find(ref, base string, seq int) (string, *version) {
	names := []string{ref}
	if b, err := url.Parse(base); err == nil && b.IsAbs() {
		if r, err := b.Parse(ref); err == nil {
			names = append(names, r.String())
		}
	}
	for _, name := range names {
		for _, h := range t.byID[name] {
			if v := h.at(seq); v != nil && v.id == name {
				return name, v
			}
		}
	}
	// A path is as good as its last two segments; one alone must be unique.
	var found []*version
	for _, h := range t.byEnd[path.Base(ref)] {
		end := path.Join(path.Base(path.Dir(ref)), path.Base(ref))
		if v := h.at(seq); v != nil && (!strings.Contains(ref, "/") || strings.HasSuffix("/"+h.Path, "/"+end)) {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		return "", nil
	}
	return names[len(names)-1], found[0]
}
