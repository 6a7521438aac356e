package protobuf

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// fill repeats an item, with % replaced by a counter, up to about half a megabyte.
func fill(head, item, tail string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 1; b.Len()+len(item)+len(tail)+32 < 1<<19; i++ {
		b.WriteString(strings.ReplaceAll(item, "%", strconv.Itoa(i)))
	}
	b.WriteString(tail)
	return b.String()
}

// TestLargeTexts holds texts of half a megabyte on one line that took minutes
// before: each has many parts of one kind. The bound is far above what they take
// now and far below what quadratic work takes.
func TestLargeTexts(t *testing.T) {
	const head = `syntax = "proto3"; import "google/protobuf/descriptor.proto";
extend google.protobuf.FileOptions { repeated int32 r = 50000; M m = 50001; } message M { repeated int32 r = 1; } `
	for name, text := range map[string]string{
		"reserved names":  fill(head+`message A { reserved "a"`, `,"n%"`, "; }"),
		"joined options":  fill(head, "option (m).r = %;", ""),
		"repeated option": fill(head, "option (r) = %;", ""),
		"enums":           fill(`syntax = "proto3";`, "enum E%{Z%=0;}", ""),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			s, err := Parse(text, nil, defaults())
			if err != nil {
				t.Fatal(err)
			}
			s.Normalised()
			s.Fields()
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestPositionsOnLongLines checks that the line breaks for the parser do not show.
func TestPositionsOnLongLines(t *testing.T) {
	prefix := `syntax = "proto3"; message A { /* ä */ reserved "n"`
	for i := range 2000 {
		prefix += `, "n` + strconv.Itoa(i) + `"`
	}
	prefix += "; "
	_, err := Parse(prefix+"Missing x = 1; }", nil, defaults())
	want := "column " + strconv.Itoa(len([]rune(prefix))+1)
	if err == nil || !strings.Contains(err.Error(), "line 1, "+want+")") {
		t.Errorf("got %v, want %s", err, want)
	}
	s := mustParse(t, prefix+"float x = 1 [json_name = \"y\"]; }")
	laws(t, s)
	if f := s.Fields(); f[1].Line != 1 || f[1].Column != len([]rune(prefix))+1 {
		t.Errorf("field at %v", f[1].Position)
	}
	text := "syntax = \"proto2\"; message A {" + strings.Repeat(" ", 3000) + "optional float x = 1 [default = 1e+5]; optional float y = 2 [default = -1E-5];}"
	laws(t, mustParse(t, text))
}

// TestManyKnownFields decodes an event in which fields of a large message come
// again and again, which is where a linear search for fields would show.
func TestManyKnownFields(t *testing.T) {
	s := mustParse(t, fieldsOf(10_000))
	w, err := s.Walker(nil)
	if err != nil {
		t.Fatal(err)
	}
	var event []byte
	for len(event) < 2<<20 {
		event = protowire.AppendVarint(protowire.AppendTag(event, 10_000, protowire.VarintType), 1)
	}
	start := time.Now()
	if j, err := w.checkBinary(event); err != nil || len(j.Violations) > 0 {
		t.Fatal(j, err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
