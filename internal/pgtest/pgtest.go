// Package pgtest gives tests a private PostgreSQL: a throw-away cluster per test
// binary and an empty database per test. It is for tests only.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// and calls [Database] in its tests. The binaries must be installed; when they
// are not, the tests fail and say what to install, since a suite that skips
// itself proves nothing.
package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options are the settings of a cluster.
type Options struct {
	// Fsync keeps the server's fsync on, for measurements of durable writes and
	// for tests of the start-up checks. Tests are many times faster without.
	Fsync bool
	// Settings are further lines of postgresql.conf, name to value.
	Settings map[string]string
}

// Cluster is a running server.
type Cluster struct {
	bin    string // folder of the binaries
	dir    string // everything the server writes
	port   int
	owner  *account // nil: this process's own user
	server *exec.Cmd
	log    *bytes.Buffer // written until the server has ended
	ended  chan struct{}
}

const (
	role     = "instar"
	template = "template1"
	waitTime = 60 * time.Second
	prefix   = "instar-pg-"
)

// removeLeftovers deletes the folders of clusters whose tests were killed. A
// server that still runs has its pid file, and one that begins is young.
func removeLeftovers() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*")) // only a wrong pattern fails
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < 10*time.Minute {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); errors.Is(err, os.ErrNotExist) {
			_ = os.RemoveAll(dir) // the next run tries again
		}
	}
}

// Start creates and starts a cluster. Stop must be called; should this process
// die before, the kernel ends the server.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	bin, err := binaries(ctx)
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, log: &bytes.Buffer{}, ended: make(chan struct{})}
	if c.owner, err = unprivileged(); err != nil {
		return nil, err
	}
	removeLeftovers()
	// The path of a Unix socket has to be short, so this is not a test's TempDir.
	if c.dir, err = os.MkdirTemp("", prefix); err != nil {
		return nil, err
	}
	if err := c.start(ctx, o); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, o Options) error {
	if err := c.owner.own(c.dir); err != nil {
		return err
	}
	err := c.run(ctx, "initdb", "--pgdata", c.data(), "--username", role, "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	if err != nil {
		return err
	}
	if c.port, err = freePort(); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.data(), "postgresql.conf"), []byte(c.settings(o)), 0o600); err != nil {
		return err
	}
	return c.serve(ctx)
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) settings(o Options) string {
	var b strings.Builder
	set := func(name, value string) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(value, "'", "''"))
	}
	set("listen_addresses", "127.0.0.1")
	set("port", fmt.Sprint(c.port))
	set("unix_socket_directories", c.dir)
	set("max_connections", "300")
	set("shared_buffers", "64MB")
	set("timezone", "UTC")
	set("lc_messages", "C")
	set("autovacuum_naptime", "5s")
	if !o.Fsync {
		set("fsync", "off")
	}
	for name, value := range o.Settings {
		set(name, value)
	}
	return b.String()
}

// serve starts the server process and waits until it answers.
func (c *Cluster) serve(ctx context.Context) error {
	server := exec.Command(filepath.Join(c.bin, "postgres"), "-D", c.data()) //nolint:gosec,noctx // found by binaries; Stop ends it
	server.Stdout, server.Stderr = c.log, c.log
	server.Dir = c.dir
	c.owner.become(server)
	begun := make(chan error, 1)
	c.server, c.ended = server, make(chan struct{})
	go reap(server, begun, c.ended)
	if err := <-begun; err != nil {
		c.server = nil
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	deadline := time.Now().Add(waitTime)
	for {
		err := c.run(ctx, "pg_isready", "--quiet", "--host", c.dir, "--port", fmt.Sprint(c.port), "--username", role)
		if err == nil {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("PostgreSQL ended at its start:\n%s", c.log)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL does not answer after %s: %w", waitTime, err)
		}
	}
}

// Restart stops the server at once, as a crash of the machine would but for the
// file system, and starts it again on the same data.
func (c *Cluster) Restart(ctx context.Context) error {
	if err := c.halt(quitAtOnce); err != nil {
		return err
	}
	return c.serve(ctx)
}

// Stop ends the server and removes what it wrote. It may be called twice.
func (c *Cluster) Stop() error {
	err := c.halt(quitFast)
	return errors.Join(err, os.RemoveAll(c.dir))
}

func (c *Cluster) halt(how os.Signal) error {
	if c.server == nil {
		return nil
	}
	server := c.server
	c.server = nil
	if err := server.Process.Signal(how); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	select {
	case <-c.ended:
		return nil
	case <-time.After(waitTime):
		err := server.Process.Kill()
		<-c.ended
		return errors.Join(fmt.Errorf("PostgreSQL did not stop within %s and was killed", waitTime), err)
	}
}

// Log returns what the server has printed. Only call it after Stop.
func (c *Cluster) Log() string { return c.log.String() }

// DSN is the connection string of one database of the cluster.
func (c *Cluster) DSN(database string) string {
	return fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable", c.dir, c.port, role, database)
}

// TCP is the connection string over 127.0.0.1, for tests that stand in between.
func (c *Cluster) TCP(database string) string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable", c.port, role, database)
}

// Create makes an empty database and returns its name.
func (c *Cluster) Create(ctx context.Context, options ...string) (string, error) {
	name := "t_" + randomHex(8)
	args := []string{"--host", c.dir, "--port", fmt.Sprint(c.port), "--username", role, "--template", template}
	return name, c.run(ctx, "createdb", append(append(args, options...), name)...)
}

// Drop removes a database and ends its connections.
func (c *Cluster) Drop(ctx context.Context, name string) error {
	return c.run(ctx, "dropdb", "--host", c.dir, "--port", fmt.Sprint(c.port), "--username", role, "--force", name)
}

// run runs a client program of the cluster's installation to its end.
func (c *Cluster) run(ctx context.Context, program string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, waitTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, program), args...) //nolint:gosec // found by binaries
	cmd.Dir = c.dir
	c.owner.become(cmd)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run %s: %w: %s", program, err, strings.TrimSpace(out.String()))
	}
	return nil
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // documented never to fail
	return hex.EncodeToString(b)
}

var shared struct {
	once    sync.Once
	cluster *Cluster
	err     error
}

// Main runs the tests of a package and then stops the cluster that they shared,
// if any. It returns the code for os.Exit. (A test that panics ends the process
// without coming back here; then the kernel stops the server.)
func Main(m *testing.M) int {
	code := m.Run()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	return code
}

func stopShared() error {
	if shared.cluster == nil {
		return nil
	}
	err := shared.cluster.Stop()
	shared.cluster = nil
	return err
}

// Shared returns the cluster of this test run, without fsync, started by the
// first who asks. Without PostgreSQL the test fails.
func Shared(tb testing.TB) *Cluster {
	tb.Helper()
	shared.once.Do(func() {
		shared.cluster, shared.err = Start(context.Background(), Options{})
	})
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	if shared.cluster == nil {
		tb.Fatal("pgtest: the cluster has been stopped; call pgtest.Main from TestMain")
	}
	return shared.cluster
}

// Database returns the connection string of an empty database in the shared
// cluster, which is dropped after the test.
func Database(tb testing.TB) string {
	tb.Helper()
	return Shared(tb).Database(tb)
}

// Database returns the connection string of an empty database, which is dropped
// after the test.
func (c *Cluster) Database(tb testing.TB, options ...string) string {
	tb.Helper()
	name, err := c.Create(tb.Context(), options...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Drop(context.Background(), name); err != nil {
			tb.Errorf("drop the test's database: %v", err)
		}
	})
	return c.DSN(name)
}
