package plan

import (
	"encoding/binary"

	"github.com/instar-registry/instar/internal/jsonx"
)

// jsonPlace is a value of an event whose position is noted while the text is
// read, or a member on the way to one.
type jsonPlace struct {
	slot int // in the frame; -1 if its position is not noted
	// members are the members that are told apart; list says that all of them
	// are listed in order.
	members []jsonNamed
	byName  map[string]int32 // where there are many
	list    bool
	// shape is how its value mostly looks, where members are not told apart; elem
	// the same of the elements of a shape that is a list.
	shape, elem *jsonPlace
	// writers counts the programs that write the object anew.
	writers int
}

type jsonNamed struct {
	name  string
	place *jsonPlace
	// text is the name and the colon as an event mostly writes them; empty if
	// the name needs escapes.
	text string
	// head and tail are the first and the last eight bytes of the text; of a shorter
	// one, head is all of it and mask says how much that is.
	head, tail, mask uint64
	// stays says that the member is copied as it stands, so that it need not be
	// told from its neighbours of which the same is true.
	stays bool
}

func newNamed(name string) jsonNamed {
	n := jsonNamed{name: name, place: &jsonPlace{slot: -1}, head: 1}
	if text := jsonx.Quote(name); len(text) == len(name)+2 {
		n.text = text + ":"
		var first [8]byte
		n.mask = ^uint64(0) >> (64 - 8*copy(first[:], n.text))
		n.head = binary.LittleEndian.Uint64(first[:])
		if k := len(n.text); k > 8 {
			n.tail = binary.LittleEndian.Uint64([]byte(n.text[k-8:]))
		}
	}
	return n
}

// begins reports whether a text begins with the name and the colon. It may say no
// where the text ends soon.
func (n *jsonNamed) begins(text []byte) bool {
	if len(text) < 8 || binary.LittleEndian.Uint64(text)&n.mask != n.head {
		return false
	}
	k := len(n.text)
	return k <= 8 || k <= len(text) && binary.LittleEndian.Uint64(text[k-8:]) == n.tail &&
		(k <= 16 || string(text[8:k-8]) == n.text[8:k-8])
}

// manyMembers is from where members are found by a map.
const manyMembers = 16

// find gives the number of a member, or -1. The hint is the one that comes next
// if members stand in the order of the type.
func (p *jsonPlace) find(key []byte, hint int) int32 {
	if hint < len(p.members) && string(key) == p.members[hint].name {
		return int32(hint)
	}
	if p.byName != nil {
		if i, ok := p.byName[string(key)]; ok {
			return i
		}
		return -1
	}
	for i := range p.members {
		if string(key) == p.members[i].name {
			return int32(i)
		}
	}
	return -1
}

// id numbers a member.
func (p *jsonPlace) id(name string) int {
	for i := range p.members {
		if p.members[i].name == name {
			return i
		}
	}
	p.members = append(p.members, newNamed(name))
	n := len(p.members)
	if p.byName != nil || n == manyMembers {
		if p.byName == nil {
			p.byName = map[string]int32{}
		}
		for i := len(p.byName); i < n; i++ {
			p.byName[p.members[i].name] = int32(i)
		}
	}
	return n - 1
}

// asObject is what tells the members of an object apart; nil if nothing does.
func (p *jsonPlace) asObject() *jsonPlace {
	switch {
	case p == nil || p.list || len(p.members) > 0:
		return p
	default:
		return p.shape
	}
}

// ofElements is how the elements of a list look; nil if that is not known.
func (p *jsonPlace) ofElements() *jsonPlace {
	switch {
	case p == nil:
		return nil
	case p.shape != nil:
		return p.shape.elem
	default:
		return p.elem
	}
}

// writtenBy notes a program that writes the object anew.
func (p *jsonPlace) writtenBy(o *jsonObject) {
	p.writers++
	for i := range p.members {
		p.members[i].stays = p.writers == 1 && i < len(o.actions) && o.actions[i].keep
	}
}

func (p *jsonPlace) member(name string) *jsonPlace { return p.members[p.id(name)].place }

// jsonScope is the program for the event, for the elements of a list, or for the
// body of a function.
type jsonScope struct {
	root  *jsonPlace
	slots int
	emit  jsonEmit
}

// jsonEmit writes a part of the image.
type jsonEmit func(r *jsonRun, f []jsonSpan) emitted

type emitted uint8

const (
	done    emitted = iota
	nothing         // there is no value
	failed          // the run's failure says why
)

// jsonCompiler makes the program of one scope.
type jsonCompiler struct {
	plan   *JSONPlan
	scope  *jsonScope
	places map[*Binder]*jsonPlace
	inner  bool // within a list: nothing can be computed on the whole event
	fns    map[*Function]*jsonScope
	shapes map[*Type]*jsonPlace
}

func (c *jsonCompiler) compile(b *Binder, n Node) (*jsonScope, bool) {
	c.scope = &jsonScope{root: &jsonPlace{slot: -1}}
	c.places = map[*Binder]*jsonPlace{b: c.scope.root}
	c.note(c.looks(c.scope.root, b.Type))
	var ok bool
	c.scope.emit, ok = c.emit(n)
	return c.scope, ok
}

// sub makes the program for the value of a binder in a scope of its own.
func (c *jsonCompiler) sub(b *Binder, n Node) (*jsonScope, bool) {
	inner := &jsonCompiler{plan: c.plan, inner: true, fns: c.fns, shapes: c.shapes}
	return inner.compile(b, n)
}

// note gives a place a slot.
func (c *jsonCompiler) note(p *jsonPlace) int {
	if p.slot < 0 {
		p.slot = c.scope.slots
		c.scope.slots++
	}
	return p.slot
}

// place finds the place of a value that is a part of the event; nil if it is
// none, or belongs to another scope.
func (c *jsonCompiler) place(n Node) *jsonPlace {
	switch n := n.(type) {
	case *Copy:
		p, t := c.places[n.From], n.From.Type
		for _, i := range n.Fields {
			if p == nil {
				return nil
			}
			p, t = p.member(t.Fields[i].Name), t.Fields[i].Type
			c.looks(p, t)
		}
		return p
	case *Extra:
		if p := c.place(n.Of); p != nil {
			return p.member(n.Name)
		}
	case *Cast:
		return c.place(n.X)
	}
	return nil
}
