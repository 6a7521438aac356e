package upcast

import (
	"fmt"

	"github.com/instar-registry/instar/upcast/plan"
)

// rejoined is the inverse of a split by a pattern; no document can name it.
type rejoined struct {
	Pieces []plan.Piece
	Paths  []Path // of the pieces that are groups
	To     Path
}

// Name is merge, of which it is a form.
func (*rejoined) Name() string { return "merge" }

// joinPattern puts the groups of a pattern together again, with what stands between
// them; the text is the reason why that cannot be.
func joinPattern(op *Split, common int) (Operation, string) {
	pieces, ok := plan.Pieces(op.Pattern)
	if !ok {
		return nil, "the pattern is more than named groups and literals between ^ and $, so its groups do not make the text again"
	}
	out := &rejoined{Pieces: pieces, To: op.Path[common:], Paths: make([]Path, len(pieces))}
	for i, p := range pieces {
		if p.Group == 0 {
			continue
		}
		for _, part := range op.Into {
			if part.Group == p.Name {
				out.Paths[i] = part.To[common:]
			}
		}
		if out.Paths[i] == nil {
			return nil, fmt.Sprintf("the group %s of the pattern goes nowhere, so the text is not put together again", p.Name)
		}
	}
	return out, ""
}

func (b *builder) putTogether(n plan.Node, op *rejoined) plan.Node {
	text := &plan.Type{Kind: plan.String}
	call := &plan.Call{Func: plan.Concat, Type: text, Table: map[string]string{"separator": ""}}
	for i, p := range op.Pieces {
		if p.Group == 0 {
			call.Args = append(call.Args, &plan.Lit{Value: p.Literal, Type: text})
			continue
		}
		x := b.get(n, op.Paths[i], 0)
		if t, _ := b.types.Of(x); t.Kind != plan.String && b.err == nil {
			return b.wrong(fmt.Sprintf("%s is no text but %s", op.Paths[i], t), "")
		}
		call.Args = append(call.Args, b.there(op.Paths[i], func(x plan.Node) plan.Node { return x })(x))
	}
	for i, p := range op.Pieces {
		if p.Group > 0 {
			n = b.drop(n, op.Paths[i], true)
		}
	}
	return b.put(n, op.To, func(*plan.Make) plan.Node { return call }, "overwrite")
}
