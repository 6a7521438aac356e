package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/client"
)

// partsHouse has the subject o, of which every event becomes one of o and one of s,
// and both go on by a document: a becomes a2 in o, b becomes b2 in s.
func partsHouse(t *testing.T, format, whole, first, first2, second, second2 string) *house {
	t.Helper()
	h := openHouse(t, nil)
	_, err := h.admin.SetConfig(bg, "", client.ConfigPatch{Set: wire.Config{Compatibility: "NONE"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range [][2]string{{"o", whole}, {"o", first}, {"o", first2}, {"s", second}, {"s", second2}} {
		h.register(v[0], wire.RegisterRequest{SchemaType: format, Schema: v[1]})
	}
	for _, c := range []struct {
		subject string
		from    int
		steps   string
	}{
		{"o", 1, `{"splitEvent":{"outputs":[{"name":"first","to":{"subject":"o","version":2},"steps":[{"drop":{"path":"b"}}]},{"name":"second","to":{"subject":"s","version":1},"steps":[{"drop":{"path":"a"}}]}]}}`},
		{"o", 2, `{"rename":{"from":"a","to":"a2"}}`},
		{"s", 1, `{"rename":{"from":"b","to":"b2"}}`},
	} {
		document := fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%d,"steps":[%s]}`, c.from, c.from+1, c.steps)
		added, err := h.admin.AddUpcaster(bg, c.subject, c.from, c.from+1, document, client.AddUpcasterOptions{})
		must(t, added, err)
		if added.Verdict != "PROVED" {
			t.Fatalf("%+v", added)
		}
	}
	return h
}

// partsFormats are the schemas of [partsHouse] in each format.
func partsFormats() map[string][6]string {
	avro := func(fields ...string) string {
		return `{"type":"record","name":"R","fields":[{"name":"` + strings.Join(fields, `","type":"int"},{"name":"`) + `","type":"int"}]}`
	}
	object := func(names ...string) string {
		all := `"` + strings.Join(names, `":{"type":"integer"},"`) + `":{"type":"integer"}`
		return `{"type":"object","properties":{` + all + `},"required":["` + strings.Join(names, `","`) + `"],"additionalProperties":false}`
	}
	// The message of a part is the first of its file, whatever its name.
	proto := func(name, fields string) string { return `syntax = "proto3"; message ` + name + ` { ` + fields + ` }` }
	return map[string][6]string{
		"AVRO":     {"AVRO", avro("a", "b"), avro("a"), avro("a2"), avro("b"), avro("b2")},
		"JSON":     {"JSON", object("a", "b"), object("a"), object("a2"), object("b"), object("b2")},
		"PROTOBUF": {"PROTOBUF", proto("W", "int32 a = 1; int32 b = 2;"), proto("W", "int32 a = 1;"), proto("W", "int32 a2 = 1;"), proto("S", "int32 b = 2;"), proto("S", "int32 b2 = 2;")},
	}
}

// TestPartsOfFormats: in every format parts go on by the documents of their own
// subjects, are framed as of the version that they come to, and are traced.
func TestPartsOfFormats(t *testing.T) {
	for format, v := range partsFormats() {
		t.Run(format, func(t *testing.T) {
			h := partsHouse(t, v[0], v[1], v[2], v[3], v[4], v[5])
			request := wire.UpcastRequest{Subject: "o", From: "1", Event: json.RawMessage(`{"a":7,"b":8}`), Trace: true}
			out, err := h.admin.Upcast(bg, request)
			must(t, out, err)
			if len(out.Events) != 2 || out.Events[0].Subject != "o" || out.Events[0].Version != 3 || string(out.Events[0].Event) != `{"a2":7}` ||
				out.Events[1].Subject != "s" || out.Events[1].Version != 2 || string(out.Events[1].Event) != `{"b2":8}` {
				t.Fatalf("%+v", out.Events)
			}
			if len(out.Trace) != 4 || out.Trace[3].Part != "second#0" || string(out.Trace[3].Before) != `{"b":8}` || string(out.Trace[3].After) != `{"b2":8}` || out.Trace[3].Subject != "s" {
				t.Errorf("%+v", out.Trace)
			}
			request.As, request.Trace = "frame", false
			framed, err := h.admin.Upcast(bg, request)
			must(t, framed, err)
			for i := range framed.Events {
				again, err := h.admin.Upcast(bg, wire.UpcastRequest{EventBase64: framed.Events[i].Base64, Encoding: "frame"})
				must(t, again, err)
				if again.Outcome != "unchanged" || again.Events[0].Subject != out.Events[i].Subject || string(again.Events[0].Event) != string(out.Events[i].Event) {
					t.Errorf("the frame of part %d is of %+v", i, again)
				}
			}
		})
	}
}

// TestHiddenParts: who does not see a subject that a part goes to is told so, and
// nothing of it.
func TestHiddenParts(t *testing.T) {
	v := partsFormats()["AVRO"]
	h := partsHouse(t, v[0], v[1], v[2], v[3], v[4], v[5])
	some := h.as("some", nil, [2]string{string(auth.RoleViewer), ":.:o"})
	both := h.as("both", nil, [2]string{string(auth.RoleViewer), ":.:o"}, [2]string{string(auth.RoleViewer), ":.:s"})
	event := wire.UpcastRequest{Subject: "o", From: "1", Event: json.RawMessage(`{"a":7,"b":8}`)}
	if out, err := both.Upcast(bg, event); err != nil || len(out.Events) != 2 {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := some.Upcast(bg, event); err == nil || !strings.Contains(err.Error(), "42253") || strings.Contains(err.Error(), "'s'") {
		t.Errorf("a hidden part gives %v", err)
	}
	event.From, event.Event = "2", json.RawMessage(`{"a":7}`)
	if out, err := some.Upcast(bg, event); err != nil || out.Events[0].Version != 3 {
		t.Errorf("behind the split: %+v, %v", out, err)
	}
}
