package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/instar-registry/instar/internal/oracle"
	"github.com/instar-registry/instar/schema"
)

// engineBenchmarks measure the compatibility engines in this process or in a
// child of it, without a registry.
func engineBenchmarks() []benchmark {
	return []benchmark{
		{"compat", "the engines beside their bars", bars},
		{"oracle", "answers of the engines held to what is known without them", answers},
		{"upcast-avro", "carrying Avro events, beside Go written by hand and hamba/avro", upcastAvro},
		{"upcast-proto", "carrying Protobuf events, beside Go written by hand and generated code", upcastProto},
		{"upcast-json", "carrying JSON events, beside Go written by hand, sonic, encoding/json and JSONata", upcastJSON},
		{"replay", "published histories, edit by edit, in both directions", replay},
	}
}

// isEngine tells the benchmarks that need no registry: those of evcheck are among
// them.
func isEngine(b benchmark) bool {
	for _, e := range append(engineBenchmarks(), linterBenchmarks()...) {
		if e.name == b.name {
			return true
		}
	}
	return false
}

// repository is where the test data of the repository is, from this folder.
const repository = ".."

func (e *env) files() oracle.Files {
	return oracle.Files{Repository: repository, Corpora: os.Getenv("INSTAR_CORPORA")}
}

// tallyRow sums up the answers to one kind of question. A wrong answer is an
// error: there is no figure to publish then.
func tallyRow(what string, t *oracle.Tally, note string) (row, error) {
	if t.WrongCount > 0 {
		return row{}, fmt.Errorf("%s: %d wrong answers, the first: %s", what, t.WrongCount, t.Wrong[0])
	}
	if t.BugCount > 0 {
		note = strings.Trim(fmt.Sprintf("%s; %d left open by a mistake that the engine found itself", note, t.BugCount), "; ")
	}
	return row{
		what,
		fmt.Sprintf("%d questions, 0 wrong, %.2f %% decided; p50 %s, p95 %s, max %s", t.Asked(), 100*t.Decided(), micros(t.Quantile(0.5)), micros(t.Quantile(0.95)), millis(t.Quantile(1))),
		note,
	}, nil
}

// answers asks what the oracle knows, at the size of a release.
func answers(ctx context.Context, e *env) ([]row, error) {
	var rows []row
	add := func(what string, t *oracle.Tally, note string) error {
		r, err := tallyRow(what, t, note)
		rows = append(rows, r)
		return err
	}
	all := oracle.NewTally()
	for _, s := range oracle.Suites {
		t := oracle.NewTally()
		groups, err := e.files().Groups(s)
		if err != nil {
			return nil, err
		}
		for i := range groups {
			list, err := groups[i].Questions(s.Draft)
			if err != nil {
				return nil, err
			}
			if err := oracle.AskAll(ctx, t, list); err != nil {
				return nil, err
			}
		}
		all.Include(t)
		if err := add("official suite, "+s.Folder, t, fmt.Sprintf("two questions for each of %d tests; undecided: %s", s.Tests, reasons(t))); err != nil {
			return nil, err
		}
	}
	if err := add("official suite, all drafts", all, "aim: 0 wrong, ≥ 99.5 % decided"); err != nil {
		return nil, err
	}
	table := oracle.NewTally()
	for i := range oracle.Table {
		q, err := oracle.Table[i].Question()
		if err != nil {
			return nil, err
		}
		if err := oracle.AskAll(ctx, table, []oracle.Question{q}); err != nil {
			return nil, err
		}
	}
	if err := add("table of minimal pairs", table, "aim: all decided"); err != nil {
		return nil, err
	}
	random := oracle.NewTally()
	if err := oracle.Random(ctx, random, 1<<40, e.pairs/oracle.RandomPairs(1)+1, schema.Budget{}); err != nil {
		return nil, err
	}
	if err := add("random pairs of small JSON Schemas", random, "held to every value of a universe of "+fmt.Sprint(oracle.UniverseSize())+"; aim: 0 contradictions in 1,000,000; undecided: "+reasons(random)); err != nil {
		return nil, err
	}
	avro := oracle.NewTally()
	events, err := oracle.AvroEvents(ctx, avro, 1<<20, e.events)
	if err != nil {
		return nil, err
	}
	return rows, add("random pairs of Avro schemas", avro, fmt.Sprintf("%d events encoded under the writer and read under the reader, twice; aim: 0 contradictions in 1,000,000", events))
}

// leftOut lists the edits that were not asked about, by the reason.
func leftOut(r *oracle.Replay) string {
	var list []string
	for why, n := range r.Left {
		list = append(list, fmt.Sprintf("%d (%s)", n, why))
	}
	if len(list) == 0 {
		return "nothing"
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// reasons lists why questions are open.
func reasons(t *oracle.Tally) string {
	if len(t.Reasons) == 0 {
		return "none"
	}
	return fmt.Sprint(t.Reasons)[len("map"):]
}

// replayCommand makes this program replay the histories, so that its memory is
// that of the replay alone.
const replayCommand = "replay-histories"

// replayed is what the child answers: a line for each history.
type replayed struct {
	Rows    []struct{ What, Value, Note string }
	Answers time.Duration // processor time of all answers
}

// replay has a child replay the histories and measures it as a process.
func replay(ctx context.Context, e *env) ([]row, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, replayCommand)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the child that replays: %w", err)
	}
	var answer replayed
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, err
	}
	var rows []row
	for _, r := range answer.Rows {
		rows = append(rows, row{r.What, r.Value, r.Note})
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return nil, fmt.Errorf("this system does not tell the memory of a process")
	}
	return append(rows,
		row{"processor time of the whole replay", fmt.Sprintf("%.1f s", cpu.Seconds()), fmt.Sprintf("reading, asking, confirming, holding to events by both validators and generating those; answers alone %.1f s; aim ≤ 60 s", answer.Answers.Seconds())},
		row{"memory of the replay at its highest", fmt.Sprintf("%.0f MiB", float64(usage.Maxrss)/1024), "aim ≤ 500 MB"}), nil
}

// replayHistories is what the child does.
func replayHistories(ctx context.Context) error {
	files := (&env{}).files()
	var answer replayed
	for _, project := range oracle.Projects {
		begin := time.Now()
		r, err := files.Replay(ctx, project)
		if err != nil {
			return err
		}
		if _, err := tallyRow(r.Name, r.Tally, ""); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s (%v)\n", r, time.Since(begin).Round(time.Millisecond))
		answer.Answers += r.Total()
		v := r.Verdicts
		answer.Rows = append(answer.Rows, struct{ What, Value, Note string }{
			r.Name,
			fmt.Sprintf("%d edits; %d compatible, %d incompatible, %d unknown (%.2f %% decided), 0 wrong", r.Edits, v[schema.Compatible], v[schema.Incompatible], v[schema.Unknown], 100*r.Decided()),
			fmt.Sprintf("left out: %s; %d breaks, all with a witness; %d events read as promised, %d of them published; undecided: %s", leftOut(r), r.Breaks, r.Events, r.Payloads, reasons(r.Tally)),
		}, struct{ What, Value, Note string }{
			r.Name + ", time of an answer",
			fmt.Sprintf("p50 %s, p95 %s, max %s", micros(r.Quantile(0.5)), micros(r.Quantile(0.95)), millis(r.Quantile(1))),
			fmt.Sprintf("proofs: p50 %s, p95 %s; with witness: p50 %s, p95 %s; reading all texts %s, all answers %s",
				micros(r.QuantileOf(schema.Compatible, 0.5)), micros(r.QuantileOf(schema.Compatible, 0.95)),
				micros(r.QuantileOf(schema.Incompatible, 0.5)), micros(r.QuantileOf(schema.Incompatible, 0.95)), millis(r.Parsing), millis(r.Total())),
		})
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}
