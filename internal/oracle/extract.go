package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// Extracts replays the versions of event schemas that the repository holds.
func (f Files) Extracts(ctx context.Context) (*Replay, error) {
	r := NewReplay("extracts")
	return r, jsonLines(f.repository(extractFile), func(c *struct {
		Project   string
		Documents []schema.Document
		Schemas   []struct {
			Path     string
			Texts    []string
			Payloads []json.RawMessage
		}
	},
	) error {
		for _, s := range c.Schemas {
			var previous *jsonschema.Schema
			for i, text := range s.Texts {
				begin := time.Now()
				parsed, err := jsonschema.Parse(text, c.Documents, lenient)
				r.Parsing += time.Since(begin)
				if err != nil {
					return fmt.Errorf("%s #%d: %w", s.Path, i, err)
				}
				if previous != nil {
					r.Edits++
					if err := r.jsonEdit(ctx, fmt.Sprintf("%s %s #%d", c.Project, s.Path, i), previous, parsed, s.Payloads); err != nil {
						return err
					}
				}
				previous = parsed
			}
		}
		return nil
	})
}
