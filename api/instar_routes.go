package api

import (
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/archive"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
)

// InstarOptions configure the routes that Confluent's surface does not have.
// Zero values stand for the defaults.
type InstarOptions struct {
	MaxTokenTTL time.Duration  // longest life of an API token, 365 days
	ImportDir   string         // where archives are staged, the system's temporary directory
	Archive     archive.Limits // of an import
	MaxStreams  int            // change feeds at one time on this node, 1,000
	SearchBytes int64          // memory of the search index, 256 MiB
}

const day = 24 * time.Hour

func (o InstarOptions) withDefaults() InstarOptions {
	or(&o.MaxTokenTTL, 365*day)
	or(&o.ImportDir, os.TempDir())
	or(&o.Archive, archive.DefaultLimits())
	or(&o.MaxStreams, 1000)
	or(&o.SearchBytes, 256<<20)
	return o
}

// own is what the registry's own routes keep between requests.
type own struct {
	streams atomic.Int64
	feed    feed
	index   searchIndex
	uses    uses // of versions, by events
}

var (
	pContext  = param{"context", text}
	pDryRun   = param{"dryRun", boolean}
	pPattern  = param{"pattern", text}
	pFollow   = param{"follow", boolean}
	pSince    = param{"since", sequence}
	pKinds    = param{"kinds", list}
	pDelTrue  = param{"deleted", text} // true unless it is sent as false
	pConfig   = param{"config", text}
	pConflict = param{"onConflict", text}
	pMap      = param{"contextMap", list}
)

// instarRoutes are the routes on schemas that are ours alone.
func instarRoutes(*API) []route {
	const read, write = auth.Read, auth.Write
	get, post := http.MethodGet, http.MethodPost
	return []route{
		{method: post, path: "/subjects/:subject/undelete", action: auth.Steward, class: write, query: []param{pForce}, handle: undeleteSubject},
		{method: post, path: "/subjects/:subject/versions/:version/undelete", action: auth.Steward, class: write, query: []param{pForce}, handle: undeleteVersion},
		{method: post, path: "/bulk/register", action: auth.Register | auth.Migrate, class: write, body: bulkBody, handle: bulkRegister},
		{method: post, path: "/bulk/schemas", action: read, class: auth.List, body: bulkBody, handle: bulkSchemas},
		{method: post, path: "/inspect", action: read, class: auth.Expensive, body: jsonBody, handle: inspect},
		{method: post, path: "/validate", action: read, class: auth.Expensive, body: bulkBody, handle: validate},
		{method: get, path: "/search", action: read, class: auth.List, query: searchParams, handle: search},
		{
			method: get, path: "/changes", action: read, class: auth.List, stream: true,
			query: []param{pSince, pKinds, pSubject, pContext, pFollow, pLimit}, handle: changes,
		},
		{
			method: get, path: "/export", action: auth.Admin, class: auth.List, stream: true,
			query: []param{pContext, pPrefix, pDelTrue, pConfig}, handle: export,
		},
		{
			method: post, path: "/import", action: auth.Migrate, class: auth.Free, stream: true, body: rawBody,
			query: []param{pDryRun, pConflict, pMap}, handle: importArchive,
		},
	}
}

// accessRoutes are the routes on principals, tokens and grants.
func accessRoutes(*API) []route {
	const admin, write = auth.Admin, auth.Write
	get, put, post, del := http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete
	return []route{
		{method: get, path: "/auth/me", action: auth.Known, class: auth.Free, handle: whoAmI},
		{method: get, path: "/auth/tokens", action: admin, class: auth.List, handle: listTokens},
		{method: post, path: "/auth/tokens", action: admin, class: write, body: jsonBody, handle: createToken},
		{method: del, path: "/auth/tokens/:name", action: admin, class: write, handle: revokeToken},
		{method: post, path: "/auth/tokens/:name/rotate", action: admin, class: write, body: jsonBody, handle: rotateToken},
		{method: get, path: "/auth/grants", action: admin, class: auth.List, handle: listGrants},
		{method: put, path: "/auth/grants/:principal/:role", action: admin, class: write, query: []param{pPattern}, handle: addGrant},
		{method: del, path: "/auth/grants/:principal/:role", action: admin, class: write, query: []param{pPattern}, handle: removeGrant},
	}
}

// contextArg returns the context that a request means: the prefix of the path,
// else the given name, else the default context.
func (x *request) contextArg(name string) (string, error) {
	switch {
	case x.target.context != "":
		return x.target.context, nil
	case name == "":
		return registry.DefaultContext, nil
	}
	return readContext(name)
}

// resolved returns the subject of the path after its alias. It notes no sequence:
// what a write answers reflects the state after it.
func (x *request) resolved() registry.Name {
	return x.api.service.State().Alias(x.subject())
}

// strict refuses unknown properties of the body, after other mistakes.
func (d *decoder) strict(known ...string) error {
	d.only(d.root, known...)
	return d.err
}

// int64 reads a whole number of 63 bits, not negative.
func (d *decoder) int64(o *jsonx.Value, name string) int64 {
	v := d.get(o, name)
	if v == nil {
		return 0
	}
	n, ok := wholeNumber(v)
	if !ok {
		d.fail(v, "%s must be a whole number that is not negative", name)
	}
	return n
}
