package registry

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// contest starts two nodes on one log, lets each do its part at the same time, and
// holds both, and a third that replays, to one sound state.
func contest(t *testing.T, rounds int, prepare func(n *node, subject Name), parts ...func(n *node, subject Name) error) {
	t.Helper()
	log := newMemLog()
	nodes := []*node{start(t, log), start(t, log)}
	won := map[int]int{}
	for round := range rounds {
		subject := ParseName(fmt.Sprintf("s%d", round))
		prepare(nodes[0], subject)
		errs := make([]error, len(parts))
		var together sync.WaitGroup
		for k := range parts {
			i := (k + round) % len(parts)
			together.Go(func() { errs[i] = parts[i](nodes[i%2], subject) })
			if round < len(parts) {
				together.Wait() // each is first once
			}
		}
		together.Wait()
		for i, err := range errs {
			var refused *Error
			switch {
			case err == nil:
				won[i]++
			case !errors.As(err, &refused) || refused.Code == Internal:
				t.Fatalf("round %d, part %d: %v", round, i, err)
			}
		}
	}
	for i := range parts {
		if won[i] == 0 {
			t.Errorf("part %d was refused in every round", i)
		}
	}
	sound(t, log, nodes...)
}

// sound holds the state to what must be true of upcasters.
func sound(t *testing.T, log *memLog, nodes ...*node) {
	t.Helper()
	ctx := t.Context()
	last := start(t, log)
	for _, n := range append(nodes, last) {
		if err := n.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		if n.State().Digest() != last.State().Digest() {
			t.Error("two nodes have two states")
		}
	}
	if findings, err := last.Verify(ctx, true); err != nil || len(findings) != 0 {
		t.Errorf("%v, %v", findings, err)
	}
	st := last.State()
	st.upcasters.Scan(func(_ string, u *Upcasters) bool {
		s, hops := st.Subject(u.Name), map[[2]int]bool{}
		for _, x := range u.All {
			hop := [2]int{x.From, x.To}
			if x.State != ActiveUpcaster {
				continue
			}
			if hops[hop] || s.Version(x.From) == nil || s.Next(x.From) != x.To {
				t.Errorf("%s: %v is active twice, or leads over nothing: %+v", u.Name, hop, s)
			}
			hops[hop] = true
			if !x.Bridges {
				continue
			}
			for at := x.Since; at != x.To; at = s.Next(at) {
				h := u.Active(at, s.Next(at))
				if h != nil && (h.Verdict != "PROVED" || !h.Total && !h.Partial) {
					t.Errorf("%s: version %d rests on a hop from %d that does not hold: %+v", u.Name, x.To, at, h)
				}
			}
		}
		return true
	})
}

// letterRecord is a version that calls its field by a letter.
func letterRecord(letter string) string {
	return fmt.Sprintf(`{"type":"record","name":"R","fields":[{"name":"id","type":"string"},{"name":%q,"type":"int"}]}`, letter)
}

func letterHop(from int, old, young, more string) string {
	return fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%d,"steps":[{"rename":{"from":%q,"to":%q}}%s]}`, from, from+1, old, young, more)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestActivateAgainstHardDelete: a document becomes active while a version at its end,
// or the one before it, is deleted for good. Whoever comes second sees what the first
// did: no document leads to a version that is gone.
func TestActivateAgainstHardDelete(t *testing.T) {
	for _, gone := range []int{1, 2} {
		contest(t, 40, func(n *node, o Name) {
			_, err := n.SetConfig(t.Context(), by, SetConfig{Scope: o, Patch: ConfigPatch{Set: Config{Compatibility: "NONE"}}})
			must(t, err)
			for _, letter := range []string{"a", "b", "c"} {
				_, err := n.Register(t.Context(), by, Register{Name: o, Format: schema.Avro, Text: letterRecord(letter)})
				must(t, err)
			}
			_, err = n.DeleteVersion(t.Context(), by, DeleteVersion{Name: o, Version: gone})
			must(t, err)
		}, func(n *node, o Name) error {
			_, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: o, From: 1, To: 2, Text: letterHop(1, "a", "b", "")})
			return err
		}, func(n *node, o Name) error {
			_, err := n.DeleteVersion(t.Context(), by, DeleteVersion{Name: o, Version: gone, Permanent: true})
			return err
		})
	}
}

// TestSupersedeAgainstBridging: a hop is superseded by one that sends events to the
// dead letter while a version comes in that rests on the hop.
func TestSupersedeAgainstBridging(t *testing.T) {
	contest(t, 40, func(n *node, o Name) {
		_, err := n.SetConfig(t.Context(), by, SetConfig{Scope: o, Patch: ConfigPatch{Set: Config{Compatibility: "BACKWARD_TRANSITIVE"}}})
		must(t, err)
		_, err = n.Register(t.Context(), by, Register{Name: o, Format: schema.Avro, Text: letterRecord("a")})
		must(t, err)
		_, err = n.Register(t.Context(), by, Register{Name: o, Format: schema.Avro, Text: letterRecord("b"), Force: true})
		must(t, err)
		_, err = n.AddUpcaster(t.Context(), by, AddUpcaster{Name: o, From: 1, To: 2, Text: letterHop(1, "a", "b", "")})
		must(t, err)
	}, func(n *node, o Name) error {
		partial := letterHop(1, "a", "b", `,{"narrow":{"path":"b","min":0,"mode":"else","else":"deadLetter"}}`)
		_, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: o, From: 1, To: 2, Text: partial, Revision: 1})
		return err
	}, func(n *node, o Name) error {
		_, err := n.Register(t.Context(), by, Register{Name: o, Format: schema.Avro, Text: letterRecord("c"), Upcaster: `{"steps":[{"rename":{"from":"b","to":"c"}}]}`})
		return err
	})
}

// TestRandomUpcasterRaces: random commands on one subject by two nodes at once.
func TestRandomUpcasterRaces(t *testing.T) {
	ctx := t.Context()
	o, letters := ParseName("o"), "abcdef"
	for seed := range uint64(6) {
		log := newMemLog()
		nodes := []*node{start(t, log), start(t, log)}
		nodes[0].must("o", letterRecord("a"))
		var together sync.WaitGroup
		for worker := range uint64(4) {
			n, random := nodes[worker%2], rand.New(rand.NewPCG(seed, worker))
			together.Go(func() {
				for range 40 {
					letter := letters[random.IntN(len(letters)):][:1]
					from := 1 + random.IntN(5)
					x := AddUpcaster{
						Name: o, From: from, To: from + 1 + random.IntN(2), Revision: random.IntN(3), Draft: random.IntN(4) == 0,
						Text: letterHop(from, letters[random.IntN(len(letters)):][:1], letter, ""),
					}
					var err error
					switch random.IntN(7) {
					case 0, 1:
						steps := fmt.Sprintf(`{"steps":[{"rename":{"from":%q,"to":%q}}]}`, letters[random.IntN(len(letters)):][:1], letter)
						_, err = n.Register(ctx, by, Register{Name: o, Format: schema.Avro, Text: letterRecord(letter), Upcaster: steps})
					case 2:
						_, err = n.Register(ctx, by, Register{Name: o, Format: schema.Avro, Text: letterRecord(letter), Force: true})
					case 3:
						_, err = n.AddUpcaster(ctx, by, x)
					case 4:
						_, err = n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: o, From: from, To: from + 1})
					default:
						_, err = n.DeleteVersion(ctx, by, DeleteVersion{Name: o, Version: from, Permanent: random.IntN(2) == 0})
					}
					var refused *Error
					if err != nil && (!errors.As(err, &refused) || refused.Code == Internal) {
						t.Errorf("seed %d: %v", seed, err)
						return
					}
				}
			})
		}
		together.Wait()
		sound(t, log, nodes...)
	}
}
