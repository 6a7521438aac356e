package oracle

import (
	"fmt"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// TestMinimal: no part of an event that shows a break can be removed.
func TestMinimal(t *testing.T) {
	large(t)
	var all []Question
	for i := range Table {
		q, err := Table[i].Question()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, q)
	}
	for seed := range uint64(size(t, "INSTAR_ORACLE_MINIMAL", 1500)) {
		m := drawFamily(seed+17<<32, 1)
		w, err1 := jsonschema.Parse(m[0].String(), nil, options)
		r, err2 := jsonschema.Parse(m[1].String(), nil, options)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		all = append(all, Question{Name: fmt.Sprintf("%s in %s", m[0], m[1]), Writer: w, Reader: r})
	}
	held := 0
	for i := range all {
		a, err := Ask(t.Context(), &all[i])
		if err != nil {
			t.Fatal(err)
		}
		if a.Verdict == schema.Incompatible && len(a.Breaks) == 1 {
			held++
		}
		if event, ok := Smaller(t.Context(), &all[i], &a.Containment); ok {
			t.Errorf("%s: %s breaks, %s is shown", all[i].Name, event, a.Breaks[0].Witness.Value)
		}
	}
	if held < 100 {
		t.Errorf("only %d events were tried", held)
	}
}

// TestLessened lists everything that has one part less.
func TestLessened(t *testing.T) {
	v, err := jsonx.Parse(`{"a":["bc",1],"d":null}`, jsonx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	lessened(v, func() bool {
		got = append(got, string(jsonx.Append(nil, v)))
		return true
	})
	want := []string{`{"d":null}`, `{"a":[1],"d":null}`, `{"a":["c",1],"d":null}`, `{"a":["b",1],"d":null}`, `{"a":["bc"],"d":null}`, `{"a":["bc",1]}`}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s, want %s", got, want)
	}
}
