package cli

import (
	"math"
	"testing"
)

func TestGCPercent(t *testing.T) {
	for _, c := range []struct {
		live, room uint64 // MiB
		want       int
	}{
		{0, 32, 800},
		{1, 32, 800},
		{8, 32, 400},
		{16, 32, 200},
		{32, 32, 100},
		{64, 32, 50},
		{4096, 32, 50},
		{1, 128, 3200},
		{32, 128, 400},
		{100, 128, 100},
		{4096, 128, 50},
	} {
		if got := gcPercent(c.live<<20, c.room<<20); got != c.want {
			t.Errorf("%d MiB alive and room for %d: %d %%, want %d %%", c.live, c.room, got, c.want)
		}
	}
}

func TestRoomWithin(t *testing.T) {
	for limit, want := range map[uint64]uint64{
		64 << 20: leastRoom, 256 << 20: leastRoom, 512 << 20: 64 << 20, 1 << 30: mostRoom, math.MaxInt64: mostRoom,
	} {
		if got := roomWithin(limit); got != want {
			t.Errorf("memory of %d MiB: room %d MiB, want %d", limit>>20, got>>20, want>>20)
		}
	}
}

func TestTunerGivesRoomUnderLoadAndTakesItBack(t *testing.T) {
	u := tuner{most: mostRoom, room: leastRoom}
	cycles := uint64(0)
	step := func(n uint64, ticks int) (shrunk int) {
		for range ticks {
			cycles += n
			if u.tick(cycles) {
				shrunk++
			}
		}
		return shrunk
	}
	if step(0, 100) != 0 || u.room != leastRoom {
		t.Fatalf("an idle registry: room %d MiB", u.room>>20)
	}
	if step(1, 50) != 0 || u.room != leastRoom {
		t.Fatalf("one collection a tick: room %d MiB", u.room>>20)
	}
	if step(2, 1); u.room != 2*leastRoom {
		t.Fatalf("two collections a tick: room %d MiB", u.room>>20)
	}
	if step(20, 10); u.room != mostRoom {
		t.Fatalf("many collections: room %d MiB", u.room>>20)
	}
	if step(0, quietTicks-1) != 0 || u.room != mostRoom {
		t.Fatalf("a short pause: room %d MiB", u.room>>20)
	}
	if n := step(0, 5*quietTicks); n != 1 || u.room != leastRoom {
		t.Fatalf("after the load: room %d MiB, given back %d times", u.room>>20, n)
	}
}

func TestMemoryLimit(t *testing.T) {
	if l := memoryLimit(); l < 16<<20 || l > math.MaxInt64 {
		t.Errorf("memory limit %d", l)
	}
	for text, want := range map[string]uint64{"max": 7, "": 7, "536870912": 512 << 20, "-1": 7} {
		if got := numberOr(text, 7); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
