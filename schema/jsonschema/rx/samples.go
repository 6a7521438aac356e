package rx

// Samples returns up to n distinct words of l that differ widely. They are
// chosen by seed: equal arguments give equal words.
func (s *Solver) Samples(l Lang, n int, seed uint64) ([]string, error) {
	dice := &dice{seed}
	words, ok, err := s.listed(l)
	if ok {
		for i := len(words) - 1; i > 0; i-- {
			j := dice.below(i + 1)
			words[i], words[j] = words[j], words[i]
		}
		return words[:min(n, len(words))], err
	}
	if err := s.list(l, func(list *lister) { words = list.samples(n, dice) }); err != nil {
		return nil, err
	}
	return words, nil
}

// spreadOver is how many lengths beyond the least one samples are taken from.
const spreadOver = 24

// samples draws words of several lengths, each by a random walk through the
// states from which the rest of that length can be completed.
func (l *lister) samples(n int, d *dice) []string {
	var backs [][][]int32
	for beyond := 0; beyond < spreadOver && !l.spent(); {
		if back := l.exact(); back != nil {
			backs = append(backs, back)
		}
		if len(backs) > 0 {
			beyond++
		}
		if l.meter.err != nil || !l.grow() {
			break
		}
	}
	var words []string
	seen := map[string]bool{}
	for tries := 0; tries < 4*n && len(words) < n && len(backs) > 0 && l.meter.err == nil; tries++ {
		w := l.stroll(backs[tries%len(backs)], d)
		if !seen[w] {
			seen[w] = true
			words = append(words, w)
		}
	}
	return words
}

func (l *lister) stroll(back [][]int32, d *dice) string {
	word, at := make([]rune, 0, len(back)-1), l.start
	for i := 1; i < len(back) && l.meter.spend(1); i++ {
		var classes []int
		for class, to := range l.next(at) {
			if contains(back[i], to) {
				classes = append(classes, class)
			}
		}
		class := classes[d.below(len(classes))]
		word = append(word, l.sets[class].draw(d))
		at = l.next(at)[class]
	}
	return string(word)
}

// draw returns a character of a set: mostly one of the preferred ones, sometimes
// any.
func (s set) draw(d *dice) rune {
	if d.below(8) > 0 {
		runes, _ := s.preferred(30)
		return runes[d.below(len(runes))]
	}
	n := rune(d.below(s.size()))
	for _, p := range s {
		if size := p.hi - p.lo + 1; n >= size {
			n -= size
			continue
		}
		return p.lo + n
	}
	return s[0].lo
}

// dice is a small generator of its own (SplitMix64), so that words depend on the
// seed alone.
type dice struct{ state uint64 }

func (d *dice) below(n int) int {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}
