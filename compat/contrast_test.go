package compat

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/instar-registry/instar/schema"
)

func thorough(t testing.TB, level Level, policy Policy, candidate string, newestFirst ...string) Report {
	t.Helper()
	r, err := Check(t.Context(), Request{
		Candidate: parseAvro(t, candidate), History: history(t, newestFirst...), Level: level, Policy: policy, Options: Options{Thorough: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func findingLines(r *Report) []string {
	var out []string
	for _, f := range r.Findings() {
		out = append(out, f.Direction.String()+" "+f.Rule+" "+f.Class()+" "+f.Proof()+" "+f.Where())
	}
	return out
}

// TestSyntacticPoliciesShowEvents: what STRICT and LENIENT say stands beside what
// events say, and stays what it was.
func TestSyntacticPoliciesShowEvents(t *testing.T) {
	number := func(kind string) string { return recordOf(`{"name":"a","type":"` + kind + `"}`) }
	cases := []struct {
		name           string
		candidate, old string
		refused        bool
		exact          Verdict
		findings       []string
		summary        string
	}{
		{
			"accepted, and an event breaks", number("float"), number("int"), false, Incompatible,
			[]string{"backward schema/policy-disagrees policy witness a"},
			"its rule minds nothing, but events break against version 1",
		},
		{
			"refused, and an event shows it", recordOf(fieldA, fieldB), recordOf(fieldA), true, Incompatible,
			[]string{"backward avro/field-added-without-default data witness b"},
			"its rule names differences from version 1, and events break",
		},
	}
	for _, c := range cases {
		for _, policy := range []Policy{Strict, Lenient} {
			r := thorough(t, Backward, policy, c.candidate, c.old)
			plain := check(t, Backward, policy, c.candidate, c.old)
			if r.Refused != c.refused || r.Refused != plain.Refused || r.Verdict != plain.Verdict || !slices.Equal(r.Messages(), plain.Messages()) {
				t.Errorf("%s: a thorough check answers %v %v %q, a plain one %v %v %q", c.name, r.Refused, r.Verdict, r.Messages(), plain.Refused, plain.Verdict, plain.Messages())
			}
			got := slices.DeleteFunc(findingLines(&r), func(s string) bool { return !strings.HasPrefix(s, "backward") })
			if !slices.Equal(got, c.findings) {
				t.Errorf("%s: findings %q, want %q", c.name, got, c.findings)
			}
			back := r.Pairs[1]
			if back.Direction != OldToNew || !back.Judged || back.Exact != c.exact {
				t.Errorf("%s: %+v", c.name, back)
			}
			if !strings.Contains(r.Summary(), c.summary) {
				t.Errorf("%s: %s", c.name, r.Summary())
			}
		}
	}
}

// TestRefusalWithoutAnEvent: no event of the old schema exists, so that none
// breaks, whatever Confluent's rule says.
func TestRefusalWithoutAnEvent(t *testing.T) {
	empty := recordOf(`{"name":"self","type":"R"}`)
	r := thorough(t, Backward, Strict, recordOf(`{"name":"self","type":"R"}`, fieldB), empty)
	back := r.Pairs[1]
	if !r.Refused || back.Exact != Compatible {
		t.Fatalf("refused %v, exact %v: the pair no longer shows what it should", r.Refused, back.Exact)
	}
	if len(back.Notes) == 0 || !strings.Contains(strings.Join(back.Notes, " "), "no event breaks") {
		t.Errorf("notes %q", back.Notes)
	}
	for _, f := range back.Findings {
		if f.Proof() != ProofNoBreak || f.Class() == ClassData {
			t.Errorf("%s: %s %s", f.Rule, f.Proof(), f.Class())
		}
	}
	if !strings.Contains(r.Summary(), "but no event breaks") {
		t.Errorf("%s", r.Summary())
	}
}

// TestUndecided: what a pair comes to that the engine does not decide.
func TestUndecided(t *testing.T) {
	ask := func(u OnUnknown, candidate, old string) Report {
		r, err := Check(t.Context(), Request{
			Candidate: parseAvro(t, candidate), History: history(t, old),
			Options: Options{Unknown: u, Budget: schema.Budget{Steps: 1}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != Unknown || !r.Unproven {
			t.Errorf("%v: %v, unproven %v: the budget of one step decides", u, r.Verdict, r.Unproven)
		}
		return r
	}
	good, bad := recordOf(fieldA, fieldBDef), recordOf(fieldA, fieldB)
	for _, c := range []struct {
		unknown         OnUnknown
		refused, breaks bool
	}{{Fallback, false, true}, {Reject, true, true}, {Allow, false, false}} {
		r := ask(c.unknown, good, recordOf(fieldA))
		if r.Refused != c.refused {
			t.Errorf("%v: refused %v", c.unknown, r.Refused)
		}
		if c.refused && !strings.Contains(r.Messages()[0], "schema/undecided") {
			t.Errorf("%v: %q does not say why", c.unknown, r.Messages())
		}
		if !strings.Contains(r.Summary(), "steps") {
			t.Errorf("%v: %s", c.unknown, r.Summary())
		}
		r = ask(c.unknown, bad, recordOf(fieldA))
		if r.Refused != c.breaks {
			t.Errorf("%v: what STRICT refuses is refused: %v", c.unknown, r.Refused)
		}
		for _, f := range r.Pairs[0].Findings {
			if f.Refused && c.unknown == Allow {
				t.Errorf("%s is refused although the answer accepts", f.Rule)
			}
		}
	}
}

// TestUnreadableHistory: an old version that does not parse is let through by
// allow alone, and then labelled.
func TestUnreadableHistory(t *testing.T) {
	for _, policy := range []Policy{Exact, Strict} {
		for u, refused := range map[OnUnknown]bool{Fallback: true, Reject: true, Allow: false} {
			r, err := Check(t.Context(), Request{
				Candidate: parseAvro(t, recordOf(fieldA)), Policy: policy, Options: Options{Unknown: u},
				History: []Version{{Number: 4, Err: &schema.Error{What: "no schema"}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Refused != refused || r.Verdict != Unknown || !refused && !r.Unproven {
				t.Errorf("%v %v: refused %v, %v, unproven %v", policy, u, r.Refused, r.Verdict, r.Unproven)
			}
		}
	}
}

// mapMemo is a memory that counts.
type mapMemo struct {
	mu    sync.Mutex
	pairs map[PairKey]Pair
	hits  int
}

func (m *mapMemo) Recall(k PairKey) (Pair, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.pairs[k]
	if ok {
		m.hits++
	}
	return p, ok
}

func (m *mapMemo) Remember(k PairKey, p Pair) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pairs[k] = p
}

// TestMemoChangesNothing asks questions that differ in one thing each, twice in
// a row with one memory and once without: all answers agree.
func TestMemoChangesNothing(t *testing.T) {
	texts := []string{recordOf(fieldA), recordOf(fieldA, fieldB), recordOf(fieldA, fieldBDef), recordOf(`{"name":"a","type":"float"}`)}
	var questions []Request
	for _, candidate := range texts {
		for _, old := range texts {
			for _, level := range []Level{Backward, Forward, FullTransitive, None} {
				for policy := range Policy(len(policyNames)) {
					for _, o := range []Options{
						{},
						{Thorough: true},
						{Unknown: Reject, Budget: schema.Budget{Steps: 1}},
						{Unknown: Allow, Budget: schema.Budget{Steps: 1}},
						{Meaning: Meaning{AssertFormats: true}},
						{Meaning: Meaning{EventMessages: []string{"b", "a"}}},
					} {
						questions = append(questions, Request{Candidate: parseAvro(t, candidate), History: history(t, old, candidate), Level: level, Policy: policy, Options: o})
					}
				}
			}
		}
	}
	memo := &mapMemo{pairs: map[PairKey]Pair{}}
	show := func(q Request) string {
		r, err := Check(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(append(append(findingLines(&r), r.Messages()...), r.Summary(), r.DeployFirst(), r.Verdict.String()), "\n")
	}
	for _, q := range questions {
		want := show(q)
		q.Memo = memo
		for range 2 {
			if got := show(q); got != want {
				t.Fatalf("%s %s %+v: with a memory\n%s\nwithout\n%s", q.Level, q.Policy, q.Options, got, want)
			}
		}
	}
	if memo.hits < len(questions)/2 {
		t.Errorf("%d answers came from memory", memo.hits)
	}
}

// TestDeployFirstOfNothing: nothing old, nothing to break.
func TestDeployFirstOfNothing(t *testing.T) {
	if r := thorough(t, Backward, Exact, recordOf(fieldA)); r.DeployFirst() != DeployAny || !strings.Contains(r.Summary(), "no version") {
		t.Errorf("%s: %s", r.DeployFirst(), r.Summary())
	}
	if r := thorough(t, None, Exact, recordOf(fieldA), recordOf(fieldB)); r.Refused || !strings.Contains(r.Summary(), "asks nothing") || len(r.Pairs) != 2 {
		t.Errorf("%s %d", r.Summary(), len(r.Pairs))
	}
}
