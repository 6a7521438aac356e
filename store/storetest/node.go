package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/instar-registry/instar/registry"
)

// node follows a log as the service does: it knows a prefix, decides on it
// together with what is newer, and repeats what failed until the log holds it
// exactly once.
type node struct {
	log      registry.Log
	head     registry.Head
	requests []string // by sequence, from 1
	index    map[string]int64
}

func newNode(log registry.Log) *node { return &node{log: log, index: map[string]int64{}} }

func (n *node) apply(records []registry.Record) error {
	head, err := registry.VerifyChain(n.head, records)
	if err != nil {
		return err
	}
	n.head = head
	for _, r := range records {
		if old, twice := n.index[r.Request]; twice {
			return fmt.Errorf("request %s was appended at %d and again at %d", r.Request, old, r.Seq)
		}
		n.index[r.Request] = r.Seq
		n.requests = append(n.requests, r.Request)
	}
	return nil
}

// catchUp reads to the end.
func (n *node) catchUp(ctx context.Context) error {
	for {
		page, err := n.log.Read(ctx, n.head, 100)
		if retryable(err) && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		if err := n.apply(page); err != nil {
			return err
		}
	}
}

// put appends one entry under a request id, once, whatever the log answers.
func (n *node) put(ctx context.Context, request string) error {
	for ctx.Err() == nil {
		done, err := n.try(ctx, request)
		if done || err != nil {
			return err
		}
	}
	return ctx.Err()
}

// try makes one attempt and catches up, so that the next decides on what the
// last has perhaps written.
func (n *node) try(ctx context.Context, request string) (bool, error) {
	there := false
	records, err := n.log.Update(ctx, n.head, func(newer []registry.Record, head registry.Head) (registry.Append, error) {
		there = false
		if head.Seq != n.head.Seq+int64(len(newer)) {
			return registry.Append{}, fmt.Errorf("decide was shown %d records after %d at head %d", len(newer), n.head.Seq, head.Seq)
		}
		_, there = n.index[request]
		for _, r := range newer {
			there = there || r.Request == request
		}
		if there {
			return registry.Append{}, nil
		}
		return registry.Append{Entries: []registry.Entry{entry(request)}}, nil
	})
	if err != nil && !retryable(err) {
		return false, err
	}
	if err == nil && !there && len(records) != 1 {
		return false, fmt.Errorf("append of %s returned %d records", request, len(records))
	}
	if caught := n.catchUp(ctx); caught != nil {
		return false, caught
	}
	if err != nil {
		return false, nil
	}
	if n.index[request] == 0 {
		return false, fmt.Errorf("append of %s was acknowledged, and it is not in the log", request)
	}
	return true, nil
}

func retryable(err error) bool {
	return errors.Is(err, registry.ErrUnavailable) || errors.Is(err, registry.ErrUnknownOutcome)
}

// mustHoldOnce checks that the log is exactly the requests, in any order.
func mustHoldOnce(tb testing.TB, log registry.Log, want []string) {
	tb.Helper()
	n := newNode(log)
	if err := n.apply(mustReadAll(tb, log)); err != nil {
		tb.Fatal(err)
	}
	for _, r := range want {
		if n.index[r] == 0 {
			tb.Fatalf("request %s was acknowledged and is not in the log", r)
		}
	}
	if len(n.requests) != len(want) {
		tb.Fatalf("the log holds %d records and %d were acknowledged", len(n.requests), len(want))
	}
}
