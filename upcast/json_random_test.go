package upcast

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// jsonWorld makes random chains of documents between JSON Schemas.
type jsonWorld struct {
	r     *rand.Rand
	names int
}

// shapeJSON is a schema as the generator sees it.
type shapeJSON struct {
	kind    string // string, integer, number, boolean, enum, array, map or object
	null    bool
	symbols []string
	elem    *shapeJSON
	members []memberJSON
	open    bool
	more    string // keywords that its values must hold to as well
}

type memberJSON struct {
	name     string
	optional bool
	shape    *shapeJSON
}

func (w *jsonWorld) name(prefix string) string {
	w.names++
	return fmt.Sprintf("%s%d", prefix, w.names)
}

func (w *jsonWorld) shape(depth int) *shapeJSON {
	s := &shapeJSON{null: w.r.IntN(5) == 0}
	switch n := w.r.IntN(11); {
	case n < 5 || depth > 2:
		s.kind = []string{"string", "integer", "number", "boolean"}[w.r.IntN(4)]
	case n == 5:
		s.kind, s.symbols = "enum", []string{"A", "B", "C"}[:1+w.r.IntN(3)]
	case n == 6:
		s.kind, s.elem = "array", w.shape(depth+1)
	case n == 7:
		s.kind, s.elem = "map", w.shape(depth+1)
	default:
		null := s.null
		s = w.object(1+w.r.IntN(3), depth+1)
		s.null = null
	}
	return s
}

func (w *jsonWorld) object(members, depth int) *shapeJSON {
	s := &shapeJSON{kind: "object", open: w.r.IntN(3) == 0}
	for range members {
		s.members = append(s.members, memberJSON{w.name("f"), w.r.IntN(4) == 0, w.shape(depth)})
	}
	return s
}

// text prints a schema.
func (s *shapeJSON) text() string {
	typ := func(name string) string {
		if s.null {
			return `"type":["` + name + `","null"]`
		}
		return `"type":"` + name + `"`
	}
	switch s.kind {
	case "enum":
		list := `"` + strings.Join(s.symbols, `","`) + `"`
		if s.null {
			list += ",null"
		}
		return `{"enum":[` + list + `]}`
	case "array":
		return `{` + typ("array") + `,"items":` + s.elem.text() + s.more + `}`
	case "map":
		return `{` + typ("object") + `,"additionalProperties":` + s.elem.text() + `}`
	case "object":
		var properties, required []string
		for _, m := range s.members {
			properties = append(properties, `"`+m.name+`":`+m.shape.text())
			if !m.optional {
				required = append(required, `"`+m.name+`"`)
			}
		}
		more := `,"additionalProperties":false`
		if s.open {
			more = ""
		}
		return `{` + typ("object") + `,"properties":{` + strings.Join(properties, ",") + `},"required":[` + strings.Join(required, ",") + `]` + more + `}`
	default:
		return `{` + typ(s.kind) + s.more + `}`
	}
}

func (s *shapeJSON) clone() *shapeJSON {
	if s == nil {
		return nil
	}
	out := *s
	out.elem = s.elem.clone()
	out.members = slices.Clone(s.members)
	for i := range out.members {
		out.members[i].shape = out.members[i].shape.clone()
	}
	return &out
}

// literal is a value of the schema in a document.
func (w *jsonWorld) literal(s *shapeJSON) string {
	if s.null && w.r.IntN(2) == 0 {
		return "null"
	}
	switch s.kind {
	case "string":
		return fmt.Sprintf(`"s%d"`, w.r.IntN(9))
	case "integer":
		return fmt.Sprint(w.r.IntN(1000))
	case "number":
		return fmt.Sprint(float64(w.r.IntN(100)) / 4)
	case "boolean":
		return fmt.Sprint(w.r.IntN(2) == 0)
	case "enum":
		return `"` + s.symbols[w.r.IntN(len(s.symbols))] + `"`
	case "array":
		return "[" + w.literal(s.elem) + "]"
	case "map":
		return `{"k": ` + w.literal(s.elem) + `}`
	default:
		var parts []string
		for _, m := range s.members {
			if !m.optional || w.r.IntN(2) == 0 {
				parts = append(parts, `"`+m.name+`": `+w.literal(m.shape))
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
}

// ownerJSON is an object that can be reached, with the path to it.
type ownerJSON struct {
	path   string // empty, or ends in a dot
	object *shapeJSON
}

func ownersJSON(s *shapeJSON, path string, out []ownerJSON) []ownerJSON {
	if s.null {
		path += "?"
	}
	switch s.kind {
	case "object":
		at := path
		if at != "" {
			at += "."
		}
		out = append(out, ownerJSON{at, s})
		for _, m := range s.members {
			here := at + m.name
			if m.optional && !m.shape.null {
				here += "?"
			}
			out = ownersJSON(m.shape, here, out)
		}
	case "array":
		out = ownersJSON(s.elem, path+"[]", out)
	case "map":
		out = ownersJSON(s.elem, path+"{}", out)
	}
	return out
}

// step changes a schema by a random step and returns the step.
func (w *jsonWorld) step(root *shapeJSON) string {
	all := ownersJSON(root, "", nil)
	o := all[w.r.IntN(len(all))]
	rec := o.object
	if len(rec.members) == 0 || w.r.IntN(6) == 0 {
		m := memberJSON{w.name("n"), false, w.shape(1)}
		rec.members = append(rec.members, m)
		conflict := ""
		if rec.open && w.r.IntN(2) == 0 {
			conflict = ", onConflict: fail"
		}
		return fmt.Sprintf("add: {path: '%s%s', value: %s%s}", o.path, m.name, w.literal(m.shape), conflict)
	}
	i := w.r.IntN(len(rec.members))
	m := &rec.members[i]
	path := o.path + m.name
	switch w.r.IntN(8) {
	case 0:
		rec.members = slices.Delete(rec.members, i, i+1)
		return fmt.Sprintf("drop: {path: '%s'}", path)
	case 1:
		to := memberJSON{w.name("c"), m.optional, m.shape.clone()}
		rec.members = append(rec.members, to)
		return fmt.Sprintf("copy: {from: '%s', to: '%s'}", path, o.path+to.name)
	case 2:
		under := w.name("u")
		inner := *m
		rec.members = slices.Delete(rec.members, i, i+1)
		rec.members = append(rec.members, memberJSON{under, false, &shapeJSON{kind: "object", members: []memberJSON{inner}}})
		return fmt.Sprintf("move: {from: '%s', to: '%s'}", path, o.path+under+"."+inner.name)
	case 3:
		if rec.open {
			rec.open = false
			return fmt.Sprintf("rest: {path: '%s', mode: drop}", ownPath(o.path))
		}
	}
	if s := w.onMember(rec, i, path); s != "" {
		return s
	}
	m.name = w.name("r")
	return fmt.Sprintf("rename: {from: '%s', to: '%s'}", path, o.path+m.name)
}

// onMember makes a step that fits what a member holds, if it can.
func (w *jsonWorld) onMember(rec *shapeJSON, i int, path string) string {
	m := &rec.members[i]
	way := []string{"deadLetter", "dropEvent"}[w.r.IntN(2)]
	if m.optional || m.shape.null {
		return w.onMissing(m, path, way)
	}
	switch s := m.shape; s.kind {
	case "object":
		if s.open {
			return ""
		}
		prefix := w.name("p") + "_"
		rec.members = slices.Delete(rec.members, i, i+1)
		for _, x := range s.members {
			x.name = prefix + x.name
			rec.members = append(rec.members, x)
		}
		return fmt.Sprintf("flatten: {path: '%s', prefix: %s}", path, prefix)
	case "array":
		m.shape = s.elem
		if w.r.IntN(2) > 0 {
			way = "{value: " + w.literal(m.shape) + "}"
		}
		return fmt.Sprintf("head: {path: '%s', which: %s, else: %s}", path, []string{"first", "last", "only"}[w.r.IntN(3)], way)
	case "enum":
		return w.mapEnum(m, path)
	case "string":
		if w.r.IntN(3) == 0 {
			s.more = `,"maxLength":2`
			return fmt.Sprintf("narrow: {path: '%s', maxLength: 2, mode: truncate}", path)
		}
		if w.r.IntN(2) == 0 {
			s.more = ""
			return fmt.Sprintf("set: {path: '%s', expr: \"this + '!'\"}", path)
		}
	case "integer":
		if w.r.IntN(3) == 0 {
			s.more = `,"minimum":0,"maximum":2000`
			return fmt.Sprintf("narrow: {path: '%s', min: 0, max: 2000, mode: clamp}", path)
		}
		if w.r.IntN(2) == 0 {
			s.more = ""
			return fmt.Sprintf("convert: {path: '%s', factor: %d, else: %s}", path, 1+w.r.IntN(3), way)
		}
	}
	if w.r.IntN(2) == 0 {
		m.optional = true
		return fmt.Sprintf("relax: {path: '%s'}", path)
	}
	m.shape = &shapeJSON{kind: "array", elem: m.shape}
	return fmt.Sprintf("wrap: {path: '%s', as: list}", path)
}

// onMissing makes a step for a member that may be absent or null.
func (w *jsonWorld) onMissing(m *memberJSON, path, way string) string {
	if m.shape.kind == "enum" && w.r.IntN(2) == 0 {
		return w.mapEnum(m, path+"?")
	}
	m.optional, m.shape.null = false, false
	if w.r.IntN(3) > 0 {
		way = "{value: " + w.literal(m.shape) + "}"
	}
	return fmt.Sprintf("require: {path: '%s', else: %s}", path, way)
}

func (w *jsonWorld) mapEnum(m *memberJSON, path string) string {
	pairs, to := []string{}, []string{}
	for _, s := range m.shape.symbols {
		t := []string{"X", "Y", s}[w.r.IntN(3)]
		pairs = append(pairs, s+": "+t)
		if !slices.Contains(to, t) {
			to = append(to, t)
		}
	}
	m.shape = &shapeJSON{kind: "enum", null: m.shape.null, symbols: to}
	return fmt.Sprintf("mapEnum: {path: '%s', map: {%s}}", path, strings.Join(pairs, ", "))
}

// ownPath is the path of an object whose members are reached by a prefix.
func ownPath(prefix string) string {
	if prefix == "" {
		return "$"
	}
	return strings.TrimSuffix(prefix, ".")
}
