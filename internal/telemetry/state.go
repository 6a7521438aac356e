package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Formats are the label values of schema formats, in the order of the arrays in
// [State].
var Formats = [3]string{"AVRO", "JSON", "PROTOBUF"}

// State is what a scrape asks the service for.
type State struct {
	Subjects, Texts            int
	Live, SoftDeleted          [3]int64 // versions by format
	Created, Deleted           [3]int64 // changes since the start of the log
	Registered, DeletedChanges int64
	Head, Applied              int64
	LastContact                time.Time
	Snapshot                   time.Time // last snapshot; zero when none was made
	StateBytes                 int64
	DBConnections              map[string]int // by state
	CacheEntries               map[string]int // by cache
	AuthDisabled               bool
	// CertificateEnd and ClientCAEnd are the ends of validity by file kind.
	CertificateEnd, ClientCAEnd time.Time
}

// stateCollector turns a [State] into series at scrape time.
type stateCollector struct {
	state func() State
	m     *Metrics
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
}

var (
	descAuth        = desc("auth_disabled", "1 when everybody may do everything.")
	descSubjects    = desc("subjects", "Subjects, soft-deleted ones included.")
	descVersions    = desc("versions", "Versions.", "format", "state")
	descTexts       = desc("schema_texts", "Distinct schema contents.")
	descBytes       = desc("state_bytes", "Estimated memory of the registry's state.")
	descHead        = desc("log_head_sequence", "Last sequence of the log, as last heard.")
	descApplied     = desc("log_applied_sequence", "Last sequence that this node serves.")
	descContact     = desc("log_last_contact_timestamp_seconds", "When the store last answered.")
	descReplay      = desc("replay_duration_seconds", "Time of the first replay.")
	descSnapshot    = desc("snapshot_timestamp_seconds", "When this node last saved a snapshot.")
	descConnections = desc("db_connections", "Database connections.", "state")
	descEntries     = desc("cache_entries", "Entries of a cache.", "cache")
	descNotAfter    = desc("tls_not_after_timestamp_seconds", "End of validity of a certificate.", "file")
)

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descAuth, descSubjects, descVersions, descTexts, descBytes, descHead, descApplied,
		descContact, descReplay, descSnapshot, descConnections, descEntries, descNotAfter,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.state()
	put := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	put(descAuth, oneIf(s.AuthDisabled))
	put(descSubjects, float64(s.Subjects))
	put(descTexts, float64(s.Texts))
	put(descBytes, float64(s.StateBytes))
	for i, f := range Formats {
		put(descVersions, float64(s.Live[i]), f, "live")
		put(descVersions, float64(s.SoftDeleted[i]), f, "soft_deleted")
	}
	put(descHead, float64(s.Head))
	put(descApplied, float64(s.Applied))
	put(descReplay, time.Duration(c.m.replay.Load()*1000).Seconds())
	for d, t := range map[*prometheus.Desc]time.Time{descContact: s.LastContact, descSnapshot: s.Snapshot} {
		if !t.IsZero() {
			put(d, seconds(t))
		}
	}
	for state, n := range s.DBConnections {
		put(descConnections, float64(n), state)
	}
	for cache, n := range s.CacheEntries {
		put(descEntries, float64(n), cache)
	}
	for file, t := range map[string]time.Time{"certificate": s.CertificateEnd, "client_ca": s.ClientCAEnd} {
		if !t.IsZero() {
			put(descNotAfter, seconds(t), file)
		}
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
