package jsonschema

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema/judge"
)

// maxCompiled bounds the schemas that the validator compiles; its work grows
// with their square.
const maxCompiled = 20_000

// compile gives the schema to the validator of record. Every address in the
// copy is ours, annotations are left out (they decide nothing, and format is an
// annotation), and so are keywords that a lenient parse dropped.
func (s *Schema) compile() (*judge.Validator, error) {
	if len(s.nodes) > maxCompiled {
		return nil, schema.OverLimit("validated-schemas", int64(len(s.nodes)), maxCompiled, "the schema is too large to validate events", schema.Position{})
	}
	c := &copier{schema: s, byValue: map[*jsonx.Value]*Node{}, patterns: map[string]*Pattern{}}
	for _, n := range s.nodes {
		c.byValue[n.Value] = n
		if n.Pattern != nil {
			c.patterns[n.Pattern.Source] = n.Pattern
		}
		for _, p := range n.PatternProperties {
			c.patterns[p.Pattern.Source] = p.Pattern
		}
	}
	documents := make([]judge.Document, len(s.documents))
	for i, d := range s.documents {
		documents[i] = judge.Document{URL: documentURL(d), Value: c.tree(d.Value)}
	}
	return judge.Compile(documents, documentURL(s.documents[0]), s.Root().Draft.String(), c.matcher)
}

func documentURL(d *Document) string { return "instar:///d" + strconv.Itoa(d.index) }

func resourceURL(r *Resource) string {
	if r.Root.Pointer == "" {
		return documentURL(r.Root.Document)
	}
	return "instar:///r" + strconv.Itoa(r.index)
}

// nodeURL addresses a node by its document and pointer.
func nodeURL(n *Node) string {
	return documentURL(n.Document) + "#" + escapeFragment(n.Pointer)
}

// escapeFragment percent-encodes everything that is not plain in a URL.
func escapeFragment(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var out []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '/', c == '-', c == '_', c == '.':
			out = append(out, c)
		default:
			out = append(out, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return string(out)
}

// copier makes the validator's copies of the documents.
type copier struct {
	schema   *Schema
	byValue  map[*jsonx.Value]*Node
	patterns map[string]*Pattern
}

// matcher finds the compiled pattern. One that cannot be evaluated ends the
// judging with an error when it is asked, and never before.
func (c *copier) matcher(source string) (judge.Matcher, error) {
	if name, ok := strings.CutPrefix(source, formatSource); ok {
		return formatMatcher{name}, nil
	}
	p := c.patterns[source]
	if p == nil {
		// Only the validator's own meta-schemas have patterns we did not see.
		return regexp.Compile(source)
	}
	return matcher{p}, nil
}

type matcher struct{ p *Pattern }

func (m matcher) String() string { return m.p.Source }

func (m matcher) MatchString(s string) bool {
	ok, err := m.p.Match(s)
	if err != nil {
		panic(judge.Cannot{Err: &schema.Error{What: err.Error(), Hint: "the event was not judged"}})
	}
	return ok
}

// tree copies a value, schemas among it as schemas.
func (c *copier) tree(v *jsonx.Value) any {
	if n := c.byValue[v]; n != nil && n.Bool == nil {
		return c.object(n)
	}
	switch v.Kind {
	case jsonx.Object:
		out := make(map[string]any, len(v.Members))
		for i := range v.Members {
			out[v.Members[i].Key] = c.tree(v.Members[i].Value)
		}
		return out
	case jsonx.Array:
		out := make([]any, len(v.Items))
		for i, item := range v.Items {
			out[i] = c.tree(item)
		}
		return out
	default:
		return plain(v)
	}
}

// plain decodes a value as data.
func plain(v *jsonx.Value) any {
	switch v.Kind {
	case jsonx.Null:
		return nil
	case jsonx.Bool:
		return v.Bool
	case jsonx.Number:
		return json.Number(v.Text)
	case jsonx.String:
		return v.Text
	case jsonx.Array:
		out := make([]any, len(v.Items))
		for i, item := range v.Items {
			out[i] = plain(item)
		}
		return out
	default:
		out := make(map[string]any, len(v.Members))
		for i := range v.Members {
			out[v.Members[i].Key] = plain(v.Members[i].Value)
		}
		return out
	}
}

// object copies a schema.
func (c *copier) object(n *Node) map[string]any {
	out := make(map[string]any, len(n.Value.Members))
	for i := range n.Value.Members {
		m := &n.Value.Members[i]
		if n.dropped[m.Key] {
			continue
		}
		sh, known := keywordIn(m.Key, n.Draft)
		switch {
		case !known:
			if _, elsewhere := keywords[m.Key]; elsewhere && !n.holds(m.Value) {
				continue // another draft's keyword, meaningless here
			}
			out[m.Key] = c.tree(m.Value)
		case n.IsRef() && m.Key != "$ref" && m.Key != "definitions" && n.Ref != "":
			out[m.Key] = c.tree(m.Value)
		default:
			if v, keep := c.keyword(n, m, sh); keep {
				out[m.Key] = v
			}
		}
	}
	if n.Enum != nil && len(n.Enum) == 0 {
		out["not"] = map[string]any{} // an empty enum, which old meta-schemas refuse
	}
	if n.Resource.Root == n && n.Draft >= Draft2019 {
		out["$id"] = resourceURL(n.Resource)
	}
	if !n.IsRef() {
		c.withFormat(n, out)
	}
	c.dialect(n, out)
	return out
}

// holds reports whether v may contain schemas that references point to.
func (n *Node) holds(v *jsonx.Value) bool { return v.Kind == jsonx.Object || v.Kind == jsonx.Array }

// dialect names the draft where a resource starts: a custom meta-schema by its
// own address, so that its vocabularies count, else the draft's.
func (c *copier) dialect(n *Node, out map[string]any) {
	if n.Resource.Root != n || (n.Pointer != "" && n.Draft < Draft2019) {
		return
	}
	if text := textOf(n.Get("$schema")); text != "" {
		if _, ok := draftOf(text); !ok {
			address, _ := splitFragment(text)
			for _, d := range c.schema.documents {
				if d != n.Document && (d.Name == address || d.Root.Resource.URI == address) {
					out["$schema"] = documentURL(d)
					return
				}
			}
		}
	}
	out["$schema"] = n.Draft.URI()
	if n.Draft <= Draft7 {
		out["$schema"] = n.Draft.URI() + "#"
	}
}

// keyword copies one keyword's value; keep is false if the copy does without.
func (c *copier) keyword(n *Node, m *jsonx.Member, sh shape) (v any, keep bool) {
	switch sh {
	case shapeAnnotation:
		return nil, false
	case shapeIdentifiers:
		switch m.Key {
		case "$dynamicAnchor", "$recursiveAnchor":
			return plain(m.Value), true
		case "$vocabulary":
			return plain(m.Value), isVocabulary(m.Value)
		}
		return nil, false // addresses are written anew, and references to anchors as pointers
	case shapeEnum:
		return c.enum(n)
	case shapeBoolOrNum:
		// Draft 4 refuses the boolean without the bound that it is about.
		lonely := n.Draft == Draft4 && ((m.Key == "exclusiveMinimum" && n.Minimum == nil) || (m.Key == "exclusiveMaximum" && n.Maximum == nil))
		return plain(m.Value), !lonely
	case shapeAny:
		return plain(m.Value), true
	case shapeStrings:
		return distinct(n.Required), len(n.Required) > 0
	case shapeType:
		if n.SingleType {
			return n.Types[0], true
		}
		return distinct(n.Types), true
	case shapeCount:
		return clamp(*numberField(n, m.Key)), true
	case shapeDepNames:
		return c.names(n.DependentRequired), true
	case shapeDeps:
		return c.names(n.Dependencies), true
	case shapeItems:
		if m.Value.Kind == jsonx.Array && len(m.Value.Items) == 0 {
			return nil, false
		}
	case shapeString:
		return c.text(n, m)
	}
	return c.tree(m.Value), true
}

func isVocabulary(v *jsonx.Value) bool {
	return v.Kind == jsonx.Object && !slices.ContainsFunc(v.Members, func(m jsonx.Member) bool { return m.Value.Kind != jsonx.Bool })
}

// text copies "$ref" and its like with an address of ours.
func (c *copier) text(n *Node, m *jsonx.Member) (any, bool) {
	switch m.Key {
	case "$ref":
		if n.RefTo == nil {
			return nil, false // the cost pass refuses events that come here
		}
		return nodeURL(n.RefTo), true
	case "$dynamicRef":
		if n.DynamicRefTo == nil {
			return nil, false
		}
		if _, name := splitFragment(n.DynamicRef); n.DynamicRefTo.Resource.dynamic[name] && n.DynamicRefTo.Resource.anchors[name] == n.DynamicRefTo {
			return resourceURL(n.DynamicRefTo.Resource) + "#" + escapeFragment(name), true
		}
		return nodeURL(n.DynamicRefTo), true
	default:
		return plain(m.Value), true
	}
}

// enum leaves out duplicates, which old meta-schemas refuse.
func (c *copier) enum(n *Node) (any, bool) {
	seen := map[string]bool{}
	out := []any{}
	for _, v := range n.Enum {
		if key := valueKey(v); !seen[key] {
			seen[key] = true
			out = append(out, plain(v))
		}
	}
	return out, len(out) > 0
}

func (c *copier) names(deps []Dependency) map[string]any {
	out := make(map[string]any, len(deps))
	for _, d := range deps {
		switch {
		case d.Node != nil:
			out[d.Key] = c.tree(d.Node.Value)
		case len(d.Names) > 0:
			out[d.Key] = distinct(d.Names)
		}
	}
	return out
}

func distinct(names []string) []any {
	seen := make(map[string]bool, len(names))
	out := make([]any, 0, len(names))
	for _, s := range names {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// clamp keeps a count inside the validator's integers; no event is that large.
func clamp(n *Number) json.Number {
	const most = 1<<31 - 1
	if n.Rat.Num().IsInt64() && n.Rat.Num().Int64() <= most {
		return json.Number(n.Rat.Num().String())
	}
	return json.Number(strconv.Itoa(most))
}
