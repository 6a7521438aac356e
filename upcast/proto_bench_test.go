package upcast

import (
	"fmt"
	"testing"
)

// orderProto is version i of an event of twelve fields with a nested message, a list
// of messages and an optional text, as `bench upcast-proto` has it.
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
	return fmt.Sprintf(`message Order {
  string id = 1; string customer = 2; %s double price = 4; Address address = 5; repeated Item items = 6; optional string note = 7;
  State state = 8; int64 at = 9; bool paid = 10; int64 ref = 11; string tag%d = %d; %s
}
message Address { string street = 1; string zip = 2; string country = 3; }
message Item { string sku = 1; int32 n = 2; }
enum State { %s }`, quantity, i, 20+i, more, symbols)
}

// BenchmarkFuseProto measures fusion and compilation of twenty proved hops: each
// renames a field, three do more.
func BenchmarkFuseProto(b *testing.B) {
	var hops []*Hop
	for i := range 20 {
		steps := []string{fmt.Sprintf("rename: {from: tag%d, to: tag%d}", i, i+1)}
		switch i + 1 {
		case 5:
			steps = append(steps, "rename: {from: qty, to: quantity}")
		case 10:
			steps = append(steps, "add: {path: currency, value: EUR}")
		case 15:
			steps = append(steps, "mapEnum: {path: state, map: {NEW: OPEN, PAID: DONE, SHIPPED: DONE}, else: {value: OPEN}}")
		}
		h, err := Verify(b.Context(), document(b, steps...), protoSchema(b, orderProto(i)), protoSchema(b, orderProto(i+1)))
		if err != nil || h.Verdict.Outcome != Proved {
			b.Fatal(err, h)
		}
		hops = append(hops, h)
	}
	b.ReportAllocs()
	for b.Loop() {
		c, err := Fuse(hops)
		if err != nil {
			b.Fatal(err)
		}
		NewRunner(c)
	}
}
