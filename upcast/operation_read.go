package upcast

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
)

// operation is one row of the table of operations.
type operation struct {
	name string
	read func(*object) Operation
}

// operations reads each operation from its mapping; the order is that of the
// documentation.
var operations []operation

// The table refers to itself where steps hold steps, which a plain initialiser
// may not.
func init() { operations = operationTable() }

func operationTable() []operation {
	return []operation{
		{"add", readAdd},
		{"drop", readDrop},
		{"rename", func(o *object) Operation { return &Rename{o.path("from", true), o.path("to", true)} }},
		{"move", func(o *object) Operation { return &Move{o.path("from", true), o.path("to", true)} }},
		{"copy", func(o *object) Operation { return &Copy{o.path("from", true), o.path("to", true)} }},
		{"set", readSet},
		{"convert", readConvert},
		{"retype", readRetype},
		{"mapEnum", readMapEnum},
		{"mapBranch", readMapBranch},
		{"split", readSplit},
		{"merge", readMerge},
		{"nest", func(o *object) Operation { return &Nest{o.paths("paths", 1), o.path("under", true)} }},
		{"flatten", func(o *object) Operation {
			return &Flatten{o.path("path", true), o.text("prefix", false), o.otherwise(false)}
		}},
		{"wrap", readWrap},
		{"head", func(o *object) Operation {
			return &Head{o.path("path", true), o.choice("which", false, "first", "last", "only"), o.otherwise(false), o.bool("park")}
		}},
		{"filter", func(o *object) Operation { return &Filter{o.path("path", true), o.expr("where", true), o.bool("park")} }},
		{"toMap", func(o *object) Operation {
			return &ToMap{o.path("path", true), o.text("key", true), o.text("value", true), o.choice("duplicates", false, "fail", "first", "last"), o.otherwise(false)}
		}},
		{"toList", func(o *object) Operation {
			return &ToList{o.path("path", true), o.text("key", true), o.text("value", true)}
		}},
		{"each", func(o *object) Operation { return &Each{o.path("path", true), o.steps("steps", true)} }},
		{"inType", func(o *object) Operation { return &InType{o.text("type", true), o.steps("steps", true)} }},
		{"require", func(o *object) Operation { return &Require{Path: o.path("path", true), Else: o.otherwise(true)} }},
		{"relax", func(o *object) Operation { return &Relax{o.path("path", true), o.sourceKey("restore", false)} }},
		{"narrow", readNarrow},
		{"default", func(o *object) Operation { return &Default{o.path("path", true), o.sourceKey("was", true)} }},
		{"rest", readRest},
		{"fromContext", func(o *object) Operation {
			return &FromContext{o.path("path", true), o.text("context", true), o.otherwise(true)}
		}},
		{"renameType", readRenameType},
		{"dropEvent", func(o *object) Operation { return &DropEvent{o.expr("when", true)} }},
		{"splitEvent", readSplitEvent},
		{"reversion", func(*object) Operation { return &Reversion{} }},
		{"meta", readMeta},
		{"rekey", func(o *object) Operation { return &Rekey{o.expr("expr", true)} }},
		{"erase", readErase},
		{"transcode", func(o *object) Operation {
			return &Transcode{o.choice("to", true, "AVRO", "JSON", "PROTOBUF")}
		}},
	}
}

// later names the operations whose format is fixed and that are not carried out
// yet.
var later = map[string]bool{"mergeEvents": true}

func readAdd(o *object) Operation {
	return &Add{o.path("path", true), o.source(true), o.choice("onConflict", false, "overwrite", "keep", "fail")}
}

func readDrop(o *object) Operation {
	return &Drop{o.path("path", true), o.sourceKey("restore", false), o.bool("park")}
}

func readSet(o *object) Operation {
	return &Set{o.path("path", true), o.source(true), o.sourceKey("restore", false), o.bool("park")}
}

// rounds are the ways to round; the empty word means that nothing may be lost.
var rounds = []string{"", "half-even", "half-up", "floor", "ceil", "trunc"}

func readConvert(o *object) Operation {
	c := &Convert{
		Path: o.path("path", true), Factor: o.number("factor", false), Offset: o.number("offset", false),
		Expr: o.expr("expr", false), DownExpr: o.expr("downExpr", false), To: o.text("to", false),
		Round: o.choice("round", false, rounds...), Else: o.otherwise(false),
	}
	linear, computed := o.has("factor") || o.has("offset"), o.has("expr")
	switch {
	case linear && computed:
		o.fail("expr", "convert has both a factor and an expression", "keep one of them")
	case !linear && !computed:
		o.fail("", "convert does not say how", "add factor, offset or expr")
	case linear && o.has("downExpr"):
		o.fail("downExpr", "the inverse of a factor is derived", "remove downExpr")
	case linear && strings.Trim(c.Factor, "-0.eE+") == "" && o.has("factor"):
		o.fail("factor", "the factor is zero", "use set to overwrite a value")
	}
	return c
}

// codecs are the representations that retype knows.
var codecs = []string{
	"", "number", "decimal-string", "rfc3339", "unix-seconds", "unix-millis", "unix-micros", "unix-nanos",
	"base64", "base64url", "hex", "utf8", "uuid", "symbol", "ordinal", "bool-01", "iso-duration",
}

func readRetype(o *object) Operation {
	r := &Retype{Path: o.path("path", true), To: o.text("to", true)}
	r.Via = o.text("via", false)
	if r.Via != "" && !strings.HasPrefix(r.Via, "decimal(") {
		o.choice("via", false, codecs...)
	}
	r.Round, r.Else = o.choice("round", false, rounds...), o.otherwise(false)
	r.Restore, r.Park = o.sourceKey("restore", false), o.bool("park")
	return r
}

func readMapEnum(o *object) Operation {
	m := &MapEnum{Path: o.path("path", true), Map: o.pairs("map", false), Down: o.pairs("down", false)}
	for _, p := range o.pairs("choose", false) {
		m.Choose = append(m.Choose, Choice{p.From, Expr{p.To, jsonx.PositionOf(o.r.text, o.v.Offset)}})
	}
	m.Else = o.otherwise(false)
	if len(m.Map) == 0 && len(m.Choose) == 0 {
		o.fail("", "mapEnum maps no symbol", "add map, as {OLD: NEW}")
	}
	return m
}

func readMapBranch(o *object) Operation {
	m := &MapBranch{Path: o.path("path", true)}
	o.note("map", branchesShape, true)
	if v := o.need("map", jsonx.Object, true); v != nil {
		for i := range v.Members {
			x := &v.Members[i]
			m.Map = append(m.Map, o.branch(x, jsonx.Pointer(o.at("map"), x.Key)))
		}
	}
	m.Down, m.Else = o.pairs("down", false), o.otherwise(false)
	return m
}

func (o *object) branch(m *jsonx.Member, pointer string) BranchMap {
	if m.Value.Kind == jsonx.String {
		return BranchMap{From: m.Key, To: m.Value.Text}
	}
	b := o.r.object(m.Value, pointer, "a branch")
	out := BranchMap{From: m.Key, To: b.text("to", true), Steps: b.steps("steps", false)}
	b.done()
	return out
}

func readSplit(o *object) Operation {
	s := &Split{Path: o.path("path", true), Separator: o.text("separator", false), Pattern: o.text("pattern", false)}
	o.note("into", intoShape, true)
	v := o.take("into")
	var names []string
	switch {
	case o.r.describe != nil:
	case s.Separator == "" && s.Pattern == "" || s.Separator != "" && s.Pattern != "":
		o.fail("", "split needs a separator or a pattern, and not both", "add one of them")
	case v == nil:
		o.fail("", `split has no "into"`, "name the places that the parts go to")
	case v.Kind == jsonx.Array && s.Separator != "":
		for _, p := range o.paths("into", 2) {
			part := SplitPart{To: p}
			s.Into, names = append(s.Into, part), append(names, part.name())
		}
	case v.Kind == jsonx.Object && s.Pattern != "":
		for _, p := range o.pairs("into", true) {
			to, err := ParsePath(p.To)
			if err != nil {
				o.fail("into", err.Error(), "")
			}
			s.Into, names = append(s.Into, SplitPart{p.From, to}), append(names, p.From)
		}
	default:
		o.fail("into", "a separator goes with a list of paths, a pattern with a mapping from its groups to paths", "")
	}
	s.Else, s.ElseOf = o.elses(names)
	return s
}

func readMerge(o *object) Operation {
	m := &Merge{
		Paths: o.paths("paths", 1), To: o.path("to", true), Separator: o.text("separator", false),
		Expr: o.expr("expr", false), Down: o.choice("down", false, "", "split"),
	}
	if o.r.describe == nil && o.has("separator") == o.has("expr") {
		o.fail("", "merge needs a separator or an expression, and not both", "add one of them")
	}
	return m
}

func readWrap(o *object) Operation {
	w := &Wrap{o.path("path", true), o.choice("as", true, "list", "map"), o.text("key", false)}
	if w.As == "map" && w.Key == "" {
		o.fail("", "wrap as map has no key", "add key")
	}
	if w.As == "list" && w.Key != "" {
		o.fail("key", "a list has no keys", "remove key, or wrap as map")
	}
	return w
}

func readNarrow(o *object) Operation {
	n := &Narrow{
		Path: o.path("path", true), Min: o.number("min", false), Max: o.number("max", false), MultipleOf: o.number("multipleOf", false),
		MinLength: o.number("minLength", false), MaxLength: o.number("maxLength", false), Pattern: o.text("pattern", false),
		Mode: o.choice("mode", true, "clamp", "truncate", "else"), Else: o.otherwise(false), Park: o.bool("park"),
	}
	if o.r.describe != nil {
		return n
	}
	if n.Min+n.Max+n.MultipleOf+n.MinLength+n.MaxLength+n.Pattern == "" {
		o.fail("", "narrow names no bound", "add min, max, minLength, maxLength, pattern or multipleOf")
	}
	if (n.Mode == "else") != (n.Else.Kind != NoElse) {
		o.fail("mode", `mode "else" and the key else go together`, "add both, or clamp or truncate")
	}
	crossed(o, "min", "max", n.Min, n.Max)
	crossed(o, "minLength", "maxLength", n.MinLength, n.MaxLength)
	return n
}

// crossed refuses bounds between which nothing lies.
func crossed(o *object, least, most, lo, hi string) {
	x, ok := new(big.Rat).SetString(lo)
	y, ok2 := new(big.Rat).SetString(hi)
	if ok && ok2 && x.Cmp(y) > 0 {
		o.fail(most, fmt.Sprintf("%s is less than %s, so no value fits", most, least), "exchange them")
	}
}

func readRest(o *object) Operation {
	r := &Rest{o.path("path", true), o.choice("mode", false, "keep", "drop", "into"), o.path("to", false), o.bool("park")}
	if (r.Mode == "into") != (r.To != nil) && o.r.describe == nil {
		o.fail("mode", `mode "into" and the key to go together`, "")
	}
	return r
}

func readRenameType(o *object) Operation {
	o.note("to", targetOrTextShape, true)
	v := o.take("to")
	switch {
	case v == nil:
		o.fail("", `renameType has no "to"`, "name the new type, or {subject, version}")
	case v.Kind == jsonx.String:
		return &RenameType{Type: v.Text}
	default:
		return &RenameType{To: o.r.target(v, o.at("to"))}
	}
	return &RenameType{}
}

func readSplitEvent(o *object) Operation {
	s := &SplitEvent{AtLeastOne: o.bool("atLeastOne")}
	o.note("outputs", outputsShape, true)
	seen := map[string]bool{}
	for i, v := range o.list("outputs", jsonx.Object, true) {
		pointer := jsonx.Pointer(o.at("outputs"), fmt.Sprint(i))
		x := o.r.object(v, pointer, "an output")
		out := readOutput(x)
		x.done()
		if seen[out.Name] {
			x.fail("name", fmt.Sprintf("two outputs are called %q", out.Name), "names make the ids of the parts, so they must differ")
		}
		seen[out.Name] = true
		s.Outputs = append(s.Outputs, out)
	}
	return s
}

func readOutput(o *object) Output {
	out := Output{Name: o.text("name", true), When: o.expr("when", false), ForEach: o.path("forEach", false)}
	o.note("to", targetShape, true)
	if v := o.take("to"); v != nil {
		out.To = o.r.target(v, o.at("to"))
	} else {
		o.fail("", `an output has no "to"`, "name its subject and version")
	}
	out.Steps = o.steps("steps", false)
	return out
}

func readMeta(o *object) Operation {
	m := &Meta{Rename: o.pairs("rename", false), Drop: o.texts("drop", false)}
	o.note("set", sourcesShape, false)
	if v := o.need("set", jsonx.Object, false); v != nil {
		for i := range v.Members {
			x := &v.Members[i]
			m.Set = append(m.Set, FieldSource{x.Key, o.r.subSource(x.Value, jsonx.Pointer(o.at("set"), x.Key), 0)})
		}
	}
	if len(m.Set)+len(m.Rename)+len(m.Drop) == 0 {
		o.fail("", "meta changes nothing", "add set, rename or drop")
	}
	return m
}

func readErase(o *object) Operation {
	e := &Erase{o.paths("paths", 1), o.choice("with", true, "tombstone", "hash"), o.text("salt", false)}
	if o.has("park") {
		o.fail("park", "erased values are not kept", "remove park")
	}
	if e.With == "tombstone" && e.Salt != "" {
		o.fail("salt", "a tombstone has no salt", "remove salt, or write with: hash")
	}
	if e.With == "hash" && e.Salt == "" {
		o.fail("", "erase with hash has no salt", "add salt, the name of a context input")
	}
	return e
}
