package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/instar-registry/instar/api"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/memory"
	"github.com/instar-registry/instar/upcast"
)

// isolate gives a script a home of its own, so that nobody's git configuration
// counts.
func isolate(e *testscript.Env) error {
	e.Vars = append(e.Vars,
		"OPEN="+upcast.Unfinished, "HOME="+e.WorkDir, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada",
		"GIT_COMMITTER_EMAIL=ada@example.com", "GIT_AUTHOR_DATE=2025-01-01T00:00:00Z", "GIT_COMMITTER_DATE=2025-01-01T00:00:00Z",
	)
	return nil
}

var commands = map[string]func(*testscript.TestScript, bool, []string){
	"git": func(ts *testscript.TestScript, neg bool, args []string) {
		if err := ts.Exec("git", args...); (err != nil) != neg {
			ts.Fatalf("git %s: %v", strings.Join(args, " "), err)
		}
	},
	"repo": func(ts *testscript.TestScript, _ bool, args []string) {
		dir := ts.MkAbs(args[0])
		ts.Check(os.MkdirAll(dir, 0o755))
		ts.Check(ts.Chdir(dir))
		ts.Check(ts.Exec("git", append([]string{"init", "-q", "-b", "main"}, args[1:]...)...))
	},
	"commit": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Check(ts.Exec("git", "add", "-A"))
		ts.Check(ts.Exec("git", "commit", "-q", "-m", strings.Join(args, " ")))
	},
	"rc": func(ts *testscript.TestScript, _ bool, args []string) {
		want, err := strconv.Atoi(args[0])
		ts.Check(err)
		err = ts.Exec("evcheck", args[1:]...)
		got := 0
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			got = exit.ExitCode()
		} else {
			ts.Check(err)
		}
		if got != want {
			ts.Fatalf("evcheck %s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
		}
	},
	// registry starts a registry in memory, whose address is $REGISTRY. Behind a
	// token, it is asked for from everybody but the script's own commands.
	"registry": func(ts *testscript.TestScript, _ bool, args []string) {
		service := registry.Open(registry.Options{Log: memory.New(), Clock: time.Now, Exclusive: true, Settings: registry.DefaultSettings()})
		for range 5000 {
			if service.Status().Ready {
				break
			}
			time.Sleep(time.Millisecond)
		}
		h, err := api.New(api.Options{Service: service, Clock: time.Now, Version: "test"})
		ts.Check(err)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(args) > 0 && r.Header.Get("Authorization") != "Bearer "+args[0] && r.Header.Get("X-Script") == "" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			h.ServeHTTP(w, r)
		}))
		ts.Defer(func() { s.Close(); _ = service.Close(context.Background()) })
		ts.Setenv("REGISTRY", s.URL)
	},
	// rest sends a request to $REGISTRY and prints the answer.
	"rest": func(ts *testscript.TestScript, _ bool, args []string) {
		r, err := http.NewRequestWithContext(context.Background(), args[0], ts.Getenv("REGISTRY")+args[1], strings.NewReader(strings.Join(args[2:], " ")))
		ts.Check(err)
		r.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
		answer, err := http.DefaultClient.Do(r)
		ts.Check(err)
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		ts.Check(err)
		_, err = fmt.Fprintf(ts.Stdout(), "%d %s\n", answer.StatusCode, body)
		ts.Check(err)
	},
	// stamp writes what the last command printed to out.txt, with a name for the
	// commit that does not depend on the time.
	"stamp": func(ts *testscript.TestScript, _ bool, _ []string) {
		text := regexp.MustCompile(`@[0-9a-f]{7}\b`).ReplaceAllString(ts.ReadFile("stdout"), "@1234567")
		ts.Check(os.WriteFile(ts.MkAbs("out.txt"), []byte(text), 0o644)) //nolint:gosec // a test's file
	},
	"replace": func(ts *testscript.TestScript, _ bool, args []string) {
		text := ts.ReadFile(args[0])
		old := strings.ReplaceAll(args[1], `\n`, "\n")
		if !strings.Contains(text, old) {
			ts.Fatalf("%s does not have %q", args[0], old)
		}
		now := strings.ReplaceAll(text, old, strings.ReplaceAll(args[2], `\n`, "\n"))
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(now), 0o644)) //nolint:gosec // a test's file
	},
}
