//go:build !linux

package server

import "runtime/debug"

// trim gives back the heap's free pages that only the start needed.
func trim() { debug.FreeOSMemory() }
