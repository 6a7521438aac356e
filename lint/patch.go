package lint

import (
	"fmt"
	"slices"
	"strings"
)

// patchContext is how many unchanged lines surround a change in a patch.
const patchContext = 3

// ApplyEdits returns a text after edits of it, which may not overlap.
func ApplyEdits(text string, edits []Edit) (string, error) {
	sorted := sortedEdits(edits)
	var b strings.Builder
	at := 0
	for _, e := range sorted {
		if e.Offset < at || e.Delete < 0 || e.Offset > len(text)-e.Delete {
			return "", fmt.Errorf("the edit of %d bytes at offset %d of %s does not fit the text; check again, the file may have changed", e.Delete, e.Offset, e.File)
		}
		b.WriteString(text[at:e.Offset] + e.Insert)
		at = e.Offset + e.Delete
	}
	return b.String() + text[at:], nil
}

func sortedEdits(edits []Edit) []Edit {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b Edit) int { return a.Offset - b.Offset })
	return sorted
}

// Patch is what edits do to a file, as a unified diff that "git apply" takes;
// empty if they do nothing or do not fit.
func Patch(file, text string, edits []Edit) string {
	after, err := ApplyEdits(text, edits)
	if err != nil || after == text {
		return ""
	}
	name := quotedPath(file)
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git %s %s\n--- %s\n+++ %s\n", name("a/"), name("b/"), name("a/"), name("b/"))
	shift := 0 // of line numbers by the hunks so far
	for _, h := range hunksOf(text, sortedEdits(edits)) {
		shift += h.write(&b, shift)
	}
	return b.String()
}

// quotedPath writes a path as git does: with C escapes where it must.
func quotedPath(file string) func(prefix string) string {
	return func(prefix string) string {
		plain := !strings.ContainsFunc(file, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r >= 0x7f })
		if plain {
			return prefix + file
		}
		var b strings.Builder
		b.WriteString(`"` + prefix)
		for i := range len(file) {
			switch c := file[i]; {
			case c == '"' || c == '\\':
				b.WriteString(`\` + string(rune(c)))
			case c < ' ' || c >= 0x7f:
				fmt.Fprintf(&b, `\%03o`, c)
			default:
				b.WriteByte(c)
			}
		}
		return b.String() + `"`
	}
}

// hunk is a part of a text in whole lines before and after.
type hunk struct {
	line          int // of the first line, from 0
	before, after []string
}

// hunksOf cuts a text around its edits, which are in order; those whose contexts
// touch share a hunk.
func hunksOf(text string, edits []Edit) []hunk {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	starts := make([]int, len(lines)+1)
	for i, l := range lines {
		starts[i+1] = starts[i] + len(l)
	}
	lineOf := func(offset int) int {
		i, found := slices.BinarySearch(starts, offset)
		if !found || i == len(lines) && i > 0 && !strings.HasSuffix(text, "\n") {
			i-- // the end of a last line without an end belongs to it
		}
		return i
	}
	var out []hunk
	for i := 0; i < len(edits); {
		first := lineOf(edits[i].Offset)
		last := first
		k := i
		for ; k < len(edits) && (k == i || lineOf(edits[k].Offset) <= last+2*patchContext); k++ {
			last = max(last, lineOf(edits[k].Offset+edits[k].Delete))
		}
		from, to := max(0, first-patchContext), min(len(lines), last+1+patchContext)
		part := make([]Edit, k-i)
		for n, e := range edits[i:k] {
			e.Offset -= starts[from]
			part[n] = e
		}
		before := text[starts[from]:starts[to]]
		if after, err := ApplyEdits(before, part); err == nil && after != before { // git refuses hunks without a change
			out = append(out, hunk{line: from, before: lines[from:to], after: strings.SplitAfter(after, "\n")})
		}
		i = k
	}
	return out
}

// write appends the hunk and returns by how much it moves what follows.
func (h *hunk) write(b *strings.Builder, shift int) int {
	after := h.after
	if n := len(after); after[n-1] == "" {
		after = after[:n-1]
	}
	// The context at the end comes first: without one git takes the hunk for the
	// end of the file.
	tail := commonTail(h.before, after, patchContext)
	same := 0
	for same < len(h.before)-tail && same < len(after)-tail && h.before[same] == after[same] {
		same++
	}
	tail = commonTail(h.before[same:], after[same:], len(h.before))
	fmt.Fprintf(b, "@@ -%s +%s @@\n", extent(h.line, len(h.before)), extent(h.line+shift, len(after)))
	put := func(sign string, lines []string) {
		for _, l := range lines {
			b.WriteString(sign + l)
			if !strings.HasSuffix(l, "\n") {
				b.WriteString("\n\\ No newline at end of file\n")
			}
		}
	}
	put(" ", h.before[:same])
	put("-", h.before[same:len(h.before)-tail])
	put("+", after[same:len(after)-tail])
	put(" ", h.before[len(h.before)-tail:])
	return len(after) - len(h.before)
}

// commonTail counts the equal lines at the end of both, up to a number.
func commonTail(a, b []string, most int) int {
	n := 0
	for n < min(len(a), len(b), most) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

func extent(line, count int) string {
	if count == 0 {
		return fmt.Sprintf("%d,0", line)
	}
	return fmt.Sprintf("%d,%d", line+1, count)
}
