package wire

import (
	"bytes"
	"encoding/json"
)

// Marshal encodes a body as JSON. Unlike json.Marshal it leaves '<', '>', '&',
// U+2028 and U+2029 as they are: an escaped schema text is another text to
// those who compare bytes.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return unescapeSeparators(bytes.TrimSuffix(b.Bytes(), []byte{'\n'})), nil
}

// unescapeSeparators undoes the escapes \u2028 and \u2029, which encoding/json
// writes whatever it is told. A backslash that is itself escaped starts none.
func unescapeSeparators(in []byte) []byte {
	if !bytes.Contains(in, []byte(`\u202`)) {
		return in
	}
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); i++ {
		if in[i] != '\\' || i+1 >= len(in) {
			out = append(out, in[i])
			continue
		}
		switch rest := in[i:]; {
		case bytes.HasPrefix(rest, []byte(`\u2028`)):
			out = append(out, "\u2028"...)
			i += 5
		case bytes.HasPrefix(rest, []byte(`\u2029`)):
			out = append(out, "\u2029"...)
			i += 5
		default:
			out = append(out, in[i], in[i+1])
			i++
		}
	}
	return out
}
