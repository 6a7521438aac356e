package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/instar-registry/instar/registry"
)

// world is a gate over a state that tests change.
type world struct {
	t    *testing.T
	st   *registry.State
	now  time.Time
	gate *Gate
	seq  int64
}

func newWorld(t *testing.T, edit func(*Options)) *world {
	t.Helper()
	w := &world{t: t, st: registry.NewState(), now: time.Unix(1_700_000_000, 0)}
	o := Options{Mode: ModeRequired, State: func() *registry.State { return w.st }, Clock: func() time.Time { return w.now }}
	if edit != nil {
		edit(&o)
	}
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w.gate = g
	return w
}

func (w *world) apply(changes ...registry.Change) {
	w.t.Helper()
	w.st = w.st.Fork()
	for _, c := range changes {
		w.seq++
		if err := w.st.Apply(c, w.seq, w.now.UnixMicro()); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) token(name string, edit func(*registry.TokenCreated)) string {
	secret := NewToken()
	c := registry.TokenCreated{Name: name, Hash: HashToken(secret)}
	if edit != nil {
		edit(&c)
	}
	w.apply(c)
	return secret
}

func (w *world) grant(principal string, role Role, pattern string) {
	w.apply(registry.GrantChanged{Principal: principal, Role: string(role), Pattern: pattern})
}

func header(values ...string) http.Header { return http.Header{"Authorization": values} }

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

func (w *world) must(h http.Header) *Principal {
	w.t.Helper()
	p, err := w.gate.Authenticate(h, "192.0.2.1")
	if err != nil {
		w.t.Fatalf("refused: %v", err)
	}
	return p
}

func (w *world) refused(h http.Header, text string) {
	w.t.Helper()
	p, err := w.gate.Authenticate(h, "192.0.2.1")
	var un *Unauthenticated
	if !errors.As(err, &un) {
		w.t.Fatalf("not refused: %v %v", p, err)
	}
	if !strings.Contains(err.Error(), text) {
		w.t.Fatalf("refused with %q, want %q", err, text)
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t, nil)
	secret := w.token("ci", func(c *registry.TokenCreated) { c.Groups = []string{"build"} })
	if p := w.must(header("Bearer " + secret)); p.Name != "token:ci" || p.Groups[0] != "build" {
		t.Errorf("principal %+v", p)
	}
	if p := w.must(header(basic("ci", secret))); p.Name != "token:ci" {
		t.Errorf("principal %+v", p)
	}
	w.must(header("bearer   " + secret))
	w.refused(header(basic("other", secret)), "not the name of the token")
	w.refused(header("Bearer "+NewToken()), "not known")
	wrong := secret[:20] + flip(secret[20]) + secret[21:]
	w.refused(header("Bearer "+wrong), "checksum")
	w.refused(header("Bearer "+secret[:40]), "form")
	w.refused(header("Bearer "+strings.Replace(secret, "instar_", "instar-", 1)), "form")

	w.apply(registry.TokenRevoked{Name: "ci"})
	w.refused(header("Bearer "+secret), "revoked")
}

func flip(c byte) string {
	if c == 'a' {
		return "b"
	}
	return "a"
}

func TestTokenExpiryAndRotation(t *testing.T) {
	w := newWorld(t, nil)
	old := w.token("ci", func(c *registry.TokenCreated) { c.ExpiresAt = w.now.Add(time.Hour).UnixMicro() })
	w.now = w.now.Add(time.Hour - time.Microsecond)
	w.must(header("Bearer " + old))
	w.now = w.now.Add(time.Microsecond)
	w.refused(header("Bearer "+old), "expired")

	next := w.token("ci", func(c *registry.TokenCreated) {
		c.PreviousHash, c.PreviousUntil = HashToken(old), w.now.Add(time.Minute).UnixMicro()
	})
	w.must(header("Bearer " + old))
	w.must(header("Bearer " + next))
	w.now = w.now.Add(time.Minute)
	w.refused(header("Bearer "+old), "expired")
	w.must(header("Bearer " + next))
}

func TestCredentialFaults(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.AnonymousRead = true })
	secret := w.token("ci", nil)
	for text, values := range map[string][]string{
		"two Authorization headers": {"Bearer " + secret, "Bearer " + secret},
		"header is empty":           {""},
		"not supported":             {"Digest x"},
		"token is missing":          {"Bearer "},
		"valid base64":              {"Basic %%%"},
		"no colon":                  {"Basic " + base64.StdEncoding.EncodeToString([]byte("ci"))},
		"no user name":              {basic("", "x")},
		"no password":               {basic("x", "")},
		"valid UTF-8":               {basic("x", "\xff")},
		"too long":                  {"Bearer " + strings.Repeat("x", MaxCredentialBytes)},
		"is wrong":                  {basic("x", "y")},
		"form of an API token":      {"Bearer eyJhbGciOiJub25lIn0.e30."},
	} {
		w.refused(header(values...), text)
	}
	if p := w.must(http.Header{}); !p.Anonymous() {
		t.Errorf("principal %+v", p)
	}
}

func TestAnonymous(t *testing.T) {
	name := registry.ParseName("orders-value")
	w := newWorld(t, nil)
	p := w.must(http.Header{})
	if p.Allow(Read, name) || p.Allow(Known, name) || !p.Allow(Public, name) {
		t.Error("anonymous has rights without auth.anonymous-read")
	}
	w.grant("anonymous", RoleViewer, "open-*")
	p = w.must(http.Header{})
	if !p.Allow(Read, registry.ParseName("open-x")) || p.Allow(Read, name) {
		t.Error("grants to anonymous do not hold")
	}
	w = newWorld(t, func(o *Options) { o.AnonymousRead = true })
	p = w.must(http.Header{})
	if !p.Allow(Read, name) || p.Allow(Register, name) || !p.SeesEverything() {
		t.Error("auth.anonymous-read is not viewer on everything")
	}
	w = newWorld(t, func(o *Options) { o.Mode = ModeNone })
	p = w.must(header("Bearer nonsense"))
	if !p.Allow(Admin, registry.Name{Context: registry.GlobalContext}) || p.Actor("192.0.2.7") != "anonymous@192.0.2.7" {
		t.Error("without access control not everything is allowed")
	}
}

func TestRolesAndActions(t *testing.T) {
	inside, outside := registry.ParseName(":.pay:orders-value"), registry.ParseName(":.pay:users-value")
	global := registry.Name{Context: registry.GlobalContext}
	actions := []Action{Read, Register, Steward, Admin, Migrate}
	for role, want := range map[Role]string{
		RoleViewer: "10000", RolePublisher: "11000", RoleSteward: "11100", RoleAdmin: "11111", RoleMigrator: "10001",
	} {
		w := newWorld(t, nil)
		w.grant("group:team", role, ":.pay:orders-*")
		narrow := w.must(header("Bearer " + w.token("narrow", func(c *registry.TokenCreated) { c.Groups = []string{"team"} })))
		w.grant("token:wide", role, ":*:*")
		wide := w.must(header("Bearer " + w.token("wide", nil)))
		for i, a := range actions {
			allowed := want[i] == '1'
			if got := narrow.Allow(a, inside); got != allowed {
				t.Errorf("%s %s inside: %v", role, a, got)
			}
			if narrow.Allow(a, outside) || narrow.Allow(a, global) {
				t.Errorf("%s %s outside: allowed", role, a)
			}
			if got := narrow.AllowAnywhere(a); got != allowed {
				t.Errorf("%s %s anywhere: %v", role, a, got)
			}
			wantGlobal := allowed && (a != Steward || role == RoleAdmin)
			if got := wide.Allow(a, global); got != wantGlobal {
				t.Errorf("%s %s on the global scope: %v", role, a, got)
			}
		}
	}
}

func TestGrantsOfUnknownKindsGrantNothing(t *testing.T) {
	w := newWorld(t, nil)
	w.grant("token:ci", "emperor", ":*:*")
	w.grant("token:ci", RoleAdmin, ":.broken")
	p := w.must(header("Bearer " + w.token("ci", nil)))
	if p.AllowAnywhere(everyGrantable) {
		t.Error("something was granted")
	}
}

func usersFile(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func cheapHash(t *testing.T, password string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

func TestUsers(t *testing.T) {
	argon, err := HashPassword("hunter2")
	if err != nil {
		t.Fatal(err)
	}
	path := usersFile(t, "# people", "", "bob:"+argon+":dev,ops", "eve:"+cheapHash(t, "apple"))
	w := newWorld(t, func(o *Options) { o.UsersFile = path })
	w.grant("group:ops", RoleSteward, "orders-*")
	p := w.must(header(basic("bob", "hunter2")))
	if p.Name != "user:bob" || !p.Allow(Steward, registry.ParseName("orders-x")) {
		t.Errorf("principal %+v", p)
	}
	if again := w.must(header(basic("bob", "hunter2"))); again != p {
		t.Error("the principal was built twice")
	}
	w.must(header(basic("eve", "apple")))
	w.refused(header(basic("eve", "Apple")), "wrong")
	w.refused(header(basic("mallory", "x")), "wrong")

	// A changed file is seen after a while; old proofs end with it.
	if err := os.WriteFile(path, []byte("eve:"+cheapHash(t, "pear")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.must(header(basic("eve", "apple")))
	w.now = w.now.Add(usersEvery)
	w.refused(header(basic("eve", "apple")), "wrong")
	w.must(header(basic("eve", "pear")))
	w.refused(header(basic("bob", "hunter2")), "wrong")

	// A damaged file changes nothing.
	if err := os.WriteFile(path, []byte("eve:plain\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.gate.Reload(); err == nil || !strings.Contains(err.Error(), ":1: user \"eve\"") {
		t.Errorf("reload: %v", err)
	}
	w.must(header(basic("eve", "pear")))
}

func TestUsersFileFaults(t *testing.T) {
	good := cheapHash(t, "x")
	path := usersFile(t, "a:"+good, "a:"+good, "b", ":"+good, "c:md5", "d:"+good+":g:h", "e e:"+good,
		"f:$argon2id$v=19$m=9999999,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5a2V5", "g:$argon2id$v=19$m=64,t=1,p=1$!$!",
		"h:$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5", "i:$2b$10$short")
	_, err := New(Options{Mode: ModeRequired, UsersFile: path})
	if err == nil {
		t.Fatal("accepted")
	}
	for n := 2; n <= 11; n++ {
		if !strings.Contains(err.Error(), fmt.Sprintf(":%d: ", n)) {
			t.Errorf("line %d is not named in:\n%v", n, err)
		}
	}
	if _, err := New(Options{Mode: ModeRequired, UsersFile: path + "-missing"}); err == nil {
		t.Error("a missing file was accepted")
	}
}

func TestFailedLogins(t *testing.T) {
	path := usersFile(t, "bob:"+cheapHash(t, "right"), "eve:"+cheapHash(t, "apple"))
	w := newWorld(t, func(o *Options) { o.UsersFile = path; o.FailedLogins = 3 })
	w.must(header(basic("bob", "right"))) // remembered from here on
	for range 3 {
		w.refused(header(basic("bob", "guess")), "wrong")
	}
	w.refused(header(basic("bob", "guess")), "too many")
	w.refused(header(basic("eve", "apple")), "too many") // the address is locked
	w.must(header(basic("bob", "right")))                // but not those known already
	if _, err := w.gate.Authenticate(header(basic("eve", "apple")), "198.51.100.2"); err != nil {
		t.Errorf("another address: %v", err)
	}
	if _, err := w.gate.Authenticate(header(basic("bob", "guess")), "198.51.100.3"); !errors.Is(err, errTooManyFails) {
		t.Errorf("the name is not locked at other addresses: %v", err)
	}
	w.now = w.now.Add(21 * time.Second)
	w.refused(header(basic("eve", "wrong")), "wrong")
}

type fakeRegistry struct {
	w     *world
	calls int
}

func (f *fakeRegistry) State() *registry.State { return f.w.st }

func (f *fakeRegistry) Batch(_ context.Context, _ registry.By, b registry.Batch) ([]any, error) {
	f.calls++
	for _, c := range b.Commands {
		switch c := c.(type) {
		case registry.CreateToken:
			f.w.apply(registry.TokenCreated{Name: c.Name, Hash: c.Hash})
		case registry.ChangeGrant:
			f.w.apply(registry.GrantChanged{Principal: c.Grant.Principal, Role: c.Grant.Role, Pattern: c.Grant.Pattern})
		}
	}
	return nil, nil
}

func TestBootstrap(t *testing.T) {
	w := newWorld(t, nil)
	r := &fakeRegistry{w: w}
	if _, err := Bootstrap(context.Background(), r, usersFile(t, "not a token")); err == nil {
		t.Error("a file without a token was accepted")
	}
	secret := NewToken()
	file := usersFile(t, secret, "")
	for i, want := range []bool{true, false} {
		got, err := Bootstrap(context.Background(), r, file)
		if err != nil || got != want {
			t.Fatalf("call %d: %v %v", i, got, err)
		}
	}
	if r.calls != 1 {
		t.Errorf("%d writes", r.calls)
	}
	if p := w.must(header("Bearer " + secret)); !p.Allow(Admin, registry.Name{Context: registry.GlobalContext}) {
		t.Error("the first admin is none")
	}
}

func TestCheckGrant(t *testing.T) {
	for _, g := range []registry.Grant{
		{Principal: "token:a", Role: "viewer", Pattern: "*"},
		{Principal: "anonymous", Role: "viewer", Pattern: ":*:*"},
		{Principal: "group:x", Role: "migrator", Pattern: ":.c:*"},
		{Principal: "user:b", Role: "steward", Pattern: "a"},
	} {
		if err := CheckGrant(g); err != nil {
			t.Errorf("%+v: %v", g, err)
		}
	}
	for _, g := range []registry.Grant{
		{Principal: "token:a", Role: "root", Pattern: "*"},
		{Principal: "bob", Role: "viewer", Pattern: "*"},
		{Principal: "token:", Role: "viewer", Pattern: "*"},
		{Principal: "robot:x", Role: "viewer", Pattern: "*"},
		{Principal: "token:a", Role: "viewer", Pattern: ":.c"},
		{Principal: "user:" + strings.Repeat("x", 600), Role: "viewer", Pattern: "*"},
	} {
		var e *registry.Error
		if err := CheckGrant(g); !errors.As(err, &e) {
			t.Errorf("%+v: %v", g, err)
		}
	}
}

func FuzzCredential(f *testing.F) {
	for _, s := range []string{"Basic Y2k6eA==", "Bearer x", "Bearer " + NewToken(), "", "Basic", "basic  ", "Bearer\t", basic("a", "b:c")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		c, err := readCredential(header(value))
		if (c == credential{}) == (err == nil) {
			t.Fatalf("%q: %+v, %v: a credential that is there is read or refused", value, c, err)
		}
		if err != nil {
			var un *Unauthenticated
			if !errors.As(err, &un) {
				t.Fatalf("%q: %T", value, err)
			}
			return
		}
		if c.token != "" {
			if err := CheckToken(c.token); err != nil {
				t.Fatalf("%q: an unchecked token: %v", value, err)
			}
		} else if c.name == "" || c.password == "" {
			t.Fatalf("%q: a part is missing", value)
		}
	})
}

func TestTokenForm(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		token := NewToken()
		if err := CheckToken(token); err != nil || len(token) != 56 || seen[token] {
			t.Fatalf("%q: %v", token, err)
		}
		seen[token] = true
		for i := len(TokenPrefix); i < len(token); i++ {
			if CheckToken(token[:i]+flip(token[i])+token[i+1:]) == nil {
				t.Fatalf("a typo at %d is not seen in %q", i, token)
			}
		}
	}
}

func BenchmarkAuthenticateAndAllow(b *testing.B) {
	st := registry.NewState()
	secret := NewToken()
	seq := int64(0)
	apply := func(c registry.Change) {
		seq++
		if err := st.Apply(c, seq, 0); err != nil {
			b.Fatal(err)
		}
	}
	apply(registry.TokenCreated{Name: "ci", Hash: HashToken(secret)})
	for i := range 10_000 {
		apply(registry.GrantChanged{Principal: "token:ci", Role: "viewer", Pattern: fmt.Sprintf("topic-%d-*", i)})
	}
	g, err := New(Options{Mode: ModeRequired, State: func() *registry.State { return st }})
	if err != nil {
		b.Fatal(err)
	}
	h, name := header("Bearer "+secret), registry.ParseName("topic-7777-orders-value")
	b.ReportAllocs()
	for b.Loop() {
		p, err := g.Authenticate(h, "192.0.2.1")
		if err != nil || !p.Allow(Read, name) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkAllow(b *testing.B) {
	grants := make([]*registry.Grant, 10_000)
	for i := range grants {
		grants[i] = &registry.Grant{Principal: "p", Role: "viewer", Pattern: fmt.Sprintf("topic-%d-*", i)}
	}
	p := newPrincipal(compileGrants(grants), "p", nil)
	name := registry.ParseName("topic-7777-orders-value")
	b.ReportAllocs()
	for b.Loop() {
		if !p.Allow(Read, name) {
			b.Fatal("refused")
		}
	}
}
