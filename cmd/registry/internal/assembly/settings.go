package assembly

import (
	"path/filepath"
	"runtime"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/config"
	"github.com/instar-registry/instar/registry"
)

// Settings are the registry's defaults below every scope.
func Settings(c *config.Config) registry.Settings {
	s := registry.DefaultSettings()
	s.Compatibility, s.Policy = c.Registry.Compatibility, c.Registry.Policy
	s.Normalize = c.Registry.Normalize
	s.ValidateNew = c.Registry.ValidateNewSchemas
	s.RejectEmptySubject = c.Registry.RejectEmptySubject
	s.ReferenceStrict = c.Registry.ReferenceVersionsStrict
	s.ModeMutable = c.Registry.ModeMutability
	s.ConfluentScope = c.Registry.ConfluentScope
	s.MaxReferences, s.MaxReferencesAll = c.Limits.References, c.Limits.ReferencesAll
	s.MaxReferenceBytes, s.MaxSchemaBytes = c.Limits.ReferenceBytes, c.Limits.SchemaBytes
	s.MaxMetadataEntries, s.MaxRules = c.Limits.MetadataEntries, c.Limits.Rules
	s.MaxRuleExpressionSize = c.Limits.RuleBytes
	s.CompatSteps = c.Limits.CompatSteps
	return s
}

// ReproducerDir is where the server keeps what shows a broken plan again; empty if it
// keeps nothing.
func ReproducerDir(c *config.Config) string {
	switch dir := c.Storage.ReproducerDir; {
	case dir == "off":
		return ""
	case dir == "" && c.Storage.Driver == "sqlite":
		return filepath.Join(filepath.Dir(c.Storage.SQLite.Path), "reproducers")
	default:
		return dir
	}
}

// RateLimits are the token buckets.
func RateLimits(c *config.RateLimit) auth.RateLimits {
	perSecond := func(rate, burst int) auth.Rate { return auth.Rate{PerSecond: float64(rate), Burst: burst} }
	out := auth.RateLimits{
		List:            perSecond(c.Lists.Rate, c.Lists.Burst),
		Write:           perSecond(c.Writes.Rate, c.Writes.Burst),
		Expensive:       perSecond(c.Expensive.Rate, c.Expensive.Burst),
		ExpensiveAtOnce: c.Expensive.Concurrency,
		FailedLogins:    c.Logins,
		Buckets:         c.MaxBuckets,
	}
	if out.ExpensiveAtOnce == 0 {
		out.ExpensiveAtOnce = 2 * runtime.GOMAXPROCS(0)
	}
	if !c.Enabled { // the bound on what runs at once protects the node and stays
		out.List, out.Write, out.Expensive = auth.Rate{}, auth.Rate{}, auth.Rate{}
	}
	return out
}
