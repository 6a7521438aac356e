package contain

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
)

// TestLeast: an instance loses whatever its schema and the property allow, and
// no step further keeps both.
func TestLeast(t *testing.T) {
	const order = `{"type":"object","required":["id","tags"],"properties":{
		"id":{"type":"string","minLength":2},"tags":{"type":"array","minItems":1,"items":{"type":"integer","minimum":3}},
		"a":{"type":"string"},"b":{"type":"object","required":["c"],"properties":{"c":{"type":"number"},"d":{}}}}}`
	const event = `{"id":"number 7","tags":[9,12],"a":"text","b":{"c":100.5,"d":[1,{"e":2}]}}`
	for _, c := range []struct{ name, schema, property, want string }{
		{"nothing asked", order, "", `{"id":" 7","tags":[3]}`},
		{"a member", order, `"b":`, `{"b":{"c":0},"id":" 7","tags":[3]}`},
		{"deep in a member", order, `"e"`, `{"b":{"c":0,"d":[{"e":0}]},"id":" 7","tags":[3]}`},
		{"a text", order, "7", `{"id":" 7","tags":[3]}`},
		{"two far apart", order, `"a"+"d"`, `{"a":"","b":{"c":0,"d":0},"id":" 7","tags":[3]}`},
		{"a choice", `{"oneOf":[{"required":["a"],"properties":{"a":{"type":"string"}}},{"required":["x"]}]}`, "", `{"a":""}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := 0
			got, ok, err := Least(context.Background(), parse(t, c.schema), tree(t, event), func(event []byte) (bool, error) {
				asked++
				for _, part := range strings.Split(c.property, "+") {
					if !strings.Contains(string(event), part) {
						return false, nil
					}
				}
				return true, nil
			})
			if err != nil || !ok || string(got) != c.want {
				t.Errorf("got %s, %v, %v, want %s", got, ok, err, c.want)
			}
			if asked > 80 {
				t.Errorf("the property was asked for %d times", asked)
			}
		})
	}
}

// TestLeastGivesUp: what is no instance, or is not interpreted, is left to others,
// and an error of the property ends the work.
func TestLeastGivesUp(t *testing.T) {
	always := func([]byte) (bool, error) { return true, nil }
	for _, c := range []struct{ name, schema, event string }{
		{"no instance", `{"type":"string"}`, `1`},
		{"not interpreted", `{"properties":{"x":{"pattern":"^(.)\\1$(?!a)"}}}`, `{"x":"aa"}`},
	} {
		if got, ok, err := Least(context.Background(), parse(t, c.schema), tree(t, c.event), always); ok || err != nil {
			t.Errorf("%s: %s, %v, %v", c.name, got, ok, err)
		}
	}
	wrong := errors.New("wrong")
	asked := 0
	_, ok, err := Least(context.Background(), parse(t, `{}`), tree(t, `{"a":1,"b":2}`), func([]byte) (bool, error) {
		asked++
		return false, wrong
	})
	if ok || !errors.Is(err, wrong) || asked != 1 {
		t.Errorf("%v, %v, asked %d times", ok, err, asked)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, ok, err := Least(ctx, parse(t, `{}`), tree(t, `{"a":1}`), always); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, %v", ok, err)
	}
}

// TestLeastNumbers: a bound is found from far away.
func TestLeastNumbers(t *testing.T) {
	for _, c := range []struct{ from, bound, want string }{
		{"14372261824592211320", "9223372036854775807", "9223372036854775808"},
		{"-170141183460469231731687303715884105728.5", "1e3", "-1001"},
		{"977.25", "100", "101"},
	} {
		bound, _ := new(big.Rat).SetString(c.bound)
		got, ok, err := Least(context.Background(), parse(t, `{"type":"number"}`), tree(t, c.from), func(event []byte) (bool, error) {
			x, _ := new(big.Rat).SetString(string(event))
			return x.Abs(x).Cmp(bound) > 0, nil
		})
		if err != nil || !ok || string(got) != c.want {
			t.Errorf("%s becomes %s, %v, %v, want %s", c.from, got, ok, err, c.want)
		}
	}
}

func tree(t *testing.T, text string) *jsonx.Value {
	t.Helper()
	v, err := jsonx.Parse(text, jsonx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
