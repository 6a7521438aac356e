package upcast

import "github.com/instar-registry/instar/upcast/plan"

// spread applies f to each value that a node may give, under the choices that
// lead to it. What stops the event stays as it is.
func spread(n plan.Node, f func(plan.Node) plan.Node) plan.Node {
	return spreader{f: f}.node(n)
}

// spread is spread on a budget.
func (b *builder) spread(n plan.Node, f func(plan.Node) plan.Node) plan.Node {
	return spreader{f: f, charge: b.charge}.node(n)
}

type spreader struct {
	f      func(plan.Node) plan.Node
	charge func(int) bool
}

func (s spreader) node(n plan.Node) plan.Node {
	if s.charge != nil && !s.charge(1) {
		return halted
	}
	switch n := n.(type) {
	case *plan.Stop:
		return n
	case *plan.Switch:
		out := &plan.Switch{On: n.On, Cases: make([]plan.Case, len(n.Cases))}
		for i, c := range n.Cases {
			c.Body = s.node(c.Body)
			out.Cases[i] = c
		}
		return out
	case *plan.Opt:
		return &plan.Opt{On: n.On, Bind: n.Bind, Body: s.node(n.Body), Missing: s.node(n.Missing)}
	case *plan.If:
		return &plan.If{Cond: n.Cond, Then: s.node(n.Then), Else: s.node(n.Else)}
	case *plan.Let:
		return &plan.Let{X: n.X, Bind: n.Bind, Body: s.node(n.Body)}
	case *plan.Check:
		return &plan.Check{X: n.X, Body: s.node(n.Body)}
	default:
		return s.f(n)
	}
}

// forget gives n in the place of what is dropped; where computing that could end
// the event, it still does.
func (b *builder) forget(dropped, n plan.Node) plan.Node {
	if b.stops.In(dropped) && !computes(n, dropped, 16) {
		return &plan.Check{X: dropped, Body: n}
	}
	return n
}

// computes reports whether a node computes another one whatever the event is, and
// fails with it; it looks some levels deep.
func computes(n, x plan.Node, levels int) bool {
	if n == x || levels == 0 {
		return n == x
	}
	switch n := n.(type) {
	case *plan.Let:
		return computes(n.X, x, levels-1) || computes(n.Body, x, levels-1)
	case *plan.Check:
		return computes(n.X, x, levels-1) || computes(n.Body, x, levels-1)
	case *plan.If:
		return computes(n.Cond, x, levels-1)
	case *plan.Switch:
		return computes(n.On, x, levels-1)
	case *plan.Opt:
		return computes(n.On, x, levels-1)
	case *plan.Tag:
		return computes(n.X, x, levels-1)
	case *plan.Call:
		return len(n.Args) > 0 && computes(n.Args[0], x, levels-1)
	case *plan.OrElse:
		// A failure that the way out would catch is caught by x itself.
		_, caught := x.(*plan.OrElse)
		return caught && computes(n.X, x, levels-1)
	default:
		return false
	}
}
