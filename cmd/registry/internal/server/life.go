package server

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// loop waits for signals, changes of files and failures.
func (p *process) loop(ctx context.Context) error {
	files := newFileWatch(p.opt.Config.Files)
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case s := <-p.opt.Signals:
			if s == syscall.SIGHUP {
				p.reload(files)
				continue
			}
			return p.stop(ctx)
		case <-tick.C:
			if files.changed() {
				p.reload(files)
			}
			if err := p.service.Fatal(); err != nil {
				return errors.Join(err, p.closeStore(ctx))
			}
		case err := <-p.failed:
			return errors.Join(err, p.closeStore(ctx))
		case <-ctx.Done():
			return p.stop(context.WithoutCancel(ctx))
		}
	}
}

// stop ends the process in order; a second signal ends it at once.
func (p *process) stop(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	interrupted := make(chan struct{})
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		for {
			select {
			case s := <-p.opt.Signals:
				if s == syscall.SIGHUP {
					continue
				}
				cancel(ErrInterrupted)
				close(interrupted)
				return
			case <-finished:
				return
			}
		}
	}()
	began := time.Now()
	p.front.draining.Store(true)
	p.notify.send("STOPPING=1")
	p.logger.Info("shutdown began")
	if p.front.probed.Load() {
		wait(ctx, p.config.Server.DrainDelay)
	}
	if err := p.finishRequests(ctx); err != nil {
		p.logger.Warn("requests were cut off at shutdown", "err", err)
	}
	select {
	case <-interrupted:
		// Nobody waits for the service: the log is whole at every moment.
		return errors.Join(ErrInterrupted, ignoreCancelled(p.service.Close(ctx)))
	default:
	}
	err := p.closeStore(ctx)
	p.logger.Info("shutdown is complete", "dur_ms", time.Since(began).Milliseconds())
	return err
}

func ignoreCancelled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// finishRequests stops accepting and waits for the requests that are open. The
// admin listener goes on, so that the end can be watched.
func (p *process) finishRequests(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.config.Server.ShutdownGrace)
	defer cancel()
	return p.main.server.Shutdown(ctx)
}

// closeTime bounds the last snapshot and the closing of the store.
const closeTime = 20 * time.Second

func (p *process) closeStore(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	p.reproducers.Wait(ctx) // it reads from the service
	if p.service != nil {
		if err := p.service.Close(ctx); err != nil {
			p.logger.Warn("no snapshot was saved at shutdown", "err", err) // the log is complete without
		}
	}
	if p.store == nil {
		return nil
	}
	return p.store.Close()
}

// fileWatch notices changes of files by size and time of modification, through
// symbolic links.
type fileWatch struct {
	files []string
	seen  map[string]fileMark
}

type fileMark struct {
	size     int64
	modified time.Time
}

func newFileWatch(files []string) *fileWatch {
	w := &fileWatch{}
	w.use(files)
	return w
}

func (w *fileWatch) use(files []string) {
	w.files, w.seen = files, map[string]fileMark{}
	for _, f := range files {
		w.seen[f] = markOf(f)
	}
}

func markOf(path string) fileMark {
	st, err := os.Stat(path)
	if err != nil {
		return fileMark{} // a file that is gone and comes back has changed
	}
	return fileMark{st.Size(), st.ModTime()}
}

func (w *fileWatch) changed() bool {
	changed := false
	for _, f := range w.files {
		if m := markOf(f); m != w.seen[f] {
			w.seen[f], changed = m, true
		}
	}
	return changed
}
