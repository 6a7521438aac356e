package compat

import (
	"slices"
	"strconv"

	"github.com/instar-registry/instar/schema/jsonschema"
)

// object is step 6.
func (f *jsonFind) object(old, new *jsonschema.Node) {
	f.required(old, new)
	f.properties(old, new)
	f.dependencies(old, new)
	f.rest("ADDITIONAL_PROPERTIES", "additionalProperties", plainRest(old.AdditionalProperties), plainRest(new.AdditionalProperties))
	f.rest("UNEVALUATED_PROPERTIES", "unevaluatedProperties", old.UnevaluatedProperties, new.UnevaluatedProperties)
	f.limit("MAX_PROPERTIES", "maxProperties", old.MaxProperties, new.MaxProperties)
	f.limit("MIN_PROPERTIES", "minProperties", old.MinProperties, new.MinProperties)
}

// required looks only at names that both sides declare.
func (f *jsonFind) required(old, new *jsonschema.Node) {
	o, n := nameSet(old.Required), nameSet(new.Required)
	declared := propertyMap(new)
	for _, p := range old.Properties {
		property := declared[p.Key]
		if property == nil {
			continue
		}
		switch {
		case o[p.Key] && !n[p.Key]:
			f.add("REQUIRED_ATTRIBUTE_REMOVED", "required", p.Key)
		case !o[p.Key] && n[p.Key] && hasDefault(property):
			f.add("REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED", "required", p.Key)
		case !o[p.Key] && n[p.Key]:
			f.add("REQUIRED_ATTRIBUTE_ADDED", "required", p.Key)
		}
	}
}

// hasDefault looks through references that replace their siblings.
func hasDefault(n *jsonschema.Node) bool {
	for range 100 {
		if !n.IsRef() {
			break
		}
		n = n.RefTo
	}
	return n.Default != nil
}

func propertyMap(n *jsonschema.Node) map[string]*jsonschema.Node {
	m := make(map[string]*jsonschema.Node, len(n.Properties))
	for _, p := range n.Properties {
		m[p.Key] = p.Node
	}
	return m
}

func (f *jsonFind) properties(old, new *jsonschema.Node) {
	o, n := propertyMap(old), propertyMap(new)
	required := nameSet(new.Required)
	for _, p := range old.Properties {
		if other := n[p.Key]; other != nil {
			f.merge(f.c.nodes(p.Node, other), "properties", p.Key)
			continue
		}
		f.propertyRemoved(p, new)
	}
	for _, p := range new.Properties {
		if o[p.Key] == nil {
			f.propertyAdded(p, old, required[p.Key])
		}
	}
}

// propertyRemoved looks at the new side's content model.
func (f *jsonFind) propertyRemoved(p jsonschema.Keyed, new *jsonschema.Node) {
	path := []string{"properties", p.Key}
	old, _ := f.c.sides()
	cover := coveringProperty(new, p.Key)
	switch {
	case openObject(new):
		f.add("PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL", path...)
	case cover != nil:
		f.covered(f.c.nodes(p.Node, cover), "PROPERTY_REMOVED", path)
	case old.shape(p.Node).class == jsonFalse:
		f.add("PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL", path...)
	default:
		f.add("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", path...)
	}
}

// covered says whether a schema of a partly open model covers what is missing.
func (f *jsonFind) covered(r *jsonResult, what string, path []string) {
	if r.fits {
		f.add(what+"_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path...)
	} else {
		f.add(what+"_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path...)
	}
}

// propertyAdded looks at the old side's content model.
func (f *jsonFind) propertyAdded(p jsonschema.Keyed, old *jsonschema.Node, required bool) {
	path := []string{"properties", p.Key}
	_, new := f.c.sides()
	what := "OPTIONAL_PROPERTY_ADDED_TO_"
	switch {
	case required && hasDefault(p.Node):
		what = "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_"
	case required:
		what = "REQUIRED_PROPERTY_ADDED_TO_"
	}
	if openObject(old) {
		if new.shape(p.Node).class == jsonEmpty {
			f.add("PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL", path...)
			return
		}
		f.add(what+"OPEN_CONTENT_MODEL", path...)
		return
	}
	if cover := coveringProperty(old, p.Key); cover != nil {
		f.covered(f.c.nodes(cover, p.Node), "PROPERTY_ADDED", path)
	}
	f.add(what+"UNOPEN_CONTENT_MODEL", path...)
}

// openObject: any other property with any value may occur.
func openObject(n *jsonschema.Node) bool {
	return absentOrTrue(n.AdditionalProperties) && len(n.PatternProperties) == 0 && absentOrTrue(n.UnevaluatedProperties)
}

func absentOrTrue(n *jsonschema.Node) bool { return n == nil || (n.Bool != nil && *n.Bool) }

// asSchema returns a schema that is more than true or false.
func asSchema(n *jsonschema.Node) *jsonschema.Node {
	if n == nil || n.Bool != nil {
		return nil
	}
	return n
}

// coveringProperty is the schema that a partly open model has for a name.
func coveringProperty(n *jsonschema.Node, name string) *jsonschema.Node {
	for _, p := range n.PatternProperties {
		if ok, err := p.Pattern.Match(name); err == nil && ok {
			return p.Node
		}
	}
	if s := asSchema(n.AdditionalProperties); s != nil {
		return s
	}
	return asSchema(n.UnevaluatedProperties)
}

// plainRest takes "additionalProperties": true for absent; false and schemas
// stay.
func plainRest(n *jsonschema.Node) *jsonschema.Node {
	if absentOrTrue(n) {
		return nil
	}
	return n
}

// rest compares what may stand beside names or positions.
func (f *jsonFind) rest(kind, path string, old, new *jsonschema.Node) {
	forbids := func(n *jsonschema.Node) bool { return n != nil && n.Bool != nil && !*n.Bool }
	switch {
	case forbids(old) && !forbids(new):
		f.add(kind+"_ADDED", path)
	case !forbids(old) && forbids(new):
		f.add(kind+"_REMOVED", path)
	case forbids(old):
	case old == nil && new != nil:
		f.add(kind+"_NARROWED", path)
	case old != nil && new == nil:
		f.add(kind+"_EXTENDED", path)
	case old != nil:
		f.merge(f.c.nodes(old, new), path)
	}
}

// jsonDependencies joins the keywords of all drafts.
func jsonDependencies(n *jsonschema.Node) []jsonschema.Dependency {
	return slices.Concat(n.Dependencies, n.DependentRequired, n.DependentSchemas)
}

func (f *jsonFind) dependencies(old, new *jsonschema.Node) {
	o, n := jsonDependencies(old), jsonDependencies(new)
	f.dependencyArrays(o, n)
	find := func(list []jsonschema.Dependency, key string) *jsonschema.Node {
		for _, d := range list {
			if d.Key == key && d.Node != nil {
				return d.Node
			}
		}
		return nil
	}
	for _, d := range o {
		switch other := find(n, d.Key); {
		case d.Node == nil:
		case other == nil:
			f.add("DEPENDENCY_SCHEMA_REMOVED", "dependencies", d.Key)
		default:
			f.merge(f.c.nodes(d.Node, other), "dependencies", d.Key)
		}
	}
	for _, d := range n {
		if d.Node != nil && find(o, d.Key) == nil {
			f.add("DEPENDENCY_SCHEMA_ADDED", "dependencies", d.Key)
		}
	}
}

func (f *jsonFind) dependencyArrays(old, new []jsonschema.Dependency) {
	find := func(list []jsonschema.Dependency, key string) (map[string]bool, bool) {
		for _, d := range list {
			if d.Key == key && d.Node == nil {
				return nameSet(d.Names), true
			}
		}
		return nil, false
	}
	for _, d := range old {
		if d.Node != nil {
			continue
		}
		o := nameSet(d.Names)
		n, ok := find(new, d.Key)
		oldInNew, newInOld := includes(n, o), includes(o, n)
		switch {
		case !ok:
			f.add("DEPENDENCY_ARRAY_REMOVED", "dependencies", d.Key)
		case oldInNew && newInOld:
		case oldInNew:
			f.add("DEPENDENCY_ARRAY_EXTENDED", "dependencies", d.Key)
		case newInOld:
			f.add("DEPENDENCY_ARRAY_NARROWED", "dependencies", d.Key)
		default:
			f.add("DEPENDENCY_ARRAY_CHANGED", "dependencies", d.Key)
		}
	}
	for _, d := range new {
		if _, ok := find(old, d.Key); d.Node == nil && !ok {
			f.add("DEPENDENCY_ARRAY_ADDED", "dependencies", d.Key)
		}
	}
}

// jsonItems is an array's keywords in the terms of draft 7.
type jsonItems struct {
	all, additional, unevaluated *jsonschema.Node
	tuple                        []*jsonschema.Node
	contains                     bool
}

// itemsOf translates 2020-12: "items" after a prefix is additionalItems, and
// "items": false closes.
func itemsOf(n *jsonschema.Node) jsonItems {
	i := jsonItems{
		all: n.Items, additional: n.AdditionalItems, unevaluated: n.UnevaluatedItems, tuple: n.PrefixItems,
		contains: n.Contains != nil && n.Draft >= jsonschema.Draft2019,
	}
	closes := n.Items != nil && n.Items.Bool != nil && !*n.Items.Bool
	if n.Draft >= jsonschema.Draft2020 && (len(n.PrefixItems) > 0 || closes) {
		i.all, i.additional = nil, n.Items
	}
	return i
}

func (i jsonItems) open() bool { return absentOrTrue(i.additional) && absentOrTrue(i.unevaluated) }

func (i jsonItems) cover() *jsonschema.Node {
	if s := asSchema(i.additional); s != nil {
		return s
	}
	return asSchema(i.unevaluated)
}

// array is step 7.
func (f *jsonFind) array(old, new *jsonschema.Node) {
	o, n := itemsOf(old), itemsOf(new)
	f.merge(f.c.nodes(o.all, n.all), "items")
	for i := range max(len(o.tuple), len(n.tuple)) {
		path := []string{"items", strconv.Itoa(i)}
		switch {
		case i >= len(n.tuple):
			f.itemRemoved(o.tuple[i], n, path)
		case i >= len(o.tuple):
			f.itemAdded(n.tuple[i], o, path)
		default:
			f.merge(f.c.nodes(o.tuple[i], n.tuple[i]), path...)
		}
	}
	f.rest("ADDITIONAL_ITEMS", "additionalItems", plainRest(o.additional), plainRest(n.additional))
	f.rest("UNEVALUATED_ITEMS", "unevaluatedItems", o.unevaluated, n.unevaluated)
	f.limit("MAX_CONTAINS", "maxContains", containsLimit(o, old.MaxContains, nil), containsLimit(n, new.MaxContains, nil))
	f.limit("MIN_CONTAINS", "minContains", containsLimit(o, old.MinContains, oneContained), containsLimit(n, new.MinContains, oneContained))
	f.limit("MAX_ITEMS", "maxItems", old.MaxItems, new.MaxItems)
	f.limit("MIN_ITEMS", "minItems", old.MinItems, new.MinItems)
	wasUnique, isUnique := old.UniqueItems != nil && *old.UniqueItems, new.UniqueItems != nil && *new.UniqueItems
	switch {
	case !wasUnique && isUnique:
		f.add("UNIQUE_ITEMS_ADDED", "uniqueItems")
	case wasUnique && !isUnique:
		f.add("UNIQUE_ITEMS_REMOVED", "uniqueItems")
	}
}

// containsLimit is a limit that only counts beside "contains".
func containsLimit(i jsonItems, given, fallback *jsonschema.Number) *jsonschema.Number {
	switch {
	case !i.contains:
		return nil
	case given == nil:
		return fallback
	default:
		return given
	}
}

func (f *jsonFind) itemRemoved(item *jsonschema.Node, new jsonItems, path []string) {
	old, _ := f.c.sides()
	cover := new.cover()
	switch {
	case new.open():
		f.add("ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL", path...)
	case cover != nil:
		f.covered(f.c.nodes(item, cover), "ITEM_REMOVED", path)
	case old.shape(item).class == jsonFalse:
		f.add("ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL", path...)
	default:
		f.add("ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL", path...)
	}
}

func (f *jsonFind) itemAdded(item *jsonschema.Node, old jsonItems, path []string) {
	_, new := f.c.sides()
	cover := old.cover()
	switch {
	case old.open() && new.shape(item).class == jsonEmpty:
		f.add("ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL", path...)
	case old.open():
		f.add("ITEM_ADDED_TO_OPEN_CONTENT_MODEL", path...)
	case cover != nil:
		f.covered(f.c.nodes(cover, item), "ITEM_ADDED", path)
	default:
		f.add("ITEM_ADDED_TO_CLOSED_CONTENT_MODEL", path...)
	}
}
