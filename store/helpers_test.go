package store_test

import (
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/instar-registry/instar/registry"
)

func sum(s string) registry.Hash { return sha256.Sum256([]byte(s)) }

// mustBe checks the class of an error; nil stands for none of them, a bug.
func mustBe(t *testing.T, err, class error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, c := range []error{
		registry.ErrUnavailable, registry.ErrDiskFull, registry.ErrUnknownOutcome, registry.ErrReplaced,
	} {
		if errors.Is(err, c) != (c == class) { //nolint:errorlint // compares two sentinels
			t.Errorf("the error %v is of class %q: %v", err, c, errors.Is(err, c))
		}
	}
}
