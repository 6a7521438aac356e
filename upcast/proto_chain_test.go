package upcast

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// TestProtoChains is TestChains for Protobuf: random chains of 1 to 20 hops, fused,
// hop by hop, by the oracle, over bytes, as decoded values and into structs, on
// events as others may write them.
// The variable INSTAR_UPCAST_CHAINS sets how many.
func TestProtoChains(t *testing.T) {
	chains := envCount(t, "INSTAR_UPCAST_CHAINS", 100)
	images, ended := 0, 0
	for seed := range uint64(chains) {
		w := &protoWorld{r: rand.New(rand.NewPCG(seed, 3))}
		hops, oracles, story := w.chain(t, 1+int(seed%20))
		what := fmt.Sprintf("chain %d\n%s", seed, story)
		c, err := Fuse(hops)
		if err != nil {
			t.Fatalf("%v: %s", err, what)
		}
		n := holdChain(t, c, 12, what)
		images += n
		native := newNatives(t, NewRunner(c), what)
		for n := range uint64(16) {
			v, ok, err := c.from().sample(n)
			if err != nil || !ok {
				t.Fatalf("%v, %t: %s", err, ok, what)
			}
			event, err := c.from().encode(v)
			if err != nil {
				t.Fatalf("%v: %s", err, what)
			}
			if v, err = c.from().decode(event); err != nil {
				t.Fatalf("%v: %s", err, what)
			}
			native.hold(t, event, fmt.Sprintf("event %x of %s", event, what))
			if compareProto(t, c, oracles, v, fmt.Sprintf("event %x of %s", event, what)) {
				images++
			} else {
				ended++
			}
		}
	}
	t.Logf("%d chains: %d events have an image, %d end as their document says", chains, images, ended)
	if images == 0 || ended == 0 {
		t.Error("the chains do not show both kinds of ends")
	}
}

// settles are the steps whose results have their new type, or presence, from the
// next hop on: the last of theirs.
var settles = map[string]bool{"mapBranch": true, "move": true, "head": true}

// chain makes proved hops, and documents that say the same to the oracle.
func (w *protoWorld) chain(t testing.TB, length int) (hops []*Hop, oracles []*Document, story string) {
	t.Helper()
	root := w.message(3+w.r.IntN(4), 0)
	root.Name = "M"
	from := protoText(root)
	var told strings.Builder
	told.WriteString(from)
	for range length {
		root = clone(root)
		var said, meant []string
		for i := range 1 + w.r.IntN(3) {
			s := w.step(root, i == 0)
			if s.document != "" {
				said = append(said, s.document)
			}
			meant = append(meant, s.oracle)
			if s.document == "" || strings.Contains(s.document, "value:") || settles[strings.SplitN(s.document, ":", 2)[0]] {
				break
			}
		}
		to := protoText(root)
		told.WriteString(strings.Join(said, "\n") + "\n" + to)
		h, err := Verify(t.Context(), document(t, said...), protoSchema(t, from), protoSchema(t, to))
		if err != nil {
			t.Fatalf("%v\n%s", err, told.String())
		}
		if h.Verdict.Outcome != Proved {
			t.Fatalf("%+v\n%s", h.Verdict, told.String())
		}
		hops, oracles = append(hops, h), append(oracles, document(t, meant...))
		from = to
	}
	return hops, oracles, told.String()
}

// compareProto reports whether the event has an image.
func compareProto(t *testing.T, c *Chain, oracles []*Document, v plan.Value, what string) bool {
	t.Helper()
	fused, failure, err := c.Evaluate(t.Context(), v, plan.DefaultLimits())
	if err != nil {
		t.Fatalf("%v: %s", err, what)
	}
	stepwise, stepFailure, err := c.Stepwise(t.Context(), v, plan.DefaultLimits())
	if err != nil {
		t.Fatalf("%v: %s", err, what)
	}
	want, end := oracle(c, oracles, v)
	if (failure == nil) != (stepFailure == nil) || (failure == nil) != (end == nil) {
		t.Fatalf("fused ends with %v, stepwise with %v, the oracle with %v: %s", failure, stepFailure, end, what)
	}
	if failure != nil {
		var s stopped
		if !errors.As(end, &s) || failure.Code != s.code || *failure != *stepFailure {
			t.Fatalf("fused ends with %v, stepwise with %v, the oracle with %v: %s", failure, stepFailure, end, what)
		}
		return false
	}
	if !plan.Equal(fused, stepwise) || !plan.Equal(fused, want) {
		t.Fatalf("the images differ (stepwise %t, oracle %t):\n%s\n%s\n%s", plan.Equal(fused, stepwise), plan.Equal(fused, want), told(fused), told(want), what)
	}
	return true
}

// told prints a value for messages.
func told(v plan.Value) string {
	switch v := v.(type) {
	case *plan.Rec:
		var parts []string
		for i, f := range v.Type.Fields {
			parts = append(parts, f.Name+":"+told(v.Fields[i]))
		}
		return "{" + strings.Join(parts, " ") + fmt.Sprint(" rest:", v.Rest) + "}"
	case []plan.Value:
		out := "["
		for _, x := range v {
			out += told(x) + " "
		}
		return out + "]"
	case *plan.Entries:
		out := "map["
		for _, e := range *v {
			out += e.Key + ":" + told(e.Value) + " "
		}
		return out + "]"
	case *plan.Tagged:
		return "<" + v.Branch + ">" + told(v.Value)
	default:
		return fmt.Sprintf("%T(%v)", v, v)
	}
}
