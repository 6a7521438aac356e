package chaos

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sort"

	"github.com/instar-registry/instar/internal/nodetest"
)

// compare demands that the registry holds what the writer was told, and nothing
// else.
func (w *writer) compare(ctx context.Context, c *nodetest.Client) error {
	for _, s := range w.subjects {
		if err := s.compare(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (s *subject) compare(ctx context.Context, c *nodetest.Client) error {
	live, hidden := s.split()
	all := append(slices.Clone(live), hidden...)
	sort.Ints(all)
	for _, list := range []struct {
		query string
		want  []int
	}{{"", live}, {"?deleted=true", all}} {
		if err := s.compareList(ctx, c, list.query, list.want); err != nil {
			return err
		}
	}
	for n, v := range s.versions {
		if err := s.compareVersion(ctx, c, n, v); err != nil {
			return err
		}
	}
	return s.compareConfig(ctx, c)
}

func (s *subject) compareList(ctx context.Context, c *nodetest.Client, query string, want []int) error {
	a, err := c.Do(ctx, http.MethodGet, "/subjects/"+s.name+"/versions"+query, nil)
	if err != nil {
		return err
	}
	if len(want) == 0 {
		if a.Code() != 40401 {
			return fmt.Errorf("no version%s may be there, listed is %s", query, a)
		}
		return nil
	}
	var got []int
	if err := a.Into(&got); err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("the versions%s are %v, acknowledged were %v", query, got, want)
	}
	return nil
}

func (s *subject) compareVersion(ctx context.Context, c *nodetest.Client, n int, v *version) error {
	a, err := c.Do(ctx, http.MethodGet, fmt.Sprintf("/subjects/%s/versions/%d?deleted=true", s.name, n), nil)
	if err != nil {
		return err
	}
	var got entity
	if err := a.Into(&got); err != nil {
		return err
	}
	if got.ID != v.id || got.Schema != v.text {
		return fmt.Errorf("version %d is %+v, acknowledged was id %d with %s", n, got, v.id, v.text)
	}
	byID, err := c.Do(ctx, http.MethodGet, fmt.Sprintf("/schemas/ids/%d", v.id), nil)
	if err != nil {
		return err
	}
	if err := byID.Into(&got); err != nil {
		return err
	}
	if got.Schema != v.text {
		return fmt.Errorf("id %d names %s, acknowledged was %s", v.id, got.Schema, v.text)
	}
	return nil
}

func (s *subject) compareConfig(ctx context.Context, c *nodetest.Client) error {
	a, err := c.Do(ctx, http.MethodGet, "/config/"+s.name, nil)
	if err != nil {
		return err
	}
	if s.level == "" {
		if a.Code() != 40408 {
			return fmt.Errorf("no config may be there, read is %s", a)
		}
		return nil
	}
	var got struct {
		Level string `json:"compatibilityLevel"`
	}
	if err := a.Into(&got); err != nil {
		return err
	}
	if got.Level != s.level {
		return fmt.Errorf("the level is %s, acknowledged was %s", got.Level, s.level)
	}
	return nil
}
