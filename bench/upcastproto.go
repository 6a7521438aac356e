package main

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/bench/orderpb/newest"
	"github.com/instar-registry/instar/bench/orderpb/old"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
	"github.com/instar-registry/instar/upcast"
)

// orderProto is version i of the event in Protobuf. Every version gives tag a
// number of its own, as one does who never uses a number again.
func orderProto(i int) string {
	quantity, symbols, more := "int32 qty = 3;", "NEW = 0; PAID = 1; SHIPPED = 2;", ""
	if i >= 5 {
		quantity = "int32 quantity = 16;"
	}
	if i >= 10 {
		more = "string currency = 17;"
	}
	if i >= 15 {
		symbols = "OPEN = 0; DONE = 1;"
	}
	return fmt.Sprintf(`syntax = "proto3"; package o;
message Order {
  string id = 1; string customer = 2; %s double price = 4; Address address = 5; repeated Item items = 6; optional string note = 7;
  State state = 8; int64 at = 9; bool paid = 10; int64 ref = 11; string tag%d = %d; %s
}
message Address { string street = 1; string zip = 2; string country = 3; }
message Item { string sku = 1; int32 n = 2; }
enum State { %s }`, quantity, i, 20+i, more, symbols)
}

// protoChange is [orderChange], for enums that may hold any number.
func protoChange(i int) string {
	if i == 15 {
		return `,{"mapEnum":{"path":"state","map":{"NEW":"OPEN","PAID":"DONE","SHIPPED":"DONE"},"else":{"value":"OPEN"}}}`
	}
	return orderChange(i)
}

// oldMessage is an event as generated code has it.
func oldMessage(o *order) *old.Order {
	m := &old.Order{
		Id: o.ID, Customer: o.Customer, Qty: int32(o.Qty), Price: o.Price, Note: o.Note, State: old.State(old.State_value[o.State]),
		Address: &old.Address{Street: o.Address.Street, Zip: o.Address.Zip, Country: o.Address.Country},
		At:      o.At, Paid: o.Paid, Ref: o.Ref, Tag0: o.Tag0,
	}
	for _, i := range o.Items {
		m.Items = append(m.Items, &old.Item{Sku: i.SKU, N: int32(i.N)})
	}
	return m
}

// newMessage is the migration as people write it in Go.
func newMessage(m *old.Order) *newest.Order {
	out := &newest.Order{
		Id: m.Id, Customer: m.Customer, Quantity: m.Qty, Price: m.Price, Note: m.Note,
		At: m.At, Paid: m.Paid, Ref: m.Ref, Tag20: m.Tag0, Currency: "EUR",
	}
	if m.State == old.State_PAID || m.State == old.State_SHIPPED {
		out.State = newest.State_DONE
	}
	if a := m.Address; a != nil {
		out.Address = &newest.Address{Street: a.Street, Zip: a.Zip, Country: a.Country}
	}
	for _, i := range m.Items {
		out.Items = append(out.Items, &newest.Item{Sku: i.Sku, N: i.N})
	}
	return out
}

// upcastProto measures carrying Protobuf events.
func upcastProto(ctx context.Context, e *env) ([]row, error) {
	parse := func(i int) (schema.Parsed, error) { return protobuf.Parse(orderProto(i), nil, schemaOptions) }
	hops, long, short, err := bothChains(ctx, parse, protoChange)
	if err != nil {
		return nil, err
	}
	list := someOrders(1024)
	events, size := make([][]byte, len(list)), 0
	for i := range list {
		if events[i], err = proto.Marshal(oldMessage(&list[i])); err != nil {
			return nil, err
		}
		size += len(events[i])
	}
	if err := agreeProto(ctx, long, short, events); err != nil {
		return nil, err
	}
	twenty, one := carrying(ctx, "20 hops", long, events), carrying(ctx, "one hop", short, events)
	byHand := eachEvent("by hand", events, directProto)
	typed := eachEvent("generated code", events, typedProto)
	dynamic := eachEvent("dynamicpb", events, dynamicProto)
	fusing := &contestant{name: "fuse and compile", n: 1, run: func() error {
		c, err := upcast.Fuse(hops)
		if err == nil {
			upcast.NewRunner(c)
		}
		return err
	}}
	if err := e.alternate(twenty, one, byHand, typed, dynamic, fusing); err != nil {
		return nil, err
	}
	return []row{
		{fmt.Sprintf("Protobuf, %d hops", upcastHops), nanos(twenty.time()), fmt.Sprintf("an event of %d bytes; %.2f× the same plan written by hand in Go (%s); aim ≤ 1.10×", size/len(events), twenty.over(byHand), nanos(byHand.time()))},
		{"the same change in one hop", nanos(one.time()), fmt.Sprintf("20 hops take %.2f× that; aim ≤ 1.15×", twenty.over(one))},
		{"proto.Unmarshal, change and proto.Marshal with generated code", nanos(typed.time()), fmt.Sprintf("20 hops take %.2f× that; aim ≤ 0.30×", twenty.over(typed))},
		{"the same with dynamicpb", nanos(dynamic.time()), fmt.Sprintf("20 hops take %.3f× that", twenty.over(dynamic))},
		{"a stream of distinct events on one core", fmt.Sprintf("%.1f M/s, %.0f MB/s", 1e3/float64(twenty.time().Nanoseconds()), float64(size)/float64(len(events))*1e3/float64(twenty.time().Nanoseconds())), ""},
		{"allocations with the caller's buffers", fmt.Sprintf("%.0f", allocated(twenty)), "aim 0"},
		{fmt.Sprintf("fuse and compile %d proved hops", upcastHops), micros(fusing.time()), "aim ≤ 100 µs"},
	}, nil
}

// eachEvent runs one way to carry an event over all, with one buffer.
func eachEvent(name string, events [][]byte, carry func(dst, event []byte) ([]byte, error)) *contestant {
	var dst []byte
	return &contestant{name: name, n: len(events), run: func() error {
		for _, e := range events {
			out, err := carry(dst[:0], e)
			if err != nil {
				return err
			}
			dst = out
		}
		return nil
	}}
}

func typedProto(dst, event []byte) ([]byte, error) {
	var m old.Order
	if err := proto.Unmarshal(event, &m); err != nil {
		return nil, err
	}
	return proto.MarshalOptions{}.MarshalAppend(dst, newMessage(&m))
}

// dynamicProto does by reflection what generated code does, field by field.
func dynamicProto(dst, event []byte) ([]byte, error) {
	from, to := dynamicpb.NewMessage(oldOrder), dynamicpb.NewMessage(newestOrder)
	if err := proto.Unmarshal(event, from); err != nil {
		return nil, err
	}
	for _, pair := range renumbered {
		if f := oldOrder.Fields().ByNumber(pair[0]); from.Has(f) {
			to.Set(newestOrder.Fields().ByNumber(pair[1]), from.Get(f))
		}
	}
	to.Set(newestOrder.Fields().ByName("currency"), protoreflect.ValueOfString("EUR"))
	if state := from.Get(oldOrder.Fields().ByName("state")).Enum(); state == 1 || state == 2 {
		to.Set(newestOrder.Fields().ByName("state"), protoreflect.ValueOfEnum(1))
	}
	if f := oldOrder.Fields().ByName("address"); from.Has(f) {
		copyFields(from.Get(f).Message(), to.Mutable(newestOrder.Fields().ByName("address")).Message())
	}
	items := to.Mutable(newestOrder.Fields().ByName("items")).List()
	for l, i := from.Get(oldOrder.Fields().ByName("items")).List(), 0; i < l.Len(); i++ {
		copyFields(l.Get(i).Message(), items.AppendMutable().Message())
	}
	return proto.MarshalOptions{}.MarshalAppend(dst, to)
}

var (
	oldOrder    = (*old.Order)(nil).ProtoReflect().Descriptor()
	newestOrder = (*newest.Order)(nil).ProtoReflect().Descriptor()
	// renumbered are the numbers of what is only copied.
	renumbered = [][2]protoreflect.FieldNumber{{1, 1}, {2, 2}, {3, 16}, {4, 4}, {7, 7}, {9, 9}, {10, 10}, {11, 11}, {20, 40}}
)

func copyFields(from, to protoreflect.Message) {
	from.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		to.Set(to.Descriptor().Fields().ByNumber(f.Number()), v)
		return true
	})
}

// agreeProto holds all ways to carry an event to each other before any is
// measured.
func agreeProto(ctx context.Context, long, short *upcast.Chain, events [][]byte) error {
	a, b := upcast.NewRunner(long), upcast.NewRunner(short)
	ways := []struct {
		name  string
		carry func(dst, event []byte) ([]byte, error)
	}{{"by hand", directProto}, {"dynamicpb", dynamicProto}, {"20 hops", runs(ctx, a)}, {"one hop", runs(ctx, b)}}
	for i, event := range events {
		image, err := typedProto(nil, event)
		if err != nil {
			return err
		}
		var want newest.Order
		if err := proto.Unmarshal(image, &want); err != nil {
			return err
		}
		for _, w := range ways {
			var got newest.Order
			image, err := w.carry(nil, event)
			if err := errors.Join(err, proto.Unmarshal(image, &got)); err != nil {
				return fmt.Errorf("%s: event %d: %w", w.name, i, err)
			}
			if !proto.Equal(&got, &want) {
				return fmt.Errorf("%s: event %d is %v, want %v", w.name, i, &got, &want)
			}
		}
	}
	return nil
}

func runs(ctx context.Context, r *upcast.Runner) func(dst, event []byte) ([]byte, error) {
	return func(dst, event []byte) ([]byte, error) {
		out, f, err := r.Apply(ctx, dst, event, nil)
		if f != nil {
			return nil, f
		}
		return out, err
	}
}

var errRefused = errors.New("the event was refused")

// span is where a field stands, with its tag and from its value on.
type span struct{ tag, value, end int }

// directProto is the whole chain written by hand: it walks the fields in any
// order, held to them as the plan holds itself, and writes the new ones by
// ascending number.
func directProto(dst, e []byte) ([]byte, error) {
	var at [21]span
	var items, unknown [64]span
	nItems, nUnknown := 0, 0
	for pos := 0; pos < len(e); {
		number, wire, value, end := field(e, pos)
		s := span{pos, value, end}
		pos = end
		switch known := number > 0 && number < len(at) && wire == orderWires[number]; {
		case end < 0:
			return dst, errRefused
		case !known:
			if nUnknown == len(unknown) {
				return dst, errRefused
			}
			unknown[nUnknown] = s
			nUnknown++
		case number == 6:
			if nItems == len(items) || !walkParts(e[:end], value, 1) {
				return dst, errRefused
			}
			items[nItems] = s
			nItems++
		case number == 5:
			if at[5].end > 0 || !walkParts(e[:end], value, 3) {
				return dst, errRefused // two of them are merged, which is a way of its own
			}
			at[5] = s
		case wire == bytesWire && !validText(e, value, end):
			return dst, errRefused
		default:
			at[number] = s
		}
	}
	dst = copySpan(dst, e, at[1])
	dst = copySpan(dst, e, at[2])
	dst = copySpan(dst, e, at[4])
	dst = copySpan(dst, e, at[5])
	for _, s := range items[:nItems] {
		dst = copySpan(dst, e, s)
	}
	dst = copySpan(dst, e, at[7])
	if s := at[8]; s.end > 0 {
		if n, _ := varint(e, s.value); n == 1 || n == 2 {
			dst = append(dst, 8<<3, 1)
		}
	}
	dst = copySpan(dst, e, at[9])
	dst = copySpan(dst, e, at[10])
	dst = copySpan(dst, e, at[11])
	dst = renumber(dst, e, at[3], 16<<3)
	dst = append(dst, currency...)
	dst = renumber(dst, e, at[20], 40<<3|bytesWire)
	for _, s := range unknown[:nUnknown] {
		dst = copySpan(dst, e, s)
	}
	return dst, nil
}

// currency is field 17 with the text EUR.
const currency = "\x8a\x01\x03EUR"

const (
	fixedWire = 1
	bytesWire = 2
)

// orderWires are the wire types of the old event, by number; 7 is none.
var orderWires = [21]int{7, 2, 2, 0, 1, 2, 2, 2, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 2}

func copySpan(dst, e []byte, s span) []byte { return append(dst, e[s.tag:s.end]...) }

func renumber(dst, e []byte, s span, tag uint64) []byte {
	if s.end == 0 {
		return dst
	}
	return append(protowire.AppendVarint(dst, tag), e[s.value:s.end]...)
}
