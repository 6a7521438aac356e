// Package nodetest builds the registry program and runs it as child processes,
// for tests and benchmarks that must see what clients and operators see: real
// listeners, real signals, real kills.
//
// It is called by the conformance suite, the race and kill tests and the server
// benchmarks. It must never be linked into a program.
package nodetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// module is the path of the module that holds the program.
const module = "github.com/instar-registry/instar"

// Build compiles the registry program into dir with the given build tags and
// returns the path of the binary. The module may be the main one or replaced in
// the current one.
func Build(ctx context.Context, dir string, tags ...string) (string, error) {
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	list.Stderr = os.Stderr
	root, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("find the folder of module %s: %w", module, err)
	}
	bin := filepath.Join(dir, "registry"+strings.Join(tags, "-"))
	build := exec.CommandContext(ctx, "go", "build", "-tags", strings.Join(tags, ","), "-o", bin, "./cmd/registry")
	build.Dir = strings.TrimSpace(string(root))
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the registry: %w\n%s", err, out)
	}
	return bin, nil
}

// Options says how a node is started.
type Options struct {
	Binary string            // from Build
	Dir    string            // working folder; the SQLite file lies in it by default
	Env    map[string]string // INSTAR_* variables on top of the defaults
	Addr   string            // host:port; empty picks a free port
}

// Node is a running registry process.
type Node struct {
	URL   string // http://host:port, without a trailing slash
	Admin string // the same for the admin listener

	cmd  *exec.Cmd
	log  *logFile
	done chan struct{}
	err  error // of Wait, valid once done is closed
}

// Launch starts a process and returns at once; see [Node.WaitReady].
func Launch(o Options) (*Node, error) {
	addrs, err := freeAddrs(2)
	if err != nil {
		return nil, err
	}
	admin := addrs[1]
	if o.Addr == "" {
		o.Addr = addrs[0]
	}
	log, err := newLogFile(o.Dir)
	if err != nil {
		return nil, err
	}
	n := &Node{URL: "http://" + o.Addr, Admin: "http://" + admin, log: log, done: make(chan struct{})}
	n.cmd = exec.Command(o.Binary, "serve")
	n.cmd.Dir = o.Dir
	n.cmd.Env = environment(o, admin)
	n.cmd.Stdout, n.cmd.Stderr = log.file, log.file
	n.cmd.SysProcAttr = ChildAttributes()
	if err := n.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", o.Binary, err), log.file.Close())
	}
	go func() {
		n.err = n.cmd.Wait()
		log.file.Close()
		close(n.done)
	}()
	return n, nil
}

// Start starts a process and waits until it is ready.
func Start(ctx context.Context, o Options) (*Node, error) {
	n, err := Launch(o)
	if err != nil {
		return nil, err
	}
	if err := n.WaitReady(ctx); err != nil {
		n.Kill()
		return nil, err
	}
	return n, nil
}

// environment is that of the test without any INSTAR_ variable, the node's own
// addresses, and what the caller asked for.
func environment(o Options, admin string) []string {
	vars := map[string]string{
		"INSTAR_SERVER_LISTEN":       o.Addr,
		"INSTAR_SERVER_ADMIN_LISTEN": admin,
		"INSTAR_SERVER_DRAIN_DELAY":  "0s",
		"INSTAR_STORAGE_DRIVER":      "sqlite",
		"INSTAR_LOG_LEVEL":           "warn",
		"INSTAR_RATELIMIT_ENABLED":   "false", // tests outrun what one address may send
	}
	for k, v := range o.Env {
		vars[k] = v
	}
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "INSTAR_") {
			env = append(env, kv)
		}
	}
	for k, v := range vars {
		env = append(env, k+"="+v)
	}
	return env
}

// WaitReady waits until /readyz answers 200. It fails at once when the process
// ends.
func (n *Node) WaitReady(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	last := "no answer yet"
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL+"/readyz", nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
			last = res.Status
		}
		select {
		case <-n.done:
			return fmt.Errorf("the registry ended before it was ready: %w\n%s", n.err, n.Log())
		case <-ctx.Done():
			return fmt.Errorf("the registry is not ready (%s): %w\n%s", last, ctx.Err(), n.Log())
		case <-tick.C:
		}
	}
}

// Done is closed when the process has ended.
func (n *Node) Done() <-chan struct{} { return n.done }

// ExitCode is the code that the process ended with, -1 if a signal ended it.
// Call it only after Done is closed.
func (n *Node) ExitCode() int { return n.cmd.ProcessState.ExitCode() }

// PID is the process id, for readers of its memory and CPU figures.
func (n *Node) PID() int { return n.cmd.Process.Pid }

// Kill ends the process by SIGKILL and waits for its end.
func (n *Node) Kill() {
	_ = n.cmd.Process.Kill() // an error means that it has ended already
	<-n.done
}

// Stop ends the process as an operator does, by SIGTERM, and returns an error
// unless it ends with code 0 within ctx. After that it is killed.
func (n *Node) Stop(ctx context.Context) error {
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal the registry: %w", err)
	}
	select {
	case <-n.done:
	case <-ctx.Done():
		n.Kill()
		return fmt.Errorf("the registry did not end after SIGTERM: %w\n%s", ctx.Err(), n.Log())
	}
	if n.err != nil {
		return fmt.Errorf("the registry ended badly after SIGTERM: %w\n%s", n.err, n.Log())
	}
	return nil
}

// Log returns what the process has written so far.
func (n *Node) Log() string { return n.log.read() }

// FreeAddr returns a loopback address with a port that was free a moment ago.
func FreeAddr() (string, error) {
	addrs, err := freeAddrs(1)
	if err != nil {
		return "", err
	}
	return addrs[0], nil
}

// freeAddrs returns different addresses: each is taken until all are found.
func freeAddrs(n int) ([]string, error) {
	addrs := make([]string, n)
	for i := range addrs {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close()
		addrs[i] = l.Addr().String()
	}
	return addrs, nil
}

// logFile keeps the output in a file: a pipe nobody reads would stop the node.
type logFile struct{ file *os.File }

func newLogFile(dir string) (*logFile, error) {
	f, err := os.CreateTemp(dir, "registry-*.log")
	if err != nil {
		return nil, fmt.Errorf("create the log of the registry: %w", err)
	}
	return &logFile{f}, nil
}

func (l *logFile) read() string {
	b, err := os.ReadFile(l.file.Name())
	if err != nil {
		return "(its log cannot be read: " + err.Error() + ")"
	}
	const most = 16 << 10
	if len(b) > most {
		b = append([]byte("…\n"), b[len(b)-most:]...)
	}
	return string(b)
}
