package upcast

import (
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// SourceKind tells the forms of a [Source] apart.
type SourceKind uint8

// The forms of a source.
const (
	NoSource     SourceKind = iota
	ValueSource             // value: a literal, read in the type of its target
	ExprSource              // expr: CEL
	FromSource              // from: a path
	ObjectSource            // object: fields, each with a source
	ListSource              // list: sources
)

// Source says where a value comes from: exactly one of its forms.
type Source struct {
	Kind  SourceKind
	Value *jsonx.Value
	Expr  Expr
	From  Path
	// Fields are those of an object, in document order; Items those of a list.
	Fields []FieldSource
	Items  []Source
	schema.Position
}

// FieldSource is one field of an object source.
type FieldSource struct {
	Name   string
	Source Source
}

// Expr is the text of a CEL expression with its place.
type Expr struct {
	Text string
	schema.Position
}

// maxExprBytes bounds the text of one expression.
const maxExprBytes = 4 << 10

// maxSourceDepth bounds objects and lists in sources.
const maxSourceDepth = 32

var sourceKeys = []string{"value", "expr", "from", "object", "list"}

// source reads the source whose keys stand in the object itself.
func (o *object) source(required bool) Source { return o.sourceAt(0, required) }

func (o *object) sourceAt(depth int, required bool) Source {
	o.noteSource()
	s := Source{Position: jsonx.PositionOf(o.r.text, o.v.Offset)}
	var found []string
	for _, key := range sourceKeys {
		if o.take(key) != nil {
			found = append(found, key)
		}
	}
	switch {
	case len(found) == 0 && required:
		o.fail("", o.what+" does not say where its value comes from", "add one of value, expr, from, object, list")
	case len(found) > 1:
		o.fail(found[1], fmt.Sprintf("%s has both %q and %q", o.what, found[0], found[1]), "a source is exactly one of value, expr, from, object, list")
	case len(found) == 1 && depth > maxSourceDepth:
		o.fail(found[0], fmt.Sprintf("sources are nested more than %d deep", maxSourceDepth), "")
	case len(found) == 1:
		o.form(&s, found[0], depth)
	}
	return s
}

func (o *object) form(s *Source, key string, depth int) {
	v := o.v.Get(key)
	switch key {
	case "value":
		s.Kind, s.Value = ValueSource, canonicalTree(v)
	case "expr":
		s.Kind, s.Expr = ExprSource, o.expr(key, true)
	case "from":
		s.Kind, s.From = FromSource, o.path(key, true)
	case "object":
		s.Kind = ObjectSource
		if v = o.need(key, jsonx.Object, true); v != nil {
			for i := range v.Members {
				m := &v.Members[i]
				s.Fields = append(s.Fields, FieldSource{m.Key, o.r.subSource(m.Value, jsonx.Pointer(o.at(key), m.Key), depth+1)})
			}
		}
	case "list":
		s.Kind = ListSource
		if v = o.need(key, jsonx.Array, true); v != nil {
			for i, item := range v.Items {
				s.Items = append(s.Items, o.r.subSource(item, jsonx.Pointer(o.at(key), fmt.Sprint(i)), depth+1))
			}
		}
	}
}

// subSource reads a source that is a mapping of its own.
func (r *reader) subSource(v *jsonx.Value, pointer string, depth int) Source {
	o := r.object(v, pointer, "a source")
	s := o.sourceAt(depth, true)
	o.done()
	return s
}

// sourceKey reads a source below a key, such as restore.
func (o *object) sourceKey(key string, required bool) Source {
	o.note(key, sourceShape, required)
	v := o.take(key)
	if v == nil {
		if required {
			o.fail("", fmt.Sprintf("%s has no %q", o.what, key), "add "+key+" with one of value, expr, from, object, list")
		}
		return Source{}
	}
	return o.r.subSource(v, o.at(key), 0)
}

func (o *object) expr(key string, required bool) Expr {
	o.note(key, exprShape, required)
	v := o.need(key, jsonx.String, required)
	if v == nil {
		return Expr{}
	}
	if len(v.Text) > maxExprBytes {
		if o.r.err == nil {
			o.r.err = tooMuch("upcaster.expressionBytes", "the expression has too many bytes", len(v.Text), maxExprBytes, jsonx.PositionOf(o.r.text, v.Offset), o.at(key))
		}
	}
	return Expr{v.Text, jsonx.PositionOf(o.r.text, v.Offset)}
}

// ElseKind tells what a partial step does where it fails.
type ElseKind uint8

// The ways out of a failing step.
const (
	NoElse         ElseKind = iota // it may not fail: the proof has to show it
	ElseSource                     // it takes another value
	ElseAbsent                     // it leaves the place absent
	ElseDropEvent                  // the event vanishes
	ElseDeadLetter                 // the event goes to the dead letter
)

// Else is the way out of a partial step.
type Else struct {
	Kind   ElseKind
	Source Source
}

var elseWords = map[string]ElseKind{"absent": ElseAbsent, "dropEvent": ElseDropEvent, "deadLetter": ElseDeadLetter}

// otherwise reads "else": one of three words, or a source.
func (o *object) otherwise(required bool) Else {
	o.note("else", elseShape, required)
	v := o.take("else")
	switch {
	case v == nil && required:
		o.fail("", o.what+` has no "else"`, "say what happens where it fails: a source, absent, dropEvent or deadLetter")
		return Else{}
	case v == nil:
		return Else{}
	case v.Kind == jsonx.String:
		return Else{Kind: o.elseWord(v)}
	}
	return Else{Kind: ElseSource, Source: o.r.subSource(v, o.at("else"), 0)}
}

func (o *object) elseWord(v *jsonx.Value) ElseKind {
	k, ok := elseWords[v.Text]
	if !ok {
		o.fail("else", fmt.Sprintf("%q is no way out of a step", v.Text), "else is absent, dropEvent, deadLetter, or a source such as {value: ...}")
	}
	return k
}

// elses reads "else" of an operation that fills several places: one way out for
// all, or a mapping from each of the named places to its own.
func (o *object) elses(names []string) (Else, map[string]Else) {
	o.note("else", elsesShape, false)
	v := o.v.Get("else")
	if v == nil || v.Kind != jsonx.Object || isSource(v) {
		return o.otherwise(false), nil
	}
	o.take("else")
	inner := o.r.object(v, o.at("else"), "else of "+o.what)
	out := map[string]Else{}
	for _, name := range names {
		x := inner.take(name)
		switch {
		case x == nil:
		case x.Kind == jsonx.String:
			out[name] = Else{Kind: inner.elseWord(x)}
		default:
			out[name] = Else{Kind: ElseSource, Source: o.r.subSource(x, inner.at(name), 0)}
		}
	}
	inner.done()
	return Else{}, out
}

func isSource(v *jsonx.Value) bool {
	for _, key := range sourceKeys {
		if v.Get(key) != nil {
			return true
		}
	}
	return false
}
