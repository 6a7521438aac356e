package hostile

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"
)

// The sandbox is a system call filter of the kernel (seccomp), because every
// softer proof has a hole: a replaced dialer or resolver sees only code that
// uses it, an exhausted file limit turns an attempt into an error that a library
// may swallow, and an import list does not see what a dependency reaches
// indirectly. The filter sees each attempt of every thread, whoever makes it and
// by whatever road, and an attempt is not refused but fatal, so it cannot go
// unnoticed: the runtime prints the stack of the guilty goroutine.
//
// It is an allow list: what the Go runtime needs to run, and reading and writing
// what is already open (the pipes to the parent). Everything that could reach
// something new is missing, by name or by handle: files, sockets, programs,
// directories, links, and io_uring.

// Constants of the kernel that package syscall does not have on every platform.
const (
	prSetNoNewPrivs    = 38
	seccompModeFilter  = 1
	seccompFilterTsync = 1
	seccompRetTrap     = 0x00030000
	seccompRetAllow    = 0x7fff0000
	seccompDataNumber  = 0
	seccompDataArch    = 4
	refusedByKernel    = "the kernel does not take the filter: %v"
)

// enterSandbox confines all threads of the process for the rest of its life.
func enterSandbox() error {
	if sandboxArch == 0 {
		return fmt.Errorf("there is no list of system calls for %s", runtime.GOARCH)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf(refusedByKernel, errno)
	}
	filter := program()
	p := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// The thread flag confines the threads that exist already, too.
	if r, _, errno := syscall.RawSyscall(sysSeccomp, seccompModeFilter, seccompFilterTsync, uintptr(unsafe.Pointer(&p))); errno != 0 || r != 0 {
		return fmt.Errorf(refusedByKernel, errno)
	}
	return nil
}

// program is the filter: a foreign architecture or a number that is not listed
// is trapped.
func program() []syscall.SockFilter {
	load := func(offset uint32) syscall.SockFilter {
		return syscall.SockFilter{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS, K: offset}
	}
	answer := func(k uint32) syscall.SockFilter {
		return syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: k}
	}
	skipUnless := func(k uint32) syscall.SockFilter { // run the next instruction only if equal
		return syscall.SockFilter{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jf: 1, K: k}
	}
	skipIf := func(k uint32) syscall.SockFilter {
		return syscall.SockFilter{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jt: 1, K: k}
	}
	f := []syscall.SockFilter{load(seccompDataArch), skipIf(sandboxArch), answer(seccompRetTrap), load(seccompDataNumber)}
	for _, number := range sandboxCalls {
		f = append(f, skipUnless(number), answer(seccompRetAllow))
	}
	return append(f, answer(seccompRetTrap))
}
