package jsonschema

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// Format is a "format" that can be asserted: a language of strings, which a
// predicate may narrow.
type Format struct {
	Name string
	// Pattern is the language in the dialect that ECMAScript and RE2 share.
	Pattern string
	// MaxLength is the most characters that a string may have; 0 is no bound.
	MaxLength int
	// Exact says that every string of the language within the length is valid.
	Exact bool

	match func() *regexp.Regexp
	more  func(string) bool
}

// Valid reports whether a string is in the format.
func (f *Format) Valid(s string) bool {
	if f.MaxLength > 0 && utf8.RuneCountInString(s) > f.MaxLength {
		return false
	}
	return f.match().MatchString(s) && (f.more == nil || f.more(s))
}

// FormatOf returns the format of a name. known says that the name is a format;
// f is nil for formats that are known and not interpreted.
func FormatOf(name string) (f *Format, known bool) {
	f, known = formats[name]
	return f, known
}

const (
	hourMinute = `([01][0-9]|2[0-3]):[0-5][0-9]`
	fullDate   = `([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))` +
		`|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)`
	fullTime = hourMinute + `:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[+-]` + hourMinute + `)`
	period   = `T([0-9]+H([0-9]+M([0-9]+S)?)?|[0-9]+M([0-9]+S)?|[0-9]+S)`
	octet    = `(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`
	ipv4     = octet + `(\.` + octet + `){3}`
	label    = `[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?`
	hostname = label + `(\.` + label + `)*`
	atom     = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+"
	pointer  = `(/([^~/]|~[01])*)*`
)

// ipv6 is the grammar of RFC 3986: "::" stands for what is missing of eight
// groups, the last two of which may be an IPv4 address.
func ipv6() string {
	const h = `[0-9a-fA-F]{1,4}`
	last := `(` + h + `:` + h + `|` + ipv4 + `)`
	forms := []string{`(` + h + `:){6}` + last, `::(` + h + `:){5}` + last}
	for i, rest := range []string{`(` + h + `:){4}` + last, `(` + h + `:){3}` + last, `(` + h + `:){2}` + last, h + `:` + last, last, h, ``} {
		before := h
		if i > 0 {
			before = `(` + h + `:){0,` + string(rune('0'+i)) + `}` + h
		}
		forms = append(forms, `(`+before+`)?::`+rest)
	}
	return `(` + strings.Join(forms, `|`) + `)`
}

// leap reports whether a time with second 60 is the last minute of a day in
// UTC, as RFC 3339 wants it; other times pass.
func leap(s string) bool {
	if i := strings.IndexAny(s, "Tt"); i >= 0 {
		s = s[i+1:]
	}
	if s[6:8] != "60" {
		return true
	}
	minutes := func(t string) int {
		return (int(t[0]-'0')*10+int(t[1]-'0'))*60 + int(t[3]-'0')*10 + int(t[4]-'0')
	}
	at := minutes(s)
	if zone := s[len(s)-6:]; zone[0] == '+' {
		at -= minutes(zone[1:])
	} else if zone[0] == '-' && s[len(s)-1]|0x20 != 'z' {
		at += minutes(zone[1:])
	}
	return (at+2*24*60)%(24*60) == 24*60-1
}

// formats are the ones that the drafts define; those without a language are
// known and not interpreted.
var formats = func() map[string]*Format {
	out := map[string]*Format{}
	add := func(f Format) {
		pattern := `^(` + f.Pattern + `)$`
		f.Pattern = pattern
		f.match = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
		out[f.Name] = &f
	}
	for name, pattern := range map[string]string{
		"date":     fullDate,
		"duration": `P([0-9]+W|` + period + `|([0-9]+Y([0-9]+M([0-9]+D)?)?|[0-9]+M([0-9]+D)?|[0-9]+D)(` + period + `)?)`,
		"uuid":     `[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`,
		"ipv4":     ipv4, "ipv6": ipv6(),
		"json-pointer":          pointer,
		"relative-json-pointer": `(0|[1-9][0-9]*)(#|` + pointer + `)`,
	} {
		add(Format{Name: name, Pattern: pattern, Exact: true})
	}
	add(Format{Name: "time", Pattern: fullTime, more: leap})
	add(Format{Name: "date-time", Pattern: fullDate + `[Tt]` + fullTime, more: leap})
	add(Format{Name: "hostname", Pattern: hostname, MaxLength: 253, Exact: true})
	add(Format{Name: "email", Pattern: `(` + atom + `(\.` + atom + `)*|"([^"\\\r\n]|\\[^\r\n])*")@(` + hostname + `|\[` + ipv4 + `\]|\[IPv6:` + ipv6() + `\])`, MaxLength: 254, Exact: true})
	for _, name := range []string{
		"uri", "uri-reference", "iri", "iri-reference", "uri-template", "idn-email", "idn-hostname", "regex",
	} {
		out[name] = nil
	}
	return out
}()
