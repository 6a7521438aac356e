package lint

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

// result is what came of a job.
type result struct {
	job      *job
	subject  Subject
	findings []Finding
	ignores  []ignore
	millis   int64
	// marks is one more than the version whose marks were read; 0 if none were.
	marks int
	// fleeting says that the result depends on more than its key in the cache.
	fleeting bool
	// remark is a line for the head of the report.
	remark string
}

// parsedText is a text with its references, parsed.
type parsedText struct {
	schema  schema.Parsed
	text    *text
	closure *closure
	err     error // a *schema.Error or *FileError: the text's own fault
}

// unparsed reads a unit and what it builds on.
func (s *side) unparsed(ctx context.Context, u *unit) (*parsedText, error) {
	t, err := s.text(ctx, u.file)
	if err != nil {
		return nil, err
	}
	p := &parsedText{text: t, closure: &closure{}, err: t.err}
	if t.err != nil {
		return p, nil
	}
	if p.closure, err = s.closure(ctx, u.file, u.format, u.mapping); err != nil {
		return nil, err
	}
	p.err = p.closure.bad
	return p, nil
}

// parse parses a unit with what it builds on.
func (s *side) parse(ctx context.Context, u *unit, lenient bool) (*parsedText, error) {
	p, err := s.unparsed(ctx, u)
	if err != nil || p.err != nil {
		return p, err
	}
	p.schema, err = format.Parse(u.format, p.text.body, p.closure.docs, s.options(lenient))
	var bad *schema.Error
	if errors.As(err, &bad) {
		p.err, p.schema = bad, nil
		return p, nil
	}
	return p, err
}

// options are those of every parse of a run.
func (s *side) options(lenient bool) schema.Options {
	o := schema.Options{Limits: schema.DefaultLimits(), Lenient: lenient, Memo: s.memo}
	if s.store != nil {
		o.Store, o.Keep = s.store, s.keeps
	}
	return o
}

// source is the text that findings are located in.
func (s *side) source(file string, f schema.Format, body string, number int) *Source {
	out := &Source{File: file, Commit: s.tree.Snap().Commit, Version: number, Format: f, Text: body}
	s.mu.Lock()
	t := s.texts[file]
	s.mu.Unlock()
	if t != nil && t.yaml != nil && t.body == body {
		out.Text, out.tree, out.read = t.yaml.Text, t.yaml.tree, true
	}
	return out
}

// judge does one job.
func (x *run) judge(ctx context.Context, j *job, out *result) error {
	out.job = j
	out.subject = Subject{Subject: j.subject, State: j.state}
	u := j.new
	if u == nil {
		u = j.old
	}
	out.subject.Format = u.format.String()
	level, policy := x.inForce(u.mapping)
	out.subject.Level, out.subject.Policy = level.String(), policy.String()
	if j.new != nil {
		out.subject.File = j.new.file
	}
	if j.old != nil && (j.new == nil || j.old.file != j.new.file) {
		out.subject.OldFile = j.old.file
	}
	began := x.clock()
	err := x.answer(ctx, j, out, level, policy)
	if err == nil {
		err = x.second(ctx, j, out)
	}
	out.millis = x.clock().Sub(began).Milliseconds()
	return err
}

// clock is the time where it is measured.
func (x *run) clock() time.Time {
	if x.Clock == nil {
		return time.Time{}
	}
	return x.Clock()
}

// answer takes the result from the cache, or computes it.
func (x *run) answer(ctx context.Context, j *job, out *result, level compat.Level, policy compat.Policy) error {
	q, err := x.question(ctx, j, level, policy)
	if err != nil {
		return err
	}
	if q != nil && !x.VerifyCache && x.recall(q, j, out) {
		return nil
	}
	if err := x.judgeState(ctx, j, out, level, policy); err != nil || q == nil {
		return err
	}
	if x.VerifyCache {
		if err := x.verify(q, out); err != nil {
			return err
		}
	}
	x.remember(q, out)
	return nil
}

// inForce is the level and policy of a subject.
func (x *run) inForce(m *Mapping) (compat.Level, compat.Policy) {
	level, policy := m.Level, m.Policy
	if x.Level != nil {
		level = *x.Level
	}
	if x.Policy != nil {
		policy = *x.Policy
	}
	return level, policy
}

func (x *run) judgeState(ctx context.Context, j *job, out *result, level compat.Level, policy compat.Policy) error {
	switch j.state {
	case SubjectUnchanged:
		return nil
	case SubjectRemoved:
		return x.removed(ctx, j, out)
	}
	head, err := j.head.parse(ctx, j.new, false)
	if err != nil {
		return err
	}
	if found := x.invalid(j, head); len(found) > 0 {
		out.subject.State = SubjectInvalid
		out.findings = append(out.findings, found...)
		return nil
	}
	if j.state == SubjectFirst {
		if j.base != "" {
			out.findings = append(out.findings, x.subjectRule("schema/subject-added", j, nil))
		}
		return x.samples(ctx, j, out, head.schema)
	}
	if j.renamed != "" {
		out.findings = append(out.findings, x.subjectRule("schema/subject-moved", j, map[string]string{"old": j.renamed, "new": j.subject}))
	}
	return x.compare(ctx, j, out, head, level, policy)
}

// matter is what the engine is asked about one job.
type matter struct {
	request compat.Request
	head    *parsedText
	olds    []*parsedText // newest first
	sides   []version
}

// matter reads the old versions of a job; it is nil if there is nothing to ask.
func (x *run) matter(ctx context.Context, j *job, out *result, head *parsedText, level compat.Level, policy compat.Policy) (*matter, error) {
	m := &matter{head: head, request: compat.Request{Candidate: head.schema, Level: level, Policy: policy, Options: j.new.mapping.options()}}
	for i, v := range j.olds {
		p, err := v.side.parse(ctx, v.unit, true)
		if err != nil {
			return nil, err
		}
		if p.schema == nil {
			out.findings = append(out.findings, x.baseInvalid(j, &v, p))
			if i+1 == len(j.olds) && len(m.olds) == 0 {
				if p, err = x.before(ctx, j, &v); err != nil {
					return nil, err
				}
			}
			if p.schema == nil {
				continue
			}
		}
		if j.known(&v, head, p) {
			out.subject.State = SubjectUnchanged
			return nil, nil //nolint:nilnil // documented
		}
		if p.text.body == head.text.body && format.SameInlined(p.schema, head.schema) && len(j.olds) == 1 {
			out.subject.State = SubjectUnchanged // what changed beside it makes no difference
			return nil, nil                      //nolint:nilnil // documented
		}
		m.olds, m.sides = append(m.olds, p), append(m.sides, v)
		m.request.History = append(m.request.History, compat.Version{Number: v.number, Parsed: p.schema})
		if len(m.olds) == 1 {
			out.marks = i + 1
		}
		if !level.Transitive() {
			break
		}
	}
	if len(m.olds) == 0 {
		out.subject.State = SubjectFirst
		return nil, nil //nolint:nilnil // documented
	}
	return m, nil
}

// ask asks the engine.
func (m *matter) ask(ctx context.Context) (*compat.Report, []compat.Finding, error) {
	report, err := compat.Check(ctx, m.request)
	if err != nil {
		return nil, nil, err
	}
	found := report.Findings()
	for i, p := range m.olds {
		for _, f := range compat.Remarks(p.schema, m.head.schema, m.request.Options.Meaning) {
			if number := m.sides[i].number; number > 0 {
				f.Versions = []int{number} // so that it is located in that text
			}
			found = append(found, f)
		}
	}
	return &report, found, nil
}

// compare asks the engine about the head and the old versions.
func (x *run) compare(ctx context.Context, j *job, out *result, head *parsedText, level compat.Level, policy compat.Policy) error {
	m, err := x.matter(ctx, j, out, head, level, policy)
	if err != nil || m == nil {
		return err
	}
	report, found, err := m.ask(ctx)
	if err != nil {
		return err
	}
	if out.fleeting = report.Refused && j.earlier != nil; out.fleeting {
		if is, err := j.isEarlier(ctx, head); err != nil || is {
			out.subject.State = SubjectUnchanged
			return err
		}
	}
	x.keepAsked(j, m, report, found)
	x.checks(j, out, report)
	x.readIgnores(j, out, head, m.olds[0])
	x.locate(j, out, m, report, found)
	b := bridging{x, j, out, head, m.olds, m.sides}
	if file, err := b.bridge(ctx, report); err != nil {
		return err
	} else if file != "" {
		x.bridged(j, out, file)
	}
	return x.replay(ctx, j, out, m)
}

// checks notes the answer to every question.
func (x *run) checks(j *job, out *result, r *compat.Report) {
	s := &out.subject
	s.DeployFirst, s.DeployWorst = deployOrder(r)
	for i := range r.Pairs {
		p := &r.Pairs[i]
		c := Check{
			Direction: p.Direction.String(), Required: p.Required, Base: j.base, Version: VersionParty(p.Version, ""),
			Verdict: p.Verdict.String(), Reason: string(p.Reason), Refused: p.Refused(),
		}
		for k := range p.Findings {
			c.Findings = append(c.Findings, p.Findings[k].Fingerprint(j.subject))
		}
		s.Checks = append(s.Checks, c)
	}
}

// deployOrder is who deploys first, over all old versions, and the version that
// decides it: the first whose own answer is that one; none if it takes several.
func deployOrder(r *compat.Report) (order string, worst Party) {
	order = r.DeployFirst()
	if order == compat.DeployAny {
		return order, ""
	}
	for i := range r.Pairs {
		n := r.Pairs[i].Version
		if n > 0 && deployOver(r, []int{n}) == order {
			return order, VersionParty(n, "")
		}
	}
	return order, ""
}

// deployOver is who deploys first, over some of the versions; none is all.
func deployOver(r *compat.Report, versions []int) string {
	if len(versions) == 0 {
		return r.DeployFirst()
	}
	var some compat.Report
	for i := range r.Pairs {
		if slices.Contains(versions, r.Pairs[i].Version) {
			some.Pairs = append(some.Pairs, r.Pairs[i])
		}
	}
	return some.DeployFirst()
}

// locate turns the findings of the engine into findings with places in files.
func (x *run) locate(j *job, out *result, m *matter, report *compat.Report, found []compat.Finding) {
	head, sides := m.head, m.sides
	newSource := j.head.source(j.new.file, j.new.format, head.text.body, 0)
	documents := map[string]*Source{}
	for i := range found {
		f := &found[i]
		at := 0
		for k := range sides {
			if len(f.Versions) > 0 && sides[k].number == f.Versions[0] {
				at = k
			}
		}
		old, was := m.olds[at], sides[at]
		origin := Origin{
			Subject: j.subject, Format: j.new.format, Base: j.base, New: newSource,
			Old: was.side.source(was.unit.file, j.new.format, old.text.body, was.number),
		}
		origin.Document = func(name string, isOld bool) *Source {
			from, s, number := head.closure, j.head, 0
			if isOld {
				from, s, number = old.closure, was.side, was.number
			}
			file := from.files[name]
			key := s.tree.Snap().Name + "\x00" + file
			if file == "" || documents[key] != nil {
				return documents[key]
			}
			for _, d := range from.docs {
				if d.Name == name {
					documents[key] = s.source(file, j.new.format, d.Text, number)
				}
			}
			return documents[key]
		}
		one := FromCompat(f, origin)
		if one.DeployFirst != "" { // the other direction may break by another finding
			one.DeployFirst = deployOver(report, f.Versions)
		}
		out.findings = append(out.findings, one)
	}
}

// readIgnores reads the marks in the head's texts, and which of them are new.
func (x *run) readIgnores(j *job, out *result, head, old *parsedText) {
	known := map[string]bool{}
	key := func(i *ignore) string { return strings.Join(i.rules, ",") + "\x00" + i.reason }
	each := func(p *parsedText, file string, found func([]ignore)) {
		found(readIgnores(file, j.new.format, p.text.body, p.text.yaml))
		for _, d := range p.closure.docs {
			found(readIgnores(p.closure.files[d.Name], j.new.format, d.Text, p.closure.yaml[d.Name]))
		}
	}
	each(old, j.old.file, func(list []ignore) {
		for i := range list {
			known[key(&list[i])] = true
		}
	})
	each(head, j.new.file, func(list []ignore) {
		for i := range list {
			list[i].added = !known[key(&list[i])]
			out.ignores = append(out.ignores, list[i])
		}
	})
}
