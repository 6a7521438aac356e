package upcast

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/upcast/plan"
)

// listSchemas are two versions whose event holds lists, and the second also n.
func listSchemas(t *testing.T, f schema.Format) (from, to schema.Parsed) {
	t.Helper()
	texts := map[schema.Format][2]string{
		schema.Avro: {
			`{"type":"record","name":"R","fields":[{"name":"l","type":{"type":"array","items":"long"}},{"name":"s","type":"string"}]}`,
			`{"type":"record","name":"R","fields":[{"name":"l","type":{"type":"array","items":"long"}},{"name":"s","type":"string"},{"name":"n","type":"boolean"}]}`,
		},
		schema.JSON: {
			`{"type":"object","properties":{"l":{"type":"array","items":{"type":"integer","minimum":0,"maximum":10000000}},"s":{"type":"string"}},"required":["l","s"],"additionalProperties":false}`,
			`{"type":"object","properties":{"l":{"type":"array","items":{"type":"integer","minimum":0,"maximum":10000000}},"s":{"type":"string"},"n":{"type":"boolean"}},"required":["l","s","n"],"additionalProperties":false}`,
		},
		schema.Protobuf: {
			`syntax = "proto3"; message R { repeated int64 l = 1; string s = 2; }`,
			`syntax = "proto3"; message R { repeated int64 l = 1; string s = 2; bool n = 3; }`,
		},
	}[f]
	var out [2]schema.Parsed
	for i, text := range texts {
		p, err := format.Parse(f, text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		out[i] = p
	}
	return out[0], out[1]
}

// listEvent has so many different elements, and a long text.
func listEvent(f schema.Format, n, text int) []byte {
	long := strings.Repeat("a", text)
	var list []byte
	switch f {
	case schema.Avro:
		list = binary.AppendVarint(nil, int64(n))
		for i := range n {
			list = binary.AppendVarint(list, int64(i))
		}
		list = binary.AppendVarint(append(list, 0), int64(text))
		return append(list, long...)
	case schema.JSON:
		for i := range n {
			list = fmt.Appendf(list, ",%d", i)
		}
		return fmt.Appendf(nil, `{"l":[%s],"s":%q}`, list[1:], long)
	default:
		for i := range n {
			list = binary.AppendUvarint(list, uint64(i))
		}
		out := binary.AppendUvarint([]byte{0x0a}, uint64(len(list)))
		out = binary.AppendUvarint(append(append(out, list...), 0x12), uint64(text))
		return append(out, long...)
	}
}

func workRunner(t *testing.T, f schema.Format, steps string) *Runner {
	t.Helper()
	from, to := listSchemas(t, f)
	d, err := Parse(`{"instar":"upcast/v1","from":1,"to":2,"steps":[` + steps + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Verify(t.Context(), d, from, to)
	if err != nil || h.Verdict.Outcome != Proved {
		t.Fatalf("%v, %+v", err, h.Verdict)
	}
	c, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatal(err)
	}
	return NewRunner(c)
}

var allFormats = []schema.Format{schema.Avro, schema.JSON, schema.Protobuf}

// TestWorkIsBounded: what an expression does to a large event is counted with the
// sizes of its texts and lists, all steps of the event together, so that no event
// takes for ever: it is a limit in good time, or carried.
func TestWorkIsBounded(t *testing.T) {
	for _, f := range allFormats {
		for name, c := range map[string]struct {
			n, text int
			expr    string
			carried bool
		}{
			"distinct of many":      {200_000, 1, "size(event.l.distinct()) > 3", true},
			"a list in each list":   {100_000, 1, "event.l.all(x, x in event.l)", false},
			"equality in each":      {100_000, 1, "event.l.exists(x, event.l != event.l)", false},
			"a text in each":        {100_000, 4 << 20, "event.l.all(x, event.s.contains('b') || x >= 0)", false},
			"one pass":              {200_000, 1, "event.l.all(x, x >= 0)", true},
			"a list in a small one": {1_000, 1, "event.l.all(x, x in event.l)", true},
		} {
			if !c.carried && c.text == 1 && f != schema.Avro {
				continue // the lists of all formats are evaluated by one machine
			}
			t.Run(f.String()+"/"+name, func(t *testing.T) {
				r := workRunner(t, f, fmt.Sprintf(`{"add":{"path":"n","expr":%q}}`, c.expr))
				_, failure, err := r.Apply(t.Context(), nil, listEvent(f, c.n, c.text), nil)
				switch {
				case err != nil:
					t.Fatal(err)
				case c.carried && failure != nil:
					t.Error(failure)
				case !c.carried && (failure == nil || failure.Code != FailLimit || !strings.Contains(failure.Reason, "too many steps")):
					t.Errorf("%v", failure)
				}
			})
		}
	}
}

// TestProofsEnd: a proof, a derivation and a proposal whose context has ended give its
// error and no weaker verdict.
func TestProofsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	from, to := avroSchema(t, wide("f", 300)), avroSchema(t, wide("g", 300))
	h, err := Verify(ctx, document(t, "rename: {from: f0, to: g0}"), from, to)
	if !errors.Is(err, context.Canceled) || h != nil {
		t.Errorf("verify: %v, %v", err, h)
	}
	if h, err = Derive(ctx, from, from); !errors.Is(err, context.Canceled) || h != nil {
		t.Errorf("derive: %v, %v", err, h)
	}
	if _, err := Propose(ctx, from, to); !errors.Is(err, context.Canceled) {
		t.Errorf("propose: %v", err)
	}
}

// TestRunsEnd: whoever waits for an event can end it, on bytes and on values, and is
// told by the context's error.
func TestRunsEnd(t *testing.T) {
	slow := make([]string, 0, 40) // each close to the bound alone
	for i := range 40 {
		slow = append(slow, fmt.Sprintf(`{"set":{"path":"n","expr":"event.l.exists(x, x %% 1000 > 2000 + %d)"}}`, i))
	}
	for _, f := range allFormats {
		for name, steps := range map[string]string{
			"computed": `{"add":{"path":"n","expr":"event.l.exists(x, x % 1000 > 2000)"}}`,
			"each":     `{"each":{"path":"l[]","steps":[{"set":{"path":"$","expr":"this % 1000 + 1"}}]}},{"add":{"path":"n","value":true}}`,
			"together": `{"add":{"path":"n","value":true}},` + strings.Join(slow, ","),
		} {
			t.Run(f.String()+"/"+name, func(t *testing.T) {
				r, event := workRunner(t, f, steps), listEvent(f, 50_000, 1)
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				dst := []byte("before")
				out, failure, err := r.Apply(ctx, dst, event, &plan.Scratch{})
				if !errors.Is(err, context.Canceled) || failure != nil || string(out) != "before" {
					t.Errorf("%v, %v, %d bytes", err, failure, len(out))
				}
				if f == schema.Avro {
					if _, _, failure, err = r.Next(ctx, nil, event, &plan.Scratch{}); !errors.Is(err, context.Canceled) || failure != nil {
						t.Errorf("%v, %v", err, failure)
					}
				}
				// The scratch serves the next event, with its own context.
				if _, failure, err := r.Apply(t.Context(), nil, listEvent(f, 10, 1), &plan.Scratch{}); err != nil || failure != nil {
					t.Errorf("%v, %v", err, failure)
				}
			})
		}
	}
}
