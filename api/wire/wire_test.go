package wire

import (
	"encoding/json"
	"testing"
)

func TestMarshalLeavesTextsAlone(t *testing.T) {
	for _, text := range []string{
		`<a> & "b"`, "line\u2028sep\u2029end", `\u2028 as six characters`, `\\u2028`, "tab\tnul\x00", "ünï😀", `\`,
	} {
		body, err := Marshal(Schema{Schema: text})
		if err != nil {
			t.Fatal(err)
		}
		var back Schema
		if err := json.Unmarshal(body, &back); err != nil {
			t.Fatalf("%q: %v in %s", text, err, body)
		}
		if back.Schema != text {
			t.Errorf("%q came back as %q", text, back.Schema)
		}
	}
	body, err := Marshal([]string{"<\u2028>&\u2029", `\u2028`})
	if err != nil {
		t.Fatal(err)
	}
	if want := "[\"<\u2028>&\u2029\",\"\\\\u2028\"]"; string(body) != want {
		t.Errorf("got %s, want %s", body, want)
	}
}

func TestBodiesKeepTheirOrderAndOmitWhatIsEmpty(t *testing.T) {
	no := false
	empty := []string{}
	for _, c := range []struct {
		name string
		body any
		want string
	}{
		{"error", Error{ErrorCode: 40401, Message: "Subject 'x' not found."}, `{"error_code":40401,"message":"Subject 'x' not found."}`},
		{
			"version",
			Schema{Subject: "s", Version: 1, ID: 2, GUID: "g", SchemaType: "AVRO", Schema: `"int"`, Timestamp: 3, Deleted: &no},
			`{"subject":"s","version":1,"id":2,"guid":"g","schemaType":"AVRO","schema":"\"int\"","ts":3,"deleted":false}`,
		},
		{"metadata that was sent empty stays", SchemaByID{Schema: "x", Metadata: &Metadata{}}, `{"schema":"x","metadata":{}}`},
		{"registered, 7.x", Registered{ID: 7}, `{"id":7}`},
		{"compatibility", Compatibility{IsCompatible: true}, `{"is_compatible":true}`},
		{"compatibility, verbose", Compatibility{IsCompatible: true, Messages: &empty}, `{"is_compatible":true,"messages":[]}`},
		{"rule", Rule{Name: "r", Kind: "CONDITION"}, `{"name":"r","kind":"CONDITION","disabled":false}`},
		{"cleared mode", Mode{}, `{}`},
	} {
		got, err := Marshal(c.body)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
