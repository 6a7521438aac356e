package batch

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestRefusals holds bad jobs, files and lines to a clear sentence, and to leave
// nothing behind that looks complete.
func TestRefusals(t *testing.T) {
	good := container(t, "null", 14, 15)
	broken := slices.Clone(good)
	broken[len(broken)-1] ^= 1
	short := good[:len(good)-20]
	long := append([]byte(`{"t":"`), bytes.Repeat([]byte("x"), MaxLine)...)
	bomb := container(t, "deflate", make([]int32, 100)...)
	for name, c := range map[string]struct {
		in   []byte
		edit func(*Job)
		want string
	}{
		"pointer":        {in: []byte("{}"), edit: func(j *Job) { j.Envelope.Payload = "d" }, want: "write a JSON Pointer such as /d"},
		"one place":      {in: []byte("{}"), edit: func(j *Job) { j.Envelope.ID = "/d" }, want: `payload and id are both "/d"`},
		"only":           {in: []byte("{}"), edit: func(j *Job) { j.Envelope.Type = "" }, want: "does not say where"},
		"no JSON":        {in: []byte("{\"t\":\"Order\",}\n"), want: "record 1 (offset 0): not JSON at byte 14 of the line: a key is missing"},
		"two values":     {in: []byte("{} {}\n"), want: "text follows the value"},
		"deep":           {in: bytes.Repeat([]byte("["), 300), want: "nests deeper than 200 levels"},
		"twice":          {in: []byte(`{"t":"Order","v":1,"v":2,"d":{}}`), want: "there twice"},
		"escape":         {in: []byte(`{"t":"\x"}`), want: "JSON knows no such escape"},
		"no version":     {in: []byte(`{"t":"Order","d":{}}`), want: "name the version of those that do not with --from"},
		"bad version":    {in: []byte(`{"t":"Order","v":"one","d":{}}`), want: `the version is "one", which is no version number`},
		"unknown":        {in: []byte(`{"t":"Order","v":9,"d":{}}`), want: "the subject has no version 9; it has versions 1, 2, 3"},
		"no payload":     {in: []byte(`{"t":"Order","v":1}`), want: "the line has no /d"},
		"ill payload":    {in: []byte(`{"t":"Order","v":1,"d":{"id":1,"qty":1}}`), want: "of version 1"},
		"no base64":      {in: []byte(`{"t":"Order","v":1,"d":{"id":"a"}}`), edit: func(j *Job) { j.Payload = Base64 }, want: "the payload is no text"},
		"long line":      {in: long, want: "the line at byte 0 is longer than"},
		"no container":   {in: []byte("Obj\x01\x00"), want: "no Avro container file"},
		"marker":         {in: broken, want: "does not end with the file's sync marker; what follows cannot be read"},
		"short":          {in: short, want: "ends early"},
		"huge block":     {in: append(slices.Clone(good), binary.AppendVarint([]byte{2}, 1<<40)...), want: "has no size of at most"},
		"huge header":    {in: binary.AppendVarint([]byte("Obj\x01\x02"), 1<<40), want: "the size of an entry is 1099511627776"},
		"unknown codec":  {in: bytes.Replace(good, []byte("null"), []byte("lzma"), 1), want: `its codec is "lzma"; null, deflate`},
		"wrong schema":   {in: bytes.Replace(good, []byte(`"qty"`), []byte(`"qtx"`), 1), want: "no version of the subject has the schema in the file"},
		"damaged block":  {in: bytes.Replace(bomb, bomb[len(bomb)-40:len(bomb)-36], []byte("????"), 1), want: "cannot be read"},
		"same file":      {in: []byte("{}"), edit: func(j *Job) { j.Out = j.In }, want: "is the input too"},
		"dead is output": {in: []byte("{}"), edit: func(j *Job) { j.Dead = j.Out }, want: "is the output too"},
		"no letters":     {in: []byte("{}\n"), edit: func(j *Job) { j.Redrive = true }, want: "does not begin with a dead letter"},
		"old downwards":  {in: []byte(`{"t":"Order","v":3,"d":{}}`), edit: nil, want: "version 3 is newer than the target, version 2"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := Job{In: write(t, filepath.Join(dir, "in"), c.in), Out: filepath.Join(dir, "out"), Envelope: envelope}
			if c.edit != nil {
				c.edit(&j)
			}
			s := subject(t, documents...)
			if name == "old downwards" {
				var err error
				if s, err = NewSubject(versions(t), documents, 2); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Run(context.Background(), j, s)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if j.Out != j.In {
				absent(t, j.Out)
			}
			if !bytes.Equal(read(t, j.In), c.in) {
				t.Error("the input was touched")
			}
		})
	}
}

// TestManifest holds a run to go on only where it may.
func TestManifest(t *testing.T) {
	dir := t.TempDir()
	data := append(bytes.Repeat([]byte(line(1, "a", 14)+"\n"), 30_000), line(1, "b", 13)+"\n"...)
	j := Job{In: write(t, filepath.Join(dir, "in"), data), Out: filepath.Join(dir, "out"), Envelope: envelope, flushBytes: 1}
	routes := subject(t, documents...)
	if _, err := Run(context.Background(), j, routes); err == nil {
		t.Fatal("the last event has an image")
	}
	manifest, part := j.Out+".manifest", partName(j.Out)
	text := read(t, manifest)
	whole := read(t, part)
	refused := func(what string, edit func(*Job), want string) {
		t.Helper()
		k := j
		edit(&k)
		if _, err := Run(context.Background(), k, routes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
		write(t, manifest, text)
		write(t, part, whole)
	}
	refused("options", func(k *Job) { k.From = 1 }, "it was begun with other options")
	refused("foreign manifest", func(*Job) { write(t, manifest, []byte("{}\n")) }, "is no manifest of a migration")
	refused("shorter output", func(*Job) { write(t, part, whole[:10]) }, "is shorter than its manifest says")
	refused("other output", func(*Job) {
		other := slices.Clone(whole)
		other[len(other)-2] ^= 1
		write(t, part, other)
	}, "is not what its manifest says")
	refused("finished output", func(k *Job) { write(t, k.Out, nil) }, "exists; remove it")
	if err := os.Remove(j.Out); err != nil {
		t.Fatal(err)
	}
	// A last line that was not written whole does not count, nor does output
	// behind the last entry.
	write(t, manifest, append(text[:len(text):len(text)], `{"in":99`...))
	write(t, part, append(whole[:len(whole):len(whole)], "half a block"...))
	j.Dead = ""
	_, err := Run(context.Background(), j, routes)
	var stop *EventError
	if !errors.As(err, &stop) || stop.Record != 30_001 {
		t.Errorf("%v, want the last record", err)
	}
	if !bytes.Equal(read(t, part), whole) {
		t.Error("the output was not cut back")
	}
	if now := time.Now(); os.Chtimes(j.In, now, now.Add(time.Hour)) == nil {
		refused("other input", func(*Job) {}, "has changed since")
	}
}

// TestInterrupt ends a run by its context and goes on with it.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	data := bytes.Repeat([]byte(line(1, "a", 14)+"\n"), 60_000)
	j := Job{In: write(t, filepath.Join(dir, "in"), data), Out: filepath.Join(dir, "out"), Envelope: envelope, Workers: 1}
	ctx, stop := context.WithCancel(context.Background())
	j.Progress = func(Report) { stop() }
	r, err := Run(ctx, j, subject(t, documents...))
	if !errors.Is(err, context.Canceled) || r.Bytes == 0 || r.Done {
		t.Fatalf("%v at %d bytes", err, r.Bytes)
	}
	j.Progress = nil
	again := run1(t, j, subject(t, documents...))
	if !again.Resumed || again.ResumedAt != r.Bytes || again.Total(Changed) != 60_000 {
		t.Errorf("%+v", again)
	}
}

func TestRate(t *testing.T) {
	dir := t.TempDir()
	data := bytes.Repeat([]byte(line(1, "a", 14)+"\n"), 30_000)
	var slept time.Duration
	clock := time.Unix(0, 0)
	j := Job{
		In: write(t, filepath.Join(dir, "in"), data), Out: filepath.Join(dir, "out"), Envelope: envelope, Rate: 10_000,
		now: func() time.Time { return clock }, sleep: func(d time.Duration) { slept += d; clock = clock.Add(d) },
	}
	run1(t, j, subject(t, documents...))
	if slept != 3*time.Second {
		t.Errorf("30,000 events at 10,000 a second took %s", slept)
	}
}

// FuzzFiles feeds damaged files to the readers: they end in an error, or every
// record has an end of its own, never in a panic.
func FuzzFiles(f *testing.F) {
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard"} {
		f.Add(container(f, codec, 14, 15, 7))
	}
	f.Add(randomLines(1, 5))
	f.Add(zipped(f, randomLines(1, 5)))
	s := subject(f, documents...)
	in := filepath.Join(f.TempDir(), "in")
	f.Fuzz(func(t *testing.T, data []byte) {
		write(t, in, data)
		r, err := Run(context.Background(), Job{In: in, Out: in + ".out", Envelope: envelope, DryRun: true, Verify: true, Workers: 1}, s)
		if err != nil {
			return
		}
		counted := int64(0)
		for _, c := range r.Counts {
			counted += c.Events
		}
		if counted != r.Records {
			t.Errorf("%d records, %d ends", r.Records, counted)
		}
	})
}

// FuzzLocate holds the places in a line to those that a JSON decoder finds.
func FuzzLocate(f *testing.F) {
	f.Add(`{"v":1,"d":{"a":[1,2]}}`)
	f.Add(`{"d":"x\u0041","\u0076":"2"}`)
	l, err := newLocator(Envelope{Payload: "/d", Version: "/v"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spans, err := l.find([]byte(text))
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("%q is no JSON", text)
		}
		var m map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &m) != nil {
			return
		}
		for at, key := range map[int]string{atPayload: "d", atVersion: "v"} {
			got := ""
			if s := spans[at]; s.found() {
				got = text[s.start:s.end]
			}
			if want := string(m[key]); got != want {
				t.Errorf("%s of %q is %q, want %q", key, text, got, want)
			}
		}
	})
}

// FuzzGuess: if the payload that was guessed is JSON, then the line is, and the
// walk over all of it finds the same places.
func FuzzGuess(f *testing.F) {
	for _, text := range []string{
		`{"v":1,"d":{"a":[1,2.5e-3],"b\\":"\"}"}}`, `{"d":["]\\"],"v":2}`, `{"d":{"a":01}}`, `{"d":[}]}`, `{"d":[1]]}`,
		` {"d":1}	`, `  `, `{"d":{"a":tru}}`, `{"d":{"a" 1}}`, `{"v":1,"d":{},"d":{}}`, `{"d":"x"}`, "{\"d\":{\"a\":\"\xff\"}}", `{"v":1,"d":{"a":{}}, "e":{} } `,
	} {
		f.Add(text)
	}
	var all []*locator
	var guessers []*guesser // they learn from text to text
	for _, e := range []Envelope{{Payload: "/d", Version: "/v"}, {Payload: "/d"}, {Payload: "/d/a", Version: "/v", Stream: "/d/e"}, {}} {
		l, err := newLocator(e)
		if err != nil {
			f.Fatal(err)
		}
		all, guessers = append(all, l), append(guessers, newGuesser(l))
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := []byte(text)
		for i, l := range all {
			got, ok := guessers[i].guess(line)
			if !ok {
				continue
			}
			s := skipper{data: line[:got[atPayload].end], at: got[atPayload].start}
			if got[atPayload].found() && (s.value(0) != nil || s.at != len(s.data)) {
				continue
			}
			if want, err := l.find(line); err != nil || got != want {
				t.Errorf("%d: %q: %v; walked %v, %v", i, text, got, want, err)
			}
		}
	})
}

// TestGuesses: the usual lines are guessed, wherever they keep their event.
func TestGuesses(t *testing.T) {
	l, err := newLocator(Envelope{Payload: "/m/d", Version: "/m/v", Type: "/t"})
	if err != nil {
		t.Fatal(err)
	}
	g := newGuesser(l)
	for _, line := range []string{
		`{"t":"a","m":{"v":1,"d":{"x":["}"]}}}`, `{"t":"a","m":{"v":1,"d":{"x":1}, "e":2}, "f":{}}`, `{ "m" : { "d" : [ "]" ] , "v" : "1" } , "t" : "a" } `,
	} {
		got, ok := g.guess([]byte(line))
		want, err := l.find([]byte(line))
		last := strings.HasSuffix(line, "}}}") // else what follows the event is taken to be its own
		if !ok || err != nil || last && got != want {
			t.Errorf("%s: %v, %v; walked %v, %v", line, got, ok, want, err)
		}
	}
}

// TestNumbers holds the walk over numbers to a decoder on every short text.
func TestNumbers(t *testing.T) {
	const letters = "-+.eE019"
	var all func(text string)
	count := 0
	all = func(text string) {
		count++
		s := skipper{data: []byte(text)}
		err := s.number()
		if got, want := err == nil && s.at == len(text), json.Valid([]byte(text)); got != want {
			t.Errorf("%q: %v, %d bytes, want %v", text, err, s.at, want)
		}
		if len(text) < 5 {
			for i := range letters {
				all(text + letters[i:i+1])
			}
		}
	}
	all("")
	if count < 30_000 {
		t.Errorf("%d texts", count)
	}
}

// TestRunnersAreStrict: what a runner takes as an event of JSON is JSON, so that
// nobody else has to look.
func TestRunnersAreStrict(t *testing.T) {
	open := func(v int) schema.Parsed {
		s, err := jsonschema.Parse(fmt.Sprintf(`{"type":"object","properties":{"n":{"type":"number"},"tag%d":{"type":"string"},"l":{"type":"array"}},"required":["tag%[1]d"]}`, v),
			nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	route, err := chain(t, open).Version(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	const letters = "{}[]:,\"\\ \t\x00\x1f\xff\xc3-+.eE01truefalsn/u"
	kept, refused := 0, 0
	var scratch plan.Scratch
	for range 60_000 {
		event := []byte(`{"n":-1.5e3,"tag1":"a\u00e9","l":[1,{"x":null},"y"],"more":{"k":[true,false,{"z":"é\""}]}, "m":0}`)
		for range 1 + r.IntN(2) {
			at := r.IntN(len(event))
			switch c := letters[r.IntN(len(letters))]; r.IntN(3) {
			case 0:
				event[at] = c
			case 1:
				event = slices.Insert(event, at, c)
			default:
				event = slices.Delete(event, at, at+1)
			}
		}
		image, f, err := route.Runner().Apply(t.Context(), nil, event, &scratch)
		if err != nil {
			t.Fatal(err)
		}
		s := skipper{data: event}
		s.space()
		wrong := s.value(0)
		if s.space(); wrong == nil && s.at != len(event) {
			wrong = s.wrong("text follows")
		}
		switch {
		case f != nil:
			refused++
		case wrong != nil:
			t.Fatalf("%q gives %q: %v", event, image, wrong)
		default:
			kept++
		}
	}
	if kept < 1000 || refused < 1000 {
		t.Errorf("%d kept, %d refused", kept, refused)
	}
}

// TestEventsStay: a document whose events become several, or leave the subject, is
// refused by name.
func TestEventsStay(t *testing.T) {
	for steps, want := range map[string]string{
		`{"splitEvent":{"outputs":[{"name":"a","to":{"subject":"s","version":2}}]}}`:                       "from version 1 makes several events of one",
		`{"rename":{"from":"qty","to":"quantity"}},{"renameType":{"to":{"subject":"placed","version":7}}}`: "leave the subject for version 7 of placed; carry to version 1 at most",
	} {
		to := "2"
		if strings.Contains(steps, "renameType") {
			to = `{"subject":"placed","version":7}`
		}
		s := subject(t, `{"instar":"upcast/v1","from":1,"to":`+to+`,"steps":[`+steps+`]}`, documents[1])
		if _, err := s.Version(t.Context(), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", steps, err)
		}
		if r, err := s.Version(t.Context(), 2); err != nil || len(r.Hops) != 2 {
			t.Errorf("behind it: %v, %v", r, err)
		}
	}
}
