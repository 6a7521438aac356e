package upcast

import (
	"math/big"

	"github.com/instar-registry/instar/upcast/plan"
)

// shrinkEvent is shrink for events of any format. JSON shrinks as text, without
// its types: a member that is left out is a member less, declared or not.
func shrinkEvent(v plan.Value, t *plan.Type, keeps func(plan.Value) (bool, error)) (plan.Value, error) {
	if !t.JSON {
		return shrink(v, t, keeps)
	}
	least, err := shrink(plan.Untyped(v), plan.AnyJSON, func(x plan.Value) (bool, error) {
		if !plan.Takes(t, x) {
			return false, nil
		}
		return keeps(plan.CastJSON(x, t))
	})
	return plan.CastJSON(least, t), err
}

// smallerJSONNumber lists numbers nearer zero: none, the whole part, the half, and ever smaller
// steps towards zero, so that a bound is found in a few tries.
func smallerJSONNumber(n plan.Number) []plan.Value {
	x, ok := new(big.Rat).SetString(string(n))
	if !ok || x.Sign() == 0 {
		return nil
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
