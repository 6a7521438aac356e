//go:build !plant

// Package plant holds the places where a bug can be planted on purpose, to
// prove that the tests would catch it. In every normal build [Is] is the
// constant false and the compiler removes what it guards; with the build tag
// "plant" the environment variable INSTAR_PLANT names the one that is alive.
package plant

// Is reports whether the named bug is planted.
func Is(string) bool { return false }
