package registry

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

func TestRefusalsAreBoundedPerActor(t *testing.T) {
	log := newMemLog()
	var now atomic.Int64
	now.Store(time.Date(2026, 1, 1, 12, 0, 30, 0, time.UTC).UnixMicro())
	clock := func() time.Time { return time.UnixMicro(now.Load()) }
	n := start(t, log, func(o *Options) { o.Clock = clock; o.PollInterval = time.Hour })
	refuse := func(actor string, times int) {
		for range times {
			n.Refused(Refusal{Actor: actor, Request: "r", Route: "POST /subjects/:subject/versions", Subject: "s", Status: 409, Code: 409})
		}
	}
	refuse("loud", 250)
	refuse("quiet", 3)
	n.flushRefusals(context.Background())
	now.Add(time.Minute.Microseconds())
	refuse("quiet", 1)
	n.flushRefusals(context.Background())

	rows, summed := map[string]int{}, map[string]int{}
	for _, r := range log.refusals {
		if r.Times == 1 {
			rows[r.Actor]++
		}
		summed[r.Actor] += r.Times
	}
	if rows["loud"] != 100 || summed["loud"] != 250 || rows["quiet"] != 4 || summed["quiet"] != 4 {
		t.Errorf("rows %v, with counts %v", rows, summed)
	}

	now.Add((91 * 24 * time.Hour).Microseconds())
	refuse("late", 1)
	n.flushRefusals(context.Background())
	if len(log.refusals) != 1 || log.refusals[0].Actor != "late" {
		t.Errorf("%d refusals are kept after 91 days", len(log.refusals))
	}
}

func TestRefusalsWaitForTheStore(t *testing.T) {
	log := newMemLog()
	n := start(t, log, func(o *Options) { o.PollInterval = time.Hour })
	log.setFail(func(op string) error {
		if op == "refused" {
			return ErrUnavailable
		}
		return nil
	})
	n.Refused(Refusal{Actor: "a", Status: 403})
	n.flushRefusals(context.Background())
	log.setFail(nil)
	if err := n.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(log.refusals) != 1 {
		t.Errorf("%d refusals after the store came back, want 1", len(log.refusals))
	}
}
