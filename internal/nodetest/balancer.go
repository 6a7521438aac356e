package nodetest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
)

// Balancer is a reverse proxy that gives every request to the next of its
// nodes, whatever the client or the connection. It is the hardest case for a
// cluster: nothing that a client writes is read back from the node it wrote to.
type Balancer struct {
	*httptest.Server
	next atomic.Uint64
}

// NewBalancer starts a proxy in front of the given nodes.
func NewBalancer(nodes ...*Node) (*Balancer, error) {
	b := &Balancer{}
	targets := make([]*url.URL, len(nodes))
	for i, n := range nodes {
		u, err := url.Parse(n.URL)
		if err != nil {
			return nil, fmt.Errorf("parse the address of node %d: %w", i, err)
		}
		targets[i] = u
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(targets[b.next.Add(1)%uint64(len(targets))])
	}}
	b.Server = httptest.NewServer(http.Handler(proxy))
	return b, nil
}
