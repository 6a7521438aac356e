package rx

import (
	"encoding/binary"
	"slices"
)

// walker follows the sets of states that words of each length lead to.
type walker struct {
	*product
	length  int
	stretch int     // the stretch that length is in
	seen    []int32 // by state: the round in which advance met it
	round   int32
}

func newWalker(p *product) *walker { return &walker{product: p} }

// advance returns the states one character further, without those from which
// nothing of the new length or longer is accepted. It moves the length on.
func (w *walker) advance(from []int32) []int32 {
	w.move(w.length + 1)
	w.round++
	var to []int32
	for _, s := range from {
		if !w.meter.spend(1) {
			return nil
		}
		for _, n := range w.next(s) {
			if w.states[n].until >= w.stretch && w.fresh(n) {
				to = append(to, n)
			}
		}
	}
	return to
}

// fresh reports whether advance meets a state for the first time in its round.
func (w *walker) fresh(s int32) bool {
	for int(s) >= len(w.seen) {
		w.seen = append(w.seen, make([]int32, len(w.states)-len(w.seen))...)
	}
	if w.seen[s] == w.round {
		return false
	}
	w.seen[s] = w.round
	return true
}

func (w *walker) move(length int) {
	w.length = length
	for w.bounded() && length > w.end() {
		w.stretch++
	}
}

// end is the last length of the stretch.
func (w *walker) end() int { return w.stretches[w.stretch].hi }

func (w *walker) bounded() bool { return w.stretches[w.stretch].hi >= 0 }

// empty reports whether no word is accepted.
//
// Within one stretch a state need be judged but once. In the last stretch that
// matters it need be left but once, too; before it, the exact set of states at
// the end of the stretch is needed, but such sets soon repeat, and then whole
// periods are skipped, so that a minLength of a million costs a few steps.
func (w *walker) empty() bool {
	top := w.states[w.start].until
	frontier := []int32{w.start}
	for top >= 0 && len(frontier) > 0 && w.meter.err == nil {
		stretch := w.stretch
		judged, periods := map[int32]bool{}, map[string]int{}
		for w.stretch == stretch && len(frontier) > 0 && w.meter.err == nil {
			var unjudged []int32
			for _, s := range frontier {
				if judged[s] {
					continue
				}
				judged[s] = true
				unjudged = append(unjudged, s)
				if w.accepts(s, stretch) {
					return false
				}
			}
			if stretch == top {
				frontier = unjudged
			} else if len(unjudged) == 0 {
				w.skip(frontier, periods)
			}
			frontier = w.advance(frontier)
		}
	}
	return true
}

// skip moves the length on by whole periods if the same states were met before
// in this stretch.
func (w *walker) skip(frontier []int32, periods map[string]int) {
	sorted := slices.Sorted(slices.Values(frontier))
	var key []byte
	for _, s := range sorted {
		key = binary.LittleEndian.AppendUint32(key, uint32(s))
	}
	before, ok := periods[string(key)]
	if !ok {
		periods[string(key)] = w.length
		return
	}
	if period := w.length - before; w.bounded() {
		w.length += (w.end() - w.length) / period * period
	}
}
