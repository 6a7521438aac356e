package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
)

// TestKill kills a working registry again and again, at the named points of its
// stores and at random moments, and demands after each kill that everything it
// acknowledged is there, that whatever was not answered can be repeated, and
// that nothing was done twice.
func TestKill(t *testing.T) {
	for name, env := range map[string]func(*testing.T) map[string]string{"sqlite": onSQLite, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) {
			k := newKilling(t, env(t))
			k.t.Logf("seed %d", k.seed)
			for i := 0; i < *kills && !t.Failed(); i += 2 {
				k.round(i / 2)
			}
			verify(t, k.bin, k.env)
			k.report()
		})
	}
}

// TestKillWhileOpening kills a registry at each point of its first start, in
// the middle of a migration too; the next start must find no half schema.
func TestKillWhileOpening(t *testing.T) {
	for name, env := range map[string]func(*testing.T) map[string]string{"sqlite": onSQLite, "postgres": onPostgres} {
		for _, point := range points(t) {
			if !strings.HasPrefix(point, "migrate.") && !strings.HasPrefix(point, "open.") {
				continue
			}
			t.Run(name+" "+point, func(t *testing.T) {
				k := newKilling(t, env(t))
				n := k.launch(point + "=kill@1")
				select {
				case <-n.Done():
				case <-time.After(5 * time.Second):
					n.Kill()
					if name == "sqlite" || !strings.HasPrefix(point, "open.") {
						t.Errorf("the point %s was not reached:\n%s", point, n.Log())
					}
				}
				k.checkAll()
				verify(t, k.bin, k.env)
			})
		}
	}
}

// points are the named points of the stores.
func points(t *testing.T) []string {
	t.Helper()
	names := constants(t, "../store/internal/failpoint/*.go", regexp.MustCompile(`^[a-z]+(\.[a-z]+)?$`))
	if len(names) < 25 {
		t.Fatalf("only %d failpoints were found: %q", len(names), names)
	}
	return names
}

// rare are the points that a run passes once, or that only a few commands pass.
var rare = regexp.MustCompile(`^(open|migrate|snapshot)\.|^text\.drop|^guard\.(release|drop)`)

type killing struct {
	t        *testing.T
	bin      string
	dir      string
	env      map[string]string
	seed     uint64
	rnd      *rand.Rand
	points   []string
	writers  []*writer
	tally    []*tally
	struck   map[string]int
	atRandom int
}

func newKilling(t *testing.T, env map[string]string) *killing {
	t.Helper()
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	env["INSTAR_STORAGE_SNAPSHOT_EVERY"] = "100" // the smallest, so that kills hit snapshots too
	k := &killing{
		t: t, bin: program(t, failing), dir: t.TempDir(), env: env, seed: s,
		rnd: rand.New(rand.NewPCG(s, 0)), points: points(t), struck: map[string]int{},
	}
	for i := range 6 {
		k.tally = append(k.tally, &tally{})
		k.writers = append(k.writers, newWriter(fmt.Sprintf("w%d", i), s+uint64(i), k.tally[i]))
	}
	return k
}

// report says what was done, and demands that repeats were answered from the
// log: a run in which none was proves nothing about them.
func (k *killing) report() {
	k.t.Helper()
	var sum tally
	for _, t := range k.tally {
		sum.acknowledged += t.acknowledged
		sum.repeated += t.repeated
		sum.replayed += t.replayed
	}
	named := 0
	for _, n := range k.struck {
		named += n
	}
	k.t.Logf("%d commands acknowledged, %d repeated after a kill, %d of them had been done", sum.acknowledged, sum.repeated, sum.replayed)
	k.t.Logf("%d kills at named points %v, %d at random moments", named, k.struck, k.atRandom)
	if sum.acknowledged == 0 || sum.repeated == 0 {
		k.t.Error("no command was acknowledged, or none was in flight when the registry was killed")
	}
}

// launch starts a process with a plan of failpoints.
func (k *killing) launch(plan string) *nodetest.Node {
	k.t.Helper()
	env := map[string]string{"INSTAR_FAILPOINT": plan}
	if plan == "" {
		delete(env, "INSTAR_FAILPOINT")
	}
	for name, value := range k.env {
		env[name] = value
	}
	n, err := nodetest.Launch(nodetest.Options{Binary: k.bin, Dir: k.dir, Env: env})
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(n.Kill)
	return n
}

// round kills twice: at a named point, and after a full comparison at a random
// moment.
func (k *killing) round(i int) {
	k.t.Helper()
	point := k.points[(i+int(k.seed%uint64(len(k.points))))%len(k.points)] // short runs begin elsewhere each time
	visit := 1 + k.rnd.IntN(20)
	if rare.MatchString(point) {
		visit = 1
	}
	n := k.launch(fmt.Sprintf("%s=kill@%d", point, visit))
	if k.ready(n) {
		k.work(n, 1500*time.Millisecond)
	}
	select {
	case <-n.Done():
		k.struck[point]++
	default: // the point was not passed often enough
		n.Kill()
		k.atRandom++
	}

	n = k.checkAll()
	k.work(n, time.Duration(k.rnd.Int64N(int64(120*time.Millisecond))))
	n.Kill()
	k.atRandom++
}

// ready waits until a node is, or says that it was killed before.
func (k *killing) ready(n *nodetest.Node) bool {
	ctx, cancel := context.WithTimeout(k.t.Context(), 30*time.Second)
	defer cancel()
	err := n.WaitReady(ctx)
	if err != nil && ctx.Err() != nil {
		k.t.Fatal(err)
	}
	return err == nil
}

// work lets all writers work until the node ends or the time is over.
func (k *killing) work(n *nodetest.Node, most time.Duration) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), most)
	defer cancel()
	c := nodetest.NewClient(n.URL, len(k.writers), 10*time.Second)
	defer c.Close()
	k.each(func(w *writer) error { return w.work(ctx, c) })
}

// checkAll starts a registry that no failpoint kills, repeats what was not
// answered and compares everything.
func (k *killing) checkAll() *nodetest.Node {
	k.t.Helper()
	n := k.launch("")
	if !k.ready(n) {
		k.t.Fatalf("the registry does not start after a kill:\n%s", n.Log())
	}
	ctx, cancel := context.WithTimeout(k.t.Context(), 30*time.Second)
	defer cancel()
	c := nodetest.NewClient(n.URL, len(k.writers), 10*time.Second)
	defer c.Close()
	k.each(func(w *writer) error { return w.settle(ctx, c) })
	k.each(func(w *writer) error { return w.compare(ctx, c) })
	if k.t.Failed() {
		k.t.Fatalf("seed %d; the log of the registry:\n%s", k.seed, n.Log())
	}
	return n
}

// each runs a step of all writers at once.
func (k *killing) each(step func(*writer) error) {
	k.t.Helper()
	errs := make([]error, len(k.writers))
	var wg sync.WaitGroup
	for i, w := range k.writers {
		wg.Go(func() { errs[i] = step(w) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		k.t.Error(err)
	}
}
