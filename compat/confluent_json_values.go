package compat

import (
	"math/big"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// enum compares by inclusion.
func (f *jsonFind) enum(old, new *jsonschema.Node) {
	o, n := valueSet(old.Enum), valueSet(new.Enum)
	oldInNew, newInOld := includes(n, o), includes(o, n)
	switch {
	case oldInNew && newInOld:
	case oldInNew:
		f.add("ENUM_ARRAY_EXTENDED", "enum")
	case newInOld:
		f.add("ENUM_ARRAY_NARROWED", "enum")
	default:
		f.add("ENUM_ARRAY_CHANGED", "enum")
	}
}

func valueSet(values []*jsonx.Value) map[string]bool {
	set := make(map[string]bool, len(values))
	for _, v := range values {
		set[canonicalKey(v)] = true
	}
	return set
}

func nameSet(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

func includes(all, some map[string]bool) bool {
	for k := range some {
		if !all[k] {
			return false
		}
	}
	return true
}

// limit compares a bound as doubles, which is how the rule's home computes:
// numbers beyond 2^53 may compare equal.
func (f *jsonFind) limit(kind, path string, old, new *jsonschema.Number) {
	switch {
	case old == nil && new == nil:
	case old == nil:
		f.add(kind+"_ADDED", path)
	case new == nil:
		f.add(kind+"_REMOVED", path)
	case old.Float() < new.Float():
		f.add(kind+"_INCREASED", path)
	case old.Float() > new.Float():
		f.add(kind+"_DECREASED", path)
	}
}

func (f *jsonFind) number(old, new *jsonShape) {
	o, n := old.node, new.node
	switch {
	case old.integer && !new.integer:
		f.add("TYPE_EXTENDED")
	case !old.integer && new.integer:
		f.add("TYPE_NARROWED")
	}
	f.limit("MAXIMUM", "maximum", o.Maximum, n.Maximum)
	f.limit("MINIMUM", "minimum", o.Minimum, n.Minimum)
	f.exclusiveMaximum(o, n)
	f.limit("EXCLUSIVE_MINIMUM", "exclusiveMinimum", o.ExclusiveMinimum, n.ExclusiveMinimum)
	f.multipleOf(o.MultipleOf, n.MultipleOf)
}

// exclusiveMaximum has a quirk that verdicts depend on: a lower limit is only
// noticed if the old one exceeds the new *maximum*. Without a maximum the
// rule's home crashes, and we report the lower limit.
func (f *jsonFind) exclusiveMaximum(old, new *jsonschema.Node) {
	o, n := old.ExclusiveMaximum, new.ExclusiveMaximum
	if o == nil || n == nil || o.Float() <= n.Float() {
		f.limit("EXCLUSIVE_MAXIMUM", "exclusiveMaximum", o, n)
		return
	}
	if new.Maximum == nil || o.Float() > new.Maximum.Float() {
		f.add("EXCLUSIVE_MAXIMUM_DECREASED", "exclusiveMaximum")
	}
}

func (f *jsonFind) multipleOf(old, now *jsonschema.Number) {
	const path = "multipleOf"
	switch {
	case old == nil && now == nil:
	case old == nil:
		f.add("MULTIPLE_OF_ADDED", path)
	case now == nil:
		f.add("MULTIPLE_OF_REMOVED", path)
	case old.Rat.Cmp(now.Rat) == 0:
	case new(big.Rat).Quo(now.Rat, old.Rat).IsInt():
		f.add("MULTIPLE_OF_EXPANDED", path)
	case new(big.Rat).Quo(old.Rat, now.Rat).IsInt():
		f.add("MULTIPLE_OF_REDUCED", path)
	default:
		f.add("MULTIPLE_OF_CHANGED", path)
	}
}

func (f *jsonFind) string(old, new *jsonschema.Node) {
	f.limit("MAX_LENGTH", "maxLength", old.MaxLength, new.MaxLength)
	f.limit("MIN_LENGTH", "minLength", old.MinLength, new.MinLength)
	o, n := old.Pattern, new.Pattern
	switch {
	case o == nil && n == nil:
	case o == nil:
		f.add("PATTERN_ADDED", "pattern")
	case n == nil:
		f.add("PATTERN_REMOVED", "pattern")
	case o.Source != n.Source:
		f.add("PATTERN_CHANGED", "pattern")
	}
}

// combined is step 5: criteria, numbers of branches, and a matching of the
// branches.
func (f *jsonFind) combined(old, new *jsonShape) {
	o, n := old.branches(), new.branches()
	if old.criterion != new.criterion {
		single, singleNew := len(o) == 1, len(n) == 1
		if new.criterion != "anyOf" && !(single && singleNew) && !(single && new.criterion == "oneOf") &&
			!(singleNew && old.criterion == "allOf") {
			f.add("COMBINED_TYPE_CHANGED")
			return
		}
		f.add("COMBINED_TYPE_EXTENDED")
	}
	switch {
	case len(o) < len(n) && new.criterion == "allOf":
		f.add("PRODUCT_TYPE_EXTENDED")
	case len(o) < len(n):
		f.add("SUM_TYPE_EXTENDED")
	case len(o) > len(n) && old.criterion == "allOf":
		f.add("PRODUCT_TYPE_NARROWED")
	case len(o) > len(n):
		f.add("SUM_TYPE_NARROWED")
	}
	matched := f.match(old.criterion, o, n)
	if matched < min(len(o), len(n)) {
		f.add("COMBINED_TYPE_SUBSCHEMAS_CHANGED")
	}
}

// match finds a largest set of pairs of branches that fit, takes over their
// differences and returns its size. Equal branches are tried first, so that a
// schema compared with itself is matched with itself.
func (f *jsonFind) match(criterion string, old, new []*jsonShape) int {
	edges := make([][]int, len(old))
	results := map[[2]int]*jsonResult{}
	for i, o := range old {
		var clean, rest []int
		for j, n := range new {
			r := f.c.cmp(o, n)
			if !r.fits {
				continue
			}
			results[[2]int{i, j}] = r
			if len(r.list) == 0 {
				clean = append(clean, j)
			} else {
				rest = append(rest, j)
			}
		}
		edges[i] = append(clean, rest...)
	}
	partner := make([]int, len(new)) // 1 + index of the old branch
	var augment func(i int, tried []bool) bool
	augment = func(i int, tried []bool) bool {
		for _, j := range edges[i] {
			if tried[j] {
				continue
			}
			tried[j] = true
			if partner[j] == 0 || augment(partner[j]-1, tried) {
				partner[j] = i + 1
				return true
			}
		}
		return false
	}
	size := 0
	for i := range old {
		if augment(i, make([]bool, len(new))) {
			size++
		}
	}
	for i := range old {
		for j := range new {
			if partner[j] == i+1 {
				f.merge(results[[2]int{i, j}], criterion, strconv.Itoa(i))
			}
		}
	}
	return size
}

// oneContained is what "contains" asks for by itself.
var oneContained = &jsonschema.Number{Text: "1", Rat: big.NewRat(1, 1)}
