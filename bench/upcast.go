package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"time"

	hamba "github.com/hamba/avro/v2"

	"github.com/instar-registry/instar/internal/oracle"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast"
	"github.com/instar-registry/instar/upcast/plan"
)

// contestant is one way of doing the same work; n is how many events a call of
// it carries.
type contestant struct {
	name string
	n    int
	run  func() error
	took []time.Duration // of one event, by round
}

// alternate measures contestants in turns, so that what the machine does besides
// hits all of them. Times are processor times of this thread. Each round begins
// with another contestant, and each turn with a run that does not count, so that
// none pays for what the one before it left in the caches.
func (e *env) alternate(all ...*contestant) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for round := range max(e.rounds, 1) {
		for i := range all {
			c := all[(i+round)%len(all)]
			runtime.GC()
			if err := c.run(); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			n, begin := 0, oracle.ThreadTime()
			for oracle.ThreadTime()-begin < 150*time.Millisecond {
				if err := c.run(); err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
				n += c.n
			}
			c.took = append(c.took, (oracle.ThreadTime()-begin)/time.Duration(n))
		}
	}
	return nil
}

func (c *contestant) time() time.Duration { return median(append([]time.Duration{}, c.took...)) }

// over is the median of the ratios of the rounds.
func (c *contestant) over(d *contestant) float64 {
	ratios := make([]float64, len(c.took))
	for i := range c.took {
		ratios[i] = float64(c.took[i]) / float64(d.took[i])
	}
	return median(ratios)
}

func nanos(d time.Duration) string { return fmt.Sprintf("%d ns", d.Nanoseconds()) }

// upcastHops is the length of the chains: every hop renames a field, and some do
// more; see [orderChange].
const upcastHops = 20

// orderChange is what hop i of the chain does beside renaming tag{i-1} to tag{i}.
func orderChange(i int) string {
	switch i {
	case 5:
		return `,{"rename":{"from":"qty","to":"quantity"}}`
	case 10:
		return `,{"add":{"path":"currency","value":"EUR"}}`
	case 15:
		return `,{"mapEnum":{"path":"state","map":{"NEW":"OPEN","PAID":"DONE","SHIPPED":"DONE"}}}`
	default:
		return ""
	}
}

func hopDocument(from int, steps string) string {
	return fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%d,"steps":[%s],"down":"none"}`, from, from+1, steps)
}

func hopSteps(i int, change func(hop int) string) string {
	return fmt.Sprintf(`{"rename":{"from":"tag%d","to":"tag%d"}}`, i-1, i) + change(i)
}

// directSteps does in one hop what the chain does in twenty.
func directSteps(change func(hop int) string) string {
	steps := fmt.Sprintf(`{"rename":{"from":"tag0","to":"tag%d"}}`, upcastHops)
	for i := range upcastHops + 1 {
		steps += change(i)
	}
	return steps
}

// orderAvro is version i of the event: twelve fields or one more, with a nested
// record, a list and a nullable.
func orderAvro(i int) string {
	quantity, symbols, more := "qty", `"NEW","PAID","SHIPPED"`, ""
	if i >= 5 {
		quantity = "quantity"
	}
	if i >= 10 {
		more = `,{"name":"currency","type":"string"}`
	}
	if i >= 15 {
		symbols = `"OPEN","DONE"`
	}
	return fmt.Sprintf(`{"type":"record","name":"o.Order","fields":[
	 {"name":"id","type":"string"},{"name":"customer","type":"string"},{"name":%q,"type":"int"},{"name":"price","type":"double"},
	 {"name":"address","type":{"type":"record","name":"Address","fields":[{"name":"street","type":"string"},{"name":"zip","type":"string"},{"name":"country","type":"string"}]}},
	 {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[{"name":"sku","type":"string"},{"name":"n","type":"int"}]}}},
	 {"name":"note","type":["null","string"]},{"name":"state","type":{"type":"enum","name":"State","symbols":[%s]}},
	 {"name":"at","type":"long"},{"name":"paid","type":"boolean"},{"name":"ref","type":"long"},{"name":"tag%d","type":"string"}%s]}`,
		quantity, symbols, i, more)
}

// order is the event as Go code has it, in both versions at once: each codec sees
// the fields of its own.
type order struct {
	ID       string       `avro:"id" json:"id"`
	Customer string       `avro:"customer" json:"customer"`
	Qty      int          `avro:"qty" json:"qty"`
	Price    float64      `avro:"price" json:"price"`
	Address  orderAddress `avro:"address" json:"address"`
	Items    []orderItem  `avro:"items" json:"items"`
	Note     *string      `avro:"note" json:"note"`
	State    string       `avro:"state" json:"state"`
	At       int64        `avro:"at" json:"at"`
	Paid     bool         `avro:"paid" json:"paid"`
	Ref      int64        `avro:"ref" json:"ref"`
	Tag0     string       `avro:"tag0" json:"tag0"`
}

// newOrder is the event of the last version.
type newOrder struct {
	ID       string       `avro:"id" json:"id"`
	Customer string       `avro:"customer" json:"customer"`
	Quantity int          `avro:"quantity" json:"quantity"`
	Price    float64      `avro:"price" json:"price"`
	Address  orderAddress `avro:"address" json:"address"`
	Items    []orderItem  `avro:"items" json:"items"`
	Note     *string      `avro:"note" json:"note"`
	State    string       `avro:"state" json:"state"`
	At       int64        `avro:"at" json:"at"`
	Paid     bool         `avro:"paid" json:"paid"`
	Ref      int64        `avro:"ref" json:"ref"`
	Tag20    string       `avro:"tag20" json:"tag20"`
	Currency string       `avro:"currency" json:"currency"`
}

type orderAddress struct {
	Street  string `avro:"street" json:"street"`
	Zip     string `avro:"zip" json:"zip"`
	Country string `avro:"country" json:"country"`
}

type orderItem struct {
	SKU string `avro:"sku" json:"sku"`
	N   int    `avro:"n" json:"n"`
}

var newStates = map[string]string{"NEW": "OPEN", "PAID": "DONE", "SHIPPED": "DONE"}

// upcast is the migration as people write it in Go.
func (o *order) upcast() newOrder {
	return newOrder{
		ID: o.ID, Customer: o.Customer, Quantity: o.Qty, Price: o.Price, Address: o.Address, Items: o.Items, Note: o.Note,
		State: newStates[o.State], At: o.At, Paid: o.Paid, Ref: o.Ref, Tag20: o.Tag0, Currency: "EUR",
	}
}

// someOrders are distinct events.
func someOrders(n int) []order {
	out := make([]order, n)
	for i := range out {
		o := order{
			ID: fmt.Sprintf("2f1c-%09d", i*7919), Customer: "Ada Lovelace", Qty: i%9 + 1, Price: float64(i%997) + 0.5,
			Address: orderAddress{"12 St James Square", "SW1Y " + string(rune('A'+i%26)), "GB"},
			Items:   []orderItem{{fmt.Sprintf("A-%d", i%1000), 1}, {fmt.Sprintf("B-%d", i%77), i % 200}},
			State:   []string{"NEW", "PAID", "SHIPPED"}[i%3], At: 1_767_225_600_000_000 + int64(i)*1_000_003, Paid: i%2 == 0, Ref: int64(i) * int64(i),
			Tag0: fmt.Sprintf("spring-sale-%d", i%17),
		}
		if i%3 > 0 {
			note := "leave it at the door"
			o.Note = &note
		}
		out[i] = o
	}
	return out
}

// chainOf proves documents between the versions of a subject, and fuses them.
func chainOf(ctx context.Context, documents []string, versions []schema.Parsed) ([]*upcast.Hop, *upcast.Chain, error) {
	var hops []*upcast.Hop
	for i, text := range documents {
		d, err := upcast.Parse(text)
		if err != nil {
			return nil, nil, err
		}
		h, err := upcast.Verify(ctx, d, versions[i], versions[i+1])
		if err != nil {
			return nil, nil, err
		}
		if h.Verdict.Outcome != upcast.Proved {
			return nil, nil, fmt.Errorf("hop %d is %s: %v", i+1, h.Verdict.Outcome, h.Verdict.Problems)
		}
		hops = append(hops, h)
	}
	c, err := upcast.Fuse(hops)
	return hops, c, err
}

// bothChains are the chain of twenty hops, and the one hop that does the same.
func bothChains(ctx context.Context, parse func(version int) (schema.Parsed, error), change func(hop int) string) (hops []*upcast.Hop, long, short *upcast.Chain, err error) {
	var versions []schema.Parsed
	var documents []string
	for i := range upcastHops + 1 {
		s, err := parse(i)
		if err != nil {
			return nil, nil, nil, err
		}
		versions = append(versions, s)
		if i > 0 {
			documents = append(documents, hopDocument(i, hopSteps(i, change)))
		}
	}
	if hops, long, err = chainOf(ctx, documents, versions); err != nil {
		return nil, nil, nil, err
	}
	_, short, err = chainOf(ctx, []string{hopDocument(1, directSteps(change))}, []schema.Parsed{versions[0], versions[upcastHops]})
	return hops, long, short, err
}

// carrying is a runner on a list of events, with the caller's buffers.
func carrying(ctx context.Context, name string, c *upcast.Chain, events [][]byte) *contestant {
	r := upcast.NewRunner(c)
	var scratch plan.Scratch
	var dst []byte
	return &contestant{name: name, n: len(events), run: func() error {
		for _, e := range events {
			out, f, err := r.Apply(ctx, dst[:0], e, &scratch)
			if err != nil {
				return err
			}
			if f != nil {
				return f
			}
			dst = out
		}
		return nil
	}}
}

// upcastAvro measures carrying Avro events.
func upcastAvro(ctx context.Context, e *env) ([]row, error) {
	hops, long, short, err := bothChains(ctx, func(i int) (schema.Parsed, error) { return avro.Parse(orderAvro(i), nil, schemaOptions) }, orderChange)
	if err != nil {
		return nil, err
	}
	old, err := hamba.ParseWithCache(orderAvro(0), "", &hamba.SchemaCache{})
	if err != nil {
		return nil, err
	}
	newest, err := hamba.ParseWithCache(orderAvro(upcastHops), "", &hamba.SchemaCache{})
	if err != nil {
		return nil, err
	}
	list := someOrders(1024)
	events, size := make([][]byte, len(list)), 0
	for i := range list {
		if events[i], err = hamba.Marshal(old, &list[i]); err != nil {
			return nil, err
		}
		size += len(events[i])
	}
	if err := agree(ctx, long, short, list, events, newest); err != nil {
		return nil, err
	}
	if err := agreeOnNoise(ctx, long, events, directAvro); err != nil {
		return nil, err
	}
	twenty, one := carrying(ctx, "20 hops", long, events), carrying(ctx, "one hop", short, events)
	var dst []byte
	byHand := &contestant{name: "by hand", n: len(events), run: func() error {
		for _, e := range events {
			out, ok := directAvro(dst[:0], e)
			if !ok {
				return errors.New("the event was refused")
			}
			dst = out
		}
		return nil
	}}
	typed := &contestant{name: "hamba typed", n: len(events), run: func() error {
		for _, e := range events {
			var o order
			if err := hamba.Unmarshal(old, e, &o); err != nil {
				return err
			}
			x := o.upcast()
			if _, err := hamba.Marshal(newest, &x); err != nil {
				return err
			}
		}
		return nil
	}}
	generic := &contestant{name: "hamba generic", n: len(events), run: func() error { return genericAvro(old, newest, events) }}
	fusing := &contestant{name: "fuse and compile", n: 1, run: func() error {
		c, err := upcast.Fuse(hops)
		if err == nil {
			upcast.NewRunner(c)
		}
		return err
	}}
	if err := e.alternate(twenty, one, byHand, typed, generic, fusing); err != nil {
		return nil, err
	}
	allocations := allocated(twenty)
	return []row{
		{fmt.Sprintf("Avro, %d hops", upcastHops), nanos(twenty.time()), fmt.Sprintf("an event of %d bytes; %.2f× the same plan written by hand in Go (%s); aim ≤ 1.10×", size/len(events), twenty.over(byHand), nanos(byHand.time()))},
		{"the same change in one hop", nanos(one.time()), fmt.Sprintf("20 hops take %.2f× that; aim ≤ 1.15×", twenty.over(one))},
		{"decode, change and encode typed structs with hamba/avro", nanos(typed.time()), fmt.Sprintf("20 hops take %.2f× that; aim ≤ 0.20×", twenty.over(typed))},
		{"the same with maps", nanos(generic.time()), fmt.Sprintf("20 hops take %.3f× that; aim ≤ 0.03×", twenty.over(generic))},
		{"a stream of distinct events on one core", fmt.Sprintf("%.1f M/s, %.0f MB/s", 1e3/float64(twenty.time().Nanoseconds()), float64(size)/float64(len(events))*1e3/float64(twenty.time().Nanoseconds())), "aim ≥ 5 M/s and 600 MB/s"},
		{"allocations with the caller's buffers", fmt.Sprintf("%.0f", allocations), "aim 0"},
		{fmt.Sprintf("fuse and compile %d proved hops", upcastHops), micros(fusing.time()), "aim ≤ 100 µs"},
	}, nil
}

// allocated counts the allocations of one event.
func allocated(c *contestant) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const calls = 20
	for range calls {
		_ = c.run() // it ran without an error a thousand times
	}
	runtime.ReadMemStats(&after)
	return float64((after.Mallocs - before.Mallocs) / uint64(calls*c.n))
}

// agree holds all ways to carry an event to each other before any is measured.
func agree(ctx context.Context, long, short *upcast.Chain, list []order, events [][]byte, newest hamba.Schema) error {
	a, b := upcast.NewRunner(long), upcast.NewRunner(short)
	for i := range list {
		x := list[i].upcast()
		want, err := hamba.Marshal(newest, &x)
		if err != nil {
			return err
		}
		hand, ok := directAvro(nil, events[i])
		if !ok {
			return errors.New("by hand: the event was refused")
		}
		one, f, err := a.Apply(ctx, nil, events[i], nil)
		if err != nil || f != nil {
			return fmt.Errorf("20 hops: %w, %w", err, f)
		}
		two, f, err := b.Apply(ctx, nil, events[i], nil)
		if err != nil || f != nil {
			return fmt.Errorf("one hop: %w, %w", err, f)
		}
		for name, got := range map[string][]byte{"by hand": hand, "20 hops": one, "one hop": two} {
			// The libraries may cut a list into blocks as they like.
			var x, y newOrder
			if err := errors.Join(hamba.Unmarshal(newest, got, &x), hamba.Unmarshal(newest, want, &y)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if !reflect.DeepEqual(x, y) {
				return fmt.Errorf("%s: event %d is %+v, want %+v", name, i, x, y)
			}
		}
	}
	return nil
}

func genericAvro(old, newest hamba.Schema, events [][]byte) error {
	for _, e := range events {
		var m map[string]any
		if err := hamba.Unmarshal(old, e, &m); err != nil {
			return err
		}
		m["quantity"], m["tag20"], m["currency"] = m["qty"], m["tag0"], "EUR"
		m["state"] = newStates[m["state"].(string)]
		delete(m, "qty")
		delete(m, "tag0")
		if _, err := hamba.Marshal(newest, m); err != nil {
			return err
		}
	}
	return nil
}

// directAvro is the whole chain written by hand: it walks the bytes, held to
// them as the plan holds itself, and copies what is around the state. See
// [agreeOnNoise].
func directAvro(dst, e []byte) ([]byte, bool) {
	if len(e) > handLimits.Bytes {
		return dst, false
	}
	w := handWalk{data: e, ok: true}
	w.bytes()
	w.bytes()
	w.int()
	w.skip(8)
	w.bytes()
	w.bytes()
	w.bytes()
	for n, items := w.block(), 0; n > 0; n = w.block() {
		if items += int(min(n, 1<<30)); items > handLimits.Items {
			return dst, false
		}
		for ; n > 0 && w.ok; n-- {
			w.bytes()
			w.int()
		}
	}
	switch w.varint() {
	case 0:
	case 1:
		w.bytes()
	default:
		return dst, false
	}
	before := w.at
	state := w.varint()
	after := w.at
	w.varint()
	w.bool()
	w.varint()
	w.bytes()
	if !w.ok || w.at != len(e) || state < 0 || state > 2 {
		return dst, false
	}
	if state > 0 {
		state = 1
	}
	begin := len(dst)
	dst = append(dst, e[:before]...)
	dst = append(dst, byte(state<<1))
	dst = append(dst, e[after:]...)
	dst = append(dst, 6, 'E', 'U', 'R')
	return dst, len(dst)-begin <= handLimits.Growth*len(e)+handLimits.Extra
}

var handLimits = plan.DefaultEventLimits()

type handWalk struct {
	data []byte
	at   int
	ok   bool
}

func (w *handWalk) varint() int64 {
	if w.at < len(w.data) && w.data[w.at] < 0x80 {
		c := w.data[w.at]
		w.at++
		return int64(c>>1) ^ -int64(c&1)
	}
	n, size := binary.Varint(w.data[min(w.at, len(w.data)):])
	if size <= 0 {
		w.ok = false
		return 0
	}
	w.at += size
	return n
}

func (w *handWalk) int() {
	if n := w.varint(); n != int64(int32(n)) {
		w.ok = false
	}
}

func (w *handWalk) bool() {
	if w.at >= len(w.data) || w.data[w.at] > 1 {
		w.ok = false
		return
	}
	w.at++
}

// block reads how many items follow; none do if the bytes are wrong.
func (w *handWalk) block() int64 {
	n := w.varint()
	if n < 0 {
		n = -n
		if size := w.varint(); n < 0 || size < 0 || size > int64(len(w.data)-w.at) {
			w.ok = false
		}
	}
	if !w.ok {
		return 0
	}
	return n
}

func (w *handWalk) skip(n int64) {
	if n < 0 || n > int64(len(w.data)-w.at) {
		w.ok = false
		return
	}
	w.at += int(n)
}

func (w *handWalk) bytes() { w.skip(w.varint()) }

// agreeOnNoise changes events at random and holds the plan by hand to the chain:
// both refuse the same bytes and give the same image of the others, so that the
// one has no check less than the other.
func agreeOnNoise(ctx context.Context, c *upcast.Chain, events [][]byte, direct func(dst, e []byte) ([]byte, bool)) error {
	r, random := upcast.NewRunner(c), rand.New(rand.NewPCG(1, 2))
	taken := 0
	for _, e := range events {
		for range 50 {
			x := slices.Clone(e)
			for range 1 + random.IntN(3) {
				x[random.IntN(len(x))] = byte(random.Uint32())
			}
			x = x[:len(x)-random.IntN(2)]
			want, f, err := r.Apply(ctx, nil, x, nil)
			if err != nil {
				return err
			}
			got, ok := direct(nil, x)
			if ok != (f == nil) || ok && !bytes.Equal(got, want) {
				return fmt.Errorf("by hand %q becomes %q (%v), in 20 hops %q (%v)", x, got, ok, want, f)
			}
			if ok {
				taken++
			}
		}
	}
	if taken == 0 || taken == 50*len(events) {
		return fmt.Errorf("%d of %d changed events were carried", taken, 50*len(events))
	}
	return nil
}
