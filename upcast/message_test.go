package upcast

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

const (
	shop1 = `message Order { string id = 1; int32 qty = 2; Address to = 3; message Line { string sku = 1; } } message Payment { string order = 1; } message Address { string zip = 1; }`
	shop2 = `message Payment { string order = 1; } message Order { string id = 1; string qty = 2; Address to = 3; message Line { bytes sku = 1; } } message Address { string zip = 1; }`
)

// TestMessages: a document is about one message, which need not be the first; the
// others go by derived hops.
func TestMessages(t *testing.T) {
	from, to := protoSchema(t, shop1), protoSchema(t, shop2)
	for message, want := range map[string]string{
		"": "o.Order", "Payment": "o.Payment", "o.Payment": "o.Payment", "Line": "o.Order.Line", "Order.Line": "o.Order.Line",
	} {
		if got, err := MessageName(from, message); err != nil || got != want {
			t.Errorf("%q is %q (%v), want %s", message, got, err, want)
		}
	}
	for _, message := range []string{"ine", "Paymnt", "o."} {
		if got, err := MessageName(from, message); err == nil {
			t.Errorf("%q is %q", message, got)
		}
	}
	for message, outcome := range map[string]Outcome{"Payment": Proved, "Order.Line": Proved, "Order": Refuted} {
		h, err := DeriveOf(t.Context(), message, from, to)
		if err != nil || h.Verdict.Outcome != outcome {
			t.Fatalf("%s: %v, %+v", message, err, h)
		}
		if a, b := h.Messages(); a != "o."+message || b != a {
			t.Errorf("%s leads from %s to %s", message, a, b)
		}
	}
	d, err := Parse("instar: upcast/v1\nfrom: 1\nto: 2\nmessage: Order\nsteps: [convert: {path: qty, to: string, expr: string(this)}]\n")
	if err != nil {
		t.Fatal(err)
	}
	back := strings.Replace(shop1, "message Order", "message First {} message Order", 1)
	if h, err := Verify(t.Context(), d, protoSchema(t, back), to); err != nil || h.Verdict.Outcome != Proved {
		t.Errorf("%v, %+v", err, h)
	}
	if _, err := DeriveOf(t.Context(), "Order", from, protoSchema(t, "message Payment { string order = 1; }")); err == nil {
		t.Error("a message that is gone has a way")
	}
	if h, err := Derive(t.Context(), protoSchema(t, "message A { string x = 1; }"), protoSchema(t, "message B { string x = 1; }")); err != nil || h.Verdict.Outcome != Proved {
		t.Errorf("the first message under another name: %v", err)
	}
}

// TestUnbridged: a hop answers for its message and what that is made of, not for
// the other messages of the file.
func TestUnbridged(t *testing.T) {
	for name, c := range map[string]struct {
		to, want string
	}{
		"nothing else changed":  {shop2, ""},
		"another one breaks":    {strings.Replace(shop2, "string order", "int32 order", 1), "o.Payment"},
		"another one is gone":   {strings.Replace(shop2, "message Payment { string order = 1; }", "", 1), "o.Payment"},
		"a part of it changed":  {strings.Replace(shop2, "string zip = 1", "string zip = 2", 1), ""},
		"another one may widen": {strings.Replace(shop2, "string order", "bytes order", 1), ""},
	} {
		steps := []string{"convert: {path: qty, to: string, expr: string(this)}"}
		if name == "a part of it changed" {
			steps = append(steps, "rename: {from: 'to?.zip', to: 'to?.#2'}")
		}
		h, err := Verify(t.Context(), document(t, steps...), protoSchema(t, shop1), protoSchema(t, c.to))
		if err != nil || h.Verdict.Outcome != Proved {
			t.Fatalf("%s: %v, %+v", name, err, h)
		}
		got, why, err := h.Unbridged(false, func(m string, from, to schema.Parsed) (*Hop, error) { return DeriveOf(t.Context(), m, from, to) })
		if err != nil || got != c.want || (got == "") != (why == "") {
			t.Errorf("%s: %q (%s), %v; want %q", name, got, why, err, c.want)
		}
	}
}
