package oracle

import (
	"syscall"
	"time"
	"unsafe"
)

// threadClock is CLOCK_THREAD_CPUTIME_ID, which package syscall has no name for;
// its getrusage counts in ticks of milliseconds on some kernels.
const threadClock = 3

// ThreadTime is the processor time that this thread has used, which other work
// on the machine does not lengthen.
func ThreadTime() time.Duration {
	var t syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadClock, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		return 0
	}
	return time.Duration(t.Nano())
}
