package protobuf

import (
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
	if w.oneof != nil && (r.oneof == nil || r.oneof.name != w.oneof.name) && r.parent.oneof(w.oneof.name) != nil {
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
	if !slices.Equal(w.reserved.numbers, r.reserved.numbers) {
		// What the reader uses as a field is told there.
		used := make(ranges, 0, len(r.fields)+len(r.reserved.numbers))
		for _, f := range r.fields {
			used = append(used, [2]int64{f.number, f.number})
		}
		used = append(used, r.reserved.numbers...)
		used.sort()
		j.ranges(w.reserved.numbers, used, KindReservedNumberWriterOnly, schema.ClassPolicy, tell)
		j.ranges(r.reserved.numbers, w.reserved.numbers, KindReservedNumberReaderOnly, schema.ClassInfo, tell)
	}
	if !slices.Equal(w.extensions, r.extensions) {
		j.ranges(w.extensions, r.extensions, KindRangeWriterOnly, schema.ClassPolicy, tell)
		j.ranges(r.extensions, w.extensions, KindRangeReaderOnly, schema.ClassInfo, tell)
	}
	used := func(name string) bool { return r.byName[name] != nil }
	j.names(&w.reserved, &r.reserved, used, tell)
}

// oneofNames pairs oneofs by name, and those left over by their members.
func (j *pairJudge) oneofNames(w, r *messageType, tell func(problem)) {
	if !j.step(len(w.oneofs) + len(r.oneofs)) {
		return
	}
	extra := map[string]*oneofType{} // by members, which no two share
	for _, b := range r.oneofs {
		if w.oneof(b.name) == nil {
			extra[b.numbers()] = b
		}
	}
	for _, a := range w.oneofs {
		if r.oneof(a.name) != nil {
			continue
		}
		if b := extra[a.numbers()]; b != nil {
			delete(extra, a.numbers())
			tell(problem{kind: KindOneofRenamed, class: schema.ClassPolicy, name: a.name, other: b.name})
			continue
		}
		tell(problem{kind: KindOneofWriterOnly, class: schema.ClassPolicy, name: a.name})
	}
	for _, b := range r.oneofs {
		if extra[b.numbers()] == b {
			tell(problem{kind: KindOneofReaderOnly, class: schema.ClassInfo, name: b.name})
		}
	}
}
