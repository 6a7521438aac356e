package oracle

import (
	"context"
	"testing"

	"github.com/instar-registry/instar/schema/jsonschema"
)

// TestUniverse: the sets that shapes evaluate to are what the validators say,
// value by value.
func TestUniverse(t *testing.T) {
	large(t)
	if n := len(universe); n < 1700 || n > 2500 {
		t.Errorf("the universe has %d values", n)
	}
	ran, some := 0, 0
	for seed := range uint64(80) {
		for _, m := range drawFamily(seed, 2) {
			text := m.String()
			s, err := jsonschema.Parse(text, nil, options)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			valid := evaluate(m)
			if n := valid.count(); n > 0 && n < len(universe) {
				some++
			}
			for i := int(seed % 17); i < len(universe); i += 17 {
				got, err := Valid(context.Background(), s, []byte(universe[i].text))
				if err != nil || got != valid.has(i) {
					t.Fatalf("%s: %s: valid = %t, the set says %t (%v)", text, universe[i].text, got, valid.has(i), err)
				}
			}
			ran++
		}
	}
	if some < ran/2 {
		t.Errorf("only %d of %d schemas tell values apart", some, ran)
	}
}
