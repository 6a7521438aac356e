package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// appliedAll reads the version table, which is absent from a database that was
// never migrated. The engines say so in different words, and the catalogue
// tables differ too, so absence is told from failure by a query that works
// whenever the database itself does.
func appliedAll(ctx context.Context, db *sql.DB) (map[int64]time.Time, error) {
	out := map[int64]time.Time{}
	rows, err := db.QueryContext(ctx, "SELECT version_id, tstamp FROM "+VersionTable+" ORDER BY id")
	if err != nil {
		var one int
		if alive := db.QueryRowContext(ctx, "SELECT 1").Scan(&one); alive != nil {
			return nil, fmt.Errorf("read the applied migrations: %w", alive)
		}
		return out, nil
	}
	defer rows.Close()
	for rows.Next() {
		var version int64
		var at any
		if err := rows.Scan(&version, &at); err != nil {
			return nil, fmt.Errorf("read the applied migrations: %w", err)
		}
		out[version] = timeOf(at)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the applied migrations: %w", err)
	}
	return out, nil
}

// timeOf takes the timestamp as the drivers hand it over: parsed, or as
// SQLite's text in UTC.
func timeOf(v any) time.Time {
	switch v := v.(type) {
	case time.Time:
		return v.UTC()
	case string:
		t, err := time.Parse(time.DateTime, v)
		if err != nil {
			return time.Time{}
		}
		return t
	default:
		return time.Time{}
	}
}
