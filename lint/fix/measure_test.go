package fix

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// tally counts what is repaired, by format.
type tally struct {
	findings, fixed  map[string]int
	without          map[string]int // rules of the findings that have no fix
	breaking, across map[string]int
	stuck            map[string]int
}

func newTally() *tally {
	return &tally{map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}}
}

// TestMeasure measures the two bars about repairs on histories of real schemas:
// of the findings that break data and that the level FULL asks about, how many a
// fix removes when it is applied and everything is checked again; and of the
// pairs whose old events break, how many a proposed upcaster carries across, each
// witness included. INSTAR_CORPORA names the directory of the full histories;
// without it a part that the repository holds is measured.
func TestMeasure(t *testing.T) {
	n := newTally()
	pairs := extract(t)
	if dir := os.Getenv("INSTAR_CORPORA"); dir != "" {
		pairs = full(t, dir)
	}
	for i := range pairs {
		n.fixes(t, &pairs[i])
		n.upcasters(t, &pairs[i])
	}
	for _, f := range slices.Sorted(maps.Keys(n.findings)) {
		t.Logf("%s: %d of %d findings are repaired", f, n.fixed[f], n.findings[f])
	}
	for _, f := range slices.Sorted(maps.Keys(n.breaking)) {
		t.Logf("%s: %d of %d pairs that break are carried across by a proposed upcaster", f, n.across[f], n.breaking[f])
	}
	t.Logf("without a fix: %v; not carried: %v", n.without, n.stuck)
	// The bars are 80 of 100.
	const bar = 80
	floors := map[string][2]int{
		schema.Avro.String(): {bar, bar}, schema.JSON.String(): {bar, bar}, schema.Protobuf.String(): {bar, bar},
	}
	for f, floor := range floors {
		if n.fixed[f]*100 < n.findings[f]*floor[0] {
			t.Errorf("%s: only %d of %d findings are repaired", f, n.fixed[f], n.findings[f])
		}
		if n.across[f]*100 < n.breaking[f]*floor[1] {
			t.Errorf("%s: only %d of %d pairs are carried across", f, n.across[f], n.breaking[f])
		}
	}
	if f := schema.Avro.String(); n.findings[f] < 100 || n.breaking[f] < 50 {
		t.Errorf("only %d findings and %d pairs were measured", n.findings[f], n.breaking[f])
	}
}

// fixes applies to each finding the first fix that holds.
func (n *tally) fixes(t *testing.T, p *pair) {
	t.Helper()
	found, err := p.check(t.Context(), p.new, compat.Full, true)
	if err != nil {
		return // a side that does not parse
	}
	f := p.format.String()
	for i := range found {
		x := &found[i]
		if x.Class != compat.ClassData || !x.Required {
			continue
		}
		n.findings[f]++
		repaired := false
		for k := range x.Fixes {
			w := Want{Finding: x.Fingerprint, Choose: k + 1, Proposed: true}
			r, err := Run(t.Context(), found, map[string]string{p.file: p.new}, w, p.again(compat.Full))
			if err != nil {
				t.Fatal(err)
			}
			if repaired = slices.ContainsFunc(r.Applied, func(c Chosen) bool { return c.Finding == x }); repaired {
				break
			}
			t.Errorf("%s: the fix %s of %s does not hold: %s", p.file, x.Fixes[k].ID, x.Rule, whys(r))
		}
		if repaired {
			n.fixed[f]++
		} else {
			n.without[x.Rule]++
		}
	}
}

// upcasters proposes one for a pair that breaks old events, and takes the events
// that showed it across.
func (n *tally) upcasters(t *testing.T, p *pair) {
	t.Helper()
	found, err := p.check(t.Context(), p.new, compat.Backward, false)
	if err != nil {
		return
	}
	events := map[string][][]byte{} // by their message, of Protobuf
	for i := range found {
		if x := &found[i]; x.Class == compat.ClassData && x.Required && x.Witness != nil {
			event := x.Witness.Bytes
			if p.format == schema.JSON {
				event = x.Witness.Value
			}
			events[x.Witness.Type] = append(events[x.Witness.Type], event)
		}
	}
	if len(events) == 0 {
		return
	}
	older, err1 := p.parse(p.old)
	newer, err2 := p.parse(p.new)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	f := p.format.String()
	n.breaking[f]++
	for _, message := range slices.Sorted(maps.Keys(events)) {
		proposal, err := upcast.ProposeOf(t.Context(), message, older, newer)
		if err != nil { // such as a message that is gone
			n.stuck[err.Error()]++
			return
		}
		if why := carries(t, proposal, events[message], newer); why != "" {
			n.stuck[why]++
			return
		}
	}
	n.across[f]++
}

func carries(t *testing.T, p *upcast.Proposal, events [][]byte, to schema.Parsed) string {
	t.Helper()
	var message []int
	if _, name := p.Messages(); name != "" {
		e, _, err := upcast.EventsOf(to, name)
		if err != nil {
			t.Fatal(err)
		}
		message = e.Path
	}
	encoding := schema.EncodingBinary
	if to.Format() == schema.JSON {
		encoding = schema.EncodingJSON
	}
	for _, event := range events {
		image, err := p.Carries(t.Context(), event)
		if err != nil {
			if p.Err != nil {
				return p.Err.Error()
			}
			if p.Hop != nil && len(p.Hop.Verdict.Problems) > 0 {
				return fmt.Sprint(p.Hop.Verdict.Problems[0].Obligation, " ", p.Hop.Verdict.Problems[0].Message)
			}
			return err.Error()
		}
		j, err := to.Check(t.Context(), schema.Event{Encoding: encoding, Bytes: image, Message: message})
		if err != nil || len(j.Violations) > 0 {
			t.Errorf("%s became %s: %v, %v", event, image, j.Violations, err)
			return "the image does not read"
		}
	}
	return ""
}

// extract are the pairs that the repository holds.
func extract(t *testing.T) []pair {
	t.Helper()
	data, err := os.ReadFile("../../compat/testdata/radar/pairs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []pair
	for line := range strings.Lines(string(data)) {
		var p struct{ Path, Old, New string }
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		out = append(out, pair{file: p.Path, format: schema.Avro, old: p.Old, new: p.New})
	}
	lines(t, "../../schema/jsonschema/testdata/corpus.jsonl.gz", func(d *json.Decoder) error {
		var c struct {
			Documents []schema.Document
			Schemas   []struct {
				Path  string
				Texts []string
			}
		}
		if err := d.Decode(&c); err != nil {
			return err
		}
		const most = 12 // of each project; the rest is for the full run
		for i, s := range c.Schemas {
			for k := 1; k < len(s.Texts) && i < most; k++ {
				out = append(out, pair{s.Path, schema.JSON, s.Texts[k-1], s.Texts[k], c.Documents})
			}
		}
		return nil
	})
	return out
}

func lines(t *testing.T, file string, each func(*json.Decoder) error) {
	t.Helper()
	f, err := os.Open(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(z); ; {
		if err := each(d); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// full are the pairs of the histories in a directory. A reference is resolved by
// its path as it stood at the newer of the two versions.
func full(t *testing.T, dir string) []pair {
	t.Helper()
	out := avroEdits(t, filepath.Join(dir, "radar-schemas-edits.jsonl.gz"))
	for _, name := range []string{"radar-schemas", "octokit-webhooks", "cdevents-spec"} {
		out = append(out, history(t, filepath.Join(dir, name+".jsonl.gz"))...)
	}
	out = append(out, protoHistory(t, filepath.Join(dir, "opentelemetry-proto.jsonl.gz"))...)
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(p pair) bool {
		k := p.old + "\x00" + p.new
		again := seen[k]
		seen[k] = true
		return again
	})
}

func avroEdits(t *testing.T, file string) []pair {
	t.Helper()
	var out []pair
	lines(t, file, func(d *json.Decoder) error {
		var e struct {
			Path     string
			Old, New struct{ Text string }
		}
		if err := d.Decode(&e); err != nil {
			return err
		}
		out = append(out, pair{file: e.Path, format: schema.Avro, old: e.Old.Text, new: e.New.Text})
		return nil
	})
	return out
}

func history(t *testing.T, file string) []pair {
	t.Helper()
	var out []pair
	lines(t, file, func(d *json.Decoder) error {
		var h struct {
			Path, Format string
			Versions     []struct{ Text string }
		}
		if err := d.Decode(&h); err != nil {
			return err
		}
		f, err := schema.ParseFormat(h.Format)
		for i := 1; err == nil && i < len(h.Versions); i++ {
			out = append(out, pair{file: h.Path, format: f, old: h.Versions[i-1].Text, new: h.Versions[i].Text})
		}
		return err
	})
	return out
}

func protoHistory(t *testing.T, file string) []pair {
	t.Helper()
	var out []pair
	var before map[string]string
	lines(t, file, func(d *json.Decoder) error {
		var c struct {
			Root  string
			Files map[string]string
		}
		if err := d.Decode(&c); err != nil {
			return err
		}
		now := map[string]string{}
		for path, text := range c.Files {
			now[strings.TrimPrefix(path, c.Root)] = text
		}
		for _, path := range slices.Sorted(maps.Keys(now)) {
			if old, known := before[path]; known && old != now[path] {
				out = append(out, pair{path, schema.Protobuf, old, now[path], imports(now, path)})
			}
		}
		before = now
		return nil
	})
	return out
}

// imports are the files that a file needs, dependencies first.
func imports(files map[string]string, path string) []schema.Document {
	var out []schema.Document
	seen := map[string]bool{path: true}
	var visit func(text string)
	visit = func(text string) {
		for line := range strings.Lines(text) {
			name, found := strings.CutPrefix(strings.TrimSpace(line), `import "`)
			name, _, _ = strings.Cut(name, `"`)
			if found && !seen[name] && files[name] != "" {
				seen[name] = true
				visit(files[name])
				out = append(out, schema.Document{Name: name, Text: files[name]})
			}
		}
	}
	visit(files[path])
	return out
}
