package hostile

import "syscall"

// The identity of the machine and the calls that package syscall is too old for.
const (
	sandboxArch = 0xc000003e // AUDIT_ARCH_X86_64
	sysSeccomp  = 317
)

var sandboxCalls = []uint32{
	syscall.SYS_READ, syscall.SYS_WRITE, syscall.SYS_CLOSE, // of what is open
	syscall.SYS_MMAP, syscall.SYS_MUNMAP, syscall.SYS_MPROTECT, syscall.SYS_MADVISE, syscall.SYS_MINCORE, syscall.SYS_BRK,
	syscall.SYS_FUTEX, syscall.SYS_SCHED_YIELD, syscall.SYS_NANOSLEEP, syscall.SYS_CLOCK_GETTIME, syscall.SYS_CLOCK_NANOSLEEP, syscall.SYS_GETTIMEOFDAY,
	syscall.SYS_CLONE, 435 /* clone3 */, syscall.SYS_EXIT, syscall.SYS_EXIT_GROUP, syscall.SYS_SET_ROBUST_LIST, 334, /* rseq */
	syscall.SYS_RT_SIGACTION, syscall.SYS_RT_SIGPROCMASK, syscall.SYS_RT_SIGRETURN, syscall.SYS_SIGALTSTACK, syscall.SYS_RESTART_SYSCALL,
	syscall.SYS_GETTID, syscall.SYS_TGKILL, syscall.SYS_GETPID, syscall.SYS_GETRUSAGE, syscall.SYS_SCHED_GETAFFINITY,
	syscall.SYS_EPOLL_PWAIT, syscall.SYS_EPOLL_CTL, 318, /* getrandom */
}
