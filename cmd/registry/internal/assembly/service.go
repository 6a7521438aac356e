package assembly

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/instar-registry/instar/internal/config"
	"github.com/instar-registry/instar/registry"
)

// Service starts the service over an open store; the log is replayed in the
// background.
func Service(c *config.Config, store *Store, observer registry.Observer, logger *slog.Logger) *registry.Service {
	return registry.Open(registry.Options{
		Log: store.Log, Settings: Settings(c), Limits: c.Limits.Limits, Observer: observer, Logger: logger,
		PollInterval: c.Storage.PollInterval, SnapshotEvery: c.Storage.SnapshotEvery,
		BarrierTimeout: c.Server.BarrierTimeout, WriteTimeout: c.Storage.Postgres.StatementTimeout,
		Exclusive: store.Exclusive,
	})
}

// Ready waits until the service has replayed the log, or for the reason that it
// never will.
func Ready(ctx context.Context, s *registry.Service) error {
	for {
		news := s.Published()
		st := s.Status()
		switch {
		case s.Fatal() != nil:
			return s.Fatal()
		case st.Ready:
			return nil
		}
		select {
		case <-news:
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			if st.Err != nil {
				return fmt.Errorf("the log was not read in time: %w", st.Err)
			}
			return fmt.Errorf("the log was not read in time: %d of %d changes", st.Applied, st.Head)
		}
	}
}

// Direct opens the store, starts a service on it and runs f: the way of the
// commands that work without a server. The store is closed in any case.
func Direct(ctx context.Context, c *config.Config, access Access, logger *slog.Logger, f func(*registry.Service) error) (err error) {
	store, err := Open(ctx, c, access, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s := Service(c, store, nil, logger)
	defer func() {
		// Closing saves a snapshot, which a store open for reading refuses.
		if closeErr := s.Close(context.WithoutCancel(ctx)); access == Serve {
			err = errors.Join(err, closeErr)
		}
	}()
	if err := Ready(ctx, s); err != nil {
		return err
	}
	return f(s)
}
