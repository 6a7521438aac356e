package plan

import (
	"bytes"
	"cmp"
)

func (l *leafCompiler) boolean(n Node) boolLeaf {
	switch n := n.(type) {
	case *Lit:
		if v, ok := n.Value.(bool); ok {
			return func(*avroRun, []int32) (bool, string) { return v, "" }
		}
	case *Copy:
		if n.Type.Kind == Bool {
			at := l.at(n)
			return func(r *avroRun, m []int32) (bool, string) { return r.event[m[at]] == 1, "" }
		}
	case *If:
		cond, then, otherwise := l.boolean(n.Cond), l.boolean(n.Then), l.boolean(n.Else)
		return func(r *avroRun, m []int32) (bool, string) { return chosen(r, m, cond, then, otherwise) }
	case *Switch:
		return cases(l, n, l.boolean)
	case *Logic:
		return l.logic(n)
	case *Call:
		return l.booleanCall(n)
	}
	l.ok = false
	return nil
}

// logic decides as the evaluation on values does.
func (l *leafCompiler) logic(n *Logic) boolLeaf {
	a, b, or := l.boolean(n.L), l.boolean(n.R), n.Or
	return func(r *avroRun, m []int32) (bool, string) {
		x, lost := a(r, m)
		if lost == "" && x == or || lost == tooLarge {
			return or, lost
		}
		y, why := b(r, m)
		switch {
		case why == "" && y == or:
			return or, ""
		case why == tooLarge || lost == "":
			return y, why
		default:
			return false, lost
		}
	}
}

func (l *leafCompiler) booleanCall(n *Call) boolLeaf {
	switch n.Func {
	case Not:
		a := l.boolean(n.Args[0])
		return func(r *avroRun, m []int32) (bool, string) { x, why := a(r, m); return !x, why }
	case TextContains:
		return l.question(n, bytes.Contains)
	case TextStarts:
		return l.question(n, bytes.HasPrefix)
	case TextEnds:
		return l.question(n, bytes.HasSuffix)
	case TextMatches:
		a, pattern := l.text(n.Args[0]), n.Pattern
		return func(r *avroRun, m []int32) (bool, string) {
			x, why := a(r, m)
			return why == "" && pattern.Match(x), why
		}
	case Equals:
		return l.compare(n, func(c int) bool { return c == 0 })
	case Less:
		return l.compare(n, func(c int) bool { return c < 0 })
	case LessEq:
		return l.compare(n, func(c int) bool { return c <= 0 })
	case More:
		return l.compare(n, func(c int) bool { return c > 0 })
	case MoreEq:
		return l.compare(n, func(c int) bool { return c >= 0 })
	}
	l.ok = false
	return nil
}

func (l *leafCompiler) question(n *Call, f func(a, b []byte) bool) boolLeaf {
	a, b := l.text(n.Args[0]), l.text(n.Args[1])
	return func(r *avroRun, m []int32) (bool, string) { return total2(r, m, a, b, f) }
}

// compare compares values of one kind; NaN is in no order.
func (l *leafCompiler) compare(n *Call, holds func(c int) bool) boolLeaf {
	k, _ := kindOf(n.Args[0])
	if other, _ := kindOf(n.Args[1]); other != k {
		l.ok = false
		return nil
	}
	switch k {
	case Int:
		a, b := l.integer(n.Args[0]), l.integer(n.Args[1])
		return func(r *avroRun, m []int32) (bool, string) {
			return total2(r, m, a, b, func(x, y int64) bool { return holds(cmp.Compare(x, y)) })
		}
	case Float:
		a, b := l.float(n.Args[0]), l.float(n.Args[1])
		return func(r *avroRun, m []int32) (bool, string) {
			return total2(r, m, a, b, func(x, y float64) bool { return x == x && y == y && holds(cmp.Compare(x, y)) })
		}
	case String:
		a, b := l.text(n.Args[0]), l.text(n.Args[1])
		return func(r *avroRun, m []int32) (bool, string) {
			return total2(r, m, a, b, func(x, y []byte) bool { return holds(bytes.Compare(x, y)) })
		}
	}
	l.ok = false
	return nil
}

// call1, call2 and total2 compute the arguments, then the function.

func call1[A, R any](r *avroRun, m []int32, a func(*avroRun, []int32) (A, string), f func(A) (R, string)) (out R, why string) {
	x, why := a(r, m)
	if why != "" {
		return out, why
	}
	return f(x)
}

func call2[A, B, R any](r *avroRun, m []int32, a func(*avroRun, []int32) (A, string), b func(*avroRun, []int32) (B, string), f func(A, B) (R, string)) (out R, why string) {
	x, why := a(r, m)
	if why != "" {
		return out, why
	}
	y, why := b(r, m)
	if why != "" {
		return out, why
	}
	return f(x, y)
}

func total2[A, B, R any](r *avroRun, m []int32, a func(*avroRun, []int32) (A, string), b func(*avroRun, []int32) (B, string), f func(A, B) R) (out R, why string) {
	x, why := a(r, m)
	if why != "" {
		return out, why
	}
	y, why := b(r, m)
	if why != "" {
		return out, why
	}
	return f(x, y), ""
}

func chosen[R any](r *avroRun, m []int32, cond boolLeaf, then, otherwise func(*avroRun, []int32) (R, string)) (out R, why string) {
	c, why := cond(r, m)
	switch {
	case why != "":
		return out, why
	case c:
		return then(r, m)
	default:
		return otherwise(r, m)
	}
}

// cases chooses by the branch of a union of the event.
func cases[L ~func(*avroRun, []int32) (R, string), R any](l *leafCompiler, n *Switch, compile func(Node) L) L {
	on, ok := n.On.(*Copy)
	if !ok {
		l.ok = false
		return nil
	}
	x := l.c.places.find(on)
	if x == nil || x.typ.Kind != Union || len(n.Cases) != len(x.typ.Branches) {
		l.ok = false
		return nil
	}
	l.uses = append(l.uses, x.start)
	at, ways := x.start, make([]L, len(n.Cases))
	for i := range n.Cases {
		j := x.typ.Branch(n.Cases[i].Branch)
		if j < 0 {
			l.ok = false
			return nil
		}
		l.c.places.of[n.Cases[i].Bind] = l.c.places.branch(x, j)
		ways[j] = compile(n.Cases[i].Body)
	}
	return func(r *avroRun, m []int32) (R, string) { return ways[r.integer(m[at])](r, m) }
}
