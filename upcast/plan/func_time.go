package plan

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Instant is a point in time in an expression, counted from 1970 in UTC.
type Instant struct {
	Seconds int64
	Nanos   int32
}

// Span is a duration in an expression, in nanoseconds.
type Span int64

// InstantType and SpanType are the types of instants and spans, which no event
// holds.
var (
	InstantType = &Type{Kind: Time, Logical: "timestamp"}
	SpanType    = &Type{Kind: Duration, Logical: "duration"}
)

// The first and the last second that expressions know: the years 1 to 9999.
const (
	FirstSecond = -62135596800
	LastSecond  = 253402300799
)

const outOfTime = "the time is outside the years 1 to 9999"

// The functions of time. All of them work in UTC, or at the offset of the call.
var (
	// InstantOf turns the stored number into an instant, by its unit.
	InstantOf = &Func{Name: "time.of", Partial: true, eval: func(c *Call, args []Value) (Value, string) {
		n, ok := args[0].(int64)
		if !ok {
			return wrongKind("time.of", args)
		}
		return instantOf(n, perSecond(c.Table["unit"]))
	}}
	// StoredTime is the reverse; an instant between two units has none.
	StoredTime = &Func{Name: "time.stored", Partial: true, eval: func(c *Call, args []Value) (Value, string) {
		i, ok := args[0].(Instant)
		if !ok {
			return wrongKind("time.stored", args)
		}
		return storedTime(i, perSecond(c.Table["unit"]))
	}}
	TimeAdd     = fn2p("time.add", func(i Instant, d Span) (Instant, string) { return shift(i, int64(d)) })
	TimeBack    = fn2p("time.sub", timeBack)
	TimeBetween = fn2p("time.between", between)
	SpanAdd     = fn2p("duration.add", func(a, b Span) (Span, string) { n, why := addInt(int64(a), int64(b)); return Span(n), why })
	SpanSub     = fn2p("duration.sub", func(a, b Span) (Span, string) { n, why := subInt(int64(a), int64(b)); return Span(n), why })
	SpanHours   = fn1("duration.hours", func(d Span) int64 { return int64(d) / int64(time.Hour) })
	SpanMinutes = fn1("duration.minutes", func(d Span) int64 { return int64(d) / int64(time.Minute) })
	SpanSeconds = fn1("duration.seconds", func(d Span) int64 { return int64(d) / int64(time.Second) })
	SpanMillis  = fn1("duration.milliseconds", func(d Span) int64 { return int64(d) / int64(time.Millisecond) })
	TimeOfText  = fn1p("time.of.string", parseTime)
	TimeOfInt   = fn1p("time.of.int", func(n int64) (Instant, string) {
		return Instant{Seconds: n}, when(n < FirstSecond || n > LastSecond, outOfTime)
	})
	SpanOfText = fn1p("duration.of.string", func(s string) (Span, string) {
		d, err := time.ParseDuration(s)
		return Span(d), when(err != nil, "the text is no duration")
	})
	IntOfTime  = fn1("int.of.time", func(i Instant) int64 { return i.Seconds })
	IntOfSpan  = fn1("int.of.duration", func(d Span) int64 { return int64(d) })
	TextOfTime = fn1("string.of.time", func(i Instant) string { return i.time(0).Format(time.RFC3339Nano) })
	TextOfSpan = fn1("string.of.duration", func(d Span) string {
		return strconv.FormatFloat(time.Duration(d).Seconds(), 'f', -1, 64) + "s"
	})
	ParseTime = fn1("parseTimestamp", func(s string) *Tagged {
		i, why := parseTime(s)
		return found(why == "", "timestamp", i)
	})
)

// Calendar maps the accessors of timestamps to their functions.
var Calendar = map[string]*Func{
	"getFullYear":     calendar("year", time.Time.Year),
	"getMonth":        calendar("month", func(t time.Time) int { return int(t.Month()) - 1 }),
	"getDayOfYear":    calendar("dayOfYear", func(t time.Time) int { return t.YearDay() - 1 }),
	"getDayOfMonth":   calendar("dayOfMonth", func(t time.Time) int { return t.Day() - 1 }),
	"getDate":         calendar("date", time.Time.Day),
	"getDayOfWeek":    calendar("dayOfWeek", func(t time.Time) int { return int(t.Weekday()) }),
	"getHours":        calendar("hours", time.Time.Hour),
	"getMinutes":      calendar("minutes", time.Time.Minute),
	"getSeconds":      calendar("seconds", time.Time.Second),
	"getMilliseconds": calendar("milliseconds", func(t time.Time) int { return t.Nanosecond() / 1_000_000 }),
}

func calendar(name string, get func(time.Time) int) *Func {
	return &Func{Name: "time." + name, eval: func(c *Call, args []Value) (Value, string) {
		i, ok := args[0].(Instant)
		if !ok {
			return wrongKind(name, args)
		}
		seconds, _ := ZoneOffset(c.Table["zone"])
		return int64(get(i.time(seconds))), ""
	}}
}

// time is the instant at an offset in seconds east of UTC.
func (i Instant) time(offset int) time.Time {
	t := time.Unix(i.Seconds, int64(i.Nanos))
	if offset == 0 {
		return t.UTC()
	}
	return t.In(time.FixedZone("", offset))
}

// ZoneOffset reads UTC or a fixed offset such as "+02:00"; names of zones depend
// on tables that differ between machines.
func ZoneOffset(zone string) (seconds int, ok bool) {
	if zone == "" || zone == "UTC" || zone == "Z" {
		return 0, true
	}
	digits := strings.TrimPrefix(strings.TrimPrefix(zone, "-"), "+")
	hours, minutes, cut := strings.Cut(digits, ":")
	h, err := strconv.Atoi(hours)
	m, err2 := strconv.Atoi(minutes)
	if !cut || len(hours) != 2 || len(minutes) != 2 || err != nil || err2 != nil || h > 23 || m > 59 || h < 0 || m < 0 {
		return 0, false
	}
	if seconds = h*3600 + m*60; strings.HasPrefix(zone, "-") {
		seconds = -seconds
	}
	return seconds, true
}

// perSecond is how many units of a logical type make a second.
func perSecond(logical string) int64 {
	switch {
	case strings.HasSuffix(logical, "micros"):
		return 1_000_000
	case strings.HasSuffix(logical, "nanos"):
		return 1_000_000_000
	default:
		return 1_000
	}
}

func instantOf(n, per int64) (Instant, string) {
	seconds, rest := n/per, n%per
	if rest < 0 {
		seconds, rest = seconds-1, rest+per
	}
	return Instant{seconds, int32(rest * (1_000_000_000 / per))}, when(seconds < FirstSecond || seconds > LastSecond, outOfTime)
}

func storedTime(i Instant, per int64) (int64, string) {
	unit := 1_000_000_000 / per
	if int64(i.Nanos)%unit != 0 {
		return 0, "the time is finer than the stored unit"
	}
	n, why := mulInt(i.Seconds, per)
	if why != "" {
		return 0, why
	}
	return addInt(n, int64(i.Nanos)/unit)
}

func shift(i Instant, nanos int64) (Instant, string) {
	seconds, rest := nanos/1_000_000_000, nanos%1_000_000_000+int64(i.Nanos)
	switch {
	case rest < 0:
		seconds, rest = seconds-1, rest+1_000_000_000
	case rest >= 1_000_000_000:
		seconds, rest = seconds+1, rest-1_000_000_000
	}
	out := Instant{i.Seconds + seconds, int32(rest)}
	return out, when(out.Seconds < FirstSecond || out.Seconds > LastSecond, outOfTime)
}

func timeBack(i Instant, d Span) (Instant, string) {
	n, why := subInt(0, int64(d))
	if why != "" {
		return i, why
	}
	return shift(i, n)
}

func between(a, b Instant) (Span, string) {
	n, why := mulInt(a.Seconds-b.Seconds, 1_000_000_000)
	if why == "" {
		n, why = addInt(n, int64(a.Nanos)-int64(b.Nanos))
	}
	return Span(n), when(why != "" || n == math.MinInt64, "the duration is too long")
}

func parseTime(s string) (Instant, string) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return Instant{}, "the text is no time as RFC 3339 writes it"
	}
	i := Instant{t.Unix(), int32(t.Nanosecond())}
	return i, when(i.Seconds < FirstSecond || i.Seconds > LastSecond, outOfTime)
}
