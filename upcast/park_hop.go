package upcast

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// parked is how a hop carries an event together with what its steps park.
type parked struct {
	// hop leads to, or from, the type that the other version has grown into;
	// plain is that type without hidden fields.
	hop    *Hop
	plain  *plan.Type
	isDown bool
	// in is the member of the event's body that holds parked values; empty if
	// the header does.
	in string
	// by is the hash of the document, from and to its versions.
	by       string
	from, to int
	// again is the way up, if going there again is proved to change nothing of
	// the event: one for which it does was not made by it.
	again *Hop
}

// park adds to a proved hop what carries parked values, and computes the class
// that it has with them.
func (h *Hop) park(ctx context.Context, d *Document, like *builder) error {
	b := newBuilder()
	b.parking = parkBeside
	b.targets, b.assume, b.to, b.target, b.targetName = like.targets, like.assume, like.to, like.target, like.targetName
	if err := b.declare(d.Context); err != nil {
		return err
	}
	up, err := b.hopOf(d.Steps, h.from, h.to)
	switch {
	case err != nil:
		return err
	case len(b.open) > 0:
		return misplaced() // the steps alone are proved
	}
	up.Verdict.Outcome = Proved
	h.parked = &parked{hop: up, plain: h.Target, in: d.ParkIn, by: d.Hash(), from: d.From.Number, to: d.To.Version.Number}
	if err := h.parkInside(ctx, d.ParkIn); err != nil {
		return err
	}
	v := &h.Verdict
	if d.ParkIn == "" && !h.parked.bounded() {
		v.Total = false
		v.Notes = append(v.Notes, fmt.Sprintf("parks: an event whose parked values take more than %d bytes ends in the dead letter; parkIn has no such limit", maxParked))
	}
	if b.noDown != "" {
		v.NoDown = b.noDown
		return nil
	}
	return h.parkDown(b, up)
}

// parkDown makes the way down that puts parked values back. An event without any
// goes down as if nothing could be parked.
func (h *Hop) parkDown(up *builder, first *Hop) error {
	b := newBuilder()
	b.parking, b.assume = parkBeside, up.assume
	b.around.inputs = up.around.inputs
	if err := b.declare(up.around.inputs); err != nil {
		return err
	}
	steps := up.inner
	event := b.bind(first.Target)
	b.scope = scope{source: whole(event), event: whole(event)}
	root := b.assign(b.run(whole(event), steps), h.Source.Type, "$")
	v := &h.Verdict
	switch {
	case b.err != nil:
		return b.err
	case len(b.open) > 0:
		v.NoDown = b.open[0].noDown()
		return nil
	}
	down := &Hop{
		Root: root, Source: event, Target: h.Source.Type, from: h.to, to: h.from, steps: steps, checked: b.checked, effects: b.effects,
		around: b.around.inUse(append(b.effects.nodes(), root)...), Verdict: Verdict{Outcome: Proved},
	}
	without := "it has no way down"
	if h.Down != nil {
		without = "it goes down as " + string(v.Class)
	} else {
		h.Down = h.deadDown()
	}
	back := *h.parked
	back.hop, back.isDown = down, true
	h.Down.parked = &back
	v.NoDown = ""
	if v.Class = h.parkClass(first, down); v.Class == Iso || v.Class == LossyUp {
		back.again = first
	}
	h.Down.Verdict.Class = map[Class]Class{LossyUp: LossyDown, LossyDown: LossyUp, Iso: Iso, Lossy: Lossy}[v.Class]
	v.Notes = append(v.Notes, fmt.Sprintf("parked: the class is that of an event with its parked values; without them %s", without))
	return nil
}

// deadDown is the way down of an event without parked values where the document
// has none.
func (h *Hop) deadDown() *Hop {
	event := &plan.Binder{Type: h.Target}
	return &Hop{
		Root:   &plan.Stop{Code: plan.FailDead, Path: "$", Reason: "the event has no parked values, and the document does not say what stands for them"},
		Source: event, Target: h.Source.Type, from: h.to, to: h.from, Verdict: Verdict{Outcome: Proved},
	}
}

// parkClass is the class of a hop for events that are carried with their parked
// values.
func (h *Hop) parkClass(first, down *Hop) Class {
	up := leg{steps: first.steps, target: first.Target, checked: first.checked, around: first.around, parking: parkBeside}
	back := leg{steps: down.steps, target: h.Source.Type, checked: down.checked, around: down.around, parking: parkBeside}
	updown := identity(h.Source.Type, up, back, true)
	// What a restored value takes the place of stays beside it on the way down, so
	// that the way up has it again.
	b := newBuilder()
	b.parking, b.fused, b.checked, b.around = parkLaw, true, down.checked, down.around
	event := b.bind(first.Target)
	b.scope = scope{source: whole(event), event: whole(event)}
	kept := b.grownType(h.Source.Type, b.run(whole(event), down.steps))
	if b.err != nil {
		return classOf(updown, false)
	}
	up.parking, back.parking, back.target = parkLaw, parkLaw, kept
	return classOf(updown, identity(first.Target, back, up, false))
}

// parkInside proves that the body of the event may hold parked values.
func (h *Hop) parkInside(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	refuse := func(what, hint string) error {
		e := &Error{Code: Invalid}
		e.Problem.What, e.Problem.Hint, e.Problem.Path = what, hint, "/parkIn"
		return e
	}
	to, ok := h.to.(*jsonCodec)
	root, object := h.Root.(*plan.Make)
	switch {
	case !ok || h.Target.Kind != plan.Record:
		return refuse("parkIn puts parked values into a JSON object, and events of the target are "+h.Target.String(), "leave parkIn out: they go into the header "+HeaderParked)
	case h.Source.Type.Field(name) >= 0 || h.Target.Field(name) >= 0:
		return refuse("the schema declares "+name+" for itself", "choose a name that no version declares")
	case !h.Target.Open:
		return refuse("events of the target take no undeclared property", "leave parkIn out: parked values go into the header "+HeaderParked)
	case !object:
		return refuse("the image is not put together member by member", "leave parkIn out: parked values go into the header "+HeaderParked)
	}
	with := *root
	bind := &plan.Binder{Type: &plan.Type{Kind: plan.List, Elem: plan.AnyJSON, JSON: true}}
	with.Extras = append(append([]plan.Part{}, root.Extras...), plan.Part{Name: name, Node: whole(bind)})
	with.Rest = leaveOut(root.Rest, name)
	wider := *h
	wider.Root, wider.Verdict = &with, Verdict{}
	problems, err := to.beyond(ctx, &wider)
	if err == nil && len(problems) > 0 {
		err = refuse("an event with "+name+" is perhaps none of the target: "+problems[0].Message, "choose another name, or leave parkIn out")
	}
	return err
}

// maxParked bounds the header with parked values.
const maxParked = 64 << 10

// bounded reports whether the parked values of every event fit the header.
func (p *parked) bounded() bool {
	size := 0
	var add func(t, grown *plan.Type) bool
	add = func(t, grown *plan.Type) bool {
		if t == grown {
			return true
		}
		if t.Kind != plan.Record {
			return t.Kind == plan.Union && eachPair(t, grown, add)
		}
		for i := range t.Fields {
			if !add(t.Fields[i].Type, grown.Fields[i].Type) {
				return false
			}
		}
		for _, f := range grown.Fields[len(t.Fields):] {
			n, ok := sizeOf(f.Type, 0)
			if size += n; !ok || size > maxParked/16 {
				return false
			}
		}
		return true
	}
	return add(p.plain, p.hop.Target)
}

func eachPair(t, grown *plan.Type, f func(t, grown *plan.Type) bool) bool {
	for i := range t.Branches {
		if !f(t.Branches[i].Type, grown.Branches[i].Type) {
			return false
		}
	}
	return true
}

// sizeOf is about how many bytes a value of a type takes at most, as it is
// written; false if there is no bound.
func sizeOf(t *plan.Type, depth int) (int, bool) {
	const number = 32
	switch {
	case depth > 16:
		return 0, false
	case t.Kind == plan.Null, t.Kind == plan.Bool, (t.Kind == plan.Int || t.Kind == plan.Uint || t.Kind == plan.Float) && t.Bits > 0:
		return number, true
	case t.Kind == plan.Enum && !t.JSON:
		n := number
		for _, s := range t.Symbols {
			n = max(n, len(jsonx.Quote(s)))
		}
		return n, true
	case t.Kind == plan.Bytes && t.Size > 0:
		return 2 * t.Size, true
	case t.Kind == plan.Decimal && t.Precision > 0:
		return t.Precision + number, true
	case t.Kind == plan.Record && !t.Open && !t.Proto() && !t.JSON:
		return fieldsSize(t.Fields, depth)
	case t.Kind == plan.Union:
		most := 0
		for i := range t.Branches {
			n, ok := sizeOf(t.Branches[i].Type, depth+1)
			if !ok {
				return 0, false
			}
			most = max(most, n+len(t.Branches[i].Name))
		}
		return most + number, true
	default:
		return 0, false
	}
}

func fieldsSize(fields []plan.Field, depth int) (int, bool) {
	total := 0
	for i := range fields {
		n, ok := sizeOf(fields[i].Type, depth+1)
		if total += n; !ok || total > maxParked {
			return 0, false
		}
	}
	return total, true
}
