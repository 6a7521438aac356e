package protobuf

import (
	"slices"

	"github.com/instar-registry/instar/schema"
)

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

// node is a pair of messages with what was found there.
type node struct {
	key      pairKey
	problems []problem
	edges    []edge
	targets  []int // of the edges
	leads    bool  // there is a problem here or further on
}

// search collects all problems. Each pair is judged once; then ways to those
// with a problem are followed, breadth first, so that the first way to each is a
// shortest one.
type search struct {
	*pairJudge
	nodes    []node
	index    map[pairKey]int
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

// intern returns the node of a pair.
func (s *search) intern(key pairKey) int {
	i, ok := s.index[key]
	if !ok {
		i = len(s.nodes)
		s.index[key] = i
		s.nodes = append(s.nodes, node{key: key})
	}
	return i
}

// judgeAll judges all pairs that those from i on lead to.
func (s *search) judgeAll(i int) {
	for ; i < len(s.nodes) && s.step(1); i++ {
		key := s.nodes[i].key
		if key.json {
			s.jsonPair(key.w, key.r)
		} else {
			s.pair(key.w, key.r)
		}
		problems, edges := slices.Clone(s.problems), slices.Clone(s.edges)
		targets := make([]int, len(edges))
		for k, e := range edges {
			targets[k] = s.intern(pairKey{w: e.w, r: e.r, source: key.source, json: key.json})
		}
		n := &s.nodes[i]
		n.problems, n.edges, n.targets = problems, edges, targets
	}
}

// mark finds the pairs that lead to a problem.
func (s *search) mark() {
	in := make([][]int, len(s.nodes))
	var todo []int
	for i := range s.nodes {
		n := &s.nodes[i]
		for _, t := range n.targets {
			in[t] = append(in[t], i)
		}
		if len(n.problems) > 0 {
			n.leads = true
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range in[i] {
			if n := &s.nodes[from]; !n.leads {
				n.leads = true
				todo = append(todo, from)
			}
		}
	}
}

// follow notes the problems on all ways from some pairs.
func (s *search) follow(roots []pairKey) {
	from := len(s.ways)
	for _, key := range roots {
		if i, ok := s.index[key]; ok && s.nodes[i].leads {
			s.visits[key]++
			s.ways = append(s.ways, way{parent: -1, edge: edge{w: key.w, r: key.r}, source: key.source, json: key.json})
		}
	}
	for i := from; i < len(s.ways) && !s.full(); i++ {
		n := &s.nodes[s.index[s.ways[i].key()]]
		for k := range n.problems {
			s.note(i, &n.problems[k])
		}
		for k := range n.edges {
			if s.nodes[n.targets[k]].leads {
				s.extend(i, &n.edges[k])
			}
		}
	}
}

// extend goes on from a way, unless the pair has been reached often enough or
// is on the way already.
func (s *search) extend(from int, e *edge) {
	next := way{parent: from, depth: s.ways[from].depth + 1, edge: *e, source: s.ways[from].source, json: s.ways[from].json}
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

func (s *search) note(at int, p *problem) {
	if s.ways[at].source && p.class == schema.ClassData {
		return
	}
	place := spot{way: at, w: p.w, r: p.r}
	key := findingKey{pair: s.ways[at].key(), problem: *p}
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
	s.findings = append(s.findings, finding{problem: *p, spots: []spot{place}, within: -1})
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
