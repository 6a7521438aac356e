package hostile

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/cputime"
)

// The bounds of one answer. They are those of the promise, not of a benchmark:
// whoever exceeds them can be made to spend the server's time or memory.
const (
	maxTime   = 100 * time.Millisecond * slack
	maxMemory = 64 << 20 * slack
	// maxWall ends the benefit of the doubt: an answer that waits rather than
	// works is a hang, however busy the machine.
	maxWall = 20 * time.Second * slack
	// An input as large as the limits allow costs what its size costs. The time
	// is that of the promise for any request. The memory is NOT: the decoded form
	// of a large event takes many times its bytes, and the default limits admit
	// events (a million values, ten megabytes) whose decoded form exceeds the 64
	// MiB that a request should stay in. The server therefore counts what events
	// may take against server.event-memory, and lets the rest wait; who needs a
	// bound for one event lowers limits.event-nodes, event-items and event-bytes.
	// This bound keeps the worst from growing unnoticed.
	volumeTime   = 2 * time.Second * slack
	volumeMemory = 450 << 20 * slack
	// minCases is how many inputs the suite has at least.
	minCases = 300
	// tries is how often a slow answer may show that it was the machine.
	tries = 4
	// deadline ends a child that does not answer.
	deadline = 60 * time.Second
)

// TestHostile plays every case in a child process. Each must get its answer,
// within the bounds, and leave a child behind that still answers.
func TestHostile(t *testing.T) {
	cases := Cases()
	if len(cases) < minCases {
		t.Errorf("%d cases; there shall be %d", len(cases), minCases)
	}
	c := startChild(t, modeMeasure)
	for i := range cases {
		b := boundsOf(&cases[i])
		r, err := c.fastest(i, b)
		if err != nil {
			t.Errorf("%s: %v", cases[i].ID(), err)
			c = startChild(t, modeMeasure)
			continue
		}
		if m := cases[i].Want.mismatch(r.Outcome); m != "" {
			t.Errorf("%s %s", cases[i].ID(), m)
		}
		if r.Sick != "" {
			t.Errorf("%s left a sick process: %s", cases[i].ID(), r.Sick)
		}
		if r.took() > b.time || r.Wall > maxWall {
			t.Errorf("%s took %v (%v of the processor)", cases[i].ID(), r.Wall, r.CPU)
		}
		if r.Memory > b.memory {
			t.Errorf("%s took %d MiB", cases[i].ID(), r.Memory>>20)
		}
	}
	if err := c.stop(); err != nil {
		t.Error(err)
	}
}

// took is the time that the answer would have taken on an idle machine: the time
// of the processor is more than that where the collector works beside, and the
// time of the clock is more where others work beside.
func (r *reply) took() time.Duration { return min(r.Wall, r.CPU) }

// bounds are what one answer may cost.
type bounds struct {
	time   time.Duration
	memory uint64
}

func boundsOf(c *Case) bounds {
	if c.Volume {
		return bounds{volumeTime, volumeMemory}
	}
	return bounds{maxTime, maxMemory}
}

// fastest asks again as long as the answer is slow, and for the exact memory if
// the sum of all allocations exceeds the bound.
func (c *child) fastest(i int, b bounds) (reply, error) {
	best, err := c.ask(strconv.Itoa(i), deadline)
	for n := 1; err == nil && n < tries && best.took() > b.time; n++ {
		var r reply
		if r, err = c.ask(strconv.Itoa(i), deadline); err == nil && r.took() < best.took() {
			best = r
		}
	}
	if err == nil && best.Memory > b.memory {
		var r reply
		r, err = c.ask(strconv.Itoa(i)+peak, deadline)
		best.Memory = r.Memory
	}
	return best, err
}

// TestBoundsAreMeasured shows that the measure can fail: it sees the time and
// the memory that a function takes.
func TestBoundsAreMeasured(t *testing.T) {
	const size = 80 << 20
	got, err := peakMemory(func() {
		b := make([]byte, size)
		for i := 0; i < size; i += 4096 {
			b[i] = 1
		}
		_ = fmt.Sprint(len(b))
	})
	if err != nil || got < size*9/10 || got > size*2 {
		t.Errorf("80 MiB were measured as %d MiB (%v)", got>>20, err)
	}
	if cputime.Used() <= 0 {
		t.Error("the time of the processor stands still")
	}
}
