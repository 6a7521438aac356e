package conformance

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

//go:embed clients clients/kafkajs/.npmrc clients/confluentjs/.npmrc
var clients embed.FS

// TestPython, TestKafkaJS and TestConfluentJS run the clients that are no Go
// packages, each by a script of its own language.
func TestPython(t *testing.T) {
	dir := install(t, "python", "requirements.txt", func(t *testing.T, dir string) {
		command(t, dir, "python3", "-m", "venv", "venv")
		command(t, dir, filepath.Join(dir, "venv", "bin", "pip"), "install", "--quiet", "--requirement", "requirements.txt")
	})
	onEachDeployment(t, func(t *testing.T, url string) {
		script(t, dir, filepath.Join(dir, "venv", "bin", "python"), "check.py", url)
	})
}

// TestKafkaJS runs @kafkajs/confluent-schema-registry.
func TestKafkaJS(t *testing.T) { node(t, "kafkajs") }

// TestConfluentJS runs @confluentinc/schemaregistry.
func TestConfluentJS(t *testing.T) { node(t, "confluentjs") }

func node(t *testing.T, name string) {
	dir := install(t, name, "package-lock.json", func(t *testing.T, dir string) {
		// Scripts of packages build telemetry and native parts that no check needs.
		command(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	})
	onEachDeployment(t, func(t *testing.T, url string) { script(t, dir, "node", "check.mjs", url) })
}

// install brings a client into the cache folder, once for each content of its
// lock file, and puts the current scripts beside it.
func install(t *testing.T, name, lock string, fill func(*testing.T, string)) string {
	t.Helper()
	locked, err := clients.ReadFile(path.Join("clients", name, lock))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(locked)
	dir := filepath.Join(cache(t), name+"-"+hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{name, "harness.mjs"} {
		if err := copyTree(dir, path.Join("clients", from)); err != nil {
			t.Fatal(err)
		}
	}
	done := filepath.Join(dir, ".installed")
	if _, err := os.Stat(done); err == nil {
		return dir
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	fill(t, dir)
	if err := os.WriteFile(done, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// cache is where installed clients stay between runs.
func cache(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("INSTAR_CONFORMANCE_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return t.TempDir() // without a home nothing can stay
	}
	return filepath.Join(dir, "instar-conformance")
}

// copyTree writes an embedded file, or the files of an embedded folder, to dir.
func copyTree(dir, from string) error {
	return fs.WalkDir(clients, from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := clients.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, path.Base(name)), b, 0o644)
	})
}

// command runs a step of an installation; a step that fails fails the test.
func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("install a client: %s %s: %v (Python 3 with venv, Node 20 with npm, and a JDK with Maven must be installed)\n%s", name, strings.Join(args, " "), err, out)
	}
}

// script runs the checks of one client and turns each line into a test.
func script(t *testing.T, dir, program, file, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, file, url)
	cmd.Dir = dir
	cmd.Stdin = bytes.NewReader(samplesJSON(t))
	var out, diagnostics bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnostics
	err := cmd.Run()
	seen := 0
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "ok "); ok {
			t.Run(name, func(*testing.T) {})
			seen++
		} else if rest, ok := strings.CutPrefix(line, "not ok "); ok {
			name, reason, _ := strings.Cut(rest, ": ")
			t.Run(name, func(t *testing.T) { t.Error(reason) })
			seen++
		}
	}
	if err != nil || seen == 0 {
		t.Errorf("%s %s ran %d checks and ended with %v\n%s", program, file, seen, err, diagnostics.String())
	}
}

// samplesJSON is what the scripts read from standard input.
func samplesJSON(t *testing.T) []byte {
	t.Helper()
	var out []map[string]string
	for _, s := range samples() {
		out = append(out, map[string]string{
			"format": s.format, "v1": s.v1, "v2": s.v2, "bad": s.bad, "item": s.item, "with": s.with, "ref": s.ref,
		})
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(fmt.Errorf("write the samples: %w", err))
	}
	return b
}
