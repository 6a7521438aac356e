package compat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// structure adds the edits of named parts that nobody minds, so that the list
// of changes is complete.
func (c *collector) structure() {
	if c.older.Format() != c.newer.Format() {
		return
	}
	before, after := fieldsByPath(c.older), fieldsByPath(c.newer)
	c.told = map[string]bool{}
	for _, list := range [][]schema.Field{c.older.Fields(), c.newer.Fields()} {
		for i := range list {
			if c.covered(list[i].Path) {
				c.told[list[i].Entity] = true
			}
		}
	}
	for _, f := range c.older.Fields() {
		if n, kept := after[fieldKey(&f)]; kept {
			c.edited(&f, n)
		} else {
			c.part(&f, nil, "removed")
		}
	}
	for _, f := range c.newer.Fields() {
		if before[fieldKey(&f)] == nil {
			c.part(nil, &f, "added")
		}
	}
	if len(c.out.Changes) == 0 && c.older.Canonical() != c.newer.Canonical() {
		rule, message := "schema/annotation-changed", "the texts differ in what no reader looks at"
		if c.out.Same {
			rule, message = "schema/text-only", "the texts differ in white space, key order or spelling only"
		}
		c.harmless(Change{Rule: rule, Path: "$", Message: message})
	}
}

func fieldKey(f *schema.Field) string { return strconv.FormatBool(f.Record) + f.Path }

func fieldsByPath(p schema.Parsed) map[string]*schema.Field {
	list := p.Fields()
	out := make(map[string]*schema.Field, len(list))
	for i := range list {
		if k := fieldKey(&list[i]); out[k] == nil {
			out[k] = &list[i]
		}
	}
	return out
}

// covered reports whether a change about the part, or about what holds it, is
// listed already.
func (c *collector) covered(path string) bool {
	return slices.ContainsFunc(c.out.Changes, func(x Change) bool {
		return x.Path == path || x.Path != "$" && strings.HasPrefix(path, x.Path+".")
	})
}

// part adds a named part that came or went.
func (c *collector) part(older, newer *schema.Field, participle string) {
	f := older
	if f == nil {
		f = newer
	}
	if !c.news(f) {
		return
	}
	element := "field"
	switch {
	case f.Record:
		element = "type"
	case c.newer.Format() == schema.JSON:
		element = "property"
	}
	x := Change{Path: f.Path, Old: partSide(older), New: partSide(newer), Rule: c.partRule(element, participle)}
	x.Message = "the " + element + " " + quoted(f.Name) + " of type " + f.Type + " was " + participle
	c.harmless(x)
}

// partRule finds the row of the catalogue for a part that came or went.
func (c *collector) partRule(element, participle string) string {
	prefix := map[schema.Format]string{schema.Avro: "avro/", schema.JSON: "json/", schema.Protobuf: "proto/"}[c.newer.Format()]
	for _, id := range []string{
		prefix + element + "-" + participle, prefix + "message-" + participle, prefix + element + "-" + participle + "-unconstrained",
	} {
		if RuleByID(id) != nil {
			return id
		}
	}
	return "schema/annotation-changed"
}

// edited adds what changed about a part that is there on both sides.
func (c *collector) edited(older, newer *schema.Field) {
	if c.covered(older.Path) || c.told[older.Entity] && older.Entity != "" {
		return
	}
	x := Change{Path: older.Path, Old: partSide(older), New: partSide(newer), Rule: "schema/annotation-changed"}
	switch {
	case older.Type != newer.Type:
		x.Message = "the type of " + quoted(older.Name) + " was " + older.Type + " and is " + newer.Type
	case older.Logical != newer.Logical:
		x.Message = "the logical type or format of " + quoted(older.Name) + " was " + quoted(older.Logical) + " and is " + quoted(newer.Logical)
	case !slices.Equal(older.Tags, newer.Tags):
		x.Message = "the tags of " + quoted(older.Name) + " were [" + strings.Join(older.Tags, ", ") + "] and are [" + strings.Join(newer.Tags, ", ") + "]"
	case older.Doc != newer.Doc:
		x.Rule, x.Message = "schema/doc-changed", "the documentation of "+quoted(older.Name)+" changed"
		x.Old.Text, x.New.Text = shortened(older.Doc), shortened(newer.Doc)
	default:
		return
	}
	c.told[older.Entity] = true
	c.harmless(x)
}

// news reports whether a part is neither covered nor told already: a type that
// is used in several places has its parts at several paths.
func (c *collector) news(f *schema.Field) bool {
	if c.covered(f.Path) || c.told[f.Entity] && f.Entity != "" {
		return false
	}
	c.told[f.Entity] = true
	return true
}

func quoted(s string) string { return jsonx.Quote(s) }

func partSide(f *schema.Field) Side {
	if f == nil {
		return Side{Absent: true}
	}
	return Side{Place: schema.Place{Position: f.Position}, Text: f.Type}
}

// harmless adds a change that no finding is about, and that everybody accepts.
func (c *collector) harmless(x Change) {
	x.Class = ClassInfo
	for _, d := range []Direction{OldToNew, NewToOld} {
		for _, p := range DiffPolicies {
			x.Verdicts.set(d, p, Compatible)
		}
	}
	c.out.Changes = append(c.out.Changes, x)
}

// finish fills in what follows from the findings of a change.
func (c *collector) finish(x *Change) {
	for i := range x.Findings {
		f := &x.Findings[i]
		if i == 0 || f.Class() == ClassData && x.Findings[0].Class() != ClassData {
			x.Message = f.Text()
		}
		switch {
		case f.Break != nil:
			x.Old.Place, x.New.Place = f.Old(), f.New()
		case x.Old.Pointer == "" && x.New.Pointer == "" && strings.HasPrefix(f.Path, "#/") && c.newer.Format() == schema.JSON:
			x.Old.Pointer, x.New.Pointer = pointerOf(f.Path), pointerOf(f.Path)
		case x.Old.Pointer == "" && x.New.Pointer == "" && strings.HasPrefix(f.Path, "/"):
			side := [...]*Side{&x.New, &x.Old}[f.Direction] // Avro's paths are the reader's
			side.Pointer = f.Path
		}
	}
	if len(x.Findings) > 0 {
		c.fillSide(&x.Old, 0)
		c.fillSide(&x.New, 1)
	}
	if x.Path == "" {
		x.Path = "$"
	}
	x.Hint = x.hint()
}

// maxSide is where the text of a side is cut, in the characters that Java
// counts.
const maxSide = 1024

func shortened(s string) string {
	if text, short := cutUTF16(s, maxSide); short {
		return text + "..."
	}
	return s
}

// fillSide looks up what the canonical text has at a pointer. For Protobuf,
// which has no pointers into its text, it is the declaration of a field.
func (c *collector) fillSide(s *Side, side int) {
	p := [...]schema.Parsed{c.older, c.newer}[side]
	if s.Document != "" {
		return
	}
	if p.Format() == schema.Protobuf {
		c.protoSide(s, p)
		return
	}
	if c.trees[side] == nil {
		tree, err := jsonx.Parse(p.Canonical(), jsonx.SchemaLimits(schema.DefaultLimits()))
		if err != nil {
			tree = &jsonx.Value{Kind: jsonx.Null} // a limit: no text is shown
		}
		c.trees[side] = tree
	}
	v := c.trees[side]
	if s.Pointer == "" {
		return // the whole schema says nothing about the change
	}
	for _, segment := range strings.Split(s.Pointer, "/")[1:] {
		if v = step(v, unescapePointer(segment)); v == nil {
			s.Absent = true
			return
		}
	}
	s.Text = shortened(string(jsonx.Append(nil, v)))
}

// protoSide shows the type and name of the field that is declared at a place.
func (c *collector) protoSide(s *Side, p schema.Parsed) {
	for _, f := range p.Fields() {
		if f.IsValid() && f.Position == s.Position && !f.Record {
			s.Text = f.Type + " " + f.Name
			return
		}
	}
}

func step(v *jsonx.Value, segment string) *jsonx.Value {
	if v.Kind == jsonx.Object {
		return v.Get(segment)
	}
	i, err := strconv.Atoi(segment)
	if v.Kind != jsonx.Array || err != nil || i < 0 || i >= len(v.Items) {
		return nil
	}
	return v.Items[i]
}

// hint says what to do about a change that somebody refuses.
func (x *Change) hint() string {
	r := RuleByID(x.Rule)
	refused := x.Verdicts.At(Full, Exact) == Incompatible || x.Verdicts.At(Full, Strict) == Incompatible
	switch {
	case r == nil || !refused:
		return ""
	case len(r.Fixes) == 0:
		return r.NoFix
	}
	var ways []string
	for _, k := range r.Fixes {
		ways = append(ways, strings.ReplaceAll(string(k), "-", " "))
	}
	return "to keep both sides reading: " + strings.Join(ways, ", or ")
}
