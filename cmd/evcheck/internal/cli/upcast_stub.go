package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// stubFlags are the flags of "upcast stub".
type stubFlags struct {
	against, message string
	accept, stdout   bool
}

func (a *app) upcastStub() *cobra.Command {
	var f stubFlags
	c := &cobra.Command{
		Use: "stub SUBJECT|FILE", Short: "Draft a document from what changed in a schema", Args: cobra.ExactArgs(1),
		Long: "stub compares a schema of the working tree with the base and writes a document beside it: steps that\n" +
			"follow from the schemas, and steps that are likely, each with its reason. The old text is kept beside\n" +
			"it, as the document's from file. Values that only the author knows are left to choose, and a document\n" +
			"with one does not verify; --accept takes those that are proposed. The draft was run on the events\n" +
			"that break.",
		Example: "  evcheck upcast stub events/order.avsc\n  evcheck upcast stub orders-value --against git:v1.0 --stdout",
		RunE:    func(c *cobra.Command, args []string) error { return a.runStub(c.Context(), &f, args[0]) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.against, "against", "", "`base` with the old text (default: as check)")
	fs.StringVar(&f.message, "message", "", "`message` of a Protobuf file (default: the first that needs a document)")
	fs.BoolVar(&f.accept, "accept", false, "write the proposed values")
	fs.BoolVar(&f.stdout, "stdout", false, "print the document, and write nothing")
	return c
}

// sides are the two texts of a subject.
type sides struct {
	file     string // relative to root
	root     string
	base     lint.Snap
	old, new *lint.Schema
}

func (a *app) runStub(ctx context.Context, f *stubFlags, subject string) error {
	s, err := a.sidesOf(ctx, subject, f.against)
	if err != nil {
		return err
	}
	if s.old.Parsed.Inlined() == s.new.Parsed.Inlined() {
		return &lint.InputError{What: s.file + " is what it was in " + s.base.Name, Hint: "name an older base: --against git:REF"}
	}
	p, err := propose(ctx, f.message, s)
	if err != nil {
		return proposalError(err)
	}
	kept, document := stubNames(s)
	text := p.Document(s.new.Subject, upcast.Version{File: path.Base(kept)}, upcast.Version{File: path.Base(s.file)}, f.accept)
	if f.stdout {
		if err := a.print("%s", text); err != nil {
			return err
		}
	} else {
		if err := createFile(filepath.Join(s.root, filepath.FromSlash(document)), text); err != nil {
			return err
		}
		if err := keepFile(filepath.Join(s.root, filepath.FromSlash(kept)), a.oldText(s, kept)); err != nil {
			return err
		}
		a.say("wrote %s and %s", document, kept)
	}
	return a.sayProposal(ctx, s, p, f.accept)
}

func propose(ctx context.Context, message string, s *sides) (*upcast.Proposal, error) {
	if message == "" {
		return upcast.Propose(ctx, s.old.Parsed, s.new.Parsed)
	}
	return upcast.ProposeOf(ctx, message, s.old.Parsed, s.new.Parsed)
}

func proposalError(err error) error {
	var e *upcast.Error
	if errors.As(err, &e) {
		return &lint.InputError{What: e.Problem.What, Hint: e.Problem.Hint}
	}
	return err
}

// sidesOf finds a subject, or a file, in the working tree and in the base.
func (a *app) sidesOf(ctx context.Context, subject, against string) (*sides, error) {
	q, o, err := a.request(ctx, &checkFlags{against: bases(against), failOn: lint.SeverityError, color: "never", configFrom: "head"}, nil)
	defer shut(o)
	if err != nil {
		return nil, err
	}
	if len(q.Bases) == 0 {
		return nil, &lint.InputError{What: "there is no base to take the old text from", Hint: "name one by --against"}
	}
	head, base := lint.NewReader(q.Head, q.Config), lint.NewReader(q.Bases[0].Tree, q.Config)
	name := subject
	if rel, err := o.Relative(subject); err == nil && a.isFile(subject) {
		name = rel
	}
	file, found, err := head.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, &lint.InputError{What: "no subject or file of the tree is called " + subject, Hint: "name a schema file, or a subject that evcheck check lists"}
	}
	s := &sides{file: file, root: o.Root, base: q.Bases[0].Tree.Snap()}
	if s.new, err = head.Schema(ctx, file); err != nil {
		return nil, inFile(file, err)
	}
	before, found, err := base.Find(ctx, s.new.Subject)
	if err == nil && !found {
		err = &lint.InputError{What: s.new.Subject + " is new: " + s.base.Name + " does not have it", Hint: "a first version needs no upcaster"}
	}
	if err != nil {
		return nil, err
	}
	if s.old, err = base.Schema(ctx, before); err != nil {
		return nil, inFile(before+" of "+s.base.Name, err)
	}
	return s, nil
}

func bases(against string) []string {
	if against == "" {
		return nil
	}
	return []string{against}
}

// inFile says which file an error of a text is about.
func inFile(file string, err error) error {
	var bad *schema.Error
	if errors.As(err, &bad) {
		return &lint.InputError{What: file + ": " + bad.Error()}
	}
	return err
}

// stubNames are the paths of the old text and of the document. The old text does
// not look like a schema of its own.
func stubNames(s *sides) (kept, document string) {
	mark := "base"
	if s.base.Commit != "" {
		mark = s.base.Commit[:min(7, len(s.base.Commit))]
	}
	stem := s.file
	for _, suffix := range []string{".schema.json", ".schema.yaml", ".avsc", ".proto", ".json"} {
		if rest, ok := strings.CutSuffix(stem, suffix); ok {
			stem = rest
			break
		}
	}
	return s.file + "." + mark, stem + "." + mark + upcasterSuffix
}

// createFile writes a file that is not there yet.
func createFile(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a document is for all to read
	if errors.Is(err, fs.ErrExist) {
		return &lint.InputError{What: filepath.Base(file) + " is there already", Hint: "remove it, or print another draft by --stdout"}
	}
	if err != nil {
		return &lint.InputError{What: err.Error()}
	}
	if _, err = f.WriteString(text); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return &lint.InputError{What: err.Error()}
	}
	return nil
}

// oldText is the old text as it is kept beside a document. References of it are
// looked for in the tree as it is now; where they have changed, they are put in
// place, as far as the format can.
func (a *app) oldText(s *sides, kept string) string {
	if strings.HasSuffix(s.file, ".yaml") || strings.HasSuffix(s.file, ".yml") {
		return s.old.Parsed.Canonical() + "\n" // which is not told by the name of what is kept
	}
	if slices.Equal(s.old.Documents, s.new.Documents) {
		return s.old.Source.Text
	}
	if text, ok, err := s.old.Parsed.Render("resolved"); ok && err == nil && s.old.Parsed.Format() == schema.Avro {
		return text + "\n"
	}
	a.say("references of the old text have changed, too: %s is read with those of the tree as they are now", kept)
	return s.old.Source.Text
}

// keepFile writes the old text, unless it is there already.
func keepFile(file, text string) error {
	if have, err := os.ReadFile(file); err == nil && string(have) == text {
		return nil
	}
	return createFile(file, text)
}

// sayProposal says what the draft is worth: its verdict with the proposed
// values, and what becomes of the events that break.
func (a *app) sayProposal(ctx context.Context, s *sides, p *upcast.Proposal, accepted bool) error {
	open := 0
	for i := range p.Steps {
		if p.Steps[i].Open {
			open++
		}
	}
	if open > 0 && !accepted {
		a.say("%d of %d steps hold a value that is left to choose", open, len(p.Steps))
	}
	if p.Hop == nil {
		a.say("the draft is no document yet: %v", p.Err)
		return nil
	}
	a.say("with the proposed values it is %s", proofLine(&p.Hop.Verdict))
	if len(p.Others) > 0 {
		a.say("it carries events of one message; those of %s break, too, and a version is let in for one message at a time", strings.Join(p.Others, ", "))
	}
	carried, all, err := carriedWitnesses(ctx, s, p)
	if err != nil {
		return err
	}
	if all > 0 {
		a.say("%d of %d events that break are carried across and read by the new schema", carried, all)
	}
	return nil
}

// carriedWitnesses takes the events that break across.
func carriedWitnesses(ctx context.Context, s *sides, p *upcast.Proposal) (carried, all int, err error) {
	q := compat.Request{Candidate: s.new.Parsed, History: []compat.Version{{Parsed: s.old.Parsed}}}
	r, err := compat.Check(ctx, q)
	if err != nil {
		return 0, 0, err
	}
	from, to := p.Messages()
	target, _, err := upcast.EventsOf(s.new.Parsed, to)
	if err != nil {
		return 0, 0, err
	}
	for _, f := range r.Findings() {
		if f.Class() != compat.ClassData || f.Break == nil || f.Break.Witness == nil || f.Break.Witness.Message != from {
			continue
		}
		all++
		event, encoding := f.Break.Witness.Binary, schema.EncodingBinary
		if event == nil {
			event, encoding = f.Break.Witness.Value, schema.EncodingJSON
		}
		image, err := p.Carries(ctx, event)
		if err != nil {
			continue
		}
		j, err := s.new.Parsed.Check(ctx, schema.Event{Encoding: encoding, Bytes: image, Message: target.Path})
		if err == nil && len(j.Violations) == 0 {
			carried++
		}
	}
	return carried, all, ctx.Err()
}

func (a *app) upcastDerive() *cobra.Command {
	return &cobra.Command{
		Use: "derive OLD NEW", Short: "Say whether old events need a document at all", Args: cobra.ExactArgs(2),
		Long: "derive proves what a registry does with events of one schema for readers of another where there is\n" +
			"no document: fields by name and alias, defaults, conversions that keep every value. The exit code is\n" +
			"1 if that is not enough.",
		RunE: func(c *cobra.Command, args []string) error {
			p := a.filePair(c.Context(), &diffFlags{}, args[1], args[0], args[1])
			if p.err != nil {
				return &lint.InputError{What: p.err.Error()}
			}
			line, ok, err := derived(c.Context(), p.old, p.new)
			if err != nil {
				return err
			}
			if err := a.print("%s\n", line); err != nil {
				return err
			}
			if !ok {
				return errFindings
			}
			return nil
		},
	}
}

// derived says what the way without a document is worth.
func derived(ctx context.Context, old, young *lint.Schema) (string, bool, error) {
	h, err := upcast.Derive(ctx, old.Parsed, young.Parsed)
	if err != nil {
		return "", false, proposalError(err)
	}
	return proofLine(&h.Verdict), h.Verdict.Outcome == upcast.Proved, nil
}

func (a *app) upcastCoverage() *cobra.Command {
	var against string
	c := &cobra.Command{
		Use: "coverage [PATH…]", Short: "Say of every schema that changed how its old events are carried across", Args: cobra.ArbitraryArgs,
		Long: "coverage compares the working tree with the base. Each schema that changed is derived, carried by a\n" +
			"document, or a gap, which is shown with an event that has no image. The exit code is 1 for a gap.",
		RunE: func(c *cobra.Command, args []string) error { return a.runCoverage(c.Context(), against, args) },
	}
	c.Flags().StringVar(&against, "against", "", "`base` with the old texts (default: as check)")
	return c
}

func (a *app) runCoverage(ctx context.Context, against string, paths []string) error {
	q, o, err := a.request(ctx, &checkFlags{against: bases(against), failOn: lint.SeverityError, color: "never", configFrom: "head"}, paths)
	defer shut(o)
	if err != nil {
		return err
	}
	report, err := lint.Compare(ctx, *q)
	if err != nil {
		return err
	}
	documents, err := a.provedDocuments(ctx)
	if err != nil {
		return err
	}
	gaps, changed := 0, 0
	for i := range report.Subjects {
		s := &report.Subjects[i]
		if s.State != lint.SubjectCompared {
			continue
		}
		changed++
		line, ok, err := a.coverageOf(ctx, s, against, documents)
		if err != nil {
			return err
		}
		if !ok {
			gaps++
		}
		if err := a.print("%s: %s\n", s.Subject, line); err != nil {
			return err
		}
	}
	if err := a.print("%d changed, %d gaps\n", changed, gaps); err != nil {
		return err
	}
	if gaps > 0 {
		return errFindings
	}
	return nil
}

// covering is a proved document and the texts that it leads from and to.
type covering struct{ file, from, to string }

func (a *app) provedDocuments(ctx context.Context) ([]covering, error) {
	files, err := a.documentFiles(nil)
	if err != nil {
		return nil, nil //nolint:nilerr // there are none
	}
	var out []covering
	for _, file := range files {
		d, err := a.readDocument(ctx, file, &versionFlags{})
		if err != nil {
			return nil, err
		}
		if d.err != nil || d.hop.Verdict.Outcome != upcast.Proved || !d.hop.Verdict.Total {
			continue
		}
		from, to, err := a.versionsOf(ctx, file, d.document, &versionFlags{})
		if err == nil {
			out = append(out, covering{filepath.ToSlash(file), from.Parsed.Inlined(), to.Parsed.Inlined()})
		}
	}
	return out, nil
}

func (a *app) coverageOf(ctx context.Context, subject *lint.Subject, against string, documents []covering) (string, bool, error) {
	s, err := a.sidesOf(ctx, subject.Subject, against)
	if err != nil {
		return "", false, err
	}
	for _, d := range documents {
		if d.from == s.old.Parsed.Inlined() && d.to == s.new.Parsed.Inlined() {
			return "carried by " + d.file, true, nil
		}
	}
	line, ok, err := derived(ctx, s.old, s.new)
	if err != nil {
		var later *lint.InputError
		if errors.As(err, &later) {
			return "not known: " + later.Error(), false, nil
		}
		return "", false, err
	}
	if ok {
		return "derived, " + line, true, nil
	}
	return fmt.Sprintf("a gap, derived it is %s", line), false, nil
}
