package assembly

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/instar-registry/instar/internal/config"
	"github.com/instar-registry/instar/registry"
)

// Service starts the service over an open store; the log is replayed in the
// background.
func Service(c *config.Config, store *Store, observer registry.Observer, logger *slog.Logger) (*registry.Service, error) {
	sealer, err := readSealer(c.Registry.MetadataSecretFile)
	if err != nil {
		return nil, err
	}
	return registry.Open(registry.Options{
		Log: store.Log, Settings: Settings(c), Limits: c.Limits.Limits, Observer: observer, Logger: logger,
		PollInterval: c.Storage.PollInterval, SnapshotEvery: c.Storage.SnapshotEvery,
		BarrierTimeout: c.Server.BarrierTimeout, WriteTimeout: c.Storage.Postgres.StatementTimeout,
		Exclusive: store.Exclusive, Sealer: sealer,
	}), nil
}

// readSealer reads the key for sensitive metadata; without a file there is none.
func readSealer(path string) (*registry.Sealer, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // nil stores metadata as it was sent
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("registry.metadata-secret-file: %w", err)
	}
	sealer, err := registry.NewSealer(decodeKey(text))
	if err != nil {
		return nil, fmt.Errorf("registry.metadata-secret-file %s: %w; make one with: head -c 32 /dev/urandom | base64", path, err)
	}
	return sealer, nil
}

// decodeKey reads 32 bytes as they are, in hexadecimal or in base64. What is
// none of these comes back as it is, to be refused by its length.
func decodeKey(text []byte) []byte {
	if len(text) == keyBytes {
		return text
	}
	line := strings.TrimSpace(string(text))
	if b, err := hex.DecodeString(line); err == nil && len(b) == keyBytes {
		return b
	}
	if b, err := base64.StdEncoding.DecodeString(line); err == nil && len(b) == keyBytes {
		return b
	}
	return text
}

const keyBytes = 32

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
	s, err := Service(c, store, nil, logger)
	if err != nil {
		return err
	}
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
