//go:build !linux

package nodetest

import "syscall"

// childAttributes asks for nothing: only Linux can end a child with its parent.
func childAttributes() *syscall.SysProcAttr { return nil }
