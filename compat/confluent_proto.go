package compat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema/protobuf"
)

// protobufDifferences lists what Confluent's Protobuf rule finds between an old
// and a new schema. Messages and enums are paired by simple name at each level
// of nesting, fields by number over the whole message, oneofs by name.
func protobufDifferences(old, new *protobuf.Schema) []Difference {
	d := &protoDiff{pairs: map[[2]string]protoPair{}, seen: map[[2]string]bool{}}
	o, n := old.Outline(), new.Outline()
	if o.Package != n.Package {
		d.add(protoPackageChanged, "#/")
	}
	d.types("#", o.Messages, n.Messages, o.Enums, n.Enums)
	return d.out
}

// protoPair is the state of a pair of messages that come from references.
type protoPair uint8

const (
	pairOpen protoPair = iota + 1
	pairFits
	pairRefused
)

type protoDiff struct {
	out     []Difference
	refused int // refused differences so far
	pairs   map[[2]string]protoPair
	seen    map[[2]string]bool // kind and path
}

func (d *protoDiff) add(kind, path string) {
	k := protoKinds[kind]
	if k.refused {
		d.refused++
	}
	if d.seen[[2]string{kind, path}] {
		return
	}
	d.seen[[2]string{kind, path}] = true
	d.out = append(d.out, Difference{
		Kind: kind, Path: path, Description: k.before + "'" + path + "'" + k.after,
		Strict: k.refused, Lenient: k.refused,
	})
}

// types compares the messages and enums of one level.
func (d *protoDiff) types(path string, oldMessages, newMessages []*protobuf.Message, oldEnums, newEnums []*protobuf.Enum) {
	messageName := func(m *protobuf.Message) string { return m.Name }
	before, after := positions(oldMessages, messageName), positions(newMessages, messageName)
	for i, o := range oldMessages {
		at, kept := after[o.Name]
		if !kept {
			d.add(protoMessageRemoved, path+"/"+o.Name)
			continue
		}
		d.message(path+"/"+o.Name, o, newMessages[at])
		if at != i {
			d.add(protoMessageMoved, path+"/"+o.Name)
		}
	}
	for _, n := range newMessages {
		if _, was := before[n.Name]; !was {
			d.add(protoMessageAdded, path+"/"+n.Name)
		}
	}
	enumName := func(e *protobuf.Enum) string { return e.Name }
	before, after = positions(oldEnums, enumName), positions(newEnums, enumName)
	for _, o := range oldEnums {
		at, kept := after[o.Name]
		if !kept {
			d.add(protoEnumRemoved, path+"/"+o.Name)
			continue
		}
		d.enum(path+"/"+o.Name, o, newEnums[at])
	}
	for _, n := range newEnums {
		if _, was := before[n.Name]; !was {
			d.add(protoEnumAdded, path+"/"+n.Name)
		}
	}
}

// positions indexes a list by name.
func positions[T any](list []T, name func(T) string) map[string]int {
	out := make(map[string]int, len(list))
	for i, item := range list {
		out[name(item)] = i
	}
	return out
}

// enum compares constants by number; of aliases the last one counts.
func (d *protoDiff) enum(path string, old, new *protobuf.Enum) {
	names := func(e *protobuf.Enum) map[int32]string {
		m := make(map[int32]string, len(e.Values))
		for _, v := range e.Values {
			m[v.Number] = v.Name
		}
		return m
	}
	o, n := names(old), names(new)
	for _, number := range sortedUnion(o, n) {
		at := path + "/" + strconv.Itoa(int(number))
		oldName, inOld := o[number]
		newName, inNew := n[number]
		switch {
		case !inNew:
			d.add(protoEnumConstRemoved, at)
		case !inOld:
			d.add(protoEnumConstAdded, at)
		case oldName != newName:
			d.add(protoEnumConstChanged, at)
		}
	}
}

// sortedUnion returns the keys of both maps in ascending order.
func sortedUnion[V any](a, b map[int32]V) []int32 {
	var keys []int32
	for k := range a {
		keys = append(keys, k)
	}
	for k := range b {
		if _, both := a[k]; !both {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// fieldsByNumber indexes all fields of a message, members of oneofs included.
func fieldsByNumber(m *protobuf.Message) map[int32]*protobuf.Field {
	out := make(map[int32]*protobuf.Field, len(m.Fields))
	for _, f := range m.Fields {
		out[f.Number] = f
	}
	return out
}

func (d *protoDiff) message(path string, old, new *protobuf.Message) {
	o, n := fieldsByNumber(old), fieldsByNumber(new)
	oldMembers, newMembers := membersByOneof(old), membersByOneof(new)
	for _, oneof := range new.Oneofs {
		d.joined(path+"/"+oneof, o, newMembers[oneof])
	}
	d.oldOneofs(path, old, oldMembers, newMembers, n)
	d.newOneofs(path, new, oldMembers, newMembers, o)
	for _, number := range sortedUnion(o, n) {
		d.topLevel(path+"/"+strconv.Itoa(int(number)), o[number], n[number])
	}
	d.types(path, old.Messages, new.Messages, old.Enums, new.Enums)
}

// joined checks whether the members of a new oneof may have been set together
// under the old schema: they come from more than one place, a place being an old
// oneof or a field outside of any.
func (d *protoDiff) joined(path string, old map[int32]*protobuf.Field, members []*protobuf.Field) {
	singles := 0
	from := map[string]bool{}
	for _, f := range members {
		was := old[f.Number]
		switch {
		case was == nil:
		case was.Oneof == "":
			singles++
		default:
			from[was.Oneof] = true
		}
	}
	switch {
	case singles+len(from) <= 1:
	case singles >= 2:
		d.add(protoFieldsMovedToOneof, path)
	default:
		d.add(protoFieldMovedToOldOneof, path)
	}
}

// oldOneofs reports oneofs and members that are gone.
func (d *protoDiff) oldOneofs(path string, old *protobuf.Message, before, after map[string][]*protobuf.Field, n map[int32]*protobuf.Field) {
	for _, name := range old.Oneofs {
		at := path + "/" + name
		_, kept := after[name]
		if !kept {
			d.add(protoOneofRemoved, at)
		}
		members := before[name]
		gone := slices.DeleteFunc(slices.Clone(members), func(f *protobuf.Field) bool { return n[f.Number] != nil })
		if !kept && len(gone) == len(members) {
			continue // the oneof went with everything in it
		}
		for _, f := range gone {
			d.add(protoOneofFieldRemoved, at+"/"+strconv.Itoa(int(f.Number)))
		}
	}
}

// newOneofs reports added oneofs and compares the members of kept ones.
func (d *protoDiff) newOneofs(path string, new *protobuf.Message, before, after map[string][]*protobuf.Field, o map[int32]*protobuf.Field) {
	for _, name := range new.Oneofs {
		at := path + "/" + name
		if _, was := before[name]; !was {
			d.add(protoOneofAdded, at)
			continue
		}
		for _, f := range after[name] {
			member := at + "/" + strconv.Itoa(int(f.Number))
			was := o[f.Number]
			if was == nil || was.Oneof != name {
				d.add(protoOneofFieldAdded, member)
				continue
			}
			d.field(member, was, f)
		}
	}
}

// membersByOneof groups the members of oneofs, in the order of their numbers.
func membersByOneof(m *protobuf.Message) map[string][]*protobuf.Field {
	out := make(map[string][]*protobuf.Field, len(m.Oneofs))
	for _, name := range m.Oneofs {
		out[name] = nil // present even if it holds groups only
	}
	for _, f := range m.Fields {
		if f.Oneof != "" {
			out[f.Oneof] = append(out[f.Oneof], f)
		}
	}
	for _, members := range out {
		slices.SortFunc(members, func(a, b *protobuf.Field) int { return int(a.Number) - int(b.Number) })
	}
	return out
}

// topLevel compares what one number means outside of equally named oneofs;
// either side may be nil.
func (d *protoDiff) topLevel(path string, old, new *protobuf.Field) {
	switch {
	case old != nil && new != nil:
		if old.Oneof != "" && old.Oneof == new.Oneof {
			return // compared with its oneof
		}
		if old.Oneof != "" && new.Oneof == "" {
			d.leftOneof(path, new)
		}
		d.field(path, old, new)
	case new == nil && old.Oneof == "":
		if old.Label == "required" {
			d.add(protoRequiredFieldRemoved, path)
		} else {
			d.add(protoFieldRemoved, path)
		}
	case old == nil && new.Oneof == "":
		if new.Label == "required" {
			d.add(protoRequiredFieldAdded, path)
		} else {
			d.add(protoFieldAdded, path)
		}
	}
}

func (d *protoDiff) leftOneof(path string, new *protobuf.Field) {
	if new.Label == "required" {
		d.add(protoRequiredFieldAdded, path)
		return
	}
	d.add(protoOneofFieldMovedTopLevel, path)
}

func (d *protoDiff) field(path string, old, new *protobuf.Field) {
	if old.Name != new.Name {
		d.add(protoFieldNameChanged, path)
	}
	sameKind := d.compareTypes(path, &old.Type, &new.Type)
	if !sameKind || old.Type.Kind != protobuf.Scalar || old.Label == "" || new.Label == "" || old.Label == new.Label {
		return
	}
	if scalarGroup(old.Type.Scalar) == scalarGroup("string") {
		d.add(protoFieldStringLabel, path)
	} else {
		d.add(protoFieldNumericLabel, path)
	}
}

// compareTypes reports differences of two types and whether their kinds agree.
func (d *protoDiff) compareTypes(path string, old, new *protobuf.Type) bool {
	if old.Kind != new.Kind {
		d.add(protoFieldKindChanged, path)
		return false
	}
	switch old.Kind {
	case protobuf.Scalar:
		if scalarGroup(old.Scalar) != scalarGroup(new.Scalar) {
			d.add(protoFieldScalarKindChanged, path)
			return false
		}
	case protobuf.MapType:
		d.compareTypes(path, old.Key, new.Key)
		d.compareTypes(path, old.Value, new.Value)
	case protobuf.MessageType:
		d.namedTypes(path, old.Message, new.Message)
	}
	return true
}

// scalarGroup puts scalars that share a wire form under one name.
func scalarGroup(scalar string) string {
	switch scalar {
	case "int32", "int64", "uint32", "uint64", "bool", "enum":
		return "varint"
	case "sint32", "sint64":
		return "zigzag"
	case "string", "bytes":
		return "text"
	case "fixed32", "sfixed32":
		return "fixed32"
	case "fixed64", "sfixed64":
		return "fixed64"
	default:
		return scalar // float, double
	}
}

// namedTypes compares two message types by their names without the package.
// Types of the two texts themselves are compared where they are declared; types
// from references are compared here.
func (d *protoDiff) namedTypes(path string, old, new *protobuf.Message) {
	local := withoutPackage(old)
	if local != withoutPackage(new) {
		d.add(protoFieldNamedTypeChanged, path)
		return
	}
	if old.Document == "" && new.Document == "" {
		return
	}
	key := [2]string{old.FullName, new.FullName}
	switch d.pairs[key] {
	case pairOpen, pairFits:
		return
	case pairRefused:
		d.add(protoFieldNamedTypeChanged, path)
		return
	}
	d.pairs[key] = pairOpen
	before := d.refused
	d.message("#/"+strings.ReplaceAll(local, ".", "/"), old, new)
	if d.refused > before {
		d.pairs[key] = pairRefused
		d.add(protoFieldNamedTypeChanged, path)
		return
	}
	d.pairs[key] = pairFits
}

func withoutPackage(m *protobuf.Message) string {
	if m.Package == "" {
		return m.FullName
	}
	return strings.TrimPrefix(m.FullName, m.Package+".")
}
