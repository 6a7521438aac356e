package oracle

import (
	"context"
	"fmt"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// suiteSources are the schemas of the suite that can be referred to.
func suiteSources(t testing.TB) []Source {
	t.Helper()
	var out []Source
	for _, s := range Suites {
		groups, err := files.Groups(s)
		if err != nil {
			t.Fatal(err)
		}
		for i := range groups {
			if g := &groups[i]; g.Text[0] == '{' {
				out = append(out, Source{Name: g.Name, Draft: s.Draft, Text: g.Text, Docs: g.Docs})
			}
		}
	}
	return out
}

// TestLaws asks what holds for all schemas, of the schemas of the suite and of
// random ones. INSTAR_ORACLE_LAWS is the share of the suite in percent.
func TestLaws(t *testing.T) {
	large(t)
	sources, percent := suiteSources(t), size(t, "INSTAR_ORACLE_LAWS", 12)
	tally, asked, kinds := NewTally(), 0, map[string]int{}
	var all []Question
	for i := 0; i < len(sources); i++ {
		if (i*61)%100 >= percent {
			continue
		}
		next := sources[(i+1)%len(sources)]
		if next.Draft != sources[i].Draft {
			continue
		}
		asked++
		list := Laws(sources[i], next)
		all = append(all, list...)
		for _, q := range list {
			kinds[q.Name[:7]]++
		}
	}
	for seed := range uint64(2 * percent) {
		m := drawFamily(seed<<32, 1)
		s := Source{Name: m[0].String(), Draft: m[0].draft, Text: m[0].String()}
		all = append(all, Laws(s, Source{Name: m[1].String(), Draft: m[1].draft, Text: m[1].String()})...)
	}
	if want := asked * len(laws) * 9 / 10; len(all) < want {
		t.Errorf("%d questions, want %d: %v", len(all), want, kinds)
	}
	if err := AskAll(t.Context(), tally, all); err != nil {
		t.Fatal(err)
	}
	hold(t, tally, lawsDecided)
}

// TestVary asks questions again, with other budgets and other options.
func TestVary(t *testing.T) {
	tally := NewTally()
	var all []Question
	for i := range Table {
		q, err := Table[i].Question()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, q)
	}
	for seed := range uint64(size(t, "INSTAR_ORACLE_VARIED", 300)) {
		m := drawFamily(seed+7<<32, 1)
		w, err1 := jsonschema.Parse(m[0].String(), nil, options)
		r, err2 := jsonschema.Parse(m[1].String(), nil, options)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		all = append(all, Question{Name: fmt.Sprintf("%s in %s", m[0], m[1]), Writer: w, Reader: r})
	}
	if err := Each(t.Context(), len(all), func(i int) error { return Vary(t.Context(), tally, all[i]) }); err != nil {
		t.Fatal(err)
	}
	hold(t, tally, randomDecided)
}

// verdictOf is the verdict of the only pair of a check, and whether the
// candidate is refused.
func verdictOf(t *testing.T, level compat.Level, policy compat.Policy, older, newer schema.Parsed) (schema.Verdict, bool) {
	t.Helper()
	r, err := compat.Check(context.Background(), compat.Request{
		Candidate: newer, History: []compat.Version{{Number: 1, Parsed: older}}, Level: level, Policy: policy,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Verdict, r.Refused
}

// TestMirror: forwards is backwards with the sides exchanged, and both is both.
func TestMirror(t *testing.T) {
	large(t)
	ask := func(name string, a, b schema.Parsed) {
		for _, policy := range []compat.Policy{compat.Exact, compat.Declared} {
			back, backRefused := verdictOf(t, compat.Backward, policy, a, b)
			mirror, mirrorRefused := verdictOf(t, compat.Forward, policy, b, a)
			if back != mirror || (back != schema.Unknown && backRefused != mirrorRefused) {
				t.Errorf("%s: %s: BACKWARD %s, the mirror %s", name, policy, back, mirror)
			}
			_, forthRefused := verdictOf(t, compat.Forward, policy, a, b)
			if _, full := verdictOf(t, compat.Full, policy, a, b); full != (backRefused || forthRefused) {
				t.Errorf("%s: %s: FULL refuses: %t, BACKWARD %t, FORWARD %t", name, policy, full, backRefused, forthRefused)
			}
		}
	}
	for i := range Table {
		q, err := Table[i].Question()
		if err != nil {
			t.Fatal(err)
		}
		ask(q.Name, q.Writer, q.Reader)
	}
	for _, project := range Projects {
		r, count := NewReplay(project), 0
		err := Files{Repository: files.Repository}.edits(project, func(e *Edit) error {
			a, _ := r.parse(e.Format, &e.Old)
			b, _ := r.parse(e.Format, &e.New)
			if count++; count%7 == 0 && a != nil && b != nil {
				ask(e.Name, a, b)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for seed := range uint64(100) {
		m := drawFamily(seed+9<<32, 1)
		a, err1 := jsonschema.Parse(m[0].String(), nil, options)
		b, err2 := jsonschema.Parse(m[1].String(), nil, options)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		ask(fmt.Sprintf("%s, %s", m[0], m[1]), a, b)
	}
}

// TestDeclared asks about writers that emit only what they declare.
func TestDeclared(t *testing.T) {
	tally := NewTally()
	if err := RandomDeclared(t.Context(), tally, 21<<32, size(t, "INSTAR_ORACLE_DECLARED", 80)); err != nil {
		t.Fatal(err)
	}
	hold(t, tally, randomDecided)
	if asked := tally.Asked(); tally.Verdicts[schema.Compatible] < asked/10 || tally.Verdicts[schema.Incompatible] < asked/10 {
		t.Errorf("%v", tally.Verdicts)
	}
}

// TestCross asks about pairs of the suite's schemas.
func TestCross(t *testing.T) {
	large(t)
	for _, s := range Suites {
		groups, err := files.Groups(s)
		if err != nil {
			t.Fatal(err)
		}
		questions, err := Cross(t.Context(), groups, size(t, "INSTAR_ORACLE_NEAR", 2))
		if err != nil {
			t.Fatal(err)
		}
		tally := NewTally()
		if err := AskAll(t.Context(), tally, questions); err != nil {
			t.Fatal(err)
		}
		hold(t, tally, randomDecided)
		if tally.Asked() < 300 {
			t.Errorf("%s: only %d questions", s.Folder, tally.Asked())
		}
	}
}
