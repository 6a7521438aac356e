package telemetry

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Logging is the switchboard behind the server's logger: level, format and the
// secrets to hide can change while it runs.
type Logging struct {
	level   slog.LevelVar
	text    atomic.Bool
	mask    masker
	limiter limiter
	out     io.Writer
}

// NewLogging writes to out, at level info as JSON until told otherwise.
func NewLogging(out io.Writer, now func() time.Time) *Logging {
	if now == nil {
		now = time.Now
	}
	return &Logging{out: out, limiter: limiter{now: now, entries: map[string]*repeated{}}}
}

// Set chooses level ("debug", "info", "warn", "error") and format; text lines
// are for a person at a terminal, JSON for everything else.
func (l *Logging) Set(level string, text bool) {
	var v slog.Level
	if err := v.UnmarshalText([]byte(level)); err != nil {
		v = slog.LevelInfo // the configuration allows no other name
	}
	l.level.Set(v)
	l.text.Store(text)
}

// Hide makes a secret unprintable: wherever it stands in a value that is
// logged, *** appears. Short texts are not secrets but noise and are ignored.
func (l *Logging) Hide(secrets ...string) { l.mask.add(secrets) }

// Logger returns the logger.
func (l *Logging) Logger() *slog.Logger {
	opts := &slog.HandlerOptions{Level: &l.level, ReplaceAttr: l.mask.replace}
	return slog.New(&handler{
		owner: l, json: slog.NewJSONHandler(l.out, opts), text: slog.NewTextHandler(l.out, opts),
	})
}

// handler sends each record to one of two handlers, so that the format can
// change under loggers that exist already.
type handler struct {
	owner      *Logging
	json, text slog.Handler
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.owner.level.Level() }

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		dropped, ok := h.owner.limiter.allow(r.Message)
		if !ok {
			return nil
		}
		if dropped > 0 {
			r = r.Clone()
			r.AddAttrs(slog.Int("suppressed", dropped))
		}
	}
	if h.owner.text.Load() {
		return h.text.Handle(ctx, r)
	}
	return h.json.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(a []slog.Attr) slog.Handler {
	return &handler{h.owner, h.json.WithAttrs(a), h.text.WithAttrs(a)}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{h.owner, h.json.WithGroup(name), h.text.WithGroup(name)}
}

// limiter lets the same warning through ten times a minute and counts the rest.
// Messages are constants of the code, so the map is as large as the code.
type limiter struct {
	now     func() time.Time
	mu      sync.Mutex
	entries map[string]*repeated
}

type repeated struct {
	since         time.Time
	seen, dropped int
}

const warningsPerMinute = 10

func (l *limiter) allow(msg string) (dropped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	e := l.entries[msg]
	if e == nil {
		e = &repeated{since: now}
		l.entries[msg] = e
	}
	if now.Sub(e.since) >= time.Minute {
		dropped = e.dropped
		*e = repeated{since: now}
	}
	if e.seen >= warningsPerMinute {
		e.dropped++
		return 0, false
	}
	e.seen++
	return dropped, true
}

// masker hides secrets by the name of the attribute, by their form and by their
// content.
type masker struct {
	known atomic.Pointer[strings.Replacer]
	mu    sync.Mutex
	list  []string
}

const hidden = "***"

// shortestSecret keeps a password like "a" from blanking half of every line.
const shortestSecret = 6

func (m *masker) add(secrets []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range secrets {
		if len(s) >= shortestSecret {
			m.list = append(m.list, s, hidden)
		}
	}
	m.known.Store(strings.NewReplacer(m.list...))
}

// secretNames are attributes that are never shown, whatever they hold.
var secretNames = map[string]bool{
	"authorization": true, "cookie": true, "set-cookie": true, "password": true, "token": true, "secret": true, "dsn": true,
}

func (m *masker) replace(_ []string, a slog.Attr) slog.Attr {
	if secretNames[strings.ToLower(a.Key)] {
		return slog.String(a.Key, hidden)
	}
	switch a.Value.Kind() {
	case slog.KindString:
		if s, t := a.Value.String(), ""; s != "" {
			if t = m.text(s); t != s {
				a.Value = slog.StringValue(t)
			}
		}
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok && err != nil {
			a.Value = slog.StringValue(m.text(err.Error()))
		}
	default: // numbers, times and switches hold no secrets; groups come apart
	}
	return a
}

func (m *masker) text(s string) string {
	if r := m.known.Load(); r != nil {
		s = r.Replace(s)
	}
	return maskTokens(maskURLs(s))
}

// maskURLs hides the password of every URL in a text.
func maskURLs(s string) string {
	for from := 0; ; {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			return s
		}
		from += i + 3
		end := from + strings.IndexAny(s[from:]+" ", " \t\r\n\"'`<>/?#")
		at := strings.LastIndexByte(s[from:end], '@')
		colon := strings.IndexByte(s[from:end], ':')
		if at < 0 || colon < 0 || colon > at {
			continue
		}
		s = s[:from+colon+1] + hidden + s[from+at:]
	}
}

// tokenLength is "instar_" and 49 characters.
const tokenPrefix, tokenLength = "instar_", 7 + 49

// maskTokens hides every API token in a text.
func maskTokens(s string) string {
	for from := 0; ; {
		i := strings.Index(s[from:], tokenPrefix)
		if i < 0 {
			return s
		}
		from += i
		if end := from + tokenLength; end <= len(s) && isWord(s[from+len(tokenPrefix):end]) {
			s = s[:from+len(tokenPrefix)] + hidden + s[end:]
		}
		from += len(tokenPrefix)
	}
}

func isWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
