package contain

import (
	"math/big"
	"slices"
	"strings"
)

// set is a finite set of numbers or of strings, sorted by key. It is immutable.
type set struct {
	keys []string   // the strings, or the fractions of the numbers
	nums []*big.Rat // in the order of keys; nil for strings
}

func numSet(nums []*big.Rat) *set {
	s := &set{}
	order := make([]int, len(nums))
	texts := make([]string, len(nums))
	for i, r := range nums {
		order[i], texts[i] = i, r.RatString()
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(texts[a], texts[b]) })
	for i, o := range order {
		if i > 0 && texts[order[i-1]] == texts[o] {
			continue
		}
		s.keys, s.nums = append(s.keys, texts[o]), append(s.nums, nums[o])
	}
	return s
}

func strSet(strs []string) *set {
	keys := slices.Clone(strs)
	slices.Sort(keys)
	return &set{keys: slices.Compact(keys)}
}

func (s *set) has(key string) bool {
	_, ok := slices.BinarySearch(s.keys, key)
	return ok
}

func (s *set) hasNum(r *big.Rat) bool { return s.has(r.RatString()) }

// keep returns the members for which f holds.
func (s *set) keep(f func(i int) bool) *set {
	out := &set{}
	for i, k := range s.keys {
		if !f(i) {
			continue
		}
		out.keys = append(out.keys, k)
		if s.nums != nil {
			out.nums = append(out.nums, s.nums[i])
		}
	}
	return out
}

func (s *set) and(t *set) *set { return s.keep(func(i int) bool { return t.has(s.keys[i]) }) }

func (s *set) less(t *set) *set { return s.keep(func(i int) bool { return !t.has(s.keys[i]) }) }

func (s *set) or(t *set) *set {
	out := &set{}
	i, j := 0, 0
	take := func(from *set, at int) {
		out.keys = append(out.keys, from.keys[at])
		if from.nums != nil {
			out.nums = append(out.nums, from.nums[at])
		}
	}
	for i < len(s.keys) || j < len(t.keys) {
		switch {
		case j == len(t.keys) || i < len(s.keys) && s.keys[i] < t.keys[j]:
			take(s, i)
			i++
		case i == len(s.keys) || s.keys[i] > t.keys[j]:
			take(t, j)
			j++
		default:
			take(s, i)
			i, j = i+1, j+1
		}
	}
	return out
}
