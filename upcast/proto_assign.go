package upcast

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// oneofs reports whether a type is that of a Protobuf oneof.
func isOneof(t *plan.Type) bool {
	return t.Kind == plan.Union && len(t.Branches) > 0 && t.Branches[0].Number > 0
}

// message is the assignment of one record to a Protobuf message: by number, or
// by name where a step has named a field.
type message struct {
	b    *builder
	from *plan.Make
	to   *plan.Type
	// byNumber and byName find the parts that are fields where those are many;
	// oneofs are the parts that are those.
	byNumber map[int]int
	byName   map[string]int
	oneofs   []int
	// used are the parts that have a place; members those of the oneofs among
	// them, by part and branch.
	used    []bool
	members map[[2]int]bool
}

func (b *builder) message(from *plan.Make, t *plan.Type) *message {
	m := &message{b: b, from: from, to: t, used: make([]bool, len(from.Fields))}
	many := len(from.Fields) > fewParts
	if many {
		m.byNumber, m.byName = make(map[int]int, len(from.Fields)), map[string]int{}
	}
	for j := range from.Fields {
		p := &from.Fields[j]
		if p.Number == 0 {
			if u, _ := b.types.Of(p.Node); isOneof(u) {
				m.oneofs = append(m.oneofs, j)
				continue
			}
		}
		if !many {
			continue
		}
		if _, known := m.byNumber[p.Number]; !known && p.Number > 0 {
			m.byNumber[p.Number] = j
		}
		if _, known := m.byName[p.Name]; !known && p.Number == 0 {
			m.byName[p.Name] = j
		}
	}
	return m
}

// numbered finds the first part under a number, -1 if there is none. Parked fields
// have none, and are found by name.
func (m *message) numbered(number int) int {
	if number == 0 {
		return -1
	}
	if m.byNumber != nil {
		if j, ok := m.byNumber[number]; ok {
			return j
		}
		return -1
	}
	for j := range m.from.Fields {
		if m.from.Fields[j].Number == number {
			return j
		}
	}
	return -1
}

// named finds the first part without a number of that name, -1 if there is none.
func (m *message) named(name string) int {
	if m.byName != nil {
		if j, ok := m.byName[name]; ok {
			return j
		}
		return -1
	}
	for j := range m.from.Fields {
		if p := &m.from.Fields[j]; p.Number == 0 && p.Name == name && !slices.Contains(m.oneofs, j) {
			return j
		}
	}
	return -1
}

// assignMessage assigns to a message. What is unknown is kept, unless the target
// would take it for a field of its own.
func (b *builder) assignMessage(from *plan.Make, t *plan.Type, path string) plan.Node {
	m := b.message(from, t)
	out := &plan.Make{Name: t.Name, Type: t, Fields: make([]plan.Part, len(t.Fields))}
	if from.Rest != nil {
		rest := *from.Rest
		if !slices.Contains(rest.Into, t) {
			rest.Into = append(slices.Clone(rest.Into), t)
		}
		out.Rest = &rest
	}
	for i := range t.Fields {
		if !b.charge(1) {
			return halted
		}
		f := &t.Fields[i]
		at := join(path, f.Name)
		part := plan.Part{Name: f.Name, Number: f.Number}
		if isOneof(f.Type) {
			part.Node = m.oneof(f, at)
		} else {
			part.Node = m.field(f, at)
		}
		out.Fields[i] = part
	}
	if b.derived {
		return out
	}
	return m.lost(out, path)
}

// field is what the target has under one number.
func (m *message) field(f *plan.Field, at string) plan.Node {
	b := m.b
	j := m.numbered(f.Number)
	if j >= 0 {
		m.jsonName(m.from.Fields[j].Node, f, at)
	}
	if j < 0 {
		j = m.named(f.Name)
	}
	for i := 0; j < 0 && i < len(f.Aliases); i++ {
		j = m.named(f.Aliases[i])
	}
	if j < 0 {
		j = m.changed(f.Name)
	}
	if j >= 0 {
		m.used[j] = true
		return b.field(m.from.Fields[j].Node, f, at)
	}
	for _, j := range m.oneofs {
		p := m.from.Fields[j]
		t, _ := b.types.Of(p.Node)
		i := slices.IndexFunc(t.Branches, func(br plan.Branch) bool { return br.Number == f.Number })
		if i >= 0 {
			m.place(j, i)
			return b.field(b.memberOf(p.Node, t.Branches[i].Name), f, at)
		}
	}
	return b.missing(f, at)
}

// changed finds a part of a name whose value a step has changed, and whose number the
// target does not have: a field with another type has another number, as a rule.
func (m *message) changed(name string) int {
	if m.b.derived {
		return -1
	}
	known := func(number int) bool {
		return slices.ContainsFunc(m.to.Fields, func(f plan.Field) bool {
			return f.Number == number || isOneof(f.Type) && memberFor(f.Type, "", number) >= 0
		})
	}
	return slices.IndexFunc(m.from.Fields, func(p plan.Part) bool {
		_, copied := p.Node.(*plan.Copy)
		return !copied && p.Name == name && p.Number > 0 && !known(p.Number)
	})
}

// place notes that a member of a oneof has a place.
func (m *message) place(part, branch int) {
	if m.members == nil {
		m.members = map[[2]int]bool{}
	}
	m.members[[2]int{part, branch}] = true
}

// memberOf is the value of one member of a oneof, absent where another is set.
func (b *builder) memberOf(n plan.Node, name string) plan.Node {
	return b.eachBranch(n, func(branch string, content plan.Node) plan.Node {
		if branch == name {
			return content
		}
		return &plan.Nothing{Type: plan.NeverType}
	})
}

// oneof is the value of a oneof of the target: what a oneof of the source gives,
// or a field that has become a member. Several of them exclude each other.
func (m *message) oneof(f *plan.Field, at string) plan.Node {
	var found []plan.Node
	var names []string
	for j, p := range m.from.Fields {
		n := m.candidate(j, p, f, at)
		if n == nil {
			continue
		}
		m.used[j] = true
		found, names = append(found, n), append(names, partName(p))
	}
	if len(found) == 0 {
		return m.b.missing(f, at)
	}
	if len(found) == 1 {
		return found[0]
	}
	what := strings.Join(names, " and ")
	stop := m.b.breaks("O5", at, fmt.Sprintf("%s may be set at once, and exclude each other in the target", what), "drop all but one, or choose by an expression")
	return m.b.onlyOne(found, f.Type, stop)
}

// candidate is what a part gives for a oneof; nil if it has nothing to do with it.
func (m *message) candidate(j int, p plan.Part, f *plan.Field, at string) plan.Node {
	b := m.b
	if i := memberFor(f.Type, p.Name, p.Number); i >= 0 {
		return b.tagged(p.Node, f.Type, i, at)
	}
	t, _ := b.types.Of(p.Node)
	named := p.Number == 0 && p.Name == f.Name
	if !isOneof(t) {
		if named { // what steps have made of it
			return b.convertOneof(p.Node, f.Type, at, true)
		}
		return nil
	}
	takes := named
	for i, br := range t.Branches {
		if memberFor(f.Type, br.Name, br.Number) >= 0 {
			m.place(j, i)
			takes = true
		}
	}
	if !takes {
		return nil
	}
	return b.convertOneof(p.Node, f.Type, at, false)
}

// memberFor finds a member by number, or by name if there is none.
func memberFor(t *plan.Type, name string, number int) int {
	return slices.IndexFunc(t.Branches, func(br plan.Branch) bool {
		return number > 0 && br.Number == number || number == 0 && br.Name == name
	})
}

// tagged makes a value, if it is there, a member of a oneof.
func (b *builder) tagged(n plan.Node, t *plan.Type, member int, at string) plan.Node {
	br := &t.Branches[member]
	return b.where(n, t, func(x plan.Node) plan.Node {
		return &plan.Tag{Branch: br.Name, X: b.assign(x, br.Type, at), Type: t}
	})
}

// where applies f to a value where it is there; elsewhere nothing of type t is.
func (b *builder) where(n plan.Node, t *plan.Type, f func(plan.Node) plan.Node) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		if isNothing(x) {
			return &plan.Nothing{Type: t}
		}
		if !b.types.MayBeAbsent(x) {
			return f(x)
		}
		typ, _ := b.types.Of(x)
		bind := b.bind(typ)
		return &plan.Opt{On: x, Bind: bind, Body: f(whole(bind)), Missing: &plan.Nothing{Type: t}}
	})
}

// convertOneof takes the members of a oneof to those of another. One that has no
// place leaves it unset, unless nobody else would tell that it is lost.
func (b *builder) convertOneof(n plan.Node, t *plan.Type, at string, tell bool) plan.Node {
	if s, ok := b.types.Of(n); ok && plan.Same(s, t) {
		return n
	}
	return b.where(n, t, func(x plan.Node) plan.Node {
		if l, ok := x.(*plan.Lit); ok && l.Pending != nil {
			return b.literal(l, t, at)
		}
		s, _ := b.types.Of(x)
		if s.Kind != plan.Union {
			return b.assignBranch(x, s, t, "", at)
		}
		return b.eachBranch(x, func(branch string, content plan.Node) plan.Node {
			number := 0
			if i := slices.IndexFunc(s.Branches, func(br plan.Branch) bool { return br.Name == branch }); i >= 0 {
				number = s.Branches[i].Number
			}
			place := at + "<" + branch + ">"
			switch i := memberFor(t, branch, number); {
			case i >= 0:
				return b.tagged(content, t, i, place)
			case tell && !b.derived:
				return b.breaks("O6", place, fmt.Sprintf("%s has no place in the target", place), "use mapBranch, with else for what goes")
			default:
				return &plan.Nothing{Type: t}
			}
		})
	})
}

// onlyOne gives the value that is there, and stops where there are two.
func (b *builder) onlyOne(found []plan.Node, t *plan.Type, stop plan.Node) plan.Node {
	out := plan.Node(&plan.Nothing{Type: t})
	for i := len(found) - 1; i >= 0; i-- {
		bind := b.bind(t)
		body := plan.Node(whole(bind))
		for _, other := range slices.Backward(found[i+1:]) {
			body = &plan.Opt{On: other, Bind: b.bind(t), Body: stop, Missing: body}
		}
		out = &plan.Opt{On: found[i], Bind: bind, Body: body, Missing: out}
	}
	return out
}

// lost stops the events that have what has no place in the target.
func (m *message) lost(out plan.Node, path string) plan.Node {
	for j, p := range m.from.Fields {
		t, _ := m.b.types.Of(p.Node)
		name := partName(p)
		switch {
		case isOneof(t) && slices.ContainsFunc(m.branches(j, t), func(placed bool) bool { return placed }):
			if stop := m.lostMembers(j, p, t, join(path, name)); stop != nil {
				out = &plan.Check{X: stop, Body: out}
			}
			continue
		case m.used[j] || hollow(p.Node):
			continue
		}
		at := join(path, name)
		stop := m.b.breaks("O6", at, fmt.Sprintf("%s has no place in the target", at), "add drop: {path: "+at+"}, or rename or move it")
		if m.b.types.MayBeAbsent(p.Node) {
			here := stop
			stop = m.b.where(p.Node, plan.NeverType, func(plan.Node) plan.Node { return here })
		}
		out = &plan.Check{X: stop, Body: out}
	}
	return out
}

// branches tells which members of a oneof have a place.
func (m *message) branches(j int, t *plan.Type) []bool {
	out := make([]bool, len(t.Branches))
	for i := range out {
		out[i] = m.members[[2]int{j, i}]
	}
	return out
}

func (m *message) lostMembers(j int, p plan.Part, t *plan.Type, at string) plan.Node {
	placed := m.branches(j, t)
	if !slices.Contains(placed, false) {
		return nil
	}
	return m.b.eachBranch(p.Node, func(branch string, _ plan.Node) plan.Node {
		i := slices.IndexFunc(t.Branches, func(br plan.Branch) bool { return br.Name == branch })
		if i < 0 || placed[i] {
			return &plan.Nothing{Type: plan.NeverType}
		}
		place := at + "<" + branch + ">"
		return m.b.breaks("O6", place, fmt.Sprintf("%s has no place in the target", place), "use mapBranch, with else for what goes")
	})
}

// partName is how paths name a part.
func partName(p plan.Part) string {
	if p.Name == "" {
		return fmt.Sprintf("#%d", p.Number)
	}
	return p.Name
}

// unset is what an absent field reads as, by the declaration that a copy comes
// from; nil if it says nothing.
func unset(n plan.Node) (plan.Value, *plan.Type) {
	c, ok := n.(*plan.Copy)
	if !ok || len(c.Fields) == 0 {
		return nil, nil
	}
	t := c.From.Type
	for _, i := range c.Fields[:len(c.Fields)-1] {
		t = t.Fields[i].Type
	}
	f := &t.Fields[c.Fields[len(c.Fields)-1]]
	return f.Unset, f.Type
}

// unsetAs is what stands for an absent value: nothing, unless the target reads
// something else from nothing than the source does. Then its old meaning stays.
func (b *builder) unsetAs(n plan.Node, f *plan.Field, at string) plan.Node {
	was, t := unset(n)
	reads := f.Unset
	if f.HasDefault {
		reads = f.Default
	}
	switch {
	case was == nil || reads == nil || plan.SameAbsence(was, t, reads, f.Type):
		return b.missing(f, at)
	default:
		return b.assign(&plan.Lit{Value: was, Type: t}, f.Type, at)
	}
}

// assignNumbers converts between Protobuf enums: by number, as readers do, but
// never a symbol into one that has another meaning.
func (b *builder) assignNumbers(n plan.Node, s, t *plan.Type, path string) plan.Node {
	table, gone := map[string]string{}, []string{}
	for i, sym := range s.Symbols {
		to, ok := sym, slices.Contains(t.Symbols, sym)
		if i < len(s.Numbers) {
			to, ok = byNumber(sym, s.Numbers[i], s, t)
		}
		if ok {
			table[sym] = to
		} else {
			gone = append(gone, sym)
		}
	}
	call := &plan.Call{Func: plan.MapNumber, Args: []plan.Node{n}, Type: t, Table: table, Safe: len(gone) == 0 && (!s.Open || t.Open)}
	switch {
	case call.Safe:
		return call
	case len(gone) > 0:
		return &plan.OrElse{X: call, Else: b.breaks("O5", path, fmt.Sprintf("the target has no symbol %s, or under another number", strings.Join(gone, ", ")), "use mapEnum")}
	default:
		return &plan.OrElse{X: call, Else: b.breaks("O5", path, fmt.Sprintf("%s may hold numbers without a symbol, and the target takes none", path), "use mapEnum with else")}
	}
}

// byNumber finds what a symbol of a number is in another enum.
func byNumber(sym string, number int32, s, t *plan.Type) (string, bool) {
	i, listed := slices.BinarySearch(t.Numbers, number)
	moved := slices.Contains(t.Symbols, sym)
	switch {
	case listed && t.Symbols[i] == sym:
		return sym, true
	case moved || listed && slices.Contains(s.Symbols, t.Symbols[i]):
		return "", false // the name, or the number, has another meaning now
	case listed:
		return t.Symbols[i], true
	default:
		return fmt.Sprint(number), t.Open
	}
}

// keysFit reports whether every key of a map is one of another map, with the same
// text. No key type at all is that of texts.
func keysFit(s, t *plan.Type) bool {
	if t == nil || t.Kind == plan.String {
		return s == nil || s.Kind != plan.Bytes
	}
	if s == nil || s.Kind == plan.String {
		return t.Kind == plan.Bytes
	}
	return s.Kind == t.Kind && s.Bits <= t.Bits || s.Kind == plan.Uint && t.Kind == plan.Int && s.Bits < t.Bits
}
