package upcast

import (
	"fmt"
	"math/big"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Selector is a CEL expression over a stored event of any type and its envelope,
// for documents that sort events and do not change them: it decides about a
// whole stream, whose events share no schema, so it is not typed. Its names are
// event, the payload as JSON, and meta. A Selector is safe for concurrent use.
type Selector struct {
	text    string
	program cel.Program
}

var selectorEnv = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.OptionalTypes(), ext.Strings(ext.StringsVersion(3)), ext.Math(ext.MathVersion(1)),
		cel.ParserRecursionLimit(parserDepth), cel.ParserExpressionSizeLimit(maxExprBytes), cel.ParserErrorRecoveryLimit(4),
		cel.Variable("event", cel.DynType), cel.Variable("meta", cel.MapType(cel.StringType, cel.DynType)),
	)
})

// NewSelector reads an expression. Its limits are those of every expression.
func NewSelector(text string) (s *Selector, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s, err = nil, &schema.Bug{Where: "upcast: cel-go", Cause: cause}
		}
	}()
	if len(text) > maxExprBytes {
		return nil, &schema.Error{What: fmt.Sprintf("the expression has %d bytes, at most %d", len(text), maxExprBytes)}
	}
	env, err := selectorEnv()
	if err != nil {
		return nil, &schema.Bug{Where: "upcast: cel-go", Cause: err}
	}
	parsed, issues := env.Parse(text)
	if issues.Err() != nil {
		return nil, issueOf(text, issues, nil)
	}
	if wrong := bounded(text, parsed.NativeRep(), nil); wrong != nil {
		return nil, wrong
	}
	checked, issues := env.Check(parsed)
	if issues.Err() != nil {
		return nil, issueOf(text, issues, nil)
	}
	program, err := env.Program(checked, cel.CostLimit(maxExprCost))
	if err != nil {
		return nil, &schema.Error{What: err.Error()}
	}
	return &Selector{text, program}, nil
}

// String is the expression.
func (s *Selector) String() string { return s.text }

// Value is the expression's value for one event: a bool, int64, uint64, float64
// or string. The error says why there is none.
func (s *Selector) Value(meta map[string]any, event any) (out any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			out, err = nil, &schema.Bug{Where: "upcast: cel-go", Cause: cause}
		}
	}()
	v, _, err := s.program.Eval(map[string]any{"meta": meta, "event": event})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.text, err)
	}
	switch x := v.Value().(type) {
	case bool, int64, uint64, float64, string:
		return x, nil
	}
	return nil, fmt.Errorf("%s is a %s, and a text, a number or true/false is needed", s.text, v.Type().TypeName())
}

// SelectorEvent reads an event's JSON into what a selector works on. Whole
// numbers of 64 bits are exact.
func SelectorEvent(text string) (any, error) {
	v, err := jsonx.Parse(text, jsonx.EventLimits(schema.DefaultLimits()))
	if err != nil {
		return nil, err
	}
	return nativeOf(v), nil
}

func nativeOf(v *jsonx.Value) any {
	switch v.Kind {
	case jsonx.Bool:
		return v.Bool
	case jsonx.String:
		return v.Text
	case jsonx.Array:
		out := make([]any, len(v.Items))
		for i, x := range v.Items {
			out[i] = nativeOf(x)
		}
		return out
	case jsonx.Object:
		out := make(map[string]any, len(v.Members))
		for _, m := range v.Members {
			out[m.Key] = nativeOf(m.Value)
		}
		return out
	case jsonx.Number:
		if r, ok := new(big.Rat).SetString(v.Text); ok {
			if r.IsInt() && r.Num().IsInt64() {
				return r.Num().Int64()
			}
			f, _ := r.Float64()
			return f
		}
	}
	return nil
}
