package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

const oldestVersion = 140000

// serverError says that a server is not one to keep the log on. It ends a
// start, and later the use of the connection that met it.
type serverError struct{ text string }

func (e *serverError) Error() string { return e.text }

// checkServer looks at a new connection, because the server behind the address
// can be another one than last time.
func checkServer(ctx context.Context, conn *pgx.Conn, c Config) error {
	var version, encoding, fsync, pages, commit string
	var recovering bool
	err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num'), current_setting('server_encoding'),
		pg_is_in_recovery(), current_setting('fsync'), current_setting('full_page_writes'),
		current_setting('synchronous_commit')`).Scan(&version, &encoding, &recovering, &fsync, &pages, &commit)
	if err != nil {
		return fmt.Errorf("ask the server for its settings: %w", err)
	}
	number, err := strconv.Atoi(version)
	switch {
	case err != nil || number < oldestVersion:
		return refuse("the server has version %s; PostgreSQL 14 or newer is needed", version)
	case encoding != "UTF8":
		return refuse("the database has the encoding %s; create one with UTF8", encoding)
	case recovering:
		return refuse("the server is a standby; connect to the primary (with several hosts, " +
			"target_session_attrs=read-write finds it)")
	}
	return checkDurability(c, map[string]string{
		"fsync": fsync, "full_page_writes": pages, "synchronous_commit": commit,
	})
}

func checkDurability(c Config, settings map[string]string) error {
	var off []string
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		if settings[name] == "off" {
			off = append(off, name)
		}
	}
	if len(off) == 0 {
		return nil
	}
	text := fmt.Sprintf("the server has %s = off and may lose acknowledged writes", strings.Join(off, ", "))
	if !c.AllowUnsafe {
		return refuse("%s; turn it on, or accept the loss with storage.postgres.allow-unsafe", text)
	}
	c.Warn(text)
	return nil
}

func refuse(format string, args ...any) error { return &serverError{fmt.Sprintf(format, args...)} }
