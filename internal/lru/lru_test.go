package lru

import "testing"

func TestForgetsWhatWasUsedLongestAgo(t *testing.T) {
	c := New[string, int](3)
	c.Put("a", 1, 1)
	c.Put("b", 2, 1)
	c.Put("c", 3, 1)
	c.Get("a")
	c.Put("d", 4, 1)
	if _, ok := c.Get("b"); ok {
		t.Error("b should have been forgotten")
	}
	for _, k := range []string{"a", "c", "d"} {
		if _, ok := c.Get(k); !ok {
			t.Errorf("%s should still be there", k)
		}
	}
	c.Put("big", 5, 4)
	if _, ok := c.Get("big"); ok || c.Len() != 3 {
		t.Error("a value over the whole budget must not be kept or push others out")
	}
	c.Put("a", 6, 3)
	if v, _ := c.Get("a"); v != 6 || c.Len() != 1 {
		t.Errorf("replacing with a dearer value left %d entries", c.Len())
	}
}
