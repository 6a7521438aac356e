package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/pgtest"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/store/memory"
	"github.com/instar-registry/instar/store/postgres"
	"github.com/instar-registry/instar/store/sqlite"
)

// world is one way to run a history: a store, one or two nodes on it, with or
// without restarts and snapshots.
type world struct {
	name     string
	open     func() (registry.Log, error)
	nodes    int
	restarts bool
	snapshot int

	logs     []registry.Log
	services []*registry.Service
}

// TestOneHistoryOnEveryStore runs the same random commands over memory, SQLite
// and PostgreSQL, with one and two nodes, with restarts and snapshots, and
// expects the same answers and the same state everywhere. INSTAR_HISTORIES and
// INSTAR_HISTORY_STEPS make it longer.
func TestOneHistoryOnEveryStore(t *testing.T) {
	histories, steps := number("INSTAR_HISTORIES", 3), number("INSTAR_HISTORY_STEPS", 60)
	for seed := range histories {
		t.Run(strconv.Itoa(seed), func(t *testing.T) { oneHistory(t, uint64(seed), steps) })
	}
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func oneHistory(t *testing.T, seed uint64, steps int) {
	var want []string
	var digest registry.Hash
	for _, w := range worlds(t) {
		answers, got := w.run(t, seed, steps)
		if want == nil {
			want, digest = answers, got
			continue
		}
		for i := range want {
			if answers[i] != want[i] {
				t.Fatalf("%s, step %d: %s; in memory: %s", w.name, i, answers[i], want[i])
			}
		}
		if got != digest {
			t.Errorf("%s ends in another state", w.name)
		}
	}
}

func worlds(t *testing.T) []*world {
	shared := memory.New()
	path := filepath.Join(t.TempDir(), "history.db")
	dsn := pgtest.Database(t)
	openPostgres := func() (registry.Log, error) {
		return postgres.Open(context.Background(), postgres.Config{DSN: dsn, AllowUnsafe: true})
	}
	return []*world{
		{name: "memory", open: func() (registry.Log, error) { return shared.Node(), nil }, nodes: 1, snapshot: 1 << 30},
		{name: "SQLite with restarts and snapshots", open: func() (registry.Log, error) {
			return sqlite.Open(context.Background(), sqlite.Config{Path: path})
		}, nodes: 1, restarts: true, snapshot: 5},
		{name: "PostgreSQL with two nodes and restarts", open: openPostgres, nodes: 2, restarts: true, snapshot: 7},
	}
}

func (w *world) run(t *testing.T, seed uint64, steps int) ([]string, registry.Hash) {
	t.Helper()
	w.start(t)
	defer w.stop(t)
	random := rand.New(rand.NewPCG(seed, 1))
	restart := rand.New(rand.NewPCG(seed, 2))
	var answers []string
	for range steps {
		if w.restarts && restart.IntN(20) == 0 {
			w.stop(t)
			w.start(t)
		}
		s := w.services[restart.IntN(len(w.services))]
		answers = append(answers, step(s, random))
	}
	var digest registry.Hash
	for i, s := range w.services {
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := s.State().Digest(); i == 0 {
			digest = d
		} else if d != digest {
			t.Errorf("%s: the nodes differ", w.name)
		}
		if findings, err := s.Verify(t.Context(), true); err != nil || len(findings) > 0 {
			t.Errorf("%s: verify: %v, %v", w.name, findings, err)
		}
	}
	return answers, digest
}

func (w *world) start(t *testing.T) {
	t.Helper()
	w.logs, w.services = nil, nil
	for range w.nodes {
		log, err := w.open()
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		s := registry.Open(registry.Options{
			Log: log, SnapshotEvery: w.snapshot, PollInterval: 20 * time.Millisecond,
			Clock: func() time.Time { return time.UnixMicro(1_700_000_000_000_000) },
		})
		w.logs, w.services = append(w.logs, log), append(w.services, s)
	}
	deadline := time.Now().Add(20 * time.Second)
	for _, s := range w.services {
		for !s.Status().Ready {
			if time.Now().After(deadline) || s.Fatal() != nil {
				t.Fatalf("%s does not start: %+v", w.name, s.Status())
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func (w *world) stop(t *testing.T) {
	t.Helper()
	for i, s := range w.services {
		if err := errors.Join(s.Close(context.Background()), w.logs[i].Close()); err != nil {
			t.Errorf("%s: close: %v", w.name, err)
		}
	}
	w.services = nil
}

// step draws one command, runs it and prints the answer.
func step(s *registry.Service, random *rand.Rand) string {
	ctx := context.Background()
	by := registry.By{Actor: "test", Request: "r", Principal: "p"}
	name := registry.ParseName([]string{"a", "b", ":.c:a"}[random.IntN(3)])
	switch random.IntN(8) {
	case 0:
		got, err := s.DeleteVersion(ctx, by, registry.DeleteVersion{Name: name, Version: random.IntN(4) - 1, Permanent: random.IntN(2) == 0})
		return fmt.Sprint("delete version ", got, err)
	case 1:
		got, err := s.DeleteSubject(ctx, by, registry.DeleteSubject{Name: name, Permanent: random.IntN(2) == 0})
		return fmt.Sprint("delete subject ", got, err)
	case 2:
		got, err := s.Undelete(ctx, by, registry.Undelete{Name: name, Version: random.IntN(3)})
		return fmt.Sprint("undelete ", got, err)
	case 3:
		level := []string{"NONE", "FULL", "BACKWARD_TRANSITIVE"}[random.IntN(3)]
		got, err := s.SetConfig(ctx, by, registry.SetConfig{Scope: name, Patch: registry.ConfigPatch{Set: registry.Config{Compatibility: level}}})
		return fmt.Sprint("config ", got.Compatibility, err)
	default:
		got, err := s.Register(ctx, by, register(name, random))
		return fmt.Sprint("register ", got.Version, got.ID, got.GUID, got.Created, err)
	}
}

func register(name registry.Name, random *rand.Rand) registry.Register {
	c := registry.Register{Name: name}
	switch random.IntN(3) {
	case 0:
		c.Format = schema.Avro
		c.Text = fmt.Sprintf(`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"f%d","type":"long","default":%d}]}`, random.IntN(3), random.IntN(2))
	case 1:
		c.Format = schema.JSON
		c.Text = fmt.Sprintf(`{"type":"object","properties":{"p%d":{"type":"string","maxLength":%d}}}`, random.IntN(2), random.IntN(3)+1)
	default:
		c.Format = schema.Protobuf
		c.Text = fmt.Sprintf("syntax = \"proto3\"; message M { int32 a = 1; string f%d = %d; }", random.IntN(2), random.IntN(3)+2)
	}
	return c
}
