package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
)

// transitive asks whether a candidate fits a whole history of 20-field records.
func transitive(ctx context.Context, e *env) ([]row, error) {
	var rows []row
	for _, h := range []struct {
		versions int
		aim      string
	}{{200, "aim ≤ 5 ms"}, {1000, "aim ≤ 50 ms"}} {
		cold, warm, err := e.transitiveOver(ctx, h.versions)
		if err != nil {
			return nil, err
		}
		rows = append(rows,
			row{fmt.Sprintf("BACKWARD_TRANSITIVE check over %d versions, warm", h.versions), millis(warm), "whole request, new candidate each time; " + h.aim},
			row{fmt.Sprintf("the same, first request after a start (%d versions)", h.versions), millis(cold), fmt.Sprintf("%.1f× warm; aim ≤ 20×", float64(cold)/float64(warm))})
	}
	return rows, nil
}

func (e *env) transitiveOver(ctx context.Context, versions int) (cold, warm time.Duration, err error) {
	path := fmt.Sprintf("%s/transitive-%d.db", e.dir, versions)
	settings := map[string]string{"INSTAR_STORAGE_DRIVER": "sqlite", "INSTAR_STORAGE_SQLITE_PATH": path}
	n, err := e.node(ctx, settings)
	if err != nil {
		return 0, 0, err
	}
	if err := fill(ctx, n, versions); err != nil {
		n.Kill()
		return 0, 0, err
	}
	stop, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := n.Stop(stop); err != nil {
		return 0, 0, err
	}
	if n, err = e.node(ctx, settings); err != nil {
		return 0, 0, err
	}
	defer n.Kill()
	c := nodetest.NewClient(n.URL, 1, time.Minute)
	defer c.Close()
	if cold, err = check(ctx, c, 0); err != nil {
		return 0, 0, err
	}
	var taken []time.Duration
	for i := range 20 {
		d, err := check(ctx, c, i+1)
		if err != nil {
			return 0, 0, err
		}
		taken = append(taken, d)
	}
	return cold, median(taken), nil
}

// fill registers a history in which every version has an optional field of its
// own, then asks for transitive checks.
func fill(ctx context.Context, n *nodetest.Node, versions int) error {
	c := nodetest.NewClient(n.URL, 1, time.Minute)
	defer c.Close()
	for i := range versions {
		if _, err := register(ctx, c, "history", revision(i)); err != nil {
			return err
		}
	}
	a, err := c.Do(ctx, http.MethodPut, "/config/history", map[string]string{"compatibility": "BACKWARD_TRANSITIVE"})
	if err == nil && !a.OK() {
		err = fmt.Errorf("set the level: the answer is %s", a)
	}
	return err
}

func revision(i int) string {
	return avro20("R", "", fmt.Sprintf(`,{"name":"more_%d","type":["null","long"],"default":null}`, i))
}

// check asks with a candidate that nobody has asked about.
func check(ctx context.Context, c *nodetest.Client, i int) (time.Duration, error) {
	body := map[string]string{"schema": revision(1_000_000 + i)}
	begin := time.Now()
	a, err := c.Do(ctx, http.MethodPost, "/compatibility/subjects/history/versions", body)
	taken := time.Since(begin)
	if err != nil {
		return 0, err
	}
	var answer struct {
		OK bool `json:"is_compatible"`
	}
	if err := a.Into(&answer); err != nil {
		return 0, err
	}
	if !answer.OK {
		return 0, fmt.Errorf("the candidate must be compatible; the answer is %s", a)
	}
	return taken, nil
}
