package jsonx

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const hexUpper = "0123456789ABCDEF"

// AppendQuoted appends s as a JSON string with the escapes that Jackson, and
// so every Java registry, writes: quote, backslash and control characters only.
// '<', '>', '&', U+2028 and everything else beyond ASCII stay as they are,
// because an escaped text is another text and has another GUID.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexUpper[c>>4], hexUpper[c&15])
		}
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// Quote returns s as a JSON string; see [AppendQuoted].
func Quote(s string) string { return string(AppendQuoted(make([]byte, 0, len(s)+2), s)) }

// Append appends v without white space, key order kept, numbers as written.
func Append(dst []byte, v *Value) []byte {
	switch v.Kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		if v.Bool {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case Number:
		return append(dst, v.Text...)
	case String:
		return AppendQuoted(dst, v.Text)
	case Array:
		dst = append(dst, '[')
		for i, item := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = Append(dst, item)
		}
		return append(dst, ']')
	default:
		dst = append(dst, '{')
		for i := range v.Members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendQuoted(dst, v.Members[i].Key)
			dst = append(dst, ':')
			dst = Append(dst, v.Members[i].Value)
		}
		return append(dst, '}')
	}
}

// Pointer appends one segment to a JSON Pointer (RFC 6901).
func Pointer(base, segment string) string {
	if strings.ContainsAny(segment, "~/") {
		segment = strings.ReplaceAll(strings.ReplaceAll(segment, "~", "~0"), "/", "~1")
	}
	return base + "/" + segment
}

// CompareUTF16 orders strings by UTF-16 code units, as Java does; it differs
// from byte order only where characters above U+FFFF meet U+E000 to U+FFFF.
func CompareUTF16(a, b string) int {
	for a != "" && b != "" {
		ra, na := utf8.DecodeRuneInString(a)
		rb, nb := utf8.DecodeRuneInString(b)
		if ra != rb {
			ha, hb := ra > 0xffff, rb > 0xffff
			switch {
			case ha && !hb && rb >= 0xe000:
				return -1
			case hb && !ha && ra >= 0xe000:
				return 1
			case ra < rb:
				return -1
			default:
				return 1
			}
		}
		a, b = a[na:], b[nb:]
	}
	return len(a) - len(b)
}

// PointerAt is the pointer of the innermost value below root that a byte offset
// of its text lies in; empty stands for root itself.
func PointerAt(root *Value, offset int) string {
	v, pointer := root, ""
down:
	for v.Offset < offset {
		for i, item := range v.Items {
			if offset >= item.Offset && offset < item.End {
				v, pointer = item, Pointer(pointer, strconv.Itoa(i))
				continue down
			}
		}
		for i := range v.Members {
			if m := &v.Members[i]; offset >= m.Value.Offset && offset < m.Value.End {
				v, pointer = m.Value, Pointer(pointer, m.Key)
				continue down
			}
		}
		break
	}
	return pointer
}
