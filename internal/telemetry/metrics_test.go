package telemetry

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, err, string(body))
	}
	return string(body)
}

func newMetrics(now *time.Time) *Metrics {
	return New(Options{
		Version: "1.2.3", Commit: "abc", ConfluentNames: true, MaxSubjects: 2,
		Now: func() time.Time { return *now },
		State: func() State {
			return State{
				Subjects: 3, Texts: 4, Live: [3]int64{1, 2, 3}, SoftDeleted: [3]int64{0, 0, 7}, Created: [3]int64{5, 6, 7},
				Deleted: [3]int64{1, 0, 0}, Registered: 18, DeletedChanges: 1, Head: 91, Applied: 90, LastContact: time.Unix(1000, 0),
				DBConnections: map[string]int{"idle": 2}, CacheEntries: map[string]int{"parsed": 9}, AuthDisabled: true,
				CertificateEnd: time.Unix(2000, 0),
			}
		},
	})
}

func TestSeries(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m := newMetrics(&now)
	m.Request("/subjects/:subject/versions", "POST", 200, 2*time.Millisecond, 100, 50)
	m.Request("/subjects/:subject/versions", "POST", 409, 4*time.Millisecond, 10, 20)
	m.Request("", "BREW", 404, time.Millisecond, 0, 0)
	m.Committed(1, 2, time.Millisecond)
	m.Retry("40001")
	m.UnknownOutcome()
	m.Wake("notify")
	m.Replayed(1500 * time.Millisecond)
	m.Registered("AVRO", "created")
	m.Checked("AVRO", "BACKWARD", "EXACT", "compatible", time.Millisecond)
	m.Cache("text", true)
	m.Cache("text", false)
	m.Invariant("I2")
	m.Panic()
	m.InFlight(1)
	m.Queued(time.Millisecond)
	m.Rejected("overload")
	m.Error(40401)
	m.Limit("schema-bytes")
	m.AuthAttempt("token", "ok")
	m.RateLimited("lists")
	m.TLSReload(false)
	for _, s := range []string{"a", "b", "c", "d"} {
		m.Upcast(s, 1, 3, "events")
		m.Upcast(s, 1, 3, "events")
	}
	m.UpcastFailure("convert", "O4")
	m.PlanBuilt()
	got := scrape(t, m)
	for _, want := range []string{
		`instar_build_info{commit="abc",go="go`,
		`instar_auth_disabled 1`, `instar_panics_total 1`, `instar_invariant_violations_total{invariant="I2"} 1`,
		`instar_http_requests_total{method="POST",route="/subjects/:subject/versions",status="200"} 1`,
		`instar_http_requests_total{method="other",route="unmatched",status="404"} 1`,
		`instar_http_request_duration_seconds_bucket{method="POST",route="/subjects/:subject/versions",le="0.0025"} 1`,
		`instar_http_request_bytes_total{method="POST",route="/subjects/:subject/versions"} 110`,
		`instar_http_response_bytes_total{method="POST",route="/subjects/:subject/versions"} 70`,
		`instar_http_in_flight 1`, `instar_http_queue_seconds_count 1`, `instar_http_rejected_total{reason="overload"} 1`,
		`instar_errors_total{error_code="40401"} 1`, `instar_limit_hits_total{limit="schema-bytes"} 1`,
		`instar_subjects 3`, `instar_schema_texts 4`, `instar_versions{format="PROTOBUF",state="soft_deleted"} 7`,
		`instar_registrations_total{format="AVRO",result="created"} 1`,
		`instar_compat_checks_total{format="AVRO",level="BACKWARD",policy="EXACT",result="compatible"} 1`,
		`instar_compat_check_duration_seconds_count{format="AVRO"} 1`,
		`instar_log_head_sequence 91`, `instar_log_applied_sequence 90`, `instar_log_last_contact_timestamp_seconds 1000`,
		`instar_log_append_duration_seconds_count 1`, `instar_log_redecided_total 2`, `instar_log_retries_total{sqlstate="40001"} 1`,
		`instar_log_unknown_outcomes_total 1`, `instar_log_wakes_total{kind="notify"} 1`, `instar_replay_duration_seconds 1.5`,
		`instar_db_connections{state="idle"} 2`, `instar_cache_hits_total{cache="text"} 1`, `instar_cache_misses_total{cache="text"} 1`,
		`instar_cache_entries{cache="parsed"} 9`, `instar_auth_attempts_total{method="token",result="ok"} 1`,
		`instar_rate_limited_total{class="lists"} 1`, `instar_tls_reloads_total{result="failed"} 1`,
		`instar_tls_not_after_timestamp_seconds{file="certificate"} 2000`,
		`instar_upcast_events_total{from="1",outcome="events",subject="a",to="3"} 2`,
		`instar_upcast_events_total{from="_other",outcome="events",subject="_other",to="_other"} 4`,
		`instar_upcast_failures_total{code="O4",op="convert"} 1`, `instar_upcast_plan_builds_total 1`,
		`go_goroutines`, `process_resident_memory_bytes`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s", want)
		}
	}
	if strings.Contains(got, "BREW") {
		t.Error("a method of the client's choice became a label")
	}
}

// confluentSeries are the names that the vendor's dashboard and alerts ask for,
// without the JVM's.
func confluentSeries() []string {
	out := []string{
		"registered_count", "deleted_count", `schemas_created{schema_type="avro"}`, `schemas_created{schema_type="json"}`,
		`schemas_created{schema_type="protobuf"}`, `schemas_deleted{schema_type="avro"}`, `schemas_deleted{schema_type="json"}`,
		`schemas_deleted{schema_type="protobuf"}`, "api_success_count", "api_failure_count", "jetty_metrics_connections_active",
		"jetty_metrics_connections_opened_rate", "jetty_metrics_connections_closed_rate", "metrics_connection_count",
		"master_slave_role", "node_count", "leader_initialization_latency", "custom_schema_provider_count",
		"certificate_expiration_keystore", "certificate_expiration_truststore",
	}
	for _, e := range append([]string{""}, endpoints...) {
		if e != "" {
			e += "_"
		}
		for _, stat := range []string{
			"request_rate", "response_rate", "request_error_rate", "request_latency_avg", "request_latency_max", "request_latency_95",
			"request_latency_99", "request_byte_rate", "response_byte_rate", "request_size_avg", "request_size_max", "response_size_avg", "response_size_max",
		} {
			out = append(out, "jersey_metrics_"+e+stat)
		}
	}
	return out
}

func TestConfluentSeriesArePresentAfterOneRequest(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m := newMetrics(&now)
	m.Request("/subjects", "GET", 200, 2*time.Millisecond, 0, 2)
	got := "\n" + scrape(t, m)
	for _, s := range confluentSeries() {
		if !strings.Contains(got, "\n"+confluentPrefix+s+" ") {
			t.Errorf("missing %s", s)
		}
	}
	if len(endpoints) < 35 {
		t.Errorf("only %d endpoints", len(endpoints))
	}
}

func TestConfluentWindow(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m := newMetrics(&now)
	for i := range 60 {
		status := 200
		if i%2 == 1 {
			status = 404
		}
		m.Request("/subjects/{subject}/versions/{version}", "GET", status, time.Duration(i+1)*time.Millisecond, int64(i), 100)
	}
	m.ConnState(nil, http.StateNew)
	m.ConnState(nil, http.StateNew)
	m.ConnState(nil, http.StateClosed)
	now = now.Add(29 * time.Second)
	got := "\n" + scrape(t, m)
	const p = "kafka_schema_registry_"
	for _, want := range []string{
		p + "jersey_metrics_subjects_versions_get_schema_request_rate 2", p + "jersey_metrics_request_rate 2",
		p + "jersey_metrics_request_error_rate 1", p + "jersey_metrics_request_latency_avg 30.5", p + "jersey_metrics_request_latency_max 60",
		p + "jersey_metrics_request_size_max 59", p + "jersey_metrics_response_byte_rate 200", p + "jersey_metrics_response_size_avg 100",
		p + "api_success_count 30", p + "api_failure_count 30", p + "jetty_metrics_connections_active 1",
		p + "metrics_connection_count 1", p + "leader_initialization_latency 0", p + "certificate_expiration_keystore 2e+06",
		p + "registered_count 18", p + `schemas_created{schema_type="json"} 6`,
	} {
		if !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("missing %s", want)
		}
	}
	now = now.Add(2 * time.Second)
	if got := scrape(t, m); !strings.Contains(got, p+"jersey_metrics_request_rate 0\n") {
		t.Error("requests older than the window still count")
	}
}

// Bucket bounds grow, and no latency lies above the bound of its bucket or more
// than a quarter below it.
func TestLatencyBuckets(t *testing.T) {
	for _, micros := range []int64{0, 1, 3, 4, 5, 7, 8, 9, 100, 999, 1000, 12345, 1e6, 1e7, 1.2e8} {
		bound := bucketBound(latencyBucket(micros))
		if float64(micros) > bound || bound > 1.25*float64(micros)+1 {
			t.Errorf("%d µs falls into a bucket that ends at %v", micros, bound)
		}
	}
	for b := 1; b < latencyBuckets; b++ {
		if bucketBound(b) <= bucketBound(b-1) {
			t.Errorf("bucket %d does not lie above bucket %d", b, b-1)
		}
	}
	if latencyBucket(math.MaxInt64) != latencyBuckets-1 || latencyBucket(-5) != 0 {
		t.Error("extreme latencies leave the table")
	}
}

func TestQuantiles(t *testing.T) {
	var w window
	now := time.Unix(5000, 0)
	for i := 1; i <= 100; i++ {
		w.add(now, false, time.Duration(i)*time.Millisecond, 0, 0)
	}
	var total totals
	w.read(now, &total)
	for q, want := range map[float64]float64{0.5: 50, 0.95: 95, 0.99: 99, 1: 100} {
		if got := total.quantile(q); got < want || got > want*1.25 {
			t.Errorf("quantile %v is %v, want about %v", q, got, want)
		}
	}
}

func TestWindowUnderConcurrency(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m := newMetrics(&now)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 1000 {
				m.Request(fmt.Sprintf("/r%d", i%5), "GET", 200+g%2, time.Microsecond, 1, 1)
			}
		})
	}
	wg.Wait()
	if n := m.http.succeeded.Load(); n != 8000 {
		t.Errorf("%d requests counted, want 8000", n)
	}
}

// Every route of the table has a well-formed, distinct key.
func TestEndpointTable(t *testing.T) {
	var names []string
	for route, e := range endpointRoutes {
		method, path, _ := strings.Cut(route, " ")
		if endpointOf(method, strings.ReplaceAll(path, "{}", ":x")) != e || endpointOf(method, strings.ReplaceAll(path, "{}", "{x}")) != e {
			t.Errorf("%s is not found again", route)
		}
		names = append(names, e)
	}
	sort.Strings(names)
	if endpointOf("GET", "/nonsense") != "" || endpointOf("HEAD", "/subjects/") != "subjects_list" {
		t.Error("unknown routes must have no endpoint, HEAD counts as GET")
	}
}

func BenchmarkRequest(b *testing.B) {
	m := New(Options{})
	b.ReportAllocs()
	for b.Loop() {
		m.Request("/schemas/ids/:id", "GET", 200, 300*time.Microsecond, 0, 500)
	}
}
