package oracle

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// extractFile holds some edits of every history, each text once.
const extractFile = "internal/oracle/testdata/histories.json.gz"

// extracted is the form of the file.
type extracted struct {
	Texts []string
	Edits []extractedEdit
}

type extractedEdit struct {
	Project, Name string
	Format        schema.Format
	Old, New      extractedSide
	Payloads      []json.RawMessage `json:",omitempty"`
}

// extractedSide names texts by their index.
type extractedSide struct {
	Text  int
	Names []string `json:",omitempty"`
	Docs  []int    `json:",omitempty"`
}

// extract yields the edits of a project that the repository holds.
func (f Files) extract(project string, yield func(*Edit) error) error {
	return jsonLines(f.repository(extractFile), func(x *extracted) error {
		side := func(s extractedSide) Source {
			out := Source{Text: x.Texts[s.Text]}
			for i, name := range s.Names {
				out.Docs = append(out.Docs, schema.Document{Name: name, Text: x.Texts[s.Docs[i]]})
			}
			return out
		}
		found := false
		for _, e := range x.Edits {
			if e.Project != project {
				continue
			}
			found = true
			if err := yield(&Edit{Format: e.Format, Name: e.Name, Old: side(e.Old), New: side(e.New), Payloads: e.Payloads}); err != nil {
				return err
			}
		}
		if !found {
			return fmt.Errorf("the extract has no project %q", project)
		}
		return nil
	})
}

// collect adds an edit to the file.
func (x *extracted) collect(project string, e *Edit) {
	index := func(text string) int {
		i := slices.Index(x.Texts, text)
		if i < 0 {
			i = len(x.Texts)
			x.Texts = append(x.Texts, text)
		}
		return i
	}
	side := func(s *Source) extractedSide {
		out := extractedSide{Text: index(s.Text)}
		for _, d := range s.Docs {
			out.Names, out.Docs = append(out.Names, d.Name), append(out.Docs, index(d.Text))
		}
		return out
	}
	x.Edits = append(x.Edits, extractedEdit{Project: project, Name: e.Name, Format: e.Format, Old: side(&e.Old), New: side(&e.New), Payloads: e.Payloads})
}
