package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/instar-registry/instar/internal/nodetest"
)

// TestRaces lets other commands race whose outcomes depend on each other.
func TestRaces(t *testing.T) {
	rounds := max(4, *races/36)
	onEachCluster(t, func(t *testing.T, a, b *nodetest.Client) {
		for _, c := range []struct {
			name string
			race func(t *testing.T, a, b *nodetest.Client, subject string, n int)
		}{
			{"same schema", sameSchema},
			{"same schema in two subjects", sameContent},
			{"compatible pair", compatiblePair},
			{"one id for two contents", sameID},
			{"delete and register", deleteAndRegister},
			{"config and register", configAndRegister},
			{"refer and delete", referAndDelete},
		} {
			t.Run(c.name, func(t *testing.T) {
				inParallel(rounds, 4, func(i int) {
					c.race(t, a, b, fmt.Sprintf("%s %d", c.name, i), i)
				})
			})
		}
	})
}

// avro is a record of its own for each race, with more fields.
func avro(subject string, more string) schemaBody {
	name := make([]byte, 0, len(subject))
	for _, r := range []byte(subject) {
		if r == ' ' || r == '-' {
			r = '_'
		}
		name = append(name, r)
	}
	return schemaBody{SchemaType: "AVRO", Schema: fmt.Sprintf(
		`{"type":"record","name":%q,"fields":[{"name":"id","type":"string"}%s]}`, name, more)}
}

// at builds a path of a subject whose name has spaces.
func at(subject, rest string) string {
	return "/subjects/" + escape(subject) + rest
}

func escape(subject string) string {
	out := ""
	for _, r := range subject {
		if r == ' ' {
			out += "%20"
			continue
		}
		out += string(r)
	}
	return out
}

// into decodes an answer that must have succeeded.
func into[T any](t *testing.T, a nodetest.Answer) T {
	t.Helper()
	var v T
	if !a.OK() {
		t.Errorf("the answer is %s", a)
	} else if err := a.Into(&v); err != nil {
		t.Error(err)
	}
	return v
}

func versionsOf(t *testing.T, c *nodetest.Client, subject string) []int {
	t.Helper()
	return into[[]int](t, call(t, c, http.MethodGet, at(subject, "/versions"), nil))
}

// sameSchema: six registrations of one schema make one version with one id.
func sameSchema(t *testing.T, a, b *nodetest.Client, subject string, _ int) {
	var answers [6]nodetest.Answer
	var fs []func()
	for i := range answers {
		c := []*nodetest.Client{a, b}[i%2]
		fs = append(fs, func() { answers[i] = call(t, c, http.MethodPost, at(subject, "/versions"), avro(subject, "")) })
	}
	together(fs...)
	first := into[entity](t, answers[0])
	for _, a := range answers[1:] {
		if got := into[entity](t, a); got.ID != first.ID || got.Version != 1 {
			t.Errorf("%s: one registration answered %+v, another %+v", subject, first, got)
		}
	}
	if got := versionsOf(t, b, subject); !slices.Equal(got, []int{1}) {
		t.Errorf("%s: the versions are %v", subject, got)
	}
}

// sameContent: one content has one id in every subject.
func sameContent(t *testing.T, a, b *nodetest.Client, subject string, _ int) {
	var one, two nodetest.Answer
	together(
		func() { one = call(t, a, http.MethodPost, at(subject+" l", "/versions"), avro(subject, "")) },
		func() { two = call(t, b, http.MethodPost, at(subject+" r", "/versions"), avro(subject, "")) },
	)
	if l, r := into[entity](t, one), into[entity](t, two); l.ID != r.ID {
		t.Errorf("%s: the ids of one content are %d and %d", subject, l.ID, r.ID)
	}
}

// compatiblePair: both are accepted, one after the other.
func compatiblePair(t *testing.T, a, b *nodetest.Client, subject string, _ int) {
	done(t, a, http.MethodPost, at(subject, "/versions"), avro(subject, ""))
	var one, two nodetest.Answer
	together(
		func() {
			one = call(t, a, http.MethodPost, at(subject, "/versions"), avro(subject, `,{"name":"y","type":"int","default":0}`))
		},
		func() {
			two = call(t, b, http.MethodPost, at(subject, "/versions"), avro(subject, `,{"name":"z","type":"int","default":0}`))
		},
	)
	l, r := into[entity](t, one), into[entity](t, two)
	if l.Version+r.Version != 5 || l.Version == r.Version || l.ID == r.ID {
		t.Errorf("%s: the pair became %+v and %+v, not versions 2 and 3", subject, l, r)
	}
	if got := versionsOf(t, b, subject); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("%s: the versions are %v", subject, got)
	}
}

// sameID: an id given with two contents is bound to one of them.
func sameID(t *testing.T, a, b *nodetest.Client, subject string, n int) {
	left, right := subject+" l", subject+" r"
	for _, s := range []string{left, right} {
		done(t, a, http.MethodPut, "/mode/"+escape(s), map[string]string{"mode": "IMPORT"})
	}
	one, two := avro(left, ""), avro(right, "")
	one.ID, one.Version, two.ID, two.Version = 1_000_000+n, 1, 1_000_000+n, 1
	var x, y nodetest.Answer
	together(
		func() { x = call(t, a, http.MethodPost, at(left, "/versions"), one) },
		func() { y = call(t, b, http.MethodPost, at(right, "/versions"), two) },
	)
	if x.OK() == y.OK() {
		t.Errorf("%s: id %d was bound to both or neither: %s and %s", subject, one.ID, x, y)
		return
	}
	if !x.OK() {
		x, y, one = y, x, two
	}
	if y.Code() != 42205 {
		t.Errorf("%s: the loser was told %s", subject, y)
	}
	got := into[entity](t, call(t, b, http.MethodGet, fmt.Sprintf("/schemas/ids/%d", one.ID), nil))
	if got.Schema != one.Schema {
		t.Errorf("%s: id %d has the text %s; the winner sent %s", subject, one.ID, got.Schema, one.Schema)
	}
}

// deleteAndRegister: what both answers say is what is there.
func deleteAndRegister(t *testing.T, a, b *nodetest.Client, subject string, _ int) {
	done(t, a, http.MethodPost, at(subject, "/versions"), avro(subject, ""))
	var gone, made nodetest.Answer
	together(
		func() { gone = call(t, a, http.MethodDelete, at(subject, ""), nil) },
		func() {
			made = call(t, b, http.MethodPost, at(subject, "/versions"), avro(subject, `,{"name":"y","type":"int","default":0}`))
		},
	)
	deleted := into[[]int](t, gone)
	if got := into[entity](t, made); got.Version != 2 {
		t.Errorf("%s: the registration answered %+v beside version 1", subject, got)
	}
	var left []int
	for _, v := range []int{1, 2} {
		if !slices.Contains(deleted, v) {
			left = append(left, v)
		}
	}
	for _, c := range []*nodetest.Client{a, b} {
		live := call(t, c, http.MethodGet, at(subject, "/versions"), nil)
		if len(left) == 0 {
			if live.Code() != 40401 {
				t.Errorf("%s: all versions were deleted, listed is %s", subject, live)
			}
		} else if got := into[[]int](t, live); !slices.Equal(got, left) {
			t.Errorf("%s: deleted were %v, live are %v", subject, deleted, got)
		}
	}
}

// configAndRegister: a version that FULL refuses is accepted or refused as the
// level stood at its place in the log.
func configAndRegister(t *testing.T, a, b *nodetest.Client, subject string, _ int) {
	done(t, a, http.MethodPut, "/config/"+escape(subject), map[string]string{"compatibility": "NONE"})
	done(t, a, http.MethodPost, at(subject, "/versions"), avro(subject, ""))
	var set, made nodetest.Answer
	together(
		func() {
			set = call(t, a, http.MethodPut, "/config/"+escape(subject), map[string]string{"compatibility": "FULL"})
		},
		func() {
			made = call(t, b, http.MethodPost, at(subject, "/versions"), avro(subject, `,{"name":"y","type":"int"}`))
		},
	)
	if !set.OK() || (made.Status != http.StatusOK && made.Status != http.StatusConflict) {
		t.Errorf("%s: the answers are %s and %s", subject, set, made)
	}
	want := []int{1}
	if made.OK() {
		want = []int{1, 2}
		if last := lastKind(t, b, subject); last != "config.changed" {
			t.Errorf("%s: FULL refuses the version, but it was accepted after FULL was set (the last change is %s)", subject, last)
		}
	}
	if got := versionsOf(t, a, subject); !slices.Equal(got, want) {
		t.Errorf("%s: the registration answered %s, the versions are %v", subject, made, got)
	}
	if again := call(t, b, http.MethodPost, at(subject, "/versions"), avro(subject, `,{"name":"q","type":"int"}`)); again.Status != http.StatusConflict {
		t.Errorf("%s: FULL was acknowledged, but another node accepted %s", subject, again)
	}
}

// lastKind is the kind of the newest change of a subject in the log.
func lastKind(t *testing.T, c *nodetest.Client, subject string) string {
	t.Helper()
	feed := done(t, c, http.MethodGet, "/changes?since=0&subject="+escape(subject), nil)
	kind := ""
	for line := range bytes.Lines(feed.Body) {
		var r struct {
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Errorf("%s: the feed has the line %q: %v", subject, line, err)
		}
		kind = r.Kind
	}
	return kind
}

// referAndDelete: a schema is never deleted under a reference that was accepted.
func referAndDelete(t *testing.T, a, b *nodetest.Client, subject string, _ int) {
	item, basket := subject+" item", subject+" basket"
	target := avro(item, "")
	done(t, a, http.MethodPost, at(item, "/versions"), target)
	name := "refer_and_delete_" + item[len("refer and delete "):len(item)-len(" item")] + "_item"
	body := avro(basket, fmt.Sprintf(`,{"name":"item","type":%q}`, name))
	body.References = []ref{{name, item, 1}}
	var made, gone nodetest.Answer
	together(
		func() { made = call(t, a, http.MethodPost, at(basket, "/versions"), body) },
		func() { gone = call(t, b, http.MethodDelete, at(item, "/versions/1"), nil) },
	)
	switch {
	case made.OK() && gone.Code() == 42206, gone.OK() && made.Code() == 42201:
	default:
		t.Errorf("%s: the reference answered %s, the delete %s; exactly one may succeed", subject, made, gone)
	}
}
