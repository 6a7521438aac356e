package upcast

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// protoWorld makes random chains of documents between Protobuf messages. It
// describes messages by types of which it sets names, numbers and presence only.
type protoWorld struct {
	r       *rand.Rand
	names   int
	numbers int
}

var (
	uintType  = &plan.Type{Kind: plan.Uint, Bits: 32}
	floatType = &plan.Type{Kind: plan.Float, Bits: 32}
)

func (w *protoWorld) name(prefix string) string {
	w.names++
	return fmt.Sprintf("%s%d", prefix, w.names)
}

// number is one that no version has used before; steps of more than one let
// unknown fields of samples meet those of later versions.
func (w *protoWorld) number() int {
	w.numbers += 1 + w.r.IntN(2)
	if w.numbers >= 19000 && w.numbers < 20000 {
		w.numbers = 20000
	}
	return w.numbers
}

func (w *protoWorld) scalar() *plan.Type {
	return []*plan.Type{intType, longType, doubleType, stringType, boolType, uintType, floatType}[w.r.IntN(7)]
}

func (w *protoWorld) enum() *plan.Type {
	return &plan.Type{Kind: plan.Enum, Name: w.name("E"), Symbols: []string{"A", "B", "C"}[:1+w.r.IntN(3)]}
}

// single is a type that stands in a list, a map or a oneof, too.
func (w *protoWorld) single(depth int) *plan.Type {
	switch n := w.r.IntN(8); {
	case n < 5:
		return w.scalar()
	case n < 6 || depth > 2:
		return w.enum()
	default:
		return w.message(1+w.r.IntN(3), depth+1)
	}
}

func (w *protoWorld) message(fields, depth int) *plan.Type {
	t := &plan.Type{Kind: plan.Record, Name: w.name("R")}
	for range fields {
		t.Fields = append(t.Fields, w.field("f", depth))
	}
	return t
}

// field makes a random field under a new number.
func (w *protoWorld) field(prefix string, depth int) plan.Field {
	f := plan.Field{Name: w.name(prefix), Number: w.number()}
	switch w.r.IntN(9) {
	case 0, 1:
		f.Type = &plan.Type{Kind: plan.List, Elem: w.single(depth)}
	case 2:
		f.Type = &plan.Type{Kind: plan.Map, Elem: w.single(depth)}
	case 3:
		f.Number, f.Optional = 0, true
		f.Type = &plan.Type{Kind: plan.Union}
		for range 1 + w.r.IntN(3) {
			f.Type.Branches = append(f.Type.Branches, plan.Branch{Name: w.name("m"), Number: w.number(), Type: w.single(depth)})
		}
	default:
		f.Type = w.single(depth)
		f.Optional = f.Type.Kind == plan.Record || w.r.IntN(3) == 0
	}
	return f
}

// protoText prints a message as a Protobuf file, of which it is the first.
func protoText(root *plan.Type) string {
	p := protoPrinter{seen: map[string]bool{}}
	p.message(root)
	return "syntax = \"proto3\"; package o;\n" + strings.Join(p.out, "")
}

type protoPrinter struct {
	seen map[string]bool
	out  []string
}

func (p *protoPrinter) message(t *plan.Type) {
	at := len(p.out)
	p.out = append(p.out, "")
	body := "message " + t.Name + " {\n"
	for _, f := range t.Fields {
		switch {
		case f.Type.Kind == plan.Union:
			body += "  oneof " + f.Name + " {\n"
			for _, b := range f.Type.Branches {
				body += fmt.Sprintf("    %s %s = %d;\n", p.ref(b.Type), b.Name, b.Number)
			}
			body += "  }\n"
		case f.Type.Kind == plan.List:
			body += fmt.Sprintf("  repeated %s %s = %d;\n", p.ref(f.Type.Elem), f.Name, f.Number)
		case f.Type.Kind == plan.Map:
			body += fmt.Sprintf("  map<string, %s> %s = %d;\n", p.ref(f.Type.Elem), f.Name, f.Number)
		case f.Optional && f.Type.Kind != plan.Record:
			body += fmt.Sprintf("  optional %s %s = %d;\n", p.ref(f.Type), f.Name, f.Number)
		default:
			body += fmt.Sprintf("  %s %s = %d;\n", p.ref(f.Type), f.Name, f.Number)
		}
	}
	p.out[at] = body + "}\n"
}

// ref is how a field names its type; enums stand in a message of their own, as
// their symbols need a scope.
func (p *protoPrinter) ref(t *plan.Type) string {
	switch t.Kind {
	case plan.Record:
		if !p.seen[t.Name] {
			p.seen[t.Name] = true
			p.message(t)
		}
		return t.Name
	case plan.Enum:
		if !p.seen[t.Name] {
			p.seen[t.Name] = true
			text := "message In" + t.Name + " { enum " + t.Name + " {"
			for i, s := range t.Symbols {
				text += fmt.Sprintf(" %s = %d;", s, i)
			}
			p.out = append(p.out, text+" } }\n")
		}
		return "In" + t.Name + "." + t.Name
	case plan.Int:
		return fmt.Sprintf("int%d", t.Bits)
	case plan.Uint:
		return "uint32"
	case plan.Float:
		return map[int]string{32: "float", 64: "double"}[t.Bits]
	default:
		return t.Kind.String()
	}
}

// messages lists the messages of a type, with the paths that reach them.
func messages(t *plan.Type, path string, out []place) []place {
	at := path
	if at != "" {
		at += "."
	}
	out = append(out, place{at, t})
	for _, f := range t.Fields {
		switch {
		case f.Type.Kind == plan.Record:
			out = messages(f.Type, at+f.Name+"?", out)
		case f.Type.Kind == plan.List && f.Type.Elem.Kind == plan.Record:
			out = messages(f.Type.Elem, at+f.Name+"[]", out)
		case f.Type.Kind == plan.Map && f.Type.Elem.Kind == plan.Record:
			out = messages(f.Type.Elem, at+f.Name+"{}", out)
		case f.Type.Kind == plan.Union:
			for _, b := range f.Type.Branches {
				if b.Type.Kind == plan.Record {
					out = messages(b.Type, at+f.Name+"<"+b.Name+">", out)
				}
			}
		}
	}
	return out
}

// literal is a value of the type in a document.
func (w *protoWorld) literal(t *plan.Type) string {
	switch t.Kind {
	case plan.Int, plan.Uint:
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
		b := t.Branches[w.r.IntN(len(t.Branches))]
		return fmt.Sprintf("{%q: %s}", b.Name, w.literal(b.Type))
	default:
		var parts []string
		for _, f := range t.Fields {
			if w.r.IntN(4) > 0 {
				parts = append(parts, fmt.Sprintf("%q: %s", f.Name, w.literal(f.Type)))
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
}

// protoStep is a step in the words of the document, and in those of the oracle,
// which knows nothing of numbers; either may be empty.
type protoStep struct{ document, oracle string }

func said(format string, args ...any) protoStep {
	s := fmt.Sprintf(format, args...)
	return protoStep{s, s}
}

// step changes a message by a random step; first says that it is the first of its
// hop.
func (w *protoWorld) step(root *plan.Type, first bool) protoStep {
	all := messages(root, "", nil)
	p := all[w.r.IntN(len(all))]
	rec := p.record
	if len(rec.Fields) == 0 || w.r.IntN(7) == 0 {
		f := w.field("n", 1)
		rec.Fields = append(rec.Fields, f)
		return said("add: {path: '%s%s', value: %s}", p.path, f.Name, w.literal(f.Type))
	}
	i := w.r.IntN(len(rec.Fields))
	path := p.path + rec.Fields[i].Name
	switch w.r.IntN(12) {
	case 0:
		rec.Fields = slices.Delete(rec.Fields, i, i+1)
		return said("drop: {path: '%s'}", path)
	case 1:
		if !first {
			break
		}
		if at := strings.TrimSuffix(p.path, "."); p.path == "" {
			return said("rest: {path: $, mode: drop}")
		} else if !strings.HasSuffix(at, ">") {
			return said("rest: {path: '%s', mode: drop}", at)
		}
	case 2:
		if first {
			if s := w.unsaid(rec, i, path); s != (protoStep{}) {
				return s
			}
		}
	case 3, 4:
		if s := w.aside(rec, i, p.path); s != (protoStep{}) {
			return s
		}
	}
	if w.r.IntN(3) > 0 {
		if s := w.byType(rec, i, path, first); s != (protoStep{}) {
			return s
		}
	}
	f := &rec.Fields[i]
	f.Name = w.name("r")
	if f.Type.Kind != plan.Union {
		f.Number = w.number()
	}
	return said("rename: {from: '%s', to: '%s'}", path, p.path+f.Name)
}

// unsaid are changes that need no step: a field keeps its number.
func (w *protoWorld) unsaid(rec *plan.Type, i int, path string) protoStep {
	f := &rec.Fields[i]
	switch {
	case f.Type.Kind == plan.Int && f.Type.Bits == 32:
		f.Type = longType
		return protoStep{oracle: "reversion: {}"}
	case f.Type.Kind == plan.Float && f.Type.Bits == 32:
		f.Type = doubleType
		return protoStep{oracle: "reversion: {}"}
	case f.Type.Kind <= plan.Enum && w.r.IntN(2) == 0:
		f.Optional = !f.Optional
		return protoStep{oracle: "reversion: {}"}
	case f.Type.Kind == plan.Union:
		// The last member stands alone from now on.
		last := len(f.Type.Branches) - 1
		if last < 1 {
			return protoStep{}
		}
		b := f.Type.Branches[last]
		f.Type.Branches = f.Type.Branches[:last]
		rec.Fields = append(rec.Fields, plan.Field{Name: b.Name, Number: b.Number, Type: b.Type, Optional: true})
		return protoStep{oracle: fmt.Sprintf("move: {from: '%s<%s>', to: %s}", path, b.Name, b.Name)}
	default:
		to := w.name("s")
		f.Name = to
		return protoStep{oracle: fmt.Sprintf("rename: {from: '%s', to: '%s'}", path, path[:strings.LastIndex(path, ".")+1]+to)}
	}
}

// aside copies or moves a field.
func (w *protoWorld) aside(rec *plan.Type, i int, at string) protoStep {
	f := rec.Fields[i]
	if f.Type.Kind == plan.Union {
		return protoStep{}
	}
	if w.r.IntN(2) == 0 {
		if f.Type.Kind > plan.Enum {
			return protoStep{}
		}
		c := plan.Field{Name: w.name("c"), Number: w.number(), Type: f.Type, Optional: f.Optional}
		rec.Fields = append(rec.Fields, c)
		return said("copy: {from: '%s%s', to: '%s%s'}", at, f.Name, at, c.Name)
	}
	under := w.name("u")
	f.Number = w.number()
	inner := &plan.Type{Kind: plan.Record, Name: w.name("R"), Fields: []plan.Field{f}}
	rec.Fields = slices.Delete(rec.Fields, i, i+1)
	rec.Fields = append(rec.Fields, plan.Field{Name: under, Number: w.number(), Type: inner, Optional: true})
	return said("move: {from: '%s%s', to: '%s%s.%s'}", at, f.Name, at, under, f.Name)
}

// byType makes a step that fits the type of a field, if it can.
func (w *protoWorld) byType(rec *plan.Type, i int, path string, first bool) protoStep {
	f := &rec.Fields[i]
	way := []string{"deadLetter", "dropEvent"}[w.r.IntN(2)]
	if f.Type.Kind != plan.Record && f.Type.Kind != plan.Union && f.Optional {
		if w.r.IntN(2) == 0 {
			f.Optional = false
			if w.r.IntN(3) > 0 {
				way = "{value: " + w.literal(f.Type) + "}"
			}
			return said("require: {path: '%s', else: %s}", path, way)
		}
		path += "?"
	}
	switch f.Type.Kind {
	case plan.Record:
		prefix := w.name("p") + "_"
		inner := f.Type
		if first && w.r.IntN(3) > 0 { // the literal is read in the type of the hop's source
			way = "{value: " + w.literal(inner) + "}"
		}
		if slices.ContainsFunc(inner.Fields, func(x plan.Field) bool { return x.Type.Kind == plan.Union }) {
			return protoStep{} // members of a oneof have names and numbers of their own
		}
		rec.Fields = slices.Delete(rec.Fields, i, i+1)
		for _, x := range inner.Fields {
			x.Name, x.Number = prefix+x.Name, w.number()
			rec.Fields = append(rec.Fields, x)
		}
		return said("flatten: {path: '%s', prefix: %s, else: %s}", path, prefix, way)
	case plan.Union:
		return w.branches(f, path)
	case plan.List:
		return w.list(f, path, way)
	case plan.Enum:
		return w.symbols(f, path)
	}
	return w.computed(f, path, way)
}

// branches maps the members of a oneof: each gets a new name and number.
func (w *protoWorld) branches(f *plan.Field, path string) protoStep {
	var pairs []string
	out := &plan.Type{Kind: plan.Union, Branches: slices.Clone(f.Type.Branches)}
	for i := range out.Branches {
		b := &out.Branches[i]
		from := b.Name
		if w.r.IntN(2) == 0 {
			b.Name, b.Number = w.name("m"), w.number()
		}
		pairs = append(pairs, from+": "+b.Name)
	}
	f.Type = out
	return said("mapBranch: {path: '%s', map: {%s}}", path, strings.Join(pairs, ", "))
}

func (w *protoWorld) list(f *plan.Field, path, way string) protoStep {
	elem := f.Type.Elem
	if elem.Kind == plan.Int && w.r.IntN(2) == 0 {
		return said("filter: {path: '%s', where: 'this > 0'}", path)
	}
	f.Type, f.Optional = elem, elem.Kind == plan.Record
	if w.r.IntN(2) > 0 {
		way = "{value: " + w.literal(elem) + "}"
	}
	return said("head: {path: '%s', which: %s, else: %s}", path, []string{"first", "last", "only"}[w.r.IntN(3)], way)
}

// symbols maps those of an enum; numbers that it does not list take the way out.
func (w *protoWorld) symbols(f *plan.Field, path string) protoStep {
	var pairs, to []string
	for _, s := range f.Type.Symbols {
		t := []string{"X", "Y", s}[w.r.IntN(3)]
		pairs = append(pairs, s+": "+t)
		if !slices.Contains(to, t) {
			to = append(to, t)
		}
	}
	f.Type = &plan.Type{Kind: plan.Enum, Name: w.name("E"), Symbols: to} // a copy keeps the old one
	way := []string{"deadLetter", "{value: " + to[0] + "}"}[w.r.IntN(2)]
	return said("mapEnum: {path: '%s', map: {%s}, else: %s}", path, strings.Join(pairs, ", "), way)
}

// computed changes a scalar.
func (w *protoWorld) computed(f *plan.Field, path, way string) protoStep {
	switch {
	case f.Type.Kind == plan.String && w.r.IntN(2) == 0:
		return said("set: {path: '%s', expr: \"this + '!'\"}", path)
	case (f.Type.Kind == plan.Int) && w.r.IntN(3) > 0:
		f.Type = longType
		if w.r.IntN(2) == 0 {
			return said("convert: {path: '%s', to: int64, expr: 'this %% 7 + 1'}", path)
		}
		return said("convert: {path: '%s', factor: %d, to: int64, else: %s}", path, 1+w.r.IntN(3), way)
	case f.Type.Kind <= plan.String:
		f.Type, f.Optional = &plan.Type{Kind: plan.List, Elem: f.Type}, false
		return said("wrap: {path: '%s', as: list}", path)
	default:
		return protoStep{}
	}
}
