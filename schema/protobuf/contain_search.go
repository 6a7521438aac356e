package protobuf

import "github.com/instar-registry/instar/schema"

// way is one way from an event to a pair of messages.
type way struct {
	parent int // index, or -1
	depth  int
	edge   edge
	// source marks pairs that no event reaches: only their names are judged.
	source bool
	// json marks ways on which names pair the fields.
	json bool
}

// pairKey is a pair of messages as one surface reaches it.
type pairKey struct {
	w, r         *messageType
	source, json bool
}

func (w *way) key() pairKey { return pairKey{w.edge.w, w.edge.r, w.source, w.json} }

// spot is one place of a finding: a pair of messages and, for what is told once
// for a pair of enums, the fields that hold them there.
type spot struct {
	way  int
	w, r *fieldType
}

// finding is a problem and its places, the nearest first.
type finding struct {
	problem
	spots []spot
	// within is a finding that shows this one: the type of a field is another
	// one, and an event breaks inside.
	within int
}

const (
	// maxWays is how many ways to one pair are told.
	maxWays = 10
	// maxFindings is how many problems of a class are told.
	maxFindings = 1000
	// maxWayDepth is how long further ways to a pair may be.
	maxWayDepth = 64
)

// search collects all problems, breadth first, so that the first way to each
// pair is a shortest one.
type search struct {
	*pairJudge
	ways     []way
	visits   map[pairKey]int
	findings []finding
	known    map[findingKey]int
	// counts are the findings of data and of all other classes; more says that
	// some were left out.
	counts [2]int
	more   bool
}

// findingKey tells findings apart; the pair is left out where enums are at
// fault.
type findingKey struct {
	pair pairKey
	problem
}

// root adds an event, or a pair that only has names.
func (s *search) root(w, r *messageType, source bool) {
	next := way{parent: -1, edge: edge{w: w, r: r}, source: source}
	if key := next.key(); s.visits[key] == 0 {
		s.visits[key] = 1
		s.ways = append(s.ways, next)
	}
}

// run follows the ways from i on.
func (s *search) run(i int) {
	for ; i < len(s.ways) && !s.full(); i++ {
		if !s.step(1) {
			return
		}
		at := s.ways[i]
		if at.json {
			s.pairJudge.jsonPair(at.edge.w, at.edge.r)
		} else {
			s.pairJudge.pair(at.edge.w, at.edge.r)
		}
		for _, p := range s.problems {
			s.note(i, p)
		}
		for _, e := range s.edges {
			s.extend(i, e)
		}
	}
}

// extend goes on from a way, unless the pair has been reached often enough or
// is on the way already.
func (s *search) extend(from int, e edge) {
	next := way{parent: from, depth: s.ways[from].depth + 1, edge: e, source: s.ways[from].source, json: s.ways[from].json}
	key := next.key()
	n := s.visits[key]
	if n >= maxWays || n > 0 && (next.source || next.depth > maxWayDepth || s.passes(from, key)) {
		return
	}
	s.visits[key] = n + 1
	s.ways = append(s.ways, next)
}

func (s *search) passes(from int, key pairKey) bool {
	for ; from >= 0; from = s.ways[from].parent {
		if s.ways[from].key() == key {
			return true
		}
	}
	return false
}

func (s *search) note(at int, p problem) {
	if s.ways[at].source && p.class == schema.ClassData {
		return
	}
	place := spot{way: at, w: p.w, r: p.r}
	key := findingKey{pair: s.ways[at].key(), problem: p}
	if p.we != nil {
		key.pair, key.w, key.r = pairKey{json: s.ways[at].json}, nil, nil
	}
	if i, ok := s.known[key]; ok {
		if f := &s.findings[i]; len(f.spots) < maxWays {
			f.spots = append(f.spots, place)
		}
		return
	}
	if !s.room(p.class) {
		return
	}
	s.known[key] = len(s.findings)
	s.findings = append(s.findings, finding{problem: p, spots: []spot{place}, within: -1})
}

// room counts a problem and reports whether it is told. Breaks are counted
// apart, so that names never hide one.
func (s *search) room(class schema.Class) bool {
	n := &s.counts[1]
	if class == schema.ClassData {
		n = &s.counts[0]
	}
	if *n == maxFindings {
		s.more = true
		return false
	}
	*n++
	return true
}

func (s *search) full() bool { return s.counts[0] == maxFindings && s.more }

// retype adds a finding for each field whose type has another name and in which
// an event breaks, and takes away the one that only tells of the name.
func (s *search) retype() {
	told := map[[2]*fieldType]bool{}
	for i := range len(s.findings) {
		f := &s.findings[i]
		if f.class != schema.ClassData || f.surface != SurfaceBinary || len(f.spots) == 0 || s.ways[f.spots[0].way].source {
			continue
		}
		for at := f.spots[0].way; s.ways[at].parent >= 0; at = s.ways[at].parent {
			e := s.ways[at].edge
			if key := [2]*fieldType{e.wf, e.rf}; e.renamed && !told[key] && s.room(schema.ClassData) {
				told[key] = true
				p := problem{kind: KindMessageType, surface: SurfaceBinary, class: schema.ClassData, w: e.wf, r: e.rf}
				s.findings = append(s.findings, finding{problem: p, spots: []spot{{way: s.ways[at].parent, w: e.wf, r: e.rf}}, within: i})
			}
		}
	}
	kept := s.findings[:0:0]
	moved := make([]int, len(s.findings))
	for i, f := range s.findings {
		if f.kind == KindTypeRenamed && told[[2]*fieldType{f.w, f.r}] {
			continue
		}
		moved[i] = len(kept)
		kept = append(kept, f)
	}
	for i := range kept {
		if kept[i].within >= 0 {
			kept[i].within = moved[kept[i].within]
		}
	}
	s.findings = kept
}
