package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

// request is one request on its way through the ordinary lane. It is Echo's
// context for the handler that Echo's router chose.
type request struct {
	echo.Context
	visit
	api    *API
	w      recorder
	r      *http.Request
	ctx    context.Context
	target target
	route  *route
	params []string
	args   []arg
	media  media
	seq    int64 // sequence that the answer reflects; 0 = the newest
	note   notes
	// streamed: the handler wrote the answer itself.
	streamed bool
	replayed bool
	// remember is set by handlers whose answer depends on the request target,
	// the state and the right to read one of these names, and on nothing else.
	remember bool
	readable []registry.Name
	bytesIn  int64
	// sentID and sentSize name the body of a registration or lookup that is not
	// remembered yet.
	sentID   sentID
	sentSize int64
}

// notes are what the access log shows besides the request itself.
type notes struct {
	subject string
	version int
	id      int64
	code    int
	err     error
}

// recorder notes status and size of what is written.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap serves http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (a *API) newRequest(w http.ResponseWriter, r *http.Request, v *visit) *request {
	return &request{visit: *v, api: a, w: recorder{ResponseWriter: w}, r: r, ctx: r.Context()}
}

func (x *request) header() http.Header { return x.w.Header() }

// template returns the route's path, or "unmatched".
func (x *request) template() string {
	if x.route == nil {
		return "unmatched"
	}
	return x.route.path
}

// run takes a routed request through everything that is the same for all
// routes, then calls its handler.
func (a *API) run(x *request) error {
	if err := x.readParams(); err != nil {
		return err
	}
	if err := x.admitPrincipal(); err != nil {
		return err
	}
	if !x.route.always {
		if err := a.service.View(x.ctx, func(*registry.State) error { return nil }); err != nil {
			return err
		}
	}
	var err error
	if err = x.negotiate(); err != nil {
		return err
	}
	if x.args, err = readQuery(x.r.URL.RawQuery, x.route.query); err != nil {
		return err
	}
	leave, err := x.throttle()
	if err != nil {
		return err
	}
	if leave != nil {
		defer leave()
	}
	if !x.route.stream {
		var cancel context.CancelFunc
		x.ctx, cancel = context.WithTimeout(x.ctx, a.opt.RequestTimeout)
		defer cancel()
	}
	if err := x.waitForSeq(); err != nil {
		return err
	}
	return x.route.handle(x)
}

func (x *request) readParams() error {
	names, values := x.ParamNames(), x.ParamValues()
	x.params = make([]string, len(names))
	for i := range names {
		if values[i] == "" || strings.IndexByte(values[i], '/') >= 0 {
			return errNoRoute
		}
		v, err := unescape(values[i])
		if err != nil {
			return err
		}
		x.params[i] = v
	}
	return nil
}

// admitPrincipal answers 401 to who must say who they are and 403 to who
// certainly may not do what the route does.
func (x *request) admitPrincipal() error {
	if x.route.action&auth.Public != 0 {
		return nil
	}
	p, err := x.api.identify(x.r, &x.visit)
	if err != nil {
		return err
	}
	if p.AllowAnywhere(x.route.action) {
		return nil
	}
	if p.Anonymous() {
		return &auth.Unauthenticated{Why: "this needs credentials: an API token or a name and a password"}
	}
	if x.route.action&(auth.Read|auth.Known) != 0 {
		return nil // filters and hidden subjects answer
	}
	return errForbidden(x.route.action.String())
}

func (x *request) negotiate() error {
	m, ok := negotiate(x.r.Header["Accept"], x.route.stream)
	if !ok {
		return errNotAcceptable
	}
	x.media = m
	return nil
}

// throttle counts the request against its caller's rate; leave is not nil for
// routes of which only some may run at once.
func (x *request) throttle() (leave func(), err error) {
	l := x.api.opt.Limiter
	if l == nil || x.route.class == auth.Free {
		return nil, nil
	}
	p := x.principal
	if p == nil {
		if p, err = x.api.identify(x.r, &x.visit); err != nil {
			return nil, err
		}
	}
	if wait := l.Take(x.route.class, p, x.address); wait > 0 {
		x.api.opt.Metrics.Rejected("rate")
		return nil, &frameError{
			status: http.StatusTooManyRequests, retry: int((wait + time.Second - 1) / time.Second),
			message: "HTTP 429 Too Many Requests: repeat the request after the time in Retry-After",
		}
	}
	if x.route.class != auth.Expensive {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(x.ctx, x.api.opt.RequestTimeout)
	defer cancel()
	leave, err = l.Enter(ctx)
	if err != nil {
		x.api.opt.Metrics.Rejected("overload")
		return nil, registry.Fail(registry.Canceled, "The request waited too long for its turn; repeat it")
	}
	return leave, nil
}

// waitForSeq keeps the promise of X-Instar-Min-Seq.
func (x *request) waitForSeq() error {
	sent := x.r.Header[wire.HeaderMinSeq]
	if len(sent) == 0 || x.route.always {
		return nil
	}
	seq, err := strconv.ParseInt(sent[0], 10, 64)
	if err != nil || seq < 0 {
		return badRequest("The header X-Instar-Min-Seq is %q; it must be a sequence", clip(sent[0], 40))
	}
	return x.api.service.WaitSeq(x.ctx, seq)
}

// arg returns the value of a query parameter of the route.
func (x *request) arg(name string) *arg {
	i := indexOfParam(x.route.query, name)
	if i < 0 {
		panic("api: the route " + x.route.path + " does not declare the parameter " + name)
	}
	return &x.args[i]
}

func (x *request) flag(name string) bool   { return x.arg(name).number == 1 }
func (x *request) text(name string) string { return x.arg(name).text }
func (x *request) int(name string) int     { return int(x.arg(name).number) }

// subject returns the subject that the path names, as it is written there.
func (x *request) subject() registry.Name {
	n := x.target.qualify(x.params[0])
	x.note.subject = n.String()
	return n
}

// may reports whether the caller may do something to a name.
func (x *request) may(action auth.Action, n registry.Name) bool {
	p, err := x.api.identify(x.r, &x.visit)
	return err == nil && p.Allow(action, n)
}

// need refuses a write that the caller may not do.
func (x *request) need(action auth.Action, n registry.Name) error {
	if x.may(action, n) {
		return nil
	}
	return errForbidden(action.String())
}

// sees returns a predicate on names that the caller may read; nil stands for
// all of them.
func (x *request) sees() func(registry.Name) bool {
	p, err := x.api.identify(x.r, &x.visit)
	switch {
	case err != nil:
		return func(registry.Name) bool { return false }
	case p.SeesEverything():
		return nil
	}
	return func(n registry.Name) bool { return p.Allow(auth.Read, n) }
}

// by says to the registry who asks.
func (x *request) by() (registry.By, error) {
	p, err := x.api.identify(x.r, &x.visit)
	if err != nil {
		return registry.By{}, err
	}
	b := registry.By{
		Actor: p.Actor(x.address), Request: x.id[0], Principal: p.Name, Replayed: &x.replayed,
	}
	if x.idGiven {
		b.Key = x.id[0]
	}
	if sent := x.r.Header[wire.HeaderKey]; len(sent) > 0 {
		if len(sent) > 1 || len(sent[0]) > maxIDBytes || !validName(sent[0]) || sent[0] == "" {
			return b, badRequest("The header Idempotency-Key must occur once and have 1 to %d bytes of text", maxIDBytes)
		}
		b.Key, b.Strong = sent[0], true
	}
	return b, nil
}

// view runs f on the newest state and notes its sequence.
func (x *request) view(f func(*registry.State) error) error {
	return x.api.service.View(x.ctx, func(st *registry.State) error {
		x.seq = st.Seq()
		return f(st)
	})
}

var errPanicked = errors.New("the handler panicked")

// wantsUI reports whether a browser asks for a page.
func (x *request) wantsUI() bool {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return false
	}
	return strings.Contains(strings.Join(x.r.Header["Accept"], ","), "text/html") || strings.HasPrefix(x.target.path, "/ui")
}
