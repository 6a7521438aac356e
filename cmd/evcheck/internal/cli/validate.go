package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/source"
)

func (a *app) validate() *cobra.Command {
	f := checkFlags{failOn: lint.SeverityError, color: "auto"}
	c := &cobra.Command{
		Use:   "validate [PATH…]",
		Short: "Read every schema, reference, sample and upcaster, and compare nothing",
		Long: "validate reads one snapshot: each schema with its references, the sample events that\n" +
			"evcheck.yaml names, and the upcaster documents. It compares nothing and says so.",
		RunE: func(c *cobra.Command, args []string) error { return a.runValidate(c.Context(), &f, args) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.head, "head", "", "`snapshot` to read (default worktree)")
	fs.BoolVar(&f.staged, "staged", false, "read what is staged: the same as --head staged")
	fs.StringVar(&f.subject, "subject", "", "only subjects that match this `pattern`")
	fs.StringArrayVarP(&f.output, "output", "o", nil, "`format`[=file]; may be repeated (default text)")
	fs.StringVar(&f.config, "config", "", "configuration `file` (default: the nearest "+lint.ConfigFile+" upwards)")
	fs.StringVar(&f.color, "color", "auto", "colour in text: auto, always, never")
	fs.IntVar(&f.jobs, "jobs", 0, "schemas to read at once (default: the number of processors)")
	return c
}

func (a *app) runValidate(ctx context.Context, f *checkFlags, paths []string) error {
	outputs, err := parseOutputs(f.output)
	if err != nil {
		return err
	}
	q, o, err := a.head(ctx, f, paths)
	defer shut(o)
	if err != nil {
		return err
	}
	if q.Config, err = loadConfig(ctx, a, o, q.Head, f.config); err != nil {
		return err
	}
	f.reportBytes = q.Config.Limits.ReportSize
	report, err := lint.Validate(ctx, *q)
	return a.finish(&report, outputs, f, err)
}

// loadConfig reads the configuration of a tree, or the file that was named.
func loadConfig(ctx context.Context, a *app, o *source.Opener, t lint.Tree, named string) (*lint.Config, error) {
	if named == "" {
		dir, err := o.Relative(a.dir)
		if err != nil {
			return nil, err
		}
		return lint.LoadConfig(ctx, t, dir)
	}
	file, err := o.Relative(named)
	if err != nil {
		return nil, err
	}
	return lint.LoadConfigFile(ctx, t, file)
}
