package lint_test

import (
	"context"
	"strings"
	"testing"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/source"
)

// otherMind is a registry whose checks are answered by someone else.
type otherMind struct {
	lint.RegistryBase
	answer lint.Answer
	asked  []lint.Candidate
}

func (o *otherMind) Judge(_ context.Context, c lint.Candidate) (lint.Answer, error) {
	o.asked = append(o.asked, c)
	return o.answer, nil
}

// TestVerdictOfTheRegistry: a registry that is asked as well decides with
// --verdict server, and a difference is an error with --verdict both.
func TestVerdictOfTheRegistry(t *testing.T) {
	old := map[string]string{
		"colour.avsc": `{"type":"enum","name":"Colour","namespace":"acme","symbols":["RED"]}`,
		"order.avsc":  `{"type":"record","name":"Order","namespace":"acme","fields":[{"name":"paint","type":"Colour"}]}`,
	}
	added := func(value string) map[string]string {
		texts := clone(old)
		texts["order.avsc"] = `{"type":"record","name":"Order","namespace":"acme","fields":[{"name":"paint","type":"Colour"},{"name":"n","type":"int"` + value + `}]}`
		return texts
	}
	loose := added("")
	loose["order.avsc"] = strings.Replace(loose["order.avsc"], `"Colour"`, `"acme.Other"`, 1)
	loose["other.avsc"] = `{"type":"enum","name":"Other","namespace":"acme","symbols":["RED"]}`
	breaks, safe := added(""), added(`,"default":0`)
	for _, c := range []struct {
		name, verdict string
		head          map[string]string
		says          *lint.Answer // nil asks the registry itself
		rule, result  string       // the worst finding, and the verdict of the run
		remark        string
	}{
		{"local", lint.VerdictLocal, breaks, &lint.Answer{Compatible: true}, "avro/field-added-without-default", lint.VerdictFail, ""},
		{"both refuse", lint.VerdictBoth, breaks, nil, "avro/field-added-without-default", lint.VerdictFail, ""},
		{"both accept", lint.VerdictBoth, safe, nil, "", lint.VerdictPass, ""},
		{"the registry alone refuses", lint.VerdictBoth, safe, &lint.Answer{Messages: []string{"no such thing"}}, "evcheck/verdict-differs", lint.VerdictFail, ""},
		{"the registry alone accepts", lint.VerdictBoth, breaks, &lint.Answer{Compatible: true}, "evcheck/verdict-differs", lint.VerdictFail, ""},
		{"it decides, and refuses", lint.VerdictServer, safe, &lint.Answer{}, "evcheck/verdict-differs", lint.VerdictFail, ""},
		{"it decides, and accepts", lint.VerdictServer, breaks, &lint.Answer{Compatible: true}, "", lint.VerdictPass, "accepts order.avsc, which decides"},
		{"it cannot be asked", lint.VerdictServer, loose, nil, "avro/field-added-without-default", lint.VerdictFail, "was not asked about order.avsc: its reference other.avsc is not registered as the tree has it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, stop := newHistory(t, t, map[string]any{"compatibility": "BACKWARD"})
			defer stop()
			h.step(old)
			bases, err := (&source.Opener{Dir: ".", Environ: []string{}}).Bases(t.Context(), []string{"registry:" + h.base})
			if err != nil {
				t.Fatal(err)
			}
			other := &otherMind{RegistryBase: bases[0].Tree.(lint.RegistryBase)}
			if c.says != nil {
				other.answer = *c.says
				bases[0].Tree = other
			}
			r, err := lint.Compare(t.Context(), lint.Request{
				Head: lint.NewMemoryTree("head", c.head), Bases: bases, Config: lint.DefaultConfig(), Subject: "order.avsc", Verdict: c.verdict, FailOn: lint.SeverityError,
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Summary.Verdict != c.result {
				t.Errorf("the run's verdict is %s, want %s", r.Summary.Verdict, c.result)
			}
			found := ""
			for _, f := range r.Findings {
				if f.Severity == lint.SeverityError {
					found += f.Rule + " "
				}
			}
			if c.rule == "" != (found == "") || !strings.Contains(found, c.rule) {
				t.Errorf("errors are %q, want %q", found, c.rule)
			}
			if remarks := strings.Join(r.Summary.Remarks, "\n"); !strings.Contains(remarks, c.remark) || c.remark == "" && remarks != "" {
				t.Errorf("remarks %q, want %q", remarks, c.remark)
			}
			if c.says != nil && c.verdict != lint.VerdictLocal {
				if len(other.asked) != 1 || other.asked[0].Text != c.head["order.avsc"] || len(other.asked[0].References) != 1 || other.asked[0].References[0].Subject != "colour.avsc" {
					t.Errorf("the registry was asked %+v", other.asked)
				}
			} else if len(other.asked) > 0 {
				t.Error("the registry was asked")
			}
		})
	}
}
