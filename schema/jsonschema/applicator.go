package jsonschema

import (
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
)

// applicator reads a keyword that holds schemas.
func (b *builder) applicator(n *Node, m *jsonx.Member, sh shape, at place) (want string, err error) {
	v := m.Value
	switch {
	case sh == shapeSchemaMap:
		return b.schemaMap(n, m, at)
	case sh == shapeDeps || sh == shapeDepNames:
		return b.dependencies(n, m, sh, at)
	case sh == shapeSchemas, sh == shapeItems && v.Kind == jsonx.Array && n.Draft < Draft2020:
		return b.schemaList(n, m, at)
	}
	oldBool := sh == shapeSchemaOld || n.Draft > Draft4
	if v.Kind != jsonx.Object && (v.Kind != jsonx.Bool || !oldBool) {
		return "a schema", nil
	}
	child, err := b.build(v, at)
	if err != nil {
		return "", err
	}
	*schemaField(n, m.Key) = child
	return "", nil
}

func (b *builder) isSchema(v *jsonx.Value, d Draft) bool {
	return v.Kind == jsonx.Object || (v.Kind == jsonx.Bool && d > Draft4)
}

func (b *builder) schemaList(n *Node, m *jsonx.Member, at place) (want string, err error) {
	v := m.Value
	if v.Kind != jsonx.Array || (len(v.Items) == 0 && m.Key != "items") {
		return "a list of at least one schema", nil
	}
	if err := b.count(n, v, "branches", len(v.Items), b.limits.Branches, m.Key+" schemas"); err != nil {
		return "", err
	}
	list := make([]*Node, 0, len(v.Items))
	for i, item := range v.Items {
		if !b.isSchema(item, n.Draft) {
			return "a list of schemas", nil
		}
		child, err := b.build(item, at.at(strconv.Itoa(i)))
		if err != nil {
			return "", err
		}
		list = append(list, child)
	}
	*listField(n, m.Key) = list
	return "", nil
}

func (b *builder) schemaMap(n *Node, m *jsonx.Member, at place) (want string, err error) {
	v := m.Value
	if v.Kind != jsonx.Object {
		return "an object of schemas", nil
	}
	if err := b.count(n, v, "fields", len(v.Members), b.limits.Fields, m.Key); err != nil {
		return "", err
	}
	for i := range v.Members {
		if !b.isSchema(v.Members[i].Value, n.Draft) {
			return "an object of schemas (" + strconv.Quote(clip(v.Members[i].Key)) + " is none)", nil
		}
	}
	for i := range v.Members {
		key, item := v.Members[i].Key, v.Members[i].Value
		if err := b.name(n, item, key); err != nil {
			return "", err
		}
		child, err := b.build(item, at.at(key))
		if err != nil {
			return "", err
		}
		if err := b.keyed(n, m.Key, key, child, at); err != nil {
			return "", err
		}
	}
	return "", nil
}

// name holds a property name to its limit.
func (b *builder) name(n *Node, v *jsonx.Value, key string) error {
	if len(key) <= b.limits.NameBytes {
		return nil
	}
	e := b.over(n.Document, v, "name-bytes", len(key), b.limits.NameBytes, n.Pointer, "a name is too long")
	if b.lenient {
		b.warn(n.Document, v, n.Pointer, e.Error())
		return nil
	}
	return e
}

func (b *builder) keyed(n *Node, keyword, key string, child *Node, at place) error {
	switch keyword {
	case "properties":
		n.Properties = append(n.Properties, Keyed{key, child})
	case "patternProperties":
		p, err := b.pattern(n, child.Value, key, at.at(key))
		if err != nil {
			return err
		}
		n.PatternProperties = append(n.PatternProperties, PatternProperty{p, child})
	case "dependentSchemas":
		n.DependentSchemas = append(n.DependentSchemas, Dependency{Key: key, Node: child})
	default:
		n.Defs = append(n.Defs, Keyed{key, child})
	}
	return nil
}

func (b *builder) dependencies(n *Node, m *jsonx.Member, sh shape, at place) (want string, err error) {
	if m.Value.Kind != jsonx.Object {
		return "an object", nil
	}
	var list []Dependency
	for i := range m.Value.Members {
		key, v := m.Value.Members[i].Key, m.Value.Members[i].Value
		switch {
		case v.Kind == jsonx.Array && allStrings(v):
			list = append(list, Dependency{Key: key, Names: stringItems(v)})
		case sh == shapeDeps && b.isSchema(v, n.Draft):
			child, err := b.build(v, at.at(key))
			if err != nil {
				return "", err
			}
			list = append(list, Dependency{Key: key, Node: child})
		default:
			return "an object of lists of names or of schemas", nil
		}
	}
	if sh == shapeDeps {
		n.Dependencies = list
	} else {
		n.DependentRequired = list
	}
	return "", nil
}
