package chaos

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/nodetest"
)

// TestSlowClients opens many connections that never finish their headers, or
// their bodies. They must be closed in time, and others must not wait for them.
func TestSlowClients(t *testing.T) {
	env := onSQLite(t)
	env["INSTAR_SERVER_HEADER_TIMEOUT"] = "1s"
	env["INSTAR_SERVER_READ_TIMEOUT"] = "2s"
	n := start(t, env)
	c := nodetest.NewClient(n.URL, 1, 5*time.Second)
	defer c.Close()
	const each = 500
	var conns []net.Conn
	for i := range 2 * each {
		conn, err := net.Dial("tcp", strings.TrimPrefix(n.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		text := "GET /subjects HTTP/1.1\r\nHost: x\r\nX-Slow: "
		if i >= each {
			text = "POST /subjects/s/versions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	begin := time.Now()
	done(t, c, http.MethodGet, "/subjects", nil)
	if waited := time.Since(begin); waited > 2*time.Second {
		t.Errorf("a quick client waited %s for slow ones", waited)
	}
	deadline := begin.Add(15 * time.Second)
	for i, conn := range conns {
		if err := conn.SetReadDeadline(deadline); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, bufio.NewReader(conn)); err != nil && os.IsTimeout(err) {
			t.Fatalf("connection %d is still open after %s", i, time.Since(begin))
		}
	}
	done(t, c, http.MethodGet, "/subjects", nil)
}

// TestNothingLeaks sends many requests of every kind, some cut off by the
// client, and counts the descriptors of the process before and after.
func TestNothingLeaks(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("descriptors are counted in /proc, which only Linux has")
	}
	n := start(t, onSQLite(t))
	c := nodetest.NewClient(n.URL, 8, 5*time.Second)
	traffic(t, c, 200) // opens what stays open
	c.Close()
	before := settled(t, n)
	c = nodetest.NewClient(n.URL, 8, 5*time.Second)
	traffic(t, c, 5000)
	c.Close()
	hurried := nodetest.NewClient(n.URL, 8, time.Millisecond)
	inParallel(200, 8, func(int) {
		_, _ = hurried.Do(t.Context(), http.MethodGet, "/changes?follow=true", nil) // always cut off
	})
	hurried.Close()
	if after := settled(t, n); after > before+2 {
		t.Errorf("%d descriptors are open after the requests, %d were before", after, before)
	}
}

func traffic(t *testing.T, c *nodetest.Client, n int) {
	inParallel(n, 8, func(i int) {
		subject := fmt.Sprintf("leak-%d", i%50)
		switch i % 5 {
		case 0:
			done(t, c, http.MethodPost, "/subjects/"+subject+"/versions", avro(subject, ""))
		case 1:
			call(t, c, http.MethodGet, "/subjects/"+subject+"/versions/latest", nil)
		case 2:
			call(t, c, http.MethodGet, fmt.Sprintf("/schemas/ids/%d", i), nil)
		case 3:
			call(t, c, http.MethodPost, "/subjects/"+subject+"/versions", "no schema")
		default:
			done(t, c, http.MethodGet, "/export", nil)
		}
	})
}

// settled waits until the number of descriptors stays the same, and returns it.
func settled(t *testing.T, n *nodetest.Node) int {
	t.Helper()
	last, same := -1, 0
	for range 100 {
		open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", n.PID()))
		if err != nil {
			t.Fatal(err)
		}
		if len(open) == last {
			same++
		} else {
			last, same = len(open), 0
		}
		if same == 5 {
			return last
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the number of descriptors does not settle")
	return 0
}
