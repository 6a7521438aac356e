package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/instar-registry/instar/internal/gentree"
)

// linterBenchmarks measure evcheck as a process. A process counts with all that
// it started: for evcheck that is git.
func linterBenchmarks() []benchmark {
	return []benchmark{
		{"evcheck", "evcheck before a commit: one changed file of 1,000", commitHook},
		{"evcheck-histories", "evcheck on the published histories, edit by edit, in one process", lintedHistories},
		{"evcheck-tree", "evcheck after one edit in a tree of 7,200 Protobuf files, beside buf", largeTree},
	}
}

// buf is what the tree benchmark compares with.
const buf = "github.com/bufbuild/buf/cmd/buf@v1.72.0"

// build builds a program of this repository.
func (e *env) build(ctx context.Context, pkg string) (string, error) {
	out := filepath.Join(e.dir, filepath.Base(pkg))
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, pkg)
	cmd.Dir, cmd.Stderr = repository, os.Stderr
	return out, cmd.Run()
}

// cost is what one run of a program took.
type cost struct {
	cpu, clock time.Duration
	memory     int64
}

// cost runs a program to its end. Exit code 1 is an answer, too.
func (e *env) cost(ctx context.Context, dir string, args ...string) (cost, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var errs strings.Builder
	cmd.Dir, cmd.Stderr = dir, &errs
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(e.dir, "home"), "BUF_CACHE_DIR="+filepath.Join(e.dir, "buf-cache"))
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	if cmd.ProcessState == nil {
		return cost{}, err
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 && code != bufFindings {
		return cost{}, fmt.Errorf("%s: exit code %d: %s", strings.Join(args, " "), code, errs.String())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return cost{}, errors.New("this system does not tell the memory of a process")
	}
	return cost{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), took, usage.Maxrss << 10}, nil
}

// bufFindings is buf's exit code for findings.
const bufFindings = 100

// costs runs a program several times, each after before, and takes medians.
func (e *env) costs(ctx context.Context, rounds int, dir string, before func() error, args ...string) (cost, error) {
	var cpu, clock []time.Duration
	var memory []int64
	for range rounds {
		if before != nil {
			if err := before(); err != nil {
				return cost{}, err
			}
		}
		c, err := e.cost(ctx, dir, args...)
		if err != nil {
			return cost{}, err
		}
		cpu, clock, memory = append(cpu, c.cpu), append(clock, c.clock), append(memory, c.memory)
	}
	return cost{median(cpu), median(clock), median(memory)}, nil
}

func (c cost) String() string {
	return fmt.Sprintf("%.2f s CPU, %.2f s, %.0f MiB", c.cpu.Seconds(), c.clock.Seconds(), float64(c.memory)/(1<<20))
}

// short is for figures below a second.
func (c cost) short() string {
	return fmt.Sprintf("%.0f ms CPU, %.0f ms, %.0f MiB", 1000*c.cpu.Seconds(), 1000*c.clock.Seconds(), float64(c.memory)/(1<<20))
}

// plant writes a generated tree and commits it on the branch main.
func (e *env) plant(ctx context.Context, name string, tree gentree.Tree) (string, error) {
	dir := filepath.Join(e.dir, name)
	if err := tree.Each(func(path, text string) error {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, []byte(text), 0o644)
	}); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"add", "-A"}, {"-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-q", "-m", "tree"},
	} {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		if err := cmd.Run(); err != nil {
			return "", fmt.Errorf("git %s: %w", args[0], err)
		}
	}
	return dir, nil
}

// edit changes one file of a tree, another way each time.
func edit(dir string, tree gentree.Tree, i, times int) error {
	text := gentree.Edit(tree.Text(i))
	return os.WriteFile(filepath.Join(dir, filepath.FromSlash(tree.Path(i))), []byte(strings.ReplaceAll(text, "region_0", fmt.Sprintf("region%d_0", times))), 0o644)
}

// commitHook measures what a developer waits for.
func commitHook(ctx context.Context, e *env) ([]row, error) {
	evcheck, err := e.build(ctx, "./cmd/evcheck")
	if err != nil {
		return nil, err
	}
	version, err := e.costs(ctx, 4*e.rounds+1, e.dir, nil, evcheck, "version")
	if err != nil {
		return nil, err
	}
	tree := gentree.Tree{Files: 1000, Messages: 9}
	dir, err := e.plant(ctx, "thousand", tree)
	if err != nil {
		return nil, err
	}
	check := []string{evcheck, "check", "--against", "main", "--quiet", "--offline", "--cache", filepath.Join(e.dir, "thousand-cache")}
	times := 0
	change := func() error { times++; return edit(dir, tree, tree.Middle(), times) }
	cold, err := e.costs(ctx, e.rounds, dir, func() error {
		return errors.Join(change(), os.RemoveAll(check[len(check)-1]))
	}, check...)
	if err != nil {
		return nil, err
	}
	warm, err := e.costs(ctx, 4*e.rounds+1, dir, change, check...)
	if err != nil {
		return nil, err
	}
	again, err := e.costs(ctx, 4*e.rounds+1, dir, nil, check...)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(tree.Path(tree.Middle()))), []byte(tree.Text(tree.Middle())), 0o644); err != nil {
		return nil, err
	}
	alone, err := e.costs(ctx, 4*e.rounds+1, dir, func() error { times++; return edit(dir, tree, tree.Files-1, times) }, check...)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("one field of one Protobuf file of 1,000 (%d lines each), which %d others use", 9*26, users(tree))
	return []row{
		{"start (`evcheck version`)", version.short(), "aim ≤ 50 ms, ≤ 20 ms CPU"},
		{"one changed file of 1,000, empty cache", cold.short(), what},
		{"one changed file of 1,000, a new edit", warm.short(), "the cache is that of the run before the edit; aim ≤ 100 ms"},
		{"one changed file that no other uses, a new edit", alone.short(), "as above; aim ≤ 100 ms"},
		{"the same check again", again.short(), "nothing changed since the edit of the file that others use; aim ≤ 100 ms"},
	}, nil
}

// users counts the files that the edit of a tree may break, the edited one left
// out: those that use it, directly or not.
func users(tree gentree.Tree) int {
	n := 0
	reached := map[string]bool{tree.Path(tree.Middle()): true}
	for i := tree.Middle() + 1; i < tree.Files; i++ {
		text := tree.Text(i)
		for path := range reached {
			if strings.Contains(text, "\""+path+"\"") {
				reached[tree.Path(i)] = true
				n++
				break
			}
		}
	}
	return n
}

// largeTree measures one edit in a tree of the size of a large company's.
func largeTree(ctx context.Context, e *env) ([]row, error) {
	evcheck, err := e.build(ctx, "./cmd/evcheck")
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "building %s\n", buf)
	install := exec.CommandContext(ctx, "go", "install", buf)
	install.Env, install.Stderr = append(os.Environ(), "GOBIN="+e.dir, "GOFLAGS=-mod=mod"), os.Stderr
	if err := install.Run(); err != nil {
		return nil, fmt.Errorf("build %s: %w", buf, err)
	}
	tree := gentree.Tree{Files: 7200, Messages: 9}
	dir, err := e.plant(ctx, "large", tree)
	if err != nil {
		return nil, err
	}
	check := []string{evcheck, "check", "--against", "main", "--quiet", "--cache", filepath.Join(e.dir, "large-cache")}
	times := 0
	change := func() error { times++; return edit(dir, tree, tree.Middle(), times) }
	cold, err := e.costs(ctx, e.rounds, dir, func() error {
		return errors.Join(change(), os.RemoveAll(check[len(check)-1]))
	}, check...)
	if err != nil {
		return nil, err
	}
	warm, err := e.costs(ctx, e.rounds, dir, change, check...)
	if err != nil {
		return nil, err
	}
	// It takes minutes, so it is run once: after evcheck, which has warmed what the
	// system keeps of the files.
	other, err := e.cost(ctx, dir, filepath.Join(e.dir, "buf"), "breaking", "--against", ".git#branch=main")
	if err != nil {
		return nil, err
	}
	lines, bytes := 0, 0
	if err := tree.Each(func(_, text string) error {
		lines += strings.Count(text, "\n")
		bytes += len(text)
		return nil
	}); err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%d files, %.2f million lines, %d MB; one field edited, %d files use it; no path named", tree.Files, float64(lines)/1e6, bytes/1e6, users(tree))
	return []row{
		{"evcheck, empty cache", cold.String(), what + "; aim ≤ 10 s CPU, ≤ 1 GB"},
		{"evcheck, a new edit", warm.String(), "the cache is that of the run before the edit; aim ≤ 1 s"},
		{"buf breaking 1.72.0", other.String(), fmt.Sprintf("one run, the default rules (FILE), the same tree and edit; %.0f× evcheck's processor time with an empty cache", other.cpu.Seconds()/cold.cpu.Seconds())},
	}, nil
}
