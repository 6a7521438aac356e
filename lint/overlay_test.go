package lint

import "testing"

func TestOverlay(t *testing.T) {
	under := NewMemoryTree("worktree", map[string]string{"a": "1", "c": "3"})
	o := Overlay(under, map[string]string{"a": "one", "b": "two"})
	got := ""
	for _, f := range o.Files() {
		text, err := o.Read(t.Context(), f.Path)
		if err != nil || f.ID != ContentID(text, len(f.ID)) {
			t.Errorf("%+v: %v", f, err)
		}
		got += f.Path + string(text) + " "
	}
	if got != "aone btwo c3 " || o.Snap().Name != "worktree" || len(under.Files()) != 2 {
		t.Error(got)
	}
	if _, err := o.Read(t.Context(), "none"); err == nil {
		t.Error("a file that is not there was read")
	}
}
