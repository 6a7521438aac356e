package api

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// TestLargeImages: an event that would become larger than events may be is refused as
// that, and is no bug of the plan.
func TestLargeImages(t *testing.T) {
	s := newServer(t, func(ro *registry.Options, _ *Options) {
		ro.Limits = schema.DefaultLimits()
		ro.Limits.EventBytes = 1000
	})
	record := `"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"}]}"`
	for _, request := range []string{
		`POST /subjects/r/versions` + "\n\n" + `{"schema": ` + record + `}`,
		`POST /subjects/r/versions` + "\n\n" + `{"schema": ` + strings.Replace(record, `R\"`, `R\",\"doc\":\"again\"`, 1) + `}`,
		`PUT /subjects/r/upcasters/1/2` + "\n\n" + `{"instar":"upcast/v1","from":1,"to":2,"steps":[{"set":{"path":"a","expr":"this + this + this"}}]}`,
	} {
		if got := show(s.send(request)); !strings.HasPrefix(got, "200") {
			t.Fatal(got)
		}
	}
	for size, want := range map[int]string{100: `"outcome":"events"`, 500: "42258"} {
		for _, more := range []string{"", `, "trace": true`, `, "as": "avro"`} {
			got := show(s.send(`POST /upcast` + "\n\n" + `{"subject":"r","from":1,"event":{"a":"` + strings.Repeat("x", size) + `"}` + more + `}`))
			if !strings.Contains(got, want) || size > 100 && !strings.Contains(got, "too large") {
				t.Errorf("%d%s: %s", size, more, got)
			}
		}
	}
}
