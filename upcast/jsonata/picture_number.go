package jsonata

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// numberSigns are the characters that have a meaning in a picture of numbers.
type numberSigns struct {
	decimal, group, exponent, minus, percent, permille, digit, pattern string
	zero                                                               rune
}

func signsOf(v Value) (numberSigns, error) {
	s := numberSigns{".", ",", "e", "-", "%", "‰", "#", ";", '0'}
	o, ok := v.(*Object)
	if !ok {
		return s, nil
	}
	for _, m := range o.members {
		text, ok := m.Value.(string)
		if !ok || text == "" || len(text) > maxPicture {
			return s, fail("X1010", "the option "+show(m.Key)+" of $formatNumber is "+show(m.Value), "options are texts of at least one character")
		}
		switch m.Key {
		case "decimal-separator":
			s.decimal = text
		case "grouping-separator":
			s.group = text
		case "exponent-separator":
			s.exponent = text
		case "minus-sign":
			s.minus = text
		case "percent":
			s.percent = text
		case "per-mille":
			s.permille = text
		case "digit":
			s.digit = text
		case "pattern-separator":
			s.pattern = text
		case "zero-digit":
			s.zero, _ = utf8.DecodeRuneInString(text)
		}
	}
	return s, nil
}

func (s *numberSigns) isDigit(c rune) bool { return c >= s.zero && c <= s.zero+9 }

// active reports whether a character stands for a part of the number.
func (s *numberSigns) active(c rune) bool {
	return s.isDigit(c) || slices.Contains([]string{s.decimal, s.group, s.exponent, s.digit, s.pattern}, string(c))
}

// numberPicture is one half of a picture: what stands around a number, and how
// it is written.
type numberPicture struct {
	picture, prefix, suffix string
	active                  string
	mantissa, exponent      string
	hasExponent             bool
	whole, fraction         string

	groups         []int // positions from the point to the left
	every          int
	fractionGroups []int // positions from the point to the right
	minWhole       int
	scale          int
	minFraction    int
	maxFraction    int
	minExponent    int
}

// cut takes a half of a picture apart.
func (s *numberSigns) cut(picture string) *numberPicture {
	p := &numberPicture{picture: picture}
	begins := func(c rune) bool { return s.active(c) && string(c) != s.exponent }
	from := strings.IndexFunc(picture, begins)
	if from < 0 {
		return p
	}
	to := strings.LastIndexFunc(picture, begins)
	_, n := utf8.DecodeRuneInString(picture[to:])
	p.prefix, p.active, p.suffix = picture[:from], picture[from:to+n], picture[to+n:]
	p.mantissa, p.exponent, p.hasExponent = strings.Cut(p.active, s.exponent)
	p.hasExponent = p.hasExponent || strings.HasPrefix(p.suffix, s.exponent) // one without digits
	p.whole, p.fraction, _ = strings.Cut(p.mantissa, s.decimal)
	return p
}

// problem holds a half of a picture to the rules of the language; of several
// broken ones the last counts.
func (s *numberSigns) problem(p *numberPicture) error {
	twice := func(sign string) bool { return strings.Count(p.picture, sign) > 1 }
	has := func(sign string) bool { return strings.Contains(p.picture, sign) }
	digits := func(text string) bool { return strings.ContainsFunc(text, s.isDigit) }
	passive := strings.ContainsFunc(p.active, func(c rune) bool { return !s.active(c) })
	beforeOptional, _, hasOptional := strings.Cut(p.whole, s.digit)
	lastOptional := strings.LastIndex(p.fraction, s.digit)
	badExponent := p.exponent == "" || strings.ContainsFunc(p.exponent, func(c rune) bool { return !s.isDigit(c) })
	rules := []struct {
		broken     bool
		code, what string
	}{
		{p.hasExponent && badExponent, "D3093", "its exponent is not made of digits"},
		{p.hasExponent && p.exponent != "" && (has(s.percent) || has(s.permille)), "D3092", "it has an exponent beside percent or per-mille"},
		{lastOptional >= 0 && digits(p.fraction[max(lastOptional, 0):]), "D3091", "an optional digit stands before a digit of the fraction"},
		{hasOptional && digits(beforeOptional), "D3090", "an optional digit stands behind a digit of the integer part"},
		{has(s.group + s.group), "D3089", "two grouping separators stand side by side"},
		{!has(s.decimal) && strings.HasSuffix(p.whole, s.group), "D3088", "a grouping separator ends the integer part"},
		{has(s.group+s.decimal) || has(s.decimal+s.group), "D3087", "a grouping separator stands beside the decimal separator"},
		{passive, "D3086", "another character stands within the number"},
		{!digits(p.mantissa) && !strings.Contains(p.mantissa, s.digit), "D3085", "it has no digit"},
		{has(s.percent) && has(s.permille), "D3084", "it has percent and per-mille"},
		{twice(s.permille), "D3083", "it has per-mille twice"},
		{twice(s.percent), "D3082", "it has percent twice"},
		{twice(s.decimal), "D3081", "it has two decimal separators"},
	}
	for _, r := range rules {
		if r.broken {
			return fail(r.code, "the picture "+show(p.picture)+" cannot be used: "+r.what, "a picture is like #,##0.00")
		}
	}
	return nil
}

// count counts digits, and optional ones too.
func (s *numberSigns) count(text string, optional bool) int {
	n := 0
	for _, c := range text {
		if s.isDigit(c) || optional && string(c) == s.digit {
			n++
		}
	}
	return n
}

// analyse finds out how a number is written.
func (s *numberSigns) analyse(p *numberPicture) {
	for rest := p.whole; ; {
		_, after, ok := strings.Cut(rest, s.group)
		if !ok {
			break
		}
		p.groups, rest = append(p.groups, s.count(after, true)), after
	}
	var separators []separator
	for _, g := range p.groups {
		separators = append(separators, separator{digits: g})
	}
	p.every = regularEvery(separators)
	for at := strings.Index(p.fraction, s.group); at >= 0; {
		p.fractionGroups = append(p.fractionGroups, s.count(p.fraction[:at], true))
		further := strings.Index(p.fraction[at+len(s.group):], s.group)
		if further < 0 {
			break
		}
		at += len(s.group) + further
	}
	p.minWhole = s.count(p.whole, false)
	p.scale = p.minWhole
	p.minFraction, p.maxFraction = s.count(p.fraction, false), s.count(p.fraction, true)
	switch {
	case p.minWhole == 0 && p.maxFraction == 0 && p.hasExponent:
		p.minFraction, p.maxFraction = 1, 1
	case p.minWhole == 0 && p.maxFraction == 0:
		p.minWhole = 1
	}
	if p.hasExponent && p.minWhole == 0 && strings.Contains(p.whole, s.digit) {
		p.minWhole = 1
	}
	if p.minWhole == 0 && p.minFraction == 0 {
		p.minFraction = 1
	}
	p.minExponent = s.count(p.exponent, false)
}

// formatNumber is $formatNumber.
func formatNumber(c *call) (Value, error) {
	if c.args[0] == nil {
		return nil, nil
	}
	picture, ok := c.args[1].(string)
	if !ok || len(picture) > maxPicture {
		return nil, fail("T0410", "$formatNumber has no picture, or one of more than 1000 bytes", "")
	}
	value, err := inRange(c.args[0])
	if err != nil {
		return nil, err
	}
	s, err := signsOf(c.args[2])
	if err != nil {
		return nil, err
	}
	halves := strings.Split(picture, s.pattern)
	if len(halves) > 2 {
		return nil, fail("D3080", "the picture "+show(picture)+" has more than two parts", "one for positive numbers, one for negative ones")
	}
	var pictures []*numberPicture
	for _, half := range halves {
		p := s.cut(half)
		if err := s.problem(p); err != nil {
			return nil, err
		}
		s.analyse(p)
		pictures = append(pictures, p)
	}
	p := pictures[0]
	if compareNumbers(value, int64(0)) < 0 {
		if len(pictures) == 2 {
			p = pictures[1]
		} else {
			p.prefix = s.minus + p.prefix
		}
	}
	return s.write(p, value)
}

// write writes a number by its picture.
func (s *numberSigns) write(p *numberPicture, value Value) (Value, error) {
	var err error
	switch {
	case strings.Contains(p.picture, s.percent):
		value, err = arithmetic('*', value, int64(100))
	case strings.Contains(p.picture, s.permille):
		value, err = arithmetic('*', value, int64(1000))
	}
	if err != nil {
		return nil, err
	}
	exponent := 0
	if p.minExponent > 0 {
		value, exponent = scaled(toFloat(value), p.scale)
	}
	if value, err = round(value, p.maxFraction); err != nil {
		return nil, err
	}
	whole, fraction := fixed(value, p.maxFraction)
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	whole = strings.Repeat("0", max(0, p.minWhole-len(whole))) + whole
	fraction += strings.Repeat("0", max(0, p.minFraction-len(fraction)))
	var b strings.Builder
	b.WriteString(p.prefix)
	for i := range len(whole) {
		left := len(whole) - i
		if i > 0 && (p.every > 0 && left%p.every == 0 || p.every == 0 && slices.Contains(p.groups, left)) {
			b.WriteString(s.group)
		}
		b.WriteRune(s.zero + rune(whole[i]-'0'))
	}
	if fraction != "" && strings.Contains(p.picture, s.decimal) {
		b.WriteString(s.decimal)
		for i := range len(fraction) {
			if slices.Contains(p.fractionGroups, i) {
				b.WriteString(s.group)
			}
			b.WriteRune(s.zero + rune(fraction[i]-'0'))
		}
	}
	if p.minExponent > 0 {
		b.WriteString(s.exponent)
		if exponent < 0 {
			b.WriteString(s.minus)
			exponent = -exponent
		}
		digits := strconv.Itoa(exponent)
		for _, c := range strings.Repeat("0", max(0, p.minExponent-len(digits))) + digits {
			b.WriteRune(s.zero + c - '0')
		}
	}
	b.WriteString(p.suffix)
	return b.String(), nil
}

// scaled moves the point of a number so that its integer part has a number of
// digits.
func scaled(f float64, digits int) (Value, int) {
	exponent := 0
	if f != 0 {
		least, most := math.Pow10(digits-1), math.Pow10(digits)
		for ; math.Abs(f) < least && exponent > -400; exponent-- {
			f *= 10
		}
		for ; math.Abs(f) > most && exponent < 400; exponent++ {
			f /= 10
		}
	}
	return normalFloat(f), exponent
}

// fixed is the size of a number in digits before and behind the point.
func fixed(v Value, places int) (whole, fraction string) {
	if x, ok := toInteger(v); ok {
		return strings.TrimPrefix(x.String(), "-"), ""
	}
	text := strconv.FormatFloat(math.Abs(toFloat(v)), 'f', places, 64)
	whole, fraction, _ = strings.Cut(text, ".")
	return whole, fraction
}
