package plan

// A place is a part of a binary event whose position can be noted while it is
// walked. Boundaries are numbered: where one part ends and the next begins is
// one boundary, so that neighbours are copied in one piece.
type place struct {
	typ        *Type
	start, end int
	fields     []*place // of a record, once it is opened
	branches   []*place // of a union, once it is opened
}

// places numbers the boundaries of one scope: the event, or an element of a
// list.
type places struct {
	boundaries int
	used       map[int]bool
	// read are the boundaries where values begin that are computed on, and so
	// must be whole: text in UTF-8.
	read map[int]bool
	of   map[*Binder]*place
}

func newPlaces(b *Binder) (*places, *place) {
	p := &places{used: map[int]bool{}, read: map[int]bool{}, of: map[*Binder]*place{}}
	root := &place{typ: b.Type, start: p.boundary()}
	root.end = p.boundary()
	p.of[b] = root
	return p, root
}

func (p *places) boundary() int {
	p.boundaries++
	return p.boundaries - 1
}

// open gives the fields of a record places of their own.
func (p *places) open(x *place) {
	if x.fields != nil || x.typ.Kind != Record {
		return
	}
	at := x.start
	for i := range x.typ.Fields {
		f := &place{typ: x.typ.Fields[i].Type, start: at, end: x.end}
		if i < len(x.typ.Fields)-1 {
			f.end = p.boundary()
		}
		at = f.end
		x.fields = append(x.fields, f)
	}
}

// branch gives the content of a union's branch a place.
func (p *places) branch(x *place, i int) *place {
	if x.branches == nil {
		x.branches = make([]*place, len(x.typ.Branches))
	}
	if x.branches[i] == nil {
		x.branches[i] = &place{typ: x.typ.Branches[i].Type, start: p.boundary(), end: x.end}
	}
	return x.branches[i]
}

// find is the place of a copied value; nil if the binder belongs to another
// scope.
func (p *places) find(c *Copy) *place {
	x := p.of[c.From]
	for _, i := range c.Fields {
		if x == nil {
			return nil
		}
		p.open(x)
		x = x.fields[i]
	}
	return x
}

// walkOp is one step over the bytes of the source.
type walkOp struct {
	kind walkKind
	n    int   // boundary, size, count of symbols, or program
	alt  []int // programs of a union's branches
	typ  *Type // of a list or map: what it holds
}

type walkKind uint8

const (
	walkMark   walkKind = iota // note the position of boundary n
	walkVarint                 // an int or long
	walkBool
	walkFixed  // n bytes
	walkBytes  // a length and as many bytes; text that is only copied
	walkString // the same, UTF-8
	walkEnum   // an index below n
	walkUnion  // an index, then a program of alt
	walkList   // blocks of program n
	walkMap    // the same, with keys
	walkText   // the same, with keys in UTF-8
	walkCall   // program n: a record that contains itself
)

// walker makes the programs that walk a scope.
type walkMaker struct {
	places   *places
	programs *[][]walkOp
	byType   map[skipped]int
	marked   map[int]bool
	// strict holds all text to UTF-8, not only what is computed on.
	strict bool
}

// skipped is a type whose values are walked in one of two ways.
type skipped struct {
	typ    *Type
	strict bool
}

func newWalkMaker(p *places, programs *[][]walkOp, strict bool) *walkMaker {
	return &walkMaker{places: p, programs: programs, byType: map[skipped]int{}, marked: map[int]bool{}, strict: strict}
}

// scope makes the program for a place and everything below it that is noted.
func (w *walkMaker) scope(x *place) int {
	id := w.reserve()
	(*w.programs)[id] = w.place(nil, x)
	return id
}

func (w *walkMaker) reserve() int {
	*w.programs = append(*w.programs, nil)
	return len(*w.programs) - 1
}

func (w *walkMaker) mark(out []walkOp, boundary int) []walkOp {
	if !w.places.used[boundary] || w.marked[boundary] {
		return out
	}
	w.marked[boundary] = true
	return append(out, walkOp{kind: walkMark, n: boundary})
}

func (w *walkMaker) place(out []walkOp, x *place) []walkOp {
	out = w.mark(out, x.start)
	switch {
	case x.fields != nil:
		for _, f := range x.fields {
			out = w.place(out, f)
		}
	case x.branches != nil:
		op := walkOp{kind: walkUnion}
		for i, b := range x.branches {
			if b == nil {
				op.alt = append(op.alt, w.skipper(x.typ.Branches[i].Type, w.strict))
				continue
			}
			// The end of the content is the end of the union.
			inner := *w
			was := w.marked[x.end]
			w.marked[x.end] = true
			op.alt = append(op.alt, inner.scope(b))
			w.marked[x.end] = was
		}
		out = append(out, op)
	default:
		out = w.skip(out, x.typ, w.strict || w.places.read[x.start])
	}
	return w.mark(out, x.end)
}

// skipper is the program that walks a value of a type and notes nothing.
func (w *walkMaker) skipper(t *Type, strict bool) int {
	if id, ok := w.byType[skipped{t, strict}]; ok {
		return id
	}
	id := w.reserve()
	w.byType[skipped{t, strict}] = id
	if t.Kind == Record {
		var out []walkOp
		for i := range t.Fields {
			out = w.skip(out, t.Fields[i].Type, strict)
		}
		(*w.programs)[id] = out
		return id
	}
	(*w.programs)[id] = w.skip(nil, t, strict)
	return id
}

func (w *walkMaker) skip(out []walkOp, t *Type, strict bool) []walkOp {
	switch t.Kind {
	case Null:
		return out
	case Bool:
		return append(out, walkOp{kind: walkBool})
	case Int:
		return append(out, walkOp{kind: walkVarint, n: t.Bits})
	case Float:
		return append(out, walkOp{kind: walkFixed, n: t.Bits / 8})
	case Bytes, Decimal:
		if t.Size > 0 {
			return append(out, walkOp{kind: walkFixed, n: t.Size})
		}
		return append(out, walkOp{kind: walkBytes})
	case String:
		if strict {
			return append(out, walkOp{kind: walkString})
		}
		return append(out, walkOp{kind: walkBytes})
	case Enum:
		return append(out, walkOp{kind: walkEnum, n: len(t.Symbols)})
	case Union:
		op := walkOp{kind: walkUnion}
		for i := range t.Branches {
			op.alt = append(op.alt, w.skipper(t.Branches[i].Type, strict))
		}
		return append(out, op)
	case List:
		return append(out, walkOp{kind: walkList, n: w.skipper(t.Elem, strict), typ: t.Elem})
	case Map:
		kind := walkMap
		if strict {
			kind = walkText
		}
		return append(out, walkOp{kind: kind, n: w.skipper(t.Elem, strict), typ: t.Elem})
	default:
		return append(out, walkOp{kind: walkCall, n: w.skipper(t, strict)})
	}
}
