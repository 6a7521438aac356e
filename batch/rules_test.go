package batch

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hamba/avro/v2/ocf"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// jsonata is a rule set with one rule on the way up.
func jsonata(expr string) string {
	return fmt.Sprintf(`{"migrationRules":[{"name":"up","kind":"TRANSFORM","mode":"UPGRADE","type":"JSONATA","expr":%q}]}`, expr)
}

// words are versions of an event whose second and fourth are led to by rules: the
// first rules are a known idiom, the others are carried out as they are.
func words(tb testing.TB, lines bool) []Version {
	tb.Helper()
	var out []Version
	for i, fields := range [][2]string{
		{`{"name":"state","type":"string"}`, `"state":{"type":"string"}`},
		{`{"name":"status","type":"string"}`, `"status":{"type":"string"}`},
		{`{"name":"text","type":"string"}`, `"text":{"type":"string"}`},
		{`{"name":"words","type":{"type":"array","items":"string"}}`, `"words":{"type":"array","items":{"type":"string"}}`},
	} {
		var s schema.Parsed
		var err error
		o := schema.Options{Limits: schema.DefaultLimits()}
		if lines {
			s, err = jsonschema.Parse(`{"type":"object","additionalProperties":false,"properties":{`+fields[1]+`},"required":[`+strings.Split(fields[1], ":")[0]+`]}`, nil, o)
		} else {
			s, err = avro.Parse(`{"type":"record","name":"Order","fields":[`+fields[0]+`]}`, nil, o)
		}
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, Version{Number: i + 1, Schema: s})
	}
	out[1].Rules = []string{jsonata(`$merge([$sift($, function($v, $k) {$k != 'state'}), {'status': $.state}])`)}
	out[3].Rules = []string{jsonata(`{'words': $split(text = 'bad' ? 1 : text, ' ')}`)}
	return out
}

const toText = `{"instar":"upcast/v1","from":2,"to":3,"steps":[{"rename":{"from":"status","to":"text"}}]}`

// ruled is a subject over words.
func ruledSubject(tb testing.TB, versions []Version) *Subject {
	tb.Helper()
	s, err := NewSubject(versions, []string{toText}, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// TestRulesOnLines: where a hop has migration rules and no document, they are carried
// out between the documents of the others; an event that they do not take is told
// with their version, and a letter of it is carried after the rule was mended.
func TestRulesOnLines(t *testing.T) {
	dir := t.TempDir()
	in := strings.Join([]string{
		`{"v":1,"d":{"state":"a b"}}`, `{"v":2,"d":{"status":"c"}}`, `{"v":1,"d":{"state":"bad"}}`, `{"v":3,"d":{"text":"d e"}}`, `{"v":4,"d":{"words":[]}}`,
	}, "\n")
	j := Job{
		In: write(t, filepath.Join(dir, "in"), []byte(in)), Out: filepath.Join(dir, "out"), Dead: filepath.Join(dir, "dead"),
		Envelope: Envelope{Payload: "/d", Version: "/v"}, Verify: true,
	}
	routes := ruledSubject(t, words(t, true))
	report := run1(t, j, routes)
	want := strings.Join([]string{
		`{"v":4,"d":{"words":["a","b"]}}`, `{"v":4,"d":{"words":["c"]}}`, `{"v":4,"d":{"words":["d","e"]}}`, `{"v":4,"d":{"words":[]}}`,
	}, "\n")
	if got := string(read(t, j.Out)); got != want {
		t.Errorf("output\n%s\nwant\n%s", got, want)
	}
	if report.Total(Changed) != 3 || report.Total(Dead) != 1 || report.Total(Unchanged) != 1 {
		t.Errorf("%v", report.Counts)
	}
	letter := string(read(t, j.Dead))
	for _, part := range []string{`"version":1`, `"from":3,"to":4`, `"code":"rule"`, `"reason":"migration rules of version 4: rule \"up\"`} {
		if !strings.Contains(letter, part) {
			t.Errorf("the dead letter has no %s:\n%s", part, letter)
		}
	}
	mended := words(t, true)
	mended[3].Rules = []string{jsonata(`{'words': $split(text, ' ')}`)}
	again := Job{In: j.Dead, Out: filepath.Join(dir, "mended"), Envelope: j.Envelope, Redrive: true}
	other := ruledSubject(t, mended)
	run1(t, again, other)
	if got := string(read(t, again.Out)); got != `{"v":4,"d":{"words":["bad"]}}`+"\n" {
		t.Errorf("redriven: %s", got)
	}
	if other.Identity() == routes.Identity() {
		t.Error("a run would go on with other rules than it began with")
	}
	stop := j
	stop.Out, stop.Dead = filepath.Join(dir, "stopped"), ""
	if _, err := Run(t.Context(), stop, routes); err == nil || !strings.Contains(err.Error(), `record 3 (offset 55) of version 1: migration rules of version 4: rule "up"`) {
		t.Errorf("%v", err)
	}
}

// TestRulesOnContainers: the events of a container file have no ends of their own, so
// each is found before its rules are carried out.
func TestRulesOnContainers(t *testing.T) {
	versions := words(t, false)
	routes := ruledSubject(t, versions)
	source := versions[0].Schema.(*avro.Schema)
	h := ocfHeader{schema: source.Canonical(), codec: "null"}
	var events []byte
	for _, state := range []string{"a b", "bad", "", "c"} {
		e, err := source.Encode(fmt.Appendf(nil, `{"state":%q}`, state))
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e...)
	}
	dir := t.TempDir()
	j := Job{
		In: write(t, filepath.Join(dir, "in"), h.appendBlock(h.append(nil), 4, events)), Out: filepath.Join(dir, "out"), Dead: filepath.Join(dir, "dead"), Verify: true,
	}
	run1(t, j, routes)
	d, err := ocf.NewDecoder(bytes.NewReader(read(t, j.Out)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for d.HasNext() {
		var e struct {
			Words []string `avro:"words"`
		}
		if err := d.Decode(&e); err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join(e.Words, "+"))
	}
	if strings.Join(got, " ") != "a+b  c" || d.Error() != nil || !strings.Contains(string(read(t, j.Dead)), "migration rules of version 4") {
		t.Errorf("%q, %v", got, d.Error())
	}
	// An event that is cut off is no event.
	bad := j
	bad.In, bad.Out, bad.Dead = write(t, filepath.Join(dir, "bad"), h.appendBlock(h.append(nil), 1, []byte{8, 'a'})), filepath.Join(dir, "none"), filepath.Join(dir, "none.dead")
	if _, err := Run(t.Context(), bad, routes); err == nil || !strings.Contains(err.Error(), "cannot be read: event 1") {
		t.Errorf("%v", err)
	}
}

// TestRulesThatAreGaps: what cannot be carried out is refused before the first event,
// and a document is carried out instead of rules.
func TestRulesThatAreGaps(t *testing.T) {
	for _, c := range [][2]string{
		{`{'words': [$now()]}`, "no way from version 3 to 4 by migration rules"},
		{`{'words': [$string($random())]}`, "no way from version 3 to 4 by migration rules"},
		{`{'words': $whatever(text)}`, "no way from version 3 to 4 by migration rules"},
	} {
		versions := words(t, true)
		versions[3].Rules = []string{jsonata(c[0])}
		if _, err := ruledSubject(t, versions).Version(t.Context(), 1); err == nil || !strings.Contains(err.Error(), c[1]) || !strings.Contains(err.Error(), "register an upcaster") {
			t.Errorf("%s: %v", c[0], err)
		}
	}
	versions := words(t, true)
	versions[2].Rules = []string{jsonata(`$whatever()`)} // there is a document
	elsewhere, disabled := strings.TrimSuffix(jsonata(`$whatever()`), "}")+`,"enableAt":"CLIENT"}`, strings.Replace(jsonata(`$`), `"up"`, `"off","disabled":true`, 1)
	versions[3].Rules = append(versions[3].Rules, elsewhere, disabled)
	route, err := ruledSubject(t, versions).Version(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(route.Legs) != 2 || route.Legs[0].Rules != nil || route.Legs[1].Rules == nil || route.Legs[1].First != 2 {
		t.Errorf("the idiom is not fused with the document: %+v", route.Legs)
	}
	// Without rules of its own, what was deleted in between goes first.
	versions = words(t, true)
	versions[3].Rules = []string{jsonata(`{'w': text}`), jsonata(`{'words': [w, w]}`)}
	route, err = ruledSubject(t, versions).Version(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	if image, f, err := route.apply(t.Context(), []byte("+"), nil, []byte(`{"text":"a"}`), nil); err != nil || f != nil || string(image) != `+{"words":["a","a"]}` {
		t.Errorf("%s, %v, %v", image, f, err)
	}
}

// TestTestedDocuments: a document that is active although it is only tested is carried
// out, and an image that its schema does not take is a failure of that event.
func TestTestedDocuments(t *testing.T) {
	var versions []Version
	for i, text := range []string{
		`{"type":"object","properties":{"b":{"type":"string","pattern":"^[a-z]{1,5}$"}},"required":["b"],"additionalProperties":false}`,
		`{"type":"object","properties":{"b":{"type":"string","pattern":"^[A-Z]{1,5}$"}},"required":["b"],"additionalProperties":false}`,
	} {
		s, err := jsonschema.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, Version{Number: i + 1, Schema: s})
	}
	routes, err := NewSubject(versions, []string{`{"instar":"upcast/v1","from":1,"to":2,"steps":[{"set":{"path":"b","expr":"event.b.reverse() == 'vjxqz' ? 'no' : event.b.upperAscii()"}}]}`}, 0)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	j := Job{
		In: write(t, filepath.Join(dir, "in"), []byte(`{"b":"ab"}`+"\n"+`{"b":"zqxjv"}`+"\n")), Out: filepath.Join(dir, "out"), Dead: filepath.Join(dir, "dead"), From: 1,
	}
	run1(t, j, routes)
	if out, dead := string(read(t, j.Out)), string(read(t, j.Dead)); out != `{"b":"AB"}`+"\n" || !strings.Contains(dead, `"code":"output"`) {
		t.Errorf("%s%s", out, dead)
	}
}
