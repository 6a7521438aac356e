package lint

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPatchText(t *testing.T) {
	text := "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20"
	got := Patch("dir/a b.avsc", text, []Edit{{Offset: strings.Index(text, "5\n"), Delete: 2, Insert: "five\nand\n"}, {Offset: len(text), Insert: "!"}})
	want := `diff --git a/dir/a b.avsc b/dir/a b.avsc
--- a/dir/a b.avsc
+++ b/dir/a b.avsc
@@ -2,8 +2,9 @@
 2
 3
 4
-5
+five
+and
 6
 7
 8
 9
@@ -17,4 +18,4 @@
 17
 18
 19
-20
\ No newline at end of file
+20!
\ No newline at end of file
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Patch("a", text, []Edit{{Offset: 1}}); got != "" {
		t.Errorf("an edit that does nothing: %s", got)
	}
	if got := Patch("a", text, []Edit{{Delete: 1, Insert: "one"}, {Offset: len(text)}}); strings.Count(got, "@@ -") != 1 {
		t.Errorf("a second edit that does nothing: %s", got)
	}
	alike := strings.Repeat("a\n", 12)
	if got := Patch("a", alike, []Edit{{Offset: 8, Delete: 2}}); !strings.HasSuffix(got, "-a\n a\n a\n a\n") {
		t.Errorf("lines that are all alike need context at the end: %s", got)
	}
	if got := Patch("a", text, []Edit{{Offset: 1000}}); got != "" {
		t.Errorf("an edit that does not fit: %s", got)
	}
	if got := Patch("é\n\"", "a", []Edit{{Insert: "b"}}); !strings.HasPrefix(got, `diff --git "a/\303\251\012\"" "b/\303\251\012\""`) {
		t.Errorf("a hostile name: %s", got)
	}
}

func TestApplyEditsRefuses(t *testing.T) {
	for name, edits := range map[string][]Edit{
		"overlap":     {{Offset: 0, Delete: 2}, {Offset: 1, Delete: 1}},
		"beyond":      {{Offset: 3, Delete: 1}},
		"negative":    {{Offset: -1}},
		"backwards":   {{Offset: 1, Delete: -1}},
		"huge delete": {{Offset: 1, Delete: 1 << 62}},
	} {
		if got, err := ApplyEdits("abc", edits); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got, err := ApplyEdits("abc", []Edit{{Offset: 3, Insert: "d"}, {Offset: 0, Delete: 1, Insert: "A"}}); err != nil || got != "Abcd" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestPatchApplies: what git makes of a patch is the text after the edits.
func TestPatchApplies(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("this test needs git: ", err)
	}
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		if n++; n > 60 { // each starts a program
			return
		}
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "\n", "cé\n"}), 0, 30).Draw(r, "lines")
		text := strings.Join(lines, "") + rapid.SampledFrom([]string{"", "end", "end\n"}).Draw(r, "end")
		var edits []Edit
		for at := 0; at <= len(text); {
			at += rapid.IntRange(0, 20).Draw(r, "gap")
			if at > len(text) {
				break
			}
			e := Edit{Offset: at, Delete: rapid.IntRange(0, min(8, len(text)-at)).Draw(r, "delete"), Insert: rapid.SampledFrom([]string{"", "x", "y\n", "\nz"}).Draw(r, "insert")}
			edits = append(edits, e)
			at += e.Delete + 1
		}
		want, err := ApplyEdits(text, edits)
		if err != nil {
			r.Fatal(err)
		}
		patch := Patch("f", text, edits)
		if text == want || text == "" || want == "" {
			return // empty files are another kind of patch, which no fix asks for
		}
		where := filepath.Join(dir, strconv.Itoa(n))
		write(t, filepath.Join(where, "f"), text)
		write(t, filepath.Join(where, "p"), patch)
		c := exec.Command("git", "apply", "--whitespace=nowarn", "p") //nolint:noctx // ends by itself
		c.Dir = where
		c.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+dir)
		if out, err := c.CombinedOutput(); err != nil {
			r.Fatalf("%v: %s\n%s", err, out, patch)
		}
		if got, err := os.ReadFile(filepath.Join(where, "f")); err != nil || string(got) != want {
			r.Fatalf("%v: got %q, want %q\n%s", err, got, want, patch)
		}
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
