package protobuf

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema"
)

// artist draws files, edits of them, and events. The same seed draws the same.
type artist struct{ state uint64 }

func (a *artist) below(n int) int {
	a.state += 0x9e3779b97f4a7c15
	z := a.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

func pick[T any](a *artist, list ...T) T { return list[a.below(len(list))] }

// sketch is a file that tests draw, change and print.
type sketch struct {
	syntax   string // "2", "3" or "e"
	messages []*sketchMessage
	enums    []*sketchEnum
}

type sketchMessage struct {
	name   string
	fields []*sketchField
}

type sketchField struct {
	name, label, typ, def, oneof string
	number                       int
	unpacked, delimited, loose   bool
}

type sketchEnum struct {
	name   string
	closed bool // of editions
	values []sketchValue
}

type sketchValue struct {
	name   string
	number int
}

var sketchTypes = []string{
	"int32", "int64", "uint32", "uint64", "sint32", "sint64", "bool", "fixed32", "sfixed32", "fixed64", "sfixed64", "float", "double",
	"int32", "bool", "string", "bytes", "string", "bytes", "E", "F", "N", "O", "M", "map<string, int32>", "map<int64, N>", "map<bool, E>", "map<uint32, string>",
}

func (a *artist) sketch() *sketch {
	s := &sketch{syntax: pick(a, "2", "3", "e")}
	for _, name := range []string{"M", "N", "O", "Q"} { // no field holds Q
		m := &sketchMessage{name: name}
		for n := range 1 + a.below(3) {
			m.fields = append(m.fields, a.field(n+1))
		}
		s.messages = append(s.messages, m)
	}
	for _, name := range []string{"E", "F"} {
		e := &sketchEnum{name: name, closed: a.below(2) == 0, values: []sketchValue{{name + "_A", 0}}}
		for i := range a.below(3) {
			e.values = append(e.values, sketchValue{fmt.Sprintf("%s_%c", name, 'B'+i), i + 1 + a.below(2)*9})
		}
		s.enums = append(s.enums, e)
	}
	return s
}

func (a *artist) field(number int) *sketchField {
	return &sketchField{
		name: fmt.Sprintf("f%d", number), number: number, typ: pick(a, sketchTypes...), label: pick(a, "", "", "optional", "repeated", "required"),
		unpacked: a.below(3) == 0, delimited: a.below(4) == 0, loose: a.below(3) == 0, oneof: pick(a, "", "", "", "p", "q"), def: pick(a, "", "", "", "1"),
	}
}

func (s *sketch) clone() *sketch {
	out := &sketch{syntax: s.syntax}
	for _, m := range s.messages {
		c := &sketchMessage{name: m.name}
		for _, f := range m.fields {
			g := *f
			c.fields = append(c.fields, &g)
		}
		out.messages = append(out.messages, c)
	}
	for _, e := range s.enums {
		c := *e
		c.values = slices.Clone(e.values)
		out.enums = append(out.enums, &c)
	}
	return out
}

// edit changes one thing.
func (a *artist) edit(s *sketch) {
	m := pick(a, s.messages...)
	e := pick(a, s.enums...)
	if len(m.fields) == 0 {
		m.fields = append(m.fields, a.field(1))
	}
	i := a.below(len(m.fields))
	f := m.fields[i]
	switch a.below(18) {
	case 16:
		for _, f := range m.fields {
			f.label, f.oneof = "", "p"
		}
	case 17:
		if last := s.messages[len(s.messages)-1]; a.below(2) == 0 {
			last.name = "R"
		} else {
			s.messages = s.messages[:3]
		}
	case 0, 1:
		f.typ = pick(a, sketchTypes...)
	case 2:
		f.typ = pick(a, "E", "F", "bool", "int32", "uint32", "int64")
	case 3, 4:
		f.label, f.oneof = pick(a, "", "optional", "repeated", "required"), ""
	case 5:
		f.number += 10
	case 6:
		f.name += "x"
	case 7:
		f.oneof = pick(a, "", "p", "q")
	case 8:
		f.def = pick(a, "", "1", "2")
	case 9:
		m.fields = slices.Delete(m.fields, i, i+1)
	case 10:
		m.fields = append(m.fields, a.field(20+a.below(3)))
	case 11:
		f.unpacked, f.delimited, f.loose = a.below(2) == 0, a.below(2) == 0, a.below(2) == 0
	case 12:
		e.values = append(e.values, sketchValue{e.name + "_Z", 30})
	case 13:
		if len(e.values) > 1 {
			e.values = e.values[:len(e.values)-1]
		}
	case 14:
		if v := &e.values[a.below(len(e.values))]; v.number != 0 {
			v.number += 40
		}
	default:
		if a.below(2) == 0 {
			s.syntax = pick(a, "2", "3", "e")
		} else {
			e.closed = !e.closed
		}
	}
}

func (s *sketch) String() string {
	var b strings.Builder
	b.WriteString(map[string]string{"2": "syntax = \"proto2\";\n", "3": "syntax = \"proto3\";\n", "e": "edition = \"2023\";\n"}[s.syntax])
	for _, m := range s.messages {
		fmt.Fprintf(&b, "message %s {\n", m.name)
		oneofs := map[string]string{}
		for _, f := range m.fields {
			if f.oneof != "" && !strings.HasPrefix(f.typ, "map") {
				oneofs[f.oneof] += "    " + s.field(f, "") + "\n"
				continue
			}
			b.WriteString("  " + s.field(f, f.label) + "\n")
		}
		for _, name := range []string{"p", "q"} {
			if oneofs[name] != "" {
				fmt.Fprintf(&b, "  oneof %s {\n%s  }\n", name, oneofs[name])
			}
		}
		b.WriteString("}\n")
	}
	for _, e := range s.enums {
		fmt.Fprintf(&b, "enum %s {\n", e.name)
		if s.syntax == "e" && e.closed {
			b.WriteString("  option features.enum_type = CLOSED;\n")
		}
		for _, v := range e.values {
			fmt.Fprintf(&b, "  %s = %d;\n", v.name, v.number)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func (s *sketch) field(f *sketchField, label string) string {
	isMap, inOneof := strings.HasPrefix(f.typ, "map"), f.oneof != ""
	var options []string
	numeric := !slices.Contains([]string{"string", "bytes", "M", "N", "O"}, f.typ) && !isMap
	switch {
	case isMap:
		label = ""
	case s.syntax == "3" && (label == "required" || f.typ == "E" && label == "optional"):
		label = ""
	case s.syntax == "e" && label == "required":
		options, label = append(options, "features.field_presence = LEGACY_REQUIRED"), ""
	case s.syntax == "e" && label == "" && !inOneof && (numeric || f.typ == "string") && f.typ != "E" && f.typ != "F":
		options = append(options, "features.field_presence = IMPLICIT")
	case s.syntax == "e" && label == "optional":
		label = ""
	case s.syntax == "2" && label == "" && !inOneof:
		label = "optional"
	}
	if f.unpacked && numeric && label == "repeated" {
		switch s.syntax {
		case "e":
			options = append(options, "features.repeated_field_encoding = EXPANDED")
		default:
			options = append(options, "packed = "+map[string]string{"2": "true", "3": "false"}[s.syntax])
		}
	}
	if s.syntax == "e" && f.delimited && slices.Contains([]string{"M", "N", "O"}, f.typ) {
		options = append(options, "features.message_encoding = DELIMITED")
	}
	if s.syntax == "e" && f.loose && f.typ == "string" {
		options = append(options, "features.utf8_validation = NONE")
	}
	if f.def != "" && s.syntax != "3" && label != "repeated" && len(options) == 0 && strings.Contains("int32 int64 sint32 fixed64 uint32 double", f.typ) {
		options = append(options, "default = "+f.def)
	}
	out := fmt.Sprintf("%s %s = %d", f.typ, f.name, f.number)
	if label != "" {
		out = label + " " + out
	}
	if len(options) > 0 {
		out += " [" + strings.Join(options, ", ") + "]"
	}
	return out + ";"
}

// drawPair draws a writer and a reader that differ in a few things; ok is false
// if one does not parse.
func drawPair(seed uint64) (w, r *Schema, ok bool) {
	a := &artist{seed}
	x := a.sketch()
	y := x.clone()
	for range 1 + a.below(3) {
		a.edit(y)
	}
	w, err := Parse(x.String(), nil, defaults())
	if err != nil {
		return nil, nil, false
	}
	r, err = Parse(y.String(), nil, defaults())
	return w, r, err == nil
}

// event draws an event of a message.
func (a *artist) event(types *eventTypes, mt *messageType) *dynamicpb.Message {
	m, err := newMessage(types, mt)
	if err != nil {
		return nil
	}
	a.fill(types, m, mt, 0)
	return m
}

func (a *artist) fill(types *eventTypes, m protoreflect.Message, mt *messageType, depth int) {
	for _, f := range mt.fields {
		if inSet(f) || f.message != nil && (f.message.bottom || depth > 2 && !f.required) || !f.required && a.below(3) == 0 {
			continue
		}
		if depth > 20 {
			return
		}
		fd := fieldDescriptor(types, m.Descriptor(), f)
		switch {
		case f.mapped:
			entries := m.Mutable(fd).Map()
			for range a.below(3) {
				v := entries.NewValue()
				if vf := f.message.field(2); vf.message != nil {
					a.fill(types, v.Message(), vf.message, depth+1)
				} else {
					v = a.value(vf)
				}
				entries.Set(a.value(f.message.field(1)).MapKey(), v)
			}
		case f.list:
			list := m.Mutable(fd).List()
			for range a.below(4) {
				if f.message == nil {
					list.Append(a.value(f))
					continue
				}
				e := list.NewElement()
				a.fill(types, e.Message(), f.message, depth+1)
				list.Append(e)
			}
		case f.message != nil:
			a.fill(types, m.Mutable(fd).Message(), f.message, depth+1)
		default:
			m.Set(fd, a.value(f))
		}
	}
}

func (a *artist) value(f *fieldType) protoreflect.Value {
	switch classOf(f.kind) {
	case aFloat:
		return valueOf(f.kind, meaning{class: aFloat, float: pick[float64](a, 0, 1, -2.5, 1e10)})
	case aText:
		s := pick(a, "", "a", "\x08\x01", "longer text")
		if !f.utf8 && a.below(3) == 0 {
			s = "\xff"
		}
		return valueOf(f.kind, text(s))
	}
	if f.enum != nil && (f.enum.closed || a.below(3) > 0) {
		return valueOf(f.kind, number(pick(a, f.enum.values...).number))
	}
	for {
		m := number(pick[int64](a, 0, 1, -1, 2, 5, 10, 30, 1<<31, 1<<32, math.MinInt64, math.MaxInt32, math.MinInt32))
		if a.below(20) == 0 {
			m = meaning{class: aNumber, magnitude: math.MaxUint64}
		}
		if spanOf(f.kind).holds(m) {
			return valueOf(f.kind, m)
		}
	}
}

// holdToEvents holds an answer to events of the writer: none has a fault if the
// schemas are compatible, and no fault lies where no break is told.
func holdToEvents(t testing.TB, w, r *Schema, c schema.Containment, o ContainOptions, seed uint64, events int) {
	t.Helper()
	told := map[string]bool{}
	for i := range c.Breaks {
		b := &c.Breaks[i]
		if b.Class != schema.ClassData {
			continue
		}
		told["!"+b.Kind] = true
		for _, p := range append([]string{b.Path}, b.Paths...) {
			told[p] = true
		}
	}
	wp, _ := w.program()
	types, err := w.eventTypes()
	if err != nil {
		t.Fatal(err)
	}
	rp, _ := r.program()
	a := &artist{seed}
	for _, mt := range wp.events {
		rt := rp.byName[mt.rel]
		if mt.bottom || rt == nil {
			continue
		}
		prefix := ""
		if mt != wp.events[0] {
			prefix = mt.rel + ":"
		}
		for range events {
			m := a.event(types, mt)
			raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
			if err != nil || len(raw) > 4<<10 {
				continue // requires too much
			}
			var seen comparer
			if err := seen.read(w, r, mt, rt, raw); err != nil {
				t.Fatalf("%v\n%s\n%x", err, w.Text(), raw)
			}
			faults := seen.faults
			if o.JSON {
				ans := &answer{sides: [2]*Schema{w, r}}
				var again comparer
				if err := ans.readJSON(&again, edge{w: mt, r: rt}, m); err == nil {
					faults = append(faults, again.faults...)
				}
			}
			for _, f := range faults {
				if c.Verdict == schema.Compatible {
					t.Fatalf("%s\nread as\n%s: COMPATIBLE, but %x has %+v\n%s", w.Text(), r.Text(), raw, f, brief(c, false))
				}
				if c.More || f.Path == "" || covers(told, prefix+f.Path) {
					continue
				}
				t.Fatalf("%s\nread as\n%s: %x has %+v, which is not told\n%s", w.Text(), r.Text(), raw, f, brief(c, false))
			}
		}
	}
}

// covers reports whether a break is told at the place of a fault, or of the
// field that holds it. What is nested in a recursive type has more places than
// are told, and of fields that exclude each other only one is.
func covers(told map[string]bool, path string) bool {
	if told["!"+KindFieldsGrouped] || told["!"+KindMovedIntoOneof] || told["!"+KindMovedBetween] {
		return true
	}
	last := func(p string) string {
		p = strings.TrimRight(p, "[]{}")
		return p[max(strings.LastIndexByte(p, '.'), strings.LastIndexByte(p, ':'))+1:]
	}
	for p := range told {
		if strings.HasPrefix(p, strings.TrimRight(path, "{}")) && strings.HasSuffix(p, "#1") {
			return true // entries whose keys become one
		}
		if p == path || strings.TrimRight(path, "[]{}") == strings.TrimRight(p, "[]{}") || strings.HasPrefix(path, p) || strings.Contains(path, ".") && last(p) == last(path) {
			return true
		}
	}
	return false
}

// randomPairs keeps the test at a few seconds; INSTAR_ORACLE_PAIRS asks for
// more.
const randomPairs = 1500

// TestContainRandom draws pairs and holds the answers to events.
func TestContainRandom(t *testing.T) {
	verdicts := map[schema.Verdict]int{}
	kinds := map[string]int{}
	pairs, most := 0, randomPairs
	if n, err := strconv.Atoi(os.Getenv("INSTAR_ORACLE_PAIRS")); err == nil {
		most = n
	}
	for seed := uint64(0); pairs < most; seed++ {
		w, r, ok := drawPair(seed)
		if !ok {
			continue
		}
		pairs++
		o := ContainOptions{JSON: seed%2 == 0}
		c := contain(t, w, r, o)
		if !o.JSON {
			verdicts[c.Verdict]++
		}
		for i := range c.Breaks {
			kinds[c.Breaks[i].Kind]++
			holdWitness(t, w, &c.Breaks[i])
		}
		if c.Verdict == schema.Unknown {
			t.Errorf("%s\nread as\n%s: %+v", w.Text(), r.Text(), c)
		}
		holdToEvents(t, w, r, c, o, seed, 12)
	}
	t.Logf("%d pairs: %v %v", pairs, verdicts, kinds)
	for _, v := range []schema.Verdict{schema.Compatible, schema.Incompatible} {
		if verdicts[v] < pairs/20 {
			t.Errorf("only %d of %d are %s", verdicts[v], pairs, v)
		}
	}
	for _, kind := range []string{
		KindTypeNarrowed, KindTypeChanged, KindReinterpreted, KindIntToBool, KindIntToEnum, KindEnumToInt, KindBytesToString, KindBytesToMessage,
		KindMessageToBytes, KindMadeSingular, KindMadeRequired, KindRequiredAdded, KindFieldsGrouped, KindMovedIntoOneof, KindEnumClosed,
		KindValueMissing, KindValueNumber, KindUTF8Added, KindMessageMissing, KindMessageType, KindMessageEncoding, KindFieldNumber, KindDefault,
		KindFieldRenamed, KindJSONForm,
	} {
		if kinds[kind] == 0 {
			t.Errorf("no pair shows %s", kind)
		}
	}
}

// holdWitness reads a witness with nothing but exported functions.
func holdWitness(t testing.TB, w *Schema, b *schema.Break) {
	t.Helper()
	if (b.Witness != nil) != (b.Class == schema.ClassData) {
		t.Fatalf("%s is %s, witness %v", b.Kind, b.Class, b.Witness)
	}
	if b.Witness == nil {
		return
	}
	indexes, ok := w.MessageIndexes(b.Witness.Message)
	if !ok {
		t.Fatalf("%s has no message %s", w.Text(), b.Witness.Message)
	}
	j := judge(t, w, schema.Event{Encoding: schema.EncodingBinary, Bytes: b.Witness.Binary, Message: indexes})
	if len(j.Violations) > 0 || j.Decoded != nil && string(j.Decoded) != string(b.Witness.Value) {
		t.Fatalf("%s: the witness %x is no event: %+v, %s", w.Text(), b.Witness.Binary, j, b.Witness.Value)
	}
}
