package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// binaries finds the folder with the server's programs: PATH first, then where
// pg_config says, then where Debian puts them, newest first.
func binaries(ctx context.Context) (string, error) {
	var tried []string
	for _, dir := range candidates(ctx) {
		if complete(dir) {
			return dir, nil
		}
		tried = append(tried, dir)
	}
	return "", fmt.Errorf("pgtest: no PostgreSQL server programs found (looked in PATH%s). "+
		"Install PostgreSQL 14 or newer, on Debian and Ubuntu by \"apt-get install postgresql\"",
		strings.Join(append([]string{""}, tried...), ", "))
}

func candidates(ctx context.Context) []string {
	var dirs []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // only a wrong pattern fails
	slices.SortFunc(debian, func(a, b string) int { return major(b) - major(a) })
	return append(dirs, debian...)
}

func major(bin string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	if err != nil {
		return 0
	}
	return n
}

func complete(dir string) bool {
	for _, program := range []string{"initdb", "postgres", "pg_isready", "createdb", "dropdb"} {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			return false
		}
	}
	return true
}

// freePort asks the system for a port. Another process may take it before the
// server does, in which case the server says so and the run fails.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return 0, err
	}
	tcp, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.Join(fmt.Errorf("the listener has the address %v", l.Addr()), l.Close())
	}
	return tcp.Port, l.Close()
}
