package registry

import "github.com/instar-registry/instar/schema"

// candidates remembers what the schemas of one command came to, because a
// command is decided twice: before the head is locked and under it. Only
// schemas without references are kept, whose meaning depends on nothing that
// could change in between. It belongs to one goroutine at a time.
type candidates map[candidateID]*candidate

// candidateID is everything that the candidate of a command without references
// depends on. Metadata and rules are compared by address: whoever changes them
// makes new ones.
type candidateID struct {
	text                          string
	format                        schema.Format
	lenient, normalize, importing bool
	metadata                      *Metadata
	ruleSet                       *RuleSet
	source                        *GUID
}

func idOfCandidate(cmd *Register, lenient, importing bool) candidateID {
	return candidateID{
		text: cmd.Text, format: cmd.Format, lenient: lenient, normalize: cmd.Normalize, importing: importing,
		metadata: cmd.Metadata, ruleSet: cmd.RuleSet, source: cmd.SourceGUID,
	}
}

// shape returns the candidate's shape, made when it is first needed.
func (c *candidate) shape() *Shape {
	if c.ownShape == nil {
		c.ownShape = shapeOf(c.parsed)
	}
	return c.ownShape
}
