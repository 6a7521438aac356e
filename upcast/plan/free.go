package plan

// freeBinders finds the binders that a node uses and does not bind itself. The
// same binder may be bound within a node and used outside of that, because parts
// of a tree are shared.
type freeBinders struct {
	known map[Node]map[*Binder]bool
	open  map[*Function]bool
}

func newFreeBinders() *freeBinders {
	return &freeBinders{known: map[Node]map[*Binder]bool{}, open: map[*Function]bool{}}
}

func (f *freeBinders) of(n Node) map[*Binder]bool {
	if n == nil {
		return nil
	}
	if known, seen := f.known[n]; seen {
		return known
	}
	out := map[*Binder]bool{}
	add := func(x Node, bound ...*Binder) {
	next:
		for b := range f.of(x) {
			for _, own := range bound {
				if b == own {
					continue next
				}
			}
			out[b] = true
		}
	}
	f.scoped(n, out, add)
	f.known[n] = out
	return out
}

// scoped adds what the parts of a node use.
func (f *freeBinders) scoped(n Node, out map[*Binder]bool, add func(Node, ...*Binder)) {
	switch n := n.(type) {
	case *Copy:
		out[n.From] = true
	case *Extra:
		out[n.Of.From] = true
	case *Switch:
		add(n.On)
		for i := range n.Cases {
			add(n.Cases[i].Body, n.Cases[i].Bind)
		}
	case *Opt:
		add(n.On)
		add(n.Body, n.Bind)
		add(n.Missing)
	case *Each:
		add(n.Over)
		add(n.Where, n.Bind, n.Index)
		add(n.Body, n.Bind, n.Index)
	case *EachEntry:
		add(n.Over)
		add(n.Where, n.Bind, n.Key)
		add(n.Body, n.Bind, n.Key)
	case *Let:
		add(n.X)
		add(n.Body, n.Bind)
	case *Quantify:
		add(n.Over)
		add(n.Body, n.Bind)
	case *Apply:
		add(n.X)
		if !f.open[n.Fn] {
			f.open[n.Fn] = true
			add(n.Fn.Body, n.Fn.Bind)
		}
	case *Make:
		if n.Base != nil {
			out[n.Base.From] = true
		}
		if n.Rest != nil {
			out[n.Rest.Of.From] = true
		}
		for _, x := range below(n) {
			add(x)
		}
	default:
		for _, x := range below(n) {
			add(x)
		}
	}
}
