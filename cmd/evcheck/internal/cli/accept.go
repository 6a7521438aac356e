package cli

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/source"
)

func (a *app) baseline() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Record today's findings, so that only new ones fail",
		Long: "baseline compares as check does and writes " + lint.BaselineFile + " beside " + lint.ConfigFile + ".\n" +
			"What it holds is counted and does not fail; what is gone is dropped.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runBaseline(c.Context(), &f) },
	}
	f.add(c)
	return c
}

func (a *app) runBaseline(ctx context.Context, f *checkFlags) error {
	report, q, err := a.compare(ctx, f, nil)
	if err != nil {
		return err
	}
	root, err := a.root0(ctx)
	if err != nil {
		return err
	}
	file := path.Join(path.Dir(q.Config.File), lint.BaselineFile)
	text := lint.WriteBaseline(report, q.Baseline, q.Now.Format(time.DateOnly))
	if err := replaceFile(filepath.Join(root, filepath.FromSlash(file)), []byte(text)); err != nil {
		return &lint.InputError{What: "the baseline cannot be written: " + err.Error()}
	}
	known, err := lint.ReadBaseline(file, []byte(text))
	if err != nil {
		return err
	}
	return a.print("%s: %s\n", file, count(len(known), "finding"))
}

// root0 is the top of the tree that the caller stands in.
func (a *app) root0(ctx context.Context) (string, error) {
	o := &source.Opener{Dir: a.dir, Environ: a.environ}
	err := o.Find(ctx)
	return o.Root, err
}

// waiveFlags are the flags of "waive".
type waiveFlags struct {
	reason, until, by, subject string
	permanent                  bool
}

func (a *app) waive() *cobra.Command {
	var f waiveFlags
	c := &cobra.Command{
		Use:     "waive FINGERPRINT",
		Short:   "Accept a finding: add a waiver to " + lint.ConfigFile,
		Long:    "waive adds one waiver to " + lint.ConfigFile + " and leaves the rest of the file as it is.",
		Example: "  evcheck waive 9f2c41d07be3a815 --reason \"billing reads it no more, ORD-123\" --until 2026-03-31",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return a.runWaive(c.Context(), &f, args[0]) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.reason, "reason", "", "`why` the break is accepted")
	fs.StringVar(&f.until, "until", "", "`date` until which it is")
	fs.BoolVar(&f.permanent, "permanent", false, "accept it for good")
	fs.StringVar(&f.by, "by", "", "`who` accepts it")
	fs.StringVar(&f.subject, "subject", "", "only for this `subject`")
	return c
}

func (a *app) runWaive(ctx context.Context, f *waiveFlags, fingerprint string) error {
	o := &source.Opener{Dir: a.dir, Environ: a.environ}
	if err := o.Find(ctx); err != nil {
		return err
	}
	defer func() { _ = o.Close() }() // read only
	tree, err := o.Head(ctx, "")
	if err != nil {
		return err
	}
	c, err := loadConfig(ctx, a, o, tree, "")
	if err != nil {
		return err
	}
	w := lint.Waiver{Fingerprint: fingerprint, Reason: f.reason, Until: f.until, Permanent: f.permanent, By: f.by, Subject: f.subject}
	file := c.File
	body := "instar: " + lint.ConfigVersion + "\n"
	if file == "" {
		file = lint.ConfigFile
	} else {
		data, err := os.ReadFile(filepath.Join(o.Root, filepath.FromSlash(file)))
		if err != nil {
			return &lint.InputError{What: err.Error()}
		}
		body = string(data)
	}
	text, line, err := lint.AddWaiver(file, body, w, a.now())
	if err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(o.Root, filepath.FromSlash(file)), []byte(text)); err != nil {
		return &lint.InputError{What: file + " cannot be written: " + err.Error()}
	}
	return a.print("%s:%d: %s\n", file, line, fmt.Sprintf("waived %s", fingerprint))
}
