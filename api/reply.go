package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// json answers with a body that nobody may keep.
func (x *request) json(status int, body any) error {
	plain, err := wire.Marshal(body)
	if err != nil {
		return &schema.Bug{Where: "encode " + x.template(), Cause: err}
	}
	return x.send(status, once(plain), noStore)
}

// fresh answers with a body that must be asked for again, under an entity tag.
func (x *request) fresh(body any) error {
	plain, err := wire.Marshal(body)
	if err != nil {
		return &schema.Bug{Where: "encode " + x.template(), Cause: err}
	}
	return x.send(http.StatusOK, render(plain), revalidate)
}

// empty answers without a body.
func (x *request) empty(status int) error {
	x.commonHeaders(noStore)
	x.w.WriteHeader(status)
	return nil
}

// send writes a rendered body, compressed or not, or 304.
func (x *request) send(status int, b *rendered, f freshness) error {
	if f == revalidate {
		if err := x.notTooStale(); err != nil {
			return err
		}
	}
	if x.remember && status == http.StatusOK && f != noStore {
		x.api.keep(x, b, f)
	}
	h := x.header()
	x.commonHeaders(f)
	status, body := choose(h, x.r, b, x.media, f, status)
	x.w.WriteHeader(status)
	if body != nil && x.r.Method != http.MethodHead {
		// A client that went away is no concern of the handler.
		_, _ = x.w.Write(body)
	}
	return nil
}

// choose picks the representation and sets the headers that belong to it.
func choose(h http.Header, r *http.Request, b *rendered, m media, f freshness, status int) (int, []byte) {
	var z *zipped
	if len(b.plain) >= gzipFrom && acceptsGzip(r.Header["Accept-Encoding"]) {
		z = b.compressed()
	}
	if f != noStore {
		tag := b.entityTag(m, z != nil)
		h["Etag"] = tag
		if sent := r.Header["If-None-Match"]; len(sent) > 0 && status == http.StatusOK && tagMatches(sent, tag[0]) {
			return http.StatusNotModified, nil
		}
	}
	h["Content-Type"] = mediaHeaders[m]
	if z != nil {
		h["Content-Encoding"] = gzipHeader
		h["Content-Length"] = z.length
		return status, z.body
	}
	h["Content-Length"] = b.length
	return status, b.plain
}

// commonHeaders sets what every answer carries.
func (x *request) commonHeaders(f freshness) {
	h := x.header()
	h["Cache-Control"] = x.api.cache[f]
	h["Vary"] = x.api.vary
	h["X-Content-Type-Options"] = nosniffHeader
	h[wire.HeaderRequestID] = x.id
	if x.seq == 0 {
		x.seq = x.api.service.State().Seq()
	}
	h[wire.HeaderSeq] = x.api.seqValue(x.seq)
	if x.replayed {
		h[wire.HeaderReplayed] = []string{"true"}
	}
	if age, degraded := x.api.staleness(); degraded {
		h[wire.HeaderStale] = []string{strconv.Itoa(int(age / time.Second))}
	}
}

// staleness tells how long ago the store was last seen, if it is away.
func (a *API) staleness() (time.Duration, bool) {
	s := a.service.Status()
	if !s.Degraded {
		return 0, false
	}
	return max(0, a.now().Sub(s.LastContact)), true
}

// notTooStale refuses an answer that may have changed too long ago.
func (x *request) notTooStale() error {
	if x.api.opt.MaxStale <= 0 || x.route == nil || x.route.always {
		return nil
	}
	if age, degraded := x.api.staleness(); degraded && age > x.api.opt.MaxStale {
		return registry.Fail(registry.Unavailable, "The store has been away for %s, longer than storage.max-stale allows for answers that can change", age.Round(time.Second))
	}
	return nil
}

// stream starts an answer of unknown length; the handler goes on writing to
// x.w. Nothing may be refused after it.
func (x *request) stream(contentType string) {
	x.streamed = true
	x.commonHeaders(noStore)
	x.header().Set("Content-Type", contentType)
	x.w.WriteHeader(http.StatusOK)
}

// fail answers with an error.
func (x *request) fail(err error) {
	if x.w.status != 0 {
		x.note.err = err
		return // the answer has begun; closing it early is all that is left
	}
	out, body, known := x.api.explain(err)
	var unauthenticated *auth.Unauthenticated
	switch {
	case errors.As(err, &unauthenticated):
		out, known = outcome{http.StatusUnauthorized, wire.CodeUnauthorized}, true
		body = wire.Error{ErrorCode: out.code, Message: "HTTP 401 Unauthorized: " + unauthenticated.Why}
		x.header()["Www-Authenticate"] = []string{`Basic realm="instar", Bearer`}
	case !known && errors.Is(err, context.DeadlineExceeded), !known && errors.Is(err, context.Canceled):
		out, known = outcomes[registry.Canceled], true
		body = wire.Error{ErrorCode: out.code, Message: "The request took too long and was stopped; repeat it"}
		x.api.opt.Metrics.Rejected("timeout")
	case !known:
		body = wire.Error{ErrorCode: out.code, Message: fmt.Sprintf("Internal error; the server's log tells more under request %s", x.id[0])}
		x.api.opt.Logger.Error("request failed by a bug", "request_id", x.id[0], "route", x.template(), "err", err)
	}
	x.note.code, x.note.err = out.code, err
	x.api.opt.Metrics.Error(out.code)
	if body.Limit != nil {
		x.api.opt.Metrics.Limit(body.Limit.Name)
	}
	x.writeError(err, out, &body)
}

func (x *request) writeError(err error, out outcome, body *wire.Error) {
	h := x.header()
	var fe *frameError
	if errors.As(err, &fe) && fe.allow != "" {
		h.Set("Allow", fe.allow)
	}
	if s := retryAfter(err, out.status); s > 0 {
		h["Retry-After"] = []string{strconv.Itoa(s)}
	}
	// Refusals come before negotiation too, so the type is looked at again.
	m, ok := negotiate(x.r.Header["Accept"], false)
	if !ok {
		m = mediaV1
	}
	x.media = m
	if m == mediaInstar {
		x.detail(err, body)
	} else {
		*body = wire.Error{ErrorCode: body.ErrorCode, Message: wholeMessage(body)}
	}
	plain, encodeErr := wire.Marshal(body)
	if encodeErr != nil {
		plain = []byte(`{"error_code":50001,"message":"Internal error"}`)
	}
	b := once(plain)
	x.commonHeaders(noStore)
	status, text := choose(h, x.r, b, m, noStore, out.status)
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(text)
	}
}

// wholeMessage is what a client reads that asked for no detail. The texts of
// Confluent's codes are fixed; those of our own codes also say what to do.
func wholeMessage(body *wire.Error) string {
	if body.Why == "" || !wire.OwnCode(body.ErrorCode) {
		return body.Message
	}
	return strings.TrimSuffix(body.Message, ".") + "; " + body.Why
}

// detail adds what only clients that opted in get.
func (x *request) detail(err error, body *wire.Error) {
	body.RequestID = x.id[0]
	body.Seq = x.api.service.State().Seq()
	var re *registry.Error
	if !errors.As(err, &re) {
		return
	}
	if j, ok := re.Report.(*registry.Judgement); ok && j != nil {
		body.Findings, body.Explanation = findings(j), explanation(j)
	}
	var by *registry.ReferencedBy
	if errors.As(re.Cause, &by) {
		sees := x.sees()
		for _, r := range by.Referrers {
			if sees == nil || sees(r.Name) {
				body.Referrers = append(body.Referrers, fmt.Sprintf("%s version %d", r.Name, r.Version))
			}
		}
	}
}
