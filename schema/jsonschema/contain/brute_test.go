package contain

import (
	"context"
	"fmt"
	"math/big"
	"math/rand"
	"strings"
	"testing"
)

// satisfied compares the engine's answer about a schema with whether any of the
// values is an instance; the values are chosen so that this decides it.
func satisfied(t *testing.T, text string, values []*val) {
	t.Helper()
	s := parse(t, text)
	got, err := Satisfiable(context.Background(), s, Options{})
	if err != nil || got.Undecided != nil {
		t.Errorf("%s: %v %v", text, err, got.Undecided)
		return
	}
	e := newEngine(context.Background(), Options{})
	goal := newTranslator(e, s).translate()
	var first *val
	for _, v := range values {
		if e.eval(goal, v) == yes {
			first = v
			break
		}
	}
	if got.None != (first == nil) {
		t.Errorf("%s: %s, none %t, but a value is %v", text, got.Instance, got.None, first)
	}
}

// TestNumbersByBruteForce: intervals with ends on halves, multiples and
// non-multiples of halves; eighths reach whatever is satisfiable.
func TestNumbersByBruteForce(t *testing.T) {
	var grid []*val
	for i := int64(-100); i <= 100; i++ {
		grid = append(grid, numVal(big.NewRat(i, 8)))
	}
	r := rand.New(rand.NewSource(1))
	steps := []string{"0.5", "1", "1.5", "2", "3"}
	half := func() string { return big.NewRat(int64(r.Intn(25)-12), 2).FloatString(1) }
	for range 3000 {
		parts := []string{`{"type":"number","minimum":-9,"maximum":9}`}
		for range 1 + r.Intn(5) {
			parts = append(parts, []string{
				`{"minimum":` + half() + `}`, `{"exclusiveMinimum":` + half() + `}`, `{"maximum":` + half() + `}`,
				`{"exclusiveMaximum":` + half() + `}`, `{"multipleOf":` + steps[r.Intn(5)] + `}`,
				`{"not":{"multipleOf":` + steps[r.Intn(5)] + `}}`, `{"not":{"enum":[` + half() + `,` + half() + `]}}`,
			}[r.Intn(7)])
		}
		satisfied(t, `{"allOf":[`+strings.Join(parts, ",")+`]}`, grid)
	}
}

// TestArraysByBruteForce: every array of up to four items of {0, 1, ""}.
func TestArraysByBruteForce(t *testing.T) {
	atoms := []*val{intVal(0), intVal(1), strVal("")}
	arrays := []*val{arrVal(nil)}
	for from, n := 0, 0; n < 4; n++ {
		to := len(arrays)
		for _, a := range arrays[from:to] {
			for _, x := range atoms {
				arrays = append(arrays, arrVal(append(a.items[:len(a.items):len(a.items)], x)))
			}
		}
		from = to
	}
	r := rand.New(rand.NewSource(2))
	item := func() string {
		return []string{`{"const":0}`, `{"const":1}`, `{"type":"string"}`, `{"type":"integer"}`, `{"enum":[0,""]}`, `true`}[r.Intn(6)]
	}
	for range 3000 {
		parts := []string{`{"type":"array","items":{"enum":[0,1,""]},"maxItems":4}`}
		for range 1 + r.Intn(4) {
			part := []string{
				fmt.Sprintf(`{"minItems":%d}`, r.Intn(5)), fmt.Sprintf(`{"maxItems":%d}`, r.Intn(5)), `{"uniqueItems":true}`,
				`{"prefixItems":[` + item() + `,` + item() + `]}`, `{"items":` + item() + `}`, `{"prefixItems":[true],"items":` + item() + `}`,
				fmt.Sprintf(`{"contains":%s,"minContains":%d}`, item(), r.Intn(4)), fmt.Sprintf(`{"contains":%s,"minContains":0,"maxContains":%d}`, item(), r.Intn(3)),
			}[r.Intn(8)]
			if r.Intn(4) == 0 {
				part = `{"not":` + part + `}`
			}
			parts = append(parts, part)
		}
		satisfied(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","allOf":[`+strings.Join(parts, ",")+`]}`, arrays)
	}
}

// TestObjectsByBruteForce: every object with the names a, b, ab and "" and the
// values 0 and "".
func TestObjectsByBruteForce(t *testing.T) {
	names, atoms := []string{"a", "b", "ab", ""}, []*val{nil, intVal(0), strVal("")}
	var objects []*val
	for i := range 81 {
		var keys []string
		var values []*val
		for j, rest := 0, i; j < 4; j, rest = j+1, rest/3 {
			if x := atoms[rest%3]; x != nil {
				keys, values = append(keys, names[j]), append(values, x)
			}
		}
		objects = append(objects, objVal(keys, values))
	}
	r := rand.New(rand.NewSource(3))
	value := func() string { return []string{`{"const":0}`, `{"const":""}`, `false`, `true`}[r.Intn(4)] }
	name := func() string { return `"` + names[r.Intn(4)] + `"` }
	for range 3000 {
		parts := []string{`{"type":"object","propertyNames":{"enum":["a","b","ab",""]},"additionalProperties":{"enum":[0,""]}}`}
		for range 1 + r.Intn(5) {
			part := []string{
				fmt.Sprintf(`{"minProperties":%d}`, r.Intn(5)), fmt.Sprintf(`{"maxProperties":%d}`, r.Intn(4)),
				`{"required":[` + name() + `]}`, `{"properties":{` + name() + `:` + value() + `}}`,
				`{"patternProperties":{"` + []string{"^a", "b$", "^$", "a|b"}[r.Intn(4)] + `":` + value() + `}}`,
				`{"properties":{` + name() + `:true},"additionalProperties":` + value() + `}`,
				`{"propertyNames":{"` + []string{"maxLength", "minLength"}[r.Intn(2)] + `":1}}`,
				`{"dependentRequired":{` + name() + `:[` + name() + `]}}`,
			}[r.Intn(8)]
			if r.Intn(3) == 0 {
				part = `{"not":` + part + `}`
			}
			parts = append(parts, part)
		}
		satisfied(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","allOf":[`+strings.Join(parts, ",")+`]}`, objects)
	}
}
