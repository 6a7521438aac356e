package upcast

import (
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// The limits of proving, fusing and searching. They bound time and memory for
// any document and any schemas; none of them looks at a clock, so the same input
// gives the same answer everywhere.
const (
	// maxSymbolicSteps bounds the work of carrying the steps of one document out
	// on symbols, and that of each hop of a chain.
	maxSymbolicSteps = 200_000
	// maxTreeNodes bounds a tree as it is walked: shared parts count as often as
	// they are reached.
	maxTreeNodes = 50_000
	// maxHops bounds a chain.
	maxHops = 1_000
	// maxSearchWork bounds the search for an event that shows a problem, with
	// its shrinking: nodes evaluated, bytes decoded and encoded.
	maxSearchWork = 4_000_000
	// provedEvents is how many events a proof is tried on; where events are large,
	// fewer do: as many as maxProvedWork allows, and leastProvedEvents at least.
	provedEvents, leastProvedEvents = 64, 8
	maxProvedWork                   = 50_000
	// maxTestWork bounds the tests of a document.
	maxTestWork = 20_000_000
	// exprCharge is what reading and checking one expression counts for.
	exprCharge = 200
)

// charge counts symbolic steps. It returns false when there have been too many:
// the error is set then, and whoever recurses must stop.
func (b *builder) charge(n int) bool {
	if b.err != nil {
		return false
	}
	if b.spent += n; b.spent > maxSymbolicSteps {
		b.limit("upcaster.symbolicSteps", "the steps take too much work on symbols", b.spent, maxSymbolicSteps)
	}
	return b.err == nil
}

// grown holds the tree to its size after a step.
func (b *builder) grown(n plan.Node) bool {
	if b.err != nil {
		return false
	}
	if size := b.sizes.Of(n); size > maxTreeNodes {
		b.limit("upcaster.planNodes", "the steps make too large a plan", size, maxTreeNodes)
	}
	return b.err == nil
}

func (b *builder) limit(name, what string, found, most int) {
	if overlooked("O8") {
		return
	}
	at, pointer := schema.Position{}, ""
	if b.steps != nil {
		at, pointer = b.steps.Position, b.steps.Pointer
	}
	b.fail(tooMuch(name, what, found, most, at, pointer))
}

// halted is the node of whoever stops because of an error.
var halted = &plan.Stop{Code: "O1"}
