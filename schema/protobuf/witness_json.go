package protobuf

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/internal/jsonx"
)

// appendField writes the value of a field as the JSON form does, with what is
// no text replaced.
func appendField(out []byte, fd protoreflect.FieldDescriptor, v protoreflect.Value) []byte {
	switch {
	case fd.IsList():
		out = append(out, '[')
		for i := range v.List().Len() {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendScalar(out, fd, v.List().Get(i))
		}
		return append(out, ']')
	case fd.IsMap():
		var keys []protoreflect.MapKey
		v.Map().Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
			keys = append(keys, k)
			return true
		})
		slices.SortFunc(keys, func(x, y protoreflect.MapKey) int { return strings.Compare(x.String(), y.String()) })
		out = append(out, '{')
		for i, k := range keys {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(jsonx.AppendQuoted(out, strings.ToValidUTF8(k.String(), "\ufffd")), ':')
			out = appendScalar(out, fd.MapValue(), v.Map().Get(k))
		}
		return append(out, '}')
	default:
		return appendScalar(out, fd, v)
	}
}

func appendScalar(out []byte, fd protoreflect.FieldDescriptor, v protoreflect.Value) []byte {
	switch x := v.Interface().(type) {
	case protoreflect.Message:
		return appendMessage(out, x)
	case string:
		return jsonx.AppendQuoted(out, strings.ToValidUTF8(x, "\ufffd"))
	case []byte:
		return jsonx.AppendQuoted(out, base64.StdEncoding.EncodeToString(x))
	case protoreflect.EnumNumber:
		if value := fd.Enum().Values().ByNumber(x); value != nil {
			return jsonx.AppendQuoted(out, string(value.Name()))
		}
		return strconv.AppendInt(out, int64(x), 10)
	case int64, uint64:
		return jsonx.AppendQuoted(out, fmt.Sprint(x))
	case float32:
		return appendFloat(out, float64(x), 32)
	case float64:
		return appendFloat(out, x, 64)
	default:
		return fmt.Append(out, x)
	}
}

// appendFloat writes a number; what JSON has no number for is a text.
func appendFloat(out []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(out, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(out, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(out, `"-Infinity"`...)
	default:
		return strconv.AppendFloat(out, f, 'g', -1, bits)
	}
}
