package oracle

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema/jsonschema"
)

// shape is a JSON Schema that is drawn, printed and evaluated over the universe.
// A field that is not set is a keyword that is not there.
type shape struct {
	truth *bool  // the schemas true and false; nothing else is set then
	ref   string // a definition, "#" for the root; nothing else is set then

	types          []string
	enum           []string // JSON texts
	min, max       *bound
	multiple       int64 // in hundredths; 0 is none
	minLen, maxLen int   // -1 is none, as for all counts
	pattern        string

	props            []member
	patternProps     []member
	additional       *shape
	names            *shape
	required         []string
	minProps         int
	maxProps         int
	needs            []need
	unevaluatedProps *shape

	items            *shape
	prefix           []*shape // draft 2019-09 and older: "items" as a list
	additionalItems  *shape   // beside prefix; from 2020-12 "items"
	contains         *shape
	minContains      int
	maxContains      int
	minItems         int
	maxItems         int
	unique           bool
	unevaluatedItems *shape

	allOf, anyOf, oneOf   []*shape
	not, when, then, elze *shape
}

// bound is a limit of numbers, in hundredths.
type bound struct {
	at        int64
	exclusive bool
}

type member struct {
	key string
	sub *shape
}

// need is a dependency: on names, or on a schema.
type need struct {
	key   string
	names []string
	sub   *shape
}

func newShape() *shape {
	return &shape{minLen: -1, maxLen: -1, minProps: -1, maxProps: -1, minContains: -1, maxContains: -1, minItems: -1, maxItems: -1}
}

// model is a drawn schema with its definitions.
type model struct {
	draft jsonschema.Draft
	root  *shape
	defs  []member
}

// String prints the schema.
func (m *model) String() string {
	p := printer{draft: m.draft}
	p.member("$schema", strconv.Quote(m.draft.URI()))
	if m.root.truth != nil || m.root.ref != "" {
		p.member("allOf", "["+print(m.draft, m.root)+"]")
	} else {
		p.keywords(m.root)
	}
	if len(m.defs) > 0 {
		name := "definitions"
		if m.draft >= jsonschema.Draft2019 {
			name = "$defs"
		}
		p.members(name, m.defs)
	}
	return p.close()
}

// print prints a shape as a schema of a draft.
func print(d jsonschema.Draft, s *shape) string {
	switch {
	case s.ref == "#":
		return `{"$ref":"#"}`
	case s.ref != "" && d >= jsonschema.Draft2019:
		return `{"$ref":"#/$defs/` + s.ref + `"}`
	case s.ref != "":
		return `{"$ref":"#/definitions/` + s.ref + `"}`
	case s.truth != nil && d == jsonschema.Draft4 && *s.truth:
		return `{}`
	case s.truth != nil && d == jsonschema.Draft4:
		return `{"not":{}}`
	case s.truth != nil:
		return strconv.FormatBool(*s.truth)
	}
	p := printer{draft: d}
	p.keywords(s)
	return p.close()
}

type printer struct {
	draft jsonschema.Draft
	b     strings.Builder
}

func (p *printer) close() string {
	if p.b.Len() == 0 {
		return "{}"
	}
	return p.b.String() + "}"
}

func (p *printer) member(key, text string) {
	if p.b.Len() == 0 {
		p.b.WriteByte('{')
	} else {
		p.b.WriteByte(',')
	}
	p.b.WriteString(strconv.Quote(key) + ":" + text)
}

func (p *printer) sub(key string, s *shape) {
	if s != nil {
		p.member(key, print(p.draft, s))
	}
}

func (p *printer) list(key string, list []*shape) {
	if len(list) == 0 {
		return
	}
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = print(p.draft, s)
	}
	p.member(key, "["+strings.Join(texts, ",")+"]")
}

func (p *printer) members(key string, list []member) {
	if len(list) == 0 {
		return
	}
	texts := make([]string, len(list))
	for i, m := range list {
		texts[i] = strconv.Quote(m.key) + ":" + print(p.draft, m.sub)
	}
	p.member(key, "{"+strings.Join(texts, ",")+"}")
}

func (p *printer) count(key string, n int) {
	if n >= 0 {
		p.member(key, strconv.Itoa(n))
	}
}

func (p *printer) keywords(s *shape) {
	switch len(s.types) {
	case 0:
	case 1:
		p.member("type", strconv.Quote(s.types[0]))
	default:
		p.member("type", quoted(s.types))
	}
	if len(s.enum) == 1 && p.draft > jsonschema.Draft4 {
		p.member("const", s.enum[0])
	} else if len(s.enum) > 0 {
		p.member("enum", "["+strings.Join(s.enum, ",")+"]")
	}
	p.limit("inimum", "m", s.min)
	p.limit("aximum", "m", s.max)
	if s.multiple != 0 {
		p.member("multipleOf", hundredths(s.multiple))
	}
	p.count("minLength", s.minLen)
	p.count("maxLength", s.maxLen)
	if s.pattern != "" {
		p.member("pattern", strconv.Quote(s.pattern))
	}
	p.object(s)
	p.array(s)
	p.list("allOf", s.allOf)
	p.list("anyOf", s.anyOf)
	p.list("oneOf", s.oneOf)
	p.sub("not", s.not)
	p.sub("if", s.when)
	p.sub("then", s.then)
	p.sub("else", s.elze)
}

// limit prints a bound in the way of the draft; name lacks its first letter.
func (p *printer) limit(name, first string, b *bound) {
	switch {
	case b == nil:
	case !b.exclusive:
		p.member(first+name, hundredths(b.at))
	case p.draft == jsonschema.Draft4:
		p.member(first+name, hundredths(b.at))
		p.member("exclusive"+strings.ToUpper(first)+name, "true")
	default:
		p.member("exclusive"+strings.ToUpper(first)+name, hundredths(b.at))
	}
}

func (p *printer) object(s *shape) {
	p.members("properties", s.props)
	p.members("patternProperties", s.patternProps)
	p.sub("additionalProperties", s.additional)
	p.sub("propertyNames", s.names)
	if len(s.required) > 0 {
		p.member("required", quoted(s.required))
	}
	p.count("minProperties", s.minProps)
	p.count("maxProperties", s.maxProps)
	var names, schemas []string
	for _, n := range s.needs {
		if n.sub != nil {
			schemas = append(schemas, strconv.Quote(n.key)+":"+print(p.draft, n.sub))
		} else {
			names = append(names, strconv.Quote(n.key)+":"+quoted(n.names))
		}
	}
	if p.draft < jsonschema.Draft2019 {
		if all := append(names, schemas...); len(all) > 0 {
			p.member("dependencies", "{"+strings.Join(all, ",")+"}")
		}
	} else {
		if len(names) > 0 {
			p.member("dependentRequired", "{"+strings.Join(names, ",")+"}")
		}
		if len(schemas) > 0 {
			p.member("dependentSchemas", "{"+strings.Join(schemas, ",")+"}")
		}
	}
	p.sub("unevaluatedProperties", s.unevaluatedProps)
}

func (p *printer) array(s *shape) {
	switch {
	case p.draft == jsonschema.Draft2020:
		p.list("prefixItems", s.prefix)
		if len(s.prefix) > 0 {
			p.sub("items", s.additionalItems)
		}
	case len(s.prefix) > 0:
		p.list("items", s.prefix)
		p.sub("additionalItems", s.additionalItems)
	}
	if len(s.prefix) == 0 {
		p.sub("items", s.items)
	}
	p.sub("contains", s.contains)
	p.count("minContains", s.minContains)
	p.count("maxContains", s.maxContains)
	p.count("minItems", s.minItems)
	p.count("maxItems", s.maxItems)
	if s.unique {
		p.member("uniqueItems", "true")
	}
	p.sub("unevaluatedItems", s.unevaluatedItems)
}

func quoted(list []string) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = strconv.Quote(s)
	}
	return fmt.Sprintf("[%s]", strings.Join(texts, ","))
}
