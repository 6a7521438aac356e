package protobuf

import (
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// describe says what a finding is and where it lies on both sides.
func (a *answer) describe(f *finding) schema.Break {
	b := schema.Break{Kind: f.kind, Class: f.class, Surface: f.surface, Path: "$"}
	if strings.HasPrefix(f.kind, "message-") || strings.HasPrefix(f.kind, "enum-") {
		b.Path = f.name // without a place in an event
	}
	for i, at := range f.spots {
		if i == 0 {
			b.Path = a.path(at)
			continue
		}
		b.Paths = append(b.Paths, a.path(at))
	}
	a.places(f, &b)
	p := a.parameters(f)
	for _, name := range paramOrder {
		if p[name] != "" {
			b.Params = append(b.Params, schema.Param{Name: name, Value: p[name]})
		}
	}
	message, ok := sentences[f.kind]
	if !ok {
		message = "the schemas differ here"
	}
	if f.kind == KindMessageMissing && f.class == schema.ClassData {
		message = "the reader schema has no message {message}, which events of the writer schema are"
	}
	if f.kind == KindValueMissing && f.class == schema.ClassPolicy {
		message = "the reader schema lacks the value {symbol} = {value} of enum {enum} of the writer schema and keeps its number"
	}
	var pairs []string
	for name, value := range p {
		pairs = append(pairs, "{"+name+"}", value)
	}
	b.Message = strings.NewReplacer(pairs...).Replace(message)
	if f.class == schema.ClassPolicy {
		b.Message += "; the data stays readable"
		if f.surface == SurfaceJSON {
			b.Message += " in binary form"
		}
	}
	return b
}

// places finds the closest declarations.
func (a *answer) places(f *finding, b *schema.Break) {
	if len(f.spots) == 0 {
		if m := a.writer.byName[f.name]; m != nil && strings.HasPrefix(f.kind, "message-") {
			b.Writer = a.messagePlace(0, m)
		}
		for _, name := range []string{f.other, f.name} {
			if m := a.reader.byName[name]; m != nil && b.Reader.Pointer == "" && strings.HasPrefix(f.kind, "message-") {
				b.Reader = a.messagePlace(1, m)
			}
			if e := a.reader.enumByName[name]; e != nil && b.Reader.Pointer == "" && strings.HasPrefix(f.kind, "enum-") {
				b.Reader = a.enumPlace(1, e)
			}
		}
		if e := a.writer.enumByName[f.name]; e != nil && strings.HasPrefix(f.kind, "enum-") {
			b.Writer = a.enumPlace(0, e)
		}
		return
	}
	if f.we != nil {
		b.Writer, b.Reader = a.enumPlace(0, f.we), a.enumPlace(1, f.re)
		return
	}
	pair := a.ways[f.spots[0].way].edge
	b.Writer, b.Reader = a.messagePlace(0, pair.w), a.messagePlace(1, pair.r)
	if f.w != nil {
		b.Writer = a.fieldPlace(0, f.w)
	}
	if f.r != nil {
		b.Reader = a.fieldPlace(1, f.r)
	}
}

// paramOrder is the order of parameters in a break.
var paramOrder = []string{"message", "field", "number", "readerField", "readerNumber", "writerType", "readerType", "enum", "symbol", "value", "oneof", "name", "other"}

// parameters are the named values of a sentence.
func (a *answer) parameters(f *finding) map[string]string {
	p := map[string]string{}
	set := func(name, value string) { p[name] = clipped(value) }
	if len(f.spots) > 0 {
		set("message", a.ways[f.spots[0].way].edge.w.full)
	}
	w, r := f.w, f.r
	if w != nil {
		set("field", w.name)
		set("number", strconv.FormatInt(w.number, 10))
		set("writerType", describeType(w))
	}
	if r != nil {
		if w == nil {
			set("field", r.name)
			set("number", strconv.FormatInt(r.number, 10))
		}
		set("readerField", r.name)
		set("readerNumber", strconv.FormatInt(r.number, 10))
		set("readerType", describeType(r))
	}
	if f.we != nil {
		set("enum", f.we.full)
		set("symbol", f.name)
		set("value", f.leaf.value.String())
		set("other", f.other)
		if f.kind == KindValueNumber {
			set("other", strconv.FormatInt(f.re.byName[f.name], 10))
		}
		if f.name == "" {
			delete(p, "symbol")
		}
		switch f.kind {
		case KindReservedNumberWriterOnly, KindReservedNumberReaderOnly, KindReservedNameWriterOnly, KindReservedNameReaderOnly, KindNameUsed:
			delete(p, "symbol")
			delete(p, "value")
			set("name", f.name)
		case KindNumberUsed:
			set("number", f.leaf.value.String())
			set("field", f.name)
		}
		return p
	}
	switch f.kind {
	case KindFieldsGrouped, KindMovedIntoOneof, KindMovedBetween:
		set("oneof", f.name)
		set("other", f.leaf.with.name)
	case KindMessageMissing, KindMessageExtra, KindMessageRenamed:
		set("message", f.name)
		set("other", f.other)
	case KindDefault, KindEnumZero:
		set("value", w.absent.String())
		set("other", r.absent.String())
	case KindJSONName, KindFieldRenamed:
		set("name", w.json)
		if r != nil {
			set("other", r.json)
		}
	default:
		if f.name != "" {
			set("name", f.name)
		}
		if f.other != "" {
			set("other", f.other)
		}
	}
	if f.kind == KindDeprecatedReaderOnly || f.kind == KindDeprecatedWriterOnly {
		if w != nil {
			set("name", w.name)
		} else {
			set("name", p["message"])
		}
	}
	return p
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

// sentences say what each kind is about.
var sentences = map[string]string{
	KindTypeNarrowed:     "the reader schema has {readerType} for {field} where the writer schema has {writerType}, which holds more numbers",
	KindTypeChanged:      "the reader schema has {readerType} for {field} where the writer schema has {writerType}, whose bytes it does not read",
	KindReinterpreted:    "the reader schema has {readerType} for {field} where the writer schema has {writerType}, and takes the same bytes for another value",
	KindIntToBool:        "the reader schema has bool for {field} where the writer schema has {writerType}, and reads every number but 0 as true",
	KindIntToEnum:        "the reader schema has the enum {readerType} for {field} where the writer schema has {writerType}, which holds numbers that the enum does not",
	KindEnumToInt:        "the reader schema has {readerType} for {field} where the writer schema has the enum {writerType}, which holds numbers that it does not",
	KindBytesToString:    "the reader schema has {readerType} for {field} where the writer schema has {writerType}, which need not be UTF-8",
	KindBytesToMessage:   "the reader schema has the message {readerType} for {field} where the writer schema has {writerType}, which need not be an encoded message",
	KindMessageToBytes:   "the reader schema has {readerType} for {field} where the writer schema has the message {writerType}, and reads its encoded form",
	KindMadeSingular:     "the reader schema has one {readerType} for {field} where the writer schema has {writerType}",
	KindMadeRequired:     "the reader schema requires {field}, which an event of the writer schema may leave out",
	KindRequiredAdded:    "the reader schema requires {field}, which the writer schema lacks",
	KindFieldsGrouped:    "the fields {field} and {other}, which the writer schema may set together, exclude each other in the oneof {oneof} of the reader schema",
	KindMovedIntoOneof:   "the field {field}, which the writer schema may set together with {other}, excludes it in the oneof {oneof} of the reader schema",
	KindMovedBetween:     "the fields {field} and {other} are in different oneofs of the writer schema and exclude each other in the oneof {oneof} of the reader schema",
	KindRepeatedToMap:    "the reader schema has a map for {field} where the writer schema has {writerType}, whose elements may share a key",
	KindEnumClosed:       "the enum {enum} is closed in the reader schema, which drops numbers that it does not list, and open in the writer schema",
	KindValueMissing:     "the reader schema lacks the value {symbol} = {value} of enum {enum} of the writer schema",
	KindValueNumber:      "the symbol {symbol} of enum {enum} is {other} in the reader schema and {value} in the writer schema",
	KindEnumZero:         "without a value, {field} reads as {other} in the reader schema and as {value} in the writer schema, because the first values of the enums differ",
	KindUTF8Added:        "the reader schema refuses text in {field} that is not UTF-8, which the writer schema lets through",
	KindMessageMissing:   "the reader schema has no message {message}, which the writer schema has",
	KindMessageType:      "the reader schema has {readerType} for {field} where the writer schema has {writerType}, and their structures differ",
	KindMessageEncoding:  "the reader schema encodes the message {field} in another way (delimited or length-prefixed) than the writer schema",
	KindMessageSet:       "only one of reader schema and writer schema encodes {message} as a message set",
	KindFieldNumber:      "the field {field} has number {readerNumber} in the reader schema and {number} in the writer schema",
	KindExtensionNumber:  "the extension {field} has number {readerNumber} in the reader schema and {number} in the writer schema",
	KindDefault:          "without a value, {field} reads as {other} in the reader schema and as {value} in the writer schema",
	KindFieldRenamed:     "the field {field} of the writer schema has the name {readerField} in the reader schema",
	KindJSONName:         "the JSON name of {field} is {name} in the writer schema and {other} in the reader schema",
	KindJSONForm:         "the JSON form of {readerType} in the reader schema is another one than that of {writerType} in the writer schema",
	KindValueRenamed:     "the value {value} of enum {enum} is {symbol} in the writer schema and {other} in the reader schema",
	KindJSONFormat:       "the reader schema and the writer schema keep JSON names apart with different strictness (json_format)",
	KindPresenceLost:     "the reader schema does not tell an absent {field} from a zero one, which the writer schema does",
	KindPresenceGained:   "the reader schema tells an absent {field} from a zero one, which the writer schema does not",
	KindTypeRenamed:      "the reader schema has {readerType} for {field} where the writer schema has {writerType}",
	KindMessageRenamed:   "the message {message} of the writer schema has the name {other} in the reader schema, with the same structure; values in google.protobuf.Any carry the name",
	KindEnumRenamed:      "the enum {name} of the writer schema has the name {other} in the reader schema, with the same values",
	KindOneofRenamed:     "the oneof {name} of the writer schema has the name {other} in the reader schema",
	KindPackage:          "the package is \"{other}\" in the reader schema and \"{name}\" in the writer schema; values in google.protobuf.Any carry the name",
	KindSyntax:           "the reader schema is written in {other} and the writer schema in {name}",
	KindFileOption:       "the file option {name} differs between reader schema and writer schema",
	KindFieldOption:      "the option {name} of {field} differs between reader schema and writer schema",
	KindRPCSignature:     "the method {name} takes or returns other types in the reader schema than in the writer schema",
	KindMessageExtra:     "the reader schema has a message {message}, which the writer schema lacks",
	KindFieldWriterOnly:  "the writer schema has a field {field} = {number}, which the reader schema lacks",
	KindFieldReaderOnly:  "the reader schema has a field {field} = {number}, which the writer schema lacks",
	KindValueExtra:       "the reader schema has the value {symbol} = {value} of enum {enum}, which the writer schema lacks",
	KindPacked:           "only one of reader schema and writer schema packs the elements of {field}; both are read",
	KindMessageMoved:     "the message {message} stands elsewhere in the reader schema than in the writer schema",
	KindNumberUnreserved: "the reader schema lacks the field {field} of the writer schema and does not reserve its number {number}",
	KindNameUnreserved:   "the reader schema lacks the field {field} of the writer schema and does not reserve its name",
	KindValueUnreserved:  "the reader schema lacks the value {symbol} of enum {enum} of the writer schema and does not reserve its number {value}",
	KindSymbolUnreserved: "the reader schema lacks the value {symbol} of enum {enum} of the writer schema and does not reserve its name",
	KindNumberUsed:       "the reader schema uses the number {number} for {field}, which the writer schema reserves",
	KindNameUsed:         "the reader schema uses the name {field}{name}, which the writer schema reserves",

	KindReservedNumberWriterOnly: "the writer schema reserves {name}, which the reader schema does not",
	KindReservedNumberReaderOnly: "the reader schema reserves {name}, which the writer schema does not",
	KindReservedNameWriterOnly:   "the writer schema reserves the name {name}, which the reader schema does not",
	KindReservedNameReaderOnly:   "the reader schema reserves the name {name}, which the writer schema does not",
	KindOneofWriterOnly:          "the writer schema has a oneof {name}, which the reader schema lacks",
	KindOneofReaderOnly:          "the reader schema has a oneof {name}, which the writer schema lacks",
	KindMemberWriterOnly:         "the field {field} is a member of a oneof in the writer schema that the reader schema has without it",
	KindMemberReaderOnly:         "the field {field} is a member of a oneof in the reader schema that the writer schema has without it",
	KindEnumWriterOnly:           "the writer schema has an enum {name}, which the reader schema lacks",
	KindEnumReaderOnly:           "the reader schema has an enum {name}, which the writer schema lacks",
	KindExtensionWriterOnly:      "the writer schema declares the extension {name}, which the reader schema does not",
	KindExtensionReaderOnly:      "the reader schema declares the extension {name}, which the writer schema does not",
	KindRangeWriterOnly:          "the writer schema gives {name} to extensions, which the reader schema does not",
	KindRangeReaderOnly:          "the reader schema gives {name} to extensions, which the writer schema does not",
	KindPublicWriterOnly:         "the writer schema imports {name} for its own users too, which the reader schema does not",
	KindPublicReaderOnly:         "the reader schema imports {name} for its own users too, which the writer schema does not",
	KindServiceWriterOnly:        "the writer schema has a service {name}, which the reader schema lacks",
	KindServiceReaderOnly:        "the reader schema has a service {name}, which the writer schema lacks",
	KindRPCWriterOnly:            "the writer schema has a method {name}, which the reader schema lacks",
	KindRPCReaderOnly:            "the reader schema has a method {name}, which the writer schema lacks",
	KindImportWriterOnly:         "the writer schema imports {name}, which the reader schema does not",
	KindImportReaderOnly:         "the reader schema imports {name}, which the writer schema does not",
	KindAliasWriterOnly:          "the writer schema has {symbol} as a further name of a value of enum {enum}, which the reader schema lacks",
	KindAliasReaderOnly:          "the reader schema has {symbol} as a further name of a value of enum {enum}, which the writer schema lacks",
	KindDeprecatedWriterOnly:     "the writer schema calls {name} deprecated, which the reader schema does not",
	KindDeprecatedReaderOnly:     "the reader schema calls {name} deprecated, which the writer schema does not",
}
