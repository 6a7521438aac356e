package memory_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/memory"
	"github.com/instar-registry/instar/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) storetest.Store {
		first := memory.New()
		tb.Cleanup(func() { _ = first.Close() })
		return storetest.Store{
			Open: func(tb testing.TB) registry.Log {
				log := first.Node()
				tb.Cleanup(func() { _ = log.Close() })
				return log
			},
			Start:    func(context.Context) (registry.Log, error) { return first.Node(), nil },
			Notifies: true,
		}
	})
}
