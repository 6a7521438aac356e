package api

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/client"
)

// renamedHouse has the subject old, of which events go on in new by a document.
func renamedHouse(t *testing.T, old, placed wire.RegisterRequest) *house {
	t.Helper()
	h := openHouse(t, nil)
	h.register("old", old)
	h.register("new", placed)
	document := `{"instar":"upcast/v1","from":1,"to":{"subject":"new","version":1},"steps":[{"rename":{"from":"a","to":"c"}},{"renameType":{"to":{"subject":"new","version":1}}}]}`
	added, err := h.admin.AddUpcaster(bg, "old", 1, 1, document, client.AddUpcasterOptions{})
	must(t, added, err)
	if added.Verdict != "PROVED" || added.Class != "iso" {
		t.Errorf("%+v", added)
	}
	return h
}

// TestRenamedSubjectsOfFormats: documents lead to other subjects in JSON and in
// Protobuf, where the message there has another name, and back.
func TestRenamedSubjectsOfFormats(t *testing.T) {
	for name, c := range map[string]struct{ format, old, placed string }{
		"JSON": {
			"JSON", `{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}`,
			`{"type":"object","properties":{"c":{"type":"integer"}},"required":["c"],"additionalProperties":false}`,
		},
		"Protobuf": {"PROTOBUF", `syntax = "proto3"; message Old { int32 a = 1; }`, `syntax = "proto3"; message New { int32 c = 1; }`},
	} {
		t.Run(name, func(t *testing.T) {
			h := renamedHouse(t, wire.RegisterRequest{SchemaType: c.format, Schema: c.old}, wire.RegisterRequest{SchemaType: c.format, Schema: c.placed})
			up, err := h.admin.Upcast(bg, wire.UpcastRequest{Subject: "old", From: "1", Event: json.RawMessage(`{"a":7}`)})
			must(t, up, err)
			if e := up.Events[0]; e.Subject != "new" || e.Version != 1 || string(e.Event) != `{"c":7}` {
				t.Errorf("up: %+v", up)
			}
			down, err := h.admin.Upcast(bg, wire.UpcastRequest{Subject: "new", From: "1", To: "1", ToSubject: "old", Event: json.RawMessage(`{"c":7}`)})
			must(t, down, err)
			if e := down.Events[0]; e.Subject != "old" || string(e.Event) != `{"a":7}` {
				t.Errorf("down: %+v", down)
			}
		})
	}
}

// TestHiddenDestinations: who does not see the subject that events go to learns
// nothing of it.
func TestHiddenDestinations(t *testing.T) {
	h := renamedHouse(t, avro("Old", "a"), avro("New", "c"))
	some := h.as("some", nil, [2]string{string(auth.RoleViewer), ":.:old"})
	both := h.as("both", nil, [2]string{string(auth.RoleViewer), ":.:old"}, [2]string{string(auth.RoleViewer), ":.:new"})
	event := wire.UpcastRequest{Subject: "old", From: "1", Event: json.RawMessage(`{"a":7}`)}
	if out, err := both.Upcast(bg, event); err != nil || out.Events[0].Subject != "new" {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := some.Upcast(bg, event); err == nil || !strings.Contains(err.Error(), "42253") || strings.Contains(err.Error(), "new") {
		t.Errorf("a hidden destination gives %v", err)
	}
	event.ToSubject, event.To = "new", "1"
	if _, err := some.Upcast(bg, event); err == nil || !strings.Contains(err.Error(), "40401") {
		t.Errorf("a hidden target gives %v", err)
	}
	for who, c := range map[*client.Client]int{some: 1, both: 2} {
		out, err := who.UpcasterCoverage(bg, "old", 0)
		if err != nil || len(out.Versions) != c {
			t.Errorf("coverage has %+v, want %d versions, %v", out.Versions, c, err)
		}
		list, err := who.Upcasters(bg, "old", client.UpcasterFilter{})
		if err != nil || len(list) != 1 || (list[0].Target == "new") != (c == 2) {
			t.Errorf("the list has %+v, %v", list, err)
		}
	}
}
