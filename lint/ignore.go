package lint

import (
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// ignoreMark begins an ignore in a comment.
const ignoreMark = "evcheck:ignore"

// ignoreKey is the property of an Avro type or field that holds ignores.
const ignoreKey = "x-evcheck-ignore"

// ignore is a mark in a schema text: the rules that it names do not count for the
// element that it stands at, and for what lies in it.
type ignore struct {
	file   string
	rules  []string
	reason string
	at     schema.Position
	// In JSON texts the element is a pointer, in Protobuf texts a range of bytes.
	pointer  string
	from, to int
	json     bool
	added    bool // by this change
}

// readIgnores finds the ignores of a text; yaml is what it was made of, or nil.
func readIgnores(file string, f schema.Format, body string, yaml *Source) []ignore {
	var out []ignore
	if yaml != nil {
		if strings.Contains(yaml.Text, ignoreMark) {
			out = append(yamlIgnores(yaml), jsonIgnores(yaml.Text, yaml.tree, "", nil)...)
		}
	} else if f == schema.Protobuf {
		if strings.Contains(body, ignoreMark) {
			out = protoIgnores(body)
		}
	} else if strings.Contains(body, ignoreMark) || strings.Contains(body, ignoreKey) {
		limits := jsonx.SchemaLimits(schema.DefaultLimits())
		limits.Lenient = true
		if root, err := jsonx.Parse(body, limits); err == nil {
			out = jsonIgnores(body, root, "", nil)
		}
	}
	for i := range out {
		out[i].file = file
	}
	return out
}

// newIgnore reads "rule, rule -- reason".
func newIgnore(text string) ignore {
	rules, reason, _ := strings.Cut(text, " -- ")
	i := ignore{reason: strings.TrimSpace(reason)}
	i.rules = strings.FieldsFunc(rules, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' })
	return i
}

// jsonIgnores walks a JSON text: $comment of JSON Schema, a property of Avro.
func jsonIgnores(body string, v *jsonx.Value, pointer string, out []ignore) []ignore {
	for i := range v.Members {
		m := &v.Members[i]
		var texts []*jsonx.Value
		switch {
		case m.Key == ignoreKey && m.Value.Kind == jsonx.Array:
			texts = m.Value.Items
		case m.Key == ignoreKey:
			texts = []*jsonx.Value{m.Value}
		case m.Key == "$comment" && strings.HasPrefix(stringOf(m.Value), ignoreMark):
			texts = []*jsonx.Value{m.Value}
		}
		for _, t := range texts {
			n := newIgnore(strings.TrimPrefix(stringOf(t), ignoreMark))
			n.pointer, n.json, n.at = pointer, true, jsonx.PositionOf(body, t.Offset)
			out = append(out, n)
		}
		out = jsonIgnores(body, m.Value, jsonx.Pointer(pointer, m.Key), out)
	}
	for i, item := range v.Items {
		out = jsonIgnores(body, item, pointer+"/"+strconv.Itoa(i), out)
	}
	return out
}

// protoIgnores reads the comments of a Protobuf text. A comment behind code is
// about that code, any other one about what follows it.
func protoIgnores(body string) []ignore {
	var out []ignore
	for at := 0; ; {
		n := strings.Index(body[at:], ignoreMark)
		if n < 0 {
			return out
		}
		mark := at + n
		at = mark + len(ignoreMark)
		start := strings.LastIndexByte(body[:mark], '\n') + 1
		slashes := strings.Index(body[start:mark], "//")
		if slashes < 0 {
			continue // not in a line comment
		}
		end := lineEnd(body, mark)
		i := newIgnore(strings.TrimRight(body[at:end], "\r"))
		i.at = jsonx.PositionOf(body, mark)
		if code := strings.TrimSpace(body[start : start+slashes]); code != "" {
			i.from = start + strings.Index(body[start:], code)
		} else {
			i.from = nextCode(body, end)
		}
		i.to = endOfElement(body, i.from)
		out = append(out, i)
	}
}

// nextCode skips white space and comments.
func nextCode(body string, at int) int {
	s := protoScan{text: body, at: at}
	_, start := s.next()
	return start
}

// endOfElement is the end of the declaration that starts at an offset: its
// semicolon, or the brace that closes its block.
func endOfElement(body string, from int) int {
	s := protoScan{text: body, at: from}
	for {
		before := s.at
		word, at := s.next()
		if s.depth == 0 {
			if semicolon := strings.IndexByte(body[before:at], ';'); semicolon >= 0 {
				return before + semicolon + 1
			}
		}
		switch {
		case word == "":
			return len(body)
		case word == "}" && s.depth <= 0:
			return s.at
		}
	}
}

// covers reports whether a finding lies in the element.
func (i *ignore) covers(f *Finding) bool {
	if f.New == nil || f.New.File != i.file {
		return false
	}
	named := false
	for _, r := range i.rules {
		named = named || sameRule(r, f.Rule)
	}
	if !named {
		return false
	}
	if i.json {
		rest, ok := strings.CutPrefix(f.New.Pointer, i.pointer)
		return ok && (rest == "" || rest[0] == '/')
	}
	return f.New.Offset >= i.from && f.New.Offset < i.to
}

func (i *ignore) waiver() Waiver {
	return Waiver{Kind: WaiverInline, Rule: strings.Join(i.rules, ", "), Reason: i.reason, File: i.file, Line: i.at.Line, Permanent: true}
}

// faulty reports an ignore that says too little, which covers nothing.
func (i *ignore) faulty() *Finding {
	message := ""
	switch {
	case len(i.rules) == 0:
		message = "the ignore names no rule, so it covers nothing; write: " + ignoreMark + " RULE -- REASON"
	case len([]rune(i.reason)) < minReason:
		message = "the ignore has no reason of at least 10 characters, so it covers nothing; write: " + ignoreMark + " " + i.rules[0] + " -- REASON"
	}
	for _, r := range i.rules {
		if message == "" && !KnownRule(r) && !strings.ContainsAny(r, "*?[") {
			message = "the ignore names the rule \"" + r + "\", which does not exist"
		}
	}
	if message == "" {
		return nil
	}
	f := simple("evcheck/ignore-without-reason", SeverityError, Location{File: i.file, Span: Span{Line: i.at.Line, Column: i.at.Column}}, message, nil)
	f.Path = strings.Join(i.rules, ", ")
	f.Fingerprint = Identity{Rule: f.Rule, Subject: i.file, OldPath: f.Path, NewPath: f.Path}.Fingerprint()
	return &f
}
