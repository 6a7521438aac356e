package rx

// meter counts what the questions of one solver cost. The first error stays:
// automata whose states were not built because of it must not be believed.
type meter struct {
	limits Limits
	step   func(n int) error
	used   int
	cells  int // what the automata hold, in units of four bytes
	err    error
}

// spend counts n steps and reports whether work may go on.
func (m *meter) spend(n int) bool {
	if m.err != nil {
		return false
	}
	m.used += n
	if m.limits.Steps > 0 && m.used > m.limits.Steps {
		m.err = ErrSteps
		return false
	}
	if m.step != nil {
		m.err = m.step(n)
	}
	return m.err == nil
}

// give ends the question; an earlier error is kept.
func (m *meter) give(err error) {
	if m.err == nil {
		m.err = err
	}
}

// maxCells bounds the memory of the automata of one solver, to some 32 MiB and
// half as much again for what finds them.
const maxCells = 1 << 23

// hold counts memory, and ends the question if there is none left.
func (m *meter) hold(cells int) {
	if m.cells += cells; m.cells > maxCells {
		m.give(ErrStates)
	}
}
