package protobuf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// program is what containment asks of a file, with features resolved and
// everything in arrays: linked descriptors compute their answers at each call.
// It is immutable once published.
type program struct {
	pkg, syntax string
	messages    []*messageType // of the file itself, outer before inner, without map entries
	enums       []*enumType    // of the file itself
	events      []*messageType // what a frame may name by default
	byName      map[string]*messageType
	enumByName  map[string]*enumType
	extensions  []*fieldType // declared in the file
	imports     []importElement
	options     []setOption
	services    []*serviceType
}

// messageType is a message with its fields by number, extensions included.
type messageType struct {
	full, rel  string // rel is without the package of the file at hand
	name       protoreflect.FullName
	document   string // empty for the file itself
	place      []int  // source path in its file; nil for the entry of a map
	index      []int  // message indexes, of the file itself only
	fields     []*fieldType
	byName     map[string]*fieldType // extensions as "(full.name)"
	byJSON     map[string]*fieldType // by every name that a JSON reader takes
	oneofs     []*oneofType
	oneofName  map[string]*oneofType
	required   []*fieldType
	entry      bool // of a map
	set        bool // message set format
	legacy     bool // JSON format LEGACY_BEST_EFFORT
	bottom     bool // requires itself, so that no value exists
	special    bool // has a JSON form of its own
	event      bool // a frame may name it, unless told otherwise
	deprecated bool

	reserved   reservation
	extensions ranges
}

// fieldType is a field or an extension.
type fieldType struct {
	number                                                    int64
	name, json                                                string
	kind                                                      protoreflect.Kind
	wire                                                      protowire.Type
	list, mapped, packed, presence, required, utf8, extension bool
	message                                                   *messageType
	enum                                                      *enumType
	oneof                                                     *oneofType // nil for those that only stand for presence
	hasDefault                                                bool
	absent                                                    meaning // what an absent field reads as
	index                                                     int     // in declaration order
	parent                                                    *messageType
	options                                                   []setOption
	deprecated                                                bool
}

func (f *fieldType) many() bool { return f.list || f.mapped }

// packable tells whether a reader takes elements one by one and packed.
func (f *fieldType) packable() bool {
	return f.list && f.wire != protowire.BytesType && f.wire != protowire.StartGroupType
}

type oneofType struct {
	name    string
	index   int
	members []*fieldType
}

// oneof returns the oneof of a name, or nil.
func (m *messageType) oneof(name string) *oneofType { return m.oneofName[name] }

// numbers lists the members, for comparison.
func (o *oneofType) numbers() string {
	var b strings.Builder
	for _, f := range o.members {
		b.WriteString(strconv.FormatInt(f.number, 10) + " ")
	}
	return b.String()
}

// enumType is an enum with its values by number.
type enumType struct {
	full, rel string
	document  string
	place     []int
	closed    bool
	first     int64
	free      int64        // the least number, not negative, that is not listed
	values    []enumNumber // by number
	samples   []int64      // numbers at which readings of a closed enum part
	byName    map[string]int64
	reserved  reservation
}

// enumNumber is a number of an enum and its names, in declaration order.
type enumNumber struct {
	number int64
	names  []string
}

// value returns the entry of a number, or nil.
func (e *enumType) value(n int64) *enumNumber {
	i, ok := slices.BinarySearchFunc(e.values, n, func(v enumNumber, n int64) int { return int(max(min(v.number-n, 1), -1)) })
	if !ok {
		return nil
	}
	return &e.values[i]
}

// unlisted returns the least number, not negative, that neither enum lists.
func (e *enumType) unlisted(other *enumType) int64 {
	n := max(e.free, other.free)
	for e.value(n) != nil || other.value(n) != nil {
		n++
	}
	return n
}

// measure fills in what is computed of the values.
func (e *enumType) measure() {
	slices.SortFunc(e.values, func(x, y enumNumber) int { return cmp.Compare(x.number, y.number) })
	for _, v := range e.values {
		if v.number == e.free {
			e.free++
		}
		// Small numbers, and the ends of the range, differ in whatever numbers of
		// an enum may differ in: sign, size, and being 0 or 1.
		if v.number >= 0 && len(e.samples) < 4 {
			e.samples = append(e.samples, v.number)
		}
	}
	e.samples = append(e.samples, e.values[0].number, e.values[len(e.values)-1].number)
}

type serviceType struct {
	name string
	rpcs []rpcType
}

type rpcType struct {
	name, signature string
}

// setOption is an option that is set: value only serves to compare, text to
// show.
type setOption struct {
	name, value, text string
}

// field returns the field of a number, or nil.
func (m *messageType) field(n int64) *fieldType {
	i, ok := slices.BinarySearchFunc(m.fields, n, func(f *fieldType, n int64) int { return int(f.number - n) })
	if !ok {
		return nil
	}
	return m.fields[i]
}

// programCache holds the program of a schema once it was asked for.
type programCache struct {
	built     atomic.Pointer[program]
	positions sync.Map // from the name of a document to *positions
}

// program returns the program, building it at the first call.
func (s *Schema) program() (*program, error) {
	if p := s.programs.built.Load(); p != nil {
		return p, nil
	}
	b := &programBuilder{
		own: s.file, messages: map[protoreflect.FullName]*messageType{}, enums: map[protoreflect.FullName]*enumType{},
		extensions: map[protoreflect.FullName][]protoreflect.ExtensionDescriptor{},
	}
	var p *program
	if err := guarded("reading linked Protobuf descriptors", func() (err error) { p, err = b.run(); return err }); err != nil {
		return nil, err
	}
	s.programs.built.Store(p)
	return p, nil
}
