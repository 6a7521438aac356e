package upcast

// later refuses what a document asks for and this release does not carry out.
func (d *Document) later() error {
	refuse := func(what, pointer string) error {
		e := &Error{Code: NotYet}
		e.Problem.What, e.Problem.Hint, e.Problem.Path = what+" not carried out yet", "the format is fixed; a later release does it", pointer
		return e
	}
	switch {
	case d.Snapshots != nil:
		return refuse("rules for snapshots are", "/snapshots")
	case d.ParkIn != "":
		return refuse("values parked in the event are", "/parkIn")
	}
	if s := parks(d.Steps); s != nil {
		e := &Error{Code: NotYet}
		e.Problem.What, e.Problem.Hint = "park is not carried out yet", "remove it: the lost value is not kept; a later release keeps it beside the event"
		e.Problem.Path, e.Problem.Position = s.Pointer, s.Position
		return e
	}
	return nil
}

// parks finds a step that parks what it loses.
func parks(steps []Step) *Step {
	for i := range steps {
		park, inner := false, []Step(nil)
		switch op := steps[i].Operation.(type) {
		case *Drop:
			park = op.Park
		case *Set:
			park = op.Park
		case *Retype:
			park = op.Park
		case *Head:
			park = op.Park
		case *Filter:
			park = op.Park
		case *Narrow:
			park = op.Park
		case *Rest:
			park = op.Park
		case *Each:
			inner = op.Steps
		case *InType:
			inner = op.Steps
		case *MapBranch:
			for _, m := range op.Map {
				inner = append(inner, m.Steps...)
			}
		case *SplitEvent:
			for _, o := range op.Outputs {
				inner = append(inner, o.Steps...)
			}
		}
		if park {
			return &steps[i]
		}
		if s := parks(inner); s != nil {
			return s
		}
	}
	return nil
}
