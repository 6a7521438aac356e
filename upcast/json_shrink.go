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

// smallerJSONNumber lists numbers nearer zero: none, the whole part, the half, the
// next.
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
	half := new(big.Int).Quo(whole, big.NewInt(2))
	less := new(big.Int).Sub(whole, big.NewInt(int64(whole.Sign())))
	return append(out, plan.Number(half.String()), plan.Number(less.String()))
}
