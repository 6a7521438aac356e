package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// is gives a text that costs nothing to hold.
func is(s string) func() string { return func() string { return s } }

// raw gives bytes that cost nothing to hold.
func raw(b ...byte) func() []byte { return func() []byte { return b } }

// nested wraps inner n times.
func nested(open string, n int, inner, end string) func() string {
	return func() string { return strings.Repeat(open, n) + inner + strings.Repeat(end, n) }
}

// filled puts n letters between two texts.
func filled(before string, n int, after string) func() string {
	return func() string { return before + strings.Repeat("a", n) + after }
}

// listed puts n items, separated by commas, between two texts.
func listed(before string, n int, item func(int) string, after string) func() string {
	return func() string {
		var b strings.Builder
		b.WriteString(before)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(item(i))
		}
		b.WriteString(after)
		return b.String()
	}
}

// lines is listed without commas.
func lines(before string, n int, item func(int) string, after string) func() string {
	return func() string {
		var b strings.Builder
		b.WriteString(before)
		for i := range n {
			b.WriteString(item(i))
		}
		b.WriteString(after)
		return b.String()
	}
}

// numbered gives items that differ by their number, which stands for %d.
func numbered(format string) func(int) string {
	return func(i int) string { return strings.ReplaceAll(format, "%d", fmt.Sprint(i)) }
}

// jsonEvent and binaryEvent give events that cost nothing to hold.
func jsonEvent(s string) Event {
	return Event{Encoding: schema.EncodingJSON, Bytes: func() []byte { return []byte(s) }}
}

func largeJSON(text func() string) Event {
	return Event{Encoding: schema.EncodingJSON, Bytes: func() []byte { return []byte(text()) }}
}

func binaryEvent(b ...byte) Event {
	return Event{Encoding: schema.EncodingBinary, Bytes: raw(b...)}
}

func largeBinary(build func() []byte) Event {
	return Event{Encoding: schema.EncodingBinary, Bytes: build}
}

// longs encodes Avro longs one after another.
func longs(values ...int64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.AppendVarint(b, v)
	}
	return b
}

// joined puts byte slices one after another.
func joined(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// The wire types of Protobuf. They are written here by hand because the table
// must not depend on the library that it tries to break.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireStart   = 3
	wireEnd     = 4
)

func tag(number uint64, wire uint64) []byte { return binary.AppendUvarint(nil, number<<3|wire) }

// field encodes a field of bytes: a string, bytes, a message or a packed list.
func field(number uint64, value []byte) []byte {
	return joined(tag(number, wireBytes), binary.AppendUvarint(nil, uint64(len(value))), value)
}

// inside wraps a message n times as field number of the next.
func inside(number uint64, n int) []byte {
	var b []byte
	for range n {
		b = field(number, b)
	}
	return b
}

// documents gives n documents.
func documents(n int, name, text func(int) string) func() []schema.Document {
	return func() []schema.Document {
		docs := make([]schema.Document, n)
		for i := range docs {
			docs[i] = schema.Document{Name: name(i), Text: text(i)}
		}
		return docs
	}
}
