package lint

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// Who decides about a base that is a registry.
const (
	// VerdictLocal is evcheck itself, on the registry's terms.
	VerdictLocal = "local"
	// VerdictServer is the registry, which is asked as well.
	VerdictServer = "server"
	// VerdictBoth asks the registry too, and takes a difference for an error.
	VerdictBoth = "both"
)

// Candidate is a schema of the head that a registry is asked about.
type Candidate struct {
	Subject, Text string
	Format        schema.Format
	References    []CandidateReference
}

// CandidateReference is what a candidate refers to, by the name that it uses.
type CandidateReference struct {
	Name string
	Candidate
}

// Answer is what a registry says about a candidate.
type Answer struct {
	Compatible bool
	// Messages are its reasons.
	Messages []string
	// Unasked says why the registry could not be asked; empty if it was.
	Unasked string
}

// second asks the registry that a subject was compared with for its verdict.
func (x *run) second(ctx context.Context, j *job, out *result) error {
	ask := x.Verdict == VerdictServer || x.Verdict == VerdictBoth
	bridged := slices.ContainsFunc(out.findings, func(f Finding) bool { return f.bridged() })
	if !ask || !j.registered || out.subject.State != SubjectCompared || bridged {
		return nil // it would not know the upcaster
	}
	base, ok := j.olds[0].side.tree.(RegistryBase)
	if !ok {
		return nil
	}
	c, unasked, err := x.candidate(ctx, j.subject, j.new)
	if err != nil {
		return err
	}
	answer := Answer{Unasked: unasked}
	if unasked == "" {
		if answer, err = base.Judge(ctx, c); err != nil {
			return err
		}
	}
	if answer.Unasked != "" {
		out.remark = fmt.Sprintf("%s was not asked about %s: %s", j.base, j.subject, answer.Unasked)
		return nil
	}
	x.settle(j, out, &answer)
	return nil
}

// settle compares the answer of a registry with evcheck's.
func (x *run) settle(j *job, out *result, a *Answer) {
	refused := slices.ContainsFunc(out.subject.Checks, func(c Check) bool { return c.Required && c.Refused })
	switch {
	case refused != a.Compatible:
		return
	case x.Verdict == VerdictServer && a.Compatible:
		for i := range out.findings {
			if f := &out.findings[i]; f.Class == compat.ClassData || f.Class == compat.ClassPolicy || f.Class == compat.ClassUndecided {
				f.Severity, f.Required, f.Refused = SeverityNote, false, false
			}
		}
		out.remark = fmt.Sprintf("%s accepts %s, which decides; evcheck would refuse it", j.base, j.subject)
		return
	}
	message := fmt.Sprintf("%s accepts %s, and evcheck refuses it", j.base, j.subject)
	if !a.Compatible {
		message = fmt.Sprintf("%s refuses %s, and evcheck accepts it", j.base, j.subject)
		if len(a.Messages) > 0 {
			message += ": " + strings.Join(a.Messages, "; ")
		}
	}
	f := simple("evcheck/verdict-differs", SeverityError, Location{File: j.new.file, Span: top}, message, nil)
	f.about(j)
	out.findings = append(out.findings, f)
}

// candidate is a schema of the head with what it refers to. It says why there is
// none if a reference has no subject.
func (x *run) candidate(ctx context.Context, subject string, u *unit) (c Candidate, unasked string, err error) {
	c = Candidate{Subject: subject, Format: u.format}
	t, err := x.head.text(ctx, u.file)
	if err != nil {
		return c, "", err
	}
	c.Text = t.body
	around, err := x.head.closure(ctx, u.file, u.format, u.mapping)
	if err != nil {
		return c, "", err
	}
	if around.cycle != nil {
		return c, "its references lead in a circle", nil
	}
	for _, name := range around.direct {
		file := around.files[name]
		if file == "" {
			continue // another reference brings it along, under another name
		}
		m := x.Config.mapping(file)
		if m == nil {
			return c, file + " is mapped to no subject", nil
		}
		inner, err := x.head.unit(ctx, x.Config, m, file)
		if err != nil {
			return c, "", err
		}
		if inner == nil {
			return c, file + " is mapped to no subject", nil
		}
		ref := CandidateReference{Name: name}
		if ref.Candidate, unasked, err = x.candidate(ctx, inner.subject, inner); err != nil || unasked != "" {
			return c, unasked, err
		}
		c.References = append(c.References, ref)
	}
	return c, "", nil
}
