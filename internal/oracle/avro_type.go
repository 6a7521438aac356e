package oracle

import (
	"fmt"
	"strconv"
	"strings"
)

// avroType is an Avro type that is drawn, printed, written and read here. A
// named type that is used twice is one avroType, so a recursive schema is a
// circle.
type avroType struct {
	kind    string // as in schemas
	name    string // full name
	aliases []string
	fields  []avroField
	symbols []string
	def     string // default of an enum
	size    int    // of a fixed
	parts   []*avroType
	logical string
	digits  int // of a decimal
	scale   int
}

type avroField struct {
	name, alias string
	def         string // as schemas write it; empty if there is none
	typ         *avroType
}

func (t *avroType) named() bool { return t.kind == "record" || t.kind == "enum" || t.kind == "fixed" }

func unqualified(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// branchName is what a branch of a union is called in Avro's JSON encoding.
func (t *avroType) branchName() string {
	if t.named() {
		return t.name
	}
	return t.kind
}

// String prints the schema; a named type stands where it is first used.
func (t *avroType) String() string {
	var b strings.Builder
	t.print(&b, map[*avroType]bool{})
	return b.String()
}

func (t *avroType) print(b *strings.Builder, known map[*avroType]bool) {
	if known[t] {
		b.WriteString(strconv.Quote(t.name))
		return
	}
	known[t] = t.named()
	if t.kind == "union" {
		b.WriteByte('[')
		for i, p := range t.parts {
			if i > 0 {
				b.WriteByte(',')
			}
			p.print(b, known)
		}
		b.WriteByte(']')
		return
	}
	fmt.Fprintf(b, `{"type":%q`, t.kind)
	if t.name != "" {
		fmt.Fprintf(b, `,"name":%q`, t.name)
	}
	if len(t.aliases) > 0 {
		b.WriteString(`,"aliases":` + quoted(t.aliases))
	}
	if t.logical != "" {
		fmt.Fprintf(b, `,"logicalType":%q`, t.logical)
	}
	if t.logical == "decimal" {
		fmt.Fprintf(b, `,"precision":%d,"scale":%d`, t.digits, t.scale)
	}
	switch t.kind {
	case "record":
		t.printFields(b, known)
	case "enum":
		b.WriteString(`,"symbols":` + quoted(t.symbols))
		if t.def != "" {
			fmt.Fprintf(b, `,"default":%q`, t.def)
		}
	case "fixed":
		fmt.Fprintf(b, `,"size":%d`, t.size)
	case "array":
		b.WriteString(`,"items":`)
		t.parts[0].print(b, known)
	case "map":
		b.WriteString(`,"values":`)
		t.parts[0].print(b, known)
	}
	b.WriteByte('}')
}

func (t *avroType) printFields(b *strings.Builder, known map[*avroType]bool) {
	b.WriteString(`,"fields":[`)
	for i, f := range t.fields {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, `{"name":%q`, f.name)
		if f.alias != "" {
			fmt.Fprintf(b, `,"aliases":[%q]`, f.alias)
		}
		if f.def != "" {
			b.WriteString(`,"default":` + f.def)
		}
		b.WriteString(`,"type":`)
		f.typ.print(b, known)
		b.WriteByte('}')
	}
	b.WriteByte(']')
}

// copyOf copies a type with all that it uses.
func (t *avroType) copyOf(done map[*avroType]*avroType) *avroType {
	if c := done[t]; c != nil {
		return c
	}
	c := &avroType{}
	*c = *t
	done[t] = c
	c.aliases, c.symbols = append([]string(nil), t.aliases...), append([]string(nil), t.symbols...)
	c.fields, c.parts = nil, nil
	for _, f := range t.fields {
		f.typ = f.typ.copyOf(done)
		c.fields = append(c.fields, f)
	}
	for _, p := range t.parts {
		c.parts = append(c.parts, p.copyOf(done))
	}
	return c
}

// all lists the types of a schema, each once.
func (t *avroType) all(seen map[*avroType]bool) []*avroType {
	if seen[t] {
		return nil
	}
	seen[t] = true
	out := []*avroType{t}
	for _, f := range t.fields {
		out = append(out, f.typ.all(seen)...)
	}
	for _, p := range t.parts {
		out = append(out, p.all(seen)...)
	}
	return out
}
