package conformance

import (
	"fmt"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
)

// TestNoFalseNotFound registers through one of two nodes and reads what was
// acknowledged from the other at once, by clients that know nothing of
// sequences. "Not found" must never be the answer.
func TestNoFalseNotFound(t *testing.T) {
	b := balanced(t, false)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			cl, err := sr.NewClient(sr.URLs(b.URL))
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 50 {
				if err := readOwnWrite(t, cl, fmt.Sprintf("w%d-%d", worker, i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func readOwnWrite(t *testing.T, cl *sr.Client, subject string) error {
	ctx := t.Context()
	s := sr.Schema{Schema: fmt.Sprintf(`{"type":"enum","name":"E","doc":%q,"symbols":["A"]}`, subject)}
	id, err := cl.RegisterSchema(ctx, subject, s, -1, -1)
	if err != nil {
		return fmt.Errorf("register %s: %w", subject, err)
	}
	for what, read := range map[string]func() error{
		"by id":      func() error { _, err := cl.SchemaByID(ctx, id); return err },
		"text by id": func() error { _, err := cl.SchemaTextByID(ctx, id); return err },
		"usages":     func() error { _, err := cl.SchemaVersionsByID(ctx, id); return err },
		"latest":     func() error { _, err := cl.SchemaByVersion(ctx, subject, -1); return err },
		"version":    func() error { _, err := cl.SchemaByVersion(ctx, subject, 1); return err },
		"versions":   func() error { _, err := cl.SubjectVersions(ctx, subject); return err },
		"lookup":     func() error { _, err := cl.LookupSchema(ctx, subject, s); return err },
		"check":      func() error { _, err := cl.CheckCompatibility(ctx, subject, 1, s); return err },
	} {
		if err := read(); err != nil {
			return fmt.Errorf("%s of %s right after its registration as id %d: %w", what, subject, id, err)
		}
	}
	return nil
}
