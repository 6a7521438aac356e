package upcast

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

// jsonGuide proposes steps for what the proof finds between the images of a
// proposal and the target. The types of JSON Schema admit more than its places,
// so it is not read off the types as in the other formats.
type jsonGuide struct {
	source, target *plan.Type
	// samples are events of the target, which hold values that fit their places.
	samples []*jsonx.Value
}

// guideSamples is how many events of the target are looked at for values.
const guideSamples = 16

func newJSONGuide(source, target codec) *jsonGuide {
	t, ok := target.(*jsonCodec)
	if !ok {
		return nil
	}
	g := &jsonGuide{source: source.events(), target: t.typ}
	for seed := range uint64(guideSamples) {
		s, err := t.schema.Varied(seed)
		if err != nil {
			break
		}
		if tree, err := jsonx.Parse(string(s.JSON), jsonx.Limits{Together: true}); err == nil {
			g.samples = append(g.samples, tree)
		}
	}
	return g
}

// The order of guided steps: what is not declared leaves before a property of
// that name comes.
const (
	rankRest = iota + 1
	rankDrop
	rankChange
	rankAdd
)

// extend proposes the next step for each open problem, and reports whether there
// was one.
func (g *jsonGuide) extend(p *Proposal) bool {
	if g == nil || p.Hop == nil {
		return false
	}
	changed := false
	for i := range p.Hop.Verdict.Problems {
		x := &p.Hop.Verdict.Problems[i]
		kind := x.Reason
		switch {
		case x.Obligation == "O4":
			continue
		case kind == "" && x.Obligation == "O6":
			kind = "additionalProperties" // a value without a place
		}
		if x.Step > 0 || kind == "" {
			continue
		}
		about := x.Path + " " + kind
		at := slices.IndexFunc(p.Steps, func(s ProposedStep) bool { return s.about == about })
		switch {
		case at < 0 && len(p.Steps) < maxProposed:
			s, ok := g.first(x.Path, kind, about)
			if ok && !slices.ContainsFunc(p.Steps, func(have ProposedStep) bool { return have.Text == s.Text }) {
				p.Steps = append(p.Steps, s)
				changed = true
			}
		case at >= 0 && len(p.Steps[at].instead) > 0:
			p.Steps = slices.Replace(slices.Clone(p.Steps), at, at+1, p.Steps[at].instead...)
			changed = true
		}
	}
	slices.SortStableFunc(p.Steps, func(a, b ProposedStep) int { return a.rank - b.rank })
	return changed
}

// first is the first of the steps that may answer a problem; each has the next
// one as its replacement.
func (g *jsonGuide) first(at, kind, about string) (ProposedStep, bool) {
	path, err := ParsePath(at)
	if err != nil || len(path) == 0 {
		return ProposedStep{}, false
	}
	options := g.options(kind, path)
	for i := len(options) - 1; i >= 0; i-- {
		options[i].about = about
		if i+1 < len(options) {
			options[i].instead = []ProposedStep{options[i+1]}
		}
	}
	if len(options) == 0 {
		return ProposedStep{}, false
	}
	return options[0], true
}

// options are the steps that may answer a problem of a kind, the best first.
func (g *jsonGuide) options(kind string, path Path) []ProposedStep {
	parent, last := path[:len(path)-1], path[len(path)-1]
	owner := placeAt(g.source, parent)
	declared := last.Kind != FieldSegment || owner == nil || owner.Kind != plan.Record || owner.Field(last.Name) >= 0
	here := jsonx.Quote(extend(g.guarded(parent), last).String())
	rest := ProposedStep{
		Text:   "rest: {path: " + jsonx.Quote(g.guarded(parent).String()) + ", mode: drop}",
		Reason: "old events may hold undeclared properties, which the new schema does not allow", Confidence: Guess, rank: rankRest,
	}
	drop := ProposedStep{
		Text: "drop: {path: " + here + "}", Reason: "the new schema has no place for " + path.String() + ", so its value is given up", Confidence: Guess, rank: rankDrop,
	}
	switch kind {
	case "required":
		value := g.value(path)
		step := ProposedStep{
			Text:   "add: {path: " + here + ", value: " + value + "}",
			Reason: "new events must have " + path.String() + ", and old ones have none", Confidence: Guess, Open: true, Value: value, rank: rankAdd,
		}
		if declared {
			step.Text = "require: {path: " + here + ", else: {value: " + value + "}}"
			step.Reason = path.String() + " may be absent in old events, and may not in new ones"
		}
		return []ProposedStep{step}
	case "additionalProperties", "unevaluatedProperties", "propertyNames":
		if !declared || kind == "propertyNames" {
			return []ProposedStep{rest}
		}
		return []ProposedStep{drop, rest}
	case "false":
		if !declared {
			return []ProposedStep{rest}
		}
		return []ProposedStep{drop}
	}
	if !declared {
		return []ProposedStep{rest}
	}
	return g.changes(path, drop)
}

// changes are steps that make the values of a place fit.
func (g *jsonGuide) changes(path Path, drop ProposedStep) []ProposedStep {
	at := g.guarded(path)
	here := jsonx.Quote(at.String())
	s, t := placeAt(g.source, path), placeAt(g.target, path)
	value := g.value(path)
	set := ProposedStep{
		Text:   "set: {path: " + here + ", value: " + value + "}",
		Reason: "the values of " + path.String() + " have no counterpart in the new schema", Confidence: Guess, Open: true, Value: value, rank: rankChange,
	}
	var out []ProposedStep
	allowed := allowedValues(t)
	if len(allowed) == 1 {
		set.Text, set.Reason = "set: {path: "+here+", value: "+allowed[0]+"}", "the new schema allows one value of "+path.String()
		set.Open, set.Value, set.Confidence = false, "", Likely
		return []ProposedStep{set}
	}
	if s != nil && t != nil {
		p := &proposer{seen: map[[2]*plan.Type]bool{}}
		switch {
		case s.Kind == plan.Enum && t.Kind == plan.Enum:
			p.enum(at, s, t)
		case s.Kind != t.Kind && t.Kind != plan.Union && t.Kind != plan.Any && s.Kind != plan.Union && s.Kind != plan.Any:
			p.scalar(at, s, t)
		}
		for _, x := range p.steps {
			x.rank, x.instead = rankChange, nil
			if x.Open { // with a value that fits the place
				x.Text = strings.Replace(x.Text, "value: "+x.Value, "value: "+value, 1)
				x.Value = value
			}
			out = append(out, x)
		}
		out = append(out, narrowing(here, t, value)...)
	}
	out = append(out, set)
	if owner := placeAt(g.target, path[:len(path)-1]); owner != nil && path[len(path)-1].Kind == FieldSegment {
		if i := owner.Field(path[len(path)-1].Name); i >= 0 && owner.Fields[i].Optional {
			out = append(out, drop)
		}
	}
	return out
}

// allowedValues are the values of a place, as JSON, if the schema lists them.
func allowedValues(t *plan.Type) []string {
	if t == nil {
		return nil
	}
	for _, n := range t.Schemas {
		if n.Const != nil {
			return []string{string(jsonx.Append(nil, n.Const))}
		}
	}
	var out []string
	for _, n := range t.Schemas {
		for _, v := range n.Enum {
			out = append(out, string(jsonx.Append(nil, v)))
		}
		if len(n.Enum) > 0 {
			return out
		}
	}
	return nil
}

// narrowing fits values into the bounds of the new place: cut off or clamped if
// that leads to one, else by another value.
func narrowing(here string, t *plan.Type, value string) []ProposedStep {
	bounds := map[string]string{}
	set := func(name string, n *jsonschema.Number) {
		if n != nil && bounds[name] == "" {
			bounds[name] = n.Text
		}
	}
	for _, n := range t.Schemas {
		set("minimum", n.Minimum)
		set("maximum", n.Maximum)
		set("minLength", n.MinLength)
		set("maxLength", n.MaxLength)
		set("minItems", n.MinItems)
		set("maxItems", n.MaxItems)
		set("multipleOf", n.MultipleOf)
		if n.Pattern != nil && bounds["pattern"] == "" {
			bounds["pattern"] = jsonx.Quote(n.Pattern.Source)
		}
	}
	names := [][2]string{}
	switch t.Kind {
	case plan.String:
		names = [][2]string{{"minLength", "minLength"}, {"maxLength", "maxLength"}, {"pattern", "pattern"}}
	case plan.Int, plan.Uint, plan.Float:
		names = [][2]string{{"min", "minimum"}, {"max", "maximum"}, {"multipleOf", "multipleOf"}}
	case plan.List:
		names = [][2]string{{"minLength", "minItems"}, {"maxLength", "maxItems"}}
	}
	var parts []string
	for _, n := range names {
		if v := bounds[n[1]]; v != "" {
			parts = append(parts, n[0]+": "+v)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	step := ProposedStep{Reason: "the new schema has tighter bounds", Confidence: Guess, rank: rankChange}
	text := "narrow: {path: " + here + ", " + strings.Join(parts, ", ")
	easy := step
	easy.Text = text + ", mode: truncate}"
	if t.Kind != plan.String && t.Kind != plan.List {
		easy.Text = text + ", mode: clamp}"
	}
	step.Text, step.Open, step.Value = text+", mode: else, else: {value: "+value+"}}", true, value
	return []ProposedStep{easy, step}
}

// guarded is a path on which what may be absent is only acted on where it is.
func (g *jsonGuide) guarded(path Path) Path {
	var out Path
	t := g.source
	for _, s := range path {
		out = append(out, s)
		owner := t
		if t = stepInto(t, s); t == nil || owner.Kind != plan.Record {
			continue
		}
		_, nullable := t.Nullable()
		if i := owner.Field(s.Name); s.Kind == FieldSegment && i >= 0 && (owner.Fields[i].Optional || nullable) {
			out = append(out, Segment{Kind: OptionalSegment})
		}
		t = withoutNull(t)
	}
	return out
}

func withoutNull(t *plan.Type) *plan.Type {
	if inner, nullable := t.Nullable(); nullable {
		return inner
	}
	return t
}

// placeAt follows a path to its type, null aside; nil if it does not lead to one.
func placeAt(t *plan.Type, path Path) *plan.Type {
	for _, s := range path {
		if t = stepInto(withoutNull(t), s); t == nil {
			return nil
		}
	}
	return withoutNull(t)
}

func stepInto(t *plan.Type, s Segment) *plan.Type {
	if t == nil {
		return nil
	}
	switch s.Kind {
	case FieldSegment:
		if i := t.Field(s.Name); t.Kind == plan.Record && i >= 0 {
			return t.Fields[i].Type
		}
	case ElementsSegment:
		if t.Kind == plan.List {
			return t.Elem
		}
	case ValuesSegment:
		if t.Kind == plan.Map {
			return t.Elem
		}
	case BranchSegment:
		if i := t.Branch(s.Name); t.Kind == plan.Union && i >= 0 {
			return t.Branches[i].Type
		}
	case OptionalSegment:
		return t
	}
	return nil
}

// judges reports whether a place looks at more of a value than its type.
func judges(n *jsonschema.Node) bool {
	if n.Value == nil || n.Bool != nil {
		return true
	}
	return slices.ContainsFunc(n.Value.Members, func(m jsonx.Member) bool {
		return !slices.Contains([]string{"type", "title", "description", "$comment", "default", "examples", "deprecated"}, m.Key)
	})
}

// value is a value that fits a place of the target, as JSON: a plain one where
// only the type counts, else one of an event.
func (g *jsonGuide) value(path Path) string {
	if t := placeAt(g.target, path); t != nil && len(t.Schemas) > 0 && !slices.ContainsFunc(t.Schemas, judges) {
		return plainValue(t)
	}
	for _, sample := range g.samples {
		v := sample
		for _, s := range path {
			switch {
			case v == nil || s.Kind == BranchSegment || s.Kind == OptionalSegment:
			case s.Kind == FieldSegment:
				v = v.Get(s.Name)
			case s.Kind == ElementsSegment && len(v.Items) > 0:
				v = v.Items[0]
			case s.Kind == ValuesSegment && len(v.Members) > 0:
				v = v.Members[0].Value
			default:
				v = nil
			}
		}
		if v != nil {
			return string(jsonx.Append(nil, v))
		}
	}
	if t := placeAt(g.target, path); t != nil {
		return plainValue(t)
	}
	return "null"
}
