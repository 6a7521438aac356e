package upcast

import (
	"math"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// TestShrinkOddNumbers: what is no number becomes one where the property allows
// it, and keeps nothing else from becoming smaller where not.
func TestShrinkOddNumbers(t *testing.T) {
	for _, bits := range []int{32, 64} {
		typ := &plan.Type{Kind: plan.Record, Fields: []plan.Field{
			{Name: "f", Type: &plan.Type{Kind: plan.Float, Bits: bits}}, {Name: "s", Type: &plan.Type{Kind: plan.String}},
		}}
		for _, start := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			got := shrunk(t, typ, start, func(f float64) bool { return !(math.Abs(f) < 1000) })
			if f := got.Fields[0].(float64); math.Abs(f) != 1000 || got.Fields[1] != "" { //nolint:forcetypeassert // a float
				t.Errorf("%v becomes %v", start, got.Fields)
			}
			same := shrunk(t, typ, start, func(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) })
			if !plan.Equal(same.Fields[0], start) || same.Fields[1] != "" {
				t.Errorf("%v becomes %v", start, same.Fields)
			}
		}
	}
}

func shrunk(t *testing.T, typ *plan.Type, f float64, keeps func(float64) bool) *plan.Rec {
	t.Helper()
	tries := 0
	out, err := shrink(&plan.Rec{Type: typ, Fields: []plan.Value{f, "text"}}, typ, func(v plan.Value) (bool, error) {
		tries++
		return keeps(v.(*plan.Rec).Fields[0].(float64)), nil //nolint:forcetypeassert // as it was
	})
	if err != nil || tries > 1000 {
		t.Fatalf("%d tries, %v", tries, err)
	}
	return out.(*plan.Rec) //nolint:forcetypeassert // as it was
}
