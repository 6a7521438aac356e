package upcast

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// small is a type of few values.
type small struct {
	kind    byte // b: bool, e: enum, l: list of at most two, r: record
	name    string
	symbols []string
	elem    *small
	fields  []smallField
}

type smallField struct {
	name     string
	number   int
	optional bool
	*small
}

// smallWorld makes schemas, steps and events of one format.
type smallWorld struct {
	r      *rand.Rand
	format schema.Format
	names  int
	// hollow are the names of records without a field left.
	hollow map[string]bool
}

func (w *smallWorld) name(prefix string) string {
	w.names++
	return fmt.Sprintf("%s%d", prefix, w.names)
}

func (w *smallWorld) typ(depth int) *small {
	switch n := w.r.IntN(7); {
	case n < 2 || depth > 1:
		return &small{kind: 'b'}
	case n < 4:
		return w.enum(1 + w.r.IntN(3))
	case n < 5:
		return &small{kind: 'l', elem: w.typ(2)}
	default:
		return w.record(1+w.r.IntN(2), depth+1)
	}
}

func (w *smallWorld) enum(symbols int) *small {
	return &small{kind: 'e', name: w.name("E"), symbols: []string{"A", "B", "C"}[:symbols]}
}

func (w *smallWorld) record(fields, depth int) *small {
	out := &small{kind: 'r', name: w.name("R")}
	for range fields {
		out.fields = append(out.fields, w.field(w.typ(depth)))
	}
	return out
}

func (w *smallWorld) field(s *small) smallField {
	f := smallField{name: w.name("f"), small: s, optional: w.r.IntN(3) == 0}
	f.number = w.names
	return w.presence(f)
}

// presence is what Protobuf leaves no choice about.
func (w *smallWorld) presence(f smallField) smallField {
	if w.format == schema.Protobuf && f.kind == 'r' {
		f.optional = true
	}
	if w.format == schema.Protobuf && f.kind == 'l' {
		f.optional = false
	}
	return f
}

func (s *small) clone() *small {
	if s == nil {
		return nil
	}
	out := *s
	out.symbols, out.elem, out.fields = slices.Clone(s.symbols), s.elem.clone(), slices.Clone(s.fields)
	for i := range out.fields {
		out.fields[i].small = out.fields[i].clone()
	}
	return &out
}

// text is the type as a schema.
func (w *smallWorld) text(root *small) string {
	switch w.format {
	case schema.Avro:
		return avroSmall(root)
	case schema.JSON:
		return jsonSmall(root)
	}
	var out strings.Builder
	out.WriteString("syntax = \"proto3\"; package o;\n")
	protoSmall(root, &out)
	return out.String()
}

func avroSmall(s *small) string {
	switch s.kind {
	case 'b':
		return `"boolean"`
	case 'e':
		return `{"type":"enum","name":"` + s.name + `","symbols":["` + strings.Join(s.symbols, `","`) + `"]}`
	case 'l':
		return `{"type":"array","items":` + avroSmall(s.elem) + `}`
	}
	var parts []string
	for _, f := range s.fields {
		t := avroSmall(f.small)
		if f.optional {
			t = `["null",` + t + `]`
		}
		parts = append(parts, `{"name":"`+f.name+`","type":`+t+`}`)
	}
	return `{"type":"record","name":"` + s.name + `","fields":[` + strings.Join(parts, ",") + `]}`
}

func jsonSmall(s *small) string {
	switch s.kind {
	case 'b':
		return `{"type":"boolean"}`
	case 'e':
		return `{"enum":["` + strings.Join(s.symbols, `","`) + `"]}`
	case 'l':
		return `{"type":"array","maxItems":2,"items":` + jsonSmall(s.elem) + `}`
	}
	parts, required := []string{}, []string{}
	for _, f := range s.fields {
		parts = append(parts, `"`+f.name+`":`+jsonSmall(f.small))
		if !f.optional {
			required = append(required, `"`+f.name+`"`)
		}
	}
	return `{"type":"object","additionalProperties":false,"properties":{` + strings.Join(parts, ",") + `},"required":[` + strings.Join(required, ",") + `]}`
}

func protoSmall(s *small, out *strings.Builder) {
	var body, inner strings.Builder
	for _, f := range s.fields {
		label, of := "", f.small
		switch {
		case f.kind == 'l':
			label, of = "repeated ", f.elem
		case f.optional && f.kind != 'r':
			label = "optional "
		}
		word := "bool"
		switch of.kind {
		case 'e':
			word = of.name
			inner.WriteString("enum " + of.name + " {")
			for i, symbol := range of.symbols {
				fmt.Fprintf(&inner, " %s_%s = %d;", of.name, symbol, i)
			}
			inner.WriteString(" }\n")
		case 'r':
			word = of.name
			protoSmall(of, &inner)
		}
		fmt.Fprintf(&body, " %s%s %s = %d;", label, word, f.name, f.number)
	}
	out.WriteString("message " + s.name + " {" + body.String() + " }\n" + inner.String())
}

// values are all events of a type: bools, symbols, lists, and maps of what is
// there.
func values(s *small) []any {
	switch s.kind {
	case 'b':
		return []any{false, true}
	case 'e':
		var out []any
		for _, x := range s.symbols {
			out = append(out, x)
		}
		return out
	case 'l':
		elems := values(s.elem)
		out := []any{[]any{}}
		for _, a := range elems {
			out = append(out, []any{a})
			for _, b := range elems {
				out = append(out, []any{a, b})
			}
		}
		return out
	}
	out := []any{map[string]any{}}
	for _, f := range s.fields {
		all := values(f.small)
		if f.optional {
			all = append(all, nil)
		}
		var next []any
		for _, v := range out {
			for _, x := range all {
				if len(next) > manyValues {
					return next
				}
				m := maps.Clone(v.(map[string]any)) //nolint:forcetypeassert // as made above
				if x != nil {
					m[f.name] = x
				}
				next = append(next, m)
			}
		}
		out = next
	}
	return out
}

// manyValues is more than a document is tried on.
const manyValues = 600
