package sqlite

import (
	"context"

	"github.com/instar-registry/instar/store/internal/sqllog"
)

// OpenShared opens without the lock file, so that tests can have several nodes
// on one file, and with faults.
func OpenShared(ctx context.Context, c Config, hook sqllog.Hook) (*Log, error) {
	c.shared, c.hook = true, hook
	return Open(ctx, c)
}

// ErrLocked is what a second server meets.
var ErrLocked = errLocked
