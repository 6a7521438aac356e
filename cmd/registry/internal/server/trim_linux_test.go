package server

import (
	"os"
	"testing"
)

func TestReadOnlyPart(t *testing.T) {
	const exe = "/usr/bin/registry"
	for line, want := range map[string]bool{
		"00400000-011e9000 r-xp 00000000 fe:00 10361461   /usr/bin/registry": true,
		"011e9000-020b6000 r--p 00de9000 fe:00 10361461   /usr/bin/registry": true,
		"020b6000-021a1000 rw-p 01cb6000 fe:00 10361461   /usr/bin/registry": false,
		"011e9000-020b6000 r--p 00de9000 fe:00 10361461   /usr/lib/libc.so":  false,
		"7ffc0000-7ffd0000 rw-p 00000000 00:00 0          [stack]":           false,
		"7f000000-7f001000 r--p 00000000 00:00 0":                            false,
		"nonsense r--p 0 0 0 /usr/bin/registry":                              false,
	} {
		from, length, ok := readOnlyPart(line, exe)
		if ok != want || (ok && (from == 0 || length%4096 != 0)) {
			t.Errorf("%q: %x %x %v, want %v", line, from, length, ok, want)
		}
	}
}

// TestTrimKeepsTheProgramRunning gives the program's pages back and goes on.
func TestTrimKeepsTheProgramRunning(t *testing.T) {
	for range 3 {
		trim()
		if _, err := os.ReadFile("/proc/self/status"); err != nil {
			t.Fatal(err)
		}
	}
}
