package protobuf

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
)

const orderPlaced = `syntax = "proto3";
package bench;
message OrderPlaced {
  string id = 1; string customer_id = 2; string currency = 3; int64 total = 4; int64 placed_at = 5; int64 updated_at = 6;
  Address shipping = 7; optional Address billing = 8; repeated Line lines = 9; optional string note = 10; optional string coupon = 11;
  State state = 12; map<string, string> attributes = 13; bytes amount = 14; bool gift = 15; double weight = 16; uint32 version = 17;
}
message Address { string street = 1; string city = 2; string zip = 3; string country = 4; }
message Line { string sku = 1; int32 quantity = 2; int64 price = 3; }
enum State { NEW = 0; PAID = 1; }
`

// benchEvent is an event of 17 fields with nested messages, lists and a map.
func benchEvent(tb testing.TB) (*Walker, []byte) {
	s := mustParse(tb, orderPlaced)
	w, err := s.Walker(nil)
	if err != nil {
		tb.Fatal(err)
	}
	sample, err := s.Sample(0)
	if err != nil {
		tb.Fatal(err)
	}
	event := sample.Binary
	for range 3 { // lists and maps grow, the rest is overwritten
		event = append(event, sample.Binary...)
	}
	return w, event
}

func TestWalkDoesNotAllocate(t *testing.T) {
	w, event := benchEvent(t)
	if n := testing.AllocsPerRun(100, func() {
		if err := w.Walk(event); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkWalk(b *testing.B) {
	w, event := benchEvent(b)
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Walk(event); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshalDynamic(b *testing.B) {
	w, event := benchEvent(b)
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		if err := proto.Unmarshal(event, dynamicpb.NewMessage(w.md)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(orderPlaced)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(orderPlaced, nil, defaults()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseLarge parses a text of about 200 kB.
func BenchmarkParseLarge(b *testing.B) {
	var text strings.Builder
	text.WriteString("syntax = \"proto3\";\n")
	for i := range 700 {
		fmt.Fprintf(&text, "message M%d {\n", i)
		for j := range 10 {
			fmt.Fprintf(&text, "  optional string field_%d = %d;\n", j, j+1)
		}
		text.WriteString("}\n")
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := Parse(text.String(), nil, defaults()); err != nil {
			b.Fatal(err)
		}
	}
}
