package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
	"github.com/instar-registry/instar/internal/pgtest"
)

// archived is how many schemas travel in the archive benchmark.
const archived = 20_000

// archive fills a registry on PostgreSQL in bulk, exports it and imports the
// archive into an empty one.
func archive(ctx context.Context, e *env) (rows []row, err error) {
	pg, err := pgtest.Start(ctx, pgtest.Options{Fsync: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pg.Stop()) }()
	var nodes [2]*nodetest.Node
	for i := range nodes {
		db, err := pg.Create(ctx)
		if err != nil {
			return nil, err
		}
		nodes[i], err = e.node(ctx, map[string]string{"INSTAR_STORAGE_DRIVER": "postgres", "INSTAR_STORAGE_POSTGRES_DSN": pg.DSN(db)})
		if err != nil {
			return nil, err
		}
		defer nodes[i].Kill()
	}
	full := *e
	full.schemas = archived
	bulk, err := full.load(ctx, nodes[0])
	if err != nil {
		return nil, err
	}
	file := filepath.Join(e.dir, "archive.ndjson")
	exported, size, err := export(ctx, nodes[0].URL, file)
	if err != nil {
		return nil, err
	}
	imported, err := restore(ctx, nodes[1].URL, file)
	if err != nil {
		return nil, err
	}
	m, err := memory(nodes[1].PID())
	if err != nil {
		return nil, err
	}
	return []row{
		{"bulk registration", perSecond(bulk), fmt.Sprintf("%d versions of 20 fields, 500 a request, one client; aim ≥ 5,000/s", archived)},
		{"export", perSecond(archived / exported.Seconds()), fmt.Sprintf("%s of NDJSON; aim ≥ 5,000/s", mib(size))},
		{"import", perSecond(archived / imported.Seconds()), fmt.Sprintf("into an empty registry; aim ≥ 5,000/s; its memory at the highest %s, aim ≤ 256 MiB for 1 M", mib(m.highest))},
	}, nil
}

func export(ctx context.Context, url, file string) (taken time.Duration, size int64, err error) {
	f, err := os.Create(file)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/export", nil)
	if err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("export: the answer is %s", res.Status)
	}
	size, err = io.Copy(f, res.Body)
	return time.Since(begin), size, err
}

func restore(ctx context.Context, url, file string) (time.Duration, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/import", f)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	begin := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("import: the answer is %s %.2000s", res.Status, body)
	}
	return time.Since(begin), err
}
