package api

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/reproducer"
	"github.com/instar-registry/instar/registry"
)

// Options configure the REST surface. Service is required; zero values of the
// rest stand for the defaults.
type Options struct {
	Service *registry.Service
	// Gate says who asks; nil lets everyone do everything as "anonymous".
	Gate *auth.Gate
	// Limiter bounds how often callers may ask; nil does not.
	Limiter *auth.Limiter
	Logger  *slog.Logger
	Metrics Metrics
	// LogRequests is the configuration key log.requests: "errors", "writes"
	// (default) or "all".
	LogRequests string

	// IncompatibleCode is the error_code of an incompatible schema: 409
	// (default) or 40901.
	IncompatibleCode int
	// LegacyBodies answers in the shapes of Confluent 7.
	LegacyBodies bool
	// Version, Commit and ClusterID are what /v1/metadata tells. A fixed
	// ReportedVersion replaces "8.3.0-instar.<version>". Without a ClusterID one
	// is derived from the first change of the log.
	Version, Commit, ReportedVersion, ClusterID string

	BasePath       string         // path prefix of a proxy, such as "/registry"
	TrustedProxies []netip.Prefix // who may say X-Forwarded-For
	CORSOrigins    []string
	GzipRequests   bool

	MaxInFlight    int           // default 1,024
	QueueTimeout   time.Duration // default 1 s
	RequestTimeout time.Duration // default 30 s, streams exempt
	// MaxStale bounds how old an answer that can change may be while the store
	// is away; 0 = no bound.
	MaxStale time.Duration
	// BodyBytes and BulkBodyBytes bound request bodies; defaults 2 and 16 MiB.
	BodyBytes, BulkBodyBytes int64
	// EventMemory bounds the memory that the events in hand may take together, by
	// an estimate; what does not fit waits. Default 512 MiB.
	EventMemory int64
	// SchemasPage is the default and maximum page of GET /schemas, 1,000.
	// SubjectsPage, VersionsPage and ContextsPage bound the other lists; 0 = no
	// bound.
	SchemasPage, SubjectsPage, VersionsPage, ContextsPage int

	// Reproducers keeps what shows a broken plan again; nil keeps nothing.
	Reproducers *reproducer.Folder
	// Draining reports that the node is about to stop, which /readyz tells.
	Draining func() bool
	// UI answers GET requests of browsers that match no route; nil = none.
	UI http.Handler
	// Instar configures the registry's own routes.
	Instar InstarOptions
	// Clock defaults to time.Now.
	Clock func() time.Time
}

// Metrics is told about requests. Its methods are called from many goroutines
// and must be quick; route is a template, never a path.
type Metrics interface {
	Request(route, method string, status int, dur time.Duration, in, out int64)
	InFlight(delta int)
	Queued(dur time.Duration)
	Rejected(reason string) // size, timeout, overload, rate
	Error(code int)
	Limit(name string)
	Panic()
	// Upcast is one event that was to be carried from one version to another: events,
	// unchanged, dropped, deadLetter or failed. UpcastFailure is where one of the last
	// two ended: the operation of the step, "" if none is at fault, and the code.
	Upcast(subject string, from, to int, outcome string)
	UpcastFailure(operation, code string)
}

// noMetrics ignores everything.
type noMetrics struct{}

func (noMetrics) Request(string, string, int, time.Duration, int64, int64) {}
func (noMetrics) InFlight(int)                                             {}
func (noMetrics) Queued(time.Duration)                                     {}
func (noMetrics) Rejected(string)                                          {}
func (noMetrics) Error(int)                                                {}
func (noMetrics) Limit(string)                                             {}
func (noMetrics) Panic()                                                   {}
func (noMetrics) Upcast(string, int, int, string)                          {}
func (noMetrics) UpcastFailure(string, string)                             {}

// withDefaults fills in what the caller left out.
func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = noMetrics{}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Draining == nil {
		o.Draining = func() bool { return false }
	}
	or(&o.LogRequests, "writes")
	or(&o.IncompatibleCode, wire.CodeConflict)
	or(&o.Version, "dev")
	or(&o.MaxInFlight, 1024)
	or(&o.QueueTimeout, time.Second)
	or(&o.RequestTimeout, 30*time.Second)
	or(&o.BodyBytes, 2<<20)
	or(&o.BulkBodyBytes, 16<<20)
	or(&o.EventMemory, 512<<20)
	or(&o.SchemasPage, 1000)
	o.Instar = o.Instar.withDefaults()
	return o
}

func or[T comparable](field *T, otherwise T) {
	var zero T
	if *field == zero {
		*field = otherwise
	}
}
