package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/sqlite"
)

func config(t *testing.T) sqlite.Config {
	return sqlite.Config{Path: filepath.Join(t.TempDir(), "instar.db"), Warn: func(s string) {
		t.Errorf("unexpected warning: %s", s)
	}}
}

func mustOpen(t *testing.T, c sqlite.Config) *sqlite.Log {
	t.Helper()
	log, err := sqlite.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func mustClose(t *testing.T, log registry.Log) {
	t.Helper()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func add(ctx context.Context, log registry.Log, request string) error {
	_, err := log.Update(ctx, registry.Head{}, func([]registry.Record, registry.Head) (registry.Append, error) {
		return registry.Append{Entries: []registry.Entry{{Kind: "k", Request: request}}}, nil
	})
	return err
}

// refused checks that opening fails with all the words.
func refused(t *testing.T, c sqlite.Config, words ...string) {
	t.Helper()
	log, err := sqlite.Open(t.Context(), c)
	if err == nil {
		mustClose(t, log)
		t.Fatalf("it opened; expected an error with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not say %q", err, w)
		}
	}
}

func TestSecondServerIsRefused(t *testing.T) {
	c := config(t)
	first := mustOpen(t, c)
	refused(t, c, c.Path, "another server", "process ", "stop that one")
	if _, err := sqlite.Migrate(t.Context(), c); !errors.Is(err, sqlite.ErrLocked) {
		t.Errorf("migrating beside a server: %v", err)
	}
	if err := add(t.Context(), first, "a"); err != nil {
		t.Errorf("the first server suffered: %v", err)
	}
	mustClose(t, first)
	mustClose(t, mustOpen(t, c))
}

func TestReadOnlyBesideAServer(t *testing.T) {
	c := config(t)
	server := mustOpen(t, c)
	if err := add(t.Context(), server, "a"); err != nil {
		t.Fatal(err)
	}
	c.ReadOnly = true
	tool := mustOpen(t, c)
	records, err := tool.Read(t.Context(), registry.Head{}, 10)
	if err != nil || len(records) != 1 {
		t.Errorf("the tool read %d records, error %v", len(records), err)
	}
	if err := add(t.Context(), tool, "b"); !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("the tool wrote: %v", err)
	}
	if err := tool.SaveSnapshot(t.Context(), registry.Snapshot{Seq: 1}); !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("the tool saved a snapshot: %v", err)
	}
	if err := add(t.Context(), server, "c"); err != nil {
		t.Fatal(err)
	}
	if head, err := tool.Head(t.Context()); err != nil || head.Seq != 2 {
		t.Errorf("the tool sees the head %d, error %v", head.Seq, err)
	}
	mustClose(t, tool)
	mustClose(t, server)
	after := mustOpen(t, c) // and without one
	if head, err := after.Head(t.Context()); err != nil || head.Seq != 2 {
		t.Errorf("without a server the tool sees the head %d, error %v", head.Seq, err)
	}
	mustClose(t, after)
}

func TestPaths(t *testing.T) {
	c := config(t)
	dir := filepath.Dir(c.Path)
	with := func(path string) sqlite.Config { c := c; c.Path = path; return c }
	refused(t, with(""), "storage.sqlite.path")
	refused(t, with(":memory:"), "storage.driver memory")
	refused(t, with(filepath.Join(dir, "missing", "instar.db")), "does not exist", "create it", filepath.Join(dir, "missing"))
	readOnly := c
	readOnly.ReadOnly = true
	refused(t, readOnly, "read-only")
	if _, err := os.Stat(c.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a read-only open created the file: %v", err)
	}
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, with(garbage), garbage, "not a database")
	for _, name := range []string{"a b.db", "%41.db", "q?x=1.db", "h#1.db", "ü😀.db", "file:x.db"} {
		path := filepath.Join(dir, name)
		mustClose(t, mustOpen(t, with(path)))
		info, err := os.Stat(path)
		if err != nil || info.Size() == 0 {
			t.Errorf("%s was not used: %v", name, err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", name, info.Mode())
		}
	}
}

func TestPendingMigrations(t *testing.T) {
	c := config(t)
	c.NoMigrate = true
	refused(t, c, "pending", "registry db migrate")
	list, err := sqlite.Status(t.Context(), c)
	if err != nil || len(list) == 0 || list[0].Applied {
		t.Fatalf("the status is %+v, error %v", list, err)
	}
	list, err = sqlite.Migrate(t.Context(), c)
	if err != nil || len(list) == 0 || !list[0].Applied || list[0].At.IsZero() {
		t.Fatalf("after migrating the status is %+v, error %v", list, err)
	}
	if list, err = sqlite.Status(t.Context(), c); err != nil || !list[0].Applied {
		t.Fatalf("then the status is %+v, error %v", list, err)
	}
	mustClose(t, mustOpen(t, c))
}

// unclean leaves the traces of a server that was killed.
func unclean(t *testing.T, c sqlite.Config) {
	t.Helper()
	log := mustOpen(t, c)
	if err := add(t.Context(), log, "a"); err != nil {
		t.Fatal(err)
	}
	held, err := os.ReadFile(c.Path + ".lock")
	if err != nil || !strings.HasPrefix(string(held), "process ") {
		t.Fatalf("the lock file says %q, error %v", held, err)
	}
	mustClose(t, log)
	if err := os.WriteFile(c.Path+".lock", held, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCheckAfterUncleanStop(t *testing.T) {
	c := config(t)
	unclean(t, c)
	var warnings []string
	c.Warn = func(s string) { warnings = append(warnings, s) }
	log := mustOpen(t, c)
	if len(warnings) != 1 || !strings.Contains(warnings[0], "not stopped cleanly") {
		t.Errorf("the warnings are %q", warnings)
	}
	if head, err := log.Head(t.Context()); err != nil || head.Seq != 1 {
		t.Errorf("the head is %d, error %v", head.Seq, err)
	}
	mustClose(t, log)
	mustClose(t, mustOpen(t, c))
	if len(warnings) != 1 {
		t.Errorf("after a clean stop there are the warnings %q", warnings)
	}
}

func TestDamageAfterUncleanStop(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"dangling version": func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path) // foreign keys are off by default
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), "INSERT INTO version VALUES ('.', 's', 1, 7, 1)"); err != nil {
				t.Fatal(err)
			}
		},
		"overwritten page": func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 3 * 4096; i < 5*4096; i++ {
				b[i] = 0xa5
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			unclean(t, c)
			damage(t, c.Path)
			c.Warn = nil
			refused(t, c, c.Path, "damaged", "backup")
			refused(t, c, "damaged") // a refusal is no clean stop
		})
	}
}

func TestStats(t *testing.T) {
	log := mustOpen(t, config(t))
	defer mustClose(t, log)
	if err := add(t.Context(), log, "a"); err != nil {
		t.Fatal(err)
	}
	s := log.Stats()
	if s.Appended != 1 || s.Wakes["write"] != 0 || s.ConnectionsMax != 5 || s.ConnectionsInUse != 0 || s.ConnectionsIdle < 1 {
		t.Errorf("the stats are %+v", s)
	}
}
