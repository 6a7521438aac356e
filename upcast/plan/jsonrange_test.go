package plan

import (
	"math/big"
	"testing"
)

// TestRangeOf reads what the places of a schema say of numbers and of sizes.
func TestRangeOf(t *testing.T) {
	for _, c := range [][3]string{
		{`{"type":"integer"}`, "", ""},
		{`{"type":"integer","minimum":1,"maximum":5}`, "1", "5"},
		{`{"type":"integer","minimum":0.5,"maximum":5.5}`, "1", "5"},
		{`{"type":"integer","minimum":-5.5,"maximum":-0.5}`, "-5", "-1"},
		{`{"type":"integer","exclusiveMinimum":1,"exclusiveMaximum":5}`, "2", "4"},
		{`{"type":"integer","exclusiveMinimum":1.5,"exclusiveMaximum":5.5}`, "2", "5"},
		{`{"type":"number","exclusiveMinimum":1,"maximum":5.5}`, "1", "11/2"},
		{`{"type":"integer","minimum":1,"allOf":[{"minimum":3},{"maximum":9}]}`, "3", "9"},
		{`{"type":"integer","anyOf":[{"minimum":3,"maximum":4},{"minimum":7}]}`, "3", ""},
		{`{"type":"integer","oneOf":[{"minimum":3,"maximum":4},{"enum":[9,"a"]}]}`, "3", "9"},
		{`{"anyOf":[{"type":"string"},{"maximum":4}],"type":"integer"}`, "", "4"},
		{`{"enum":[4,-2,9]}`, "-2", "9"},
		{`{"const":1e30}`, "1000000000000000000000000000000", "1000000000000000000000000000000"},
		{`{"type":"integer","minimum":5,"maximum":1}`, "", ""},
		{`{"$ref":"#/$defs/x","$defs":{"x":{"type":"integer","minimum":2}}}`, "2", ""},
		{`{"type":"integer","not":{"maximum":4},"if":{"minimum":9},"then":{"const":9}}`, "", ""},
		{`{"type":"string","minLength":2,"maxLength":7,"maximum":1}`, "2", "7"},
		{`{"enum":["a","Grüße"]}`, "1", "5"},
		{`{"type":"array","minItems":2,"maxItems":3}`, "2", "3"},
		{`{"type":"object","minProperties":2,"maxProperties":3}`, "2", "3"},
		{`{"type":["integer","null"],"minimum":1}`, "", ""},
		{`{"type":"boolean","minimum":1}`, "", ""},
	} {
		r := RangeOf(FromJSON(parseJSON(t, c[0])))
		for i, got := range []*big.Rat{r.Low, r.High} {
			text := ""
			if got != nil {
				text = got.RatString()
			}
			if text != c[i+1] {
				t.Errorf("%s: bound %d is %q, want %q", c[0], i, text, c[i+1])
			}
		}
	}
	old := RangeOf(FromJSON(parseJSON(t, `{"$schema":"http://json-schema.org/draft-04/schema#","type":"integer","minimum":1,"exclusiveMinimum":true,"maximum":9,"exclusiveMaximum":false}`)))
	if old.Low.RatString() != "2" || old.High.RatString() != "9" {
		t.Errorf("draft 4: from %s to %s", old.Low, old.High)
	}
}
