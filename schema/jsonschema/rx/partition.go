package rx

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
	word, found, err := s.Shortest(within)
	if err != nil || !found {
		return nil, err
	}
	parts := []Part{{Lang: within, Word: word}}
	for _, l := range langs {
		var finer []Part
		for _, p := range parts {
			halves, err := s.halve(p, l)
			if err != nil {
				return nil, err
			}
			finer = append(finer, halves...)
		}
		if parts = finer; len(parts) > most {
			return nil, ErrStates
		}
	}
	return parts, nil
}

// halve splits a part by one language. One half has the word of the whole, and
// so only the other needs a search.
func (s *Solver) halve(p Part, l Lang) ([]Part, error) {
	in, err := s.Contains(l, p.Word)
	if err != nil {
		return nil, err
	}
	half := func(in bool) Part {
		part := l
		if !in {
			part = Not(l)
		}
		return Part{In: append(p.In[:len(p.In):len(p.In)], in), Lang: And(p.Lang, part), Word: p.Word}
	}
	same, other := half(in), half(!in)
	word, found, err := s.Shortest(other.Lang)
	if err != nil {
		return nil, err
	}
	if !found {
		same.Lang = p.Lang // the language does not split it
		return []Part{same}, nil
	}
	other.Word = word
	if in {
		return []Part{same, other}, nil
	}
	return []Part{other, same}, nil
}
