package upcast

import "github.com/instar-registry/instar/upcast/plan"

// jsonName notes that a field which keeps its number has another name in the JSON
// form of its message, where readers of JSON look for the old one.
func (m *message) jsonName(n plan.Node, f *plan.Field, at string) {
	c := copiedFrom(n)
	if c == nil || len(c.Fields) == 0 {
		return
	}
	of := c.From.Type
	for _, i := range c.Fields[:len(c.Fields)-1] {
		if of.Kind != plan.Record {
			return
		}
		of = of.Fields[i].Type
	}
	if of.Kind != plan.Record {
		return
	}
	if was := &of.Fields[c.Fields[len(c.Fields)-1]]; was.Number == f.Number && nameInJSON(was) != nameInJSON(f) {
		m.b.note("in JSON, %s is called %s, and was %s", at, nameInJSON(f), nameInJSON(was))
	}
}

// nameInJSON is the name of a field in the JSON form of its message.
func nameInJSON(f *plan.Field) string {
	if len(f.Aliases) > 0 {
		return f.Aliases[0]
	}
	return f.Name
}

// jsonNames is [message.jsonName] for messages that stay as they are.
func (b *builder) jsonNames(s, t *plan.Type, path string, seen map[*plan.Type]bool) {
	switch {
	case s == t || t == nil || s == nil || s.Kind != t.Kind || seen[t]:
		return
	case t.Kind == plan.List:
		b.jsonNames(s.Elem, t.Elem, path+"[]", seen)
	case t.Kind == plan.Map:
		b.jsonNames(s.Elem, t.Elem, path+"{}", seen)
	}
	if t.Kind != plan.Record || !b.charge(1) {
		return
	}
	seen[t] = true
	for i := range t.Fields {
		f := &t.Fields[i]
		if f.Number == 0 {
			continue
		}
		for j := range s.Fields {
			was := &s.Fields[j]
			if was.Number != f.Number {
				continue
			}
			at := join(path, f.Name)
			if nameInJSON(was) != nameInJSON(f) {
				b.note("in JSON, %s is called %s, and was %s", at, nameInJSON(f), nameInJSON(was))
			}
			b.jsonNames(was.Type, f.Type, at, seen)
			break
		}
	}
}
