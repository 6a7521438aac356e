package upcast

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/instar-registry/instar/upcast/plan"
)

// victim is a fused chain over bytes with events of its first version.
type victim struct {
	format string
	run    *Runner
	events [][]byte
}

// victims are chains of the three formats.
func victims(t *testing.T) []victim {
	t.Helper()
	var out []victim
	add := func(format string, c *Chain) {
		v := victim{format: format, run: NewRunner(c)}
		for seed := range uint64(4) {
			x, _, err := c.from().sample(seed)
			if err != nil {
				t.Fatal(err)
			}
			event, err := c.from().encode(x)
			if err != nil {
				t.Fatal(err)
			}
			v.events = append(v.events, event)
		}
		out = append(out, v)
	}
	for seed := range uint64(8) {
		documents, versions, _ := (&world{r: rand.New(rand.NewPCG(seed, 11))}).chain(t, 1+int(seed))
		c, err := fuseAll(t, documents, versions)
		if err != nil {
			t.Fatal(err)
		}
		add("avro", c)
		hops, _, _ := (&protoWorld{r: rand.New(rand.NewPCG(seed, 11))}).chain(t, 1+int(seed))
		if c, err = Fuse(hops); err != nil {
			t.Fatal(err)
		}
		add("protobuf", c)
		if r, events := (&jsonWorld{r: rand.New(rand.NewPCG(seed, 11))}).runner(t, 1+int(seed)); r != nil {
			out = append(out, victim{"json", r, events})
		}
	}
	for _, v := range out {
		if v.run.bytes == nil {
			t.Fatalf("a chain of %s has no program over bytes", v.format)
		}
	}
	return out
}

// allowance is what carrying an event may allocate: a fixed amount, and some for
// each of its bytes. The image goes to the caller's buffer. Where something is
// computed on the decoded event, that takes more.
func (v *victim) allowance(event []byte) uint64 {
	per := 8
	if v.computes() {
		per = 256
	}
	return uint64(allowanceFixed + per*len(event))
}

const allowanceFixed = 64 << 10

func (v *victim) computes() bool {
	return slices.ContainsFunc(v.run.bytes, func(p program) bool {
		switch p := p.(type) {
		case *plan.AvroPlan:
			return p.Computes()
		case *plan.JSONPlan:
			return p.Computes()
		case *plan.ProtoPlan:
			fields, all := p.Computed()
			return all || len(fields) > 0
		}
		return false
	})
}

// TestHostileEvents gives the programs over bytes events that were changed at
// random: none panics or reads past the end, none changes what stands before the
// image, and none allocates more than its allowance. INSTAR_EVENT_MUTATIONS sets
// how many changes.
func TestHostileEvents(t *testing.T) {
	changes := envCount(t, "INSTAR_EVENT_MUTATIONS", 40_000)
	all, r := victims(t), rand.New(rand.NewPCG(5, 5))
	var scratch plan.Scratch
	dst := append(make([]byte, 0, 2<<20), "before"...)
	apply := func(v *victim, event []byte) bool {
		out, f := v.run.run(dst, event, &scratch)
		if string(out[:len(dst)]) != "before" || f != nil && len(out) != len(dst) {
			t.Fatalf("%s: what stood before the image of %x became %q", v.format, event, out[:len(dst)])
		}
		return f == nil
	}
	const batch = 256
	images, largest, walked := map[string]int{}, map[string]int{}, map[string]int{}
	for done := 0; done < changes; done += batch {
		v := &all[done/batch%len(all)]
		if !v.computes() {
			walked[v.format] += batch
		}
		events := make([][]byte, batch)
		for i := range events {
			x := worse(r, v.events[r.IntN(len(v.events))])
			events[i] = slices.Clip(x)
			largest[v.format] = max(largest[v.format], len(x))
		}
		// All of them together rarely allocate what one may; where they do, each
		// is measured alone.
		took := allocates(func() {
			for _, x := range events {
				if apply(v, x) {
					images[v.format]++
				}
			}
		})
		if took <= allowanceFixed {
			continue
		}
		for _, x := range events {
			if took := allocates(func() { apply(v, x) }); took > v.allowance(x) {
				t.Fatalf("%s: an event of %d bytes makes the program allocate %d, more than %d: %x", v.format, len(x), took, v.allowance(x), x)
			}
		}
	}
	t.Logf("%d changed events, of %v bytes at most; %v are only walked, %v have an image", changes, largest, walked, images)
	for _, format := range []string{"avro", "json", "protobuf"} {
		if images[format] == 0 || walked[format] == 0 || largest[format] < 10_000 {
			t.Errorf("%s: %d of the changed events have an image, %d are only walked, the largest has %d bytes: they show nothing", format, images[format], walked[format], largest[format])
		}
	}
}

// allocates is how many bytes a function allocates on the heap.
func allocates(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// worse changes an event as somebody would who wants to break its reader: bytes
// at random, numbers that claim much, parts again and again.
func worse(r *rand.Rand, event []byte) []byte {
	out := noise(r, event)
	if r.IntN(2) == 0 {
		return out
	}
	at := r.IntN(len(out) + 1)
	switch r.IntN(8) {
	case 0:
		claim := []int64{1 << 62, -1 << 63, 1 << 31, -1 << 31, 1 << 20, 999_999, 63, -64, -1}[r.IntN(9)]
		out = slices.Insert(out, at, binary.AppendVarint(nil, claim)...)
	case 1:
		claim := []uint64{1<<64 - 1, 1 << 63, 1 << 31, 1 << 29, 1 << 20, 127, 128}[r.IntN(7)]
		out = slices.Insert(out, at, binary.AppendUvarint(nil, claim)...)
	case 2:
		part := slices.Clone(out[at:min(len(out), at+1+r.IntN(16))])
		times := r.IntN(40)
		if r.IntN(50) == 0 {
			times = 2000
		}
		out = slices.Insert(out, at, slices.Repeat(part, times)...)
	case 3:
		out = slices.Insert(out, at, []byte(`{"a":[`)...)
	case 4:
		out = append(out, event...)
	}
	return out
}
