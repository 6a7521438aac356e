package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/hamba/avro/v2/ocf"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

func TestLines(t *testing.T) {
	dir := t.TempDir()
	in := strings.Join([]string{
		line(1, "a", 23),
		`{"v":"2", "d" : { "id":"b","quantity":7 } ,"t":"Order","x":[1.50,{"v":9}]}`,
		`{"t":"Invoice","v":1,"d":{}}`,
		"",
		line(3, "c", 5),
		line(1, "heartbeat", 0),
		line(1, "d", 13),
		line(1, "e", 113),
	}, "\n")
	want := strings.Join([]string{
		`{"t":"Order","s":{"name":"o-a","id":"a"},"v":3,"d":{"id":"a","quantity":1000,"currency":"EUR"}}`,
		`{"v":"3", "d" : {"id":"b","quantity":7,"currency":"EUR"} ,"t":"Order","x":[1.50,{"v":9}]}`,
		`{"t":"Invoice","v":1,"d":{}}`,
		"",
		line(3, "c", 5),
		`{"t":"Order","s":{"name":"o-e","id":"e"},"v":3,"d":{"id":"e","quantity":100,"currency":"EUR"}}`,
	}, "\n")
	job := Job{
		In: write(t, filepath.Join(dir, "in.jsonl"), []byte(in)), Out: filepath.Join(dir, "out.jsonl"),
		Dead: filepath.Join(dir, "dead.jsonl"), Envelope: envelope, Subject: "orders", Verify: true, Checkpoint: filepath.Join(dir, "state"),
	}
	report := run1(t, job, subject(t, documents...))
	if got := string(read(t, job.Out)); got != want {
		t.Errorf("output\n%s\nwant\n%s", got, want)
	}
	counts := []Count{{0, Passed, 2}, {1, Dead, 1}, {1, Dropped, 1}, {1, Changed, 2}, {2, Changed, 1}, {3, Unchanged, 1}}
	if !reflect.DeepEqual(report.Counts, counts) {
		t.Errorf("counts %v, want %v", report.Counts, counts)
	}
	if report.Records != 8 || report.Bytes != int64(len(in)) {
		t.Errorf("%d records of %d bytes, want 8 of %d", report.Records, report.Bytes, len(in))
	}
	var dead deadLetter
	if err := json.Unmarshal(read(t, job.Dead), &dead); err != nil {
		t.Fatal(err)
	}
	plan := dead.Plan
	dead.Plan = ""
	if want := (deadLetter{
		Format: deadFormat, Kind: Lines, Raw: []byte(line(1, "d", 13)), Subject: "orders", Version: 1, Record: 7,
		Offset: int64(strings.Index(in, line(1, "d", 13))), Stream: "o-d", ID: "d", From: 1, To: 2, Step: 1, Path: "qty",
		Code: "dead", Reason: dead.Reason,
	}); !reflect.DeepEqual(dead, want) || plan == "" || dead.Reason == "" {
		t.Errorf("dead letter\n%+v\nwant\n%+v", dead, want)
	}
	absent(t, partName(job.Out), partName(job.Dead), filepath.Join(dir, "state", "out.jsonl.manifest"))
}

// TestWorkers holds the output to be one whatever the number of workers, and
// gzipped lines to be the plain ones.
func TestWorkers(t *testing.T) {
	dir := t.TempDir()
	data := randomLines(1, 40_000)
	var first []byte
	for i, workers := range []int{1, 2, 7} {
		out := filepath.Join(dir, fmt.Sprint(i))
		for _, packed := range []bool{false, true} {
			in := data
			if packed {
				in = zipped(t, data)
				out += ".gz"
			}
			j := Job{
				In: write(t, filepath.Join(dir, "in"), in), Out: out, Dead: out + ".dead", Envelope: envelope, Workers: workers,
			}
			run1(t, j, subject(t, documents...))
			got := read(t, out)
			if packed {
				got = unzipped(t, got)
			}
			got = append(got, read(t, j.Dead)...)
			if first == nil {
				first = got
			}
			if !bytes.Equal(first, got) {
				t.Errorf("%d workers, packed %v: the output differs from the first", workers, packed)
			}
		}
	}
	if len(data) < 2*lineBlock {
		t.Error("the input has fewer than three blocks")
	}
}

// TestContainers reads what it wrote with the reader of another library.
func TestContainers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	quantities := make([]int32, 1003)
	for i := range quantities {
		quantities[i] = r.Int32N(40)
	}
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard"} {
		t.Run(codec, func(t *testing.T) {
			dir := t.TempDir()
			j := Job{
				In: write(t, filepath.Join(dir, "in.avro"), container(t, codec, quantities...)), Out: filepath.Join(dir, "out.avro"),
				Dead: filepath.Join(dir, "dead"), Verify: true,
			}
			report := run1(t, j, subject(t, documents...))
			d, err := ocf.NewDecoder(bytes.NewReader(read(t, j.Out)))
			if err != nil {
				t.Fatal(err)
			}
			if string(d.Metadata()["app.owner"]) != "orders" || string(d.Metadata()[ocfCodec]) != codec {
				t.Errorf("metadata %q", d.Metadata())
			}
			kept := 0
			for i, q := range quantities {
				if q == 7 || q == 13 {
					continue
				}
				kept++
				var got struct {
					ID       string `avro:"id"`
					Quantity int64  `avro:"quantity"`
					Currency string `avro:"currency"`
				}
				if !d.HasNext() {
					t.Fatalf("the output ends before event %d: %v", i, d.Error())
				}
				if err := d.Decode(&got); err != nil {
					t.Fatal(err)
				}
				if got.ID != fmt.Sprintf("n%d", i) || got.Quantity != int64(10000/(q-13)) || got.Currency != "EUR" {
					t.Fatalf("event %d of %d is %+v", i, q, got)
				}
			}
			if d.HasNext() || d.Error() != nil {
				t.Errorf("more follows: %v", d.Error())
			}
			if report.Total(Changed) != int64(kept) || report.Total(Dropped) == 0 || report.Total(Dead) == 0 {
				t.Errorf("counts %v, want %d events", report.Counts, kept)
			}
			again := Job{In: j.Out, Out: filepath.Join(dir, "again.avro"), Verify: true}
			if r := run1(t, again, subject(t, documents...)); r.Total(Unchanged) != int64(kept) {
				t.Errorf("events of the target: %v", r.Counts)
			}
		})
	}
}

// TestRedrive carries dead letters again after the upcaster was mended.
func TestRedrive(t *testing.T) {
	for _, kind := range []Format{Lines, OCF} {
		dir := t.TempDir()
		in := []byte(line(1, "a", 13) + "\n" + line(1, "b", 14) + "\n" + line(1, "c", 13) + "\n")
		if kind == OCF {
			in = container(t, "deflate", 13, 14, 13)
		}
		j := Job{
			In: write(t, filepath.Join(dir, "in"), in), Out: filepath.Join(dir, "out"), Dead: filepath.Join(dir, "dead"), Envelope: envelope,
		}
		run1(t, j, subject(t, documents...))
		re := Job{In: j.Dead, Out: filepath.Join(dir, "redriven"), Envelope: envelope, Redrive: true}
		if _, err := Run(context.Background(), re, subject(t, documents...)); err == nil || !strings.Contains(err.Error(), "step 1") {
			t.Errorf("%s: before mending: %v", kind, err)
		}
		absent(t, re.Out)
		re.Out += "2"
		report := run1(t, re, subject(t, mended, documents[1]))
		if report.Total(Changed) != 2 {
			t.Errorf("%s: counts %v", kind, report.Counts)
		}
		if kind == OCF {
			d, err := ocf.NewDecoder(bytes.NewReader(read(t, re.Out)))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"n0", "n2"} {
				var got map[string]any
				if !d.HasNext() || d.Decode(&got) != nil || got["id"] != want {
					t.Errorf("event %s is %v", want, got)
				}
			}
		} else if got := string(read(t, re.Out)); strings.Count(got, `"quantity":26,"currency":"EUR"`) != 2 {
			t.Errorf("redriven\n%s", got)
		}
	}
}

// TestStop ends a run at the first event without an image, and goes on after the
// mistake in the input's upcaster is no more: with other upcasters it begins
// anew.
func TestStop(t *testing.T) {
	dir := t.TempDir()
	in := line(1, "a", 14) + "\n" + line(1, "b", 13) + "\n"
	j := Job{In: write(t, filepath.Join(dir, "in"), []byte(in)), Out: filepath.Join(dir, "out"), Envelope: envelope}
	_, err := Run(context.Background(), j, subject(t, documents...))
	var stop *EventError
	if !errors.As(err, &stop) || stop.Record != 2 || stop.Version != 1 || stop.From != 1 || stop.To != 2 || stop.Step != 1 || stop.Path != "qty" {
		t.Fatalf("%v (%+v)", err, stop)
	}
	absent(t, j.Out)
	_, err = Run(context.Background(), j, subject(t, mended, documents[1]))
	if err == nil || !strings.Contains(err.Error(), "the upcasters have changed since") {
		t.Errorf("with other upcasters: %v", err)
	}
}

func TestDryRun(t *testing.T) {
	dir := t.TempDir()
	data := append(randomLines(3, 500), line(1, "last", 13)...)
	j := Job{
		In: write(t, filepath.Join(dir, "in"), data), Out: filepath.Join(dir, "out"), Dead: filepath.Join(dir, "dead"),
		Envelope: envelope, DryRun: true, Samples: 2,
	}
	r := run1(t, j, subject(t, documents...))
	absent(t, j.Out, partName(j.Out), j.Dead, partName(j.Dead), j.Out+".manifest")
	if r.Total(Changed) == 0 || r.Total(Dead) == 0 || r.Total(Dropped) == 0 || len(r.Samples) != 4 {
		t.Errorf("%v, %d samples", r.Counts, len(r.Samples))
	}
	for _, s := range r.Samples {
		if !strings.Contains(s.After, `"currency":"EUR"`) || strings.Contains(s.Before, "currency") {
			t.Errorf("sample %+v", s)
		}
	}
	real := j
	real.DryRun = false
	if w := run1(t, real, subject(t, documents...)); !reflect.DeepEqual(w.Counts, r.Counts) || w.Written != r.Written {
		t.Errorf("the run gives %v and %d bytes, the dry run %v and %d", w.Counts, w.Written, r.Counts, r.Written)
	}
}

// TestVersionInTheEvent: a version that is part of the event is for the documents to
// set. One that they leave as it was ends the run, for the next run would take the
// event for an old one.
func TestVersionInTheEvent(t *testing.T) {
	object := func(v int) schema.Parsed {
		s, err := jsonschema.Parse(fmt.Sprintf(`{"type":"object","properties":{"v":{"type":"integer"},"t%d":{"type":"string"}},"required":["v","t%[1]d"]}`, v),
			nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct{ set, payload, in, out, wrong string }{
		{`,{"set":{"path":"v","expr":"2"}}`, "", `{"t1":"a","v":1}`, `{"t2":"a","v":2}`, ""},
		{`,{"set":{"path":"v","expr":"2"}}`, "/d", `{"d":{"v":1,"t1":"a"},"x":[]}`, `{"d":{"v":2,"t2":"a"},"x":[]}`, ""},
		{``, "", `{"t1":"a","v":1}`, "", "the version stands in the event, at /v, and is not 2 in its image"},
		{``, "/d", `{"d":{"v":1,"t1":"a"}}`, "", "the version stands in the event, at /d/v, and is not 2 in its image"},
	} {
		doc := `{"instar":"upcast/v1","from":1,"to":2,"steps":[{"rename":{"from":"t1","to":"t2"}}` + c.set + `]}`
		s, err := NewSubject([]Version{{Number: 1, Schema: object(1)}, {Number: 2, Schema: object(2)}}, []string{doc}, 0)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		j := Job{
			In: write(t, filepath.Join(dir, "in"), []byte(c.in+"\n")), Out: filepath.Join(dir, "out"),
			Envelope: Envelope{Payload: c.payload, Version: c.payload + "/v"}, Verify: true,
		}
		_, err = Run(t.Context(), j, s)
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: %v", c.in, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := string(read(t, j.Out)); got != c.out+"\n" {
			t.Errorf("%s: %s, want %s", c.in, got, c.out)
		}
	}
}

func TestBase64(t *testing.T) {
	dir := t.TempDir()
	in := `{"v":1,"d":"AmFQ"}` + "\n" // "a", 40
	j := Job{
		In: write(t, filepath.Join(dir, "in"), []byte(in)), Out: filepath.Join(dir, "out"),
		Envelope: Envelope{Payload: "/d", Version: "/v"}, Payload: Base64, Verify: true,
	}
	run1(t, j, subject(t, documents...))
	if got, want := string(read(t, j.Out)), `{"v":3,"d":"AmHkBQZFVVI="}`+"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
