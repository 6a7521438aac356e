package protobuf

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/instar-registry/instar/schema"
)

// params collects the named values of a sentence. Names that start with writer
// or reader are turned into those of the old and the new side by those who know
// which is which.
type params []schema.Param

func (p *params) set(name, value string) {
	if value == "" {
		value = "none"
	}
	*p = append(*p, schema.Param{Name: name, Value: clipped(value)})
}

func (p *params) both(name, writer, reader string) {
	p.set("writer"+name, writer)
	p.set("reader"+name, reader)
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// parameters are the named values of a finding.
func (a *answer) parameters(f *finding) []schema.Param {
	var p params
	switch {
	case f.we != nil:
		p.enum(f)
	case f.w == nil && f.r == nil:
		p.declaration(f, a)
	default:
		p.field(f)
	}
	return p
}

// enum are the values of what is told of a pair of enums.
func (p *params) enum(f *finding) {
	n := f.leaf.value.String()
	switch f.kind {
	case KindReservedNumberWriterOnly, KindReservedNumberReaderOnly:
		p.set("message", f.we.full)
		p.set("number", f.name)
		return
	case KindReservedNameWriterOnly, KindReservedNameReaderOnly:
		p.set("message", f.we.full)
		p.set("name", f.name)
		return
	case KindNumberUsed:
		p.set("name", f.name)
		p.set("number", n)
		return
	case KindNameUsed:
		p.set("name", f.name)
		return
	}
	p.set("enum", f.we.full)
	switch f.kind {
	case KindEnumClosed:
	case KindValueNumber:
		p.set("value", f.name)
		p.both("Number", n, decimal(f.re.byName[f.name]))
	case KindValueRenamed:
		p.set("number", n)
		p.both("Name", f.name, f.other)
	default:
		p.set("value", f.name)
		p.set("number", n)
	}
}

// field are the values of what is told of a field or a pair of fields.
func (p *params) field(f *finding) {
	w, r := f.w, f.r
	own := w
	if own == nil {
		own = r
	}
	switch f.kind {
	case KindFieldRenamed:
		p.set("number", decimal(own.number))
		p.both("Name", w.name, r.name)
		return
	case KindExtensionNumber:
		p.set("extension", w.name)
		p.both("Number", decimal(w.number), decimal(r.number))
		return
	case KindNumberUsed, KindNameUsed:
		p.set("name", own.name)
		p.set("number", decimal(own.number))
		return
	case KindDeprecatedReaderOnly, KindDeprecatedWriterOnly:
		p.set("element", own.name)
		return
	case KindMessageSet:
		p.set("message", own.parent.full)
		return
	}
	p.set("field", own.name)
	switch f.kind {
	case KindFieldNumber:
		p.both("Number", decimal(w.number), decimal(r.number))
	case KindMessageEncoding:
		p.both("Encoding", encodingOf(w), encodingOf(r))
	case KindDefault:
		p.both("Default", show(w, w.absent), show(r, r.absent))
	case KindEnumZero:
		p.set("enum", enumNameOf(w, r))
		p.both("Value", show(w, w.absent), show(r, r.absent))
	case KindFieldsGrouped, KindMovedIntoOneof:
		p.set("oneof", f.name)
	case KindMovedBetween:
		p.both("Oneof", w.oneof.name, f.name)
	case KindMemberWriterOnly:
		p.set("oneof", w.oneof.name)
	case KindMemberReaderOnly:
		p.set("oneof", r.oneof.name)
	case KindJSONName:
		p.both("Name", w.json, r.json)
	case KindJSONForm:
		p.both("Form", describeType(w), describeType(r))
	case KindFieldOption:
		p.set("option", f.name)
		p.both("", optionText(w.options, f.name), optionText(r.options, f.name))
	default:
		p.set("number", decimal(own.number))
		if w != nil && r != nil {
			p.both("Type", describeType(w), describeType(r))
		}
	}
}

func encodingOf(f *fieldType) string {
	if f.wire == protowire.StartGroupType {
		return "delimited"
	}
	return "length-prefixed"
}

func enumNameOf(w, r *fieldType) string {
	if w.enum != nil {
		return w.enum.full
	}
	return r.enum.full
}

// declaration are the values of what is told of messages and files.
func (p *params) declaration(f *finding, a *answer) {
	var m *messageType
	if len(f.spots) > 0 {
		m = a.ways[f.spots[0].way].edge.w
	}
	switch f.kind {
	case KindReservedNumberWriterOnly, KindReservedNumberReaderOnly:
		p.set("message", m.full)
		p.set("number", f.name)
	case KindReservedNameWriterOnly, KindReservedNameReaderOnly:
		p.set("message", m.full)
		p.set("name", f.name)
	case KindRangeWriterOnly, KindRangeReaderOnly:
		p.set("message", m.full)
		p.set("range", f.name)
	case KindOneofWriterOnly, KindOneofReaderOnly:
		p.set("oneof", f.name)
	case KindOneofRenamed, KindMessageRenamed, KindEnumRenamed:
		p.both("Name", f.name, f.other)
	case KindJSONFormat:
		p.set("message", m.full)
		p.both("Format", formatOf(m), formatOf(a.ways[f.spots[0].way].edge.r))
	case KindMessageMissing, KindMessageExtra:
		p.set("message", f.name)
	case KindPackage:
		p.both("Package", f.name, f.other)
	case KindSyntax:
		p.both("Syntax", f.name, f.other)
	case KindFileOption:
		p.set("option", f.name)
		p.both("", optionText(a.writer.options, f.name), optionText(a.reader.options, f.name))
	case KindRPCSignature, KindRPCWriterOnly, KindRPCReaderOnly:
		service, rpc, _ := strings.Cut(f.name, ".")
		p.set("service", service)
		p.set("rpc", rpc)
		if f.kind == KindRPCSignature {
			writer, reader, _ := strings.Cut(f.other, "\n")
			p.both("", writer, reader)
		}
	case KindServiceWriterOnly, KindServiceReaderOnly:
		p.set("service", f.name)
	case KindEnumWriterOnly, KindEnumReaderOnly:
		p.set("enum", f.name)
	case KindExtensionWriterOnly, KindExtensionReaderOnly:
		p.set("extension", f.name)
	case KindPublicWriterOnly, KindPublicReaderOnly, KindImportWriterOnly, KindImportReaderOnly:
		p.set("import", f.name)
	case KindDeprecatedReaderOnly, KindDeprecatedWriterOnly:
		p.set("element", m.full)
	default:
		p.set("message", m.full)
	}
}

func formatOf(m *messageType) string {
	if m.legacy {
		return "LEGACY_BEST_EFFORT"
	}
	return "ALLOW"
}

// optionText shows the value of an option.
func optionText(list []setOption, name string) string {
	for _, o := range list {
		if o.name == name {
			return o.text
		}
	}
	return "unset"
}

// describeType writes a type as a schema does.
func describeType(f *fieldType) string {
	element := f.kind.String()
	switch {
	case f.mapped:
		return "map<" + describeType(f.message.field(1)) + ", " + describeType(f.message.field(2)) + ">"
	case f.message != nil:
		element = f.message.full
	case f.enum != nil:
		element = f.enum.full
	}
	switch {
	case f.list:
		return "repeated " + element
	case f.required:
		return "required " + element
	default:
		return element
	}
}
