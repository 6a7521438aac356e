// Package failpoint lets a test kill or delay a server at a named point of the
// log's work. It is called by the stores between the steps of a transaction.
//
// Without the build tag failpoint every call is empty and costs nothing, so no
// environment variable can ever harm a released binary. With the tag, the
// variable INSTAR_FAILPOINT says what happens where:
//
//	INSTAR_FAILPOINT=commit.before=kill        kill -9 itself when it gets there
//	INSTAR_FAILPOINT=change.insert=kill@17     at the 17th time
//	INSTAR_FAILPOINT=head.after=sleep:250ms    wait there, every time
//	INSTAR_FAILPOINT=a=kill@2,b=sleep:10ms     several, separated by commas
package failpoint

// The points, in the order in which a write passes them.
const (
	BeginBefore    = "begin.before"
	BeginAfter     = "begin.after"
	HeadBefore     = "head.before"
	HeadAfter      = "head.after"
	NewerBefore    = "newer.before"
	NewerAfter     = "newer.after"
	DecideAfter    = "decide.after"
	ChangeInsert   = "change.insert"
	TextDrop       = "text.drop"
	TextInsert     = "text.insert"
	GuardBind      = "guard.bind"
	GuardRelease   = "guard.release"
	GuardAdd       = "guard.add"
	GuardDrop      = "guard.drop"
	HeadMove       = "head.move"
	Notify         = "notify"
	CommitBefore   = "commit.before"
	CommitAfter    = "commit.after"
	SnapshotBegin  = "snapshot.begin"
	SnapshotPart   = "snapshot.part"
	SnapshotPrune  = "snapshot.prune"
	SnapshotCommit = "snapshot.commit"
	MigrateBefore  = "migrate.before"
	MigrateAfter   = "migrate.after"
	OpenLocked     = "open.locked"
	OpenReady      = "open.ready"
)

// Names returns every point of the stores, for tests that visit them all.
func Names() []string {
	return []string{
		BeginBefore, BeginAfter, HeadBefore, HeadAfter, NewerBefore, NewerAfter, DecideAfter,
		ChangeInsert, TextDrop, TextInsert, GuardBind, GuardRelease, GuardAdd, GuardDrop,
		HeadMove, Notify, CommitBefore, CommitAfter,
		SnapshotBegin, SnapshotPart, SnapshotPrune, SnapshotCommit,
		MigrateBefore, MigrateAfter, OpenLocked, OpenReady,
	}
}
