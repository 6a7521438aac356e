// Package memory keeps the log in the process: for tests, demonstrations and
// "storage.driver memory". Nothing survives the process. In everything else it
// keeps the same promises as the stores on a disk, guards included, and passes
// the same conformance suite.
package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/sqllog"
)

// Log is one node's handle on a log in memory. It implements [registry.Log].
type Log struct {
	s    *storage
	wake chan struct{}
	// closing ends waiting calls.
	closing context.Context
	cancel  context.CancelFunc

	mu    sync.Mutex // of count
	count sqllog.Stats
}

var _ registry.Log = (*Log)(nil)

// Stats is what the store counts.
type Stats = sqllog.Stats

// storage is what the handles share.
type storage struct {
	writer chan struct{} // the head lock: holds one value while nobody writes

	mu        sync.RWMutex // of everything below
	handles   map[*Log]struct{}
	epoch     int64
	records   []registry.Record
	texts     map[registry.Hash]string
	guards    guards
	snapshots []registry.Snapshot // ascending, at most sqllog.KeepSnapshots
	refusals  []registry.Refusal
}

// New returns a handle on a new empty log.
func New() *Log {
	s := &storage{
		writer: make(chan struct{}, 1), handles: map[*Log]struct{}{},
		epoch: 1, texts: map[registry.Hash]string{}, guards: newGuards(),
	}
	s.writer <- struct{}{}
	return s.handle()
}

// Node returns another handle on the same log, as a second server would hold.
// Each is closed on its own.
func (l *Log) Node() *Log { return l.s.handle() }

func (s *storage) handle() *Log {
	l := &Log{s: s, wake: make(chan struct{}, 1)}
	l.count.Retries, l.count.Wakes = map[string]int64{}, map[string]int64{}
	l.closing, l.cancel = context.WithCancel(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handles[l] = struct{}{}
	return l
}

var errClosed = errors.New("the log is closed")

func unavailable(what string, cause error) error {
	return fmt.Errorf("%s: %w: %w", what, registry.ErrUnavailable, cause)
}

// alive says why a call cannot start.
func (l *Log) alive(ctx context.Context, what string) error {
	switch {
	case l.closing.Err() != nil:
		return unavailable(what, errClosed)
	case ctx.Err() != nil:
		return unavailable(what, ctx.Err())
	}
	return nil
}

// lock takes the head lock.
func (l *Log) lock(ctx context.Context, what string) error {
	if err := l.alive(ctx, what); err != nil {
		return err
	}
	select {
	case <-l.s.writer:
		return nil
	case <-ctx.Done():
		return unavailable(what, ctx.Err())
	case <-l.closing.Done():
		return unavailable(what, errClosed)
	}
}

func (l *Log) unlock() { l.s.writer <- struct{}{} }

// Update implements [registry.Log].
func (l *Log) Update(
	ctx context.Context, after registry.Head,
	decide func(newer []registry.Record, head registry.Head) (registry.Append, error),
) ([]registry.Record, error) {
	const what = "append to the log"
	if err := l.lock(ctx, what); err != nil {
		return nil, err
	}
	defer l.unlock()
	newer, head, err := l.s.since(after)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	add, err := decide(newer, head)
	if err != nil || len(add.Entries) == 0 {
		return nil, err
	}
	if err := sqllog.CheckAppend(add); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if err := l.alive(ctx, what); err != nil { // it may have ended while decide worked
		return nil, err
	}
	records := registry.Chain(head, add.Entries)
	if err := l.s.append(records, add); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	l.appended(len(records))
	l.s.signal(l)
	return slices.Clone(records), nil
}

// since returns the records after a head, and the true head.
func (s *storage) since(after registry.Head) ([]registry.Record, registry.Head, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	head := s.head()
	if err := sqllog.CheckFollows(after, head); err != nil {
		return nil, head, err
	}
	after.Epoch = head.Epoch
	newer, end, err := sqllog.Follow(after, s.records[max(after.Seq-1, 0):])
	return slices.Clone(newer), end, err
}

func (s *storage) head() registry.Head {
	head := registry.Head{Seq: int64(len(s.records)), Epoch: s.epoch}
	if head.Seq > 0 {
		head.Hash = s.records[head.Seq-1].Hash()
	}
	return head
}

// append writes all or nothing. The guards go first, since only they can fail.
func (s *storage) append(records []registry.Record, add registry.Append) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.guards.apply(add.Guards, records); err != nil {
		return err
	}
	s.records = append(s.records, records...)
	for _, h := range add.Drop {
		delete(s.texts, h)
	}
	for _, t := range add.Texts {
		s.texts[t.Hash] = t.Body
	}
	return nil
}

// Read implements [registry.Log].
func (l *Log) Read(ctx context.Context, after registry.Head, limit int) ([]registry.Record, error) {
	const what = "read the log"
	if limit < 1 {
		return nil, fmt.Errorf("%s: the limit is %d and must be at least 1", what, limit)
	}
	if err := l.alive(ctx, what); err != nil {
		return nil, err
	}
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	if err := sqllog.CheckFollows(after, l.s.head()); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	from := max(after.Seq-1, 0)
	end := min(int64(len(l.s.records)), after.Seq+int64(limit))
	records, _, err := sqllog.Follow(after, l.s.records[from:end])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return slices.Clone(records), nil
}

// ReadFrom implements [registry.Log].
func (l *Log) ReadFrom(ctx context.Context, after int64, limit int) ([]registry.Record, error) {
	const what = "read the log's history"
	if after < 0 || limit < 1 {
		return nil, fmt.Errorf("%s: after sequence %d with limit %d: the sequence must be at least 0 and the limit 1",
			what, after, limit)
	}
	if err := l.alive(ctx, what); err != nil {
		return nil, err
	}
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	n := int64(len(l.s.records))
	records := l.s.records[min(after, n):min(after+int64(limit), n)]
	if err := sqllog.Among(after, records); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return slices.Clone(records), nil
}

// Guards implements [registry.Log].
func (l *Log) Guards(ctx context.Context, yield func(registry.Guard)) error {
	if err := l.alive(ctx, "read the guard tables"); err != nil {
		return err
	}
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	for k, hash := range l.s.guards.ids {
		yield(registry.Guard{Op: registry.BindID, Context: k.context, ID: k.id, Hash: hash})
	}
	for k, id := range l.s.guards.versions {
		yield(registry.Guard{Op: registry.AddVersion, Context: k.context, Subject: k.subject, Version: k.version, ID: id})
	}
	return nil
}

// Head implements [registry.Log].
func (l *Log) Head(ctx context.Context) (registry.Head, error) {
	if err := l.alive(ctx, "read the head of the log"); err != nil {
		return registry.Head{}, err
	}
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	return l.s.head(), nil
}

// Texts implements [registry.Log].
func (l *Log) Texts(ctx context.Context, hashes []registry.Hash) (map[registry.Hash]string, error) {
	if err := l.alive(ctx, "read schema texts"); err != nil {
		return nil, err
	}
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	out := make(map[registry.Hash]string, len(hashes))
	for _, h := range hashes {
		if body, ok := l.s.texts[h]; ok {
			out[h] = body
		}
	}
	return out, nil
}

// Refused implements [registry.Log].
func (l *Log) Refused(ctx context.Context, rows []registry.Refusal, before int64) error {
	if err := l.alive(ctx, "record refusals"); err != nil {
		return err
	}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.refusals = slices.DeleteFunc(append(l.s.refusals, rows...), func(r registry.Refusal) bool { return r.At < before })
	return nil
}

// Refusals implements [registry.Log].
func (l *Log) Refusals(ctx context.Context, since int64, yield func(registry.Refusal)) error {
	if err := l.alive(ctx, "read refusals"); err != nil {
		return err
	}
	l.s.mu.RLock()
	rows := slices.Clone(l.s.refusals)
	l.s.mu.RUnlock()
	slices.SortStableFunc(rows, func(a, b registry.Refusal) int { return cmp.Compare(a.At, b.At) })
	for _, r := range rows {
		if r.At >= since {
			yield(r)
		}
	}
	return nil
}

// SaveSnapshot implements [registry.Log].
func (l *Log) SaveSnapshot(ctx context.Context, s registry.Snapshot) error {
	const what = "save a snapshot"
	if s.Seq < 1 {
		return fmt.Errorf("%s: the sequence is %d and must be at least 1", what, s.Seq)
	}
	if err := l.alive(ctx, what); err != nil {
		return err
	}
	s.Body = slices.Clone(s.Body)
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	list := slices.DeleteFunc(l.s.snapshots, func(o registry.Snapshot) bool { return o.Seq == s.Seq })
	list = append(list, s)
	slices.SortFunc(list, func(a, b registry.Snapshot) int { return int(a.Seq - b.Seq) })
	l.s.snapshots = list[max(0, len(list)-sqllog.KeepSnapshots):]
	return nil
}

// LoadSnapshot implements [registry.Log].
func (l *Log) LoadSnapshot(ctx context.Context) (registry.Snapshot, error) {
	if err := l.alive(ctx, "load a snapshot"); err != nil {
		return registry.Snapshot{}, err
	}
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	if len(l.s.snapshots) == 0 {
		return registry.Snapshot{}, nil
	}
	s := l.s.snapshots[len(l.s.snapshots)-1]
	s.Body = slices.Clone(s.Body)
	return s, nil
}

// BumpEpoch begins a new epoch, after which every node that knows the old one
// stops with ErrReplaced.
func (l *Log) BumpEpoch(ctx context.Context) (int64, error) {
	if err := l.lock(ctx, "begin a new epoch"); err != nil {
		return 0, err
	}
	defer l.unlock()
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.epoch++
	return l.s.epoch, nil
}

// Close implements [registry.Log]. The log lives on as long as another handle.
func (l *Log) Close() error {
	l.cancel()
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	delete(l.s.handles, l)
	return nil
}
