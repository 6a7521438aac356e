package rx

// meter counts what the questions of one solver cost. The first error stays:
// automata whose states were not built because of it must not be believed.
type meter struct {
	limits Limits
	step   func(n int) error
	used   int
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
