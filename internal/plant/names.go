package plant

// The bugs, each a mistake that a registry on a log could make.
const (
	NoSecondDecide    = "no-second-decide"     // the head lock is taken, the decision of before is kept
	FalseNotFound     = "false-404"            // a miss is believed without asking the head
	WakeTwice         = "wake-applied-twice"   // newer records are applied once more
	StaleConfig       = "stale-config"         // configuration is read from the state before newer records
	VersionIsCount    = "version-is-count"     // next version = number of versions + 1
	DigestIgnored     = "digest-ignored"       // a repeated request id answers whatever was recorded
	SnapshotMislabels = "snapshot-wrong-seq"   // a snapshot is labelled with another sequence
	UnknownIsFailure  = "unknown-is-failure"   // an unknown outcome is called a failure
	AckBeforeCommit   = "ack-before-commit"    // the answer goes out before the transaction ends
	GapSkipped        = "follower-skips-a-gap" // the chain of what is read is not verified
)
