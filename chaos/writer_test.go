package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sort"

	"github.com/instar-registry/instar/internal/nodetest"
)

// A writer owns a few subjects, so it knows what every command must answer and
// what must be there after a kill. It has at most one command whose outcome it
// does not know; that one it repeats, with the same key, until it is answered.
type writer struct {
	name     string
	rnd      *rand.Rand
	subjects []*subject
	count    int      // commands so far; the idempotency keys come from it
	pending  *command // sent, never answered
	tally    *tally
}

// tally counts what a kill test did.
type tally struct {
	acknowledged, repeated, replayed int
}

// subject is what a writer knows about one of its subjects.
type subject struct {
	name     string
	versions map[int]*version
	ids      map[string]int // of every text that ever had one here
	level    string         // "" without own config
	imports  bool           // whether its mode is IMPORT
	texts    int
}

type version struct {
	id      int
	text    string
	deleted bool
}

// command is a request and what its success means.
type command struct {
	method, path, key string
	body              any
	apply             func(nodetest.Answer) error
}

func newWriter(name string, seed uint64, t *tally) *writer {
	w := &writer{name: name, rnd: rand.New(rand.NewPCG(seed, uint64(len(name)))), tally: t}
	for i := range 3 {
		w.subjects = append(w.subjects, &subject{
			name: fmt.Sprintf("%s-%d", name, i), versions: map[int]*version{}, ids: map[string]int{},
		})
	}
	return w
}

// work sends commands until one is not answered or ctx ends. It returns an error
// only when an answer was wrong.
func (w *writer) work(ctx context.Context, c *nodetest.Client) error {
	for ctx.Err() == nil {
		if w.pending == nil {
			w.pending = w.choose()
		}
		if answered, err := w.send(ctx, c); err != nil || !answered {
			return err
		}
	}
	return nil
}

// settle repeats the command whose outcome is unknown.
func (w *writer) settle(ctx context.Context, c *nodetest.Client) error {
	if w.pending == nil {
		return nil
	}
	w.tally.repeated++
	answered, err := w.send(ctx, c)
	if err == nil && !answered {
		return fmt.Errorf("%s: %s %s is not answered by a registry that nobody kills", w.name, w.pending.method, w.pending.path)
	}
	return err
}

// send sends the pending command. Only its success is an answer; whatever says
// "repeat" leaves it pending, and any refusal is wrong, as no command of a
// writer depends on what others do.
func (w *writer) send(ctx context.Context, c *nodetest.Client) (answered bool, err error) {
	p := w.pending
	a, err := c.Do(ctx, p.method, p.path, p.body, "Idempotency-Key", p.key)
	if err != nil || a.Status == http.StatusServiceUnavailable {
		return false, nil // killed, or starting: nobody knows
	}
	if !a.OK() {
		return false, fmt.Errorf("%s: %s %s answered %s", w.name, p.method, p.path, a)
	}
	if a.Header.Get("Idempotency-Replayed") == "true" {
		w.tally.replayed++
	}
	if err := p.apply(a); err != nil {
		return false, fmt.Errorf("%s: %s %s answered %s: %w", w.name, p.method, p.path, a, err)
	}
	w.tally.acknowledged++
	w.pending = nil
	return true, nil
}

// choose makes the next command that must succeed.
func (w *writer) choose() *command {
	s := w.subjects[w.rnd.IntN(len(w.subjects))]
	w.count++
	c := s.next(w.rnd)
	c.key = fmt.Sprintf("%s-%d", w.name, w.count)
	return c
}

// next weighs registrations highest, but keeps a subject small enough to be
// compared often.
func (s *subject) next(rnd *rand.Rand) *command {
	live, hidden := s.split()
	switch n := rnd.IntN(100); {
	case s.imports:
		return s.leaveImport()
	case len(live) == 0 && len(hidden) > 0 && n < 30:
		return s.enterImport()
	case len(live) == 0 && len(hidden) > 0 && n < 60:
		return s.purgeAll()
	case len(live) > 0 && n < 10, len(live) > 8:
		return s.hideAll()
	case len(live) > 0 && n < 25:
		return s.hide(live[rnd.IntN(len(live))])
	case len(hidden) > 0 && n < 40:
		return s.purge(hidden[rnd.IntN(len(hidden))])
	case n < 48:
		return s.setLevel([]string{"NONE", "BACKWARD", "FULL_TRANSITIVE"}[rnd.IntN(3)])
	case s.level != "" && n < 52:
		return s.dropLevel()
	case len(s.ids) > 0 && n < 65:
		return s.register(s.knownText(rnd))
	default:
		s.texts++
		return s.register(fmt.Sprintf(`{"type":"record","name":"R","doc":"%s %d","fields":[]}`, s.name, s.texts))
	}
}

// split returns the live and the soft-deleted version numbers, ascending.
func (s *subject) split() (live, hidden []int) {
	for n, v := range s.versions {
		if v.deleted {
			hidden = append(hidden, n)
		} else {
			live = append(live, n)
		}
	}
	sort.Ints(live)
	sort.Ints(hidden)
	return live, hidden
}

func (s *subject) knownText(rnd *rand.Rand) string {
	texts := make([]string, 0, len(s.ids))
	for text := range s.ids {
		texts = append(texts, text)
	}
	sort.Strings(texts)
	return texts[rnd.IntN(len(texts))]
}

// register expects the same version for a live text, else the number after the
// highest one that exists, live or hidden, and for ever the same id for a text.
func (s *subject) register(text string) *command {
	return &command{
		method: http.MethodPost, path: "/subjects/" + s.name + "/versions",
		body: schemaBody{Schema: text, SchemaType: "AVRO"},
		apply: func(a nodetest.Answer) error {
			var got entity
			if err := a.Into(&got); err != nil {
				return err
			}
			want, old := 1, 0
			for n, v := range s.versions {
				want = max(want, n+1)
				if v.text == text {
					old = n
				}
			}
			if v := s.versions[old]; v != nil && !v.deleted {
				want = old
			}
			if id, ok := s.ids[text]; ok && id != got.ID {
				return fmt.Errorf("the text had id %d", id)
			}
			if got.Version != want {
				return fmt.Errorf("the version must be %d; the subject has %v", want, s)
			}
			delete(s.versions, old) // a hidden version with the same id makes way
			s.versions[want] = &version{id: got.ID, text: text}
			s.ids[text] = got.ID
			return nil
		},
	}
}

func (s *subject) hide(n int) *command {
	return &command{
		method: http.MethodDelete, path: fmt.Sprintf("/subjects/%s/versions/%d", s.name, n),
		apply: func(nodetest.Answer) error { s.versions[n].deleted = true; return nil },
	}
}

func (s *subject) purge(n int) *command {
	return &command{
		method: http.MethodDelete, path: fmt.Sprintf("/subjects/%s/versions/%d?permanent=true", s.name, n),
		apply: func(nodetest.Answer) error { return s.forget(n) },
	}
}

func (s *subject) hideAll() *command {
	live, _ := s.split()
	return &command{
		method: http.MethodDelete, path: "/subjects/" + s.name,
		apply: func(a nodetest.Answer) error {
			for _, n := range live {
				s.versions[n].deleted = true
			}
			return answersVersions(a, live)
		},
	}
}

func (s *subject) purgeAll() *command {
	_, hidden := s.split()
	return &command{
		method: http.MethodDelete, path: "/subjects/" + s.name + "?permanent=true",
		apply: func(a nodetest.Answer) error {
			if err := answersVersions(a, hidden); err != nil {
				return err
			}
			return s.forget(hidden...)
		},
	}
}

func answersVersions(a nodetest.Answer, want []int) error {
	var got []int
	if err := a.Into(&got); err != nil {
		return err
	}
	sort.Ints(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("the versions must be %v", want)
	}
	return nil
}

// forget removes versions; with the last one goes the subject's own config.
func (s *subject) forget(versions ...int) error {
	for _, n := range versions {
		delete(s.versions, n)
	}
	if len(s.versions) == 0 {
		s.level = ""
	}
	return nil
}

// enterImport also clears what is hidden and releases the ids of it.
func (s *subject) enterImport() *command {
	return &command{
		method: http.MethodPut, path: "/mode/" + s.name, body: map[string]string{"mode": "IMPORT"},
		apply: func(nodetest.Answer) error {
			clear(s.versions)
			clear(s.ids)
			s.imports = true
			return nil
		},
	}
}

func (s *subject) leaveImport() *command {
	return &command{
		method: http.MethodDelete, path: "/mode/" + s.name,
		apply: func(nodetest.Answer) error { s.imports = false; return nil },
	}
}

func (s *subject) setLevel(level string) *command {
	return &command{
		method: http.MethodPut, path: "/config/" + s.name, body: map[string]string{"compatibility": level},
		apply: func(nodetest.Answer) error { s.level = level; return nil },
	}
}

func (s *subject) dropLevel() *command {
	return &command{
		method: http.MethodDelete, path: "/config/" + s.name,
		apply: func(nodetest.Answer) error { s.level = ""; return nil },
	}
}

func (s *subject) String() string {
	live, hidden := s.split()
	return fmt.Sprintf("%s with versions %v and hidden ones %v", s.name, live, hidden)
}
