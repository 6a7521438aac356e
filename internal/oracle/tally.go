package oracle

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/instar-registry/instar/schema"
)

// Tally sums up answers. It is safe for concurrent use.
type Tally struct {
	mu       sync.Mutex
	Verdicts map[schema.Verdict]int
	// Reasons counts the first reason of every UNKNOWN, by name.
	Reasons map[schema.Reason]int
	// Wrong lists the questions with a wrong answer, at most maxWrong of them;
	// WrongCount counts them all.
	Wrong      []string
	WrongCount int
	// Bugs lists the questions at which an engine found a mistake of its own, at
	// most maxWrong of them; BugCount counts them all.
	Bugs     []string
	BugCount int
	// Open lists questions that stay undecided, at most maxWrong.
	Open []string
	// Breaks and Witnesses count the breaks of class data and their witnesses.
	Breaks, Witnesses int
	took              []time.Duration
	verdicts          []schema.Verdict // beside took
	longest           time.Duration
	// Slowest is the question that took longest.
	Slowest string
}

const maxWrong = 200

// NewTally returns an empty tally.
func NewTally() *Tally {
	return &Tally{Verdicts: map[schema.Verdict]int{}, Reasons: map[schema.Reason]int{}}
}

// Add counts an answer.
func (t *Tally) Add(q *Question, a *Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Verdicts[a.Verdict]++
	if a.Verdict == schema.Unknown && len(a.Undecided) > 0 {
		t.Reasons[a.Undecided[0].Reason]++
		if len(t.Open) < maxWrong {
			t.Open = append(t.Open, fmt.Sprintf("%s: %s: %s", q.Name, a.Undecided[0].Reason, a.Undecided[0].What))
		}
	}
	for i := range a.Breaks {
		if a.Breaks[i].Class == schema.ClassData {
			t.Breaks++
			if a.Breaks[i].Witness != nil {
				t.Witnesses++
			}
		}
	}
	t.verdicts = append(t.verdicts, a.Verdict)
	if t.took = append(t.took, a.Took); a.Took > t.longest {
		t.longest, t.Slowest = a.Took, q.Name
	}
	if len(a.Faults) > 0 {
		t.fault(q.Name, a.Faults)
	}
	if len(a.Bugs) > 0 {
		if t.BugCount++; len(t.Bugs) < maxWrong {
			t.Bugs = append(t.Bugs, fmt.Sprintf("%s: %q", q.Name, a.Bugs))
		}
	}
}

// Include counts all that another tally has counted, which must be at rest.
func (t *Tally) Include(o *Tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for v, n := range o.Verdicts {
		t.Verdicts[v] += n
	}
	for r, n := range o.Reasons {
		t.Reasons[r] += n
	}
	t.WrongCount, t.BugCount = t.WrongCount+o.WrongCount, t.BugCount+o.BugCount
	t.Wrong, t.Bugs, t.Open = append(t.Wrong, o.Wrong...), append(t.Bugs, o.Bugs...), append(t.Open, o.Open...)
	t.Breaks, t.Witnesses = t.Breaks+o.Breaks, t.Witnesses+o.Witnesses
	t.took, t.verdicts = append(t.took, o.took...), append(t.verdicts, o.verdicts...)
	if o.longest > t.longest {
		t.longest, t.Slowest = o.longest, o.Slowest
	}
}

// Fault counts a question as answered wrongly for a reason that the answer
// alone does not show.
func (t *Tally) Fault(name, what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault(name, []string{what})
}

func (t *Tally) fault(name string, what []string) {
	t.WrongCount++
	if len(t.Wrong) < maxWrong {
		t.Wrong = append(t.Wrong, fmt.Sprintf("%s: %q", name, what))
	}
}

// Asked is the number of questions.
func (t *Tally) Asked() int { return len(t.took) }

// Decided is the share of questions that were answered, from 0 to 1.
func (t *Tally) Decided() float64 {
	if len(t.took) == 0 {
		return 0
	}
	return 1 - float64(t.Verdicts[schema.Unknown])/float64(len(t.took))
}

// Quantile returns the time within which the share q of the answers came.
func (t *Tally) Quantile(q float64) time.Duration { return quantile(slices.Clone(t.took), q) }

// QuantileOf is Quantile over the answers of one verdict.
func (t *Tally) QuantileOf(v schema.Verdict, q float64) time.Duration {
	var of []time.Duration
	for i, d := range t.took {
		if t.verdicts[i] == v {
			of = append(of, d)
		}
	}
	return quantile(of, q)
}

// quantile sorts the times.
func quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[min(len(times)-1, int(q*float64(len(times))))]
}

// Total is the time that all answers took.
func (t *Tally) Total() time.Duration {
	var sum time.Duration
	for _, d := range t.took {
		sum += d
	}
	return sum
}

// String is one line of figures.
func (t *Tally) String() string {
	return fmt.Sprintf("%d questions: %d compatible, %d incompatible, %d unknown (%.3f %% decided) %v; %d wrong, %d bugs; p50 %v, p95 %v, max %v",
		t.Asked(), t.Verdicts[schema.Compatible], t.Verdicts[schema.Incompatible], t.Verdicts[schema.Unknown],
		100*t.Decided(), t.Reasons, t.WrongCount, t.BugCount, t.Quantile(0.5), t.Quantile(0.95), t.Quantile(1))
}

// AskAll puts all questions, on all processors, and counts the answers.
func AskAll(ctx context.Context, t *Tally, questions []Question) error {
	return Each(ctx, len(questions), func(i int) error {
		a, err := Ask(ctx, &questions[i])
		if err == nil {
			t.Add(&questions[i], &a)
		}
		return err
	})
}

// Each calls f for 0 to n-1 on all processors and waits. It stops at the first
// error.
func Each(ctx context.Context, n int, f func(int) error) error {
	var next, failed atomic.Int64
	errs := make([]error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for failed.Load() == 0 {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if errs[w] = errors.Join(ctx.Err(), f(i)); errs[w] != nil {
					failed.Store(1)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
