package report

import (
	"fmt"
	"regexp"
	"strings"
)

// markdownText writes a text of others so that it is nothing but text: no
// emphasis, no link, no mention, no list, no HTML, no cell border.
func markdownText(s string) string {
	var b strings.Builder
	for _, r := range visible(s) {
		switch {
		case strings.ContainsRune("\\`*_{}[]|~!$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case strings.ContainsRune("<>&#@", r): // elements, quotes, issues, people
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	out := addresses.Replace(b.String())
	if listStart.MatchString(out) {
		i := strings.IndexAny(out, "-+=.)")
		out = out[:i] + "\\" + out[i:]
	}
	return out
}

// addresses keeps services from making links of them; listStart is what would
// begin a list or a heading.
var (
	addresses = strings.NewReplacer("://", ":&#47;&#47;", "www.", "www&#46;", "WWW.", "WWW&#46;")
	listStart = regexp.MustCompile(`^\s*([-+=]|\d+[.)])`)
)

// markdownCode writes a text of others as code within a line; cell says that it
// stands in a table, where even code may not hold a bar.
func markdownCode(s string, cell bool) string {
	s = visible(s)
	if s == "" {
		return ""
	}
	if cell {
		s = strings.ReplaceAll(s, "|", `\|`)
	}
	fence := strings.Repeat("`", longestRun(s)+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) != s {
		s = " " + s + " "
	}
	return fence + s + fence
}

// markdownBlock writes lines as a block of code.
func markdownBlock(language, text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, l := range lines {
		parts := strings.Split(l, "\t")
		for k := range parts {
			parts[k] = visible(parts[k])
		}
		lines[i] = strings.Join(parts, "\t")
	}
	text = strings.Join(lines, "\n")
	fence := strings.Repeat("`", max(3, longestRun(text)+1))
	return fence + language + "\n" + text + "\n" + fence + "\n"
}

// longestRun is the length of the longest run of backquotes.
func longestRun(s string) int {
	longest, run := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
