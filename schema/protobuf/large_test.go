package protobuf

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/instar-registry/instar/internal/cputime"
)

// fill repeats an item, with % replaced by a counter, up to a size.
func fill(size int, head, item, tail string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 1; b.Len()+len(item)+len(tail)+32 < size; i++ {
		b.WriteString(strings.ReplaceAll(item, "%", strconv.Itoa(i)))
	}
	b.WriteString(tail)
	return b.String()
}

// fastest returns the least time that reading a text takes in a few runs.
func fastest(t *testing.T, runs int, text string) time.Duration {
	t.Helper()
	best := time.Hour
	for range runs {
		start := cputime.Used()
		s := mustParse(t, text)
		s.Normalised()
		s.Fields()
		best = min(best, cputime.Used()-start)
	}
	return best
}

// TestLargeTexts holds texts on one line, each with many parts of one kind, that
// took quadratic time before: four times the text took sixteen times as long.
func TestLargeTexts(t *testing.T) {
	const head = `syntax = "proto3"; import "google/protobuf/descriptor.proto";
extend google.protobuf.FileOptions { repeated int32 r = 50000; M m = 50001; } message M { repeated int32 r = 1; } `
	for name, parts := range map[string][3]string{
		"reserved names":  {head + `message A { reserved "a"`, `,"n%"`, "; }"},
		"joined options":  {head, "option (m).r = %;", ""},
		"repeated option": {head, "option (r) = %;", ""},
		"enums":           {`syntax = "proto3";`, "enum E%{Z%=0;}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			small := fastest(t, 3, fill(96<<10, parts[0], parts[1], parts[2]))
			large := fastest(t, 2, fill(384<<10, parts[0], parts[1], parts[2]))
			if large > 10*small && large > time.Second {
				t.Errorf("96 KiB take %v, 384 KiB %v", small, large)
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
	start := cputime.Used()
	if j, err := w.checkBinary(event); err != nil || len(j.Violations) > 0 {
		t.Fatal(j, err)
	}
	if took := cputime.Used() - start; took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestSize holds the estimate against the heap.
func TestSize(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		for range 3 { // pools are emptied by the second run
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	mustParse(t, orderPlaced)
	before := heap()
	schemas := make([]*Schema, 1500)
	for i := range schemas {
		schemas[i] = mustParse(t, orderPlaced)
	}
	check := func(what string) {
		got, real := uint64(schemas[0].Size()), (heap()-before)/uint64(len(schemas))
		if got < real/2 || got > real*2 {
			t.Errorf("%s: estimated %d bytes, found %d", what, got, real)
		}
	}
	check("parsed")
	for _, s := range schemas {
		if _, err := s.Walker(nil); err != nil {
			t.Fatal(err)
		}
		s.Outline()
	}
	check("used")
	for _, s := range schemas {
		if _, err := s.program(); err != nil {
			t.Fatal(err)
		}
		s.position("", "x")
	}
	check("compared")
	t.Logf("estimated %d bytes, found %d", schemas[0].Size(), (heap()-before)/uint64(len(schemas)))
	runtime.KeepAlive(schemas)
}
