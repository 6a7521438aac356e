package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
)

// collect reads the feed to its end.
func (h *house) collect(c *client.Client, q client.ChangesQuery) []wire.Change {
	h.t.Helper()
	var out []wire.Change
	_, err := c.Changes(bg, q, func(ch wire.Change) error {
		out = append(out, ch)
		return nil
	})
	return must(h.t, out, err)
}

func kinds(list []wire.Change) string {
	var out []string
	for _, c := range list {
		out = append(out, c.Kind)
	}
	return strings.Join(out, " ")
}

func TestChangesAreOrderedAndFiltered(t *testing.T) {
	h := openHouse(t, nil)
	a := h.register("a", avro("A"))
	h.register(":.pay:p", avro("P"))
	if _, err := h.admin.DeleteVersion(bg, "a", 1, false); err != nil {
		t.Fatal(err)
	}
	all := h.collect(h.admin, client.ChangesQuery{})
	if got := kinds(all); got != "token.created grant.changed version.registered context.created version.registered version.deleted" {
		t.Errorf("kinds %s", got)
	}
	for i, c := range all {
		if c.Seq != int64(i+1) || c.At == "" || len(c.Payload) == 0 {
			t.Errorf("record %d: %+v", i, c)
		}
	}
	if r := all[2]; r.Subject != "a" || r.ID != a.ID || r.GUID != a.GUID || r.Version != 1 || r.Actor != "token:root" {
		t.Errorf("record %+v", r)
	}
	if !strings.Contains(string(all[0].Payload), `"hash":""`) {
		t.Errorf("the hash of a token is shown: %s", all[0].Payload)
	}
	for name, c := range map[string]struct {
		q    client.ChangesQuery
		want string
	}{
		"since":   {client.ChangesQuery{Since: 4}, "version.registered version.deleted"},
		"kinds":   {client.ChangesQuery{Kinds: []string{"version.deleted", "context.created"}}, "context.created version.deleted"},
		"subject": {client.ChangesQuery{Subject: "a"}, "version.registered version.deleted"},
		"context": {client.ChangesQuery{Context: ".pay"}, "context.created version.registered"},
		"limit":   {client.ChangesQuery{Limit: 1, Since: 2}, "version.registered"},
		"ahead":   {client.ChangesQuery{Since: 1000}, ""},
	} {
		if got := kinds(h.collect(h.admin, c.q)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	viewer := h.as("v", nil, [2]string{"viewer", "a*"})
	if got := kinds(h.collect(viewer, client.ChangesQuery{})); got != "version.registered version.deleted" {
		t.Errorf("a viewer of a* sees %q", got)
	}
	_, err := h.admin.Changes(bg, client.ChangesQuery{Since: -1}, nil)
	refused(t, "negative since", err, 400, 400)
}

func TestChangesFollow(t *testing.T) {
	h := openHouse(t, nil)
	ctx, cancel := context.WithTimeout(bg, 20*time.Second)
	defer cancel()
	seen := make(chan wire.Change, 100)
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() {
		_, err := h.admin.Changes(ctx, client.ChangesQuery{Since: 2, Follow: true}, func(c wire.Change) error {
			seen <- c
			if c.Seq == 12 {
				return client.ErrStop
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		close(seen)
	})
	for i := range 10 {
		h.register(fmt.Sprintf("s%d", i), avro(fmt.Sprintf("R%d", i)))
	}
	next := int64(3)
	for c := range seen {
		if c.Seq != next {
			t.Fatalf("got %d, want %d", c.Seq, next)
		}
		next++
	}
	if next != 13 {
		t.Errorf("ended before %d", next)
	}
}

// events opens the feed as server-sent events.
func (h *house) events(ctx context.Context, path, lastID string) *http.Response {
	h.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Accept", wire.TypeEvents)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return res
}

func TestServerSentEvents(t *testing.T) {
	h := openHouse(t, func(o *Options) { o.Gate = nil; o.Instar.MaxStreams = 1 })
	h.register("a", avro("A"))
	h.register("b", avro("B"))
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	res := h.events(ctx, "/changes?since=0", "2")
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != wire.TypeEvents {
		t.Errorf("type %q", got)
	}
	lines := bufio.NewScanner(res.Body)
	want := []string{"id: 3", "event: version.registered", `data: {"seq":3,`, "", "id: 4"}
	for i, w := range want {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), w) {
			t.Fatalf("line %d: %q, want %q", i, lines.Text(), w)
		}
	}
	if over := h.events(bg, "/changes", ""); over.StatusCode != 429 || over.Header.Get("Retry-After") == "" {
		t.Errorf("one stream too many: %d", over.StatusCode)
	}
	if bad := h.events(bg, "/changes", "x"); bad.StatusCode != 400 {
		t.Errorf("bad Last-Event-ID: %d", bad.StatusCode)
	}
	if in := h.api.admission.inside.Load(); in != 0 {
		t.Errorf("an idle stream takes %d places of requests", in)
	}
	cancel()
	_, err := io.Copy(io.Discard, res.Body)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for deadline := time.Now().Add(5 * time.Second); h.api.own.streams.Load() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the stream does not end with its reader")
		}
	}
}

func TestRevokedReadersAreCutOff(t *testing.T) {
	h := openHouse(t, nil)
	reader := h.as("reader", nil, [2]string{"viewer", ":*:*"})
	ctx, cancel := context.WithTimeout(bg, 20*time.Second)
	defer cancel()
	got := make(chan string, 10)
	done := make(chan error, 1)
	go func() {
		_, err := reader.Changes(ctx, client.ChangesQuery{Since: 4, Follow: true}, func(c wire.Change) error {
			got <- c.Kind
			return nil
		})
		done <- err
	}()
	h.register("a", avro("A"))
	if k := <-got; k != "version.registered" {
		t.Fatalf("got %s", k)
	}
	if err := h.admin.RevokeToken(bg, "reader"); err != nil {
		t.Fatal(err)
	}
	// The stream ends, and coming back is refused.
	refused(t, "after the revocation", <-done, 401, 401)
	if len(got) != 0 {
		t.Errorf("a revoked reader was given %s", <-got)
	}
}

func TestFeedAfterManyChanges(t *testing.T) {
	h := openHouse(t, nil)
	for i := range 600 {
		h.register("s", avro("R", fmt.Sprintf("f%d", i)))
	}
	head := h.service.State().Seq()
	for _, since := range []int64{0, 1, 511, 512, 513, head - 1, head} {
		list := h.collect(h.admin, client.ChangesQuery{Since: since})
		if int64(len(list)) != head-since || len(list) > 0 && list[0].Seq != since+1 {
			t.Errorf("since %d: %d records", since, len(list))
		}
	}
}

func TestStreamsOutliveTheReadTimeout(t *testing.T) {
	h := openHouse(t, func(o *Options) { o.Gate = nil })
	slow := httptest.NewUnstartedServer(h.api)
	slow.Config.ReadTimeout = 100 * time.Millisecond
	slow.Start()
	defer slow.Close()
	h.server = slow
	ctx, cancel := context.WithTimeout(bg, 20*time.Second)
	defer cancel()
	res := h.events(ctx, "/changes?since=2", "")
	defer res.Body.Close()
	time.Sleep(300 * time.Millisecond)
	h.register("late", avro("L"))
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || lines.Text() != "id: 3" {
		t.Errorf("the stream ended: %q %v", lines.Text(), lines.Err())
	}
	cancel()

	// An upload that goes on slowly is read to its end.
	reader, writer := io.Pipe()
	go func() {
		for range 6 {
			time.Sleep(50 * time.Millisecond)
			if _, err := writer.Write([]byte("x")); err != nil {
				return
			}
		}
		writer.Close()
	}()
	r, err := http.NewRequest(http.MethodPost, slow.URL+"/import", reader)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", wire.TypeNDJSON)
	sent, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer sent.Body.Close()
	if sent.StatusCode != 422 { // read as a whole, and then found to be no archive
		t.Errorf("a slow upload: %d", sent.StatusCode)
	}
}
