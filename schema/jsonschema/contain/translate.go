package contain

import (
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// spot is a schema under the resources that dynamic references go by.
type spot struct {
	node  *jsonschema.Node
	scope int
}

// part is what one keyword of a schema says, or one name of "required".
type part struct {
	keyword string
	detail  string // tells parts of one keyword apart
	lit     lit
}

// dropped names a part that is left out, to look beyond it.
type dropped struct {
	node            *jsonschema.Node
	keyword, detail string
}

// translator turns one schema into literals.
type translator struct {
	*engine
	source   *jsonschema.Schema
	memo     map[spot]lit
	vars     map[spot]lit // of schemas that are being translated; top: not needed yet
	parted   map[spot][]part
	later    []spot // variables whose bodies are still to be made
	drops    map[dropped]bool
	scopes   []scope
	dialects map[*jsonschema.Resource]vocabulary
	nesting  int
}

// maxNesting bounds the recursion of the translator; deeper schemas become
// variables and are translated from the top again.
const maxNesting = 400

func newTranslator(e *engine, s *jsonschema.Schema) *translator {
	return &translator{
		engine: e, source: s, dialects: map[*jsonschema.Resource]vocabulary{}, memo: map[spot]lit{}, vars: map[spot]lit{}, parted: map[spot][]part{},
		drops: map[dropped]bool{}, scopes: []scope{{}},
	}
}

// translate returns the literal of a whole schema.
func (t *translator) translate() lit {
	root := t.spot(0, t.source.Root())
	l := t.schema(root)
	t.drain()
	return l
}

// drain translates what was put off.
func (t *translator) drain() {
	for len(t.later) > 0 {
		at := t.later[0]
		t.later = t.later[1:]
		v := t.vars[at]
		delete(t.vars, at)
		delete(t.memo, at)
		t.bodies[v.node()] = t.schemaAs(at, v)
	}
}

// schema translates a schema. One that is met inside of itself becomes a
// variable.
func (t *translator) schema(at spot) lit {
	if l, ok := t.memo[at]; ok {
		return l
	}
	if v, open := t.vars[at]; open {
		if v == top {
			v = t.variable()
			t.vars[at] = v
		}
		return v
	}
	if t.nesting >= maxNesting {
		v := t.variable()
		t.vars[at], t.memo[at] = v, v
		t.later = append(t.later, at)
		return v
	}
	return t.schemaAs(at, top)
}

func (t *translator) schemaAs(at spot, v lit) lit {
	t.step()
	t.vars[at] = v
	t.nesting++
	parts := t.parts(at)
	t.nesting--
	lits := make([]lit, 0, len(parts))
	for i := range parts {
		if !t.dropped(at.node, &parts[i]) {
			lits = append(lits, t.narrowed(at.node, &parts[i]))
		}
	}
	l := t.and(lits...)
	if v := t.vars[at]; v != top {
		t.bodies[v.node()] = l
	}
	delete(t.vars, at)
	t.memo[at] = l
	return l
}

// dropped reports whether a part is left out.
func (t *translator) dropped(n *jsonschema.Node, p *part) bool {
	if len(t.drops) == 0 {
		return false
	}
	return t.drops[dropped{n, p.keyword, p.detail}] || t.drops[dropped{n, p.keyword, ""}]
}

// narrowed is what a part says with the names left out that were dropped from
// "additionalProperties".
func (t *translator) narrowed(n *jsonschema.Node, p *part) lit {
	if len(t.drops) == 0 || p.keyword != "additionalProperties" {
		return p.lit
	}
	var names []string
	for d := range t.drops {
		if d.node == n && d.keyword == p.keyword {
			names = append(names, d.detail)
		}
	}
	if len(names) == 0 {
		return p.lit
	}
	// Only a schema that is true or false is narrowed, in every scope alike.
	child := t.schema(spot{n.AdditionalProperties, 0})
	return t.every(t.and(t.additional(n), t.not(t.in(strSet(names)))), child)
}

// forget makes the translator translate anew, because something was dropped.
func (t *translator) forget() {
	clear(t.memo)
	clear(t.parted)
}

// parts lists what the keywords of a schema say, in a fixed order.
func (t *translator) parts(at spot) []part {
	if known, ok := t.parted[at]; ok {
		return known
	}
	b := &parts{translator: t, at: at, n: at.node}
	b.build()
	t.parted[at] = b.list
	return b.list
}

// parts builds the list for one schema.
type parts struct {
	*translator
	at   spot
	n    *jsonschema.Node
	list []part
}

func (b *parts) add(keyword string, l lit) { b.list = append(b.list, part{keyword: keyword, lit: l}) }

func (b *parts) addDetail(keyword, detail string, l lit) {
	b.list = append(b.list, part{keyword, detail, l})
}

// child is a schema below or beside this one.
func (b *parts) child(n *jsonschema.Node) lit { return b.schema(b.spot(b.at.scope, n)) }

func (b *parts) build() {
	n := b.n
	if n.Bool != nil {
		if !*n.Bool {
			b.add("false", bottom)
		}
		return
	}
	b.references()
	if n.IsRef() || n.Ref != "" && n.RefTo == nil && n.Draft <= jsonschema.Draft7 {
		return
	}
	v := b.vocabularies(n)
	if v.validation {
		b.values()
		b.numbers()
		b.texts()
	}
	b.objects(v)
	b.arrays(v)
	if v.applicator {
		b.combinators()
	}
	if v.unevaluated {
		b.unevaluated()
	}
}

// values translates "type", "enum" and "const".
func (b *parts) values() {
	n := b.n
	if n.Types != nil {
		b.add("type", b.types(n.Types))
	}
	if n.Enum != nil {
		b.add("enum", b.oneOfValues(n.Enum))
	}
	if n.Const != nil {
		b.add("const", b.equal(valueOf(n.Const)))
	}
}

var typeKinds = map[string]mask{
	"null": kNull.mask(), "boolean": kFalse.mask() | kTrue.mask(), "number": kNumber.mask(),
	"string": kString.mask(), "array": kArray.mask(), "object": kObject.mask(),
}

func (b *parts) types(names []string) lit {
	var m mask
	integer := bottom
	for _, name := range names {
		m |= typeKinds[name]
		if name == "integer" {
			integer = b.numAtom(opMult, one)
		}
	}
	return b.or(b.ofKind(m), integer)
}

func (b *parts) oneOfValues(values []*jsonx.Value) lit {
	s := &scalars{}
	var lits []lit
	for _, v := range values {
		if !s.add(v) {
			lits = append(lits, b.equal(valueOf(v)))
		}
	}
	lits = append(lits, b.ofKind(s.kinds), b.in(numSet(s.nums)), b.in(strSet(s.strs)))
	return b.or(lits...)
}

// texts translates the keywords about strings.
func (b *parts) texts() {
	n := b.n
	if n.MinLength != nil {
		b.add("minLength", b.implies(kString, b.countAtom(opLen, count(n.MinLength))))
	}
	if n.MaxLength != nil {
		b.add("maxLength", b.not(b.countAtom(opLen, count(n.MaxLength)+1)))
	}
	if n.Pattern != nil {
		b.add("pattern", b.implies(kString, b.pattern(n.Pattern)))
	}
	if n.Format != "" && b.options.AssertFormats {
		b.add("format", b.format(n.Format))
	}
}

// combinators translates what judges the same value.
func (b *parts) combinators() {
	n := b.n
	for i, m := range n.AllOf {
		b.addDetail("allOf", strconv.Itoa(i), b.child(m))
	}
	if n.AnyOf != nil {
		b.add("anyOf", b.or(b.children(n.AnyOf)...))
	}
	if n.OneOf != nil {
		b.add("oneOf", b.oneOf(b.children(n.OneOf)))
	}
	if n.Not != nil {
		b.add("not", b.not(b.child(n.Not)))
	}
	if n.If == nil {
		return
	}
	condition, then, otherwise := b.child(n.If), top, top
	if n.Then != nil {
		then = b.child(n.Then)
		b.addDetail("then", "", b.or(b.not(condition), then))
	}
	if n.Else != nil {
		otherwise = b.child(n.Else)
		b.addDetail("else", "", b.or(condition, otherwise))
	}
}

func (b *parts) children(nodes []*jsonschema.Node) []lit {
	out := make([]lit, len(nodes))
	for i, m := range nodes {
		out[i] = b.child(m)
	}
	return out
}

// references translates "$ref" and its dynamic relatives.
func (b *parts) references() {
	n := b.n
	if n.Ref != "" {
		b.add("$ref", b.target("$ref", n.Ref, n.RefTo))
	}
	if n.DynamicRef != "" {
		b.add("$dynamicRef", b.target("$dynamicRef", n.DynamicRef, b.dynamic(b.at)))
	}
	if n.RecursiveRef != "" {
		b.add("$recursiveRef", b.target("$recursiveRef", n.RecursiveRef, b.recursive(b.at)))
	}
}

func (b *parts) target(keyword, ref string, to *jsonschema.Node) lit {
	if to == nil {
		return b.opaque(keyword, ref, allKinds)
	}
	return b.child(to)
}

// format is an asserted format, which restricts strings only.
func (b *parts) format(name string) lit {
	f, known := jsonschema.FormatOf(name)
	switch {
	case !known:
		return top
	case f == nil:
		return b.implies(kString, b.opaque("format", name, kString.mask()))
	}
	return b.implies(kString, b.textAtom(opFormat, name))
}
