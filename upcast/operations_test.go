package upcast

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/upcast/plan"
)

// The cases of an operation stand in testdata/operations/<operation>.txtar. Each
// section is one, named <kind>.<format> or <kind>-<which>.<format>; the kinds are
// proved, refuted, else and down. Its lines are
//
//	from: the schema (of Avro also the fields alone)
//	to: the schema
//	step: a step, in YAML
//	doc: a line of the document besides its steps
//	target: subject, version and schema of an output of splitEvent
//	with: what goes with the events below, as JSON: meta, and context
//	verdict: outcome, "total" if it is, class, and the obligation and path shown
//	shows: the problem, and the least event that shows it
//	down: why there is no way down
//	in: an event as the tests of documents write it; of the target in "down"
//	out: its image as its format shows it, or the code of the failure
//
// With -update verdict, shows, down and out are written.
type operationCase struct {
	name   string
	format schema.Format // of from; target is that of to
	target schema.Format
	from   string
	to     string
	steps  []string
	doc    []string
	lines  []string
	// targets are the schemas of outputs.
	targets map[Target]schema.Parsed
	with    string
	vectors *vectors
}

var caseFormats = map[string]schema.Format{"avro": schema.Avro, "json": schema.JSON, "proto": schema.Protobuf}

func readCase(t *testing.T, f txtar.File) *operationCase {
	kind, suffix, ok := strings.Cut(f.Name, ".")
	source, target, two := strings.Cut(suffix, "-")
	if !two {
		target = source
	}
	c := &operationCase{name: kind, format: caseFormats[source], target: caseFormats[target], targets: map[Target]schema.Parsed{}}
	_, known := caseFormats[source]
	if _, known2 := caseFormats[target]; !ok || !known || !known2 {
		t.Fatalf("case %s: no format", f.Name)
	}
	for line := range strings.Lines(string(f.Data)) {
		line = strings.TrimRight(line, "\n")
		key, rest, _ := strings.Cut(line, ": ")
		switch key {
		case "from":
			c.from = rest
		case "to":
			c.to = rest
		case "step":
			c.steps = append(c.steps, rest)
		case "doc":
			c.doc = append(c.doc, rest)
		case "target":
			words := strings.SplitN(rest, " ", 3)
			n, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			c.targets[Target{Subject: words[0], Version: Version{Number: n}}] = c.schema(t, c.target, words[2])
		case "":
			continue
		}
		c.lines = append(c.lines, line)
	}
	return c
}

func (c *operationCase) schema(t testing.TB, f schema.Format, text string) schema.Parsed {
	t.Helper()
	if f == schema.Avro && strings.HasPrefix(text, `{"name"`) {
		text = `{"type":"record","name":"o.Order","fields":[` + text + `]}`
	}
	s, err := format.Parse(f, strings.ReplaceAll(text, `\n`, "\n"), nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

// verify proves the document of the case, or refutes it.
func (c *operationCase) verify(t *testing.T) *Hop {
	t.Helper()
	h, err := c.tryVerify(t)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (c *operationCase) tryVerify(t *testing.T) (*Hop, error) {
	t.Helper()
	head := "instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - "
	if slices.ContainsFunc(c.doc, func(line string) bool { return strings.HasPrefix(line, "to: ") }) {
		head = strings.Replace(head, "to: 2\n", "", 1)
	}
	d, err := Parse(head + strings.Join(c.steps, "\n  - ") + "\n" + strings.Join(c.doc, "\n") + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return VerifyWith(t.Context(), d, c.schema(t, c.format, c.from), c.schema(t, c.target, c.to), Options{Targets: func(at Target) (schema.Parsed, error) {
		if s := c.targets[at]; s != nil {
			return s, nil
		}
		return nil, fmt.Errorf("no schema of %v", at)
	}})
}

// run gives the lines of the case as they should be.
func (c *operationCase) run(t *testing.T) []string {
	h := c.verify(t)
	var out []string
	for _, line := range c.lines {
		switch key, rest, _ := strings.Cut(line, ": "); key {
		case "from", "to", "doc", "target":
			out = append(out, line)
		case "with":
			out, c.with = append(out, line), rest
		case "step":
			out = append(out, line)
			if line == "step: "+c.steps[len(c.steps)-1] {
				out = append(out, verdictLines(h)...)
			}
		case "in":
			out = append(out, line, "out: "+c.carry(t, h, rest))
		case "verdict", "shows", "down", "out":
		default:
			t.Fatalf("the line %q means nothing", line)
		}
	}
	return out
}

func verdictLines(h *Hop) []string {
	v := h.Verdict
	words := []string{string(v.Outcome)}
	if v.Total {
		words = append(words, "total")
	}
	words = append(words, string(v.Class))
	out := []string{}
	if len(v.Problems) > 0 {
		p := v.Problems[0]
		words = append(words, p.Obligation, p.Path)
		out = append(out, fmt.Sprintf("shows: %s; %s: %s", p.Message, p.Fix, v.Event))
	}
	if v.NoDown != "" {
		out = append(out, "down: none, "+v.NoDown)
	}
	return append([]string{"verdict: " + strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")}, out...)
}

// carry takes an event up, or down, on values and on bytes.
func (c *operationCase) carry(t *testing.T, h *Hop, event string) string {
	t.Helper()
	if strings.HasPrefix(c.name, "down") {
		if h = h.Down; h == nil {
			return "no way down"
		}
	}
	tree, err := jsonx.Parse(event, jsonx.Limits{Bytes: 1 << 16, Depth: 64, Nodes: 1000, Digits: 100, Exponent: 100})
	if err != nil {
		t.Fatal(err)
	}
	in, why := literalOf(tree, h.Source.Type)
	if why != "" {
		t.Fatalf("the event %s %s", event, why)
	}
	bytes, err := h.from.encode(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.doc)+len(c.targets) > 0 || c.with != "" {
		return c.carryAll(t, h, bytes)
	}
	chain := &Chain{Hops: []*Hop{h}, segments: []segment{{root: h.Root, source: h.Source, from: h.from, to: h.to}}}
	got, failure, err := NewRunner(chain).Apply(t.Context(), nil, bytes, nil)
	if err != nil {
		t.Fatal(err)
	}
	image, f, err := plan.Evaluate(t.Context(), h.Root, h.Source, in, plan.DefaultLimits())
	if err != nil || (f == nil) != (failure == nil) {
		t.Fatalf("on values %v, on bytes %v (%v)", f, failure, err)
	}
	c.samePortable(t, chain, bytes, got, failure)
	if f != nil {
		return failure.Code
	}
	if onBytes, err := h.to.show(got); err != nil || string(onBytes) != shown(h.to, image) {
		t.Fatalf("on bytes %s (%v), on values %s", onBytes, err, shown(h.to, image))
	}
	return shown(h.to, image)
}

// carryAll takes an event to all that it becomes.
func (c *operationCase) carryAll(t *testing.T, h *Hop, event []byte) string {
	t.Helper()
	e := &Envelope{ID: "e1", Subject: "s", Version: 1, SchemaID: 7}
	var with struct {
		Headers, Context map[string]string
		Lookup           map[string]string
	}
	if c.with != "" {
		if err := json.Unmarshal([]byte(c.with), &with); err != nil {
			t.Fatal(err)
		}
	}
	e.Headers, e.Context = with.Headers, with.Context
	e.Resolve = func(input, key string) (string, bool) { v, ok := with.Lookup[input+"/"+key]; return v, ok }
	h.Verdict.Outcome = Proved // the way down is, if it is there
	chain, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatal(err)
	}
	events, f, err := NewRunner(chain).Carry(t.Context(), e, event, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f != nil {
		return f.Code
	}
	var out []string
	for _, x := range events {
		target := h.to
		if s := c.targets[x.Target]; s != nil && x.Output != "" {
			if target, err = codecOf(s); err != nil {
				t.Fatal(err)
			}
		}
		shown, err := target.show(x.Event)
		if err != nil {
			t.Fatal(err)
		}
		text := string(shown)
		if x.Output != "" {
			text = x.Output + " " + text
		}
		if x.Type != "" {
			text += " type=" + x.Type
		}
		if x.Target.Subject != "" {
			text += fmt.Sprintf(" target=%s/%s", x.Target.Subject, x.Target.Version)
		}
		if x.Key != nil {
			text += fmt.Sprintf(" key=%q", x.Key)
		}
		for _, name := range sortedKeys(x.Headers) {
			text += fmt.Sprintf(" %s=%q", name, x.Headers[name])
		}
		out = append(out, text)
	}
	return strings.Join(out, " | ")
}

// TestOperationCases plays the cases of every operation.
func TestOperationCases(t *testing.T) {
	var all vectors
	for i := range operations {
		name := operations[i].name
		file := filepath.Join("testdata", "operations", name+".txtar")
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Errorf("%s has no cases: %v", name, err)
			continue
		}
		seen := map[string]bool{}
		for j := range archive.Files {
			f := &archive.Files[j]
			t.Run(name+"/"+f.Name, func(t *testing.T) {
				c := readCase(t, *f)
				c.vectors = &all
				kind, _, _ := strings.Cut(c.name, "-")
				seen[kind+"."+suffixOf(c.format)] = true
				want := strings.Join(c.lines, "\n") + "\n"
				got := strings.Join(c.run(t), "\n") + "\n"
				if *update {
					f.Data = []byte(got)
				} else if got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
				holdsKind(t, kind, got)
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range casesOf(&operations[i]) {
			if !seen[want] {
				t.Errorf("%s has no case %q", name, want)
			}
		}
	}
	writeVectors(t, append(all.list, refusedVectors(t)...))
}

// holdsKind holds a case to what its name promises.
func holdsKind(t *testing.T, kind, lines string) {
	t.Helper()
	var holds bool
	switch kind {
	case "proved":
		holds = strings.Contains(lines, "verdict: PROVED total") && strings.Contains(lines, "\nout: ") && !strings.Contains(lines, "out: O")
	case "refuted":
		holds = strings.Contains(lines, "verdict: REFUTED") && strings.Contains(lines, "\nshows: ") && !strings.HasSuffix(lines, ": \n")
	case "else":
		holds = strings.Contains(lines, "verdict: PROVED") && strings.Contains(lines, "else") && strings.Contains(lines, "\nout: ")
	case "down":
		holds = strings.Contains(lines, "\nout: ") != strings.Contains(lines, "\ndown: none")
	}
	if !holds {
		t.Errorf("this is no case of %q:\n%s", kind, lines)
	}
}

// unknownTo are the formats that an operation has no cases of.
var unknownTo = map[string]string{
	"default":    "avro", // nothing is absent there
	"rest":       "avro", // nothing is undeclared there
	"splitEvent": "json", // its outputs are tested, and not proved
}

// casesOf are the cases that an operation must have: of the first format that
// knows it all kinds, of the others proved and down.
func casesOf(op *operation) []string {
	first := "avro"
	if unknownTo[op.name] == first {
		first = "json"
	}
	cases := []string{"refuted." + first}
	for _, k := range describe(op.read).keys {
		if k.name == "else" {
			cases = append(cases, "else."+first)
		}
	}
	for format := range caseFormats {
		if unknownTo[op.name] != format {
			cases = append(cases, "proved."+format, "down."+format)
		}
	}
	return cases
}

func suffixOf(f schema.Format) string {
	for name, format := range caseFormats {
		if format == f {
			return name
		}
	}
	return ""
}
