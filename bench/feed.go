package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
	"github.com/instar-registry/instar/internal/pgtest"
)

// changes is how many changes are timed; by polling each takes about a second.
const changes = 100

// arrival is when a subscriber saw the change of a subject.
type arrival struct {
	subject string
	at      time.Time
}

// feed registers on one node and waits for the change on the other, with
// notifications and with polling alone.
func feed(ctx context.Context, e *env) (rows []row, err error) {
	pg, err := pgtest.Start(ctx, pgtest.Options{Fsync: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pg.Stop()) }()
	for _, c := range []struct {
		name, listen, aim string
	}{{"LISTEN", "true", "aim p99 < 50 ms"}, {"polling", "false", "aim p99 < 1.2 s"}} {
		late, err := e.followed(ctx, pg, c.listen)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		rows = append(rows, row{
			"change on one node until a subscriber of the other has it, " + c.name,
			fmt.Sprintf("p50 %s, p99 %s", millis(quantile(late, 0.5)), millis(quantile(late, 0.99))),
			"from the answer to the POST, which is after the commit; " + c.aim,
		})
	}
	return rows, nil
}

func (e *env) followed(ctx context.Context, pg *pgtest.Cluster, listen string) ([]time.Duration, error) {
	db, err := pg.Create(ctx)
	if err != nil {
		return nil, err
	}
	settings := map[string]string{
		"INSTAR_STORAGE_DRIVER": "postgres", "INSTAR_STORAGE_POSTGRES_DSN": pg.DSN(db), "INSTAR_STORAGE_POSTGRES_LISTEN": listen,
	}
	var nodes [2]*nodetest.Node
	for i := range nodes {
		if nodes[i], err = e.node(ctx, settings); err != nil {
			return nil, err
		}
		defer nodes[i].Kill()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	arrivals, err := subscribe(ctx, nodes[1].URL)
	if err != nil {
		return nil, err
	}
	c := nodetest.NewClient(nodes[0].URL, 1, 10*time.Second)
	defer c.Close()
	var late []time.Duration
	for i := range changes {
		subject := fmt.Sprintf("feed-%d", i)
		if _, err := register(ctx, c, subject, avro20("R", subject, "")); err != nil {
			return nil, err
		}
		answered := time.Now()
		select {
		case a, ok := <-arrivals:
			if !ok || a.subject != subject {
				return nil, fmt.Errorf("the feed gave %q instead of %q", a.subject, subject)
			}
			late = append(late, max(0, a.at.Sub(answered)))
		case <-time.After(10 * time.Second):
			return nil, fmt.Errorf("the change of %s did not arrive within 10 s", subject)
		}
		time.Sleep(time.Duration(i%7) * time.Millisecond) // out of step with any poll
	}
	sort.Slice(late, func(i, j int) bool { return late[i] < late[j] })
	return late, nil
}

// subscribe follows the registrations of a node.
func subscribe(ctx context.Context, url string) (<-chan arrival, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/changes?follow=true&kinds=version.registered", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/x-ndjson")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, fmt.Errorf("follow the changes: the answer is %s", res.Status)
	}
	out := make(chan arrival, 16)
	go func() {
		defer close(out)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		for lines.Scan() {
			var r struct {
				Subject string `json:"subject"`
			}
			if json.Unmarshal(lines.Bytes(), &r) == nil && r.Subject != "" {
				out <- arrival{r.Subject, time.Now()}
			}
		}
	}()
	return out, nil
}
