package judge

import (
	"fmt"
	"sync"

	"github.com/xeipuuv/gojsonschema"

	"github.com/instar-registry/instar/schema"
)

// Second is the independent second opinion, for drafts 4, 6 and 7; it is safe
// for concurrent use.
type Second struct {
	schema *gojsonschema.Schema
}

// FormatName is the name under which the second validator knows a format of
// ours: it has predicates of its own for some of the common names, and keeps
// all of them in one table of the process.
func FormatName(name string) string { return "instar-" + name }

var registered sync.Once

// checker is a predicate as the second validator takes it.
type checker func(string) bool

// IsFormat judges strings; the bundle gives it nothing else.
func (c checker) IsFormat(input any) bool {
	s, ok := input.(string)
	return !ok || c(s)
}

var secondDrafts = map[string]gojsonschema.Draft{
	"draft-04": gojsonschema.Draft4, "draft-06": gojsonschema.Draft6, "draft-07": gojsonschema.Draft7,
}

// CompileSecond prepares one self-contained schema: its references are only
// "#/definitions/…", it names no draft and no address, and its patterns are
// those of RE2. Nothing in it can make the library open anything.
// formats are the predicates of the formats that the bundle asserts, under their
// own names; the bundle names them by [FormatName].
func CompileSecond(bundle any, draft string, formats func() map[string]func(string) bool) (s *Second, err error) {
	defer shield("judge.CompileSecond", &err)
	registered.Do(func() {
		for name, valid := range formats() {
			gojsonschema.FormatCheckers.Add(FormatName(name), checker(valid))
		}
	})
	d, ok := secondDrafts[draft]
	if !ok {
		return nil, &schema.Error{What: fmt.Sprintf("there is no second opinion on %s", draft)}
	}
	loader := gojsonschema.NewSchemaLoader()
	loader.AutoDetect, loader.Validate, loader.Draft = false, false, d
	compiled, err := loader.Compile(gojsonschema.NewRawLoader(bundle))
	if err != nil {
		return nil, &schema.Error{What: fmt.Sprintf("the second validator refuses the schema: %v", err)}
	}
	return &Second{compiled}, nil
}

// Valid judges a decoded event, as [Validator.Validate] takes it.
func (s *Second) Valid(event any) (valid bool, err error) {
	defer shield("judge.Second", &err)
	result, err := s.schema.Validate(gojsonschema.NewRawLoader(event))
	if err != nil {
		return false, &schema.Error{What: fmt.Sprintf("the second validator cannot judge the event: %v", err)}
	}
	return result.Valid(), nil
}
