package oracle

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// familySize is how many schemas a family has; all ordered pairs are asked.
const familySize = 8

// RandomPairs is how many questions n families of random schemas give.
func RandomPairs(families int) int { return families * familySize * (familySize - 1) }

// Random asks about every ordered pair of n families of small schemas, the first
// of which has the given seed, and holds each answer against the universe.
func Random(ctx context.Context, t *Tally, seed uint64, families int, budget schema.Budget) error {
	return Each(ctx, families, func(i int) error {
		return family(ctx, t, seed+uint64(i), budget)
	})
}

func family(ctx context.Context, t *Tally, seed uint64, budget schema.Budget) error {
	models := drawFamily(seed, familySize-1)
	valid := make([]set, len(models))
	parsed := make([]*jsonschema.Schema, len(models))
	for i, m := range models {
		valid[i] = evaluate(m)
		s, err := jsonschema.Parse(m.String(), nil, options)
		if err != nil {
			return fmt.Errorf("seed %d: %s: %w", seed, m, err)
		}
		parsed[i] = s
	}
	verdicts := map[[2]int]schema.Verdict{}
	for i := range models {
		for k := range models {
			if i == k {
				continue
			}
			q := Question{
				Name:   fmt.Sprintf("seed %d, %d in %d: %s in %s", seed, i, k, models[i], models[k]),
				Writer: parsed[i], Reader: parsed[k], Budget: budget,
			}
			at, found := valid[i].outside(valid[k])
			if found {
				q.Want = schema.Incompatible
				q.Name += ": " + universe[at].text
			}
			a, err := Ask(ctx, &q)
			if err != nil {
				return err
			}
			t.Add(&q, &a)
			verdicts[[2]int{i, k}] = a.Verdict
		}
	}
	for ik := range verdicts {
		for l := range models {
			if verdicts[ik] == schema.Compatible && verdicts[[2]int{ik[1], l}] == schema.Compatible && verdicts[[2]int{ik[0], l}] == schema.Incompatible {
				t.Fault(fmt.Sprintf("seed %d", seed), fmt.Sprintf("%d is in %d and that in %d, but the first is not in the third", ik[0], ik[1], l))
			}
		}
	}
	return nil
}
