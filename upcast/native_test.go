package upcast

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/upcast/plan"
)

// carriedTo is the chain of one document.
func carriedTo(t *testing.T, f schema.Format, from, to, steps string) *Chain {
	t.Helper()
	parse := func(text string) schema.Parsed {
		s, err := format.Parse(f, text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	d, err := Parse("instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n" + steps)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Verify(t.Context(), d, parse(from), parse(to))
	if err != nil || h.Verdict.Outcome != Proved {
		t.Fatalf("%v, %+v", err, h)
	}
	c, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	oldJSON    = `{"type":"object","properties":{"id":{"type":"integer"},"name":{"type":"string"}},"required":["id","name"],"additionalProperties":false}`
	newJSON    = `{"type":"object","properties":{"id":{"type":"integer"},"full":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}},"required":["id","full","tags"],"additionalProperties":false}`
	renameStep = "  - rename: {from: name, to: full}\n"
)

func TestApplyMapOfJSON(t *testing.T) {
	r := NewRunner(carriedTo(t, schema.JSON, oldJSON, newJSON, renameStep+"  - add: {path: tags, value: []}\n"))
	got, f, err := r.ApplyMap(t.Context(), map[string]any{"id": json.Number("123456789012345678901234567890"), "name": "a"})
	want := map[string]any{"id": json.Number("123456789012345678901234567890"), "full": "a", "tags": []any{}}
	if f != nil || err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, %v", got, f, err)
	}
	var wrong *plan.NativeError
	for _, event := range []any{map[string]any{"id": "x", "name": "a"}, map[string]any{"id": 1}, 3, func() {}} {
		if _, _, err := r.ApplyMap(t.Context(), event); !errors.As(err, &wrong) {
			t.Errorf("%v: %v", event, err)
		}
	}
}

func TestReader(t *testing.T) {
	c := carriedTo(t, schema.JSON, oldJSON, newJSON, renameStep+"  - add: {path: tags, value: [new]}\n")
	type into struct {
		ID   int8     `json:"id"`
		Full string   `json:"full,omitempty"`
		Tags []string `json:"tags"`
	}
	r, err := NewReader(c, &into{})
	if err != nil {
		t.Fatal(err)
	}
	got := into{Full: "before"}
	if f, err := r.Read(t.Context(), []byte(`{"id":1e1,"name":"a"}`), &got); f != nil || err != nil || !reflect.DeepEqual(got, into{10, "a", []string{"new"}}) {
		t.Errorf("%+v, %v, %v", got, f, err)
	}
	if _, err := r.Read(t.Context(), []byte(`{"id":128,"name":"a"}`), &got); err == nil || !strings.Contains(err.Error(), "id: 128 does not fit int8") {
		t.Errorf("a number that is too large: %v", err)
	}
	if f, err := r.Read(t.Context(), []byte(`{"id":1}`), &got); err != nil || f == nil || f.Code != plan.FailInput {
		t.Errorf("no event of the first version: %v, %v", f, err)
	}
	if _, err := NewReader(c, &struct {
		ID int `json:"id"`
	}{}); err == nil || !strings.Contains(err.Error(), `has no field for it; add one with the tag json:"full"`) {
		t.Errorf("a struct without a field: %v", err)
	}
}

// TestReaderOfProtobuf reads into a struct with the tags of generated code.
func TestReaderOfProtobuf(t *testing.T) {
	c := carriedTo(t, schema.Protobuf,
		`syntax = "proto3"; message M { int32 qty = 1; string name = 2; repeated Line lines = 3; } message Line { int64 cents = 1; }`,
		`syntax = "proto3"; message M { int64 quantity = 1; string name = 2; repeated Line lines = 3; bool paid = 4; } message Line { int64 cents = 1; }`,
		"  - retype: {path: qty, to: int64}\n  - rename: {from: qty, to: quantity}\n  - add: {path: paid, value: true}\n")
	type line struct {
		Cents int64 `protobuf:"varint,1,opt,name=cents,proto3" json:"cents,omitempty"`
	}
	type message struct {
		Quantity int64   `protobuf:"varint,1,opt,name=quantity,proto3" json:"quantity,omitempty"`
		Name     string  `protobuf:"bytes,2,opt,name=name,proto3" json:"name,omitempty"`
		Lines    []*line `protobuf:"bytes,3,rep,name=lines,proto3" json:"lines,omitempty"`
		Paid     bool    `protobuf:"varint,4,opt,name=paid,proto3" json:"paid,omitempty"`
	}
	r, err := NewReader(c, &message{})
	if err != nil {
		t.Fatal(err)
	}
	var got message
	f, err := r.Read(t.Context(), []byte{0x08, 0x07, 0x12, 0x01, 'x', 0x1a, 0x02, 0x08, 0x05, 0x1a, 0x00}, &got)
	if f != nil || err != nil || !reflect.DeepEqual(got, message{7, "x", []*line{{5}, {}}, true}) {
		t.Errorf("%+v, %v, %v", got, f, err)
	}
}

// TestReaderOfUntypedJSON reads what JSON Schema leaves open, and unions, into
// fields of type any: as encoding/json would with UseNumber.
func TestReaderOfUntypedJSON(t *testing.T) {
	const text = `{"type":"object","properties":{"id":{"type":"string"},"pay":{"oneOf":[
	 {"type":"object","properties":{"kind":{"const":"card"},"no":{"type":"integer"}},"required":["kind","no"]},
	 {"type":"object","properties":{"kind":{"const":"cash"}},"required":["kind"]}]},"more":true,"%s":{"type":"string"}},"required":["id","%[1]s"]}`
	c := carriedTo(t, schema.JSON, fmt.Sprintf(text, "old"), fmt.Sprintf(text, "new"), "  - rename: {from: old, to: new}\n")
	type into struct {
		ID   string `json:"id"`
		New  string `json:"new"`
		Pay  any    `json:"pay"`
		More any    `json:"more"`
	}
	r, err := NewReader(c, &into{})
	if err != nil {
		t.Fatal(err)
	}
	const event = `{"id":"a","old":"b","pay":{"kind":"card","no":12,"x":null},"more":[[1,{"k":[true,null,"t",1.50]}],{}]}`
	var got, want into
	if f, err := r.Read(t.Context(), []byte(event), &got); f != nil || err != nil {
		t.Fatal(f, err)
	}
	d := json.NewDecoder(strings.NewReader(strings.Replace(event, `"old"`, `"new"`, 1)))
	d.UseNumber()
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}
