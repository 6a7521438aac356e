package auth

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	limits := DefaultRateLimits(2)
	limits.Write = Rate{PerSecond: 2, Burst: 3}
	l := NewLimiter(limits, func() time.Time { return now })
	ci := &Principal{Name: "token:ci"}
	anonymous := &Principal{Name: anonymousName}
	for i := range 3 {
		if wait := l.Take(Write, ci, "192.0.2.1"); wait != 0 {
			t.Fatalf("request %d waits %v", i, wait)
		}
	}
	if wait := l.Take(Write, ci, "192.0.2.1"); wait != 500*time.Millisecond {
		t.Errorf("waits %v, want 500ms", wait)
	}
	if l.Take(Write, &Principal{Name: "token:other"}, "192.0.2.1") != 0 || l.Take(List, ci, "") != 0 {
		t.Error("another principal or class is limited too")
	}
	for range 1000 {
		if l.Take(Free, ci, "") != 0 {
			t.Fatal("free requests are limited")
		}
	}
	now = now.Add(500 * time.Millisecond)
	if l.Take(Write, ci, "") != 0 {
		t.Error("the bucket does not refill")
	}
	for range 3 {
		l.Take(Write, anonymous, "2001:db8::1")
	}
	if l.Take(Write, anonymous, "2001:db8::ffff") == 0 {
		t.Error("one /64 has several buckets")
	}
	if l.Take(Write, anonymous, "2001:db8:0:1::1") != 0 {
		t.Error("another /64 is limited")
	}
}

func TestBucketsAreBounded(t *testing.T) {
	b := newBuckets(160)
	for i := range 5000 {
		b.take(fmt.Sprint(i), Rate{1, 1}, time.Unix(int64(i), 0))
	}
	if n := b.len(); n > 160 {
		t.Errorf("%d buckets", n)
	}
}

func TestAddressKey(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:80": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "unix": "unix",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "[2001:db8:1:2:3::4]:99": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := AddressKey(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestExpensiveAtOnce(t *testing.T) {
	limits := DefaultRateLimits(1)
	limits.ExpensiveAtOnce = 1
	l := NewLimiter(limits, time.Now)
	leave, err := l.Enter(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Enter(ctx); err == nil {
		t.Error("two at once")
	}
	leave()
	if leave, err = l.Enter(ctx); err != nil {
		t.Errorf("the place was not given back: %v", err)
	} else {
		leave()
	}
}
