package contain

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// blame is a keyword of the reader schema that refuses a value, and how the
// explanation came there.
type blame struct {
	at              spot
	keyword, detail string
	value           *val     // that the keyword refuses
	steps           []string // the path in the event: ".name", "[]", "{}"
	near            []*jsonschema.Node
}

// explain finds the keyword of the reader schema that refuses a value, and
// tells it as a break.
func (q *question) explain(v *val) (schema.Break, *blame) {
	b := &blame{at: q.to.spot(0, q.reader.schema.Root()), value: v, near: []*jsonschema.Node{q.writer.schema.Root()}}
	for range maxNesting {
		if !q.descend(b) {
			break
		}
	}
	out := schema.Break{
		Kind: b.keyword, Path: pathText(b.steps), Class: schema.ClassData, Effect: schema.Refused,
		Reader: place(b.at.node, b.pointer()), Message: "the reader schema refuses a value that the writer schema accepts",
	}
	if b.keyword == "" {
		out.Kind = "values"
		return out, b
	}
	if w := q.counterpart(b); w != nil {
		out.Writer = place(w, writerPointer(w, b.keyword))
	}
	q.describe(b, &out)
	return out, b
}

// place is a keyword's place in a document.
func place(n *jsonschema.Node, pointer string) schema.Place {
	at := n.Value
	for _, token := range strings.Split(strings.TrimPrefix(strings.TrimPrefix(pointer, n.Pointer), "/"), "/") {
		if next := at.Get(strings.NewReplacer("~1", "/", "~0", "~").Replace(token)); next != nil {
			at = next
		}
	}
	return schema.Place{Pointer: pointer, Document: n.Document.Name, Position: n.Document.Position(at)}
}

// pointer is the place of the blamed keyword.
func (b *blame) pointer() string {
	switch b.keyword {
	case "", "false":
		return b.at.node.Pointer
	case "dependencies", "dependentRequired":
		key, _, _ := strings.Cut(b.detail, "\x00")
		return jsonx.Pointer(jsonx.Pointer(b.at.node.Pointer, b.keyword), key)
	}
	return jsonx.Pointer(b.at.node.Pointer, b.keyword)
}

func writerPointer(n *jsonschema.Node, keyword string) string {
	if n.Get(keyword) == nil {
		return n.Pointer
	}
	return jsonx.Pointer(n.Pointer, keyword)
}

// descend blames the first keyword that refuses the value, and goes on below it
// where a part of the schema alone is to blame. False means that the place is
// found.
func (q *question) descend(b *blame) bool {
	n := b.at.node
	if n.Bool != nil {
		b.keyword, b.detail = "false", ""
		return false
	}
	for _, p := range q.to.parts(b.at) {
		if q.to.dropped(n, &p) || q.eval(q.to.narrowed(n, &p), b.value) != no {
			continue
		}
		b.keyword, b.detail = p.keyword, p.detail
		return q.enter(b, n)
	}
	return false
}

// enter steps into the schema of the blamed keyword, if that keyword does
// nothing but apply it.
func (q *question) enter(b *blame, n *jsonschema.Node) bool {
	switch b.keyword {
	case "$ref":
		return q.into(b, n.RefTo, b.near)
	case "$dynamicRef":
		return q.into(b, q.to.dynamic(b.at), b.near)
	case "$recursiveRef":
		return q.into(b, q.to.recursive(b.at), b.near)
	case "allOf":
		i, _ := strconv.Atoi(b.detail)
		return q.into(b, n.AllOf[i], b.near)
	case "then":
		return q.into(b, n.Then, b.near)
	case "else":
		return q.into(b, n.Else, b.near)
	case "dependentSchemas", "dependencies":
		for _, d := range append(n.Dependencies[:len(n.Dependencies):len(n.Dependencies)], n.DependentSchemas...) {
			if d.Key == b.detail && d.Node != nil {
				return q.into(b, d.Node, b.near)
			}
		}
	case "properties":
		if field := b.value.get(b.detail); field != nil {
			b.value = field
			b.steps = append(b.steps, "."+b.detail)
			return q.into(b, n.Property(b.detail), partsOf(b.near, b.detail))
		}
	case "patternProperties":
		for _, p := range n.PatternProperties {
			if p.Pattern.Source == b.detail {
				return q.property(b, p.Node, q.pattern(p.Pattern))
			}
		}
	case "additionalProperties":
		if n.AdditionalProperties.Bool == nil {
			return q.property(b, n.AdditionalProperties, q.to.additional(n))
		}
		q.extra(b, n)
	case "items", "prefixItems", "additionalItems":
		return q.item(b, n)
	}
	return false
}

// into goes on in another schema for the current value.
func (q *question) into(b *blame, n *jsonschema.Node, near []*jsonschema.Node) bool {
	if n == nil {
		return false
	}
	b.at, b.near = q.to.spot(b.at.scope, n), near
	return true
}

// property goes on in the first property of a class that a schema refuses.
func (q *question) property(b *blame, n *jsonschema.Node, class lit) bool {
	child := q.to.schema(q.to.spot(b.at.scope, n))
	for i, name := range b.value.names {
		if q.eval(class, q.nameVal(name)) == no || q.eval(child, b.value.fields[i]) != no {
			continue
		}
		b.value = b.value.fields[i]
		b.steps = append(b.steps, "{}")
		return q.into(b, n, partsOf(b.near, name))
	}
	return false
}

// extra names the first property that "additionalProperties": false refuses.
func (q *question) extra(b *blame, n *jsonschema.Node) {
	class := q.to.additional(n)
	for _, name := range b.value.names {
		if q.eval(class, q.nameVal(name)) != no && !q.to.drops[dropped{n, "additionalProperties", name}] {
			b.detail = name
			return
		}
	}
}

// item goes on in the first item that the keyword's schema refuses.
func (q *question) item(b *blame, n *jsonschema.Node) bool {
	from, to, child := 0, len(b.value.items), n.Items
	switch i, err := strconv.Atoi(b.detail); {
	case b.detail != "" && err == nil:
		from, to, child = i, min(to, i+1), n.PrefixItems[i]
	case b.keyword == "additionalItems":
		from, child = len(n.PrefixItems), n.AdditionalItems
	default:
		from = len(n.PrefixItems)
	}
	if child.Bool != nil && b.detail == "" {
		return false // the keyword forbids all further items
	}
	goal := q.to.schema(q.to.spot(b.at.scope, child))
	for _, item := range b.value.items[min(from, to):to] {
		if q.eval(goal, item) == no {
			b.value = item
			b.steps = append(b.steps, "[]")
			return q.into(b, child, items(b.near))
		}
	}
	return false
}

// pathText writes steps as upcasters and findings do.
func pathText(steps []string) string {
	var b strings.Builder
	for _, s := range steps {
		name, named := strings.CutPrefix(s, ".")
		switch {
		case !named && b.Len() == 0:
			b.WriteString("$" + s)
		case !named:
			b.WriteString(s)
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			if !plainName(name) {
				name = "`" + name + "`"
			}
			b.WriteString(name)
		}
	}
	if b.Len() == 0 {
		return "$"
	}
	return b.String()
}

func plainName(s string) bool {
	for i, c := range s {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// weaken drops the blamed keyword from the reader schema. What is left of it is
// weaker wherever the keyword was reached without a negation; the validators
// judge every value by the whole schema, so that nothing depends on it.
func (q *question) weaken(b *blame) lit {
	if b.keyword == "" {
		return q.reader.goal
	}
	drop := dropped{b.at.node, b.keyword, b.detail}
	if b.keyword == "additionalProperties" && !q.declares(b.detail) {
		drop.detail = ""
	}
	if q.to.drops[drop] {
		drop.detail = ""
	}
	q.to.drops[drop] = true
	q.to.forget()
	return q.to.translate()
}

// declares reports whether the writer schema names a property.
func (q *question) declares(name string) bool {
	for _, n := range q.writer.schema.Nodes() {
		if n.Property(name) != nil {
			return true
		}
		for _, r := range n.Required {
			if r == name {
				return true
			}
		}
	}
	return false
}

// quote shows a name in a sentence.
func quote(name string) string { return fmt.Sprintf("%q", name) }
