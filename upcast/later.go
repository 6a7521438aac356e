package upcast

// later refuses what a document asks for and this release does not carry out.
func (d *Document) later() error {
	refuse := func(what, pointer string) error {
		e := &Error{Code: NotYet}
		e.Problem.What, e.Problem.Hint, e.Problem.Path = what+" not carried out yet", "the format is fixed; a later release does it", pointer
		return e
	}
	if d.Snapshots != nil {
		return refuse("rules for snapshots are", "/snapshots")
	}
	return nil
}
