package plan

// A protoPlace is a message whose fields are noted while it is walked: the event,
// an element of a list, or a message within one of them that is taken apart.
type protoPlace struct {
	typ *Type
	// marks and inner belong to the slots of the layout: where the field is
	// noted, or -1, and the message that is taken apart.
	marks []int
	inner []*protoPlace
	rest  int // where unknown fields are noted, or -1
	// oneof notes the members of a oneof in one place, by field of the type.
	oneof map[int]int
}

func newPlace(t *Type) *protoPlace {
	p := &protoPlace{typ: t, rest: -1, marks: make([]int, len(t.layout.slots)), inner: make([]*protoPlace, len(t.layout.slots)), oneof: map[int]int{}}
	for i := range p.marks {
		p.marks[i] = -1
	}
	return p
}

// markMode says what of a field is noted.
type markMode uint8

const (
	markLast markMode = iota // the last occurrence
	markRaw                  // all occurrences, neighbours in one piece
	markAll                  // each occurrence
	markOnce                 // the only occurrence; two are left to the evaluation
)

// protoLoc is where a value of the source is found.
type protoLoc struct {
	parent *protoPlace // nil for the message of a scope
	slot   int         // of the parent's layout, or -1 for a oneof
	field  int         // of the parent's type, for a oneof
	place  *protoPlace // of a message that is taken apart
	typ    *Type
	// there says that the value is known to be set.
	there bool
}

// protoPlaces knows where the binders of a scope are found.
type protoPlaces struct {
	of    map[*Binder]*protoLoc
	modes []markMode
}

// mark gives a field a place in the frame; of two modes the stricter counts.
func (p *protoPlaces) mark(l *protoLoc, mode markMode) int {
	if l.slot < 0 {
		id, ok := l.parent.oneof[l.field]
		if !ok {
			id = p.add(markOnce)
			l.parent.oneof[l.field] = id
			for i := range l.parent.marks {
				if l.parent.typ.layout.slots[i].field == l.field {
					l.parent.marks[i] = id
				}
			}
		}
		return id
	}
	if s := &l.parent.typ.layout.slots[l.slot]; s.branch >= 0 {
		return p.mark(&protoLoc{parent: l.parent, slot: -1, field: s.field}, markOnce)
	}
	id := l.parent.marks[l.slot]
	if id < 0 {
		id = p.add(mode)
		l.parent.marks[l.slot] = id
	}
	p.modes[id] = max(p.modes[id], mode)
	return id
}

func (p *protoPlaces) add(mode markMode) int {
	p.modes = append(p.modes, mode)
	return len(p.modes) - 1
}

// rest gives what is unknown in a message a place in the frame.
func (p *protoPlaces) rest(x *protoPlace) int {
	if x.rest < 0 {
		x.rest = p.add(markAll) // one by one: each is asked whether it stays
	}
	return x.rest
}

// open takes a message apart; nil if it is none that occurs once.
func (p *protoPlaces) open(l *protoLoc) *protoPlace {
	if l.place != nil || l.parent == nil || l.slot < 0 || l.typ.Kind != Record {
		return l.place
	}
	if l.parent.inner[l.slot] == nil {
		l.parent.inner[l.slot] = newPlace(l.typ)
		id := p.mark(l, markOnce)
		p.modes[id] = markOnce
	}
	l.place = l.parent.inner[l.slot]
	return l.place
}

// field is where a field of a message is found; nil if the value is no message of
// this scope.
func (p *protoPlaces) field(l *protoLoc, i int) *protoLoc {
	x := p.open(l)
	if x == nil {
		return nil
	}
	f := &x.typ.Fields[i]
	out := &protoLoc{parent: x, slot: -1, field: i, typ: f.Type}
	if f.Number > 0 {
		out.slot = x.typ.layout.find(f.Number)
	}
	return out
}

// find is where a copied value is found.
func (p *protoPlaces) find(c *Copy) *protoLoc {
	l := p.of[c.From]
	for _, i := range c.Fields {
		if l == nil {
			return nil
		}
		l = p.field(l, i)
	}
	return l
}

// member is where the content of a oneof's member is found.
func (p *protoPlaces) member(l *protoLoc, branch int) *protoLoc {
	number := l.typ.Branches[branch].Number
	p.mark(l, markOnce)
	return &protoLoc{parent: l.parent, slot: l.parent.typ.layout.find(number), typ: l.typ.Branches[branch].Type, there: true}
}
