package plan

import "slices"

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
	root.end = p.boundary() // see value
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
	n    int32 // boundary, size, count of symbols, program, or steps to leap
	alt  []int // steps to leap by the branch of a union
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
	walkBranch // an index below the length of alt, then leap alt of it
	walkJump   // leap n steps
	walkItems  // the head of a block; leap n steps if it is the last
	walkNext   // end of an item: leap n steps back to the head, if there is none left
	walkList   // blocks of program n
	walkMap    // the same, with keys
	walkText   // the same, with keys in UTF-8
	walkCall   // program n: a record that is large or contains itself
)

// walker makes the programs that walk a scope.
type walkMaker struct {
	places   *places
	programs *[][]walkOp
	byType   map[skipped]int
	open     map[int]bool // programs that are being made
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
	return &walkMaker{places: p, programs: programs, byType: map[skipped]int{}, open: map[int]bool{}, marked: map[int]bool{}, strict: strict}
}

// scope makes the program for the place of a scope and everything below it that
// is noted. Its own boundaries are noted by who runs it.
func (w *walkMaker) scope(x *place) int {
	w.marked[x.start], w.marked[x.end] = true, true
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
	return append(out, walkOp{kind: walkMark, n: int32(boundary)})
}

func (w *walkMaker) place(out []walkOp, x *place) []walkOp {
	out = w.mark(out, x.start)
	switch {
	case x.fields != nil:
		for _, f := range x.fields {
			out = w.place(out, f)
		}
	case x.branches != nil:
		ways := make([][]walkOp, len(x.branches))
		for i, b := range x.branches {
			if b == nil {
				ways[i] = w.inline(nil, w.skipper(x.typ.Branches[i].Type, w.strict))
				continue
			}
			// The end of the content is the end of the union.
			was := w.marked[x.end]
			w.marked[x.end] = true
			ways[i] = w.place(nil, b)
			w.marked[x.end] = was
		}
		out = branch(out, ways)
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
	w.open[id] = true
	var out []walkOp
	if t.Kind == Record {
		for i := range t.Fields {
			out = w.skip(out, t.Fields[i].Type, strict)
		}
	} else {
		out = w.skip(nil, t, strict)
	}
	(*w.programs)[id] = out
	delete(w.open, id)
	return id
}

// short is the length of programs that are copied to where they are called.
const short = 16

// inline appends a program, or a call of it.
func (w *walkMaker) inline(out []walkOp, id int) []walkOp {
	if ops := (*w.programs)[id]; !w.open[id] && len(ops) <= short {
		return append(out, ops...)
	}
	return append(out, walkOp{kind: walkCall, n: int32(id)})
}

// branch appends the ways of a union, one after the other; each but the last
// leaps over those that follow. All leaps are relative, so that programs can be
// copied.
func branch(out []walkOp, ways [][]walkOp) []walkOp {
	alt := make([]int, len(ways))
	body := make([]walkOp, 0, len(ways))
	var ends []int
	for i, ops := range ways {
		if alt[i] = len(body); len(ops) > 0 {
			body = append(append(body, ops...), walkOp{kind: walkJump})
			ends = append(ends, len(body)-1)
		}
	}
	if len(ends) > 0 {
		body, ends = body[:len(body)-1], ends[:len(ends)-1]
	}
	for _, end := range ends {
		body[end].n = int32(len(body) - end - 1)
	}
	for i, ops := range ways {
		if len(ops) == 0 {
			alt[i] = len(body)
		}
	}
	return append(append(out, walkOp{kind: walkBranch, alt: alt}), body...)
}

// items appends the walk over the blocks of a list, or of a map with its keys.
func (w *walkMaker) items(out []walkOp, t *Type, strict bool) []walkOp {
	elem := w.skipper(t.Elem, strict)
	var body []walkOp
	kind := walkList
	switch {
	case t.Kind == Map && strict:
		kind, body = walkText, []walkOp{{kind: walkString}}
	case t.Kind == Map:
		kind, body = walkMap, []walkOp{{kind: walkBytes}}
	}
	if body = w.inline(body, elem); !flat(body) {
		return append(out, walkOp{kind: kind, n: int32(elem)})
	}
	out = append(out, walkOp{kind: walkItems, n: int32(len(body) + 1)})
	out = append(out, body...)
	return append(out, walkOp{kind: walkNext, n: int32(len(body) + 1)})
}

// flat reports whether items can be walked in place: they take bytes, so that
// the event bounds their number, and hold no such items themselves.
func flat(body []walkOp) bool {
	if len(body) == 0 {
		return false
	}
	if first := body[0]; first.kind == walkCall || first.kind == walkFixed && first.n == 0 {
		return false
	}
	return !slices.ContainsFunc(body, func(op walkOp) bool { return op.kind == walkItems })
}

func (w *walkMaker) skip(out []walkOp, t *Type, strict bool) []walkOp {
	switch t.Kind {
	case Null:
		return out
	case Bool:
		return append(out, walkOp{kind: walkBool})
	case Int:
		return append(out, walkOp{kind: walkVarint, n: int32(t.Bits)})
	case Float:
		return append(out, walkOp{kind: walkFixed, n: int32(t.Bits / 8)})
	case Bytes, Decimal:
		if t.Size > 0 {
			return append(out, walkOp{kind: walkFixed, n: int32(t.Size)})
		}
		return append(out, walkOp{kind: walkBytes})
	case String:
		if strict {
			return append(out, walkOp{kind: walkString})
		}
		return append(out, walkOp{kind: walkBytes})
	case Enum:
		return append(out, walkOp{kind: walkEnum, n: int32(len(t.Symbols))})
	case Union:
		ways := make([][]walkOp, len(t.Branches))
		for i := range t.Branches {
			ways[i] = w.inline(nil, w.skipper(t.Branches[i].Type, strict))
		}
		return branch(out, ways)
	case List, Map:
		return w.items(out, t, strict)
	default:
		return w.inline(out, w.skipper(t, strict))
	}
}
