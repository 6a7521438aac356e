package server

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/instar-registry/instar/internal/config"
)

// certificates serves the TLS configuration in force and reads the files again
// when their content changes. A pair that does not load (half written, expired
// CA file, wrong key) leaves the old one in place.
type certificates struct {
	logger  *slog.Logger
	reloads func(ok bool)
	now     func() time.Time

	mu     sync.Mutex // guards the fields below
	files  config.TLS
	digest [sha256.Size]byte
	warned int // smallest threshold, in days, that was warned of

	current atomic.Pointer[loadedTLS]
}

// loadedTLS is one consistent reading of the files.
type loadedTLS struct {
	config         *tls.Config
	end, clientEnd time.Time
}

// checkEvery is how often the files are looked at. They are read in full, since
// the symbolic links that orchestrators swap change no modification time.
const checkEvery = 10 * time.Second

func newCertificates(files config.TLS, logger *slog.Logger, reloads func(bool), now func() time.Time) (*certificates, error) {
	c := &certificates{logger: logger, reloads: reloads, now: now, files: files, warned: 31}
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// serverConfig is the configuration of the listener; each handshake asks for
// the one in force.
func (c *certificates) serverConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.current.Load().config, nil },
	}
}

// validity returns when the certificate and the client authorities end.
func (c *certificates) validity() (end, clientEnd time.Time) {
	l := c.current.Load()
	return l.end, l.clientEnd
}

// watch looks at the files until the context ends.
func (c *certificates) watch(ctx context.Context) {
	t := time.NewTicker(checkEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			c.check()
		}
	}
}

// use changes the files, as a reload of the configuration does.
func (c *certificates) use(files config.TLS) {
	c.mu.Lock()
	c.files, c.digest = files, [sha256.Size]byte{}
	c.mu.Unlock()
	c.check()
}

// check loads the files if they changed.
func (c *certificates) check() {
	err := c.load()
	switch {
	case errors.Is(err, errUnchanged):
	case err != nil:
		c.reloads(false)
		c.logger.Error("certificates not reloaded", "err", err)
	default:
		c.reloads(true)
		end, _ := c.validity()
		c.logger.Info("certificates reloaded", "not_after", end)
	}
	c.warnOfEnd()
}

var errUnchanged = errors.New("unchanged")

func (c *certificates) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	texts := make([][]byte, 3)
	h := sha256.New()
	for i, path := range []string{c.files.CertFile, c.files.KeyFile, c.files.ClientCAFile} {
		if path != "" {
			b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
			if err != nil {
				return err
			}
			texts[i] = b
		}
		sum := sha256.Sum256(texts[i])
		h.Write(sum[:])
	}
	digest := [sha256.Size]byte(h.Sum(nil))
	if digest == c.digest {
		return errUnchanged
	}
	next, err := newTLS(&c.files, texts[0], texts[1], texts[2])
	if err != nil {
		return err
	}
	c.digest, c.warned = digest, 31
	c.current.Store(next)
	return nil
}

func newTLS(files *config.TLS, cert, key, ca []byte) (*loadedTLS, error) {
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("tls.cert-file %s with tls.key-file %s: %w", files.CertFile, files.KeyFile, err)
	}
	out := &loadedTLS{end: pair.Leaf.NotAfter, config: &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	}}
	if files.MinVersion == "1.3" {
		out.config.MinVersion = tls.VersionTLS13
	}
	switch files.ClientAuth {
	case "request":
		out.config.ClientAuth = tls.VerifyClientCertIfGiven
	case "require":
		out.config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if ca == nil {
		return out, nil
	}
	out.config.ClientCAs, out.clientEnd, err = authorities(ca)
	if err != nil {
		return nil, fmt.Errorf("tls.client-ca-file %s: %w", files.ClientCAFile, err)
	}
	return out, nil
}

// authorities reads every certificate of a file; a file with anything else in it
// is refused, because a pool that silently lacks one locks clients out.
func authorities(text []byte) (*x509.CertPool, time.Time, error) {
	pool := x509.NewCertPool()
	var first time.Time
	for {
		var block *pem.Block
		block, text = pem.Decode(text)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, first, fmt.Errorf("holds a %s where only certificates belong", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, first, err
		}
		pool.AddCert(cert)
		if first.IsZero() || cert.NotAfter.Before(first) {
			first = cert.NotAfter
		}
	}
	if first.IsZero() {
		return nil, first, errors.New("holds no PEM certificate")
	}
	return pool, first, nil
}

// warnOfEnd warns 30, 7 and 1 days before the certificate ends, and when it has.
func (c *certificates) warnOfEnd() {
	end, _ := c.validity()
	left := end.Sub(c.now())
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, days := range []int{0, 1, 7, 30} {
		if left > time.Duration(days)*24*time.Hour {
			continue
		}
		if days < c.warned {
			c.warned = days
			c.logger.Warn("certificate ends soon", "not_after", end, "days_left", int(left.Hours()/24))
		}
		return
	}
}
