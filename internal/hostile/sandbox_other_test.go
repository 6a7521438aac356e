//go:build !linux

package hostile

import "errors"

const sandboxArch = 0

func enterSandbox() error {
	return errors.New("only the Linux kernel can confine a process in this way")
}
