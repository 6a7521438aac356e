package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/registry"
)

// The fixture of the access tests: one subject, whose names nobody else uses.
const (
	secretSubject = "zzhidden-value"
	absentSubject = "zzabsent-value"
	secretMark    = "zzhidden"
)

// vault is a house with the fixture, a token that may grow any grant, and one
// that has ended.
type vault struct {
	*house
	guid, token, expired string
}

func openVault(t *testing.T, role auth.Role, pattern string) *vault {
	t.Helper()
	v := &vault{house: openHouse(t, nil), token: auth.NewToken(), expired: auth.NewToken()}
	created := v.register(secretSubject, wire.RegisterRequest{
		Schema:   `{"type":"record","name":"zzhiddenRecord","fields":[{"name":"zzhiddenField","type":"int","default":0}]}`,
		Metadata: &wire.Metadata{Properties: map[string]string{"zzhidden": "zzhidden"}},
	})
	v.guid = created.GUID
	commands := []registry.Command{
		registry.SetConfig{Scope: registry.ParseName(secretSubject), Patch: registry.ConfigPatch{Set: registry.Config{Compatibility: "NONE"}}},
		registry.SetMode{Scope: registry.ParseName(secretSubject), Mode: "READWRITE"},
		registry.CreateToken{Name: "t", Hash: auth.HashToken(v.token)},
		registry.CreateToken{Name: "old", Hash: auth.HashToken(v.expired), TTL: 1},
	}
	if role != "" {
		commands = append(commands, registry.ChangeGrant{Grant: registry.Grant{Principal: "token:t", Role: string(role), Pattern: pattern}})
	}
	if _, err := v.service.Batch(context.Background(), registry.By{Actor: "test", Request: "test"}, registry.Batch{Commands: commands}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Millisecond) // past the end of the old token
	return v
}

// ask sends a request of a route about a subject.
func (v *vault) ask(r RouteInfo, subject, token string) (int, string) {
	v.t.Helper()
	path := strings.NewReplacer("{subject}", subject, "{version}", "1", "{id}", "1", "{guid}", v.guid, "{context}", ".none",
		"{name}", "none", "{principal}", "token:none", "{role}", "viewer").Replace(r.Path)
	if subject == absentSubject { // what does not exist at all
		path = strings.NewReplacer("/ids/1", "/ids/77", v.guid, strings.Repeat("0", 32)).Replace(path)
	}
	if strings.HasPrefix(r.Path, "/auth/grants/{") {
		path += "?pattern=none"
	}
	if r.Path == "/search" {
		path += "?q=zz"
	}
	var body io.Reader
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		body = strings.NewReader(bodyFor(r))
	}
	req, err := http.NewRequest(r.Method, v.server.URL+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// bodyFor is a body that gets past the reading, so that rights decide.
func bodyFor(r RouteInfo) string {
	switch {
	case strings.HasPrefix(r.Path, "/mode"):
		return `{"mode":"READWRITE"}`
	case strings.HasPrefix(r.Path, "/config"):
		return `{"compatibility":"NONE"}`
	case r.Path == "/bulk/register":
		return `{"items":[{"subject":"` + secretSubject + `","schema":"\"int\""}]}`
	case r.Path == "/bulk/schemas":
		return `{"ids":[1]}`
	case r.Path == "/validate":
		return `{"id":1,"event":{}}`
	}
	return `{"schema":"\"int\""}`
}

// primary is the right that the request of ask takes, where the route has
// several.
func primary(a auth.Action) auth.Action {
	for _, one := range []auth.Action{auth.Public, auth.Known, auth.Read, auth.Register, auth.Steward, auth.Migrate, auth.Admin} {
		if a&one != 0 {
			return one
		}
	}
	return a
}

// TestEveryRouteAsksForItsRight walks route × principal.
func TestEveryRouteAsksForItsRight(t *testing.T) {
	routes := newServer(t, nil).Routes()
	for _, role := range append(auth.Roles(), "") {
		for _, r := range routes {
			v := openVault(t, role, ":*:*")
			need := primary(r.Action)
			name := fmt.Sprintf("%s %s by %q", r.Method, r.Path, role)
			status, body := v.ask(r, secretSubject, v.token)
			allowed := need&(auth.Public|auth.Known) != 0 || role.Actions()&need != 0
			// A reference to what an importer may do is decided line by line.
			lineByLine := r.Path == "/import"
			switch denied := status == 401 || status == 403; {
			case allowed && denied:
				t.Errorf("%s: refused with %d %s", name, status, body)
			case !allowed && need == auth.Read && (denied || strings.Contains(strings.ReplaceAll(body, secretSubject+"' ", ""), "zzhiddenField")):
				t.Errorf("%s: a reader without a grant got %d %s", name, status, body)
			case !allowed && need != auth.Read && status != 403 && !lineByLine:
				t.Errorf("%s: not refused but %d %s", name, status, body)
			}
			if role != "" {
				continue
			}
			for who, token := range map[string]string{"anonymous": "", "an expired token": v.expired} {
				status, body := v.ask(r, secretSubject, token)
				if want := need != auth.Public; (status == 401) != want {
					t.Errorf("%s %s by %s: %d %s", r.Method, r.Path, who, status, body)
				}
			}
		}
	}
}

// TestHiddenIsAbsent holds that who may not see a subject gets what it would get
// if there were none.
func TestHiddenIsAbsent(t *testing.T) {
	for _, role := range auth.Roles() {
		v := openVault(t, role, ":.elsewhere:*")
		for _, r := range v.api.Routes() {
			need := primary(r.Action)
			if need&(auth.Public|auth.Known) != 0 {
				continue
			}
			status, body := v.ask(r, secretSubject, v.token)
			name := fmt.Sprintf("%s %s by a %s of another context", r.Method, r.Path, role)
			if need != auth.Read {
				if status != 403 && r.Path != "/import" {
					t.Errorf("%s: %d %s", name, status, body)
				}
				continue
			}
			absentStatus, absentBody := v.ask(r, absentSubject, v.token)
			normal := func(s string) string {
				return strings.NewReplacer(secretSubject, "S", absentSubject, "S", v.guid, "G", strings.Repeat("0", 32), "G", "77", "1").Replace(s)
			}
			if status != absentStatus || normal(body) != normal(absentBody) {
				t.Errorf("%s: hidden gives %d %s, absent %d %s", name, status, body, absentStatus, absentBody)
			}
			if strings.Contains(normal(body), secretMark) {
				t.Errorf("%s: the answer names what is hidden: %s", name, body)
			}
		}
	}
}

// TestNothingUngrantedIsNamed reads everything under random grants: no answer
// may name a subject outside of them.
func TestNothingUngrantedIsNamed(t *testing.T) {
	h := openHouse(t, nil)
	random := rand.New(rand.NewPCG(7, 11))
	letters, contexts := []string{"a", "b", "c", "d"}, []string{"", ".x", ".y"}
	var names []string
	for _, c := range contexts {
		for _, l := range letters {
			// The feed parts context and subject, so subjects differ everywhere.
			names = append(names, client.Qualify(c, "subj-"+l+strings.TrimPrefix(c, ".")))
		}
	}
	for i, n := range names {
		r := avro("R"+strings.NewReplacer(":", "", ".", "", "-", "").Replace(n), "f")
		if i%4 != 0 { // every schema references the first of its context
			r.References = []wire.Reference{{Name: "Q", Subject: names[i-i%4], Version: 1}}
		}
		h.register(n, r)
	}
	shared := avro("Shared")
	for _, n := range names {
		if _, err := h.admin.SetConfig(bg, n, client.ConfigPatch{Set: wire.Config{Compatibility: "NONE"}}); err != nil {
			t.Fatal(err)
		}
		h.register(n, shared)
	}
	named := 0
	for round := range 40 {
		pattern := client.Qualify(contexts[random.IntN(3)], "subj-"+letters[random.IntN(4)]+"*")
		compiled, err := auth.CompilePattern(pattern)
		must(t, compiled, err)
		token := auth.NewToken()
		name := fmt.Sprintf("t%d", round)
		if _, err := h.service.Batch(bg, registry.By{Actor: "test", Request: "r"}, registry.Batch{Commands: []registry.Command{
			registry.CreateToken{Name: name, Hash: auth.HashToken(token)},
			registry.ChangeGrant{Grant: registry.Grant{Principal: "token:" + name, Role: "viewer", Pattern: pattern}},
		}}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{
			"/subjects?subjectPrefix=:*:", "/schemas?subjectPrefix=:*:", "/contexts", "/search?q=subj", "/search?field=f", "/changes",
			"/schemas/ids/1/subjects", "/schemas/ids/1/versions", "/schemas/ids/5/subjects", "/schemas/ids/5/versions",
			"/subjects/subj-a/versions/1/referencedby", "/subjects/subj-b/versions", "/config/subj-a?explain=true&defaultToGlobal=true",
		} {
			req, err := http.NewRequest(http.MethodGet, h.server.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			asked := string(text)
			for _, n := range names {
				parsed := registry.ParseName(n)
				mark := `"` + n + `"`
				if compiled.Match(parsed) && strings.Contains(asked, mark) {
					named++
				}
				if !compiled.Match(parsed) && strings.Contains(asked, mark) && !referenced(asked, mark) {
					t.Errorf("a viewer of %s reads %s in GET %s: %s", pattern, n, path, text)
				}
			}
		}
	}
	if named < 40 {
		t.Errorf("what is granted was named only %d times: the test asks the wrong questions", named)
	}
}

// referenced tells a name that stands in the references of a visible version,
// which are part of its content.
func referenced(body, mark string) bool {
	return strings.Count(body, mark) == strings.Count(body, `"name":"Q","subject":`+mark)
}

// TestClientCoversEveryRoute calls every method of the Go client against the
// surface and holds the routes that answered against the table of routes.
func TestClientCoversEveryRoute(t *testing.T) {
	h := openHouse(t, nil)
	seen := map[string]bool{}
	h.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := h.api.echo.AcquireContext()
		h.api.echo.Router().Find(r.Method, escapedPath(r), c)
		seen[r.Method+" "+braces(c.Path())] = true
		h.api.echo.ReleaseContext(c)
		h.api.ServeHTTP(w, r)
	})
	created := h.register("s", avro("A", "x"))
	errs := map[string]error{}
	note := func(name string, err error) { errs[name] = err }
	c := h.admin
	exerciseReads(c, created, note)
	exerciseUpcasters(c, note)
	exerciseWrites(c, note)
	exerciseAccess(c, note)
	for name, err := range errs {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	withoutMethod := map[string]bool{"POST /": true} // the same answer as GET
	for _, r := range h.api.Routes() {
		if key := r.Method + " " + r.Path; !seen[key] && !withoutMethod[key] {
			t.Errorf("no method of the client calls %s", key)
		}
	}
}

func first[T any](_ T, err error) error { return err }

func exerciseReads(c *client.Client, created wire.Registered, note func(string, error)) {
	note("Ping", c.Ping(bg))
	note("SchemaTypes", first(c.SchemaTypes(bg)))
	note("Schemas", first(c.Schemas(bg, client.SchemasQuery{LatestOnly: true, Limit: 5})))
	note("SchemaByID", first(c.SchemaByID(bg, "s", created.ID)))
	note("TextByID", first(c.TextByID(bg, "", created.ID, "resolved")))
	note("SubjectsByID", first(c.SubjectsByID(bg, "", created.ID, true)))
	note("VersionsByID", first(c.VersionsByID(bg, "", created.ID, false)))
	note("SchemaByGUID", first(c.SchemaByGUID(bg, created.GUID)))
	note("IDsByGUID", first(c.IDsByGUID(bg, created.GUID)))
	note("Subjects", first(c.Subjects(bg, client.SubjectsQuery{})))
	note("Lookup", first(c.Lookup(bg, "s", avro("A", "x"), client.LookupOptions{})))
	note("Versions", first(c.Versions(bg, "s", client.VersionsQuery{})))
	note("Version", first(c.Version(bg, "s", client.Latest, client.VersionQuery{})))
	note("TextByVersion", first(c.TextByVersion(bg, "s", 1, "", false)))
	note("LatestWithMetadata", first(c.LatestWithMetadata(bg, "s", nil, false, "")))
	note("ReferencedBy", first(c.ReferencedBy(bg, "s", 1, false)))
	note("Check", first(c.Check(bg, "s", client.AllVersions, avro("A", "y"), client.CheckOptions{Verbose: true})))
	note("Check 1", first(c.Check(bg, "s", 1, avro("A", "y"), client.CheckOptions{})))
	note("Contexts", first(c.Contexts(bg, "")))
	note("ClusterID", first(c.ClusterID(bg)))
	note("ServerVersion", first(c.ServerVersion(bg)))
	note("Deployment", first(c.Deployment(bg)))
	note("MasterAvailable", first(c.MasterAvailable(bg)))
	for _, route := range []string{"healthz", "readyz", "readyz/write"} {
		note(route, first(c.Health(bg, route)))
	}
	note("OpenAPI json", first(c.OpenAPI(bg, "json")))
	note("OpenAPI yaml", first(c.OpenAPI(bg, "yaml")))
	note("BulkSchemas", first(c.BulkSchemas(bg, wire.BulkSchemasRequest{IDs: []int64{1}})))
	note("Inspect", first(c.Inspect(bg, wire.InspectRequest{Schema: `"int"`})))
	note("Diff", first(c.Diff(bg, "s", 1, client.Latest)))
	note("DiffCandidate", first(c.DiffCandidate(bg, "s", 0, wire.RegisterRequest{Schema: `"int"`})))
	note("DiffSchemas", first(c.DiffSchemas(bg, wire.DiffRequest{Old: &wire.DiffSchema{Schema: `"int"`}, New: &wire.DiffSchema{Schema: `"long"`}})))
	note("Matrix", first(c.Matrix(bg, "s", client.MatrixQuery{Policy: "exact", Versions: []string{"1", "latest"}})))
	note("Validate", first(c.Validate(bg, wire.ValidateRequest{Schema: `"int"`, Event: []byte("1")})))
	note("Search", first(c.Search(bg, client.SearchQuery{Any: "s"})))
	note("Changes", first(c.Changes(bg, client.ChangesQuery{}, func(wire.Change) error { return nil })))
	note("Export", c.Export(bg, client.ExportQuery{}, io.Discard))
}

func exerciseUpcasters(c *client.Client, note func(string, error)) {
	for _, schema := range []wire.RegisterRequest{avro("U", "x"), avro("U", "y")} {
		note("Register", first(c.Register(bg, "u", schema, client.RegisterOptions{Force: true})))
	}
	document := "instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - rename: {from: x, to: y}\n"
	note("VerifyUpcaster", first(c.VerifyUpcaster(bg, "u", document)))
	note("VerifyBetween", first(c.VerifyBetween(bg, wire.UpcasterBetween{Document: document, From: wire.DiffSchema{Subject: "u", Version: []byte("1")}, To: wire.DiffSchema{Schema: avro("U", "y").Schema}})))
	note("DeriveUpcaster", first(c.DeriveUpcaster(bg, "u", wire.UpcasterPair{From: "1", To: "2"})))
	note("AddUpcaster", first(c.AddUpcaster(bg, "u", 1, 2, document, client.AddUpcasterOptions{})))
	note("Upcasters", first(c.Upcasters(bg, "u", client.UpcasterFilter{})))
	note("Upcaster", first(c.Upcaster(bg, "u", 1, 2, 0)))
	note("UpcasterCoverage", first(c.UpcasterCoverage(bg, "u", 2)))
	note("UpcasterSources", first(c.UpcasterSources(bg, "u", 2)))
	note("Upcast", first(c.Upcast(bg, wire.UpcastRequest{Subject: "u", From: "1", Event: []byte(`{"x":1}`)})))
	var plan struct {
		Hash string `json:"hash"`
	}
	text, err := c.UpcasterPlan(bg, "u", client.PlanQuery{From: "1"})
	if err == nil {
		err = json.Unmarshal(text, &plan)
	}
	note("UpcasterPlan", err)
	note("PlanByHash", first(c.PlanByHash(bg, plan.Hash, "u")))
	note("UpcastBatch", first(c.UpcastBatch(bg, client.UpcastBatchQuery{Subject: "u", From: "1"}, strings.NewReader("{\"x\":1}\n"), func(wire.UpcastLine) error { return nil })))
	note("WithdrawUpcaster", first(c.WithdrawUpcaster(bg, "u", 1, 2, false)))
}

func exerciseWrites(c *client.Client, note func(string, error)) {
	note("EditTags", first(c.EditTags(bg, "s", 1, wire.TagRequest{TagsToAdd: []wire.SchemaTags{
		{SchemaEntity: wire.SchemaEntity{EntityPath: "A.x", EntityType: "SR_FIELD"}, Tags: []string{"PII"}},
	}})))
	for _, scope := range []string{"", "s"} {
		note("SetConfig "+scope, first(c.SetConfig(bg, scope, client.ConfigPatch{Set: wire.Config{Compatibility: "FULL"}})))
		note("Config "+scope, first(c.Config(bg, scope, client.ConfigQuery{})))
		note("DeleteConfig "+scope, first(c.DeleteConfig(bg, scope)))
		note("SetMode "+scope, first(c.SetMode(bg, scope, "READWRITE", false)))
		note("Mode "+scope, first(c.Mode(bg, scope, false)))
		note("DeleteMode "+scope, first(c.DeleteMode(bg, scope, false)))
	}
	note("DeleteVersion", first(c.DeleteVersion(bg, "s", 1, false)))
	note("UndeleteVersion", first(c.UndeleteVersion(bg, "s", 1, false)))
	note("DeleteSubject", first(c.DeleteSubject(bg, "s", false)))
	note("Undelete", first(c.Undelete(bg, "s", false)))
	note("BulkRegister", first(c.BulkRegister(bg, wire.BulkRegisterRequest{Items: []wire.BulkRegisterItem{}})))
	note("Import", nil)
	if err := first(c.Import(bg, strings.NewReader(""), client.ImportOptions{})); err == nil {
		note("Import", fmt.Errorf("an empty archive was taken"))
	}
	note("DeleteContext", c.DeleteContext(bg, ".none"))
}

func exerciseAccess(c *client.Client, note func(string, error)) {
	g := wire.Grant{Principal: "token:x", Role: "viewer", Pattern: "orders/*"}
	note("Me", first(c.Me(bg)))
	note("CreateToken", first(c.CreateToken(bg, wire.TokenRequest{Name: "x"})))
	note("Tokens", first(c.Tokens(bg)))
	note("RotateToken", first(c.RotateToken(bg, "x", 0, 0)))
	note("RevokeToken", c.RevokeToken(bg, "x"))
	note("AddGrant", c.AddGrant(bg, g))
	note("Grants", first(c.Grants(bg)))
	note("RemoveGrant", c.RemoveGrant(bg, g))
}
