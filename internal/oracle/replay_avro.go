package oracle

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// avroEdits yields the edits of RADAR-base: between releases and single ones;
// without the corpora those that the repository holds.
func (f Files) avroEdits(yield func(*Edit) error) error {
	if f.Corpora == "" {
		return jsonLines(f.repository(radarFile), func(p *struct{ Path, Old, New string }) error {
			return yield(&Edit{Format: schema.Avro, Name: p.Path, Old: Source{Text: p.Old}, New: Source{Text: p.New}})
		})
	}
	err := jsonLines(filepath.Join(f.Corpora, "radar-schemas.jsonl.gz"), func(h *history) error {
		for i := 1; i < len(h.Versions); i++ {
			e := Edit{Format: schema.Avro, Name: fmt.Sprintf("%s #%d", h.Path, i), Old: Source{Text: h.Versions[i-1].Text}, New: Source{Text: h.Versions[i].Text}}
			if err := yield(&e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return jsonLines(filepath.Join(f.Corpora, "radar-schemas-edits.jsonl.gz"), func(e *struct {
		Path, Commit string
		Old, New     version
	},
	) error {
		return yield(&Edit{Format: schema.Avro, Name: e.Path + " " + e.Commit, Old: Source{Text: e.Old.Text}, New: Source{Text: e.New.Text}})
	})
}

func (r *Replay) avroEdit(ctx context.Context, name string, older, newer *avro.Schema) error {
	for _, q := range []Question{
		{Name: name + ", old read by new", Writer: older, Reader: newer},
		{Name: name + ", new read by old", Writer: newer, Reader: older},
	} {
		a, err := Ask(ctx, &q)
		if err != nil {
			return err
		}
		r.Add(&q, &a)
		if a.Verdict != schema.Compatible || older.Inlined() == newer.Inlined() {
			continue
		}
		w, reader := q.Writer.(*avro.Schema), q.Reader.(*avro.Schema)
		for seed := range uint64(samples) {
			s, err := w.Sample(seed)
			if err != nil {
				continue
			}
			r.Events++
			if reading, err := avro.Read(w, reader, s.Binary); err != nil || len(reading.Faults) > 0 {
				r.Fault(q.Name, fmt.Sprintf("said to be read: %s: %v %v", s.JSON, reading.Faults, err))
			}
		}
	}
	return nil
}
