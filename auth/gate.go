package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/instar-registry/instar/registry"
)

// The values of the configuration key auth.mode.
const (
	ModeNone     = "none"     // everyone may do everything
	ModeRequired = "required" // credentials and grants decide
)

// Options configure a [Gate].
type Options struct {
	Mode          string
	AnonymousRead bool
	UsersFile     string // empty: none
	// State returns the registry's current state, where tokens and grants live.
	State func() *registry.State
	Clock func() time.Time
	// HashingAtOnce bounds password hashes computed at one time; each takes
	// some 64 MiB.
	HashingAtOnce int
	// FailedLogins per minute, per address and per name; zero means 10.
	FailedLogins int
	Logger       *slog.Logger
	// Attempt, if set, is told of every credential that was checked: the method
	// is "token", "password" or "malformed", the result "ok" or "refused".
	Attempt func(method, result string)
}

// Gate recognises principals. It is safe for concurrent use and starts no
// goroutines.
type Gate struct {
	options Options
	users   *directory // nil without a users file
	failed  *buckets
	rate    Rate
	current atomic.Pointer[access]
	compile sync.Mutex
}

// access is what was compiled from one version of the tokens and grants.
type access struct {
	version   registry.AccessVersion
	grants    map[string]*rules
	tokens    map[[sha256.Size]byte]*tokenEntry
	anonymous *Principal
	users     sync.Map // *user to *Principal
}

type tokenEntry struct {
	hash      [sha256.Size]byte
	name      string // of the token, without "token:"
	until     int64  // µs, 0 = never ends
	principal *Principal
}

// New opens the gate. It reads the users file, whose faults are all named in
// the error.
func New(o Options) (*Gate, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.FailedLogins <= 0 {
		o.FailedLogins = 10
	}
	if o.HashingAtOnce <= 0 {
		o.HashingAtOnce = 2
	}
	g := &Gate{options: o, failed: newBuckets(100_000), rate: Rate{float64(o.FailedLogins) / 60, o.FailedLogins}}
	if o.UsersFile != "" {
		d, err := openDirectory(o.UsersFile, o.Clock, o.HashingAtOnce)
		if err != nil {
			return nil, err
		}
		g.users = d
	}
	return g, nil
}

// Enabled reports whether credentials and grants decide at all.
func (g *Gate) Enabled() bool { return g.options.Mode == ModeRequired }

// Reload reads the users file again. On a fault the users stay as they were.
func (g *Gate) Reload() error {
	if g.users == nil {
		return nil
	}
	return g.users.reload()
}

// Authenticate says who sent a request with these headers from this address.
// The error is an *Unauthenticated and means 401 before anything else: a
// credential that is there but not verifiable never counts as none.
func (g *Gate) Authenticate(h http.Header, address string) (*Principal, error) {
	if !g.Enabled() {
		return everything, nil
	}
	c, err := readCredential(h)
	if err != nil {
		g.attempted("malformed", err)
		return nil, err
	}
	a := g.access()
	var p *Principal
	switch {
	case c == credential{}:
		return a.anonymous, nil
	case c.token != "":
		p, err = g.byToken(a, c)
		g.attempted("token", err)
	default:
		p, err = g.byPassword(a, c, address)
		g.attempted("password", err)
	}
	return p, err
}

func (g *Gate) attempted(method string, err error) {
	if g.options.Attempt == nil {
		return
	}
	result := "ok"
	if err != nil {
		result = "refused"
	}
	g.options.Attempt(method, result)
}

var (
	errUnknownToken = refuse("the token is not known, was revoked or has expired")
	errOtherName    = refuse("the user name is not the name of the token")
	errPassword     = refuse("the user name or the password is wrong")
	errTooManyFails = refuse("too many failed logins; wait a minute")
)

func (g *Gate) byToken(a *access, c credential) (*Principal, error) {
	var room [TokenLength]byte // copied here, the token costs no allocation
	hash := sha256.Sum256(append(room[:0], c.token...))
	e := a.tokens[hash]
	if e == nil || subtle.ConstantTimeCompare(e.hash[:], hash[:]) != 1 {
		return nil, errUnknownToken
	}
	if e.until != 0 && g.options.Clock().UnixMicro() >= e.until {
		return nil, errUnknownToken
	}
	if c.name != "" && c.name != e.name {
		return nil, errOtherName
	}
	return e.principal, nil
}

func (g *Gate) byPassword(a *access, c credential, address string) (*Principal, error) {
	if g.users == nil {
		return nil, errPassword
	}
	if err := g.users.reloadIfChanged(); err != nil {
		g.options.Logger.Warn("users file not reloaded", "err", err)
	}
	u, p := g.users.remembered(c.name, c.password)
	if u == nil {
		now, from, name := g.options.Clock(), "a"+AddressKey(address), "n"+c.name
		if g.failed.peek(from, g.rate, now) > 0 || g.failed.peek(name, g.rate, now) > 0 {
			return nil, errTooManyFails
		}
		if u = g.users.verify(c.name, c.password, p); u == nil {
			g.failed.take(from, g.rate, now)
			g.failed.take(name, g.rate, now)
			return nil, errPassword
		}
	}
	if known, ok := a.users.Load(u); ok {
		return known.(*Principal), nil
	}
	known, _ := a.users.LoadOrStore(u, newPrincipal(a.grants, "user:"+u.name, u.groups))
	return known.(*Principal), nil
}

// access returns tokens and grants of the current state, compiled again only
// when they changed.
func (g *Gate) access() *access {
	st := g.options.State()
	version := st.AccessVersion()
	if a := g.current.Load(); a != nil && a.version == version {
		return a
	}
	g.compile.Lock()
	defer g.compile.Unlock()
	// Taken again: an older state must not replace what a newer one gave.
	st = g.options.State()
	version = st.AccessVersion()
	if a := g.current.Load(); a != nil && a.version == version {
		return a
	}
	a := compileAccess(st, version, g.options.AnonymousRead)
	g.current.Store(a)
	return a
}

func compileAccess(st *registry.State, version registry.AccessVersion, anonymousRead bool) *access {
	a := &access{version: version, grants: compileGrants(st.Grants()), tokens: map[[sha256.Size]byte]*tokenEntry{}}
	if anonymousRead {
		r := a.grants[anonymousName]
		if r == nil {
			r = &rules{}
			a.grants[anonymousName] = r
		}
		r.everywhere |= Read
	}
	a.anonymous = newPrincipal(a.grants, anonymousName, nil)
	for _, t := range st.Tokens() {
		p := newPrincipal(a.grants, "token:"+t.Name, t.Groups)
		p.ExpiresAt = t.ExpiresAt
		a.keep(t, t.Hash, t.ExpiresAt, p)
		if t.PreviousHash != "" {
			until := t.PreviousUntil
			if t.ExpiresAt != 0 {
				until = min(until, t.ExpiresAt)
			}
			a.keep(t, t.PreviousHash, max(until, 1), p)
		}
	}
	return a
}

func (a *access) keep(t *registry.Token, hash string, until int64, p *Principal) {
	e := &tokenEntry{name: t.Name, until: until, principal: p}
	if n, err := hex.Decode(e.hash[:], []byte(hash)); err != nil || n != len(e.hash) {
		return // not a hash: nothing can match it
	}
	a.tokens[e.hash] = e
}

// Effective returns the grants that hold for a principal, its groups' included.
func Effective(st *registry.State, p *Principal) []registry.Grant {
	var out []registry.Grant
	for _, g := range st.Grants() {
		own := g.Principal == p.Name
		for _, group := range p.Groups {
			own = own || g.Principal == "group:"+group
		}
		if own {
			out = append(out, *g)
		}
	}
	return out
}
