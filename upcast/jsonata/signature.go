package jsonata

import (
	"fmt"
	"math/big"
	"strings"
)

// signature says which arguments a function takes. It is what stands between
// the brackets of <n-s?:b>.
type signature struct {
	params []param
}

// param is one parameter.
type param struct {
	letter   byte   // s n b l o a f j x, or ( for a choice
	accepts  string // the letters of the types that fit; m is nothing
	optional bool
	many     bool
	context  bool   // the context stands in for a missing argument
	item     string // of a list: what its items are
}

// maxParams bounds the parameters of a signature.
const maxParams = 64

// anything is every type, nothing included.
const anything = "asnblfom"

func parseSignature(text string) (*signature, *Error) {
	s := &signature{}
	for i := 1; i < len(text) && text[i] != ':'; i++ {
		prev := &param{}
		if len(s.params) > 0 {
			prev = &s.params[len(s.params)-1]
		}
		add := func(accepts string) { s.params = append(s.params, param{letter: text[i], accepts: accepts}) }
		switch c := text[i]; c {
		case 's', 'n', 'b', 'l', 'o':
			add(string(c) + "m")
		case 'a', 'x':
			add(anything)
		case 'f':
			add("f")
		case 'j':
			add("asnblom")
		case '-':
			prev.context, prev.optional = true, true
		case '?':
			prev.optional = true
		case '+':
			prev.many = true
		case '(':
			end := closing(text, i, '(', ')')
			choice := text[i+1 : end]
			if strings.Contains(choice, "<") {
				return nil, fail("S0402", "a choice within a signature has types with parameters", "")
			}
			add(choice + "m")
			i = end
		case '<':
			if prev.letter != 'a' && prev.letter != 'f' {
				return nil, fail("S0401", "only lists and functions have a type parameter in a signature", "")
			}
			end := closing(text, i, '<', '>')
			prev.item = text[i+1 : end]
			i = end
		}
		if len(s.params) > maxParams {
			return nil, over("X1007", "jsonata-parameters", int64(len(s.params)), maxParams, "a signature has too many parameters")
		}
	}
	return s, nil
}

// closing is the index of the bracket that closes the one at start, or the end.
func closing(text string, start int, open, shut byte) int {
	depth := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// letterOf is the letter of a value's type.
func letterOf(v Value) byte {
	switch v.(type) {
	case nil:
		return 'm'
	case null:
		return 'l'
	case bool:
		return 'b'
	case string:
		return 's'
	case int64, *big.Int, float64, *Decimal:
		return 'n'
	case *Array, *stream:
		return 'a'
	case *Object:
		return 'o'
	}
	return 'f'
}

// matcher tries to give each parameter a number of arguments; many and optional
// ones take as many as they can. What failed once is not tried again, so that a
// signature of many optional parameters takes no exponential time.
type matcher struct {
	params  []param
	letters string
	counts  []int
	failed  map[[2]int]bool
}

func matchArguments(params []param, letters string) ([]int, bool) {
	m := matcher{params, letters, make([]int, len(params)), map[[2]int]bool{}}
	return m.counts, m.from(0, 0)
}

// from assigns the arguments from one on to the parameters from p on.
func (m *matcher) from(p, arg int) bool {
	if p == len(m.params) {
		return arg == len(m.letters)
	}
	if m.failed[[2]int{p, arg}] {
		return false
	}
	x := &m.params[p]
	most := 0
	for i := arg; i < len(m.letters) && strings.IndexByte(x.accepts, m.letters[i]) >= 0 && (most == 0 || x.many); i++ {
		most++
	}
	least := 1
	if x.optional {
		least = 0
	}
	for n := most; n >= least; n-- {
		if m.counts[p] = n; m.from(p+1, arg+n) {
			return true
		}
	}
	m.failed[[2]int{p, arg}] = true
	return false
}

var plural = map[byte]string{'a': "arrays", 'b': "booleans", 'f': "functions", 'n': "numbers", 'o': "objects", 's': "strings"}

// validate holds arguments to the signature and fills in the context. It returns
// the arguments as the function takes them: single values as lists where a list
// is wanted.
func (s *signature) validate(name string, args []Value, context Value) ([]Value, error) {
	if s == nil {
		return args, nil
	}
	letters := make([]byte, len(args))
	for i, a := range args {
		letters[i] = letterOf(a)
	}
	counts, ok := matchArguments(s.params, string(letters))
	if !ok {
		return nil, s.mismatch(name, args, string(letters))
	}
	out := make([]Value, 0, len(s.params))
	next := 0
	for p := range s.params {
		x := &s.params[p]
		if counts[p] == 0 {
			if !x.context {
				out = append(out, nil)
				continue
			}
			if strings.IndexByte(x.accepts, letterOf(context)) < 0 {
				return nil, fail("T0411", fmt.Sprintf("the context, %s, does not fit argument %d of $%s", show(context), next+1, name), "")
			}
			out = append(out, context)
			continue
		}
		for range counts[p] {
			v, ok := x.take(args[next], counts[p])
			if !ok {
				return nil, fail("T0412", fmt.Sprintf("argument %d of $%s is not an array of %s", next+1, name, plural[x.item[0]]), "")
			}
			out = append(out, v)
			next++
		}
	}
	return out, nil
}

// take converts one argument.
func (x *param) take(v Value, count int) (Value, bool) {
	if x.letter != 'a' || v == nil {
		return v, true
	}
	list, isList := v.(*Array)
	if x.item != "" {
		if !isList && (count != 1 || string(letterOf(v)) != x.item) {
			return nil, false
		}
		if isList {
			for _, item := range list.Items {
				if letterOf(item) != x.item[0] {
					return nil, false
				}
			}
		}
	}
	if !isList {
		if _, isStream := v.(*stream); isStream {
			return v, true
		}
		return NewArray(v), true
	}
	return v, true
}

// mismatch names the first argument that does not fit.
func (s *signature) mismatch(name string, args []Value, letters string) error {
	good := 0
	for n := range letters {
		for p := range s.params {
			if _, ok := matchArguments(s.params[:p+1], letters[:n+1]); ok {
				good = n + 1
			}
		}
	}
	if good >= len(args) {
		return fail("T0410", fmt.Sprintf("$%s is called with %d arguments, which does not fit its signature", name, len(args)), "")
	}
	return fail("T0410", fmt.Sprintf("argument %d of $%s does not fit: it is %s", good+1, name, show(args[good])), "")
}
