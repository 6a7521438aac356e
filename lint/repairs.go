package lint

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

// repairKind is the first part of a key: change it with what the values hold.
const repairKind = "repair/1"

// repairAll looks for fixes of what the report says. It comes after findings of
// one edit were joined, so that an edit of a definition is looked for once,
// however many subjects use that: in the subject that is the definition, or else
// in the first one.
func (x *run) repairAll(ctx context.Context) error {
	byJob := map[int][]*Finding{}
	count := 0
	for i := range x.report.Findings {
		f := &x.report.Findings[i]
		if row := compat.RuleByID(f.Rule); f.job > 0 && f.judged && !f.bridged() && row != nil && len(row.Fixes) > 0 {
			if count++; x.MostFixes > 0 && count > x.MostFixes {
				x.report.Summary.Remarks = append(x.report.Summary.Remarks, fmt.Sprintf("fixes were looked for in the %d worst findings; evcheck fix looks for those of all", x.MostFixes))
				break
			}
			byJob[f.job-1] = append(byJob[f.job-1], f)
		}
	}
	jobs := slices.Sorted(maps.Keys(byJob))
	return x.each(ctx, len(jobs), func(ctx context.Context, i int) error {
		return x.repairJob(ctx, x.results[jobs[i]].job, byJob[jobs[i]])
	})
}

// repairKey tells a finding of one job from the others.
func (f *Finding) repairKey() string { return f.own + f.Class + f.Direction }

// repairJob gives findings of one job their fixes, from the cache where it has
// them.
func (x *run) repairJob(ctx context.Context, j *job, findings []*Finding) error {
	level, policy := x.inForce(j.new.mapping)
	wanted := map[string]bool{}
	for _, f := range findings {
		wanted[f.repairKey()] = true
	}
	q, err := x.question(ctx, j, level, policy)
	if err != nil {
		return err
	}
	key := ""
	var fixes map[string][]Fix
	if q != nil {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %q", repairKind, q.key, slices.Sorted(maps.Keys(wanted))))
		key = hex.EncodeToString(sum[:])
		fixes = x.recallFixes(key)
	}
	if fixes == nil || x.VerifyCache {
		fresh, engine, err := x.repair(ctx, j, wanted, level, policy)
		if err != nil {
			return err
		}
		if err := x.keepFixes(key, j, fixes, fresh); err != nil {
			return err
		}
		fixes = fresh
		for _, f := range findings {
			if f.Engine != nil {
				f.Engine.Fixes = engine[f.repairKey()]
			}
		}
	}
	for _, f := range findings {
		f.Fixes = fixes[f.repairKey()]
	}
	return nil
}

// recallFixes reads fixes from the cache; nil if it has none.
func (x *run) recallFixes(key string) map[string][]Fix {
	data := x.Cache.Load(key)
	if data == nil {
		return nil
	}
	var out map[string][]Fix
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if d.Decode(&out) != nil {
		return nil
	}
	return out
}

// keepFixes puts fixes into the cache, or holds those that it had to them.
func (x *run) keepFixes(key string, j *job, had, fresh map[string][]Fix) error {
	if key == "" {
		return nil
	}
	now, err := json.Marshal(fresh)
	if err != nil {
		return err
	}
	if had != nil {
		if was, err := json.Marshal(had); err != nil || !bytes.Equal(was, now) {
			return &schema.Bug{Where: "the cache, about " + j.subject, Cause: "the cached fixes " + key + " are not those that were found"}
		}
	}
	x.Cache.Store(key, now)
	return nil
}

// asked is what the engine was asked about a job, and its answer.
type asked struct {
	matter *matter
	report *compat.Report
	found  []compat.Finding
}

// mostAsked is for how many jobs that is kept until fixes are looked for: parsed
// schemas take memory, and one edit seldom breaks more.
const mostAsked = 8

// keepAsked keeps the answer about a job whose findings may have fixes.
func (x *run) keepAsked(j *job, m *matter, report *compat.Report, found []compat.Finding) {
	fixable := func(f compat.Finding) bool { row := compat.RuleByID(f.Rule); return row != nil && len(row.Fixes) > 0 }
	if !x.Fixes || !m.head.text.editable() || !slices.ContainsFunc(found, fixable) {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.asked == nil {
		x.asked = map[*job]*asked{}
	}
	if len(x.asked) < mostAsked {
		x.asked[j] = &asked{m, report, slices.Clone(found)} // the report goes on with found
	}
}

// askAgain returns what was kept of a job, or else asks the engine again; nil where
// no text can be edited, or where there is nothing to ask.
func (x *run) askAgain(ctx context.Context, j *job, level compat.Level, policy compat.Policy) (*asked, error) {
	x.mu.Lock()
	a := x.asked[j]
	delete(x.asked, j)
	x.mu.Unlock()
	if a != nil {
		return a, nil
	}
	head, err := j.head.parse(ctx, j.new, false)
	if err != nil || head.schema == nil || !head.text.editable() {
		return nil, err // offsets of what is not editable would not be those of the file
	}
	var scratch result
	m, err := x.matter(ctx, j, &scratch, head, level, policy)
	if err != nil || m == nil {
		return nil, err
	}
	report, found, err := m.ask(ctx)
	return &asked{m, report, found}, err
}

// repair asks the engine about a job again, and looks for edits that remove what
// is wanted. The fixes are given twice: for the report, and as the engine has them.
func (x *run) repair(ctx context.Context, j *job, wanted map[string]bool, level compat.Level, policy compat.Policy) (map[string][]Fix, map[string][]compat.Fix, error) {
	out, engine := map[string][]Fix{}, map[string][]compat.Fix{}
	a, err := x.askAgain(ctx, j, level, policy)
	if err != nil || a == nil {
		return out, engine, err
	}
	m, head, found := a.matter, a.matter.head, a.found
	src, err := x.editable(ctx, j, head)
	if err != nil {
		return nil, nil, err
	}
	key := func(f *compat.Finding) string { return f.Fingerprint(j.subject) + f.Class() + f.Direction.String() }
	if err := compat.RepairSome(ctx, m.request, src, found, func(f *compat.Finding) bool { return wanted[key(f)] }); err != nil {
		return nil, nil, err
	}
	found = slices.DeleteFunc(found, func(f compat.Finding) bool { return len(f.Fixes) == 0 })
	for i := range found {
		engine[key(&found[i])] = found[i].Fixes
		if found[i].Fixes, err = x.inYAML(ctx, j, head, found[i].Fixes); err != nil {
			return nil, nil, err
		}
	}
	var scratch result
	x.locate(j, &scratch, m, a.report, found)
	for i := range found {
		out[key(&found[i])] = scratch.findings[i].Fixes
	}
	return out, engine, nil
}

// editable are the texts of the head that fixes may edit.
func (x *run) editable(ctx context.Context, j *job, head *parsedText) (compat.Source, error) {
	src := compat.Source{Text: head.text.body, Parse: func(document, body string) (schema.Parsed, error) {
		docs := head.closure.docs
		if document != "" {
			docs = slices.Clone(docs)
			docs[slices.IndexFunc(docs, func(d schema.Document) bool { return d.Name == document })].Text = body
			body = head.text.body
		}
		return format.Parse(j.new.format, body, docs, j.head.options(true))
	}}
	for _, d := range head.closure.docs {
		t, err := j.head.text(ctx, head.closure.files[d.Name])
		if err != nil {
			return src, err
		}
		if t.editable() {
			src.Documents = append(src.Documents, d)
		}
	}
	return src, nil
}

// inYAML makes edits of the JSON that is parsed edits of the YAML that is
// written. A fix that cannot be carried over is not offered.
func (x *run) inYAML(ctx context.Context, j *job, head *parsedText, fixes []compat.Fix) ([]compat.Fix, error) {
	var out []compat.Fix
	for _, f := range fixes {
		t := head.text
		if f.Document != "" {
			var err error
			if t, err = j.head.text(ctx, head.closure.files[f.Document]); err != nil {
				return nil, err
			}
		}
		if t.yaml == nil {
			out = append(out, f)
			continue
		}
		edits := make([]Edit, len(f.Edits))
		for i, e := range f.Edits {
			edits[i] = Edit{Offset: e.Offset, Delete: e.Delete, Insert: e.Insert}
		}
		now, err := ApplyEdits(t.body, edits)
		if err != nil {
			return nil, &schema.Bug{Where: "the fix " + string(f.Kind), Cause: err.Error()}
		}
		if after, ok := t.yamlAfter(now, x.Config.Limits.FileBytes); ok {
			f.Edits = compat.Edits(t.yaml.Text, after)
			out = append(out, f)
		}
	}
	return out, nil
}
