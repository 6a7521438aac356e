package chaos

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
)

// TestIncompatiblePairs lets two versions that exclude each other race for a
// subject, over two connections, on one node and on two. Exactly one may win,
// and the loser has to be told which version it lost against.
func TestIncompatiblePairs(t *testing.T) {
	formats := []string{"AVRO", "JSON", "PROTOBUF"}
	each := max(1, *races/(3*len(formats)*len(levels)))
	onEachCluster(t, func(t *testing.T, a, b *nodetest.Client) {
		var n atomic.Int64
		for _, format := range formats {
			for _, level := range levels {
				t.Run(format+" "+level, func(t *testing.T) {
					inParallel(each, 4, func(int) { race(t, a, b, format, level, int(n.Add(1))) })
				})
			}
		}
		t.Logf("%d races", n.Load())
	})
}

// onEachCluster runs a test on one node of each engine and on two nodes of the
// one that allows it, and verifies the whole store afterwards.
func onEachCluster(t *testing.T, test func(t *testing.T, a, b *nodetest.Client)) {
	for _, c := range []struct {
		name  string
		nodes int
		env   func(*testing.T) map[string]string
	}{
		{"one node on sqlite", 1, onSQLite},
		{"one node on postgres", 1, onPostgres},
		{"two nodes on postgres", 2, onPostgres},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := c.env(t)
			nodes := []*nodetest.Node{start(t, env)}
			if c.nodes == 2 {
				nodes = append(nodes, start(t, env))
			}
			a := nodetest.NewClient(nodes[0].URL, 16, 20*time.Second)
			b := nodetest.NewClient(nodes[len(nodes)-1].URL, 16, 20*time.Second)
			a.Follow(b)
			defer a.Close()
			defer b.Close()
			test(t, a, b)
			converged(t, a, b)
			for _, n := range nodes {
				n.Kill()
			}
			verify(t, program(t, released), env)
		})
	}
}

// converged demands that two nodes at the same sequence hold the same: names,
// versions, ids, texts, deletions, configuration and modes.
func converged(t *testing.T, a, b *nodetest.Client) {
	t.Helper()
	one := done(t, a, http.MethodGet, "/export?deleted=true&config=true", nil)
	two := done(t, b, http.MethodGet, "/export?deleted=true&config=true", nil)
	if len(one.Body) == 0 || !bytes.Equal(one.Body, two.Body) {
		t.Errorf("two nodes export different states: %d and %d bytes", len(one.Body), len(two.Body))
	}
}

// inParallel calls f n times from a few goroutines and waits for them.
func inParallel(n, workers int, f func(i int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range workers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				f(int(i))
			}
		})
	}
	wg.Wait()
}

// together calls all functions at the same moment and waits for them.
func together(fs ...func()) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for _, f := range fs {
		wg.Go(func() {
			<-gate
			f()
		})
	}
	close(gate)
	wg.Wait()
}

// call sends a request that must be answered, with any status below 500.
func call(t *testing.T, c *nodetest.Client, method, path string, body any) nodetest.Answer {
	t.Helper()
	a, err := c.Do(t.Context(), method, path, body)
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
	} else if a.Status >= 500 {
		t.Errorf("%s %s answered %s", method, path, a)
	}
	return a
}

// done is call for a request that must succeed.
func done(t *testing.T, c *nodetest.Client, method, path string, body any) nodetest.Answer {
	t.Helper()
	a := call(t, c, method, path, body)
	if !a.OK() {
		t.Errorf("%s %s answered %s", method, path, a)
	}
	return a
}

type schemaBody struct {
	Schema     string `json:"schema"`
	SchemaType string `json:"schemaType"`
	ID         int    `json:"id,omitempty"`
	Version    int    `json:"version,omitempty"`
	References []ref  `json:"references,omitempty"`
}

type ref struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

type entity struct {
	ID      int    `json:"id"`
	Version int    `json:"version"`
	Schema  string `json:"schema"`
}

func race(t *testing.T, a, b *nodetest.Client, format, level string, n int) {
	subject := fmt.Sprintf("pair-%d", n)
	r := rivalsOf(format, level, n)
	done(t, a, http.MethodPut, "/config/"+subject, map[string]string{"compatibility": level, "compatibilityPolicy": r.policy})
	path := "/subjects/" + subject + "/versions"
	done(t, b, http.MethodPost, path, schemaBody{Schema: r.base, SchemaType: format})

	var one, two nodetest.Answer
	together(
		func() { one = call(t, a, http.MethodPost, path, schemaBody{Schema: r.a, SchemaType: format}) },
		func() { two = call(t, b, http.MethodPost, path, schemaBody{Schema: r.b, SchemaType: format}) },
	)
	winner, loser := one, two
	if !one.OK() {
		winner, loser = two, one
	}
	if winner.Status != http.StatusOK || loser.Status != http.StatusConflict {
		t.Errorf("%s at %s: the answers are %s and %s; exactly one must win", subject, level, one, two)
		return
	}
	if !strings.Contains(string(loser.Body), "oldSchemaVersion: 2") {
		t.Errorf("%s at %s: the loser is not told that version 2 won: %s", subject, level, loser)
	}
	var won entity
	if err := winner.Into(&won); err != nil {
		t.Error(err)
		return
	}
	for _, c := range []*nodetest.Client{a, b} {
		agree(t, c, subject, won)
	}
}

// agree demands that a node knows exactly the base and the winner.
func agree(t *testing.T, c *nodetest.Client, subject string, won entity) {
	t.Helper()
	var versions []int
	if err := done(t, c, http.MethodGet, "/subjects/"+subject+"/versions", nil).Into(&versions); err != nil {
		t.Error(err)
	}
	if !slices.Equal(versions, []int{1, 2}) {
		t.Errorf("%s has the versions %v", subject, versions)
	}
	var got entity
	if err := done(t, c, http.MethodGet, "/subjects/"+subject+"/versions/2", nil).Into(&got); err != nil {
		t.Error(err)
	}
	if got != won {
		t.Errorf("%s: version 2 is %+v, acknowledged was %+v", subject, got, won)
	}
}
