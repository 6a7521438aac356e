package avro

import (
	"sync"
	"weak"
)

// lent keeps the second decoder of a schema as long as somebody uses it, so that
// many questions in a row about one writer parse it once. It is held weakly: its
// caches are larger than the schema, and no memory of schemas counts them.
type lent struct {
	mu sync.Mutex
	o  weak.Pointer[secondOpinion]
}

// secondOpinion returns the decoder of the schema.
func (s *Schema) secondOpinion() *secondOpinion {
	s.second.mu.Lock()
	defer s.second.mu.Unlock()
	if o := s.second.o.Value(); o != nil {
		return o
	}
	o := newSecondOpinion(s)
	s.second.o = weak.Make(o)
	return o
}
