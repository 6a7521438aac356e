package upcast

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema/avro"
)

// limitOf names the limit that an error says is broken.
func limitOf(err error) string {
	var wrong *Error
	if !errors.As(err, &wrong) || wrong.Code != Limited || wrong.Problem.Found <= wrong.Problem.Max {
		return ""
	}
	return wrong.Problem.Limit
}

// TestHostileDocuments holds documents and schemas that once took exponential
// time to a limit that is named, or to an answer. A broken bound shows as a test
// that does not end.
func TestHostileDocuments(t *testing.T) {
	doubling := []string{}
	for i := range 60 {
		doubling = append(doubling, fmt.Sprintf("copy: {from: r%d, to: s%d}", i, i), fmt.Sprintf("nest: {paths: [r%d, s%d], under: r%d}", i, i, i+1))
	}
	texts := []string{}
	for range 60 {
		texts = append(texts, `set: {path: id, expr: "this + this"}`)
	}
	many := make([]string, 3000)
	for i := range many {
		many[i] = fmt.Sprintf(`f%d: {expr: "event.id + '%d'"}`, i, i)
	}
	record := `{"name":"r0","type":{"type":"record","name":"R","fields":[{"name":"x","type":"int"}]}}`
	for name, c := range map[string]struct {
		from, to string
		steps    []string
		limit    string
		outcome  Outcome
	}{
		"a record that doubles with each step":    {record, record, doubling, "upcaster.planNodes", ""},
		"a text that is computed from itself":     {id, id, texts, "", Proved},
		"thousands of expressions":                {id, id, []string{"add: {path: o, object: {" + strings.Join(many, ", ") + "}}"}, "upcaster.symbolicSteps", ""},
		"unions in records in unions":             {nestedUnions("A", 18, "int"), nestedUnions("B", 18, "string"), nil, "", Refuted},
		"defaults of defaults of defaults":        {id, id + "," + nestedDefaults(60), nil, "upcaster.defaultValues", ""},
		"a literal for unions in records":         {id, id + "," + nestedUnions("B", 18, "string"), []string{"add: {path: v, value: " + nestedLiteral(18) + "}"}, "", Refuted},
		"ten thousand fields, each renamed twice": {wide("f", 10_000), wide("g", 10_000), wideRenames(40), "", Refuted},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := Verify(t.Context(), document(t, c.steps...), avroSchema(t, c.from), avroSchema(t, c.to))
			switch {
			case c.limit != "" && limitOf(err) != c.limit:
				t.Fatalf("got %v, want the limit %s", err, c.limit)
			case c.limit == "" && err != nil:
				t.Fatal(err)
			case c.limit == "" && h.Verdict.Outcome != c.outcome:
				t.Fatalf("got %s %+v, want %s", h.Verdict.Outcome, h.Verdict.Problems, c.outcome)
			}
		})
	}
}

// nestedUnions is a field v: a union of three records, each with such a field, and
// so on; the innermost is of another type.
func nestedUnions(prefix string, depth int, leaf string) string {
	inner := `"` + leaf + `"`
	for i := range depth {
		branches := make([]string, 3)
		for k := range branches {
			of := inner
			if k > 0 && i > 0 { // a name that is known by now
				of = fmt.Sprintf(`["%s%d_0","%s%d_1","%s%d_2"]`, prefix, i-1, prefix, i-1, prefix, i-1)
			}
			branches[k] = fmt.Sprintf(`{"type":"record","name":"%s%d_%d","fields":[{"name":"v","type":%s}]}`, prefix, i, k, of)
		}
		inner = "[" + strings.Join(branches, ",") + "]"
	}
	return `{"name":"v","type":` + inner + `}`
}

func nestedDefaults(depth int) string {
	inner := `{"type":"record","name":"D0","fields":[{"name":"x","type":"int","default":0}]}`
	for i := 1; i < depth; i++ {
		inner = fmt.Sprintf(`{"type":"record","name":"D%d","fields":[{"name":"a","type":%s,"default":{}},{"name":"b","type":"D%d","default":{}}]}`, i, inner, i-1)
	}
	return `{"name":"d","type":` + inner + `,"default":{}}`
}

func nestedLiteral(depth int) string {
	return strings.Repeat("{v: ", depth) + "1" + strings.Repeat("}", depth)
}

func wide(prefix string, fields int) string {
	out := make([]string, fields)
	for i := range out {
		out[i] = fmt.Sprintf(`{"name":"%s%d","type":"int"}`, prefix, i)
	}
	return strings.Join(out, ",")
}

func wideRenames(steps int) []string {
	out := make([]string, steps)
	for i := range out {
		out[i] = fmt.Sprintf("rename: {from: f%d, to: g%d}", i, i)
	}
	return out
}

// TestTrialsLeaveNothingBehind tries a branch of a union that does not take the
// value, and then assigns to that branch's type elsewhere: the function that the
// trial made must not be used again without its problem.
func TestTrialsLeaveNothingBehind(t *testing.T) {
	node := func(name, typ string) string {
		return `{"type":"record","name":"` + name + `","fields":[{"name":"v","type":"` + typ + `"},{"name":"next","type":["null","` + name + `"]}]}`
	}
	from := avroSchema(t, `{"name":"a","type":`+node("S", "string")+`},{"name":"b","type":"S"}`)
	to := avroSchema(t, `{"name":"a","type":[`+node("T", "int")+`,`+node("U", "string")+`]},{"name":"b","type":"T"}`)
	h, err := Verify(t.Context(), document(t), from, to)
	if err != nil {
		t.Fatal(err)
	}
	if v := h.Verdict; v.Outcome != Refuted || v.Problems[0].Path != "b.v" {
		t.Errorf("got %s %+v, want b.v refuted", v.Outcome, v.Problems)
	}
}

// TestSearchBudget holds the search for an event that is very rare to its budget:
// the answer says what is open.
func TestSearchBudget(t *testing.T) {
	s := `{"name":"l","type":{"type":"array","items":"int"}},{"name":"n","type":"long"}`
	steps := make([]string, 10)
	for i := range steps {
		steps[i] = `set: {path: n, expr: "event.l.exists(y, 1 / (y * 3 - 3333333333) > 1) ? 1 : event.n"}`
	}
	h, err := Verify(t.Context(), document(t, steps...), avroSchema(t, s), avroSchema(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if v := h.Verdict; v.Outcome != Tested || len(v.Problems) == 0 || v.Events >= searchEvents {
		t.Errorf("got %s after %d events: %+v", v.Outcome, v.Events, v.Problems)
	}
}

// TestLargeEventsAreTriedLess: a proof is tried on 64 events, and on fewer where
// they are large.
func TestLargeEventsAreTriedLess(t *testing.T) {
	for members, most := range map[int]int{2: provedEvents, 300: provedEvents / 2} {
		var list []string
		for i := range members {
			list = append(list, fmt.Sprintf(`"member %d of many":{"type":"array","minItems":2,"items":{"type":"number"}}`, i))
		}
		from := jsonSchema(t, strings.Join(list, "|"))
		to := jsonSchema(t, strings.Replace(strings.Join(list, "|"), `"minItems":2,`, "", 1))
		h, err := Derive(t.Context(), from, to)
		if err != nil {
			t.Fatal(err)
		}
		if v := h.Verdict; v.Outcome != Proved || v.Events > most || v.Events < leastProvedEvents || members == 2 && v.Events < most {
			t.Errorf("%d members: %s after %d events", members, v.Outcome, v.Events)
		}
	}
}

// TestLongChains fuses chains up to the limit, in segments where one tree would be
// too large, and refuses longer ones.
func TestLongChains(t *testing.T) {
	a, b := avroSchema(t, wide("f", 300)), avroSchema(t, strings.Replace(wide("f", 300), `"f0"`, `"g0"`, 1))
	there, err := Verify(t.Context(), document(t, "rename: {from: f0, to: g0}"), a, b)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Verify(t.Context(), document(t, "rename: {from: g0, to: f0}"), b, a)
	if err != nil {
		t.Fatal(err)
	}
	hops := []*Hop{}
	for range maxHops / 2 {
		hops = append(hops, there, back)
	}
	c, err := Fuse(hops)
	if err != nil {
		t.Fatal(err)
	}
	onSegments(t, c, a)
	if _, err := Fuse(append(hops, there)); limitOf(err) != "upcaster.hops" {
		t.Errorf("got %v, want the limit of hops", err)
	}
}

// TestSegments cuts a chain whose tree doubles with every hop, and holds the run
// over its segments to the hops themselves.
func TestSegments(t *testing.T) {
	var documents []*Document
	list := `{"name":"l","type":{"type":"array","items":"string"}}`
	versions := []*avro.Schema{avroSchema(t, id)}
	for i := range 20 {
		documents = append(documents, document(t, `set: {path: id, expr: "size(this) > 900 ? 'x' : this + this"}`))
		versions = append(versions, versions[i])
	}
	documents = append(documents, document(t, "add: {path: l, list: [{from: id}]}"))
	versions = append(versions, avroSchema(t, id+","+list))
	c, err := fuseAll(t, documents, versions)
	if err != nil {
		t.Fatal(err)
	}
	onSegments(t, c, versions[0])
}

// onSegments holds a chain on bytes to its hops.
func onSegments(t *testing.T, c *Chain, from *avro.Schema) {
	t.Helper()
	r := NewRunner(c)
	for seed := range uint64(8) {
		event, err := from.Sample(seed)
		if err != nil {
			t.Fatal(err)
		}
		got, f, err := r.Apply(t.Context(), nil, event.Binary, nil)
		if f != nil || err != nil {
			t.Fatal(f, err)
		}
		images, f, err := c.Trace(t.Context(), event.Binary)
		if f != nil || err != nil || string(images[len(images)-1]) != string(got) {
			t.Fatalf("the chain on bytes gives another image (%v, %v)", f, err)
		}
	}
}
