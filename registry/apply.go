package registry

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// ApplyRecord decodes a record and applies it. An error means that the log does
// not make sense to this release and the node must stop.
func (st *State) ApplyRecord(r Record) error {
	c, rec, err := DecodeChange(r)
	if err != nil {
		return err
	}
	return st.apply(r, c, rec)
}

// apply advances the state by one change.
func (st *State) apply(r Record, c Change, rec *Receipt) error {
	c, err := st.sealer.openChange(c)
	if err != nil {
		return fmt.Errorf("record %d (%s): %w", r.Seq, r.Kind, err)
	}
	if err := st.Apply(c, r.Seq, r.At); err != nil {
		return fmt.Errorf("record %d (%s): %w", r.Seq, r.Kind, err)
	}
	if rec != nil {
		st.keepReceipt(rec, r.Seq)
	}
	st.head.Seq, st.head.Hash = r.Seq, r.Hash()
	return nil
}

// Apply makes one change happen. seq and at are those of its record.
func (st *State) Apply(c Change, seq, at int64) error {
	switch c := c.(type) {
	case VersionRegistered:
		return st.applyRegistered(c, seq, at)
	case VersionDeleted:
		return st.setDeleted(c.About(), []int{c.Version}, true)
	case VersionUndeleted:
		return st.setDeleted(c.About(), []int{c.Version}, false)
	case SubjectDeleted:
		return st.setDeleted(c.About(), c.Versions, true)
	case SubjectUndeleted:
		return st.setDeleted(c.About(), c.Versions, false)
	case VersionPurged:
		return st.purge(c.About(), []int{c.Version}, c.Config, nil)
	case SubjectPurged:
		return st.purge(c.About(), c.Versions, c.Config, c.Released)
	case ContextCreated:
		st.context(c.Context).Listed = true
	case ContextDeleted:
		st.context(c.Context).Listed = false
	case ConfigChanged:
		setOrDelete(st.configs, c.About().key(), c.Config, c.Config == nil)
	case ModeChanged:
		setOrDelete(st.modes, c.About().key(), c.Mode, c.Mode == "")
	case UpcasterActivated:
		return st.applyUpcaster(c, seq, at)
	case UpcasterDrafted:
		return st.applyDraft(c, seq, at)
	case UpcasterDiscarded:
		return st.discardUpcaster(c.About(), c.From, c.To)
	case UpcasterImported:
		return st.applyUpcasterImported(c, seq)
	case UpcasterWithdrawn:
		return st.withdrawUpcaster(c.About(), c.From, c.To, seq)
	case TokenCreated:
		st.access = seq
		st.tokens.Set(c.Name, (*Token)(&c))
	case TokenRevoked:
		st.access = seq
		st.tokens.Delete(c.Name)
	case GrantChanged:
		st.access = seq
		g := &Grant{c.Principal, c.Role, c.Pattern}
		setOrDelete(st.grants, g.Principal+"\x00"+g.Role+"\x00"+g.Pattern, g, c.Removed)
	default:
		return fmt.Errorf("no rule to apply a %s", c.Kind())
	}
	return nil
}

type setter[V any] interface {
	Set(string, V) (V, bool)
	Delete(string) (V, bool)
}

func setOrDelete[V any](m setter[V], key string, v V, remove bool) {
	if remove {
		m.Delete(key)
		return
	}
	m.Set(key, v)
}

func (st *State) applyRegistered(c VersionRegistered, seq, at int64) error {
	content, err := c.decodeContent()
	if err != nil {
		return err
	}
	if c.At != 0 {
		at = c.At
	}
	name := c.About()
	if len(c.Replaces) > 0 {
		if err := st.purge(name, c.Replaces, false, nil); err != nil {
			return err
		}
	}
	content = st.bind(name.Context, c.ID, content, at)
	ctx := st.context(name.Context)
	b, _ := ctx.ids.Get(c.ID)
	next := *b
	next.Uses = extended(st, b.Uses, Use{name.Subject, c.Version})
	ctx.ids.Set(c.ID, &next)

	v := Version{Number: c.Version, ID: c.ID, At: at, Seq: seq, Deleted: c.Deleted, Content: content, Inherited: c.Inherited}
	if err := st.insertVersion(name, v); err != nil {
		return err
	}
	for _, r := range content.References {
		target := In(name.Context, r.Subject).key()
		list, _ := st.referrer.Get(target)
		st.referrer.Set(target, extended(st, list, Referrer{Target: r.Version, Name: name, Version: c.Version}))
	}
	st.countText(content.Text, 1)
	st.counters.Registered++
	st.counters.CreatedByFormat[content.Format]++
	st.countVersion(content.Format, c.Deleted, 1)
	return nil
}

func (st *State) countVersion(f schema.Format, deleted bool, by int64) {
	if deleted {
		st.counters.SoftDeletedByFormat[f] += by
		return
	}
	st.counters.LiveByFormat[f] += by
}

func (st *State) countText(h Hash, by int) {
	n, _ := st.texts.Get(string(h[:]))
	setOrDelete(st.texts, string(h[:]), n+by, n+by == 0)
}

// bind makes id stand for content, if it does not yet, and returns the content
// that the state shares.
func (st *State) bind(context string, id int64, content *Content, at int64) *Content {
	ctx := st.context(context)
	if b, ok := ctx.ids.Get(id); ok {
		return b.Content
	}
	guid := string(content.GUID[:])
	e, known := st.guids.Get(guid)
	if known {
		content = e.content
		e = &guidEntry{content: content, ids: append(slices.Clip(e.ids), ContextID{context, id})}
	} else {
		e = &guidEntry{content: content, ids: []ContextID{{context, id}}}
	}
	st.guids.Set(guid, e)
	ctx.ids.Set(id, &Binding{ID: id, At: at, Content: content})
	ctx.MaxID = max(ctx.MaxID, id)
	return content
}

func (st *State) insertVersion(n Name, v Version) error {
	s := st.Subject(n)
	if s == nil {
		st.subjects.Set(n.key(), &Subject{Name: n, Versions: []Version{v}})
		return nil
	}
	next := &Subject{Name: s.Name}
	if v.Number > s.Highest() {
		next.Versions = extended(st, s.Versions, v)
	} else {
		i, found := slices.BinarySearchFunc(s.Versions, v.Number, func(o Version, n int) int { return o.Number - n })
		if found {
			return fmt.Errorf("version %d of %q exists already", v.Number, n)
		}
		next.Versions = slices.Insert(slices.Clone(s.Versions), i, v)
	}
	st.subjects.Set(n.key(), next)
	return nil
}

func (st *State) setDeleted(n Name, versions []int, deleted bool) error {
	s := st.Subject(n)
	next := &Subject{Name: n}
	if s != nil {
		next.Versions = slices.Clone(s.Versions)
	}
	for _, number := range versions {
		v := next.Version(number)
		if v == nil {
			return fmt.Errorf("version %d of %q does not exist", number, n)
		}
		if v.Deleted == deleted {
			continue
		}
		v.Deleted = deleted
		st.countVersion(v.Content.Format, !deleted, -1)
		st.countVersion(v.Content.Format, deleted, 1)
		if deleted {
			st.counters.Deleted++
			st.counters.DeletedByFormat[v.Content.Format]++
		}
	}
	st.subjects.Set(n.key(), next)
	return nil
}

// purge removes versions for good; with config, the subject's own entries too.
func (st *State) purge(n Name, versions []int, config bool, released []int64) error {
	if s := st.Subject(n); s != nil {
		next := &Subject{Name: n}
		var gone []Version // since the last one that stays
		for _, v := range s.Versions {
			if slices.Contains(versions, v.Number) {
				st.forget(n, v)
				gone = append(gone, v)
				continue
			}
			for i := len(gone) - 1; i >= 0 && len(next.Versions) > 0; i-- { // nothing leads to a first version
				v.Inherited = v.Inherited.with(&gone[i])
			}
			next.Versions, gone = append(next.Versions, v), nil
		}
		if len(s.Versions)-len(next.Versions) != len(versions) {
			return fmt.Errorf("not all of the versions %v of %q exist", versions, n)
		}
		setOrDelete(st.subjects, n.key(), next, len(next.Versions) == 0)
		if len(next.Versions) == 0 {
			st.purgeUpcasters(n)
		}
	} else if len(versions) > 0 {
		return fmt.Errorf("subject %q does not exist", n)
	}
	if config {
		st.configs.Delete(n.key())
		st.modes.Delete(n.key())
	}
	for _, id := range released {
		st.release(n.Context, id)
	}
	return nil
}

// forget takes a version out of the indexes around it.
func (st *State) forget(n Name, v Version) {
	st.countVersion(v.Content.Format, v.Deleted, -1)
	st.countText(v.Content.Text, -1)
	ctx := st.context(n.Context)
	if b, ok := ctx.ids.Get(v.ID); ok {
		next := *b
		next.Uses = without(b.Uses, Use{n.Subject, v.Number})
		ctx.ids.Set(v.ID, &next)
	}
	for _, r := range v.Content.References {
		target := In(n.Context, r.Subject).key()
		list, _ := st.referrer.Get(target)
		list = without(list, Referrer{Target: r.Version, Name: n, Version: v.Number})
		setOrDelete(st.referrer, target, list, len(list) == 0)
	}
}

// without returns list less the first element equal to x, never sharing spare
// room with list.
func without[T comparable](list []T, x T) []T {
	i := slices.Index(list, x)
	if i < 0 {
		return list
	}
	out := make([]T, 0, len(list)-1)
	return append(append(out, list[:i]...), list[i+1:]...)
}

// release gives up the binding of an id without versions.
func (st *State) release(context string, id int64) {
	ctx := st.context(context)
	b, ok := ctx.ids.Get(id)
	if !ok {
		return
	}
	ctx.ids.Delete(id)
	guid := string(b.Content.GUID[:])
	if e, ok := st.guids.Get(guid); ok {
		ids := without(e.ids, ContextID{context, id})
		setOrDelete(st.guids, guid, &guidEntry{content: e.content, ids: ids}, len(ids) == 0)
	}
}

func (st *State) keepReceipt(r *Receipt, seq int64) {
	key := r.Principal + "\x00" + r.Key
	if old, ok := st.receipts.Get(key); ok {
		st.order.Delete(old.seq)
	}
	st.receipts.Set(key, &receipt{seq: seq, strong: r.Strong, digest: r.Digest, outcome: r.Outcome})
	st.order.Set(seq, key)
	for {
		oldest, old, ok := st.order.Min()
		if !ok || oldest > seq-maxReceipts {
			return
		}
		st.order.Delete(oldest)
		st.receipts.Delete(old)
	}
}
