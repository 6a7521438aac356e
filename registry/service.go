package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/instar-registry/instar/internal/plant"
	"github.com/instar-registry/instar/schema"
)

// Options configure a [Service]. Log is required; zero values of the rest stand
// for the defaults.
type Options struct {
	Log            Log
	Settings       Settings
	Limits         schema.Limits
	Clock          func() time.Time
	Observer       Observer
	Logger         *slog.Logger
	PollInterval   time.Duration // how often the log is looked at without a wake; default 1 s
	SnapshotEvery  int           // changes between snapshots; default 50,000
	BarrierTimeout time.Duration // how long a read may wait for the head; default 2 s
	WriteTimeout   time.Duration // how long one transaction may take; default 10 s
	// Sealer encrypts sensitive metadata at rest; nil stores it as sent.
	Sealer *Sealer
	// Exclusive says that nobody else can write to the log, so that memory is
	// always at its head and misses need no question to the store.
	Exclusive bool
}

// Service runs commands against a log and answers reads from memory. It is the
// only place that knows retries, read barriers and waiting.
//
//	                 ┌── follower: reads newer records, forks, applies, publishes
//	state (atomic) ◄─┤
//	                 └── writer: locks the head, applies newer, decides a group of
//	                     commands on a fork, appends, publishes
//
// Whoever publishes holds publish; readers load the pointer and never wait.
type Service struct {
	opt    Options
	log    Log
	shelf  *shelf
	logger *slog.Logger

	state   atomic.Pointer[State]
	publish sync.Mutex // held while the next state is made
	news    atomic.Pointer[chan struct{}]

	queue   chan *pending
	fresh   coalesced
	refused refusals
	parses  chan struct{} // semaphore: parsing and checking at once
	stop    chan struct{}
	stopped sync.WaitGroup
	closing sync.Once

	ready       atomic.Bool
	fatal       atomic.Pointer[error]
	lastContact atomic.Int64 // µs since 1970
	lastError   atomic.Pointer[error]
	knownHead   atomic.Int64
	snapshotAt  atomic.Int64  // sequence of the last snapshot
	snapshotDue chan struct{} // the writer asks the follower for one
}

// By says who asks and under which request.
type By struct {
	Actor     string // for the audit trail: "token:ci", "anonymous@203.0.113.9"
	Request   string
	Principal string
	// Key makes the request repeatable; empty if the caller sent none. Strong
	// tells that it came as Idempotency-Key rather than as a request id.
	Key    string
	Strong bool
	// Replayed is set to true when an earlier equal request had the same key
	// and its outcome is returned.
	Replayed *bool
}

// Status tells how the service is doing.
type Status struct {
	Ready       bool
	Degraded    bool // the store was last seen longer ago than two polls
	Applied     int64
	Head        int64
	LastContact time.Time
	Err         error // why the node serves nothing, or what the store last said
}

// Open starts a service. It returns at once; the log is replayed in the
// background, and until [Status] is ready every call is refused as unavailable.
func Open(opt Options) *Service {
	opt = withDefaults(opt)
	s := &Service{
		opt: opt, log: opt.Log, logger: opt.Logger,
		shelf:  newShelf(opt.Limits, opt.Observer, opt.Clock),
		queue:  make(chan *pending, 1024),
		parses: make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
		stop:   make(chan struct{}), snapshotDue: make(chan struct{}, 1),
	}
	s.state.Store(s.emptyState())
	news := make(chan struct{})
	s.news.Store(&news)
	s.fresh.run = s.catchUp
	s.stopped.Add(1)
	go s.run()
	return s
}

func withDefaults(opt Options) Options {
	if opt.Settings == (Settings{}) {
		opt.Settings = DefaultSettings()
	}
	if opt.Limits == (schema.Limits{}) {
		opt.Limits = schema.DefaultLimits()
	}
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	if opt.Observer == nil {
		opt.Observer = NopObserver{}
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	opt.PollInterval = orDefault(opt.PollInterval, time.Second)
	opt.BarrierTimeout = orDefault(opt.BarrierTimeout, 2*time.Second)
	opt.WriteTimeout = orDefault(opt.WriteTimeout, 10*time.Second)
	if opt.SnapshotEvery == 0 {
		opt.SnapshotEvery = 50_000
	}
	return opt
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// emptyState is the state before the first change, able to open what is sealed.
func (s *Service) emptyState() *State {
	st := NewState()
	st.sealer = s.opt.Sealer
	return st
}

// State returns the newest published state. It never blocks.
func (s *Service) State() *State { return s.state.Load() }

// Published returns a channel that is closed when the next state is published.
// Take it before [Service.State], so that nothing is missed.
func (s *Service) Published() <-chan struct{} { return *s.news.Load() }

// Settings returns the server's defaults.
func (s *Service) Settings() Settings { return s.opt.Settings }

// Limits returns the limits in force.
func (s *Service) Limits() schema.Limits { return s.opt.Limits }

// Status tells how the service is doing.
func (s *Service) Status() Status {
	out := Status{Ready: s.ready.Load(), Applied: s.State().Seq(), Head: s.knownHead.Load()}
	out.Head = max(out.Head, out.Applied)
	if at := s.lastContact.Load(); at != 0 {
		out.LastContact = time.UnixMicro(at)
	}
	if e := s.fatal.Load(); e != nil {
		out.Ready, out.Err = false, *e
		return out
	}
	if e := s.lastError.Load(); e != nil && *e != nil {
		out.Err = *e
	}
	out.Degraded = out.Ready && out.Err != nil
	return out
}

// Fatal returns the error that made the node stop serving (the database was
// replaced, the log does not make sense), or nil.
func (s *Service) Fatal() error {
	if e := s.fatal.Load(); e != nil {
		return *e
	}
	return nil
}

// put publishes a state; the caller holds publish.
func (s *Service) put(st *State) {
	s.state.Store(st)
	s.knownHead.Store(max(s.knownHead.Load(), st.Seq()))
	next := make(chan struct{})
	old := s.news.Swap(&next)
	close(*old)
	if s.isSnapshotDue() {
		select {
		case s.snapshotDue <- struct{}{}:
		default:
		}
	}
}

// contact notes the result of talking to the store.
func (s *Service) contact(err error) {
	if err == nil {
		s.lastContact.Store(s.opt.Clock().UnixMicro())
		var none error
		s.lastError.Store(&none)
		return
	}
	if errors.Is(err, ErrReplaced) {
		s.die(err)
	}
	s.lastError.Store(&err)
}

// die stops serving for good: going on could hand out wrong answers.
func (s *Service) die(err error) {
	if s.fatal.CompareAndSwap(nil, &err) {
		s.logger.Error("node stopped serving", "err", err)
	}
}

// available refuses calls while nothing can be answered.
func (s *Service) available() error {
	if err := s.Fatal(); err != nil {
		return fail(Unavailable, "This node does not serve: %s", err).from(err)
	}
	if !s.ready.Load() {
		st := s.Status()
		return fail(Unavailable, "The registry is starting: %d of %d changes replayed", st.Applied, st.Head)
	}
	return nil
}

// View runs f on the newest state. When f finds nothing, the store's head is
// asked before the miss is believed, so that an acknowledged write is never a
// false 404; a miss that cannot be checked is refused as unavailable.
func (s *Service) View(ctx context.Context, f func(*State) error) error {
	if err := s.available(); err != nil {
		return err
	}
	st := s.State()
	err := f(st)
	for errors.Is(err, errTextGone) && s.State() != st {
		st = s.State()
		err = f(st)
	}
	if err == nil || !isMiss(err) || s.opt.Exclusive || plant.Is(plant.FalseNotFound) {
		return err
	}
	if refresh := s.Refresh(ctx); refresh != nil {
		return refresh
	}
	if now := s.State(); now != st {
		return f(now)
	}
	return err
}

// isMiss tells the refusals that newer changes could turn into an answer.
func isMiss(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case SubjectNotFound, VersionNotFound, SchemaNotFound, ConfigNotFound, ModeNotFound, TokenNotFound, GrantNotFound, PlanNotFound:
		return true
	}
	return false
}

// Refresh catches up with the store's head as it is now.
func (s *Service) Refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.opt.BarrierTimeout)
	defer cancel()
	if err := s.fresh.do(ctx); err != nil {
		return s.storeError(err, "")
	}
	return nil
}

// WaitSeq waits until the state reflects at least seq.
func (s *Service) WaitSeq(ctx context.Context, seq int64) error {
	if s.State().Seq() >= seq {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.opt.BarrierTimeout)
	defer cancel()
	for {
		news := s.Published()
		if s.State().Seq() >= seq {
			return nil
		}
		if err := s.fresh.do(ctx); err == nil && s.State().Seq() >= seq {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fail(UnknownOutcome, "This node has reached sequence %d, not yet %d as asked; repeat the request", s.State().Seq(), seq)
		}
	}
}

// storeError turns a log's failure into the answer that callers get.
func (s *Service) storeError(err error, request string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrDiskFull):
		return fail(DiskFull, "The store has no space left; nothing was written").from(err)
	case errors.Is(err, ErrUnknownOutcome) && !plant.Is(plant.UnknownIsFailure):
		e := fail(UnknownOutcome, "The outcome is unknown, repeat this request (request %s)", request).from(err)
		e.Request = request
		return e
	case errors.Is(err, ErrReplaced):
		return fail(Unavailable, "This node does not serve: %s", ErrReplaced).from(err)
	case errors.Is(err, context.Canceled):
		return fail(Canceled, "The request was cancelled").from(err)
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrUnknownOutcome), errors.Is(err, context.DeadlineExceeded):
		return fail(Unavailable, "The store is not available; nothing was written").from(err)
	default:
		return &schema.Bug{Where: "store", Cause: err}
	}
}

// Text returns the body of a text, from memory or from the store.
func (s *Service) Text(ctx context.Context, h Hash) (string, error) {
	if body, ok := s.shelf.Text(h); ok {
		s.opt.Observer.Cache("text", true)
		return body, nil
	}
	s.opt.Observer.Cache("text", false)
	if err := s.load(ctx, []Hash{h}); err != nil {
		return "", err
	}
	body, ok := s.shelf.Text(h)
	if !ok {
		return "", &schema.Bug{Where: "Text", Cause: fmt.Sprintf("the text %x is not in the store", h[:8])}
	}
	return body, nil
}

// load brings texts from the store onto the shelf.
func (s *Service) load(ctx context.Context, hashes []Hash) error {
	got, err := s.log.Texts(ctx, hashes)
	if err != nil {
		s.contact(err)
		return s.storeError(err, "")
	}
	for h, body := range got {
		s.shelf.keep(h, body)
	}
	for _, h := range hashes {
		if _, ok := got[h]; !ok {
			return s.gone(ctx, h)
		}
	}
	return nil
}

// errTextGone marks an answer that rests on a text which was removed since the
// state it came from; at a newer state it may be another one.
var errTextGone = errors.New("the text was removed with the last version that needed it")

// gone explains a text that the store does not have: a hard delete that this
// node had not heard of removed it, or the store is damaged.
func (s *Service) gone(ctx context.Context, h Hash) error {
	if !s.opt.Exclusive {
		if err := s.Refresh(ctx); err != nil {
			return err
		}
	}
	s.publish.Lock() // a removal may be committed and not yet published
	uses, _ := s.State().texts.Get(string(h[:]))
	s.publish.Unlock()
	if uses > 0 {
		return &schema.Bug{Where: "load", Cause: fmt.Sprintf("the text %x is not in the store", h[:8])}
	}
	return schemaNotFound().from(errTextGone)
}

// withTexts runs f until it needs no more texts.
func (s *Service) withTexts(ctx context.Context, f func(env *Env) error) error {
	select {
	case s.parses <- struct{}{}:
		defer func() { <-s.parses }()
	case <-ctx.Done():
		return fail(Canceled, "The request was cancelled").from(ctx.Err())
	}
	extra := map[Hash]string{}
	env := s.env(ctx)
	env.Library = overlayLibrary{Library: env.Library, extra: extra}
	for {
		err := f(env)
		var need *NeedTexts
		if !errors.As(err, &need) {
			return err
		}
		if ctx.Err() != nil {
			return fail(Canceled, "The request was cancelled").from(ctx.Err())
		}
		got, loadErr := s.log.Texts(ctx, need.Hashes)
		if loadErr != nil {
			s.contact(loadErr)
			return s.storeError(loadErr, "")
		}
		before := len(extra)
		for h, body := range got {
			extra[h] = body
			s.shelf.keep(h, body)
		}
		if len(extra) == before {
			return s.gone(ctx, need.Hashes[0])
		}
	}
}

func (s *Service) env(ctx context.Context) *Env {
	return &Env{Now: s.opt.Clock().UnixMicro(), Settings: s.opt.Settings, Library: s.shelf.during(ctx)}
}

// Changes returns up to limit records after a sequence, from the store.
func (s *Service) Changes(ctx context.Context, after int64, limit int) ([]Record, error) {
	if err := s.available(); err != nil {
		return nil, err
	}
	records, err := s.log.ReadFrom(ctx, after, limit)
	return records, s.storeError(err, "")
}

// Close stops the service: it finishes what is queued, saves a snapshot and
// leaves the log open.
func (s *Service) Close(ctx context.Context) error {
	s.closing.Do(func() { close(s.stop) })
	done := make(chan struct{})
	go func() {
		s.stopped.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.ready.Load() && s.Fatal() == nil {
		s.flushRefusals(ctx)
		return s.saveSnapshot(ctx)
	}
	return nil
}
