package protobuf

import (
	"encoding/base64"
	"fmt"
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
		out = append(out, '{')
		n := 0
		v.Map().Range(func(k protoreflect.MapKey, e protoreflect.Value) bool {
			if n++; n > 1 {
				out = append(out, ',')
			}
			out = append(jsonx.AppendQuoted(out, strings.ToValidUTF8(k.String(), "\ufffd")), ':')
			out = appendScalar(out, fd.MapValue(), e)
			return true
		})
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
	default:
		return fmt.Append(out, x)
	}
}
