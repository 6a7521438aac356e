// Package rx decides questions about the languages of regular expressions: is
// there a string that matches these patterns and not those, within that length,
// and outside that list; which is the shortest; how many are there. Package
// contain asks them about "pattern", "minLength", "enum" and about the names of
// properties.
//
// [Parse] reads the dialect of JSON Schema, ECMA-262 with the u flag, into a
// [Pattern]. A [Lang] combines patterns, word lists and length windows by
// [And], [Or] and [Not]. A [Solver] answers questions about a Lang and keeps
// the automata it has built for the next question.
//
// A word is a sequence of Unicode scalar values; its length counts them. A
// pattern is not anchored: its language is that of all words that contain a
// match.
//
// The parser is our own and so is the program it compiles to, not that of
// regexp/syntax, because look-around, line ends other than \n and repeats above
// 1,000 have no form there. The tests hold it to package regexp.
//
// What must never happen here: a wrong answer, a hang, or a stack that grows
// with the input. Every automaton is built state by state and is counted
// against [Limits]; beyond them the answer is an error, [ErrStates], [ErrSteps]
// or [ErrLong], never a guess.
package rx
