package jsonx

// Kind is the type of a JSON value.
type Kind uint8

// The six kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String returns the JSON Schema name of the kind.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object"}[k]
}

// Value is one JSON value with its place in the text.
type Value struct {
	Kind    Kind
	Bool    bool
	Text    string // the decoded string, or the number exactly as written
	Items   []*Value
	Members []Member // in document order
	Offset  int      // byte offset of the first character
	End     int      // byte offset after the last character
}

// Member is one property of an object.
type Member struct {
	Key    string
	Offset int // byte offset of the key's opening quote
	Value  *Value
}

// Get returns the value of the first member called key, or nil.
func (v *Value) Get(key string) *Value {
	if v == nil {
		return nil
	}
	for i := range v.Members {
		if v.Members[i].Key == key {
			return v.Members[i].Value
		}
	}
	return nil
}
