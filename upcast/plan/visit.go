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
		out := make([]Node, len(n.Fields))
		for i := range n.Fields {
			out[i] = n.Fields[i].Node
		}
		return out
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
func CanStop(n Node) bool {
	found := false
	Visit(n, func(x Node) {
		switch x := x.(type) {
		case *Stop:
			found = true
		case *Call:
			found = found || x.Func.Partial && !x.Safe
		}
	})
	return found
}
