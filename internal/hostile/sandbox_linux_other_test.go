//go:build linux && !amd64 && !arm64

package hostile

// There is no list for this machine; the test says so and is skipped.
const (
	sandboxArch = 0
	sysSeccomp  = 0
)

var sandboxCalls []uint32
