package nodetest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync/atomic"
)

// Balancer is a reverse proxy that gives every request to the next of its
// nodes, whatever the client or the connection. It is the hardest case for a
// cluster: nothing that a client writes is read back from the node it wrote to.
type Balancer struct {
	*httptest.Server
	targets []*url.URL
	follow  bool
	next    atomic.Uint64
	seen    atomic.Int64 // highest sequence of an answer
}

// NewBalancer starts a proxy in front of the given nodes. With follow it asks
// every node for at least the sequence of the newest answer it passed on, as a
// proxy or client does that wants to read its own writes of every kind; without,
// only what every client may rely on holds: no false "not found".
func NewBalancer(follow bool, nodes ...*Node) (*Balancer, error) {
	b := &Balancer{follow: follow}
	for i, n := range nodes {
		u, err := url.Parse(n.URL)
		if err != nil {
			return nil, fmt.Errorf("parse the address of node %d: %w", i, err)
		}
		b.targets = append(b.targets, u)
	}
	b.Server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        b.rewrite,
		ModifyResponse: b.remember,
		Transport:      &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	})
	return b, nil
}

func (b *Balancer) rewrite(r *httputil.ProxyRequest) {
	r.SetURL(b.targets[b.next.Add(1)%uint64(len(b.targets))])
	if b.follow {
		r.Out.Header.Set("X-Instar-Min-Seq", strconv.FormatInt(b.seen.Load(), 10))
	}
}

func (b *Balancer) remember(res *http.Response) error {
	raise(&b.seen, res)
	return nil
}
