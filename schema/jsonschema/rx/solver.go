package rx

// Limits bounds what a [Solver] may build. A zero field means its default.
type Limits struct {
	// States bounds the states of the automaton of one pattern; 10,000.
	States int
	// Product bounds the states of the product of the automata of one
	// question; 100,000.
	Product int
	// Steps bounds the steps of all questions of one solver together; none. A
	// step is a state of an automaton or of a product that is built or visited.
	Steps int
}

// The default limits.
const (
	defaultStates  = 10_000
	defaultProduct = 100_000
)

// Solver answers questions about languages. It keeps the automata of the
// patterns it has met, so one solver should serve all questions about one pair
// of schemas. Its answers depend on its inputs and limits alone. It is not safe
// for concurrent use.
type Solver struct {
	limits Limits
	step   func(n int) error
	used   int
}

// NewSolver returns a solver. step, if not nil, is told of every n steps taken;
// its error ends the question and is returned as it is.
func NewSolver(limits Limits, step func(n int) error) *Solver {
	if limits.States <= 0 {
		limits.States = defaultStates
	}
	if limits.Product <= 0 {
		limits.Product = defaultProduct
	}
	return &Solver{limits: limits, step: step}
}

// Empty reports whether l has no word.
func (s *Solver) Empty(l Lang) (bool, error) { return false, ErrStates }

// Shortest returns the first word of [Solver.Words]; found is false if l is
// empty.
func (s *Solver) Shortest(l Lang) (word string, found bool, err error) { return "", false, ErrStates }

// Words returns the n first words of l, or all if there are fewer: shorter ones
// first, and among equally long ones those of ordinary characters, 'a' to 'z',
// then digits. It fails with [ErrLong] if fewer than n words are within
// [MaxWord] though longer ones exist.
func (s *Solver) Words(l Lang, n int) ([]string, error) { return nil, ErrStates }

// Samples returns up to n distinct words of l that differ widely: they are
// chosen by seed, and equal arguments give equal words.
func (s *Solver) Samples(l Lang, n int, seed uint64) ([]string, error) { return nil, ErrStates }

// Count returns the number of words of l, but n if there are more.
func (s *Solver) Count(l Lang, n int) (int, error) { return 0, ErrStates }

// Finite reports whether l has finitely many words.
func (s *Solver) Finite(l Lang) (bool, error) { return false, ErrStates }

// Subset reports whether every word of a is in b. The words that are not are
// And(a, Not(b)).
func (s *Solver) Subset(a, b Lang) (bool, error) { return s.Empty(And(a, Not(b))) }

// Equal reports whether a and b have the same words.
func (s *Solver) Equal(a, b Lang) (bool, error) {
	if a.Key() == b.Key() {
		return true, nil
	}
	return s.Empty(Or(And(a, Not(b)), And(b, Not(a))))
}

// Contains reports whether a word is in l.
func (s *Solver) Contains(l Lang, word string) (bool, error) { return false, ErrStates }

// Part is one non-empty cell of a partition.
type Part struct {
	// In tells for each language whether the words of this part are in it.
	In []bool
	// Lang is the part itself.
	Lang Lang
	// Word is the first word of the part, as [Solver.Words] orders them.
	Word string
}

// Partition splits the words of within into parts, each inside or outside of
// each of langs as a whole, and returns those that have a word. More than most
// of them are an error, [ErrStates].
func (s *Solver) Partition(within Lang, langs []Lang, most int) ([]Part, error) {
	return nil, ErrStates
}
