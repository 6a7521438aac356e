package lint

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/upcast"
)

// document is an upcaster document of the head.
type document struct {
	file string
	doc  *upcast.Document
}

// at is a file that the document names, relative to the root of the tree.
func (d *document) at(name string) string { return path.Join(path.Dir(d.file), name) }

// into reports whether the document leads to the head's text of a job: by its
// file, or by its subject and the number after the newest old version.
func (d *document) into(j *job, newest version) bool {
	if d.doc.To.Version.File != "" {
		return d.at(d.doc.To.Version.File) == j.new.file
	}
	return d.doc.Subject == j.subject && newest.number > 0 && d.doc.To.Version.Number == newest.number+1
}

// between reports whether the document leads from one old version of a subject to
// the next.
func (d *document) between(subject string, old, next version) bool {
	from, to := d.doc.From, d.doc.To.Version
	if from.File != "" && to.File != "" {
		return d.at(from.File) == old.unit.file && d.at(to.File) == next.unit.file && old.unit.file != next.unit.file
	}
	return d.doc.Subject == subject && from.Number > 0 && from.Number == old.number && to.Number == next.number
}

// bridging is what a bridge is asked about: the texts of one job.
type bridging struct {
	x     *run
	j     *job
	out   *result
	head  *parsedText
	olds  []*parsedText // newest first
	sides []version
}

// bridge looks for documents that carry the events of every old version that the
// level refuses to the head, and back where old readers read the head's events.
// It returns the file of the document into the head, or "" if something is left
// unbridged.
func (b *bridging) bridge(ctx context.Context, report *compat.Report) (string, error) {
	found, hop, err := b.document(ctx)
	if err != nil || hop == nil {
		return "", err
	}
	refused := false
	for i := range report.Pairs {
		p := &report.Pairs[i]
		if !p.Required || !p.Refused() {
			continue
		}
		refused = true
		ok, err := b.leads(ctx, hop, p)
		if err != nil || !ok {
			return "", err
		}
	}
	if !refused {
		return "", nil
	}
	return found.file, nil
}

// document finds the document from the newest old version into the head, and
// proves it. What is wrong with it becomes a finding, and the hop is nil.
func (b *bridging) document(ctx context.Context) (*document, *upcast.Hop, error) {
	for i := range b.x.documents {
		d := &b.x.documents[i]
		if !d.into(b.j, b.sides[0]) {
			continue
		}
		fresh, err := b.leadsFrom(ctx, d)
		if err != nil {
			return nil, nil, err
		}
		hop, err := upcast.Verify(ctx, d.doc, b.olds[0].schema, b.head.schema)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		var bug *schema.Bug
		if errors.As(err, &bug) {
			return nil, nil, err
		}
		switch rule, message := b.x.shortcoming(hop, err); {
		case rule == "" && fresh:
			return d, hop, nil
		case rule != "" && fresh:
			b.complain(rule, d, message)
		case rule != "":
			b.complain("evcheck/upcaster-stale", d, fmt.Sprintf("%s is not the version that %s is compared with, and the document does not lead from that one: %s",
				d.doc.From, b.j.new.file, message))
		}
	}
	return nil, nil, nil
}

// leadsFrom reports whether the document names the newest old version: by its
// number, or by a file with its text.
func (b *bridging) leadsFrom(ctx context.Context, d *document) (bool, error) {
	if d.doc.From.File == "" {
		return d.doc.From.Number == b.sides[0].number, nil
	}
	name := d.at(d.doc.From.File)
	if b.x.head.files[name] == nil {
		return false, nil
	}
	t, err := b.x.head.text(ctx, name)
	if err != nil || t.err != nil {
		return false, err
	}
	old := b.olds[0]
	if t.body == old.text.body {
		return true, nil
	}
	opts := b.x.head.options(true)
	p, err := format.Parse(b.j.new.format, t.body, old.closure.docs, opts)
	var bad *schema.Error
	if errors.As(err, &bad) { // it may hold what it built on
		p, err = format.Parse(b.j.new.format, t.body, nil, opts)
	}
	switch {
	case errors.As(err, &bad):
		return false, nil
	case err != nil:
		return false, err
	}
	return format.SameInlined(p, old.schema), nil
}

// shortcoming is the rule that a proof falls short of, and how; empty if the hop
// bridges.
func (x *run) shortcoming(hop *upcast.Hop, err error) (rule, message string) {
	var failed *upcast.TestFailure
	switch {
	case errors.As(err, &failed):
		return "evcheck/upcaster-test-failed", failed.Error()
	case err != nil:
		return "evcheck/upcaster-refuted", err.Error()
	}
	v := &hop.Verdict
	message = string(v.Outcome)
	if len(v.Event) > 0 {
		message += " by the event " + string(v.Event)
	}
	if len(v.Problems) > 0 {
		p := &v.Problems[0]
		message += ": "
		if p.Step > 0 {
			message += fmt.Sprintf("step %d: ", p.Step)
		}
		message += p.Message
		if p.Fix != "" {
			message += "; " + p.Fix
		}
	}
	switch {
	case v.Outcome == upcast.Refuted:
		return "evcheck/upcaster-refuted", message
	case v.Outcome != upcast.Proved && x.Config.Upcasters.Verdict != string(upcast.Tested):
		return "evcheck/upcaster-below-verdict", message + "; " + x.Config.Upcasters.Verdict + " is asked for"
	case !v.Total:
		return "evcheck/upcaster-below-verdict", "it sends some events to the dead letter, so it bridges nothing; give each else a value"
	}
	return "", ""
}

// leads reports whether there is a proved, total way for a pair: up where the
// head reads an old version's events, down where an old version reads the head's.
func (b *bridging) leads(ctx context.Context, last *upcast.Hop, p *compat.Pair) (bool, error) {
	at := 0
	for k := range b.sides {
		if b.sides[k].number == p.Version {
			at = k
		}
	}
	chain := []*upcast.Hop{last}
	for k := at; k > 0; k-- {
		h, err := b.inner(ctx, k)
		if err != nil || h == nil {
			return false, err
		}
		chain = append(chain, h)
	}
	for _, h := range chain {
		if h == nil {
			return false, nil
		}
		if message, _, err := h.Unbridged(p.Direction == compat.NewToOld, b.derive(ctx)); message != "" || err != nil {
			return false, err
		}
		if p.Direction == compat.NewToOld {
			h = h.Down
		}
		if h == nil {
			return false, nil
		}
		if rule, _ := b.x.shortcoming(h, nil); rule != "" {
			return false, nil
		}
	}
	return true, nil
}

func (b *bridging) derive(ctx context.Context) func(message string, from, to schema.Parsed) (*upcast.Hop, error) {
	return func(message string, from, to schema.Parsed) (*upcast.Hop, error) {
		return upcast.DeriveOf(ctx, message, from, to)
	}
}

// inner is the hop from one old version to the next: by a document, or derived.
func (b *bridging) inner(ctx context.Context, k int) (*upcast.Hop, error) {
	from, to := b.olds[k].schema, b.olds[k-1].schema
	var hop *upcast.Hop
	var err error
	if d := b.x.documentBetween(b.j.subject, b.sides[k], b.sides[k-1]); d != nil {
		hop, err = upcast.Verify(ctx, d.doc, from, to)
	} else {
		hop, err = upcast.Derive(ctx, from, to)
	}
	var bug *schema.Bug
	if ctx.Err() != nil || errors.As(err, &bug) {
		return nil, err
	}
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // a document that cannot be proved is no way
	}
	return hop, nil
}

func (x *run) documentBetween(subject string, old, next version) *document {
	for i := range x.documents {
		if x.documents[i].between(subject, old, next) {
			return &x.documents[i]
		}
	}
	return nil
}

// complain notes what is wrong with a document.
func (b *bridging) complain(rule string, d *document, message string) {
	f := simple(rule, SeverityError, Location{File: d.file, Span: top}, strings.TrimSpace(message), nil)
	f.Path = d.file
	f.about(b.j)
	b.out.findings = append(b.out.findings, f)
}

// bridged marks what a document bridges: the edit still breaks readers without
// it, so it stays in the report as a note.
func (x *run) bridged(j *job, out *result, file string) {
	for i := range out.findings {
		f := &out.findings[i]
		if f.Engine == nil || !f.Required || !f.Refused {
			continue
		}
		verdict := x.Config.Upcasters.Verdict
		f.Upcaster, f.Refused, f.Fixes = &Upcaster{File: file, Verdict: &verdict}, false, nil
	}
	for i := range out.subject.Checks {
		if c := &out.subject.Checks[i]; c.Required && c.Refused {
			c.Refused, c.BridgedBy = false, file
		}
	}
	f := x.subjectRule("schema/bridged", j, map[string]string{"upcaster": file})
	out.findings = append(out.findings, f)
}

// bridged reports whether an upcaster was found to carry events over the edit.
func (f *Finding) bridged() bool { return f.Upcaster != nil && f.Upcaster.File != "" }
