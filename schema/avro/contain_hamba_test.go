package avro

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	hamba "github.com/hamba/avro/v2"

	"github.com/instar-registry/instar/schema"
)

// hambaAccepts are the refusals of ours that hamba does not know: it compares
// no annotations and decodes bytes as text without a look, and it takes the
// first field of the writer that matches by name or alias.
var hambaAccepts = map[string]bool{
	KindBytesToString: true, KindDecimalPrecision: true, KindLogicalRestricts: true, KindFieldAmbiguous: true, KindUnsatisfiable: true,
}

// TestContainAgainstHamba compares verdicts and values with an independent
// resolver, a fresh one for each question.
func TestContainAgainstHamba(t *testing.T) {
	agreed, values := map[bool]int{}, 0
	for seed := uint64(1 << 32); agreed[true]+agreed[false] < 3000; seed++ {
		w, r, ok := drawPair(seed)
		if !ok {
			continue
		}
		hw, errW := hamba.ParseWithCache(w.Canonical(), "", &hamba.SchemaCache{})
		hr, errR := hamba.ParseWithCache(r.Canonical(), "", &hamba.SchemaCache{})
		if errW != nil || errR != nil {
			continue // it refuses more schemas
		}
		if loops(w.Root, map[*Node]bool{}) || loops(r.Root, map[*Node]bool{}) {
			continue // its resolver overflows the stack on some recursive types
		}
		if slices.ContainsFunc(w.program().ops, func(o op) bool { return o.height == infinite }) {
			continue // it does not see that no event gets to a type without values
		}
		err := hamba.NewSchemaCompatibility().Compatible(hr, hw)
		c := contain(t, w, r)
		refused, known := false, false
		for i := range c.Breaks {
			if c.Breaks[i].Witness != nil && c.Breaks[i].Effect == schema.Refused {
				refused = refused || !hambaAccepts[c.Breaks[i].Kind] && c.Breaks[i].Kind != KindUnionAmbiguous
				known = true
			}
		}
		switch {
		case err == nil && refused:
			t.Errorf("%s\nread as %s: hamba accepts, we have\n%s", w.Canonical(), r.Canonical(), brief(c))
		case err != nil && !known:
			t.Errorf("%s\nread as %s: hamba refuses (%v), we have\n%s", w.Canonical(), r.Canonical(), err, brief(c))
		}
		agreed[err == nil]++
		if err == nil && c.Verdict == schema.Compatible && plain(w) && plain(r) {
			if resolved, err := hamba.NewSchemaCompatibility().Resolve(hr, hw); err != nil {
				t.Errorf("%s\nread as %s: %v", w.Canonical(), r.Canonical(), err)
			} else {
				values += sameValues(t, w, r, resolved)
			}
		}
	}
	t.Logf("%v, %d values", agreed, values)
	if agreed[true] < 500 || agreed[false] < 500 || values < 100 {
		t.Errorf("too little was compared: %v, %d values", agreed, values)
	}
}

// plain reports whether hamba reads the events as generic values that show all
// there is: a union loses the name of its branch, an annotation gives a Go type,
// and a field of type null cannot be skipped.
func plain(s *Schema) bool {
	return !slices.ContainsFunc(s.nodes, func(n *Node) bool { return n.Kind == Union || n.Kind == Null || n.Logical.Type != "" })
}

func sameValues(t *testing.T, w, r *Schema, resolved hamba.Schema) int {
	t.Helper()
	n := 0
	for seed := range uint64(5) {
		sample, err := w.Sample(seed)
		if err != nil {
			return n
		}
		reading, err := Read(w, r, sample.Binary)
		if err != nil {
			t.Fatal(err)
		}
		var theirs, ours any
		if err := hamba.Unmarshal(resolved, sample.Binary, &theirs); err != nil {
			t.Errorf("%s\nread as %s: hamba fails on %s: %v", w.Canonical(), r.Canonical(), sample.JSON, err)
			continue
		}
		if err := json.Unmarshal(reading.JSON, &ours); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(flat(theirs), flat(ours)) {
			t.Errorf("%s\nread as %s: hamba reads %s as %#v, we as %s", w.Canonical(), r.Canonical(), sample.JSON, theirs, reading.JSON)
		}
		n++
	}
	return n
}
