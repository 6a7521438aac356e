// Package registry is the heart of Instar: subjects, versions, ids, contexts,
// configuration and modes as a pure state machine over an ordered log.
//
// A [Command] is decided against a [State] by [Decide] and becomes [Change]s; a
// change is applied to a state by [State.Apply]. Both are pure. [Service] is the
// only part that waits, retries and talks to a [Log], and the only caller of
// those two that matters: package api calls the service, the packages under
// store implement the log.
//
//	            Decide                  Append                 Apply
//	Command ───────────► []Change ─────────────────► Log ───────────────► State
//	    ▲                    │                                              │
//	    └─ refused: *Error ──┘                       read by everyone ◄─────┘
//
// What must never happen here: a decision that depends on anything but its
// arguments (no clock, randomness or network below Service), a change to a state
// that was published, or an answer that claims more than is known about a
// write. If you look for why a registration was refused, read
// decide_register.go; for how concurrent writers are kept apart, write.go; for
// what survives in the log, change.go.
package registry
