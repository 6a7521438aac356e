package lint

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/instar-registry/instar/compat"
)

// Request is one run.
type Request struct {
	Head  Tree
	Bases []Base
	// Config is that of the head, or what the caller insists on. BaseConfig is
	// that of the first base; nil if it has none.
	Config, BaseConfig *Config
	// Baseline are the findings that were known when the gate was switched on.
	Baseline []Waiver
	// Version is that of the program, for the report.
	Version string
	// Now decides which waivers are over.
	Now time.Time
	// Jobs is how many pairs are judged at once; 0 is one for each processor.
	// The report does not depend on it.
	Jobs int
	// Level and Policy, if set, hold for this run only.
	Level  *compat.Level
	Policy *compat.Policy
	// Subject, if set, keeps the subjects that it matches; Paths, if not empty,
	// those of files at or below one of them.
	Subject string
	Paths   []string
	// Full judges subjects that did not change, too.
	Full   bool
	FailOn string
	// Verdict says who decides about a base that is a registry: [VerdictLocal],
	// which is what empty means, [VerdictServer] or [VerdictBoth].
	Verdict string
	// Clock, if set, measures what each pair costs. Progress, if set, is told how
	// far the run is.
	Clock    func() time.Time
	Progress func(Progress)
	// Fixes looks for edits that remove the findings.
	Fixes bool
	// MostFixes bounds for how many findings that is done, the worst first; 0
	// stands for all.
	MostFixes int
	// Cache, if set, has what earlier runs learned. Build names the program, whose
	// answers alone it may give again, Scope the repository. VerifyCache computes
	// what the cache has, too, and fails where it differs.
	Cache        Cache
	Build, Scope string
	VerifyCache  bool
	// Uncommitted says that the base is the commit that the head was made from: a
	// run in which no schema differs is refused, because it says nothing of what is
	// committed.
	Uncommitted bool
	// Remarks are lines for the head of the report.
	Remarks []string
}

// Progress is how far a run is: Read of Files schema files were looked at for
// what they use, Done of Pairs subjects judged.
type Progress struct{ Files, Read, Pairs, Done, Findings int }

// Base is what the head is compared with.
type Base struct {
	Tree Tree
	// Earlier returns the snapshots before the base that a history names, newest
	// first; nil where there can be none.
	Earlier func(context.Context, History) ([]Tree, error)
	// Optional says that the run goes on without the base if it cannot be read,
	// as long as there is another one.
	Optional bool
}

// run is the state of one comparison.
type run struct {
	*Request
	head      *side
	units     []unit
	heads     map[string][]unit
	report    Report
	only      func(file string) bool
	results   []result
	mu        sync.Mutex
	looking   sync.Mutex // for texts before a base
	done      Progress
	documents []document
	ignores   []ignore
	repo      []Finding // about the repository
	shared    *outlines // of earlier runs; nil without a cache
	differs   bool      // some schema, or what it uses, from a base
	asked     map[*job]*asked
}

// Compare compares the head with every base and says what breaks. An error is a
// mistake in the use or an input that cannot be read; findings so far are then
// in the report, which is marked as not complete.
func Compare(ctx context.Context, q Request) (Report, error) {
	x := &run{Request: &q, head: newSide(q.Head, q.Config), report: NewReport(q.Version)}
	x.head.memo, x.head.store = newMemo(), x.newParsedStore()
	x.report.Head, x.report.Summary.FailOn = q.Head.Snap(), q.FailOn
	x.report.Summary.Remarks = append(x.report.Summary.Remarks, q.Remarks...)
	err := x.all(ctx)
	x.report.Complete = err == nil
	x.finish()
	if err == nil && x.Fixes {
		err = x.repairAll(ctx)
	}
	if err == nil {
		err = x.head.store.mistake()
	}
	if err != nil {
		x.report.Summary.Reason = err.Error()
		if ctx.Err() != nil {
			x.report.Summary.Reason = context.Cause(ctx).Error()
		}
	}
	x.report.Complete = err == nil
	x.report.Count()
	return x.report, err
}

func (x *run) all(ctx context.Context) error {
	var err error
	if x.only, err = x.filter(); err != nil {
		return err
	}
	x.loadOutlines()
	defer x.storeOutlines()
	if err = x.head.checkLock(ctx); err != nil {
		return err
	}
	if x.units, err = x.head.choose(ctx, x.Config, x.only); err != nil {
		return err
	}
	if x.heads, err = bySubject(x.units, "the head"); err != nil {
		return err
	}
	var jobs []job
	read := 0
	for i := range x.Bases {
		list, err := x.pair(ctx, i)
		if err != nil && x.Bases[i].Optional && (read > 0 || i+1 < len(x.Bases)) && ctx.Err() == nil {
			x.report.Summary.Remarks = append(x.report.Summary.Remarks, x.Bases[i].Tree.Snap().Name+" could not be read and is left out: "+err.Error())
			continue
		}
		if err != nil {
			return err
		}
		read++
		jobs = append(jobs, list...)
	}
	if read == 0 {
		return &InputError{Rule: "evcheck/nothing-compared", What: "no base could be read", Hint: "the remarks of the report say why"}
	}
	if len(jobs) == 0 {
		return x.nothing()
	}
	if x.Uncommitted && !x.differs {
		return &InputError{
			Rule: RuleBaseIsHead, What: "the base is the commit that is checked out, and no schema of the working tree differs from it, so every change that is committed would be missed",
			Hint: "name the commit before the change: --against git:REF; what is not committed is compared with it, too",
		}
	}
	if err := x.repository(ctx); err != nil {
		return err
	}
	if err := x.readDocuments(ctx); err != nil {
		return err
	}
	return x.judgeAll(ctx, jobs)
}

// nothing explains a run that had nothing to compare: that is never a pass.
func (x *run) nothing() error {
	e := &InputError{Rule: "evcheck/nothing-compared", What: "no schema file was found in the head or a base"}
	if x.Config.File != "" {
		e.Hint = "correct sources in " + x.Config.File
	} else {
		e.Hint = "looked for *.avsc, *.proto, *.schema.json and JSON files with a $schema; map others in " + ConfigFile + " (evcheck init writes one)"
	}
	if x.Subject != "" || len(x.Paths) > 0 {
		e.Hint = "no subject is left by the paths or --subject of this run"
	}
	return e
}

// filter is what the command line leaves of the files.
func (x *run) filter() (func(string) bool, error) {
	if len(x.Paths) == 0 {
		return nil, nil //nolint:nilnil // no filter
	}
	return func(file string) bool {
		return slices.ContainsFunc(x.Paths, func(p string) bool {
			return p == "." || file == p || strings.HasPrefix(file, strings.TrimSuffix(p, "/")+"/")
		})
	}, nil
}

// wanted reports whether --subject keeps a subject.
func (x *run) wanted(subject string) bool {
	if x.Subject == "" {
		return true
	}
	g, err := newGlob(x.Subject)
	return err == nil && (g.match(subject) || subject == x.Subject)
}

// judgeAll judges the jobs, several at once, and keeps their order.
func (x *run) judgeAll(ctx context.Context, jobs []job) error {
	x.results = make([]result, len(jobs))
	x.done.Pairs = len(jobs)
	return x.each(ctx, len(jobs), func(ctx context.Context, i int) error {
		err := x.judge(ctx, &jobs[i], &x.results[i])
		x.tell(func(p *Progress) { p.Done++; p.Findings += len(x.results[i].findings) })
		return err
	})
}

// each does something for the numbers below a count, several at once, until one
// fails.
func (x *run) each(ctx context.Context, count int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	var once sync.Once
	next := make(chan int)
	var workers sync.WaitGroup
	n := x.Jobs
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	for range min(n, count) {
		workers.Go(func() {
			for i := range next {
				if err := do(ctx, i); err != nil {
					once.Do(func() { failed = err; cancel() })
				}
			}
		})
	}
	for i := range count {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	workers.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

// tell counts something and says so.
func (x *run) tell(count func(*Progress)) {
	if x.Progress == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	count(&x.done)
	x.Progress(x.done)
}
