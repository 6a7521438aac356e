package oracle

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

var files = Files{Repository: "../..", Corpora: os.Getenv("INSTAR_CORPORA")}

// size is how much a test does: what an environment variable says, or what fits
// into every run.
func size(t testing.TB, variable string, usual int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" && underRace {
		return max(usual/20, 1)
	}
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// knownWrong are questions whose answers are known to be wrong, by the beginning
// of their names. It is empty but for the time between a finding and its repair.
var knownWrong []string

func isKnownWrong(name string) bool {
	return slices.ContainsFunc(knownWrong, func(known string) bool { return strings.HasPrefix(name, known) })
}

// large marks a test that asks too much for the race detector. The engines start
// no goroutines; the tests of random schemas ask them on all processors.
func large(t *testing.T) {
	t.Helper()
	if underRace {
		t.Skip("it takes minutes under the race detector, and shares nothing that TestRandom does not")
	}
}

// hold fails the test for every wrong answer, and if less is decided than the
// share, in percent.
func hold(t *testing.T, tally *Tally, percent float64) {
	t.Helper()
	t.Log(tally)
	for _, w := range tally.Wrong {
		if isKnownWrong(w) {
			t.Log("known: " + w)
			continue
		}
		t.Error(w)
	}
	if tally.WrongCount > len(tally.Wrong) {
		t.Errorf("%d wrong answers in all", tally.WrongCount)
	}
	if tally.BugCount > 0 {
		t.Errorf("%d times an engine found a mistake of its own:\n%s", tally.BugCount, strings.Join(tally.Bugs, "\n"))
	}
	if decided := 100 * tally.Decided(); decided < percent {
		t.Errorf("%.3f %% are decided, less than %.3f %%:\n%s", decided, percent, strings.Join(tally.Open, "\n"))
	}
	if tally.Breaks != tally.Witnesses {
		t.Errorf("%d breaks, %d witnesses", tally.Breaks, tally.Witnesses)
	}
}

// TestSuite asks both questions of every test of the official suite.
func TestSuite(t *testing.T) {
	large(t)
	for _, s := range Suites {
		t.Run(s.Folder, func(t *testing.T) {
			groups, err := files.Groups(s)
			if err != nil {
				t.Fatal(err)
			}
			var all []Question
			for i := range groups {
				list, err := groups[i].Questions(s.Draft)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, list...)
			}
			if len(all) != 2*s.Tests {
				t.Errorf("%d questions for %d tests", len(all), s.Tests)
			}
			tally := NewTally()
			if err := AskAll(t.Context(), tally, all); err != nil {
				t.Fatal(err)
			}
			hold(t, tally, suiteDecided)
		})
	}
}

// TestTable asks about every pair of the table, and whether comparing the texts
// gets as much wrong as the table says.
func TestTable(t *testing.T) {
	tally := NewTally()
	for i := range Table {
		row := &Table[i]
		q, err := row.Question()
		if err != nil {
			t.Fatal(err)
		}
		a, err := Ask(t.Context(), &q)
		if err != nil {
			t.Fatal(err)
		}
		tally.Add(&q, &a)
		for _, b := range a.Breaks {
			if b.Witness != nil && row.Event != "" && weight(string(b.Witness.Value)) > weight(row.Event) {
				t.Errorf("%s: the event %s is larger than %s", q.Name, b.Witness.Value, row.Event)
			}
		}
		if row.Strict == silent {
			continue
		}
		r, err := compat.Check(t.Context(), compat.Request{
			Candidate: q.Reader, History: []compat.Version{{Number: 1, Parsed: q.Writer}}, Level: compat.Backward, Policy: compat.Strict,
		})
		if err != nil || r.Refused != (row.Strict == refuses) {
			t.Errorf("%s: STRICT refuses: %t (%v)", q.Name, r.Refused, err)
		}
	}
	hold(t, tally, tableDecided)
}

// TestRandom asks about pairs of small schemas whose values are known.
// INSTAR_ORACLE_PAIRS says how many; a release takes 1,000,000.
func TestRandom(t *testing.T) {
	families := size(t, "INSTAR_ORACLE_PAIRS", 20_000)/RandomPairs(1) + 1
	tally := NewTally()
	if err := Random(t.Context(), tally, uint64(size(t, "INSTAR_ORACLE_SEED", 1)), families, schema.Budget{}); err != nil {
		t.Fatal(err)
	}
	hold(t, tally, randomDecided)
}

// The shares of questions that must be decided, in percent.
const (
	suiteDecided   = 99.5
	tableDecided   = 100
	randomDecided  = 99.9
	lawsDecided    = 99.5
	historyDecided = 99
	hostileDecided = 80
)
