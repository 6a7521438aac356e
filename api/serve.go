package api

import (
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/instar-registry/instar/auth"
)

// visit is what the frame knows about a request before any route is chosen. It
// lives on the stack of [API.ServeHTTP].
type visit struct {
	start     time.Time
	id        []string // value of X-Request-ID
	idGiven   bool
	address   string
	principal *auth.Principal
	authError error
	known     bool // principal and authError are filled in
}

// ServeHTTP answers one request. It is the only middleware there is.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := visit{start: a.now(), address: a.remoteAddress(r)}
	v.id, v.idGiven = requestID(r)
	if !a.enter(w, r, &v) {
		return
	}
	var x *request
	defer func() {
		a.admission.leave()
		a.opt.Metrics.InFlight(-1)
		if p := recover(); p != nil {
			a.panicked(w, r, &v, x, p)
		}
	}()
	if a.fast(w, r, &v) {
		return
	}
	x = a.newRequest(w, r, &v)
	x.serve()
}

// enter takes a place among the requests in flight or refuses the request.
func (a *API) enter(w http.ResponseWriter, r *http.Request, v *visit) bool {
	waited, ok := a.admission.enter(r.Context(), a.opt.QueueTimeout)
	if waited > 0 {
		a.opt.Metrics.Queued(waited)
	}
	if !ok {
		a.opt.Metrics.Rejected("overload")
		x := a.newRequest(w, r, v)
		x.fail(&frameError{
			status: http.StatusServiceUnavailable, retry: 1,
			message: "HTTP 503 Service Unavailable: this node has too many requests in flight; repeat the request",
		})
		x.finish()
		return false
	}
	a.opt.Metrics.InFlight(1)
	return true
}

// panicked answers a request whose handler met a bug of ours.
func (a *API) panicked(w http.ResponseWriter, r *http.Request, v *visit, x *request, p any) {
	if p == http.ErrAbortHandler {
		panic(p) //nolint:forbidigo // how a handler tells net/http to drop the connection
	}
	a.opt.Metrics.Panic()
	if x == nil {
		x = a.newRequest(w, r, v)
	}
	a.opt.Logger.Error("request panicked", "request_id", v.id[0], "route", x.template(), "panic", p, "stack", string(debug.Stack()))
	begun := x.w.status != 0
	x.fail(errPanicked)
	x.finish()
	if begun {
		// A broken connection tells the client that the answer is not whole.
		panic(http.ErrAbortHandler) //nolint:forbidigo // see above
	}
}

// identify authenticates once per request.
func (a *API) identify(r *http.Request, v *visit) (*auth.Principal, error) {
	if !v.known {
		v.principal, v.authError = a.gate.Authenticate(r.Header, v.address)
		v.known = true
	}
	return v.principal, v.authError
}

// serve finds the route and runs it.
func (x *request) serve() {
	if err := x.dispatch(); err != nil {
		x.fail(err)
	}
	x.finish()
}

func (x *request) dispatch() error {
	if x.answerCORS() {
		return nil
	}
	uri := x.r.RequestURI
	if uri == "" {
		uri = x.r.URL.RequestURI()
	}
	if len(uri) > maxURL {
		return refuse(http.StatusRequestURITooLong, "HTTP 414 Request-URI Too Long: the request target has %d bytes; %d are allowed", len(uri), maxURL)
	}
	t, err := readTarget(escapedPath(x.r), x.api.opt.BasePath)
	if err != nil {
		return err
	}
	x.target = t
	method := x.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	c := x.api.echo.AcquireContext()
	c.Reset(x.r, nil)
	x.Context = c
	x.api.echo.Router().Find(method, t.path, c)
	err = x.routed(c, method)
	x.Context = nil
	x.api.echo.ReleaseContext(c)
	return err
}

// routed runs what the router found, or says why it found nothing.
func (x *request) routed(c echo.Context, method string) error {
	template := c.Path()
	if x.api.table[method+" "+template] != nil {
		return c.Handler()(x)
	}
	allow := x.api.allow[template]
	switch {
	case allow == "" || strings.Count(template, "/") != strings.Count(x.target.path, "/"):
		return x.noRoute()
	case x.r.Method == http.MethodOptions:
		x.header().Set("Allow", allow)
		return x.empty(http.StatusNoContent)
	}
	e := plain(http.StatusMethodNotAllowed)
	e.allow = allow
	return e
}

// noRoute answers a path that no route has: a browser may get the UI.
func (x *request) noRoute() error {
	if x.api.opt.UI != nil && x.wantsUI() {
		x.streamed = true
		x.api.opt.UI.ServeHTTP(&x.w, x.r)
		return nil
	}
	return errNoRoute
}
