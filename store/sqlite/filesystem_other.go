//go:build !linux

package sqlite

// networkFileSystem knows nothing outside Linux, where file systems have no
// common numbers.
func networkFileSystem(string) (string, bool) { return "", false }
