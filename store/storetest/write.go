package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/instar-registry/instar/registry"
)

func appendAndReadBack(t *testing.T, s Store) {
	log := s.Open(t)
	if head := mustHead(t, log); head.Seq != 0 || head.Hash != (registry.Hash{}) || head.Epoch < 1 {
		t.Fatalf("the empty log has the head %+v", head)
	}
	if got := mustReadAll(t, log); len(got) != 0 {
		t.Fatalf("the empty log has %d records", len(got))
	}
	list := []registry.Entry{
		{At: 1, Kind: "k", Payload: "{}"},
		{At: -5, Actor: "a", Request: "r", Kind: "k", Payload: `{"nul":"\u0000","quote":"'\"\\"}`},
		{At: 1 << 60, Actor: "грета", Request: "😀𝕏", Kind: "種類", Payload: `{"s":"😀 \ud83d"}`},
		{At: 0, Kind: "big", Payload: strings.Repeat("0123456789abcdef", 1<<16)},
		{At: 7, Kind: "not json", Payload: ""},
	}
	first := mustAppend(t, log, registry.Append{Entries: list[:2]})
	second := mustAppend(t, log, registry.Append{Entries: list[2:]})
	want := append(first, second...)
	for i, r := range want {
		e := registry.Entry{At: r.At, Actor: r.Actor, Request: r.Request, Kind: r.Kind, Payload: r.Payload}
		if r.Seq != int64(i+1) || e != list[i] {
			t.Errorf("record %d is not entry %d", r.Seq, i)
		}
	}
	for _, reader := range []registry.Log{log, s.Open(t)} {
		if got := mustReadAll(t, reader); !reflect.DeepEqual(got, want) {
			t.Errorf("read back %d records that differ from the %d written", len(got), len(want))
		}
	}
}

func readHistory(t *testing.T, s Store) {
	log, ctx := s.Open(t), withTimeout(t)
	all := mustAppend(t, log, registry.Append{Entries: entries("r", 25)})
	for _, c := range []struct {
		after    int64
		limit    int
		from, to int
	}{{0, 100, 0, 25}, {0, 10, 0, 10}, {7, 10, 7, 17}, {24, 10, 24, 25}, {25, 10, 25, 25}, {99, 10, 25, 25}} {
		got, err := log.ReadFrom(ctx, c.after, c.limit)
		if err != nil {
			t.Fatalf("read %d after %d: %v", c.limit, c.after, err)
		}
		if len(got) != c.to-c.from || (len(got) > 0 && !reflect.DeepEqual(got, all[c.from:c.to])) {
			t.Errorf("read %d after %d returned %d records", c.limit, c.after, len(got))
		}
	}
	for _, c := range []struct {
		after int64
		limit int
	}{{-1, 10}, {0, 0}, {0, -1}} {
		_, err := log.ReadFrom(ctx, c.after, c.limit)
		mustBeBug(t, err)
	}
	_, err := log.Read(ctx, registry.Head{}, 0)
	mustBeBug(t, err)
}

func largestTransaction(t *testing.T, s Store) {
	log := s.Open(t)
	a := registry.Append{Entries: entries("r", 1000)}
	for i := range a.Entries {
		g := registry.Guard{Op: registry.BindID, Context: ".", ID: int64(i + 1), Hash: text(fmt.Sprint(i)).Hash}
		v := registry.Guard{Op: registry.AddVersion, Context: ".", Subject: fmt.Sprint("s", i), Version: 1, ID: int64(i + 1), Entry: i}
		a.Guards = append(a.Guards, g, v)
		a.Texts = append(a.Texts, text(fmt.Sprint(i)))
	}
	records := mustAppend(t, log, a)
	if got := mustReadAll(t, log); !reflect.DeepEqual(got, records) {
		t.Errorf("read back %d records that differ", len(got))
	}
	mustAppend(t, log, registry.Append{Entries: entries("q", 237)})
	if head := mustHead(t, log); head.Seq != 1237 {
		t.Errorf("the head is %d", head.Seq)
	}
}

func decideSeesNewer(t *testing.T, s Store) {
	a, b, ctx := s.Open(t), s.Open(t), withTimeout(t)
	old := mustHead(t, a)
	others := mustAppend(t, b, registry.Append{Entries: entries("b", 3)})
	calls := 0
	records, err := a.Update(ctx, old, func(newer []registry.Record, head registry.Head) (registry.Append, error) {
		calls++
		if !reflect.DeepEqual(newer, others) {
			t.Errorf("decide was shown %d records and there are %d", len(newer), len(others))
		}
		if want := others[2]; head.Seq != 3 || head.Hash != want.Hash() || head.Epoch != old.Epoch {
			t.Errorf("decide was shown the head %+v", head)
		}
		return registry.Append{Entries: entries("a", 1)}, nil
	})
	if err != nil || calls != 1 {
		t.Fatalf("update: %d calls of decide, error %v", calls, err)
	}
	if len(records) != 1 || records[0].Seq != 4 || records[0].PrevHash != others[2].Hash() {
		t.Errorf("appended %+v", records)
	}
	// A node that knows nothing, not even the epoch, sees all.
	_, err = b.Update(ctx, registry.Head{}, func(newer []registry.Record, head registry.Head) (registry.Append, error) {
		if len(newer) != 4 || head.Seq != 4 {
			t.Errorf("a new node was shown %d records at %d", len(newer), head.Seq)
		}
		return registry.Append{}, nil
	})
	if err != nil {
		t.Errorf("update from the beginning: %v", err)
	}
}

func decideRefuses(t *testing.T, s Store) {
	log, ctx := s.Open(t), withTimeout(t)
	refusal := errors.New("not today")
	before := mustHead(t, log)
	for _, refuse := range []error{refusal, registry.ErrUnavailable} {
		calls := 0
		_, err := log.Update(ctx, before, func([]registry.Record, registry.Head) (registry.Append, error) {
			calls++
			return registry.Append{Entries: entries("no", 1)}, refuse
		})
		if err != refuse { //nolint:errorlint // the contract says: as it is
			t.Errorf("update returned %v and not the error of decide", err)
		}
		if calls != 1 {
			t.Errorf("decide was called %d times", calls)
		}
	}
	if head := mustHead(t, log); head != before {
		t.Errorf("a refused append moved the head to %+v", head)
	}
	mustAppend(t, log, registry.Append{Entries: entries("yes", 1)})
}

func emptyAppend(t *testing.T, s Store) {
	log, ctx := s.Open(t), withTimeout(t)
	before := mustHead(t, log)
	x := text("x")
	records, err := appendNow(ctx, log, registry.Append{
		Texts:  []registry.Text{x},
		Guards: []registry.Guard{{Op: registry.BindID, Context: ".", ID: 1, Hash: x.Hash}},
	})
	if err != nil || len(records) != 0 {
		t.Fatalf("an append without entries returned %d records, error %v", len(records), err)
	}
	if head := mustHead(t, log); head != before {
		t.Errorf("it moved the head to %+v", head)
	}
	if got, err := log.Texts(ctx, []registry.Hash{x.Hash}); err != nil || len(got) != 0 {
		t.Errorf("it stored %d texts, error %v", len(got), err)
	}
}

// writersWait holds the head lock in decide: another writer must wait, and then
// see the record, while readers see the state before and do not wait.
func writersWait(t *testing.T, s Store) {
	a, b, ctx := s.Open(t), s.Open(t), withTimeout(t)
	head := mustHead(t, a)
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := a.Update(ctx, head, func([]registry.Record, registry.Head) (registry.Append, error) {
			close(held)
			<-release
			return registry.Append{Entries: entries("a", 1)}, nil
		})
		if err != nil {
			t.Errorf("first writer: %v", err)
		}
	})
	<-held
	second := make(chan int, 100) // a store that is wrong may decide more than once
	wg.Go(func() {
		_, err := b.Update(ctx, head, func(newer []registry.Record, _ registry.Head) (registry.Append, error) {
			second <- len(newer)
			return registry.Append{Entries: entries("b", 1)}, nil
		})
		if err != nil {
			t.Errorf("second writer: %v", err)
		}
	})
	for range 20 {
		if got := mustHead(t, b); got != head {
			t.Errorf("a reader sees %+v before the commit", got)
		}
		time.Sleep(2 * time.Millisecond)
	}
	if len(second) > 0 {
		t.Error("the second writer decided beside the first")
	}
	close(release)
	wg.Wait()
	if len(second) != 1 {
		t.Errorf("the second writer decided %d times", len(second))
	} else if n := <-second; n != 1 {
		t.Errorf("the second writer was shown %d records", n)
	}
}

func limits(t *testing.T, s Store) {
	log, ctx := s.Open(t), withTimeout(t)
	before := mustHead(t, log)
	wrong := text("x")
	wrong.Body = "y"
	one := entries("r", 1)
	for name, a := range map[string]registry.Append{
		"1001 entries":     {Entries: entries("r", 1001)},
		"over 8 MiB":       {Entries: []registry.Entry{{Kind: "k", Payload: strings.Repeat("x", 8<<20)}}},
		"over 8 MiB texts": {Entries: one, Texts: []registry.Text{text(strings.Repeat("x", 8<<20))}},
		"no kind":          {Entries: []registry.Entry{{Payload: "{}"}}},
		"NUL in payload":   {Entries: []registry.Entry{{Kind: "k", Payload: "a\x00b"}}},
		"NUL in actor":     {Entries: []registry.Entry{{Kind: "k", Actor: "\x00"}}},
		"bad UTF-8":        {Entries: []registry.Entry{{Kind: "k", Request: "a\xff"}}},
		"NUL in text":      {Entries: one, Texts: []registry.Text{text("\x00")}},
		"wrong address":    {Entries: one, Texts: []registry.Text{wrong}},
		"NUL in subject":   {Entries: one, Guards: []registry.Guard{{Op: registry.DropVersion, Subject: "\x00"}}},
		"entry too high":   {Entries: one, Guards: []registry.Guard{{Op: registry.AddVersion, Version: 1, ID: 1, Entry: 1}}},
		"entry negative":   {Entries: one, Guards: []registry.Guard{{Op: registry.AddVersion, Version: 1, ID: 1, Entry: -1}}},
		"unknown guard":    {Entries: one, Guards: []registry.Guard{{}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := appendNow(ctx, log, a)
			mustBeBug(t, err)
		})
	}
	if head := mustHead(t, log); head != before {
		t.Errorf("a refused append moved the head to %+v", head)
	}
	size := 8<<20 - len("k")
	mustAppend(t, log, registry.Append{Entries: []registry.Entry{{Kind: "k", Payload: strings.Repeat("x", size)}}})
}
