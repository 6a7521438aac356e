package registry

import (
	"context"
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// judge runs step 8 and notes in the change why the version was let in.
func (d *decider) judge(cmd *Register, eff *Config, c *candidate, out *VersionRegistered) error {
	out.Level, out.Policy, out.Engine = eff.Compatibility, eff.Policy, compat.EngineVersion
	out.Unknown, out.AssertFormats, out.Encodings, out.EventMessages = eff.Unknown, isTrue(eff.AssertFormats), eff.Encodings, eff.EventMessages
	if cmd.Force {
		return nil
	}
	report, err := d.check(cmd.Name, c.content, c.parsed, d.st.Subject(cmd.Name), eff)
	if err != nil {
		return err
	}
	if report.Refused() && cmd.Explain {
		d.thorough = true
		report, err = d.check(cmd.Name, c.content, c.parsed, d.st.Subject(cmd.Name), eff)
		d.thorough = false
		if err != nil {
			return err
		}
	}
	if report.Refused() && cmd.Upcaster == "" {
		return incompatible(cmd.Name, &report)
	}
	if cmd.Upcaster != "" {
		var refused *Judgement
		if report.Refused() {
			refused = &report
		}
		if err := d.withUpcaster(cmd, c, out, refused); err != nil {
			return err
		}
	}
	out.Verdict, out.Unproven = report.Verdict.String(), report.Unproven
	return d.crossing(cmd, c, eff)
}

func incompatible(n Name, r *Judgement) *Error {
	e := fail(Incompatible, "Schema being registered is incompatible with an earlier schema for subject \"%s\", details: [%s]",
		n, strings.Join(r.Messages(), ", "))
	e.Report = r
	return e
}

// check asks the engine about a content and the live versions of a subject, as
// they are or as the caller made them up. parsed may be nil.
func (d *decider) check(n Name, content *Content, parsed schema.Parsed, s *Subject, eff *Config) (Judgement, error) {
	history := s.Live()
	if eff.Group != "" {
		group := groupOf(content, eff.Group)
		history = slices.DeleteFunc(history, func(v *Version) bool { return groupOf(v.Content, eff.Group) != group })
	}
	return d.checkAgainst(n, content, parsed, history, eff)
}

// checkAgainst asks the engine about a content and exactly these versions,
// newest first.
func (d *decider) checkAgainst(n Name, content *Content, parsed schema.Parsed, history []*Version, eff *Config) (Judgement, error) {
	level, err := compat.ParseLevel(eff.Compatibility)
	if err != nil {
		return Judgement{}, &schema.Bug{Where: "check", Cause: err}
	}
	policy, err := compat.ParsePolicy(eff.Policy)
	if err != nil {
		return Judgement{}, &schema.Bug{Where: "check", Cause: err}
	}
	if !level.Transitive() && len(history) > 1 {
		history = history[:1]
	}
	if parsed == nil {
		if parsed, err = d.st.parsed(d.env, n.Context, content); err != nil {
			return Judgement{}, refusalOrNeed(err)
		}
	}
	olds, errs, err := d.st.parsedAll(d.env, n.Context, history)
	if err != nil {
		return Judgement{}, err
	}
	options, err := eff.options(&d.env.Settings)
	if err != nil {
		return Judgement{}, err
	}
	options.Thorough = d.thorough
	req := compat.Request{Candidate: parsed, Level: level, Policy: policy, Options: options, Key: candidateKey(content, parsed)}
	for i, v := range history {
		req.History = append(req.History, compatVersion(v, olds[i], errs[i]))
	}
	report, err := d.env.Library.Check(req)
	out := Judgement{Report: report, Name: n}
	if err == nil && d.source != "" {
		if err := d.repair(n, content, &req, &out); err != nil {
			return Judgement{}, err
		}
	}
	if req.Options.ValidateFields {
		var before []string
		if len(history) > 0 {
			before = reservedNames(history[0].Content)
		}
		out.Reserved = compat.ValidateFields(parsed, before, reservedNames(content))
	}
	return out, err
}

// candidateKey names a candidate in the memory of verdicts. Its text is the one
// that was parsed, which need not be the one that will be stored.
func candidateKey(c *Content, p schema.Parsed) compat.SchemaKey {
	if len(c.References) > 0 {
		return compat.KeyOf(p)
	}
	return compat.SchemaKey{Format: p.Format(), Text: textHash(p.Canonical())}
}

// compatVersion is a stored version as the engine sees it. Without references
// the hash of its text names it in the memory of verdicts.
func compatVersion(v *Version, p schema.Parsed, err error) compat.Version {
	out := compat.Version{Number: v.Number, Parsed: p, Err: err}
	if p != nil && len(v.Content.References) == 0 {
		out.Key = compat.SchemaKey{Format: p.Format(), Text: v.Content.Text}
	}
	return out
}

// Judgement is what was found about a candidate: the engine's report, and the
// messages about reserved field names, each of which refuses.
type Judgement struct {
	compat.Report
	Name     Name
	Reserved []string

	repaired []compat.Finding // with fixes, if they were asked for
}

// Findings lists what was found, with the edits of the text that was sent which
// make it go away, if these were asked for.
func (j *Judgement) Findings() []compat.Finding {
	if j.repaired != nil {
		return j.repaired
	}
	return j.Report.Findings()
}

// repair looks for fixes of the text that was sent. Without its references at
// hand there are none.
func (d *decider) repair(n Name, c *Content, req *compat.Request, j *Judgement) error {
	docs, err := d.st.documents(d.env, n.Context, c.References, true)
	if err != nil {
		return refusalOrNeed(err)
	}
	src := compat.Source{Text: d.source, Parse: func(_, text string) (schema.Parsed, error) {
		return d.env.Library.Parse(c.Format, text, docs, true)
	}}
	j.repaired = j.Report.Findings()
	return compat.Repair(context.Background(), *req, src, j.repaired)
}

// Refused reports whether the candidate may not be registered.
func (j *Judgement) Refused() bool { return j.Report.Refused || len(j.Reserved) > 0 }

// Messages returns the list that a compatibility answer and a refusal show.
func (j *Judgement) Messages() []string {
	if len(j.Reserved) == 0 {
		return j.Report.Messages()
	}
	return append(slices.Clone(j.Reserved), compat.Frame(true, j.Level))
}

// groupOf returns the value of the metadata property that forms compatibility
// groups; absent is a group of its own.
func groupOf(c *Content, property string) string {
	if c.Metadata == nil {
		return ""
	}
	v, ok := c.Metadata.Properties[property]
	if !ok {
		return ""
	}
	return "=" + v
}

// reservedNames reads the field names that a content sets aside.
func reservedNames(c *Content) []string {
	if c.Metadata == nil {
		return nil
	}
	return compat.ParseReserved(c.Metadata.Properties[compat.ReservedProperty])
}
