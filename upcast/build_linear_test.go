package upcast

import (
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// TestLinearFits holds what is said of linear conversions to what they do at the
// ends of each type and around zero.
func TestLinearFits(t *testing.T) {
	types := map[string]*plan.Type{
		"int32": {Kind: plan.Int, Bits: 32}, "int64": {Kind: plan.Int, Bits: 64}, "uint32": {Kind: plan.Uint, Bits: 32}, "uint64": {Kind: plan.Uint, Bits: 64},
		"float": {Kind: plan.Float, Bits: 32}, "double": {Kind: plan.Float, Bits: 64}, "decimal": {Kind: plan.Decimal, Precision: 12, Scale: 2}, "integer": {Kind: plan.Int, JSON: true}, "number": {Kind: plan.Float, JSON: true},
	}
	for _, c := range []struct {
		from, to, factor, offset, round string
		fits                            bool
	}{
		{"int32", "int64", "2", "", "", true},
		{"int32", "int64", "4294967296", "", "", true},
		{"int32", "int64", "4294967297", "", "", false},
		{"int32", "int32", "1", "", "", true},
		{"int32", "int32", "-1", "", "", false},
		{"int32", "int32", "0.5", "", "", false},
		{"int32", "int32", "0.5", "", "trunc", true},
		{"uint32", "int64", "1", "-5", "", true},
		{"uint32", "uint32", "1", "-5", "", false},
		{"uint32", "uint64", "3", "7", "", true},
		{"int32", "decimal", "0.01", "", "", true},
		{"int32", "decimal", "0.001", "", "", false},
		{"int32", "decimal", "0.001", "", "half-up", true},
		{"int64", "decimal", "1", "", "", false},
		{"int32", "double", "0.1", "", "", true},
		{"int32", "double", "8388608", "", "", false},
		{"int32", "float", "1", "", "", false},
		{"int64", "double", "1", "", "", false},
		{"double", "double", "2", "", "", false},
		{"integer", "integer", "1000", "", "", true},
		{"integer", "integer", "0.1", "", "", false},
		{"integer", "integer", "0.1", "", "floor", true},
		{"integer", "int64", "1", "", "", false},
		{"number", "number", "0.25", "1", "", true},
		{"number", "number", "1/3", "", "", false},
		{"number", "integer", "1", "", "", false},
	} {
		s := types[c.from]
		call := &plan.Call{Func: plan.Linear, Type: types[c.to], Table: map[string]string{"factor": c.factor, "offset": c.offset, "round": c.round}}
		if got := linearFits(call, s); got != c.fits {
			t.Errorf("%+v: fits is %v", c, got)
		}
		if !c.fits {
			continue
		}
		values := []string{"0", "1", "7", "12345678"}
		if s.Bits > 0 {
			for _, end := range extremes(s) {
				values = append(values, end.String())
			}
		} else {
			values = append(values, "123456789012345678901234567890", "-99999999999999999999999")
		}
		for _, text := range values {
			v, why := plan.Exact(text, s)
			if why != "" {
				t.Fatalf("%s %s", text, why)
			}
			call.Args = []plan.Node{&plan.Lit{Value: v, Type: s}}
			if _, ok := call.Constant(); !ok {
				t.Errorf("%+v has no result for %s", c, text)
			}
		}
	}
}
