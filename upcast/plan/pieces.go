package plan

import "regexp/syntax"

// Piece is a part of the texts that a pattern matches: a literal, or what a named
// group takes.
type Piece struct {
	Literal string
	// Group is the number of the group, 0 of a literal; Name is its name.
	Group int
	Name  string
}

// Pieces takes a pattern apart that matches whole texts, each of which is nothing but
// literals and named groups, one behind the other. Then the groups of a match, put
// together with the literals between them, are the text again.
func Pieces(pattern string) ([]Piece, bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || re.Op != syntax.OpConcat || len(re.Sub) < 3 {
		return nil, false
	}
	last := len(re.Sub) - 1
	if re.Sub[0].Op != syntax.OpBeginText || re.Sub[last].Op != syntax.OpEndText {
		return nil, false
	}
	var out []Piece
	for _, x := range re.Sub[1:last] {
		switch {
		case x.Op == syntax.OpCapture && x.Name != "":
			out = append(out, Piece{Group: x.Cap, Name: x.Name})
		case x.Op == syntax.OpLiteral && x.Flags&syntax.FoldCase == 0:
			out = append(out, Piece{Literal: string(x.Rune)})
		default:
			return nil, false
		}
	}
	return out, true
}

// piecesAgain is the text whose pieces, as a pattern took it apart, a Concat puts
// together again.
func piecesAgain(n *Call) (Node, bool) {
	var groups *Call
	at := make([]int64, len(n.Args)) // the group of each argument, 0 of a literal
	for i, a := range n.Args {
		part, ok := a.(*Call)
		if !ok {
			continue
		}
		index, ok2 := lastArg(part).(*Lit)
		from, ok := part.Args[0].(*Call)
		if part.Func != ListIndex || !part.Safe || !ok || !ok2 || from.Func != Groups {
			return nil, false
		}
		if groups != nil && (!sameNode(groups.Args[0], from.Args[0]) || groups.Pattern.String() != from.Pattern.String()) {
			return nil, false
		}
		groups = from
		at[i], _ = index.Value.(int64)
	}
	if groups == nil || n.Table["separator"] != "" {
		return nil, false
	}
	pieces, ok := Pieces(groups.Pattern.String())
	if !ok || len(pieces) != len(n.Args) {
		return nil, false
	}
	for i, p := range pieces {
		l, literal := n.Args[i].(*Lit)
		if int64(p.Group) != at[i] || p.Group == 0 && (!literal || l.Value != p.Literal) {
			return nil, false
		}
	}
	return groups.Args[0], true
}

func lastArg(n *Call) Node { return n.Args[len(n.Args)-1] }
