package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

	"go.uber.org/goleak"

	"github.com/instar-registry/instar/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// running is a server under test.
type running struct {
	t           *testing.T
	main, admin string
	signals     chan os.Signal
	ended       chan error
	log         *logBuffer
	client      *http.Client
}

// start runs a server and waits until it is ready. The file is the configuration;
// listeners and storage have test values unless it says otherwise.
func start(t *testing.T, file string, edit func(*Options)) *running {
	t.Helper()
	path := filepath.Join(t.TempDir(), "registry.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	in := config.Input{File: path, Environ: []string{
		"INSTAR_SERVER_LISTEN=127.0.0.1:0", "INSTAR_SERVER_ADMIN_LISTEN=127.0.0.1:0", "INSTAR_STORAGE_DRIVER=memory",
	}}
	loaded, err := config.Load(in)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, signals: make(chan os.Signal, 4), ended: make(chan error, 1), log: &logBuffer{}, client: &http.Client{Transport: &http.Transport{}}}
	listening := make(chan struct{})
	o := Options{
		Config: loaded, Reload: func() (*config.Loaded, error) { return config.Load(in) }, Version: "test", Stderr: r.log,
		Signals: r.signals, Getenv: func(string) string { return "" },
		Listening: func(main, admin net.Addr) {
			r.main, r.admin = "http://"+main.String(), "http://"+admin.String()
			close(listening)
		},
	}
	if edit != nil {
		edit(&o)
	}
	go func() { r.ended <- Run(context.Background(), o) }()
	select {
	case <-listening:
	case err := <-r.ended:
		t.Fatalf("the server ended: %v\n%s", err, r.log)
	}
	t.Cleanup(func() { r.client.CloseIdleConnections() })
	r.until("registry is ready")
	return r
}

// until waits for a text in the log.
func (r *running) until(text string) {
	r.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(r.log.String(), text) {
		if time.Now().After(deadline) {
			r.t.Fatalf("%q did not appear in the log:\n%s", text, r.log)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (r *running) get(url string) (int, string) {
	r.t.Helper()
	response, err := r.client.Get(url) //nolint:noctx // a test
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // a test
	body, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// end sends a signal and waits for the result of Run.
func (r *running) end(s os.Signal) error {
	r.t.Helper()
	r.signals <- s
	return r.result()
}

func (r *running) result() error {
	r.t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(20 * time.Second):
		r.t.Fatalf("the server did not end:\n%s", r.log)
		return nil
	}
}

func TestServeAndEnd(t *testing.T) {
	r := start(t, "server: {drain-delay: 10ms}", nil)
	for _, url := range []string{r.main + "/subjects", r.main + "/healthz", r.main + "/readyz", r.main + "/readyz/write", r.admin + "/healthz", r.admin + "/readyz", r.admin + "/readyz/write"} {
		if status, body := r.get(url); status != http.StatusOK {
			t.Errorf("%s: %d %s", url, status, body)
		}
	}
	_, body := r.get(r.admin + "/metrics")
	for _, want := range []string{"instar_auth_disabled 1", "kafka_schema_registry_master_slave_role 1", `route="/subjects"`, "kafka_schema_registry_jersey_metrics_subjects_list_request_rate 0.0"} {
		if !strings.Contains(body, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	for _, path := range []string{"/subjects", "/debug/pprof/"} {
		if status, _ := r.get(r.admin + path); status != http.StatusNotFound {
			t.Errorf("the admin listener serves %s", path)
		}
	}
	if err := r.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	r.until("shutdown is complete")
}

// stopAtEnd ends the server with the test.
func (r *running) stopAtEnd() { r.t.Cleanup(func() { _ = r.end(syscall.SIGTERM) }) }

func TestAnswersBeforeReady(t *testing.T) {
	f := &front{basePath: "/schemas"}
	for path, want := range map[string]int{"/healthz": 200, "/schemas/healthz": 200, "/readyz": 503, "/schemas/subjects": 503} {
		w := newRecorder()
		f.ServeHTTP(w, request(path))
		var body map[string]any
		if err := json.Unmarshal(w.body.Bytes(), &body); err != nil || w.status != want {
			t.Errorf("%s: %d %s", path, w.status, w.body.String())
		}
		if want == 503 && (body["error_code"] != 50001.0 || w.header.Get("Retry-After") != "1") {
			t.Errorf("%s: %v", path, body)
		}
	}
	if !f.probed.Load() {
		t.Error("a probe went unnoticed")
	}
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newRecorder() *recorder                    { return &recorder{header: http.Header{}, status: 200} }
func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
func request(path string) *http.Request         { r, _ := http.NewRequest(http.MethodGet, path, nil); return r } //nolint:noctx // a test

// Requests that are open when the signal comes are answered; new ones are told
// to go elsewhere.
func TestTermUnderLoadLosesNoRequest(t *testing.T) {
	r := start(t, "server: {drain-delay: 2s}\nratelimit: {enabled: false}", nil)
	r.get(r.main + "/readyz") // somebody probes, so draining takes its time
	var answered, failed atomic.Int64
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
			defer client.CloseIdleConnections()
			for {
				select {
				case <-stop:
					return
				default:
				}
				response, err := client.Get(r.main + "/subjects") //nolint:noctx // a test
				if err != nil {
					failed.Add(1)
					continue
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				if response.StatusCode == http.StatusOK {
					answered.Add(1)
				} else {
					failed.Add(1)
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	r.signals <- syscall.SIGTERM
	r.until("shutdown began")
	if status, _ := r.get(r.main + "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("readyz says %d while draining", status)
	}
	if status, _ := r.get(r.main + "/subjects"); status != http.StatusOK {
		t.Errorf("requests are refused while draining: %d", status)
	}
	close(stop) // as load balancers do once they have seen it
	wg.Wait()
	if err := r.result(); err != nil {
		t.Error(err)
	}
	if answered.Load() < 100 || failed.Load() != 0 {
		t.Errorf("%d answered, %d failed", answered.Load(), failed.Load())
	}
}

func TestNoDelayWithoutProbes(t *testing.T) {
	r := start(t, "server: {drain-delay: 1m}", nil)
	began := time.Now()
	if err := r.end(os.Interrupt); err != nil || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	r := start(t, "server: {drain-delay: 10m}", nil)
	r.get(r.admin + "/readyz")
	r.signals <- syscall.SIGTERM
	r.until("shutdown began")
	r.signals <- syscall.SIGHUP // not a reason to hurry
	if err := r.end(syscall.SIGTERM); !errors.Is(err, ErrInterrupted) {
		t.Error(err)
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test
	loaded, err := config.Load(config.Input{File: os.DevNull, Environ: []string{"INSTAR_STORAGE_DRIVER=memory", "INSTAR_SERVER_LISTEN=" + l.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	err = Run(context.Background(), Options{Config: loaded, Stderr: io.Discard, Getenv: os.Getenv})
	if err == nil || !strings.Contains(err.Error(), "another program listens on "+l.Addr().String()) {
		t.Error(err)
	}
}

func TestReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "live.yaml")
	put := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("log: {level: info}\n")
	in := config.Input{File: file, Environ: []string{"INSTAR_SERVER_LISTEN=127.0.0.1:0", "INSTAR_SERVER_ADMIN_LISTEN=127.0.0.1:0", "INSTAR_STORAGE_DRIVER=memory"}}
	r := start(t, "", func(o *Options) { o.Reload = func() (*config.Loaded, error) { return config.Load(in) } })
	r.stopAtEnd()

	put("log: {level: nonsense}\n")
	r.signals <- syscall.SIGHUP
	r.until("configuration not reloaded")
	if status, _ := r.get(r.main + "/subjects"); status != http.StatusOK {
		t.Error("a bad file stopped the server")
	}
	put("log: {level: debug}\nregistry: {policy: STRICT}\nratelimit: {lists: {rate: 1, burst: 1}}\n")
	r.signals <- syscall.SIGHUP
	r.until("configuration changes need a restart")
	if got := r.log.String(); !strings.Contains(got, `"changed":"ratelimit.lists.rate ratelimit.lists.burst log.level"`) || !strings.Contains(got, `"keys":"registry.policy"`) {
		t.Error(got)
	}
	statuses := map[int]int{}
	for range 5 {
		status, _ := r.get(r.main + "/subjects")
		statuses[status]++
	}
	if statuses[http.StatusTooManyRequests] == 0 {
		t.Errorf("the new rate limit does not hold: %v", statuses)
	}
}

func TestFileWatch(t *testing.T) {
	dir := t.TempDir()
	a, link := filepath.Join(dir, "a"), filepath.Join(dir, "link")
	for i, name := range []string{a, filepath.Join(dir, "b")} {
		if err := os.WriteFile(name, bytes.Repeat([]byte("x"), i+1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(a, link); err != nil {
		t.Fatal(err)
	}
	w := newFileWatch([]string{link})
	if w.changed() {
		t.Error("nothing changed")
	}
	if err := errors.Join(os.Remove(link), os.Symlink(filepath.Join(dir, "b"), link)); err != nil {
		t.Fatal(err)
	}
	if !w.changed() || w.changed() {
		t.Error("a swapped link counts once")
	}
}

func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close() //nolint:errcheck // a test
	messages := make(chan string, 100)
	go func() {
		buffer := make([]byte, 100)
		for {
			n, err := socket.Read(buffer)
			if err != nil {
				close(messages)
				return
			}
			messages <- string(buffer[:n])
		}
	}()
	r := start(t, "", func(o *Options) {
		o.Getenv = func(name string) string {
			return map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": fmt.Sprint(os.Getpid())}[name]
		}
	})
	time.Sleep(50 * time.Millisecond)
	if err := r.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for got["STOPPING=1"] == 0 {
		select {
		case m := <-messages:
			got[m]++
		case <-time.After(5 * time.Second):
			t.Fatalf("STOPPING=1 never came: %v", got)
		}
	}
	if got["READY=1"] != 1 || got["STOPPING=1"] != 1 || got["WATCHDOG=1"] == 0 {
		t.Errorf("%v", got)
	}
}

func TestWatchdogOfAnotherProcessIsIgnored(t *testing.T) {
	n := newNotifier(func(name string) string { return map[string]string{"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}[name] })
	if n.every != 0 {
		t.Error("the watchdog of process 1 is ours")
	}
}

func TestBanner(t *testing.T) {
	var b bytes.Buffer
	c := config.Default()
	banner(&b, "1.0", url(&net.TCPAddr{IP: net.IPv6unspecified, Port: 8081}, true, "/x"), "", "memory", &c)
	for _, want := range []string{"https://localhost:8081/x", "memory", "everybody may do everything", "BACKWARD / EXACT"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "metrics") {
		t.Error("an absent admin listener is shown")
	}
}

// Who comes with a wrong credential or too often is counted.
func TestRefusalsAreCounted(t *testing.T) {
	r := start(t, "auth: {mode: required, anonymous-read: true}\nratelimit: {lists: {rate: 1, burst: 1}}\n", nil)
	r.stopAtEnd()
	bad, err := http.NewRequest(http.MethodGet, r.main+"/subjects", nil) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	bad.SetBasicAuth("somebody", "wrong")
	response, err := r.client.Do(bad)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong password: %s", response.Status)
	}
	for range 3 {
		r.get(r.main + "/subjects")
	}
	_, body := r.get(r.admin + "/metrics")
	for _, want := range []string{`instar_auth_attempts_total{method="password",result="refused"} 1`, `instar_rate_limited_total{class="lists"}`, "instar_auth_disabled 0"} {
		if !strings.Contains(body, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// A signal that comes while the log is still being read is an end in order.
func TestSignalDuringStart(t *testing.T) {
	loaded, err := config.Load(config.Input{File: os.DevNull, Environ: []string{
		"INSTAR_STORAGE_DRIVER=memory", "INSTAR_SERVER_LISTEN=127.0.0.1:0", "INSTAR_SERVER_ADMIN_LISTEN=",
	}})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		signals := make(chan os.Signal, 1)
		signals <- syscall.SIGTERM
		if err := Run(context.Background(), Options{Config: loaded, Stderr: io.Discard, Getenv: func(string) string { return "" }, Signals: signals}); err != nil {
			t.Fatal(err)
		}
	}
}
