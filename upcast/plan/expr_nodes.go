package plan

// Logic is "and" or "or" of two booleans. It looks at the right side only if the
// left does not decide; a left side that fails counts for nothing if the right
// one decides.
type Logic struct {
	Or   bool
	L, R Node
}

// Quantifier is the question that a [Quantify] asks of the elements of a list.
type Quantifier uint8

// The quantifiers.
const (
	All  Quantifier = iota // of each; a failure counts for nothing if one is false
	Some                   // of at least one; a failure counts for nothing if one is true
	One                    // of exactly one
)

// Quantify asks a question of the elements of a list.
type Quantify struct {
	Kind Quantifier
	Over Node
	Bind *Binder
	Body Node
}

func (*Logic) node()    {}
func (*Quantify) node() {}

// logic evaluates a Logic. What ends the event is never lost, only the failures
// of values.
func (m *machine) logic(n *Logic) (Value, *Failure) {
	l, lost := m.eval(n.L)
	switch {
	case lost != nil && !lost.ofValue():
		return nil, lost
	case lost == nil && l == n.Or:
		return n.Or, nil
	}
	r, f := m.eval(n.R)
	switch {
	case f != nil && (!f.ofValue() || lost == nil):
		return nil, f
	case f == nil && r == n.Or:
		return n.Or, nil
	case lost != nil:
		return nil, lost
	}
	return r, nil
}

func (m *machine) quantify(n *Quantify) (Value, *Failure) {
	over, f := m.eval(n.Over)
	if f != nil {
		return nil, f
	}
	items, _ := over.([]Value)
	var lost *Failure
	count := 0
	for _, item := range items {
		x, f := m.with(n.Bind, item, n.Body)
		switch {
		case f != nil && (!f.ofValue() || n.Kind == One):
			return nil, f
		case f != nil:
			if lost == nil {
				lost = f
			}
		case n.Kind == All && x == false:
			return false, nil
		case n.Kind == Some && x == true:
			return true, nil
		case n.Kind == One && x == true:
			count++
		}
	}
	if lost != nil {
		return nil, lost
	}
	return n.Kind == All || n.Kind == One && count == 1, nil
}

// Constant computes a call whose arguments are all constant; ok is false if they
// are not, or if it fails.
func (n *Call) Constant() (v Value, ok bool) {
	args := make([]Value, len(n.Args))
	for i, a := range n.Args {
		l, isLit := a.(*Lit)
		if !isLit || l.Pending != nil {
			return nil, false
		}
		args[i] = l.Value
	}
	v, why := n.Func.eval(n, args)
	return v, why == ""
}
