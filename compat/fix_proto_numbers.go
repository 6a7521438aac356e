package compat

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// A message whose fields were numbered anew breaks at each of them, and no edit of
// one field repairs it: the numbers of all have to come back together.

// protoBlock is a message, group of declarations or enum of a text.
type protoBlock struct {
	name  string // of messages within messages with dots; empty if it is none
	head  int    // where its declaration begins
	open  int    // the byte after its brace
	close int    // its closing brace
	// statements are those of a message and of its oneofs, without blocks.
	statements [][2]int
}

var (
	messageHead = regexp.MustCompile(`(?:^|[\s;{}/])message\s+(\w+)\s*$`)
	oneofHead   = regexp.MustCompile(`(?:^|[\s;{}/])oneof\s+\w+\s*$`)
	fieldHead   = regexp.MustCompile(`^((?:[\w.<>,\s]+[\s>])(\w+)\s*=\s*)(\d+)`)
)

// protoBlocks finds the messages of a text; comments and quoted texts hold none.
func protoBlocks(text string) []protoBlock {
	var out []protoBlock
	var open []int // indexes of out; -1 for what is no message, -2 for a oneof
	begin := 0     // of the statement
	brackets := 0
	message := func() int {
		for i := len(open) - 1; i >= 0; i-- {
			if open[i] != -2 {
				return open[i]
			}
		}
		return -1
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			i = quotedEnd(text, i)
		case strings.HasPrefix(text[i:], "//") || strings.HasPrefix(text[i:], "/*"):
			end := commentEnd(text, i)
			if strings.TrimSpace(text[begin:i]) == "" {
				begin = end
			}
			i = end - 1
		case c == '[':
			brackets++
		case c == ']':
			brackets--
		case brackets > 0:
		case c == '{':
			head := text[begin:i]
			switch m := messageHead.FindStringSubmatch(head); {
			case m != nil:
				name := m[1]
				if at := message(); at >= 0 {
					name = out[at].name + "." + name
				}
				open = append(open, len(out))
				out = append(out, protoBlock{name: name, head: i - len(strings.TrimLeft(head, " \t\r\n")), open: i + 1, close: len(text)})
			case oneofHead.MatchString(head):
				open = append(open, -2)
			default:
				open = append(open, -1)
			}
			begin = i + 1
		case c == '}':
			if len(open) > 0 {
				if at := open[len(open)-1]; at >= 0 {
					out[at].close = i
				}
				open = open[:len(open)-1]
			}
			begin = i + 1
		case c == ';':
			if at := message(); at >= 0 {
				start := begin + len(text[begin:i]) - len(strings.TrimLeft(text[begin:i], " \t\r\n"))
				out[at].statements = append(out[at].statements, [2]int{start, i + 1})
			}
			begin = i + 1
		}
	}
	return out
}

func quotedEnd(text string, at int) int {
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[at], '\n':
			return i
		}
	}
	return len(text)
}

// commentEnd is the byte after a comment.
func commentEnd(text string, at int) int {
	end, mark := len(text), "\n"
	if text[at+1] == '*' {
		mark = "*/"
	}
	if i := strings.Index(text[at+2:], mark); i >= 0 {
		end = at + 2 + i + len(mark)
	}
	return end
}

// protoField is a field's declaration in a text.
type protoField struct {
	name   string
	number int
	// text is the whole declaration, at its bytes; head what stands before the
	// number.
	text string
	at   [2]int
	head string
}

func (b *protoBlock) fields(text string) []protoField {
	var out []protoField
	for _, s := range b.statements {
		whole := text[s[0]:s[1]]
		m := fieldHead.FindStringSubmatch(whole)
		if m == nil || strings.HasPrefix(whole, "option ") || strings.HasPrefix(whole, "reserved ") {
			continue
		}
		if n, err := strconv.Atoi(m[3]); err == nil {
			out = append(out, protoField{m[2], n, whole, s, m[1]})
		}
	}
	return out
}

// typed is what a declaration says of its type, without the package of its name.
func (f *protoField) typed() string {
	words := strings.Fields(strings.TrimSuffix(strings.TrimRight(strings.TrimSuffix(strings.TrimSpace(f.head), "="), " "), f.name))
	for i, w := range words {
		words[i] = w[strings.LastIndexByte(w, '.')+1:]
	}
	return strings.Join(words, " ")
}

// retitled is the declaration with another name and number.
func (f *protoField) retitled(name string, number int) string {
	at := strings.LastIndex(f.head, f.name)
	head := f.head[:at] + name + f.head[at+len(f.name):]
	return head + strconv.Itoa(number) + f.text[len(f.head)+len(strconv.Itoa(f.number)):]
}

// unused is a name like another one that no field has.
func unused(name string, names map[string]protoField) string {
	for n := 2; ; n++ {
		other := name + "_v" + strconv.Itoa(n)
		if _, there := names[other]; !there {
			names[other] = protoField{}
			return other
		}
	}
}

// renumber gives the fields of a message the numbers that the old
// schema's message of that name gives to those of their type. A field that has
// another type now becomes a new one, with a name of its own; where an old field
// has its number, or that of any new field, the next free one is taken. whole
// brings the old declarations and the fields that are gone back instead.
func (t *protoText) renumber(block *protoBlock, old string, olds []protoBlock, whole bool) {
	if block == nil {
		t.failed = true
		return
	}
	k := slices.IndexFunc(olds, func(b protoBlock) bool { return b.name == block.name })
	if k < 0 {
		t.failed = true
		return
	}
	was := map[string]protoField{}
	taken := map[int]bool{}
	most := 0
	for _, f := range olds[k].fields(old) {
		was[f.name], taken[f.number], most = f, true, max(most, f.number)
	}
	fields := block.fields(t.text)
	names := maps.Clone(was)
	for _, f := range fields {
		most = max(most, f.number)
		names[f.name] = f
	}
	var b strings.Builder
	done := 0
	for _, f := range fields {
		declared := f.text
		before, known := was[f.name]
		switch {
		case known && whole:
			declared = before.text
		case known && f.typed() == before.typed():
			declared = f.retitled(f.name, before.number)
		case known || taken[f.number]:
			name, number := f.name, f.number
			if known { // in JSON the name means the old type
				name = unused(f.name, names)
			}
			if taken[number] {
				most++
				if most >= 19000 && most < 20000 {
					most = 20000 // those between are Protobuf's own
				}
				number = most
			}
			declared = f.retitled(name, number)
		}
		delete(was, f.name)
		b.WriteString(t.text[done:f.at[0]] + declared)
		done = f.at[1]
	}
	end := block.close
	if whole && len(was) > 0 {
		b.WriteString(strings.TrimRight(t.text[done:end], " \t\r\n"))
		for _, f := range olds[k].fields(old) {
			if _, gone := was[f.name]; gone {
				b.WriteString("\n  " + f.text)
			}
		}
		b.WriteString("\n")
		done = end
	}
	t.text = b.String() + t.text[done:]
}

// enclosing is the innermost message around an offset, its head included, where
// findings about the message stand.
func enclosing(blocks []protoBlock, at int) *protoBlock {
	var best *protoBlock
	for i := range blocks {
		b := &blocks[i]
		if at >= b.head && at < b.close && (best == nil || b.open > best.open) {
			best = b
		}
	}
	return best
}

// generalFixes are tried for Protobuf where no fix of a rule's own holds.
func (p *repair) generalFixes(f *Finding, older schema.Parsed) []*proposal {
	if p.q.Candidate.Format() != schema.Protobuf || f.Class() != ClassData {
		return nil
	}
	document := f.New().Document
	text, ok := p.src.text(document)
	if !ok {
		return nil
	}
	at := offsetOf(text, f.New().Position)
	old := canonicalOf(older, f.Old().Document)
	olds := protoBlocks(old)
	var out []*proposal
	for i, k := range []FixKind{FixKeepNumbers, FixKeepNumbers, FixRestoreMessage} {
		t := &protoText{text: text}
		if i == 1 { // one message may hide what breaks in another
			t.renumberAll(old, olds)
		} else {
			t.renumber(enclosing(protoBlocks(text), at), old, olds, k == FixRestoreMessage)
		}
		if !t.failed && t.text != text {
			out = append(out, &proposal{kind: k, document: document, text: t.text})
		}
	}
	return out
}

// renumberAll renumbers every message that the old text has, too.
func (t *protoText) renumberAll(old string, olds []protoBlock) {
	for i := range olds {
		blocks := protoBlocks(t.text)
		if k := slices.IndexFunc(blocks, func(b protoBlock) bool { return b.name == olds[i].name }); k >= 0 {
			t.renumber(&blocks[k], old, olds, false)
		}
	}
}
