package registry

import (
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/upcast"
	"github.com/instar-registry/instar/upcast/plan"
)

const (
	line  = `{"name":"lines","type":{"type":"record","name":"Line","fields":[{"name":"sku","type":"string"}]}}`
	lines = `{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[{"name":"sku","type":"string"}]}}}`
)

// fields is a record of strings, and of what is written with its type.
func fields(of ...string) string {
	for i, f := range of {
		if !strings.HasPrefix(f, "{") {
			of[i] = `{"name":"` + f + `","type":"string"}`
		}
	}
	return `{"type":"record","name":"R","fields":[` + strings.Join(of, ",") + `]}`
}

// splitSubjects has orders of which each becomes an order, a shipment and its lines.
// Every part goes on in its own subject: a shipment through another one, a line as
// two events, of which one is of a fourth.
func splitSubjects(t *testing.T, log *memLog) *node {
	t.Helper()
	n := start(t, log)
	for _, subject := range []string{"o", "s", "t", "l", "m"} {
		n.configure(ParseName(subject), Config{Compatibility: "NONE"})
	}
	for _, v := range [][2]string{
		{"o", fields("id", "ship", lines)},
		{"o", fields("id")},
		{"o", fields("key")},
		{"s", fields("id", "ship")},
		{"s", fields("id", "carrier")},
		{"t", fields("id", "by")},
		{"l", fields("id", line)},
		{"l", fields("id", "sku")},
		{"m", fields("sku")},
		{"m", fields("tag")},
	} {
		n.must(v[0], v[1])
	}
	for _, err := range []error{
		n.leads("o", 2, 3, 0, nextText(2, renameStep("id", "key"))),
		n.leads("s", 1, 2, 0, nextText(1, `{"dropEvent":{"when":"event.ship == 'lost'"}},`+renameStep("ship", "carrier"))),
		n.leads("s", 2, 1, 0, away(2, "t", 1, renameStep("carrier", "by"))),
		n.leads("m", 1, 2, 0, nextText(1, renameStep("sku", "tag")+`,{"convert":{"path":"tag","expr":"this + '!'"}},{"narrow":{"path":"tag","maxLength":9,"mode":"truncate"}}`)),
		n.leads("l", 1, 2, 0, nextText(1, `{"splitEvent":{"outputs":[
			{"name":"flat","to":{"subject":"l","version":2},"steps":[{"move":{"from":"lines.sku","to":"sku"}},{"drop":{"path":"lines"}}]},
			{"name":"sku","to":{"subject":"m","version":1},"when":"event.lines.sku.startsWith('x')","steps":[{"move":{"from":"lines.sku","to":"sku"}},{"drop":{"path":"lines"}},{"drop":{"path":"id"}}]}]}}`)),
		n.leads("o", 1, 2, 0, nextText(1, `{"splitEvent":{"outputs":[
			{"name":"order","to":{"subject":"o","version":2},"steps":[{"drop":{"path":"ship"}},{"drop":{"path":"lines"}}]},
			{"name":"line","to":{"subject":"l","version":1},"forEach":"lines[]","steps":[{"drop":{"path":"ship"}}]},
			{"name":"ship","to":{"subject":"s","version":1},"when":"event.ship != ''","steps":[{"drop":{"path":"lines"}}]}]}}`)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// sent carries an event of o/1, and tells its images as "subject/version part: event".
func sent(t *testing.T, n *node, w *Way, e *upcast.Envelope, event string) ([]upcast.Carried, string, *upcast.Failure) {
	t.Helper()
	in, err := parsedAvro(t, fields("id", "ship", lines), nil).Encode([]byte(event))
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.Carry(t.Context(), e, in)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range out.Events {
		v := n.State().Subject(ParseName(c.Target.Subject)).Version(c.Target.Version.Number)
		p, err := n.Parsed(t.Context(), DefaultContext, v.Content)
		if err != nil {
			t.Fatal(err)
		}
		image, err := p.(interface {
			Decode(event []byte) ([]byte, error)
		}).Decode(c.Event)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s/%d %s: %s", c.Target.Subject, c.Target.Version.Number, c.Place, image))
	}
	return out.Events, strings.Join(all, "\n"), out.Failure
}

const ordered = `{"id":"1","ship":"air","lines":[{"sku":"x1"},{"sku":"y2"}]}`

// TestPartsGoOn: each part of an event is carried to the newest version of its own
// subject, over renamed subjects and further splits.
func TestPartsGoOn(t *testing.T) {
	n := splitSubjects(t, newMemLog())
	o := ParseName("o")
	w, err := n.Way(t.Context(), o, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, h := range w.Hops {
		names = append(names, fmt.Sprintf("%s/%d-%s/%d", h.Source, h.From, h.Target, h.To))
	}
	if got := strings.Join(names, " "); got != "o/1-o/2 o/2-o/3 l/1-l/2 m/1-m/2 s/1-s/2 s/2-t/1" && got != "o/1-o/2 o/2-o/3 m/1-m/2 l/1-l/2 s/1-s/2 s/2-t/1" {
		t.Errorf("hops %s", got)
	}
	origin := "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	e := &upcast.Envelope{ID: origin, Subject: "o", Version: 1, SchemaID: 9, Headers: map[string]string{"k": "v", upcast.HeaderPart: "4/4 last"}}
	events, got, f := sent(t, n, w, e, ordered)
	want := `o/3 order#0: {"key":"1"}
l/2 line#0/flat#0: {"id":"1","sku":"x1"}
m/2 line#0/sku#0: {"tag":"x1!"}
l/2 line#1/flat#0: {"id":"1","sku":"y2"}
t/1 ship#0: {"id":"1","by":"air"}`
	if f != nil || got != want {
		t.Fatalf("%v\n%s", f, got)
	}
	id := func(of string, names ...string) string {
		for _, name := range names {
			of, _ = plan.UUIDv5(of, name)
		}
		return of
	}
	ids := []string{id(origin, "order#0"), id(origin, "line#0", "flat#0"), id(origin, "line#0", "sku#0"), id(origin, "line#1", "flat#0"), id(origin, "ship#0")}
	for i := range events {
		c := &events[i]
		part := fmt.Sprintf("%d/5", i+1)
		if i == 4 {
			part += " last"
		}
		if c.ID != ids[i] || c.Part != i+1 || c.Parts != 5 || c.Headers[upcast.HeaderPart] != part || c.Headers[upcast.HeaderOrigin] != "o/1/9" || c.Headers["k"] != "v" || c.Headers[upcast.HeaderClass] != "one-way" {
			t.Errorf("part %d: %+v", i, c)
		}
	}
	// A part that is dropped leaves the others, and the last of them is the last.
	events, got, f = sent(t, n, w, e, `{"id":"1","ship":"lost","lines":[{"sku":"y"}]}`)
	if f != nil || got != `o/3 order#0: {"key":"1"}`+"\n"+`l/2 line#0/flat#0: {"id":"1","sku":"y"}` || events[1].Headers[upcast.HeaderPart] != "2/2 last" {
		t.Errorf("%v\n%s %+v", f, got, events)
	}
	// One event alone is no part: it has the number that it came with.
	events, got, f = sent(t, n, w, e, `{"id":"1","ship":"lost","lines":[]}`)
	if f != nil || got != `o/3 order#0: {"key":"1"}` || events[0].Headers[upcast.HeaderPart] != "4/4 last" {
		t.Errorf("%v\n%s %+v", f, got, events)
	}
	// The subject may be asked for at an older version; those of others are newest.
	if w, err = n.Way(t.Context(), o, 1, 2); err != nil {
		t.Fatal(err)
	}
	if _, got, f = sent(t, n, w, e, ordered); f != nil || !strings.HasPrefix(got, `o/2 order#0: {"id":"1"}`) || !strings.Contains(got, "m/2 ") || !strings.Contains(got, "t/1 ") {
		t.Errorf("%v\n%s", f, got)
	}
}

// TestPartsOfOtherSubjects: a subject that only parts lead to may be asked for, also
// at a version that is not its newest.
func TestPartsOfOtherSubjects(t *testing.T) {
	ctx := t.Context()
	n := splitSubjects(t, newMemLog())
	from := Target{ParseName("o"), 1}
	for _, c := range []struct {
		subject string
		version int
		want    string
	}{
		{"m", 1, `m/1 line#0/sku#0: {"sku":"x1"}`},
		{"l", 2, "l/2 line#1/flat#0"},
		{"t", 1, `t/1 ship#0: {"id":"1","by":"air"}`},
		{"s", 1, `s/1 ship#0: {"id":"1","ship":"air"}`},
	} {
		w, err := n.WayOf(ctx, "", from, Target{ParseName(c.subject), c.version})
		if err != nil {
			t.Errorf("%s: %v", c.subject, err)
			continue
		}
		if _, got, f := sent(t, n, w, &upcast.Envelope{}, ordered); f != nil || !strings.Contains(got, c.want) || !strings.Contains(got, "o/3 order#0") {
			t.Errorf("%s: %v\n%s", c.subject, f, got)
		}
	}
	_, err := n.WayOf(ctx, "", Target{ParseName("o"), 2}, Target{ParseName("m"), 1})
	wantCode(t, err, UpcasterGap, "no way from version 2 of subject 'o'")
	_, err = n.WayOf(ctx, "", from, Target{ParseName("m"), 7})
	wantCode(t, err, VersionNotFound, "")
	// A split is a way of its subject as far as a part stays in it.
	c, err := n.Coverage(ctx, ParseName("o"), 0)
	if err != nil || !c.Versions[0].To.Reachable || c.Versions[0].To.Class != upcast.OneWay || c.Versions[0].Back.Reachable {
		t.Errorf("%+v, %v", c, err)
	}
	for _, name := range n.State().Through(from, Target{ParseName("o"), 3}) {
		from.Name.Subject += " " + name.Subject
	}
	for _, subject := range []string{" l", " m", " s", " t"} {
		if !strings.Contains(from.Name.Subject, subject) {
			t.Errorf("the way leads through%s", from.Name.Subject)
		}
	}
}

// TestPartsFail: what ends one part ends the event, and is told of the hop that it
// ends at; a gap behind a split is one of the way.
func TestPartsFail(t *testing.T) {
	ctx := t.Context()
	n := splitSubjects(t, newMemLog())
	o, m := ParseName("o"), ParseName("m")
	n.must("m", fields(`{"name":"tag","type":"long"}`))
	_, err := n.Way(ctx, o, 1, 3)
	wantCode(t, err, UpcasterGap, "from version 2 to 3")
	if err := n.leads("m", 2, 3, 0, nextText(2, `{"convert":{"path":"tag","to":"int64","expr":"int(this)","else":"deadLetter"}}`)); err != nil {
		t.Fatal(err)
	}
	w, err := n.Way(ctx, o, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	events, _, f := sent(t, n, w, &upcast.Envelope{}, ordered)
	if f == nil || f.Code != upcast.FailDead || len(events) > 0 {
		t.Fatalf("%+v, %d events", f, len(events))
	}
	if h := w.Hops[f.Hop]; h.Source != m || h.From != 2 || f.Step != 1 || f.Path != "tag" {
		t.Errorf("%+v at hop %+v", f, h)
	}
	if changes := w.Changes(f.Hop); len(changes) != 1 || changes[0].Op != "convert" {
		t.Errorf("%+v", changes)
	}
	if events, _, f := sent(t, n, w, &upcast.Envelope{}, `{"id":"1","ship":"","lines":[{"sku":"y"}]}`); f != nil || len(events) != 2 {
		t.Errorf("%+v, %d events", f, len(events))
	}
	// All parts may be dropped.
	if err := n.leads("o", 2, 3, 1, nextText(2, renameStep("id", "key")+`,{"dropEvent":{"when":"event.key == '0'"}}`)); err != nil {
		t.Fatal(err)
	}
	if w, err = n.Way(ctx, o, 1, 3); err != nil {
		t.Fatal(err)
	}
	if _, _, f := sent(t, n, w, &upcast.Envelope{}, `{"id":"0","ship":"lost","lines":[]}`); f == nil || f.Code != upcast.FailDrop {
		t.Errorf("%+v", f)
	}
	// More parts than an event may have, of parts that have less each.
	many := `{"id":"1","ship":"","lines":[` + strings.TrimSuffix(strings.Repeat(`{"sku":"x1"},`, 600), ",") + `]}`
	if err := n.leads("m", 2, 3, 1, nextText(2, `{"convert":{"path":"tag","to":"int64","expr":"size(this)"}}`)); err != nil {
		t.Fatal(err)
	}
	if w, err = n.Way(ctx, o, 1, 3); err != nil {
		t.Fatal(err)
	}
	if _, _, f := sent(t, n, w, &upcast.Envelope{}, many); f == nil || f.Code != plan.FailLimit || !strings.Contains(f.Reason, "limit event-parts is 1000") {
		t.Errorf("%+v", f)
	}
}

// TestTracesOfParts: a trace follows every part, and a split stands there once for
// each of them.
func TestTracesOfParts(t *testing.T) {
	n := splitSubjects(t, newMemLog())
	w, err := n.Way(t.Context(), ParseName("o"), 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	in, err := parsedAvro(t, fields("id", "ship", lines), nil).Encode([]byte(ordered))
	if err != nil {
		t.Fatal(err)
	}
	traced, err := w.Trace(t.Context(), &upcast.Envelope{}, in)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range traced {
		h := w.Hops[x.Hop]
		got = append(got, fmt.Sprintf("%s %s/%d-%s/%d by %s/%d", x.Part, x.From.Name, x.From.Version, x.To.Name, x.To.Version, h.Source, h.From))
	}
	want := `order#0 o/1-o/2 by o/1
order#0 o/2-o/3 by o/2
line#0 o/1-l/1 by o/1
line#0/flat#0 l/1-l/2 by l/1
line#0/sku#0 l/1-m/1 by l/1
line#0/sku#0 m/1-m/2 by m/1
line#1 o/1-l/1 by o/1
line#1/flat#0 l/1-l/2 by l/1
ship#0 o/1-s/1 by o/1
ship#0 s/1-s/2 by s/1
ship#0 s/2-t/1 by s/2`
	if all := strings.Join(got, "\n"); all != want {
		t.Error(all)
	}
}

// TestWaysOfPartsAreRemembered: a way rests on what its parts go through as well, and
// what leans on no split bridges.
func TestWaysOfPartsAreRemembered(t *testing.T) {
	ctx := t.Context()
	log := newMemLog()
	n := splitSubjects(t, log)
	o := ParseName("o")
	way := func() *Way {
		t.Helper()
		w, err := n.Way(ctx, o, 1, 3)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	first := way()
	if way() != first {
		t.Error("the way was made twice")
	}
	n.must("m", strings.Replace(fields("tag"), `"name":"R",`, `"name":"R","doc":"again",`, 1))
	if w := way(); w == first || len(w.Hops) != len(first.Hops)+1 {
		t.Errorf("a new version behind a split does not count: %d hops", len(w.Hops))
	}
	if err := n.leads("m", 1, 2, 1, nextText(1, renameStep("sku", "tag"))); err != nil {
		t.Fatal(err)
	}
	if _, got, f := sent(t, n, way(), &upcast.Envelope{}, ordered); f != nil || !strings.Contains(got, `{"tag":"x1"}`) {
		t.Errorf("%v\n%s", f, got)
	}
	if _, got, f := sent(t, n, first, &upcast.Envelope{}, ordered); f != nil || !strings.Contains(got, `{"tag":"x1!"}`) {
		t.Errorf("the old way: %v\n%s", f, got)
	}
	n.configure(o, Config{Compatibility: "BACKWARD_TRANSITIVE"})
	_, err := n.register("o", fields("other"), func(c *Register) { c.Upcaster = `{"steps":[` + renameStep("key", "other") + `]}` })
	wantCode(t, err, UpcasterBelowVerdict, "from version 1 to 2 makes several events of one")
}
