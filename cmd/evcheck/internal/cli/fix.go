package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/fix"
	"github.com/instar-registry/instar/lint/source"
)

// fixFlags are the flags of "fix".
type fixFlags struct {
	check         checkFlags
	finding, rule string
	choose        int
	set           []string
	diff          bool
}

func (a *app) fix() *cobra.Command {
	f := fixFlags{check: checkFlags{failOn: lint.SeverityError, color: "never", configFrom: "head", quiet: true}}
	c := &cobra.Command{
		Use: "fix [PATH…]", Short: "Apply fixes to the working tree",
		Long: "fix checks the working tree as check does and applies the fixes that are safe. Others are applied\n" +
			"where they are chosen by --choose, or where --set gives the value that they ask for. All are proved\n" +
			"together before a file is written: the findings are gone, and no error came in their place. A file\n" +
			"that changed meanwhile is not touched.\n\nThe exit code is 1 if findings are left without a fix.",
		Example: "  evcheck fix --diff\n  evcheck fix --finding 9f2c41d07be3a815 --set default='\"EUR\"'\n  evcheck fix --rule 'avro/*' --choose 1",
		RunE:    func(c *cobra.Command, args []string) error { return a.runFix(c.Context(), &f, args) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.finding, "finding", "", "only the finding with this `fingerprint`")
	fs.StringVar(&f.rule, "rule", "", "only findings of rules that match this `pattern`")
	fs.IntVar(&f.choose, "choose", 0, "apply the fix of this `number`, safe or not")
	fs.StringArrayVar(&f.set, "set", nil, "`name=value` that a fix asks for, as JSON; may be repeated")
	fs.BoolVar(&f.diff, "diff", false, "print a patch that git apply takes, and write nothing")
	fs.StringArrayVar(&f.check.against, "against", nil, "`base` to compare with; may be repeated")
	fs.StringVar(&f.check.level, "level", "", "what if the `level` were this one")
	fs.StringVar(&f.check.policy, "policy", "", "what if the `policy` were this one")
	fs.StringVar(&f.check.config, "config", "", "configuration `file` (default: the nearest "+lint.ConfigFile+" upwards)")
	return c
}

// want turns the flags into what is to be fixed.
func (f *fixFlags) want() (fix.Want, error) {
	w := fix.Want{Finding: f.finding, Choose: f.choose, Set: map[string]string{}}
	if f.choose < 0 {
		return w, &lint.InputError{What: "--choose counts from 1"}
	}
	if f.choose > 0 && f.finding == "" && f.rule == "" {
		return w, &lint.InputError{What: "--choose does not say of which finding", Hint: "add --finding or --rule"}
	}
	if f.rule != "" {
		w.Rule = ruleGlob(f.rule)
	}
	for _, s := range f.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return w, &lint.InputError{What: "--set " + s + " has no value", Hint: "write --set name=value"}
		}
		w.Set[name] = value
	}
	return w, nil
}

func (a *app) runFix(ctx context.Context, f *fixFlags, paths []string) error {
	w, err := f.want()
	if err != nil {
		return err
	}
	q, o, err := a.request(ctx, &f.check, paths)
	defer shut(o)
	if err != nil {
		return err
	}
	r, err := lint.Compare(ctx, *q)
	if err != nil {
		return err
	}
	texts, err := textsOf(ctx, q.Head, r.Findings)
	if err != nil {
		return err
	}
	done, err := fix.Run(ctx, r.Findings, texts, w, func(ctx context.Context, texts map[string]string) ([]lint.Finding, error) {
		again := *q
		again.Head, again.Fixes, again.Full = lint.Overlay(q.Head, texts), false, true
		r, err := lint.Compare(ctx, again)
		return r.Findings, err
	})
	if err != nil {
		return &lint.InputError{What: err.Error()}
	}
	return a.finishFix(ctx, f, &done)
}

// finishFix writes files or a patch, and says what was done and what is left.
func (a *app) finishFix(ctx context.Context, f *fixFlags, done *fix.Result) error {
	if f.diff {
		if err := a.print("%s", done.Patch()); err != nil {
			return err
		}
	} else if len(done.After) > 0 {
		root, err := a.treeRoot(ctx)
		if err != nil {
			return err
		}
		if err := fix.Write(root, done); err != nil {
			return &lint.InputError{What: err.Error()}
		}
	}
	verb := "fixed"
	if f.diff {
		verb = "would fix"
	}
	said := map[string]bool{} // a fix often removes the finding of the other direction, too
	for _, c := range done.Applied {
		line := fmt.Sprintf("%s %s at %s:%d: %s", verb, c.Finding.Rule, c.Finding.Place().File, c.Finding.Place().Line, c.Fix.Title)
		if !said[line] {
			a.say("%s", line)
		}
		said[line] = true
	}
	left := false
	for _, l := range done.Left {
		a.say("left %s at %s:%d (%s): %s", l.Finding.Rule, l.Finding.Place().File, l.Finding.Place().Line, lint.ShortFingerprint(l.Finding.Fingerprint), l.Why)
		left = left || l.Finding.Severity != lint.SeverityNote
	}
	if left {
		return errFindings
	}
	return nil
}

// treeRoot is the directory that the paths of the working tree are relative to.
func (a *app) treeRoot(ctx context.Context) (string, error) {
	o := &source.Opener{Dir: a.dir, Environ: a.environ}
	if err := o.Find(ctx); err != nil {
		return "", err
	}
	return o.Root, o.Close()
}

// textsOf reads the files that fixes are about.
func textsOf(ctx context.Context, head lint.Tree, findings []lint.Finding) (map[string]string, error) {
	out := map[string]string{}
	for i := range findings {
		for _, x := range findings[i].Fixes {
			for _, e := range x.Edits {
				if _, known := out[e.File]; known {
					continue
				}
				data, err := head.Read(ctx, e.File)
				var bad *lint.FileError
				if err != nil && !errors.As(err, &bad) {
					return nil, err
				}
				if err == nil { // offsets do not count the mark of UTF-8
					out[e.File] = strings.TrimPrefix(string(data), fix.Mark)
				}
			}
		}
	}
	return out, nil
}
