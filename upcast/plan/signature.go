package plan

import (
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Sort is what a function takes or gives: a kind of value as it is while a plan
// runs, whatever its size or its meaning. The text is its name in portable plans.
type Sort string

// The sorts. A [SortAny] takes every value.
const (
	SortAny      Sort = "any"
	SortNull     Sort = "null"
	SortBool     Sort = "bool"
	SortInt      Sort = "int"
	SortUint     Sort = "uint"
	SortDouble   Sort = "double"
	SortNumber   Sort = "number" // of JSON: text, of any size
	SortDecimal  Sort = "decimal"
	SortString   Sort = "string"
	SortSymbol   Sort = "symbol"
	SortBytes    Sort = "bytes"
	SortRecord   Sort = "record"
	SortList     Sort = "list"
	SortMap      Sort = "map"
	SortUnion    Sort = "union"
	SortTime     Sort = "timestamp"
	SortDuration Sort = "duration"
	SortNever    Sort = "never"
	// SortNumeric takes every number.
	SortNumeric Sort = "numeric"
)

// SortOf is the sort of the values of a type.
func SortOf(t *Type) Sort {
	switch t.Kind {
	case Int, Float:
		switch {
		case t.Bits == 0:
			return SortNumber
		case t.Kind == Int:
			return SortInt
		}
		return SortDouble
	case Enum:
		return SortSymbol
	default:
		return Sort(t.Kind.String())
	}
}

// takes reports whether values of a type may stand where a sort is asked for.
func (s Sort) takes(t *Type) bool {
	x := SortOf(t)
	switch {
	case s == SortAny, x == SortNever, s == x:
		return true
	case s == SortNumeric:
		return x == SortInt || x == SortUint || x == SortDouble || x == SortNumber || x == SortDecimal
	default:
		return false
	}
}

// Signature says what a function takes and gives.
type Signature struct {
	Takes []Sort
	Gives Sort
	// Variadic says that the last argument may stand any number of times.
	Variadic bool
	// Table lists the keys of a call's table that the function reads; "*" is
	// every key.
	Table []string
	// Pattern says that a call has one.
	Pattern bool
	// result holds the type of the result to those of the arguments; nil if
	// its sort says enough.
	result func(args []*Type, out *Type) bool
}

// generic are the functions with plain types, as their constructors saw them.
var generic = map[*Func]Signature{}

// sortFor is the sort of a Go type.
func sortFor[T any]() Sort {
	switch any((*T)(nil)).(type) {
	case *bool:
		return SortBool
	case *int64:
		return SortInt
	case *uint64:
		return SortUint
	case *float64:
		return SortDouble
	case *Number:
		return SortNumber
	case *Dec:
		return SortDecimal
	case *string:
		return SortString
	case *Symbol:
		return SortSymbol
	case *[]byte:
		return SortBytes
	case *[]Value:
		return SortList
	case **Entries:
		return SortMap
	case **Tagged:
		return SortUnion
	case *Instant:
		return SortTime
	case *Span:
		return SortDuration
	default:
		return SortAny
	}
}

func sorts(s ...Sort) []Sort { return s }

// special are the signatures of the functions that the generic constructors did
// not make, and of those whose result depends on the types of the arguments.
var special = map[*Func]Signature{
	Widen:        {Takes: sorts(SortNumeric), Gives: SortNumeric},
	MapSymbol:    {Takes: sorts(SortSymbol), Gives: SortSymbol, Table: []string{"*"}, result: symbolsInside},
	MapNumber:    {Takes: sorts(SortSymbol), Gives: SortSymbol, Table: []string{"*"}},
	Linear:       {Takes: sorts(SortNumeric), Gives: SortNumeric, Table: []string{"factor", "offset", "round"}},
	First:        {Takes: sorts(SortList), Gives: SortAny, result: element},
	Last:         {Takes: sorts(SortList), Gives: SortAny, result: element},
	Only:         {Takes: sorts(SortList), Gives: SortAny, result: element},
	Concat:       {Takes: sorts(SortString), Gives: SortString, Variadic: true, Table: []string{"separator"}},
	TextBytes:    {Takes: sorts(SortString), Gives: SortBytes},
	DecDiv:       {Takes: sorts(SortDecimal, SortDecimal, SortInt), Gives: SortDecimal, Table: []string{"round"}},
	DecFit:       {Takes: sorts(SortNumeric), Gives: SortNumeric},
	ListIndex:    {Takes: sorts(SortList, SortInt), Gives: SortAny, result: element},
	ListAt:       {Takes: sorts(SortList, SortInt), Gives: SortUnion, result: optionalElement},
	MapIndex:     {Takes: sorts(SortMap, SortString), Gives: SortAny, result: element},
	MapAt:        {Takes: sorts(SortMap, SortString), Gives: SortUnion, result: optionalElement},
	ListHas:      {Takes: sorts(SortAny, SortList), Gives: SortBool},
	ListAdd:      {Takes: sorts(SortList, SortList), Gives: SortList, result: sameElements},
	ListReverse:  {Takes: sorts(SortList), Gives: SortList, result: sameElements},
	ListSlice:    {Takes: sorts(SortList, SortInt, SortInt), Gives: SortList, result: firstElements},
	ListDistinct: {Takes: sorts(SortList), Gives: SortList, result: sameElements},
	ListSort:     {Takes: sorts(SortList), Gives: SortList, result: sameElements},
	ListFlatten:  {Takes: sorts(SortList), Gives: SortList, result: func(args []*Type, out *Type) bool { return sameElements([]*Type{args[0].Elem}, out) }},
	MapKeys:      {Takes: sorts(SortMap), Gives: SortList, result: ofStrings},
	Equals:       {Takes: sorts(SortAny, SortAny), Gives: SortBool},
	Less:         {Takes: sorts(SortAny, SortAny), Gives: SortBool},
	LessEq:       {Takes: sorts(SortAny, SortAny), Gives: SortBool},
	More:         {Takes: sorts(SortAny, SortAny), Gives: SortBool},
	MoreEq:       {Takes: sorts(SortAny, SortAny), Gives: SortBool},
	Impossible:   {Gives: SortNever, Table: []string{"reason"}},
	MapOf:        {Takes: sorts(SortList, SortList), Gives: SortMap, Table: []string{"duplicates"}, result: mapOf},
	MapEntries:   {Takes: sorts(SortMap), Gives: SortList, result: entriesOf},
	Narrow:       {Takes: sorts(SortAny), Gives: SortAny, Table: narrowKeys, Pattern: true, result: likeArgument},
	FixedBytes:   {Takes: sorts(SortBytes), Gives: SortBytes},
	NumberText:   {Takes: sorts(SortNumeric), Gives: SortString},
	NumberOfText: {Takes: sorts(SortString), Gives: SortNumeric, Table: []string{"round"}},
	Ordinal:      {Takes: sorts(SortSymbol), Gives: SortInt, Table: []string{"*"}},
	SymbolAt:     {Takes: sorts(SortInt), Gives: SortSymbol},
	TextReplaceN: {Takes: sorts(SortString, SortString, SortString, SortInt), Gives: SortString},
	TextSplit:    {Takes: sorts(SortString, SortString), Gives: SortList, result: ofStrings},
	TextSplitN:   {Takes: sorts(SortString, SortString, SortInt), Gives: SortList, result: ofStrings},
	TextJoin:     {Takes: sorts(SortList), Gives: SortString, result: func(args []*Type, _ *Type) bool { return ofStrings(nil, args[0]) }},
	TextJoinBy:   {Takes: sorts(SortList, SortString), Gives: SortString, result: func(args []*Type, _ *Type) bool { return ofStrings(nil, args[0]) }},
	SymbolOfText: {Takes: sorts(SortString), Gives: SortSymbol},
	SplitExactly: {Takes: sorts(SortString), Gives: SortList, Table: []string{"separator", "parts"}, result: ofStrings},
	TextMatches:  {Takes: sorts(SortString), Gives: SortBool, Pattern: true},
	Extract:      {Takes: sorts(SortString), Gives: SortUnion, Pattern: true, result: maybe("string")},
	ParseInt:     {Takes: sorts(SortString), Gives: SortUnion, result: maybe("long")},
	ParseFloat:   {Takes: sorts(SortString), Gives: SortUnion, result: maybe("double")},
	ParseUUID:    {Takes: sorts(SortString), Gives: SortUnion, result: maybe("string")},
	ParseTime:    {Takes: sorts(SortString), Gives: SortUnion, result: maybe("timestamp")},
	Groups:       {Takes: sorts(SortString), Gives: SortList, Pattern: true, result: ofStrings},
	InstantOf:    {Takes: sorts(SortInt), Gives: SortTime, Table: []string{"unit"}},
	StoredTime:   {Takes: sorts(SortTime), Gives: SortInt, Table: []string{"unit"}},
}

var narrowKeys = []string{NarrowMin, NarrowMax, NarrowMultiple, NarrowMinLength, NarrowMaxLength, NarrowMode}

// catalogue is the closed list of functions by name.
var catalogue = func() map[string]*Func {
	out := map[string]*Func{}
	for f := range generic {
		out[f.Name] = f
	}
	for f := range special {
		out[f.Name] = f
	}
	for _, f := range Calendar {
		out[f.Name] = f
	}
	return out
}()

// Catalogue lists the names of the functions, sorted.
func Catalogue() []string { return slices.Sorted(maps.Keys(catalogue)) }

// FunctionNamed is a function of the closed list; nil if it has none of the name.
func FunctionNamed(name string) *Func { return catalogue[name] }

// Signature says what the function takes and gives.
func (f *Func) Signature() Signature {
	if s, ok := special[f]; ok {
		return s
	}
	if s, ok := generic[f]; ok {
		return s
	}
	return Signature{Takes: sorts(SortTime), Gives: SortInt, Table: []string{"zone"}} // of the calendar
}

// check holds a call to the signature of its function, for plans that come from
// elsewhere; the text is empty if it keeps to it.
func (n *Call) check(types *Types) string {
	s := n.Func.Signature()
	if len(n.Args) != len(s.Takes) && (!s.Variadic || len(n.Args) < len(s.Takes)) {
		return n.Func.Name + " takes " + strconv.Itoa(len(s.Takes)) + " arguments, not " + strconv.Itoa(len(n.Args))
	}
	args := make([]*Type, len(n.Args))
	for i, a := range n.Args {
		t, ok := types.Of(a)
		want := s.Takes[min(i, len(s.Takes)-1)]
		switch {
		case !ok || !want.takes(t):
			return n.Func.Name + " takes " + string(want) + ", not " + t.String()
		case types.MayBeAbsent(a):
			return n.Func.Name + " takes no value that may be absent"
		}
		args[i] = t
	}
	for _, t := range args {
		if t.Kind == Never {
			return n.checkTable(&s) // it is never called
		}
	}
	switch {
	case SortOf(n.Type) == SortNever && s.Gives != SortNever || !s.Gives.takes(n.Type) || s.result != nil && !s.result(args, n.Type):
		return n.Func.Name + " gives no " + n.Type.String()
	case s.Pattern && n.Pattern == nil && n.Func != Narrow:
		return n.Func.Name + " needs a pattern"
	}
	return n.checkTable(&s)
}

// checkTable holds the table of a call to the keys that its function knows, and
// the numbers in it to a size that can be computed with.
func (n *Call) checkTable(s *Signature) string {
	for key, value := range n.Table {
		if !slices.Contains(s.Table, key) && !slices.Contains(s.Table, "*") {
			return n.Func.Name + " knows no " + strconv.Quote(key)
		}
		switch key {
		case "factor", "offset", NarrowMin, NarrowMax, NarrowMultiple:
			if value != "" && n.Func != MapSymbol && n.Func != MapNumber && n.Func != Ordinal && !plainRational(value) {
				return "the " + key + " of " + n.Func.Name + " is no number that can be computed with"
			}
		}
	}
	return ""
}

// plainRational reports whether a text is a decimal or a fraction of two, each of
// a bounded size.
func plainRational(s string) bool {
	above, below, fraction := strings.Cut(s, "/")
	if !fraction {
		return len(s) <= maxNumberText && plainNumber(s)
	}
	if len(s) > 2*maxNumberText || !plainNumber(above) || strings.ContainsAny(s, "eE.") {
		return false
	}
	d, ok := new(big.Int).SetString(below, 10)
	return ok && d.Sign() > 0
}

func element(args []*Type, out *Type) bool { return holds(args[0].Elem, out) }

func optionalElement(args []*Type, out *Type) bool {
	there, ok := out.Nullable()
	return ok && holds(args[0].Elem, there)
}

// maybe asks for a union of null and a branch.
func maybe(branch string) func([]*Type, *Type) bool {
	return func(_ []*Type, out *Type) bool {
		_, ok := out.Nullable()
		return ok && out.Branch("null") >= 0 && out.Branch(branch) >= 0
	}
}

func sameElements(args []*Type, out *Type) bool {
	return !slices.ContainsFunc(args, func(t *Type) bool {
		return t.Kind != Never && (t.Kind != List || !holds(t.Elem, out.Elem))
	})
}

func firstElements(args []*Type, out *Type) bool { return sameElements(args[:1], out) }

func ofStrings(_ []*Type, out *Type) bool {
	return out.Kind == List && (out.Elem.Kind == String || out.Elem.Kind == Never)
}

func symbolsInside(_ []*Type, out *Type) bool { return out.Kind == Enum }

func mapOf(args []*Type, out *Type) bool { return holds(args[1].Elem, out.Elem) }

func entriesOf(args []*Type, out *Type) bool {
	return out.Elem.Kind == Record && len(out.Elem.Fields) == 2 && out.Elem.Fields[0].Type.Kind == String && holds(args[0].Elem, out.Elem.Fields[1].Type)
}

func likeArgument(args []*Type, out *Type) bool { return SortOf(args[0]) == SortOf(out) }

// holds reports whether every value of s may stand where a t is expected, as far
// as evaluating and encoding it goes. What a text or a number means is not asked.
func holds(s, t *Type) bool { return holdsIn(s, t, map[[2]*Type]bool{}) }

func holdsIn(s, t *Type, open map[[2]*Type]bool) bool {
	pair := [2]*Type{s, t}
	switch {
	case s == t || open[pair] || s.Kind == Never || t.Kind == Any:
		return true
	case t.JSON && s.JSON:
		return true // the text says what it is
	case SortOf(s) != SortOf(t) || s.Bits > t.Bits || t.Size > 0 && s.Size != t.Size:
		return false
	}
	open[pair] = true
	switch s.Kind {
	case Enum:
		return t.Open || !slices.ContainsFunc(s.Symbols, func(x string) bool { return !slices.Contains(t.Symbols, x) })
	case List, Map:
		return holdsIn(s.Elem, t.Elem, open)
	case Union:
		return !slices.ContainsFunc(s.Branches, func(b Branch) bool {
			i := t.Branch(b.Name)
			return i < 0 || !holdsIn(b.Type, t.Branches[i].Type, open)
		})
	case Record:
		if len(s.Fields) != len(t.Fields) {
			return false
		}
		for i := range s.Fields {
			f, g := &s.Fields[i], &t.Fields[i]
			if f.Name != g.Name || f.Optional && !g.Optional || !holdsIn(f.Type, g.Type, open) {
				return false
			}
		}
	}
	return true
}
