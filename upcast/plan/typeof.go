package plan

import "slices"

// AnyType and NeverType are the types without structure.
var (
	AnyType   = &Type{Kind: Any}
	NeverType = &Type{Kind: Never}
	NullType  = &Type{Kind: Null}
	BoolType  = &Type{Kind: Bool}
)

// TypeOf is the type of what a node gives, where it gives anything; ok is false
// where the ways through a node give types that have none in common.
func TypeOf(n Node) (t *Type, ok bool) { return NewTypes().Of(n) }

// MayBeAbsent reports whether a node may give no value.
func MayBeAbsent(n Node) bool { return NewTypes().MayBeAbsent(n) }

// Types remembers the types of nodes: parts of a tree are shared, so that the
// ways through it may be exponentially many. It belongs to one builder; nodes
// that it has seen must not change.
type Types struct {
	types  map[Node]typeAnswer
	absent map[Node]bool
	joins  joiner
}

type typeAnswer struct {
	typ *Type
	ok  bool
}

// NewTypes remembers nothing yet.
func NewTypes() *Types { return &Types{} }

// Of is what [TypeOf] gives.
func (s *Types) Of(n Node) (*Type, bool) {
	switch n := n.(type) {
	case *Copy:
		return n.Type, true
	case *Lit:
		if n.Type == nil {
			return AnyType, true
		}
		return n.Type, true
	case *Call:
		return n.Type, true
	case *Logic, *Quantify:
		return BoolType, true
	case *Nothing:
		return n.Type, true
	case *Stop:
		return NeverType, true
	case *Apply:
		return n.Fn.Result, true
	case *Cast:
		return n.Type, true
	case *Extra:
		return AnyJSON, true
	}
	if known, seen := s.types[n]; seen {
		return known.typ, known.ok
	}
	t, ok := s.compute(n)
	if s.types == nil {
		s.types = map[Node]typeAnswer{}
	}
	s.types[n] = typeAnswer{t, ok}
	return t, ok
}

func (s *Types) compute(n Node) (t *Type, ok bool) {
	switch n := n.(type) {
	case *Make:
		return s.record(n)
	case *Tag:
		if n.Type != nil {
			return n.Type, true
		}
		x, ok := s.Of(n.X)
		return &Type{Kind: Union, Branches: []Branch{{Name: n.Branch, Type: x}}}, ok
	case *Switch:
		t, ok = NeverType, true
		for i := range n.Cases {
			c, fine := s.way(n.Cases[i].Body)
			if t, ok = s.joined(t, c, ok && fine); !ok {
				return AnyType, false
			}
		}
		return t, true
	case *Opt:
		return s.join(n.Body, n.Missing)
	case *Each:
		x, ok := s.Of(n.Body)
		return &Type{Kind: List, Elem: x}, ok
	case *EachEntry:
		x, ok := s.Of(n.Body)
		return &Type{Kind: Map, Elem: x}, ok
	case *ListOf:
		return &Type{Kind: List, Elem: n.Elem}, true
	case *If:
		return s.join(n.Then, n.Else)
	case *OrElse:
		return s.join(n.X, n.Else)
	case *Let:
		return s.Of(n.Body)
	case *Check:
		return s.Of(n.Body)
	default:
		return AnyType, false
	}
}

func (s *Types) record(n *Make) (*Type, bool) {
	if n.Type != nil {
		return n.Type, true
	}
	t := &Type{Kind: Record, Name: n.Name, Open: n.Rest != nil, JSON: n.Base != nil, Fields: make([]Field, len(n.Fields))}
	for i, p := range n.Fields {
		x, ok := s.Of(p.Node)
		if !ok {
			return AnyType, false
		}
		t.Fields[i] = Field{Name: p.Name, Number: p.Number, Type: x, Optional: s.MayBeAbsent(p.Node)}
	}
	return t, true
}

func (s *Types) joined(a, b *Type, ok bool) (*Type, bool) {
	if !ok {
		return AnyType, false
	}
	return s.joins.join(a, b)
}

func (s *Types) join(a, b Node) (*Type, bool) {
	x, ok := s.way(a)
	y, ok2 := s.way(b)
	return s.joined(x, y, ok && ok2)
}

// way is what one of several ways adds to a type: nothing at all where it gives
// no value, whatever it was the place of.
func (s *Types) way(n Node) (*Type, bool) {
	if _, gone := n.(*Nothing); gone {
		return NeverType, true
	}
	return s.Of(n)
}

// MayBeAbsent reports whether a node may give no value.
func (s *Types) MayBeAbsent(n Node) bool {
	switch n := n.(type) {
	case *Copy:
		return n.Optional
	case *Nothing, *Extra:
		return true
	case *Cast:
		return !n.Sure && s.MayBeAbsent(n.X)
	case *Opt, *If, *OrElse, *Let, *Check, *Switch, *Apply:
	default:
		return false
	}
	if known, seen := s.absent[n]; seen {
		return known
	}
	if s.absent == nil {
		s.absent = map[Node]bool{}
	}
	s.absent[n] = false // a function that calls itself
	out := s.mayBeAbsent(n)
	s.absent[n] = out
	return out
}

func (s *Types) mayBeAbsent(n Node) bool {
	switch n := n.(type) {
	case *Opt:
		return s.MayBeAbsent(n.Body) || s.MayBeAbsent(n.Missing)
	case *If:
		return s.MayBeAbsent(n.Then) || s.MayBeAbsent(n.Else)
	case *OrElse:
		return s.MayBeAbsent(n.X) || s.MayBeAbsent(n.Else)
	case *Let:
		return s.MayBeAbsent(n.Body)
	case *Check:
		return s.MayBeAbsent(n.Body)
	case *Switch:
		return slices.ContainsFunc(n.Cases, func(c Case) bool { return s.MayBeAbsent(c.Body) })
	case *Apply:
		return s.MayBeAbsent(n.Fn.Body)
	default:
		return false
	}
}
