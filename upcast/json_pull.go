package upcast

import (
	"github.com/instar-registry/instar/upcast/plan"
)

// puller finds events of a source whose image may be a given value: it follows
// the copies of a plan backwards. What it finds is a guess, and is tried.
type puller struct {
	at   map[*plan.Binder]*overlay
	left int
}

// overlay is what is known of one place of the source.
type overlay struct {
	set, gone bool
	value     plan.Value
	members   map[string]*overlay
	names     []string // of members, in order
	items     []*overlay
	list      bool
}

// pull gives the values that lead to an image, laid over the values of base
// events.
func pull(h *Hop, image plan.Value, bases []plan.Value) []plan.Value {
	p := puller{at: map[*plan.Binder]*overlay{}, left: 50_000}
	root := &overlay{}
	p.at[h.Source] = root
	p.pull(h.Root, image)
	out := make([]plan.Value, 0, len(bases))
	for _, base := range bases {
		if v, ok := root.over(plan.Untyped(base)); ok {
			out = append(out, v)
		}
	}
	return out
}

func (o *overlay) member(name string) *overlay {
	if o.members == nil {
		o.members = map[string]*overlay{}
	}
	m, ok := o.members[name]
	if !ok {
		m = &overlay{}
		o.members[name] = m
		o.names = append(o.names, name)
	}
	return m
}

// over lays what is known over a value; false if it must not be there.
func (o *overlay) over(base plan.Value) (plan.Value, bool) {
	if o.gone {
		return nil, false
	}
	if o.set {
		base = o.value
	}
	if o.list {
		items, _ := base.([]plan.Value)
		out := make([]plan.Value, 0, len(o.items))
		for i, x := range o.items {
			var was plan.Value
			if len(items) > 0 {
				was = items[min(i, len(items)-1)]
			}
			if v, ok := x.over(was); ok {
				out = append(out, v)
			}
		}
		base = out
	}
	if len(o.names) == 0 {
		return base, true
	}
	out := plan.Entries{}
	if entries, ok := base.(*plan.Entries); ok {
		out = append(out, *entries...)
	}
	for _, name := range o.names {
		out = o.members[name].into(out, name)
	}
	return &out, true
}

func (o *overlay) into(entries plan.Entries, name string) plan.Entries {
	for i := range entries {
		if entries[i].Key != name {
			continue
		}
		v, ok := o.over(entries[i].Value)
		if !ok {
			return append(entries[:i], entries[i+1:]...)
		}
		entries[i].Value = v
		return entries
	}
	if v, ok := o.over(nil); ok && (o.set || o.list || len(o.names) > 0) {
		entries = append(entries, plan.Entry{Key: name, Value: v})
	}
	return entries
}

// place is the overlay of a part of the source; nil if the node is none.
func (p *puller) place(n plan.Node) *overlay {
	switch n := n.(type) {
	case *plan.Copy:
		o, t := p.at[n.From], n.From.Type
		for _, i := range n.Fields {
			if o == nil {
				return nil
			}
			o, t = o.member(t.Fields[i].Name), t.Fields[i].Type
		}
		return o
	case *plan.Extra:
		if o := p.place(n.Of); o != nil {
			return o.member(n.Name)
		}
	case *plan.Cast:
		return p.place(n.X)
	case *plan.Tag:
		return p.place(n.X)
	}
	return nil
}

// absent is the value of what is not there.
var absent = plan.Value(plan.Absent)

func (p *puller) pull(n plan.Node, v plan.Value) {
	if p.left--; p.left <= 0 || n == nil {
		return
	}
	if o := p.place(n); o != nil {
		o.gone, o.set, o.value = v == absent, v != absent, v
		return
	}
	switch n := n.(type) {
	case *plan.Cast:
		p.pull(n.X, v)
	case *plan.Tag:
		p.pull(n.X, v)
	case *plan.Make:
		p.object(n, v)
	case *plan.Each:
		items, _ := v.([]plan.Value)
		p.elements(n.Over, n.Bind, n.Body, items)
	case *plan.EachEntry:
		p.entries(n, v)
	case *plan.ListOf:
		items, _ := v.([]plan.Value)
		for i := range min(len(items), len(n.Items)) {
			p.pull(n.Items[i], items[i])
		}
	case *plan.Check:
		p.pull(n.Body, v)
	case *plan.OrElse:
		p.pull(n.X, v)
	case *plan.Apply:
		p.at[n.Fn.Bind] = p.place(n.X)
		p.pull(n.Fn.Body, v)
	default:
		p.choice(n, v)
	}
}

func (p *puller) choice(n plan.Node, v plan.Value) {
	switch n := n.(type) {
	case *plan.Let:
		p.at[n.Bind] = p.place(n.X)
		p.pull(n.Body, v)
	case *plan.Opt:
		o := p.place(n.On)
		if _, nothing := n.Missing.(*plan.Nothing); v == absent && o != nil && nothing {
			o.gone = true
			return
		}
		p.at[n.Bind] = o
		p.pull(n.Body, v)
	case *plan.Switch:
		for i := range n.Cases {
			c := &n.Cases[i]
			if t, ok := plan.TypeOf(c.Body); ok && v != absent && plan.Takes(t, v) {
				p.at[c.Bind] = p.place(n.On)
				p.pull(c.Body, v)
				return
			}
		}
	}
}

func (p *puller) object(n *plan.Make, v plan.Value) {
	given := map[string]plan.Value{}
	if entries, ok := v.(*plan.Entries); ok {
		for _, e := range *entries {
			given[e.Key] = e.Value
		}
	}
	done := map[string]bool{}
	for _, list := range [][]plan.Part{n.Fields, n.Extras} {
		for _, part := range list {
			done[part.Name] = true
			if x, ok := given[part.Name]; ok {
				p.pull(part.Node, x)
			} else if mayBeAbsent(part.Node) {
				p.pull(part.Node, absent)
			}
		}
	}
	if n.Rest != nil {
		p.rest(n.Rest, v, done)
	}
}

func (p *puller) rest(r *plan.Rest, v plan.Value, done map[string]bool) {
	o := p.place(r.Of)
	entries, ok := v.(*plan.Entries)
	if o == nil || !ok {
		return
	}
	for _, e := range *entries {
		if !done[e.Key] {
			m := o.member(e.Key)
			m.set, m.value = true, e.Value
		}
	}
}

func (p *puller) elements(over plan.Node, bind *plan.Binder, body plan.Node, items []plan.Value) {
	o := p.place(over)
	if o == nil {
		return
	}
	o.list, o.items = true, make([]*overlay, len(items))
	for i, x := range items {
		o.items[i] = &overlay{}
		p.at[bind] = o.items[i]
		p.pull(body, x)
	}
}

func (p *puller) entries(n *plan.EachEntry, v plan.Value) {
	o := p.place(n.Over)
	entries, ok := v.(*plan.Entries)
	if o == nil || !ok {
		return
	}
	o.set, o.value = true, &plan.Entries{}
	for _, e := range *entries {
		p.at[n.Bind] = o.member(e.Key)
		p.pull(n.Body, e.Value)
	}
}
