package batch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// The subject of the tests has three versions. The first hop renames and ends
// events with a negative quantity in the dead letters; the second one drops
// events of a kind and adds a field.
var texts = []string{
	`{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"qty","type":"int"}]}`,
	`{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"quantity","type":"long"}]}`,
	`{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"quantity","type":"long"},{"name":"currency","type":"string"}]}`,
}

var documents = []string{
	`{"instar":"upcast/v1","from":1,"to":2,"steps":[
	 {"convert":{"path":"qty","to":"int64","expr":"10000 / (this - 13)","else":"deadLetter"}},{"rename":{"from":"qty","to":"quantity"}}]}`,
	`{"instar":"upcast/v1","from":2,"to":3,"steps":[
	 {"dropEvent":{"when":"event.id == 'heartbeat'"}},{"add":{"path":"currency","value":"EUR"}}]}`,
}

// mended is the first document without what may fail.
const mended = `{"instar":"upcast/v1","from":1,"to":2,"steps":[
	 {"convert":{"path":"qty","to":"int64","expr":"this * 2"}},{"rename":{"from":"qty","to":"quantity"}}]}`

func versions(tb testing.TB) []Version {
	tb.Helper()
	var out []Version
	for i, text := range texts {
		s, err := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, Version{Number: i + 1, Schema: s})
	}
	return out
}

func subject(tb testing.TB, documents ...string) *Subject {
	tb.Helper()
	s, err := NewSubject(versions(tb), documents, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

var envelope = Envelope{Payload: "/d", Version: "/v", Type: "/t", Stream: "/s/name", ID: "/s/id", Only: "Order"}

// line is one stored event of a version.
func line(version int, id string, qty int64) string {
	field := "qty"
	if version > 1 {
		field = "quantity"
	}
	extra := ""
	if version > 2 {
		extra = `,"currency":"USD"`
	}
	return fmt.Sprintf(`{"t":"Order","s":{"name":"o-%s","id":%q},"v":%d,"d":{"id":%q,%q:%d%s}}`, id, id, version, id, field, qty, extra)
}

// randomLines are lines of all versions and of other types.
func randomLines(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var b bytes.Buffer
	for i := range n {
		switch r.IntN(20) {
		case 0:
			fmt.Fprintf(&b, `{"t":"Invoice","n":%d}`, i)
		case 1: // a blank line
		case 2:
			b.WriteString(line(1+r.IntN(2), "heartbeat", int64(i)))
		case 3:
			b.WriteString(line(1, fmt.Sprint(i), 13))
		default:
			b.WriteString(line(1+r.IntN(3), fmt.Sprint(i), int64(r.IntN(1000))))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func write(tb testing.TB, path string, data []byte) string {
	tb.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path) //nolint:gosec // a file of the test
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func absent(tb testing.TB, paths ...string) {
	tb.Helper()
	for _, p := range paths {
		if _, err := os.Stat(p); !errors.Is(err, os.ErrNotExist) {
			tb.Errorf("%s is there (%v)", filepath.Base(p), err)
		}
	}
}

func zipped(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func unzipped(tb testing.TB, data []byte) []byte {
	tb.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		tb.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// container is a container file of events of the first version.
func container(tb testing.TB, codec string, quantities ...int32) []byte {
	tb.Helper()
	s := versions(tb)[0].Schema.(*avro.Schema)
	h := ocfHeader{schema: texts[0], codec: codec, other: []metadatum{{"app.owner", []byte("orders")}}}
	copy(h.sync[:], "0123456789abcdef")
	out := h.append(nil)
	p, err := newPacker(codec)
	if err != nil {
		tb.Fatal(err)
	}
	defer p.close()
	const each = 50
	for start := 0; start < len(quantities); start += each {
		var events []byte
		part := quantities[start:min(start+each, len(quantities))]
		for i, q := range part {
			id := fmt.Sprintf("n%d", start+i)
			if q == 7 {
				id = "heartbeat"
			}
			b, err := s.Encode(fmt.Appendf(nil, `{"id":%q,"qty":%d}`, id, q))
			if err != nil {
				tb.Fatal(err)
			}
			events = append(events, b...)
		}
		packed, err := p.pack(nil, events)
		if err != nil {
			tb.Fatal(err)
		}
		out = h.appendBlock(out, int64(len(part)), packed)
	}
	return out
}

func run1(tb testing.TB, j Job, r Routes) Report {
	tb.Helper()
	report, err := Run(context.Background(), j, r)
	if err != nil {
		tb.Fatal(err)
	}
	if !report.Done && !j.DryRun {
		tb.Fatal("the run is not done")
	}
	return report
}
