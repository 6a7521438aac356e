package telemetry

import (
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options configure [New].
type Options struct {
	Version, Commit string
	// ConfluentNames also serves the series of Confluent's exporter.
	ConfluentNames bool
	// MaxSubjects bounds the label values of subjects.
	MaxSubjects int
	// State is asked at every scrape; it must be quick and may be nil.
	State func() State
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Metrics holds every series of the server. It implements registry.Observer and
// the hooks of packages api and auth.
type Metrics struct {
	registry *prometheus.Registry
	now      func() time.Time
	http     httpMetrics
	log      logMetrics
	checks   checkMetrics
	access   accessMetrics
	replay   atomic.Int64 // duration of the first replay, µs

	panics, invariants *prometheus.CounterVec
	upcasts            *prometheus.CounterVec
	upcastFailures     *prometheus.CounterVec
	planBuilds         *prometheus.CounterVec
	subjects, ways     labels // ways are pairs of versions of a subject
	cacheHits          *prometheus.CounterVec
	cacheMisses        *prometheus.CounterVec
	tlsReloads         *prometheus.CounterVec
}

type logMetrics struct {
	appends   prometheus.Histogram
	redecided prometheus.Counter
	retries   *prometheus.CounterVec
	unknown   prometheus.Counter
	wakes     *prometheus.CounterVec
}

type checkMetrics struct {
	registrations, checks *prometheus.CounterVec
	duration              *prometheus.HistogramVec
}

type accessMetrics struct {
	attempts, limited *prometheus.CounterVec
}

// latencyBounds are the classic buckets of request times, in seconds.
var latencyBounds = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

const namespace = "instar"

// New makes the series and registers them.
func New(o Options) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), now: o.Now, subjects: labels{max: o.MaxSubjects}, ways: labels{max: waysPerSubject * o.MaxSubjects}}
	if m.now == nil {
		m.now = time.Now
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	build := m.gauge("build_info", "Always 1; the labels describe the program.", "version", "commit", "go")
	build.WithLabelValues(o.Version, o.Commit, runtime.Version()).Set(1)
	m.panics = m.counter("panics_total", "Panics that were caught; each is a bug.")
	m.panics.WithLabelValues()
	m.invariants = m.counter("invariant_violations_total", "Broken promises that were noticed; each is a bug.", "invariant")
	m.newUpcasts()
	m.cacheHits = m.counter("cache_hits_total", "Answers from a cache.", "cache")
	m.cacheMisses = m.counter("cache_misses_total", "Cache entries that had to be made.", "cache")
	m.tlsReloads = m.counter("tls_reloads_total", "Certificates read again.", "result")
	m.newHTTP()
	m.newLog()
	m.newChecks()
	m.access.attempts = m.counter("auth_attempts_total", "Credentials that were checked.", "method", "result")
	m.access.limited = m.counter("rate_limited_total", "Requests refused by a rate limit.", "class")
	if o.State != nil {
		m.registry.MustRegister(&stateCollector{state: o.State, m: m})
		if o.ConfluentNames {
			m.registry.MustRegister(&confluentCollector{state: o.State, m: m})
		}
	}
	return m
}

func (m *Metrics) newUpcasts() {
	m.upcasts = m.counter("upcast_events_total", "Events that were to be carried from one version to another, by what became of them.", "subject", "from", "to", "outcome")
	m.upcastFailures = m.counter("upcast_failures_total", "Events that ended in a dead letter or could not be carried, by the operation of the step and the code.", "op", "code")
	m.planBuilds = m.counter("upcast_plan_builds_total", "Ways between two versions that were proved and fused because none was kept.")
	m.planBuilds.WithLabelValues()
}

func (m *Metrics) newLog() {
	m.log.appends = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: namespace, Name: "log_append_duration_seconds", Help: "Time to make a change durable.", Buckets: latencyBounds,
	})
	m.log.redecided = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: namespace, Name: "log_redecided_total", Help: "Commands decided again because another change came first.",
	})
	m.log.unknown = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: namespace, Name: "log_unknown_outcomes_total", Help: "Writes whose outcome could not be found out in time.",
	})
	m.registry.MustRegister(m.log.appends, m.log.redecided, m.log.unknown)
	m.log.retries = m.counter("log_retries_total", "Transactions that were repeated.", "sqlstate")
	m.log.wakes = m.counter("log_wakes_total", "Reasons to look for news in the log.", "kind")
}

func (m *Metrics) newChecks() {
	m.checks.registrations = m.counter("registrations_total", "Registrations by outcome.", "format", "result")
	m.checks.checks = m.counter("compat_checks_total", "Compatibility checks by outcome.", "format", "level", "policy", "result")
	m.checks.duration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: "compat_check_duration_seconds", Help: "Time of one compatibility check.", Buckets: latencyBounds,
	}, []string{"format"})
	m.registry.MustRegister(m.checks.duration)
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

// Handler serves the series in the text or OpenMetrics format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}

// Committed implements registry.Observer.
func (m *Metrics) Committed(_, redecided int, d time.Duration) {
	m.log.appends.Observe(d.Seconds())
	m.log.redecided.Add(float64(redecided))
}

// Retry implements registry.Observer.
func (m *Metrics) Retry(class string) { m.log.retries.WithLabelValues(class).Inc() }

// UnknownOutcome implements registry.Observer.
func (m *Metrics) UnknownOutcome() { m.log.unknown.Inc() }

// Wake implements registry.Observer.
func (m *Metrics) Wake(kind string) { m.log.wakes.WithLabelValues(kind).Inc() }

// Replayed implements registry.Observer.
func (m *Metrics) Replayed(d time.Duration) { m.replay.Store(d.Microseconds()) }

// Registered implements registry.Observer.
func (m *Metrics) Registered(format, result string) {
	m.checks.registrations.WithLabelValues(format, result).Inc()
}

// Checked implements registry.Observer.
func (m *Metrics) Checked(format, level, policy, result string, d time.Duration) {
	m.checks.checks.WithLabelValues(format, level, policy, result).Inc()
	m.checks.duration.WithLabelValues(format).Observe(d.Seconds())
}

// Cache implements registry.Observer.
func (m *Metrics) Cache(name string, hit bool) {
	if hit {
		m.cacheHits.WithLabelValues(name).Inc()
		return
	}
	m.cacheMisses.WithLabelValues(name).Inc()
}

// Invariant implements registry.Observer.
func (m *Metrics) Invariant(name string) { m.invariants.WithLabelValues(name).Inc() }

// Panic counts a panic that was caught.
func (m *Metrics) Panic() { m.panics.WithLabelValues().Inc() }

// AuthAttempt counts a credential that was checked.
func (m *Metrics) AuthAttempt(method, result string) {
	m.access.attempts.WithLabelValues(method, result).Inc()
}

// RateLimited counts a request that a rate limit refused.
func (m *Metrics) RateLimited(class string) { m.access.limited.WithLabelValues(class).Inc() }

// PlanBuilt implements registry.Observer.
func (m *Metrics) PlanBuilt() { m.planBuilds.WithLabelValues().Inc() }

// waysPerSubject bounds the pairs of versions with label values of their own, as a
// mean over subjects.
const waysPerSubject = 10

// Upcast counts an event that was to be carried. Subjects beyond the bound, and pairs
// of versions, are _other.
func (m *Metrics) Upcast(subject string, from, to int, outcome string) {
	f, t := strconv.Itoa(from), strconv.Itoa(to)
	if subject = m.subjects.value(subject); subject == otherLabel || m.ways.value(f+" "+t+" "+subject) == otherLabel {
		f, t = otherLabel, otherLabel
	}
	m.upcasts.WithLabelValues(subject, f, t, outcome).Inc()
}

// UpcastFailure counts where an event ended; an operation that is empty is none.
func (m *Metrics) UpcastFailure(operation, code string) {
	m.upcastFailures.WithLabelValues(operation, code).Inc()
}

// TLSReload counts an attempt to read the certificates again.
func (m *Metrics) TLSReload(ok bool) {
	result := "ok"
	if !ok {
		result = "failed"
	}
	m.tlsReloads.WithLabelValues(result).Inc()
}

// Error counts an error code that was sent.
func (m *Metrics) Error(code int) { m.http.errors.WithLabelValues(strconv.Itoa(code)).Inc() }

// Limit counts a limit that was hit.
func (m *Metrics) Limit(name string) { m.http.limits.WithLabelValues(name).Inc() }
