package oracle

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// instance is a value of the universe. Its parts are values of the universe too
// and have lower indices.
type instance struct {
	text   string
	kind   string // null, boolean, number, string, array, object
	number int64  // of a number, in hundredths
	str    string
	items  []int
	keys   []string // of an object, in the order of universeKeys
	values []int
}

// universe is every value of depth 2 or less over 20 atoms, with arrays of up
// to two items and objects of up to two of three keys, and some that are longer
// or deeper, so that recursion has something to bite on.
var universe = newUniverse()

// UniverseSize is how many values random schemas are held to.
func UniverseSize() int { return len(universe) }

// universeKeys are the names that its objects use.
var universeKeys = []string{"a", "b", "ab"}

var (
	universeNumbers = []int64{-100, 0, 50, 100, 150, 200, 300, 600, 1000, 1200}
	universeStrings = []string{"", "a", "b", "ab", "aa", "abc", "1"}
)

func newUniverse() []instance {
	b := builder{at: map[string]int{}}
	b.add(instance{text: "null", kind: "null"})
	b.add(instance{text: "false", kind: "boolean"})
	b.add(instance{text: "true", kind: "boolean"})
	for _, n := range universeNumbers {
		b.add(instance{text: hundredths(n), kind: "number", number: n})
	}
	for _, s := range universeStrings {
		b.add(instance{text: strconv.Quote(s), kind: "string", str: s})
	}
	atoms := len(b.out)
	b.array()
	b.object(nil, nil)
	for x := range atoms {
		b.array(x)
		for i, k := range universeKeys {
			b.object([]string{k}, []int{x})
			for y := range atoms {
				if i == 0 {
					b.array(x, y)
				}
				for _, l := range universeKeys[i+1:] {
					b.object([]string{k, l}, []int{x, y})
				}
			}
		}
	}
	few := []int{b.find("0"), b.find("1"), b.find("true"), b.find(`"a"`)}
	for _, x := range few {
		for _, y := range few {
			for _, z := range few {
				b.array(x, y, z)
				b.object(universeKeys, []int{x, y, z})
			}
		}
	}
	for _, inner := range []string{`[]`, `[0]`, `["a"]`, `[0,0]`, `{}`, `{"a":0}`, `{"a":"a"}`, `{"b":1}`, `{"a":0,"b":0}`} {
		b.nest(b.find(inner))
	}
	return b.out
}

// builder collects the instances of a universe.
type builder struct {
	out []instance
	at  map[string]int
}

func (b *builder) find(text string) int {
	i, ok := b.at[text]
	if !ok {
		panic("oracle: the universe has no " + text)
	}
	return i
}

func (b *builder) add(v instance) int {
	if i, ok := b.at[v.text]; ok {
		return i
	}
	b.at[v.text] = len(b.out)
	b.out = append(b.out, v)
	return len(b.out) - 1
}

func (b *builder) array(items ...int) int {
	texts := make([]string, len(items))
	for i, x := range items {
		texts[i] = b.out[x].text
	}
	return b.add(instance{text: "[" + strings.Join(texts, ",") + "]", kind: "array", items: items})
}

func (b *builder) object(keys []string, values []int) int {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = strconv.Quote(k) + ":" + b.out[values[i]].text
	}
	return b.add(instance{text: "{" + strings.Join(texts, ",") + "}", kind: "object", keys: keys, values: values})
}

// nest puts a container into others, twice.
func (b *builder) nest(inner int) {
	zero := b.find("0")
	level := []int{inner}
	for range 2 {
		var next []int
		for _, c := range level {
			next = append(next, b.array(c), b.array(c, zero), b.object([]string{"a"}, []int{c}))
			next = append(next, b.object([]string{"b"}, []int{c}), b.object([]string{"a", "b"}, []int{zero, c}))
		}
		level = next
	}
}

// hundredths prints a number of hundredths as JSON.
func hundredths(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	if n%100 == 0 {
		return fmt.Sprintf("%s%d", sign, n/100)
	}
	return sign + strings.TrimRight(fmt.Sprintf("%d.%02d", n/100, n%100), "0")
}

// set is a set of values of the universe.
type set []uint64

func newSet() set { return make(set, (len(universe)+63)/64) }

// where is the set of values for which f holds.
func where(f func(v *instance) bool) set {
	s := newSet()
	for i := range universe {
		if f(&universe[i]) {
			s[i/64] |= 1 << (i % 64)
		}
	}
	return s
}

func (s set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s set) and(t set) set {
	for i := range s {
		s[i] &= t[i]
	}
	return s
}

func (s set) or(t set) set {
	for i := range s {
		s[i] |= t[i]
	}
	return s
}

// not is the complement, in place.
func (s set) not() set {
	for i := range s {
		s[i] = ^s[i]
	}
	if rest := len(universe) % 64; rest != 0 {
		s[len(s)-1] &= 1<<rest - 1
	}
	return s
}

// count is the number of values.
func (s set) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// outside returns a value of s that is not in t.
func (s set) outside(t set) (int, bool) {
	for i := range s {
		if d := s[i] &^ t[i]; d != 0 {
			return i*64 + bits.TrailingZeros64(d), true
		}
	}
	return 0, false
}

// everything is the whole universe.
func everything() set { return newSet().not() }
