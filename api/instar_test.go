package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/memory"
)

// house is a registry with access control, and clients of several principals.
type house struct {
	t       *testing.T
	service *registry.Service
	api     *API
	server  *httptest.Server
	admin   *client.Client
}

func openHouse(t *testing.T, edit func(*Options)) *house {
	t.Helper()
	service := registry.Open(registry.Options{Log: memory.New(), Settings: registry.DefaultSettings(), Exclusive: true})
	t.Cleanup(func() {
		if err := service.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for deadline := time.Now().Add(5 * time.Second); !service.Status().Ready; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the service does not become ready")
		}
	}
	gate, err := auth.New(auth.Options{Mode: auth.ModeRequired, State: service.State})
	if err != nil {
		t.Fatal(err)
	}
	opt := Options{Service: service, Gate: gate, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if edit != nil {
		edit(&opt)
	}
	h := &house{t: t, service: service}
	if h.api, err = New(opt); err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewServer(h.api)
	t.Cleanup(h.server.Close)
	h.admin = h.as("root", nil, [2]string{string(auth.RoleAdmin), ":*:*"})
	return h
}

// as returns a client of a token with grants of (role, pattern).
func (h *house) as(name string, groups []string, grants ...[2]string) *client.Client {
	h.t.Helper()
	secret := auth.NewToken()
	commands := []registry.Command{registry.CreateToken{Name: name, Hash: auth.HashToken(secret), Groups: groups}}
	for _, g := range grants {
		commands = append(commands, registry.ChangeGrant{Grant: registry.Grant{Principal: "token:" + name, Role: g[0], Pattern: g[1]}})
	}
	if _, err := h.service.Batch(context.Background(), registry.By{Actor: "test", Request: "test"}, registry.Batch{Commands: commands}); err != nil {
		h.t.Fatal(err)
	}
	return h.with(client.Basic(name, secret))
}

func (h *house) with(options ...client.Option) *client.Client {
	h.t.Helper()
	c, err := client.New([]string{h.server.URL}, append(options, client.Attempts(1))...)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

var bg = context.Background()

func must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// record is an Avro record with int fields.
func avro(name string, fields ...string) wire.RegisterRequest {
	var list []string
	for _, f := range fields {
		list = append(list, fmt.Sprintf(`{"name":%q,"type":"int","default":0}`, f))
	}
	return wire.RegisterRequest{Schema: fmt.Sprintf(`{"type":"record","name":%q,"fields":[%s]}`, name, strings.Join(list, ","))}
}

func (h *house) register(subject string, r wire.RegisterRequest) wire.Registered {
	h.t.Helper()
	out, err := h.admin.Register(bg, subject, r, client.RegisterOptions{})
	return must(h.t, out, err)
}

// refused checks the status and code of an error.
func refused(t *testing.T, what string, err error, status, code int) {
	t.Helper()
	var e *client.Error
	if !errors.As(err, &e) || e.Status != status || e.Code != code {
		t.Errorf("%s: %v, want %d (%d)", what, err, status, code)
	}
}

func TestTokensAndGrants(t *testing.T) {
	h := openHouse(t, nil)
	made, err := h.admin.CreateToken(bg, wire.TokenRequest{Name: "ci", Groups: []string{"build", "build"}, TTLSeconds: 3600})
	must(t, made, err)
	if auth.CheckToken(made.Token) != nil || made.ExpiresAt == "" || !slices.Equal(made.Groups, []string{"build"}) {
		t.Errorf("created %+v", made)
	}
	ci := h.with(client.Bearer(made.Token))
	_, err = ci.Register(bg, "orders-value", avro("A"), client.RegisterOptions{})
	refused(t, "without a grant", err, 403, 403)
	if err := h.admin.AddGrant(bg, wire.Grant{Principal: "group:build", Role: "publisher", Pattern: "orders-*"}); err != nil {
		t.Fatal(err)
	}
	if _, err := ci.Register(bg, "orders-value", avro("A"), client.RegisterOptions{}); err != nil {
		t.Fatal(err)
	}
	me := must2(t)(ci.Me(bg))
	if me.Principal != "token:ci" || me.Mode != "required" || len(me.Grants) != 1 || me.Grants[0].Principal != "group:build" {
		t.Errorf("me %+v", me)
	}

	next, err := h.admin.RotateToken(bg, "ci", time.Hour, time.Minute)
	must(t, next, err)
	if next.Token == made.Token || !slices.Equal(next.Groups, []string{"build"}) {
		t.Errorf("rotated %+v", next)
	}
	for _, token := range []string{made.Token, next.Token} {
		if _, err := h.with(client.Bearer(token)).Me(bg); err != nil {
			t.Errorf("within the overlap: %v", err)
		}
	}
	list, err := h.admin.Tokens(bg)
	if must(t, list, err); len(list) != 2 || list[0].Token != "" || list[0].Name != "ci" {
		t.Errorf("tokens %+v", list)
	}
	if err := h.admin.RevokeToken(bg, "ci"); err != nil {
		t.Fatal(err)
	}
	_, err = h.with(client.Bearer(next.Token)).Me(bg)
	refused(t, "revoked", err, 401, 401)

	grants, err := h.admin.Grants(bg)
	if must(t, grants, err); len(grants) != 2 {
		t.Errorf("grants %+v", grants)
	}
	g := wire.Grant{Principal: "group:build", Role: "publisher", Pattern: "orders-*"}
	if err := h.admin.RemoveGrant(bg, g); err != nil {
		t.Fatal(err)
	}
	refused(t, "again", h.admin.RemoveGrant(bg, g), 404, 404)
	refused(t, "unknown role", h.admin.AddGrant(bg, wire.Grant{Principal: "token:x", Role: "king", Pattern: "*"}), 422, 422)
	refused(t, "bad pattern", h.admin.AddGrant(bg, wire.Grant{Principal: "token:x", Role: "viewer", Pattern: ":.x"}), 422, 42201)
	_, err = h.admin.CreateToken(bg, wire.TokenRequest{Name: "bad name"})
	refused(t, "token name", err, 422, 422)
	_, err = h.admin.CreateToken(bg, wire.TokenRequest{Name: "root"})
	refused(t, "taken", err, 409, 409)
	_, err = h.admin.CreateToken(bg, wire.TokenRequest{Name: "long", TTLSeconds: 1 << 40})
	refused(t, "too long", err, 422, 422)
	_, err = h.as("viewer", nil, [2]string{"viewer", ":*:*"}).Tokens(bg)
	refused(t, "viewer", err, 403, 403)
	_, err = h.with().Me(bg)
	refused(t, "anonymous", err, 401, 401)
}

func must2(t *testing.T) func(wire.Me, error) wire.Me {
	return func(m wire.Me, err error) wire.Me { t.Helper(); return must(t, m, err) }
}

func TestUndelete(t *testing.T) {
	h := openHouse(t, nil)
	h.register("s", avro("A", "a"))
	h.register("s", avro("A", "a", "b"))
	if _, err := h.admin.DeleteSubject(bg, "s", false); err != nil {
		t.Fatal(err)
	}
	_, err := h.as("v", nil, [2]string{"publisher", ":*:*"}).Undelete(bg, "s", false)
	refused(t, "publisher", err, 403, 403)
	n, err := h.admin.UndeleteVersion(bg, "s", 2, false)
	if must(t, n, err); n != 2 {
		t.Errorf("version %d", n)
	}
	all, err := h.admin.Undelete(bg, "s", false)
	if must(t, all, err); !slices.Equal(all, []int{1}) {
		t.Errorf("versions %v", all)
	}
	_, err = h.admin.Undelete(bg, "s", false)
	refused(t, "not deleted", err, 404, 40462)
	_, err = h.admin.UndeleteVersion(bg, "s", 9, false)
	refused(t, "no version", err, 404, 40402)
	_, err = h.admin.Undelete(bg, "none", false)
	refused(t, "no subject", err, 404, 40401)
}

func TestBulkRegister(t *testing.T) {
	h := openHouse(t, nil)
	uses := wire.RegisterRequest{
		Schema:     `{"type":"record","name":"B","fields":[{"name":"a","type":"A"}]}`,
		References: []wire.Reference{{Name: "A", Subject: "a", Version: 1}},
	}
	// The item that is referenced comes last and is registered first.
	req := wire.BulkRegisterRequest{Items: []wire.BulkRegisterItem{
		{Subject: "b", RegisterRequest: uses, Config: json.RawMessage(`{"compatibility":"full"}`)},
		{Subject: "a", RegisterRequest: avro("A", "x")},
	}}
	dry := req
	dry.DryRun = true
	out, err := h.admin.BulkRegister(bg, dry)
	if must(t, out, err); !out.DryRun || out.Items[0].Registered == nil || out.Items[0].Version != 1 {
		t.Errorf("dry run %+v", out)
	}
	if subjects, err := h.admin.Subjects(bg, client.SubjectsQuery{}); err != nil || len(subjects) != 0 {
		t.Fatalf("a dry run made %v, %v", subjects, err)
	}
	out, err = h.admin.BulkRegister(bg, req)
	if must(t, out, err); !out.Items[0].Created || out.Items[0].ID != 2 || out.Items[1].ID != 1 || out.Items[0].Status != 200 {
		t.Errorf("items %+v", out.Items)
	}
	if c, err := h.admin.Config(bg, "b", client.ConfigQuery{}); err != nil || c.CompatibilityLevel != "FULL" {
		t.Errorf("config %+v %v", c, err)
	}

	bad := wire.BulkRegisterRequest{Items: []wire.BulkRegisterItem{
		{Subject: "c", RegisterRequest: avro("C")}, {Subject: "d", RegisterRequest: wire.RegisterRequest{Schema: `{"type":"nope"}`}},
	}}
	_, err = h.admin.BulkRegister(bg, bad)
	refused(t, "atomic", err, 422, 42201)
	if err == nil || !strings.Contains(err.Error(), `items[1] (subject "d")`) {
		t.Errorf("the item is not named: %v", err)
	}
	if _, err := h.admin.Versions(bg, "c", client.VersionsQuery{}); !errors.Is(err, client.ErrSubjectNotFound) {
		t.Errorf("half a batch was written: %v", err)
	}
	no := false
	bad.Atomic = &no
	out, err = h.admin.BulkRegister(bg, bad)
	if must(t, out, err); out.Items[0].Status != 200 || out.Items[1].Status != 422 || out.Items[1].Error.ErrorCode != 42201 {
		t.Errorf("items %+v", out.Items)
	}
	_, err = h.as("p", nil, [2]string{"publisher", "x-*"}).BulkRegister(bg, req)
	refused(t, "outside the grant", err, 403, 403)
	_, err = h.as("q", nil, [2]string{"publisher", ":*:*"}).BulkRegister(bg, req)
	refused(t, "config by a publisher", err, 403, 403)
}

func TestBulkSchemas(t *testing.T) {
	h := openHouse(t, nil)
	a := h.register("a", avro("A"))
	h.register(":.pay:p", avro("P"))
	out, err := h.admin.BulkSchemas(bg, wire.BulkSchemasRequest{
		IDs: []int64{99, a.ID}, GUIDs: []string{a.GUID, "nonsense"},
		Versions: []wire.SubjectVersion{{Subject: ":.pay:p", Version: 1}, {Subject: "a", Version: 7}},
	})
	must(t, out, err)
	if out.IDs[0].Error.ErrorCode != 40403 || out.IDs[1].Schema != a.Schema || out.GUIDs[0].Schema != a.Schema ||
		out.GUIDs[1].Error.ErrorCode != 40403 || out.Versions[0].ID != 1 || out.Versions[1].Error.ErrorCode != 40402 {
		t.Errorf("%+v", out)
	}
	out, err = h.as("v", nil, [2]string{"viewer", ":.pay:*"}).BulkSchemas(bg, wire.BulkSchemasRequest{
		IDs: []int64{a.ID}, Versions: []wire.SubjectVersion{{Subject: "a", Version: 1}},
	})
	if must(t, out, err); out.IDs[0].Schema != "" || out.Versions[0].Error.ErrorCode != 40401 {
		t.Errorf("hidden schemas are shown: %+v", out)
	}
	_, err = h.admin.BulkSchemas(bg, wire.BulkSchemasRequest{IDs: make([]int64, 1001)})
	refused(t, "too many", err, 422, 42263)
}

func TestInspectAndValidate(t *testing.T) {
	h := openHouse(t, nil)
	a := h.register("a", avro("A", "x"))
	in, err := h.admin.Inspect(bg, wire.InspectRequest{Schema: avro("A", "x").Schema})
	must(t, in, err)
	if in.GUID != a.GUID || in.Schema != a.Schema || len(in.Fields) == 0 || len(in.Fingerprints) == 0 ||
		!slices.Equal(in.Subjects, []wire.SubjectVersion{{Subject: "a", Version: 1}}) || in.Sample == nil {
		t.Errorf("%+v", in)
	}
	hidden, err := h.as("v", nil, [2]string{"viewer", "b*"}).Inspect(bg, wire.InspectRequest{Schema: avro("A", "x").Schema})
	if must(t, hidden, err); len(hidden.Subjects) != 0 {
		t.Errorf("hidden subjects are named: %v", hidden.Subjects)
	}
	_, err = h.admin.Inspect(bg, wire.InspectRequest{Schema: `{`})
	refused(t, "broken schema", err, 422, 42201)

	frame := append([]byte{0, 0, 0, 0, byte(a.ID)}, in.Sample.Binary...)
	bare := in.Sample.Binary
	for name, c := range map[string]struct {
		r     wire.ValidateRequest
		valid bool
	}{
		"json":       {wire.ValidateRequest{Subject: "a", Event: in.Sample.JSON}, true},
		"wrong json": {wire.ValidateRequest{Subject: "a", Event: json.RawMessage(`{"x":"no"}`)}, false},
		"by id":      {wire.ValidateRequest{ID: a.ID, EventBase64: &bare, Encoding: "avro"}, true},
		"frame":      {wire.ValidateRequest{EventBase64: &frame, Encoding: "frame"}, true},
		"inline":     {wire.ValidateRequest{Schema: a.Schema, Event: in.Sample.JSON}, true},
	} {
		got, err := h.admin.Validate(bg, c.r)
		if err != nil || got.Valid != c.valid || got.Valid != (len(got.Violations) == 0) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	for name, c := range map[string]struct {
		r            wire.ValidateRequest
		status, code int
	}{
		"no event":      {wire.ValidateRequest{Subject: "a"}, 422, 422},
		"no schema":     {wire.ValidateRequest{Event: json.RawMessage(`1`)}, 422, 422},
		"two schemas":   {wire.ValidateRequest{Subject: "a", ID: 1, Event: json.RawMessage(`1`)}, 422, 422},
		"unknown":       {wire.ValidateRequest{Subject: "none", Event: json.RawMessage(`1`)}, 404, 40401},
		"unknown id":    {wire.ValidateRequest{ID: 77, Event: json.RawMessage(`1`)}, 404, 40403},
		"bad encoding":  {wire.ValidateRequest{Subject: "a", EventBase64: &bare, Encoding: "xml"}, 422, 422},
		"other format":  {wire.ValidateRequest{Subject: "a", EventBase64: &bare, Encoding: "protobuf"}, 422, 422},
		"no frame":      {wire.ValidateRequest{EventBase64: &[]byte{9, 9}, Encoding: "frame"}, 422, 422},
		"empty version": {wire.ValidateRequest{Subject: "a", Version: json.RawMessage(`"x"`), Event: json.RawMessage(`1`)}, 422, 42202},
	} {
		_, err := h.admin.Validate(bg, c.r)
		refused(t, name, err, c.status, c.code)
	}
}

func TestUnknownPropertiesAreRefused(t *testing.T) {
	h := openHouse(t, func(o *Options) { o.Gate = nil })
	for path, body := range map[string]string{
		"/inspect": `{"schema":"\"int\"","schemaTyp":"AVRO"}`, "/bulk/register": `{"itmes":[]}`, "/bulk/schemas": `{"guid":[]}`,
		"/validate": `{"subjct":"x"}`, "/auth/tokens": `{"nam":"x"}`,
	} {
		res, err := http.Post(h.server.URL+path, wire.TypeJSON, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 422 || !bytes.Contains(text, []byte("did you mean")) {
			t.Errorf("%s: %d %s", path, res.StatusCode, text)
		}
	}
}

func TestSearch(t *testing.T) {
	h := openHouse(t, nil)
	h.register("orders-value", wire.RegisterRequest{
		Schema: `{"type":"record","name":"com.acme.Order","fields":[{"name":"sku","type":"string"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}]}`,
		Metadata: &wire.Metadata{
			Properties: map[string]string{"owner": "team-a", "secret": "hunter2"}, Tags: map[string][]string{"sku": {"PII"}}, Sensitive: []string{"secret"},
		},
	})
	h.register("users-value", avro("User", "id", "skuCount"))
	h.register("users-value", avro("User", "id", "skuCount", "email"))
	h.register(":.pay:orders-value", avro("Pay", "amount"))
	for name, c := range map[string]struct {
		q    client.SearchQuery
		want []string
	}{
		"name":         {client.SearchQuery{Name: "ORDERS-*"}, []string{"orders-value/1", ":.pay:orders-value/1"}},
		"qualified":    {client.SearchQuery{Name: ":.pay:*"}, []string{":.pay:orders-value/1"}},
		"field":        {client.SearchQuery{Field: "*sku*"}, []string{"orders-value/1", "users-value/2"}},
		"all versions": {client.SearchQuery{Field: "sku*", All: true}, []string{"orders-value/1", "users-value/1", "users-value/2"}},
		"type":         {client.SearchQuery{Type: "long"}, []string{"orders-value/1"}},
		"logical type": {client.SearchQuery{Type: "timestamp-millis"}, []string{"orders-value/1"}},
		"tag":          {client.SearchQuery{Tag: "pii"}, []string{"orders-value/1"}},
		"meta key":     {client.SearchQuery{Meta: "owner"}, []string{"orders-value/1"}},
		"meta value":   {client.SearchQuery{Meta: "owner:TEAM-A"}, []string{"orders-value/1"}},
		"other value":  {client.SearchQuery{Meta: "owner:b"}, nil},
		"any":          {client.SearchQuery{Any: "email"}, []string{"users-value/2"}},
		"any secret":   {client.SearchQuery{Any: "hunter2"}, nil},
		"two terms":    {client.SearchQuery{Field: "*sku*", Name: "users*"}, []string{"users-value/2"}},
		"format":       {client.SearchQuery{SchemaType: "JSON"}, nil},
	} {
		got, err := h.admin.Search(bg, c.q)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var found []string
		for _, r := range got.Results {
			found = append(found, fmt.Sprintf("%s/%d", r.Subject, r.Version))
			if len(r.Matches) == 0 {
				t.Errorf("%s: %s says not what matched", name, r.Subject)
			}
		}
		if !slices.Equal(found, c.want) {
			t.Errorf("%s: %v, want %v", name, found, c.want)
		}
	}
	_, err := h.admin.Search(bg, client.SearchQuery{})
	refused(t, "no term", err, 422, 42264)
	hidden, err := h.as("v", nil, [2]string{"viewer", "users-*"}).Search(bg, client.SearchQuery{Field: "*sku*"})
	if must(t, hidden, err); len(hidden.Results) != 1 || hidden.Results[0].Subject != "users-value" {
		t.Errorf("hidden subjects are found: %+v", hidden)
	}
	var pages []string
	for q := (client.SearchQuery{Name: "*", Limit: 1}); ; {
		page, err := h.admin.Search(bg, q)
		must(t, page, err)
		for _, r := range page.Results {
			pages = append(pages, r.Subject)
		}
		if q.Cursor = page.Next; q.Cursor == "" || len(pages) > 10 {
			break
		}
	}
	if !slices.Equal(pages, []string{"orders-value", "users-value", ":.pay:orders-value"}) {
		t.Errorf("pages %v", pages)
	}
}
