package upcast

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// world makes random chains of documents with their schemas.
type world struct {
	r     *rand.Rand
	names int
}

func (w *world) name(prefix string) string {
	w.names++
	return fmt.Sprintf("%s%d", prefix, w.names)
}

var (
	intType    = &plan.Type{Kind: plan.Int, Bits: 32}
	longType   = &plan.Type{Kind: plan.Int, Bits: 64}
	doubleType = &plan.Type{Kind: plan.Float, Bits: 64}
	stringType = &plan.Type{Kind: plan.String}
	boolType   = &plan.Type{Kind: plan.Bool}
)

func optional(t *plan.Type) *plan.Type {
	return &plan.Type{Kind: plan.Union, Branches: []plan.Branch{{Name: "null", Type: plan.NullType}, {Name: plan.AvroBranch(t), Type: t}}}
}

// typ makes a random type.
func (w *world) typ(depth int) *plan.Type {
	switch n := w.r.IntN(11); {
	case n < 5 || depth > 2:
		return []*plan.Type{intType, longType, doubleType, stringType, boolType}[w.r.IntN(5)]
	case n == 5:
		return &plan.Type{Kind: plan.Enum, Name: w.name("E"), Symbols: []string{"A", "B", "C"}[:1+w.r.IntN(3)]}
	case n == 6:
		return &plan.Type{Kind: plan.List, Elem: w.typ(depth + 1)}
	case n == 7:
		return &plan.Type{Kind: plan.Map, Elem: w.typ(depth + 1)}
	case n == 8:
		if t := w.typ(depth + 1); t.Kind != plan.Union {
			return optional(t)
		}
		return stringType
	default:
		return w.record(1+w.r.IntN(3), depth+1)
	}
}

func (w *world) record(fields, depth int) *plan.Type {
	t := &plan.Type{Kind: plan.Record, Name: w.name("R")}
	for range fields {
		t.Fields = append(t.Fields, plan.Field{Name: w.name("f"), Type: w.typ(depth)})
	}
	return t
}

// text prints a type as an Avro schema.
func text(t *plan.Type, seen map[string]bool) string {
	if t.Name != "" {
		if seen[t.Name] {
			return `"` + t.Name + `"`
		}
		seen[t.Name] = true
	}
	switch t.Kind {
	case plan.Enum:
		return `{"type":"enum","name":"` + t.Name + `","symbols":["` + strings.Join(t.Symbols, `","`) + `"]}`
	case plan.List:
		return `{"type":"array","items":` + text(t.Elem, seen) + `}`
	case plan.Map:
		return `{"type":"map","values":` + text(t.Elem, seen) + `}`
	case plan.Union:
		parts := make([]string, len(t.Branches))
		for i, b := range t.Branches {
			parts[i] = text(b.Type, seen)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case plan.Record:
		parts := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			parts[i] = `{"name":"` + f.Name + `","type":` + text(f.Type, seen) + `}`
		}
		return `{"type":"record","name":"` + t.Name + `","fields":[` + strings.Join(parts, ",") + `]}`
	default:
		return `"` + plan.AvroBranch(t) + `"`
	}
}

// clone copies a type so that a step may change it.
func clone(t *plan.Type) *plan.Type {
	out := *t
	out.Fields = slices.Clone(t.Fields)
	for i := range out.Fields {
		out.Fields[i].Type = clone(out.Fields[i].Type)
	}
	out.Branches = slices.Clone(t.Branches)
	for i := range out.Branches {
		out.Branches[i].Type = clone(out.Branches[i].Type)
	}
	if t.Elem != nil {
		out.Elem = clone(t.Elem)
	}
	return &out
}

// place is a record that can be reached, with the path to it.
type place struct {
	path   string // empty, or ends in a dot
	record *plan.Type
}

// places lists the records of a type, with the paths that reach them.
func places(t *plan.Type, path string, out []place) []place {
	switch t.Kind {
	case plan.Record:
		at := path
		if at != "" {
			at += "."
		}
		out = append(out, place{at, t})
		for _, f := range t.Fields {
			out = places(f.Type, at+f.Name, out)
		}
	case plan.List:
		out = places(t.Elem, path+"[]", out)
	case plan.Map:
		out = places(t.Elem, path+"{}", out)
	case plan.Union:
		if inner, ok := t.Nullable(); ok && inner.Kind == plan.Record {
			out = places(inner, path+"?", out)
		}
	}
	return out
}

// literal is a value of the type in a document.
func (w *world) literal(t *plan.Type) string {
	switch t.Kind {
	case plan.Int:
		return fmt.Sprint(w.r.IntN(1000))
	case plan.Float:
		return fmt.Sprint(float64(w.r.IntN(100)) / 4)
	case plan.String:
		return `"s` + fmt.Sprint(w.r.IntN(9)) + `"`
	case plan.Bool:
		return fmt.Sprint(w.r.IntN(2) == 0)
	case plan.Enum:
		return `"` + t.Symbols[w.r.IntN(len(t.Symbols))] + `"`
	case plan.List:
		return "[" + w.literal(t.Elem) + "]"
	case plan.Map:
		return `{"k": ` + w.literal(t.Elem) + `}`
	case plan.Union:
		return "null"
	default:
		parts := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			parts[i] = `"` + f.Name + `": ` + w.literal(f.Type)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
}

// step changes a type by a random step and returns the step; empty where the
// target alone changes.
func (w *world) step(root *plan.Type) string {
	all := places(root, "", nil)
	p := all[w.r.IntN(len(all))]
	rec := p.record
	if len(rec.Fields) == 0 || w.r.IntN(6) == 0 {
		f := plan.Field{Name: w.name("n"), Type: w.typ(1)}
		rec.Fields = append(rec.Fields, f)
		return fmt.Sprintf("add: {path: '%s%s', value: %s}", p.path, f.Name, w.literal(f.Type))
	}
	i := w.r.IntN(len(rec.Fields))
	f := &rec.Fields[i]
	path := p.path + f.Name
	switch w.r.IntN(10) {
	case 0:
		rec.Fields = slices.Delete(rec.Fields, i, i+1)
		return fmt.Sprintf("drop: {path: '%s'}", path)
	case 1:
		to := w.name("c")
		if scalar(f.Type) {
			rec.Fields = append(rec.Fields, plan.Field{Name: to, Type: f.Type})
			return fmt.Sprintf("copy: {from: '%s', to: '%s'}", path, p.path+to)
		}
	case 2:
		under := w.name("u")
		inner := *f
		rec.Fields = slices.Delete(rec.Fields, i, i+1)
		rec.Fields = append(rec.Fields, plan.Field{Name: under, Type: &plan.Type{Kind: plan.Record, Name: w.name("R"), Fields: []plan.Field{inner}}})
		return fmt.Sprintf("move: {from: '%s', to: '%s'}", path, p.path+under+"."+inner.Name)
	case 3:
		if f.Type.Kind != plan.Union {
			f.Type = optional(f.Type)
			return fmt.Sprintf("relax: {path: '%s'}", path)
		}
	}
	if s := w.byType(rec, i, path); s != "" {
		return s
	}
	f.Name = w.name("r")
	return fmt.Sprintf("rename: {from: '%s', to: '%s'}", path, p.path+f.Name)
}

func scalar(t *plan.Type) bool { return t.Kind <= plan.String }

// byType makes a step that fits the type of a field, if it can.
func (w *world) byType(rec *plan.Type, i int, path string) string {
	f := &rec.Fields[i]
	if w.r.IntN(3) == 0 {
		return ""
	}
	way := []string{"deadLetter", "dropEvent"}[w.r.IntN(2)]
	switch f.Type.Kind {
	case plan.Union:
		f.Type, _ = f.Type.Nullable()
		if w.r.IntN(3) > 0 {
			way = "{value: " + w.literal(f.Type) + "}"
		}
		return fmt.Sprintf("require: {path: '%s', else: %s}", path, way)
	case plan.Record:
		prefix := w.name("p") + "_"
		inner := f.Type.Fields
		rec.Fields = slices.Delete(rec.Fields, i, i+1)
		for _, x := range inner {
			x.Name = prefix + x.Name
			rec.Fields = append(rec.Fields, x)
		}
		return fmt.Sprintf("flatten: {path: '%s', prefix: %s}", path, prefix)
	case plan.List:
		f.Type = f.Type.Elem
		if w.r.IntN(2) > 0 {
			way = "{value: " + w.literal(f.Type) + "}"
		}
		which := []string{"first", "last", "only"}[w.r.IntN(3)]
		return fmt.Sprintf("head: {path: '%s', which: %s, else: %s}", path, which, way)
	case plan.Enum:
		pairs := make([]string, len(f.Type.Symbols))
		to := []string{}
		for j, s := range f.Type.Symbols {
			t := []string{"X", "Y", s}[w.r.IntN(3)]
			pairs[j] = s + ": " + t
			if !slices.Contains(to, t) {
				to = append(to, t)
			}
		}
		f.Type = &plan.Type{Kind: plan.Enum, Name: f.Type.Name, Symbols: to}
		return fmt.Sprintf("mapEnum: {path: '%s', map: {%s}}", path, strings.Join(pairs, ", "))
	case plan.String:
		if w.r.IntN(2) == 0 {
			return fmt.Sprintf("set: {path: '%s', expr: \"this + '!'\"}", path)
		}
		f.Type = &plan.Type{Kind: plan.List, Elem: f.Type}
		return fmt.Sprintf("wrap: {path: '%s', as: list}", path)
	case plan.Int:
		f.Type = longType
		if w.r.IntN(2) == 0 {
			return fmt.Sprintf("convert: {path: '%s', to: int64, expr: 'this %% 7 + 1'}", path)
		}
		return fmt.Sprintf("convert: {path: '%s', factor: %d, to: int64, else: %s}", path, 1+w.r.IntN(3), way)
	default:
		f.Type = &plan.Type{Kind: plan.List, Elem: f.Type}
		return fmt.Sprintf("wrap: {path: '%s', as: list}", path)
	}
}
