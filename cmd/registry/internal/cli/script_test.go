package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the generated documents")

// TestMain makes the test binary stand in for the program.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"registry": func() { os.Exit(Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command lines of testdata/script. Besides testscript's
// own commands there are
//
//	serve ARGS…     start a server on a free port and wait until it is ready;
//	                sets $URL and $ADDR
//	stop [SIGNAL]   end it and check that its exit code is 0
//	send METHOD PATH FILE [HEADER=VALUE…]
//	                send a file to the server at $URL; it must accept it
//	status WANT     like "exec" has none: the exit code of the last run
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "HOME="+e.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"serve": serveCmd, "stop": stopCmd, "run": runCmd, "send": sendCmd},
	})
}

// servers are the running ones, by script; scripts run side by side.
var servers sync.Map // *testscript.TestScript to *exec.Cmd

func serverOf(ts *testscript.TestScript) *exec.Cmd {
	c, _ := servers.Load(ts)
	cmd, _ := c.(*exec.Cmd)
	return cmd
}

var ready = regexp.MustCompile(`"listen":"([^"]+)"`)

func sendCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: send METHOD PATH FILE [HEADER=VALUE…]")
	}
	req, err := http.NewRequest(args[0], ts.Getenv("URL")+args[1], strings.NewReader(ts.ReadFile(args[2]))) //nolint:noctx // a test
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	for _, h := range args[3:] {
		name, value, _ := strings.Cut(h, "=")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	body, err := io.ReadAll(res.Body)
	ts.Check(errors.Join(err, res.Body.Close()))
	if res.StatusCode >= 300 {
		ts.Fatalf("%s: %s", res.Status, body)
	}
}

func serveCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || serverOf(ts) != nil {
		ts.Fatalf("usage: serve ARGS…, once at a time")
	}
	c := command(ts, append([]string{"serve", "--server.listen=127.0.0.1:0", "--server.admin-listen="}, args...))
	stderr, err := c.StderrPipe()
	ts.Check(err)
	ts.Check(c.Start())
	servers.Store(ts, c)
	ts.Defer(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
		servers.Delete(ts)
	})
	address := make(chan string, 1)
	go func() {
		defer close(address)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if m := ready.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
			_, _ = io.WriteString(os.Stderr, "")
		}
	}()
	select {
	case a, ok := <-address:
		if !ok {
			ts.Fatalf("the server did not start")
		}
		ts.Setenv("ADDR", a)
		ts.Setenv("URL", "http://"+a)
	case <-time.After(30 * time.Second):
		ts.Fatalf("the server is not ready after 30 s")
	}
}

// command builds a run of the program in the environment of the script.
func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	path := filepath.SplitList(ts.Getenv("PATH"))[0]
	c := exec.Command(filepath.Join(path, "registry"), args...) //nolint:gosec,noctx // the test's own binary; ended by the script
	c.Dir = ts.MkAbs(".")
	for _, e := range []string{"PATH", "HOME", "WORK", "INSTAR_AUTH_MODE", "INSTAR_TOKEN", "INSTAR_URL", "INSTAR_BASIC"} {
		if v := ts.Getenv(e); v != "" {
			c.Env = append(c.Env, e+"="+v)
		}
	}
	return c
}

func stopCmd(ts *testscript.TestScript, neg bool, args []string) {
	c := serverOf(ts)
	if c == nil || neg || len(args) > 0 {
		ts.Fatalf("usage: stop, after serve")
	}
	ts.Check(c.Process.Signal(syscall.SIGTERM))
	err := c.Wait()
	servers.Delete(ts)
	ts.Check(err)
}

// runCmd is "exec registry" with an expected exit code: run CODE ARGS…; output
// goes to the files out and err.
func runCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: run CODE ARGS…")
	}
	c := command(ts, args[1:])
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	_ = c.Run() // the exit code is compared below
	ts.Check(os.WriteFile(ts.MkAbs("out"), stdout.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), stderr.Bytes(), 0o600))
	if got := c.ProcessState.ExitCode(); got != int(args[0][0]-'0') {
		ts.Fatalf("registry %s: exit code %d, want %s\n%s%s", strings.Join(args[1:], " "), got, args[0], stdout.String(), stderr.String())
	}
}
