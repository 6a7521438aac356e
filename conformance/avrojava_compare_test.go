package conformance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// avroPair is one question about a writer and a reader, with our answers.
type avroPair struct {
	name           string
	writer, reader *avro.Schema
	exact          schema.Containment
	rule           []string // of STRICT: "KIND path additional"
	events         [][]byte
	readings       []avro.Reading
}

// lenientAvro is how history is parsed.
var lenientAvro = schema.Options{Limits: schema.DefaultLimits(), Lenient: true}

// samplesPerPair is how many generated events follow the witnesses.
const samplesPerPair = 6

// newAvroPair asks our engines.
func newAvroPair(t *testing.T, name string, w, r *avro.Schema) *avroPair {
	t.Helper()
	p := &avroPair{name: name, writer: w, reader: r}
	var err error
	if p.exact, err = avro.Contain(t.Context(), w, r, schema.Budget{}); err != nil {
		t.Fatal(err)
	}
	if p.exact.Verdict == schema.Unknown {
		t.Errorf("%s: %s\nread as %s is undecided: %+v", name, w.Canonical(), r.Canonical(), p.exact.Undecided)
	}
	p.rule = strictRule(t, w, r)
	for i := range p.exact.Breaks {
		if b := &p.exact.Breaks[i]; b.Witness != nil {
			p.events = append(p.events, b.Witness.Binary)
		}
	}
	for seed := range uint64(samplesPerPair) {
		s, err := w.Sample(seed)
		if err != nil {
			break // no event exists
		}
		p.events = append(p.events, s.Binary)
	}
	for _, e := range p.events {
		reading, err := avro.Read(w, r, e)
		if err != nil {
			t.Errorf("%s: %s\nread as %s: %v", name, w.Canonical(), r.Canonical(), err)
		}
		p.readings = append(p.readings, reading)
	}
	return p
}

// strictRule is what the policy STRICT finds, each difference in one line.
func strictRule(t *testing.T, w, r *avro.Schema) []string {
	t.Helper()
	report, err := compat.Check(t.Context(), compat.Request{
		Candidate: r, History: []compat.Version{{Number: 1, Parsed: w}}, Level: compat.Backward, Policy: compat.Strict,
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i := range report.Pairs {
		for _, f := range report.Pairs[i].Findings {
			switch {
			case f.Kind == "":
				out = append(out, f.Description)
			case f.Refused:
				out = append(out, f.Kind+" "+f.Path+" "+f.Additional)
			}
		}
	}
	return out
}

func (p *avroPair) question() javaQuestion {
	return javaQuestion{Writer: p.writer.Canonical(), Reader: p.reader.Canonical(), Events: hexadecimal(p.events)}
}

// sameAvro compares two events in Avro's JSON encoding; numbers are equal if
// their values in the type are.
func sameAvro(n *avro.Node, a, b any) bool {
	switch n.Kind {
	case avro.Union:
		return sameBranch(n, a, b)
	case avro.Record:
		x, ok := a.(object)
		y, ok2 := b.(object)
		return ok && ok2 && len(x) == len(n.Fields) && len(y) == len(n.Fields) &&
			!slices.ContainsFunc(n.Fields, func(f *avro.Field) bool { return !sameAvro(f.Type, x[f.Name], y[f.Name]) })
	case avro.Map:
		x, ok := a.(object)
		y, ok2 := b.(object)
		for key, v := range x {
			if w, ok := y[key]; !ok || !sameAvro(n.Items, v, w) {
				return false
			}
		}
		return ok && ok2 && len(x) == len(y)
	case avro.Array:
		x, ok := a.([]any)
		y, ok2 := b.([]any)
		return ok && ok2 && slices.EqualFunc(x, y, func(v, w any) bool { return sameAvro(n.Items, v, w) })
	case avro.Float:
		return sameNumber(a, b, 32)
	case avro.Double:
		return sameNumber(a, b, 64)
	default:
		return a == b
	}
}

func sameBranch(n *avro.Node, a, b any) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, ok := a.(object)
	y, ok2 := b.(object)
	if !ok || !ok2 || len(x) != 1 || len(y) != 1 {
		return false
	}
	for _, branch := range n.Branches {
		v, ok := x[branch.TypeName()]
		w, ok2 := y[branch.TypeName()]
		if ok && ok2 {
			return sameAvro(branch, v, w)
		}
	}
	return false
}

func sameNumber(a, b any, bits int) bool {
	x, ok := a.(json.Number)
	y, ok2 := b.(json.Number)
	if !ok || !ok2 {
		return a == b // NaN and the infinities are strings
	}
	v, err := strconv.ParseFloat(string(x), bits)
	w, err2 := strconv.ParseFloat(string(y), bits)
	return err == nil && err2 == nil && v == w
}

func parsedEvent(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// sameEvent compares two events of a type.
func sameEvent(n *avro.Node, ours, theirs string) bool {
	a, err := parsedEvent(ours)
	b, err2 := parsedEvent(theirs)
	return err == nil && err2 == nil && sameAvro(n, a, b)
}

// misreads names the breaks that explain the faults of a reading which gives
// another value than was written.
func (p *avroPair) misreads(event int) []string {
	var out []string
	for _, f := range p.readings[event].Faults {
		out = append(out, p.misread(f.Path))
	}
	return out
}

// misread names the break at a place. Inside a recursive type there are more
// places than a break lists, so the same field elsewhere will do.
func (p *avroPair) misread(path string) string {
	end := path[strings.LastIndexByte(path, '.')+1:]
	similar := "not told"
	for i := range p.exact.Breaks {
		b := &p.exact.Breaks[i]
		if b.Effect != schema.Misread {
			continue
		}
		for _, at := range append([]string{b.Path}, b.Paths...) {
			if at == path {
				return b.Kind
			}
			if at[strings.LastIndexByte(at, '.')+1:] == end {
				similar = b.Kind
			}
		}
	}
	return similar
}

// disagreements compares all our answers about a pair with Java's.
func (p *avroPair) disagreements(a *javaAnswer) []disagreement {
	var out []disagreement
	add := func(where javaWhere, cause, detail string) {
		out = append(out, disagreement{pair: p, java: a, where: where, cause: cause, detail: detail})
	}
	if a.Error != "" {
		add(javaTextRefused, a.Error, "")
		return out
	}
	refused := len(a.Incompatibilities) > 0 || a.Thrown != ""
	switch {
	case refused && p.exact.Verdict == schema.Compatible:
		add(javaRefuses, strings.Join(a.rule(), "; "), "")
	case !refused && p.exact.Verdict == schema.Incompatible:
		for i := range p.exact.Breaks {
			if b := &p.exact.Breaks[i]; b.Class == schema.ClassData {
				add(javaAccepts, b.Kind, b.Message)
			}
		}
	}
	for i := range p.events {
		p.event(i, &a.Events[i], func(where javaWhere, cause string) {
			add(where, cause, fmt.Sprintf("the event %x is %s; Java reads %s %s; we read %s %+v",
				p.events[i], a.Events[i].Written, a.Events[i].Read, a.Events[i].Error, p.readings[i].JSON, p.readings[i].Faults))
		})
	}
	return out
}

// event compares the readings of one event.
func (p *avroPair) event(i int, java *javaEvent, add func(where javaWhere, cause string)) {
	own, err := p.writer.Decode(p.events[i])
	if err != nil || !sameEvent(p.writer.Root, string(own), java.Written) {
		add(javaOwnValue, fmt.Sprintf("%s %v", own, err))
	}
	ours := p.readings[i]
	switch {
	case java.Error != "":
		if ours.JSON != nil {
			add(javaFails, java.Error)
		}
	case ours.JSON == nil:
		for _, f := range ours.Faults {
			if f.Effect == schema.Refused {
				add(javaReads, f.Read)
			}
		}
	case !sameEvent(p.reader.Root, string(ours.JSON), java.Read):
		add(javaValue, java.Read)
	default:
		for _, kind := range p.misreads(i) {
			add(javaMisreads, kind)
		}
	}
}

// rule is what Java's checker says, in the form of strictRule.
func (a *javaAnswer) rule() []string {
	if a.Thrown != "" {
		_, message, _ := strings.Cut(a.Thrown, ": ")
		return []string{"Unexpected exception during compatibility check: " + message}
	}
	var out []string
	for _, i := range a.Incompatibilities {
		out = append(out, i.Kind+" "+i.Path+" "+i.Message)
	}
	return out
}
