package avro

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// model is a schema that tests draw, change and print.
type model struct {
	kind    string // of Avro, or "ref"
	name    string
	logical string // attributes of a logical type
	aliases []string
	fields  []*modelField
	symbols []string
	def     string // of an enum
	size    int
	parts   []*model // of an array, map or union
}

type modelField struct {
	name, def string // def is JSON, or ""
	aliases   []string
	typ       *model
}

func list(names []string) string { return `["` + strings.Join(names, `","`) + `"]` }

func (m *model) String() string {
	var b strings.Builder
	alias := func(names []string) {
		if len(names) > 0 {
			b.WriteString(`,"aliases":` + list(names))
		}
	}
	switch m.kind {
	case "ref":
		return `"` + m.name + `"`
	case "union":
		b.WriteByte('[')
		for i, p := range m.parts {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(p.String())
		}
		b.WriteByte(']')
		return b.String()
	}
	fmt.Fprintf(&b, `{"type":"%s"`, m.kind)
	if m.name != "" {
		fmt.Fprintf(&b, `,"name":"%s"`, m.name)
		alias(m.aliases)
	}
	switch m.kind {
	case "record":
		b.WriteString(`,"fields":[`)
		for i, f := range m.fields {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"name":"%s"`, f.name)
			alias(f.aliases)
			if f.def != "" {
				b.WriteString(`,"default":` + f.def)
			}
			b.WriteString(`,"type":` + f.typ.String() + `}`)
		}
		b.WriteByte(']')
	case "enum":
		b.WriteString(`,"symbols":` + list(m.symbols))
		if m.def != "" {
			b.WriteString(`,"default":"` + m.def + `"`)
		}
	case "fixed":
		fmt.Fprintf(&b, `,"size":%d`, m.size)
	case "array":
		b.WriteString(`,"items":` + m.parts[0].String())
	case "map":
		b.WriteString(`,"values":` + m.parts[0].String())
	}
	return b.String() + m.logical + `}`
}

// all lists the nodes of a model, itself first.
func (m *model) all() []*model {
	out := []*model{m}
	for _, f := range m.fields {
		out = append(out, f.typ.all()...)
	}
	for _, p := range m.parts {
		out = append(out, p.all()...)
	}
	return out
}

func (m *model) clone() *model {
	c := *m
	c.aliases, c.symbols = append([]string(nil), m.aliases...), append([]string(nil), m.symbols...)
	c.fields, c.parts = nil, nil
	for _, f := range m.fields {
		g := *f
		g.aliases, g.typ = append([]string(nil), f.aliases...), f.typ.clone()
		c.fields = append(c.fields, &g)
	}
	for _, p := range m.parts {
		c.parts = append(c.parts, p.clone())
	}
	return &c
}

// artist draws models.
type artist struct {
	random
	records []string // that may be referred to
	count   int
}

func (a *artist) of(list ...string) string { return list[a.below(len(list))] }

var annotations = map[string][]string{
	"int": {"date", "time-millis"}, "long": {"timestamp-millis", "timestamp-micros", "local-timestamp-millis", "time-micros"}, "string": {"uuid"},
}

func (a *artist) primitive() *model {
	m := &model{kind: a.of("null", "boolean", "int", "int", "long", "long", "float", "double", "bytes", "string", "string")}
	switch {
	case m.kind == "bytes" && a.below(3) == 0:
		m.logical = fmt.Sprintf(`,"logicalType":"decimal","precision":%d,"scale":%d`, 2+a.below(3), a.below(3))
	case annotations[m.kind] != nil && a.below(4) == 0:
		m.logical = `,"logicalType":"` + a.of(annotations[m.kind]...) + `"`
	}
	return m
}

func (a *artist) name(stem string) string {
	a.count++
	return a.of("", "n.", "m.") + fmt.Sprintf("%s%d", stem, a.count)
}

func (a *artist) draw(depth int) *model {
	if depth <= 0 {
		return a.primitive()
	}
	switch a.below(10) {
	case 0, 1, 2:
		m := &model{kind: "record", name: a.name("R")}
		a.records = append(a.records, m.name)
		for i := range a.below(4) {
			m.fields = append(m.fields, &modelField{name: fmt.Sprintf("f%d", i), typ: a.draw(depth - 1)})
		}
		return m
	case 3:
		return &model{kind: "enum", name: a.name("E"), symbols: []string{"A", "B", "C"}[:1+a.below(3)]}
	case 4:
		return &model{kind: "fixed", name: a.name("F"), size: a.below(3)}
	case 5:
		return &model{kind: a.of("array", "map"), parts: []*model{a.draw(depth - 1)}}
	case 6, 7:
		m := &model{kind: "union"}
		for range 1 + a.below(4) {
			p := a.draw(depth - 1)
			if len(a.records) > 0 && a.below(6) == 0 {
				p = &model{kind: "ref", name: a.of(a.records...)}
			}
			m.parts = append(m.parts, p)
		}
		return m
	}
	return a.primitive()
}

// edit changes one thing of a model, which is one side of a pair.
func (a *artist) edit(root *model) {
	nodes := root.all()
	m := nodes[a.below(len(nodes))]
	if m.kind == "union" && len(m.parts) == 0 {
		m.parts = []*model{a.primitive()}
		return
	}
	switch m.kind {
	case "record":
		a.editRecord(m)
	case "enum":
		switch a.below(4) {
		case 0:
			m.symbols = m.symbols[min(1, len(m.symbols)):]
		case 1:
			m.symbols = append([]string{"X"}, m.symbols...)
		case 2:
			m.symbols, m.def = []string{"X"}, "X"
		default:
			m.aliases, m.name = []string{"n." + m.name}, m.name+"e"
		}
	case "fixed":
		m.size++
	case "union":
		switch i := a.below(len(m.parts)); a.below(3) {
		case 0:
			m.parts = append(m.parts[:i:i], m.parts[i+1:]...)
		case 1:
			m.parts[0], m.parts[i] = m.parts[i], m.parts[0]
		default:
			m.parts = append([]*model{a.primitive()}, m.parts...)
		}
	case "ref":
	default:
		if m.kind == "bytes" && m.logical != "" && a.below(2) == 0 {
			m.logical = fmt.Sprintf(`,"logicalType":"decimal","precision":%d,"scale":%d`, 2+a.below(3), a.below(3))
			return
		}
		switch old := *m; a.below(4) {
		case 0:
			*m = model{kind: "union", parts: []*model{{kind: "null"}, &old}}
		case 1:
			*m = model{kind: "union", parts: []*model{a.primitive(), &old}}
		default:
			*m = *a.primitive()
		}
	}
}

func (a *artist) editRecord(m *model) {
	i := 0
	if len(m.fields) > 0 {
		i = a.below(len(m.fields))
	}
	switch n := a.below(7); {
	case n == 0:
		m.fields = append(m.fields, &modelField{name: "g", typ: a.primitive()})
	case n == 1:
		m.fields = append(m.fields, &modelField{name: "h", typ: &model{kind: "union", parts: []*model{{kind: "string"}, {kind: "null"}}}, def: a.of(`null`, `"`+zeroUUID+`"`)})
	case n == 2:
		if short := m.name[strings.LastIndexByte(m.name, '.')+1:]; a.below(2) == 0 {
			m.aliases, m.name = []string{m.name}, "q."+short+"x"
		} else {
			m.name = "z." + short
		}
	case len(m.fields) == 0:
	case n == 3:
		m.fields = append(m.fields[:i:i], m.fields[i+1:]...)
	case n == 4:
		m.fields[i].aliases, m.fields[i].name = []string{m.fields[i].name}, "k"
	case n == 5:
		m.fields[0], m.fields[i] = m.fields[i], m.fields[0]
	default:
		m.fields[i].aliases = []string{m.fields[a.below(len(m.fields))].name}
	}
}

// drawPair draws a writer and a reader that differ in a few things; ok is false
// if one does not parse.
func drawPair(seed uint64) (writer, reader *Schema, ok bool) {
	a := &artist{random: random{seed}}
	w := a.draw(3)
	for range 3 {
		if w.kind != "record" && w.kind != "union" {
			w = a.draw(3)
		}
	}
	r := w.clone()
	for range 1 + a.below(3) {
		a.edit(r)
	}
	if a.below(2) == 0 {
		w, r = r, w
	}
	writer, err := Parse(w.String(), nil, lenient)
	if err != nil {
		return nil, nil, false
	}
	reader, err = Parse(r.String(), nil, lenient)
	return writer, reader, err == nil
}

// holdToEvents holds an answer to events of the writer: none has a fault if the
// schemas are compatible, and no fault lies where no break is told.
func holdToEvents(t *testing.T, w, r *Schema, c schema.Containment, events int) {
	t.Helper()
	broken := map[string]bool{}
	annotated, empty := false, false
	recursive := loops(w.Root, map[*Node]bool{}) // has more places than are told
	for i := range c.Breaks {
		b := &c.Breaks[i]
		annotated = annotated || b.Class == schema.ClassPolicy
		empty = empty || b.Kind == KindUnsatisfiable
		if b.Class == schema.ClassData {
			for _, p := range append([]string{b.Path}, b.Paths...) {
				broken[p] = true
			}
			holdWitness(t, w, r, b)
		}
	}
	for seed := range uint64(events) {
		sample, err := w.Sample(seed)
		if err != nil {
			return // no event exists
		}
		for _, first := range []bool{false, true} {
			reading, err := read(w, r, sample.Binary, readOptions{first: first})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range reading.Faults {
				told := first || broken[f.Path] || empty || recursive
				if c.Verdict == schema.Compatible || !told {
					t.Fatalf("%s\nread as %s: verdict %s, but %s has %+v\n%s", w.Canonical(), r.Canonical(), c.Verdict, sample.JSON, f, brief(c))
				}
			}
			if first || len(reading.Faults) > 0 || annotated {
				continue
			}
			j, err := r.Check(t.Context(), schema.Event{Encoding: schema.EncodingJSON, Bytes: reading.JSON})
			byDefault := func(v schema.Violation) bool { return strings.HasPrefix(v.What, "a decimal of") } // held to its type alone
			if err != nil || len(slices.DeleteFunc(j.Violations, byDefault)) > 0 {
				t.Fatalf("%s\nread as %s: %s becomes %s: %v %+v", w.Canonical(), r.Canonical(), sample.JSON, reading.JSON, err, j.Violations)
			}
		}
	}
}

func loops(n *Node, open map[*Node]bool) bool {
	if open[n] {
		return true
	}
	open[n] = true
	defer delete(open, n)
	for _, c := range children(n) {
		if loops(c, open) {
			return true
		}
	}
	return false
}

// holdWitness reads a witness again with nothing but exported functions.
func holdWitness(t *testing.T, w, r *Schema, b *schema.Break) {
	t.Helper()
	if b.Witness == nil {
		t.Fatalf("%s\nread as %s: %s without a witness", w.Canonical(), r.Canonical(), b.Kind)
	}
	j, err := w.Check(t.Context(), schema.Event{Encoding: schema.EncodingBinary, Bytes: b.Witness.Binary})
	if err != nil || len(j.Violations) > 0 || string(j.Decoded) != string(b.Witness.Value) {
		t.Fatalf("%s: the witness %s is no event: %v %+v", w.Canonical(), b.Witness.Value, err, j)
	}
	if b.Kind == KindUnionAmbiguous {
		return // our reader reads it
	}
	reading, err := Read(w, r, b.Witness.Binary)
	if err != nil || len(reading.Faults) == 0 {
		t.Fatalf("%s\nreads %s as %s (%v)", r.Canonical(), b.Witness.Value, reading.JSON, err)
	}
	if (reading.JSON == nil) != (b.Witness.Effect == schema.Refused) && len(reading.Faults) == 1 {
		t.Fatalf("%s\nreads %s as %s, effect %s", r.Canonical(), b.Witness.Value, reading.JSON, b.Witness.Effect)
	}
}

// randomPairs keeps the test at about a second.
const randomPairs = 4000

// TestContainRandom draws pairs and holds the answers to events, and to
// themselves.
func TestContainRandom(t *testing.T) {
	verdicts := map[schema.Verdict]int{}
	kinds := map[string]int{}
	pairs := 0
	for seed := uint64(0); pairs < randomPairs; seed++ {
		w, r, ok := drawPair(seed)
		if !ok {
			continue
		}
		pairs++
		c := contain(t, w, r)
		verdicts[c.Verdict]++
		for i := range c.Breaks {
			kinds[c.Breaks[i].Kind]++
		}
		if c.Verdict == schema.Unknown {
			t.Errorf("%s\nread as %s: %+v", w.Canonical(), r.Canonical(), c)
		}
		holdToEvents(t, w, r, c, 20)
	}
	t.Logf("%v %v", verdicts, kinds)
	for _, v := range []schema.Verdict{schema.Compatible, schema.Incompatible} {
		if verdicts[v] < pairs/10 {
			t.Errorf("only %d of %d are %s", verdicts[v], pairs, v)
		}
	}
	for _, kind := range []string{
		KindUnsatisfiable, KindFieldMissing, KindFieldRenamed, KindFieldAmbiguous, KindTypeRenamed, KindTypeRenamedAlias, KindTypeNarrowed,
		KindTypeNarrowedLossy, KindTypeWidenedLossy, KindBytesToString, KindTypeChanged, KindNullRefused, KindBranchMissing, KindSymbolMissing, KindFixedSize,
		KindDecimalScale, KindDecimalPrecision, KindLogicalChanged, KindLogicalRestricts, KindUnionAmbiguous, KindSymbolDefaulted, KindLogicalReaderOnly,
		KindLogicalWriterOnly, KindNamespaceDiffering,
	} {
		if kinds[kind] == 0 {
			t.Errorf("no pair shows %s", kind)
		}
	}
}
