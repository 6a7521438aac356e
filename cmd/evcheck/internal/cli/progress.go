package cli

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/instar-registry/instar/lint"
)

// progress tells on standard error how far a run is: after a second, one line
// that is written anew on a terminal, a plain line every ten seconds elsewhere.
type progress struct {
	a        *app
	terminal bool

	mu    sync.Mutex
	began time.Time
	last  time.Time
	shown bool
}

func (a *app) progress() *progress {
	now := a.now()
	return &progress{a: a, terminal: isTerminal(a.stderr), began: now, last: now}
}

func (p *progress) tell(at lint.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.a.now()
	pause := 10 * time.Second
	if p.terminal {
		pause = 100 * time.Millisecond
		if now.Sub(p.began) < time.Second {
			return
		}
	}
	if now.Sub(p.last) < pause {
		return
	}
	p.last, p.shown = now, true
	line := fmt.Sprintf("%s/%s files · %s/%s pairs · %s · %d s", thousands(at.Read), thousands(at.Files), thousands(at.Done), thousands(at.Pairs),
		count(at.Findings, "finding"), int(now.Sub(p.began).Seconds()))
	if p.terminal {
		_, _ = fmt.Fprintf(p.a.stderr, "\r\x1b[K%s", line)
		return
	}
	p.a.say("%s", line)
}

// end clears the line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal && p.shown {
		_, _ = fmt.Fprint(p.a.stderr, "\r\x1b[K")
	}
}

// thousands writes a number with a comma before each three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
