package registry

import (
	"encoding/json"
	"slices"
	"sync"

	"github.com/tidwall/btree"
)

// State is everything the registry knows at one sequence, texts apart. It is a
// value in the functional sense: [State.Fork] is O(1), a fork shares all it does
// not change, and a state that was published is never changed again, so readers
// need no lock.
type State struct {
	head      Head
	subjects  *btree.Map[string, *Subject]   // by Name.key
	contexts  *btree.Map[string, *Context]   // by context name
	guids     *btree.Map[string, *guidEntry] // by the 16 bytes of the GUID
	referrer  *btree.Map[string, []Referrer] // by Name.key of the referenced subject
	configs   *btree.Map[string, *Config]    // by Name.key of the scope
	modes     *btree.Map[string, string]     // by Name.key of the scope
	tokens    *btree.Map[string, *Token]
	grants    *btree.Map[string, *Grant]
	receipts  *btree.Map[string, *receipt]   // by principal, NUL, key
	order     *btree.Map[int64, string]      // receipts by sequence, for trimming
	texts     *btree.Map[string, int]        // versions and documents by text hash
	upcasters *btree.Map[string, *Upcasters] // by Name.key
	counters  Counters
	access    int64             // sequence of the last change of tokens or grants
	own       map[*Context]bool // contexts this fork has already copied
	sealer    *Sealer           // opens sensitive metadata; not part of the state
	forking   *sync.Mutex       // copying a tree touches its owner mark
	aside     bool              // see ForkAside
}

// maxReceipts is how many receipts are kept for repeated requests.
const maxReceipts = 65536

type receipt struct {
	seq     int64
	strong  bool
	digest  string
	outcome json.RawMessage
}

// Subject is a subject with all its versions, soft-deleted ones included, in
// ascending order.
type Subject struct {
	Name     Name
	Versions []Version
}

// Version is one registered version of a subject.
type Version struct {
	Number  int
	ID      int64
	At      int64 // µs since 1970
	Seq     int64 // sequence of the change that registered it
	Deleted bool
	Content *Content
	// Inherited is nil unless versions right before it were deleted for good.
	Inherited *Inherited
}

// Context is a context with its ids. A context that is not listed may still hold
// an id counter and bindings.
type Context struct {
	Name   string
	Listed bool
	MaxID  int64 // highest id ever bound
	ids    *btree.Map[int64, *Binding]
}

// Binding is what an id of a context stands for, and the versions that use it.
type Binding struct {
	ID      int64
	At      int64 // when it was first bound, µs since 1970
	Content *Content
	Uses    []Use
}

// Use is a version that carries an id.
type Use struct {
	Subject string
	Version int
}

// Referrer is a version that references another one.
type Referrer struct {
	Target  int // referenced version
	Name    Name
	Version int
}

type guidEntry struct {
	content *Content
	ids     []ContextID
}

// ContextID is an id in its context.
type ContextID struct {
	Context string
	ID      int64
}

// Token is an API token without its secret.
type Token TokenCreated

// Grant allows a principal or group a role on a pattern of subjects.
type Grant struct {
	Principal, Role, Pattern string
}

// Counters count changes since the log began.
type Counters struct {
	Registered, Deleted               int64
	CreatedByFormat, DeletedByFormat  [4]int64 // by schema.Format
	LiveByFormat, SoftDeletedByFormat [4]int64
}

// NewState returns the state before the first change.
func NewState() *State {
	return &State{
		subjects: btree.NewMap[string, *Subject](32), contexts: btree.NewMap[string, *Context](32),
		guids: btree.NewMap[string, *guidEntry](32), referrer: btree.NewMap[string, []Referrer](32),
		configs: btree.NewMap[string, *Config](32), modes: btree.NewMap[string, string](32),
		tokens: btree.NewMap[string, *Token](32), grants: btree.NewMap[string, *Grant](32),
		receipts: btree.NewMap[string, *receipt](32), order: btree.NewMap[int64, string](32),
		texts: btree.NewMap[string, int](32), upcasters: btree.NewMap[string, *Upcasters](32), forking: &sync.Mutex{},
		own: map[*Context]bool{},
	}
}

// Fork returns a copy that can be changed without changing st. It is safe for
// concurrent use with readers and other forks.
func (st *State) Fork() *State {
	st.forking.Lock()
	defer st.forking.Unlock()
	out := *st
	out.subjects, out.contexts, out.guids = st.subjects.Copy(), st.contexts.Copy(), st.guids.Copy()
	out.referrer, out.configs, out.modes = st.referrer.Copy(), st.configs.Copy(), st.modes.Copy()
	out.tokens, out.grants = st.tokens.Copy(), st.grants.Copy()
	out.receipts, out.order, out.texts = st.receipts.Copy(), st.order.Copy(), st.texts.Copy()
	out.upcasters = st.upcasters.Copy()
	out.own, out.forking = map[*Context]bool{}, &sync.Mutex{}
	return &out
}

// ForkAside returns a copy for changes that will never be published. States of
// the published line grow lists in their shared spare room, which a copy beside
// it must not touch.
func (st *State) ForkAside() *State {
	out := st.Fork()
	out.aside = true
	return out
}

// extended returns a list with one element more. In the published line the older
// states end before it, so that spare room may be shared.
func extended[T any](st *State, list []T, x T) []T {
	if st.aside {
		list = slices.Clip(list)
	}
	return append(list, x)
}

// Head returns the end of the log that the state reflects.
func (st *State) Head() Head { return st.head }

// Seq returns the sequence that the state reflects.
func (st *State) Seq() int64 { return st.head.Seq }

// Counters returns the counts of changes so far.
func (st *State) Counters() Counters { return st.counters }

// Subject returns a subject, soft-deleted ones included, or nil.
func (st *State) Subject(n Name) *Subject {
	s, _ := st.subjects.Get(n.key())
	return s
}

// Latest returns the newest live version, or nil.
func (s *Subject) Latest() *Version {
	if s == nil {
		return nil
	}
	for i := len(s.Versions) - 1; i >= 0; i-- {
		if !s.Versions[i].Deleted {
			return &s.Versions[i]
		}
	}
	return nil
}

// Version returns a version by number, soft-deleted or not, or nil.
func (s *Subject) Version(number int) *Version {
	if s == nil {
		return nil
	}
	i, ok := slices.BinarySearchFunc(s.Versions, number, func(v Version, n int) int { return v.Number - n })
	if !ok {
		return nil
	}
	return &s.Versions[i]
}

// Highest returns the highest version number, soft-deleted ones included, or 0.
func (s *Subject) Highest() int {
	if s == nil || len(s.Versions) == 0 {
		return 0
	}
	return s.Versions[len(s.Versions)-1].Number
}

// Live returns the live versions, newest first.
func (s *Subject) Live() []*Version {
	if s == nil {
		return nil
	}
	var out []*Version
	for i := len(s.Versions) - 1; i >= 0; i-- {
		if !s.Versions[i].Deleted {
			out = append(out, &s.Versions[i])
		}
	}
	return out
}

// Binding returns what an id stands for, or nil. A binding without uses is
// reserved: its id is not served and not given out again.
func (st *State) Binding(context string, id int64) *Binding {
	c := st.Context(context)
	if c == nil {
		return nil
	}
	b, _ := c.ids.Get(id)
	return b
}

// Context returns a context, listed or not, or nil.
func (st *State) Context(name string) *Context {
	c, _ := st.contexts.Get(name)
	return c
}

// IDOf returns the lowest id of a content in a context, or 0. A GUID names one
// content, so its ids are the content's.
func (st *State) IDOf(context string, c *Content) int64 {
	e, ok := st.guids.Get(string(c.GUID[:]))
	if !ok || e.content.Identity != c.Identity {
		return 0
	}
	var lowest int64
	for _, at := range e.ids {
		if at.Context == context && (lowest == 0 || at.ID < lowest) {
			lowest = at.ID
		}
	}
	return lowest
}

// ByGUID returns the content that a GUID names and where it is bound; nil if
// the GUID is unknown.
func (st *State) ByGUID(g GUID) (*Content, []ContextID) {
	e, ok := st.guids.Get(string(g[:]))
	if !ok {
		return nil, nil
	}
	return e.content, e.ids
}

// Config returns the own entry of a scope, or nil.
func (st *State) Config(scope Name) *Config {
	c, _ := st.configs.Get(scope.key())
	return c
}

// Mode returns the own mode of a scope, or "".
func (st *State) Mode(scope Name) string {
	m, _ := st.modes.Get(scope.key())
	return m
}

// EffectiveMode returns the mode in force for a name. FORWARD on the global
// scope overrides everything below it.
func (st *State) EffectiveMode(n Name) string {
	for _, scope := range st.scopes(n) {
		if m := st.Mode(scope); m != "" {
			return m
		}
	}
	return "READWRITE"
}

// Referrers returns the versions that reference a version of a subject, sorted
// as they were registered.
func (st *State) Referrers(n Name, version int) []Referrer {
	all, _ := st.referrer.Get(n.key())
	var out []Referrer
	for _, r := range all {
		if r.Target == version {
			out = append(out, r)
		}
	}
	return out
}

// isLive reports whether the referring version is not soft-deleted.
func (st *State) isLive(r Referrer) bool {
	v := st.Subject(r.Name).Version(r.Version)
	return v != nil && !v.Deleted
}

// Subjects yields subjects in order of context, then name, from the first whose
// key is at least that of "from".
func (st *State) Subjects(from Name, yield func(*Subject) bool) {
	st.subjects.Ascend(from.key(), func(_ string, s *Subject) bool { return yield(s) })
}

// SubjectsIn yields the subjects of one context whose names start with prefix.
func (st *State) SubjectsIn(context, prefix string, yield func(*Subject) bool) {
	st.Subjects(Name{context, prefix}, func(s *Subject) bool {
		if s.Name.Context != context || len(s.Name.Subject) < len(prefix) || s.Name.Subject[:len(prefix)] != prefix {
			return false
		}
		return yield(s)
	})
}

// Contexts returns the names of the listed contexts in order, the default
// context first.
func (st *State) Contexts() []string {
	out := []string{DefaultContext}
	st.contexts.Scan(func(name string, c *Context) bool {
		if c.Listed && name != DefaultContext {
			out = append(out, name)
		}
		return true
	})
	return out
}

// Sizes returns how many subjects and distinct contents the state holds.
func (st *State) Sizes() (subjects, contents int) { return st.subjects.Len(), st.guids.Len() }

// Tokens returns all tokens by name.
func (st *State) Tokens() []*Token { return st.tokens.Values() }

// Token returns a token by name, or nil.
func (st *State) Token(name string) *Token {
	t, _ := st.tokens.Get(name)
	return t
}

// Grants returns all grants in a fixed order.
func (st *State) Grants() []*Grant { return st.grants.Values() }

// ScopedConfigs yields every configuration entry with its scope.
func (st *State) ScopedConfigs(yield func(Name, *Config) bool) {
	st.configs.Scan(func(k string, c *Config) bool { return yield(nameOfKey(k), c) })
}

// ScopedModes yields every mode with its scope.
func (st *State) ScopedModes(yield func(Name, string) bool) {
	st.modes.Scan(func(k string, m string) bool { return yield(nameOfKey(k), m) })
}

// IDs yields the bindings of the context in order of id.
func (c *Context) IDs(yield func(*Binding) bool) {
	c.ids.Scan(func(_ int64, b *Binding) bool { return yield(b) })
}

// Alias follows the alias of a subject, one hop: an unqualified alias lies in
// the context of the subject. Without one it returns n.
func (st *State) Alias(n Name) Name {
	if n.Subject == "" {
		return n
	}
	if c := st.Config(n); c != nil && c.Alias != "" {
		return In(n.Context, c.Alias)
	}
	return n
}

func nameOfKey(k string) Name {
	for i := 0; i < len(k); i++ {
		if k[i] == 0 {
			return Name{k[:i], k[i+1:]}
		}
	}
	return Name{Context: k}
}

func newContext(name string) *Context {
	return &Context{Name: name, ids: btree.NewMap[int64, *Binding](32)}
}

// context returns the context for changing, made or copied as needed.
func (st *State) context(name string) *Context {
	c, _ := st.contexts.Get(name)
	if c != nil && st.own[c] {
		return c
	}
	if c == nil {
		c = newContext(name)
	} else {
		next := *c
		next.ids = c.ids.Copy()
		c = &next
	}
	st.own[c] = true
	st.contexts.Set(name, c)
	return c
}
