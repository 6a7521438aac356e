package jsonata

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func defineTimes() {
	define("millis", "<:n>", 0, func(c *call) (Value, error) {
		if c.sources.Millis == nil {
			return nil, c.missing("millis")
		}
		return *c.sources.Millis, nil
	})
	define("now", "<s?s?:s>", 2, func(c *call) (Value, error) {
		if c.sources.Millis == nil {
			return nil, c.missing("now")
		}
		return timeText(*c.sources.Millis, c.args[0], c.args[1])
	})
	define("fromMillis", "<n-s?s?:s>", 3, func(c *call) (Value, error) {
		if c.args[0] == nil {
			return nil, nil
		}
		f := math.Trunc(toFloat(c.args[0]))
		if !(math.Abs(f) <= maxMillis) {
			return nil, fail("X1010", "the time "+show(c.args[0])+" is out of range", "times are milliseconds since 1970")
		}
		return timeText(int64(f), c.args[1], c.args[2])
	})
	define("toMillis", "<s-s?:n>", 2, toMillis)
	define("formatInteger", "<n-s:s>", 2, formatInteger)
	define("parseInteger", "<s-s:n>", 2, func(c *call) (Value, error) {
		s, ok := c.args[0].(string)
		if !ok {
			return nil, nil
		}
		p, err := c.integerPicture()
		if err != nil {
			return nil, err
		}
		return p.parse(s)
	})
	define("formatNumber", "<n-so?:s>", 3, formatNumber)
}

func (c *call) integerPicture() (*integerPicture, error) {
	picture, ok := c.args[1].(string)
	if !ok {
		return nil, fail("T0410", "$"+c.name+" has no picture", "")
	}
	return parseIntegerPicture(picture)
}

func formatInteger(c *call) (Value, error) {
	if c.args[0] == nil {
		return nil, nil
	}
	p, err := c.integerPicture()
	if err != nil {
		return nil, err
	}
	v, err := inRange(whole(c.args[0], math.Floor))
	if err != nil {
		return nil, err
	}
	x, ok := toInteger(v)
	if !ok { // a large float64 is an integer
		x, _ = big.NewFloat(toFloat(v)).Int(nil)
	}
	s, err := p.format(x)
	return s, err
}

func timeText(millis int64, picture, zone Value) (Value, error) {
	text := isoPicture
	if s, ok := picture.(string); ok {
		text = s
	}
	parts, err := parseTimePicture(text)
	if err != nil {
		return nil, err
	}
	z, _ := zone.(string)
	s, err := formatTime(millis, parts, z)
	return s, err
}

var isoTime = regexp.MustCompile(`^(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?(?:T([0-2]\d):([0-5]\d):([0-5]\d))?(?:\.(\d+))?(?:([+-])([0-2]\d):?([0-5]\d)|Z)?$`)

func toMillis(c *call) (Value, error) {
	s, ok := c.args[0].(string)
	if !ok {
		return nil, nil
	}
	if picture, ok := c.args[1].(string); ok {
		return c.parseTime(s, picture)
	}
	bad := fail("D3110", "$toMillis is applied to "+show(s)+", which is no ISO 8601 time", "write it as 2006-01-02T15:04:05.000Z, or give a picture")
	m := isoTime.FindStringSubmatch(s)
	if m == nil || m[7] != "" && m[4] == "" {
		return nil, bad
	}
	number := func(i, other int) int {
		if m[i] == "" {
			return other
		}
		n, _ := strconv.Atoi(m[i])
		return n
	}
	year, month, day, hour := number(1, 0), number(2, 1), number(3, 1), number(4, 0)
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || hour == 24 && (number(5, 0) > 0 || number(6, 0) > 0) {
		return nil, bad
	}
	fraction, _ := strconv.Atoi((m[7] + "000")[:3])
	t := time.Date(year, time.Month(month), day, hour, number(5, 0), number(6, 0), fraction*1_000_000, time.UTC)
	offset := int64(number(9, 0)*60 + number(10, 0))
	if m[8] == "-" {
		offset = -offset
	}
	return t.UnixMilli() - offset*60_000, nil
}

// timeField is what one part of a picture gives when a text is parsed.
type timeField struct {
	pattern string
	parse   func(string) (int, bool)
}

// parseTime reads a time by a picture. What the picture lacks at its large end is
// taken from the time of the evaluation, at its small end it is the first.
func (c *call) parseTime(text, picture string) (Value, error) {
	parts, err := parseTimePicture(picture)
	if err != nil {
		return nil, err
	}
	fields := make([]timeField, len(parts))
	pattern := "(?i)^"
	for i := range parts {
		if fields[i], err = parts[i].field(); err != nil {
			return nil, err
		}
		pattern += "(" + fields[i].pattern + ")"
	}
	re, err := regexp.Compile(pattern + "$")
	if err != nil {
		return nil, fail("X1010", "the picture "+show(picture)+" cannot be used to parse", "")
	}
	if err := c.pay(1 + len(pattern) + len(text)); err != nil {
		return nil, err
	}
	m := re.FindStringSubmatch(text)
	if m == nil {
		return nil, nil
	}
	got := map[byte]int{}
	for i := range parts {
		if fields[i].parse == nil {
			continue
		}
		n, ok := fields[i].parse(m[i+1])
		if !ok {
			return nil, nil
		}
		got[parts[i].component] = n
	}
	if len(got) == 0 {
		return nil, nil
	}
	return c.assemble(got)
}

// assemble makes a time of its components.
func (c *call) assemble(got map[byte]int) (Value, error) {
	only := func(allowed, all string) bool {
		some := false
		for i := range len(all) {
			if got[all[i]] != 0 {
				if strings.IndexByte(allowed, all[i]) < 0 {
					return false
				}
				some = true
			}
		}
		return some
	}
	date, clock := "YMD", "Hmsf"
	const dates, clocks = "YXMxWwdD", "PHhmsf"
	switch {
	case only("YMD", dates):
	case only("Yd", dates):
		date = "Yd"
	case only("Xxw", dates), only("XW", dates):
		return nil, fail("D3136", "a time cannot be parsed by its week", "use year, month and day")
	}
	if !only("Hmsf", clocks) && only("Phmsf", clocks) {
		clock = "Phmsf"
	}
	if err := c.complete(got, date+clock); err != nil {
		return nil, err
	}
	if clock == "Phmsf" {
		got['H'] = got['h'] % 12
		if got['P'] == 1 {
			got['H'] += 12
		}
	}
	year := got['Y']
	if year >= 0 && year <= 99 {
		year += 1900 // as ECMAScript reads two digits
	}
	month, day := got['M'], got['D']
	if date == "Yd" {
		month, day = 1, got['d']
	}
	if year > 275_000 || max(month, day, got['H'], got['m'], got['s']) > 1_000_000 {
		return nil, fail("X1010", "the time is out of range", "")
	}
	t := time.Date(year, time.Month(max(month, 1)), day, got['H'], got['m'], got['s'], 0, time.UTC)
	zone := got['Z']
	if zone == 0 {
		zone = got['z']
	}
	return t.UnixMilli() + int64(got['f']) - int64(zone)*60_000, nil
}

// complete fills in the components that are missing.
func (c *call) complete(got map[byte]int, components string) error {
	started, ended := false, false
	for i := range len(components) {
		part := components[i]
		if _, ok := got[part]; ok {
			if started = true; ended {
				return fail("D3136", "the picture lacks a component between others", "")
			}
			continue
		}
		if started {
			ended = true
			got[part] = 0
			if strings.IndexByte("MDd", part) >= 0 {
				got[part] = 1
			}
			continue
		}
		if c.sources.Millis == nil {
			return fail("X1002", fmt.Sprintf("the picture of $toMillis has no %q, and this evaluation does not have the time", part), "give year, month and day")
		}
		got[part] = fragment(time.UnixMilli(*c.sources.Millis).UTC(), part)
		if part == 'P' {
			got[part] = got['H'] / 12
		}
	}
	return nil
}

// field is how a part is parsed.
func (p *timePart) field() (timeField, error) {
	names := func(list []string) timeField {
		return timeField{"[a-z]+", func(s string) (int, bool) {
			for i, name := range list {
				if p.most > 0 {
					name = name[:min(p.most, len(name))]
				}
				if strings.EqualFold(name, s) {
					return i + 1, true
				}
			}
			return 0, false
		}}
	}
	switch {
	case p.component == 0:
		return timeField{pattern: regexp.QuoteMeta(p.literal)}, nil
	case p.component == 'Z' || p.component == 'z':
		return p.offsetField(), nil
	case p.component == 'f' && p.integer != nil:
		return timeField{"[0-9]+", func(s string) (int, bool) {
			n, _ := strconv.Atoi((s + "00")[:3])
			return n, true
		}}, nil
	case p.integer != nil:
		return p.integer.field(), nil
	case p.component == 'M' || p.component == 'x':
		return names(monthNames), nil
	case p.component == 'F':
		return names(dayNames), nil
	case p.component == 'P':
		return timeField{"am|pm", func(s string) (int, bool) {
			if strings.EqualFold(s, "pm") {
				return 1, true
			}
			return 0, true
		}}, nil
	}
	return timeField{}, fail("D3133", fmt.Sprintf("the component %q of the picture has no name", p.component), "")
}

func (p *timePart) offsetField() timeField {
	f := timeField{pattern: "[-+][0-9]+"}
	sign := ""
	if p.integer != nil && p.integer.every > 0 {
		sign = p.integer.separators[0].sign
		f.pattern += regexp.QuoteMeta(sign) + "[0-9]+"
	}
	if p.component == 'z' {
		f.pattern = "GMT" + f.pattern
	}
	f.parse = func(s string) (int, bool) {
		if p.component == 'z' {
			s = s[3:]
		}
		digits := s[1:]
		hours, minutes := digits, ""
		if sign != "" {
			hours, minutes, _ = strings.Cut(digits, sign)
		} else if len(digits) > 2 {
			hours, minutes = digits[:2], digits[2:]
		}
		h, _ := strconv.Atoi(hours)
		m, _ := strconv.Atoi(minutes)
		if s[0] == '-' {
			h, m = -h, -m
		}
		return h*60 + m, max(h, -h, m, -m) < 10_000
	}
	return f
}

func (p *integerPicture) field() timeField {
	pattern := fmt.Sprintf(`[\x{%x}-\x{%x}]`, p.zero, p.zero+9)
	switch {
	case p.style == inLetters:
		pattern = "[a-z]+"
	case p.style == inRoman:
		pattern = "[mdclxvi]+"
	case p.style == inWords:
		pattern = "[a-z, -]+"
	case p.width > 0:
		pattern += fmt.Sprintf("{%d}", p.width)
	default:
		pattern += "+"
	}
	if p.style == inDigits && p.ordinal {
		pattern += "(?:th|st|nd|rd)"
	}
	return timeField{pattern, func(s string) (int, bool) {
		v, err := p.parse(s)
		n, ok := small(v)
		return int(n), err == nil && ok && n < 1_000_000_000
	}}
}
