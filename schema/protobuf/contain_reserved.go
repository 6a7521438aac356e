package protobuf

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
)

// ranges are ranges of numbers, both ends inclusive, by their first number.
type ranges [][2]int64

func (r ranges) sort() {
	slices.SortFunc(r, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
}

// holds reports whether a range has a number, where no two overlap.
func (r ranges) holds(n int64) bool {
	i := sort.Search(len(r), func(i int) bool { return r[i][0] > n })
	return i > 0 && n <= r[i-1][1]
}

// cover reports whether the ranges have every number of another one, where no
// two overlap.
func (r ranges) cover(x [2]int64) bool {
	i := max(0, sort.Search(len(r), func(i int) bool { return r[i][0] > x[0] })-1)
	next := x[0]
	for ; i < len(r) && r[i][0] <= next && next <= x[1]; i++ {
		next = max(next, r[i][1]+1)
	}
	return next > x[1]
}

// reservation is what a message or an enum reserves.
type reservation struct {
	numbers ranges
	names   []string
	named   map[string]bool
}

func reservationOf(numbers ranges, names protoreflect.Names) reservation {
	out := reservation{numbers: numbers}
	out.numbers.sort()
	if n := names.Len(); n > 0 {
		out.named = make(map[string]bool, n)
		for i := range n {
			name := string(names.Get(i))
			out.names = append(out.names, name)
			out.named[name] = true
		}
	}
	return out
}

func (r *reservation) number(n int64) bool   { return r.numbers.holds(n) }
func (r *reservation) name(name string) bool { return r.named[name] }

// ranges tells of ranges that others do not cover.
func (j *pairJudge) ranges(list, others ranges, kind string, class schema.Class, tell func(problem)) {
	if !j.step(len(list)) {
		return
	}
	for _, x := range list {
		if !others.cover(x) {
			text := fmt.Sprint(x[0])
			if x[1] != x[0] {
				text = fmt.Sprintf("%d to %d", x[0], x[1])
			}
			tell(problem{kind: kind, class: class, name: text})
		}
	}
}

// names tells of reserved names that are on one side only.
func (j *pairJudge) names(w, r *reservation, used func(string) bool, tell func(problem)) {
	if !j.step(len(w.names) + len(r.names)) {
		return
	}
	for _, name := range w.names {
		if !r.name(name) && !used(name) {
			tell(problem{kind: KindReservedNameWriterOnly, class: schema.ClassPolicy, name: name})
		}
	}
	for _, name := range r.names {
		if !w.name(name) {
			tell(problem{kind: KindReservedNameReaderOnly, class: schema.ClassInfo, name: name})
		}
	}
}

// enumReservations judges what two enums reserve.
func (j *pairJudge) enumReservations(w, r *enumType, tell func(problem)) {
	source := func(p problem) {
		p.surface = SurfaceSource
		tell(p)
	}
	if !slices.Equal(w.reserved.numbers, r.reserved.numbers) {
		used := slices.Clone(r.reserved.numbers)
		for i := range r.values {
			used = append(used, [2]int64{r.values[i].number, r.values[i].number})
		}
		used.sort()
		j.ranges(w.reserved.numbers, used, KindReservedNumberWriterOnly, schema.ClassPolicy, source)
		j.ranges(r.reserved.numbers, w.reserved.numbers, KindReservedNumberReaderOnly, schema.ClassInfo, source)
	}
	used := func(name string) bool { _, ok := r.byName[name]; return ok }
	j.names(&w.reserved, &r.reserved, used, source)
	if len(w.reserved.names) == 0 {
		return
	}
	for i := range r.values {
		for _, name := range r.values[i].names {
			if w.reserved.name(name) {
				source(problem{kind: KindNameUsed, class: schema.ClassPolicy, name: name})
			}
		}
	}
}
