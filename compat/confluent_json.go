package compat

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// Bounds of one comparison. Schemas are within their limits, but pairs of their
// places multiply.
const (
	maxJSONSteps = 400_000
	maxJSONDepth = 5_000
	maxJSONList  = 1_000
)

// jsonDifferences lists what Confluent's JSON Schema rule finds between an old
// schema, the writer, and a new one, the reader. Whether a branch fits depends
// on the policy, so both policies are run; a difference that only one of them
// comes upon is refused by that one alone.
func jsonDifferences(old, new *jsonschema.Schema) []Difference {
	strict := runJSON(old, new, false)
	lenient := runJSON(old, new, true)
	for i := range strict {
		strict[i].Lenient = false
	}
	for _, d := range lenient {
		at := slices.IndexFunc(strict, func(s Difference) bool { return s.Kind == d.Kind && s.Path == d.Path })
		if at < 0 {
			d.Strict = false
			strict = append(strict, d)
			continue
		}
		strict[at].Lenient = d.Lenient
	}
	return strict
}

func runJSON(old, new *jsonschema.Schema, lenient bool) []Difference {
	c := &jsonComparer{lenient: lenient, old: newJSONShaper(old), new: newJSONShaper(new), bad: map[jsonPair]bool{}}
	var result *jsonResult
	for range 100 {
		before := len(c.bad)
		c.memo = map[jsonPair]*jsonResult{}
		c.assumed = false
		result = c.cmp(c.old.shape(old.Root()), c.new.shape(new.Root()))
		if !c.assumed || len(c.bad) == before || c.tooLarge {
			break
		}
	}
	out := make([]Difference, 0, len(result.list))
	for _, d := range result.list {
		out = append(out, c.difference(d))
	}
	if c.tooLarge {
		out = append(out, Difference{
			Kind: "", Path: "#/", Strict: true, Lenient: true,
			Description: "The schemas are too large to be compared, so they count as incompatible",
		})
	}
	return out
}

func (c *jsonComparer) difference(d jsonDiff) Difference {
	kind := jsonKinds[d.kind]
	path := "#/" + strings.Join(d.path, "/")
	return Difference{
		Kind: d.kind, Path: path, Description: kind.describe(path),
		Strict: kind.refuses(false), Lenient: kind.refuses(true),
	}
}

// jsonDiff is one difference; its path is relative to the pair that has it.
type jsonDiff struct {
	kind string
	path []string
}

type jsonPair struct{ old, new *jsonShape }

// jsonResult is what a pair's comparison found. fits tells whether the policy
// in force allows all of it.
type jsonResult struct {
	list []jsonDiff
	fits bool
}

// jsonComparer compares shapes under one policy. A pair that is met again while
// it is open counts as equal, unless an earlier pass found it incompatible;
// passes repeat until no pair is newly incompatible.
type jsonComparer struct {
	lenient  bool
	old, new *jsonShaper
	// flipped says that the sides stand the other way round, under "not".
	flipped  bool
	memo     map[jsonPair]*jsonResult // nil value: the pair is open
	bad      map[jsonPair]bool
	assumed  bool
	steps    int
	depth    int
	tooLarge bool
}

// jsonFind collects differences at one pair.
type jsonFind struct {
	c    *jsonComparer
	list []jsonDiff
	fits bool
}

func (f *jsonFind) add(kind string, path ...string) {
	if jsonKinds[kind].refuses(f.c.lenient) {
		f.fits = false
	}
	f.list = append(f.list, jsonDiff{kind, path})
}

// merge takes over what a comparison below found.
func (f *jsonFind) merge(r *jsonResult, path ...string) {
	f.fits = f.fits && r.fits
	for _, d := range r.list {
		f.list = append(f.list, jsonDiff{d.kind, append(slices.Clip(slices.Clone(path)), d.path...)})
	}
}

// result cuts the list, keeping a refused difference in front.
func (f *jsonFind) result() *jsonResult {
	if len(f.list) > maxJSONList {
		slices.SortStableFunc(f.list, func(a, b jsonDiff) int {
			return rank(jsonKinds[a.kind].refuses(f.c.lenient)) - rank(jsonKinds[b.kind].refuses(f.c.lenient))
		})
		f.list = f.list[:maxJSONList:maxJSONList]
	}
	return &jsonResult{list: f.list, fits: f.fits}
}

func rank(refused bool) int {
	if refused {
		return 0
	}
	return 1
}

// sides returns the shapers of the writer and the reader.
func (c *jsonComparer) sides() (old, new *jsonShaper) {
	if c.flipped {
		return c.new, c.old
	}
	return c.old, c.new
}

// nodes compares two places.
func (c *jsonComparer) nodes(old, new *jsonschema.Node) *jsonResult {
	o, n := c.sides()
	return c.cmp(o.shape(old), n.shape(new))
}

// cmp compares two shapes, each pair once.
func (c *jsonComparer) cmp(old, new *jsonShape) *jsonResult {
	pair := jsonPair{old, new}
	if known, met := c.memo[pair]; met {
		if known != nil {
			return known
		}
		c.assumed = true
		return &jsonResult{fits: !c.bad[pair]}
	}
	c.steps++
	if c.steps > maxJSONSteps || c.depth > maxJSONDepth {
		c.tooLarge = true
		return &jsonResult{}
	}
	c.memo[pair] = nil
	c.depth++
	f := &jsonFind{c: c, fits: true}
	f.pair(old, new)
	c.depth--
	r := f.result()
	c.memo[pair] = r
	if !r.fits {
		c.bad[pair] = true
	}
	return r
}

// pair is steps 1 to 3 of the rule: missing sides, a combination on one side,
// and classes.
func (f *jsonFind) pair(old, new *jsonShape) {
	switch {
	case old == nil && new == nil:
		return
	case old == nil:
		f.add("SCHEMA_ADDED")
		return
	case new == nil:
		f.add("SCHEMA_REMOVED")
		return
	}
	if old.class != jsonCombined && new.class == jsonCombined && f.intoCombination(old, new) {
		return
	}
	if old.class == jsonCombined && new.class != jsonCombined && f.outOfCombination(old, new) {
		return
	}
	if old.class != new.class {
		if old.class != jsonFalse && new.class != jsonEmpty && !(old.bytesType() && new.bytesType()) {
			f.add("TYPE_CHANGED")
		}
		return
	}
	f.annotations(old, new)
	f.class(old, new)
}

func (f *jsonFind) intoCombination(old, new *jsonShape) bool {
	branches := new.branches()
	if len(branches) == 1 {
		return f.takeIfFits(f.c.cmp(old, branches[0]), "")
	}
	if new.criterion == "allOf" {
		return false
	}
	return slices.ContainsFunc(branches, func(b *jsonShape) bool { return f.takeIfFits(f.c.cmp(old, b), "SUM_TYPE_EXTENDED") })
}

func (f *jsonFind) outOfCombination(old, new *jsonShape) bool {
	branches := old.branches()
	if len(branches) == 1 {
		return f.takeIfFits(f.c.cmp(branches[0], new), "")
	}
	if old.criterion != "allOf" {
		return false
	}
	return slices.ContainsFunc(branches, func(b *jsonShape) bool { return f.takeIfFits(f.c.cmp(b, new), "PRODUCT_TYPE_NARROWED") })
}

func (f *jsonFind) takeIfFits(r *jsonResult, also string) bool {
	if !r.fits {
		return false
	}
	f.merge(r)
	if also != "" {
		f.add(also)
	}
	return true
}

// annotations compares what a place says about itself.
func (f *jsonFind) annotations(old, new *jsonShape) {
	of := func(s *jsonShape) (id, title, description, fallback string) {
		if s.top && s.node.Bool == nil {
			n := s.node
			return n.ID, n.Title, n.Description, optionalKey(n.Default)
		}
		return "", "", "", ""
	}
	oldID, oldTitle, oldDescription, oldDefault := of(old)
	newID, newTitle, newDescription, newDefault := of(new)
	for _, x := range []struct{ old, new, kind, path string }{
		{oldID, newID, "ID_CHANGED", "id"},
		{oldTitle, newTitle, "TITLE_CHANGED", "title"},
		{oldDescription, newDescription, "DESCRIPTION_CHANGED", "description"},
		{oldDefault, newDefault, "DEFAULT_CHANGED", "default"},
	} {
		if x.old != x.new {
			f.add(x.kind, x.path)
		}
	}
}

func optionalKey(v *jsonx.Value) string {
	if v == nil {
		return ""
	}
	return canonicalKey(v)
}

func (f *jsonFind) class(old, new *jsonShape) {
	switch old.class {
	case jsonEnum:
		f.enum(old.node, new.node)
	case jsonConst:
		if canonicalKey(old.node.Const) != canonicalKey(new.node.Const) {
			f.add("ENUM_ARRAY_CHANGED", "const")
		}
	case jsonNot:
		f.not(old.node, new.node)
	case jsonCombined:
		f.combined(old, new)
	case jsonNumber:
		f.number(old, new)
	case jsonString:
		f.string(old.node, new.node)
	case jsonObject:
		f.object(old.node, new.node)
	case jsonArray:
		f.array(old.node, new.node)
	case jsonEmpty, jsonFalse, jsonBoolean, jsonNull, jsonConditional:
		// Nothing inside these is compared.
	}
}

// not compares what must not match, the other way round.
func (f *jsonFind) not(old, new *jsonschema.Node) {
	c := f.c
	o, n := c.sides()
	oldInner, newInner := o.shape(old.Not), n.shape(new.Not)
	c.flipped = !c.flipped
	r := c.cmp(newInner, oldInner)
	c.flipped = !c.flipped
	switch {
	case len(r.list) == 0 && r.fits:
	case r.fits:
		f.add("NOT_TYPE_NARROWED", "not")
	default:
		f.add("NOT_TYPE_EXTENDED", "not")
	}
}

// sortedKeys returns v with the keys of its objects in order.
func sortedKeys(v *jsonx.Value) *jsonx.Value {
	out := *v
	out.Items = make([]*jsonx.Value, len(v.Items))
	for i, item := range v.Items {
		out.Items[i] = sortedKeys(item)
	}
	out.Members = slices.Clone(v.Members)
	for i := range out.Members {
		out.Members[i].Value = sortedKeys(out.Members[i].Value)
	}
	slices.SortFunc(out.Members, func(a, b jsonx.Member) int { return jsonx.CompareUTF16(a.Key, b.Key) })
	return &out
}
