package avro

// clean reports whether no pair that an event can reach has a problem of any
// class. It keeps no paths, because most questions end here.
func (j *judge) clean() bool {
	type frame struct {
		w, r  *op
		first bool
	}
	var seen map[pairKey]struct{}
	stack := make([]frame, 1, 16)
	stack[0] = frame{w: j.writer.root, r: j.reader.root}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !j.step(1) {
			return false
		}
		j.pair(f.w, f.r, f.first)
		if len(j.problems) > 0 {
			return false
		}
		for _, e := range j.edges {
			next := frame{e.w, e.r, f.first || e.doubtful}
			if e.w.kind == Record && e.r.kind == Record { // nothing else can be met again
				key := pairKey(next)
				if _, ok := seen[key]; ok {
					continue
				}
				if seen == nil {
					seen = make(map[pairKey]struct{}, 8)
				}
				seen[key] = struct{}{}
			}
			stack = append(stack, next)
		}
	}
	return !j.spent && j.err == nil // else the last pair was not judged to its end
}

// way is one way from the root to a pair.
type way struct {
	parent int // index, or -1
	depth  int
	edge   edge
	first  bool
}

func (w *way) key() pairKey { return pairKey{w.edge.w, w.edge.r, w.first} }

// finding is a problem and the ways to it, the shortest first.
type finding struct {
	problem
	ways []int
	// doubt is the way to a problem that only a reader by the letter meets; the
	// finding is then about the union at ways[0].
	doubt   int
	because problem
}

const (
	// maxWays is how many ways to one pair are told.
	maxWays = 10
	// maxFindings is how many problems are told.
	maxFindings = 1000
)

// search collects all problems, breadth first, so that the first way to each
// pair is a shortest one.
type search struct {
	*judge
	ways     []way
	visits   map[pairKey]int
	findings []finding
	known    map[findingKey]int
	// data and policies count the findings of each class; more says that some
	// were left out.
	data, policies int
	more           bool
}

type findingKey struct {
	w, r *op
	problem
}

func (s *search) run() {
	s.visits, s.known = map[pairKey]int{}, map[findingKey]int{}
	s.ways = append(s.ways, way{parent: -1, edge: edge{w: s.writer.root, r: s.reader.root}})
	var doubts []int
	for i := 0; i < len(s.ways) && !s.full(); i++ {
		at := s.ways[i]
		if at.depth < 0 {
			continue
		}
		if !s.step(1) {
			break
		}
		s.pair(at.edge.w, at.edge.r, false)
		for _, p := range s.problems {
			s.note(i, p)
		}
		for _, e := range s.edges {
			if e.doubtful {
				doubts = append(doubts, len(s.ways))
				// The way ends here; what lies behind is asked below.
				s.ways = append(s.ways, way{parent: i, depth: -1, edge: e})
				continue
			}
			s.extend(i, e, false, s.visits)
		}
	}
	for _, i := range doubts {
		if !s.step(1) || s.full() {
			break
		}
		s.doubt(i)
	}
}

// extend goes on from a way, unless the pair has been reached often enough or
// is on the way already.
func (s *search) extend(from int, e edge, first bool, visits map[pairKey]int) {
	next := way{parent: from, depth: s.ways[from].depth + 1, edge: e, first: first}
	key := next.key()
	n := visits[key]
	if n >= maxWays || n > 0 && (next.depth > maxWayDepth || s.passes(from, key)) {
		return
	}
	visits[key] = n + 1
	s.ways = append(s.ways, next)
}

// maxWayDepth is how long further ways to a pair may be.
const maxWayDepth = 64

func (s *search) passes(from int, key pairKey) bool {
	for ; from >= 0; from = s.ways[from].parent {
		if s.ways[from].key() == key {
			return true
		}
	}
	return false
}

func (s *search) note(at int, p problem) {
	key := findingKey{s.ways[at].edge.w, s.ways[at].edge.r, p}
	if i, ok := s.known[key]; ok {
		s.findings[i].ways = append(s.findings[i].ways, at)
		return
	}
	if !s.room(&p) {
		return
	}
	s.known[key] = len(s.findings)
	s.findings = append(s.findings, finding{problem: p, ways: []int{at}, doubt: -1})
}

// room counts a problem and reports whether it is told. The two classes are
// counted apart, so that annotations never hide a break.
func (s *search) room(p *problem) bool {
	n := &s.data
	if p.policy() {
		n = &s.policies
	}
	if *n == maxFindings {
		s.more = true
		return false
	}
	*n++
	return true
}

func (s *search) full() bool { return s.data == maxFindings && s.more }

// doubt asks what a reader by the letter of the specification makes of a branch
// that ours reads as another type, and notes the first data break.
func (s *search) doubt(at int) {
	saved := len(s.ways)
	visits := map[pairKey]int{}
	e := s.ways[at].edge
	union := s.ways[at].parent
	s.ways = append(s.ways, way{parent: union, depth: s.ways[union].depth + 1, edge: e, first: true})
	for i := saved; i < len(s.ways); i++ {
		if !s.step(1) {
			return
		}
		s.pair(s.ways[i].edge.w, s.ways[i].edge.r, true)
		for _, p := range s.problems {
			if p.policy() {
				continue
			}
			if !s.room(&p) {
				return
			}
			s.findings = append(s.findings, finding{
				problem: problem{kind: KindUnionAmbiguous, branch: e.from},
				ways:    []int{union}, doubt: i, because: p,
			})
			return
		}
		for _, e := range s.edges {
			s.extend(i, e, true, visits)
		}
	}
	s.ways = s.ways[:saved]
}
