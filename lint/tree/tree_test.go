package tree

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/api"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/memory"
)

// gate is a registry that answers only so many writes.
type gate struct {
	http.Handler
	writes int // that are left; negative for no limit
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	writes := r.Method == http.MethodPut || r.Method == http.MethodDelete || r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/versions")
	if writes && !strings.HasPrefix(r.URL.Path, "/compatibility") {
		if g.writes == 0 {
			http.Error(w, `{"error_code":403,"message":"not now"}`, http.StatusForbidden)
			return
		}
		g.writes--
	}
	g.Handler.ServeHTTP(w, r)
}

// open starts a registry in memory, reached in a context.
func open(t *testing.T, in string) (*Registry, *gate) {
	t.Helper()
	service := registry.Open(registry.Options{Log: memory.New(), Clock: time.Now, Exclusive: true, Settings: registry.DefaultSettings()})
	for range 5000 {
		if service.Status().Ready {
			break
		}
		time.Sleep(time.Millisecond)
	}
	h, err := api.New(api.Options{Service: service, Clock: time.Now, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{Handler: h, writes: -1}
	s := httptest.NewServer(g)
	t.Cleanup(func() { s.Close(); _ = service.Close(context.Background()) })
	c, err := client.New([]string{s.URL}, client.Attempts(1))
	if err != nil {
		t.Fatal(err)
	}
	return &Registry{Name: "test", Context: in, Client: c}, g
}

// entries reads the entries of a tree.
func entries(t *testing.T, files map[string]string) ([]Entry, error) {
	t.Helper()
	head := lint.NewMemoryTree("test", files)
	c, err := lint.LoadConfig(t.Context(), head, ".")
	if err != nil {
		t.Fatal(err)
	}
	return Entries(t.Context(), head, c, nil)
}

const config = `instar: evcheck/v1
sources:
  - {match: ["*.avsc"], subject: "{name}", level: FULL, manage: [config]}
`

func money(fields string) string {
	return `{"type":"record","name":"Money","fields":[{"name":"cents","type":"long"}` + fields + `]}`
}

var files = map[string]string{
	"evcheck.yaml": config,
	"a.avsc":       `{"type":"record","name":"Order","fields":[{"name":"total","type":"Money"}]}`,
	"money.avsc":   money(""),
	"z.avsc":       `{"type":"record","name":"Refund","fields":[{"name":"order","type":"Order"}]}`,
}

// TestEntriesInOrder: what is referred to comes first, whatever the names are.
func TestEntriesInOrder(t *testing.T) {
	list, err := entries(t, files)
	if err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for _, e := range list {
		subjects = append(subjects, e.Subject)
	}
	if !slices.Equal(subjects, []string{"money", "a", "z"}) || list[2].Uses[0] != (lint.Use{Name: "Order", File: "a.avsc"}) {
		t.Errorf("%q, %+v", subjects, list[2].Uses)
	}
	for _, c := range [][3]string{
		{"a.avsc refers to money.avsc, which is mapped to no subject", "evcheck.yaml", strings.Replace(config, `"*.avsc"`, `"*.avsc", "!money.avsc"`, 1)},
		{"are both mapped to the subject one", "evcheck.yaml", strings.Replace(config, "{name}", "one", 1)},
		{`a.avsc: the type "Money" is not defined`, "money.avsc", `{"type":"record"}`},
	} {
		changed := map[string]string{}
		for name, text := range files {
			changed[name] = text
		}
		changed[c[1]] = c[2]
		if _, err := entries(t, changed); err == nil || !strings.Contains(err.Error(), c[0]) {
			t.Errorf("%v, want %s", err, c[0])
		}
	}
}

// TestApplyGoesOn: a run that is cut off after any number of writes is finished
// by the next one, and nothing is done twice.
func TestApplyGoesOn(t *testing.T) {
	for _, in := range []string{"", ".pay"} {
		list, err := entries(t, files)
		if err != nil {
			t.Fatal(err)
		}
		for cut := range 6 {
			r, g := open(t, in)
			p, err := Make(t.Context(), r, list, PlanOptions{})
			if err != nil {
				t.Fatal(err)
			}
			g.writes = cut
			first, second := 0, 0
			err = Apply(t.Context(), r, p, ApplyOptions{}, func(Done) { first++ })
			var stop *StoppedError
			if !errors.As(err, &stop) || first != cut || len(stop.Left) != 5-cut || !errors.Is(err, client.ErrForbidden) {
				t.Fatalf("after %d writes: %v, %d done", cut, err, first)
			}
			g.writes = -1
			err = Apply(t.Context(), r, p, ApplyOptions{}, func(d Done) {
				if !d.Already {
					second++
				}
			})
			if err != nil {
				t.Fatalf("after %d writes: %v", cut, err)
			}
			again, err := Make(t.Context(), r, list, PlanOptions{})
			if err != nil || again.Changes() {
				t.Errorf("after %d writes the registry is not what the tree says: %v %+v", cut, err, again)
			}
			m, texts, err := Pull(t.Context(), r, PullOptions{All: true})
			if err != nil || len(m.Subjects) != 3 || len(texts) != 4 || m.Subjects[0].Level != "FULL" {
				t.Errorf("after %d writes: %v %+v", cut, err, m)
			}
			for _, s := range m.Subjects {
				if len(s.Versions) != 1 {
					t.Errorf("%s has %d versions", s.Subject, len(s.Versions))
				}
			}
			if want := 6 - max(0, cut-3); second != want { // three levels, which are set again, and three schemas
				t.Errorf("after %d writes %d were made anew, want %d", cut, second, want)
			}
		}
	}
}

// TestLowers: a level is lower if it no longer asks for something.
func TestLowers(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"BACKWARD", "FULL", false},
		{"FULL", "BACKWARD", true},
		{"BACKWARD", "FORWARD", true},
		{"BACKWARD_TRANSITIVE", "BACKWARD", true},
		{"BACKWARD", "BACKWARD_TRANSITIVE", false},
		{"NONE", "BACKWARD", false},
		{"FORWARD", "NONE", true},
		{"FULL_TRANSITIVE", "FULL_TRANSITIVE", false},
		{"SOMETHING", "FULL", true},
	} {
		if got := lowers(c.from, c.to); got != c.want {
			t.Errorf("%s to %s: %v", c.from, c.to, got)
		}
	}
}

// TestConnect: credentials come from the environment, those of a name first.
func TestConnect(t *testing.T) {
	var seen string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization")
		_, _ = w.Write([]byte("[]"))
	}))
	t.Cleanup(s.Close)
	c := &lint.Config{Registries: map[string]lint.Registry{"eu-prod": {URL: s.URL, Context: ".pay"}}}
	for want, environ := range map[string]map[string]string{
		"":               {},
		"Bearer all":     {"INSTAR_TOKEN": "all"},
		"Bearer one":     {"INSTAR_TOKEN": "all", "INSTAR_TOKEN_EU_PROD": "one"},
		"Basic YTpiOmM=": {"INSTAR_TOKEN": "all", "INSTAR_BASIC_EU_PROD": "a:b:c"},
	} {
		r, err := Connect("", c, func(name string) string { return environ[name] })
		if err != nil || r.Context != ".pay" {
			t.Fatal(err)
		}
		if _, err := subjects(t.Context(), r); err != nil || seen != want {
			t.Errorf("%q, want %q (%v)", seen, want, err)
		}
	}
}
