// Package sqllog is the log over SQL: everything that SQLite and PostgreSQL
// have in common, and that is nearly all. The packages store/sqlite and
// store/postgres bring a [DB], a small seam over their driver.
//
// A write is one transaction of this shape, and the order is what makes the
// log correct:
//
//	begin
//	UPDATE head               the lock: from here on nobody else can append
//	SELECT change             everything newer than the caller knows, chain verified
//	decide                    the caller, seeing all of it
//	INSERT change, texts, guards; UPDATE head; notify
//	commit
//
// If the connection is lost around the commit, a fresh one takes the head lock,
// which it gets only after the old transaction has ended, and compares the
// record at our first sequence with ours. So the outcome is found out instead
// of guessed.
//
// SQL in this package numbers its parameters in the order in which they appear
// and repeats none, because SQLite's driver counts appearances.
package sqllog
