package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// accept asks for Instar's detail first and takes what every registry offers.
const accept = "application/vnd.instar.v1+json, application/vnd.schemaregistry.v1+json;q=0.9, application/vnd.schemaregistry+json;q=0.8, application/json;q=0.7"

const contentType = "application/vnd.schemaregistry.v1+json"

// call is one request, sent as often as it takes.
type call struct {
	method string
	path   string // escaped, starts with a slash
	query  url.Values
	body   any            // marshalled to JSON unless nil
	stream io.Reader      // sent as it is, once
	out    any            // nil: the body is dropped; *string: the body as it is
	open   *io.ReadCloser // not nil: gets the body of a good answer unread
	// repeatable: equal requests have one effect on every registry.
	repeatable bool
	header     http.Header
	accept     string
}

// base is a base URL with its health.
type base struct {
	url   string
	mu    sync.Mutex
	until time.Time // rests until then
	cause error
}

func parseBases(list []string, s *settings) ([]*base, error) {
	if len(list) == 0 {
		return nil, errors.New("client.New: no base URL")
	}
	var out []*base
	for _, text := range list {
		u, err := url.Parse(strings.TrimSpace(text))
		if err != nil {
			return nil, errors.New("client.New: a base URL is not readable") // its text may hold a password
		}
		if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return nil, fmt.Errorf("client.New: the base URL %q does not start with http:// or https:// and a host", u.Redacted())
		}
		if u.User != nil {
			password, _ := u.User.Password()
			if s.credential == nil {
				if err := Basic(u.User.Username(), password)(s); err != nil {
					return nil, err
				}
			}
			u.User = nil
		}
		u.RawQuery, u.Fragment = "", ""
		out = append(out, &base{url: strings.TrimRight(u.String(), "/")})
	}
	return out, nil
}

func (b *base) resting(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Before(b.until)
}

func (b *base) note(cause error, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cause, b.until = cause, until
}

func newHTTPClient(s *settings) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	t.MaxIdleConnsPerHost = 32
	if s.tls != nil {
		t.TLSClientConfig = s.tls
	}
	return &http.Client{Transport: t, CheckRedirect: sameOrigin}
}

// sameOrigin follows redirects only where credentials may go.
func sameOrigin(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
		return fmt.Errorf("the registry redirects to another origin, %s://%s; set that as the base URL", req.URL.Scheme, req.URL.Host)
	}
	if len(via) > 5 {
		return errors.New("the registry redirects more than 5 times")
	}
	return nil
}

// pick returns the base URL to try: the last good one, else the next that does
// not rest; when all do, each in turn.
func (c *Client) pick(attempt int) (int, *base) {
	now, start := c.set.clock(), int(c.good.Load())
	for i := range c.bases {
		n := (start + i) % len(c.bases)
		if !c.bases[n].resting(now) {
			return n, c.bases[n]
		}
	}
	n := (start + attempt - 1) % len(c.bases)
	return n, c.bases[n]
}

func (c *Client) otherHealthy() bool {
	now := c.set.clock()
	for _, b := range c.bases {
		if !b.resting(now) {
			return true
		}
	}
	return false
}

// do runs a call to its end.
func (c *Client) do(ctx context.Context, req *call) error {
	body, key, err := prepare(req)
	if err != nil {
		return err
	}
	renewed := false
	var last error
	for attempt := 1; ; attempt++ {
		n, b := c.pick(attempt)
		retry, err := c.attempt(ctx, b, req, body, key)
		if err == nil {
			c.good.Store(int32(n))
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		if errors.Is(err, ErrUnauthorized) && !renewed && c.set.credential != nil && c.set.credential.renew() && req.stream == nil {
			renewed = true
			continue
		}
		last = err
		if !retry.allowed || req.stream != nil {
			return err
		}
		if attempt >= c.set.attempts {
			break
		}
		if retry.failover && c.otherHealthy() {
			continue
		}
		if err := c.set.sleep(ctx, c.pause(attempt, retry.after)); err != nil {
			return fmt.Errorf("%w (gave up waiting: %w)", last, err)
		}
	}
	var refusal *Error
	if errors.As(last, &refusal) {
		return last
	}
	out := &UnavailableError{Attempts: c.set.attempts}
	for _, b := range c.bases {
		b.mu.Lock()
		out.URLs, out.Causes = append(out.URLs, b.url), append(out.Causes, b.cause)
		b.mu.Unlock()
	}
	return out
}

// pause is how long to wait before the next attempt: what the server asked for
// within reason, else a random part of a doubling bound.
func (c *Client) pause(attempt int, after time.Duration) time.Duration {
	if after > 0 {
		return min(after, c.set.maxRetry)
	}
	bound := min(c.set.backoff<<min(attempt-1, 20), c.set.maxBackoff)
	return time.Duration(mrand.Int64N(int64(bound) + 1)) //nolint:gosec // jitter, not a secret
}

func prepare(req *call) (body []byte, key string, err error) {
	if req.body != nil {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(req.body); err != nil {
			return nil, "", fmt.Errorf("%s %s: write the request body: %w", req.method, req.path, err)
		}
		body = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
	if req.method != http.MethodGet && req.method != http.MethodHead {
		var raw [16]byte
		rand.Read(raw[:]) // never fails: the runtime ends the process instead
		key = hex.EncodeToString(raw[:])
	}
	return body, key, nil
}

// retry says whether and how a failed attempt may be repeated.
type retry struct {
	allowed, failover bool
	after             time.Duration
}

func (c *Client) attempt(ctx context.Context, b *base, req *call, body []byte, key string) (retry, error) {
	inner := ctx
	if req.stream == nil && req.open == nil {
		var cancel context.CancelFunc
		inner, cancel = context.WithTimeout(ctx, c.set.timeout)
		defer cancel()
	}
	res, err := c.send(inner, b, req, body, key)
	if err != nil {
		b.note(err, c.set.clock().Add(c.set.rest))
		return retry{allowed: req.repeatable || c.mayRepeat(req.method), failover: true}, err
	}
	c.noteSeq(res.Header)
	if req.open != nil && res.StatusCode < 400 {
		b.note(nil, time.Time{})
		*req.open = res.Body
		return retry{}, nil
	}
	defer res.Body.Close()
	text, err := readBody(res.Body, c.set.maxBody)
	where := b.url + req.path
	if err != nil {
		b.note(err, c.set.clock().Add(c.set.rest))
		return retry{allowed: req.repeatable || c.mayRepeat(req.method), failover: true}, fmt.Errorf("%s %s: read the answer: %w", req.method, where, err)
	}
	if res.StatusCode >= 400 {
		e := readError(req.method, where, res.StatusCode, res.Header, text)
		return c.judge(b, e, req, res.Header), e
	}
	b.note(nil, time.Time{})
	return retry{}, decode(req, where, res.Header, text)
}

// mayRepeat reports whether the method may be repeated although the first try
// may have had its effect: Instar recognises the repetition by its key.
func (c *Client) mayRepeat(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || c.instar.Load()
}

// judge says whether a refusal may be repeated.
func (c *Client) judge(b *base, e *Error, req *call, h http.Header) retry {
	repeat := req.repeatable || c.mayRepeat(req.method)
	r := retry{after: retryAfter(h, c.set.clock())}
	switch e.Status {
	case http.StatusTooManyRequests:
		r.allowed = true // refused before it began
	case http.StatusRequestTimeout:
		r.allowed = repeat
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		r.allowed, r.failover = repeat, true
		b.note(e, c.set.clock().Add(c.set.rest))
	case http.StatusInternalServerError:
		r.allowed = repeat && e.Code >= 50001 && e.Code <= 50003
	}
	return r
}

// retryAfter reads seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil && n >= 0 {
		return time.Duration(min(n, 86400)) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

func (c *Client) send(ctx context.Context, b *base, req *call, body []byte, key string) (*http.Response, error) {
	where := b.url + req.path
	if len(req.query) > 0 {
		where += "?" + req.query.Encode()
	}
	var reader io.Reader
	if req.stream != nil {
		reader = req.stream
	} else if body != nil {
		reader = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, req.method, where, reader)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", req.method, b.url+req.path, err)
	}
	if err := c.dress(ctx, r, req, body != nil, key); err != nil {
		return nil, err
	}
	res, err := c.set.http.Do(r)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return nil, fmt.Errorf("%s %s: %w", req.method, b.url+req.path, err)
	}
	return res, nil
}

// dress sets the headers.
func (c *Client) dress(ctx context.Context, r *http.Request, req *call, body bool, key string) error {
	for name, values := range c.set.headers {
		r.Header[name] = values
	}
	r.Header.Set("Accept", accept)
	if req.accept != "" {
		r.Header.Set("Accept", req.accept)
	}
	r.Header.Set("User-Agent", c.set.userAgent)
	if body {
		r.Header.Set("Content-Type", contentType)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	if seq := c.seq.Load(); seq > 0 {
		r.Header.Set("X-Instar-Min-Seq", strconv.FormatInt(seq, 10))
	}
	for name, values := range req.header {
		r.Header[name] = values
	}
	if c.set.credential == nil {
		return nil
	}
	value, err := c.set.credential.header(ctx)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", value)
	return nil
}

// noteSeq remembers the newest sequence seen.
func (c *Client) noteSeq(h http.Header) {
	seq, err := strconv.ParseInt(h.Get("X-Instar-Seq"), 10, 64)
	if err != nil {
		return
	}
	c.instar.Store(true)
	for {
		old := c.seq.Load()
		if seq <= old || c.seq.CompareAndSwap(old, seq) {
			return
		}
	}
}

func readBody(r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("the answer has more than %d bytes", most)
	}
	return text, nil
}

func decode(req *call, where string, h http.Header, text []byte) error {
	switch out := req.out.(type) {
	case nil:
		return nil
	case *string:
		*out = string(text)
		return nil
	}
	if err := json.Unmarshal(text, req.out); err != nil {
		kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
		return fmt.Errorf("%s %s: the answer (%s, %d bytes) is not the JSON that was expected: %w", req.method, where, kind, len(text), err)
	}
	return nil
}
