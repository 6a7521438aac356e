package telemetry

import (
	"maps"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// endpointRoutes maps our routes, parameters written {}, to the names under
// which Confluent's server measures its operations, dots and dashes written as
// its exporter writes them.
var endpointRoutes = map[string]string{
	"GET /subjects":                               "subjects_list",
	"POST /subjects/{}":                           "subjects_get_schema",
	"DELETE /subjects/{}":                         "subjects_delete_subject",
	"GET /subjects/{}/metadata":                   "subjects_get_latest_with_metadata",
	"POST /subjects/{}/versions":                  "subjects_versions_register",
	"GET /subjects/{}/versions":                   "subjects_versions_list",
	"GET /subjects/{}/versions/{}":                "subjects_versions_get_schema",
	"GET /subjects/{}/versions/{}/schema":         "subjects_versions_get_schema_only",
	"GET /subjects/{}/versions/{}/referencedby":   "subjects_versions_list_schema_refs",
	"DELETE /subjects/{}/versions/{}":             "subjects_versions_deleteschemaversion_schema",
	"POST /subjects/{}/versions/{}/tags":          "subjects_versions_modify_tags",
	"GET /schemas":                                "schemas_get_schemas",
	"GET /schemas/types":                          "schemas_get_types",
	"GET /schemas/ids/{}":                         "schemas_ids_get_schema",
	"GET /schemas/ids/{}/schema":                  "schemas_ids_get_schema_only",
	"GET /schemas/ids/{}/subjects":                "schemas_get_subjects",
	"GET /schemas/ids/{}/versions":                "schemas_get_versions",
	"GET /schemas/guids/{}":                       "schemas_guids_get_schema",
	"GET /schemas/guids/{}/ids":                   "schemas_guids_get_ids",
	"POST /compatibility/subjects/{}/versions/{}": "compatibility_subjects_versions_verify",
	"POST /compatibility/subjects/{}/versions":    "compatibility_subjects_versions_verify",
	"GET /config":                                 "config_get_global",
	"PUT /config":                                 "config_update_global",
	"DELETE /config":                              "config_delete_global",
	"GET /config/{}":                              "config_get_subject",
	"PUT /config/{}":                              "config_update_subject",
	"DELETE /config/{}":                           "config_delete_subject",
	"GET /mode":                                   "mode_get_global",
	"PUT /mode":                                   "mode_update_global",
	"DELETE /mode":                                "mode_delete_global",
	"GET /mode/{}":                                "mode_get_subject",
	"PUT /mode/{}":                                "mode_update_subject",
	"DELETE /mode/{}":                             "mode_delete_subject",
	"GET /contexts":                               "contexts_list",
	"DELETE /contexts/{}":                         "context_delete",
	"GET /v1/metadata/id":                         "metadata_id",
	"GET /v1/metadata/version":                    "metadata_version",
	"GET /v1/metadata/deployment":                 "metadata_deployment",
}

// endpoints lists the names once each.
var endpoints = func() []string {
	seen := map[string]bool{}
	var out []string
	for _, e := range endpointRoutes {
		if !seen[e] {
			seen[e] = true
			out = append(out, e)
		}
	}
	return out
}()

// endpointOf returns Confluent's name for a route, or "".
func endpointOf(method, route string) string {
	if method == "HEAD" {
		method = "GET"
	}
	parts := strings.Split(strings.TrimSuffix(route, "/"), "/")
	for i, p := range parts {
		if strings.HasPrefix(p, ":") || strings.HasPrefix(p, "{") {
			parts[i] = "{}"
		}
	}
	return endpointRoutes[method+" "+strings.Join(parts, "/")]
}

// confluentCollector serves the series that Confluent's JMX exporter makes of
// its beans, so that dashboards and alerts written for it keep working.
type confluentCollector struct {
	state func() State
	m     *Metrics
}

const confluentPrefix = "kafka_schema_registry_"

// Describe implements prometheus.Collector. Sending nothing makes the collector
// unchecked: its names come from a table and are the same at every scrape.
func (c *confluentCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *confluentCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.state()
	now := c.m.now()
	put := func(name string, v float64) {
		d := prometheus.NewDesc(confluentPrefix+name, "As Confluent's exporter names it.", nil, nil)
		ch <- prometheus.MustNewConstMetric(d, prometheus.UntypedValue, v)
	}
	put("registered_count", float64(s.Registered))
	put("deleted_count", float64(s.DeletedChanges))
	byType(ch, "schemas_created", s.Created)
	byType(ch, "schemas_deleted", s.Deleted)
	put("api_success_count", float64(c.m.http.succeeded.Load()))
	put("api_failure_count", float64(c.m.http.failed.Load()))
	put("master_slave_role", 1)
	put("node_count", 1)
	put("custom_schema_provider_count", 0)
	put("leader_initialization_latency", float64(c.m.replay.Load())/1000)
	put("certificate_expiration_keystore", milliseconds(s.CertificateEnd))
	put("certificate_expiration_truststore", milliseconds(s.ClientCAEnd))
	c.connections(now, put)
	c.requests(now, put)
}

func byType(ch chan<- prometheus.Metric, name string, counts [3]int64) {
	d := prometheus.NewDesc(confluentPrefix+name, "As Confluent's exporter names it.", []string{"schema_type"}, nil)
	for i, f := range Formats {
		ch <- prometheus.MustNewConstMetric(d, prometheus.UntypedValue, float64(counts[i]), strings.ToLower(f))
	}
}

func milliseconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli())
}

func (c *confluentCollector) connections(now time.Time, put func(string, float64)) {
	active := float64(c.m.http.connections.Load())
	var opened, closed totals
	c.m.http.opened.read(now, &opened)
	c.m.http.closed.read(now, &closed)
	put("jetty_metrics_connections_active", active)
	put("jetty_metrics_connections_opened_rate", perSecond(opened.n))
	put("jetty_metrics_connections_closed_rate", perSecond(closed.n))
	put("metrics_connection_count", active)
}

func (c *confluentCollector) requests(now time.Time, put func(string, float64)) {
	var all totals
	c.m.http.mu.Lock()
	windows := maps.Clone(c.m.http.windows)
	c.m.http.mu.Unlock()
	for _, endpoint := range append([]string{""}, endpoints...) {
		var t totals
		if w := windows[endpoint]; w != nil {
			w.read(now, &t)
			all.add(&t)
		}
		if endpoint != "" {
			t.put("jersey_metrics_"+endpoint+"_", put)
		}
	}
	all.put("jersey_metrics_", put)
}

// put writes the gauges of one endpoint, latencies in milliseconds.
func (t *totals) put(prefix string, put func(string, float64)) {
	put(prefix+"request_rate", perSecond(t.n))
	put(prefix+"response_rate", perSecond(t.n))
	put(prefix+"request_error_rate", perSecond(t.errors))
	put(prefix+"request_latency_avg", average(t.micros, t.n)/1000)
	put(prefix+"request_latency_max", float64(t.maxMicros)/1000)
	put(prefix+"request_latency_95", t.quantile(0.95))
	put(prefix+"request_latency_99", t.quantile(0.99))
	put(prefix+"request_byte_rate", perSecond(t.in))
	put(prefix+"response_byte_rate", perSecond(t.out))
	put(prefix+"request_size_avg", average(t.in, t.n))
	put(prefix+"request_size_max", float64(t.maxIn))
	put(prefix+"response_size_avg", average(t.out, t.n))
	put(prefix+"response_size_max", float64(t.maxOut))
}
