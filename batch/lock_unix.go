//go:build unix

package batch

import (
	"os"
	"syscall"
)

// lock keeps a second run off a file; the end of the process releases it.
func lock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
