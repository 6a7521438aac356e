package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// avroArtist draws Avro schemas and edits of them.
type avroArtist struct {
	*rand.Rand
	count   int
	records []*avroType // that are being drawn
	stuck   bool        // a value came to no end
}

func newAvroArtist(seed uint64) *avroArtist {
	return &avroArtist{Rand: rand.New(rand.NewPCG(seed, 0x6176726f))}
}

func (a *avroArtist) of(list ...string) string { return list[a.IntN(len(list))] }

func (a *avroArtist) name(stem string) string {
	a.count++
	return fmt.Sprintf("%s.%s%d", a.of("n", "m"), stem, a.count)
}

var (
	avroPrimitives = []string{"null", "boolean", "int", "int", "long", "long", "float", "double", "bytes", "string", "string"}
	avroLogical    = map[string][]string{
		"int":    {"date", "time-millis"},
		"long":   {"timestamp-millis", "timestamp-micros", "local-timestamp-millis", "time-micros"},
		"string": {"uuid"},
		"bytes":  {"decimal"},
	}
)

// draw draws a type; union says whether it may be one.
func (a *avroArtist) draw(depth int, union bool) *avroType {
	n := a.IntN(20)
	if depth <= 0 && n >= 12 {
		n = a.IntN(12)
	}
	switch {
	case n < 9:
		return a.primitive()
	case n < 10:
		t := &avroType{kind: "enum", name: a.name("E"), symbols: slices.Clone([]string{"A", "B", "C"}[:1+a.IntN(3)])}
		if a.IntN(3) == 0 {
			t.def = t.symbols[0]
		}
		return t
	case n < 11:
		return &avroType{kind: "fixed", name: a.name("F"), size: 1 + a.IntN(4)}
	case n < 12 && len(a.records) > 0 && depth < 2:
		// A reference ends in a union or a collection, or no value would.
		r := a.records[a.IntN(len(a.records))]
		if a.IntN(2) == 0 || !union {
			return &avroType{kind: a.of("array", "map"), parts: []*avroType{r}}
		}
		return &avroType{kind: "union", parts: []*avroType{{kind: "null"}, r}}
	case n < 14:
		return &avroType{kind: a.of("array", "map"), parts: []*avroType{a.draw(depth-1, true)}}
	case n < 17 && union:
		return a.union(depth)
	default:
		t := &avroType{kind: "record", name: a.name("R")}
		a.records = append(a.records, t)
		for i := range 1 + a.IntN(3) {
			t.fields = append(t.fields, a.field(fmt.Sprintf("f%d", i), depth-1))
		}
		a.records = a.records[:len(a.records)-1]
		return t
	}
}

func (a *avroArtist) primitive() *avroType {
	t := &avroType{kind: a.of(avroPrimitives...)}
	if list := avroLogical[t.kind]; list != nil && a.IntN(4) == 0 {
		t.logical = a.of(list...)
		t.digits, t.scale = 2+a.IntN(3), a.IntN(3)
	}
	return t
}

func (a *avroArtist) field(name string, depth int) avroField {
	f := avroField{name: name, typ: a.draw(depth, true)}
	if a.IntN(3) == 0 {
		f.def = defaultFor(f.typ)
	}
	return f
}

func (a *avroArtist) union(depth int) *avroType {
	u := &avroType{kind: "union"}
	for range 1 + a.IntN(3) {
		u.add(a.draw(depth-1, false), a.IntN(2) == 0)
	}
	return u
}

// add adds a branch, unless one like it is there.
func (t *avroType) add(p *avroType, front bool) {
	for _, other := range t.parts {
		if other == p || other.kind == p.kind && !p.named() || p.kind == "union" {
			return
		}
	}
	if front {
		t.parts = slices.Insert(t.parts, 0, p)
	} else {
		t.parts = append(t.parts, p)
	}
}

// defaultFor is a default that fits, empty if none is simple.
func defaultFor(t *avroType) string {
	switch t.kind {
	case "boolean":
		return "true"
	case "int", "long":
		return "7"
	case "float", "double":
		return "0.5"
	case "string":
		return `"d"`
	case "bytes":
		return `"a"`
	case "array":
		return "[]"
	case "map":
		return "{}"
	case "enum":
		return `"` + t.symbols[0] + `"`
	case "union":
		return defaultFor(t.parts[0])
	case "null":
		return "null"
	}
	return ""
}

// edit changes one place of a schema, as people change schemas, and returns the
// root.
func (a *avroArtist) edit(root *avroType) *avroType {
	list := root.all(map[*avroType]bool{})
	t := list[a.IntN(len(list))]
	switch {
	case t.kind == "record":
		a.editRecord(t)
	case t.kind == "enum" || t.kind == "fixed":
		a.editNamed(t)
	case t.kind == "union":
		switch a.IntN(4) {
		case 0:
			t.parts = append(t.parts[1:len(t.parts):len(t.parts)], t.parts[0])
		case 1:
			if len(t.parts) > 1 {
				i := a.IntN(len(t.parts))
				t.parts = slices.Delete(slices.Clone(t.parts), i, i+1)
			}
		default:
			t.add(a.draw(0, false), a.IntN(2) == 0)
		}
	case t.kind == "array" || t.kind == "map":
		if a.IntN(3) == 0 {
			t.kind = a.of("array", "map")
		} else {
			t.parts = []*avroType{a.draw(0, true)}
		}
	default:
		a.editPrimitive(t)
	}
	return root
}

func (a *avroArtist) editPrimitive(t *avroType) {
	wider := map[string][]string{
		"int": {"long", "float", "double"}, "long": {"float", "double", "int"}, "float": {"double", "int"}, "double": {"float"},
		"string": {"bytes"}, "bytes": {"string"},
	}
	switch n := a.IntN(6); {
	case n < 2 && wider[t.kind] != nil:
		t.kind, t.logical = a.of(wider[t.kind]...), ""
	case n == 2 && t.logical == "decimal":
		t.digits, t.scale = 2+a.IntN(3), a.IntN(3)
	case n == 3 && avroLogical[t.kind] != nil:
		t.logical, t.digits, t.scale = a.of(avroLogical[t.kind]...), 3, 1
	case n == 4:
		was := *t
		*t = avroType{kind: "union", parts: []*avroType{&was}}
		t.add(a.primitive(), a.IntN(2) == 0)
	default:
		*t = *a.primitive()
	}
}

func (a *avroArtist) editNamed(t *avroType) {
	if a.IntN(3) == 0 {
		a.rename(t)
		return
	}
	if t.kind == "fixed" {
		t.size = 1 + a.IntN(4)
		return
	}
	switch a.IntN(4) {
	case 0:
		t.symbols = append(t.symbols, fmt.Sprintf("S%d", len(t.symbols)))
	case 1:
		if len(t.symbols) > 1 {
			t.symbols, t.def = t.symbols[:len(t.symbols)-1], ""
		}
	case 2:
		t.def = t.symbols[a.IntN(len(t.symbols))]
	default:
		slices.Reverse(t.symbols)
	}
}

func (a *avroArtist) rename(t *avroType) {
	old := t.name
	switch a.IntN(3) {
	case 0:
		t.name = a.of("n", "m", "o") + "." + unqualified(old)
	case 1:
		t.name, t.aliases = a.name("N"), []string{old}
	default:
		t.name = a.name("N")
	}
}

func (a *avroArtist) editRecord(t *avroType) {
	i := a.IntN(len(t.fields) + 1)
	if i == len(t.fields) {
		switch a.IntN(3) {
		case 0:
			a.rename(t)
		default:
			t.fields = append(t.fields, a.field(fmt.Sprintf("x%d", a.IntN(100)), 1))
		}
		return
	}
	switch f := &t.fields[i]; a.IntN(5) {
	case 0:
		t.fields = slices.Delete(t.fields, i, i+1)
	case 1:
		f.alias, f.name = f.name, fmt.Sprintf("r%d", a.IntN(100))
	case 2:
		f.name = fmt.Sprintf("r%d", a.IntN(100))
	case 3:
		slices.Reverse(t.fields)
	default:
		f.typ, f.def = a.draw(1, true), ""
	}
}
