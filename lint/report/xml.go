package report

import (
	"encoding/xml"
	"strings"
	"unicode/utf8"
)

// xmlText replaces what no XML text may hold, even escaped, and shows what has
// no picture.
func xmlText(s string) string {
	s = visible(s)
	return strings.Map(func(r rune) rune {
		legal := r == '\t' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= utf8.MaxRune
		if !legal {
			return '\uFFFD'
		}
		return r
	}, s)
}

// xmlLines is [xmlText] for a text of several lines of our own.
func xmlLines(lines []string) string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = xmlText(l)
	}
	return strings.Join(out, "\n")
}

// putXML appends a document.
func (b *buffer) putXML(value any) error {
	text, err := xml.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	b.str(xml.Header)
	b.out = append(b.out, text...)
	b.str("\n")
	return nil
}
