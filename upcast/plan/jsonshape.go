package plan

// Values of which nothing is noted are read too, and objects faster if the names of
// their members are known: a shape is how the values of a type mostly look. Values
// that look otherwise are read as well.

// looks gives a place the shape of its type.
func (c *jsonCompiler) looks(p *jsonPlace, t *Type) *jsonPlace {
	if p.shape == nil {
		p.shape = c.shape(t)
	}
	return p
}

// shape is the shape of a type; nil for one that holds neither objects with names
// nor lists of them. Types that hold themselves have shapes that do.
func (c *jsonCompiler) shape(t *Type) *jsonPlace {
	switch t.Kind {
	case Record, List:
	case Union:
		return c.shapeOf(t.Branches)
	default:
		return nil
	}
	s, ok := c.shapes[t]
	if ok {
		return s
	}
	s = &jsonPlace{slot: -1}
	c.shapes[t] = s
	if t.Kind == List {
		s.elem = c.shape(t.Elem)
	}
	for i := range t.Fields {
		id := s.id(t.Fields[i].Name)
		s.members[id].place = c.shape(t.Fields[i].Type)
	}
	return s
}

// shapeOf is the shape of the only branch that has one.
func (c *jsonCompiler) shapeOf(branches []Branch) *jsonPlace {
	var only *jsonPlace
	for i := range branches {
		switch s := c.shape(branches[i].Type); {
		case s == nil:
		case only != nil:
			return nil
		default:
			only = s
		}
	}
	return only
}
