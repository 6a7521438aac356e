package registry

import (
	"context"
	"errors"
	"time"

	"github.com/instar-registry/instar/internal/plant"
)

// replayPage is how many records are read at a time.
const replayPage = 10_000

// run owns the service's goroutines: it replays, then follows and writes until
// the service is closed.
func (s *Service) run() {
	defer s.stopped.Done()
	for !s.replay() {
		select {
		case <-s.stop:
			s.refuseQueued()
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
	s.stopped.Add(1)
	go s.write()
	s.follow()
}

// replay brings the state from nothing to the head. It returns false when the
// store could not be reached.
func (s *Service) replay() bool {
	start := s.opt.Clock()
	ctx, cancel := s.stopContext()
	defer cancel()
	st := s.restore(ctx)
	head, err := s.log.Head(ctx)
	if err != nil {
		s.contact(err)
		return s.Fatal() != nil
	}
	s.knownHead.Store(head.Seq)
	if st.head.Epoch != head.Epoch {
		st = s.emptyState()
	}
	st.head.Epoch = head.Epoch
	for {
		records, err := s.log.Read(ctx, st.head, replayPage)
		if errors.Is(err, ErrReplaced) && s.state.Load().Seq() == 0 && st.Seq() > 0 {
			// Only the snapshot disagrees; the log decides.
			s.logger.Warn("snapshot ignored", "err", err)
			st = s.emptyState()
			st.head.Epoch = head.Epoch
			continue
		}
		if err != nil {
			s.contact(err)
			return s.Fatal() != nil
		}
		if err := st.ApplyRecords(records); err != nil {
			s.die(err)
			return true
		}
		if len(records) < replayPage {
			break
		}
	}
	s.publish.Lock()
	s.put(st)
	s.publish.Unlock()
	s.contact(nil)
	s.ready.Store(true)
	s.opt.Observer.Replayed(s.opt.Clock().Sub(start))
	return true
}

// restore reads the newest snapshot; a bad one is ignored, the log has it all.
func (s *Service) restore(ctx context.Context) *State {
	snap, err := s.log.LoadSnapshot(ctx)
	if err != nil || snap.Seq == 0 {
		return s.emptyState()
	}
	body, err := s.opt.Sealer.openSnapshot(snap.Body)
	if err != nil {
		s.logger.Warn("snapshot ignored", "seq", snap.Seq, "err", err)
		return s.emptyState()
	}
	st, err := DecodeState(body)
	if err != nil || st.Seq() != snap.Seq {
		s.logger.Warn("snapshot ignored", "seq", snap.Seq, "err", err)
		return s.emptyState()
	}
	st.sealer = s.opt.Sealer
	s.snapshotAt.Store(snap.Seq)
	return st
}

// follow reads what others append, woken by the log or by the clock.
func (s *Service) follow() {
	tick := time.NewTicker(s.opt.PollInterval)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-s.snapshotDue: // the writer knows its own changes
			s.snapshotIfDue()
			continue
		case <-s.log.Wake():
			s.opt.Observer.Wake("notify")
		case <-tick.C:
			s.opt.Observer.Wake("poll")
			s.flushInBackground()
		}
		if s.Fatal() != nil {
			continue
		}
		ctx, cancel := s.stopContext()
		_ = s.fresh.do(ctx) // noted by contact; the next wake tries again
		cancel()
		s.snapshotIfDue()
	}
}

// flushInBackground stores refusals with a bound on the time it takes.
func (s *Service) flushInBackground() {
	ctx, cancel := s.stopContext()
	defer cancel()
	ctx, stop := context.WithTimeout(ctx, s.opt.WriteTimeout)
	defer stop()
	s.flushRefusals(ctx)
}

// catchUp reads up to the head and publishes.
func (s *Service) catchUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.opt.WriteTimeout)
	defer cancel()
	for {
		s.publish.Lock()
		n, err := s.advance(ctx)
		s.publish.Unlock()
		s.contact(err)
		if err != nil || n < replayPage {
			return err
		}
	}
}

// advance applies one page of newer records; the caller holds publish.
func (s *Service) advance(ctx context.Context) (int, error) {
	st := s.State()
	records, err := s.log.Read(ctx, st.head, replayPage)
	if err != nil || len(records) == 0 {
		return 0, err
	}
	next := st.Fork()
	if plant.Is(plant.WakeTwice) {
		records = append(records, records...)
	}
	if err := next.ApplyRecords(records); err != nil {
		s.die(err)
		return 0, err
	}
	s.put(next)
	return len(records), nil
}

// stopContext ends when the service is closed.
func (s *Service) stopContext() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (s *Service) isSnapshotDue() bool {
	return s.State().Seq()-s.snapshotAt.Load() >= int64(s.opt.SnapshotEvery)
}

func (s *Service) snapshotIfDue() {
	if !s.isSnapshotDue() {
		return
	}
	ctx, cancel := s.stopContext()
	defer cancel()
	// One that the end of the service cuts off is saved by Close instead, which
	// tells its caller if it cannot.
	if err := s.saveSnapshot(ctx); err != nil && ctx.Err() == nil {
		s.logger.Warn("snapshot failed", "err", err)
	}
}

func label(st *State) int64 {
	if plant.Is(plant.SnapshotMislabels) {
		return st.Seq() - 1
	}
	return st.Seq()
}

// saveSnapshot stores the current state unless the last one is as new.
func (s *Service) saveSnapshot(ctx context.Context) error {
	st := s.State()
	if st.Seq() == s.snapshotAt.Load() {
		return nil
	}
	body, err := s.opt.Sealer.sealSnapshot(EncodeState(st))
	if err != nil {
		return err
	}
	if err := s.log.SaveSnapshot(ctx, Snapshot{Seq: label(st), Body: body}); err != nil {
		return err
	}
	s.snapshotAt.Store(st.Seq())
	return nil
}
