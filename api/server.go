package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
)

func serverRoutes(a *API) []route {
	return []route{
		{method: "GET", path: "/", action: auth.Public, class: auth.Free, always: true, handle: (*request).root},
		{method: "POST", path: "/", action: auth.Public, class: auth.Free, always: true, handle: (*request).root},
		{method: "GET", path: "/v1/metadata/id", action: auth.Known, class: auth.Free, handle: (*request).metadataID},
		{method: "GET", path: "/v1/metadata/version", action: auth.Known, class: auth.Free, always: true, handle: (*request).metadataVersion},
		{method: "GET", path: "/v1/metadata/deployment", action: auth.Known, class: auth.Free, always: true, handle: (*request).metadataDeployment},
		{method: "GET", path: "/master_available", action: auth.Public, class: auth.Free, always: true, handle: (*request).masterAvailable},
		{method: "GET", path: "/healthz", action: auth.Public, class: auth.Free, always: true, handle: (*request).healthz},
		{method: "GET", path: "/readyz", action: auth.Public, class: auth.Free, always: true, handle: (*request).readyz},
		{method: "GET", path: "/readyz/write", action: auth.Public, class: auth.Free, always: true, handle: (*request).readyzWrite},
	}
}

// root is Confluent's liveness answer; a browser gets the UI.
func (x *request) root() error {
	if x.api.opt.UI != nil && x.r.Method == http.MethodGet && strings.Contains(strings.Join(x.r.Header["Accept"], ","), "text/html") {
		x.streamed = true
		x.api.opt.UI.ServeHTTP(&x.w, x.r)
		return nil
	}
	return x.json(200, struct{}{})
}

func (x *request) metadataID() error {
	id, err := x.api.clusterID(x.ctx)
	if err != nil {
		return err
	}
	return x.json(200, wire.ClusterID{Scope: wire.ClusterScope{
		Path:     []string{},
		Clusters: map[string]string{"kafka-cluster": id, "schema-registry-cluster": "instar"},
	}})
}

// clusterID is the configured id, or one made from the first change of the log,
// which is the same on every node and in every copy. An empty log has none yet.
func (a *API) clusterID(ctx context.Context) (string, error) {
	if a.opt.ClusterID != "" {
		return a.opt.ClusterID, nil
	}
	if id := a.cluster.Load(); id != nil {
		return *id, nil
	}
	records, err := a.service.Changes(ctx, 0, 1)
	if err != nil {
		return "", err
	}
	if len(records) == 0 {
		return "00000000-0000-0000-0000-000000000000", nil
	}
	sum := records[0].Hash()
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	s := hex.EncodeToString(sum[:16])
	id := s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
	a.cluster.Store(&id)
	return id, nil
}

func (x *request) metadataVersion() error {
	version := x.api.opt.ReportedVersion
	if version == "" {
		version = "8.3.0-instar." + strings.TrimPrefix(x.api.opt.Version, "v")
	}
	return x.json(200, wire.ServerVersion{Version: version, CommitID: x.api.opt.Commit})
}

func (x *request) metadataDeployment() error {
	return x.json(200, map[string][]string{"attributes": {}})
}

func (x *request) masterAvailable() error {
	return x.json(200, map[string]bool{"master_available": x.api.service.Status().Ready})
}

// Health is what the health routes answer.
type Health struct {
	Status   string       `json:"status"`
	Degraded bool         `json:"degraded"`
	Checks   HealthChecks `json:"checks"`
}

// HealthChecks are the parts of [Health].
type HealthChecks struct {
	Storage struct {
		OK  bool  `json:"ok"`
		Age int64 `json:"age_ms"` // since the store was last seen; -1 = never
	} `json:"storage"`
	Log struct {
		Head    int64 `json:"head"`
		Applied int64 `json:"applied"`
	} `json:"log"`
	Migrations struct {
		OK bool `json:"ok"`
	} `json:"migrations"`
}

// writableWithin is how recently the store must have been seen for the node to
// count as able to write.
const writableWithin = 10 * time.Second

// Health tells whether the node is ready to read and to write.
func (a *API) Health() (h Health, read, write bool) {
	s := a.service.Status()
	age := time.Duration(-1)
	if !s.LastContact.IsZero() {
		age = max(0, a.now().Sub(s.LastContact))
	}
	draining := a.opt.Draining()
	read = s.Ready && !draining
	write = read && !s.Degraded && age >= 0 && age <= writableWithin
	switch {
	case draining:
		h.Status = "draining"
	case s.Ready:
		h.Status = "ready"
	case a.service.Fatal() != nil:
		h.Status = "stopped"
	default:
		h.Status = "starting"
	}
	h.Degraded = s.Degraded
	h.Checks.Storage.OK, h.Checks.Storage.Age = s.Err == nil && age >= 0, age.Milliseconds()
	if age < 0 {
		h.Checks.Storage.Age = -1
	}
	h.Checks.Log.Head, h.Checks.Log.Applied = s.Head, s.Applied
	h.Checks.Migrations.OK = s.Ready
	return h, read, write
}

func (x *request) healthz() error { return x.json(200, map[string]string{"status": "ok"}) }

func (x *request) readyz() error {
	h, read, _ := x.api.Health()
	return x.json(readyStatus(read), h)
}

func (x *request) readyzWrite() error {
	h, _, write := x.api.Health()
	return x.json(readyStatus(write), h)
}

func readyStatus(ready bool) int {
	if ready {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}
