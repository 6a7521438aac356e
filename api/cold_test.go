package api

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/memory"
)

// countedLog counts the questions for texts.
type countedLog struct {
	registry.Log
	asked atomic.Int64
}

func (l *countedLog) Texts(ctx context.Context, hashes []registry.Hash) (map[registry.Hash]string, error) {
	l.asked.Add(1)
	return l.Log.Texts(ctx, hashes)
}

// TestListLoadsTextsAtOnce: a node that has just started lists schemas without
// asking the store for each of them.
func TestListLoadsTextsAtOnce(t *testing.T) {
	log := memory.New()
	first := newServer(t, func(ro *registry.Options, _ *Options) { ro.Log = log })
	const schemas = 50
	for i := range schemas {
		first.post(fmt.Sprintf("/subjects/s%d/versions", i), fields20(fmt.Sprintf("R%d", i)))
	}
	want := first.get("/schemas")
	cold := &countedLog{Log: log}
	second := newServer(t, func(ro *registry.Options, _ *Options) { ro.Log = cold })
	for range 2 {
		if got := second.get("/schemas"); got != want {
			t.Fatalf("the nodes differ:\n%s\n%s", got, want)
		}
	}
	if n := cold.asked.Load(); n != 1 {
		t.Errorf("%d schemas took %d questions to the store", schemas, n)
	}
}
