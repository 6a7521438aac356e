package plan

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// plainWalk walks a value in the plainest way; it says what the programs of the
// walker must accept. It gives the rest of the bytes.
type plainWalk struct {
	strict      bool
	items, zero int
	limits      EventLimits
}

func (w *plainWalk) value(t *Type, b []byte) ([]byte, bool) {
	switch t.Kind {
	case Null:
		return b, true
	case Bool:
		return b[min(1, len(b)):], len(b) > 0 && b[0] <= 1
	case Int:
		n, b, ok := plainLong(b)
		return b, ok && (t.Bits == 64 || n == int64(int32(n)))
	case Float:
		return plainTake(b, int64(t.Bits/8))
	case Bytes, Decimal:
		if t.Size > 0 {
			return plainTake(b, int64(t.Size))
		}
		return w.text(b, false)
	case String:
		return w.text(b, w.strict)
	case Enum:
		n, b, ok := plainLong(b)
		return b, ok && n >= 0 && n < int64(len(t.Symbols))
	case Union:
		n, b, ok := plainLong(b)
		if !ok || n < 0 || n >= int64(len(t.Branches)) {
			return nil, false
		}
		return w.value(t.Branches[n].Type, b)
	case Record:
		ok := true
		for i := range t.Fields {
			if b, ok = w.value(t.Fields[i].Type, b); !ok {
				return nil, false
			}
		}
		return b, true
	default:
		return w.blocks(t, b)
	}
}

func (w *plainWalk) blocks(t *Type, b []byte) ([]byte, bool) {
	for {
		n, rest, ok := plainLong(b)
		if b = rest; !ok || n == 0 {
			return b, ok
		}
		if n < 0 {
			size, rest, ok := plainLong(b)
			if !ok || size < 0 || size > int64(len(rest)) {
				return nil, false
			}
			n, b = -n, rest
		}
		if n < 0 || n > int64(w.limits.Items-w.items) {
			return nil, false
		}
		w.items += int(n)
		for range n {
			before := len(b)
			if t.Kind == Map {
				if b, ok = w.text(b, w.strict); !ok {
					return nil, false
				}
			}
			if b, ok = w.value(t.Elem, b); !ok {
				return nil, false
			}
			if len(b) == before {
				if w.zero++; w.zero > w.limits.ZeroItems {
					return nil, false
				}
			}
		}
	}
}

func (w *plainWalk) text(b []byte, strict bool) ([]byte, bool) {
	n, b, ok := plainLong(b)
	if !ok {
		return nil, false
	}
	rest, ok := plainTake(b, n)
	return rest, ok && (!strict || utf8.Valid(b[:n]))
}

func plainLong(b []byte) (int64, []byte, bool) {
	n, size := binary.Varint(b)
	return n, b[max(size, 0):], size > 0
}

func plainTake(b []byte, n int64) ([]byte, bool) {
	if n < 0 || n > int64(len(b)) {
		return nil, false
	}
	return b[n:], true
}

// walkSchemas are types whose programs are made in all ways: in place and called,
// items in place, nested and without bytes, branches of all kinds.
func walkSchemas() map[string]string {
	var wide strings.Builder
	for i := range 20 {
		fmt.Fprintf(&wide, `,{"name":"w%d","type":%s}`, i, []string{`"int"`, `"string"`, `["null","long"]`, `"boolean"`}[i%4])
	}
	record := func(name, fields string) string {
		return `{"type":"record","name":"` + name + `","fields":[` + fields + `]}`
	}
	field := func(name, typ string) string { return `{"name":"` + name + `","type":` + typ + `}` }
	item := record("Item", field("sku", `"string"`)+`,`+field("n", `"int"`)+`,`+field("on", `["null","bytes"]`))
	return map[string]string{
		"everything": everything,
		"wide":       record("E", field("a", `["string",`+record("W", field("x", `"null"`)+wide.String())+`,"null","int"]`)+`,`+field("b", `{"type":"array","items":"W"}`)+`,`+field("c", `"W"`)),
		"items":      record("E", field("a", `{"type":"array","items":`+item+`}`)+`,`+field("b", `{"type":"map","values":"Item"}`)+`,`+field("c", `["null",{"type":"array","items":"Item"}]`)),
		"nested":     record("E", field("a", `{"type":"array","items":{"type":"array","items":{"type":"map","values":"int"}}}`)+`,`+field("b", `{"type":"map","values":{"type":"array","items":"string"}}`)),
		"no bytes": record("E", field("a", `{"type":"array","items":"null"}`)+`,`+field("b", `{"type":"array","items":`+record("Empty", "")+`}`)+`,`+
			field("c", `{"type":"map","values":"null"}`)+`,`+field("d", `{"type":"array","items":["null","Empty"]}`)),
		"branches": record("E", field("a", `["null","boolean","int","long","float","double","bytes","string",{"type":"fixed","name":"F","size":2},{"type":"enum","name":"N","symbols":["A","B"]},{"type":"map","values":["int","string"]}]`)),
		"tree":     record("E", field("v", `["null","int"]`)+`,`+field("l", `["null","E"]`)+`,`+field("more", `{"type":"array","items":"E"}`)),
	}
}

// TestWalkPrograms holds the programs to the plain walk, on events and on noise,
// with text held to UTF-8 and without.
func TestWalkPrograms(t *testing.T) {
	limits := EventLimits{Bytes: 1 << 20, Depth: 64, Items: 100, ZeroItems: 20}
	for name, text := range walkSchemas() {
		s := parseAvro(t, text)
		typ := FromAvro(s)
		places, root := newPlaces(&Binder{Type: typ})
		var scans [2]scan
		entries := [2]int{}
		for i, strict := range []bool{false, true} {
			entries[i] = newWalkMaker(places, &scans[i].programs, strict).scope(root)
		}
		random, taken, all := rand.New(rand.NewPCG(3, 4)), 0, 0
		for seed := range uint64(150) {
			sample, err := s.Sample(seed)
			if err != nil {
				t.Fatal(err)
			}
			for round := range 60 {
				event := slices.Clone(sample.Binary)
				if round > 0 {
					event = noise(random, event)
				}
				for i, strict := range []bool{false, true} {
					w := scan{programs: scans[i].programs, limits: &limits}
					end, got := w.run(entries[i], event, 0)
					got = got && end == uint(len(event))
					plain := plainWalk{strict: strict, limits: limits}
					rest, want := plain.value(typ, event)
					if want = want && len(rest) == 0; got != want {
						t.Fatalf("%s: the walk of %x is %v, want %v (strict %v)", name, event, got, want, strict)
					}
					if all++; got {
						taken++
					}
				}
			}
		}
		if taken == 0 || taken == all {
			t.Errorf("%s: %d of %d were taken", name, taken, all)
		}
	}
}

// noise changes some bytes of an event, puts some in or takes some away.
func noise(r *rand.Rand, event []byte) []byte {
	for range 1 + r.IntN(3) {
		at := r.IntN(len(event) + 1)
		switch r.IntN(4) {
		case 0:
			event = slices.Insert(event, at, byte(r.Uint32()))
		case 1:
			event = append(event[:at], event[min(at+1, len(event)):]...)
		default:
			if at < len(event) {
				event[at] = []byte{0, 1, 2, 3, 0x7f, 0x80, 0xff, byte(r.Uint32())}[r.IntN(8)]
			}
		}
	}
	return event
}
