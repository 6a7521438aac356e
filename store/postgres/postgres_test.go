package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/pgtest"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/postgres"
)

// admin is a second way into the database of a test.
func admin(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
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

func exec(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func mustOpen(t *testing.T, c postgres.Config) *postgres.Log {
	t.Helper()
	log, err := postgres.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

// alter changes a setting for new sessions of the test's database.
func alter(t *testing.T, dsn, setting string) {
	t.Helper()
	db := admin(t, dsn)
	var name string
	if err := db.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	exec(t, db, "ALTER DATABASE "+name+" SET "+setting)
}

func add(ctx context.Context, log registry.Log, request string) ([]registry.Record, error) {
	return log.Update(ctx, registry.Head{}, func(newer []registry.Record, _ registry.Head) (registry.Append, error) {
		for _, r := range newer {
			if r.Request == request {
				return registry.Append{}, nil
			}
		}
		return registry.Append{Entries: []registry.Entry{{Kind: "k", Request: request}}}, nil
	})
}

func TestServersThatAreRefused(t *testing.T) {
	cluster := pgtest.Shared(t)
	plain, lazy, ascii, readOnly := pgtest.Database(t), pgtest.Database(t),
		cluster.Database(t, "--encoding", "SQL_ASCII", "--template", "template0"), pgtest.Database(t)
	alter(t, lazy, "synchronous_commit = off")
	alter(t, readOnly, "default_transaction_read_only = on")
	for name, c := range map[string]struct {
		config postgres.Config
		words  []string
	}{
		"no DSN":             {postgres.Config{}, []string{"storage.postgres.dsn"}},
		"broken DSN":         {postgres.Config{DSN: "postgres://u:s3cret@host:port/"}, []string{"connection string"}},
		"nobody there":       {postgres.Config{DSN: "host=127.0.0.1 port=1 user=u dbname=d password=s3cret"}, []string{"127.0.0.1"}},
		"no such database":   {postgres.Config{DSN: cluster.DSN("missing"), AllowUnsafe: true}, []string{"missing", "3D000"}},
		"fsync off":          {postgres.Config{DSN: plain}, []string{"fsync = off", "storage.postgres.allow-unsafe"}},
		"commits not synced": {postgres.Config{DSN: lazy}, []string{"fsync, synchronous_commit = off"}},
		"other encoding":     {postgres.Config{DSN: ascii, AllowUnsafe: true}, []string{"SQL_ASCII", "UTF8"}},
		"read-only":          {postgres.Config{DSN: readOnly, AllowUnsafe: true}, []string{"read only"}},
		"not migrated":       {postgres.Config{DSN: plain, AllowUnsafe: true, NoMigrate: true}, []string{"pending", "registry db migrate"}},
	} {
		t.Run(name, func(t *testing.T) {
			log, err := postgres.Open(t.Context(), c.config)
			if err == nil {
				_ = log.Close()
				t.Fatalf("it opened; expected an error with %q", c.words)
			}
			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("the error %q does not say %q", err, w)
				}
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error %q tells the password", err)
			}
		})
	}
}

func TestUnsafeServerIsWarnedAbout(t *testing.T) {
	var mu sync.Mutex
	var warnings []string
	mustOpen(t, postgres.Config{DSN: pgtest.Database(t), AllowUnsafe: true, NoListen: true, Warn: func(s string) {
		mu.Lock()
		defer mu.Unlock()
		warnings = append(warnings, s)
	}})
	mu.Lock()
	defer mu.Unlock()
	if len(warnings) == 0 || !strings.Contains(warnings[0], "may lose acknowledged writes") {
		t.Errorf("the warnings are %q", warnings)
	}
}

func TestMigrateAlone(t *testing.T) {
	c := postgres.Config{DSN: pgtest.Database(t), AllowUnsafe: true}
	list, err := postgres.Status(t.Context(), c)
	if err != nil || len(list) == 0 || list[0].Applied {
		t.Fatalf("the status is %+v, error %v", list, err)
	}
	if list, err = postgres.Migrate(t.Context(), c); err != nil || !list[0].Applied || list[0].At.IsZero() {
		t.Fatalf("after migrating the status is %+v, error %v", list, err)
	}
	c.NoMigrate = true
	mustOpen(t, c)
}

// TestSerializableDefault runs writers against each other in a database whose
// transactions are SERIALIZABLE unless they say otherwise. None may have to be
// run again: that is what saying READ COMMITTED is for.
func TestSerializableDefault(t *testing.T) {
	dsn := pgtest.Database(t)
	alter(t, dsn, "default_transaction_isolation = 'serializable'")
	log := mustOpen(t, postgres.Config{DSN: dsn, AllowUnsafe: true})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 20 {
				if _, err := add(t.Context(), log, fmt.Sprint(w, "-", i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if s := log.Stats(); s.Appended != 160 || len(s.Retries) != 0 {
		t.Errorf("the stats are %+v", s)
	}
}

// TestLockTimeout holds the head lock from outside.
func TestLockTimeout(t *testing.T) {
	dsn := pgtest.Database(t)
	for name, c := range map[string]postgres.Config{"session": {}, "pooler": {Pooler: true}} {
		c.DSN, c.AllowUnsafe, c.LockTimeout = dsn, true, 30*time.Millisecond
		t.Run(name, func(t *testing.T) {
			log := mustOpen(t, c)
			tx, err := admin(t, dsn).BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.ExecContext(t.Context(), "UPDATE head SET seq = seq"); err != nil {
				t.Fatal(err)
			}
			if _, err := add(t.Context(), log, "a"); !errors.Is(err, registry.ErrUnavailable) || !strings.Contains(err.Error(), "55P03") {
				t.Errorf("a writer that never got the lock ended with %v", err)
			}
			if n := log.Stats().Retries["55P03"]; n != 5 {
				t.Errorf("it was run again %d times", n)
			}
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
			if _, err := add(t.Context(), log, "b"+name); err != nil {
				t.Errorf("with the lock free: %v", err)
			}
		})
	}
}

const terminate = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
	WHERE datname = current_database() AND application_name = 'instar' AND pid <> pg_backend_pid()`

// TestTerminatedInDecide loses the connection while decide works.
func TestTerminatedInDecide(t *testing.T) {
	dsn := pgtest.Database(t)
	log, db := mustOpen(t, postgres.Config{DSN: dsn, AllowUnsafe: true, NoListen: true}), admin(t, dsn)
	_, err := log.Update(t.Context(), registry.Head{}, func([]registry.Record, registry.Head) (registry.Append, error) {
		exec(t, db, terminate)
		return registry.Append{Entries: []registry.Entry{{Kind: "k", Request: "lost"}}}, nil
	})
	if !errors.Is(err, registry.ErrUnavailable) {
		t.Fatalf("the writer ended with %v", err)
	}
	records, err := add(t.Context(), log, "next")
	if err != nil || len(records) != 1 || records[0].Seq != 1 {
		t.Errorf("the next append: %+v, error %v", records, err)
	}
}

// persist appends each request once, as a client does that repeats on 503.
func persist(ctx context.Context, log registry.Log, prefix string, n int, appended *atomic.Int64) error {
	for i := range n {
		for {
			_, err := add(ctx, log, fmt.Sprint(prefix, "-", i))
			if err == nil {
				appended.Add(1)
				break
			}
			if ctx.Err() != nil || !errors.Is(err, registry.ErrUnavailable) && !errors.Is(err, registry.ErrUnknownOutcome) {
				return err
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	return nil
}

// mustHoldOnce checks that every acknowledged request is in the log once.
func mustHoldOnce(t *testing.T, log registry.Log, writers, each int) {
	t.Helper()
	records, err := log.Read(t.Context(), registry.Head{}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, r := range records {
		seen[r.Request]++
	}
	for w := range writers {
		for i := range each {
			if n := seen[fmt.Sprint("w", w, "-", i)]; n != 1 {
				t.Errorf("request %d of writer %d is in the log %d times", i, w, n)
			}
		}
	}
	if len(records) != writers*each {
		t.Errorf("the log has %d records and %d were acknowledged", len(records), writers*each)
	}
}

// underWriters runs writers over two nodes while disturb is called again and
// again, and checks the log afterwards.
func underWriters(t *testing.T, c postgres.Config, each int, disturb func()) []*postgres.Log {
	t.Helper()
	const writers = 6
	logs := []*postgres.Log{mustOpen(t, c), mustOpen(t, c)}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	done := make(chan struct{})
	var appended atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			if err := persist(ctx, logs[w%2], fmt.Sprint("w", w), each, &appended); err != nil {
				t.Errorf("writer %d: %v", w, err)
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	for running := true; running; {
		// On a slow machine a disturbance may come before anything was written
		// since the last one; some progress between two of them ends the test.
		before := appended.Load()
		disturb()
		for waiting := true; waiting && running; waiting = appended.Load() == before {
			select {
			case <-done:
				running = false
			case <-time.After(15 * time.Millisecond):
			}
		}
	}
	mustHoldOnce(t, logs[0], writers, each)
	return logs
}

// TestTerminatedAtAnyTime ends all connections every few milliseconds.
func TestTerminatedAtAnyTime(t *testing.T) {
	dsn := pgtest.Database(t)
	db := admin(t, dsn)
	logs := underWriters(t, postgres.Config{DSN: dsn, AllowUnsafe: true}, 60, func() { exec(t, db, terminate) })
	if a, b := logs[0].Stats(), logs[1].Stats(); a.Unanswered+b.Unanswered == 0 {
		t.Logf("no commit lost its answer in this run: %+v %+v", a, b)
	}
}

// TestRestartUnderWriters stops the server as a crash would.
func TestRestartUnderWriters(t *testing.T) {
	cluster, err := pgtest.Start(t.Context(), pgtest.Options{Fsync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	}()
	name, err := cluster.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	restarts := 0
	t.Run("writers", func(t *testing.T) { // so that the logs close before the cluster stops
		underWriters(t, postgres.Config{DSN: cluster.DSN(name)}, 100, func() {
			if restarts < 4 {
				restarts++
				time.Sleep(50 * time.Millisecond)
				if err := cluster.Restart(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	})
	if restarts < 2 {
		t.Errorf("only %d restarts", restarts)
	}
}

// TestListenerComesBack ends the listening connection; the node must say so, go
// on, and listen again.
func TestListenerComesBack(t *testing.T) {
	dsn := pgtest.Database(t)
	warned := make(chan string, 100)
	c := postgres.Config{DSN: dsn, AllowUnsafe: true}
	writer := mustOpen(t, c)
	c.Warn = func(s string) {
		if strings.Contains(s, "listening") {
			warned <- s
		}
	}
	follower := mustOpen(t, c)
	waitFor(t, "the listener", func() bool { return follower.Stats().Listening })
	exec(t, admin(t, dsn), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND query = 'LISTEN instar_log'`)
	select {
	case <-warned:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody was warned")
	}
	waitFor(t, "the listener again", func() bool { return follower.Stats().Listening })
	for len(follower.Wake()) > 0 {
		<-follower.Wake()
	}
	if _, err := add(t.Context(), writer, "a"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-follower.Wake():
	case <-time.After(20 * time.Second):
		t.Error("the follower was not woken after listening again")
	}
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s did not come", what)
}

// TestSessionSettings looks at what a session of the log has set.
func TestSessionSettings(t *testing.T) {
	dsn := pgtest.Database(t)
	log := mustOpen(t, postgres.Config{
		DSN: dsn, AllowUnsafe: true, NoListen: true,
		LockTimeout: 1234 * time.Millisecond, StatementTimeout: 4321 * time.Millisecond,
	})
	db := admin(t, dsn)
	_, err := log.Update(t.Context(), registry.Head{}, func([]registry.Record, registry.Head) (registry.Append, error) {
		var n int
		err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'instar' AND state = 'idle in transaction'`).Scan(&n)
		if err != nil || n != 1 {
			t.Errorf("%d sessions of the log are in a transaction, error %v", n, err)
		}
		return registry.Append{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := log.Stats()
	if s.ConnectionsMax != 10 || s.ConnectionsInUse != 0 || s.ConnectionsIdle < 1 || s.Listening {
		t.Errorf("the stats are %+v", s)
	}
}
