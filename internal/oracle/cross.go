package oracle

import (
	"context"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// Cross asks about schemas of the same file of the suite, each against the next
// few, and holds the answers to all events of the file.
func Cross(ctx context.Context, groups []Group, near int) ([]Question, error) {
	var out []Question
	for from := 0; from < len(groups); {
		to := from
		file, _, _ := strings.Cut(groups[from].Name, ": ")
		var events []string
		for ; to < len(groups) && strings.HasPrefix(groups[to].Name, file+": "); to++ {
			for _, t := range groups[to].Tests {
				events = append(events, t.Data)
			}
		}
		list, err := crossed(ctx, groups[from:to], events, near)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		from = to
	}
	return out, nil
}

func crossed(ctx context.Context, groups []Group, events []string, near int) ([]Question, error) {
	valid := make([][]bool, len(groups))
	for i, g := range groups {
		for _, e := range events {
			j, err := g.Schema.Check(ctx, schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(e)})
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", g.Name, e, err)
			}
			valid[i] = append(valid[i], len(j.Violations) == 0)
		}
	}
	var out []Question
	for i := range groups {
		for k := range groups {
			if i == k || k < i-near || k > i+near {
				continue
			}
			q := Question{Name: groups[i].Name + " in " + groups[k].Name, Writer: groups[i].Schema, Reader: groups[k].Schema}
			for e := range events {
				if valid[i][e] && !valid[k][e] {
					q.Want = schema.Incompatible
					q.Name += ": " + events[e]
					break
				}
			}
			out = append(out, q)
		}
	}
	return out, nil
}
