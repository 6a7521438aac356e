package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast"
)

// folded is a subject whose upcaster takes the currency of an order from the event
// that opened its stream, and the stream's name from the line.
func foldedSubject(t *testing.T) *Subject {
	t.Helper()
	var versions []Version
	for i, fields := range []string{
		`{"name":"id","type":"string"}`, `{"name":"id","type":"string"},{"name":"currency","type":"string"},{"name":"of","type":"string"}`,
	} {
		s, err := avro.Parse(`{"type":"record","name":"Order","fields":[`+fields+`]}`, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, Version{Number: i + 1, Schema: s})
	}
	s, err := NewSubject(versions, []string{`{"instar":"upcast/v1","from":1,"to":2,
		"context":{"cur":{"type":"string","kind":"stream","of":{"type":"Opened","path":"terms.currency"},"keep":"last"}},
		"steps":[{"fromContext":{"path":"currency","context":"cur","else":{"value":"none"}}},{"add":{"path":"of","expr":"meta.stream.orValue('?')"}}]}`}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func opened(stream, currency string) string {
	return fmt.Sprintf(`{"t":"Opened","s":{"name":%q},"d":{"terms":{"currency":%s}}}`, stream, currency)
}

func placed(stream string) string {
	return fmt.Sprintf(`{"t":"Order","s":{"name":%q},"v":1,"d":{"id":"a"}}`, stream)
}

// TestEarlierEvents: an upcaster sees what earlier events of the same stream said,
// whoever's events those are.
func TestEarlierEvents(t *testing.T) {
	lines := []string{
		placed("x"), opened("x", `"EUR"`), placed("x"), placed("y"), opened("x", `"USD"`), opened("x", `null`), placed("x"), opened("y", `"CHF"`), placed("y"), "",
	}
	dir := t.TempDir()
	j := Job{In: write(t, filepath.Join(dir, "in"), []byte(strings.Join(lines, "\n"))), Out: filepath.Join(dir, "out"), Envelope: envelope, Workers: 8}
	if _, err := Run(context.Background(), j, foldedSubject(t)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range bytes.Lines(read(t, j.Out)) {
		if _, d, ok := strings.Cut(string(line), `"currency":"`); ok && strings.Contains(string(line), `"v":2`) {
			currency, rest, _ := strings.Cut(d, `"`)
			got = append(got, currency+strings.TrimRight(strings.TrimPrefix(rest, `,"of":`), "}\n"))
		}
	}
	if want := `none"x" EUR"x" none"y" USD"x" CHF"y"`; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
}

// TestEarlierEventsAfterAnInterrupt: a run that is gone on with knows what the lines
// before said, and gives what an undisturbed one does.
func TestEarlierEventsAfterAnInterrupt(t *testing.T) {
	dir := t.TempDir()
	var data bytes.Buffer
	data.WriteString(opened("x", `"EUR"`) + "\n")
	for data.Len() < 3*lineBlock {
		data.WriteString(placed("x") + "\n")
	}
	j := Job{In: write(t, filepath.Join(dir, "in"), data.Bytes()), Out: filepath.Join(dir, "whole"), Envelope: envelope}
	routes := foldedSubject(t)
	if _, err := Run(context.Background(), j, routes); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	k := j
	k.Out, k.flushBytes = filepath.Join(dir, "cut"), 1
	k.Progress = func(r Report) {
		if r.Bytes > lineBlock {
			cancel()
		}
	}
	if r, err := Run(ctx, k, routes); !errors.Is(err, context.Canceled) || r.Done {
		t.Fatalf("%+v, %v", r, err)
	}
	k.Progress = nil
	if r, err := Run(context.Background(), k, routes); err != nil || !r.Resumed || r.ResumedAt == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if whole := read(t, j.Out); !bytes.Equal(whole, read(t, k.Out)) || !bytes.Contains(whole, []byte("EUR")) || bytes.Contains(whole, []byte("none")) {
		t.Error("the output is another one")
	}
}

// TestEarlierEventsAreOfLines: what cannot know earlier events is refused before it
// begins.
func TestEarlierEventsAreOfLines(t *testing.T) {
	for want, edit := range map[string]func(*Job){
		"which lines of JSON have alone":       func(j *Job) { j.Payload = Base64 },
		"say where lines keep stream and type": func(j *Job) { j.Envelope.Stream = "" },
	} {
		dir := t.TempDir()
		j := Job{In: write(t, filepath.Join(dir, "in"), []byte(placed("x"))), Out: filepath.Join(dir, "out"), Envelope: envelope}
		edit(&j)
		if _, err := Run(context.Background(), j, foldedSubject(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestParkedInFiles: lines have no place for headers, so nothing is lost in silence.
func TestParkedInFiles(t *testing.T) {
	dir := t.TempDir()
	j := Job{In: write(t, filepath.Join(dir, "in"), []byte(line(1, "a", 1)+"\n")), Out: filepath.Join(dir, "out"), Envelope: envelope}
	s := subject(t, `{"instar":"upcast/v1","from":1,"to":2,"steps":[{"set":{"path":"id","value":"x","park":true}},{"rename":{"from":"qty","to":"quantity"}},{"retype":{"path":"quantity","to":"int64"}}]}`, documents[1])
	var e *EventError
	if _, err := Run(context.Background(), j, s); !errors.As(err, &e) || e.Path != upcast.HeaderParked || !strings.Contains(e.Reason, "parkIn") {
		t.Errorf("got %v", err)
	}
}
