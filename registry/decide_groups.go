package registry

import "github.com/instar-registry/instar/upcast"

// crossing refuses a version that begins another compatibility group than the one
// before it, where the configuration asks for a way across and there is none. The
// engine compares within a group only, so nothing else looks at the border.
func (d *decider) crossing(cmd *Register, c *candidate, eff *Config) error {
	s := d.st.Subject(cmd.Name)
	before := s.Version(s.Highest())
	if !isTrue(eff.UpcasterGroups) || eff.Group == "" || before == nil || groupOf(before.Content, eff.Group) == groupOf(c.content, eff.Group) {
		return nil
	}
	no := func(why string) error {
		return fail(UpcasterGap, "The version begins another group by '%s' than version %d, and events of that have no proved way to it: %s", eff.Group, before.Number, why).
			because("send an upcaster along with the version, as upcaster; requireUpcasterAcrossGroups asks for it")
	}
	if d.bridge != nil {
		switch v := &d.bridge.added.Verdict; {
		case v.Outcome != upcast.Proved:
			return no("the upcaster is only tested")
		case !v.Total && !cmd.AcceptPartial:
			return no("the upcaster sends some events to the dead letter")
		}
		d.bridge.change.Partial = d.bridge.change.Partial || !d.bridge.added.Verdict.Total
		d.bridge.added.rests(&d.bridge.change)
		return nil
	}
	old, err := d.st.parsed(d.env, cmd.Name.Context, before.Content)
	if err != nil {
		return refusalOrNeed(err)
	}
	hop, err := d.env.Library.Derive("", old, c.parsed)
	switch refused := upcasterRefusal(err); {
	case err != nil && isGap(refused):
		return no(refused.Error())
	case err != nil:
		return err
	case hop.Verdict.Outcome != upcast.Proved || !hop.Verdict.Total:
		return no((&VerdictError{hop.Verdict}).Error())
	}
	return nil
}
