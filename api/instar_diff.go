package api

import (
	"net/http"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// compareRoutes are the routes that put versions side by side.
func compareRoutes(*API) []route {
	const read, expensive = auth.Read, auth.Expensive
	return []route{
		{method: http.MethodGet, path: "/subjects/:subject/diff", action: read, class: expensive, query: []param{pFrom, pTo}, handle: diffVersions},
		{method: http.MethodPost, path: "/subjects/:subject/diff", action: read, class: expensive, body: jsonBody, query: []param{pFrom}, handle: diffCandidate},
		{method: http.MethodPost, path: "/diff", action: read, class: expensive, body: jsonBody, handle: diffSchemas},
		{method: http.MethodGet, path: "/subjects/:subject/matrix", action: read, class: expensive, query: []param{pPolicy, pVersions, pDeleted}, handle: matrix},
	}
}

var (
	pFrom     = param{"from", text}
	pTo       = param{"to", text}
	pPolicy   = param{"policy", text}
	pVersions = param{"versions", list}
)

// end is one side of a difference.
type end struct {
	body   wire.DiffEnd
	parsed schema.Parsed
}

// diffVersions compares two versions of a subject: the newest one with the one
// before it unless the query names others.
func diffVersions(x *request) error {
	n := x.subject()
	to, err := readVersion(x.text("to"))
	if err != nil {
		return err
	}
	var older, newer located
	if err := x.view(func(st *registry.State) error {
		if newer, err = x.findVersion(st, x.params[0], to, false); err != nil {
			return err
		}
		from := x.text("from")
		if from == "" {
			var before *registry.Version
			if s := x.findSubject(st, newer.name); s != nil { // hidden, though another subject's schema builds on it
				before = s.Before(newer.version.Number)
			}
			if before == nil {
				return registry.Fail(registry.VersionNotFound, "Version %d of subject '%s' has no version before it; name the one to compare with by from=", newer.version.Number, n)
			}
			older = located{name: newer.name, version: before}
			return nil
		}
		number, err := readVersion(from)
		if err == nil {
			older, err = x.findVersion(st, x.params[0], number, false)
		}
		return err
	}); err != nil {
		return err
	}
	a, err := x.stored(older)
	if err != nil {
		return err
	}
	b, err := x.stored(newer)
	if err != nil {
		return err
	}
	return x.sendDiff(registry.DiffRequest{Scope: newer.name}, a, b)
}

// readVersion reads a version of the query; empty means the newest.
func readVersion(s string) (int, error) {
	if s == "" {
		return -1, nil
	}
	return registry.ParseVersion(s)
}

// stored parses a registered version. That it no longer parses is said about the
// version, since the caller sent no schema.
func (x *request) stored(at located) (end, error) {
	p, err := x.api.service.Parsed(x.ctx, at.name.Context, at.version.Content)
	if err != nil {
		return end{}, err
	}
	return end{wire.DiffEnd{
		Subject: at.name.String(), Version: at.version.Number, ID: at.version.ID, SchemaType: p.Format().String(),
	}, p}, nil
}

// diffCandidate compares a version with a schema that is sent along.
func diffCandidate(x *request) error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	c, err := d.candidate(d.root)
	if err != nil {
		return err
	}
	if err := d.strict("schema", "schemaType", "references", "metadata", "ruleSet"); err != nil {
		return err
	}
	from, err := readVersion(x.text("from"))
	if err != nil {
		return err
	}
	x.subject()
	var at located
	if err := x.view(func(st *registry.State) error {
		at, err = x.findVersion(st, x.params[0], from, false)
		return err
	}); err != nil {
		return err
	}
	a, err := x.stored(at)
	if err != nil {
		return err
	}
	b, err := x.sent(at.name.Context, &c)
	if err != nil {
		return err
	}
	return x.sendDiff(registry.DiffRequest{Scope: at.name}, a, b)
}

// sent parses a schema of the request.
func (x *request) sent(context string, c *candidate) (end, error) {
	if err := x.needReferences(context, c.references); err != nil {
		return end{}, err
	}
	p, err := x.api.service.Candidate(x.ctx, context, c.format, c.text, c.references)
	return end{wire.DiffEnd{SchemaType: c.format.String()}, p}, err
}

// diffSchemas compares any two schemas.
func diffSchemas(x *request) error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	context, err := x.contextArg(d.string(d.root, "context"))
	if err != nil {
		return err
	}
	req := registry.DiffRequest{Scope: registry.Name{Context: context}}
	req.Own = registry.Config{
		AssertFormats: d.optionalBool(d.root, "assertFormats"), Encodings: d.strings(d.root, "encodings"), EventMessages: d.strings(d.root, "eventMessages"),
	}
	if err := d.strict("old", "new", "context", "assertFormats", "encodings", "eventMessages"); err != nil {
		return err
	}
	a, err := x.diffEnd(d, "old", context)
	if err != nil {
		return err
	}
	b, err := x.diffEnd(d, "new", context)
	if err != nil {
		return err
	}
	return x.sendDiff(req, a, b)
}

// diffEnd reads one side: a schema, or a subject and a version.
func (x *request) diffEnd(d *decoder, name, context string) (end, error) {
	o := d.object(d.root, name)
	if o == nil && d.err == nil {
		d.fail(d.root, "%s is missing: send {\"schema\", \"schemaType\", \"references\"} or {\"subject\", \"version\"}", name)
	}
	if d.err != nil {
		return end{}, d.err
	}
	if d.get(o, "subject") != nil && d.get(o, "schema") != nil {
		d.fail(o, "%s names a side twice: send either the schema, or subject and version", name)
		return end{}, d.err
	}
	if d.get(o, "subject") != nil {
		d.only(o, "subject", "version")
		return x.registeredEnd(d, o)
	}
	c, err := d.candidate(o)
	if err != nil {
		return end{}, err
	}
	if d.only(o, "schema", "schemaType", "references"); d.err != nil {
		return end{}, d.err
	}
	return x.sent(context, &c)
}

func (x *request) registeredEnd(d *decoder, o *jsonx.Value) (end, error) {
	subject, number := d.string(o, "subject"), -1
	if v := d.get(o, "version"); v != nil {
		var err error
		if number, err = registry.ParseVersion(v.Text); err != nil {
			return end{}, err
		}
	}
	if d.err != nil {
		return end{}, d.err
	}
	var at located
	if err := x.view(func(st *registry.State) (err error) {
		at, err = x.findVersion(st, subject, number, false)
		return err
	}); err != nil {
		return end{}, err
	}
	return x.stored(at)
}

// sendDiff compares and answers.
func (x *request) sendDiff(req registry.DiffRequest, older, newer end) error {
	req.Old, req.New, req.OldVersion = older.parsed, newer.parsed, older.body.Version
	delta, err := x.api.service.Diff(x.ctx, req)
	if err != nil {
		return err
	}
	subject := newer.body.Subject
	if subject == "" {
		subject = older.body.Subject
	}
	first := delta.DeployFirst()
	out := wire.Diff{
		Old: older.body, New: newer.body, Same: delta.Same, Engine: delta.Engine,
		Changes: []wire.DiffChange{}, Pairs: []wire.PairVerdict{},
		Summary: wire.DiffSummary{
			Text: delta.Summary(), Changes: len(delta.Changes), Breaking: delta.Breaking(), Verdicts: verdictTable(&delta.Verdicts),
			WeakestSafeLevel: map[string]string{}, DeployFirst: first, DeployOrder: registry.DeployOrder(first),
		},
	}
	for _, p := range registry.DiffPolicies() {
		out.Summary.WeakestSafeLevel[p.String()] = delta.Verdicts.SafeLevel(p).String()
	}
	for i := range delta.Pairs {
		out.Pairs = append(out.Pairs, pairBody(&delta.Pairs[i], ""))
	}
	witnesses := 0
	for i := range delta.Changes {
		if i == maxFindings {
			break
		}
		out.Changes = append(out.Changes, changeBody(&delta.Changes[i], subject, &witnesses))
	}
	return x.json(http.StatusOK, out)
}

func verdictTable(v *registry.Verdicts) wire.VerdictTable {
	out := wire.VerdictTable{}
	for _, l := range registry.DiffLevels() {
		row := map[string]string{}
		for _, p := range registry.DiffPolicies() {
			row[p.String()] = v.At(l, p).String()
		}
		out[l.String()] = row
	}
	return out
}

func changeBody(c *registry.Edit, subject string, witnesses *int) wire.DiffChange {
	return wire.DiffChange{
		Rule: c.Rule, Kinds: c.Kinds, Class: c.Class, Path: c.Path, Message: c.Message, Hint: c.Hint, Help: c.Help(),
		Old: sideBody(&c.Old), New: sideBody(&c.New), Verdicts: verdictTable(&c.Verdicts),
		Findings: findingList(c.Findings, subject, witnesses),
	}
}

func sideBody(s *registry.Side) wire.DiffSide {
	return wire.DiffSide{
		Absent: s.Absent, Document: s.Document, Pointer: s.Pointer, Line: s.Line, Column: s.Column, Text: s.Text,
	}
}
