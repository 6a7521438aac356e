package api

import (
	"strings"
	"testing"
)

// TestRightsOfUpcasters: viewers read, prove and carry events, publishers add, and
// stewards supersede what a version was let in for and withdraw.
func TestRightsOfUpcasters(t *testing.T) {
	const hop = "/subjects/own-o/upcasters/1/2"
	record := func(field string) string {
		return `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"` + field + `\",\"type\":\"int\"}]}"`
	}
	document := func(steps string) string {
		return `{"instar":"upcast/v1","from":1,"to":2,"steps":[` + steps + `]}`
	}
	const rename, anew = `{"rename":{"from":"a","to":"b"}}`, `{"drop":{"path":"a"}},{"add":{"path":"b","value":1}}`
	const reads = "viewer publisher steward admin"
	for _, bridged := range []bool{false, true} {
		g := newGuarded(t)
		g.must("POST /subjects/own-o/versions\n\n" + record("a") + "}")
		if bridged {
			g.must("POST /subjects/own-o/versions\n\n" + record("b") + `,"upcaster":{"steps":[` + rename + `]}}`)
		} else {
			g.must("PUT /config/own-o\n\n" + `{"compatibility":"NONE"}`)
			g.must("POST /subjects/own-o/versions\n\n" + record("b") + "}")
			g.must("PUT " + hop + "\n\n" + document(rename))
		}
		supersede := "steward admin"
		if !bridged {
			supersede = "publisher steward admin"
		}
		// Every row leaves the active revision as it was, or names who may change it
		// last.
		for _, c := range [][3]string{
			{"GET " + hop, reads},
			{"GET /subjects/own-o/upcasters", reads},
			{"GET /subjects/own-o/upcasters/coverage", reads},
			{"GET /subjects/own-o/upcasters/plan?from=1", reads},
			{"GET /upcasters/sources?subject=own-o", reads},
			{"POST /subjects/own-o/upcasters/verify", reads, document(rename)},
			{"POST /subjects/own-o/upcasters/derive", reads, `{"from":1,"to":2}`},
			{"POST /upcast", reads, `{"subject":"own-o","from":1,"event":{"a":1}}`},
			{"POST /upcast/batch?subject=own-o&from=1\nContent-Type: application/x-ndjson", reads, `{"a":1}`},
			{"PUT " + hop + "?state=draft", "publisher steward admin", document(anew)},
			{"DELETE " + hop + "?state=draft", "steward admin", ""},
			{"PUT " + hop + "\nIf-Match: 1", supersede, document(anew)},
			{"DELETE " + hop, "steward admin", ""},
		} {
			for _, role := range []string{"nobody", "viewer", "publisher", "steward", "admin"} {
				request := c[0]
				if c[2] != "" {
					request += "\n\n" + c[2]
				}
				a := g.as(role, request)
				may := strings.Contains(c[1], role)
				switch {
				case !may && a.status != 403 && a.status != 404:
					t.Errorf("bridged %t, %s: %s: %d %s", bridged, role, c[0], a.status, a.body)
				case may && (a.status == 403 || a.status == 404 && role != "admin"):
					t.Errorf("bridged %t, %s: %s: %d %s", bridged, role, c[0], a.status, a.body)
				case may && role == strings.Fields(c[1])[0] && a.status != 200 && !(bridged && c[0] == "DELETE "+hop):
					t.Errorf("bridged %t, %s: %s: %d %s", bridged, role, c[0], a.status, a.body)
				}
			}
		}
	}
}
