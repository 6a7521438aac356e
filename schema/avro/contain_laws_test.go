package avro

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"

	"github.com/instar-registry/instar/internal/cputime"
)

// radarTexts are the pairs of versions of a real history.
func radarTexts(t testing.TB) [][2]string {
	t.Helper()
	data, err := os.ReadFile("../../compat/testdata/radar/pairs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out [][2]string
	for line := range strings.Lines(string(data)) {
		var p struct{ Old, New string }
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		out = append(out, [2]string{p.Old, p.New})
	}
	return out
}

// TestContainItself: a schema reads itself. The text of one side gets a
// property, so that equal texts are no short cut.
func TestContainItself(t *testing.T) {
	texts := append(corpusTexts(t), kinds, benchSchema, recursive)
	for _, c := range containCases {
		texts = append(texts, c.writer, c.reader)
	}
	for _, p := range radarTexts(t) {
		texts = append(texts, p[0], p[1])
	}
	for seed := range uint64(500) {
		if w, r, ok := drawPair(seed); ok {
			texts = append(texts, w.Canonical(), r.Canonical())
		}
	}
	judged := 0
	for _, text := range texts {
		s, err := Parse(`{"type":"record","name":"Outer","fields":[{"name":"in","type":`+text+`}]}`, nil, lenient)
		again, err2 := Parse(`{"type":"record","name":"Outer","mark":1,"fields":[{"name":"in","type":`+text+`}]}`, nil, lenient)
		if err != nil || err2 != nil {
			continue
		}
		judged++
		if c := contain(t, s, again); (c.Verdict != schema.Compatible || len(c.Breaks) > 0) && !ambiguousAlias(s) {
			t.Errorf("%s: %s", text, brief(c))
		}
	}
	if judged < 500 {
		t.Errorf("only %d texts", judged)
	}
}

// ambiguousAlias reports whether a field has another field of its record as an
// alias, which no reader can resolve, not even for the same schema.
func ambiguousAlias(s *Schema) bool {
	for _, n := range s.nodes {
		for _, f := range n.Fields {
			for _, alias := range f.Aliases {
				if alias != f.Name && n.Field(alias) != nil {
					return true
				}
			}
		}
	}
	return false
}

// TestContainIsDeterministic: the same question has the same answer, byte for
// byte, and a larger budget changes nothing but UNKNOWN.
func TestContainIsDeterministic(t *testing.T) {
	undecided := 0
	for seed := range uint64(600) {
		w, r, ok := drawPair(seed)
		if !ok {
			continue
		}
		full := contain(t, w, r)
		again := contain(t, mustLenient(t, w.Canonical()), mustLenient(t, r.Canonical()))
		for i := range full.Breaks { // positions are those of the text at hand
			full.Breaks[i].Writer.Position, full.Breaks[i].Reader.Position = schema.Position{}, schema.Position{}
			again.Breaks[i].Writer.Position, again.Breaks[i].Reader.Position = schema.Position{}, schema.Position{}
		}
		if !reflect.DeepEqual(full, again) {
			t.Fatalf("%s\nread as %s: two answers\n%+v\n%+v", w.Canonical(), r.Canonical(), full, again)
		}
		last := schema.Unknown
		for steps := 1; steps < 200; steps *= 2 {
			c, err := Contain(t.Context(), w, r, schema.Budget{Steps: steps})
			if err != nil {
				t.Fatal(err)
			}
			if last != schema.Unknown && c.Verdict != last || c.Verdict != schema.Unknown && c.Verdict != full.Verdict {
				t.Fatalf("%s\nread as %s: %s with %d steps, then %s, in the end %s", w.Canonical(), r.Canonical(), last, steps, c.Verdict, full.Verdict)
			}
			if c.Verdict == schema.Unknown {
				undecided++
				if len(c.Undecided) != 1 || c.Undecided[0].Reason != schema.ReasonSteps {
					t.Fatalf("%+v", c)
				}
			}
			last = c.Verdict
		}
	}
	if undecided < 100 {
		t.Errorf("the budget was spent only %d times", undecided)
	}
}

// chain is a record that holds one that holds one, to a depth, and at the end a
// field of the given type.
func chain(depth int, leaf string) string {
	var b strings.Builder
	b.WriteString(`[{"type":"record","name":"T0","fields":[{"name":"x","type":` + leaf + `}]}`)
	for i := 1; i <= depth; i++ {
		fmt.Fprintf(&b, `,{"type":"record","name":"T%d","fields":[{"name":"t","type":"T%d"}]}`, i, i-1)
	}
	return b.String() + `]`
}

// TestContainDeep: what lies deeper than a witness may be is left open, not
// guessed; a way that is short enough decides.
func TestContainDeep(t *testing.T) {
	deep := func(leaf string) *Schema {
		text := `{"type":"record","name":"Root","fields":[{"name":"all","type":` + chain(120, leaf) + `}]}`
		return mustLenient(t, text)
	}
	c := contain(t, deep(`"int"`), deep(`"string"`))
	if c.Verdict != schema.Incompatible || len(c.Breaks) != 1 || c.Breaks[0].Path != "all<T0>.x" || len(c.Breaks[0].Paths) != maxWays-1 {
		t.Errorf("%s %+v", c.Verdict, c.Breaks)
	}
	only := func(leaf string) *Schema { // the last of the chain alone is a branch
		text := strings.Replace(chain(90, leaf), "[{", `{"type":"record","name":"Defs","fields":[{"name":"none","type":[{`, 1)
		text = strings.Replace(text, "]}]}", "]}]}", 1)
		return mustLenient(t, `{"type":"record","name":"Root","fields":[{"name":"defs","type":{"type":"array","items":`+text+`}]}}},{"name":"deep","type":"T90"}]}`)
	}
	c = contain(t, only(`"int"`), only(`"string"`))
	if c.Verdict != schema.Unknown || len(c.Undecided) == 0 || c.Undecided[0].Reason != schema.ReasonWitnessSize {
		t.Errorf("%s %+v %s", c.Verdict, c.Undecided, brief(c))
	}
}

// TestContainWide: large schemas with many problems are answered within bounds.
func TestContainWide(t *testing.T) {
	wide := func(n int, typ string) *Schema {
		var fields []string
		for i := range n {
			fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":"%s"}`, i, typ))
		}
		return mustLenient(t, named("R", "", fields...))
	}
	start := cputime.Used()
	c := contain(t, wide(3000, "int"), wide(3000, "string"))
	if c.Verdict != schema.Incompatible || !c.More || len(c.Breaks) < 3 {
		t.Errorf("%s, %d breaks, more %t", c.Verdict, len(c.Breaks), c.More)
	}
	if c = contain(t, wide(9000, "int"), wide(9000, "long")); c.Verdict != schema.Compatible {
		t.Errorf("%+v", c)
	}
	// Two schemas of which every type may read every other.
	grid := func(n int) *Schema {
		var b strings.Builder
		b.WriteString(`{"type":"record","name":"R","fields":[`)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			inner := `"null"`
			if i > 2 {
				inner = fmt.Sprintf(`["n%d.T","n%d.T"]`, i-1, i/2)
			}
			fmt.Fprintf(&b, `{"name":"f%d","type":{"type":"record","name":"n%d.T","fields":[{"name":"x","type":%s}]}}`, i, i, inner)
		}
		return mustLenient(t, b.String()+`]}`)
	}
	if c = contain(t, grid(3000), grid(3001)); c.Verdict == schema.Compatible {
		t.Errorf("%+v", c)
	}
	if took := cputime.Used() - start; took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestContainCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Contain(ctx, mustParse(t, `"int"`), mustParse(t, `"long"`), schema.Budget{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	// Cancelled on the way: the poll comes every 1,024 steps.
	j := &judge{ctx: ctx, limit: 1 << 20}
	for range 2000 {
		j.step(1)
	}
	if !errors.Is(j.err, context.Canceled) || j.steps > 2000 {
		t.Errorf("%v after %d steps", j.err, j.steps)
	}
}

func TestContainNotes(t *testing.T) {
	none := mustLenient(t, named("A", "", `{"name":"a","type":"A"}`))
	if c := contain(t, none, mustParse(t, `"int"`)); c.Verdict != schema.Compatible || len(c.Notes) != 1 {
		t.Errorf("%+v", c)
	}
	// Places and parameters.
	w := mustLenient(t, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[\n {\"name\":\"u\",\"type\":[\"null\",\n  {\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}]}]}")
	r := mustLenient(t, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[\n {\"name\":\"v\",\"type\":\"int\",\"default\":0},\n\n {\"name\":\"u\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}]}]}")
	c := contain(t, w, r)
	if len(c.Breaks) != 1 {
		t.Fatalf("%+v", c)
	}
	b := c.Breaks[0]
	if b.Path != "u" || b.Writer.Pointer != "/fields/0/type/1/symbols/1" || b.Reader.Pointer != "/fields/1/type/1/symbols" || b.Writer.Line != 3 || b.Reader.Line != 4 ||
		b.Param("symbol") != "B" || b.Param("enum") != "E" || b.Param("none") != "" || b.Message != `the reader schema lacks the symbol "B" of enum E of the writer schema and has no default` {
		t.Errorf("%+v", b)
	}
}

// TestReadBlocks: blocks with a size, fields in another order, skipped fields
// and defaults, all on bytes that no encoder of ours writes.
func TestReadBlocks(t *testing.T) {
	w := mustParse(t, named("R", "", `{"name":"a","type":{"type":"array","items":"int"}}`, `{"name":"m","type":{"type":"map","values":"float"}}`, `{"name":"z","type":"bytes"}`))
	r := mustParse(t, named("R", "", `{"name":"m","type":{"type":"map","values":"double"}}`, `{"name":"d","default":{"l":[{"s":"x"},null]},"type":`+
		named("D", "", `{"name":"l","type":{"type":"array","items":["null",{"type":"map","values":"string"}]}}`, `{"name":"n","type":["int","null"],"default":null}`)+`}`,
		`{"name":"a","type":{"type":"array","items":["string","long"]}}`))
	event := []byte{1, 2, 8, 2, 10, 0, 1, 12, 2, 'k', 0, 0, 0x80, 0x3f, 0, 4, 9, 9}
	reading, err := Read(w, r, event)
	want := `{"m":{"k":1},"d":{"l":[{"map":{"s":"x"}},null],"n":null},"a":[{"long":4},{"long":5}]}`
	if err != nil || string(reading.JSON) != want || len(reading.Faults) > 0 {
		t.Errorf("%s %+v %v, want %s", reading.JSON, reading.Faults, err, want)
	}
	var walk *schema.WalkError
	if _, err := Read(w, r, event[:4]); !errors.As(err, &walk) {
		t.Errorf("%v", err)
	}
}

// TestReadIsBounded: neither aliases nor defaults let a small event grow
// without end.
func TestReadIsBounded(t *testing.T) {
	var many []string
	for i := range 3000 {
		many = append(many, fmt.Sprintf(`{"name":"f%d","aliases":["a"],"type":{"type":"array","items":`+map[bool]string{true: named("I", "", `{"name":"n","type":"string"}`), false: `"I"`}[i == 0]+`}}`, i))
	}
	w := mustLenient(t, named("R", "", `{"name":"a","type":{"type":"array","items":`+named("I", "", `{"name":"n","type":"string"}`)+`}}`))
	items := make([]string, 20_000)
	for i := range items {
		items[i] = `{"n":""}`
	}
	event, err := w.Encode([]byte(`{"a":[` + strings.Join(items, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	var limit *schema.WalkError
	if _, err := Read(w, mustLenient(t, named("R", "", many...)), event); !errors.As(err, &limit) || limit.Limit == "" {
		t.Errorf("%v", err)
	}
	// Each record's default leans on two of the next.
	fields := `{"name":"x","type":"int","default":0}`
	for i := range 40 {
		fields = fmt.Sprintf(`{"name":"a","default":{},"type":%s},{"name":"b","default":{},"type":"D%d"}`, named(fmt.Sprintf("D%d", i), "", fields), i)
	}
	if _, err := Read(mustLenient(t, named("R", "")), mustLenient(t, named("R", "", fields)), nil); !errors.As(err, &limit) || limit.Limit == "" {
		t.Errorf("%v", err)
	}
}
