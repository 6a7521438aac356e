package contain

import (
	"math/big"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

var one = big.NewRat(1, 1)

// maxCount is beyond every count that a value can have.
const maxCount = 1 << 30

// count is the value of a keyword such as minLength.
func count(n *jsonschema.Number) int {
	if i := n.Rat.Num(); i.IsInt64() && i.Int64() < maxCount {
		return int(i.Int64())
	}
	return maxCount
}

// scalars gathers the members of an enum that are no arrays and no objects.
type scalars struct {
	kinds mask
	nums  []*big.Rat
	strs  []string
}

func (s *scalars) add(v *jsonx.Value) bool {
	switch v.Kind {
	case jsonx.Number:
		s.nums = append(s.nums, newRat(v.Text))
	case jsonx.String:
		s.strs = append(s.strs, v.Text)
	case jsonx.Null, jsonx.Bool:
		s.kinds |= valueOf(v).kind.mask()
	default:
		return false
	}
	return true
}

// numbers translates the keywords about numbers.
func (b *parts) numbers() {
	n := b.n
	lower, upper := opGe, opGt
	if n.MinimumExcluded != nil && *n.MinimumExcluded {
		lower = opGt
	}
	if n.MaximumExcluded != nil && *n.MaximumExcluded {
		upper = opGe
	}
	if n.Minimum != nil {
		b.add("minimum", b.implies(kNumber, b.numAtom(lower, n.Minimum.Rat)))
	}
	if n.Maximum != nil {
		b.add("maximum", b.not(b.numAtom(upper, n.Maximum.Rat)))
	}
	if n.ExclusiveMinimum != nil {
		b.add("exclusiveMinimum", b.implies(kNumber, b.numAtom(opGt, n.ExclusiveMinimum.Rat)))
	}
	if n.ExclusiveMaximum != nil {
		b.add("exclusiveMaximum", b.not(b.numAtom(opGe, n.ExclusiveMaximum.Rat)))
	}
	if n.MultipleOf != nil && n.MultipleOf.Rat.Sign() > 0 {
		b.add("multipleOf", b.implies(kNumber, b.numAtom(opMult, n.MultipleOf.Rat)))
	}
}

// every says that each property whose name is in the class satisfies value.
func (s *space) every(class, value lit) lit { return s.not(s.has(class, s.not(value))) }

// objects translates the keywords about objects.
func (b *parts) objects(v vocabulary) {
	n := b.n
	if v.applicator {
		b.properties()
	}
	if !v.validation {
		return
	}
	for _, name := range n.Required {
		b.addDetail("required", name, b.implies(kObject, b.present(name)))
	}
	if n.MinProperties != nil {
		b.add("minProperties", b.implies(kObject, b.countAtom(opProps, count(n.MinProperties))))
	}
	if n.MaxProperties != nil {
		b.add("maxProperties", b.not(b.countAtom(opProps, count(n.MaxProperties)+1)))
	}
	for _, d := range n.DependentRequired {
		b.dependency("dependentRequired", d)
	}
}

func (s *space) present(name string) lit { return s.has(s.name(name), top) }

func (b *parts) properties() {
	n := b.n
	for _, p := range n.Properties {
		b.addDetail("properties", p.Key, b.every(b.name(p.Key), b.child(p.Node)))
	}
	for _, p := range n.PatternProperties {
		b.addDetail("patternProperties", p.Pattern.Source, b.every(b.pattern(p.Pattern), b.child(p.Node)))
	}
	if n.AdditionalProperties != nil {
		b.add("additionalProperties", b.every(b.additional(n), b.child(n.AdditionalProperties)))
	}
	if n.PropertyNames != nil {
		b.add("propertyNames", b.not(b.has(b.not(b.child(n.PropertyNames)), top)))
	}
	for _, d := range n.Dependencies {
		b.dependency("dependencies", d)
	}
	for _, d := range n.DependentSchemas {
		b.dependency("dependentSchemas", d)
	}
}

// declared is the class of the names that properties and patternProperties
// speak of.
func (e *translator) declared(n *jsonschema.Node) lit {
	names := make([]string, len(n.Properties))
	for i, p := range n.Properties {
		names[i] = p.Key
	}
	class := e.in(strSet(names))
	for _, p := range n.PatternProperties {
		class = e.or(class, e.pattern(p.Pattern))
	}
	return class
}

// additional is the class of all other names.
func (e *translator) additional(n *jsonschema.Node) lit { return e.not(e.declared(n)) }

func (b *parts) dependency(keyword string, d jsonschema.Dependency) {
	absent := b.not(b.present(d.Key))
	if d.Node != nil {
		b.addDetail(keyword, d.Key, b.or(absent, b.child(d.Node)))
		return
	}
	for _, name := range d.Names {
		b.addDetail(keyword, d.Key+"\x00"+name, b.or(absent, b.present(name)))
	}
}

// arrays translates the keywords about arrays.
func (b *parts) arrays(v vocabulary) {
	n := b.n
	if v.applicator {
		b.items()
		b.contains(v)
	}
	if !v.validation {
		return
	}
	if n.MinItems != nil {
		b.add("minItems", b.implies(kArray, b.countAtom(opItems, count(n.MinItems))))
	}
	if n.MaxItems != nil {
		b.add("maxItems", b.not(b.countAtom(opItems, count(n.MaxItems)+1)))
	}
	if n.UniqueItems != nil && *n.UniqueItems {
		b.add("uniqueItems", b.implies(kArray, b.unique()))
	}
}

func (b *parts) items() {
	n := b.n
	for i, m := range n.PrefixItems {
		b.addDetail(b.prefixKeyword(), itoa(i), b.not(b.itemAt(i, b.not(b.child(m)))))
	}
	if n.Items != nil {
		b.add("items", b.not(b.many(len(n.PrefixItems), 1, b.not(b.child(n.Items)))))
	}
	if n.AdditionalItems != nil && n.PrefixItems != nil && n.Draft < jsonschema.Draft2020 {
		b.add("additionalItems", b.not(b.many(len(n.PrefixItems), 1, b.not(b.child(n.AdditionalItems)))))
	}
}

func (b *parts) prefixKeyword() string {
	if b.n.Draft >= jsonschema.Draft2020 {
		return "prefixItems"
	}
	return "items"
}

func (b *parts) contains(v vocabulary) {
	n := b.n
	if n.Contains == nil {
		return
	}
	least := 1
	if n.MinContains != nil && v.validation {
		least = count(n.MinContains)
	}
	child := b.child(n.Contains)
	keyword := "contains"
	if n.MinContains != nil {
		keyword = "minContains"
	}
	b.add(keyword, b.implies(kArray, b.many(0, least, child)))
	if n.MaxContains != nil && v.validation {
		b.add("maxContains", b.not(b.many(0, count(n.MaxContains)+1, child)))
	}
}
