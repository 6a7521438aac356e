// Package storetest is the conformance suite that every [registry.Log] must
// pass, and a wrapper that injects faults. A new store is done when [Run] is
// green on it, plain and behind [Faulty].
//
// The suite speaks to a log only through the contract. What needs a look into
// the tables lies with the engines.
package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/instar-registry/instar/registry"
)

// Store is one empty database and the ways to reach it.
type Store struct {
	// Open returns a handle as another server would hold, closed at the end of
	// the test.
	Open func(tb testing.TB) registry.Log
	// Start opens as a starting server does, on a database that may not have
	// been set up. The caller closes. A store for one server waits for its turn.
	Start func(ctx context.Context) (registry.Log, error)
	// OpenHooked opens a handle whose every step towards the database asks hook
	// first and takes its error as the step's own. It is nil for a store
	// without a database. The steps are "write", "query", "tx.query", "batch",
	// "commit" and, after a commit that succeeded, "committed".
	OpenHooked func(tb testing.TB, hook func(ctx context.Context, step string) error) registry.Log
	// Notifies says that an append on one handle wakes the others.
	Notifies bool
	// Brief shortens the long tests, for a second set-up of a store that runs
	// them in full with the first. The flag -short and the race detector do so
	// for all.
	Brief bool
}

func (s Store) brief() bool { return s.Brief || underRace || testing.Short() }

// Run runs the whole suite. fresh must return a store on an empty database.
func Run(t *testing.T, fresh func(tb testing.TB) Store) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Store)
	}{
		{"append and read back", appendAndReadBack},
		{"read history", readHistory},
		{"largest transaction", largestTransaction},
		{"decide sees newer entries", decideSeesNewer},
		{"decide refuses", decideRefuses},
		{"empty append", emptyAppend},
		{"writers wait, readers do not", writersWait},
		{"sixteen writers", sixteenWriters},
		{"follower beside writers", followerBesideWriters},
		{"paging", paging},
		{"wake", wake},
		{"texts", texts},
		{"guards", guards},
		{"limits", limits},
		{"epoch", epoch},
		{"replaced", replaced},
		{"cancel", cancel},
		{"cancel while waiting", cancelWaiting},
		{"close with waiters", closeWithWaiters},
		{"snapshots", snapshots},
		{"refusals", refusals},
		{"faults of the log", faultsOfTheLog},
		{"faults of the database", faultsOfTheDatabase},
		{"cancel at every step", cancelAtEveryStep},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, fresh(t)) })
	}
	t.Run("eight starters", func(t *testing.T) { eightStarters(t, fresh) })
}

// timeout bounds each test's dealings with a log.
const timeout = 2 * time.Minute

func withTimeout(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), timeout)
	tb.Cleanup(cancel)
	return ctx
}

func entry(request string) registry.Entry {
	return registry.Entry{
		At: 1_700_000_000_000_000, Actor: "user:ada", Request: request,
		Kind: "config_set", Payload: `{"v":1}`,
	}
}

func entries(prefix string, n int) []registry.Entry {
	out := make([]registry.Entry, n)
	for i := range out {
		out[i] = entry(fmt.Sprintf("%s-%d", prefix, i))
	}
	return out
}

func text(body string) registry.Text {
	return registry.Text{Hash: sha256.Sum256([]byte(body)), Body: body}
}

// appendNow appends without looking at what is newer.
func appendNow(ctx context.Context, log registry.Log, a registry.Append) ([]registry.Record, error) {
	head, err := log.Head(ctx)
	if err != nil {
		return nil, err
	}
	return log.Update(ctx, head, func([]registry.Record, registry.Head) (registry.Append, error) { return a, nil })
}

func mustAppend(tb testing.TB, log registry.Log, a registry.Append) []registry.Record {
	tb.Helper()
	records, err := appendNow(withTimeout(tb), log, a)
	if err != nil {
		tb.Fatalf("append: %v", err)
	}
	if len(records) != len(a.Entries) {
		tb.Fatalf("append returned %d records for %d entries", len(records), len(a.Entries))
	}
	return records
}

func mustHead(tb testing.TB, log registry.Log) registry.Head {
	tb.Helper()
	head, err := log.Head(withTimeout(tb))
	if err != nil {
		tb.Fatalf("head: %v", err)
	}
	return head
}

// mustReadAll reads the whole log and checks that it is one chain which ends at
// the head.
func mustReadAll(tb testing.TB, log registry.Log) []registry.Record {
	tb.Helper()
	ctx := withTimeout(tb)
	var out []registry.Record
	at := registry.Head{Epoch: mustHead(tb, log).Epoch}
	for {
		page, err := log.Read(ctx, at, 1000)
		if err != nil {
			tb.Fatalf("read after %d: %v", at.Seq, err)
		}
		if at, err = registry.VerifyChain(at, page); err != nil {
			tb.Fatalf("verify after %d: %v", at.Seq, err)
		}
		out = append(out, page...)
		if len(page) < 1000 {
			break
		}
	}
	if head := mustHead(tb, log); head != at {
		tb.Fatalf("the log reads to %+v and its head is %+v", at, head)
	}
	return out
}

// mustBe checks the class of an error, and that it is of no other.
func mustBe(tb testing.TB, err, class error) {
	tb.Helper()
	if !errors.Is(err, class) {
		tb.Fatalf("the error is %v, and not of the class %q", err, class)
	}
	for _, other := range classes {
		if other != class && errors.Is(err, other) {
			tb.Fatalf("the error %v is of the class %q too", err, other)
		}
	}
}

// mustBeBug checks that an error is of no class that a caller may retry.
func mustBeBug(tb testing.TB, err error) {
	tb.Helper()
	if err == nil {
		tb.Fatal("no error")
	}
	for _, class := range classes {
		if errors.Is(err, class) {
			tb.Fatalf("the error %v is of the class %q", err, class)
		}
	}
}

var classes = []error{
	registry.ErrUnavailable, registry.ErrDiskFull, registry.ErrUnknownOutcome, registry.ErrReplaced,
}
