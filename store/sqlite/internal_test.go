package sqlite

import (
	"context"
	"errors"
	"testing"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/sqllog"
)

// TestStates provokes errors of SQLite itself and looks at their SQLSTATE.
func TestStates(t *testing.T) {
	log, err := Open(t.Context(), Config{Path: t.TempDir() + "/log.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	ctx := t.Context()
	for statement, want := range map[string]string{
		`INSERT INTO head VALUES (1, 0, 1)`:            "23505",
		`INSERT INTO head VALUES (2, 0, 1)`:            "23514",
		`INSERT INTO version VALUES ('', '', 1, 1, 1)`: "23503",
		`UPDATE head SET seq = NULL`:                   "23502",
		`SELECT * FROM missing`:                        "XX000",
	} {
		_, err := log.db.write.ExecContext(ctx, statement)
		var s *sqllog.StateError
		if !errors.As(tag(ctx, err), &s) || s.State != want {
			t.Errorf("%s: %v has not the state %s", statement, err, want)
		}
	}
	_, err = log.db.read.ExecContext(ctx, "UPDATE head SET seq = 5")
	var s *sqllog.StateError
	if !errors.As(tag(ctx, err), &s) || s.State != "25006" {
		t.Errorf("writing over a reading connection: %v", err)
	}
}

// TestFullDisk bounds the file instead of filling a disk; SQLite reports both
// in the same way.
func TestFullDisk(t *testing.T) {
	log, err := Open(t.Context(), Config{Path: t.TempDir() + "/log.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	ctx := t.Context()
	set := func(pages string) {
		t.Helper()
		w := log.db.writer // the pragma is the connection's own
		if err := w.take(ctx); err != nil {
			t.Fatal(err)
		}
		defer w.give()
		if _, err := w.conn.ExecContext(ctx, "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
	}
	big := make([]byte, 1<<20)
	for i := range big {
		big[i] = 'x'
	}
	write := func() error {
		_, err := log.Update(ctx, registry.Head{}, func([]registry.Record, registry.Head) (registry.Append, error) {
			return registry.Append{Entries: []registry.Entry{{Kind: "k", Payload: string(big)}}}, nil
		})
		return err
	}
	set("1") // SQLite makes it the present size
	if err := write(); !errors.Is(err, registry.ErrDiskFull) || errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("a full disk is reported as %v", err)
	}
	if head, err := log.Head(ctx); err != nil || head.Seq != 0 {
		t.Errorf("the head is %d, error %v", head.Seq, err)
	}
	set("1000000")
	if err := write(); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestNetworkFileSystem(t *testing.T) {
	if name, ok := networkFileSystem(t.TempDir()); ok {
		t.Errorf("the tests' folder is taken for %s", name)
	}
	if _, ok := networkFileSystem("/no/such/folder"); ok {
		t.Error("a missing folder is taken for a network file system")
	}
}

// TestRollbackLeavesNoTransaction begins after an interrupted one.
func TestRollbackLeavesNoTransaction(t *testing.T) {
	log, err := Open(t.Context(), Config{Path: t.TempDir() + "/log.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		tx, err := log.db.Write(ctx, false)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := tx.Batch(ctx, []sqllog.Stmt{{SQL: "UPDATE head SET epoch = 99"}}); err == nil {
			t.Error("a cancelled statement ran")
		}
		tx.Rollback()
		tx.Rollback()
	}
	if head, err := log.Head(t.Context()); err != nil || head.Epoch != 1 {
		t.Errorf("the head is %+v, error %v", head, err)
	}
}
