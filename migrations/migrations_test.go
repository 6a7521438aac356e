package migrations_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/instar-registry/instar/internal/pgtest"
	"github.com/instar-registry/instar/migrations"
	_ "github.com/instar-registry/instar/store/postgres" // the driver "pgx"
	_ "github.com/instar-registry/instar/store/sqlite"   // the driver "sqlite"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// engines opens an empty database of each kind.
func engines(t *testing.T, run func(t *testing.T, db *sql.DB, engine migrations.Engine)) {
	t.Run("SQLite", func(t *testing.T) {
		db := open(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "log.db")+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)")
		run(t, db, migrations.SQLite)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		run(t, open(t, "pgx", pgtest.Database(t)), migrations.PostgreSQL)
	})
}

func open(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// ours lists the tables of the log that exist.
func ours(t *testing.T, db *sql.DB) []string {
	t.Helper()
	var found []string
	for _, table := range []string{"head", "change", "schema_text", "schema_id", "version", "snapshot"} {
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err == nil {
			found = append(found, table)
		}
	}
	return found
}

func TestUpIsRepeatable(t *testing.T) {
	engines(t, func(t *testing.T, db *sql.DB, engine migrations.Engine) {
		ctx := t.Context()
		before, err := migrations.List(ctx, db, engine)
		if err != nil || len(before) == 0 || before[0].Applied {
			t.Fatalf("an empty database has the migrations %+v, error %v", before, err)
		}
		if found := ours(t, db); len(found) != 0 {
			t.Fatalf("looking created %v", found)
		}
		if n, err := migrations.Pending(ctx, db, engine); err != nil || n != len(before) {
			t.Errorf("%d of %d are pending, error %v", n, len(before), err)
		}
		for range 2 {
			if err := migrations.Up(ctx, db, engine); err != nil {
				t.Fatal(err)
			}
			var seq, epoch int64
			if err := db.QueryRowContext(ctx, "SELECT seq, epoch FROM head").Scan(&seq, &epoch); err != nil || seq != 0 || epoch != 1 {
				t.Errorf("the head is %d in epoch %d, error %v", seq, epoch, err)
			}
		}
		after, err := migrations.List(ctx, db, engine)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range after {
			if !m.Applied || m.At.IsZero() || m.Name == "" {
				t.Errorf("migration %d is listed as %+v", m.Version, m)
			}
		}
		if n, err := migrations.Pending(ctx, db, engine); err != nil || n != 0 {
			t.Errorf("%d are pending, error %v", n, err)
		}
	})
}

// TestFailureAtEachStatement breaks every migration behind each of its
// statements. Nothing of it may stay, and the unbroken files must then apply.
func TestFailureAtEachStatement(t *testing.T) {
	engines(t, func(t *testing.T, db *sql.DB, engine migrations.Engine) {
		good := 0
		for _, name := range names(t) {
			statements := split(t, name)
			for n := range statements {
				broken := files(t, name, "-- +goose Up\n"+strings.Join(statements[:n+1], ";\n")+";\nSELECT * FROM no_such_table;\n")
				if err := migrations.UpFrom(t.Context(), db, engine, broken); err == nil {
					t.Fatalf("%s broken behind statement %d was applied", name, n+1)
				}
				if found := ours(t, db); good == 0 && len(found) != 0 {
					t.Fatalf("%s broken behind statement %d left %v", name, n+1, found)
				}
			}
			if err := migrations.UpFrom(t.Context(), db, engine, files(t, name, "")); err != nil {
				t.Fatal(err)
			}
			good++
		}
		if err := migrations.Up(t.Context(), db, engine); err != nil {
			t.Fatal(err)
		}
		if found := ours(t, db); len(found) != 6 {
			t.Errorf("there are only the tables %v", found)
		}
	})
}

func names(t *testing.T) []string {
	t.Helper()
	list, err := fs.Glob(migrations.FS(), "*.sql")
	if err != nil || len(list) == 0 {
		t.Fatalf("the migrations are %v, error %v", list, err)
	}
	slices.Sort(list)
	return list
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(migrations.FS(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// split cuts a migration into statements; none of ours has a semicolon within.
func split(t *testing.T, name string) []string {
	var out []string
	text := regexp.MustCompile(`(?m)--.*$`).ReplaceAllString(read(t, name), "")
	for _, s := range strings.Split(text, ";") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	if len(out) < 1 {
		t.Fatalf("%s has no statements", name)
	}
	return out
}

// files are all migrations up to the named one, with that one's text replaced
// unless it is empty.
func files(t *testing.T, last, text string) fs.FS {
	out := fstest.MapFS{}
	for _, name := range names(t) {
		if name <= last {
			out[name] = &fstest.MapFile{Data: []byte(read(t, name))}
		}
	}
	if text != "" {
		out[last] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// TestNewerDatabase is the case of a binary of the release before: it must leave
// a newer schema alone and not refuse it.
func TestNewerDatabase(t *testing.T) {
	engines(t, func(t *testing.T, db *sql.DB, engine migrations.Engine) {
		list := names(t)
		newer := files(t, list[len(list)-1], "")
		newer.(fstest.MapFS)["99999_later.sql"] = &fstest.MapFile{
			Data: []byte("-- +goose Up\nALTER TABLE change ADD COLUMN later BIGINT NOT NULL DEFAULT 0;\nCREATE TABLE later (x BIGINT);\n"),
		}
		if err := migrations.UpFrom(t.Context(), db, engine, newer); err != nil {
			t.Fatal(err)
		}
		if err := migrations.Up(t.Context(), db, engine); err != nil {
			t.Errorf("the older binary does not start: %v", err)
		}
		if n, err := migrations.Pending(t.Context(), db, engine); err != nil || n != 0 {
			t.Errorf("%d are pending, error %v", n, err)
		}
		if _, err := db.ExecContext(t.Context(), "INSERT INTO later (x) VALUES (1)"); err != nil {
			t.Errorf("the older binary touched the newer schema: %v", err)
		}
	})
}

func TestStartersOnPostgreSQL(t *testing.T) {
	dsn := pgtest.Database(t)
	var wg sync.WaitGroup
	for range 8 {
		db := open(t, "pgx", dsn)
		wg.Go(func() {
			if err := migrations.Up(t.Context(), db, migrations.PostgreSQL); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var heads int
	if err := open(t, "pgx", dsn).QueryRowContext(t.Context(), "SELECT count(*) FROM head").Scan(&heads); err != nil || heads != 1 {
		t.Errorf("there are %d heads, error %v", heads, err)
	}
}

// TestDialect keeps out what only one engine understands, or what poolers and
// compatible databases lack.
func TestDialect(t *testing.T) {
	banned := regexp.MustCompile(`(?i)\b(jsonb?|serial|bigserial|autoincrement|enum|trigger|without rowid|array|timestamptz?|` +
		`uuid|identity|if not exists|drop|rename|for update|advisory|pragma|collate|generated)\b`)
	for _, name := range names(t) {
		if !regexp.MustCompile(`^\d{5}_[a-z_]+\.sql$`).MatchString(name) {
			t.Errorf("%s is not named NNNNN_what.sql", name)
		}
		for i, s := range split(t, name) {
			if word := banned.FindString(s); word != "" {
				t.Errorf("%s, statement %d uses %q", name, i+1, word)
			}
		}
		if strings.Contains(read(t, name), "+goose Down") {
			t.Errorf("%s goes backward", name)
		}
	}
	for i, name := range names(t) {
		if !strings.HasPrefix(name, fmt.Sprintf("%05d_", i+1)) {
			t.Errorf("%s is migration %d; numbers are dense", name, i+1)
		}
	}
}
