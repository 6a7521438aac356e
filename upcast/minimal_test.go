package upcast

import (
	"math/big"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestCounterexamplesAreMinimal holds the event of every refuted case, in the
// three formats, to being 1-minimal: what is left after one optional field, element
// or character is taken out, or one number moved nearer zero, shows the problem no
// more. The neighbours are made here, not by the shrinker.
func TestCounterexamplesAreMinimal(t *testing.T) {
	events := 0
	for _, c := range manyCases(t) {
		h, err := c.verify(t)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if h.Verdict.Outcome == Refuted {
			holdMinimal(t, h, c.name)
			events++
		}
	}
	if events < 115 {
		t.Errorf("only %d cases have an event", events)
	}
}

// namedCase is a document with its verdict to be.
type namedCase struct {
	name   string
	verify func(*testing.T) (*Hop, error)
}

// manyCases are those of the tables of refutations and those of the operations.
func manyCases(t *testing.T) []namedCase {
	t.Helper()
	var out []namedCase
	for _, table := range []struct {
		name  string
		parse func(testing.TB, string) schema.Parsed
		cases map[string]refutation
	}{
		{"avro", avroParsed, avroRefutations},
		{"expression", avroParsed, expressionRefutations},
		{"json", jsonParsed, jsonRefutations},
		{"proto", protoParsed, protoRefutations},
	} {
		for _, name := range sortedKeys(table.cases) {
			c := table.cases[name]
			out = append(out, namedCase{table.name + ": " + name, func(t *testing.T) (*Hop, error) {
				t.Helper()
				return Verify(t.Context(), document(t, c.steps...), table.parse(t, c.from), table.parse(t, c.to))
			}})
		}
	}
	for i := range operations {
		archive, err := txtar.ParseFile(filepath.Join("testdata", "operations", operations[i].name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			out = append(out, namedCase{operations[i].name + "/" + f.Name, readCase(t, f).tryVerify})
		}
	}
	return out
}

// holdMinimal holds the event of a refuted hop to its neighbours.
func holdMinimal(t *testing.T, h *Hop, name string) {
	t.Helper()
	v := eventOf(t, h)
	s := newSearch(h)
	var was *plan.Failure
	var err error
	for seed := uint64(0); was == nil && seed < 16 && err == nil; seed++ { // what goes with an event is not part of it
		s.surround(seed)
		was, err = s.fails(t.Context(), v)
	}
	if err != nil || was == nil {
		t.Errorf("%s: the event %s shows nothing (%v)", name, h.Verdict.Event, err)
		return
	}
	typ := h.Source.Type
	if typ.JSON {
		v = plan.Untyped(v)
	}
	for _, x := range neighbours(v, typ) {
		if typ.JSON {
			if !plan.Takes(typ, x) {
				continue
			}
			x = plan.CastJSON(x, typ)
		}
		event, err := h.from.encode(x)
		if err != nil {
			continue // it is no event of the source
		}
		f, err := s.fails(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		if f != nil && f.Code == was.Code && f.Path == was.Path {
			shown, err := h.from.show(event)
			t.Errorf("%s: the event %s is larger than %s (%v), which shows the same: %v", name, h.Verdict.Event, shown, err, f)
		}
	}
}

// eventOf reads the event of a verdict.
func eventOf(t *testing.T, h *Hop) plan.Value {
	t.Helper()
	event, err := h.Verdict.Event, error(nil)
	switch c := h.from.(type) {
	case *avroCodec:
		event, err = c.schema.Encode(event)
	case *protoCodec:
		event, err = c.schema.Encode(event)
	}
	var v plan.Value
	if err == nil {
		v, err = h.from.decode(event)
	}
	if err != nil {
		t.Fatalf("%s: %v", h.Verdict.Event, err)
	}
	return v
}

// neighbours are the values that are smaller by one.
func neighbours(v plan.Value, t *plan.Type) []plan.Value {
	var out []plan.Value
	inside := func(x plan.Value, t *plan.Type, put func(plan.Value) plan.Value) {
		for _, less := range neighbours(x, t) {
			out = append(out, put(less))
		}
	}
	switch v := v.(type) {
	case *plan.Rec:
		for i := range v.Rest {
			out = append(out, &plan.Rec{Type: v.Type, Fields: v.Fields, Rest: slices.Delete(slices.Clone(v.Rest), i, i+1)})
		}
		for i, f := range v.Fields {
			if f == plan.Absent {
				continue
			}
			if t.Fields[i].Optional {
				out = append(out, withField(v, i, plan.Absent))
			}
			inside(f, t.Fields[i].Type, func(x plan.Value) plan.Value { return withField(v, i, x) })
		}
	case *plan.Tagged:
		if b := t.Branch(v.Branch); b >= 0 {
			inside(v.Value, t.Branches[b].Type, func(x plan.Value) plan.Value { return &plan.Tagged{Branch: v.Branch, Value: x} })
		}
		if v.Branch != "null" && t.Branch("null") >= 0 {
			out = append(out, &plan.Tagged{Branch: "null"})
		}
	case []plan.Value:
		for i, x := range v {
			out = append(out, slices.Delete(slices.Clone(v), i, i+1))
			inside(x, elemOf(t), func(x plan.Value) plan.Value { return withItem(v, i, x) })
		}
	case *plan.Entries:
		for i, e := range *v {
			less := slices.Delete(slices.Clone(*v), i, i+1)
			out = append(out, &less)
			inside(e.Value, elemOf(t), func(x plan.Value) plan.Value { return withEntry(*v, i, x) })
		}
	default:
		out = nearerZero(v, t)
	}
	return out
}

// nearerZero are texts without one of their characters and numbers nearer zero.
func nearerZero(v plan.Value, t *plan.Type) []plan.Value {
	var out []plan.Value
	switch v := v.(type) {
	case bool:
		if v {
			out = append(out, false)
		}
	case string:
		runes := []rune(v)
		for i := range runes {
			out = append(out, string(slices.Delete(slices.Clone(runes), i, i+1)))
		}
	case []byte:
		for i := range v {
			if t.Size == 0 {
				out = append(out, slices.Delete(slices.Clone(v), i, i+1))
			}
		}
	case int64:
		for _, x := range []int64{0, v / 2, v - int64(big.NewInt(v).Sign())} {
			if x != v {
				out = append(out, x)
			}
		}
	case uint64:
		if v > 0 {
			out = append(out, uint64(0), v/2, v-1)
		}
	case float64:
		for _, x := range []float64{0, float64(int32(v / 2)), v - 1} {
			if x != v && x >= 0 == (v >= 0) && x*x < v*v {
				out = append(out, x)
			}
		}
	case plan.Number:
		x, ok := new(big.Rat).SetString(string(v))
		if ok && x.Sign() != 0 {
			whole := new(big.Int).Quo(x.Num(), x.Denom())
			less := new(big.Int).Sub(whole, big.NewInt(int64(x.Sign())))
			out = append(out, plan.Number("0"))
			if !x.IsInt() {
				out = append(out, plan.Number(whole.String()))
			} else {
				out = append(out, plan.Number(less.String()))
			}
		}
	case plan.Dec:
		if sign := v.Unscaled.Sign(); sign != 0 {
			out = append(out, plan.Dec{Unscaled: new(big.Int), Scale: v.Scale},
				plan.Dec{Unscaled: new(big.Int).Sub(v.Unscaled, big.NewInt(int64(sign))), Scale: v.Scale})
		}
	}
	return out
}
