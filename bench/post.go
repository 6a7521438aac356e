package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/instar-registry/instar/internal/pgtest"
)

// post registers new versions, as fast as 1, 8 and 32 clients can wait for each,
// on both engines with fsync on.
func post(ctx context.Context, e *env) (rows []row, err error) {
	pg, err := pgtest.Start(ctx, pgtest.Options{Fsync: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pg.Stop()) }()
	for _, engine := range []string{"sqlite", "postgres"} {
		settings, driver, dsn, err := e.store(ctx, engine, pg)
		if err != nil {
			return nil, err
		}
		more, err := e.postOn(ctx, engine, settings, driver, dsn)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", engine, err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// store makes an empty store for the registry and one for the naive server.
func (e *env) store(ctx context.Context, engine string, pg *pgtest.Cluster) (settings map[string]string, driver, dsn string, err error) {
	if engine == "sqlite" {
		file := filepath.Join(e.dir, "naive.db")
		dsn = "file:" + file + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_txlock=immediate"
		return map[string]string{"INSTAR_STORAGE_DRIVER": "sqlite"}, "sqlite", dsn, nil
	}
	var names [2]string
	for i := range names {
		if names[i], err = pg.Create(ctx); err != nil {
			return nil, "", "", err
		}
	}
	settings = map[string]string{"INSTAR_STORAGE_DRIVER": "postgres", "INSTAR_STORAGE_POSTGRES_DSN": pg.DSN(names[0])}
	return settings, "pgx", pg.DSN(names[1]), nil
}

func (e *env) postOn(ctx context.Context, engine string, settings map[string]string, driver, dsn string) ([]row, error) {
	n, err := e.node(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer n.Kill()
	plain, err := startChild(nil, naiveCommand, driver, dsn)
	if err != nil {
		return nil, err
	}
	defer plain.stop()
	var rows []row
	for _, clients := range []int{1, 8, 32} {
		var rates, naiveRates, p50, p99 []float64
		for range e.rounds {
			ours, err := load(ctx, host(n.URL), success, clients, e.round, versions(host(n.URL)))
			if err != nil {
				return nil, fmt.Errorf("registry: %w", err)
			}
			theirs, err := load(ctx, plain.addr, success, clients, e.round, versions(plain.addr))
			if err != nil {
				return nil, fmt.Errorf("naive server: %w", err)
			}
			rates, naiveRates = append(rates, ours.rate()), append(naiveRates, theirs.rate())
			p50 = append(p50, float64(quantile(ours.latencies, 0.5)))
			p99 = append(p99, float64(quantile(ours.latencies, 0.99)))
		}
		rows = append(rows, row{
			fmt.Sprintf("POST of new versions, %s, %d clients", engine, clients),
			fmt.Sprintf("%s, p50 %s, p99 %s", perSecond(median(rates)), millis(time.Duration(median(p50))), millis(time.Duration(median(p99)))),
			fmt.Sprintf("%.2f× the naive server's %s", ratio(rates, naiveRates), perSecond(median(naiveRates))),
		})
	}
	return rows, nil
}

// posted numbers the contents of the whole run, so that each is new.
var posted atomic.Int64

// versions gives every connection subjects of its own with 50 versions each.
func versions(addr string) func(int) func() request {
	return func(int) func() request {
		subject, left := "", 0
		return func() request {
			n := posted.Add(1)
			if left == 0 {
				subject, left = fmt.Sprintf("post-%d", n), 50
			}
			left--
			return newRequest("POST", addr, "/subjects/"+subject+"/versions", bodyOf(avro20("R", fmt.Sprint(n), "")))
		}
	}
}
