package migrations

import (
	"context"
	"database/sql"
	"io/fs"
)

// UpFrom applies other files than the embedded ones.
func UpFrom(ctx context.Context, db *sql.DB, engine Engine, from fs.FS) error {
	return up(ctx, db, engine, from)
}
