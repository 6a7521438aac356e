//go:build !linux

package nodetest

import "syscall"

// ChildAttributes asks for nothing: only Linux can end a child with its parent.
func ChildAttributes() *syscall.SysProcAttr { return nil }
