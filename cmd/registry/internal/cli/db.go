package cli

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/cmd/registry/internal/assembly"
	"github.com/instar-registry/instar/internal/config"
	"github.com/instar-registry/instar/internal/telemetry"
	"github.com/instar-registry/instar/migrations"
	"github.com/instar-registry/instar/registry"
)

// logger is the logger of commands that are no server: warnings, as text.
func (a *app) logger(c *config.Config) *slog.Logger {
	l := telemetry.NewLogging(a.stderr, nil)
	l.Set("warn", true)
	l.Hide(c.Storage.Postgres.DSN.Reveal())
	return l.Logger()
}

func (a *app) db() *cobra.Command {
	format := group("format", "The format of the log's changes", a.dbFormatUpgrade())
	return group("db", "Look after the database", a.dbStatus(), a.dbMigrate(), format)
}

// stored loads the configuration and refuses the memory store, which ends with
// its process and has nothing to look at.
func (a *app) stored(c *cobra.Command) (*config.Loaded, error) {
	loaded, err := a.load(c)
	if err != nil {
		return nil, err
	}
	if loaded.Storage.Driver == "memory" {
		return nil, fmt.Errorf("storage.driver is memory, which is empty in every new process; set storage.driver to sqlite or postgres")
	}
	return loaded, nil
}

func (a *app) dbStatus() *cobra.Command {
	c := &cobra.Command{
		Use:     "status",
		Short:   "Print the state of migrations and of the log",
		Long:    "status changes nothing and may be used beside a running server. Exit code 1 if migrations are pending.",
		Example: "  registry db status\n  registry db status --storage.sqlite.path /var/lib/instar/instar.db",
		Args:    noArgs,
	}
	addConfigFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		loaded, err := a.stored(c)
		if err != nil {
			return err
		}
		logger := a.logger(&loaded.Config)
		list, err := assembly.Migrations(c.Context(), &loaded.Config, logger)
		if err != nil {
			return err
		}
		if err := a.printMigrations(list); err != nil {
			return err
		}
		if pending(list) > 0 {
			return errFindings
		}
		return a.printHead(c.Context(), &loaded.Config, logger)
	}
	return c
}

func pending(list []migrations.Status) int {
	n := 0
	for _, m := range list {
		if !m.Applied {
			n++
		}
	}
	return n
}

func (a *app) printMigrations(list []migrations.Status) error {
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, m := range list {
		when := "pending"
		if m.Applied {
			when = "applied"
			if !m.At.IsZero() {
				when += " " + m.At.UTC().Format(time.RFC3339)
			}
		}
		fmt.Fprintf(t, "migration %d\t%s\t%s\n", m.Version, strings.TrimSuffix(m.Name, ".sql"), when) //nolint:errcheck // Flush reports it
	}
	return t.Flush()
}

func (a *app) printHead(ctx context.Context, c *config.Config, logger *slog.Logger) (err error) {
	store, err := assembly.Open(ctx, c, assembly.Inspect, logger)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // nothing was written
	head, err := store.Head(ctx)
	if err != nil {
		return err
	}
	snapshot, err := store.LoadSnapshot(ctx)
	if err != nil {
		return err
	}
	return a.print("log          epoch %d, sequence %d\nsnapshot     at sequence %d, %d bytes\n", head.Epoch, head.Seq, snapshot.Seq, len(snapshot.Body))
}

func (a *app) dbMigrate() *cobra.Command {
	c := &cobra.Command{
		Use:     "migrate",
		Short:   "Run pending migrations and exit",
		Long:    "migrate is for a job before a roll-out, with storage.migrate=false on the servers. Migrations only add, so\nservers of the release before go on working. On SQLite the server must be stopped.",
		Example: "  registry db migrate",
		Args:    noArgs,
	}
	addConfigFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		loaded, err := a.stored(c)
		if err != nil {
			return err
		}
		list, err := assembly.Migrate(c.Context(), &loaded.Config, a.logger(&loaded.Config))
		if err != nil {
			return err
		}
		return a.printMigrations(list)
	}
	return c
}

// logFormat is the newest format of changes that this release writes. A release
// that knows a new kind of change reads it first and writes it only after this
// command, or from the release after on.
const logFormat = 1

func (a *app) dbFormatUpgrade() *cobra.Command {
	c := &cobra.Command{
		Use:     "upgrade",
		Short:   "Allow servers to write new kinds of changes",
		Long:    "upgrade allows kinds of changes that servers of the release before cannot read, once none of them runs any\nmore. This release writes format 1 only, so there is nothing to allow yet.",
		Example: "  registry db format upgrade",
		Args:    noArgs,
	}
	addConfigFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		loaded, err := a.stored(c)
		if err != nil {
			return err
		}
		store, err := assembly.Open(c.Context(), &loaded.Config, assembly.Inspect, a.logger(&loaded.Config))
		if err != nil {
			return err
		}
		if err := store.Close(); err != nil {
			return err
		}
		return a.print("the log has format %d, the newest that this release knows; nothing was changed\n", logFormat)
	}
	return c
}

func (a *app) verify() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check the whole log: chain, ids, versions, texts",
		Long: "verify replays the log from its beginning and checks every promise that can be checked offline. It changes\n" +
			"nothing and may be used beside a running server. With --deep it also asks today's compatibility engine about\n" +
			"every version and proves every upcaster again; a verdict that differs from an older engine's or prover's is\n" +
			"reported as drift. Exit code 1 if there are findings, 3 if the chain is broken.",
		Example: "  registry verify\n  registry verify --deep",
		Args:    noArgs,
	}
	deep := c.Flags().Bool("deep", false, "check every version and prove every upcaster again")
	addConfigFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		loaded, err := a.stored(c)
		if err != nil {
			return err
		}
		return assembly.Direct(c.Context(), &loaded.Config, assembly.Inspect, a.logger(&loaded.Config), func(s *registry.Service) error {
			return a.printFindings(c.Context(), s, *deep)
		})
	}
	return c
}

func (a *app) printFindings(ctx context.Context, s *registry.Service, deep bool) error {
	findings, err := s.Verify(ctx, deep)
	if err != nil {
		return err
	}
	drift := 0
	for _, f := range findings {
		kind := "damage"
		if f.Drift {
			kind = "drift"
			drift++
		}
		if err := a.print("%s %s\n", kind, f); err != nil {
			return err
		}
	}
	subjects, contents := s.State().Sizes()
	a.say("checked %d changes, %s, %s: %d damaged, %d drifted", s.State().Seq(), count(subjects, "subject"), count(contents, "schema"), len(findings)-drift, drift)
	if len(findings) > 0 {
		return errFindings
	}
	return nil
}
