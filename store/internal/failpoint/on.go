//go:build failpoint

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Enabled says whether this binary was built with the tag failpoint.
const Enabled = true

// Variable is the environment variable that says what happens where.
const Variable = "INSTAR_FAILPOINT"

type action struct {
	kill  bool
	sleep time.Duration
	at    int // which visit; 0 is every one
	seen  int
}

var plan = sync.OnceValue(func() map[string]*action {
	p, err := parse(os.Getenv(Variable))
	if err != nil {
		panic(err) // a test that names a wrong point must not pass by doing nothing
	}
	return p
})

var mu sync.Mutex

// Hit does what INSTAR_FAILPOINT asks for at the point.
func Hit(point string) {
	a := plan()[point]
	if a == nil {
		return
	}
	mu.Lock()
	a.seen++
	due := a.at == 0 || a.at == a.seen
	mu.Unlock()
	if !due {
		return
	}
	if a.kill {
		killSelf()
	}
	time.Sleep(a.sleep)
}

// killSelf ends the process as a power cut would: no deferred call runs.
func killSelf() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(fmt.Sprintf("failpoint: kill this process: %v", err))
	}
	select {}
}

func parse(text string) (map[string]*action, error) {
	plan := map[string]*action{}
	if text == "" {
		return plan, nil
	}
	for _, item := range strings.Split(text, ",") {
		name, what, ok := strings.Cut(item, "=")
		if !ok {
			return nil, fmt.Errorf("%s: %q is not point=action", Variable, item)
		}
		a, err := parseAction(what)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", Variable, item, err)
		}
		plan[name] = a
	}
	return plan, nil
}

func parseAction(what string) (*action, error) {
	a := &action{}
	what, at, counted := strings.Cut(what, "@")
	if counted {
		n, err := strconv.Atoi(at)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("the visit %q is not a number from 1", at)
		}
		a.at = n
	}
	if what == "kill" {
		a.kill = true
		return a, nil
	}
	text, ok := strings.CutPrefix(what, "sleep:")
	if !ok {
		return nil, fmt.Errorf("the action %q is neither kill nor sleep:DURATION", what)
	}
	d, err := time.ParseDuration(text)
	a.sleep = d
	return a, err
}
