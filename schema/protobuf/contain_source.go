package protobuf

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// sources judges what a field says besides its bytes.
func (j *pairJudge) sources(w, r *fieldType) {
	if w.message == nil && r.message == nil && !w.many() && !r.many() && w.oneof == nil && r.oneof == nil {
		switch {
		case w.presence && !r.presence:
			j.note(KindPresenceLost, schema.ClassPolicy, w, r)
		case !w.presence && r.presence:
			j.note(KindPresenceGained, schema.ClassInfo, w, r)
		}
	}
	if w.packable() && r.packable() && w.wire == r.wire && w.packed != r.packed {
		j.found(problem{kind: KindPacked, class: schema.ClassInfo, w: w, r: r})
	}
	if w.oneof != nil && (r.oneof == nil || r.oneof.name != w.oneof.name) && oneofNamed(r.parent, w.oneof.name) != nil {
		j.note(KindMemberWriterOnly, schema.ClassPolicy, w, r)
	}
	if w.deprecated != r.deprecated {
		kind := KindDeprecatedReaderOnly
		if w.deprecated {
			kind = KindDeprecatedWriterOnly
		}
		j.note(kind, schema.ClassInfo, w, r)
	}
	if len(w.options) > 0 || len(r.options) > 0 {
		for _, name := range otherOptions(w.options, r.options) {
			j.found(problem{kind: KindFieldOption, class: schema.ClassPolicy, surface: SurfaceSource, w: w, r: r, name: name})
		}
	}
}

// otherOptions names the options that differ between two sorted lists.
func otherOptions(a, b []setOption) []string {
	var out []string
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].name < b[0].name:
			out = append(out, a[0].name)
			a = a[1:]
		case len(a) == 0 || b[0].name < a[0].name:
			out = append(out, b[0].name)
			b = b[1:]
		default:
			if a[0].value != b[0].value {
				out = append(out, a[0].name)
			}
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// declarations judges what two messages say besides their fields.
func (j *pairJudge) declarations(w, r *messageType) {
	tell := func(p problem) {
		if p.surface == "" {
			p.surface = SurfaceSource
		}
		j.found(p)
	}
	if w.legacy != r.legacy {
		tell(problem{kind: KindJSONFormat, class: schema.ClassPolicy, surface: SurfaceJSON})
	}
	if w.full == r.full && w.document != r.document || w.rel == r.rel && w.index != nil && r.index != nil && !slices.Equal(w.index, r.index) {
		tell(problem{kind: KindMessageMoved, class: schema.ClassInfo})
	}
	if w.deprecated != r.deprecated {
		kind := KindDeprecatedReaderOnly
		if w.deprecated {
			kind = KindDeprecatedWriterOnly
		}
		tell(problem{kind: kind, class: schema.ClassInfo})
	}
	if len(w.oneofs) > 0 || len(r.oneofs) > 0 {
		j.oneofNames(w, r, tell)
	}
	fields := func(m *messageType) [][2]int64 {
		out := slices.Clone(m.reserved)
		for _, f := range m.fields {
			out = append(out, [2]int64{f.number, f.number})
		}
		return out
	}
	for _, x := range []struct {
		w, r         [][2]int64
		gone, gained string
	}{
		{w.reserved, r.reserved, KindReservedNumberWriterOnly, KindReservedNumberReaderOnly},
		{w.ranges, r.ranges, KindRangeWriterOnly, KindRangeReaderOnly},
	} {
		if slices.Equal(x.w, x.r) {
			continue
		}
		j.ranges(x.w, append(fields(r)[len(r.reserved):], x.r...), x.gone, schema.ClassPolicy, tell)
		j.ranges(x.r, x.w, x.gained, schema.ClassInfo, tell)
	}
	used := func(name string) bool { return r.byName[name] != nil }
	j.names(w.reservedNames, r.reservedNames, used, tell)
}

// ranges tells of ranges that others do not cover.
func (j *pairJudge) ranges(list, others [][2]int64, kind string, class schema.Class, tell func(problem)) {
	if len(list) == 0 || !j.step(len(list)+len(others)) {
		return
	}
	others = slices.Clone(others)
	slices.SortFunc(others, func(a, b [2]int64) int { return int(max(min(a[0]-b[0], 1), -1)) })
	for _, x := range list {
		if !covered(x, others) {
			text := fmt.Sprint(x[0])
			if x[1] != x[0] {
				text = fmt.Sprintf("%d to %d", x[0], x[1])
			}
			tell(problem{kind: kind, class: class, name: text})
		}
	}
}

// covered reports whether sorted ranges hold every number of another one.
func covered(x [2]int64, sorted [][2]int64) bool {
	next := x[0]
	for _, r := range sorted {
		if r[0] > next {
			break
		}
		next = max(next, r[1]+1)
	}
	return next > x[1]
}

// names tells of reserved names that are on one side only.
func (j *pairJudge) names(w, r []string, used func(string) bool, tell func(problem)) {
	for _, name := range w {
		if !contains(r, name) && !used(name) {
			tell(problem{kind: KindReservedNameWriterOnly, class: schema.ClassPolicy, name: name})
		}
	}
	for _, name := range r {
		if !contains(w, name) {
			tell(problem{kind: KindReservedNameReaderOnly, class: schema.ClassInfo, name: name})
		}
	}
}

// oneofNames pairs oneofs by name, and those left over by their members.
func (j *pairJudge) oneofNames(w, r *messageType, tell func(problem)) {
	same := func(a, b *oneofType) bool {
		return slices.EqualFunc(a.members, b.members, func(x, y *fieldType) bool { return x.number == y.number })
	}
	renamed := map[*oneofType]bool{}
	for _, a := range w.oneofs {
		if oneofNamed(r, a.name) != nil {
			continue
		}
		i := slices.IndexFunc(r.oneofs, func(b *oneofType) bool { return oneofNamed(w, b.name) == nil && !renamed[b] && same(a, b) })
		if i >= 0 {
			renamed[r.oneofs[i]] = true
			tell(problem{kind: KindOneofRenamed, class: schema.ClassPolicy, name: a.name, other: r.oneofs[i].name})
			continue
		}
		tell(problem{kind: KindOneofWriterOnly, class: schema.ClassPolicy, name: a.name})
	}
	for _, b := range r.oneofs {
		if oneofNamed(w, b.name) == nil && !renamed[b] {
			tell(problem{kind: KindOneofReaderOnly, class: schema.ClassInfo, name: b.name})
		}
	}
}

// enumReservations judges what two enums reserve.
func (j *pairJudge) enumReservations(w, r *enumType, tell func(problem)) {
	source := func(p problem) {
		p.surface = SurfaceSource
		tell(p)
	}
	if !slices.Equal(w.reserved, r.reserved) {
		others := slices.Clone(r.reserved)
		for i := range r.values {
			others = append(others, [2]int64{r.values[i].number, r.values[i].number})
		}
		j.ranges(w.reserved, others, KindReservedNumberWriterOnly, schema.ClassPolicy, source)
		j.ranges(r.reserved, w.reserved, KindReservedNumberReaderOnly, schema.ClassInfo, source)
	}
	used := func(name string) bool { _, ok := r.byName[name]; return ok }
	j.names(w.reservedNames, r.reservedNames, used, source)
	for i := range r.values {
		for _, name := range r.values[i].names {
			if contains(w.reservedNames, name) {
				source(problem{kind: KindNameUsed, class: schema.ClassPolicy, name: name})
			}
		}
	}
}
