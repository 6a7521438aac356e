package sqllog

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/instar-registry/instar/registry"
)

const (
	columns     = `seq, at, actor, request, kind, payload, prev_hash`
	selectFrom  = `SELECT ` + columns + ` FROM change WHERE seq >= $1 ORDER BY seq`
	selectOne   = `SELECT ` + columns + ` FROM change WHERE seq = $1`
	selectAfter = `SELECT ` + columns + ` FROM change WHERE seq > $1 ORDER BY seq LIMIT $2`

	// The head comes with each row, so that both are of one snapshot.
	selectPage = `SELECT (SELECT h.seq FROM head h WHERE h.one = 1) AS head_seq,
		(SELECT h.epoch FROM head h WHERE h.one = 1) AS head_epoch, ` +
		columns + ` FROM change WHERE change.seq >= $1 ORDER BY change.seq LIMIT $2`

	selectHead = `SELECT h.seq, h.epoch, COALESCE(c.seq, 0), COALESCE(c.at, 0), COALESCE(c.actor, ''),
		COALESCE(c.request, ''), COALESCE(c.kind, ''), COALESCE(c.payload, ''), c.prev_hash
		FROM head h LEFT JOIN change c ON c.seq = h.seq WHERE h.one = 1`
)

// scanRecord reads the columns of a change, after those that the caller names.
func scanRecord(scan Scan, first ...any) (registry.Record, error) {
	var r registry.Record
	var prev []byte
	dest := append(first, &r.Seq, &r.At, &r.Actor, &r.Request, &r.Kind, &r.Payload, &prev)
	if err := scan(dest...); err != nil {
		return r, err
	}
	copy(r.PrevHash[:], prev)
	return r, nil
}

// Read implements [registry.Log].
func (l *Log) Read(ctx context.Context, after registry.Head, limit int) ([]registry.Record, error) {
	const what = "read the log"
	if limit < 1 {
		return nil, fmt.Errorf("%s: the limit is %d and must be at least 1", what, limit)
	}
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return nil, explain(what, err)
	}
	defer leave()
	records, head, err := l.page(ctx, after.Seq, limit+1)
	if err == nil && head.Epoch == 0 { // no row: the log is empty, or it went back
		head, err = l.head(ctx)
	}
	if err == nil {
		err = CheckFollows(after, head)
	}
	if err != nil {
		return nil, explain(what, err)
	}
	records, _, err = Follow(after, records)
	if err != nil {
		return nil, explain(what, err)
	}
	if len(records) > limit {
		records = records[:limit]
	}
	return records, nil
}

// ReadFrom implements [registry.Log].
func (l *Log) ReadFrom(ctx context.Context, after int64, limit int) ([]registry.Record, error) {
	const what = "read the log's history"
	if after < 0 || limit < 1 {
		return nil, fmt.Errorf("%s: after sequence %d with limit %d: the sequence must be at least 0 and the limit 1",
			what, after, limit)
	}
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return nil, explain(what, err)
	}
	defer leave()
	var records []registry.Record
	err = l.db.Query(ctx, selectAfter, []any{after, int64(limit)}, func(scan Scan) error {
		r, err := scanRecord(scan)
		records = append(records, r)
		return err
	})
	if err == nil {
		err = Among(after, records)
	}
	if err != nil {
		return nil, explain(what, err)
	}
	return records, nil
}

func (l *Log) page(ctx context.Context, from int64, limit int) ([]registry.Record, registry.Head, error) {
	var head registry.Head
	records := make([]registry.Record, 0, min(limit, 1024))
	first := []any{&head.Seq, &head.Epoch, nil, nil, nil, nil, nil, nil, nil}[:2:9]
	err := l.db.Query(ctx, selectPage, []any{from, int64(limit)}, func(scan Scan) error {
		r, err := scanRecord(scan, first...)
		records = append(records, r)
		return err
	})
	return records, head, err
}

// Head implements [registry.Log].
func (l *Log) Head(ctx context.Context) (registry.Head, error) {
	const what = "read the head of the log"
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return registry.Head{}, explain(what, err)
	}
	defer leave()
	head, err := l.head(ctx)
	return head, explain(what, err)
}

func (l *Log) head(ctx context.Context) (registry.Head, error) {
	var head registry.Head
	var last registry.Record
	err := l.db.Query(ctx, selectHead, nil, func(scan Scan) (err error) {
		last, err = scanRecord(scan, &head.Seq, &head.Epoch)
		return err
	})
	switch {
	case err != nil:
		return registry.Head{}, err
	case head.Epoch == 0:
		return registry.Head{}, errNoHead
	case head.Seq != last.Seq:
		return registry.Head{}, fmt.Errorf("%w: the head says %d and that record is missing", registry.ErrReplaced, head.Seq)
	case head.Seq > 0:
		head.Hash = last.Hash()
	}
	return head, nil
}

// Texts are asked for in groups of textGroup, the last one filled up by
// repetition, so that there are two statements and not one per length.
const textGroup = 64

var selectTexts = map[int]string{1: textsQuery(1), textGroup: textsQuery(textGroup)}

func textsQuery(n int) string {
	return `SELECT hash, body FROM schema_text WHERE hash IN (` + parameters(1, n) + `)`
}

// Texts implements [registry.Log]. A body that does not match its address is
// damage and is never returned.
func (l *Log) Texts(ctx context.Context, hashes []registry.Hash) (map[registry.Hash]string, error) {
	const what = "read schema texts"
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return nil, explain(what, err)
	}
	defer leave()
	out := make(map[registry.Hash]string, len(hashes))
	for len(hashes) > 0 {
		n := textGroup
		if len(hashes) == 1 {
			n = 1
		}
		args := make([]any, n)
		for i := range args {
			args[i] = hashes[min(i, len(hashes)-1)][:]
		}
		err := l.db.Query(ctx, selectTexts[n], args, func(scan Scan) error { return scanText(scan, out) })
		if err != nil {
			return nil, explain(what, err)
		}
		hashes = hashes[min(n, len(hashes)):]
	}
	return out, nil
}

func scanText(scan Scan, into map[registry.Hash]string) error {
	var hash []byte
	var body string
	if err := scan(&hash, &body); err != nil {
		return err
	}
	sum := registry.Hash(sha256.Sum256([]byte(body)))
	if string(sum[:]) != string(hash) {
		return fmt.Errorf("text %x is damaged: its body has the SHA-256 %x", hash, sum)
	}
	into[sum] = body
	return nil
}
