package upcast

import (
	"context"
	"math/big"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema/contain"
	"github.com/instar-registry/instar/upcast/plan"
)

// shrinkEvent is shrink for events of any format. JSON shrinks as text, without
// its types: a member that is left out is a member less, declared or not.
func shrinkEvent(ctx context.Context, v plan.Value, from codec, fails func(plan.Value) (bool, error)) (plan.Value, error) {
	keeps := func(x plan.Value) (bool, error) {
		if _, err := from.encode(x); err != nil {
			return false, nil // it is no event of the source
		}
		return fails(x)
	}
	c, ok := from.(*jsonCodec)
	if !ok {
		return shrink(v, from.events(), keeps)
	}
	if least, ok, err := c.least(ctx, v, fails); ok || err != nil {
		return least, err
	}
	least, err := shrink(plan.Untyped(v), plan.AnyJSON, func(x plan.Value) (bool, error) {
		if !plan.Takes(c.typ, x) {
			return false, nil
		}
		return keeps(plan.CastJSON(x, c.typ))
	})
	return plan.CastJSON(least, c.typ), err
}

// least shrinks an event with the engine that compares schemas, which knows what
// is an event sooner than a validator; false where it does not know.
func (c *jsonCodec) least(ctx context.Context, v plan.Value, fails func(plan.Value) (bool, error)) (plan.Value, bool, error) {
	text, err := plan.AppendJSON(nil, v)
	if err != nil {
		return nil, false, nil
	}
	tree, err := jsonx.Parse(string(text), jsonx.Limits{Together: true})
	if err != nil {
		return nil, false, nil
	}
	least, ok, err := contain.Least(ctx, c.schema, tree, func(event []byte) (bool, error) {
		x, err := plan.DecodeJSON(c.typ, event, plan.DefaultEventLimits())
		if err != nil {
			return false, nil
		}
		return fails(x)
	})
	if !ok || err != nil || c.valid(least) != nil {
		return nil, false, err
	}
	x, err := plan.DecodeJSON(plan.AnyJSON, least, plan.DefaultEventLimits())
	if err != nil {
		return nil, false, nil
	}
	return plan.CastJSON(inOrder(x, plan.Untyped(v)), c.typ), true, nil
}

// inOrder gives the members of untyped objects the order that they have in
// another value.
func inOrder(v, like plan.Value) plan.Value {
	switch v := v.(type) {
	case []plan.Value:
		list, _ := like.([]plan.Value)
		for i := range min(len(v), len(list)) {
			v[i] = inOrder(v[i], list[i])
		}
	case *plan.Entries:
		members, ok := like.(*plan.Entries)
		if !ok {
			break
		}
		places := make(map[string]int, len(*members))
		for i, e := range *members {
			places[e.Key] = i
		}
		for i, e := range *v {
			if at, ok := places[e.Key]; ok {
				(*v)[i].Value = inOrder(e.Value, (*members)[at].Value)
			}
		}
		slices.SortStableFunc(*v, func(a, b plan.Entry) int { return places[a.Key] - places[b.Key] })
	}
	return v
}

// smallerJSONNumber lists numbers nearer zero: none, the whole part, the half, and ever smaller
// steps towards zero, so that a bound is found in a few tries.
func smallerJSONNumber(n plan.Number) []plan.Value {
	x, ok := new(big.Rat).SetString(string(n))
	switch {
	case !ok || n == "0":
		return nil
	case x.Sign() == 0:
		return []plan.Value{plan.Number("0")}
	}
	out := []plan.Value{plan.Number("0")}
	whole := new(big.Int).Quo(x.Num(), x.Denom())
	if !x.IsInt() {
		return append(out, plan.Number(whole.String()))
	}
	two := big.NewInt(2)
	step := new(big.Int).Quo(whole, two)
	out = append(out, plan.Number(step.String()))
	for ; step.Sign() != 0 && len(out) < 256; step = new(big.Int).Quo(step, two) {
		out = append(out, plan.Number(new(big.Int).Sub(whole, step).String()))
	}
	return append(out, plan.Number(new(big.Int).Sub(whole, big.NewInt(int64(whole.Sign()))).String()))
}
