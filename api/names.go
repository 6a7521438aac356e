package api

import (
	"strings"
	"unicode/utf8"
)

// validName reports whether a name is UTF-8 without control characters.
func validName(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r < 0x20 || (r >= 0x7f && r < 0xa0)
	})
}
