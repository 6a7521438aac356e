package storetest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/registry"
)

func texts(t *testing.T, s Store) {
	log, ctx := s.Open(t), withTimeout(t)
	a, b, c, big := text("a"), text(""), text(`"😀\u0000'`), text(strings.Repeat("x", 1<<20))
	get := func(list ...registry.Text) map[registry.Hash]string {
		t.Helper()
		var hashes []registry.Hash
		for _, x := range list {
			hashes = append(hashes, x.Hash)
		}
		got, err := log.Texts(ctx, hashes)
		if err != nil {
			t.Fatalf("texts: %v", err)
		}
		for h, body := range got {
			if text(body).Hash != h {
				t.Errorf("the body under %x is another", h)
			}
		}
		return got
	}
	put := func(add registry.Append) {
		t.Helper()
		add.Entries = []registry.Entry{{Kind: "k"}}
		mustAppend(t, log, add)
	}
	if n := len(get()); n != 0 {
		t.Errorf("asked for none, got %d", n)
	}
	if n := len(get(a, b)); n != 0 {
		t.Errorf("an empty store has %d texts", n)
	}
	put(registry.Append{Texts: []registry.Text{a, b, c, big, a}})
	put(registry.Append{Texts: []registry.Text{b, a}})
	if got := get(a, b, c, big, text("missing"), a); len(got) != 4 || got[big.Hash] != big.Body || got[c.Hash] != c.Body {
		t.Errorf("got %d of 4 texts", len(got))
	}
	put(registry.Append{Drop: []registry.Hash{a.Hash, text("missing").Hash}})
	if got := get(a, b); len(got) != 1 || got[b.Hash] != "" {
		t.Errorf("after dropping one of two, %d are there", len(got))
	}
	put(registry.Append{Drop: []registry.Hash{a.Hash, b.Hash}, Texts: []registry.Text{a, b}})
	if n := len(get(a, b)); n != 2 {
		t.Errorf("of two texts both dropped and stored, %d are there", n)
	}
	var many []registry.Text
	for i := range 200 {
		many = append(many, text(fmt.Sprint("many ", i)))
	}
	put(registry.Append{Texts: many})
	for _, n := range []int{1, 2, 63, 64, 65, 128, 129, 200} {
		if got := len(get(many[:n]...)); got != n {
			t.Errorf("asked for %d texts, got %d", n, got)
		}
	}
}

// guards tries to violate each guard and expects an abort that leaves nothing
// behind, not even the guards before it.
func guards(t *testing.T, s Store) {
	log, ctx := s.Open(t), withTimeout(t)
	x, y := text("x"), text("y")
	bind := func(id int64, of registry.Text) registry.Guard {
		return registry.Guard{Op: registry.BindID, Context: ".", ID: id, Hash: of.Hash}
	}
	add := func(subject string, version, id int64) registry.Guard {
		return registry.Guard{Op: registry.AddVersion, Context: ".", Subject: subject, Version: version, ID: id}
	}
	drop := func(subject string, version int64) registry.Guard {
		return registry.Guard{Op: registry.DropVersion, Context: ".", Subject: subject, Version: version}
	}
	release := func(id int64) registry.Guard { return registry.Guard{Op: registry.ReleaseID, Context: ".", ID: id} }
	elsewhere := func(g registry.Guard) registry.Guard { g.Context = ".other"; return g }
	ok := func(list ...registry.Guard) {
		t.Helper()
		mustAppend(t, log, registry.Append{Entries: entries(fmt.Sprint("g", mustHead(t, log).Seq), 1), Guards: list})
	}
	strikes := func(name string, list ...registry.Guard) {
		t.Helper()
		before := mustHead(t, log)
		// A good guard first: it must be undone with the rest.
		list = append([]registry.Guard{bind(999, x), add("undone", 1, 999)}, list...)
		_, err := appendNow(ctx, log, registry.Append{Entries: entries("bad", 1), Guards: list})
		if err == nil {
			t.Fatalf("%s: no guard struck", name)
		}
		mustBeBug(t, err)
		if head := mustHead(t, log); head != before {
			t.Fatalf("%s: the head moved to %+v", name, head)
		}
	}
	ok(bind(1, x), add("s", 1, 1), bind(1, x), add("s", 2, 1))
	ok(elsewhere(bind(1, y)), elsewhere(add("s", 1, 1)))

	strikes("id bound to other content", bind(1, y))
	strikes("id not positive", bind(0, x))
	strikes("release of an unbound id", release(7))
	strikes("release of a used id", release(1))
	strikes("release in another context", elsewhere(release(999)))
	strikes("version exists", add("s", 2, 1))
	strikes("version not positive", add("s", 0, 1))
	strikes("version of an unbound id", add("s", 3, 7))
	strikes("version of an id of another context", elsewhere(add("s", 9, 999)))
	strikes("drop of a missing version", drop("s", 3))
	strikes("drop twice", drop("s", 2), drop("s", 2))
	strikes("release before drop", release(1), drop("s", 1), drop("s", 2))

	ok(drop("s", 2), drop("s", 1), release(1), bind(1, y), add("s", 1, 1))
	ok(bind(999, y), add("undone", 1, 999)) // nothing of the strikes has stayed
}

func epoch(t *testing.T, s Store) {
	a, b, ctx := s.Open(t), s.Open(t), withTimeout(t)
	mustAppend(t, a, registry.Append{Entries: entries("r", 2)})
	old := mustHead(t, b)
	bumper, ok := a.(interface {
		BumpEpoch(ctx context.Context) (int64, error)
	})
	if !ok {
		t.Fatalf("%T cannot begin a new epoch", a)
	}
	now, err := bumper.BumpEpoch(ctx)
	if err != nil || now != old.Epoch+1 {
		t.Fatalf("epoch %d after %d, error %v", now, old.Epoch, err)
	}
	_, err = b.Read(ctx, old, 10)
	mustBe(t, err, registry.ErrReplaced)
	_, err = b.Update(ctx, old, mustNotDecide(t))
	mustBe(t, err, registry.ErrReplaced)
	if head := mustHead(t, b); head.Epoch != now || head.Seq != old.Seq || head.Hash != old.Hash {
		t.Errorf("the head is %+v", head)
	}
	mustAppend(t, b, registry.Append{Entries: entries("q", 1)})
	mustReadAll(t, a)
}

func mustNotDecide(t *testing.T) func([]registry.Record, registry.Head) (registry.Append, error) {
	return func([]registry.Record, registry.Head) (registry.Append, error) {
		t.Error("decide was called on a log that is not the node's")
		return registry.Append{Entries: entries("wrong", 1)}, nil
	}
}

// replaced asks with heads that this log has never had.
func replaced(t *testing.T, s Store) {
	log, ctx := s.Open(t), withTimeout(t)
	empty := mustHead(t, log)
	records := mustAppend(t, log, registry.Append{Entries: entries("r", 3)})
	head := mustHead(t, log)
	at := func(seq int64, hash registry.Hash) registry.Head {
		return registry.Head{Seq: seq, Epoch: head.Epoch, Hash: hash}
	}
	for name, wrong := range map[string]registry.Head{
		"went back":         at(4, head.Hash),
		"other last record": at(3, records[1].Hash()),
		"other record":      at(2, records[0].Hash()),
		"no hash":           at(1, registry.Hash{}),
	} {
		_, err := log.Read(ctx, wrong, 10)
		t.Run(name, func(t *testing.T) {
			mustBe(t, err, registry.ErrReplaced)
			_, err = log.Update(ctx, wrong, mustNotDecide(t))
			mustBe(t, err, registry.ErrReplaced)
		})
	}
	_, err := log.Read(ctx, registry.Head{Epoch: empty.Epoch, Hash: head.Hash}, 10)
	mustBe(t, err, registry.ErrReplaced)
	for seq, good := range []registry.Head{empty, at(1, records[0].Hash()), at(2, records[1].Hash()), head} {
		got, err := log.Read(ctx, good, 10)
		if err != nil || len(got) != 3-seq {
			t.Errorf("from %d: %d records, error %v", seq, len(got), err)
		}
	}
}

func snapshots(t *testing.T, s Store) {
	log, other, ctx := s.Open(t), s.Open(t), withTimeout(t)
	load := func() registry.Snapshot {
		t.Helper()
		got, err := other.LoadSnapshot(ctx)
		if err != nil {
			t.Fatalf("load: %v", err)
		}
		return got
	}
	save := func(seq int64, body []byte) {
		t.Helper()
		if err := log.SaveSnapshot(ctx, registry.Snapshot{Seq: seq, Body: body}); err != nil {
			t.Fatalf("save %d: %v", seq, err)
		}
	}
	if got := load(); got.Seq != 0 || got.Body != nil {
		t.Errorf("an empty store has a snapshot of %d", got.Seq)
	}
	mustBeBug(t, log.SaveSnapshot(ctx, registry.Snapshot{Body: []byte("x")}))
	big := bytes.Repeat([]byte{0, 1, 0xff, 'x'}, 9<<18) // three parts, the last short
	for seq, body := range [][]byte{{}, {0}, []byte("abc"), big, nil} {
		save(int64(seq+1), body)
		if got := load(); got.Seq != int64(seq+1) || !bytes.Equal(got.Body, body) {
			t.Errorf("saved %d bytes at %d, loaded %d at %d", len(body), seq+1, len(got.Body), got.Seq)
		}
	}
	save(5, []byte("again"))
	if got := load(); string(got.Body) != "again" {
		t.Errorf("the second snapshot of a sequence did not replace the first")
	}
	save(2, []byte("older")) // a slow node; it must not hide the newer ones
	if got := load(); got.Seq != 5 {
		t.Errorf("the newest snapshot is %d", got.Seq)
	}
	save(6, big)
	save(6, []byte("short"))
	if got := load(); got.Seq != 6 || string(got.Body) != "short" {
		t.Errorf("a shorter snapshot kept %d bytes of the longer", len(got.Body))
	}
	mustAppend(t, log, registry.Append{Entries: entries("r", 1)})
}
