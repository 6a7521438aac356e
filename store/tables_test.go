package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/pgtest"
	"github.com/instar-registry/instar/migrations"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/postgres"
	"github.com/instar-registry/instar/store/sqlite"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// engine is an empty log with a second way to its tables.
type engine struct {
	log      registry.Log
	db       *sql.DB
	postgres bool
}

func engines(t *testing.T, run func(t *testing.T, e engine)) {
	t.Run("SQLite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "log.db")
		log, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		db := open(t, "sqlite", "file:"+path+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)", log)
		run(t, engine{log: log, db: db})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		dsn := pgtest.Database(t)
		log, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, AllowUnsafe: true})
		if err != nil {
			t.Fatal(err)
		}
		run(t, engine{log: log, db: open(t, "pgx", dsn, log), postgres: true})
	})
}

func open(t *testing.T, driver, dsn string, log registry.Log) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func (e engine) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := e.db.ExecContext(t.Context(), e.dialect(statement)); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// dialect writes a blob of n bytes, the one thing that literals differ in.
func (e engine) dialect(statement string) string {
	return regexp.MustCompile(`blob\((\d+)\)`).ReplaceAllStringFunc(statement, func(s string) string {
		var n int
		_, _ = fmt.Sscanf(s, "blob(%d)", &n)
		hex := strings.Repeat("ab", n)
		if e.postgres {
			return `'\x` + hex + `'`
		}
		return "X'" + hex + "'"
	})
}

const (
	goodChange = `INSERT INTO change VALUES (1, 0, '', '', 'k', '{}', blob(32))`
	goodText   = `INSERT INTO schema_text VALUES (blob(32), 'x')`
	goodID     = `INSERT INTO schema_id VALUES ('.', 1, blob(32))`
	goodRow    = `INSERT INTO version VALUES ('.', 's', 1, 1, 1)`
	goodShot   = `INSERT INTO snapshot VALUES (1, 0, 1, blob(1))`

	goodRefusal = `INSERT INTO refusal VALUES (1, 'a', 'r', 'p', 's', 409, 409, 1)`
)

// violations has at least one statement for each constraint of the tables.
var violations = map[string][]string{
	"head_pk":                 {`INSERT INTO head VALUES (1, 0, 1)`},
	"head_is_one_row":         {`INSERT INTO head VALUES (2, 0, 1)`, `UPDATE head SET one = 0`},
	"head_seq_not_negative":   {`UPDATE head SET seq = -1`},
	"head_epoch_positive":     {`UPDATE head SET epoch = 0`},
	"change_pk":               {goodChange},
	"change_seq_positive":     {`INSERT INTO change VALUES (0, 0, '', '', 'k', '{}', blob(32))`},
	"change_kind_named":       {`INSERT INTO change VALUES (2, 0, '', '', '', '{}', blob(32))`},
	"change_hash_length":      {`INSERT INTO change VALUES (2, 0, '', '', 'k', '{}', blob(31))`, `INSERT INTO change VALUES (2, 0, '', '', 'k', '{}', blob(33))`},
	"schema_text_pk":          {goodText},
	"schema_text_hash_length": {`INSERT INTO schema_text VALUES (blob(20), 'x')`},
	"schema_id_pk":            {goodID},
	"schema_id_positive":      {`INSERT INTO schema_id VALUES ('.', 0, blob(32))`},
	"schema_id_hash_length":   {`INSERT INTO schema_id VALUES ('.', 2, blob(16))`},
	"version_pk":              {goodRow},
	"version_positive":        {`INSERT INTO version VALUES ('.', 's', 0, 1, 1)`},
	"version_has_id":          {`INSERT INTO version VALUES ('.', 's', 2, 9, 1)`, `INSERT INTO version VALUES ('.x', 's', 2, 1, 1)`, `DELETE FROM schema_id`},
	"version_has_change":      {`INSERT INTO version VALUES ('.', 's', 2, 1, 9)`, `DELETE FROM change`},
	"snapshot_pk":             {goodShot},
	"snapshot_seq_positive":   {`INSERT INTO snapshot VALUES (0, 0, 1, blob(1))`},
	"refusal_times_positive":  {`INSERT INTO refusal VALUES (1, 'a', 'r', 'p', 's', 409, 409, 0)`},
	"snapshot_part_in_range":  {`INSERT INTO snapshot VALUES (2, 1, 1, blob(1))`, `INSERT INTO snapshot VALUES (2, -1, 1, blob(1))`},
}

// TestEachConstraint tries to violate each constraint on both engines, and
// fails if a constraint of the migrations has no such attempt.
func TestEachConstraint(t *testing.T) {
	for _, name := range constraints(t) {
		if len(violations[name]) == 0 {
			t.Errorf("nothing tries to violate %s", name)
		}
	}
	engines(t, func(t *testing.T, e engine) {
		for _, good := range []string{goodChange, goodText, goodID, goodRow, goodShot} {
			e.exec(t, good)
		}
		for name, statements := range violations {
			for _, s := range statements {
				_, err := e.db.ExecContext(t.Context(), e.dialect(s))
				if err == nil {
					t.Errorf("%s does not refuse %s", name, s)
				} else if want := e.naming(name); !strings.Contains(err.Error(), want) {
					t.Errorf("%s is refused by %v and not by %s", s, err, want)
				}
			}
		}
	})
}

// naming is what an error says about a constraint. SQLite names only checks.
func (e engine) naming(constraint string) string {
	table, isKey := strings.CutSuffix(constraint, "_pk")
	switch {
	case e.postgres:
		return constraint
	case isKey:
		return "UNIQUE constraint failed: " + table + "."
	case strings.HasPrefix(constraint, "version_has_"):
		return "FOREIGN KEY constraint failed"
	default:
		return "CHECK constraint failed: " + constraint
	}
}

func migrationText(t *testing.T) string {
	t.Helper()
	files, err := fs.Glob(migrations.FS(), "*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("the migrations are %v, error %v", files, err)
	}
	var text strings.Builder
	for _, f := range files {
		b, err := fs.ReadFile(migrations.FS(), f)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	return text.String()
}

func constraints(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile(`CONSTRAINT (\w+)`).FindAllStringSubmatch(migrationText(t), -1) {
		out = append(out, m[1])
	}
	if len(out) < 15 {
		t.Fatalf("found only the constraints %v", out)
	}
	return out
}

// TestNoColumnIsNull sets each column of each table to NULL.
func TestNoColumnIsNull(t *testing.T) {
	columns := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`).FindAllStringSubmatch(migrationText(t), -1) {
		for _, c := range regexp.MustCompile(`(?m)^\s+([a-z_]+)\s+(BIGINT|TEXT|BYTEA)\b`).FindAllStringSubmatch(m[2], -1) {
			columns[m[1]] = append(columns[m[1]], c[1])
		}
	}
	if len(columns) != 7 {
		t.Fatalf("found the tables %v", columns)
	}
	engines(t, func(t *testing.T, e engine) {
		for _, good := range []string{goodChange, goodText, goodID, goodRow, goodShot, goodRefusal} {
			e.exec(t, good)
		}
		for table, names := range columns {
			for _, c := range names {
				_, err := e.db.ExecContext(t.Context(), fmt.Sprintf("UPDATE %s SET %s = NULL", table, c))
				if err == nil || !regexp.MustCompile(`(?i)not.null`).MatchString(err.Error()) {
					t.Errorf("%s.%s = NULL: %v", table, c, err)
				}
			}
		}
	})
}

// TestOlderBinaryOnNewerTables adds to every table a column and one table more,
// as later releases may, beneath an open log.
func TestOlderBinaryOnNewerTables(t *testing.T) {
	engines(t, func(t *testing.T, e engine) {
		everything(t, e.log, 1)
		for _, table := range []string{"head", "change", "schema_text", "schema_id", "version", "snapshot", "refusal"} {
			e.exec(t, fmt.Sprintf("ALTER TABLE %s ADD COLUMN later BIGINT NOT NULL DEFAULT 0", table))
		}
		e.exec(t, "CREATE TABLE later (x BIGINT)")
		everything(t, e.log, 2)
		everything(t, e.log, 3)
	})
}

// everything uses each method of the log once; n is different each time.
func everything(t *testing.T, log registry.Log, n int64) {
	t.Helper()
	ctx := t.Context()
	head, err := log.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	text := registry.Text{Body: fmt.Sprint("text ", n)}
	text.Hash = sum(text.Body)
	records, err := log.Update(ctx, head, func([]registry.Record, registry.Head) (registry.Append, error) {
		return registry.Append{
			Entries: []registry.Entry{{Kind: "k", Request: fmt.Sprint(n)}},
			Texts:   []registry.Text{text},
			Drop:    []registry.Hash{sum(fmt.Sprint("text ", n-1))},
			Guards: []registry.Guard{
				{Op: registry.BindID, Context: ".", ID: n, Hash: text.Hash},
				{Op: registry.AddVersion, Context: ".", Subject: "s", Version: n, ID: n},
				{Op: registry.AddVersion, Context: ".", Subject: "t", Version: n, ID: n},
				{Op: registry.DropVersion, Context: ".", Subject: "t", Version: n},
			},
		}, nil
	})
	if err != nil || len(records) != 1 || records[0].Seq != head.Seq+1 {
		t.Fatalf("append: %+v, error %v", records, err)
	}
	if got, err := log.Read(ctx, head, 10); err != nil || !slices.Equal(got, records) {
		t.Errorf("read: %+v, error %v", got, err)
	}
	if got, err := log.ReadFrom(ctx, head.Seq, 10); err != nil || !slices.Equal(got, records) {
		t.Errorf("read history: %+v, error %v", got, err)
	}
	if got, err := log.Texts(ctx, []registry.Hash{text.Hash}); err != nil || got[text.Hash] != text.Body {
		t.Errorf("texts: %v, error %v", got, err)
	}
	if err := log.SaveSnapshot(ctx, registry.Snapshot{Seq: n, Body: []byte("x")}); err != nil {
		t.Errorf("save: %v", err)
	}
	if got, err := log.LoadSnapshot(ctx); err != nil || got.Seq != n {
		t.Errorf("load: %+v, error %v", got, err)
	}
}

// TestDamage edits the tables behind the log's back, which must notice.
func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		damage string
		find   func(ctx context.Context, log registry.Log, known registry.Head) error
		class  error // nil: a bug, which no one may retry
	}{
		"text": {
			`UPDATE schema_text SET body = 'something else'`,
			func(ctx context.Context, log registry.Log, _ registry.Head) error {
				_, err := log.Texts(ctx, []registry.Hash{sum("text 1"), sum("text 3")})
				return err
			}, nil,
		},
		"record": {
			`UPDATE change SET payload = '{}' WHERE seq = 2`,
			func(ctx context.Context, log registry.Log, _ registry.Head) error {
				_, err := log.Read(ctx, registry.Head{}, 10)
				return err
			}, registry.ErrReplaced,
		},
		"last record": {
			`UPDATE change SET actor = 'mallory' WHERE seq = 3`,
			readOn, registry.ErrReplaced,
		},
		"head went back":     {`UPDATE head SET seq = 2`, readOn, registry.ErrReplaced},
		"head went on":       {`UPDATE head SET seq = 4`, writeOn, registry.ErrReplaced},
		"head went on, read": {`UPDATE head SET seq = 4`, headOf, registry.ErrReplaced},
		"head is gone":       {`DELETE FROM head`, writeOn, nil},
		"head is gone, read": {`DELETE FROM head`, headOf, nil},
		"table is gone":      {`DROP TABLE snapshot`, saveOn, nil},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, e engine) {
				for n := range 3 {
					everything(t, e.log, int64(n+1))
				}
				known, err := e.log.Head(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := c.find(t.Context(), e.log, known); err != nil {
					t.Fatalf("before the damage: %v", err)
				}
				e.exec(t, c.damage)
				mustBe(t, c.find(t.Context(), e.log, known), c.class)
			})
		})
	}
}

func readOn(ctx context.Context, log registry.Log, known registry.Head) error {
	_, err := log.Read(ctx, known, 10)
	return err
}

func writeOn(ctx context.Context, log registry.Log, known registry.Head) error {
	_, err := log.Update(ctx, known, func([]registry.Record, registry.Head) (registry.Append, error) {
		return registry.Append{}, nil
	})
	return err
}

func headOf(ctx context.Context, log registry.Log, _ registry.Head) error {
	_, err := log.Head(ctx)
	return err
}

func saveOn(ctx context.Context, log registry.Log, _ registry.Head) error {
	return log.SaveSnapshot(ctx, registry.Snapshot{Seq: 9})
}

// TestDamagedSnapshot loses a part of the newest snapshot: the one before counts.
func TestDamagedSnapshot(t *testing.T) {
	engines(t, func(t *testing.T, e engine) {
		big := make([]byte, 9<<20)
		for seq := range int64(2) {
			if err := e.log.SaveSnapshot(t.Context(), registry.Snapshot{Seq: seq + 1, Body: big}); err != nil {
				t.Fatal(err)
			}
		}
		e.exec(t, "DELETE FROM snapshot WHERE seq = 2 AND part = 1")
		if s, err := e.log.LoadSnapshot(t.Context()); err != nil || s.Seq != 1 || len(s.Body) != len(big) {
			t.Errorf("loaded %d bytes at %d, error %v", len(s.Body), s.Seq, err)
		}
		e.exec(t, "DELETE FROM snapshot")
		if s, err := e.log.LoadSnapshot(t.Context()); err != nil || s.Seq != 0 {
			t.Errorf("loaded a deleted snapshot of %d, error %v", s.Seq, err)
		}
	})
}
