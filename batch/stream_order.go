package batch

import (
	"container/heap"
	"fmt"

	"github.com/instar-registry/instar/upcast"
)

// reorderEvents brings events that are a little late into order.
type reorderEvents struct {
	by     *upcast.Selector
	window int
}

func readReorder(o *streamObject) streamStep {
	return &reorderEvents{o.selector("by"), o.number("window", maxWindow)}
}

func (s *reorderEvents) String() string { return fmt.Sprintf("reorder by %s", s.by) }
func (s *reorderEvents) uses() []int    { return nil }

func (s *reorderEvents) begin(r *streamRun, next emit) (stage, error) {
	return &reorderStage{r: r, s: s, next: next}, nil
}

type reorderStage struct {
	r    *streamRun
	s    *reorderEvents
	next emit
	wait waiting
	last moment
	any  bool
	seq  int64
}

func (g *reorderStage) push(x *streamRecord) error {
	v, err := g.r.value(x, g.s.by)
	if err != nil {
		return err
	}
	at, err := momentOf(v)
	switch {
	case err != nil:
		return g.r.wrong(x, fmt.Sprintf("%s: %s", g.s.by, err))
	case len(g.wait) > 0 && g.wait[0].at.number != at.number || g.any && g.last.number != at.number:
		return g.r.wrong(x, fmt.Sprintf("%s is a number for some events and a time for others", g.s.by))
	case g.any && at.before(g.last):
		return g.r.wrong(x, fmt.Sprintf("it is later in the file than the window of %d events allows for; name a larger window", g.s.window))
	}
	g.seq++
	heap.Push(&g.wait, waiter{x, at, g.seq})
	if len(g.wait) > g.s.window {
		return g.pop()
	}
	return nil
}

func (g *reorderStage) pop() error {
	w, _ := heap.Pop(&g.wait).(waiter)
	g.last, g.any = w.at, true
	return g.next(w.x)
}

func (g *reorderStage) end() error {
	for len(g.wait) > 0 {
		if err := g.pop(); err != nil {
			return err
		}
	}
	return nil
}

// waiting is a heap of records, the earliest on top; equal ones stay in order.
type waiting []waiter

type waiter struct {
	x   *streamRecord
	at  moment
	seq int64
}

func (w waiting) Len() int { return len(w) }
func (w waiting) Less(i, j int) bool {
	if w[i].at == w[j].at {
		return w[i].seq < w[j].seq
	}
	return w[i].at.before(w[j].at)
}
func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }

// Push implements [heap.Interface].
func (w *waiting) Push(x any) {
	if v, ok := x.(waiter); ok {
		*w = append(*w, v)
	}
}

// Pop implements [heap.Interface].
func (w *waiting) Pop() any {
	old := *w
	last := old[len(old)-1]
	old[len(old)-1] = waiter{}
	*w = old[:len(old)-1]
	return last
}

// dedupeEvents ends events that are there again.
type dedupeEvents struct {
	by     *upcast.Selector
	window int
}

func readDedupe(o *streamObject) streamStep {
	return &dedupeEvents{o.selector("by"), o.number("window", maxWindow)}
}

func (s *dedupeEvents) String() string { return fmt.Sprintf("dedupe by %s", s.by) }
func (s *dedupeEvents) uses() []int    { return nil }

func (s *dedupeEvents) begin(r *streamRun, next emit) (stage, error) {
	seen := make(map[string]bool, min(s.window, 1<<16))
	ring := make([]string, 0, min(s.window, 1<<16))
	at := 0
	return each(func(x *streamRecord) error {
		v, err := r.value(x, s.by)
		if err != nil {
			return err
		}
		key := fmt.Sprintf("%T %s", v, label(v))
		switch {
		case len(key) > maxKey:
			return r.wrong(x, fmt.Sprintf("%s has %d bytes, at most %d", s.by, len(key), maxKey))
		case seen[key]:
			return nil
		case len(ring) < s.window:
			ring = append(ring, key)
		default:
			delete(seen, ring[at])
			ring[at] = key
			at = (at + 1) % s.window
		}
		seen[key] = true
		return next(x)
	}), nil
}

// maxKey bounds what dedupe remembers of an event.
const maxKey = 4096
