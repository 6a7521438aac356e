package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/config"
)

// pair makes a self-signed certificate for localhost.
func pair(t *testing.T, serial int64, life time.Duration) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func writeFiles(t *testing.T, files map[string][]byte) {
	t.Helper()
	for path, text := range files {
		if err := os.WriteFile(path+".new", text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
}

// tlsFiles is a folder with a pair.
func tlsFiles(t *testing.T, life time.Duration) config.TLS {
	t.Helper()
	dir := t.TempDir()
	f := config.TLS{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"), ClientAuth: "none", MinVersion: "1.2"}
	cert, key := pair(t, 1, life)
	writeFiles(t, map[string][]byte{f.CertFile: cert, f.KeyFile: key})
	return f
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestCertificatesAreReloadedUnderLoad(t *testing.T) {
	files := tlsFiles(t, time.Hour)
	var reloaded, failedReloads atomic.Int64
	c, err := newCertificates(files, quiet(), func(ok bool) {
		if ok {
			reloaded.Add(1)
		} else {
			failedReloads.Add(1)
		}
	}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", c.serverConfig())
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepting.Go(func() {
				_ = conn.(*tls.Conn).Handshake() // the client reports a failure
				_ = conn.Close()
			})
		}
	})
	var handshakes, failures atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the certificate changes all the time
				if err != nil {
					failures.Add(1)
					continue
				}
				handshakes.Add(1)
				_ = conn.Close()
			}
		})
	}
	var pairs [4][2][]byte
	for i := range pairs {
		pairs[i][0], pairs[i][1] = pair(t, int64(i+10), time.Hour)
	}
	const reloads = 1000
	for i := range reloads {
		p := pairs[i%len(pairs)]
		writeFiles(t, map[string][]byte{files.KeyFile: p[1]}) // between the two writes the pair does not match
		c.check()
		writeFiles(t, map[string][]byte{files.CertFile: p[0]})
		c.check()
	}
	close(stop)
	clients.Wait()
	_ = l.Close()
	accepting.Wait()
	if reloaded.Load() != reloads || failedReloads.Load() != reloads {
		t.Errorf("%d reloads, %d refused, want %d of each", reloaded.Load(), failedReloads.Load(), reloads)
	}
	if failures.Load() != 0 || handshakes.Load() < 10 {
		t.Errorf("%d handshakes, %d failed", handshakes.Load(), failures.Load())
	}
}

func TestBadCertificatesAreRefusedAtStart(t *testing.T) {
	good := tlsFiles(t, time.Hour)
	other := tlsFiles(t, time.Hour)
	junk := filepath.Join(t.TempDir(), "junk.pem")
	writeFiles(t, map[string][]byte{junk: []byte("junk")})
	for want, f := range map[string]config.TLS{
		"tls.key-file " + other.KeyFile:  {CertFile: good.CertFile, KeyFile: other.KeyFile},
		"tls.cert-file " + junk:          {CertFile: junk, KeyFile: good.KeyFile},
		"no such file":                   {CertFile: good.CertFile, KeyFile: junk + "x"},
		"holds no PEM certificate":       {CertFile: good.CertFile, KeyFile: good.KeyFile, ClientCAFile: junk},
		"holds a PRIVATE KEY where only": {CertFile: good.CertFile, KeyFile: good.KeyFile, ClientCAFile: good.KeyFile},
	} {
		if _, err := newCertificates(f, quiet(), nil, time.Now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestWarningsOfTheEnd(t *testing.T) {
	var log logBuffer
	now := time.Now()
	c, err := newCertificates(tlsFiles(t, 40*24*time.Hour), slog.New(slog.NewTextHandler(&log, nil)), func(bool) {}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	for day := range 45 {
		now = time.Now().Add(time.Duration(day) * 24 * time.Hour)
		c.warnOfEnd()
	}
	if n := strings.Count(log.String(), "certificate ends soon"); n != 4 {
		t.Errorf("%d warnings, want one each for 30, 7, 1 and 0 days:\n%s", n, log.String())
	}
}

func TestClientCertificates(t *testing.T) {
	f := tlsFiles(t, time.Hour)
	f.ClientCAFile, f.ClientAuth, f.MinVersion = f.CertFile, "require", "1.3"
	c, err := newCertificates(f, quiet(), nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	got := c.current.Load().config
	if got.ClientAuth != tls.RequireAndVerifyClientCert || got.MinVersion != tls.VersionTLS13 || got.ClientCAs == nil {
		t.Errorf("%+v", got)
	}
	if end, clientEnd := c.validity(); end.IsZero() || !end.Equal(clientEnd) {
		t.Error("the ends of validity are missing")
	}
}

// The whole server over TLS: HTTP/2, metrics of validity, reload by SIGHUP.
func TestServeTLS(t *testing.T) {
	f := tlsFiles(t, time.Hour)
	r := start(t, "tls: {cert-file: "+f.CertFile+", key-file: "+f.KeyFile+"}\n", nil)
	text, err := os.ReadFile(f.CertFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get(strings.Replace(r.main, "http:", "https:", 1) + "/subjects") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
		t.Errorf("%s over %s", response.Status, response.Proto)
	}
	transport.CloseIdleConnections()
	if _, body := r.get(r.admin + "/metrics"); !strings.Contains(body, `instar_tls_not_after_timestamp_seconds{file="certificate"}`) {
		t.Error("the end of validity is not measured")
	}
	cert, key := pair(t, 2, 2*time.Hour)
	writeFiles(t, map[string][]byte{f.CertFile: cert, f.KeyFile: key})
	r.signals <- syscall.SIGHUP
	r.until("certificates reloaded")
	if err := r.end(syscall.SIGTERM); err != nil && !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}
