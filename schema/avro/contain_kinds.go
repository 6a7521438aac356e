package avro

// The kinds of differences that [Contain] finds, in the direction from writer
// to reader; package compat names them by the edit from old to new.
const (
	// Of class data.
	KindUnsatisfiable      = "unsatisfiable"          // no event of the reader exists
	KindFieldMissing       = "field-missing"          // the reader needs a field that the writer lacks
	KindFieldRenamed       = "field-renamed"          // the same, and one field of the writer looks like it
	KindFieldRenamedAlias  = "field-renamed-alias"    // the same, and a writer field has its name as alias
	KindFieldAmbiguous     = "field-alias-ambiguous"  // a reader field matches two of the writer
	KindTypeRenamed        = "type-renamed"           // names of records, enums or fixeds differ
	KindTypeRenamedAlias   = "type-renamed-alias"     // the same, and the writer type has the reader's name as alias
	KindTypeNarrowed       = "type-narrowed"          // refused, the other way is a promotion
	KindTypeNarrowedLossy  = "type-narrowed-lossy"    // refused, the other way rounds
	KindTypeWidenedLossy   = "type-widened-lossy"     // a promotion that rounds
	KindBytesToString      = "bytes-to-string"        // bytes need not be UTF-8
	KindTypeChanged        = "type-changed"           // other types
	KindNullRefused        = "null-refused"           // the reader takes no null
	KindBranchMissing      = "union-branch-missing"   // the reader takes a branch of the writer's union under no type
	KindSymbolMissing      = "enum-symbol-missing"    // and the reader has no default
	KindFixedSize          = "fixed-size"             // sizes differ
	KindDecimalScale       = "decimal-scale"          // scales differ
	KindDecimalPrecision   = "decimal-precision"      // the reader's precision is smaller
	KindLogicalChanged     = "logical-type-changed"   // both annotated, differently
	KindLogicalRestricts   = "logical-type-restricts" // only the reader is annotated, and refuses values
	KindUnionAmbiguous     = "union-match-ambiguous"  // best and first match of a union differ
	KindSymbolDefaulted    = "enum-symbol-defaulted"  // of class policy: the reader has a default
	KindLogicalReaderOnly  = "logical-type-reader"    // of class policy: only the reader is annotated
	KindLogicalWriterOnly  = "logical-type-writer"    // of class policy: only the writer is annotated
	KindNamespaceDiffering = "type-namespace-differs" // of class policy: only the namespaces differ
)

// problem is one difference at a pair of types, before it has a path and a
// witness.
type problem struct {
	kind string
	// branch is the branch of the writer's union that is at fault, or -1.
	branch int
	// index is the reader's field, or the writer's symbol, that is at fault.
	index int
}

// policy reports whether no event breaks by the problem.
func (p *problem) policy() bool {
	switch p.kind {
	case KindSymbolDefaulted, KindLogicalReaderOnly, KindLogicalWriterOnly, KindNamespaceDiffering:
		return true
	}
	return false
}

// misreads reports whether the reader gets another value, not an error.
func (p *problem) misreads() bool {
	switch p.kind {
	case KindTypeWidenedLossy, KindDecimalScale, KindLogicalChanged:
		return true
	}
	return false
}
