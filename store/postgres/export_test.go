package postgres

import (
	"context"

	"github.com/instar-registry/instar/store/internal/sqllog"
)

// OpenHooked opens with faults.
func OpenHooked(ctx context.Context, c Config, hook sqllog.Hook) (*Log, error) {
	c.hook = hook
	return Open(ctx, c)
}
