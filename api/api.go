package api

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

// API is the REST surface as an http.Handler.
type API struct {
	opt     Options
	service *registry.Service
	gate    *auth.Gate
	echo    *echo.Echo
	table   map[string]*route // by method, space, template
	allow   map[string]string // value of Allow by template
	routes  []route

	admission admission
	burden    *burden
	bodies    *table[bodyKey, *rendered]
	memo      *table[string, *remembered]
	sent      *table[sentID, *registry.Register] // see [request.readSent]
	seed      maphash.Seed
	seq       atomic.Pointer[seqHeader]
	cache     [freshnesses][]string // values of Cache-Control
	vary      []string
	cluster   atomic.Pointer[string]
	own       own // state of the registry's own routes
	// noted, if set, sees every event that was carried: tests make reproducers of them.
	noted func(c *carrier, in []byte, out *wire.Upcast)
}

// route is one route of the surface. There is no way to add one without an
// action and a rate class.
type route struct {
	method string
	path   string // Echo's template: "/subjects/:subject/versions"
	action auth.Action
	class  auth.Class
	query  []param
	body   bodyKind
	stream bool // may answer with a stream: no timeout, stream types negotiable
	always bool // answered while the registry is starting
	handle func(*request) error
}

// bodyKind says what a route does with the body of a request.
type bodyKind uint8

const (
	noBody   bodyKind = iota // ignored
	jsonBody                 // JSON within Options.BodyBytes
	bulkBody                 // JSON within Options.BulkBodyBytes
	rawBody                  // read by the handler itself
)

// New builds the surface. The error names an option that makes no sense.
func New(opt Options) (*API, error) {
	if opt.Service == nil {
		return nil, errors.New("api: Options.Service is missing")
	}
	opt = opt.withDefaults()
	if opt.IncompatibleCode != 409 && opt.IncompatibleCode != 40901 {
		return nil, fmt.Errorf("api: the code of incompatible schemas is %d; 409 and 40901 are known", opt.IncompatibleCode)
	}
	if opt.BasePath != "" && (!strings.HasPrefix(opt.BasePath, "/") || strings.HasSuffix(opt.BasePath, "/")) {
		return nil, fmt.Errorf("api: the base path %q must start with a slash and not end with one", opt.BasePath)
	}
	a := &API{
		opt: opt, service: opt.Service, gate: opt.Gate, echo: echo.New(),
		table: map[string]*route{}, allow: map[string]string{}, seed: maphash.MakeSeed(),
		bodies: newTable[bodyKey, *rendered](1<<14, 24<<20),
		memo:   newTable[string, *remembered](1<<14, 8<<20),
		sent:   newTable[sentID, *registry.Register](sentEntries, sentBytes),
		own:    own{uses: newUses()},
	}
	a.admission.max = int64(opt.MaxInFlight)
	a.burden = newBurden(opt.EventMemory)
	a.admission.wake = make(chan struct{}, 1)
	if a.gate == nil {
		open, err := auth.New(auth.Options{Mode: auth.ModeNone, Clock: opt.Clock})
		if err != nil {
			return nil, fmt.Errorf("api: building an open gate: %w", err)
		}
		a.gate = open
	}
	a.cache = cacheControls(a.gate.Enabled())
	a.vary = varyHeader
	if len(opt.CORSOrigins) > 0 {
		a.vary = []string{varyHeader[0] + ", Origin"}
	}
	a.register()
	return a, nil
}

// register gives every route to Echo's router.
func (a *API) register() {
	for _, set := range routeSets {
		a.routes = append(a.routes, set(a)...)
	}
	for i := range a.routes {
		rt := &a.routes[i]
		if rt.action == 0 || rt.handle == nil {
			panic("api: the route " + rt.method + " " + rt.path + " has no action or no handler")
		}
		key := rt.method + " " + rt.path
		if a.table[key] != nil {
			panic("api: the route " + key + " is registered twice")
		}
		a.table[key] = rt
		a.echo.Add(rt.method, rt.path, func(c echo.Context) error {
			x := c.(*request)
			x.route = rt
			return a.run(x)
		})
	}
	methods := map[string][]string{}
	for i := range a.routes {
		rt := &a.routes[i]
		methods[rt.path] = append(methods[rt.path], rt.method)
		if rt.method == http.MethodGet {
			methods[rt.path] = append(methods[rt.path], http.MethodHead)
		}
	}
	for path, list := range methods {
		list = append(list, http.MethodOptions)
		slices.Sort(list)
		a.allow[path] = strings.Join(list, ", ")
	}
}

// RouteInfo describes a route for documents and tests.
type RouteInfo struct {
	Method string
	Path   string // "/subjects/{subject}/versions"
	Action auth.Action
	Class  auth.Class
	Query  []string
}

// Routes lists every route in a fixed order.
func (a *API) Routes() []RouteInfo {
	out := make([]RouteInfo, 0, len(a.routes))
	for i := range a.routes {
		rt := &a.routes[i]
		info := RouteInfo{Method: rt.method, Path: braces(rt.path), Action: rt.action, Class: rt.class}
		for _, p := range rt.query {
			info.Query = append(info.Query, p.name)
		}
		out = append(out, info)
	}
	slices.SortFunc(out, func(a, b RouteInfo) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return out
}

// braces turns Echo's ":name" into "{name}".
func braces(template string) string {
	parts := strings.Split(template, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// now reads the clock.
func (a *API) now() time.Time { return a.opt.Clock() }
