package api

import (
	"net/http"
	"slices"
)

// answerCORS adds the headers that let pages of configured origins call, and
// answers their preflight requests. Without configuration it does nothing.
func (x *request) answerCORS() bool {
	origin := x.r.Header.Get("Origin")
	if origin == "" || !slices.Contains(x.api.opt.CORSOrigins, origin) {
		return false
	}
	h := x.header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "X-Request-ID, X-Instar-Seq, Instar-Stale, Instar-Warning, ETag, Link, Retry-After")
	if x.r.Method != http.MethodOptions || x.r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE")
	h.Set("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-ID, X-Instar-Min-Seq")
	h.Set("Access-Control-Max-Age", "600")
	x.commonHeaders(noStore)
	x.w.WriteHeader(http.StatusNoContent)
	return true
}
