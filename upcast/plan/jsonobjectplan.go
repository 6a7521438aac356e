package plan

import (
	"cmp"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
)

// jsonObject is the program that writes an object: the members of its base in
// their order, each as its action says, then those that are new.
type jsonObject struct {
	slot    int // of the base; -1 if there is none
	actions []jsonAction
	rest    bool // members that are not named are kept
	open    bool // there may be such members
	late    []jsonPart
	added   []jsonPart
}

// jsonAction is what becomes of a named member of the base.
type jsonAction struct {
	keep bool
	key  []byte // the new key with its colon, if there is a value for it
	emit jsonEmit
}

// jsonPart is a member that is not one of the base; from is the slot of the
// member whose place it would have taken, or -1.
type jsonPart struct {
	key  []byte
	from int
	emit jsonEmit
}

func (c *jsonCompiler) object(n Node) (jsonEmit, bool) {
	m := n.(*Make)
	o := &jsonObject{slot: -1, rest: m.Rest != nil, open: true}
	var base *jsonPlace
	if m.Base != nil {
		if base = c.place(m.Base); base == nil {
			return nil, false
		}
		base.list = true
		o.slot, o.open = c.note(base), m.Base.Type.Open || m.Base.Type.Kind != Record
		if !c.taken(o, m, base) {
			return nil, false
		}
	}
	if !c.parts(o, m, base) {
		return nil, false
	}
	if base != nil {
		base.writtenBy(o)
	}
	return o.write, true
}

// taken says what becomes of the members of the base that no part gives.
func (c *jsonCompiler) taken(o *jsonObject, m *Make, base *jsonPlace) bool {
	if m.Rest != nil && !sameCopy(m.Rest.Of, m.Base) {
		return false
	}
	t := m.Base.Type
	for i := range t.Fields {
		name := t.Fields[i].Name
		c.looks(base.member(name), t.Fields[i].Type)
		o.action(base.id(name)).keep = m.Rest != nil && !contains(m.Rest.Except, name)
	}
	if m.Rest != nil {
		for _, name := range m.Rest.Except {
			o.action(base.id(name)).keep = false
		}
	}
	return true
}

func (o *jsonObject) action(id int) *jsonAction {
	for len(o.actions) <= id {
		o.actions = append(o.actions, jsonAction{keep: o.rest})
	}
	return &o.actions[id]
}

// parts compiles the members that are given.
func (c *jsonCompiler) parts(o *jsonObject, m *Make, base *jsonPlace) bool {
	type numbered struct {
		seq int
		jsonPart
	}
	var added []numbered
	for _, list := range [][]Part{m.Fields, m.Extras} {
		for _, p := range list {
			if _, none := p.Node.(*Nothing); none {
				continue
			}
			if p.From != "" && p.From == p.Name && base != nil && c.place(p.Node) == base.member(p.From) {
				// It stays as it stands, and nobody asks where.
				o.action(base.id(p.From)).keep = true
				continue
			}
			e, ok := c.emit(p.Node)
			if !ok {
				return false
			}
			key := append(jsonx.AppendQuoted(nil, p.Name), ':')
			if p.From == "" || base == nil {
				added = append(added, numbered{p.Seq, jsonPart{key, -1, e}})
				continue
			}
			member := base.member(p.From)
			a := o.action(base.id(p.From))
			a.keep, a.key, a.emit = false, key, e
			if c.place(p.Node) != member {
				o.late = append(o.late, jsonPart{key, c.note(member), e})
			}
		}
	}
	slices.SortStableFunc(added, func(a, b numbered) int { return cmp.Compare(a.seq, b.seq) })
	for _, x := range added {
		o.added = append(o.added, x.jsonPart)
	}
	return true
}

func (o *jsonObject) write(r *jsonRun, f []jsonSpan) emitted {
	r.out = append(r.out, '{')
	start := len(r.out)
	if o.slot >= 0 {
		if x := o.base(r, f, start); x != done {
			return x
		}
	}
	for i := range o.added {
		if x := o.added[i].write(r, f, start); x != done {
			return x
		}
	}
	for i := range o.late {
		if f[o.late[i].from].start >= 0 {
			continue
		}
		if x := o.late[i].write(r, f, start); x != done {
			return x
		}
	}
	r.out = append(r.out, '}')
	return r.room()
}

// base writes the members of the base.
func (o *jsonObject) base(r *jsonRun, f []jsonSpan, start int) emitted {
	s := f[o.slot]
	if s.start < 0 || r.event[s.start] != '{' {
		return r.fail(notOfSource)
	}
	from, to := int32(-1), int32(0) // members that stay and follow each other
	for at := s.first; at > 0; {
		m := &r.members[at-1]
		at = m.next
		keep := o.rest
		var a *jsonAction
		if m.id >= 0 && int(m.id) < len(o.actions) {
			a = &o.actions[m.id]
			keep = a.keep
		} else if !o.open {
			return r.fail(notOfSource)
		}
		if keep {
			if to = m.end; from < 0 {
				from = m.key
			}
			continue
		}
		r.kept(from, to, start)
		from = -1
		if a != nil && a.emit != nil {
			p := jsonPart{key: a.key, emit: a.emit}
			if x := p.write(r, f, start); x != done {
				return x
			}
		}
	}
	r.kept(from, to, start)
	return done
}

// kept copies members that stay and follow each other, as they stand.
func (r *jsonRun) kept(from, to int32, start int) {
	if from >= 0 {
		r.comma(start)
		r.out = append(r.out, r.event[from:to]...)
	}
}

func (r *jsonRun) comma(start int) {
	if len(r.out) > start {
		r.out = append(r.out, ',')
	}
}

// write writes a member if it has a value.
func (p *jsonPart) write(r *jsonRun, f []jsonSpan, start int) emitted {
	at := len(r.out)
	r.comma(start)
	r.out = append(r.out, p.key...)
	switch x := p.emit(r, f); x {
	case nothing:
		r.out = r.out[:at]
		return done
	default:
		return x
	}
}
