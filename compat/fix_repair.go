package compat

import (
	"context"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// Source is the text of a candidate, and how to parse it again after an edit.
type Source struct {
	Text string
	// Documents are the references that may be edited too. Where a definition
	// that others share is what breaks, the fix lies there.
	Documents []schema.Document
	// Parse parses the candidate with another text of its own, or with another
	// text of the reference that document names.
	Parse func(document, text string) (schema.Parsed, error)
}

// text returns the text of the candidate or of a reference; ok is false for one
// that may not be edited.
func (s *Source) text(document string) (text string, ok bool) {
	if document == "" {
		return s.Text, true
	}
	i := slices.IndexFunc(s.Documents, func(d schema.Document) bool { return d.Name == document })
	if i < 0 {
		return "", false
	}
	return s.Documents[i].Text, true
}

// The bounds of one repair: how many edits are tried, and how often the steps of
// one question may be spent on asking again.
const (
	maxRepairs   = 64
	repairBudget = 4
)

// Repair adds to findings the fixes that hold: each was applied to the text and
// the whole request asked again, in which the finding is gone and nothing as
// severe is new. The request is the one that the findings answer; remarks may be
// among them.
func Repair(ctx context.Context, q Request, src Source, findings []Finding) error {
	return RepairSome(ctx, q, src, findings, func(*Finding) bool { return true })
}

// RepairSome is [Repair] for those of the findings that are wanted. All must be
// given, for a fix may bring none that was not there.
func RepairSome(ctx context.Context, q Request, src Source, findings []Finding, wanted func(*Finding) bool) error {
	p := repair{q: q, src: src, left: maxRepairs, steps: repairBudget * q.Options.Budget.Limit(), trees: map[string]*jsonText{}, answers: map[[2]string]*answer{}}
	// An edit is asked about once, so no memory is filled with it, and the
	// candidate's key is not its own.
	p.q.Memo, p.q.Key = nil, SchemaKey{}
	p.q.Options.BothDirections = p.q.Options.BothDirections || p.q.Level != None
	for i := range findings {
		if !wanted(&findings[i]) {
			continue
		}
		if err := p.finding(ctx, &findings[i], findings); err != nil {
			return err
		}
	}
	return nil
}

// repair tries fixes.
type repair struct {
	q    Request
	src  Source
	left int
	// steps is what asking again may still cost.
	steps int
	trees map[string]*jsonText // by document
	// answers are by document and its text.
	answers map[[2]string]*answer
}

// proposal is a fix that was not tried yet.
type proposal struct {
	kind     FixKind
	asks     []string
	document string // that is edited
	text     string // of it after the edit
}

func (p *repair) finding(ctx context.Context, f *Finding, all []Finding) error {
	row := RuleByID(f.Rule)
	if row == nil || f.Break == nil || len(row.Fixes) == 0 {
		return nil
	}
	older := p.version(f)
	if older == nil {
		return nil
	}
	for _, k := range row.Fixes {
		if err := p.attempt(ctx, f, p.propose(f, k, older), all); err != nil {
			return err
		}
	}
	if len(f.Fixes) > 0 {
		return nil
	}
	for _, x := range p.generalFixes(f, older) {
		if err := p.attempt(ctx, f, x, all); err != nil || len(f.Fixes) > 0 {
			return err
		}
	}
	return nil
}

// attempt offers a proposal if it holds.
func (p *repair) attempt(ctx context.Context, f *Finding, x *proposal, all []Finding) error {
	if x == nil {
		return nil
	}
	before, ok := p.src.text(x.document)
	if !ok || x.text == before {
		return nil
	}
	holds, err := p.holds(ctx, f, x, all)
	if err != nil || !holds {
		return err
	}
	f.Fixes = append(f.Fixes, Fix{
		Kind: x.kind, Title: x.kind.Title(), Safe: x.kind.safe() && len(x.asks) == 0, Asks: x.asks,
		Document: x.document, Edits: Edits(before, x.text),
	})
	return nil
}

// safe tells the kinds that change no meaning.
func (k FixKind) safe() bool {
	return k == FixKeepAlias || k == FixReserveNumber || k == FixReserveName
}

// version is the old schema that the finding was found with first.
func (p *repair) version(f *Finding) schema.Parsed {
	for i := range p.q.History {
		v := &p.q.History[i]
		if len(f.Versions) == 0 || v.Number == f.Versions[0] {
			return v.Parsed
		}
	}
	return nil
}

// answer is what asking again gave. One edit may mend many findings.
type answer struct {
	schema schema.Parsed
	report Report
}

// ask applies a proposal and asks again; nil if its text does not parse, or if
// enough was asked.
func (p *repair) ask(ctx context.Context, x *proposal) (*answer, error) {
	key := [2]string{x.document, x.text}
	if a, known := p.answers[key]; known {
		return a, nil
	}
	if p.left <= 0 || p.steps <= 0 {
		return nil, nil //nolint:nilnil // nothing was asked
	}
	p.left--
	fixed, err := p.src.Parse(x.document, x.text)
	if err != nil {
		p.answers[key] = nil
		return nil, ctx.Err() // an edit that does not parse is no fix
	}
	q := p.q
	q.Candidate = fixed
	r, err := Check(ctx, q)
	if err != nil {
		return nil, err
	}
	for i := range r.Pairs {
		p.steps -= r.Pairs[i].Steps
	}
	p.left -= len(r.Pairs) / 8 // a long history costs even where nothing is asked
	p.answers[key] = &answer{fixed, r}
	return p.answers[key], nil
}

// holds applies a proposal and asks again. What is new and an error speaks
// against it, and so does the finding if it is still there.
func (p *repair) holds(ctx context.Context, f *Finding, x *proposal, before []Finding) (bool, error) {
	answer, err := p.ask(ctx, x)
	if err != nil || answer == nil {
		return false, err
	}
	fixed, r := answer.schema, &answer.report
	after := r.Findings()
	if f.Class() != ClassData {
		for _, v := range p.q.History {
			if v.Parsed != nil {
				after = append(after, Remarks(v.Parsed, fixed, p.q.Options.Meaning)...)
			}
		}
	}
	known := map[string]bool{}
	for i := range before {
		known[before[i].Fingerprint("")+before[i].Class()] = true
	}
	for i := range after {
		a := &after[i]
		id := a.Fingerprint("")
		same := a.Rule == f.Rule && a.Path == f.Path && a.Direction == f.Direction
		if id == f.Fingerprint("") || same && !known[id+a.Class()] {
			return false, nil
		}
		if known[id+a.Class()] || severityRank(a) > severityRank(f) {
			continue
		}
		if a.Class() == ClassData || a.Class() == ClassUndecided || a.Class() == f.Class() {
			return false, nil
		}
	}
	return true, nil
}

// severityRank orders findings by severity, the worst first.
func severityRank(f *Finding) int {
	return slices.Index([]string{"error", "warning", "note"}, f.Severity())
}

func (p *repair) propose(f *Finding, k FixKind, older schema.Parsed) *proposal {
	switch p.q.Candidate.Format() {
	case schema.Avro:
		return p.proposeAvro(f, k, older)
	case schema.JSON:
		return p.proposeJSON(f, k, older)
	case schema.Protobuf:
		return p.proposeProto(f, k, older)
	default:
		return nil
	}
}

// edit applies f to a copy of the tree of a document and returns the text; empty
// if the edit cannot be made.
func (p *repair) edit(document string, f func(t *jsonText)) string {
	text, ok := p.src.text(document)
	if !ok {
		return ""
	}
	if p.trees[document] == nil {
		p.trees[document] = newJSONText(text)
	}
	t := *p.trees[document]
	if !t.failed {
		f(&t)
	}
	if t.failed {
		return ""
	}
	return t.text
}
