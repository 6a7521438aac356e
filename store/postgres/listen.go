package postgres

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/instar-registry/instar/store/internal/sqllog"
)

// channel is the name under which appends are announced.
const channel = "instar_log"

// The listener's pace when the database is away, and how often it makes sure
// that a silent connection is not a dead one.
const (
	firstPause  = 50 * time.Millisecond
	longestWait = 5 * time.Second
	quietCheck  = 30 * time.Second
)

// listener holds one connection outside the pool and turns notifications into
// wakes. It owns its goroutine.
type listener struct {
	config *pgx.ConnConfig
	log    *sqllog.Log
	self   string // payload of this node's own notifications, which are no news
	warn   func(string)
	cancel context.CancelFunc
	done   sync.WaitGroup
	up     atomic.Bool
}

func startListener(config *pgx.ConnConfig, log *sqllog.Log, self string, warn func(string)) *listener {
	config = config.Copy()
	// It sleeps on purpose, outside any transaction.
	delete(config.RuntimeParams, "statement_timeout")
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{config: config, log: log, self: self, warn: warn, cancel: cancel}
	l.done.Go(func() { l.run(ctx) })
	return l
}

func (l *listener) stop() {
	l.cancel()
	l.done.Wait()
}

// run connects again whenever the connection is lost, more slowly each time, and
// warns once per loss.
func (l *listener) run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		err := l.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if l.up.Swap(false) {
			pause = firstPause
			l.warn(fmt.Sprintf("not listening for other servers' changes, which polling will find: %v", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longestWait)
	}
}

// session listens until something goes wrong.
func (l *listener) session(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(end) // it is going away either way
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	l.up.Store(true)
	sqllog.Signal(l.log, "notify") // what happened while nobody listened
	for {
		quiet, cancel := context.WithTimeout(ctx, quietCheck)
		news, err := conn.WaitForNotification(quiet)
		timedOut := quiet.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil && news.Payload == l.self:
		case err == nil:
			sqllog.Signal(l.log, "notify")
		case timedOut && !conn.IsClosed():
			if err := ping(ctx, conn); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return conn.Ping(ctx)
}
