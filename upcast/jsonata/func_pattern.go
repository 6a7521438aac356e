package jsonata

import (
	"strconv"
	"strings"
)

func definePatterns() {
	define("match", "<s-f<s:o>n?:a<o>>", 3, matches)
	define("contains", "<s-(sf):b>", 2, func(c *call) (Value, error) {
		s, ok := c.args[0].(string)
		if !ok || c.args[1] == nil {
			return nil, nil
		}
		if token, ok := c.args[1].(string); ok {
			return strings.Contains(s, token), c.pay(len(s) / bytesAStep)
		}
		h, err := c.first(c.args[1], s)
		return h != nil, err
	})
	define("split", "<s-(sf)n?:a<s>>", 3, split)
	define("replace", "<s-(sf)(sf)n?:s>", 4, replace)
}

// hit is one match of a pattern, or of a function that plays one.
type hit struct {
	from, to int // bytes of the text
	groups   []Value
	object   func() *Object
	next     func() (*hit, error)
}

// first finds the first match of a regular expression or a matching function.
func (c *call) first(pattern Value, text string) (*hit, error) {
	if re, ok := pattern.(*regex); ok {
		f, err := c.match(re, text)
		return c.hitOf(f), err
	}
	v, err := c.apply(pattern, "", []Value{text}, Null, c.env)
	if err != nil {
		return nil, err
	}
	return c.custom(v, text)
}

func (c *call) hitOf(f *found) *hit {
	if f == nil {
		return nil
	}
	return &hit{f.from, f.to, f.groups, func() *Object { return c.matchObject(f) }, func() (*hit, error) {
		g, err := c.following(f)
		return c.hitOf(g), err
	}}
}

// custom reads what a matching function gave.
func (c *call) custom(v Value, text string) (*hit, error) {
	if v == nil {
		return nil, nil
	}
	o, ok := v.(*Object)
	bad := fail("T1010", "the function that is used as a pattern of $"+c.name+" gives no match", "it gives an object of match, start, end, groups and next, or nothing")
	if !ok {
		return nil, bad
	}
	start, ok1 := small(o.Get("start"))
	matched, ok2 := o.Get("match").(string)
	groups, ok3 := o.Get("groups").(*Array)
	if !ok1 || !ok2 || !ok3 || start < 0 {
		return nil, bad
	}
	from := byteOf(text, int(min(start, int64(len(text)))))
	to := min(from+len(matched), len(text))
	if end, ok := small(o.Get("end")); ok && end >= start {
		to = byteOf(text, int(min(end, int64(len(text)))))
	}
	return &hit{from, to, groups.Items, func() *Object { return o }, func() (*hit, error) {
		if !isFunction(o.Get("next")) {
			return nil, bad
		}
		v, err := c.apply(o.Get("next"), "", nil, Null, c.env)
		if err != nil {
			return nil, err
		}
		return c.custom(v, text)
	}}, nil
}

// byteOf is the byte at which a UTF-16 unit of a text stands.
func byteOf(text string, unit int) int {
	n := 0
	for i, r := range text {
		if n >= unit {
			return i
		}
		if n++; r > 0xffff {
			n++
		}
	}
	return len(text)
}

// limit reads an optional limit of matches; negative means none.
func (c *call) limit(arg int, code string) (float64, error) {
	if c.args[arg] == nil {
		return -1, nil
	}
	n := toFloat(c.args[arg])
	if n < 0 {
		return 0, fail(code, "the limit of $"+c.name+" is "+show(c.args[arg]), "it is zero or more")
	}
	return n, nil
}

// each calls do for every match up to a limit.
func (c *call) each(pattern Value, text string, limit float64, do func(*hit) error) (int, error) {
	n := 0
	if limit == 0 {
		return 0, nil
	}
	h, err := c.first(pattern, text)
	for h != nil && err == nil && (limit < 0 || float64(n) < limit) {
		n++
		if err = do(h); err == nil {
			err = c.pay(1)
		}
		if err == nil {
			h, err = h.next()
		}
	}
	return n, err
}

func matches(c *call) (Value, error) {
	s, ok := c.args[0].(string)
	if !ok {
		return nil, nil
	}
	limit, err := c.limit(2, "D3040")
	if err != nil {
		return nil, err
	}
	out := sequenceOf()
	counted, unit := 0, 0 // bytes of the text that are counted, and their units
	_, err = c.each(c.args[1], s, limit, func(h *hit) error {
		if h.from >= counted {
			unit += units(s[counted:h.from])
			counted = h.from
		}
		o := NewObject(3)
		o.Set("match", s[h.from:h.to])
		o.Set("index", int64(unit))
		o.Set("groups", NewArray(h.groups...))
		out.Items = append(out.Items, o)
		return c.pay(len(h.groups))
	})
	return out, err
}

func split(c *call) (Value, error) {
	s, ok := c.args[0].(string)
	if !ok {
		return nil, nil
	}
	limit, err := c.limit(2, "D3020")
	if err != nil {
		return nil, err
	}
	out := NewArray()
	if limit == 0 {
		return out, nil
	}
	if separator, ok := c.args[1].(string); ok {
		if err := c.pay(len(s)/bytesAStep + strings.Count(s, separator)); err != nil {
			return nil, err
		}
		for _, part := range strings.Split(s, separator) {
			if limit >= 0 && float64(len(out.Items)+1) > limit {
				break
			}
			out.Items = append(out.Items, part)
		}
		if s == "" && separator == "" {
			out.Items = nil
		}
		return out, nil
	}
	start := 0
	n, err := c.each(c.args[1], s, limit, func(h *hit) error {
		if h.from < start {
			h.from = start
		}
		out.Items = append(out.Items, s[start:h.from])
		start = h.to
		return nil
	})
	if err == nil && (limit < 0 || float64(n) < limit) {
		out.Items = append(out.Items, s[start:])
	}
	return out, err
}

func replace(c *call) (Value, error) {
	s, ok := c.args[0].(string)
	if !ok {
		return nil, nil
	}
	if c.args[1] == "" {
		return nil, fail("D3010", "$replace looks for the empty text", "")
	}
	limit, err := c.limit(3, "D3011")
	if err != nil || limit == 0 {
		return s, err
	}
	with, isText := c.args[2].(string)
	if pattern, ok := c.args[1].(string); ok {
		if !isText {
			return nil, fail("D3012", "$replace replaces a text by "+show(c.args[2]), "a function can replace only what a pattern finds")
		}
		return c.replaceText(s, pattern, with, limit)
	}
	var b strings.Builder
	start := 0
	_, err = c.each(c.args[1], s, limit, func(h *hit) error {
		var replaced string
		if isText {
			replaced = expand(with, s[h.from:h.to], h.groups)
		} else {
			v, err := c.apply(c.args[2], "", []Value{h.object()}, Null, c.env)
			if err != nil {
				return err
			}
			if replaced, ok = v.(string); !ok {
				return fail("D3012", "the function of $replace gives "+show(v)+", not a text", "")
			}
		}
		if h.from >= start {
			b.WriteString(s[start:h.from])
		}
		b.WriteString(replaced)
		start = h.to
		return c.pay(len(replaced) / bytesAStep)
	})
	b.WriteString(s[start:])
	return b.String(), err
}

func (c *call) replaceText(s, pattern, with string, limit float64) (Value, error) {
	times := -1
	if limit >= 0 && limit < float64(len(s)+1) {
		times = int(limit)
		if float64(times) < limit {
			times++ // as counting up to a fraction does
		}
	}
	n := strings.Count(s, pattern)
	if times >= 0 {
		n = min(n, times)
	}
	if err := c.pay((len(s) + n*len(with)) / bytesAStep); err != nil {
		return nil, err
	}
	return strings.Replace(s, pattern, with, times), nil
}

// expand puts groups into a replacement: $0 is the match, $1 a group, $$ a
// dollar. A number has as many digits as the number of groups, or fewer if it
// names no group.
func expand(with, match string, groups []Value) string {
	var b strings.Builder
	for {
		text, rest, ok := strings.Cut(with, "$")
		b.WriteString(text)
		if !ok {
			return b.String()
		}
		with = rest
		switch {
		case strings.HasPrefix(with, "$"):
			b.WriteByte('$')
			with = with[1:]
			continue
		case strings.HasPrefix(with, "0"):
			b.WriteString(match)
			with = with[1:]
			continue
		}
		n := 0
		for most := len(strconv.Itoa(max(len(groups), 1))); n < most && n < len(with) && with[n] >= '0' && with[n] <= '9'; {
			n++
		}
		if n == 0 {
			b.WriteByte('$')
			continue
		}
		index, _ := strconv.Atoi(with[:n])
		if index > len(groups) && n > 1 {
			n--
			index, _ = strconv.Atoi(with[:n])
		}
		if index >= 1 && index <= len(groups) {
			if s, ok := groups[index-1].(string); ok {
				b.WriteString(s)
			}
		}
		with = with[n:]
	}
}
