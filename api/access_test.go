package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

// guarded is a surface with access control, and tokens by the name of what they
// may do.
type guarded struct {
	*server
	tokens map[string]string
}

// newGuarded grants each role on "own-*" of the default context; "admin" holds
// everything, "nobody" nothing.
func newGuarded(t testing.TB) *guarded {
	g := &guarded{tokens: map[string]string{}}
	var service *registry.Service
	g.server = newServer(t, func(_ *registry.Options, o *Options) {
		gate, err := auth.New(auth.Options{Mode: auth.ModeRequired, State: func() *registry.State { return service.State() }, Clock: o.Clock})
		if err != nil {
			t.Fatal(err)
		}
		o.Gate = gate
	})
	service = g.service
	for name, grant := range map[string][2]string{
		"viewer": {"viewer", "own-*"}, "publisher": {"publisher", "own-*"}, "steward": {"steward", "own-*"},
		"migrator": {"migrator", "own-*"}, "admin": {"admin", ":*:*"}, "local": {"admin", "own-*"}, "nobody": {},
	} {
		token := auth.NewToken()
		by := registry.By{Actor: "test", Request: "test"}
		if _, err := service.CreateToken(context.Background(), by, registry.CreateToken{Name: name, Hash: auth.HashToken(token)}); err != nil {
			t.Fatal(err)
		}
		if grant[0] != "" {
			change := registry.ChangeGrant{Grant: registry.Grant{Principal: "token:" + name, Role: grant[0], Pattern: grant[1]}}
			if err := service.ChangeGrant(context.Background(), by, change); err != nil {
				t.Fatal(err)
			}
		}
		g.tokens[name] = token
	}
	return g
}

// as sends a request with the token of a role; "" sends none.
func (g *guarded) as(role, request string) answer {
	if role == "" {
		return g.send(request)
	}
	head, body, found := strings.Cut(request, "\n\n")
	head += "\nAuthorization: Bearer " + g.tokens[role]
	if found {
		head += "\n\n" + body
	}
	return g.send(head)
}

func (g *guarded) must(request string) {
	g.t.Helper()
	if a := g.as("admin", request); a.status != 200 {
		g.t.Fatalf("%s: %d %s", request, a.status, a.body)
	}
}

const secretSchema = `{"schema":"{\"type\":\"record\",\"name\":\"Secret\",\"fields\":[{\"name\":\"x\",\"type\":\"string\"}]}"}`

// populate registers what everybody may see and what only admin may.
func (g *guarded) populate() {
	g.must("POST /subjects/own-a/versions\n\n" + orderSchema)                   // id 1
	g.must("POST /subjects/hidden-a/versions\n\n" + orderSchema)                // id 1 too
	g.must("POST /subjects/hidden-b/versions\n\n" + secretSchema)               // id 2
	g.must("POST /subjects/:.hidden-context:own-a/versions\n\n" + secretSchema) // id 1 there
	g.must("PUT /config/hidden-b\n\n" + `{"compatibility":"NONE"}`)             //
	g.must("PUT /mode/hidden-a\n\n" + `{"mode":"READONLY"}`)                    //
	g.must("PUT /config/own-alias\n\n" + `{"alias":"hidden-b"}`)                //
	g.must("POST /subjects/hidden-ref/versions\n\n" + `{"schema":"{\"type\":\"record\",\"name\":\"U\",\"fields\":[{\"name\":\"o\",\"type\":\"Order\"}]}","references":[{"name":"Order","subject":"own-a","version":1}]}`)
}

// TestHiddenReadsLikeAbsent compares the answers about a hidden subject with
// those about one that does not exist.
func TestHiddenReadsLikeAbsent(t *testing.T) {
	g := newGuarded(t)
	g.populate()
	for _, request := range []string{
		"GET /subjects/NAME/versions", "GET /subjects/NAME/versions/1", "GET /subjects/NAME/versions/latest",
		"GET /subjects/NAME/versions/1/schema", "GET /subjects/NAME/versions/1/referencedby", "GET /subjects/NAME/metadata",
		"GET /subjects/NAME/versions?deleted=true", "GET /config/NAME", "GET /config/NAME?defaultToGlobal=true",
		"GET /config/NAME?explain=true", "GET /mode/NAME", "GET /mode/NAME?defaultToGlobal=true",
		"POST /subjects/NAME\n\n" + secretSchema, "POST /subjects/NAME\n\n" + orderSchema,
		"POST /compatibility/subjects/NAME/versions/latest\n\n" + orderSchema,
		"POST /compatibility/subjects/NAME/versions/1\n\n" + orderSchema,
		"POST /compatibility/subjects/NAME/versions?verbose=true\n\n" + orderSchema,
		"POST /compatibility/subjects/NAME/versions?verbose=true\n\n{\"schema\":\"{\"}",
		"POST /subjects/NAME/versions\n\n" + orderSchema, "POST /subjects/NAME/versions?dryRun=true\n\n" + orderSchema,
		"DELETE /subjects/NAME", "DELETE /subjects/NAME?permanent=true", "DELETE /subjects/NAME/versions/1",
		"PUT /config/NAME\n\n{}", "DELETE /config/NAME", "PUT /mode/NAME\n\n{\"mode\":\"READONLY\"}", "DELETE /mode/NAME",
		"POST /subjects/NAME/versions/1/tags\n\n{}", "POST /subjects/own-new/versions\n\n" +
			`{"schema":"\"Secret\"","references":[{"name":"Secret","subject":"NAME","version":1}]}`,
	} {
		for _, role := range []string{"viewer", "publisher", "steward", "migrator", "local", "nobody"} {
			for hidden, absent := range map[string]string{"hidden-a": "absent-a", "hidden-b": "absent-b"} {
				got := show(g.as(role, strings.ReplaceAll(request, "NAME", hidden)))
				want := show(g.as(role, strings.ReplaceAll(request, "NAME", absent)))
				if strings.ReplaceAll(got, hidden, absent) != want {
					t.Errorf("%s: %s\nhidden: %s\nabsent: %s", role, strings.Split(request, "\n")[0], got, want)
				}
			}
		}
	}
}

// TestNothingHiddenIsNamed walks every GET route as a caller who may see little:
// no byte of any answer names what is hidden.
func TestNothingHiddenIsNamed(t *testing.T) {
	g := newGuarded(t)
	g.populate()
	requests := []string{
		"GET /subjects?subjectPrefix=:*:&deleted=true", "GET /schemas?subjectPrefix=:*:&deleted=true&aliases=true", "GET /contexts",
		"GET /schemas/ids/1", "GET /schemas/ids/2", "GET /schemas/ids/1/subjects", "GET /schemas/ids/1/versions",
		"GET /schemas/ids/2/subjects", "GET /schemas/ids/2/versions", "GET /schemas/ids/1?subject=hidden",
		"GET /contexts/.hidden-context/subjects", "GET /subjects/own-a/versions/1/referencedby", "GET /subjects/own-alias/versions/1",
		"GET /config/own-alias?explain=true", "POST /subjects/own-x\n\n" + secretSchema, "GET /subjects/own-a/versions/2",
		"DELETE /subjects/own-a\nAccept: application/vnd.instar.v1+json",
	}
	for _, rt := range g.Routes() {
		if rt.Method == http.MethodGet && !strings.HasSuffix(rt.Path, "/openapi.yaml") && !strings.HasSuffix(rt.Path, "/openapi.json") {
			requests = append(requests, "GET "+strings.NewReplacer("{subject}", "own-a", "{version}", "1", "{id}", "1", "{guid}", "x").Replace(rt.Path))
		}
	}
	for _, role := range []string{"viewer", "publisher", "steward", "migrator", "local", "nobody"} {
		for _, request := range requests {
			if strings.HasPrefix(request, "GET /changes") {
				continue // a stream; its own tests filter it
			}
			for range 2 {
				a := g.as(role, request)
				text := show(a)
				if request == "GET /config/own-alias?explain=true" {
					text = strings.ReplaceAll(text, `"alias":"hidden-b"`, "") // the caller may see this entry
				}
				sent := strings.Contains(request, "hidden")
				if (strings.Contains(text, "hidden") && !sent) || strings.Contains(text, "Secret") {
					t.Errorf("%s: %s\n%s", role, request, text)
				}
				if a.status >= 500 {
					t.Errorf("%s: %s\n%s", role, request, text)
				}
			}
		}
	}
}

// TestFastLaneKeepsSecrets: what one caller's request left in memory is not
// served to another who may not see it, and is to one who may.
func TestFastLaneKeepsSecrets(t *testing.T) {
	g := newGuarded(t)
	g.populate()
	secret := []string{"/schemas/ids/2", "/subjects/hidden-b/versions/1", "/subjects/hidden-b/versions/latest/schema", "/schemas/ids/2?subject=hidden-b", "/config/hidden-b"}
	for _, path := range secret {
		for range 2 {
			if a := g.as("admin", "GET "+path); a.status != 200 {
				t.Fatalf("admin: %s: %d %s", path, a.status, a.body)
			}
			if a := g.as("viewer", "GET "+path); a.status != 404 {
				t.Errorf("viewer: %s: %d %s", path, a.status, a.body)
			}
			if a := g.as("", "GET "+path); a.status != 401 {
				t.Errorf("nobody: %s: %d %s", path, a.status, a.body)
			}
		}
	}
	for range 2 {
		if a := g.as("viewer", "GET /subjects/own-a/versions/1"); a.status != 200 {
			t.Errorf("viewer: %d %s", a.status, a.body)
		}
		if a := g.as("viewer", "GET /schemas/ids/1"); a.status != 200 || !strings.HasPrefix(a.header.Get("Cache-Control"), "private") {
			t.Errorf("viewer: %d %v", a.status, a.header)
		}
	}
}

// TestReferencedVersionsAreReadable: the text of a readable version is useless
// without what it references.
func TestReferencedVersionsAreReadable(t *testing.T) {
	g := newGuarded(t)
	g.must("POST /subjects/hidden-item/versions\n\n" + secretSchema)
	g.must("POST /subjects/own-order/versions\n\n" + `{"schema":"{\"type\":\"record\",\"name\":\"U\",\"fields\":[{\"name\":\"o\",\"type\":\"Secret\"}]}","references":[{"name":"Secret","subject":"hidden-item","version":1}]}`)
	if a := g.as("viewer", "GET /schemas/ids/1"); a.status != 200 {
		t.Errorf("the id of the referenced version: %d %s", a.status, a.body)
	}
	if a := g.as("viewer", "GET /subjects/hidden-item/versions/1"); a.status != 200 {
		t.Errorf("the referenced version: %d %s", a.status, a.body)
	}
	if a := g.as("viewer", "GET /subjects/hidden-item/versions"); a.status != 404 {
		t.Errorf("the list of the referenced subject: %d %s", a.status, a.body)
	}
	if a := g.as("viewer", "GET /subjects/hidden-item/versions/latest"); a.status != 404 {
		t.Errorf("latest of the referenced subject: %d %s", a.status, a.body)
	}
}

// TestRights is the table of writes by role, inside and outside the pattern.
func TestRights(t *testing.T) {
	roles := []string{"viewer", "publisher", "steward", "local", "migrator"}
	for _, c := range []struct {
		request string
		allowed string // roles that are not refused with 403
	}{
		{"POST /subjects/SUBJECT/versions\n\n" + orderSchema, "publisher steward local"},
		{"POST /subjects/SUBJECT/versions?dryRun=true\n\n" + orderSchema, "publisher steward local"},
		{"POST /subjects/SUBJECT/versions?force=true\n\n" + orderSchema, "steward local"},
		{"POST /subjects/SUBJECT/versions\n\n" + strings.Replace(orderSchema, "{", `{"id":9,"version":9,`, 1), "local migrator"},
		{"POST /subjects/SUBJECT/versions/1/tags\n\n{}", "publisher steward local"},
		{"DELETE /subjects/SUBJECT", "steward local"},
		{"DELETE /subjects/SUBJECT/versions/1", "steward local"},
		{"DELETE /subjects/SUBJECT?permanent=true", "local"},
		{"DELETE /subjects/SUBJECT/versions/1?permanent=true", "local"},
		{"PUT /config/SUBJECT\n\n{}", "steward local"},
		{"DELETE /config/SUBJECT", "steward local"},
		{"PUT /mode/SUBJECT\n\n{\"mode\":\"READONLY\"}", "steward local"},
		{"PUT /mode/SUBJECT\n\n{\"mode\":\"IMPORT\"}", "local migrator"},
		{"DELETE /mode/SUBJECT", "steward local"},
		{"PUT /config\n\n{}", ""},
		{"PUT /mode\n\n{\"mode\":\"READONLY\"}", ""},
		{"PUT /config/:.__GLOBAL:\n\n{}", ""},
		{"DELETE /contexts/.x", ""},
		{"DELETE /config", ""},
	} {
		for _, role := range roles {
			g := newGuarded(t)
			inside := g.as(role, strings.ReplaceAll(c.request, "SUBJECT", "own-s")).status
			outside := g.as(role, strings.ReplaceAll(c.request, "SUBJECT", "other")).status
			if want := slices.Contains(strings.Fields(c.allowed), role); (inside == 403) == want {
				t.Errorf("%s: %s: %d inside the pattern", role, strings.Split(c.request, "\n")[0], inside)
			}
			if outside != 403 {
				t.Errorf("%s: %s: %d outside the pattern", role, strings.Split(c.request, "\n")[0], outside)
			}
		}
	}
}

func TestCredentials(t *testing.T) {
	g := newGuarded(t)
	basic := func(user, password string) string {
		return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	for _, c := range []struct {
		header string
		status int
	}{
		{"", 401},
		{"Authorization: ", 401},
		{"Authorization: Basic", 401},
		{"Authorization: Digest x", 401},
		{"Authorization: Bearer nonsense", 401},
		{"Authorization: Bearer " + auth.NewToken(), 401},
		{"Authorization: Bearer " + g.tokens["viewer"], 200},
		{basic("viewer", g.tokens["viewer"]), 200},
		{basic("admin", g.tokens["viewer"]), 401},
		{basic("viewer", "wrong"), 401},
		{"Authorization: Bearer " + g.tokens["viewer"] + "\nAuthorization: Bearer " + g.tokens["admin"], 401},
	} {
		a := g.send("GET /subjects\n" + c.header)
		if a.status != c.status {
			t.Errorf("%q: %d %s, want %d", c.header, a.status, a.body, c.status)
		}
		if got := a.header.Get("WWW-Authenticate"); (got == `Basic realm="instar", Bearer`) != (a.status == 401) {
			t.Errorf("%q: WWW-Authenticate %q", c.header, got)
		}
		for role, token := range g.tokens {
			if strings.Contains(a.body, token) {
				t.Errorf("%q: the answer shows the token of %s: %s", c.header, role, a.body)
			}
		}
	}
	for _, open := range []string{"/", "/healthz", "/readyz"} {
		if a := g.send("GET " + open); a.status == 401 {
			t.Errorf("%s needs credentials", open)
		}
	}
}

func TestRateLimit(t *testing.T) {
	now := stopped
	s := newServer(t, func(_ *registry.Options, o *Options) {
		o.Limiter = auth.NewLimiter(auth.RateLimits{
			List: auth.Rate{PerSecond: 0.5, Burst: 2}, Write: auth.Rate{PerSecond: 1, Burst: 100},
			Expensive: auth.Rate{PerSecond: 1, Burst: 100}, ExpensiveAtOnce: 1, Buckets: 100,
		}, func() time.Time { return now })
	})
	s.post("/subjects/s/versions", orderSchema)
	for range 2 {
		s.get("/subjects")
	}
	a := s.send("GET /subjects")
	if a.status != 429 || a.header.Get("Retry-After") != "2" || !strings.Contains(a.body, `"error_code":429`) {
		t.Errorf("%d %s %v", a.status, a.body, a.header)
	}
	for range 50 { // never limited
		s.get("/schemas/ids/1")
		s.get("/subjects/s/versions/latest")
	}
	now = now.Add(2 * time.Second)
	s.get("/subjects")
}
