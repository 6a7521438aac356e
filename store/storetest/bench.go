package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/instar-registry/instar/registry"
)

// Bench measures durable appends of one registration each, by 1 and by 16
// writers, and the replay of a long log. The store must be as durable as in
// production, or the figures mean nothing.
func Bench(b *testing.B, fresh func(tb testing.TB) Store) {
	for _, writers := range []int{1, 16} {
		b.Run(fmt.Sprintf("append/writers=%d", writers), func(b *testing.B) { benchAppend(b, fresh(b), writers) })
	}
	b.Run("replay", func(b *testing.B) { benchReplay(b, fresh(b)) })
}

// registration is an append as a new version makes it: one record, one text,
// one id, one version.
func registration(n int64) registry.Append {
	body := text(fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"a","type":"string"}]}`, n))
	return registry.Append{
		Entries: []registry.Entry{{
			At: 1_700_000_000_000_000 + n, Actor: "user:ada", Request: fmt.Sprint("bench-", n), Kind: "version_registered",
			Payload: fmt.Sprintf(`{"v":1,"subject":"s%d","version":1,"id":%d,"text":"%x"}`, n, n, body.Hash),
		}},
		Texts: []registry.Text{body},
		Guards: []registry.Guard{
			{Op: registry.BindID, Context: ".", ID: n, Hash: body.Hash},
			{Op: registry.AddVersion, Context: ".", Subject: fmt.Sprint("s", n), Version: 1, ID: n},
		},
	}
}

func benchAppend(b *testing.B, s Store, writers int) {
	ctx := context.Background()
	var next atomic.Int64
	var wg sync.WaitGroup
	logs := []registry.Log{s.Open(b), s.Open(b)}
	total := int64(b.N)
	b.ResetTimer()
	for w := range writers {
		wg.Go(func() {
			log := logs[w%min(len(logs), writers)]
			head, err := log.Head(ctx)
			for err == nil {
				n := next.Add(1)
				if n > total {
					return
				}
				var records []registry.Record
				records, err = log.Update(ctx, head, func([]registry.Record, registry.Head) (registry.Append, error) {
					return registration(n), nil
				})
				if err == nil {
					last := records[len(records)-1]
					head.Seq, head.Hash = last.Seq, last.Hash()
				}
			}
			b.Errorf("writer %d: %v", w, err)
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
}

func benchReplay(b *testing.B, s Store) {
	const changes = 50_000
	ctx := context.Background()
	log := s.Open(b)
	payload := `{"v":1,"subject":"orders-value","version":12,"id":123456,"text":"` + strings.Repeat("ab", 32) + `"}`
	for n := 0; n < changes; n += 1000 {
		list := entries(fmt.Sprint("r", n), 1000)
		for i := range list {
			list[i].Payload = payload
		}
		mustAppend(b, log, registry.Append{Entries: list})
	}
	b.ResetTimer()
	for range b.N {
		var at registry.Head
		for {
			page, err := log.Read(ctx, at, 4096)
			if err != nil {
				b.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			if at, err = registry.VerifyChain(at, page); err != nil {
				b.Fatal(err)
			}
		}
		if at.Seq != changes {
			b.Fatalf("replayed %d of %d", at.Seq, changes)
		}
	}
	b.ReportMetric(float64(b.N)*changes/b.Elapsed().Seconds(), "changes/s")
}
