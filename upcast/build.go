package upcast

import (
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"

	"github.com/instar-registry/instar/internal/nearest"
)

// builder runs steps on the tree that says where everything comes from. The same
// run checks the paths, fuses the steps with what came before and gives the plan.
type builder struct {
	// fused says that the steps were proved hop by hop: what an earlier hop
	// makes of a value may rule out a case that a step provides for.
	fused bool
	hop   int
	step  int // the step at work, from 1; 0 is the assignment to the target
	ids   int
	err   error     // a mistake of the document
	open  []Problem // obligations that do not hold, each with a Stop in the tree
	memo  map[[2]*plan.Type]*plan.Function
	// made lists the keys of memo, the newest last; fits remembers which types
	// take every value of another one.
	made []([2]*plan.Type)
	// assigned and madeFrom are the same for the results of functions.
	assigned map[applied]*plan.Function
	madeFrom []applied
	fits     map[[2]*plan.Type]bool
	// spent are the symbolic steps so far; types and stops remember what was
	// found out about nodes.
	spent     int
	types     *plan.Types
	stops     *plan.Finder
	sizes     *plan.Sizer
	recursive map[*plan.Type]bool
	// homeless are members of a source whose place in a closed object of the
	// target is missing; notes are facts for the verdict.
	homeless map[string]Problem
	notes    []string
	// derived leaves out what the target lacks.
	derived bool
	// down are the inverses of the steps so far, the last first; inner those of
	// the steps inside the step at work. noDown says why there are none.
	down, inner []Step
	noDown      string
	// branches are the inverses of the steps inside the branches of a step,
	// chosen the symbols that a step chooses, each with the one it was.
	branches map[*MapBranch]map[string][]Step
	chosen   map[*MapEnum][]Pair
	steps    *Step
	// idle are steps that changed nothing so far where they were applied.
	idle []idle
	// known says that the steps run where a condition has shown that places are
	// there, so that a step that asks for them is no mistake.
	known bool
	// scope is what expressions can name here; checked holds those that have
	// been checked, implied the conversions that stored values need.
	scope   scope
	checked map[Expr][]checkedExpr
	implied []*plan.Call
	// around are the variables beside the event, effects what the steps do
	// beside it. target and targetName are the format and the name of the type
	// that the steps lead to; targets finds those of other subjects.
	around             surroundings
	effects            effects
	target, targetName string
	to                 Target
	targets            func(Target) (schema.Parsed, error)
	// depth counts the lists of steps that are open; last says that the step at
	// work is the last of the document.
	depth int
	last  bool
	// native are the binders of events and of their parts as they stand, ranges
	// what their schema says of the values of a type.
	native map[*plan.Binder]bool
	ranges map[*plan.Type]plan.Range
	// midway says that the target is a type between two steps: a literal may
	// have none yet.
	midway bool
	// assume are the assumptions that the author allows, assumed those in use.
	assume, assumed []string
	// parking says what becomes of values that a step loses.
	parking parkMode
	// restNames are the names that what is parked of undeclared properties lacks, by
	// hidden field.
	restNames map[string][]string
	// spans are what computed numbers were proved to lie in.
	spans map[plan.Node]span
}

// Problem is an obligation of the proof that does not hold.
type Problem struct {
	Obligation string
	Step       int
	Path       string
	Message    string
	Fix        string
	// Reason is the failure condition of O4 (none, index, key, overflow, divzero,
	// parse, range, symbol, utf8), or the keyword that O5 breaks.
	Reason string
	// Source and Target are the places in the schemas of JSON that O5 speaks of.
	Source, Target *schema.Place
}

func newBuilder() *builder {
	b := &builder{
		checked: map[Expr][]checkedExpr{}, spans: map[plan.Node]span{}, types: plan.NewTypes(), stops: plan.MayStop(), sizes: plan.NewSizer(maxTreeNodes), recursive: map[*plan.Type]bool{},
		homeless: map[string]Problem{}, branches: map[*MapBranch]map[string][]Step{}, chosen: map[*MapEnum][]Pair{},
		native: map[*plan.Binder]bool{}, ranges: map[*plan.Type]plan.Range{}, restNames: map[string][]string{},
	}
	b.memo, b.fits, b.assigned = map[[2]*plan.Type]*plan.Function{}, map[[2]*plan.Type]bool{}, map[applied]*plan.Function{}
	return b
}

// forgetTypes begins anew with what is known of pairs of types.
func (b *builder) forgetTypes() {
	clear(b.memo)
	clear(b.fits)
	clear(b.assigned)
	b.made, b.madeFrom = nil, nil
}

func (b *builder) bind(t *plan.Type) *plan.Binder {
	b.ids++
	return &plan.Binder{Type: t, ID: b.ids}
}

func whole(from *plan.Binder) *plan.Copy { return &plan.Copy{From: from, Type: from.Type} }

// wrong reports a mistake of the document at the step at work.
func (b *builder) wrong(what, hint string) plan.Node {
	if b.err == nil && b.steps != nil && !overlooked("O1") {
		e := &Error{Code: Invalid}
		e.Problem.What, e.Problem.Hint = what, hint
		e.Problem.Path, e.Problem.Position = b.steps.Pointer, b.steps.Position
		b.err = e
	}
	return &plan.Stop{Code: "O1"}
}

// breaks records an obligation that does not hold and stops the events that show
// it.
func (b *builder) breaks(obligation, path, message, fix string) plan.Node {
	return b.opens(Problem{Obligation: obligation, Path: path, Message: message, Fix: fix})
}

// breaksBy is [builder.breaks] with the reason.
func (b *builder) breaksBy(obligation, reason, path, message, fix string) plan.Node {
	return b.opens(Problem{Obligation: obligation, Path: path, Message: message, Fix: fix, Reason: reason})
}

// opens notes a problem of the step at work; an event that meets it ends there.
func (b *builder) opens(p Problem) plan.Node {
	p.Step = b.step
	if !overlooked(p.Obligation) {
		b.open = append(b.open, p)
	}
	return &plan.Stop{Code: p.Obligation, Hop: b.hop, Step: b.step, Path: p.Path, Reason: p.Message}
}

// record opens a value that is a record, so that its fields can be changed one by
// one; nil if it is none.
func (b *builder) record(n plan.Node) *plan.Make {
	switch n := n.(type) {
	case *plan.Make:
		b.charge(1 + len(n.Fields)/16)
		out := *n
		out.Type = nil
		out.Fields = append([]plan.Part{}, n.Fields...)
		return &out
	case *plan.Copy:
		if n.Type.Kind == plan.Record {
			return b.fieldsOf(n)
		}
	case *plan.Cast:
		return membersOf(n)
	case *plan.Lit:
		if r, ok := n.Value.(*plan.Rec); ok && n.Type != nil && n.Type.JSON {
			return b.constantMembers(r)
		} else if ok && n.Type != nil {
			out := &plan.Make{Name: n.Type.Name}
			for i, f := range n.Type.Fields {
				out.Fields = append(out.Fields, plan.Part{Name: f.Name, Number: f.Number, Node: constant(r.Fields[i], f.Type)})
			}
			return out
		}
	}
	return nil
}

func (b *builder) fieldsOf(n *plan.Copy) *plan.Make {
	b.charge(1 + len(n.Type.Fields)/4)
	out := &plan.Make{Name: n.Type.Name, Fields: make([]plan.Part, 0, len(n.Type.Fields))}
	for i, f := range n.Type.Fields {
		fields := append(make([]int, 0, len(n.Fields)+1), n.Fields...)
		fields = append(fields, i)
		out.Fields = append(out.Fields, plan.Part{
			Name: f.Name, Number: f.Number,
			Node: &plan.Copy{From: n.From, Fields: fields, Type: f.Type, Optional: f.Optional},
		})
	}
	if n.Type.Open {
		out.Rest = &plan.Rest{Of: n}
	}
	if n.Type.JSON {
		ofObject(out, n)
	}
	return out
}

func partOf(m *plan.Make, s Segment) int {
	for i := range m.Fields {
		if s.Kind != NumberSegment && m.Fields[i].Name == s.fieldName() || s.Kind == NumberSegment && m.Fields[i].Number == s.Number {
			return i
		}
	}
	return -1
}

func partNames(m *plan.Make) []string {
	out := make([]string, len(m.Fields))
	for i := range m.Fields {
		out[i] = m.Fields[i].Name
	}
	return out
}

// inRecord applies f to each record that a node may give.
func (b *builder) inRecord(n plan.Node, path Path, f func(*plan.Make) plan.Node) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		if b.types.MayBeAbsent(x) {
			return b.onAbsent(x, path, func(y plan.Node) plan.Node { return b.inRecord(y, path, f) })
		}
		if m := b.record(x); m != nil {
			return f(m)
		}
		t, _ := b.types.Of(x)
		if t.Kind == plan.Record {
			bind := b.bindPart(x, t)
			return &plan.Let{X: x, Bind: bind, Body: f(b.fieldsOf(whole(bind)))}
		}
		if t.Kind == plan.Union {
			if _, ok := t.Nullable(); ok {
				return b.throughNull(x, path, f)
			}
			return b.wrong(fmt.Sprintf("%s is a %s", path, t), "name the branch, as in "+path.String()+"<"+t.Branches[0].Name+">")
		}
		return b.wrong(fmt.Sprintf("%s is no record but %s", path, t), "")
	})
}

// throughNull enters a record that may be null without saying so: the event with
// null has no image.
func (b *builder) throughNull(x plan.Node, path Path, f func(*plan.Make) plan.Node) plan.Node {
	return b.eachBranch(x, func(branch string, content plan.Node) plan.Node {
		if branch == "null" {
			return b.breaksBy("O4", "none", path.String(), fmt.Sprintf("%s may be null", path), "write "+path.String()+"? to leave null alone")
		}
		return &plan.Tag{Branch: branch, X: b.inRecord(content, path, f)}
	})
}

// onAbsent applies f to a value that may be absent without the path saying so:
// the event without it has no image.
func (b *builder) onAbsent(x plan.Node, path Path, f func(plan.Node) plan.Node) plan.Node {
	if isNothing(x) {
		return b.absentHere(path)
	}
	t, _ := b.types.Of(x)
	bind := b.bindPart(x, t)
	return &plan.Opt{On: x, Bind: bind, Body: f(whole(bind)), Missing: b.absentHere(path)}
}

func (b *builder) absentHere(path Path) plan.Node {
	return b.breaksBy("O4", "none", path.String(), fmt.Sprintf("%s may be absent", path), "write "+path.String()+"? to leave it alone")
}

// eachBranch applies f to the content of each branch of a union.
func (b *builder) eachBranch(n plan.Node, f func(branch string, content plan.Node) plan.Node) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		if tag, ok := x.(*plan.Tag); ok {
			return f(tag.Branch, tag.X)
		}
		if isNothing(x) {
			return x
		}
		t, _ := b.types.Of(x)
		if t.Kind != plan.Union {
			return b.wrong(fmt.Sprintf("a value is no union but %s", t), "")
		}
		if b.types.MayBeAbsent(x) {
			return b.where(x, plan.NeverType, func(y plan.Node) plan.Node { return b.eachBranch(y, f) })
		}
		out := &plan.Switch{On: x}
		for _, br := range t.Branches {
			bind := b.bindPart(x, br.Type)
			out.Cases = append(out.Cases, plan.Case{Branch: br.Name, Bind: bind, Body: f(br.Name, whole(bind))})
		}
		return out
	})
}

// eachElement applies f to each element of a list.
func (b *builder) eachElement(n plan.Node, path Path, f func(plan.Node) plan.Node) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		if e, body := b.listMade(x); e != nil {
			l := b.enter(false, e.Index)
			out := &plan.Each{Over: e.Over, Bind: e.Bind, Body: f(body)}
			out.Index = b.leave(l)
			return out
		}
		t, _ := b.types.Of(x)
		if b.types.MayBeAbsent(x) {
			return b.onAbsent(x, path, func(y plan.Node) plan.Node { return b.eachElement(y, path, f) })
		}
		if t.Kind != plan.List {
			return b.wrong(fmt.Sprintf("%s is no list but %s", path, t), "")
		}
		if t.Elem.Kind == plan.Never {
			return x // it is empty
		}
		bind := b.bindPart(x, t.Elem)
		l := b.enter(false, nil)
		out := &plan.Each{Over: x, Bind: bind, Body: f(whole(bind))}
		out.Index = b.leave(l)
		return out
	})
}

// listMade is a list that steps have made element by element, with what it makes of
// each; nil if a node is none.
func (b *builder) listMade(n plan.Node) (*plan.Each, plan.Node) {
	elem := (*plan.Type)(nil)
	if c, ok := n.(*plan.Cast); ok && c.Type.JSON && c.Type.Kind == plan.List {
		n, elem = c.X, c.Type.Elem
	}
	e, ok := n.(*plan.Each)
	switch {
	case !ok || e.Where != nil:
		return nil, nil
	case elem == nil:
		return e, e.Body
	}
	return e, b.asType(e.Body, elem)
}

// eachValue applies f to each value of a map.
func (b *builder) eachValue(n plan.Node, path Path, f func(plan.Node) plan.Node) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		if e, ok := x.(*plan.EachEntry); ok && e.Where == nil {
			l := b.enter(true, e.Key)
			out := &plan.EachEntry{Over: e.Over, Bind: e.Bind, Body: f(e.Body)}
			out.Key = b.leave(l)
			return out
		}
		t, _ := b.types.Of(x)
		if b.types.MayBeAbsent(x) {
			return b.onAbsent(x, path, func(y plan.Node) plan.Node { return b.eachValue(y, path, f) })
		}
		if t.Kind != plan.Map {
			return b.wrong(fmt.Sprintf("%s is no map but %s", path, t), "")
		}
		if t.Elem.Kind == plan.Never {
			return x // it is empty
		}
		bind := b.bindPart(x, t.Elem)
		l := b.enter(true, nil)
		out := &plan.EachEntry{Over: x, Bind: bind, Body: f(whole(bind))}
		out.Key = b.leave(l)
		return out
	})
}

// mayBeNull reports whether a value may be null or absent; single says that it
// is of one type otherwise.
func (b *builder) mayBeNull(n plan.Node) (null, single bool) {
	t, _ := b.types.Of(n)
	if t.Kind != plan.Union {
		return b.types.MayBeAbsent(n), true
	}
	nulls := min(t.Branch("null")+1, 1)
	return nulls == 1 || b.types.MayBeAbsent(n), len(t.Branches)-nulls <= 1
}

// ifThere applies f to a value that may be null or absent, where it is there.
func (b *builder) ifThere(n plan.Node, path Path, f func(plan.Node) plan.Node) plan.Node {
	null, single := b.mayBeNull(n)
	b.acts(null, path.String()+" is never null or absent", "remove the ?")
	if !single {
		return b.wrong(fmt.Sprintf("%s is of several types", path), "name the branch instead of ?")
	}
	return b.whereThere(n, f)
}

func isNothing(n plan.Node) bool {
	_, ok := n.(*plan.Nothing)
	return ok
}

func (b *builder) whereThere(n plan.Node, f func(plan.Node) plan.Node) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		switch {
		case t.Kind == plan.Never, isNothing(x):
			return x
		case b.types.MayBeAbsent(x):
			bind := b.bindPart(x, t)
			return &plan.Opt{On: x, Bind: bind, Body: b.whereThere(whole(bind), f), Missing: &plan.Nothing{Type: plan.NeverType}}
		case t.Kind != plan.Union:
			return f(x)
		}
		return b.eachBranch(x, func(branch string, content plan.Node) plan.Node {
			if branch != "null" {
				content = f(content)
			}
			return &plan.Tag{Branch: branch, X: content}
		})
	})
}

// update replaces the value at a path by what f makes of it; at is how much of
// the path is behind.
func (b *builder) update(n plan.Node, path Path, at int, f func(plan.Node) plan.Node) plan.Node {
	if at == len(path) {
		before := b.scope.this
		b.scope.this = n
		out := f(n)
		b.scope.this = before
		return out
	}
	next := func(x plan.Node) plan.Node { return b.update(x, path, at+1, f) }
	s, here := path[at], path[:at]
	switch s.Kind {
	case ElementsSegment:
		return b.eachElement(n, here, next)
	case ValuesSegment:
		return b.eachValue(n, here, next)
	case OptionalSegment:
		return b.ifThere(n, here, next)
	case BranchSegment:
		return b.inBranch(n, path, at, next)
	default:
		return b.inRecord(n, here, func(m *plan.Make) plan.Node {
			i := partOf(m, s)
			if i < 0 {
				return b.unknown(path[:at+1], s, m)
			}
			before := b.scope.owner
			b.scope.owner = recordOf(m)
			m.Fields[i].Node = next(m.Fields[i].Node)
			b.scope.owner = before
			return m
		})
	}
}

func (b *builder) unknown(path Path, s Segment, m *plan.Make) plan.Node {
	hint := ""
	for _, p := range m.Fields {
		t, _ := b.types.Of(p.Node)
		if isOneof(t) && memberFor(t, s.Name, s.Number) >= 0 {
			hint = fmt.Sprintf("it is a member of %s: write %s<%s>", p.Name, p.Name, t.Branches[memberFor(t, s.Name, s.Number)].Name)
			return b.wrong(fmt.Sprintf("there is no %s at this step", path), hint)
		}
	}
	if near := nearest.Name(s.Name, partNames(m)); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return b.wrong(fmt.Sprintf("there is no %s at this step", path), hint)
}

func (b *builder) inBranch(n plan.Node, path Path, at int, next func(plan.Node) plan.Node) plan.Node {
	t, _ := b.types.Of(n)
	i := -1
	if t.Kind == plan.Union {
		i = t.Branch(path[at].Name)
	}
	if i < 0 && b.fused {
		return n
	}
	if i < 0 {
		return b.wrong(fmt.Sprintf("%s has no branch %s", path[:at], path[at].Name), near(path[at].Name, branchNames(t)))
	}
	name := t.Branches[i].Name
	return b.eachBranch(n, func(branch string, content plan.Node) plan.Node {
		if branch == name {
			content = next(content)
		}
		return &plan.Tag{Branch: branch, X: content}
	})
}
