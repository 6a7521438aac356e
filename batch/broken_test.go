package batch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/reproducer"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// wrong are routes whose images are held to another schema than the proof was about:
// plans that break their promise.
type wrong struct {
	*Subject
	target schema.Parsed
}

func (w wrong) Version(ctx context.Context, version int) (*Route, error) {
	r, err := w.Subject.Version(ctx, version)
	return w.off(r), err
}

func (w wrong) Schema(ctx context.Context, text string) (*Route, error) {
	r, err := w.Subject.Schema(ctx, text)
	return w.off(r), err
}

func (w wrong) off(r *Route) *Route {
	if r == nil || !r.Moves() {
		return r
	}
	out := *r
	out.Target = w.target
	return &out
}

// jsonSubject has two versions; the second renames a.
func jsonSubject(t *testing.T) *Subject {
	t.Helper()
	var list []Version
	for i, name := range []string{"a", "b"} {
		p, err := jsonschema.Parse(`{"type":"object","properties":{"`+name+`":{"type":"integer"}},"required":["`+name+`"],"additionalProperties":false}`, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, Version{Number: i + 1, Schema: p, ID: int64(10 + i)})
	}
	s, err := NewSubject(list, []string{`{"instar":"upcast/v1","from":1,"to":2,"steps":[{"rename":{"from":"a","to":"b"}}]}`}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestBrokenPlans: a plan that gives what is no event of its version stops the run,
// whatever is to be done with events that have no image. The error says where, that it
// is our bug, and where what shows it again is kept; that is enough to carry the event
// again.
func TestBrokenPlans(t *testing.T) {
	opt := schema.Options{Limits: schema.DefaultLimits()}
	other, err := avro.Parse(`{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"a","type":"long"},{"name":"b","type":"string"},{"name":"c","type":"string"}]}`, nil, opt)
	if err != nil {
		t.Fatal(err)
	}
	strict, err := jsonschema.Parse(`{"properties":{"b":{"maximum":5}}}`, nil, opt)
	if err != nil {
		t.Fatal(err)
	}
	lines := line(1, "a", 23) + "\n" + line(2, "b", 7) + "\n"
	letter := `{"format":"instar-dead/v1","kind":"ocf","raw":"AmEu","version":1,"offset":17,"record":4,"plan":"","code":"dead","reason":""}` + "\n"
	for name, c := range map[string]struct {
		in     string
		job    Job
		routes Routes
		want   string // in the error
		event  string
		hops   int
	}{
		"Avro lines":   {lines, Job{Envelope: envelope, Subject: "orders"}, wrong{subject(t, documents...), other}, "record 1 (offset 0) of version 1", "\x02a\x2e", 2},
		"JSON lines":   {`{"a":3}` + "\n" + `{"a":677389}` + "\n", Job{From: 1, Verify: true}, wrong{jsonSubject(t), strict}, "record 2 (offset 8) of version 1", `{"a":677389}`, 1},
		"containers":   {string(container(t, "null", 14, 23)), Job{Subject: "orders", Verify: true}, wrong{subject(t, documents...), other}, "record 1 (offset ", "\x04n0\x1c", 2},
		"dead letters": {letter, Job{Redrive: true, Verify: true}, wrong{subject(t, documents...), other}, "record 4 (offset 17) of version 1", "\x02a\x2e", 2},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			job := c.job
			job.In, job.Out, job.Dead = write(t, filepath.Join(dir, "in"), []byte(c.in)), filepath.Join(dir, "out"), filepath.Join(dir, "dead")
			job.Reproducers, job.Program, job.Workers = filepath.Join(dir, "reproducers"), "1.2.3", 1
			_, err := Run(t.Context(), job, c.routes)
			var broken *BrokenError
			var bug *schema.Bug
			if !errors.As(err, &broken) || !errors.As(err, &bug) || broken.Reproducer == "" || broken.NotKept != nil {
				t.Fatalf("%v", err)
			}
			for _, want := range []string{c.want, "this is a bug of the program", broken.Reproducer, "holds the event"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q: %s", want, err)
				}
			}
			absent(t, job.Out, job.Dead)
			kept, err := reproducer.Read(broken.Reproducer)
			if err != nil {
				t.Fatal(err)
			}
			if kept.Event == nil || string(kept.Event.Base64) != c.event || len(kept.Hops) != c.hops || kept.From != 1 || kept.Program != "1.2.3" || kept.Reason == "" || kept.Subject != job.Subject {
				t.Errorf("%q of %d hops from %d: %s", kept.Event.Base64, len(kept.Hops), kept.From, kept.Reason)
			}
			shown, err := reproducer.Replay(t.Context(), kept)
			if err != nil || shown.Bug() || shown.Images != 1 || shown.NoPlan != "" {
				t.Errorf("%+v, %v: the plan is as good as its proof", shown, err)
			}
			// Where it cannot be written, the error says so, and what was wrong.
			job.Reproducers = filepath.Join(job.In, "x")
			_ = os.Remove(filepath.Join(dir, "out.manifest"))
			_, err = Run(t.Context(), job, c.routes)
			if !errors.As(err, &broken) || broken.NotKept == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "was not written") {
				t.Errorf("%v", err)
			}
			job.Reproducers = ""
			_, err = Run(t.Context(), job, c.routes)
			if !errors.As(err, &broken) || broken.NotKept != nil || broken.Reproducer != "" {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestNoEventOfItsVersion: where the image of an event fails its schema because the
// event fails its own, that is no bug of ours: it is a dead letter, or stops the run as
// any other that cannot be carried.
func TestNoEventOfItsVersion(t *testing.T) {
	dir := t.TempDir()
	job := Job{
		In: write(t, filepath.Join(dir, "in"), []byte("{\"a\":\"x\"}\n{\"a\":1}\n")), Out: filepath.Join(dir, "out"), From: 1, Verify: true,
		Reproducers: filepath.Join(dir, "reproducers"),
	}
	_, err := Run(t.Context(), job, jsonSubject(t))
	var no *EventError
	if !errors.As(err, &no) || no.Code != "input" || no.Record != 1 || !strings.Contains(err.Error(), "it is no event of version 1: /a: ") {
		t.Fatalf("%v", err)
	}
	absent(t, job.Reproducers)
	job.Dead = filepath.Join(dir, "dead")
	job.Out = filepath.Join(dir, "out2")
	report := run1(t, job, jsonSubject(t))
	if report.Total(Dead) != 1 || string(read(t, job.Out)) != "{\"b\":1}\n" {
		t.Errorf("%+v, %s", report, read(t, job.Out))
	}
}
