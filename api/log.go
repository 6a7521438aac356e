package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

// finish tells metrics and the access log about the request.
func (x *request) finish() {
	x.api.opt.Metrics.Request(x.template(), x.r.Method, x.w.status, x.api.now().Sub(x.start), x.bytesIn, x.w.bytes)
	x.log()
	x.record()
}

// record notes for the audit that a change was refused, or that somebody could
// not say who they are or may not do what they asked.
func (x *request) record() {
	status := x.w.status
	access := status == http.StatusUnauthorized || status == http.StatusForbidden
	if status < http.StatusBadRequest || status >= http.StatusInternalServerError || (!access && !x.writes()) {
		return
	}
	actor := "unknown@" + x.address
	if x.principal != nil {
		actor = x.principal.Actor(x.address)
	}
	x.api.opt.Service.Refused(registry.Refusal{
		At: x.api.now().UnixMicro(), Actor: actor, Request: x.id[0], Route: x.r.Method + " " + x.template(),
		Subject: clip(x.note.subject, 512), Status: status, Code: x.note.code,
	})
}

// log writes the access log as the configuration wants it: errors of ours
// always, refusals from "errors" on, writes by default, reads with "all".
func (x *request) log() {
	level := slog.LevelInfo
	switch failed := x.w.status >= http.StatusBadRequest; {
	case x.w.status >= http.StatusInternalServerError:
		level = slog.LevelWarn
	case x.api.opt.LogRequests == "all", failed && x.writes():
	case x.api.opt.LogRequests == "errors" && !failed:
		return
	case !x.writes() && !failed:
		return
	}
	ctx := context.Background()
	if !x.api.opt.Logger.Enabled(ctx, level) {
		return
	}
	principal := ""
	if x.principal != nil {
		principal = x.principal.Name
	}
	attrs := []slog.Attr{
		slog.String("request_id", x.id[0]), slog.String("principal", principal),
		slog.String("method", clip(x.r.Method, 16)), slog.String("route", x.template()), slog.Int("status", x.w.status),
		slog.Float64("dur_ms", float64(x.api.now().Sub(x.start).Microseconds())/1000),
		slog.Int64("bytes_in", x.bytesIn), slog.Int64("bytes_out", x.w.bytes), slog.Int64("seq", x.seq),
		slog.String("remote", x.address),
	}
	if x.note.subject != "" {
		attrs = append(attrs, slog.String("subject", clip(x.note.subject, 512)))
	}
	if x.note.version != 0 {
		attrs = append(attrs, slog.Int("version", x.note.version))
	}
	if x.note.id != 0 {
		attrs = append(attrs, slog.Int64("id", x.note.id))
	}
	if x.note.code != 0 {
		attrs = append(attrs, slog.Int("error_code", x.note.code))
	}
	if x.note.err != nil {
		attrs = append(attrs, slog.String("err", logText(x.note.err)))
	}
	x.api.opt.Logger.LogAttrs(ctx, level, "request", attrs...)
}

// writes reports whether the route changes something.
func (x *request) writes() bool {
	if x.route == nil {
		return false
	}
	return x.route.class == auth.Write || x.r.Method == http.MethodDelete || x.r.Method == http.MethodPut
}

// logText is an error as the log may show it: refusals quote the old schema in
// their details, and schema texts do not belong into a log.
func logText(err error) string {
	text, _, _ := strings.Cut(err.Error(), ", details: [")
	return clip(text, 256)
}
