package upcast

import (
	"slices"
	"strings"
	"unicode"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/internal/nearest"
	"github.com/instar-registry/instar/upcast/plan"
)

// fields pairs the fields of two records and proposes steps for what is left.
func (p *proposer) fields(path Path, s, t *plan.Type) {
	taken := make([]bool, len(s.Fields))
	var fresh []leftover
	for k := range t.Fields {
		f := &t.Fields[k]
		i := counterpart(s, f)
		if i >= 0 && renumbered(s, t, i, f) {
			i = -1
		}
		if i < 0 {
			fresh = append(fresh, leftover{extend(path, fieldSegment(f)), f, k})
			continue
		}
		taken[i] = true
		p.field(extend(path, fieldSegment(&s.Fields[i])), &s.Fields[i], f)
	}
	var gone []leftover
	for i := range s.Fields {
		if !taken[i] {
			gone = append(gone, leftover{extend(path, fieldSegment(&s.Fields[i])), &s.Fields[i], i})
		}
	}
	gone, fresh = p.nests(gone, fresh)
	gone, fresh = p.flattens(path, gone, fresh)
	gone, fresh = p.splits(gone, fresh)
	gone, fresh = p.merges(gone, fresh)
	gone, fresh = p.renames(gone, fresh, s, t)
	p.gone, p.fresh = append(p.gone, gone...), append(p.fresh, fresh...)
}

// counterpart is the field that assignment takes by itself: by number, name or
// alias; -1 if there is none.
func counterpart(s *plan.Type, f *plan.Field) int {
	if f.Number > 0 {
		return slices.IndexFunc(s.Fields, func(x plan.Field) bool { return x.Number == f.Number })
	}
	if i := s.Field(f.Name); i >= 0 {
		return i
	}
	return slices.IndexFunc(s.Fields, func(x plan.Field) bool { return slices.Contains(f.Aliases, x.Name) })
}

// renumbered reports whether a Protobuf field and the one that had its number before
// are two: each has its own under the same name on the other side, or would if its
// type had not changed.
func renumbered(s, t *plan.Type, i int, f *plan.Field) bool {
	was := &s.Fields[i]
	if f.Number == 0 || was.Name == f.Name {
		return false
	}
	before, after := s.Field(f.Name), t.Field(was.Name)
	switch {
	case before >= 0 && after >= 0:
		return true
	case before >= 0:
		return fits(s.Fields[before].Type, f.Type) && !fits(was.Type, f.Type)
	case after >= 0:
		return fits(was.Type, t.Fields[after].Type) && !fits(was.Type, f.Type)
	default:
		return false
	}
}

// field compares a field with its counterpart.
func (p *proposer) field(path Path, s, t *plan.Field) {
	switch {
	case s.Optional && !t.Optional && !t.HasDefault:
		p.require(path, s.Type, t.Type)
	case s.Optional && !isOneof(s.Type) && !fits(s.Type, t.Type): // act only where it is there
		path = extend(path, Segment{Kind: OptionalSegment})
	}
	p.compare(path, s.Type, t.Type)
}

// renames pairs what is gone with what is new in the same record by likeness, the
// likest pair first.
func (p *proposer) renames(gone, fresh []leftover, s, t *plan.Type) (goneLeft, freshLeft []leftover) {
	for {
		best, from, to := 0.0, -1, -1
		for i, g := range gone {
			for k, f := range fresh {
				if p.compared++; p.compared > maxProposeFields {
					return gone, fresh
				}
				if score := likeness(g, f, len(gone) == 1 && len(fresh) == 1, len(s.Fields) == len(t.Fields)); score > best {
					best, from, to = score, i, k
				}
			}
		}
		const enough = 0.6
		if best < enough {
			return gone, fresh
		}
		g, f := gone[from], fresh[to]
		confidence, reason := Likely, g.path.String()+" is gone and "+f.path.String()+" is new: the names are alike and the type is the same"
		if nameLikeness(g.field.Name, f.field.Name) < enough {
			confidence, reason = Guess, g.path.String()+" is gone and "+f.path.String()+" is new, at the same place with the same type"
		}
		if g.field.Name == f.field.Name {
			p.renumber(g, s, t)
		} else {
			p.add(ProposedStep{Text: renameText(g.path, f.path), Reason: reason, Confidence: confidence})
		}
		p.field(f.path, g.field, f.field)
		gone, fresh = slices.Delete(gone, from, from+1), slices.Delete(fresh, to, to+1)
	}
}

func renameText(from, to Path) string {
	return "rename: {from: " + jsonx.Quote(from.String()) + ", to: " + jsonx.Quote(to.String()) + "}"
}

// renumber gives a Protobuf field its new number: what a step has named goes by its
// name from then on, and no step gives a field the name that it has.
func (p *proposer) renumber(g leftover, s, t *plan.Type) {
	between := g.field.Name + "_"
	for s.Field(between) >= 0 || t.Field(between) >= 0 {
		between += "_"
	}
	aside := extend(g.path[:len(g.path)-1], Segment{Kind: FieldSegment, Name: between})
	p.add(ProposedStep{Text: renameText(g.path, aside), Reason: g.path.String() + " has another number in the new schema", Confidence: Likely})
	p.add(ProposedStep{Text: renameText(aside, g.path), Reason: "a field that a step has named goes by its name", Confidence: Likely})
}

// likeness is how likely two fields are one, from 0 to 1. Only what can be taken
// over counts.
func likeness(g, f leftover, lonely, samePlace bool) float64 {
	if !fits(g.field.Type, f.field.Type) {
		if !sameKind(g.field.Type, f.field.Type) {
			return 0
		}
		return nameLikeness(g.field.Name, f.field.Name) * 0.8
	}
	score := nameLikeness(g.field.Name, f.field.Name)
	if samePlace && g.index == f.index && lonely && plan.Same(g.field.Type, f.field.Type) {
		score = max(score, 0.6)
	}
	return score
}

// sameKind reports whether two types are of one kind, null aside.
func sameKind(s, t *plan.Type) bool {
	if x, ok := s.Nullable(); ok {
		s = x
	}
	if x, ok := t.Nullable(); ok {
		t = x
	}
	return s.Kind == t.Kind
}

// nests finds a new record that takes several fields of its owner.
func (p *proposer) nests(gone, fresh []leftover) (goneLeft, freshLeft []leftover) {
	for k := 0; k < len(fresh); k++ {
		t := fresh[k].field.Type
		if t.Kind != plan.Record {
			continue
		}
		inside := &plan.Type{Kind: plan.Record, Name: t.Name}
		var paths []string
		var rest []leftover
		for _, g := range gone {
			moved := *g.field
			moved.Number = 0 // which is one of its own message
			if i := counterpart(t, &moved); i >= 0 && sameKind(g.field.Type, t.Fields[i].Type) {
				inside.Fields = append(inside.Fields, *g.field)
				paths = append(paths, jsonx.Quote(g.path.String()))
				continue
			}
			rest = append(rest, g)
		}
		if len(paths) == 0 || len(paths)*2 < len(t.Fields) {
			continue
		}
		under := fresh[k].path
		p.add(ProposedStep{
			Text:   "nest: {paths: [" + strings.Join(paths, ", ") + "], under: " + jsonx.Quote(under.String()) + "}",
			Reason: "the new record " + under.String() + " has fields of these names", Confidence: Likely,
		})
		p.fields(under, inside, t)
		gone, fresh = rest, slices.Delete(fresh, k, k+1)
		k--
	}
	return gone, fresh
}

// flattens finds a record that is gone and whose fields its owner has now.
func (p *proposer) flattens(path Path, gone, fresh []leftover) (goneLeft, freshLeft []leftover) {
	for i := 0; i < len(gone); i++ {
		s := gone[i].field.Type
		if s.Kind != plan.Record {
			continue
		}
		prefix, hits := memberPrefix(s, fresh, gone[i].field.Name)
		if hits == 0 || hits*2 < len(s.Fields) {
			continue
		}
		text := "flatten: {path: " + jsonx.Quote(gone[i].path.String())
		if prefix != "" {
			text += ", prefix: " + jsonx.Quote(prefix)
		}
		p.add(ProposedStep{Text: text + "}", Reason: "the new schema has the fields of " + gone[i].path.String() + " beside it", Confidence: Likely})
		gone = slices.Delete(gone, i, i+1)
		for n := range s.Fields {
			f := s.Fields[n]
			f.Name = prefix + f.Name
			at := leftover{extend(path, fieldSegment(&f)), &f, n}
			k := slices.IndexFunc(fresh, func(x leftover) bool { return x.field.Name == f.Name })
			if k < 0 {
				gone = append(gone, at)
				continue
			}
			p.field(at.path, &f, fresh[k].field)
			fresh = slices.Delete(fresh, k, k+1)
		}
		i--
	}
	return gone, fresh
}

// memberPrefix is what stands before the names of a record's fields in its
// owner's: nothing, or the record's name with an underscore.
func memberPrefix(s *plan.Type, fresh []leftover, name string) (string, int) {
	best, most := "", 0
	for _, prefix := range []string{"", name + "_"} {
		hits := 0
		for _, f := range s.Fields {
			if slices.ContainsFunc(fresh, func(x leftover) bool { return x.field.Name == prefix+f.Name }) {
				hits++
			}
		}
		if hits > most {
			best, most = prefix, hits
		}
	}
	return best, most
}

// splits finds a text that is gone and several new ones whose names hold its.
func (p *proposer) splits(gone, fresh []leftover) (goneLeft, freshLeft []leftover) {
	for i := 0; i < len(gone); i++ {
		parts := related(gone[i], fresh)
		if len(parts) < 2 || !isText(gone[i].field.Type) {
			continue
		}
		p.add(ProposedStep{
			Text:   "split: {path: " + jsonx.Quote(gone[i].path.String()) + `, separator: " ", into: [` + pathList(fresh, parts) + `], else: {value: ""}}`,
			Reason: gone[i].path.String() + " is gone and texts with its name came", Confidence: Guess, Open: true, Value: `""`,
			instead: append(addAll(fresh, parts), ProposedStep{Text: "drop: {path: " + jsonx.Quote(gone[i].path.String()) + "}", Reason: "the new schema has no place for it", Confidence: Guess}),
		})
		fresh = without(fresh, parts)
		gone = slices.Delete(gone, i, i+1)
		i--
	}
	return gone, fresh
}

// merges is the reverse of splits.
func (p *proposer) merges(gone, fresh []leftover) (goneLeft, freshLeft []leftover) {
	for k := 0; k < len(fresh); k++ {
		parts := related(fresh[k], gone)
		if len(parts) < 2 || !isText(fresh[k].field.Type) {
			continue
		}
		p.add(ProposedStep{
			Text:   "merge: {paths: [" + pathList(gone, parts) + "], to: " + jsonx.Quote(fresh[k].path.String()) + `, separator: " "}`,
			Reason: fresh[k].path.String() + " is new and texts with its name are gone", Confidence: Guess,
		})
		gone = without(gone, parts)
		fresh = slices.Delete(fresh, k, k+1)
		k--
	}
	return gone, fresh
}

func isText(t *plan.Type) bool { return t.Kind == plan.String && t.Logical == "" }

// related are the texts of a list whose names hold the words of a name and more.
func related(one leftover, many []leftover) []int {
	if !isText(one.field.Type) {
		return nil
	}
	words := wordsOf(one.field.Name)
	var out []int
	for i, x := range many {
		theirs := wordsOf(x.field.Name)
		if isText(x.field.Type) && len(theirs) > len(words) && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(theirs, w) }) {
			out = append(out, i)
		}
	}
	return out
}

func pathList(places []leftover, which []int) string {
	var out []string
	for _, i := range which {
		out = append(out, jsonx.Quote(places[i].path.String()))
	}
	return strings.Join(out, ", ")
}

func addAll(places []leftover, which []int) []ProposedStep {
	var out []ProposedStep
	for _, i := range which {
		out = append(out, addStep(places[i]))
	}
	return out
}

func without(places []leftover, which []int) []leftover {
	var out []leftover
	for i, x := range places {
		if !slices.Contains(which, i) {
			out = append(out, x)
		}
	}
	return out
}

// likest is the name of a list that is most like another one; empty if none is.
func likest(name string, list []string) string {
	best, found := 0.6, ""
	for _, x := range list {
		if score := nameLikeness(name, x); score >= best && (found == "" || score > best) {
			best, found = score, x
		}
	}
	return found
}

// nameLikeness is how alike two names are, from 0 to 1: by their words, whatever
// their case and separators, or by their letters.
func nameLikeness(a, b string) float64 {
	x, y := wordsOf(a), wordsOf(b)
	if strings.Join(x, "") == strings.Join(y, "") {
		return 1
	}
	shared := 0
	for _, w := range x {
		if slices.Contains(y, w) {
			shared++
		}
	}
	words := 2 * float64(shared) / float64(len(x)+len(y))
	const longest = 64
	p, q := strings.Join(x, ""), strings.Join(y, "")
	if len(p) > longest || len(q) > longest || p == "" || q == "" {
		return words
	}
	letters := 1 - float64(nearest.Distance(p, q))/float64(max(len(p), len(q)))
	if shortens(p, q) || shortens(q, p) {
		letters = max(letters, abbreviated)
	}
	return max(words, letters)
}

// abbreviated is how alike a name and its abbreviation are.
const abbreviated = 0.62

// shortens reports whether a name of at least three letters is another one with
// letters left out, but the first: qty of quantity.
func shortens(a, b string) bool {
	const least = 3
	if len(a) < least || len(a) > len(b) || a[0] != b[0] {
		return false
	}
	i := 0
	for k := 0; k < len(b) && i < len(a); k++ {
		if a[i] == b[k] {
			i++
		}
	}
	return i == len(a)
}

// wordsOf cuts a name at case, digits and separators.
func wordsOf(name string) []string {
	var out []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out = append(out, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	var last rune
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
		case unicode.IsUpper(r) && unicode.IsLower(last), unicode.IsDigit(r) != unicode.IsDigit(last) && last != 0:
			flush()
			word = append(word, r)
		default:
			word = append(word, r)
		}
		last = r
	}
	flush()
	return out
}
