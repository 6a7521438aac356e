package api

import (
	"hash/maphash"
	"net/http"
	"strconv"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

// remembered is an answer of the ordinary lane to a GET of one request target.
// It holds for the state it was made from; readable names the subjects of which
// the caller must see at least one, nil that it must see everything.
type remembered struct {
	seq      int64
	body     *rendered
	fresh    freshness
	route    *route
	readable []registry.Name
}

// maxRemembered bounds the request targets that are remembered, in bytes.
const maxRemembered = 512

// fast answers a GET that the ordinary lane has answered at the current
// sequence. Whatever is unusual about the request is left to the ordinary lane;
// so the two cannot differ but in the time they take.
func (a *API) fast(w http.ResponseWriter, r *http.Request, v *visit) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	uri := r.RequestURI
	if len(uri) < 2 || len(uri) > maxRemembered || uri[0] != '/' {
		return false
	}
	m, ok := a.memo.get(maphash.String(a.seed, uri), uri)
	if !ok {
		return false
	}
	status := a.service.Status()
	if m.seq != status.Applied || !status.Ready || status.Degraded || !minSeqReached(r, m.seq) {
		return false
	}
	p, err := a.identify(r, v)
	if err != nil || !m.visible(p) {
		return false
	}
	kind, ok := negotiate(r.Header["Accept"], false)
	if !ok || len(a.opt.CORSOrigins) > 0 && len(r.Header["Origin"]) > 0 {
		return false
	}
	h := w.Header()
	h["Cache-Control"] = a.cache[m.fresh]
	h["Vary"] = a.vary
	h["X-Content-Type-Options"] = nosniffHeader
	h[wire.HeaderRequestID] = v.id
	h[wire.HeaderSeq] = a.seqValue(m.seq)
	code, body := choose(h, r, m.body, kind, m.fresh, http.StatusOK)
	w.WriteHeader(code)
	if r.Method == http.MethodHead {
		body = nil
	}
	if body != nil {
		_, _ = w.Write(body) // a client that went away is no concern of ours
	}
	a.opt.Metrics.Request(m.route.path, r.Method, code, a.now().Sub(v.start), 0, int64(len(body)))
	if a.opt.LogRequests == "all" {
		x := a.newRequest(w, r, v)
		x.route, x.w.status, x.w.bytes, x.seq = m.route, code, int64(len(body)), m.seq
		x.log()
	}
	return true
}

func minSeqReached(r *http.Request, seq int64) bool {
	sent := r.Header[wire.HeaderMinSeq]
	if len(sent) == 0 {
		return true
	}
	n, err := strconv.ParseInt(sent[0], 10, 64)
	return err == nil && n >= 0 && n <= seq
}

func (m *remembered) visible(p *auth.Principal) bool {
	if p.SeesEverything() {
		return true
	}
	for _, n := range m.readable {
		if p.Allow(auth.Read, n) {
			return true
		}
	}
	return false
}

// keep remembers an answer for the fast lane. Only routes without a rate limit
// qualify, since the fast lane counts nothing.
func (a *API) keep(x *request, b *rendered, f freshness) {
	uri := x.r.RequestURI
	if x.route.class != auth.Free || len(uri) < 2 || len(uri) > maxRemembered || uri[0] != '/' || x.seq == 0 {
		return
	}
	if len(x.header()) > 0 {
		return // a warning or a link is part of this answer
	}
	m := &remembered{seq: x.seq, body: b, fresh: f, route: x.route, readable: x.readable}
	a.memo.put(maphash.String(a.seed, uri), uri, m, b.size()+int64(len(uri)))
}
