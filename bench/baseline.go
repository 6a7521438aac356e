package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

// baselineCommand makes this program serve one fixed answer instead of
// measuring. Nothing that speaks HTTP in Go can be cheaper than a handler that
// writes ready bytes.
const baselineCommand = "serve-fixed-answer"

// fixed is the answer, given on standard input.
type fixed struct {
	Header http.Header
	Body   []byte
}

func serveBaseline(addr string) int {
	var f fixed
	if err := json.NewDecoder(os.Stdin).Decode(&f); err != nil {
		fmt.Fprintln(os.Stderr, "bench: read the answer to serve:", err)
		return 1
	}
	length := strconv.Itoa(len(f.Body))
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for name, values := range f.Header {
			h[name] = values
		}
		h["Content-Length"] = []string{length}
		_, _ = w.Write(f.Body) // the load generator notices a short answer
	})
	server := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

// startBaseline asks the registry once and has a second process give the same
// status, headers and body.
func startBaseline(url string) (*child, error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/vnd.schemaregistry.v1+json")
	req.Header.Set("Accept-Encoding", "identity")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s %s: %w", url, res.Status, body, err)
	}
	res.Header.Del("Date")
	res.Header.Del("Content-Length")
	answer, err := json.Marshal(fixed{res.Header, body})
	if err != nil {
		return nil, err
	}
	return startChild(answer, baselineCommand)
}
