package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/blues/jsonata-go"
	"github.com/bytedance/sonic"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast"
)

// orderJSON is version i of the event as a JSON Schema.
func orderJSON(i int) string {
	quantity, symbols, more, need := "qty", `"NEW","PAID","SHIPPED"`, "", ""
	if i >= 5 {
		quantity = "quantity"
	}
	if i >= 10 {
		more, need = `,"currency":{"type":"string"}`, `,"currency"`
	}
	if i >= 15 {
		symbols = `"OPEN","DONE"`
	}
	return fmt.Sprintf(`{"type":"object","additionalProperties":false,"properties":{
	 "id":{"type":"string"},"customer":{"type":"string"},%[1]q:{"type":"integer"},"price":{"type":"number"},
	 "address":{"type":"object","additionalProperties":false,"properties":{"street":{"type":"string"},"zip":{"type":"string"},"country":{"type":"string"}},"required":["street","zip","country"]},
	 "items":{"type":"array","items":{"type":"object","additionalProperties":false,"properties":{"sku":{"type":"string"},"n":{"type":"integer"}},"required":["sku","n"]}},
	 "note":{"type":["string","null"]},"state":{"enum":[%[2]s]},"at":{"type":"integer"},"paid":{"type":"boolean"},"ref":{"type":"integer"},"tag%[3]d":{"type":"string"}%[4]s},
	 "required":["id","customer",%[1]q,"price","address","items","note","state","at","paid","ref","tag%[3]d"%[5]s]}`, quantity, symbols, i, more, need)
}

// upcastJSON measures carrying JSON events.
func upcastJSON(ctx context.Context, e *env) ([]row, error) {
	hops, long, short, err := bothChains(ctx, func(i int) (schema.Parsed, error) { return jsonschema.Parse(orderJSON(i), nil, schemaOptions) }, orderChange)
	if err != nil {
		return nil, err
	}
	list := someOrders(1024)
	events, size := make([][]byte, len(list)), 0
	for i := range list {
		if events[i], err = json.Marshal(&list[i]); err != nil {
			return nil, err
		}
		size += len(events[i])
	}
	rules, err := orderRules()
	if err != nil {
		return nil, err
	}
	if err := agreeJSON(ctx, long, short, list, events, rules); err != nil {
		return nil, err
	}
	if err := agreeOnNoise(ctx, long, events, directJSON); err != nil {
		return nil, err
	}
	twenty, one := carrying(ctx, "20 hops", long, events), carrying(ctx, "one hop", short, events)
	var dst []byte
	byHand := &contestant{name: "by hand", n: len(events), run: func() error {
		for _, e := range events {
			out, ok := directJSON(dst[:0], e)
			if !ok {
				return errors.New("the event was refused")
			}
			dst = out
		}
		return nil
	}}
	standard := &contestant{name: "encoding/json typed", n: len(events), run: func() error { return typedJSON(events, json.Unmarshal, json.Marshal) }}
	fast := &contestant{name: "sonic typed", n: len(events), run: func() error { return typedJSON(events, sonic.Unmarshal, sonic.Marshal) }}
	jsonataRules := &contestant{name: "JSONata", n: 64, run: func() error {
		for _, e := range events[:64] {
			if _, err := rules.apply(e); err != nil {
				return err
			}
		}
		return nil
	}}
	fusing := &contestant{name: "fuse and compile", n: 1, run: func() error {
		c, err := upcast.Fuse(hops)
		if err == nil {
			upcast.NewRunner(c)
		}
		return err
	}}
	if err := e.alternate(twenty, one, byHand, standard, fast, jsonataRules, fusing); err != nil {
		return nil, err
	}
	mean := float64(size) / float64(len(events))
	return []row{
		{fmt.Sprintf("JSON, %d hops, with structural validation", upcastHops), nanos(twenty.time()), fmt.Sprintf("an event of %.0f bytes; %.2f× the same plan written by hand in Go (%s); aim ≤ 1.10×", mean, twenty.over(byHand), nanos(byHand.time()))},
		{"the same change in one hop", nanos(one.time()), fmt.Sprintf("20 hops take %.2f× that; aim ≤ 1.15×", twenty.over(one))},
		{"decode, change and encode typed structs with sonic", nanos(fast.time()), fmt.Sprintf("20 hops take %.2f× that; aim ≤ 0.45×", twenty.over(fast))},
		{"the same with encoding/json", nanos(standard.time()), fmt.Sprintf("20 hops take %.2f× that; aim ≤ 0.15×", twenty.over(standard))},
		{fmt.Sprintf("%d JSONata expressions, one a hop, with jsonata-go", upcastHops), nanos(jsonataRules.time()), fmt.Sprintf("%.0f× the processor time of the chain; aim ≥ 300×", jsonataRules.over(twenty))},
		{"a stream of distinct events on one core", fmt.Sprintf("%.1f M/s, %.0f MB/s", 1e3/float64(twenty.time().Nanoseconds()), mean*1e3/float64(twenty.time().Nanoseconds())), ""},
		{"allocations with the caller's buffers", fmt.Sprintf("%.0f", allocated(twenty)), "aim 0"},
		{fmt.Sprintf("fuse and compile %d proved hops", upcastHops), micros(fusing.time()), "aim ≤ 100 µs"},
	}, nil
}

// agreeJSON holds all ways to carry an event to each other before any is
// measured.
func agreeJSON(ctx context.Context, long, short *upcast.Chain, list []order, events [][]byte, rules orderExpressions) error {
	a, b := upcast.NewRunner(long), upcast.NewRunner(short)
	for i := range list {
		hand, ok := directJSON(nil, events[i])
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
		if !bytes.Equal(one, hand) || !bytes.Equal(one, two) {
			return fmt.Errorf("event %d is\n%s by the chain,\n%s by one hop,\n%s by hand", i, one, two, hand)
		}
		slow := one
		if i < 64 {
			if slow, err = rules.apply(events[i]); err != nil {
				return err
			}
		}
		var x, y newOrder
		if err := errors.Join(json.Unmarshal(one, &x), json.Unmarshal(slow, &y)); err != nil {
			return err
		}
		if want := list[i].upcast(); !reflect.DeepEqual(x, want) || !reflect.DeepEqual(y, want) {
			return fmt.Errorf("event %d is %+v, and %+v by JSONata, want %+v", i, x, y, want)
		}
	}
	return nil
}

func typedJSON(events [][]byte, read func([]byte, any) error, write func(any) ([]byte, error)) error {
	for _, e := range events {
		var o order
		if err := read(e, &o); err != nil {
			return err
		}
		x := o.upcast()
		if _, err := write(&x); err != nil {
			return err
		}
	}
	return nil
}

// orderExpressions are the hops as migration rules are usually written.
type orderExpressions []*jsonata.Expr

func orderRules() (orderExpressions, error) {
	var out orderExpressions
	for i := 1; i <= upcastHops; i++ {
		gone, made := fmt.Sprintf(`$k != "tag%d"`, i-1), fmt.Sprintf(`"tag%d": tag%d`, i, i-1)
		switch i {
		case 5:
			gone, made = gone+` and $k != "qty"`, made+`, "quantity": qty`
		case 10:
			made += `, "currency": "EUR"`
		case 15:
			made += `, "state": state = "NEW" ? "OPEN" : "DONE"`
		}
		e, err := jsonata.Compile(fmt.Sprintf(`$merge([$sift($, function($v, $k) {%s}), {%s}])`, gone, made))
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (l orderExpressions) apply(event []byte) ([]byte, error) {
	var v any
	if err := json.Unmarshal(event, &v); err != nil {
		return nil, err
	}
	was := v.(map[string]any)
	for _, e := range l {
		var err error
		if v, err = e.Eval(v); err != nil {
			return nil, err
		}
	}
	// The port leaves members out that are null.
	if x, ok := v.(map[string]any); ok && was["note"] == nil {
		x["note"] = nil
	}
	return json.Marshal(v)
}
