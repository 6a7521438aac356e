package contain

import (
	"github.com/instar-registry/instar/schema"
)

// spotKeyword is a keyword of the reader schema that refuses a value.
type spotKeyword struct {
	spot
	keyword, detail string
}

func (q *question) explain(v *val) (schema.Break, spotKeyword) {
	return schema.Break{Kind: "values", Path: "$", Message: "the reader schema refuses a value that the writer schema accepts"}, spotKeyword{}
}

func (q *question) weaken(at spotKeyword) lit { return q.reader.goal }
