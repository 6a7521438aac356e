package upcast

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestLargeImages: an event becomes ten times its size and 1 MiB at most, on bytes and
// on values, and so do all its parts together.
func TestLargeImages(t *testing.T) {
	from := avroSchema(t, `{"name":"a","type":"string"}`)
	to := avroSchema(t, `{"name":"a","type":"string"},{"name":"b","type":"string"},{"name":"c","type":"string"}`)
	const six = `event.a + event.a + event.a + event.a + event.a + event.a`
	grow := []string{"add: {path: b, expr: '" + six + "'}", "add: {path: c, expr: '" + six + "'}"}
	half := func(name string) string {
		return `{name: ` + name + `, to: {subject: s, version: 1}, steps: [{add: {path: b, expr: '` + six + `'}}, {add: {path: c, value: ''}}]}`
	}
	for name, steps := range map[string][]string{
		"on bytes":  grow,
		"on values": append([]string{"meta: {set: {x: {expr: 'string(size(event.a))'}}}"}, grow...),
		"in parts":  {"splitEvent: {outputs: [" + half("one") + ", " + half("two") + "]}"},
	} {
		d := document(t, steps...)
		h, err := VerifyWith(t.Context(), d, from, to, Options{Targets: func(Target) (schema.Parsed, error) { return to, nil }})
		if err != nil || h.Verdict.Outcome != Proved {
			t.Fatal(name, err)
		}
		for size, fits := range map[int]bool{100 << 10: true, 2 << 20: false} {
			event, err := from.Encode([]byte(`{"a":"` + strings.Repeat("x", size) + `"}`))
			if err != nil {
				t.Fatal(err)
			}
			out, f, err := runnerFor(t, h).Carry(t.Context(), &Envelope{}, event, nil)
			switch {
			case err != nil:
				t.Fatal(name, err)
			case fits && (f != nil || len(out) == 0):
				t.Errorf("%s: %d bytes: %v", name, size, f)
			case !fits && (f == nil || f.Code != plan.FailLimit || !strings.HasPrefix(f.Reason, "the image is too large")):
				t.Errorf("%s: %d bytes: %v, %d events", name, size, f, len(out))
			}
		}
	}
}
