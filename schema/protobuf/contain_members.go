package protobuf

import (
	"slices"

	"github.com/instar-registry/instar/schema"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// origin is where fields that are members of one oneof in the reader come from:
// a oneof of the writer, or nowhere.
type origin struct {
	oneof   *oneofType
	members []*fieldType
}

// oneof tells of fields that the writer may set together and that exclude each
// other in the reader, of which the last one written is read. In the JSON form,
// which is asked about if json is set, none is.
func (j *pairJudge) oneof(w *messageType, r *oneofType, json bool) {
	var alone []*fieldType
	var homes []origin
	for _, to := range r.members {
		from := w.field(to.number)
		if from == nil || from.wire != to.wire || from.packed || from.message != nil && from.message.bottom ||
			json && to.parent.byJSON[from.json] != to {
			continue
		}
		if from.oneof == nil {
			alone = append(alone, from)
			continue
		}
		i := slices.IndexFunc(homes, func(o origin) bool { return o.oneof == from.oneof })
		if i < 0 {
			i = len(homes)
			homes = append(homes, origin{oneof: from.oneof})
		}
		homes[i].members = append(homes[i].members, from)
	}
	excluded := func(kind string, f *fieldType, others []*fieldType) bool {
		p := problem{kind: kind, w: f, name: r.name, leaf: leaf{kind: leafPair}}
		for _, with := range others {
			if f != with && (writtenFirst(f, with) && j.shows(f, r) || !writtenFirst(f, with) && j.shows(with, r)) {
				if p.leaf.with = with; !json { // else it is told already
					j.found(p)
				}
				return true
			}
		}
		if i := slices.IndexFunc(others, func(with *fieldType) bool { return with != f }); json && i >= 0 {
			p.surface, p.class, p.leaf.with = SurfaceJSON, j.jsonClass(), others[i]
			j.found(p)
			return true
		}
		return false
	}
	if len(homes) == 0 {
		for _, f := range alone {
			if excluded(KindFieldsGrouped, f, alone) {
				return
			}
		}
		return
	}
	home := max(0, slices.IndexFunc(homes, func(o origin) bool { return o.oneof.name == r.name }))
	for _, f := range alone {
		excluded(KindMovedIntoOneof, f, homes[home].members)
	}
	for i := range homes {
		if i == home {
			continue
		}
		for _, f := range homes[i].members {
			excluded(KindMovedBetween, f, homes[home].members)
		}
	}
}

// writtenFirst reports whether a field is written before another one: members
// of oneofs come last.
func writtenFirst(f, other *fieldType) bool {
	switch {
	case f.oneof == nil && other.oneof == nil:
		return f.number < other.number
	case f.oneof == nil || other.oneof == nil:
		return f.oneof == nil
	default:
		return f.oneof.index < other.oneof.index
	}
}

// shows reports whether the reader misses a field that another one replaces.
func (j *pairJudge) shows(f *fieldType, r *oneofType) bool {
	i := slices.IndexFunc(r.members, func(to *fieldType) bool { return to.number == f.number })
	if f.message != nil {
		return r.members[i].message != nil || f.mapped || fillable(f.message)
	}
	_, ok := dropped(f, r.members[i])
	return ok
}

// enums judges the values of two enums by number.
func (j *pairJudge) enums(wf, rf *fieldType) {
	w, r := wf.enum, rf.enum
	if wf.wire != rf.wire {
		return
	}
	if j.otherName(wf, rf) {
		j.note(KindTypeRenamed, schema.ClassPolicy, wf, rf)
	}
	key := [2]*enumType{w, r}
	list, known := j.enumPairs[key]
	if !known {
		tell := func(p problem) { list = append(list, p) }
		j.enumPair(w, r, tell)
		j.enumPairs[key] = list
	}
	if !j.step(len(list)) {
		return
	}
	for _, p := range list {
		p.w, p.r, p.we, p.re = wf, rf, w, r
		j.found(p)
	}
}

// enumPair judges two enums, whatever fields hold them.
func (j *pairJudge) enumPair(w, r *enumType, tell func(problem)) {
	if !w.closed && r.closed {
		tell(problem{kind: KindEnumClosed, leaf: leaf{kind: leafValue, value: number(r.unlisted(w))}})
	}
	a, b := w.values, r.values
	for len(a) > 0 || len(b) > 0 {
		if !j.step(1) {
			return
		}
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].number < b[0].number:
			j.valueMissing(w, r, &a[0], tell)
			a = a[1:]
		case len(a) == 0 || b[0].number < a[0].number:
			if _, moved := w.byName[b[0].names[0]]; !moved {
				tell(problem{kind: KindValueExtra, class: schema.ClassInfo, surface: SurfaceSource, name: b[0].names[0], leaf: leaf{value: number(b[0].number)}})
			}
			if w.reserved.number(b[0].number) {
				tell(problem{kind: KindNumberUsed, class: schema.ClassPolicy, surface: SurfaceSource, name: b[0].names[0], leaf: leaf{value: number(b[0].number)}})
			}
			b = b[1:]
		default:
			j.symbols(r, &a[0], &b[0], tell)
			a, b = a[1:], b[1:]
		}
	}
	j.enumReservations(w, r, tell)
}

// valueMissing tells of a number that the reader does not list.
func (j *pairJudge) valueMissing(w, r *enumType, v *enumNumber, tell func(problem)) {
	end := leaf{kind: leafValue, value: number(v.number)}
	if name := renumberedSymbol(r, v, nil); name != "" {
		tell(problem{kind: KindValueNumber, name: name, leaf: end})
		return
	}
	p := problem{kind: KindValueMissing, name: v.names[0], leaf: end}
	if !r.closed {
		p.class = schema.ClassPolicy
	}
	tell(p)
	free := problem{class: schema.ClassPolicy, surface: SurfaceSource, name: v.names[0], leaf: leaf{value: number(v.number)}}
	if !r.reserved.number(v.number) {
		free.kind = KindValueUnreserved
		tell(free)
	}
	if !r.reserved.name(v.names[0]) {
		free.kind = KindSymbolUnreserved
		tell(free)
	}
}

// renumberedSymbol is a name of a value that the reader has at another number,
// unless it shares a name with the reader's value of its number.
func renumberedSymbol(r *enumType, v, same *enumNumber) string {
	moved := ""
	for _, name := range v.names {
		if same != nil && contains(same.names, name) {
			return ""
		}
		if _, ok := r.byName[name]; ok && moved == "" {
			moved = name
		}
	}
	return moved
}

// symbols judges the names of one number on both sides.
func (j *pairJudge) symbols(r *enumType, a, b *enumNumber, tell func(problem)) {
	if len(a.names) == 1 && len(b.names) == 1 && a.names[0] == b.names[0] {
		return
	}
	value := number(a.number)
	if name := renumberedSymbol(r, a, b); name != "" {
		tell(problem{kind: KindValueNumber, name: name, leaf: leaf{kind: leafValue, value: value}})
		return
	}
	shared := slices.ContainsFunc(a.names, func(name string) bool { return contains(b.names, name) })
	if !shared {
		tell(problem{kind: KindValueRenamed, class: schema.ClassPolicy, surface: SurfaceSource, name: a.names[0], other: b.names[0], leaf: leaf{value: value}})
		return
	}
	for _, name := range a.names {
		if !contains(b.names, name) {
			tell(problem{kind: KindAliasWriterOnly, class: schema.ClassInfo, surface: SurfaceSource, name: name, leaf: leaf{value: value}})
		}
	}
	for _, name := range b.names {
		if !contains(a.names, name) {
			tell(problem{kind: KindAliasReaderOnly, class: schema.ClassInfo, surface: SurfaceSource, name: name, leaf: leaf{value: value}})
		}
	}
}
