package storetest

import (
	"slices"
	"testing"

	"github.com/instar-registry/instar/registry"
)

// refusals lie beside the log: they change no sequence, come back in order of
// time, and go with their age.
func refusals(t *testing.T, s Store) {
	log := s.Open(t)
	before, err := log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := []registry.Refusal{
		{At: 30, Actor: "token:ci", Request: "r3", Route: "POST /subjects/:subject/versions", Subject: "s\u00e9 😀", Status: 409, Code: 409, Times: 1},
		{At: 10, Actor: "anonymous@::1", Request: "r1", Route: "DELETE /config", Status: 403, Code: 403, Times: 1},
		{At: 20, Actor: "token:ci", Times: 150},
	}
	if err := log.Refused(t.Context(), rows[:2], 0); err != nil {
		t.Fatal(err)
	}
	if err := log.Refused(t.Context(), rows[2:], 0); err != nil {
		t.Fatal(err)
	}
	read := func(since int64) (out []registry.Refusal) {
		t.Helper()
		if err := log.Refusals(t.Context(), since, func(r registry.Refusal) { out = append(out, r) }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got, want := read(0), []registry.Refusal{rows[1], rows[2], rows[0]}; !slices.Equal(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
	if got := read(20); len(got) != 2 {
		t.Errorf("since 20: %+v", got)
	}
	if err := log.Refused(t.Context(), []registry.Refusal{{At: 40, Actor: "x", Times: 1}}, 25); err != nil {
		t.Fatal(err)
	}
	if got := read(0); len(got) != 2 || got[0].At != 30 || got[1].At != 40 {
		t.Errorf("after the removal of what is older than 25: %+v", got)
	}
	after, err := log.Head(t.Context())
	if err != nil || after != before {
		t.Errorf("the head moved from %+v to %+v, %v", before, after, err)
	}
}
