package telemetry

import (
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// httpMetrics measures requests. Series are looked up in a map that is replaced
// as a whole when a new combination appears, so that the hot path takes no lock
// and allocates nothing.
type httpMetrics struct {
	series atomic.Pointer[map[seriesKey]*series]
	mu     sync.Mutex // serialises replacements of series and windows

	requests          *prometheus.CounterVec
	duration          *prometheus.HistogramVec
	bytesIn, bytesOut *prometheus.CounterVec
	inFlight          prometheus.Gauge
	queue             prometheus.Histogram
	rejected          *prometheus.CounterVec
	errors, limits    *prometheus.CounterVec
	windows           map[string]*window // by Confluent's endpoint, "" for all others
	succeeded, failed atomic.Int64
	connections       atomic.Int64
	opened, closed    window
}

type seriesKey struct {
	route, method string
	status        int
}

type series struct {
	requests  prometheus.Counter
	duration  prometheus.Observer
	in, out   prometheus.Counter
	window    *window
	unmatched bool
}

// unmatched is the route label of requests that no route took.
const unmatched = "unmatched"

var knownMethods = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true,
	http.MethodPatch: true, http.MethodDelete: true, http.MethodOptions: true,
}

func (m *Metrics) newHTTP() {
	h := &m.http
	h.requests = m.counter("http_requests_total", "Requests by route template.", "route", "method", "status")
	h.duration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: "http_request_duration_seconds", Help: "Time to answer.", Buckets: latencyBounds,
		NativeHistogramBucketFactor: 1.2, NativeHistogramMaxBucketNumber: 60, NativeHistogramMinResetDuration: time.Hour,
	}, []string{"route", "method"})
	h.bytesIn = m.counter("http_request_bytes_total", "Bytes of request bodies.", "route", "method")
	h.bytesOut = m.counter("http_response_bytes_total", "Bytes of response bodies.", "route", "method")
	h.inFlight = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "http_in_flight", Help: "Requests being served."})
	h.queue = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: namespace, Name: "http_queue_seconds", Help: "Time requests waited for a free place.", Buckets: latencyBounds,
	})
	m.registry.MustRegister(h.duration, h.inFlight, h.queue)
	h.rejected = m.counter("http_rejected_total", "Requests refused before they reached a handler.", "reason")
	h.errors = m.counter("errors_total", "Error codes that were sent.", "error_code")
	h.limits = m.counter("limit_hits_total", "Limits that were hit.", "limit")
	h.windows = map[string]*window{}
	h.series.Store(&map[seriesKey]*series{})
}

// Request counts an answered request. The route is a template of the route
// table, or empty when none matched.
func (m *Metrics) Request(route, method string, status int, d time.Duration, in, out int64) {
	s := (*m.http.series.Load())[seriesKey{route, method, status}]
	if s == nil {
		s = m.newSeries(route, method, status)
	}
	s.requests.Inc()
	s.duration.Observe(d.Seconds())
	s.in.Add(float64(in))
	s.out.Add(float64(out))
	if s.unmatched {
		return
	}
	failed := status >= 400
	if failed {
		m.http.failed.Add(1)
	} else {
		m.http.succeeded.Add(1)
	}
	s.window.add(m.now(), failed, d, in, out)
}

// newSeries makes a series known. Methods that are none of ours share a label
// and are not remembered, so that inventing methods fills no memory.
func (m *Metrics) newSeries(route, method string, status int) *series {
	h := &m.http
	label, methodLabel := route, method
	if label == "" {
		label = unmatched
	}
	if !knownMethods[method] {
		methodLabel = "other"
	}
	s := &series{
		requests: h.requests.WithLabelValues(label, methodLabel, strconv.Itoa(status)),
		duration: h.duration.WithLabelValues(label, methodLabel),
		in:       h.bytesIn.WithLabelValues(label, methodLabel), out: h.bytesOut.WithLabelValues(label, methodLabel),
		unmatched: label == unmatched,
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s.window = h.window(endpointOf(method, route))
	if methodLabel == "other" {
		return s
	}
	next := maps.Clone(*h.series.Load())
	next[seriesKey{route, method, status}] = s
	h.series.Store(&next)
	return s
}

// window returns the window of an endpoint, made at its first request because
// most servers never see most routes. The caller holds mu.
func (h *httpMetrics) window(endpoint string) *window {
	w := h.windows[endpoint]
	if w == nil {
		w = &window{}
		h.windows[endpoint] = w
	}
	return w
}

// InFlight adds to the requests being served.
func (m *Metrics) InFlight(delta int) { m.http.inFlight.Add(float64(delta)) }

// Queued observes how long a request waited for a free place.
func (m *Metrics) Queued(d time.Duration) { m.http.queue.Observe(d.Seconds()) }

// Rejected counts a request refused before it reached a handler.
func (m *Metrics) Rejected(reason string) { m.http.rejected.WithLabelValues(reason).Inc() }

// ConnState follows the connections of an http.Server.
func (m *Metrics) ConnState(_ net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		m.http.connections.Add(1)
		m.http.opened.add(m.now(), false, 0, 0, 0)
	case http.StateClosed, http.StateHijacked:
		m.http.connections.Add(-1)
		m.http.closed.add(m.now(), false, 0, 0, 0)
	case http.StateActive, http.StateIdle:
	}
}
