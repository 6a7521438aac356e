package oracle

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// Valid asks the validator of record and, of a schema that is wholly of draft 7
// or older, the second one too. It is an error if they disagree.
func Valid(ctx context.Context, s *jsonschema.Schema, event []byte) (bool, error) {
	j, err := s.Check(ctx, schema.Event{Encoding: schema.EncodingJSON, Bytes: event})
	if err != nil {
		return false, err
	}
	valid := len(j.Violations) == 0
	if !hasSecondJudge(s) {
		return valid, nil
	}
	second, err := s.SecondOpinion(ctx, event)
	if err != nil {
		return false, fmt.Errorf("the second validator: %w", err)
	}
	if second != valid {
		return false, fmt.Errorf("the validators disagree: %t, then %t", valid, second)
	}
	return valid, nil
}

// hasSecondJudge reports whether the second validator knows all that a schema
// says. It cannot rewrite every pattern, and refuses such schemas itself.
func hasSecondJudge(s *jsonschema.Schema) bool {
	return !slices.ContainsFunc(s.Nodes(), func(n *jsonschema.Node) bool { return n.Draft > jsonschema.Draft7 })
}

// sameJSON reports whether two texts are the same JSON value: members unordered,
// numbers by value.
func sameJSON(a, b string) bool { return canonicalJSON(a) == canonicalJSON(b) }

// canonicalJSON prints a value so that equal values have equal texts; what is
// no JSON is left as it is.
func canonicalJSON(text string) string {
	v, err := jsonx.Parse(text, jsonx.Limits{})
	if err != nil {
		return text
	}
	return string(appendJSON(nil, v))
}

func appendJSON(dst []byte, v *jsonx.Value) []byte {
	switch v.Kind {
	case jsonx.Number:
		if r, ok := new(big.Rat).SetString(v.Text); ok {
			return append(dst, r.RatString()...)
		}
		return append(dst, v.Text...)
	case jsonx.Array:
		dst = append(dst, '[')
		for _, item := range v.Items {
			dst = append(appendJSON(dst, item), ',')
		}
		return append(dst, ']')
	case jsonx.Object:
		members := slices.Clone(v.Members)
		slices.SortFunc(members, func(a, b jsonx.Member) int { return strings.Compare(a.Key, b.Key) })
		dst = append(dst, '{')
		for _, m := range members {
			dst = append(appendJSON(append(jsonx.AppendQuoted(dst, m.Key), ':'), m.Value), ',')
		}
		return append(dst, '}')
	default:
		return jsonx.Append(dst, v)
	}
}
