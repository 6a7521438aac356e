package lint

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// Validate reads every schema of a snapshot with its references, samples and
// upcasters. Nothing is compared, and the report says so.
func Validate(ctx context.Context, q Request) (Report, error) {
	x := &run{Request: &q, head: newSide(q.Head, q.Config), report: NewReport(q.Version)}
	x.head.memo = newMemo()
	x.report.Head, x.report.Summary.FailOn = q.Head.Snap(), q.FailOn
	x.report.Summary.Remarks = append(x.report.Summary.Remarks, "the schemas were read; nothing was compared")
	err := x.validate(ctx)
	if err != nil {
		x.report.Summary.Reason = err.Error()
	}
	x.report.Complete = err == nil
	x.finish()
	return x.report, err
}

func (x *run) validate(ctx context.Context) error {
	var err error
	if x.only, err = x.filter(); err != nil {
		return err
	}
	if err = x.head.checkLock(ctx); err != nil {
		return err
	}
	if x.units, err = x.head.choose(ctx, x.Config, x.only); err != nil {
		return err
	}
	if x.heads, err = bySubject(x.units, "the head"); err != nil {
		return err
	}
	var jobs []job
	for i := range x.units {
		if u := &x.units[i]; x.wanted(u.subject) {
			jobs = append(jobs, job{subject: u.subject, head: x.head, new: u, state: SubjectFirst})
		}
	}
	if len(jobs) == 0 {
		return x.nothing()
	}
	if err := x.readDocuments(ctx); err != nil {
		return err
	}
	return x.judgeAll(ctx, jobs)
}

// readDocuments reads the upcaster documents of the head.
func (x *run) readDocuments(ctx context.Context) error {
	for _, f := range x.Head.Files() {
		if !x.Config.Upcasters.match.match(f.Path) {
			continue
		}
		t, err := x.head.text(ctx, f.Path)
		if err != nil {
			return err
		}
		var doc *upcast.Document
		bad := t.err
		if bad == nil {
			doc, bad = upcast.Parse(t.body)
		}
		if bad == nil {
			x.documents = append(x.documents, document{f.Path, doc})
		} else if known, err := x.inBase(ctx, f.Path); err != nil {
			return err
		} else if !known && (x.only == nil || x.only(f.Path)) {
			x.configFinding("evcheck/upcaster-stale", SeverityError, f.Path, placeOf(bad), f.Path, "the document cannot be used: "+bad.Error())
		}
	}
	return nil
}

// inBase reports whether a base has a file as it is, so that what is wrong with
// it is no news.
func (x *run) inBase(ctx context.Context, file string) (bool, error) {
	for i := range x.Bases {
		base := x.side(x.Bases[i].Tree)
		if base.files[file] == nil {
			continue
		}
		if equal, err := same(ctx, x.head, base, file, file); equal || err != nil {
			return equal, err
		}
	}
	return false, nil
}

// placeOf is the place that an error of a document names.
func placeOf(err error) schema.Position {
	if e, ok := err.(*upcast.Error); ok { //nolint:errorlint // Parse returns it as it is
		return e.Problem.Position
	}
	return schema.Position{}
}

// samples checks the sample events beside a schema: each must be an event of the
// head; if a base is compared with, each that was an event of the base.
func (x *run) samples(ctx context.Context, j *job, out *result, head, old schema.Parsed) error {
	for _, file := range x.samplesOf(j.new) {
		t, err := j.head.text(ctx, file)
		if err != nil {
			return err
		}
		if t.err != nil {
			out.findings = append(out.findings, x.sample(j, file, t.err.Error(), 0, ""))
			continue
		}
		event := schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(t.body)}
		if old != nil {
			if was, err := old.Check(ctx, event); err != nil || len(was.Violations) > 0 {
				continue // it never was an event
			}
		}
		answer, err := head.Check(ctx, event)
		switch {
		case err != nil:
			out.findings = append(out.findings, x.sample(j, file, err.Error(), 0, t.body))
		case len(answer.Violations) > 0:
			v := answer.Violations[0]
			out.findings = append(out.findings, x.sample(j, file, v.Path+": "+v.What, v.Offset, t.body))
		}
	}
	return ctx.Err()
}

// sample is a finding at a sample event.
func (x *run) sample(j *job, file, problem string, offset int, body string) Finding {
	at := Location{File: file, Span: top}
	if offset > 0 && offset <= len(body) {
		p := jsonx.PositionOf(body, offset)
		at.Line, at.Column, at.Offset = p.Line, p.Column, offset
	}
	f := simple("schema/sample-unreadable", SeverityError, at, fmt.Sprintf("%s is no event of %s: %s", file, j.subject, problem), map[string]string{"sample": file, "error": problem})
	f.Path = file
	f.about(j)
	return f
}

// samplesOf lists the sample files of a subject.
func (x *run) samplesOf(u *unit) []string {
	if len(u.mapping.Samples) == 0 {
		return nil
	}
	dir, base := path.Split(u.file)
	name := strings.TrimSuffix(strings.TrimSuffix(base, path.Ext(base)), ".schema")
	fill := strings.NewReplacer("{name}", name, "{dir}", strings.TrimSuffix(dir, "/"), "{path}", u.file)
	var patterns []string
	for _, p := range u.mapping.Samples {
		patterns = append(patterns, path.Join(path.Dir(x.Config.File), fill.Replace(p)))
	}
	g, err := newGlobs(patterns)
	if err != nil {
		return nil // a file name that is a pattern names no samples
	}
	var out []string
	for _, f := range x.Head.Files() {
		if f.Path != u.file && g.match(f.Path) {
			out = append(out, f.Path)
		}
	}
	return out
}
