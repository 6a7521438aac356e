package nodetest

import "syscall"

// ChildAttributes makes the kernel end a child with its parent, so that a test
// that is killed leaves no server behind.
func ChildAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
