package protobuf

import "github.com/bufbuild/protocompile/ast"

// The element types are a schema reduced to what its canonical text shows:
// comments and layout are gone, names are as they were written, and the members
// of each declaration are grouped by kind in the order in which the canonical
// text prints the kinds.

type fileElement struct {
	syntax   string // "proto2" or "proto3"; empty if none was written
	edition  string // "2023"; empty unless the file uses editions
	pkg      string
	imports  []importElement
	options  []optionElement
	messages []*messageElement
	enums    []*enumElement
	extends  []*extendElement
	services []*serviceElement
}

// modifier of an import: empty, "public" or "weak".
type importElement struct {
	modifier string
	path     string
}

type messageElement struct {
	name       string
	reserved   []rangesElement
	options    []optionElement
	fields     []*fieldElement
	oneofs     []*oneofElement
	groups     []*fieldElement
	extensions []rangesElement
	extends    []*extendElement
	messages   []*messageElement
	enums      []*enumElement
	node       ast.Node // where it stood; nil if it was not read from text
}

// fieldElement is a field, a map field or, if body is set, a group.
type fieldElement struct {
	label    string // as written: "", "optional", "required", "repeated"
	typ      string // as written; empty for groups and maps
	key, val string // of a map field
	name     string
	tag      int64
	options  []optionElement
	body     *messageElement
	node     ast.Node
}

type oneofElement struct {
	name    string
	options []optionElement
	fields  []*fieldElement
	groups  []*fieldElement
}

type enumElement struct {
	name     string
	reserved []rangesElement
	options  []optionElement
	values   []enumValueElement
	node     ast.Node
}

type enumValueElement struct {
	name    string
	number  int64
	options []optionElement
}

type extendElement struct {
	name   string
	fields []*fieldElement
	groups []*fieldElement
}

type serviceElement struct {
	name    string
	options []optionElement
	rpcs    []rpcElement
}

type rpcElement struct {
	name          string
	input, output string
	streamsInput  bool
	streamsOutput bool
	options       []optionElement
}

// rangesElement is one reserved or extensions statement.
type rangesElement struct {
	ranges  []numberRange
	names   []string // reserved names
	idents  bool     // names are written as identifiers (editions)
	options []optionElement
}

// numberRange includes both ends. single is true if no "to" was written.
type numberRange struct {
	start, end int64
	single     bool
	max        bool // the end was written as "max"
}

// optionElement is one option; its name is the dotted sequence of parts.
type optionElement struct {
	parts []optionPart
	value optionValue
	node  ast.Node
}

// optionPart is one step of an option name: a plain field or, in parentheses,
// an extension.
type optionPart struct {
	name      string
	extension bool
}

type valueKind uint8

const (
	stringValue valueKind = iota
	identValue            // true, false, an enum value, inf, nan
	numberValue
	mapValue
	listValue
)

// optionValue is the value of an option. Numbers keep their spelling.
type optionValue struct {
	kind    valueKind
	text    string
	entries []mapEntry
	items   []optionValue
}

// mapEntry is a field of a message literal. key carries the brackets of an
// extension or type URL.
type mapEntry struct {
	key   string
	value optionValue
}

func stringOf(s string) optionValue { return optionValue{kind: stringValue, text: s} }
func identOf(s string) optionValue  { return optionValue{kind: identValue, text: s} }
func numberOf(s string) optionValue { return optionValue{kind: numberValue, text: s} }

func plainOption(name string, v optionValue) optionElement {
	return optionElement{parts: []optionPart{{name: name}}, value: v}
}

func extensionOption(name string, v optionValue) optionElement {
	return optionElement{parts: []optionPart{{name: name, extension: true}}, value: v}
}

// is reports whether the option's name is the single plain part name.
func (o optionElement) is(name string) bool {
	return len(o.parts) == 1 && !o.parts[0].extension && o.parts[0].name == name
}

// isCustom reports whether the option is an extension.
func (o optionElement) isCustom() bool { return len(o.parts) > 0 && o.parts[0].extension }

// isMapEntry reports whether the message is a map entry that was written out,
// as printers that work from descriptors do.
func (m *messageElement) isMapEntry() bool {
	for _, o := range m.options {
		if o.is("map_entry") && o.value.text == "true" {
			return true
		}
	}
	return false
}
