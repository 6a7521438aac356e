// Command bench measures the registry as a process, beside servers that do the
// same work without it, and writes the figures into docs/benchmarks.md.
//
// It is a module of its own, so that the servers it compares with add nothing
// to the registry's dependencies. Run one benchmark by
//
//	cd bench && go run . -write get
//
// or all of the server by "go run . -write all", all of the compatibility engines
// by "go run . -write engines", all of evcheck by "go run . -write linter". Every comparison happens in one run on one
// machine, in alternating rounds; only ratios are worth comparing between
// machines.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
)

// benchmark is one command.
type benchmark struct {
	name, what string
	run        func(context.Context, *env) ([]row, error)
}

func benchmarks() []benchmark {
	return []benchmark{
		{"get", "GET by id, latest and GUID beside a bare net/http handler with the same bytes", get},
		{"again", "registering equal content again and looking it up, beside GET by id", again},
		{"post", "registering new versions beside a server with one transaction per request", post},
		{"transitive", "transitive compatibility checks over long histories", transitive},
		{"feed", "the way of a change to a subscriber on another node", feed},
		{"archive", "bulk registration, export and import on PostgreSQL", archive},
		{"start", "start, memory and idle figures", start},
	}
}

// every lists the benchmarks of all groups.
func every() []benchmark {
	return slices.Concat(benchmarks(), engineBenchmarks(), linterBenchmarks())
}

// env is what every benchmark gets.
type env struct {
	registry string        // the built program
	dir      string        // for files that need not stay
	round    time.Duration // length of one measured round
	rounds   int           // how many rounds; the median counts
	schemas  int           // for the start benchmark
	pairs    int           // random pairs of the oracle
	events   int           // random events of the oracle
}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) == 2 && args[0] == baselineCommand {
		return serveBaseline(args[1])
	}
	if len(args) == 4 && args[0] == naiveCommand {
		return serveNaive(args[1], args[2], args[3])
	}
	if len(args) == 1 && args[0] == replayCommand {
		return exitCode(replayHistories(context.Background()))
	}
	if len(args) == 1 && args[0] == lintCommand {
		return exitCode(lintHistories(context.Background()))
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	write := flags.Bool("write", false, "write the figures into docs/benchmarks.md")
	round := flags.Duration("round", 2*time.Second, "length of one measured round")
	rounds := flags.Int("rounds", 5, "measured rounds of each side; the median counts")
	schemas := flags.Int("schemas", 100_000, "schemas of the start benchmark")
	pairs := flags.Int("pairs", 1_000_000, "random pairs of schemas that the oracle asks about")
	events := flags.Int("events", 1_000_000, "random events that the oracle reads")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: bench [flags] all | engines | linter | NAME...")
		for _, b := range every() {
			fmt.Fprintf(flags.Output(), "  %-11s %s\n", b.name, b.what)
		}
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return 2
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		flags.Usage()
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return exitCode(measure(ctx, chosen, *write, &env{round: *round, rounds: *rounds, schemas: *schemas, pairs: *pairs, events: *events}))
}

func exitCode(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

func choose(names []string) ([]benchmark, error) {
	if len(names) == 1 && names[0] == "all" {
		return benchmarks(), nil
	}
	if len(names) == 1 && names[0] == "engines" {
		return engineBenchmarks(), nil
	}
	if len(names) == 1 && names[0] == "linter" {
		return linterBenchmarks(), nil
	}
	var out []benchmark
	for _, name := range names {
		found := false
		for _, b := range every() {
			if b.name == name {
				out, found = append(out, b), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no benchmark %q", name)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("name a benchmark")
	}
	return out, nil
}

func measure(ctx context.Context, chosen []benchmark, write bool, e *env) error {
	dir, err := os.MkdirTemp("", "instar-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	e.dir = dir
	if slices.ContainsFunc(chosen, func(b benchmark) bool { return !isEngine(b) }) {
		if e.registry, err = nodetest.Build(ctx, dir); err != nil {
			return err
		}
	}
	for _, b := range chosen {
		fmt.Printf("%s: %s\n", b.name, b.what)
		rows, err := b.run(ctx, e)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		text := table(rows)
		fmt.Println(text)
		if write {
			if err := record(filepath.Join("..", "docs", "benchmarks.md"), b, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// node starts a registry in a folder of its own.
func (e *env) node(ctx context.Context, settings map[string]string) (*nodetest.Node, error) {
	dir, err := os.MkdirTemp(e.dir, "node-")
	if err != nil {
		return nil, err
	}
	return nodetest.Start(ctx, nodetest.Options{Binary: e.registry, Dir: dir, Env: settings})
}

// host is the host and port of a URL without a path.
func host(url string) string { return strings.TrimPrefix(url, "http://") }
