package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/instar-registry/instar/cmd/registry/internal/cli"
	"github.com/instar-registry/instar/internal/pgtest"
	"github.com/instar-registry/instar/store/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// output is what a program printed so far.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// TestReplacedDatabaseEndsTheServer restores an older copy under a running
// server, as far as the server can tell: the epoch changes. It must stop by
// itself, with exit code 3 and a sentence.
func TestReplacedDatabaseEndsTheServer(t *testing.T) {
	dsn := pgtest.Database(t)
	for name, value := range map[string]string{
		"INSTAR_STORAGE_DRIVER": "postgres", "INSTAR_STORAGE_POSTGRES_DSN": dsn, "INSTAR_STORAGE_POSTGRES_ALLOW_UNSAFE": "true",
		"INSTAR_SERVER_LISTEN": "127.0.0.1:0", "INSTAR_SERVER_ADMIN_LISTEN": "127.0.0.1:0", "INSTAR_STORAGE_POLL_INTERVAL": "50ms",
	} {
		t.Setenv(name, value)
	}
	printed := &output{}
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(context.Background(), []string{"serve"}, strings.NewReader(""), io.Discard, printed)
	}()
	address := waitFor(t, printed)
	res, err := http.Get(address + "/subjects") //nolint:noctx // a local server in a test
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("before: %v, %v", res, err)
	}
	_ = res.Body.Close()

	log, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, AllowUnsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.BumpEpoch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-ended:
		if code != 3 || !strings.Contains(printed.String(), "the database was replaced or went back") {
			t.Errorf("exit code %d after:\n%s", code, printed)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("the server goes on:\n%s", printed)
	}
}

// waitFor returns the address that the server says it serves.
func waitFor(t *testing.T, printed *output) string {
	t.Helper()
	const mark = `"url":"`
	for range 600 {
		if _, after, ok := strings.Cut(printed.String(), mark); ok {
			address, _, _ := strings.Cut(after, `"`)
			return address
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the server does not start:\n%s", printed)
	return ""
}
