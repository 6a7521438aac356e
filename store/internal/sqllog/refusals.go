package sqllog

import (
	"context"

	"github.com/instar-registry/instar/registry"
)

const (
	insertRefusal = `INSERT INTO refusal (at, actor, request, route, subject, status, code, times)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	deleteRefusals = `DELETE FROM refusal WHERE at < $1`
	selectRefusals = `SELECT at, actor, request, route, subject, status, code, times
		FROM refusal WHERE at >= $1 ORDER BY at`
)

// Refused implements [registry.Log]. It takes no head lock: refusals are no part
// of the log's order.
func (l *Log) Refused(ctx context.Context, rows []registry.Refusal, before int64) error {
	const what = "record refusals"
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return explain(what, err)
	}
	defer leave()
	for attempt := 0; ; attempt++ {
		err := l.refused(ctx, rows, before)
		if err == nil || !l.again(ctx, err, attempt) {
			return explain(what, err)
		}
	}
}

func (l *Log) refused(ctx context.Context, rows []registry.Refusal, before int64) error {
	tx, err := l.db.Write(ctx, false)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	stmts := []Stmt{{What: "remove old refusals", SQL: deleteRefusals, Args: []any{before}}}
	for i := range rows {
		r := &rows[i]
		stmts = append(stmts, Stmt{What: "record a refusal", SQL: insertRefusal, Args: []any{
			r.At, r.Actor, r.Request, r.Route, r.Subject, int64(r.Status), int64(r.Code), int64(max(1, r.Times)),
		}})
	}
	if i, err := tx.Batch(ctx, stmts); err != nil {
		return struck(stmts[i], err)
	}
	return tx.Commit(ctx)
}

// Refusals implements [registry.Log].
func (l *Log) Refusals(ctx context.Context, since int64, yield func(registry.Refusal)) error {
	const what = "read refusals"
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return explain(what, err)
	}
	defer leave()
	err = l.db.Query(ctx, selectRefusals, []any{since}, func(scan Scan) error {
		var r registry.Refusal
		var status, code, times int64
		if err := scan(&r.At, &r.Actor, &r.Request, &r.Route, &r.Subject, &status, &code, &times); err != nil {
			return err
		}
		r.Status, r.Code, r.Times = int(status), int(code), int(times)
		yield(r)
		return nil
	})
	return explain(what, err)
}
