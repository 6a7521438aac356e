package protobuf

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The largest numbers that a range may end with; they print as "max".
const (
	maxFieldNumber = 1<<29 - 1
	maxEnumNumber  = 1<<31 - 1
)

// printer writes elements as the canonical text.
//
// The layout is the one that Confluent's registry stores, because clients and
// other registries compare texts and hash them: a section starts with a line
// break, so the first section of a body ends the header line and every further
// one is set off by a line that holds nothing but the indentation of the
// enclosing body.
type printer struct {
	b []byte
	// ignoreExtensions drops custom options, extension ranges and extend
	// blocks.
	ignoreExtensions bool
	// keepOrder leaves the options of fields in the order they have.
	keepOrder bool
}

// printFile returns the text of f.
func printFile(f *fileElement, ignoreExtensions bool) string {
	p := &printer{ignoreExtensions: ignoreExtensions}
	p.file(f)
	return string(p.b)
}

func (p *printer) str(s string) { p.b = append(p.b, s...) }
func (p *printer) num(n int64)  { p.b = strconv.AppendInt(p.b, n, 10) }
func (p *printer) indent(depth int) {
	for range depth {
		p.str("  ")
	}
}

// section starts a group of members in a body at the given depth.
type section struct {
	p     *printer
	depth int
	used  bool
}

func (s *section) start() {
	if s.used {
		s.p.indent(s.depth)
	}
	s.p.str("\n")
	s.used = true
}

func (p *printer) file(f *fileElement) {
	if f.syntax != "" {
		p.str(`syntax = "` + f.syntax + "\";\n")
	}
	if f.edition != "" {
		p.str(`edition = "` + f.edition + "\";\n")
	}
	if f.pkg != "" {
		p.str("package " + f.pkg + ";\n")
	}
	p.imports(f.imports)
	if options := p.filter(f.options); len(options) > 0 {
		p.str("\n")
		p.optionLines(options, 0)
	}
	if len(f.messages)+len(f.enums) > 0 {
		p.str("\n")
		p.types(f.messages, f.enums, 0)
	}
	if len(f.extends) > 0 && !p.ignoreExtensions {
		p.str("\n")
		for _, e := range f.extends {
			p.extend(e, 0)
		}
	}
	if len(f.services) > 0 {
		p.str("\n")
		for _, s := range f.services {
			p.service(s)
		}
	}
}

func (p *printer) imports(imports []importElement) {
	if len(imports) == 0 {
		return
	}
	p.str("\n")
	for _, modifier := range []string{"", "weak", "public"} {
		for _, i := range imports {
			if i.modifier != modifier {
				continue
			}
			p.str("import ")
			if modifier != "" {
				p.str(modifier + " ")
			}
			p.quoted(i.path)
			p.str(";\n")
		}
	}
}

func (p *printer) types(messages []*messageElement, enums []*enumElement, depth int) {
	for _, m := range messages {
		p.indent(depth)
		p.str("message " + m.name + " {")
		p.body(m, depth)
	}
	for _, e := range enums {
		p.enum(e, depth)
	}
}

// body prints what stands between the braces of a message or group, and the
// closing brace.
func (p *printer) body(m *messageElement, depth int) {
	s := section{p: p, depth: depth}
	if len(m.reserved) > 0 {
		s.start()
		for _, r := range m.reserved {
			p.ranges("reserved", r, maxFieldNumber, depth+1)
		}
	}
	if options := p.filter(m.options); len(options) > 0 {
		s.start()
		p.optionLines(options, depth+1)
	}
	if len(m.fields) > 0 {
		s.start()
		p.fields(m.fields, depth+1)
	}
	if len(m.oneofs) > 0 {
		s.start()
		for _, o := range m.oneofs {
			p.oneof(o, depth+1)
		}
	}
	if len(m.groups) > 0 {
		s.start()
		p.fields(m.groups, depth+1)
	}
	if len(m.extensions) > 0 && !p.ignoreExtensions {
		s.start()
		for _, r := range m.extensions {
			p.ranges("extensions", r, maxFieldNumber, depth+1)
		}
	}
	if len(m.extends) > 0 && !p.ignoreExtensions {
		s.start()
		for _, e := range m.extends {
			p.extend(e, depth+1)
		}
	}
	if len(m.messages)+len(m.enums) > 0 {
		s.start()
		p.types(m.messages, m.enums, depth+1)
	}
	p.closeBody(&s)
}

func (p *printer) closeBody(s *section) {
	if s.used {
		p.indent(s.depth)
	}
	p.str("}\n")
}

func (p *printer) oneof(o *oneofElement, depth int) {
	p.indent(depth)
	p.str("oneof " + o.name + " {")
	s := section{p: p, depth: depth}
	if options := p.filter(o.options); len(options) > 0 {
		s.start()
		p.optionLines(options, depth+1)
	}
	if len(o.fields) > 0 {
		s.start()
		p.fields(o.fields, depth+1)
	}
	if len(o.groups) > 0 {
		s.start()
		p.fields(o.groups, depth+1)
	}
	p.closeBody(&s)
}

func (p *printer) extend(e *extendElement, depth int) {
	p.indent(depth)
	p.str("extend " + e.name + " {")
	s := section{p: p, depth: depth}
	if len(e.fields) > 0 {
		s.start()
		p.fields(e.fields, depth+1)
	}
	if len(e.groups) > 0 {
		s.start()
		p.fields(e.groups, depth+1)
	}
	p.closeBody(&s)
}

func (p *printer) fields(fields []*fieldElement, depth int) {
	for _, f := range fields {
		p.field(f, depth)
	}
}

func (p *printer) field(f *fieldElement, depth int) {
	p.indent(depth)
	if f.label != "" {
		p.str(f.label + " ")
	}
	switch {
	case f.body != nil:
		p.str("group ")
	case f.key != "":
		p.str("map<" + f.key + ", " + f.val + "> ")
	default:
		p.str(f.typ + " ")
	}
	p.str(f.name + " = ")
	p.num(f.tag)
	options := f.options
	if !p.keepOrder {
		options = lastDefaults(options)
	}
	p.compactOptions(p.filter(options), depth)
	if f.body != nil {
		p.str(" {")
		p.body(f.body, depth)
		return
	}
	p.str(";\n")
}

// lastDefaults moves the two pseudo options to the end, default first.
func lastDefaults(options []optionElement) []optionElement {
	var out, last []optionElement
	for _, o := range options {
		if !o.is("default") && !o.is("json_name") {
			out = append(out, o)
		}
	}
	for _, name := range []string{"default", "json_name"} {
		for _, o := range options {
			if o.is(name) {
				last = append(last, o)
			}
		}
	}
	return append(out, last...)
}

func (p *printer) enum(e *enumElement, depth int) {
	p.indent(depth)
	p.str("enum " + e.name + " {")
	s := section{p: p, depth: depth}
	if len(e.reserved) > 0 {
		s.start()
		for _, r := range e.reserved {
			p.ranges("reserved", r, maxEnumNumber, depth+1)
		}
	}
	// Reserved numbers, options and constants share one section.
	if !s.used && len(e.options)+len(e.values) > 0 {
		s.start()
	}
	p.optionLines(p.filter(e.options), depth+1)
	for _, v := range e.values {
		p.indent(depth + 1)
		p.str(v.name + " = ")
		p.num(v.number)
		p.compactOptions(p.filter(v.options), depth+1)
		p.str(";\n")
	}
	p.closeBody(&s)
}

func (p *printer) service(v *serviceElement) {
	p.str("service " + v.name + " {")
	s := section{p: p}
	if options := p.filter(v.options); len(options) > 0 {
		s.start()
		p.optionLines(options, 1)
	}
	if len(v.rpcs) > 0 {
		s.start()
		for _, r := range v.rpcs {
			p.rpc(r)
		}
	}
	p.closeBody(&s)
}

func (p *printer) rpc(r rpcElement) {
	p.indent(1)
	p.str("rpc " + r.name + " (")
	if r.streamsInput {
		p.str("stream ")
	}
	p.str(r.input + ") returns (")
	if r.streamsOutput {
		p.str("stream ")
	}
	p.str(r.output + ")")
	if options := p.filter(r.options); len(options) > 0 {
		p.str(" {\n")
		p.optionLines(options, 2)
		p.indent(1)
		p.str("}")
	}
	p.str(";\n")
}

func (p *printer) ranges(keyword string, r rangesElement, max int64, depth int) {
	p.indent(depth)
	p.str(keyword + " ")
	for i, n := range r.ranges {
		if i > 0 {
			p.str(", ")
		}
		p.num(n.start)
		switch {
		case n.single:
		case n.max || n.end >= max:
			p.str(" to max")
		default:
			p.str(" to ")
			p.num(n.end)
		}
	}
	for i, name := range r.names {
		if i > 0 || len(r.ranges) > 0 {
			p.str(", ")
		}
		if r.idents {
			p.str(name)
		} else {
			p.quoted(name)
		}
	}
	p.compactOptions(p.filter(r.options), depth)
	p.str(";\n")
}

// quoted writes a string literal. Valid UTF-8 stays as it is; control
// characters without a short escape and stray bytes are written in octal, so
// that the literal reads back as the same bytes.
func (p *printer) quoted(s string) {
	p.str(`"`)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		c := s[i]
		short := strings.IndexByte("\a\b\f\n\r\t\v\\'\"", c)
		switch {
		case size == 1 && short >= 0:
			p.b = append(p.b, '\\', "abfnrtv\\'\""[short])
		case c < 0x20 || c == 0x7f || r == utf8.RuneError && size <= 1:
			p.b = append(p.b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			p.str(s[i : i+size])
		}
		i += size
	}
	p.str(`"`)
}
