package plan

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const outside = "the position is outside the text"

// The functions of texts. Positions and lengths count code points.
var (
	TextAdd       = fn2("string.add", func(a, b string) string { return a + b })
	TextSize      = fn1("string.size", func(s string) int64 { return int64(utf8.RuneCountInString(s)) })
	TextContains  = fn2("string.contains", strings.Contains)
	TextStarts    = fn2("string.startsWith", strings.HasPrefix)
	TextEnds      = fn2("string.endsWith", strings.HasSuffix)
	TextTrim      = fn1("string.trim", strings.TrimSpace)
	TextLower     = fn1("string.lowerAscii", lowerASCII)
	TextUpper     = fn1("string.upperAscii", upperASCII)
	TextReverse   = fn1("string.reverse", reverseText)
	TextIndex     = fn2("string.indexOf", func(s, sub string) int64 { n, _ := indexFrom(s, sub, 0); return n })
	TextIndexFrom = fn3p("string.indexOf.from", indexFrom)
	TextLast      = fn2("string.lastIndexOf", func(s, sub string) int64 { return lastIndex(s, sub) })
	TextLastFrom  = fn3p("string.lastIndexOf.from", lastIndexFrom)
	TextFrom      = fn2p("string.substring.from", func(s string, i int64) (string, string) { return cut(s, i, -1) })
	TextCut       = fn3p("string.substring", func(s string, i, j int64) (string, string) {
		if j < 0 {
			return "", outside
		}
		return cut(s, i, j)
	})
	TextReplace  = fn3("string.replace", strings.ReplaceAll)
	TextReplaceN = &Func{Name: "string.replace.n", eval: func(_ *Call, args []Value) (Value, string) {
		s, ok := args[0].(string)
		from, ok2 := args[1].(string)
		to, ok3 := args[2].(string)
		n, ok4 := args[3].(int64)
		if !ok || !ok2 || !ok3 || !ok4 {
			return wrongKind("string.replace.n", args)
		}
		return strings.Replace(s, from, to, clampInt(n)), ""
	}}
	TextSplit  = fn2("string.split", func(s, sep string) []Value { return values(strings.Split(s, sep)) })
	TextSplitN = fn3("string.split.n", func(s, sep string, n int64) []Value { return values(strings.SplitN(s, sep, clampInt(n))) })
	TextJoin   = fn1("list.join", func(l []Value) string { return joinTexts(l, "") })
	TextJoinBy = fn2("list.join.by", joinTexts)
	// TextOfSymbol is the name of a symbol.
	TextOfSymbol = fn1("string.of.symbol", func(s Symbol) string { return string(s) })
	// SymbolOfText is the symbol of a name, if the type of the call has it.
	SymbolOfText = &Func{Name: "symbol.of.string", Partial: true, eval: func(c *Call, args []Value) (Value, string) {
		s := text(args[0])
		return Symbol(s), when(!slices.Contains(c.Type.Symbols, s), strconv.Quote(s)+" is no symbol of "+c.Type.String())
	}}
	TextOfInt   = fn1("string.of.int", func(a int64) string { return strconv.FormatInt(a, 10) })
	TextOfUint  = fn1("string.of.uint", func(a uint64) string { return strconv.FormatUint(a, 10) })
	TextOfFloat = fn1("string.of.double", FormatFloat)
	TextOfBool  = fn1("string.of.bool", strconv.FormatBool)
	TextOfBytes = fn1p("string.of.bytes", func(b []byte) (string, string) {
		return string(b), when(!utf8.Valid(b), "the bytes are not UTF-8")
	})
	BoolOfText = fn1p("bool.of.string", func(s string) (bool, string) {
		b, err := strconv.ParseBool(s)
		return b, when(err != nil, "the text is neither true nor false")
	})
	// SplitExactly gives the parts of a text at the separator of the call, or
	// nothing if there are not as many as the call says.
	SplitExactly = &Func{Name: "split", eval: func(c *Call, args []Value) (Value, string) {
		n, _ := strconv.Atoi(c.Table["parts"])
		s, ok := args[0].(string)
		if !ok {
			return wrongKind("split", args)
		}
		parts := strings.Split(s, c.Table["separator"])
		if len(parts) != n {
			return []Value{}, ""
		}
		return values(parts), ""
	}}
)

// The functions of patterns, which are RE2 and fixed when a plan is made.
var (
	TextMatches = fnPattern("string.matches", func(c *Call, s string) Value { return c.Pattern.MatchString(s) })
	// Extract gives the first group of the first match, or the match itself if
	// the pattern has no group.
	Extract = fnPattern("regex.extract", func(c *Call, s string) Value {
		m := c.Pattern.FindStringSubmatchIndex(s)
		i := min(2*c.Pattern.NumSubexp(), 2)
		if m == nil || m[i] < 0 {
			return &Tagged{Branch: "null"}
		}
		return &Tagged{"string", s[m[i]:m[i+1]]}
	})
	// Groups gives the groups of a match, or nothing if there is none. A group
	// that took no part is empty.
	Groups = fnPattern("groups", func(c *Call, s string) Value {
		m := c.Pattern.FindStringSubmatch(s)
		if m == nil {
			return []Value{}
		}
		return values(m)
	})
)

// The functions of bytes and of the forms in which texts carry them.
var (
	BytesSize    = fn1("bytes.size", func(b []byte) int64 { return int64(len(b)) })
	BytesAdd     = fn2("bytes.add", func(a, b []byte) []byte { return slices.Concat(a, b) })
	Base64       = fn1("base64.encode", func(b []byte) string { return base64.StdEncoding.EncodeToString(b) })
	Base64Decode = fn1p("base64.decode", func(s string) ([]byte, string) {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			b, err = base64.RawStdEncoding.DecodeString(s)
		}
		return b, when(err != nil, "the text is no base64")
	})
	Hex       = fn1("hex.encode", func(b []byte) string { return hex.EncodeToString(b) })
	HexDecode = fn1p("hex.decode", func(s string) ([]byte, string) {
		b, err := hex.DecodeString(s)
		return b, when(err != nil, "the text is not hexadecimal")
	})
	SHA256 = fn1("sha256", func(b []byte) []byte { h := sha256.Sum256(b); return h[:] })
	// UUID5 is the UUID of a name in a name space, by SHA-1 (RFC 9562).
	UUID5     = fn2p("uuid5", uuid5)
	ParseUUID = fn1("parseUUID", func(s string) *Tagged {
		b, ok := uuidBytes(s)
		return found(ok, "string", uuidText(b))
	})
)

// clampInt keeps a count within an int; below zero it means "all".
func clampInt(n int64) int { return int(max(min(n, 1<<30), -1)) }

func values(parts []string) []Value {
	out := make([]Value, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out
}

func joinTexts(l []Value, sep string) string {
	var b strings.Builder
	for i, v := range l {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(text(v))
	}
	return b.String()
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

func reverseText(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

// offset is the byte at which a code point begins, or -1.
func offset(s string, n int64) int {
	if n < 0 || n > int64(len(s)) {
		return -1
	}
	at := 0
	for ; n > 0; n-- {
		if at >= len(s) {
			return -1
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// cut is the text from one position to another, or to the end if j is -1.
func cut(s string, i, j int64) (string, string) {
	from, to := offset(s, i), len(s)
	if j >= 0 {
		to = offset(s, j)
	}
	if from < 0 || to < from {
		return "", outside
	}
	return s[from:to], ""
}

// indexFrom finds the first place at or after a position. Beyond the end there is
// none, except of the empty text, which is at the end.
func indexFrom(s, sub string, from int64) (int64, string) {
	if from < 0 {
		return 0, outside
	}
	at := offset(s, from)
	switch {
	case at < 0 && sub == "":
		return int64(utf8.RuneCountInString(s)), ""
	case at < 0:
		return -1, ""
	}
	i := strings.Index(s[at:], sub)
	if i < 0 {
		return -1, ""
	}
	return from + int64(utf8.RuneCountInString(s[at:at+i])), ""
}

func lastIndex(s, sub string) int64 {
	i := strings.LastIndex(s, sub)
	if i < 0 {
		return -1
	}
	return int64(utf8.RuneCountInString(s[:i]))
}

// lastIndexFrom finds the last place at or before a position. From the end on
// there is none, except of the empty text.
func lastIndexFrom(s, sub string, from int64) (int64, string) {
	if from < 0 {
		return 0, outside
	}
	at := offset(s, from)
	switch {
	case sub == "" && at < 0:
		return int64(utf8.RuneCountInString(s)), ""
	case sub == "":
		return from, ""
	case at < 0 || at == len(s):
		return -1, ""
	}
	return lastIndex(s[:min(at+len(sub), len(s))], sub), ""
}

func uuidBytes(s string) (b [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return b, false
	}
	n, err := hex.Decode(b[:], []byte(s[:8]+s[9:13]+s[14:18]+s[19:23]+s[24:]))
	return b, err == nil && n == 16
}

func uuidText(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// UUIDv5 is the UUID of a name in a name space that is a UUID itself.
func UUIDv5(space, name string) (string, bool) {
	id, why := uuid5(space, name)
	return id, why == ""
}

func uuid5(space, name string) (string, string) {
	b, ok := uuidBytes(space)
	if !ok {
		return "", "the name space is no UUID"
	}
	sum := sha1.Sum(append(b[:], name...))
	var id [16]byte
	copy(id[:], sum[:16])
	id[6], id[8] = id[6]&0x0f|0x50, id[8]&0x3f|0x80
	return uuidText(id), ""
}
