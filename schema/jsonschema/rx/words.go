package rx

import "slices"

// step is how a word was prolonged to reach a state.
type step struct {
	state  int32
	parent int32 // the step before, in the layer before
	class  int32
}

// maxSteps bounds the layers that are kept in order to write words out.
const maxSteps = 1 << 20

// shortest returns the first word; found is false if there is none.
//
// Steps are taken in the order of the words that they complete, so the first
// step to a state completes the first word that leads there.
func (w *walker) shortest() (word string, found bool) {
	top := w.states[w.start].until
	layers, total := [][]step{{{state: w.start}}}, 1
	judged := map[int32]bool{}
	for top >= 0 && w.meter.err == nil {
		layer := layers[len(layers)-1]
		for i, s := range layer {
			if w.accepts(s.state, w.stretch) {
				return w.spell(layers, i), true
			}
		}
		if len(layers) > MaxWord || total > maxSteps {
			w.tooLong()
			return "", false
		}
		next := w.prolong(layer, w.stretch == top, judged)
		if len(next) == 0 {
			return "", false
		}
		total += len(next)
		layers = append(layers, next)
	}
	return "", false
}

// prolong returns the steps that follow a layer. In the last stretch that
// matters, no state is worth a second visit.
func (w *walker) prolong(layer []step, last bool, judged map[int32]bool) []step {
	w.move(w.length + 1)
	w.round++
	var next []step
	for i, s := range layer {
		if last {
			if judged[s.state] {
				continue
			}
			judged[s.state] = true
		}
		if !w.meter.spend(1) {
			return nil
		}
		for class, to := range w.next(s.state) {
			if w.states[to].until >= w.stretch && w.fresh(to) {
				next = append(next, step{to, int32(i), int32(class)})
			}
		}
	}
	return next
}

// tooLong ends a search for a word that would be too long, if there is one.
func (w *walker) tooLong() {
	if !newWalker(w.product).empty() {
		w.meter.give(ErrLong)
	}
}

func (w *walker) spell(layers [][]step, i int) string {
	runes := make([]rune, len(layers)-1)
	for at := len(runes); at > 0; at-- {
		s := layers[at][i]
		runes[at-1] = w.runes[s.class]
		i = int(s.parent)
	}
	return string(runes)
}

// lister collects words, length by length.
type lister struct {
	*walker
	layers [][]int32 // by length: the states that words of that length lead to
	kept   int       // states in all layers
}

func newLister(p *product) *lister {
	return &lister{walker: newWalker(p), layers: [][]int32{{p.start}}}
}

// grow adds the next layer; it reports whether there is one.
func (l *lister) grow() bool {
	next := l.advance(l.layers[len(l.layers)-1])
	l.layers = append(l.layers, next)
	l.kept += len(next)
	return len(next) > 0 && l.meter.err == nil
}

// spent reports whether the layers are as long, or as many, as they may be.
func (l *lister) spent() bool { return len(l.layers) > MaxWord || l.kept > maxSteps }

// exact returns for each length up to that of the last layer the states from
// which a word of just that last length can be completed; nil if there is none.
func (l *lister) exact() [][]int32 {
	last := len(l.layers) - 1
	var accepting []int32
	for _, s := range l.layers[last] {
		if l.accepts(s, l.stretch) {
			accepting = append(accepting, s)
		}
	}
	if len(accepting) == 0 {
		return nil
	}
	back := make([][]int32, last+1)
	slices.Sort(accepting)
	back[last] = accepting
	for i := last - 1; i >= 0; i-- {
		for _, s := range l.layers[i] {
			if !l.meter.spend(1) {
				return nil
			}
			if slices.ContainsFunc(l.next(s), func(to int32) bool { return contains(back[i+1], to) }) {
				back[i] = append(back[i], s)
			}
		}
		slices.Sort(back[i])
	}
	return back
}

func contains(sorted []int32, s int32) bool {
	_, found := slices.BinarySearch(sorted, s)
	return found
}

// first returns the first n words, or all.
func (l *lister) first(n int) []string {
	var words []string
	if l.states[l.start].until < 0 {
		return nil
	}
	for {
		if back := l.exact(); back != nil {
			words = l.list(words, n, back)
		}
		if len(words) >= n || l.meter.err != nil {
			return words
		}
		if l.spent() {
			if l.trimmed {
				l.meter.give(ErrLong)
			} else {
				l.meter.give(ErrStates)
			}
			return nil
		}
		if !l.grow() {
			return words
		}
	}
}

// choice is where a word under construction goes on.
type choice struct {
	state int32
	class int    // the class of the next character
	runes []rune // the characters of the class that are left
}

// list appends the words of one length, in order, until there are n in all.
func (l *lister) list(words []string, n int, back [][]int32) []string {
	last := len(back) - 1
	path, word := []choice{{state: l.start, class: -1}}, make([]rune, last)
	cache := map[int][]rune{}
	for len(path) > 0 && len(words) < n && l.meter.spend(1) {
		at := len(path) - 1
		if at == last {
			words = append(words, string(word))
			path = path[:at]
			continue
		}
		c := &path[at]
		for len(c.runes) == 0 && c.class+1 < len(l.sets) {
			c.class++
			if contains(back[at+1], l.next(c.state)[c.class]) {
				c.runes = l.runesOf(cache, c.class, n)
			}
		}
		if len(c.runes) == 0 {
			path = path[:at]
			continue
		}
		word[at], c.runes = c.runes[0], c.runes[1:]
		path = append(path, choice{state: l.next(c.state)[c.class], class: -1})
	}
	return words
}

func (l *lister) runesOf(cache map[int][]rune, class, n int) []rune {
	runes, ok := cache[class]
	if !ok {
		runes, _ = l.sets[class].preferred(n)
		cache[class] = runes
	}
	return runes
}

// count returns the number of words, but most if there are more. The language
// must be finite and the product trimmed.
func (w *walker) count(most int) int {
	total, layer := 0, map[int32]int{w.start: 1}
	order := []int32{w.start}
	for w.meter.err == nil && len(order) > 0 {
		for _, s := range order {
			if w.accepts(s, w.stretch) {
				total = min(total+layer[s], most)
			}
		}
		if total >= most {
			return most
		}
		if w.length > MaxWord {
			w.meter.give(ErrLong)
		}
		w.move(w.length + 1)
		next := map[int32]int{}
		var following []int32
		for _, s := range order {
			if !w.meter.spend(1) {
				return 0
			}
			for class, to := range w.next(s) {
				if w.states[to].until < w.stretch {
					continue
				}
				if next[to] == 0 {
					following = append(following, to)
				}
				next[to] = min(next[to]+min(layer[s], most)*min(w.sets[class].size(), most), most)
			}
		}
		layer, order = next, following
	}
	return total
}

// size is the number of characters in a set.
func (s set) size() int {
	n := 0
	for _, p := range s {
		n += int(p.hi-p.lo) + 1
	}
	return n
}

// finite reports whether there are finitely many words: whether, in the last
// stretch, no state comes round to itself. The product must be trimmed.
func (w *walker) finite() bool {
	last := len(w.stretches) - 1
	waits := make([]int, len(w.states)) // how many steps lead here from states not yet taken
	for s := range w.states {
		for _, to := range w.next(int32(s)) {
			if w.states[to].until == last { // so is that of s
				waits[to]++
			}
		}
	}
	var free []int32
	left := 0
	for s := range w.states {
		if w.states[s].until == last {
			left++
			if waits[s] == 0 {
				free = append(free, int32(s))
			}
		}
	}
	for len(free) > 0 {
		s := free[len(free)-1]
		free = free[:len(free)-1]
		left--
		for _, to := range w.next(s) {
			if w.states[to].until == last {
				if waits[to]--; waits[to] == 0 {
					free = append(free, to)
				}
			}
		}
	}
	return left == 0
}
