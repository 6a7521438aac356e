package sqllog

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/registry"
)

const (
	selectIDs      = `SELECT context, id, hash FROM schema_id ORDER BY context, id`
	selectVersions = `SELECT context, subject, version, id FROM version ORDER BY context, subject, version`
)

// Guards implements [registry.Log].
func (l *Log) Guards(ctx context.Context, yield func(registry.Guard)) error {
	const what = "read the guard tables"
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return explain(what, err)
	}
	defer leave()
	err = l.db.Query(ctx, selectIDs, nil, func(scan Scan) error {
		g := registry.Guard{Op: registry.BindID}
		var hash []byte
		if err := scan(&g.Context, &g.ID, &hash); err != nil {
			return err
		}
		if copy(g.Hash[:], hash) != len(g.Hash) {
			return fmt.Errorf("id %d of context %s has a hash of %d bytes", g.ID, g.Context, len(hash))
		}
		yield(g)
		return nil
	})
	if err != nil {
		return explain(what, err)
	}
	err = l.db.Query(ctx, selectVersions, nil, func(scan Scan) error {
		g := registry.Guard{Op: registry.AddVersion}
		if err := scan(&g.Context, &g.Subject, &g.Version, &g.ID); err != nil {
			return err
		}
		yield(g)
		return nil
	})
	return explain(what, err)
}
