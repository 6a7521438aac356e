package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
)

// start measures an empty registry, then one with many schemas: after a clean
// shutdown, which leaves a snapshot, and after a kill, which leaves the log.
func start(ctx context.Context, e *env) ([]row, error) {
	rows, err := e.empty(ctx)
	if err != nil {
		return nil, err
	}
	for _, clean := range []bool{true, false} {
		more, err := e.full(ctx, clean)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// timed starts a node and says how long it took to be ready.
func (e *env) timed(ctx context.Context, settings map[string]string) (*nodetest.Node, time.Duration, error) {
	begin := time.Now()
	n, err := e.node(ctx, settings)
	return n, time.Since(begin), err
}

func (e *env) empty(ctx context.Context) ([]row, error) {
	var taken []time.Duration
	var resident, anonymous []int64
	for range e.rounds {
		n, d, err := e.timed(ctx, map[string]string{"INSTAR_STORAGE_DRIVER": "sqlite"})
		if err != nil {
			return nil, err
		}
		time.Sleep(e.round) // idle means that what the start needed has been given back
		m, err := memory(n.PID())
		n.Kill()
		if err != nil {
			return nil, err
		}
		taken, resident, anonymous = append(taken, d), append(resident, m.now), append(anonymous, m.anonymous)
	}
	return []row{
		{"start on an empty SQLite file", millis(median(taken)), "process start until /readyz is 200; aim ≤ 100 ms"},
		{"resident memory, idle and empty", mib(median(resident)), "aim ≤ 20 MiB; " + mib(median(anonymous)) + " of it is not the program file"},
	}, nil
}

func (e *env) full(ctx context.Context, clean bool) ([]row, error) {
	settings := map[string]string{
		"INSTAR_STORAGE_DRIVER":      "sqlite",
		"INSTAR_STORAGE_SQLITE_PATH": fmt.Sprintf("%s/full-%v.db", e.dir, clean),
	}
	what := "after a clean shutdown (snapshot)"
	if !clean {
		what = "after a kill, without a snapshot (whole log)"
		settings["INSTAR_STORAGE_SNAPSHOT_EVERY"] = "100000000"
	}
	n, err := e.node(ctx, settings)
	if err != nil {
		return nil, err
	}
	filled, err := e.load(ctx, n)
	if err != nil {
		n.Kill()
		return nil, err
	}
	if err := e.end(ctx, n, clean); err != nil {
		return nil, err
	}
	var taken []time.Duration
	var resident, highest []int64
	for range 3 {
		n, d, err := e.timed(ctx, settings)
		if err != nil {
			return nil, err
		}
		time.Sleep(e.round)
		m, err := memory(n.PID())
		if err := e.end(ctx, n, clean); err != nil {
			return nil, err
		}
		if err != nil {
			return nil, err
		}
		taken, resident, highest = append(taken, d), append(resident, m.now), append(highest, m.highest)
	}
	aim := ""
	if e.schemas == 100_000 {
		aim = "; aim ≤ 1 s and ≤ 160 MiB"
	}
	rows := []row{
		{fmt.Sprintf("start with %d schemas, %s", e.schemas, what), millis(median(taken)), "until /readyz is 200" + aim},
		{fmt.Sprintf("resident memory with %d schemas, %s", e.schemas, what), mib(median(resident)), "highest " + mib(median(highest))},
	}
	if clean {
		rows = append(rows, row{"bulk registration of them", perSecond(filled), "POST /bulk/register with 500 items, one client, SQLite"})
	}
	return rows, nil
}

// end shuts a node down, or kills it: a file that was not closed is checked at
// the next start, which is no part of a start after a shutdown.
func (e *env) end(ctx context.Context, n *nodetest.Node, clean bool) error {
	if !clean {
		n.Kill()
		return nil
	}
	stop, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return n.Stop(stop)
}

// load registers the schemas, ten versions of 20 fields to a subject, and says
// how many a second.
func (e *env) load(ctx context.Context, n *nodetest.Node) (float64, error) {
	c := nodetest.NewClient(n.URL, 1, 5*time.Minute)
	defer c.Close()
	type item struct {
		Subject string `json:"subject"`
		Schema  string `json:"schema"`
	}
	const batch = 500
	begin := time.Now()
	for done := 0; done < e.schemas; {
		var items []item
		for ; len(items) < batch && done < e.schemas; done++ {
			items = append(items, item{fmt.Sprintf("subject-%d", done/10), avro20("R", fmt.Sprint(done), "")})
		}
		a, err := c.Do(ctx, http.MethodPost, "/bulk/register", map[string]any{"atomic": true, "items": items})
		if err != nil {
			return 0, err
		}
		if !a.OK() {
			return 0, fmt.Errorf("fill the registry: the answer is %.2000s", a)
		}
	}
	return float64(e.schemas) / time.Since(begin).Seconds(), nil
}
