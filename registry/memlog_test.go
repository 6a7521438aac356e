package registry

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// memLog is the smallest log that keeps the contract, with guards checked.
type memLog struct {
	mu       sync.Mutex
	records  []Record
	texts    map[Hash]string
	ids      map[string]Hash
	versions map[string]int64
	snap     Snapshot
	wake     chan struct{}
	refusals []Refusal
	// fail, when set, is asked before each operation.
	fail func(op string) error
}

func newMemLog() *memLog {
	return &memLog{texts: map[Hash]string{}, ids: map[string]Hash{}, versions: map[string]int64{}, wake: make(chan struct{}, 1)}
}

// setFail changes what is asked before each operation, from now on.
func (l *memLog) setFail(f func(op string) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = f
}

func (l *memLog) check(op string) error {
	if l.fail != nil {
		return l.fail(op)
	}
	return nil
}

func (l *memLog) head() Head {
	if n := len(l.records); n > 0 {
		return Head{Seq: int64(n), Hash: l.records[n-1].Hash()}
	}
	return Head{}
}

func (l *memLog) Update(_ context.Context, after Head, decide func([]Record, Head) (Append, error)) ([]Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.check("update"); err != nil {
		return nil, err
	}
	newer := l.records[after.Seq:]
	if _, err := VerifyChain(after, newer); err != nil {
		return nil, err
	}
	add, err := decide(newer, l.head())
	if err != nil || len(add.Entries) == 0 {
		return nil, err
	}
	out := Chain(l.head(), add.Entries)
	for _, g := range add.Guards {
		if err := l.guard(g); err != nil {
			return nil, err
		}
	}
	l.records = append(l.records, out...)
	for _, h := range add.Drop {
		delete(l.texts, h)
	}
	for _, t := range add.Texts {
		l.texts[t.Hash] = t.Body
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return out, nil
}

func (l *memLog) guard(g Guard) error {
	id, version := fmt.Sprintf("%s/%d", g.Context, g.ID), fmt.Sprintf("%s/%s/%d", g.Context, g.Subject, g.Version)
	switch g.Op {
	case BindID:
		if have, ok := l.ids[id]; ok && have != g.Hash {
			return fmt.Errorf("guard: id %s is bound to other content", id)
		}
		l.ids[id] = g.Hash
	case ReleaseID:
		if _, ok := l.ids[id]; !ok {
			return fmt.Errorf("guard: id %s is not bound", id)
		}
		delete(l.ids, id)
	case AddVersion:
		if _, ok := l.versions[version]; ok {
			return fmt.Errorf("guard: version %s exists", version)
		}
		if _, ok := l.ids[id]; !ok {
			return fmt.Errorf("guard: id %s is not bound", id)
		}
		l.versions[version] = g.ID
	case DropVersion:
		if _, ok := l.versions[version]; !ok {
			return fmt.Errorf("guard: version %s does not exist", version)
		}
		delete(l.versions, version)
	}
	return nil
}

func (l *memLog) Read(_ context.Context, after Head, limit int) ([]Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.check("read"); err != nil {
		return nil, err
	}
	if after.Seq > int64(len(l.records)) {
		return nil, ErrReplaced
	}
	out := l.records[after.Seq:]
	out = out[:min(limit, len(out))]
	_, err := VerifyChain(after, out)
	return out, err
}

func (l *memLog) ReadFrom(ctx context.Context, after int64, limit int) ([]Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.records[min(after, int64(len(l.records))):]
	return out[:min(limit, len(out))], ctx.Err()
}

func (l *memLog) Head(context.Context) (Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head(), l.check("head")
}

func (l *memLog) Texts(_ context.Context, hashes []Hash) (map[Hash]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[Hash]string{}
	for _, h := range hashes {
		if body, ok := l.texts[h]; ok {
			out[h] = body
		}
	}
	return out, l.check("texts")
}

func (l *memLog) Guards(_ context.Context, yield func(Guard)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, hash := range l.ids {
		context, id, _ := strings.Cut(key, "/")
		n, _ := strconv.ParseInt(id, 10, 64)
		yield(Guard{Op: BindID, Context: context, ID: n, Hash: hash})
	}
	for key, id := range l.versions {
		parts := strings.Split(key, "/")
		n, _ := strconv.ParseInt(parts[2], 10, 64)
		yield(Guard{Op: AddVersion, Context: parts[0], Subject: parts[1], Version: n, ID: id})
	}
	return l.check("guards")
}

func (l *memLog) Refused(_ context.Context, rows []Refusal, before int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.check("refused"); err != nil {
		return err
	}
	l.refusals = slices.DeleteFunc(append(l.refusals, rows...), func(r Refusal) bool { return r.At < before })
	return nil
}

func (l *memLog) Refusals(_ context.Context, since int64, yield func(Refusal)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.refusals {
		if r.At >= since {
			yield(r)
		}
	}
	return nil
}

func (l *memLog) Wake() <-chan struct{} { return l.wake }

func (l *memLog) SaveSnapshot(_ context.Context, s Snapshot) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.snap = s
	return nil
}

func (l *memLog) LoadSnapshot(context.Context) (Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.snap, nil
}

func (l *memLog) Close() error { return nil }
