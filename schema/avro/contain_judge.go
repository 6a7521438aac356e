package avro

import "context"

// edge leads from a pair of types to a pair inside it.
type edge struct {
	kind edgeKind
	// from is the index of the writer's field or branch, or -1 if only the
	// reader has a union here.
	from int
	w, r *op
	// doubtful marks a branch that only a reader by the letter of the
	// specification takes; see firstBranch.
	doubtful bool
}

type edgeKind uint8

const (
	edgeField edgeKind = iota
	edgeElement
	edgeBranch
)

// pairKey is a pair of types under one way to choose union branches.
type pairKey struct {
	w, r  *op
	first bool
}

// judge looks at one pair of types at a time: what is wrong there, and which
// pairs lie inside. Since a union branch is chosen by kinds and names alone, the
// pairs that events can reach do not depend on any answer: all events are
// readable exactly if no reachable pair has a problem. A recursive type leads
// back to a pair that is already known; nothing has to be assumed.
type judge struct {
	ctx            context.Context
	writer, reader *program
	steps, limit   int
	spent          bool  // the budget is used up
	err            error // of the context

	// The answer about the pair in hand.
	edges    []edge
	problems []problem

	index    fieldIndex
	defaults map[*Field]bool // whether a reader-only field's default fits
}

// step counts work and reports whether there may be more.
func (j *judge) step(n int) bool {
	before := j.steps
	j.steps += n
	if before>>10 != j.steps>>10 && j.err == nil {
		j.err = j.ctx.Err()
	}
	if j.steps > j.limit {
		j.spent = true
	}
	return !j.spent && j.err == nil
}

func (j *judge) found(kind string, index int) {
	j.problems = append(j.problems, problem{kind: kind, branch: -1, index: index})
}

// go on to a pair inside, unless no event gets there or nothing can be wrong.
func (j *judge) into(e edge) {
	if e.w.height == infinite {
		return
	}
	if e.w.kind == e.r.kind && e.w.kind.IsPrimitive() && e.w.node.Logical.Type == "" && e.r.node.Logical.Type == "" {
		return
	}
	j.edges = append(j.edges, e)
}

// pair fills edges and problems. The writer's type has a value.
func (j *judge) pair(w, r *op, first bool) {
	j.edges, j.problems = j.edges[:0], j.problems[:0]
	switch {
	case w.kind == Union:
		for i, part := range w.parts {
			if part.height != infinite && j.step(1) {
				j.branch(part, r, w, i, first)
			}
		}
	case r.kind == Union:
		j.branch(w, r, nil, -1, first)
	default:
		j.types(w, r)
	}
}

// branch judges a type of the writer against one that may be a union; union and
// i tell where the writer's stands if it is a branch.
func (j *judge) branch(w, r, union *op, i int, first bool) {
	if r.kind != Union {
		if takes(w.node, r.node) || w.kind == r.kind {
			j.into(edge{kind: edgeBranch, from: i, w: w, r: r})
			return
		}
		j.refuse(w, r, union, i)
		return
	}
	j.step(len(r.parts) >> 3)
	best := bestBranch(w.node, r)
	if best < 0 {
		j.refuse(w, r, union, i)
		return
	}
	letter := firstBranch(w.node, r, union, i)
	if first {
		best = letter
	}
	j.into(edge{kind: edgeBranch, from: i, w: w, r: r.parts[best]})
	if letter != best {
		j.into(edge{kind: edgeBranch, from: i, w: w, r: r.parts[letter], doubtful: true})
	}
}

// refuse finds the reason why no type of the reader takes one of the writer,
// where at least one side is a union.
func (j *judge) refuse(w, r, union *op, i int) {
	p := problem{branch: i}
	writers, only := others(union), alone(r)
	switch {
	case w.kind == Null && union != nil:
		p.kind = KindNullRefused
	case only != nil && (union == nil || writers == 1):
		p.kind = mismatch(w.node, only.node)
	case union == nil:
		p.kind = KindTypeChanged
	default:
		p.kind = KindBranchMissing
	}
	j.problems = append(j.problems, p)
}

// others counts the branches of a union besides null.
func others(union *op) int {
	n := 0
	if union != nil {
		for _, part := range union.parts {
			if part.kind != Null {
				n++
			}
		}
	}
	return n
}

// alone is a type itself, or the one branch of a union besides null; nil if
// there are several or none.
func alone(o *op) *op {
	if o.kind != Union {
		return o
	}
	var only *op
	for _, part := range o.parts {
		if part.kind == Null {
			continue
		}
		if only != nil {
			return nil
		}
		only = part
	}
	return only
}

// mismatch names why a type is not read as another.
func mismatch(w, r *Node) string {
	switch {
	case w.Kind == r.Kind && w.Kind.IsNamed():
		return renamed(w, r)
	case rounds(r.Kind, w.Kind):
		return KindTypeNarrowedLossy
	case promotes(r.Kind, w.Kind):
		return KindTypeNarrowed
	}
	return KindTypeChanged
}

func renamed(w, r *Node) string {
	for _, alias := range w.Aliases {
		if alias == r.Name {
			return KindTypeRenamedAlias
		}
	}
	return KindTypeRenamed
}

// types judges two types of which neither is a union.
func (j *judge) types(w, r *op) {
	if w.kind != r.kind {
		j.promotion(w, r)
		return
	}
	if w.kind.IsNamed() {
		if !nameFits(w.node, r.node) {
			j.found(renamed(w.node, r.node), 0)
			return
		}
		if w.node.Name != r.node.Name && w.node.Unqualified() == r.node.Unqualified() {
			j.found(KindNamespaceDiffering, 0)
		}
	}
	switch w.kind {
	case Record:
		j.record(w, r)
	case Enum:
		j.enum(w, r)
	case Array, Map:
		j.into(edge{kind: edgeElement, w: w.parts[0], r: r.parts[0]})
	case Fixed:
		if w.size != r.size {
			j.found(KindFixedSize, 0)
			return
		}
		j.logical(w, r)
	default:
		j.logical(w, r)
	}
}

func (j *judge) promotion(w, r *op) {
	switch {
	case !promotes(w.kind, r.kind):
		j.found(mismatch(w.node, r.node), 0)
	case w.kind == Bytes:
		j.found(KindBytesToString, 0)
	case rounds(w.kind, r.kind):
		j.found(KindTypeWidenedLossy, 0)
	default:
		j.logical(w, r)
	}
}

// logical judges the annotations of two types that are read as each other.
func (j *judge) logical(w, r *op) {
	lw, lr := w.node.Logical, r.node.Logical
	switch {
	case lw == lr:
	case lw.Type == "" && lr.Type == "uuid" && r.kind == String:
		j.found(KindLogicalRestricts, 0)
	case lw.Type == "":
		j.found(KindLogicalReaderOnly, 0)
	case lr.Type == "":
		j.found(KindLogicalWriterOnly, 0)
	case lw.Type == "decimal" && lr.Type == "decimal":
		if lw.Scale != lr.Scale {
			j.found(KindDecimalScale, 0)
		}
		if lw.Precision > lr.Precision {
			j.found(KindDecimalPrecision, 0)
		}
	default:
		j.found(KindLogicalChanged, 0)
	}
}

func (j *judge) enum(w, r *op) {
	var in map[string]bool
	defaulted := false
	for i, symbol := range w.node.Symbols {
		if i < len(r.node.Symbols) && r.node.Symbols[i] == symbol {
			continue
		}
		if in == nil {
			j.step(len(w.node.Symbols) + len(r.node.Symbols))
			in = make(map[string]bool, len(r.node.Symbols))
			for _, s := range r.node.Symbols {
				in[s] = true
			}
		}
		switch {
		case in[symbol]:
		case r.node.HasDefault:
			if !defaulted { // the first stands for all
				j.found(KindSymbolDefaulted, i)
			}
			defaulted = true
		default:
			j.found(KindSymbolMissing, i)
		}
	}
}

func (j *judge) record(w, r *op) {
	j.index = fieldIndex{fields: w.node.Fields}
	for i, f := range r.node.Fields {
		if !j.step(1 + len(f.Aliases)) {
			return
		}
		from, ambiguous := j.index.source(f, i)
		switch {
		case ambiguous:
			j.found(KindFieldAmbiguous, i)
		case from >= 0:
			j.into(edge{kind: edgeField, from: from, w: &j.writer.ops[w.node.Fields[from].Type.id], r: &j.reader.ops[f.Type.id]})
		case f.Default == nil || !j.defaultFits(f):
			j.found(KindFieldMissing, i)
		}
	}
}

func (j *judge) defaultFits(f *Field) bool {
	if fits, known := j.defaults[f]; known {
		return fits
	}
	steps, what := defaultFits(f)
	j.step(steps)
	if steps > 1 { // a cheap check need not be remembered
		if j.defaults == nil {
			j.defaults = map[*Field]bool{}
		}
		j.defaults[f] = what == ""
	}
	return what == ""
}
