package registry

import (
	"context"
	"slices"
)

// Prefetch brings texts into memory with one question to the store, so that a
// list of schemas does not ask for each of them. Texts that are in memory
// already cost nothing; more than fit push out others.
func (s *Service) Prefetch(ctx context.Context, hashes []Hash) error {
	var missing []Hash
	for _, h := range hashes {
		if _, ok := s.shelf.Text(h); !ok {
			missing = append(missing, h)
		}
	}
	slices.SortFunc(missing, func(a, b Hash) int { return slices.Compare(a[:], b[:]) })
	missing = slices.Compact(missing)
	const page = 500
	for len(missing) > 0 {
		n := min(page, len(missing))
		if err := s.load(ctx, missing[:n]); err != nil {
			return err
		}
		missing = missing[n:]
	}
	return nil
}
