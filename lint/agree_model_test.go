package lint_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// model is a type of event that is written in all three formats: an order that
// uses a shared type and a shared list of names, each in a file of its own.
type model struct {
	order, money []member
	colours      []string
	closed       bool // JSON Schema: nothing but what is declared
	numbers      int
}

// member is a field of a model.
type member struct {
	name               string
	number             int
	kind               string
	optional, defaults bool
}

var memberKinds = []string{"int", "long", "double", "string", "bytes", "boolean", "list", "map", "colour", "money"}

func (m *model) member(t *rapid.T, shared bool) member {
	m.numbers++
	kinds := memberKinds
	if shared {
		kinds = kinds[:len(kinds)-1] // it does not hold itself
	}
	return member{
		name: fmt.Sprintf("f%d", rapid.IntRange(1, 6).Draw(t, "name")), number: m.numbers, kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
		optional: rapid.Bool().Draw(t, "optional"), defaults: rapid.Bool().Draw(t, "default"),
	}
}

// firstModel draws what a history begins with.
func firstModel(t *rapid.T) *model {
	m := &model{colours: []string{"RED", "BLUE"}, closed: rapid.Bool().Draw(t, "closed")}
	for range rapid.IntRange(0, 3).Draw(t, "members") {
		m.order = addMember(m.order, m.member(t, false))
	}
	m.order = addMember(m.order, member{name: "total", number: 98, kind: "money"})
	m.order = addMember(m.order, member{name: "paint", number: 99, kind: "colour"})
	m.money = addMember(m.money, m.member(t, true))
	return m
}

func addMember(list []member, x member) []member {
	if slices.ContainsFunc(list, func(y member) bool { return y.name == x.name }) {
		return list
	}
	return append(slices.Clone(list), x)
}

// edit returns the model after one random edit.
func (m *model) edit(t *rapid.T) *model {
	out := *m
	list, shared := &out.order, rapid.IntRange(0, 2).Draw(t, "shared") == 0
	if shared {
		list = &out.money
	}
	*list = slices.Clone(*list)
	at := -1
	if len(*list) > 0 {
		at = rapid.IntRange(0, len(*list)-1).Draw(t, "at")
	}
	switch edit := rapid.IntRange(0, 8).Draw(t, "edit"); {
	case edit == 0 || at < 0:
		*list = addMember(*list, out.member(t, shared))
	case edit == 1:
		*list = slices.Delete(*list, at, at+1)
	case edit == 2:
		(*list)[at].kind = out.member(t, shared).kind
	case edit == 3:
		(*list)[at].optional = !(*list)[at].optional
	case edit == 4:
		(*list)[at].defaults = !(*list)[at].defaults
	case edit == 5:
		if name := out.member(t, shared).name; !slices.ContainsFunc(*list, func(y member) bool { return y.name == name }) {
			(*list)[at].name = name
		}
	case edit == 6:
		out.numbers++
		out.colours = append(slices.Clone(out.colours), fmt.Sprintf("C%d", out.numbers))
	case edit == 7 && len(out.colours) > 1:
		out.colours = slices.Delete(slices.Clone(out.colours), 0, 1)
	default:
		out.closed = !out.closed
	}
	return &out
}

// files are the texts of a model in a format, by path, as a registry stores them.
func (m *model) files(format string) map[string]string {
	switch format {
	case "AVRO":
		return map[string]string{
			"money.avsc":  avroRecord("acme.Money", m.money),
			"colour.avsc": fmt.Sprintf(`{"type":"enum","name":"Colour","namespace":"acme","symbols":["%s"]}`, strings.Join(m.colours, `","`)),
			"order.avsc":  avroRecord("acme.Order", m.order),
		}
	case "JSON":
		return map[string]string{
			"money.schema.json":  jsonObject(m.money, m.closed),
			"colour.schema.json": `{"enum":["` + strings.Join(m.colours, `","`) + `"]}`,
			"order.schema.json":  jsonObject(m.order, m.closed),
		}
	}
	colours := "syntax = \"proto3\";\npackage acme;\n\nenum Colour {\n  NONE = 0;\n"
	for _, c := range m.colours {
		n := map[string]int{"RED": 1, "BLUE": 2}[c]
		if n == 0 {
			_, _ = fmt.Sscanf(c, "C%d", &n) // it was named so above
			n += 10
		}
		colours += fmt.Sprintf("  %s = %d;\n", c, n)
	}
	return map[string]string{
		"money.proto": protoMessage("Money", m.money), "colour.proto": colours + "}\n", "order.proto": protoMessage("Order", m.order),
	}
}

func avroRecord(name string, members []member) string {
	var fields []string
	for _, f := range members {
		kind := map[string]string{
			"list": `{"type":"array","items":"string"}`, "map": `{"type":"map","values":"int"}`, "colour": `"acme.Colour"`, "money": `"acme.Money"`,
		}[f.kind]
		if kind == "" {
			kind = `"` + f.kind + `"`
		}
		value := map[string]string{"int": "1", "long": "2", "double": "0.5", "string": `"x"`, "bytes": `"y"`, "boolean": "true", "list": "[]", "map": "{}"}[f.kind]
		if f.optional {
			kind, value = `["null",`+kind+`]`, "null"
		}
		text := fmt.Sprintf(`{"name":%q,"type":%s`, f.name, kind)
		if f.defaults && value != "" {
			text += `,"default":` + value
		}
		fields = append(fields, text+"}")
	}
	at := strings.LastIndexByte(name, '.')
	return fmt.Sprintf(`{"type":"record","name":%q,"namespace":%q,"fields":[%s]}`, name[at+1:], name[:at], strings.Join(fields, ","))
}

func jsonObject(members []member, closed bool) string {
	var properties, required []string
	for _, f := range members {
		kind := map[string]string{
			"int": `{"type":"integer","maximum":100}`, "long": `{"type":"integer"}`, "double": `{"type":"number"}`, "string": `{"type":"string"}`,
			"bytes": `{"type":"string","maxLength":9}`, "boolean": `{"type":"boolean"}`, "list": `{"type":"array","items":{"type":"string"}}`,
			"map": `{"type":"object","additionalProperties":{"type":"integer"}}`, "colour": `{"$ref":"colour.schema.json"}`, "money": `{"$ref":"money.schema.json"}`,
		}[f.kind]
		properties = append(properties, fmt.Sprintf("%q:%s", f.name, kind))
		if !f.optional {
			required = append(required, f.name)
		}
	}
	text := `{"type":"object","properties":{` + strings.Join(properties, ",") + `}`
	if len(required) > 0 {
		text += `,"required":["` + strings.Join(required, `","`) + `"]`
	}
	if closed {
		text += `,"additionalProperties":false`
	}
	return text + "}"
}

func protoMessage(name string, members []member) string {
	var b, imports strings.Builder
	for _, f := range members {
		kind := map[string]string{
			"int": "int32", "long": "int64", "boolean": "bool", "list": "repeated string", "map": "map<string, int32>", "colour": ".acme.Colour", "money": ".acme.Money",
		}[f.kind]
		if kind == "" {
			kind = f.kind
		}
		if f.optional && f.kind != "list" && f.kind != "map" {
			kind = "optional " + kind
		}
		if file := f.kind + ".proto"; (f.kind == "colour" || f.kind == "money") && !strings.Contains(imports.String(), file) {
			imports.WriteString("import \"" + file + "\";\n")
		}
		fmt.Fprintf(&b, "  %s %s = %d;\n", kind, f.name, f.number)
	}
	return "syntax = \"proto3\";\npackage acme;\n\n" + imports.String() + "\nmessage " + name + " {\n" + b.String() + "}\n"
}
