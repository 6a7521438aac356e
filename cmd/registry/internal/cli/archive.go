package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/client"
)

func (a *app) exportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "export",
		Short: "Write an archive of the registry's state",
		Long: "export writes contexts, all versions with their ids and GUIDs, texts, configuration and modes as of one\n" +
			"moment, as lines of JSON with a checksum at the end. \"import\" reads it into any registry of this kind.",
		Example: "  registry export --output registry.ndjson\n  registry export --context .pay | gzip > pay.ndjson.gz",
		Args:    noArgs,
	}
	output := c.Flags().StringP("output", "o", "", "`file` to write; it appears only when it is complete (default standard output)")
	var q client.ExportQuery
	c.Flags().StringVar(&q.Context, "context", "", "only this context")
	c.Flags().StringVar(&q.SubjectPrefix, "subject-prefix", "", "only subjects that begin with this")
	c.Flags().BoolVar(&q.WithoutDeleted, "without-deleted", false, "leave out soft-deleted versions")
	c.Flags().BoolVar(&q.WithoutConfig, "without-config", false, "leave out configuration and modes")
	addClientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		r, err := a.dial(c, true)
		if err != nil {
			return err
		}
		if *output == "" {
			return r.Export(c.Context(), q, a.stdout)
		}
		return writeWhole(*output, func(w io.Writer) error { return r.Export(c.Context(), q, w) })
	}
	return c
}

// writeWhole writes a file under another name and renames it at the end, so that
// half an archive never looks like one.
func writeWhole(path string, fill func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err = fill(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err = errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (a *app) importCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Read an archive into the registry",
		Long: "import reads an archive of \"export\"; FILE - is standard input. Ids and versions are kept. The whole archive is\n" +
			"checked before the first change. Equal content is no change, so an import that broke off is simply repeated.\n" +
			"Exit code 1 if something differs from the archive.",
		Example: "  registry import registry.ndjson --dry-run\n  registry import pay.ndjson --context-map .pay=.billing",
		Args:    one("the archive, or -"),
	}
	var o client.ImportOptions
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "change nothing, only report")
	conflict := c.Flags().String("on-conflict", "fail", "what to do with a version that is there with other content: fail|skip-identical")
	c.Flags().StringToStringVar(&o.ContextMap, "context-map", nil, "put the content of one context into another, `FROM=TO`")
	addClientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		switch *conflict {
		case "fail":
		case "skip-identical":
			o.SkipIdentical = true
		default:
			return fmt.Errorf("--on-conflict is %q; fail and skip-identical are known", *conflict)
		}
		return a.runImport(c, args[0], o)
	}
	return c
}

func (a *app) runImport(c *cobra.Command, path string, o client.ImportOptions) error {
	archive := a.stdin
	if path != "-" {
		f, err := os.Open(path) //nolint:gosec // the user names the file
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // read only
		archive = f
	}
	r, err := a.dial(c, true)
	if err != nil {
		return err
	}
	report, err := r.Import(c.Context(), archive, o)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, d := range report.Differences {
		fmt.Fprintf(&b, "line %d: %s", d.Line, d.Subject)
		if d.Version != 0 {
			fmt.Fprintf(&b, " version %d", d.Version)
		}
		fmt.Fprintf(&b, ": %s\n", d.Message)
	}
	fmt.Fprintf(&b, "%d lines, %d versions: %d created, %d were there; %d upcasters, %d configurations, %d modes\n",
		report.Lines, report.Versions, report.Created, report.Skipped, report.Upcasters, report.Configs, report.Modes)
	if o.DryRun {
		b.WriteString("nothing was changed (dry run)\n")
	}
	if err := a.print("%s", b.String()); err != nil {
		return err
	}
	if len(report.Differences) > 0 {
		return errFindings
	}
	return nil
}
