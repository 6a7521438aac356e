package upcast

// shapeKind is what a key of a mapping holds.
type shapeKind string

// The kinds, named as in the published JSON Schema's definitions.
const (
	textShape         shapeKind = "text"
	textsShape        shapeKind = "texts"
	boolShape         shapeKind = "boolean"
	numberShape       shapeKind = "number"
	wordShape         shapeKind = "word"
	pathShape         shapeKind = "path"
	pathsShape        shapeKind = "paths"
	pairsShape        shapeKind = "pairs"
	exprShape         shapeKind = "expression"
	sourceShape       shapeKind = "source"
	sourcesShape      shapeKind = "sources"
	ownSourceShape    shapeKind = "ownSource"
	elseShape         shapeKind = "else"
	elsesShape        shapeKind = "elses"
	stepsShape        shapeKind = "steps"
	branchesShape     shapeKind = "branches"
	intoShape         shapeKind = "into"
	outputsShape      shapeKind = "outputs"
	targetShape       shapeKind = "target"
	targetOrTextShape shapeKind = "targetOrText"
)

// shape is what the reader of a mapping asks for.
type shape struct {
	keys []shapeKey
}

type shapeKey struct {
	name     string
	kind     shapeKind
	required bool
	words    []string
}

// describe runs the reader of an operation without a document and returns the
// keys that it asks for.
func describe(read func(*object) Operation) *shape {
	r := &reader{describe: &shape{}}
	read(r.object(nil, "", "it"))
	return r.describe
}

func (o *object) note(key string, k shapeKind, required bool) {
	if o.r.describe == nil {
		return
	}
	for i := range o.r.describe.keys {
		if o.r.describe.keys[i].name == key {
			return
		}
	}
	o.r.describe.keys = append(o.r.describe.keys, shapeKey{name: key, kind: k, required: required})
}

func (o *object) noteWords(key string, required bool, words []string) {
	o.note(key, wordShape, required)
	if d := o.r.describe; d != nil {
		for i := range d.keys {
			if d.keys[i].name == key {
				d.keys[i].words, d.keys[i].kind = words, wordShape
			}
		}
	}
}

// noteSource notes that the keys of a source stand in the mapping itself.
func (o *object) noteSource() { o.note("", ownSourceShape, true) }
