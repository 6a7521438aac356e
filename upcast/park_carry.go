package upcast

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// FailPark is the code of a failure: the parked values are none, or not those of
// the event.
const FailPark = "park"

// parkEntry is what one document parked. What an event has of them is a list, the
// oldest first.
type parkEntry struct {
	by       string
	from, to int
	slot     *jsonx.Value
}

// passage is how a hop takes one event: the hop that runs, on which value, and
// the one whose effects count.
type passage struct {
	hop, effects *Hop
	value        plan.Value
	// taken says that parked values were joined to the value; nil if there were
	// none.
	taken *parked
}

// parking reports whether a hop of a chain parks values, or puts them back.
func (c *Chain) parking() bool {
	return slices.ContainsFunc(c.Hops, func(h *Hop) bool { return h.parked != nil })
}

// Surrounded reports whether what is beside an event, or goes there, counts for the
// chain: [Runner.Carry] is the way to carry its events then.
func (r *Runner) Surrounded() bool {
	return slices.ContainsFunc(r.chain.Hops, func(h *Hop) bool { return h.alone() })
}

// parked is Apply for a chain that parks values: inside the event, or not at all.
func (r *Runner) parked(ctx context.Context, dst, event []byte, s *plan.Scratch) ([]byte, *Failure, error) {
	if slices.ContainsFunc(r.chain.Hops, func(h *Hop) bool { return h.parked != nil && h.parked.in == "" && !h.parked.isDown }) {
		return dst, nil, ErrParked
	}
	out, f, err := r.Carry(ctx, &Envelope{}, event, s)
	if f != nil || err != nil {
		return dst, f, err
	}
	return append(dst, out[0].Event...), nil, nil
}

// unpark finds how a hop takes an event: on the way down it takes the parked
// values of its document off the event and joins them to it.
func (w *carriage) unpark(h *Hop, v plan.Value) (passage, *Failure, error) {
	if h.parked == nil {
		return passage{hop: h, effects: h, value: v}, nil, nil
	}
	if !h.parked.isDown {
		return passage{hop: h.parked.hop, effects: h, value: v}, nil, nil
	}
	p := h.parked
	entries, f := w.entries(p, v)
	if f != nil {
		return passage{}, f, nil
	}
	i := slices.IndexFunc(entries, p.owns)
	if i < 0 {
		if j := slices.IndexFunc(entries, p.overlaps); j >= 0 {
			return passage{}, parkFailure(p, "version %d to %d parked values by another revision of the upcaster; remove them to go down without", entries[j].from, entries[j].to), nil
		}
		return passage{hop: h, effects: h, value: v}, nil, nil
	}
	slot := entries[i].slot
	if v, f = w.store(p, v, slices.Delete(entries, i, i+1)); f != nil {
		return passage{}, f, nil
	}
	joined, err := joinParked(v, slot, p.hop.Source.Type, p.plain)
	if err != nil {
		return passage{}, parkFailure(p, "%v", err), nil
	}
	return passage{hop: p.hop, effects: p.hop, value: joined, taken: p}, nil, nil
}

// park ends the passage of a hop. On the way up it puts what the steps parked
// beside the image, on the way down it asks whether the image leads up to the same
// event again.
func (w *carriage) park(h *Hop, t passage, out plan.Value, l plan.Limits) (plan.Value, *Failure, error) {
	switch p := h.parked; {
	case t.taken != nil:
		f, err := w.belongs(h, t, out, l)
		return out, f, err
	case p == nil || p.isDown:
		return out, nil, nil
	default:
		image, slot, err := splitParked(out, p.hop.Target, p.plain)
		if err != nil {
			return nil, &Failure{Code: plan.FailDead, Path: HeaderParked, Reason: "what is parked cannot be written: " + err.Error()}, nil
		}
		entries, f := w.entries(p, image)
		if f != nil {
			return nil, f, nil
		}
		entries = slices.DeleteFunc(entries, p.owns)
		if slot != nil {
			entries = append(entries, parkEntry{p.by, p.from, p.to, slot})
		}
		image, f = w.store(p, image, entries)
		return image, f, nil
	}
}

// belongs holds an image on the way down to its version, and to the event that
// its parked values came with.
func (w *carriage) belongs(h *Hop, t passage, out plan.Value, l plan.Limits) (*Failure, error) {
	p := t.taken
	if _, err := h.to.encode(out); err != nil {
		return parkFailure(p, "with them it is no event of the version below: %v", err), nil
	}
	if p.again == nil {
		return nil, nil
	}
	again, f, err := p.again.exact(w.ctx, out, &w.envelope, l)
	if err != nil {
		return nil, err
	}
	if f != nil || !plan.Equal(known(again), known(t.value)) {
		return parkFailure(p, "%v", errParked), nil
	}
	return nil, nil
}

// known is a value without what is unknown in Protobuf, but where that is parked: a
// step may make it known.
func known(v plan.Value) plan.Value {
	switch x := v.(type) {
	case *plan.Rec:
		out := &plan.Rec{Type: x.Type, Fields: make([]plan.Value, len(x.Fields)), Rest: x.Rest}
		for i := range x.Fields {
			out.Fields[i] = known(x.Fields[i])
		}
		if x.Type.Proto() && !isParkedRest(x.Type) && !holdsParkedRest(x.Type) {
			out.Rest = nil
		}
		return out
	case []plan.Value:
		out := make([]plan.Value, len(x))
		for i := range x {
			out[i] = known(x[i])
		}
		return out
	case *plan.Entries:
		out := make(plan.Entries, len(*x))
		for i, e := range *x {
			out[i] = plan.Entry{Key: e.Key, Value: known(e.Value)}
		}
		return &out
	case *plan.Tagged:
		return &plan.Tagged{Branch: x.Branch, Value: known(x.Value)}
	default:
		return v
	}
}

func (p *parked) owns(e parkEntry) bool { return e.by == p.by && e.from == p.from && e.to == p.to }

// overlaps reports whether an entry is of hops between the same versions.
func (p *parked) overlaps(e parkEntry) bool { return e.from < p.to && p.from < e.to }

func parkFailure(p *parked, format string, args ...any) *Failure {
	path := HeaderParked
	if p.in != "" {
		path = p.in
	}
	return &Failure{Code: FailPark, Path: path, Reason: fmt.Sprintf(format, args...)}
}

// entries reads what is parked beside an event, or inside.
func (w *carriage) entries(p *parked, v plan.Value) ([]parkEntry, *Failure) {
	text, limit := "", maxParked
	if p.in != "" {
		r, ok := v.(*plan.Rec)
		i := -1
		if ok {
			i = slices.IndexFunc(r.Rest, func(e plan.Entry) bool { return e.Key == p.in })
		}
		if i < 0 {
			return nil, nil
		}
		b, err := plan.AppendJSON(nil, r.Rest[i].Value)
		if err != nil {
			return nil, parkFailure(p, "%v", err)
		}
		text, limit = string(b), plan.DefaultEventLimits().Bytes
	} else {
		header, there := w.envelope.Headers[HeaderParked]
		if !there {
			return nil, nil
		}
		if len(header) > maxParked {
			return nil, parkFailure(p, "the header has %d bytes, at most %d are taken", len(header), maxParked)
		}
		b, err := base64.StdEncoding.DecodeString(header)
		if err != nil {
			return nil, parkFailure(p, "the header is no base64")
		}
		text = string(b)
	}
	tree, err := jsonx.Parse(text, jsonx.Limits{Bytes: limit, Depth: maxParkDepth, Nodes: maxParkNodes, Digits: maxParkDigits, Exponent: maxParkDigits})
	if err != nil {
		return nil, parkFailure(p, "what is parked is no JSON: %v", err)
	}
	return readEntries(p, tree)
}

// The limits of parked values.
const (
	maxParkDepth  = 256
	maxParkNodes  = 1_000_000
	maxParkDigits = 400
)

func readEntries(p *parked, tree *jsonx.Value) ([]parkEntry, *Failure) {
	bad := parkFailure(p, "what is parked is no list of {by, from, to, values}")
	if tree.Kind != jsonx.Array {
		return nil, bad
	}
	out := make([]parkEntry, len(tree.Items))
	for i, x := range tree.Items {
		by, from, to, values := x.Get("by"), x.Get("from"), x.Get("to"), x.Get("values")
		if by == nil || from == nil || to == nil || values == nil || len(x.Members) != 4 || by.Kind != jsonx.String {
			return nil, bad
		}
		a, err := strconv.Atoi(from.Text)
		b, err2 := strconv.Atoi(to.Text)
		if err != nil || err2 != nil {
			return nil, bad
		}
		out[i] = parkEntry{by.Text, a, b, values}
	}
	return out, nil
}

// store puts parked values beside an event, or inside; none at all leaves no
// trace.
func (w *carriage) store(p *parked, v plan.Value, entries []parkEntry) (plan.Value, *Failure) {
	list := &jsonx.Value{Kind: jsonx.Array}
	for _, e := range entries {
		number := func(n int) *jsonx.Value { return &jsonx.Value{Kind: jsonx.Number, Text: strconv.Itoa(n)} }
		list.Items = append(list.Items, &jsonx.Value{Kind: jsonx.Object, Members: []jsonx.Member{
			{Key: "by", Value: &jsonx.Value{Kind: jsonx.String, Text: e.by}},
			{Key: "from", Value: number(e.from)},
			{Key: "to", Value: number(e.to)},
			{Key: "values", Value: e.slot},
		}})
	}
	if p.in != "" {
		return storeInside(p, v, list), nil
	}
	if len(entries) == 0 {
		delete(w.envelope.Headers, HeaderParked)
		return v, nil
	}
	text := base64.StdEncoding.EncodeToString(jsonx.Append(nil, list))
	if len(text) > maxParked {
		return nil, &Failure{Code: plan.FailDead, Path: HeaderParked, Reason: fmt.Sprintf("the parked values take %d bytes, and the header at most %d", len(text), maxParked)}
	}
	w.envelope.Headers[HeaderParked] = text
	return v, nil
}

// storeInside writes the list as the last member of an event's body.
func storeInside(p *parked, v plan.Value, list *jsonx.Value) plan.Value {
	r, ok := v.(*plan.Rec)
	if !ok {
		return v
	}
	out := *r
	is := func(e plan.Entry) bool { return e.Key == p.in }
	out.Rest = slices.DeleteFunc(slices.Clone(r.Rest), is)
	out.Order = slices.DeleteFunc(slices.Clone(r.Order), func(name string) bool { return name == p.in })
	if len(list.Items) > 0 {
		value, _ := plan.ReadJSON(list, plan.AnyJSON)
		out.Rest = append(out.Rest, plan.Entry{Key: p.in, Value: value})
		if len(out.Order) > 0 {
			out.Order = append(out.Order, p.in)
		}
	}
	return &out
}
