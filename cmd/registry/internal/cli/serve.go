package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/cmd/registry/internal/server"
	"github.com/instar-registry/instar/internal/config"
)

func (a *app) serve() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the server (the default)",
		Long: "serve answers on server.listen until it gets SIGINT or SIGTERM. It then finishes open requests; a second\n" +
			"signal ends it at once. SIGHUP reads the configuration again. Exit code 3 means that the database was\n" +
			"replaced or went back, and that nothing may be served from it without an operator's decision.",
		Example: "  registry serve\n  registry serve --server.listen :8081 --auth.mode required\n  INSTAR_STORAGE_DRIVER=postgres INSTAR_STORAGE_POSTGRES_DSN_FILE=/run/secrets/dsn registry serve",
		Args:    noArgs,
		RunE:    a.runServe,
	}
	addConfigFlags(c)
	return c
}

func (a *app) runServe(c *cobra.Command, _ []string) error {
	loaded, err := a.load(c)
	if err != nil {
		return err
	}
	tuning, stopTuning := context.WithCancel(c.Context())
	tuned := make(chan struct{})
	go func() {
		defer close(tuned)
		tuneMemory(tuning)
	}()
	defer func() {
		stopTuning()
		<-tuned
	}()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	in := a.input(c)
	return server.Run(c.Context(), server.Options{
		Config: loaded, Reload: func() (*config.Loaded, error) { return config.Load(in) },
		Version: Version(), Commit: build().commit, Stderr: a.stderr, Terminal: isTerminal(a.stderr),
		Signals: signals, Getenv: os.Getenv,
	})
}

// isTerminal reports whether a person reads what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
