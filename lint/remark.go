package lint

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// top is where a file begins.
var top = Span{Line: 1, Column: 1}

// simple makes a finding that no pair of schemas gives: about a subject, a text
// or the repository.
func simple(rule, severity string, at Location, message string, params map[string]string) Finding {
	f := Finding{
		Rule: rule, Class: compat.ClassRepo, Severity: severity, Message: message, Params: params, Affected: []string{}, Against: []Against{},
		New: &at, Subjects: []string{},
	}
	if r := compat.RuleByID(rule); r != nil {
		f.Class, f.Element, f.Help = r.Class, r.Element, r.Help()
	} else if r := RuleByID(rule); r != nil {
		f.Help = r.Help()
	}
	return f
}

// about ties a finding to a job.
func (f *Finding) about(j *job) {
	f.Subject, f.Subjects = j.subject, []string{j.subject}
	u := j.new
	if u == nil {
		u = j.old
	}
	f.Format = u.format.String()
	if j.base != "" {
		f.Against = []Against{{Base: j.base}}
	}
	f.Fingerprint = Identity{Rule: f.Rule, Subject: f.Subject, OldPath: f.Path, NewPath: f.Path, Params: f.Params}.Fingerprint()
}

// subjectRule is a finding about a subject as a whole.
func (x *run) subjectRule(rule string, j *job, params map[string]string) Finding {
	severity := SeverityNote
	at := Location{Span: top}
	if j.new != nil {
		at.File = j.new.file
	}
	message := ""
	switch rule {
	case "schema/subject-added":
		message = fmt.Sprintf("subject %s is new", j.subject)
	case "schema/subject-moved":
		message = fmt.Sprintf("subject %s is what was %s", j.subject, params["old"])
	case "schema/bridged":
		message = fmt.Sprintf("%s bridges the change of subject %s; readers without it still break", params["upcaster"], j.subject)
	case "schema/subject-removed":
		severity = SeverityWarning
		message = fmt.Sprintf("subject %s is gone: %s was deleted, and nothing says what becomes of its events", j.subject, j.old.file)
	}
	f := simple(rule, severity, at, message, params)
	f.about(j)
	return f
}

// removed reports a subject that only the base has, at the line that maps it.
func (x *run) removed(ctx context.Context, j *job, out *result) error {
	f := x.subjectRule("schema/subject-removed", j, nil)
	*f.New = Location{File: j.old.file, Span: top, Absent: true}
	if m := j.old.mapping; x.Config.File != "" && m.Place.IsValid() {
		*f.New = Location{File: x.Config.File, Span: Span{Line: m.Place.Line, Column: m.Place.Column}, Absent: true}
	}
	old := j.olds[0]
	t, err := old.side.text(ctx, j.old.file)
	if err != nil {
		return err
	}
	at := old.side.source(j.old.file, j.old.format, t.body, 0).At(schema.Place{})
	f.Old = &at
	out.findings = append(out.findings, f)
	return nil
}

// invalid lists why the head's text cannot be judged; nothing if it can.
func (x *run) invalid(j *job, p *parsedText) []Finding {
	var out []Finding
	body := p.text.body
	src := j.head.source(j.new.file, j.new.format, body, 0)
	for _, u := range p.closure.loose {
		at, text := src, body
		if u.file != j.new.file {
			t, err := j.head.text(context.Background(), u.file) // read before
			if err != nil {
				continue
			}
			text = t.body
			at = j.head.source(u.file, j.new.format, text, 0)
		}
		message := fmt.Sprintf("nothing is called %q", u.name)
		if u.near != "" {
			message += fmt.Sprintf("; did you mean %q?", u.near)
		}
		f := simple("schema/reference-unresolved", SeverityError, at.Span(u.offset, u.offset+u.length), message, map[string]string{"reference": u.name})
		f.Path = u.name
		f.about(j)
		out = append(out, f)
	}
	if len(out) > 0 {
		return out
	}
	if c := p.closure.cycle; c != nil {
		message := "files use each other: " + c[0]
		for _, file := range c[1:] {
			message += " → " + file
		}
		f := simple("schema/reference-cycle", SeverityError, src.At(schema.Place{}), message, map[string]string{"cycle": message})
		f.about(j)
		return []Finding{f}
	}
	if p.err == nil {
		return nil
	}
	f := x.unparsable("schema/invalid", SeverityError, j, p, j.head, src)
	f.about(j)
	return []Finding{f}
}

// unparsable is a finding about a text that does not parse, where it is wrong.
func (x *run) unparsable(rule, severity string, j *job, p *parsedText, s *side, src *Source) Finding {
	var file *FileError
	var bad *schema.Error
	switch {
	case errors.As(p.err, &file):
		message := file.What
		if file.Hint != "" {
			message += "; " + file.Hint
		}
		return simple(rule, severity, Location{File: file.Path, Commit: src.Commit, Span: top}, message, map[string]string{"error": file.What})
	case errors.As(p.err, &bad):
		if bad.Limit != "" && rule == "schema/invalid" {
			rule = "schema/limit-exceeded"
		}
		if f := p.closure.files[bad.Document]; f != "" {
			for _, d := range p.closure.docs {
				if d.Name == bad.Document {
					src = s.source(f, j.new.format, d.Text, 0)
				}
			}
		}
		at := src.Span(offsetOf(src.Text, bad.Position), offsetOf(src.Text, bad.Position))
		at.Pointer = bad.Path
		message := bad.What
		if bad.Hint != "" {
			message += "; " + bad.Hint
		}
		return simple(rule, severity, at, message, map[string]string{"error": bad.What})
	}
	return simple(rule, severity, src.At(schema.Place{}), p.err.Error(), nil)
}

// baseInvalid says that an old text does not parse: real histories hold such.
func (x *run) baseInvalid(j *job, v *version, p *parsedText) Finding {
	src := v.side.source(v.unit.file, v.unit.format, p.text.body, v.number)
	f := x.unparsable("schema/base-invalid", SeverityWarning, j, p, v.side, src)
	f.Message = "the old text does not parse and is not compared with: " + f.Message
	f.Old, f.New = f.New, &Location{File: j.new.file, Span: top}
	f.about(j)
	return f
}
