package memory

import (
	"fmt"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/sqllog"
)

// guards are the guard tables as maps.
type guards struct {
	ids      map[idKey]registry.Hash
	versions map[versionKey]int64 // to the id
	uses     map[idKey]int        // versions per id, the foreign key
}

type idKey struct {
	context string
	id      int64
}

type versionKey struct {
	context, subject string
	version          int64
}

func newGuards() guards {
	return guards{
		ids: map[idKey]registry.Hash{}, versions: map[versionKey]int64{}, uses: map[idKey]int{},
	}
}

// apply runs the guards in order; if one strikes, those before it are undone.
func (g *guards) apply(list []registry.Guard, records []registry.Record) error {
	var undo []func()
	for _, e := range list {
		back, why := g.edit(e)
		if why == "" {
			undo = append(undo, back)
			continue
		}
		for i := len(undo) - 1; i >= 0; i-- {
			undo[i]()
		}
		return &sqllog.GuardError{What: sqllog.Describe(e), Constraint: why}
	}
	return nil
}

// edit makes one change and returns how to take it back, or why it must not be.
func (g *guards) edit(e registry.Guard) (undo func(), why string) {
	switch e.Op {
	case registry.BindID:
		return g.bind(idKey{e.Context, e.ID}, e.Hash)
	case registry.ReleaseID:
		return g.release(idKey{e.Context, e.ID})
	case registry.AddVersion:
		return g.add(versionKey{e.Context, e.Subject, e.Version}, e.ID)
	default:
		return g.drop(versionKey{e.Context, e.Subject, e.Version})
	}
}

func (g *guards) bind(k idKey, hash registry.Hash) (func(), string) {
	old, bound := g.ids[k]
	switch {
	case k.id < 1:
		return nil, "violates schema_id_positive"
	case bound && old != hash:
		return nil, "violates schema_id_pk: the id is bound to other content"
	case bound:
		return func() {}, ""
	}
	g.ids[k] = hash
	return func() { delete(g.ids, k) }, ""
}

func (g *guards) release(k idKey) (func(), string) {
	hash, bound := g.ids[k]
	switch {
	case !bound:
		return nil, "the id is not bound"
	case g.uses[k] > 0:
		return nil, fmt.Sprintf("violates version_has_id: %d versions use it", g.uses[k])
	}
	delete(g.ids, k)
	return func() { g.ids[k] = hash }, ""
}

func (g *guards) add(k versionKey, id int64) (func(), string) {
	of := idKey{k.context, id}
	_, exists := g.versions[k]
	_, bound := g.ids[of]
	switch {
	case k.version < 1:
		return nil, "violates version_positive"
	case exists:
		return nil, "violates version_pk: the version exists"
	case !bound:
		return nil, "violates version_has_id: the id is not bound"
	}
	g.set(k, id)
	return func() { g.unset(k, id) }, ""
}

func (g *guards) drop(k versionKey) (func(), string) {
	id, exists := g.versions[k]
	if !exists {
		return nil, "the version does not exist"
	}
	g.unset(k, id)
	return func() { g.set(k, id) }, ""
}

func (g *guards) set(k versionKey, id int64) {
	g.versions[k] = id
	g.uses[idKey{k.context, id}]++
}

func (g *guards) unset(k versionKey, id int64) {
	delete(g.versions, k)
	of := idKey{k.context, id}
	if g.uses[of]--; g.uses[of] == 0 {
		delete(g.uses, of)
	}
}
