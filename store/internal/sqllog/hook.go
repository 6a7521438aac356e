package sqllog

import "context"

// Hook stands between the log and its database in tests. It is asked before
// each step, named "write", "query", "tx.query", "batch", "commit", and after a
// commit that succeeded, "committed"; an error that it returns becomes the
// step's own, so "commit" with an error loses the transaction and "committed"
// with an error loses only the answer.
type Hook func(ctx context.Context, step string) error

type hooked struct {
	DB
	hook Hook
}

func (h hooked) Write(ctx context.Context, fresh bool, first ...Read) (Tx, error) {
	if err := h.hook(ctx, "write"); err != nil {
		return nil, err
	}
	for range first {
		if err := h.hook(ctx, "tx.query"); err != nil {
			return nil, err
		}
	}
	tx, err := h.DB.Write(ctx, fresh, first...)
	if err != nil {
		return nil, err
	}
	return hookedTx{tx, h.hook}, nil
}

func (h hooked) Query(ctx context.Context, sql string, args []any, row func(Scan) error) error {
	if err := h.hook(ctx, "query"); err != nil {
		return err
	}
	return h.DB.Query(ctx, sql, args, row)
}

type hookedTx struct {
	Tx
	hook Hook
}

func (h hookedTx) Query(ctx context.Context, sql string, args []any, row func(Scan) error) error {
	if err := h.hook(ctx, "tx.query"); err != nil {
		return err
	}
	return h.Tx.Query(ctx, sql, args, row)
}

func (h hookedTx) Batch(ctx context.Context, stmts []Stmt) (int, error) {
	if err := h.hook(ctx, "batch"); err != nil {
		return 0, err
	}
	return h.Tx.Batch(ctx, stmts)
}

func (h hookedTx) Finish(ctx context.Context, stmts []Stmt) (int, error) {
	if err := h.hook(ctx, "batch"); err != nil {
		return 0, err
	}
	if err := h.hook(ctx, "commit"); err != nil {
		return len(stmts), err
	}
	if i, err := h.Tx.Finish(ctx, stmts); err != nil {
		return i, err
	}
	return len(stmts), h.hook(ctx, "committed")
}

func (h hookedTx) Commit(ctx context.Context) error {
	if err := h.hook(ctx, "commit"); err != nil {
		return err
	}
	if err := h.Tx.Commit(ctx); err != nil {
		return err
	}
	return h.hook(ctx, "committed")
}
