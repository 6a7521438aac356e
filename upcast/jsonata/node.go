package jsonata

// kind is what a node of the tree is.
type kind uint8

const (
	literalNode   kind = iota // value
	nameNode                  // text; a member of the context
	variableNode              // text
	wildcardNode              // *
	descendNode               // **
	parentNode                // %; slot
	regexNode                 // value
	binaryNode                // text is the operator; left, right
	negateNode                // left
	arrayNode                 // list
	objectNode                // pairs
	callNode                  // left(list)
	partialNode               // left(list), with placeholders in the list
	holeNode                  // the placeholder ?
	lambdaNode                // params, signature, left is the body
	conditionNode             // left ? right : other
	orElseNode                // left ?: right: left if it is true
	orNothingNode             // left ?? right: left if it is something
	blockNode                 // list
	bindNode                  // $text := right
	applyNode                 // left ~> right
	transformNode             // |left|right,other|
	pathNode                  // list of steps
	sortNode                  // terms; a step of a path

	// Only in the tree that the parser builds; the resolver makes paths of them.
	dotNode    // left.right
	filterNode // left[right]
	groupNode  // left{pairs}
	orderNode  // left^(terms)
	focusNode  // left@$text
	indexNode  // left#$text
	endNode    // the end of the text, where a value should begin
)

// node is a part of an expression.
type node struct {
	kind  kind
	pos   int // byte offset in the text
	depth int // nesting below
	text  string
	value Value

	left, right, other *node
	list               []*node
	pairs              [][2]*node
	terms              []sortTerm
	params             []string
	signature          *signature

	// keep: "[]" was written behind it, so one result stays a list.
	keep bool

	// What the resolver finds out.
	predicates []stage // filters on a value that is no step
	stages     []stage // filters and positions on a step
	group      *node   // objectNode that groups what the node gives
	single     bool    // of a path: some step has keep
	cons       bool    // of an array: it is the first or last step of a path
	tuple      bool    // of a step or path: it carries variables
	focus      string  // variable that takes the step's values
	index      string  // variable that takes their positions
	tail       bool    // of a call: it is the last thing that a function does
	slot       *slot   // of a parent
	ancestor   *slot   // of a step: the slot that takes its context
	seeking    []*slot // parents that lie beyond the node
}

// stage is a filter, or a variable that takes positions.
type stage struct {
	filter *node
	index  string
	pos    int
}

// sortTerm is one term of an order.
type sortTerm struct {
	descending bool
	expr       *node
}

// slot is a variable without a name that holds what % stands for.
type slot struct {
	label string
	level int
}

func (n *node) isLiteral() bool { return n.kind == literalNode }
