package config

import (
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/instar-registry/instar/schema"
)

// Type is the kind of value that a key takes.
type Type string

// The types, by the names the documentation uses.
const (
	Text     Type = "text"
	Switch   Type = "true/false"
	Number   Type = "number"
	Size     Type = "size"
	Duration Type = "duration"
	List     Type = "list"
	Hidden   Type = "secret"
)

// Key describes one configuration key.
type Key struct {
	Name    string // as in the file: storage.postgres.dsn
	Type    Type
	Default string // as written in a file; empty for none
	Help    string
	Enum    []string
	Min     string // empty: no bound
	Max     string
	// Secret keys have no flag and may be read from the file that the
	// environment variable <Env>_FILE names.
	Secret bool
	// SecretFile marks a key whose value names a file nobody else should read.
	SecretFile bool
	// Reload marks a key that is applied without restart.
	Reload bool

	index []int
}

// Env returns the environment variable of the key.
func (k Key) Env() string {
	return Prefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(k.Name))
}

// Prefix begins every environment variable of Instar.
const Prefix = "INSTAR_"

// Section is a group of keys.
type Section struct {
	Name, Help string
}

var describe = sync.OnceValues(func() ([]Key, []Section) {
	var keys []Key
	var sections []Section
	walk(reflect.TypeFor[Config](), "", nil, &keys, &sections)
	return keys, sections
})

// Keys returns every key, in the order of documentation.
func Keys() []Key { keys, _ := describe(); return keys }

// Sections returns every section, in the order of documentation.
func Sections() []Section { _, sections := describe(); return sections }

var byName = sync.OnceValue(func() map[string]*Key {
	out := map[string]*Key{}
	for i, k := range Keys() {
		out[k.Name] = &Keys()[i]
	}
	return out
})

func walk(t reflect.Type, prefix string, index []int, keys *[]Key, sections *[]Section) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int{}, index...), i)
		if f.Anonymous {
			walk(f.Type, prefix, at, keys, sections)
			continue
		}
		name := f.Tag.Get("key")
		if name == "" {
			name = kebab(f.Name)
		}
		if f.Type.Kind() == reflect.Struct {
			*sections = append(*sections, Section{prefix + name, f.Tag.Get("help")})
			walk(f.Type, prefix+name+".", at, keys, sections)
			continue
		}
		*keys = append(*keys, newKey(t, f, prefix+name, at))
	}
}

func newKey(owner reflect.Type, f reflect.StructField, name string, index []int) Key {
	k := Key{
		Name: name, Type: typeOf(f), Default: f.Tag.Get("default"), Help: f.Tag.Get("help"),
		Min: f.Tag.Get("min"), Max: f.Tag.Get("max"),
		SecretFile: f.Tag.Get("file") == "secret", Reload: f.Tag.Get("reload") == "yes", index: index,
	}
	k.Secret = k.Type == Hidden
	if e := f.Tag.Get("enum"); e != "" {
		k.Enum = strings.Split(e, "|")
	}
	if owner == reflect.TypeFor[schema.Limits]() || owner == reflect.TypeFor[Limits]() {
		k.describeLimit(f)
	}
	if k.Default == "-" {
		k.Default = ""
	}
	return k
}

// describeLimit fills in what the fields of [schema.Limits] cannot say by tags:
// that package knows nothing of configuration.
func (k *Key) describeLimit(f reflect.StructField) {
	if k.Help == "" {
		k.Help = limitHelp[f.Name]
		defaults := reflect.ValueOf(schema.DefaultLimits())
		k.Default = formatInt(k.Type, defaults.FieldByName(f.Name).Int())
	} else if k.Type == Size {
		v, err := parseBytes(k.Default)
		if err == nil {
			k.Default = v.String()
		}
	}
	if k.Min == "" {
		k.Min = "1"
	}
	switch {
	case k.Max != "":
	case strings.HasSuffix(f.Name, "Depth"), strings.HasSuffix(f.Name, "Nesting"):
		k.Max = "2000" // recursive code below relies on a bound far from the end of the stack
	case k.Type == Size:
		k.Max = "1024GiB"
	default:
		k.Max = "2000000000"
	}
}

func typeOf(f reflect.StructField) Type {
	switch f.Type {
	case reflect.TypeFor[time.Duration]():
		return Duration
	case reflect.TypeFor[Bytes]():
		return Size
	case reflect.TypeFor[Secret]():
		return Hidden
	}
	switch f.Type.Kind() {
	case reflect.Bool:
		return Switch
	case reflect.Int, reflect.Int64:
		if strings.HasSuffix(f.Name, "Bytes") {
			return Size
		}
		return Number
	case reflect.Slice:
		return List
	}
	return Text
}

// kebab turns a Go name into a key: JSONDepth becomes json-depth.
func kebab(name string) string {
	var b strings.Builder
	r := []rune(name)
	for i, c := range r {
		if i > 0 && unicode.IsUpper(c) && (!unicode.IsUpper(r[i-1]) || (i+1 < len(r) && unicode.IsLower(r[i+1]))) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// limitHelp says what the limits of package schema bound.
var limitHelp = map[string]string{
	"SchemaBytes":    "Text of one schema.",
	"ReferenceBytes": "Text of a schema and all its references together.",
	"References":     "Direct references of a schema.",
	"ReferencesAll":  "Direct and indirect references of a schema.",
	"JSONDepth":      "Nesting of a schema text in JSON; one schema level takes two or three.",
	"JSONNodes":      "JSON values in a schema text.",
	"NumberDigits":   "Digits of a number.",
	"NumberExponent": "Absolute value of a decimal exponent.",
	"Nesting":        "Nesting of an Avro or JSON schema.",
	"ProtoNesting":   "Nesting of Protobuf messages.",
	"Fields":         "Fields of one record or message.",
	"Symbols":        "Symbols of one enum.",
	"Branches":       "Branches of one union.",
	"Messages":       "Messages of one Protobuf file.",
	"SchemaNodes":    "Nodes of a parsed schema.",
	"NameBytes":      "Length of one name.",
	"DocBytes":       "One documentation text or custom property.",
	"EnumValues":     "Members of a JSON Schema enum.",
	"EnumBytes":      "Text of one JSON Schema enum or const.",
	"Patterns":       "Patterns of one JSON Schema.",
	"PatternBytes":   "Length of one pattern.",
	"FixedBytes":     "Size of an Avro fixed.",
	"DecimalDigits":  "Precision of an Avro decimal.",
	"ValidatorSteps": "Steps that validating one value may cost.",
	"EventBytes":     "One event, decoded.",
	"EventDepth":     "Nesting of an event.",
	"EventItems":     "Items of all arrays and maps of an event.",
	"EventZeroItems": "Items of an event that take no bytes.",
	"EventNodes":     "JSON values of an event.",
	"MessageIndexes": "Message indexes in a Protobuf frame.",
}
