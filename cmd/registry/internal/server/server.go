package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/cmd/registry/internal/assembly"
	"github.com/instar-registry/instar/internal/config"
	"github.com/instar-registry/instar/internal/reproducer"
	"github.com/instar-registry/instar/internal/telemetry"
	"github.com/instar-registry/instar/registry"
)

// Options configure [Run].
type Options struct {
	Config *config.Loaded
	// Reload reads the configuration again; nil means it cannot.
	Reload          func() (*config.Loaded, error)
	Version, Commit string
	// Stderr takes log lines; Terminal says that a person reads them.
	Stderr   io.Writer
	Terminal bool
	// Signals brings SIGINT, SIGTERM and SIGHUP.
	Signals <-chan os.Signal
	Getenv  func(string) string
	// Listening, if set, is called with the addresses once both listen; admin
	// is nil without an admin listener.
	Listening func(main, admin net.Addr)
}

// process is the server while it runs.
type process struct {
	opt     Options
	config  config.Config // in force; replaced by reload, on the main goroutine only
	logging *telemetry.Logging
	logger  *slog.Logger
	metrics *telemetry.Metrics
	front   *front
	notify  notifier
	certs   *certificates // nil without TLS
	store   *assembly.Store
	service *registry.Service
	// reproducers keeps what shows a broken plan; nil keeps nothing.
	reproducers *reproducer.Folder
	// connections is the store's count of connections; scrapes may come before
	// the store is open.
	connections atomic.Pointer[func() map[string]int]

	main, admin listener
	background  sync.WaitGroup
	failed      chan error
}

type listener struct {
	net.Listener
	server *http.Server
}

// ErrInterrupted is returned when a second signal ended the process before it
// had finished its requests.
var ErrInterrupted = errors.New("interrupted before all requests were finished")

// Run serves until a signal or a failure. A nil error is a clean end.
func Run(ctx context.Context, o Options) error {
	began := time.Now()
	p := newProcess(o)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := p.listen(ctx); err != nil {
		return err
	}
	defer func() {
		cancel()
		p.closeListeners()
		p.background.Wait()
	}()
	p.serveListeners()
	if p.certs != nil {
		p.background.Go(func() { p.certs.watch(ctx) })
	}
	p.background.Go(func() { p.notify.watchdog(ctx, p.alive) })
	if stopped, err := p.start(ctx); stopped || err != nil {
		return errors.Join(err, p.closeStore(ctx))
	}
	// From here on signals reach the loop; whoever waits for readiness may send
	// one at once.
	p.notify.send("READY=1")
	p.greet(time.Since(began))
	return p.loop(ctx)
}

func newProcess(o Options) *process {
	p := &process{
		opt: o, config: o.Config.Config, logging: telemetry.NewLogging(o.Stderr, nil),
		front: &front{basePath: o.Config.Server.BasePath}, notify: newNotifier(o.Getenv), failed: make(chan error, 2),
	}
	p.logging.Set(p.config.Log.Level, p.textLog())
	p.hideSecrets()
	p.logger = p.logging.Logger()
	p.metrics = telemetry.New(telemetry.Options{
		Version: o.Version, Commit: o.Commit, ConfluentNames: p.config.Metrics.ConfluentNames,
		MaxSubjects: p.config.Metrics.MaxSubjects, State: p.state,
	})
	return p
}

func (p *process) textLog() bool {
	return p.config.Log.Format == "text" || (p.config.Log.Format == "auto" && p.opt.Terminal)
}

func (p *process) hideSecrets() { p.logging.Hide(p.config.Storage.Postgres.DSN.Reveal()) }

// listen opens the listeners, before anything that takes time.
func (p *process) listen(ctx context.Context) error {
	c := &p.config
	if c.TLS.CertFile != "" {
		certs, err := newCertificates(c.TLS, p.logger, p.metrics.TLSReload, time.Now)
		if err != nil {
			return err
		}
		p.certs = certs
		certs.warnOfEnd()
	}
	var err error
	if p.main.Listener, err = bind(ctx, "server.listen", c.Server.Listen); err != nil {
		return err
	}
	p.main.server = p.httpServer(p.front)
	p.main.server.ConnState = p.metrics.ConnState
	p.main.server.ReadTimeout = c.Server.ReadTimeout
	if p.certs != nil {
		p.main.server.TLSConfig = p.certs.serverConfig()
		p.main.Listener = tls.NewListener(p.main.Listener, p.main.server.TLSConfig)
	}
	if c.Server.AdminListen != "" {
		if p.admin.Listener, err = bind(ctx, "server.admin-listen", c.Server.AdminListen); err != nil {
			return errors.Join(err, p.main.Close())
		}
		p.admin.server = p.httpServer(p.adminHandler())
	}
	if p.opt.Listening != nil {
		var admin net.Addr
		if p.admin.Listener != nil {
			admin = p.admin.Addr()
		}
		p.opt.Listening(p.main.Addr(), admin)
	}
	return nil
}

func bind(ctx context.Context, key, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s: another program listens on %s already; stop it or choose another port", key, address)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: cannot listen on %s: %w", key, address, err)
	}
	return l, nil
}

func (p *process) httpServer(h http.Handler) *http.Server {
	c := &p.config.Server
	return &http.Server{
		Handler: h, ReadHeaderTimeout: c.HeaderTimeout, IdleTimeout: c.IdleTimeout, MaxHeaderBytes: int(c.MaxHeader),
		ErrorLog: slog.NewLogLogger(p.logger.With("source", "net/http").Handler(), slog.LevelDebug),
	}
}

func (p *process) serveListeners() {
	for _, l := range []listener{p.main, p.admin} {
		if l.Listener == nil {
			continue
		}
		p.background.Go(func() {
			if err := l.server.Serve(l.Listener); !errors.Is(err, http.ErrServerClosed) {
				p.failed <- fmt.Errorf("the listener on %s ended: %w", l.Addr(), err)
			}
		})
	}
}

func (p *process) closeListeners() {
	for _, l := range []listener{p.main, p.admin} {
		if l.server != nil {
			_ = l.server.Close() // the process ends; open connections end with it
		}
	}
}

// start opens the store, replays the log and puts the registry's handler in
// place. A signal meanwhile stops it, which is an end in order.
func (p *process) start(ctx context.Context) (stopped bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- p.open(ctx) }()
	for {
		select {
		case err := <-done:
			return false, err
		case err := <-p.failed:
			cancel()
			return false, errors.Join(err, <-done)
		case s := <-p.opt.Signals:
			if s == syscall.SIGHUP {
				continue // what is being read now is new enough
			}
			cancel()
			<-done // its error says that it was cancelled, which we know
			p.logger.Info("stopped before the registry was ready")
			return true, nil
		}
	}
}

func (p *process) open(ctx context.Context) error {
	for _, w := range p.opt.Config.Warnings {
		p.logger.Warn("configuration needs attention", "what", w)
	}
	store, err := assembly.Open(ctx, &p.config, assembly.Serve, p.logger)
	if err != nil {
		return err
	}
	p.store = store
	if store.Connections != nil {
		p.connections.Store(&store.Connections)
	}
	if p.service, err = assembly.Service(&p.config, store, p.metrics, p.logger); err != nil {
		return err
	}
	p.front.service.Store(p.service)
	if err := assembly.Ready(ctx, p.service); err != nil {
		return err
	}
	if dir := assembly.ReproducerDir(&p.config); dir != "" {
		p.reproducers = reproducer.NewFolder(dir, p.opt.Version, p.logger)
	}
	handler, err := p.newHandler()
	if err != nil {
		return err
	}
	if err := p.bootstrap(ctx); err != nil {
		return err
	}
	p.front.set(handler)
	return nil
}

// bootstrap makes the first administrator, if there is none and one is wanted.
func (p *process) bootstrap(ctx context.Context) error {
	made, err := auth.Bootstrap(ctx, p.service, p.config.Auth.BootstrapTokenFile)
	if made {
		p.logger.Info("first administrator created", "principal", "token:"+auth.BootstrapToken)
	}
	return err
}

// greet tells where the registry is.
func (p *process) greet(took time.Duration) {
	c := &p.config
	address, admin := url(p.main.Addr(), p.certs != nil, c.Server.BasePath), ""
	if c.Server.PublicURL != "" {
		address = c.Server.PublicURL
	}
	if p.admin.Listener != nil && c.Metrics.Enabled {
		admin = url(p.admin.Addr(), false, "/metrics")
	}
	if p.textLog() && p.opt.Terminal {
		banner(p.opt.Stderr, p.opt.Version, address, admin, p.store.Description, c)
	}
	p.logger.Info("registry is ready", "url", address, "listen", p.main.Addr().String(), "version", p.opt.Version,
		"storage", p.store.Description, "seq", p.service.State().Seq(), "dur_ms", took.Milliseconds())
	trim()
	if c.Auth.Mode == "none" && !config.IsLoopback(c.Server.Listen) {
		p.logger.Warn("everybody who reaches this address may change everything", "listen", c.Server.Listen,
			"what", "set auth.mode to required, or server.listen to a loopback address")
	}
}

// alive is what the watchdog asks.
func (p *process) alive() bool {
	s := p.front.service.Load()
	return s == nil || s.Fatal() == nil
}
