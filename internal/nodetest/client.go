package nodetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// Client sends requests and returns what came back as it is; it retries
// nothing, since tests have to see every answer.
type Client struct {
	base   string
	http   *http.Client
	follow *atomic.Int64 // shared by clients that read each other's writes
}

// NewClient returns a client of the registry under base, with connections of
// its own. The timeout is that of a whole request.
func NewClient(base string, connections int, timeout time.Duration) *Client {
	return &Client{base: base, http: &http.Client{
		Timeout:   timeout,
		Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections},
	}}
}

// Follow makes the reads of c and others see every write that any of them was
// answered: they ask for the highest sequence that an answer to one of them
// carried. Writes do not wait.
func (c *Client) Follow(others ...*Client) {
	c.follow = &atomic.Int64{}
	for _, o := range others {
		o.follow = c.follow
	}
}

// Close closes the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Answer is what the registry sent.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// OK says whether the request succeeded.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Code is the error_code of the body, or 0.
func (a Answer) Code() int {
	var e struct {
		Code int `json:"error_code"`
	}
	if json.Unmarshal(a.Body, &e) != nil {
		return 0
	}
	return e.Code
}

// Into decodes the body.
func (a Answer) Into(v any) error {
	if err := json.Unmarshal(a.Body, v); err != nil {
		return fmt.Errorf("decode the answer %d %s: %w", a.Status, a.Body, err)
	}
	return nil
}

func (a Answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Body) }

// Do sends one request. The error is one of the connection; then nobody knows
// whether the registry has done what was asked. Headers come as name, value.
func (c *Client) Do(ctx context.Context, method, path string, body any, headers ...string) (Answer, error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return Answer{}, fmt.Errorf("encode the body of %s %s: %w", method, path, err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	if c.follow != nil && method == http.MethodGet {
		req.Header.Set("X-Instar-Min-Seq", strconv.FormatInt(c.follow.Load(), 10))
	}
	res, err := c.http.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	if c.follow != nil {
		raise(c.follow, res)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: b}, nil
}

// raise keeps the highest sequence that an answer carried.
func raise(seen *atomic.Int64, res *http.Response) {
	seq, err := strconv.ParseInt(res.Header.Get("X-Instar-Seq"), 10, 64)
	if err != nil {
		return // answers that reflect no state, such as that of an unknown route
	}
	for old := seen.Load(); seq > old; old = seen.Load() {
		if seen.CompareAndSwap(old, seq) {
			return
		}
	}
}
