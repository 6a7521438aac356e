package server

import (
	"net/http"
	"net/http/pprof"
	"net/netip"
	"time"

	"github.com/instar-registry/instar/api"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/cmd/registry/internal/assembly"
	"github.com/instar-registry/instar/internal/archive"
	"github.com/instar-registry/instar/internal/telemetry"
	"github.com/instar-registry/instar/schema"
)

// newHandler builds the REST surface for the configuration in force.
func (p *process) newHandler() (http.Handler, error) {
	c := &p.config
	gate, err := auth.New(auth.Options{
		Mode: c.Auth.Mode, AnonymousRead: c.Auth.AnonymousRead, UsersFile: c.Auth.UsersFile,
		State: p.service.State, FailedLogins: c.RateLimit.Logins, Logger: p.logger,
		Attempt: p.metrics.AuthAttempt,
	})
	if err != nil {
		return nil, err
	}
	limiter := auth.NewLimiter(assembly.RateLimits(&c.RateLimit), time.Now)
	limiter.Refused = func(class auth.Class) { p.metrics.RateLimited(class.String()) }
	return api.New(api.Options{
		Service: p.service, Gate: gate, Limiter: limiter,
		Logger: p.logger, Metrics: p.metrics, LogRequests: c.Log.Requests,
		IncompatibleCode: c.Registry.IncompatibleCode, LegacyBodies: c.Registry.LegacyBodies,
		Version: p.opt.Version, Commit: p.opt.Commit, ReportedVersion: c.Registry.ReportedVersion,
		BasePath: c.Server.BasePath, TrustedProxies: prefixes(c.Server.TrustedProxies), CORSOrigins: c.Server.CORSOrigins,
		GzipRequests: c.Server.GzipRequest, MaxInFlight: c.Server.MaxInFlight, QueueTimeout: c.Server.QueueTimeout,
		RequestTimeout: c.Server.RequestTimeout, MaxStale: c.Storage.MaxStale,
		BodyBytes: int64(c.Limits.BodyBytes), BulkBodyBytes: int64(c.Limits.EventBodyBytes),
		EventMemory: int64(c.Server.EventMemory),
		SchemasPage: c.Registry.Page.Schemas, SubjectsPage: c.Registry.Page.Subjects,
		VersionsPage: c.Registry.Page.Versions, ContextsPage: c.Registry.Page.Contexts,
		Reproducers: p.reproducers,
		Draining:    p.front.draining.Load,
		Instar: api.InstarOptions{
			MaxTokenTTL: c.Auth.MaxTokenTTL, ImportDir: c.Storage.StagingDir,
			Archive: archive.Limits{
				Bytes: int64(c.Limits.ImportBytes), Lines: int64(c.Limits.ImportLines), LineBytes: c.Limits.ImportLineBytes,
			},
		},
	})
}

// prefixes reads the trusted proxies, whose form the configuration has checked.
func prefixes(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		} else if n, err := netip.ParsePrefix(s); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// adminHandler serves what operators look at and clients must not reach.
func (p *process) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", p.front)
	mux.Handle("GET /readyz", p.front)
	mux.Handle("GET /readyz/write", p.front)
	if p.config.Metrics.Enabled {
		mux.Handle("GET /metrics", p.metrics.Handler())
	}
	if p.config.Server.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// bytesPerVersion is what one version takes in memory, texts apart, as
// BenchmarkRestore of package registry measures it.
const bytesPerVersion = 475

// state answers a scrape.
func (p *process) state() telemetry.State {
	out := telemetry.State{AuthDisabled: p.opt.Config.Auth.Mode == "none"}
	if p.certs != nil {
		out.CertificateEnd, out.ClientCAEnd = p.certs.validity()
	}
	s := p.front.service.Load()
	if s == nil {
		return out
	}
	st, status := s.State(), s.Status()
	counters := st.Counters()
	out.Subjects, out.Texts = st.Sizes()
	out.Head, out.Applied, out.LastContact = status.Head, status.Applied, status.LastContact
	out.Registered, out.DeletedChanges = counters.Registered, counters.Deleted
	for i, f := range []schema.Format{schema.Avro, schema.JSON, schema.Protobuf} {
		out.Live[i], out.SoftDeleted[i] = counters.LiveByFormat[f], counters.SoftDeletedByFormat[f]
		out.Created[i], out.Deleted[i] = counters.CreatedByFormat[f], counters.DeletedByFormat[f]
		out.StateBytes += (out.Live[i] + out.SoftDeleted[i]) * bytesPerVersion
	}
	if c := p.connections.Load(); c != nil {
		out.DBConnections = (*c)()
	}
	return out
}
