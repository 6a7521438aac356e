package jsonschema

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// What ECMAScript's classes mean, as members of an RE2 class.
const (
	ecmaSpace    = `\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
	ecmaNewlines = `\n\r\x{2028}\x{2029}`
	notEcmaSpace = `\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}` +
		`\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
)

// translate rewrites an ECMAScript pattern (u mode, with the leniency that
// patterns in the wild need) as RE2. What RE2 lacks is an errUnsupported.
func translate(source string) (string, error) {
	t := &translator{in: source}
	for t.at < len(source) {
		if err := t.next(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

type translator struct {
	in  string
	at  int
	out strings.Builder
}

func (t *translator) next() error {
	rest := t.in[t.at:]
	switch c := rest[0]; c {
	case '\\':
		return t.escape(false)
	case '[':
		return t.class()
	case '.':
		t.out.WriteString(`[^` + ecmaNewlines + `]`)
		t.at++
	case '(':
		return t.group(rest)
	case '{':
		// A brace that starts no quantifier is itself.
		if !isQuantifier(rest) {
			t.out.WriteByte('\\')
		}
		t.out.WriteByte('{')
		t.at++
	default:
		_, n := utf8.DecodeRuneInString(rest)
		t.out.WriteString(rest[:n])
		t.at += n
	}
	return nil
}

func isQuantifier(s string) bool {
	end := strings.IndexByte(s, '}')
	if end < 2 {
		return false
	}
	low, high, _ := strings.Cut(s[1:end], ",")
	if low == "" {
		return false
	}
	for _, c := range low + high {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func (t *translator) group(rest string) error {
	for prefix, name := range map[string]string{"(?=": "look-ahead", "(?!": "look-ahead", "(?<=": "look-behind", "(?<!": "look-behind"} {
		if strings.HasPrefix(rest, prefix) {
			return errUnsupported(fmt.Sprintf("%s %s… is beyond linear-time matching", name, prefix))
		}
	}
	t.out.WriteByte('(')
	t.at++
	return nil
}

// escape translates a backslash sequence; inClass tells where it stands.
func (t *translator) escape(inClass bool) error {
	if t.at+1 >= len(t.in) {
		return fmt.Errorf("trailing backslash at end of pattern")
	}
	c := t.in[t.at+1]
	t.at += 2
	wrap := func(members string) {
		if inClass {
			t.out.WriteString(members)
		} else {
			t.out.WriteString("[" + members + "]")
		}
	}
	switch c {
	case 'd', 'D', 'w', 'W', 't', 'n', 'r', 'f', 'v':
		t.out.WriteString(`\` + string(c))
	case 's':
		wrap(ecmaSpace)
	case 'S':
		wrap(notEcmaSpace)
	case 'b':
		if inClass {
			t.out.WriteString(`\x08`)
		} else {
			t.out.WriteString(`\b`)
		}
	case 'B':
		t.out.WriteString(`\B`)
	case 'c':
		return t.control()
	case 'x':
		return t.hex(2)
	case 'u':
		return t.unicode()
	case 'p', 'P':
		return t.property(c)
	case '0':
		t.out.WriteString(`\x00`)
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return errUnsupported(fmt.Sprintf(`the back-reference \%c is beyond linear-time matching`, c))
	case 'k':
		return errUnsupported(`the back-reference \k is beyond linear-time matching`)
	case 'A', 'Z', 'z', 'Q', 'E', 'G', 'h', 'H', 'R', 'X':
		// Java's and Perl's own escapes mean something else here.
		return errUnsupported(fmt.Sprintf(`\%c is no escape of ECMAScript`, c))
	default:
		t.at--
		r, n := utf8.DecodeRuneInString(t.in[t.at:])
		t.rune(r)
		t.at += n
	}
	return nil
}

// rune writes one literal character.
func (t *translator) rune(r rune) { fmt.Fprintf(&t.out, `\x{%x}`, r) }

func (t *translator) control() error {
	if t.at < len(t.in) {
		if c := t.in[t.at] | 0x20; c >= 'a' && c <= 'z' {
			t.rune(rune(t.in[t.at] & 0x1f))
			t.at++
			return nil
		}
	}
	return fmt.Errorf(`\c must be followed by a letter`)
}

func (t *translator) hex(n int) error {
	r, err := t.hexDigits(n)
	if err != nil {
		return err
	}
	t.rune(r)
	return nil
}

func (t *translator) hexDigits(n int) (rune, error) {
	if t.at+n > len(t.in) {
		return 0, fmt.Errorf("a hexadecimal escape needs %d digits", n)
	}
	v, err := strconv.ParseUint(t.in[t.at:t.at+n], 16, 32)
	if err != nil {
		return 0, fmt.Errorf("a hexadecimal escape needs %d digits, found %q", n, t.in[t.at:t.at+n])
	}
	t.at += n
	return rune(v), nil
}

func (t *translator) unicode() error {
	if strings.HasPrefix(t.in[t.at:], "{") {
		end := strings.IndexByte(t.in[t.at:], '}')
		if end < 0 {
			return fmt.Errorf(`\u{ has no closing brace`)
		}
		v, err := strconv.ParseUint(t.in[t.at+1:t.at+end], 16, 32)
		if err != nil || v > unicode.MaxRune {
			return fmt.Errorf(`\u{%s} is no code point`, t.in[t.at+1:t.at+end])
		}
		t.at += end + 1
		t.rune(rune(v))
		return nil
	}
	r, err := t.hexDigits(4)
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) {
		if !strings.HasPrefix(t.in[t.at:], `\u`) {
			return errUnsupported("half of a surrogate pair never matches a character")
		}
		t.at += 2
		low, err := t.hexDigits(4)
		if err != nil {
			return err
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return errUnsupported("half of a surrogate pair never matches a character")
		}
	}
	t.rune(r)
	return nil
}

// property translates \p{…}: scripts and general categories by short or long
// name.
func (t *translator) property(c byte) error {
	if !strings.HasPrefix(t.in[t.at:], "{") {
		return fmt.Errorf(`\%c must be followed by {name}`, c)
	}
	end := strings.IndexByte(t.in[t.at:], '}')
	if end < 0 {
		return fmt.Errorf(`\%c{ has no closing brace`, c)
	}
	name := t.in[t.at+1 : t.at+end]
	t.at += end + 1
	if key, value, ok := strings.Cut(name, "="); ok {
		switch key {
		case "General_Category", "gc", "Script", "sc", "Script_Extensions", "scx":
			name = value
		default:
			return errUnsupported(fmt.Sprintf("the property %s is not known", name))
		}
	}
	if short, ok := categoryNames[name]; ok {
		name = short
	}
	if name == "Any" || unicode.Categories[name] != nil || unicode.Scripts[name] != nil {
		fmt.Fprintf(&t.out, `\%c{%s}`, c, name)
		return nil
	}
	return errUnsupported(fmt.Sprintf("the property %s is not known", name))
}

// class translates a bracket expression.
func (t *translator) class() error {
	t.at++
	negated := strings.HasPrefix(t.in[t.at:], "^")
	if negated {
		t.at++
	}
	if strings.HasPrefix(t.in[t.at:], "]") {
		t.at++
		if negated {
			t.out.WriteString(`[\x{0}-\x{10ffff}]`)
		} else {
			t.out.WriteString(`[^\x{0}-\x{10ffff}]`)
		}
		return nil
	}
	t.out.WriteByte('[')
	if negated {
		t.out.WriteByte('^')
	}
	for t.at < len(t.in) {
		switch c := t.in[t.at]; {
		case c == ']':
			t.at++
			t.out.WriteByte(']')
			return nil
		case c == '\\':
			if err := t.escape(true); err != nil {
				return err
			}
		case c == '-':
			t.hyphen()
		case c == '[' || c == '^' || c == '&' || c == '~':
			t.rune(rune(c))
			t.at++
		default:
			_, n := utf8.DecodeRuneInString(t.in[t.at:])
			t.out.WriteString(t.in[t.at : t.at+n])
			t.at += n
		}
	}
	return fmt.Errorf("a class [ has no closing bracket")
}

// hyphen writes a range's hyphen, or a literal one where no range can be: at an
// end, or beside a class escape such as \d.
func (t *translator) hyphen() {
	before, after := t.in[:t.at], t.in[t.at+1:]
	literal := strings.HasSuffix(before, "[") && !strings.HasSuffix(before, `\[`) || strings.HasSuffix(before, "[^") ||
		strings.HasPrefix(after, "]")
	for _, c := range "dDwWsS" {
		literal = literal || strings.HasPrefix(after, `\`+string(c)) || strings.HasSuffix(before, `\`+string(c))
	}
	if literal {
		t.out.WriteString(`\x{2d}`)
	} else {
		t.out.WriteByte('-')
	}
	t.at++
}

var categoryNames = map[string]string{
	"Letter": "L", "Lowercase_Letter": "Ll", "Uppercase_Letter": "Lu", "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm",
	"Other_Letter": "Lo", "Mark": "M", "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me",
	"Number": "N", "Decimal_Number": "Nd", "digit": "Nd", "Letter_Number": "Nl", "Other_Number": "No",
	"Punctuation": "P", "punct": "P", "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps",
	"Close_Punctuation": "Pe", "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf", "Other_Punctuation": "Po",
	"Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So",
	"Separator": "Z", "Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp",
	"Other": "C", "Control": "Cc", "cntrl": "Cc", "Format": "Cf", "Private_Use": "Co",
}
