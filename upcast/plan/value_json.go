package plan

import (
	"encoding/base64"
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
)

// WriteValue writes a value of a type as JSON from which [ReadValue] reads the
// same value: exact numbers, bytes, what is absent, and what is unknown in
// Protobuf included.
func WriteValue(v Value, t *Type) (*jsonx.Value, error) {
	w := &planWriter{unknown: true}
	out := w.literalOf(v, t)
	return out, w.err
}

// ReadValue reads what [WriteValue] writes. The text may be anybody's: what is no
// value of the type is an error.
func ReadValue(v *jsonx.Value, t *Type) (Value, error) {
	r := &planReader{unknown: true}
	if tree := v.Get("json"); t.JSON && tree != nil {
		// A constant of JSON may be read as a wider type; a value may not.
		out, ok := ReadJSON(tree, t)
		if !ok {
			return nil, fmt.Errorf("the value is no %s", t)
		}
		return out, nil
	}
	out := r.constant(v, t)
	return out, r.err
}

// unknownFields writes what is unknown in a message, in its order.
func (w *planWriter) unknownFields(rest []Entry) *jsonx.Value {
	out := jsonList()
	for _, e := range rest {
		raw, ok := e.Value.([]byte)
		if !ok {
			w.wrong("an undeclared member is a %T", e.Value)
		}
		out.Items = append(out.Items, jsonList(jsonText(e.Key), jsonText(base64.StdEncoding.EncodeToString(raw))))
	}
	return out
}

// unknownFields reads them; false if they are none.
func (r *planReader) unknownFields(to *Rec, v *jsonx.Value) bool {
	if v.Kind != jsonx.Array {
		return false
	}
	for _, x := range v.Items {
		if x.Kind != jsonx.Array || len(x.Items) != 2 || x.Items[0].Kind != jsonx.String || x.Items[1].Kind != jsonx.String {
			return false
		}
		raw, err := base64.StdEncoding.DecodeString(x.Items[1].Text)
		if err != nil {
			return false
		}
		to.Rest = append(to.Rest, Entry{x.Items[0].Text, raw})
	}
	return true
}
