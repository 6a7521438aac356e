package upcast

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// fuzzedChains is how many random chains the fuzzer has to choose from.
const fuzzedChains = 24

// FuzzProtoBytes holds the programs over bytes to the evaluation hop by hop, on
// any bytes.
func FuzzProtoBytes(f *testing.F) {
	var chains [fuzzedChains]*Chain
	for i := range chains {
		w := &protoWorld{r: rand.New(rand.NewPCG(uint64(i), 4))}
		hops, _, _ := w.chain(f, 1+i%6)
		c, err := Fuse(hops)
		if err != nil {
			f.Fatal(err)
		}
		chains[i] = c
		for seed := range uint64(6) {
			v, _, err := c.from().sample(seed)
			if err != nil {
				f.Fatal(err)
			}
			event, err := c.from().encode(v)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(i), event)
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, event []byte) {
		c := chains[int(n)%len(chains)]
		var s plan.Scratch
		holdBytes(t, c, NewRunner(c), event, &s, fmt.Sprintf("chain %d", n))
	})
}
