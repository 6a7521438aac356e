// Package hostile is the table of inputs that were made to hurt a schema
// registry, and the code that mistreats the three schema languages with them.
//
// Each [Case] is one schema, event or frame with the answer that it must get.
// The tests of this package play the whole table in child processes, because
// what hostile input does at its worst (a stack overflow, memory without end, a
// hang) cannot be recovered inside a Go process: once to measure that every
// answer is right, quick and small, and once under a system call filter that
// ends the child if anything opens a file or a socket. Nothing outside tests
// imports this package.
//
// What must never happen here: a case without an expected answer, or one whose
// text is built before it is asked for (the largest take megabytes).
package hostile
