package protobuf

import (
	"slices"

	"github.com/instar-registry/instar/schema"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func oneofNamed(m *messageType, name string) *oneofType {
	for _, oo := range m.oneofs {
		if oo.name == name {
			return oo
		}
	}
	return nil
}

// oneof tells of fields that the writer may set together and that exclude each
// other in the reader, of which the last one written is read.
func (j *pairJudge) oneof(w *messageType, r *oneofType) {
	var alone []*fieldType       // fields that exclude nothing in the writer
	homes := []*oneofType{}      // oneofs of the writer that have members here
	member := []*fieldType(nil)  // the first member of each home
	moved := [][]*fieldType(nil) // all members of each home
	for _, to := range r.members {
		from := w.field(to.number)
		if from == nil || from.wire != to.wire || from.packed || from.message != nil && from.message.bottom {
			continue
		}
		if from.oneof == nil {
			alone = append(alone, from)
			continue
		}
		i := slices.Index(homes, from.oneof)
		if i < 0 {
			i = len(homes)
			homes, member, moved = append(homes, from.oneof), append(member, from), append(moved, nil)
		}
		moved[i] = append(moved[i], from)
	}
	excluded := func(kind string, f, with *fieldType) {
		j.found(problem{kind: kind, w: f, name: r.name, leaf: leaf{kind: leafPair, with: with}})
	}
	if len(homes) == 0 {
		if len(alone) > 1 {
			excluded(KindFieldsGrouped, alone[0], alone[1])
		}
		return
	}
	home := max(0, slices.IndexFunc(homes, func(oo *oneofType) bool { return oo.name == r.name }))
	for _, f := range alone {
		excluded(KindMovedIntoOneof, f, member[home])
	}
	for i := range homes {
		if i == home {
			continue
		}
		for _, f := range moved[i] {
			excluded(KindMovedBetween, f, member[home])
		}
	}
}

// enums judges the values of two enums by number.
func (j *pairJudge) enums(wf, rf *fieldType) {
	w, r := wf.enum, rf.enum
	if wf.wire != rf.wire {
		return
	}
	tell := func(p problem) {
		p.w, p.r, p.we, p.re = wf, rf, w, r
		j.found(p)
	}
	if j.otherName(wf, rf) {
		j.note(KindTypeRenamed, schema.ClassPolicy, wf, rf)
	}
	if !w.closed && r.closed {
		if n, ok := r.unlisted(w); ok {
			tell(problem{kind: KindEnumClosed, leaf: leaf{kind: leafValue, value: number(n)}})
		}
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
			if reserves(w.reserved, b[0].number) {
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
	if !reserves(r.reserved, v.number) {
		free.kind = KindValueUnreserved
		tell(free)
	}
	if !contains(r.reservedNames, v.names[0]) {
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
