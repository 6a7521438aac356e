package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sort"
	"sync"
	"time"
)

// success is the status of most answers.
const success = "200"

// request is a whole HTTP/1.1 request, ready to be written to a connection.
type request []byte

func newRequest(method, addr, path, body string) request {
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAccept: application/vnd.schemaregistry.v1+json\r\n", method, path, addr)
	if body != "" {
		head += fmt.Sprintf("Content-Type: application/vnd.schemaregistry.v1+json\r\nContent-Length: %d\r\n", len(body))
	}
	return request(head + "\r\n" + body)
}

// outcome is what a load came to.
type outcome struct {
	requests  int
	elapsed   time.Duration
	latencies []time.Duration // sorted
}

func (o outcome) rate() float64 { return float64(o.requests) / o.elapsed.Seconds() }

// load keeps connections busy, each with one request at a time, until the time
// is over. The function next gives the requests of one connection; an answer
// with another status than the wanted one ends the load with an error.
func load(ctx context.Context, addr, status string, connections int, d time.Duration, next func(connection int) func() request) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	lists := make([][]time.Duration, connections)
	errs := make([]error, connections)
	begin := time.Now()
	var wg sync.WaitGroup
	for i := range connections {
		wg.Go(func() { lists[i], errs[i] = busy(ctx, addr, status, next(i)) })
	}
	wg.Wait()
	o := outcome{elapsed: time.Since(begin)}
	for i := range lists {
		if errs[i] != nil {
			return o, errs[i]
		}
		o.requests += len(lists[i])
		o.latencies = append(o.latencies, lists[i]...)
	}
	sort.Slice(o.latencies, func(i, j int) bool { return o.latencies[i] < o.latencies[j] })
	return o, nil
}

// same gives one request for ever to every connection.
func same(r request) func(int) func() request {
	return func(int) func() request { return func() request { return r } }
}

func busy(ctx context.Context, addr, status string, next func() request) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 64<<10)
	var taken []time.Duration
	for ctx.Err() == nil {
		q := next()
		begin := time.Now()
		if _, err := conn.Write(q); err != nil {
			return nil, err
		}
		if err := readAnswer(r, status); err != nil {
			return nil, err
		}
		taken = append(taken, time.Since(begin))
	}
	return taken, nil
}

// readAnswer reads one answer with as little work as a client can do: the
// status, the length, and past the body.
func readAnswer(r *bufio.Reader, status string) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < 12 || string(line[9:12]) != status {
		return explain(line, r)
	}
	length := -1
	for {
		line, err = r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		const name = "content-length:"
		if len(line) > len(name) && equalFold(line[:len(name)], name) {
			length = 0
			for _, c := range line[len(name):] {
				if c >= '0' && c <= '9' {
					length = length*10 + int(c-'0')
				}
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("the answer has no Content-Length, which this load generator needs")
	}
	_, err = r.Discard(length)
	return err
}

func equalFold(b []byte, lower string) bool {
	for i := range b {
		if b[i]|0x20 != lower[i] && b[i] != lower[i] {
			return false
		}
	}
	return true
}

func explain(status []byte, r *bufio.Reader) error {
	first := string(status)
	rest := bufio.NewReader(io.MultiReader(&prefixed{first}, r))
	res, err := http.ReadResponse(rest, nil)
	if err != nil {
		return fmt.Errorf("the answer %q cannot be read: %w", first, err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10)) // what could be read says enough
	return fmt.Errorf("the answer is %s %s", res.Status, body)
}

// prefixed gives a text once.
type prefixed struct{ text string }

func (p *prefixed) Read(b []byte) (int, error) {
	if p.text == "" {
		return 0, io.EOF
	}
	n := copy(b, p.text)
	p.text = p.text[n:]
	return n, nil
}
