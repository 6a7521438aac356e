package auth

import (
	"container/list"
	"context"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Class groups routes by what one request costs, for rate limits. Every route
// is registered with one.
type Class uint8

// The classes.
const (
	// Free is never limited: reads by id, GUID, version and latest, because a
	// restart of a thousand consumers must not fail; health.
	Free Class = iota
	// List: lists and search.
	List
	// Write: whatever changes something. Imports are Free, since only migrators
	// and admins may send them.
	Write
	// Expensive: compatibility, validation, inspection. They also meet a bound
	// on how many run at once.
	Expensive
	classes
)

// String names the class as metrics do.
func (c Class) String() string {
	return [...]string{Free: "free", List: "lists", Write: "writes", Expensive: "expensive"}[c]
}

// Rate is a token bucket: so many requests per second, with bursts. A zero
// PerSecond means no limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// RateLimits are the buckets of each class, per principal and node.
type RateLimits struct {
	List, Write, Expensive Rate
	// ExpensiveAtOnce bounds expensive requests at one time on this node.
	ExpensiveAtOnce int
	// FailedLogins per minute and address, and per minute and name.
	FailedLogins int
	// Buckets is how many callers are remembered.
	Buckets int
}

// DefaultRateLimits returns the limits in force when nothing is configured;
// processors is how many the node may use.
func DefaultRateLimits(processors int) RateLimits {
	return RateLimits{
		List: Rate{50, 200}, Write: Rate{50, 200}, Expensive: Rate{50, 100},
		ExpensiveAtOnce: 2 * processors, FailedLogins: 10, Buckets: 100_000,
	}
}

// Limiter holds the buckets.
type Limiter struct {
	// Refused, if set before the first use, is told the class of every request
	// that was one too many.
	Refused func(Class)

	clock   func() time.Time
	rates   [classes]Rate
	classes [classes]*buckets
	slots   chan struct{}
}

// NewLimiter builds the buckets for the limits.
func NewLimiter(l RateLimits, clock func() time.Time) *Limiter {
	out := &Limiter{clock: clock, slots: make(chan struct{}, max(1, l.ExpensiveAtOnce))}
	out.rates = [classes]Rate{List: l.List, Write: l.Write, Expensive: l.Expensive}
	for c := range out.classes {
		out.classes[c] = newBuckets(max(1, l.Buckets))
	}
	return out
}

// Take counts one request of a caller. When it is one too many, it returns how
// long to wait, else zero. Callers are told apart by principal, or by address
// when they are anonymous.
func (l *Limiter) Take(c Class, p *Principal, address string) time.Duration {
	r := l.rates[c]
	if c == Free || r.PerSecond <= 0 {
		return 0
	}
	key := p.Name
	if p.Anonymous() {
		key = AddressKey(address)
	}
	wait := l.classes[c].take(key, r, l.clock())
	if wait > 0 && l.Refused != nil {
		l.Refused(c)
	}
	return wait
}

// Enter waits for a place among the expensive requests; leave gives it back. It
// returns the error of the context when that ends first.
func (l *Limiter) Enter(ctx context.Context) (leave func(), err error) {
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots }, nil
	default:
	}
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// AddressKey reduces a client address to what limits count: an IPv4 address, or
// the /64 network of an IPv6 one. A port is dropped; text that is no address is
// kept as it is.
func AddressKey(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return address
		}
		a = ap.Addr()
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return p.String()
}

const bucketShards = 16

// buckets is a bounded map of token buckets; the least recently used goes first.
// It is split, so that callers rarely wait for each other.
type buckets struct {
	seed   maphash.Seed
	shards [bucketShards]struct {
		sync.Mutex
		byKey map[string]*list.Element
		order list.List // of *bucket, most recently used first
	}
	max int // per shard
}

type bucket struct {
	key     string
	limiter *rate.Limiter
}

func newBuckets(most int) *buckets {
	b := &buckets{seed: maphash.MakeSeed(), max: max(1, most/bucketShards)}
	for i := range b.shards {
		b.shards[i].byKey = map[string]*list.Element{}
	}
	return b
}

// with runs f on the bucket of a key, made full if it is new.
func (b *buckets) with(key string, r Rate, f func(*rate.Limiter) time.Duration) time.Duration {
	s := &b.shards[maphash.String(b.seed, key)%bucketShards]
	s.Lock()
	defer s.Unlock()
	e, ok := s.byKey[key]
	if ok {
		s.order.MoveToFront(e)
	} else {
		e = s.order.PushFront(&bucket{key, rate.NewLimiter(rate.Limit(r.PerSecond), max(1, r.Burst))})
		s.byKey[key] = e
		if s.order.Len() > b.max {
			last := s.order.Back()
			delete(s.byKey, s.order.Remove(last).(*bucket).key)
		}
	}
	return f(e.Value.(*bucket).limiter)
}

// take counts one and returns zero, or does not count and returns the wait.
func (b *buckets) take(key string, r Rate, now time.Time) time.Duration {
	return b.with(key, r, func(l *rate.Limiter) time.Duration {
		if l.AllowN(now, 1) {
			return 0
		}
		return wait(l, r, now)
	})
}

// peek returns the wait before the next one would be allowed, without counting.
func (b *buckets) peek(key string, r Rate, now time.Time) time.Duration {
	return b.with(key, r, func(l *rate.Limiter) time.Duration {
		if l.TokensAt(now) >= 1 {
			return 0
		}
		return wait(l, r, now)
	})
}

func wait(l *rate.Limiter, r Rate, now time.Time) time.Duration {
	missing := 1 - l.TokensAt(now)
	return max(time.Millisecond, time.Duration(missing/r.PerSecond*float64(time.Second)))
}

// len counts the buckets, for tests.
func (b *buckets) len() int {
	n := 0
	for i := range b.shards {
		s := &b.shards[i]
		s.Lock()
		n += s.order.Len()
		s.Unlock()
	}
	return n
}
