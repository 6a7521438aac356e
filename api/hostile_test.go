package api

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/internal/cputime"
)

// childVariable makes the test binary a registry to be mistreated.
const childVariable = "INSTAR_HOSTILE_CHILD"

// The bounds of one hostile request. Time is the child's processor time, because
// a busy machine makes everybody wait; waiting itself has a wider bound, and a
// slow answer gets more chances to show that it was the machine.
const (
	hostileTime   = raceSlack * 100 * time.Millisecond
	hostileWait   = 1500 * time.Millisecond
	hostileMemory = 64 << 20
	hostileTries  = 4
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if err := hostileChild(os.Stdout, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// hostileChild serves the surface, and on a second address how much memory was
// allocated and processor time spent so far, until its standard input ends.
func hostileChild(out io.Writer, in io.Reader) error {
	var failures childTB
	s := newServer(&failures, nil)
	main, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	meter, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		_ = (&http.Server{Handler: s.API, MaxHeaderBytes: 16 << 10, ReadHeaderTimeout: 5 * time.Second}).Serve(main)
	}()
	go func() {
		_ = http.Serve(meter, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Fprint(w, m.TotalAlloc, " ", cputime.Used().Nanoseconds())
		}))
	}()
	fmt.Fprintln(out, main.Addr(), meter.Addr())
	_, err = io.Copy(io.Discard, in)
	return err
}

// childTB lets newServer run outside a test.
type childTB struct{ testing.TB }

func (*childTB) Helper()                   {}
func (*childTB) Cleanup(func())            {}
func (*childTB) Fatal(a ...any)            { panic(fmt.Sprint(a...)) }
func (*childTB) Errorf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

// victim is the child as the test sees it.
type victim struct {
	address, meter string
}

func startVictim(t *testing.T) victim {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the child: %v\n%s", err, clip(stderr.String(), 4000))
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address, meter, _ := strings.Cut(strings.TrimSpace(line), " ")
	return victim{address, meter}
}

// TestHostile sends every case of testdata/hostile to a child process: each must
// get the status and code that its title names, quickly and without much memory,
// and the child must still answer afterwards. A title is "status error_code: what
// it is"; a question mark in place of the numbers is filled in by -update.
func TestHostile(t *testing.T) {
	files, err := filepath.Glob("testdata/hostile/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	v := startVictim(t)
	total := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { total += playHostile(t, v, file) })
	}
	if total < 300 {
		t.Errorf("%d cases; there shall be 300", total)
	}
}

func playHostile(t *testing.T, v victim, file string) int {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := false
	for i := range archive.Files {
		f := &archive.Files[i]
		want, name, _ := strings.Cut(f.Name, " ")
		if want != "?" {
			want, name, _ = strings.Cut(f.Name, ": ")
		}
		got := v.suffer(t, name, hostileRequest(t, string(f.Data)))
		if strings.HasPrefix(got, "5") {
			t.Errorf("%s: %s", name, got)
		}
		if got == want {
			continue
		}
		if *update {
			f.Name, changed = got+": "+name, true
			continue
		}
		t.Errorf("%s: %s, want %s", name, got, want)
	}
	if changed {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return len(archive.Files)
}

// suffer sends one request and returns "status error_code".
func (v victim) suffer(t *testing.T, name string, request []byte) string {
	t.Helper()
	var got string
	var took, waited time.Duration
	var memory uint64
	for range hostileTries {
		memoryBefore, timeBefore := v.spent(t)
		start := time.Now()
		got = v.exchange(t, name, request)
		waited = time.Since(start)
		memory, took = v.spent(t)
		memory, took = memory-memoryBefore, took-timeBefore
		if took <= hostileTime && waited <= hostileWait {
			break
		}
	}
	if took > hostileTime || waited > hostileWait {
		t.Errorf("%s: took %s of processor time and %s in all", name, took, waited)
	}
	if memory > hostileMemory {
		t.Errorf("%s: allocated %d MiB", name, memory>>20)
	}
	if alive := v.exchange(t, "alive", []byte("GET /subjects HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")); alive != "200 0" {
		t.Fatalf("%s: afterwards GET /subjects answers %s", name, alive)
	}
	return got
}

// spent returns the memory allocated and the processor time used so far.
func (v victim) spent(t *testing.T) (memory uint64, processor time.Duration) {
	t.Helper()
	resp, err := http.Get("http://" + v.meter)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := fmt.Fscan(resp.Body, &memory, &processor); err != nil {
		t.Fatal(err)
	}
	return memory, processor
}

func (v victim) exchange(t *testing.T, name string, request []byte) string {
	t.Helper()
	c, err := net.Dial("tcp", v.address)
	if err != nil {
		t.Fatalf("%s: the child is gone: %v", name, err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = c.Write(request) }() // the answer may come before the end
	method, _, _ := strings.Cut(string(request[:min(len(request), 16)]), " ")
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Errorf("%s: no answer: %v", name, err)
		return "none"
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	var e wire.Error
	if strings.HasSuffix(resp.Header.Get("Content-Type"), "json") && resp.StatusCode >= 400 {
		if err := json.Unmarshal(body, &e); err != nil || e.ErrorCode == 0 || e.Message == "" {
			t.Errorf("%s: the error body is %q (%v)", name, clip(string(body), 200), err)
		}
	}
	return fmt.Sprintf("%d %d", resp.StatusCode, e.ErrorCode)
}

// hostileRequest turns a case into bytes: macros are expanded, and a body that
// starts with AVRO, JSON or PROTOBUF becomes a registration of the text after.
func hostileRequest(t *testing.T, text string) []byte {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	line, headers, _ := strings.Cut(strings.TrimSuffix(expand(t, head), "\n"), "\n")
	body = expand(t, strings.TrimSuffix(body, "\n"))
	for _, kind := range []string{"AVRO", "JSON", "PROTOBUF"} {
		if schema, ok := strings.CutPrefix(body, kind+" "); ok {
			quoted, err := wire.Marshal(wire.RegisterRequest{Schema: schema, SchemaType: kind})
			if err != nil {
				t.Fatal(err)
			}
			body = string(quoted)
		}
	}
	var b bytes.Buffer
	b.WriteString(line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
	for _, h := range strings.Split(headers, "\n") {
		if h != "" {
			b.WriteString(h + "\r\n")
		}
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// expand replaces «text*n» by n times text, «x:hex» by bytes, and «each:a:b:text»
// or «all:a:b:text» by text for each number from a to b in place of #, joined by
// commas or by nothing.
func expand(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "«")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		macro, after, ok := strings.Cut(rest, "»")
		if !ok {
			t.Fatalf("macro %q has no end", clip(rest, 40))
		}
		b.WriteString(expandMacro(t, macro))
		s = after
	}
}

func expandMacro(t *testing.T, macro string) string {
	t.Helper()
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("macro %q: %v", macro, err)
		}
		return n
	}
	if digits, ok := strings.CutPrefix(macro, "x:"); ok {
		raw, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if parts := strings.SplitN(macro, ":", 4); len(parts) == 4 && (parts[0] == "each" || parts[0] == "all") {
		var items []string
		for i := number(parts[1]); i <= number(parts[2]); i++ {
			items = append(items, strings.ReplaceAll(parts[3], "#", strconv.Itoa(i)))
		}
		if parts[0] == "each" {
			return strings.Join(items, ",")
		}
		return strings.Join(items, "")
	}
	at := strings.LastIndexByte(macro, '*')
	if at < 0 {
		t.Fatalf("macro %q is none", macro)
	}
	return strings.Repeat(macro[:at], number(macro[at+1:]))
}
