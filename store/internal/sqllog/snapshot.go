package sqllog

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/failpoint"
)

// snapshotPart keeps single messages well below what PostgreSQL's drivers and
// poolers accept.
const snapshotPart = 4 << 20

// KeepSnapshots is how many states remain: the newest, and the one before in
// case the newest cannot be read.
const KeepSnapshots = 2

// SaveSnapshot implements [registry.Log]. It replaces a snapshot of the same
// sequence. Of two nodes that save the same sequence at once one is ignored.
func (l *Log) SaveSnapshot(ctx context.Context, s registry.Snapshot) error {
	const what = "save a snapshot"
	if s.Seq < 1 {
		return fmt.Errorf("%s: the sequence is %d and must be at least 1", what, s.Seq)
	}
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return explain(what, err)
	}
	defer leave()
	for attempt := 0; ; attempt++ {
		err := l.saveSnapshot(ctx, s)
		if err == nil || !l.again(ctx, err, attempt) {
			return explain(what, err)
		}
	}
}

func (l *Log) saveSnapshot(ctx context.Context, s registry.Snapshot) error {
	tx, err := l.db.Write(ctx, false)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	failpoint.Hit(failpoint.SnapshotBegin)
	err = runBatch(ctx, tx, []Stmt{{
		Point: failpoint.SnapshotPrune, What: "replace the snapshot",
		SQL: `DELETE FROM snapshot WHERE seq = $1`, Args: []any{s.Seq},
	}})
	if err != nil {
		return err
	}
	first, err := l.saveParts(ctx, tx, s)
	if err != nil || !first {
		return err
	}
	err = runBatch(ctx, tx, []Stmt{{
		Point: failpoint.SnapshotPrune, What: "delete older snapshots",
		SQL: `DELETE FROM snapshot WHERE seq NOT IN
			(SELECT DISTINCT seq FROM snapshot ORDER BY seq DESC LIMIT $1)`,
		Args: []any{int64(KeepSnapshots)},
	}})
	if err != nil {
		return err
	}
	failpoint.Hit(failpoint.SnapshotCommit)
	// A snapshot is a copy: if the answer to the commit is lost, so be it.
	return tx.Commit(ctx)
}

// saveParts inserts the body in parts. It returns false if another node has
// just saved this sequence, whose parts must not be mixed with ours.
func (l *Log) saveParts(ctx context.Context, tx Tx, s registry.Snapshot) (bool, error) {
	parts := max(1, (len(s.Body)+snapshotPart-1)/snapshotPart)
	for i := range parts {
		failpoint.Hit(failpoint.SnapshotPart)
		body := s.Body[i*snapshotPart : min(len(s.Body), (i+1)*snapshotPart)]
		if body == nil {
			body = []byte{}
		}
		inserted := false
		err := tx.Query(ctx, `INSERT INTO snapshot (seq, part, parts, body) VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING RETURNING seq`, []any{s.Seq, int64(i), int64(parts), body},
			func(scan Scan) error {
				var seq int64
				inserted = true
				return scan(&seq)
			})
		if err != nil {
			return false, fmt.Errorf("insert part %d of %d: %w", i+1, parts, err)
		}
		if !inserted {
			return false, nil
		}
	}
	return true, nil
}

// LoadSnapshot implements [registry.Log]. A snapshot with a missing part does
// not count.
func (l *Log) LoadSnapshot(ctx context.Context) (registry.Snapshot, error) {
	const what = "load a snapshot"
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return registry.Snapshot{}, explain(what, err)
	}
	defer leave()
	seq, parts, err := l.newestSnapshot(ctx)
	if err != nil || seq == 0 {
		return registry.Snapshot{}, explain(what, err)
	}
	s := registry.Snapshot{Seq: seq, Body: make([]byte, 0, parts*snapshotPart)}
	for part := range parts {
		found := false
		err := l.db.Query(ctx, `SELECT body FROM snapshot WHERE seq = $1 AND part = $2`, []any{seq, part},
			func(scan Scan) error {
				var body []byte
				err := scan(&body)
				s.Body = append(s.Body, body...)
				found = true
				return err
			})
		if err != nil {
			return registry.Snapshot{}, explain(what, err)
		}
		if !found { // pruned or deleted while we were reading: replay is always right
			return registry.Snapshot{}, nil
		}
	}
	return s, nil
}

func (l *Log) newestSnapshot(ctx context.Context) (seq, parts int64, err error) {
	err = l.db.Query(ctx, `SELECT seq, max(parts) FROM snapshot GROUP BY seq
		HAVING count(*) = max(parts) AND min(parts) = max(parts) ORDER BY seq DESC LIMIT 1`, nil,
		func(scan Scan) error { return scan(&seq, &parts) })
	return seq, parts, err
}
