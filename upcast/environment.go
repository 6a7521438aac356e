package upcast

import (
	"fmt"
	"maps"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"

	"github.com/instar-registry/instar/internal/nearest"
)

// Envelope is what is known of an event beside its bytes. Everything in it may be
// missing: expressions see what is not there as such.
type Envelope struct {
	ID, Type, Subject string
	Version, SchemaID int
	Stream            string
	// Position and Time (in microseconds since 1970) are missing where they are
	// nil.
	Position, Time *int64
	Headers        map[string]string
	Key            []byte
	// Context holds values of declared context inputs by name, as JSON in the
	// form of literals. Resolve, if set, is asked for lookups that it lacks.
	Context map[string]string
	Resolve func(input, key string) (json string, ok bool)
	// Earlier, if set, knows what earlier events of the stream said; see [Fold].
	Earlier *Fold
}

// FailContext is the code of a failure: a value of the context is missing or of
// another type than the document declares.
const FailContext = "context"

// metaType is the type of the variable meta.
var metaType = &plan.Type{Kind: plan.Record, Name: "meta", Fields: []plan.Field{
	{Name: "id", Type: exprString, Optional: true},
	{Name: "type", Type: exprString, Optional: true},
	{Name: "subject", Type: exprString, Optional: true},
	{Name: "version", Type: exprInt, Optional: true},
	{Name: "schemaId", Type: exprInt, Optional: true},
	{Name: "stream", Type: exprString, Optional: true},
	{Name: "position", Type: exprInt, Optional: true},
	{Name: "time", Type: &plan.Type{Kind: plan.Int, Bits: 64, Logical: "timestamp-micros"}, Optional: true},
	{Name: "headers", Type: &plan.Type{Kind: plan.Map, Elem: exprString}},
}}

// surroundings are the variables of a hop beside the event: nil where nothing
// names them.
type surroundings struct {
	meta, ctx *plan.Binder
	inputs    []ContextInput
	keys      map[string]plan.Node // of lookups
}

func (s *surroundings) used() bool { return s.meta != nil || s.ctx != nil }

// declare gives expressions the variable meta and, if the document has context
// inputs, ctx.
func (b *builder) declare(inputs []ContextInput) error {
	b.around = surroundings{meta: b.bind(metaType), inputs: inputs, keys: map[string]plan.Node{}}
	if len(inputs) == 0 {
		return nil
	}
	t := &plan.Type{Kind: plan.Record, Name: "ctx"}
	for i := range inputs {
		x := &inputs[i]
		typ := valueType(x.Type)
		e := &Error{Code: Invalid}
		e.Problem.Path, e.Problem.Position = jsonx.Pointer("/context", x.Name), x.at
		switch {
		case x.Kind == "stream" && !foldable(x.OfPath):
			e.Problem.What, e.Problem.Hint = fmt.Sprintf("%s names no one member of an event", x.OfPath), "a value of an earlier event is at a path of names, as in a.b"
			return e
		case typ == nil:
			e.Problem.What, e.Problem.Hint = fmt.Sprintf("%q is no type of values", x.Type), knownTypes
			return e
		case x.Kind == "header" && typ.Kind != plan.String:
			e.Problem.What, e.Problem.Hint = "a header is a text, not "+typ.String(), "write type: string, and convert it"
			return e
		}
		t.Fields = append(t.Fields, plan.Field{Name: x.Name, Type: typ, Optional: true})
	}
	b.around.ctx = b.bind(t)
	return nil
}

// lookups computes the keys of the lookups from the event as stored.
func (b *builder) lookups() {
	for i := range b.around.inputs {
		x := &b.around.inputs[i]
		if x.Kind != "lookup" || b.err != nil {
			continue
		}
		n := b.expr(x.Key, nil, Else{Kind: ElseDeadLetter}, nil)
		if t, _ := b.types.Of(n); b.err == nil && t.Kind != plan.String && t.Kind != plan.Never {
			b.badExpr(x.Key, *exprError(x.Key.Text, fmt.Sprintf("it gives %s, and a key is a text", t), "convert it by string(...)"))
		}
		b.around.keys[x.Name] = n
	}
}

// inUse leaves out the variables that none of some nodes names.
func (s surroundings) inUse(nodes ...plan.Node) surroundings {
	meta, ctx := false, false
	for _, n := range nodes {
		if n == nil {
			continue
		}
		plan.Visit(n, func(x plan.Node) {
			if c, ok := x.(*plan.Copy); ok {
				meta, ctx = meta || c.From == s.meta, ctx || s.ctx != nil && c.From == s.ctx
			}
		})
	}
	if !meta {
		s.meta = nil
	}
	if !ctx {
		s.ctx = nil
	}
	return s
}

// fromContext puts the value of an input into its place.
func (b *builder) fromContext(n plan.Node, op *FromContext) plan.Node {
	c := b.contextValue(op.Context)
	if c == nil {
		return n
	}
	return b.put(n, op.Path, func(*plan.Make) plan.Node {
		out, _ := b.otherwise(n, op.Else, op.Path)
		bind := b.bind(c.Type)
		return &plan.Opt{On: c, Bind: bind, Body: whole(bind), Missing: typed(out, c.Type)}
	}, "overwrite")
}

// contextValue is a declared input; nil, and an error, if there is none.
func (b *builder) contextValue(name string) *plan.Copy {
	names := make([]string, len(b.around.inputs))
	for i := range b.around.inputs {
		if names[i] = b.around.inputs[i].Name; names[i] == name {
			return &plan.Copy{From: b.around.ctx, Fields: []int{i}, Type: b.around.ctx.Type.Fields[i].Type, Optional: true}
		}
	}
	hint := "declare it under context, as {" + name + ": {type: string, kind: lookup, key: ...}}"
	if near := nearest.Name(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	b.wrong("the document declares no context input "+name, hint)
	return nil
}

// metaValue is the value of the variable meta.
func (e *Envelope) metaValue() *plan.Rec {
	text := func(s string) plan.Value {
		if s == "" {
			return plan.Absent
		}
		return s
	}
	number := func(n *int64) plan.Value {
		if n == nil {
			return plan.Absent
		}
		return *n
	}
	positive := func(n int) plan.Value {
		if n <= 0 {
			return plan.Absent
		}
		return int64(n)
	}
	headers := plan.Entries{}
	for _, name := range sortedKeys(e.Headers) {
		headers = append(headers, plan.Entry{Key: name, Value: e.Headers[name]})
	}
	return &plan.Rec{Type: metaType, Fields: []plan.Value{
		text(e.ID), text(e.Type), text(e.Subject), positive(e.Version), positive(e.SchemaID), text(e.Stream), number(e.Position), number(e.Time), &headers,
	}}
}

// contextOf reads the declared inputs. The key of a lookup is what the expression
// of the document gave.
func (e *Envelope) contextOf(s *surroundings, keys map[string]string) (*plan.Rec, *Failure) {
	out := &plan.Rec{Type: s.ctx.Type, Fields: make([]plan.Value, len(s.inputs))}
	for i := range s.inputs {
		x := &s.inputs[i]
		out.Fields[i] = plan.Absent
		text, ok := e.Context[x.Name]
		if header, there := e.Headers[x.Header]; !ok && x.Kind == "header" && there {
			out.Fields[i] = header
			continue
		}
		if key, known := keys[x.Name]; !ok && known && e.Resolve != nil {
			text, ok = e.Resolve(x.Name, key)
		}
		if !ok && x.Kind == "stream" && e.Earlier != nil {
			text, ok = e.Earlier.value(e.Stream, x)
		}
		if !ok {
			continue
		}
		l := schema.DefaultLimits()
		tree, err := jsonx.Parse(text, jsonx.Limits{Bytes: maxContextBytes, Depth: 8, Nodes: 1000, Digits: l.NumberDigits, Exponent: l.NumberExponent})
		if err != nil {
			return nil, &Failure{Code: FailContext, Path: "ctx." + x.Name, Reason: "the value is no JSON"}
		}
		v, why := literalOf(tree, s.ctx.Type.Fields[i].Type)
		if why != "" {
			return nil, &Failure{Code: FailContext, Path: "ctx." + x.Name, Reason: "the value " + why}
		}
		out.Fields[i] = v
	}
	return out, nil
}

// surround puts something beside the events of a search: nothing at first, then
// values of the context in turn.
func (s *search) surround(seed uint64) {
	s.envelope = Envelope{}
	a := &s.hop.around
	if seed%2 == 0 || !a.used() {
		return
	}
	at, n := int64(seed), int(seed%5)
	s.envelope = Envelope{
		ID: "id", Type: "type", Subject: "subject", Version: n + 1, SchemaID: n + 1, Stream: "stream", Position: &at, Time: &at,
		Headers: map[string]string{"h": "x"}, Context: map[string]string{},
	}
	for i := range a.inputs {
		x := &a.inputs[i]
		typ := valueType(x.Type)
		s.envelope.Context[x.Name] = contextSamples[typ.Kind][n%len(contextSamples[typ.Kind])]
		if typ.Kind == plan.Enum {
			s.envelope.Context[x.Name] = `"` + typ.Symbols[n%len(typ.Symbols)] + `"`
		}
		if x.Kind == "header" {
			s.envelope.Headers[x.Header] = "header"
		}
	}
}

// contextSamples are values of the types that a context input may have, as JSON.
var contextSamples = map[plan.Kind][]string{
	plan.Bool: {"true", "false"}, plan.Int: {"0", "1", "-1", "2147483647", "-2147483648"}, plan.Float: {"0", "0.5", "-1e9"},
	plan.Decimal: {`"0"`}, plan.String: {`""`, `"a"`, `"a b"`, `"\u00e9"`, `"0"`}, plan.Bytes: {`{"base64":""}`, `{"base64":"/w=="}`}, plan.Enum: {`""`},
}

// assumes notes that a proof rests on an assumption, if the author allows it.
func (b *builder) assumes(name string) bool {
	if !slices.Contains(b.assume, name) {
		return false
	}
	if !slices.Contains(b.assumed, name) {
		b.assumed = append(b.assumed, name)
	}
	return true
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// maxContextBytes bounds one value of the context.
const maxContextBytes = 64 << 10
