package cputime

import (
	"testing"
	"time"
)

func TestUsed(t *testing.T) {
	before := Used()
	n := 0
	for start := time.Now(); time.Since(start) < time.Minute && Used()-before < 20*time.Millisecond; n++ {
	}
	if n == 0 || Used()-before < 20*time.Millisecond {
		t.Errorf("%v before, %v after %d rounds", before, Used(), n)
	}
}
