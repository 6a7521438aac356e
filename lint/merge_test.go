package lint

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

func TestMergeReports(t *testing.T) {
	one := NewReport("1")
	one.Complete, one.Base = true, []Snap{{Name: "git:main", Commit: "a"}}
	one.Findings = findingsOf(t, schema.Avro, orderOld, orderNew, "a.avsc")
	one.Subjects = []Subject{{Subject: "b", State: SubjectUnchanged}, {Subject: "a", State: SubjectCompared, Checks: []Check{{Direction: "backward", Base: "git:main"}}}}
	one.Count()
	if one.Summary.Verdict != VerdictFail {
		t.Fatal("the sample does not fail")
	}
	waived := one
	waived.Findings = slices.Clone(one.Findings)
	for i := range waived.Findings {
		waived.Findings[i].Waived = &Waived{Kind: WaiverConfig, Reason: "because"}
		waived.Findings[i].Against = []Against{{Base: "registry:prod", Versions: []int{1, 2}}, {Base: "git:main", Versions: []int{7}}}
	}
	waived.Base = append([]Snap{{Name: "registry:prod"}}, one.Base...)
	waived.Subjects = []Subject{{Subject: "b", State: SubjectInvalid}, {Subject: "c", State: SubjectFirst}, {Subject: "a", State: SubjectUnchanged, Checks: []Check{{Direction: "forward", Base: "git:main"}}}}
	waived.Count()
	for name, order := range map[string][]Report{"one first": {one, waived}, "waived first": {waived, one}} {
		before, _ := json.Marshal(order)
		m := MergeReports(order)
		if after, _ := json.Marshal(order); string(after) != string(before) {
			t.Errorf("%s: the inputs changed", name)
		}
		if len(m.Findings) != len(one.Findings) || m.Summary.Waived != 0 || m.Summary.Verdict != VerdictFail || len(m.Base) != 2 || !m.Complete {
			t.Errorf("%s: %+v", name, m.Summary)
		}
		slices.SortFunc(m.Findings[0].Against, func(a, b Against) int { return strings.Compare(a.Base, b.Base) })
		if got, _ := json.Marshal(m.Findings[0].Against); string(got) != `[{"base":"git:main","versions":[7]},{"base":"registry:prod","versions":[1,2,3]}]` {
			t.Errorf("%s: %s", name, got)
		}
		states := ""
		for _, s := range m.Subjects {
			states += s.Subject + " " + s.State + ","
		}
		if states != "a compared,b invalid,c first," || len(m.Subjects[0].Checks) != 2 {
			t.Errorf("%s: %s, %+v", name, states, m.Subjects[0].Checks)
		}
	}
	broken := one
	broken.Complete, broken.Summary.Reason, broken.Summary.Remarks = false, "no base", []string{"careful"}
	if m := MergeReports([]Report{one, broken, broken}); m.Complete || m.Summary.Verdict != VerdictIncomplete || m.Summary.Reason != "no base" || strings.Join(m.Summary.Remarks, ",") != "careful" {
		t.Errorf("%+v", m.Summary)
	}
	for _, c := range [][3]string{{"", "warning", "warning"}, {"never", "", ""}, {"note", "error", "note"}, {"never", "never", "never"}} {
		if got := strictest(c[0], c[1]); got != c[2] {
			t.Errorf("%q and %q: %q", c[0], c[1], got)
		}
	}
}
