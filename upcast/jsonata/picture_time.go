package jsonata

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// timePart is a part of a picture of date and time: a literal, or a marker such
// as [Y0001].
type timePart struct {
	literal   string
	component byte // 0 for a literal
	names     byte // n lower, N upper, t title case; 0 for numbers
	most      int  // width, 0 for any
	zulu      bool // Z for an offset of zero
	integer   *integerPicture
	modulo    int // of a year: its last digits, 0 for all
}

// presentations are the modifiers of components without one.
var presentations = map[byte]string{
	'Y': "1", 'M': "1", 'D': "1", 'd': "1", 'F': "n", 'W': "1", 'w': "1", 'X': "1", 'x': "1", 'H': "1", 'h': "1", 'P': "n",
	'm': "01", 's': "01", 'f': "1", 'Z': "01:01", 'z': "01:01", 'C': "n", 'E': "n",
}

const isoPicture = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

// parseTimePicture reads a picture of date and time.
func parseTimePicture(picture string) ([]timePart, error) {
	if len(picture) > maxPicture {
		return nil, over("X1007", "jsonata-picture", int64(len(picture)), maxPicture, "a picture is too long")
	}
	var parts []timePart
	literal := func(s string) {
		if s != "" {
			parts = append(parts, timePart{literal: strings.ReplaceAll(s, "]]", "]")})
		}
	}
	for picture != "" {
		open := strings.IndexByte(picture, '[')
		if open < 0 {
			literal(picture)
			break
		}
		literal(picture[:open])
		picture = picture[open+1:]
		if strings.HasPrefix(picture, "[") {
			parts = append(parts, timePart{literal: "["})
			picture = picture[1:]
			continue
		}
		marker, rest, ok := strings.Cut(picture, "]")
		if !ok {
			return nil, fail("D3135", "a marker of the picture does not end", "close it with ]")
		}
		picture = rest
		p, err := parseMarker(strings.Join(strings.Fields(marker), ""))
		if err != nil {
			return nil, err
		}
		if n := len(parts); n > 0 && p.component != 0 && p.integer != nil && p.component != 'Z' && p.component != 'z' && parts[n-1].integer != nil {
			before := *parts[n-1].integer
			before.width = before.digits // two numbers side by side
			parts[n-1].integer = &before
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func parseMarker(marker string) (timePart, error) {
	if marker == "" {
		return timePart{}, fail("D3132", "a marker of the picture is empty", "")
	}
	p := timePart{component: marker[0]}
	modifier, least := marker[1:], 0
	if comma := strings.LastIndexByte(marker, ','); comma > 0 {
		modifier = marker[1:comma]
		low, high, _ := strings.Cut(marker[comma+1:], "-")
		least, _ = strconv.Atoi(low) // * and nothing are no bound
		p.most, _ = strconv.Atoi(high)
		if least > maxPicture || p.most > maxPicture || least < 0 || p.most < 0 {
			return p, fail("X1007", "a width of the picture is too large", "")
		}
	}
	second := byte(0)
	if n := len(modifier); n > 1 && strings.IndexByte("atco", modifier[n-1]) >= 0 {
		modifier, second = modifier[:n-1], modifier[n-1]
	}
	p.zulu = second == 't'
	if modifier == "" {
		modifier = presentations[p.component]
	}
	switch {
	case presentations[p.component] == "":
		return p, fail("D3132", fmt.Sprintf("the component %q of the picture is unknown", p.component), "")
	case modifier[0] == 'n':
		p.names = 'n'
	case strings.HasPrefix(modifier, "Nn"):
		p.names = 't'
	case modifier[0] == 'N':
		p.names = 'N'
	case strings.IndexByte("YMDdFWwXxHhmsfZz", p.component) >= 0:
		if second == 'o' {
			modifier += ";o"
		}
		var err error
		if p.integer, err = parseIntegerPicture(modifier); err != nil {
			return p, err
		}
		p.widths(least)
	}
	return p, nil
}

// widths applies the widths of a number.
func (p *timePart) widths(least int) {
	if p.component == 'Z' || p.component == 'z' {
		return
	}
	p.integer.digits = max(p.integer.digits, least)
	if p.component != 'Y' {
		return
	}
	if p.most > 0 {
		p.modulo, p.integer.digits = p.most, p.most
	} else if n := p.integer.digits + p.integer.optional; n >= 2 && p.integer.style == inDigits {
		p.modulo = n
	}
}

var (
	dayNames   = strings.Fields("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
	monthNames = strings.Fields("January February March April May June July August September October November December")
)

// maxMillis bounds times, as in ECMAScript.
const maxMillis = 8_640_000_000_000_000

// formatTime writes a time by a picture, at an offset such as +0530.
func formatTime(millis int64, parts []timePart, zone string) (string, error) {
	offset, err := parseOffset(zone)
	if err != nil {
		return "", err
	}
	if millis > maxMillis || millis < -maxMillis {
		return "", fail("X1010", fmt.Sprintf("the time %d is out of range", millis), "times are milliseconds since 1970")
	}
	t := time.UnixMilli(millis + int64(offset)*60_000).UTC()
	var b strings.Builder
	for i := range parts {
		s := parts[i].literal
		if parts[i].component != 0 {
			if s, err = parts[i].format(t, offset); err != nil {
				return "", err
			}
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// parseOffset reads a time zone as minutes.
func parseOffset(zone string) (int, error) {
	if zone == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.Replace(zone, ":", "", 1))
	if err != nil || n > 2400 || n < -2400 {
		return 0, fail("X1010", show(zone)+" is no time zone", "write an offset such as +0530")
	}
	return n/100*60 + n%100, nil
}

func (p *timePart) format(t time.Time, offset int) (string, error) {
	switch p.component {
	case 'P':
		s := "am"
		if t.Hour() >= 12 {
			s = "pm"
		}
		if p.names == 'N' {
			s = strings.ToUpper(s)
		}
		return s, nil
	case 'C', 'E':
		return "ISO", nil
	case 'Z', 'z':
		return p.formatOffset(offset)
	}
	n := fragment(t, p.component)
	if p.names == 0 {
		if p.component == 'Y' && p.modulo > 0 && p.modulo < 10 {
			for m, i := 1, 0; i <= p.modulo; i++ {
				if i == p.modulo {
					n %= m
				}
				m *= 10
			}
		}
		return p.integer.format(big.NewInt(int64(n)))
	}
	var s string
	switch p.component {
	case 'M', 'x':
		s = monthNames[n-1]
	case 'F':
		s = dayNames[n-1]
	default:
		return "", fail("D3133", fmt.Sprintf("the component %q of the picture has no name", p.component), "names are those of months and days")
	}
	switch p.names {
	case 'n':
		s = strings.ToLower(s)
	case 'N':
		s = strings.ToUpper(s)
	}
	if p.most > 0 && len(s) > p.most {
		s = s[:p.most]
	}
	return s, nil
}

func (p *timePart) formatOffset(offset int) (string, error) {
	if offset == 0 && p.zulu {
		return "Z", nil
	}
	if p.integer == nil {
		return "", fail("D3134", "a time zone has no name", "write [Z01:01]")
	}
	hours, minutes := offset/60, offset%60
	number := big.NewInt(int64(hours*100 + minutes))
	var s string
	var err error
	switch n := p.integer.digits; {
	case p.integer.every > 0:
		s, err = p.integer.format(number)
	case n <= 2:
		s, err = p.integer.format(big.NewInt(int64(hours)))
		if minutes != 0 {
			s += fmt.Sprintf(":%02d", max(minutes, -minutes))
		}
	case n <= 4:
		s, err = p.integer.format(number)
	default:
		return "", fail("D3134", "the number of a time zone has more than four digits", "")
	}
	if offset >= 0 {
		s = "+" + s
	}
	if p.component == 'z' {
		s = "GMT" + s
	}
	return s, err
}

// fragment is a component of a time as a number.
func fragment(t time.Time, component byte) int {
	switch component {
	case 'Y':
		return t.Year()
	case 'M':
		return int(t.Month())
	case 'D':
		return t.Day()
	case 'd':
		return t.YearDay()
	case 'F':
		return (int(t.Weekday())+6)%7 + 1
	case 'W':
		_, w := t.ISOWeek()
		return w
	case 'X':
		y, _ := t.ISOWeek()
		return y
	case 'w', 'x':
		month, week := weekOfMonth(t)
		if component == 'w' {
			return week
		}
		return month
	case 'H':
		return t.Hour()
	case 'h':
		return (t.Hour()+11)%12 + 1
	case 'm':
		return t.Minute()
	case 's':
		return t.Second()
	case 'f':
		return t.Nanosecond() / 1_000_000
	}
	return 0
}

// weekOfMonth is the month that a week belongs to, by its Thursday, and its
// number in it.
func weekOfMonth(t time.Time) (month, week int) {
	thursday := t.AddDate(0, 0, 3-(int(t.Weekday())+6)%7)
	return int(thursday.Month()), (thursday.Day()-1)/7 + 1
}
