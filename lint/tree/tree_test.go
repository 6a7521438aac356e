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
	"github.com/instar-registry/instar/api/wire"
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
		"Bearer made":    {"INSTAR_TOKEN": "all", "INSTAR_TOKEN_COMMAND_EU_PROD": "printf 'ma'; echo de"},
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

// TestTokenCommand: a command that gives no token is refused by the name of its
// variable, and nothing of what it printed is told.
func TestTokenCommand(t *testing.T) {
	for want, command := range map[string]string{
		"ended with exit code 3":      "echo secret; exit 3",
		"printed nothing":             "true",
		"printed more than one line":  "echo secret; echo secret",
		"prints more than 65536 byte": "head -c 70000 /dev/zero",
		"ended with exit code 127":    "no-such-program secret",
	} {
		_, err := Connect("http://127.0.0.1:1", &lint.Config{}, func(name string) string {
			return map[string]string{"INSTAR_TOKEN_COMMAND": command}[name]
		})
		var in *lint.InputError
		if !errors.As(err, &in) || !strings.Contains(err.Error(), "the command of INSTAR_TOKEN_COMMAND "+want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q gives %v, want %s", command, err, want)
		}
	}
}

// TestApplyUpcasters: a run that is cut off after any number of writes is
// finished by the next one, upcasters included; and a version that somebody else
// registered without its upcaster gets it.
func TestApplyUpcasters(t *testing.T) {
	fields := func(names ...string) string {
		var out []string
		for _, n := range names {
			out = append(out, `{"name":"`+n+`","type":"long"}`)
		}
		return `{"type":"record","name":"R","fields":[` + strings.Join(out, ",") + `]}`
	}
	conf := `{instar: evcheck/v1, sources: [{match: ["?.avsc"], subject: "{name}", manage: [upcasters]}]}`
	rename := func(from, to, versions string) string {
		return "instar: upcast/v1\n" + versions + "\nsteps: [{rename: {from: " + from + ", to: " + to + "}}]\n"
	}
	before := map[string]string{"evcheck.yaml": conf, "a.avsc": fields("one"), "b.avsc": fields("x")}
	middle := map[string]string{"evcheck.yaml": conf, "a.avsc": fields("two"), "b.avsc": fields("x")}
	after := map[string]string{
		"evcheck.yaml": conf, "a.avsc": fields("three"), "b.avsc": fields("y"), "a.old.avsc": fields("two"),
		"a1.upcast.yaml": rename("one", "two", "subject: a\nfrom: 1\nto: 2"), "a2.upcast.yaml": rename("two", "three", "from: a.old.avsc\nto: a.avsc"),
		"b.upcast.yaml": rename("x", "y", "subject: b\nfrom: 1\nto: 2"),
	}
	apply := func(r *Registry, files map[string]string, o PlanOptions) *Plan {
		t.Helper()
		list, err := entries(t, files)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Make(t.Context(), r, list, o)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for cut := range 4 {
		r, g := open(t, ".pay")
		for _, files := range []map[string]string{before, middle} {
			for _, subject := range []string{"a", "b"} {
				if _, err := r.Client.SetConfig(t.Context(), r.qualify(subject), client.ConfigPatch{Set: wire.Config{Compatibility: "NONE"}}); err != nil {
					t.Fatal(err)
				}
			}
			if err := Apply(t.Context(), r, apply(r, files, PlanOptions{}), ApplyOptions{}, func(Done) {}); err != nil {
				t.Fatal(err)
			}
		}
		for _, subject := range []string{"a", "b"} {
			if _, err := r.Client.SetConfig(t.Context(), r.qualify(subject), client.ConfigPatch{Set: wire.Config{Compatibility: "BACKWARD_TRANSITIVE"}}); err != nil {
				t.Fatal(err)
			}
		}
		p := apply(r, after, PlanOptions{})
		var ops []string
		for _, a := range p.Actions {
			ops = append(ops, a.Op+a.Subject)
		}
		if !slices.Equal(ops, []string{"ua", "^a", "^b"}) || p.Actions[1].UpcasterFile != "a2.upcast.yaml" {
			t.Fatalf("%q, %+v", ops, p)
		}
		g.writes = cut
		err := Apply(t.Context(), r, p, ApplyOptions{}, func(Done) {})
		var stop *StoppedError
		if cut < 3 && !errors.As(err, &stop) || cut == 3 && err != nil {
			t.Fatalf("after %d writes: %v", cut, err)
		}
		g.writes = -1
		already := 0
		err = Apply(t.Context(), r, p, ApplyOptions{}, func(d Done) {
			if d.Already {
				already++
			}
		})
		if err != nil || already != cut {
			t.Errorf("after %d writes: %v, %d were done already", cut, err, already)
		}
		if again := apply(r, after, PlanOptions{}); again.Changes() || len(again.Actions) != 5 {
			t.Errorf("after %d writes: %+v", cut, again)
		}
		for _, hop := range []struct {
			subject  string
			from, to int
		}{{"a", 1, 2}, {"a", 2, 3}, {"b", 1, 2}} {
			u, err := r.Client.Upcaster(t.Context(), r.qualify(hop.subject), hop.from, hop.to, 0)
			if err != nil || u.Verdict != "PROVED" || strings.Contains(u.Document, "avsc") {
				t.Errorf("%+v: %+v %v", hop, u, err)
			}
		}
	}

	r, _ := open(t, "")
	if err := Apply(t.Context(), r, apply(r, before, PlanOptions{}), ApplyOptions{}, func(Done) {}); err != nil {
		t.Fatal(err)
	}
	p := apply(r, after, PlanOptions{Part: true})
	if _, err := r.Client.SetConfig(t.Context(), "b", client.ConfigPatch{Set: wire.Config{Compatibility: "NONE"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Client.Register(t.Context(), "b", wire.RegisterRequest{Schema: after["b.avsc"]}, client.RegisterOptions{}); err != nil {
		t.Fatal(err)
	}
	p.Actions = slices.DeleteFunc(p.Actions, func(a Action) bool { return a.Subject != "b" })
	if err := Apply(t.Context(), r, p, ApplyOptions{}, func(Done) {}); err != nil {
		t.Fatal(err)
	}
	if u, err := r.Client.Upcaster(t.Context(), "b", 1, 2, 0); err != nil || u.Revision != 1 {
		t.Errorf("%+v %v", u, err)
	}
}

// TestPlanWithoutUpcasters: a registry that has no upcasters is told before
// anything is written.
func TestPlanWithoutUpcasters(t *testing.T) {
	r, g := open(t, "")
	one := map[string]string{"evcheck.yaml": `{instar: evcheck/v1, sources: [{match: ["a.avsc"], subject: "{name}", manage: [upcasters]}]}`, "a.avsc": money("")}
	for step, files := range []map[string]string{one, {"evcheck.yaml": one["evcheck.yaml"], "a.avsc": money(`,{"name":"b","type":"int"}`), "a.upcast.yaml": "instar: upcast/v1\nsubject: a\nfrom: 1\nto: 2\nsteps: [{add: {path: b, value: 1}}]\n"}} {
		list, err := entries(t, files)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Make(t.Context(), r, list, PlanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if step == 1 {
			if !p.Refused() || !strings.Contains(p.Actions[0].Why[0], "takes no upcasters") {
				t.Errorf("%+v", p)
			}
			return
		}
		if err := Apply(t.Context(), r, p, ApplyOptions{}, func(Done) {}); err != nil {
			t.Fatal(err)
		}
		plain := g.Handler
		g.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.Contains(r.URL.Path, "/upcasters"):
				http.Error(w, `{"error_code":404,"message":"HTTP 404 Not Found"}`, http.StatusNotFound)
			case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/versions") && !strings.HasPrefix(r.URL.Path, "/compatibility"):
				t.Errorf("the plan writes: %s", r.URL)
			default:
				plain.ServeHTTP(w, r)
			}
		})
	}
}
