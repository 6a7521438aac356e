package oracle

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// AvroHistory replays the histories and edits of RADAR-base; without the corpora
// the edits that the repository holds.
func (f Files) AvroHistory(ctx context.Context) (*Replay, error) {
	r := NewReplay("radar-schemas")
	if f.Corpora == "" {
		return r, jsonLines(f.repository(radarFile), func(p *struct{ Path, Old, New string }) error {
			return r.avroEdit(ctx, p.Path, p.Old, p.New)
		})
	}
	err := jsonLines(filepath.Join(f.Corpora, "radar-schemas.jsonl.gz"), func(h *history) error {
		for i := 1; i < len(h.Versions); i++ {
			if err := r.avroEdit(ctx, fmt.Sprintf("%s #%d", h.Path, i), h.Versions[i-1].Text, h.Versions[i].Text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, jsonLines(filepath.Join(f.Corpora, "radar-schemas-edits.jsonl.gz"), func(e *struct {
		Path, Commit string
		Old, New     version
	},
	) error {
		return r.avroEdit(ctx, e.Path+" "+e.Commit, e.Old.Text, e.New.Text)
	})
}

func (r *Replay) avroEdit(ctx context.Context, name, old, new string) error {
	r.Edits++
	begin := time.Now()
	older, err1 := avro.Parse(old, nil, lenient)
	newer, err2 := avro.Parse(new, nil, lenient)
	r.Parsing += time.Since(begin)
	if err1 != nil || err2 != nil {
		r.Left["a text is no schema of its own"]++
		return nil
	}
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
