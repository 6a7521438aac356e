package jsonata

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// integerStyle is how a picture writes integers.
type integerStyle uint8

const (
	inDigits integerStyle = iota
	inLetters
	inRoman
	inWords
)

// integerPicture is a parsed picture such as 1,000 or Ww;o.
type integerPicture struct {
	style        integerStyle
	upper, title bool
	ordinal      bool
	zero         rune // first digit of the family
	digits       int  // at least so many
	optional     int
	separators   []separator // from the right
	every        int         // one separator at each so many digits; 0 if irregular
	width        int         // exactly so many digits when it is parsed, 0 for any
}

// separator stands before a number of digits.
type separator struct {
	digits int
	sign   string
}

// zeros are the first digits of the decimal families of Unicode that pictures
// may use.
var zeros = []rune{
	0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20,
	0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0,
	0xAA50, 0xABF0, 0xFF10,
}

// maxPicture bounds the text of a picture.
const maxPicture = 1_000

func parseIntegerPicture(picture string) (*integerPicture, error) {
	if len(picture) > maxPicture {
		return nil, over("X1007", "jsonata-picture", int64(len(picture)), maxPicture, "a picture is too long")
	}
	p := &integerPicture{zero: '0'}
	format := picture
	if i := strings.LastIndexByte(picture, ';'); i >= 0 {
		format = picture[:i]
		p.ordinal = strings.HasPrefix(picture[i+1:], "o")
	}
	switch format {
	case "A", "a":
		p.style = inLetters
	case "I", "i":
		p.style = inRoman
	case "W", "w", "Ww":
		p.style = inWords
		p.title = format == "Ww"
	default:
		return p, p.digitsOf(format)
	}
	p.upper = format[0] < 'a' && !p.title
	return p, nil
}

// digitsOf reads a picture of digits, from the right.
func (p *integerPicture) digitsOf(format string) error {
	family := rune(0)
	runes := []rune(format)
	slices.Reverse(runes)
	count := 0
	for _, c := range runes {
		zero := rune(0)
		for _, z := range zeros {
			if c >= z && c <= z+9 {
				zero = z
			}
		}
		switch {
		case zero != 0 && family != 0 && zero != family:
			return fail("D3131", "the digits of the picture "+show(format)+" are of different families", "")
		case zero != 0:
			family = zero
			p.digits++
			count++
		case c == '#':
			p.optional++
			count++
		default:
			p.separators = append(p.separators, separator{count, string(c)})
		}
	}
	if p.digits == 0 {
		return fail("D3130", "the picture "+show(format)+" is not supported", "use digits such as 0,000, or A, a, I, i, W, w, Ww")
	}
	p.zero = family
	p.every = regularEvery(p.separators)
	return nil
}

// regularEvery is the distance of separators that repeat, or 0.
func regularEvery(separators []separator) int {
	every := 0
	for _, s := range separators {
		if s.sign != separators[0].sign {
			return 0
		}
		every = gcd(every, s.digits)
	}
	for i := range separators {
		if !slices.ContainsFunc(separators, func(s separator) bool { return s.digits == (i+1)*every }) {
			return 0
		}
	}
	return every
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// maxRoman bounds what is written in Roman numerals or words.
const maxRoman = 1_000_000

// format writes an integer.
func (p *integerPicture) format(x *big.Int) (string, error) {
	var text string
	size := new(big.Int).Abs(x)
	switch {
	case p.style == inDigits:
		text = p.formatDigits(size.String())
	case p.style == inRoman && size.Cmp(big.NewInt(maxRoman)) > 0, !size.IsInt64():
		return "", fail("X1010", "the number "+clip(x.String())+" is too large for its picture", "")
	case p.style == inLetters:
		text = letters(size.Int64(), p.upper)
	case p.style == inRoman:
		text = roman(int(size.Int64()))
	default:
		text = words(size.Int64(), false, p.ordinal)
	}
	switch {
	case p.style != inRoman && p.style != inWords || p.title:
	case p.upper:
		text = strings.ToUpper(text)
	default:
		text = strings.ToLower(text)
	}
	if x.Sign() < 0 {
		text = "-" + text
	}
	return text, nil
}

func (p *integerPicture) formatDigits(digits string) string {
	if missing := p.digits - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	last, tens := digits[len(digits)-1], len(digits) > 1 && digits[len(digits)-2] == '1'
	var b strings.Builder
	for i := range len(digits) {
		if left := len(digits) - i; i > 0 {
			b.WriteString(p.signBefore(left))
		}
		b.WriteRune(p.zero + rune(digits[i]-'0'))
	}
	if p.ordinal {
		suffix := map[byte]string{'1': "st", '2': "nd", '3': "rd"}[last]
		if suffix == "" || tens {
			suffix = "th"
		}
		b.WriteString(suffix)
	}
	return b.String()
}

// signBefore is the separator that stands before so many digits.
func (p *integerPicture) signBefore(digits int) string {
	if p.every > 0 {
		if digits%p.every == 0 {
			return p.separators[0].sign
		}
		return ""
	}
	sign := ""
	for _, s := range p.separators {
		if s.digits == digits {
			sign = s.sign + sign
		}
	}
	return sign
}

func letters(n int64, upper bool) string {
	first := byte('a')
	if upper {
		first = 'A'
	}
	var out []byte
	for ; n > 0; n = (n - 1) / 26 {
		out = append(out, first+byte((n-1)%26))
	}
	slices.Reverse(out)
	return string(out)
}

var romans = []struct {
	value int
	sign  string
}{
	{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"},
}

func roman(n int) string {
	var b strings.Builder
	for _, r := range romans {
		for ; n >= r.value; n -= r.value {
			b.WriteString(r.sign)
		}
	}
	return b.String()
}

// parse reads an integer that the picture wrote.
func (p *integerPicture) parse(text string) (Value, error) {
	bad := fail("X1010", show(text)+" does not fit its picture", "")
	lower := strings.ToLower(text)
	switch p.style {
	case inLetters:
		n := int64(0)
		for _, c := range lower {
			if c < 'a' || c > 'z' || n > safe/26 {
				return nil, bad
			}
			n = n*26 + int64(c-'a') + 1
		}
		return n, nil
	case inRoman:
		n, most := 0, 1
		for i := len(lower) - 1; i >= 0; i-- {
			value := 0
			for _, r := range romans {
				if r.sign == lower[i:i+1] {
					value = r.value
				}
			}
			switch {
			case value == 0 || len(lower) > 2*maxPicture:
				return nil, bad
			case value < most:
				n -= value
			default:
				n, most = n+value, value
			}
		}
		return int64(n), nil
	case inWords:
		if n, ok := fromWords(lower); ok {
			return n, nil
		}
		return nil, bad
	}
	if n := p.fromDigits(text); n != nil {
		return n, nil
	}
	return nil, bad
}

func (p *integerPicture) fromDigits(text string) Value {
	if p.ordinal {
		text = text[:max(0, len(text)-2)]
	}
	for _, s := range p.separators {
		text = strings.ReplaceAll(text, s.sign, "")
	}
	digits := make([]byte, 0, len(text))
	for i, c := range text {
		switch {
		case c >= p.zero && c <= p.zero+9:
			digits = append(digits, '0'+byte(c-p.zero))
		case i == 0 && c == '-' && utf8.RuneCountInString(text) > 1:
			digits = append(digits, '-')
		default:
			return nil
		}
	}
	if len(digits) == 0 || len(digits) > maxNumberText {
		return nil
	}
	n, err := inRange(parseNumber(string(digits)))
	if err != nil {
		return nil
	}
	return n
}

// The words of numbers.
var (
	units20 = strings.Fields(`Zero One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve Thirteen Fourteen Fifteen Sixteen
		Seventeen Eighteen Nineteen`)
	ordinals20 = strings.Fields(`Zeroth First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth Eleventh Twelfth Thirteenth
		Fourteenth Fifteenth Sixteenth Seventeenth Eighteenth Nineteenth`)
	tensWords  = strings.Fields("Twenty Thirty Forty Fifty Sixty Seventy Eighty Ninety")
	magnitudes = []struct {
		value int64
		word  string
	}{{1e12, "Trillion"}, {1e9, "Billion"}, {1e6, "Million"}, {1e3, "Thousand"}}
	wordValues = wordTable()
)

// words writes a number; within one it is joined to what stands before.
func words(n int64, within, ordinal bool) string {
	join := func(with string) string {
		if within {
			return with
		}
		return ""
	}
	switch {
	case n < 20 && ordinal:
		return join(" and ") + ordinals20[n]
	case n < 20:
		return join(" and ") + units20[n]
	case n < 100:
		ten := tensWords[n/10-2]
		switch {
		case n%10 > 0:
			ten += "-" + words(n%10, false, ordinal)
		case ordinal:
			ten = strings.TrimSuffix(ten, "y") + "ieth"
		}
		return join(" and ") + ten
	case n < 1000:
		return join(", ") + units20[n/100] + " Hundred" + tail(n%100, ordinal)
	}
	for _, m := range magnitudes {
		if n >= m.value {
			return join(", ") + words(n/m.value, false, false) + " " + m.word + tail(n%m.value, ordinal)
		}
	}
	return strconv.FormatInt(n, 10)
}

// tail writes what follows a hundred or a magnitude.
func tail(rest int64, ordinal bool) string {
	switch {
	case rest > 0:
		return words(rest, true, ordinal)
	case ordinal:
		return "th"
	}
	return ""
}

func wordTable() map[string]int64 {
	out := map[string]int64{"hundred": 100, "hundredth": 100}
	for i := range units20 {
		out[strings.ToLower(units20[i])], out[strings.ToLower(ordinals20[i])] = int64(i), int64(i)
	}
	for i, w := range tensWords {
		w = strings.ToLower(w)
		out[w], out[strings.TrimSuffix(w, "y")+"ieth"] = int64(i+2)*10, int64(i+2)*10
	}
	for _, m := range magnitudes {
		w := strings.ToLower(m.word)
		out[w], out[w+"th"] = m.value, m.value
	}
	return out
}

// fromWords reads a number in words.
func fromWords(text string) (int64, bool) {
	text = strings.NewReplacer(", ", " ", " and ", " ", "-", " ").Replace(text)
	segments := []int64{0}
	for _, w := range strings.Fields(text) {
		value, ok := wordValues[w]
		top := &segments[len(segments)-1]
		switch {
		case !ok || *top > safe/1000:
			return 0, false
		case value >= 100:
			*top *= value
		case *top >= 1000:
			segments = append(segments, value)
		default:
			*top += value
		}
		if len(segments) > 20 {
			return 0, false
		}
	}
	total := int64(0)
	for _, s := range segments {
		if total += s; s > safe || total > safe {
			return 0, false
		}
	}
	return total, true
}
