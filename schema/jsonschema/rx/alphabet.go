package rx

import (
	"encoding/binary"
	"slices"
	"unicode"
)

// alphabet splits all characters into classes that a pattern, or a question,
// never tells apart. Class numbers are dense.
type alphabet struct {
	starts []rune  // where a run of characters of one class begins; ascending, the first is 0
	ids    []int32 // the class of each run; -1 for surrogates
	n      int     // how many classes there are
}

// classOf returns the class of a character.
func (a *alphabet) classOf(r rune) int32 {
	i, found := slices.BinarySearch(a.starts, r)
	if !found {
		i--
	}
	return a.ids[i]
}

// run returns the characters of the i-th run.
func (a *alphabet) run(i int) span {
	if i+1 < len(a.starts) {
		return span{a.starts[i], a.starts[i+1] - 1}
	}
	return span{a.starts[i], unicode.MaxRune}
}

// split builds the coarsest alphabet that respects every set, and tells which
// classes each set has.
func split(sets []set) (*alphabet, [][]bool) {
	type event struct {
		at  rune
		set int
	}
	var events []event
	for i, s := range append(sets[:len(sets):len(sets)], everything) {
		for _, p := range s {
			events = append(events, event{p.lo, i}, event{p.hi + 1, i})
		}
	}
	slices.SortFunc(events, func(a, b event) int { return int(a.at - b.at) })
	a, has := &alphabet{}, make([][]bool, len(sets))
	inside := make([]byte, len(sets)/8+1) // which sets the current run is in, by bits
	known := map[string]int32{}
	scalar := false
	for i := 0; i < len(events); {
		at := events[i].at
		for ; i < len(events) && events[i].at == at; i++ {
			if n := events[i].set; n < len(sets) {
				inside[n/8] ^= 1 << (n % 8)
			} else {
				scalar = !scalar
			}
		}
		if at > unicode.MaxRune {
			break
		}
		id, ok := known[string(inside)]
		switch {
		case !scalar:
			id = -1
		case !ok:
			id = int32(a.n)
			a.n++
			known[string(inside)] = id
			for n := range sets {
				has[n] = append(has[n], inside[n/8]&(1<<(n%8)) != 0)
			}
		}
		a.starts, a.ids = append(a.starts, at), append(a.ids, id)
	}
	return a, has
}

// meet builds the alphabet that respects all of several, and maps its classes to
// theirs: the result is indexed by alphabet, then class.
func meet(all []*alphabet) (*alphabet, [][]int32) {
	var starts []rune
	for _, a := range all {
		starts = append(starts, a.starts...)
	}
	if len(all) == 0 {
		starts = []rune{0, firstSurrogate, lastSurrogate + 1}
	}
	slices.Sort(starts)
	m, local := &alphabet{starts: slices.Compact(starts)}, make([][]int32, len(all))
	at := make([]int, len(all))
	known := map[string]int32{}
	var key []byte
	for _, r := range m.starts {
		key = key[:0]
		for i, a := range all {
			for at[i]+1 < len(a.starts) && a.starts[at[i]+1] <= r {
				at[i]++
			}
			key = binary.LittleEndian.AppendUint32(key, uint32(a.ids[at[i]]))
		}
		id, ok := known[string(key)]
		switch {
		case r >= firstSurrogate && r <= lastSurrogate:
			id = -1
		case !ok:
			id = int32(m.n)
			m.n++
			known[string(key)] = id
			for i, a := range all {
				local[i] = append(local[i], a.ids[at[i]])
			}
		}
		m.ids = append(m.ids, id)
	}
	return m, local
}
