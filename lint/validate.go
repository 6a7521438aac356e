package lint

import (
	"context"

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
