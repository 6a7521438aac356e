package rx

import "strings"

// group reads what begins with a parenthesis; nil is (?i), which is no group but
// holds until the end of the one around it.
func (p *parser) group() (*node, error) {
	start, outer := p.at, p.flags
	look, alone, err := p.opening()
	if err != nil || alone {
		return nil, err
	}
	if p.depth++; p.depth > maxNesting {
		return nil, p.opaque(start, "its groups are nested deeper than 250 levels")
	}
	body, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	p.depth--
	if !strings.HasPrefix(p.rest(), ")") {
		return nil, p.wrong(start, "a ( has no closing )")
	}
	p.at++
	p.flags = outer
	if look == nil {
		return body, nil
	}
	look.subs = []*node{body}
	return look, nil
}

// opening reads up to the body of a group and returns the look-around that it
// is, if it is one. alone is true for modifiers without a body.
func (p *parser) opening() (look *node, alone bool, err error) {
	rest := p.rest()
	if !strings.HasPrefix(rest, "(?") {
		p.at++
		return nil, false, nil
	}
	for _, l := range []struct {
		prefix          string
		behind, negated bool
	}{{"(?=", false, false}, {"(?!", false, true}, {"(?<=", true, false}, {"(?<!", true, true}} {
		if strings.HasPrefix(rest, l.prefix) {
			p.at += len(l.prefix)
			return &node{kind: nodeLook, behind: l.behind, negated: l.negated}, false, nil
		}
	}
	switch {
	case strings.HasPrefix(rest, "(?P"):
		return nil, false, p.opaque(p.at, "(?P… is no group of ECMAScript")
	case !strings.HasPrefix(rest, "(?<"):
		alone, err = p.modifiers()
		return nil, alone, err
	}
	end := strings.IndexByte(rest, '>')
	if end < 0 || !isName(rest[len("(?<"):end]) {
		return nil, false, p.wrong(p.at, "the name of the group (?<name>…) is not an identifier")
	}
	p.at += end + 1
	return nil, false, nil
}

// isName reports whether s can name a group. Escapes in a name are not read.
func isName(s string) bool {
	for i, r := range s {
		switch {
		case r == '$' || r == '_' || idStart().has(r):
		case i > 0 && (r == 0x200c || r == 0x200d || idContinue().has(r)):
		default:
			return false
		}
	}
	return s != ""
}

// modifiers reads (?i: (?-i: (?ims-ims: and the same with a parenthesis in place
// of the colon, which is alone.
func (p *parser) modifiers() (alone bool, err error) {
	start := p.at
	on, changed, next := true, 0, p.flags
	for p.at += len("(?"); p.at < len(p.in); p.at++ {
		switch c := p.in[p.at]; {
		case c == 'i':
			next.fold = on
			changed++
		case c == 'm':
			next.multiline = on
			changed++
		case c == 's':
			next.dotAll = on
			changed++
		case c == '-' && on:
			on = false
		case c == ':' && (on || changed > 0), c == ')' && changed > 0:
			p.at++
			p.flags = next
			return c == ')', nil
		default:
			return false, p.wrong(start, "(?"+string(rune(c))+" begins no group of ECMAScript")
		}
	}
	return false, p.wrong(start, "a ( has no closing )")
}
