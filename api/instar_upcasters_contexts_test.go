package api

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/api/wire"
)

// TestUpcastersOfContexts: every route takes a subject by its full name and below its
// context, and answers the same.
func TestUpcastersOfContexts(t *testing.T) {
	s := newServer(t, nil)
	record := func(field string) string {
		return `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"` + field + `\",\"type\":\"int\"}]}"`
	}
	s.post("/subjects/:.pay:o/versions", record("a")+"}")
	s.post("/subjects/:.pay:o/versions", record("b")+`,"upcaster":{"steps":[{"rename":{"from":"a","to":"b"}}]}}`)
	s.post("/subjects/o/versions", record("z")+"}") // of the default context, and never meant
	document := `{"instar":"upcast/v1","subject":"SUBJECT","from":1,"to":2,"steps":[{"rename":{"from":"a","to":"b"}}]}`
	for _, c := range [][2]string{
		{"GET", "/subjects/SUBJECT/upcasters"},
		{"GET", "/subjects/SUBJECT/upcasters/1/2"},
		{"GET", "/subjects/SUBJECT/upcasters/coverage"},
		{"GET", "/subjects/SUBJECT/upcasters/plan?from=1"},
		{"GET", "/upcasters/sources?subject=SUBJECT"},
		{"POST", "/subjects/SUBJECT/upcasters/derive\n\n" + `{"from":1,"to":2}`},
		{"POST", "/subjects/SUBJECT/upcasters/verify\n\n" + `{"document":` + strings.ReplaceAll(document, `"subject":"SUBJECT",`, "") + "}"},
		{"POST", "/upcasters/verify\n\n" + `{"document":` + document + `,"from":{"subject":":.pay:o","version":1},"to":{"subject":":.pay:o","version":2}}`},
		{"POST", "/upcast\n\n" + `{"subject":"SUBJECT","from":1,"event":{"a":1}}`},
		{"POST", "/upcast/batch?subject=SUBJECT&from=1\nContent-Type: application/x-ndjson\n\n" + `{"a":1}`},
		{"POST", "/upcast/batch?subject=SUBJECT\nContent-Type: " + wire.TypeFrames + "\n\n" + withLength(framed(1, 2))},
	} {
		full := s.send(c[0] + " " + strings.ReplaceAll(c[1], "SUBJECT", ":.pay:o"))
		below := s.send(c[0] + " /contexts/.pay" + strings.ReplaceAll(c[1], "SUBJECT", "o"))
		if full.status != 200 || full.body == "" || strings.Contains(full.body, "error_code") {
			t.Errorf("%s: %d %s", c[1], full.status, full.body)
		}
		// Two schemas are no subject: the name in the document makes another plan.
		between := strings.HasPrefix(c[1], "/upcasters/verify")
		if below.status != full.status || below.body != full.body && !between {
			t.Errorf("%s: %d %s\nbelow the context: %d %s", c[1], full.status, full.body, below.status, below.body)
		}
	}
}
