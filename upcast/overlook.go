package upcast

// overlook is set by the tests of the prover alone: it names a check and reports
// whether that one is to be left out. A check that may be left out without a test
// noticing it is not held to anything.
var overlook func(check string) bool

func overlooked(check string) bool { return overlook != nil && overlook(check) }
