package api

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/instar-registry/instar/api/wire"
)

// TestUnchangedBytes: an event of the version that it is to be carried to comes back
// in the bytes that came in, whatever names its version: an id, a GUID, or indexes of
// messages written at length.
func TestUnchangedBytes(t *testing.T) {
	h := openHouse(t, nil)
	v := h.register("o", wire.RegisterRequest{Schema: `{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}`})
	p := h.register("p", wire.RegisterRequest{SchemaType: "PROTOBUF", Schema: `syntax = "proto3"; message R { int32 a = 1; }`})
	guid, err := hex.DecodeString(strings.ReplaceAll(v.GUID, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	for name, event := range map[string][]byte{
		"id":           {0, 0, 0, 0, byte(v.ID), 10},
		"GUID":         append(append([]byte{1}, guid...), 10),
		"first":        {0, 0, 0, 0, byte(p.ID), 0, 8, 5},
		"written long": {0, 0, 0, 0, byte(p.ID), 2, 0, 8, 5},
		// Fields that need not be written, and one that nobody knows.
		"as it stands": {0, 0, 0, 0, byte(p.ID), 0, 8, 0, 8, 5, 0x78, 1},
	} {
		out, err := h.admin.Upcast(bg, wire.UpcastRequest{Encoding: "frame", EventBase64: base64.StdEncoding.EncodeToString(event), As: "frame"})
		must(t, out, err)
		if out.Outcome != "unchanged" || out.Events[0].Base64 != base64.StdEncoding.EncodeToString(event) {
			t.Errorf("%s: %s", name, marshalled(t, out))
		}
	}
}

func marshalled(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
