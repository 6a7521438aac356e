package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/source"
)

func (a *app) config() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Show the configuration", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	var file string
	show := &cobra.Command{
		Use: "print", Short: "Print every value in force, and where it comes from", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runConfigPrint(c.Context(), file) },
	}
	show.Flags().StringVar(&file, "config", "", "configuration `file` (default: the nearest "+lint.ConfigFile+" upwards)")
	c.AddCommand(show)
	return c
}

func (a *app) runConfigPrint(ctx context.Context, file string) error {
	o := &source.Opener{Dir: a.dir, Environ: a.environ}
	if err := o.Find(ctx); err != nil {
		return err
	}
	defer func() { _ = o.Close() }() // read only
	tree, err := o.Head(ctx, "")
	if err != nil {
		return err
	}
	c, err := loadConfig(ctx, a, o, tree, file)
	if err != nil {
		return err
	}
	for _, v := range c.Values() {
		if err := a.print("%-28s %-32s %s\n", v.Key, v.Value, v.Source); err != nil {
			return err
		}
	}
	check, _, err := a.root().Find([]string{"check"})
	if err != nil {
		return err
	}
	for _, v := range a.environ {
		name, value, _ := strings.Cut(v, "=")
		flag, ok := strings.CutPrefix(name, "EVCHECK_")
		if ok && check.Flags().Lookup(strings.ToLower(strings.ReplaceAll(flag, "_", "-"))) != nil {
			if err := a.print("%-28s %-32s %s\n", "--"+strings.ToLower(strings.ReplaceAll(flag, "_", "-")), value, name); err != nil {
				return err
			}
		}
	}
	return nil
}
