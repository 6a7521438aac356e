package upcast

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// compare proposes steps that make a value of one type a value of another.
func (p *proposer) compare(path Path, s, t *plan.Type) {
	oneofs := isOneof(s) && isOneof(t) // of which the record that holds them tells what is lost
	if p.depth > maxProposeDepth || p.seen[[2]*plan.Type{s, t}] || fits(s, t) && !oneofs {
		return
	}
	p.depth++
	defer func() { p.depth-- }()
	inner, nullable := s.Nullable()
	wanted, mayBeNull := t.Nullable()
	if nullable && !mayBeNull && t.Kind != plan.Union {
		p.require(path, inner, t)
		if !fits(inner, t) {
			p.compare(path, inner, t)
		}
		return
	}
	if nullable {
		s = inner
	}
	if mayBeNull {
		t = wanted
	}
	if p.seen[[2]*plan.Type{s, t}] {
		return
	}
	within := path
	if nullable && len(path) > 0 {
		within = extend(path, Segment{Kind: OptionalSegment})
	}
	switch {
	case s.Kind == plan.Record && t.Kind == plan.Record:
		p.record(within, s, t)
	case s.Kind == plan.List && t.Kind == plan.List:
		p.compare(extend(within, Segment{Kind: ElementsSegment}), s.Elem, t.Elem)
	case s.Kind == plan.Map && t.Kind == plan.Map:
		p.compare(extend(within, Segment{Kind: ValuesSegment}), s.Elem, t.Elem)
	case s.Kind == plan.Union && t.Kind == plan.Union:
		p.union(within, s, t)
	case s.Kind == plan.Enum && t.Kind == plan.Enum:
		p.enum(within, s, t)
	default:
		p.scalar(within, s, t)
	}
}

// record enters a pair of records; one that contains itself is entered by its
// name, wherever it occurs.
func (p *proposer) record(path Path, s, t *plan.Type) {
	key := [2]*plan.Type{s, t}
	if !s.Named() || !recursive(s) || s.Name != t.Name && !recursive(t) {
		p.fields(path, s, t)
		return
	}
	p.seen[key] = true
	inside := &proposer{seen: p.seen, depth: p.depth, compared: p.compared}
	inside.fields(nil, s, t)
	inside.settle()
	if len(inside.steps) == 0 {
		return
	}
	var texts, reasons []string
	for _, x := range inside.steps {
		texts, reasons = append(texts, "{"+x.Text+"}"), append(reasons, x.Reason)
	}
	p.add(ProposedStep{
		Text:   "inType: {type: " + jsonx.Quote(s.Name) + ", steps: [" + strings.Join(texts, ", ") + "]}",
		Reason: "wherever " + s.Name + " occurs: " + strings.Join(reasons, "; "), Confidence: Guess,
	})
}

func (p *proposer) require(path Path, inner, t *plan.Type) {
	value := plainValue(inner)
	if fits(t, inner) {
		value = plainValue(t)
	}
	p.add(ProposedStep{
		Text:   "require: {path: " + jsonx.Quote(path.String()) + ", else: {value: " + value + "}}",
		Reason: path.String() + " may be null in old events, and may not in new ones", Confidence: Guess, Open: true, Value: value,
	})
}

// set overwrites a value, which every type takes.
func setStep(path Path, t *plan.Type) ProposedStep {
	value := plainValue(t)
	return ProposedStep{
		Text:   "set: {path: " + jsonx.Quote(path.String()) + ", value: " + value + "}",
		Reason: "the values of " + path.String() + " have no counterpart in the new type", Confidence: Guess, Open: true, Value: value,
	}
}

// enum maps the symbols that are gone to the likest new ones, or to the first.
func (p *proposer) enum(path Path, s, t *plan.Type) {
	var pairs []string
	lost := []string{}
	confidence := Likely
	for _, sym := range s.Symbols {
		to := sym
		if !slices.Contains(t.Symbols, sym) {
			lost = append(lost, sym)
			if to = likest(sym, t.Symbols); to == "" {
				confidence, to = Guess, t.Default
			}
			if to == "" && len(t.Symbols) > 0 {
				to = t.Symbols[0]
			}
		}
		pairs = append(pairs, jsonx.Quote(sym)+": "+jsonx.Quote(to))
	}
	if len(t.Symbols) == 0 {
		return
	}
	p.add(ProposedStep{
		Text:   "mapEnum: {path: " + jsonx.Quote(path.String()) + ", map: {" + strings.Join(pairs, ", ") + "}}",
		Reason: "the new enum has no symbol " + strings.Join(lost, ", "), Confidence: confidence, instead: []ProposedStep{setStep(path, t)},
	})
}

// union compares branches of one name and maps those that are gone.
func (p *proposer) union(path Path, s, t *plan.Type) {
	if isOneof(s) && isOneof(t) {
		p.oneof(path, s, t)
		return
	}
	gone := []string{}
	for i := range s.Branches {
		from := &s.Branches[i]
		if k := t.Branch(from.Name); k >= 0 {
			p.compare(extend(path, Segment{Kind: BranchSegment, Name: from.Name}), from.Type, t.Branches[k].Type)
			continue
		}
		if slices.ContainsFunc(t.Branches, func(to plan.Branch) bool { return fits(from.Type, to.Type) }) {
			continue
		}
		gone = append(gone, from.Name)
	}
	if len(gone) == 0 {
		return
	}
	p.add(ProposedStep{
		Text:   setStep(path, t).Text,
		Reason: "no branch of the new union takes " + strings.Join(gone, ", "), Confidence: Guess, Open: true, Value: plainValue(t),
	})
}

// scalar changes the representation of a value, or wraps and unwraps it.
func (p *proposer) scalar(path Path, s, t *plan.Type) {
	at, value := jsonx.Quote(path.String()), plainValue(t)
	otherwise := ", else: {value: " + value + "}"
	to := typeWord(t)
	step := ProposedStep{
		Reason: path.String() + " was " + s.String() + " and is " + t.String(), Confidence: Likely, instead: []ProposedStep{setStep(path, t)},
	}
	switch expr := exprBetween(s, t); {
	case t.Kind == plan.List && fits(s, t.Elem):
		step.Text = "wrap: {path: " + at + ", as: list}"
	case s.Kind == plan.List && fits(s.Elem, t):
		step.Text, step.Confidence = "head: {path: "+at+", which: first"+otherwise+"}", Guess
	case to != "" && numeric(s) && numeric(t):
		step.Text = "convert: {path: " + at + ", factor: 1, to: " + to + ", round: half-even" + otherwise + "}"
		step.Reason += ", which has fewer values"
	case to != "" && expr != "" && total(s, t):
		step.Text = "convert: {path: " + at + ", expr: " + jsonx.Quote(expr) + "}"
	case to != "" && expr != "":
		step.Text = "convert: {path: " + at + ", expr: " + jsonx.Quote(expr) + ", to: " + to + otherwise + "}"
	case to != "" && codecBetween(s, t) != "":
		step.Text = "retype: {path: " + at + ", to: " + to + ", via: " + codecBetween(s, t) + otherwise + "}"
		step.Confidence = Guess
	default:
		step = setStep(path, t)
	}
	if strings.Contains(step.Text, otherwise) {
		step.Open, step.Value = true, value
	}
	p.add(step)
}

// exprBetween is an expression that turns a value of one type into one of another.
func exprBetween(s, t *plan.Type) string {
	has := func(a, b plan.Kind) bool { return s.Kind == a && t.Kind == b && s.Logical == "" && t.Logical == "" }
	switch {
	case (numeric(s) || s.Logical == "" && (s.Kind == plan.Bool || s.Kind == plan.Enum || s.Kind == plan.Bytes)) && isText(t):
		return "string(this)"
	case isText(s) && numeric(t) && t.Kind == plan.Float:
		return "double(this)"
	case isText(s) && numeric(t):
		return "int(this)"
	case has(plan.Bool, plan.Int):
		return "this ? 1 : 0"
	case has(plan.Int, plan.Bool):
		return "this != 0"
	}
	return ""
}

// total reports whether [exprBetween] has a result for every value.
func total(s, t *plan.Type) bool {
	anySize := s.Bits == 0 && (s.Kind == plan.Int || s.Kind == plan.Float) // as in JSON
	return s.Kind != plan.Bytes && !isText(s) && t.Kind != plan.Float && !anySize
}

func numeric(t *plan.Type) bool {
	return t.Logical == "" && (t.Kind == plan.Int || t.Kind == plan.Uint || t.Kind == plan.Float)
}

// typeWord is the name of a type in a step; empty for those that a step cannot
// name.
func typeWord(t *plan.Type) string {
	switch {
	case t.Logical != "" && t.Kind != plan.Decimal:
		return t.Logical
	case t.Kind == plan.Decimal, t.Named() && t.Kind != plan.Enum:
		return ""
	case t.Kind == plan.Enum:
		return jsonx.Quote(t.Name)
	case t.Kind == plan.Int || t.Kind == plan.Float:
		return plan.AvroBranch(t)
	case t.Kind == plan.String || t.Kind == plan.Bytes:
		return t.Kind.String()
	case t.Kind == plan.Bool:
		return "boolean"
	}
	return ""
}

// codecBetween is the likeliest way to write a value of one type as another, of
// those that no expression says.
func codecBetween(s, t *plan.Type) string {
	has := func(a, b plan.Kind) bool { return s.Kind == a && t.Kind == b }
	switch {
	case s.Logical == "uuid" || t.Logical == "uuid":
		return "uuid"
	case strings.HasPrefix(s.Logical, "timestamp-") || strings.HasPrefix(t.Logical, "timestamp-"):
		return timeCodec(s, t)
	case has(plan.String, plan.Enum):
		return "symbol"
	case has(plan.Enum, plan.Int), has(plan.Int, plan.Enum):
		return "ordinal"
	case has(plan.Decimal, plan.String), has(plan.String, plan.Decimal):
		return "decimal-string"
	}
	return ""
}

func timeCodec(s, t *plan.Type) string {
	if s.Kind == plan.String || t.Kind == plan.String {
		return "rfc3339"
	}
	stored, other := s.Logical, t
	if stored == "" {
		stored, other = t.Logical, s
	}
	if other.Kind == plan.Float {
		return "unix-seconds"
	}
	return "unix-" + strings.TrimPrefix(strings.TrimPrefix(stored, "local-"), "timestamp-")
}

// plainValue is the least value of a type as a literal of a document.
func plainValue(t *plan.Type) string { return plainAt(t, 0) }

func plainAt(t *plan.Type, depth int) string {
	if depth > maxProposeDepth {
		return "null"
	}
	switch t.Kind {
	case plan.Bool:
		return "false"
	case plan.Int, plan.Uint, plan.Float:
		return "0"
	case plan.Decimal:
		return `"0"`
	case plan.Bytes:
		return `{base64: "` + base64.StdEncoding.EncodeToString(make([]byte, t.Size)) + `"}`
	case plan.String:
		if t.Logical == "uuid" {
			return `"00000000-0000-0000-0000-000000000000"`
		}
		return `""`
	case plan.Enum:
		return plainSymbol(t)
	case plan.List:
		return "[]"
	case plan.Map:
		return "{}"
	case plan.Union:
		if i := t.Branch("null"); i >= 0 || len(t.Branches) == 0 {
			return "null"
		}
		return plainAt(t.Branches[0].Type, depth+1)
	case plan.Record:
		return plainRecord(t, depth)
	default:
		return "null"
	}
}

func plainSymbol(t *plan.Type) string {
	if t.Default != "" {
		return jsonx.Quote(t.Default)
	}
	if len(t.Symbols) == 0 {
		return "null"
	}
	return jsonx.Quote(t.Symbols[0])
}

func plainRecord(t *plan.Type, depth int) string {
	var parts []string
	for i := range t.Fields {
		if f := &t.Fields[i]; !f.HasDefault && !f.Optional {
			parts = append(parts, jsonx.Quote(f.Name)+": "+plainAt(f.Type, depth+1))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// oneof compares the members of one number, and leaves unset what has no member in
// the new oneof.
func (p *proposer) oneof(path Path, s, t *plan.Type) {
	var kept, gone []string
	renamed := false
	for i := range s.Branches {
		from := &s.Branches[i]
		k := memberFor(t, from.Name, from.Number)
		if k < 0 {
			k = t.Branch(from.Name)
			renamed = renamed || k >= 0
		}
		if k < 0 {
			gone = append(gone, from.Name)
			continue
		}
		p.compare(extend(path, Segment{Kind: BranchSegment, Name: from.Name}), from.Type, t.Branches[k].Type)
		renamed = renamed || from.Name != t.Branches[k].Name
		kept = append(kept, jsonx.Quote(from.Name)+": "+jsonx.Quote(t.Branches[k].Name))
	}
	text := "mapBranch: {path: " + jsonx.Quote(path.String()) + ", map: {" + strings.Join(kept, ", ") + "}"
	switch {
	case len(gone) > 0:
		p.late = append(p.late, ProposedStep{Text: text + ", else: absent}", Reason: "the new oneof has no member " + strings.Join(gone, ", "), Confidence: Guess})
	case renamed: // a member that a step has entered goes by its name
		p.late = append(p.late, ProposedStep{Text: text + "}", Reason: "members of the new oneof have other names, or other numbers", Confidence: Likely})
	}
}
