package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

const (
	feedBatch  = 512  // records given to a reader at once
	feedKept   = 4096 // newest records kept encoded, shared by all readers
	feedLag    = 1024 // how far a following reader may fall behind
	feedBeat   = 15 * time.Second
	feedPatrol = time.Second // how often a waiting reader looks whether to stop
	feedWrite  = 30 * time.Second
)

// feedLine is a record as readers get it.
type feedLine struct {
	seq   int64
	kind  string
	name  registry.Name
	admin bool // about tokens and grants
	body  []byte
}

// feed keeps the newest records, so that a thousand readers cost one read of the
// log.
type feed struct {
	mu    sync.Mutex
	lines []feedLine // dense, ascending
}

// after returns up to feedBatch records that follow a sequence. Readers of
// history ask the log themselves; those near the head share what is kept.
func (f *feed) after(ctx context.Context, s *registry.Service, seq int64) ([]feedLine, error) {
	head := s.State().Seq()
	switch {
	case seq >= head:
		return nil, nil
	case head-seq > feedKept:
		return readFeed(ctx, s, seq)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.lines); n == 0 || seq < f.lines[0].seq-1 || seq > f.lines[n-1].seq {
		f.lines = nil
	}
	last := seq
	if n := len(f.lines); n > 0 {
		last = f.lines[n-1].seq
	}
	for last < head {
		more, err := readFeed(ctx, s, last)
		if err != nil {
			return nil, err
		}
		if len(more) == 0 {
			break
		}
		f.lines = append(f.lines, more...)
		last = more[len(more)-1].seq
	}
	out := f.from(seq)
	if n := len(f.lines); n > 2*feedKept {
		f.lines = append([]feedLine(nil), f.lines[n-feedKept:]...)
	}
	return out, nil
}

func (f *feed) from(seq int64) []feedLine {
	if len(f.lines) == 0 {
		return nil
	}
	rest := f.lines[min(int(max(0, seq+1-f.lines[0].seq)), len(f.lines)):]
	return rest[:min(feedBatch, len(rest))]
}

func readFeed(ctx context.Context, s *registry.Service, after int64) ([]feedLine, error) {
	records, err := s.Changes(ctx, after, feedBatch)
	if err != nil {
		return nil, err
	}
	out := make([]feedLine, len(records))
	for i, r := range records {
		if out[i], err = encodeRecord(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// encodeRecord renders a record without what no reader may have: the hashes of
// tokens.
func encodeRecord(r registry.Record) (feedLine, error) {
	c, _, err := registry.DecodeChange(r)
	if err != nil {
		return feedLine{}, &schema.Bug{Where: "change feed", Cause: err}
	}
	n := c.About()
	line := feedLine{seq: r.Seq, kind: r.Kind, name: n}
	out := wire.Change{Seq: r.Seq, At: timestamp(r.At), Actor: r.Actor, Request: r.Request, Kind: r.Kind, Context: n.Context, Subject: n.Subject}
	switch v := c.(type) {
	case registry.VersionRegistered:
		out.Version, out.ID, out.GUID = v.Version, v.ID, v.GUID
	case registry.VersionDeleted:
		out.Version = v.Version
	case registry.VersionUndeleted:
		out.Version = v.Version
	case registry.VersionPurged:
		out.Version = v.Version
	case registry.TokenCreated:
		line.admin = true
		v.Hash, v.PreviousHash = "", ""
		c = v
	case registry.TokenRevoked, registry.GrantChanged:
		line.admin = true
	}
	if out.Payload, err = json.Marshal(c); err != nil {
		return line, &schema.Bug{Where: "change feed", Cause: err}
	}
	line.body, err = wire.Marshal(out)
	if err != nil {
		return line, &schema.Bug{Where: "change feed", Cause: err}
	}
	return line, nil
}

// feedReader is one request to the feed.
type feedReader struct {
	x       *request
	events  bool // text/event-stream
	follow  bool
	seq     int64 // last record looked at
	left    int   // -1 = no limit
	kinds   map[string]bool
	subject *registry.Name // nil: all
	context string         // "": all
	control *http.ResponseController
}

func changes(x *request) error {
	f := &feedReader{x: x, events: x.media == mediaEvents, left: -1, control: http.NewResponseController(&x.w)}
	if err := f.readQuery(); err != nil {
		return err
	}
	x.seq = x.api.service.State().Seq()
	if n := x.api.own.streams.Add(1); f.follow && n > int64(x.api.opt.Instar.MaxStreams) {
		x.api.own.streams.Add(-1)
		x.api.opt.Metrics.Rejected("overload")
		return &frameError{
			status: http.StatusTooManyRequests, retry: 5,
			message: fmt.Sprintf("HTTP 429 Too Many Requests: this node serves %d change feeds already", n-1),
		}
	}
	defer x.api.own.streams.Add(-1)
	// The first read comes before the first byte, so that a store that is away
	// is an answer and not a broken stream.
	lines, err := x.api.own.feed.after(x.ctx, x.api.service, f.seq)
	if err != nil {
		return err
	}
	if f.follow {
		// An idle reader must not take the place of a request.
		x.api.admission.leave()
		defer x.api.admission.inside.Add(1)
	}
	contentType := wire.TypeNDJSON
	if f.events {
		contentType = wire.TypeEvents
	}
	x.lastsLong()
	x.stream(contentType)
	if x.r.Method == http.MethodHead {
		return nil
	}
	x.note.err = f.run(lines)
	return nil
}

// lastsLong frees a stream from the time that requests have to arrive: its end
// would be taken for the client going away.
func (x *request) lastsLong() {
	_ = http.NewResponseController(&x.w).SetReadDeadline(time.Time{}) // not every connection has one
}

func (f *feedReader) readQuery() error {
	x := f.x
	f.follow = f.events || x.flag("follow")
	f.seq = x.arg("since").number
	if id := x.r.Header.Get("Last-Event-ID"); id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n < 0 {
			return badRequest("The header Last-Event-ID is %q; it must be the sequence of a change", clip(id, 40))
		}
		f.seq = n
	}
	if n := x.int("limit"); n > 0 {
		f.left = n
	}
	for _, list := range x.arg("kinds").list {
		for kind := range strings.SplitSeq(list, ",") {
			if kind = strings.TrimSpace(kind); kind == "" {
				continue
			}
			if f.kinds == nil {
				f.kinds = map[string]bool{}
			}
			f.kinds[kind] = true
		}
	}
	if x.arg("subject").set {
		n := x.target.qualify(x.text("subject"))
		f.subject = &n
	}
	if given := x.text("context"); given != "" || x.target.context != "" {
		var err error
		if f.context, err = x.contextArg(given); err != nil {
			return err
		}
	}
	return nil
}

var errLagged = errors.New("the reader of the change feed fell behind and was cut off")

// run gives out records until the head, or, following, until somebody ends it.
func (f *feedReader) run(lines []feedLine) error {
	service := f.x.api.service
	live := false // whether the reader has reached the head once
	for {
		more := service.Published() // before the state, so that nothing is missed
		for len(lines) > 0 {
			if err := f.give(lines); err != nil || f.left == 0 {
				return err
			}
			if live && service.State().Seq()-f.seq > feedLag {
				f.lagged()
				return errLagged
			}
			var err error
			if lines, err = f.x.api.own.feed.after(f.x.ctx, service, f.seq); err != nil {
				return err
			}
		}
		if !f.follow {
			return f.flush()
		}
		live = true
		if err := f.flush(); err != nil {
			return err
		}
		if stop, err := f.wait(more); stop {
			return err
		}
		var err error
		if lines, err = f.x.api.own.feed.after(f.x.ctx, service, f.seq); err != nil {
			return err
		}
	}
}

// give writes the records that this reader asked for and may see. Rights are
// looked at for every batch: what was revoked ends.
func (f *feedReader) give(lines []feedLine) error {
	p, err := f.x.api.gate.Authenticate(f.x.r.Header, f.x.address)
	if err != nil {
		return err
	}
	_ = f.control.SetWriteDeadline(time.Now().Add(feedWrite)) // not every writer has one
	for i := range lines {
		l := &lines[i]
		if f.left == 0 {
			return nil
		}
		f.seq = l.seq
		if !f.wants(l) || !visible(p, l) {
			continue
		}
		if err := f.write(l); err != nil {
			return err
		}
		if f.left > 0 {
			f.left--
		}
	}
	return nil
}

func visible(p *auth.Principal, l *feedLine) bool {
	if l.admin {
		return p.Allow(auth.Admin, serverScope)
	}
	return p.Allow(auth.Read, l.name)
}

func (f *feedReader) wants(l *feedLine) bool {
	switch {
	case f.kinds != nil && !f.kinds[l.kind]:
		return false
	case f.subject != nil && l.name != *f.subject:
		return false
	}
	return f.context == "" || l.name.Context == f.context
}

func (f *feedReader) write(l *feedLine) error {
	var head string
	tail := "\n"
	if f.events {
		head, tail = "id: "+strconv.FormatInt(l.seq, 10)+"\nevent: "+l.kind+"\ndata: ", "\n\n"
	}
	line := make([]byte, 0, len(head)+len(l.body)+len(tail))
	line = append(append(append(line, head...), l.body...), tail...)
	_, err := f.x.w.Write(line)
	return err
}

func (f *feedReader) flush() error {
	if err := f.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// lagged tells the reader to come back; NDJSON has no way to say it but the end.
func (f *feedReader) lagged() {
	if f.events {
		_, _ = f.x.w.Write([]byte("event: lagged\ndata: {\"seq\":" + strconv.FormatInt(f.seq, 10) + "}\n\n"))
		_ = f.flush()
	}
}

// wait blocks until there may be more, with a sign of life now and then.
func (f *feedReader) wait(more <-chan struct{}) (stop bool, err error) {
	patrol := time.NewTicker(feedPatrol)
	defer patrol.Stop()
	beat := time.NewTimer(feedBeat)
	defer beat.Stop()
	for {
		select {
		case <-more:
			return false, nil
		case <-f.x.ctx.Done():
			return true, nil // the reader went away
		case <-patrol.C:
			if f.x.api.opt.Draining() || f.x.api.service.Fatal() != nil {
				return true, nil
			}
		case <-beat.C:
			beat.Reset(feedBeat)
			sign := "\n" // an empty line, which readers of NDJSON skip
			if f.events {
				sign = ": still here\n\n"
			}
			_ = f.control.SetWriteDeadline(time.Now().Add(feedWrite)) // not every writer has one
			if _, err := f.x.w.Write([]byte(sign)); err != nil {
				return true, err
			}
			if err := f.flush(); err != nil {
				return true, err
			}
		}
	}
}
