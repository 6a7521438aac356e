package protobuf

import (
	"context"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
)

// problem is one difference at a pair of messages, before it has a path and a
// witness. It is comparable, so that a pair of enums that many fields use has
// its differences told once.
type problem struct {
	kind    string
	surface string
	class   schema.Class
	// w and r are the fields at fault; either may be absent.
	w, r *fieldType
	// we and re are set where the enums of the fields are at fault.
	we, re *enumType
	// name and other name what is no field: a symbol, an option, a range.
	name, other string
	leaf        leaf
}

// leaf is what stands at the place that a witness is about.
type leaf struct {
	kind  leafKind
	value meaning
	with  *fieldType // of leafPair
}

type leafKind uint8

const (
	leafNone   leafKind = iota // the message alone
	leafValue                  // one value
	leafHeld                   // a message, element or entry with nothing in it
	leafFilled                 // a message with something in it
	leafTwo                    // two elements or entries
	leafPair                   // two fields that exclude each other in the reader
)

// edge leads from a pair of messages to a pair inside it.
type edge struct {
	wf, rf *fieldType
	w, r   *messageType
	// renamed says that the two types have different names.
	renamed bool
}

// pairJudge looks at one pair of messages at a time: what is wrong there, and which
// pairs lie inside. Fields pair by number alone, so the pairs that events can
// reach do not depend on any answer: all events are readable exactly if no
// reachable pair has a problem of class data. A recursive type leads back to a
// pair that is already known; nothing has to be assumed.
type pairJudge struct {
	ctx            context.Context
	writer, reader *program
	renames        map[string]string // types of the writer that have another name in the reader
	json           bool              // JSON decides data
	steps, limit   int
	spent          bool  // the budget is used up
	err            error // of the context

	enumPairs map[[2]*enumType][]problem
	enumNames map[namesKey][]problem // of the JSON form

	// The answer about the pair in hand.
	edges    []edge
	problems []problem
}

// step counts work and reports whether there may be more.
func (j *pairJudge) step(n int) bool {
	before := j.steps
	j.steps += n
	if before>>10 != j.steps>>10 && j.err == nil {
		j.err = j.ctx.Err()
	}
	if j.steps > j.limit {
		j.spent = true
	}
	return !j.spent && j.err == nil
}

func (j *pairJudge) found(p problem) {
	if p.surface == "" {
		p.surface = SurfaceBinary
	}
	if p.class == "" {
		p.class = schema.ClassData
	}
	j.problems = append(j.problems, p)
}

// note is a difference that only people and generated code see.
func (j *pairJudge) note(kind string, class schema.Class, w, r *fieldType) {
	j.found(problem{kind: kind, class: class, surface: SurfaceSource, w: w, r: r})
}

// pair fills edges and problems.
func (j *pairJudge) pair(w, r *messageType) {
	j.edges, j.problems = j.edges[:0], j.problems[:0]
	if w.set != r.set {
		j.messageSet(w, r)
	}
	a, b := w.fields, r.fields
	for len(a) > 0 || len(b) > 0 {
		if !j.step(1) {
			return
		}
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].number < b[0].number:
			j.writerOnly(r, a[0])
			a = a[1:]
		case len(a) == 0 || b[0].number < a[0].number:
			j.readerOnly(w, b[0])
			b = b[1:]
		default:
			j.both(w, r, a[0], b[0])
			a, b = a[1:], b[1:]
		}
	}
	for _, oo := range r.oneofs {
		j.oneof(w, oo, false)
	}
	if !w.entry && !r.entry {
		j.declarations(w, r)
	}
}

// messageSet is told where an event can hold an extension.
func (j *pairJudge) messageSet(w, r *messageType) {
	for _, f := range w.fields {
		if other := r.field(f.number); f.extension && other != nil && f.message != nil && !f.message.bottom {
			j.found(problem{kind: KindMessageSet, w: f, r: other, leaf: leaf{kind: leafHeld}})
			return
		}
	}
	j.found(problem{kind: KindMessageSet, class: schema.ClassPolicy})
}

// writerOnly judges a field that the reader does not have under its number.
func (j *pairJudge) writerOnly(r *messageType, w *fieldType) {
	if other := r.byName[w.name]; other != nil && j.renumbered(w, other) {
		return
	}
	if w.extension {
		return // told where it is declared
	}
	class, kind := schema.ClassInfo, KindFieldWriterOnly
	if w.oneof != nil && r.oneof(w.oneof.name) != nil {
		class, kind = schema.ClassPolicy, KindMemberWriterOnly
	}
	j.note(kind, class, w, nil)
	if !r.reserved.number(w.number) {
		j.note(KindNumberUnreserved, schema.ClassPolicy, w, nil)
	}
	if !r.reserved.name(w.name) {
		j.note(KindNameUnreserved, schema.ClassPolicy, w, nil)
	}
}

// renumbered tells of a name that has another number in the reader: the reader
// has the field but never sees the value.
func (j *pairJudge) renumbered(w, other *fieldType) bool {
	if w.message != nil && w.message.bottom {
		return true
	}
	end, ok := j.missed(w, other)
	if !ok {
		return false
	}
	kind := KindFieldNumber
	if w.extension {
		kind = KindExtensionNumber
	}
	j.found(problem{kind: kind, w: w, r: other, leaf: end})
	return true
}

// missed is the least event part that shows that the reader's field has no
// value where the writer's has.
func (j *pairJudge) missed(w, r *fieldType) (leaf, bool) {
	switch {
	case r.required: // so every event is refused
		return leaf{}, true
	case w.message == nil:
		if m, ok := dropped(w, r); ok {
			return leaf{kind: leafValue, value: m}, true
		}
		return leaf{kind: leafTwo}, w.list && !r.many()
	case w.mapped, w.list && r.many(), r.message != nil && !r.many() && !w.list:
		return leaf{kind: leafHeld}, true
	case fillable(w.message):
		return leaf{kind: leafFilled}, true
	default:
		return leaf{kind: leafTwo}, w.list
	}
}

// fillable reports whether a message has a value besides the empty one.
func fillable(m *messageType) bool {
	for _, f := range m.fields {
		if f.message == nil || !f.message.bottom {
			return true
		}
	}
	return false
}

// readerOnly judges a field that the writer does not have under its number.
func (j *pairJudge) readerOnly(w *messageType, r *fieldType) {
	switch old := w.byName[r.name]; {
	case r.required:
		j.found(problem{kind: KindRequiredAdded, r: r})
	case old != nil, r.extension: // told at the writer's field, or where it is declared
	case r.oneof != nil && w.oneof(r.oneof.name) != nil:
		j.note(KindMemberReaderOnly, schema.ClassInfo, nil, r)
	default:
		j.note(KindFieldReaderOnly, schema.ClassInfo, nil, r)
	}
	if w.reserved.number(r.number) {
		j.note(KindNumberUsed, schema.ClassPolicy, nil, r)
	}
	if w.reserved.name(r.name) {
		j.note(KindNameUsed, schema.ClassPolicy, nil, r)
	}
}

// both judges two fields of one number.
func (j *pairJudge) both(wm, rm *messageType, w, r *fieldType) {
	if r.required && !w.required && !wm.entry { // entries have both of their fields
		j.found(problem{kind: KindMadeRequired, w: w, r: r})
	}
	before := len(j.problems)
	j.binary(w, r)
	if !breaks(j.problems[before:]) && !w.required && !wm.entry && !w.absent.equal(r.absent) {
		kind := KindDefault
		if (w.enum != nil || r.enum != nil) && !w.hasDefault && !r.hasDefault {
			kind = KindEnumZero
		}
		j.found(problem{kind: kind, w: w, r: r})
	}
	if w.enum != nil && r.enum != nil && w.enum != r.enum {
		j.enums(w, r)
	}
	if wm.entry || rm.entry {
		return
	}
	if w.name != r.name {
		if other := rm.byName[w.name]; other == nil || !j.renumbered(w, other) {
			j.note(KindFieldRenamed, schema.ClassPolicy, w, r)
		}
	}
	j.sources(w, r)
}

func breaks(list []problem) bool {
	return slices.ContainsFunc(list, func(p problem) bool { return p.class == schema.ClassData })
}

// binary judges how the bytes of a field are read.
func (j *pairJudge) binary(w, r *fieldType) {
	changed := func(kind string, end leaf, ok bool) {
		if ok {
			j.found(problem{kind: kind, w: w, r: r, leaf: end})
		}
	}
	first := func() leaf { return leaf{kind: leafValue, value: boundaries(w, r)[0]} }
	switch {
	case w.message != nil && w.message.bottom: // never set
	case w.packed && r.packable() && w.wire == r.wire:
		j.numbers(w, r)
	case w.packed && (r.packable() || r.wire == protowire.BytesType):
		changed(KindTypeChanged, first(), true)
	case w.packed && !r.many() && w.wire == r.wire:
		end, ok := j.missed(w, r)
		changed(KindMadeSingular, end, ok)
	case w.packed:
		end, ok := j.missed(w, r)
		changed(KindTypeChanged, end, ok)
	case w.wire == r.wire && w.message != nil && r.message != nil:
		j.messages(w, r)
	case w.wire == r.wire && w.wire == protowire.BytesType:
		j.texts(w, r)
	case w.wire == r.wire:
		j.numbers(w, r)
	case w.message != nil && r.message != nil:
		changed(KindMessageEncoding, leaf{kind: leafHeld}, true)
	case w.wire == protowire.BytesType && r.packable():
		switch {
		case w.message == nil:
			changed(KindTypeChanged, first(), true)
		case w.many() && !fillable(w.message):
			changed(KindTypeChanged, leaf{kind: leafHeld}, true)
		default:
			changed(KindTypeChanged, leaf{kind: leafFilled}, w.mapped || fillable(w.message))
		}
	default:
		end, ok := j.missed(w, r)
		changed(KindTypeChanged, end, ok)
	}
}

// numbers judges two types of one wire type that is a number's.
func (j *pairJudge) numbers(w, r *fieldType) {
	if w.kind != r.kind { // two enums are judged by their values
		if m, bad := misread(w, r); bad {
			j.found(problem{kind: numberKind(w, r), w: w, r: r, leaf: leaf{kind: leafValue, value: m}})
		}
	}
	if w.list && !r.many() {
		j.found(problem{kind: KindMadeSingular, w: w, r: r, leaf: leaf{kind: leafTwo}})
	}
}

// numberKind names why a number is misread.
func numberKind(w, r *fieldType) string {
	zigzag := func(k protoreflect.Kind) bool {
		return k == protoreflect.Sint32Kind || k == protoreflect.Sint64Kind
	}
	switch {
	case zigzag(w.kind) != zigzag(r.kind):
		return KindReinterpreted
	case r.kind == protoreflect.BoolKind:
		return KindIntToBool
	case r.enum != nil:
		return KindIntToEnum
	case w.enum != nil:
		return KindEnumToInt
	}
	if _, bad := misread(&fieldType{kind: r.kind}, &fieldType{kind: w.kind}); bad {
		return KindReinterpreted
	}
	return KindTypeNarrowed
}

// texts judges length-prefixed types of which not both are messages.
func (j *pairJudge) texts(w, r *fieldType) {
	at := func(kind, value string) {
		j.found(problem{kind: kind, w: w, r: r, leaf: leaf{kind: leafValue, value: text(value)}})
	}
	isBytes := w.kind == protoreflect.BytesKind
	switch {
	case r.message != nil && (isBytes || !w.utf8):
		at(KindBytesToMessage, "\xff")
	case r.message != nil:
		at(KindBytesToMessage, "a") // ends inside the number that its first byte announces
	case w.message != nil && (w.mapped || fillable(w.message)):
		j.found(problem{kind: KindMessageToBytes, w: w, r: r, leaf: leaf{kind: leafFilled}})
	case w.message != nil:
	case isBytes && r.kind == protoreflect.StringKind:
		at(KindBytesToString, "\xff")
	case w.kind == protoreflect.StringKind && !w.utf8 && r.utf8:
		at(KindUTF8Added, "\xff")
	}
	if w.many() && !r.many() {
		j.found(problem{kind: KindMadeSingular, w: w, r: r, leaf: leaf{kind: leafTwo}})
	}
}

// messages judges two message types with one encoding.
func (j *pairJudge) messages(w, r *fieldType) {
	renamed := j.otherName(w, r)
	j.edges = append(j.edges, edge{wf: w, rf: r, w: w.message, r: r.message, renamed: renamed})
	if renamed { // unless an event breaks inside, see retype
		j.note(KindTypeRenamed, schema.ClassPolicy, w, r)
	}
	switch {
	case w.many() && !r.many():
		j.found(problem{kind: KindMadeSingular, w: w, r: r, leaf: leaf{kind: leafTwo}})
	case w.list && r.mapped:
		j.found(problem{kind: KindRepeatedToMap, w: w, r: r, leaf: leaf{kind: leafTwo}})
	}
}

// otherName reports whether the type of a field has another name, and is not
// known to have been renamed as a whole.
func (j *pairJudge) otherName(w, r *fieldType) bool {
	switch {
	case w.mapped || r.mapped:
		return false
	case w.enum != nil && r.enum != nil:
		return w.enum.rel != r.enum.rel && j.renames[w.enum.rel] != r.enum.rel
	default:
		return w.message.rel != r.message.rel && j.renames[w.message.rel] != r.message.rel
	}
}
