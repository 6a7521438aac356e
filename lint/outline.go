package lint

import (
	"context"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// outline is what a text says about itself without being parsed as a schema: how
// it may be called, what it defines and what it uses. A text that is no schema
// has an empty one; parsing it will say why.
type outline struct {
	// values are the parts of the subject template that the content gives.
	values map[string]string
	// defines are Avro full names or JSON Schema $ids.
	defines []string
	uses    []use
	// dialect is the $schema of a JSON text, record tells an Avro record.
	dialect string
	record  bool
	object  bool // of JSON
}

// use is a name in a text that stands for something in another file: an import,
// the address of a $ref, the full name of an Avro type.
type use struct {
	name   string
	offset int
	length int
	// address is the $ref resolved against the $id around it.
	address string
}

// outline reads the outline of a file once.
func (s *side) outline(ctx context.Context, name string, format schema.Format) (*outline, error) {
	s.mu.Lock()
	o := s.outlines[name]
	s.mu.Unlock()
	if o != nil {
		return o, nil
	}
	id := s.outlineID(name, format)
	if id != "" {
		o = s.shared.find(id)
	}
	if o == nil {
		t, err := s.text(ctx, name)
		if err != nil {
			return nil, err
		}
		o = outlineOf(t.body, format)
		if id != "" && t.err == nil {
			s.shared.add(id, o)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outlines[name] = o
	return o, nil
}

func outlineOf(body string, format schema.Format) *outline {
	o := &outline{values: map[string]string{}}
	if format == schema.Protobuf {
		o.protobuf(body)
		return o
	}
	limits := jsonx.SchemaLimits(schema.DefaultLimits())
	limits.Lenient = true
	root, err := jsonx.Parse(body, limits)
	if err != nil {
		return o
	}
	o.object = root.Kind == jsonx.Object
	o.dialect = stringOf(root.Get("$schema"))
	if kind := stringOf(root.Get("type")); root.Get("fields") != nil || kind == "enum" && root.Get("symbols") != nil || kind == "fixed" && root.Get("size") != nil {
		o.record = o.dialect == ""
	}
	if format == schema.Avro || format == 0 && o.record || format == 0 && !o.object {
		o.avro(root)
	} else {
		o.jsonSchema(root)
	}
	return o
}

func stringOf(v *jsonx.Value) string {
	if v != nil && v.Kind == jsonx.String {
		return v.Text
	}
	return ""
}

// avro walks the types of an Avro schema.
func (o *outline) avro(root *jsonx.Value) {
	w := avroOutline{out: o}
	w.walk(root, "", 0)
	o.uses = slices.DeleteFunc(o.uses, func(u use) bool { return slices.Contains(o.defines, u.name) })
	if len(o.defines) == 0 || root.Kind != jsonx.Object {
		return
	}
	full := fullName(stringOf(root.Get("name")), stringOf(root.Get("namespace")), "")
	if full == "" {
		return
	}
	at := strings.LastIndexByte(full, '.')
	o.values["record"], o.values["record.name"] = full, full[at+1:]
	if at >= 0 {
		o.values["record.namespace"] = full[:at]
	}
}

type avroOutline struct{ out *outline }

// primitives are the names of Avro that no file defines.
var primitives = []string{"null", "boolean", "int", "long", "float", "double", "bytes", "string", "record", "error", "enum", "fixed", "array", "map"}

func fullName(name, namespace, around string) string {
	switch {
	case name == "" || strings.Contains(name, "."):
		return name
	case namespace != "":
		return namespace + "." + name
	case around != "":
		return around + "." + name
	}
	return name
}

func (w *avroOutline) walk(v *jsonx.Value, namespace string, depth int) {
	if v == nil || depth > 512 {
		return
	}
	switch v.Kind {
	case jsonx.String:
		if !slices.Contains(primitives, v.Text) && v.Text != "" {
			w.out.uses = append(w.out.uses, use{name: fullName(v.Text, "", namespace), offset: v.Offset, length: v.End - v.Offset})
		}
	case jsonx.Array:
		for _, item := range v.Items {
			w.walk(item, namespace, depth+1)
		}
	case jsonx.Object:
		w.object(v, namespace, depth)
	}
}

func (w *avroOutline) object(v *jsonx.Value, namespace string, depth int) {
	kind := stringOf(v.Get("type"))
	switch kind {
	case "record", "error", "enum", "fixed":
		full := fullName(stringOf(v.Get("name")), stringOf(v.Get("namespace")), namespace)
		if full != "" {
			w.out.defines = append(w.out.defines, full)
			namespace = ""
			if at := strings.LastIndexByte(full, '.'); at >= 0 {
				namespace = full[:at]
			}
		}
		if fields := v.Get("fields"); fields != nil {
			for _, f := range fields.Items {
				w.walk(f.Get("type"), namespace, depth+1)
			}
		}
	case "array":
		w.walk(v.Get("items"), namespace, depth+1)
	case "map":
		w.walk(v.Get("values"), namespace, depth+1)
	default:
		w.walk(v.Get("type"), namespace, depth+1)
	}
}

// jsonSchema walks all values: a $ref may stand anywhere, and one in an example
// does no harm.
func (o *outline) jsonSchema(root *jsonx.Value) {
	o.values["title"], o.values["id"] = stringOf(root.Get("title")), idOf(root)
	var walk func(v *jsonx.Value, base string, key string)
	walk = func(v *jsonx.Value, base, key string) {
		if id := idOf(v); id != "" && key != "properties" {
			address, fragment, _ := strings.Cut(id, "#")
			if address != "" {
				base = jsonschema.ResolveReference(base, address)
				if fragment == "" {
					o.defines = append(o.defines, base)
				}
			}
		}
		for i := range v.Members {
			m := &v.Members[i]
			if ref := m.Value; (m.Key == "$ref" || m.Key == "$dynamicRef") && ref.Kind == jsonx.String {
				if address, _, _ := strings.Cut(ref.Text, "#"); address != "" {
					o.uses = append(o.uses, use{name: address, address: jsonschema.ResolveReference(base, address), offset: ref.Offset, length: ref.End - ref.Offset})
				}
			}
			if m.Key != "enum" && m.Key != "const" && m.Key != "examples" && m.Key != "default" {
				walk(m.Value, base, m.Key)
			}
		}
		for _, item := range v.Items {
			walk(item, base, "")
		}
	}
	walk(root, "", "")
	o.uses = slices.DeleteFunc(o.uses, func(u use) bool { return slices.Contains(o.defines, u.address) })
}

// idOf is the address that a schema gives itself; draft 4 calls it id.
func idOf(v *jsonx.Value) string {
	if id := stringOf(v.Get("$id")); id != "" {
		return id
	}
	if id := stringOf(v.Get("id")); strings.Contains(id, ":") && v.Get("$ref") == nil {
		return id
	}
	return ""
}
