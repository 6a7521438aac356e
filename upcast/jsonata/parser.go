package jsonata

import (
	"fmt"
	"strings"
)

// powers are the binding powers of operators behind an operand, as the language
// defines them.
var powers = map[string]int{
	".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80, "?": 20, "+": 50, "-": 50, "*": 60, "/": 60, "%": 60,
	"=": 40, "<": 40, ">": 40, "^": 40, ":=": 10, "!=": 40, "<=": 40, ">=": 40, "~>": 40, "?:": 40, "??": 40,
	"and": 30, "or": 25, "in": 40, "&": 50,
}

const negatePower = 70

// parser builds the tree as it is written; see resolver.
type parser struct {
	lexer   lexer
	token   token
	nodes   int
	nesting int
	limits  Limits
	err     error
}

// read reads the next token into p.token.
func (p *parser) read(afterOperand bool) {
	if p.err != nil {
		p.token = token{pos: len(p.lexer.text)}
		return
	}
	var err error
	if p.token, err = p.lexer.next(afterOperand); err != nil {
		p.fail(err)
	} else if p.token.is("!") || p.token.is("~") {
		p.fail(failAt("S0204", p.token.pos, p.token.shown()+" is no operator", "write != or $not(…), and ~> for a function"))
	}
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.token = token{pos: len(p.lexer.text)}
}

// expect passes an operator.
func (p *parser) expect(operator string, afterOperand bool) {
	if p.err != nil {
		return
	}
	if !p.token.is(operator) {
		code := "S0202"
		if p.token.kind == tokenEnd {
			code = "S0203"
		}
		p.fail(failAt(code, p.token.pos, fmt.Sprintf("%q is expected, and %s found", operator, p.token.shown()), ""))
		return
	}
	p.read(afterOperand)
}

// make counts a node.
func (p *parser) make(k kind, pos int) *node {
	p.nodes++
	if p.nodes > p.limits.Nodes && p.err == nil {
		e := over("X1007", "jsonata-nodes", int64(p.nodes), int64(p.limits.Nodes), "the expression has too many parts")
		e.offset = pos
		p.fail(e)
	}
	return &node{kind: k, pos: pos}
}

// over finishes a node: it lies over its parts.
func (p *parser) over(n *node, parts ...*node) *node {
	for _, part := range parts {
		if part != nil {
			n.depth = max(n.depth, part.depth+1)
		}
	}
	p.nested(n.depth, n.pos)
	return n
}

func (p *parser) nested(depth, pos int) {
	if depth > p.limits.Nesting && p.err == nil {
		e := over("X1007", "jsonata-nesting", int64(depth), int64(p.limits.Nesting), "the expression is nested too deeply")
		e.offset = pos
		p.fail(e)
	}
}

// expression reads operators that bind more strongly than power.
func (p *parser) expression(power int) *node {
	p.nesting++
	defer func() { p.nesting-- }()
	p.nested(p.nesting, p.token.pos)
	t := p.token
	p.read(true)
	left := p.prefix(t)
	for p.err == nil && p.token.kind == tokenOperator && power < powers[p.token.text] {
		t := p.token
		p.read(false)
		left = p.infix(t, left)
	}
	return left
}

// prefix reads what begins with a token.
func (p *parser) prefix(t token) *node {
	if p.err != nil {
		return &node{}
	}
	switch t.kind {
	case tokenEnd:
		return p.make(endNode, t.pos) // refused by whatever is expected next, or by the resolver
	case tokenName:
		n := p.make(nameNode, t.pos)
		n.text = t.text
		return n
	case tokenVariable:
		n := p.make(variableNode, t.pos)
		n.text = t.text
		return n
	case tokenLiteral:
		n := p.make(literalNode, t.pos)
		n.value = t.value
		return n
	case tokenRegex:
		n := p.make(regexNode, t.pos)
		n.value = t.value
		return n
	}
	switch t.text {
	case "and", "or", "in":
		n := p.make(nameNode, t.pos)
		n.text = t.text
		return n
	case "*":
		return p.make(wildcardNode, t.pos)
	case "**":
		return p.make(descendNode, t.pos)
	case "%":
		return p.make(parentNode, t.pos)
	}
	return p.bracket(t)
}

// bracket reads what a bracket or a minus begins. The token after t is read
// already, as if it followed an operand; what begins an operand is read again.
func (p *parser) bracket(t token) *node {
	switch t.text {
	case "-":
		n := p.make(negateNode, t.pos)
		p.operand(t)
		n.left = p.expression(negatePower)
		return p.over(n, n.left)
	case "(":
		n := p.make(blockNode, t.pos)
		p.operand(t)
		for p.err == nil && !p.token.is(")") {
			n.list = append(n.list, p.expression(0))
			if !p.token.is(";") {
				break
			}
			p.read(false)
		}
		p.expect(")", true)
		return p.over(n, n.list...)
	case "[":
		return p.array(t)
	case "{":
		n := p.make(objectNode, t.pos)
		p.operand(t)
		p.members(n)
		return n
	case "|":
		n := p.make(transformNode, t.pos)
		p.operand(t)
		n.left = p.expression(0)
		p.expect("|", false)
		n.right = p.expression(0)
		if p.token.is(",") {
			p.read(false)
			n.other = p.expression(0)
		}
		p.expect("|", true)
		return p.over(n, n.left, n.right, n.other)
	}
	p.fail(failAt("S0211", t.pos, fmt.Sprintf("%s cannot stand where a value begins", t.shown()), ""))
	return &node{}
}

// operand reads the token after t again, as one that may begin a value.
func (p *parser) operand(t token) {
	if p.err == nil && p.token.is("/") {
		p.lexer.at = t.pos + len(t.text)
		p.read(false)
	}
}

func (p *parser) array(t token) *node {
	n := p.make(arrayNode, t.pos)
	p.operand(t)
	for p.err == nil && !p.token.is("]") {
		item := p.expression(0)
		if p.token.is("..") {
			r := p.make(binaryNode, p.token.pos)
			p.read(false)
			r.text, r.left, r.right = "..", item, p.expression(0)
			item = p.over(r, r.left, r.right)
		}
		n.list = append(n.list, item)
		if !p.token.is(",") {
			break
		}
		p.read(false)
		if p.token.is("]") { // a comma calls for another item
			p.prefix(p.token)
		}
	}
	p.expect("]", true)
	return p.over(n, n.list...)
}

// members reads the pairs of an object up to its end.
func (p *parser) members(n *node) {
	for p.err == nil && !p.token.is("}") {
		key := p.expression(0)
		p.expect(":", false)
		value := p.expression(0)
		n.pairs = append(n.pairs, [2]*node{key, value})
		p.over(n, key, value)
		if !p.token.is(",") {
			break
		}
		p.read(false)
		if p.token.is("}") {
			p.prefix(p.token)
		}
	}
	p.expect("}", true)
}

// infix reads what an operator makes of the value to its left. The token after
// the operator is read.
func (p *parser) infix(t token, left *node) *node {
	simple := func(k kind) *node {
		n := p.make(k, t.pos)
		n.text, n.left = t.text, left
		return n
	}
	switch t.text {
	case ".":
		n := simple(dotNode)
		n.right = p.expression(powers["."])
		return p.over(n, n.left, n.right)
	case "[":
		return p.filter(t, left)
	case "{":
		n := simple(groupNode)
		p.members(n)
		return p.over(n, left)
	case "(":
		return p.call(t, left)
	case "^":
		return p.order(simple(orderNode))
	case ":=":
		if left.kind != variableNode {
			p.fail(failAt("S0212", left.pos, "the left side of := is no variable", "write a name that begins with $"))
		}
		n := simple(bindNode)
		n.text, n.right = left.text, p.expression(powers[":="]-1)
		return p.over(n, n.right)
	case "@", "#":
		return p.variableOf(simple(map[string]kind{"@": focusNode, "#": indexNode}[t.text]))
	case "?":
		n := simple(conditionNode)
		n.right = p.expression(0)
		if p.token.is(":") {
			p.read(false)
			n.other = p.expression(0)
		}
		return p.over(n, n.left, n.right, n.other)
	case "?:", "??":
		n := simple(map[string]kind{"?:": orElseNode, "??": orNothingNode}[t.text])
		n.right = p.expression(0)
		return p.over(n, n.left, n.right)
	case "~>":
		n := simple(applyNode)
		n.right = p.expression(powers["~>"])
		return p.over(n, n.left, n.right)
	}
	n := simple(binaryNode)
	n.right = p.expression(powers[t.text])
	return p.over(n, n.left, n.right)
}

func (p *parser) filter(t token, left *node) *node {
	if p.token.is("]") {
		// An empty filter keeps one result a list.
		step := left
		for step.kind == filterNode {
			step = step.left
		}
		step.keep = true
		p.expect("]", true)
		return left
	}
	n := p.make(filterNode, t.pos)
	n.left, n.right = left, p.expression(0)
	p.expect("]", true)
	return p.over(n, n.left, n.right)
}

// order reads the terms of a sort.
func (p *parser) order(n *node) *node {
	p.expect("(", false)
	for p.err == nil {
		term := sortTerm{}
		if p.token.is("<") || p.token.is(">") {
			term.descending = p.token.text == ">"
			p.read(false)
		}
		term.expr = p.expression(0)
		n.terms = append(n.terms, term)
		p.over(n, term.expr)
		if !p.token.is(",") {
			break
		}
		p.read(false)
	}
	p.expect(")", true)
	return p.over(n, n.left)
}

// variableOf reads the variable of @ or #.
func (p *parser) variableOf(n *node) *node {
	right := p.expression(powers["@"])
	if right.kind != variableNode {
		p.fail(failAt("S0214", right.pos, "the right side of "+n.text+" is no variable", "write a name that begins with $"))
	}
	n.text = right.text
	return p.over(n, n.left)
}

// call reads arguments, or the rest of a function that is defined.
func (p *parser) call(t token, left *node) *node {
	n := p.make(callNode, t.pos)
	n.left = left
	for p.err == nil && !p.token.is(")") {
		if p.token.is("?") {
			n.kind = partialNode
			n.list = append(n.list, p.make(holeNode, p.token.pos))
			p.read(true)
		} else {
			n.list = append(n.list, p.expression(0))
		}
		if !p.token.is(",") {
			break
		}
		p.read(false)
		if p.token.is(")") {
			p.prefix(p.token)
		}
	}
	if left.kind == nameNode && (left.text == "function" || left.text == "λ") {
		p.expect(")", true)
		return p.lambda(n)
	}
	p.expect(")", true)
	return p.over(n, append(n.list, left)...)
}

func (p *parser) lambda(n *node) *node {
	for i, arg := range n.list {
		if arg.kind != variableNode {
			p.fail(failAt("S0208", arg.pos, fmt.Sprintf("parameter %d of a function is no variable", i+1), "write a name that begins with $"))
			return n
		}
		n.params = append(n.params, arg.text)
	}
	n.kind, n.list = lambdaNode, nil
	if p.token.is("<") {
		p.signatureOf(n)
	}
	p.expect("{", false)
	n.left = p.expression(0)
	p.expect("}", true)
	return p.over(n, n.left)
}

// signatureOf reads the signature of a function up to its closing bracket.
func (p *parser) signatureOf(n *node) {
	start, depth, at := p.token.pos, 0, p.token.pos
	text := p.lexer.text
	for ; at < len(text) && text[at] != '{'; at++ {
		if text[at] == '<' {
			depth++
		} else if text[at] == '>' {
			if depth--; depth == 0 {
				break
			}
		}
	}
	if at >= len(text) || text[at] != '>' {
		p.fail(failAt("S0202", min(at, len(text)), "the signature of a function does not end", "close it with >"))
		return
	}
	clean := strings.Join(strings.Fields(text[start:at+1]), "")
	s, err := parseSignature(clean)
	if err != nil {
		err.offset = start
		p.fail(err)
		return
	}
	n.signature = s
	p.lexer.at = at + 1
	p.read(true)
}
