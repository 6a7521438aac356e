package telemetry

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// windowSeconds is the span over which Confluent's gauges are computed.
const windowSeconds = 30

// A window keeps the requests of the last 30 seconds in one slot per second. It
// is written without locks: a request that arrives in the very instant in which
// a slot is taken for a new second may be lost from the window, never from the
// counters. Two slots more than the span keep the oldest one readable while the
// newest one is being written.
type window struct {
	slots [windowSeconds + 2]slot
}

type slot struct {
	second                   atomic.Int64
	n, errors, micros        atomic.Int64
	maxMicros, maxIn, maxOut atomic.Int64
	in, out                  atomic.Int64
	latency                  [latencyBuckets]atomic.Uint32
}

// latencyBuckets counts four buckets for every doubling of microseconds, up to
// 2^27 µs, more than two minutes: an error of a quantile below 25 %.
const latencyBuckets = 4 * 28

func latencyBucket(micros int64) int {
	if micros < 4 {
		return int(max(micros, 0))
	}
	exponent := bits.Len64(uint64(micros)) - 1 // ≥ 2
	quarter := int(micros>>(exponent-2)) & 3
	return min(4*(exponent-1)+quarter, latencyBuckets-1)
}

// bucketBound is the largest value that falls into a bucket.
func bucketBound(bucket int) float64 {
	if bucket < 4 {
		return float64(bucket)
	}
	exponent, quarter := bucket/4+1, bucket%4
	return float64((int64(4+quarter+1) << (exponent - 2)) - 1)
}

func (w *window) add(now time.Time, failed bool, d time.Duration, in, out int64) {
	second := now.Unix()
	s := &w.slots[second%int64(len(w.slots))]
	if old := s.second.Load(); old != second && s.second.CompareAndSwap(old, second) {
		s.clear()
	}
	micros := d.Microseconds()
	s.n.Add(1)
	s.micros.Add(micros)
	s.in.Add(in)
	s.out.Add(out)
	if failed {
		s.errors.Add(1)
	}
	raise(&s.maxMicros, micros)
	raise(&s.maxIn, in)
	raise(&s.maxOut, out)
	s.latency[latencyBucket(micros)].Add(1)
}

func (s *slot) clear() {
	for _, v := range []*atomic.Int64{&s.n, &s.errors, &s.micros, &s.maxMicros, &s.maxIn, &s.maxOut, &s.in, &s.out} {
		v.Store(0)
	}
	for i := range s.latency {
		s.latency[i].Store(0)
	}
}

func raise(v *atomic.Int64, to int64) {
	for {
		old := v.Load()
		if to <= old || v.CompareAndSwap(old, to) {
			return
		}
	}
}

// totals are the sums of one or several windows.
type totals struct {
	n, errors, micros, in, out int64
	maxMicros, maxIn, maxOut   int64
	latency                    [latencyBuckets]int64
}

// read adds what the window holds of the last 30 seconds.
func (w *window) read(now time.Time, t *totals) {
	second := now.Unix()
	for i := range w.slots {
		s := &w.slots[i]
		if age := second - s.second.Load(); age < 0 || age >= windowSeconds {
			continue
		}
		t.n += s.n.Load()
		t.errors += s.errors.Load()
		t.micros += s.micros.Load()
		t.in += s.in.Load()
		t.out += s.out.Load()
		t.maxMicros = max(t.maxMicros, s.maxMicros.Load())
		t.maxIn = max(t.maxIn, s.maxIn.Load())
		t.maxOut = max(t.maxOut, s.maxOut.Load())
		for b := range s.latency {
			t.latency[b] += int64(s.latency[b].Load())
		}
	}
}

func (t *totals) add(o *totals) {
	t.n += o.n
	t.errors += o.errors
	t.micros += o.micros
	t.in += o.in
	t.out += o.out
	t.maxMicros = max(t.maxMicros, o.maxMicros)
	t.maxIn = max(t.maxIn, o.maxIn)
	t.maxOut = max(t.maxOut, o.maxOut)
	for b := range o.latency {
		t.latency[b] += o.latency[b]
	}
}

func perSecond(n int64) float64 { return float64(n) / windowSeconds }

func average(sum, n int64) float64 {
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n)
}

// quantile returns the latency in milliseconds below which the share q lies.
func (t *totals) quantile(q float64) float64 {
	rank := int64(math.Ceil(q * float64(t.n)))
	if rank == 0 {
		return 0
	}
	var seen int64
	for b, n := range t.latency {
		if seen += n; seen >= rank {
			return min(bucketBound(b), float64(t.maxMicros)) / 1000
		}
	}
	return float64(t.maxMicros) / 1000
}
