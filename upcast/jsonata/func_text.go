package jsonata

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

func defineTexts() {
	define("string", "<x-b?:s>", 1, func(c *call) (Value, error) {
		if c.args[0] == nil {
			return nil, nil
		}
		s, err := c.text(c.args[0], c.args[1] == true)
		return s, err
	})
	// one defines a function of one text.
	one := func(name, signature string, of func(string) (Value, error)) {
		define(name, signature, 1, func(c *call) (Value, error) {
			s, ok := c.args[0].(string)
			if !ok {
				return nil, nil
			}
			if err := c.pay(len(s) / bytesAStep); err != nil {
				return nil, err
			}
			return of(s)
		})
	}
	total := func(of func(string) string) func(string) (Value, error) {
		return func(s string) (Value, error) { return of(s), nil }
	}
	one("length", "<s-:n>", func(s string) (Value, error) { return int64(utf8.RuneCountInString(s)), nil })
	one("lowercase", "<s-:s>", total(strings.ToLower))
	one("uppercase", "<s-:s>", total(strings.ToUpper))
	one("trim", "<s-:s>", total(trim))
	one("base64encode", "<s-:s>", total(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }))
	one("base64decode", "<s-:s>", decode64)
	one("encodeUrlComponent", "<s-:s>", total(func(s string) string { return encodeURL(s, unreserved) }))
	one("encodeUrl", "<s-:s>", total(func(s string) string { return encodeURL(s, unreserved+reserved) }))
	one("decodeUrlComponent", "<s-:s>", func(s string) (Value, error) { return decodeURL(s, "", "decodeUrlComponent") })
	one("decodeUrl", "<s-:s>", func(s string) (Value, error) { return decodeURL(s, reserved, "decodeUrl") })
	define("substring", "<s-nn?:s>", 3, substring)
	define("substringBefore", "<s-s:s>", 2, func(c *call) (Value, error) {
		before, _, _, err := c.cut()
		return before, err
	})
	define("substringAfter", "<s-s:s>", 2, func(c *call) (Value, error) {
		before, after, found, err := c.cut()
		if !found {
			return before, err
		}
		return after, err
	})
	define("pad", "<s-ns?:s>", 3, pad)
	define("join", "<a<s>s?:s>", 2, join)
}

func trim(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\n\r", r) }), " ")
}

// cut cuts a text around another one. Without the first there is nothing.
func (c *call) cut() (before, after Value, found bool, err error) {
	s, ok := c.args[0].(string)
	if !ok {
		return nil, nil, false, nil
	}
	separator, ok := c.args[1].(string)
	if !ok {
		return s, nil, false, nil
	}
	x, y, found := strings.Cut(s, separator)
	return x, y, found, c.pay(len(s) / bytesAStep)
}

func substring(c *call) (Value, error) {
	s, ok := c.args[0].(string)
	if !ok {
		return nil, nil
	}
	if err := c.pay(len(s) / bytesAStep); err != nil {
		return nil, err
	}
	length := float64(utf8.RuneCountInString(s))
	start := 0.0
	if c.args[1] != nil {
		start = toFloat(c.args[1])
	}
	if length+start < 0 {
		start = 0
	}
	end := length
	if c.args[2] != nil {
		n := toFloat(c.args[2])
		if n <= 0 {
			return "", nil
		}
		if end = start + n; start < 0 {
			end += length
		}
	}
	from := math.Trunc(start)
	if from < 0 {
		from += length
	}
	return runes(s, int(min(from, length)), int(min(math.Trunc(end), length))), nil
}

// runes is the part of a text between two characters.
func runes(s string, from, to int) string {
	if from >= to {
		return ""
	}
	start, at := len(s), 0
	for i := range s {
		if at == from {
			start = i
		}
		if at == to {
			return s[start:i]
		}
		at++
	}
	return s[start:]
}

func pad(c *call) (Value, error) {
	s, ok := c.args[0].(string)
	if !ok {
		return nil, nil
	}
	fill := orElse(c.args[2], " ")
	width := 0.0
	if c.args[1] != nil {
		width = math.Trunc(toFloat(c.args[1]))
	}
	missing := math.Abs(width) - float64(utf8.RuneCountInString(s))
	if !(missing > 0) {
		return s, nil
	}
	if missing > float64(c.limits.Result) {
		return nil, over("X1005", "jsonata-result", int64(min(missing, 1<<62)), int64(c.limits.Result), "$pad makes too long a text")
	}
	times := int(missing)/utf8.RuneCountInString(fill) + 1
	if err := c.pay(times * len(fill) / bytesAStep); err != nil {
		return nil, err
	}
	padding := runes(strings.Repeat(fill, times), 0, int(missing))
	if width > 0 {
		return s + padding, nil
	}
	return padding + s, nil
}

func join(c *call) (Value, error) {
	a, ok := c.args[0].(*Array)
	if !ok {
		return nil, nil
	}
	separator, _ := c.args[1].(string)
	size := 0
	texts := make([]string, len(a.Items))
	for i, item := range a.Items {
		texts[i] = item.(string) // the signature says so
		size += len(texts[i]) + len(separator)
	}
	if err := c.pay(len(texts) + size/bytesAStep); err != nil {
		return nil, err
	}
	return strings.Join(texts, separator), nil
}

func decode64(s string) (Value, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		b, err = base64.RawStdEncoding.DecodeString(s)
	}
	switch {
	case err != nil:
		return nil, fail("X1009", "$base64decode is applied to "+show(s)+", which is no base64", "")
	case !utf8.Valid(b):
		return nil, fail("X1009", "$base64decode gives bytes that are no UTF-8 text", "")
	}
	return string(b), nil
}

// The characters that stay as they are in a component of a URL, and beside them
// in a whole one.
const (
	unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"
	reserved   = ";/?:@&=+$,#"
)

func encodeURL(s, keep string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(keep, s[i]) >= 0 {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}
	return b.String()
}

// decodeURL decodes all escapes but those of the characters to leave.
func decodeURL(s, leave, name string) (Value, error) {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		var c byte
		if i+3 > len(s) || !isHex(s[i+1:i+3]) {
			return nil, malformed(s, name)
		}
		fmt.Sscanf(s[i+1:i+3], "%02x", &c) //nolint:errcheck // two hex digits
		if strings.IndexByte(leave, c) >= 0 {
			b = append(b, s[i:i+3]...)
		} else {
			b = append(b, c)
		}
		i += 2
	}
	if !utf8.Valid(b) {
		return nil, malformed(s, name)
	}
	return string(b), nil
}

func malformed(s, name string) error {
	return fail("D3140", fmt.Sprintf("$%s is applied to %s, which is no well-formed URL", name, show(s)), "")
}
