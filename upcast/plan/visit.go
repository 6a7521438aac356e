package plan

// Visit calls f for a node and everything below it, each once.
func Visit(n Node, f func(Node)) {
	v := visitor{f: f, seen: map[Node]bool{}}
	v.visit(n)
}

type visitor struct {
	f    func(Node)
	seen map[Node]bool
}

func (v *visitor) visit(n Node) {
	if n == nil || v.seen[n] {
		return
	}
	v.seen[n] = true
	v.f(n)
	for _, x := range below(n) {
		v.visit(x)
	}
}

// below lists the nodes that a node holds.
func below(n Node) []Node {
	switch n := n.(type) {
	case *Make:
		out := make([]Node, 0, len(n.Fields)+len(n.Extras))
		for i := range n.Fields {
			out = append(out, n.Fields[i].Node)
		}
		for i := range n.Extras {
			out = append(out, n.Extras[i].Node)
		}
		return out
	case *Cast:
		return []Node{n.X}
	case *Tag:
		return []Node{n.X}
	case *Switch:
		out := []Node{n.On}
		for i := range n.Cases {
			out = append(out, n.Cases[i].Body)
		}
		return out
	case *Opt:
		return []Node{n.On, n.Body, n.Missing}
	case *Each:
		return []Node{n.Over, n.Where, n.Body}
	case *EachEntry:
		return []Node{n.Over, n.Where, n.Body}
	case *ListOf:
		return n.Items
	case *Call:
		return n.Args
	case *If:
		return []Node{n.Cond, n.Then, n.Else}
	case *OrElse:
		return []Node{n.X, n.Else}
	case *Let:
		return []Node{n.X, n.Body}
	case *Check:
		return []Node{n.X, n.Body}
	case *Logic:
		return []Node{n.L, n.R}
	case *Quantify:
		return []Node{n.Over, n.Body}
	case *Apply:
		return []Node{n.X, n.Fn.Body}
	default:
		return nil
	}
}

// CanStop reports whether a node may end the event, or fail.
func CanStop(n Node) bool { return NewFinder(mayStop).In(n) }

func mayStop(n Node) bool {
	switch n := n.(type) {
	case *Stop:
		return true
	case *Call:
		return n.Func.Partial && !n.Safe
	default:
		return false
	}
}

// MayStop finds what may end the event, or fail.
func MayStop() *Finder { return NewFinder(mayStop) }

// Finder answers again and again whether a node, or anything below it, is of a
// kind; it remembers the answers. Nodes that it has seen must not change.
type Finder struct {
	is    func(Node) bool
	known map[Node]bool
	// bodies are the answers for the bodies of functions, which may call
	// themselves.
	bodies map[*Function]bool
}

// NewFinder finds the nodes for which is holds.
func NewFinder(is func(Node) bool) *Finder {
	return &Finder{is: is, known: map[Node]bool{}, bodies: map[*Function]bool{}}
}

// In reports whether a node, or anything below it, is one.
func (f *Finder) In(n Node) bool {
	if n == nil {
		return false
	}
	if known, seen := f.known[n]; seen {
		return known
	}
	out := f.is(n)
	if a, ok := n.(*Apply); ok {
		out = out || f.In(a.X) || f.body(a.Fn)
	} else {
		for _, x := range below(n) {
			out = out || f.In(x)
		}
	}
	f.known[n] = out
	return out
}

func (f *Finder) body(fn *Function) bool {
	if known, seen := f.bodies[fn]; seen {
		return known
	}
	found := false
	Visit(fn.Body, func(x Node) { found = found || f.is(x) })
	f.bodies[fn] = found
	return found
}

// Size counts the nodes of a tree as if nothing in it were shared, up to a most:
// the work of whoever walks it as a tree.
func Size(n Node, most int) int {
	return NewSizer(most).Of(n)
}

// Sizer is [Size] that remembers what it has seen. Nodes that it has seen must
// not change.
type Sizer struct {
	most  int
	known map[Node]int
	open  map[*Function]bool
}

// NewSizer counts up to a most.
func NewSizer(most int) *Sizer { return &Sizer{most: most} }

// Of counts the nodes of a tree. A body is counted where it is first met.
func (s *Sizer) Of(n Node) int {
	switch n.(type) {
	case nil:
		return 0
	case *Copy, *Lit, *Nothing, *Stop, *Extra:
		return 1
	}
	if known, seen := s.known[n]; seen {
		return known
	}
	out := 1
	add := func(x Node) { out = min(out+s.Of(x), s.most+1) }
	if m, ok := n.(*Make); ok {
		for i := range m.Fields {
			add(m.Fields[i].Node)
		}
		for i := range m.Extras {
			add(m.Extras[i].Node)
		}
	} else if a, ok := n.(*Apply); ok {
		add(a.X)
		// A body is walked once, however often it is called.
		if !s.open[a.Fn] {
			if s.open == nil {
				s.open = map[*Function]bool{}
			}
			s.open[a.Fn] = true
			add(a.Fn.Body)
		}
	} else {
		for _, x := range below(n) {
			add(x)
		}
	}
	if s.known == nil {
		s.known = map[Node]int{}
	}
	s.known[n] = out
	return out
}
