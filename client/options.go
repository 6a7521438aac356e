package client

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"
)

// Option configures a [Client].
type Option func(*settings) error

type settings struct {
	http         *http.Client
	tls          *tls.Config
	credential   credential
	headers      http.Header
	attempts     int
	timeout      time.Duration
	backoff      time.Duration
	maxBackoff   time.Duration
	maxRetry     time.Duration
	rest         time.Duration
	maxBody      int64
	cacheEntries int
	cacheBytes   int64
	negativeFor  time.Duration
	clock        func() time.Time
	sleep        func(context.Context, time.Duration) error
	userAgent    string
}

func defaults() settings {
	return settings{
		headers: http.Header{}, attempts: 4, timeout: 10 * time.Second,
		backoff: 100 * time.Millisecond, maxBackoff: 5 * time.Second, maxRetry: 30 * time.Second,
		rest: 10 * time.Second, maxBody: 16 << 20, cacheEntries: 10_000, cacheBytes: 256 << 20,
		negativeFor: 10 * time.Second, clock: time.Now, sleep: sleep, userAgent: "instar-client",
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// secret is text that never prints.
type secret string

// Format implements fmt.Formatter for every verb.
func (secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, "***") }

// credential gives the value of the Authorization header. After a 401, renew
// reports whether asking again may give another one.
type credential interface {
	header(ctx context.Context) (string, error)
	renew() bool
}

type fixed secret

// Format implements fmt.Formatter for every verb.
func (fixed) Format(f fmt.State, _ rune) { fmt.Fprint(f, "***") }

func (f fixed) header(context.Context) (string, error) { return string(f), nil }
func (fixed) renew() bool                              { return false }

// Basic sends a name and password, or a token's name and the token.
func Basic(name, password string) Option {
	return func(s *settings) error {
		s.credential = fixed("Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password)))
		return nil
	}
}

// Bearer sends a token.
func Bearer(token string) Option {
	return func(s *settings) error {
		s.credential = fixed("Bearer " + token)
		return nil
	}
}

// BearerFrom sends tokens that get returns with the time they expire (zero:
// never). It is called by one goroutine at a time, 30 s before the end and once
// more after a 401.
func BearerFrom(get func(context.Context) (token string, expires time.Time, err error)) Option {
	return func(s *settings) error {
		s.credential = &renewed{get: get, clock: func() time.Time { return s.clock() }, turn: make(chan struct{}, 1)}
		return nil
	}
}

// Header adds a header to every request, such as Confluent Cloud's
// "Target-Sr-Cluster".
func Header(name, value string) Option {
	return func(s *settings) error {
		if http.CanonicalHeaderKey(name) == "Authorization" {
			s.credential = fixed(value)
			return nil
		}
		s.headers.Add(name, value)
		return nil
	}
}

// HTTPClient replaces the HTTP client; its redirect policy and time-outs are
// then the caller's.
func HTTPClient(c *http.Client) Option {
	return func(s *settings) error {
		if c == nil {
			return fmt.Errorf("client.HTTPClient: the client is nil")
		}
		s.http = c
		return nil
	}
}

// TLS sets the TLS configuration; below TLS 1.2 is refused.
func TLS(c *tls.Config) Option {
	return func(s *settings) error {
		if c == nil {
			return fmt.Errorf("client.TLS: the configuration is nil")
		}
		if c.MinVersion != 0 && c.MinVersion < tls.VersionTLS12 {
			return fmt.Errorf("client.TLS: the minimum version is below TLS 1.2")
		}
		s.tls = c.Clone()
		if s.tls.MinVersion == 0 {
			s.tls.MinVersion = tls.VersionTLS12
		}
		return nil
	}
}

// Attempts bounds how often one request is sent; the default is 4.
func Attempts(n int) Option {
	return func(s *settings) error {
		if n < 1 {
			return fmt.Errorf("client.Attempts: %d is not at least 1", n)
		}
		s.attempts = n
		return nil
	}
}

// Timeout bounds one attempt; the default is 10 s. Streams have no bound.
func Timeout(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("client.Timeout: %v is not positive", d)
		}
		s.timeout = d
		return nil
	}
}

// Backoff sets the longest wait before the first repetition, which doubles with
// each further one up to a bound; the defaults are 100 ms and 5 s. The actual
// waits are random.
func Backoff(first, longest time.Duration) Option {
	return func(s *settings) error {
		if first <= 0 || longest < first {
			return fmt.Errorf("client.Backoff: %v and %v are not positive and ascending", first, longest)
		}
		s.backoff, s.maxBackoff = first, longest
		return nil
	}
}

// CacheSize bounds the memory of immutable schemas; the defaults are 10,000
// entries and 256 MiB.
func CacheSize(entries int, bytes int64) Option {
	return func(s *settings) error {
		if entries < 1 || bytes < 1 {
			return fmt.Errorf("client.CacheSize: %d entries and %d bytes are not positive", entries, bytes)
		}
		s.cacheEntries, s.cacheBytes = entries, bytes
		return nil
	}
}

// UserAgent names the program in the server's log.
func UserAgent(name string) Option {
	return func(s *settings) error {
		s.userAgent = name
		return nil
	}
}

// renewed is a credential that ends and is fetched again.
type renewed struct {
	get     func(context.Context) (string, time.Time, error)
	clock   func() time.Time
	turn    chan struct{} // held while fetching
	token   secret
	expires time.Time
}

// early is how long before its end a token is no longer used.
const early = 30 * time.Second

func (r *renewed) header(ctx context.Context) (string, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if r.token == "" || (!r.expires.IsZero() && !r.clock().Before(r.expires.Add(-early))) {
		token, expires, err := r.get(ctx)
		if err != nil {
			return "", fmt.Errorf("get a bearer token: %w", err)
		}
		r.token, r.expires = secret(token), expires
	}
	return "Bearer " + string(r.token), nil
}

func (r *renewed) renew() bool {
	r.turn <- struct{}{}
	r.token = ""
	<-r.turn
	return true
}
