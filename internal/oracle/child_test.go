package oracle

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// childVariable makes the test program a child that judges cases.
const childVariable = "INSTAR_ORACLE_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if err := Child(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func child() *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=1")
	return cmd
}

// someQuestions are of every source, with answers that break.
func someQuestions(t *testing.T) []Question {
	t.Helper()
	var out []Question
	for i := range Table {
		q, err := Table[i].Question()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, q)
	}
	for _, s := range Suites {
		groups, err := files.Groups(s)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(groups); i += 9 {
			list, err := groups[i].Questions(s.Draft)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, list...)
		}
	}
	for seed := range uint64(200) {
		m := drawFamily(seed+11<<32, 1)
		w, err1 := jsonschema.Parse(m[0].String(), nil, options)
		r, err2 := jsonschema.Parse(m[1].String(), nil, options)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		out = append(out, Question{Name: fmt.Sprintf("%s in %s", m[0], m[1]), Writer: w, Reader: r})
	}
	for _, project := range Projects {
		r, count := NewReplay(project), 0
		err := Files{Repository: files.Repository}.edits(project, func(e *Edit) error {
			w, _ := r.parse(e.Format, &e.Old)
			reader, _ := r.parse(e.Format, &e.New)
			if count++; count%4 == 0 && w != nil && reader != nil {
				out = append(out, Question{Name: e.Name, Writer: w, Reader: reader}, Question{Name: e.Name, Writer: reader, Reader: w})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestWitnessesInChildren: the events that answers show break in a process that
// has nothing to do with the one that found them.
func TestWitnessesInChildren(t *testing.T) {
	large(t)
	var cases []Case
	for _, q := range someQuestions(t) {
		a, err := Ask(t.Context(), &q)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, Cases(&q, &a)...)
	}
	formats := map[schema.Format]int{}
	for i := range cases {
		formats[cases[i].Format]++
	}
	t.Logf("%v", formats)
	if formats[schema.JSON] < 500 || formats[schema.Avro] < 20 || formats[schema.Protobuf] < 5 {
		t.Errorf("too few cases: %v", formats)
	}
	for half := range 2 {
		if err := InChild(child(), cases[half*len(cases)/2:(half+1)*len(cases)/2]); err != nil {
			t.Error(err)
		}
	}
	// A child that says yes to everything would be found out.
	wrong := cases[0]
	wrong.Reader = wrong.Writer
	if err := InChild(child(), []Case{wrong}); err == nil {
		t.Error("an event that does not break passes")
	}
}

// TestWrongAnswersAreSeen holds the checks of this package to answers that are
// wrong.
func TestWrongAnswersAreSeen(t *testing.T) {
	row := breaking[0]
	q, err := row.Question()
	if err != nil {
		t.Fatal(err)
	}
	witness := func(event string) []schema.Break {
		return []schema.Break{{Kind: "required", Class: schema.ClassData, Path: "$", Witness: &schema.Witness{Value: []byte(event), Effect: schema.Refused}}}
	}
	for name, c := range map[string]schema.Containment{
		"compatible":           {Verdict: schema.Compatible},
		"no witness":           {Verdict: schema.Incompatible, Breaks: []schema.Break{{Class: schema.ClassData}}},
		"no break":             {Verdict: schema.Incompatible},
		"refused by writer":    {Verdict: schema.Incompatible, Breaks: witness(`1`)},
		"read by reader":       {Verdict: schema.Incompatible, Breaks: witness(`{"x":1}`)},
		"unknown with a break": {Breaks: witness(`{}`), Undecided: []schema.Undecided{{Reason: schema.ReasonSteps}}},
		"unknown, no reason":   {},
	} {
		if len(faults(t.Context(), &q, &c)) == 0 {
			t.Errorf("%s: nothing is found", name)
		}
	}
	if found := bugs(&schema.Containment{Undecided: []schema.Undecided{{Reason: schema.ReasonBug}}}); len(found) != 1 {
		t.Errorf("a bug is not seen: %q", found)
	}
	right := schema.Containment{Verdict: schema.Incompatible, Breaks: witness(`{}`)}
	if found := faults(t.Context(), &q, &right); len(found) > 0 {
		t.Errorf("%q", found)
	}
}
