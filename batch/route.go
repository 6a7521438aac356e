package batch

import (
	"context"

	"github.com/instar-registry/instar/internal/reproducer"
	"github.com/instar-registry/instar/schema"
)

// Route says how the events of one version become events of the target.
type Route struct {
	// Version is the version that the events were written with.
	Version int
	// Source and Target are the schemas at both ends.
	Source, Target schema.Parsed
	// Legs carry an encoded event, one after the other; none if its version is the
	// target.
	Legs []Leg
	// Hops names the versions on the way, the first and the last included, for
	// messages.
	Hops []int
	// Case, if set, gives what the way was made of, for a report of a bug of ours.
	Case func() *reproducer.Case
}

// Routes are the ways to one target version. They are asked by several
// goroutines at once.
type Routes interface {
	// Version is the route of a version. The error says why there is none.
	Version(ctx context.Context, version int) (*Route, error)
	// Schema is the route of the version that has a schema, for files that
	// carry the schema of their events.
	Schema(ctx context.Context, text string) (*Route, error)
	// Target is the number of the target version, and its schema.
	Target() (int, schema.Parsed)
	// Identity changes whenever a route may: a run is not resumed with other
	// upcasters than it began with.
	Identity() string
}

// textual is a format whose events have a binary form beside JSON.
type textual interface {
	Encode(json []byte) ([]byte, error)
	Decode(binary []byte) ([]byte, error)
}
