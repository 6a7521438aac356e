package avro

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// describe says what a finding is and where it lies on both sides.
func (a *answer) describe(f *finding) schema.Break {
	at := f.ways[0]
	w, r := a.ways[at].edge.w, a.ways[at].edge.r
	b := schema.Break{Kind: f.kind, Class: schema.ClassData, Effect: schema.Refused, Path: renderPath(a.stepsTo(at, &f.problem))}
	if f.kind == KindUnsatisfiable {
		b.Path = "$"
	}
	for _, other := range f.ways[1:] {
		b.Paths = append(b.Paths, renderPath(a.stepsTo(other, &f.problem)))
	}
	if f.policy() {
		b.Class, b.Effect = schema.ClassPolicy, ""
	}
	if f.misreads() {
		b.Effect = schema.Misread
	}
	b.Writer, b.Reader = a.place(0, w.node), a.place(1, r.node)
	if f.branch >= 0 {
		b.Writer.Pointer += "/" + strconv.Itoa(f.branch)
		part := w.parts[f.branch].node
		if !part.Kind.IsNamed() {
			b.Writer.Position = part.Position
		}
	}
	a.explain(f, &b, w, r)
	return b
}

// explain writes the sentence, its parameters and the closer places.
func (a *answer) explain(f *finding, b *schema.Break, w, r *op) {
	say := func(format string, args ...any) { b.Message = fmt.Sprintf(format, args...) }
	param := func(name, value string) { b.Params = append(b.Params, schema.Param{Name: name, Value: clip(value)}) }
	if f.branch >= 0 {
		w = w.parts[f.branch]
	}
	wt, rt := typeName(w.node), describeType(r.node)
	switch f.kind {
	case KindFieldMissing, KindFieldRenamed, KindFieldRenamedAlias, KindFieldAmbiguous:
		a.explainField(f, b, w, r)
		return
	case KindSymbolMissing, KindSymbolDefaulted:
		symbol := w.node.Symbols[f.index]
		param("enum", w.node.Name)
		param("symbol", symbol)
		b.Writer.Pointer += "/symbols/" + strconv.Itoa(f.index)
		b.Reader.Pointer += "/symbols"
		if f.kind == KindSymbolMissing {
			say("the reader schema lacks the symbol %q of enum %s of the writer schema and has no default", clip(symbol), clip(w.node.Name))
			return
		}
		b.Effect = schema.Defaulted
		say("the reader schema lacks the symbol %q of enum %s of the writer schema and reads it as its default %q", clip(symbol), clip(w.node.Name), clip(r.node.Default))
		return
	}
	param("writerType", wt)
	param("readerType", rt)
	switch f.kind {
	case KindUnsatisfiable:
		say("no event of the reader schema exists, so no event of the writer schema is readable")
	case KindTypeRenamed, KindTypeRenamedAlias:
		if r.kind == w.kind { // else the reader's is a union
			b.Reader.Pointer += "/name"
		}
		if f.branch < 0 {
			b.Writer.Pointer += "/name"
		}
		say("the reader schema has %s where the writer schema has %s, and no alias says that they are the same", rt, wt)
	case KindNamespaceDiffering:
		say("%s of the writer schema is %s in the reader schema; the data stays readable", wt, rt)
	case KindTypeNarrowed, KindTypeNarrowedLossy, KindTypeChanged:
		say("the reader schema has %s where the writer schema has %s", rt, wt)
	case KindTypeWidenedLossy:
		say("the reader schema has %s where the writer schema has %s, which rounds large values", rt, wt)
	case KindBytesToString:
		say("the reader schema has %s where the writer schema has %s, which need not be UTF-8", rt, wt)
	case KindNullRefused:
		say("the reader schema takes no null where the writer schema allows it")
	case KindBranchMissing:
		say("the reader schema takes no %s, which is a branch of the union of the writer schema", wt)
	case KindFixedSize:
		param("writerSize", strconv.Itoa(w.size))
		param("readerSize", strconv.Itoa(r.size))
		b.Writer.Pointer, b.Reader.Pointer = b.Writer.Pointer+"/size", b.Reader.Pointer+"/size"
		say("%s has size %d in the reader schema and %d in the writer schema", wt, r.size, w.size)
	default:
		a.explainLogical(f, b, w, r)
	}
}

func (a *answer) explainLogical(f *finding, b *schema.Break, w, r *op) {
	lw, lr := w.node.Logical, r.node.Logical
	b.Params = append(b.Params, schema.Param{Name: "writerLogicalType", Value: logicalText(lw)},
		schema.Param{Name: "readerLogicalType", Value: logicalText(lr)})
	switch f.kind {
	case KindDecimalScale, KindDecimalPrecision:
		b.Message = fmt.Sprintf("the reader schema has %s where the writer schema has %s", logicalText(lr), logicalText(lw))
	case KindLogicalChanged:
		b.Message = fmt.Sprintf("the reader schema reads a value as %s that the writer schema writes as %s", logicalText(lr), logicalText(lw))
	case KindLogicalRestricts:
		b.Message = fmt.Sprintf("the reader schema takes only %s where the writer schema has any %s", logicalText(lr), w.kind)
	case KindLogicalReaderOnly:
		b.Message = fmt.Sprintf("the reader schema calls a %s %s, which the writer schema does not; the data stays readable", w.kind, logicalText(lr))
	case KindLogicalWriterOnly:
		b.Message = fmt.Sprintf("the writer schema calls a %s %s, which the reader schema does not; the data stays readable", w.kind, logicalText(lw))
	case KindUnionAmbiguous:
		read, letter := "", a.ways[f.doubt]
		for letter.depth > a.ways[f.ways[0]].depth+1 {
			letter = a.ways[letter.parent]
		}
		read = typeName(letter.edge.r.node)
		b.Message = fmt.Sprintf("a reader that takes the first match of the union in the reader schema reads %s of the writer schema as %s, one that takes the best match does not",
			typeName(letter.edge.w.node), read)
		b.Params = []schema.Param{{Name: "writerType", Value: typeName(letter.edge.w.node)}, {Name: "firstMatch", Value: read}}
	}
}

func (a *answer) explainField(f *finding, b *schema.Break, w, r *op) {
	field := r.node.Fields[f.index]
	b.Reader.Pointer += "/fields/" + strconv.Itoa(f.index)
	b.Reader.Position = field.Position
	b.Params = append(b.Params, schema.Param{Name: "record", Value: clip(r.node.Name)}, schema.Param{Name: "field", Value: clip(field.Name)},
		schema.Param{Name: "type", Value: describeType(field.Type)})
	name := clip(field.Name)
	if f.kind == KindFieldAmbiguous {
		b.Message = fmt.Sprintf("the field %q of the reader schema matches several fields of the writer schema, by name and by alias", name)
		return
	}
	if field.Default != nil {
		_, what := defaultFits(field)
		b.Message = fmt.Sprintf("the reader schema needs the field %q, which the writer schema lacks, and its default does not fit: %s", name, what)
		return
	}
	kind, old := renamedField(w.node, r.node, field)
	b.Kind = kind
	switch kind {
	case KindFieldRenamedAlias:
		b.Message = fmt.Sprintf("the reader schema needs the field %q, which is an alias of the field %q of the writer schema, but only aliases of the reader schema count", name, clip(old))
	case KindFieldRenamed:
		b.Message = fmt.Sprintf("the reader schema needs the field %q without a default; the writer schema has the field %q instead, and no alias says that they are the same", name, clip(old))
	default:
		b.Message = fmt.Sprintf("the reader schema needs the field %q, which the writer schema lacks, and there is no default", name)
		return
	}
	b.Params = append(b.Params, schema.Param{Name: "writerField", Value: clip(old)})
}

// renamedField looks for the writer's field that a missing one may have been:
// one that has its name as an alias, or the only one left over on the writer's
// side if it has the same type, no default, and nothing else is missing.
func renamedField(w, r *Node, missing *Field) (kind, name string) {
	index := fieldIndex{fields: w.Fields}
	read := make([]bool, len(w.Fields))
	lacking := 0
	for i, f := range r.Fields {
		if j, _ := index.source(f, i); j >= 0 {
			read[j] = true
		} else if f.Default == nil {
			lacking++
		}
	}
	var left *Field
	spare := 0
	for j, f := range w.Fields {
		if read[j] {
			continue
		}
		for _, alias := range f.Aliases {
			if alias == missing.Name {
				return KindFieldRenamedAlias, f.Name
			}
		}
		left = f
		spare++
	}
	if lacking == 1 && spare == 1 && left.Default == nil && sameType(left.Type, missing.Type) && left.Type.Logical == missing.Type.Logical {
		return KindFieldRenamed, left.Name
	}
	return KindFieldMissing, ""
}

// describeType names a type, a union by its branches.
func describeType(n *Node) string {
	if n.Kind != Union {
		return typeName(n)
	}
	const shown = 5
	var names []string
	for i, b := range n.Branches {
		if i == shown {
			names = append(names, "…")
			break
		}
		names = append(names, typeName(b))
	}
	return "union of " + strings.Join(names, ", ")
}

func logicalText(l Logical) string {
	if l.Type == "decimal" {
		return fmt.Sprintf("decimal(%d,%d)", l.Precision, l.Scale)
	}
	return l.Type
}

// origin is where a type stands first, which is where the canonical text
// defines it: a part of another type.
type origin struct {
	within  *Node // nil at the root
	segment string
}

// place is where a type is defined in the canonical text of a side.
func (a *answer) place(side int, n *Node) schema.Place {
	if a.origins[side] == nil {
		root := a.writer.Root
		if side == 1 {
			root = a.reader.Root
		}
		a.origins[side] = map[*Node]origin{}
		note(a.origins[side], root, origin{})
	}
	var segments []string
	for o := a.origins[side][n]; o.within != nil; o = a.origins[side][o.within] {
		segments = append(segments, o.segment)
	}
	slices.Reverse(segments)
	return schema.Place{Pointer: strings.Join(segments, ""), Document: n.Document, Position: n.Position}
}

// note goes as deep as the parser did when it measured the schema.
func note(into map[*Node]origin, n *Node, o origin) {
	if _, ok := into[n]; ok {
		return
	}
	into[n] = o
	switch n.Kind {
	case Record:
		for i, f := range n.Fields {
			note(into, f.Type, origin{n, "/fields/" + strconv.Itoa(i) + "/type"})
		}
	case Array:
		note(into, n.Items, origin{n, "/items"})
	case Map:
		note(into, n.Items, origin{n, "/values"})
	case Union:
		for i, b := range n.Branches {
			note(into, b, origin{n, "/" + strconv.Itoa(i)})
		}
	}
}
