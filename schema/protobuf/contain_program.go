package protobuf

import (
	"math"
	"slices"
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
	place      []int  // source path, of the file itself only
	index      []int  // message indexes, of the file itself only
	fields     []*fieldType
	byName     map[string]*fieldType // extensions as "(full.name)"
	byJSON     map[string]*fieldType // by every name that a JSON reader takes
	oneofs     []*oneofType
	required   []*fieldType
	entry      bool // of a map
	set        bool // message set format
	legacy     bool // JSON format LEGACY_BEST_EFFORT
	bottom     bool // requires itself, so that no value exists
	special    bool // has a JSON form of its own
	deprecated bool

	reserved      [][2]int64 // both ends inclusive
	reservedNames []string
	ranges        [][2]int64 // for extensions
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

// enumType is an enum with its values by number.
type enumType struct {
	full, rel     string
	document      string
	place         []int
	closed        bool
	first         int64
	values        []enumNumber // by number
	byName        map[string]int64
	reserved      [][2]int64
	reservedNames []string
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
func (e *enumType) unlisted(other *enumType) (int64, bool) {
	for n := int64(0); n <= math.MaxInt32; n++ {
		if e.value(n) == nil && (other == nil || other.value(n) == nil) {
			return n, true
		}
	}
	return 0, false
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

// reserves reports whether a number is reserved.
func reserves(ranges [][2]int64, n int64) bool {
	return slices.ContainsFunc(ranges, func(r [2]int64) bool { return r[0] <= n && n <= r[1] })
}

// programCache holds the program of a schema once it was asked for.
type programCache struct {
	built     atomic.Pointer[program]
	positions atomic.Pointer[positions]
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
