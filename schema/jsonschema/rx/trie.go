package rx

// trie is the automaton of a finite list of words.
type trie struct {
	letters *alphabet
	next    []map[int32]int32 // by state and class; absent is dead
	final   []bool
}

// maxTrie bounds the states of the trie of one list.
const maxTrie = 1 << 18

// newTrie builds the trie of a list; nil if it would be too large.
func newTrie(words []string) *trie {
	seen := map[rune]bool{}
	var sets []set
	for _, w := range words {
		for _, r := range w {
			if !seen[r] {
				seen[r] = true
				sets = append(sets, set{{r, r}})
			}
		}
	}
	t := &trie{next: []map[int32]int32{nil, nil, {}}, final: make([]bool, trieBegin+1)}
	t.letters, _ = split(sets)
	for _, w := range words {
		at := trieBegin
		for _, r := range w {
			c := t.letters.classOf(r)
			to, ok := t.next[at][c]
			if !ok {
				to = int32(len(t.next))
				if to >= maxTrie {
					return nil
				}
				t.next[at][c] = to
				t.next, t.final = append(t.next, map[int32]int32{}), append(t.final, false)
			}
			at = to
		}
		t.final[at] = true
	}
	return t
}

// trieBegin is the first state; the two before it are dead and sealed, as in a
// machine.
const trieBegin int32 = 2

func (t *trie) begin() int32 { return trieBegin }

func (t *trie) step(s, class int32) int32 { return t.next[s][class] }

func (t *trie) accepts(s int32) bool { return t.final[s] }

func (t *trie) alphabet() *alphabet { return t.letters }
