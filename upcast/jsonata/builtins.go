package jsonata

import (
	"fmt"
	"math"
)

// builtins are the functions of the language by name. The table is filled once
// at start and never changes.
var builtins = map[string]*native{}

// define adds a function. Its arity is how many arguments it takes where it is
// an argument itself, as the language's own implementation counts them.
func define(name, signature string, arity int, run func(*call) (Value, error)) {
	s, err := parseSignature(signature)
	if err != nil {
		panic(err) // a literal of ours
	}
	builtins[name] = &native{name, s, arity, run}
}

// needs names what the functions need that an expression has not by itself.
var needs = map[string]string{
	"now": "the time", "millis": "the time", "random": "chance", "shuffle": "chance", "uuid": "chance",
}

func init() {
	defineNumbers()
	defineTexts()
	definePatterns()
	defineLists()
	defineObjects()
	defineHigher()
	defineTimes()
	define("random", "<:n>", 0, func(c *call) (Value, error) {
		f, err := c.random()
		return normalFloat(f), err
	})
	define("uuid", "<:s>", 0, uuid)
	define("shuffle", "<a:a>", 1, shuffle)
	define("eval", "<sx?:x>", 2, func(*call) (Value, error) {
		return nil, fail("X1003", "$eval is not carried out: the text of an expression must be known when it is stored", "write the expression itself")
	})
	define("boolean", "<x-:b>", 1, func(c *call) (Value, error) {
		if c.args[0] == nil {
			return nil, nil
		}
		return boolValue(c.truth(c.args[0]))
	})
	define("not", "<x-:b>", 1, func(c *call) (Value, error) {
		if c.args[0] == nil {
			return nil, nil
		}
		t, err := c.truth(c.args[0])
		return !t, err
	})
	define("exists", "<x:b>", 1, func(c *call) (Value, error) { return c.args[0] != nil, nil })
	define("type", "<x:s>", 1, func(c *call) (Value, error) {
		if c.args[0] == nil {
			return nil, nil
		}
		return kindOf(c.args[0]), nil
	})
	define("error", "<s?:x>", 1, func(c *call) (Value, error) {
		return nil, fail("D3137", orElse(c.args[0], "$error() function evaluated"), "")
	})
	define("assert", "<bs?:x>", 2, func(c *call) (Value, error) {
		if c.args[0] == true {
			return nil, nil
		}
		return nil, fail("D3141", orElse(c.args[1], "$assert() statement failed"), "")
	})
	define("clone", "<(oa)-:o>", 1, func(c *call) (Value, error) {
		if c.args[0] == nil {
			return nil, nil
		}
		return c.clone(c.args[0], map[*Object]bool{})
	})
}

func orElse(v Value, other string) string {
	if s, ok := v.(string); ok && s != "" {
		return s
	}
	return other
}

// missing is the error of a function that needs what nobody gave.
func (c *call) missing(name string) error {
	return fail("X1002", fmt.Sprintf("$%s needs %s, which this evaluation does not have", name, needs[name]),
		"an event must become the same whenever it is read; take the value from the event")
}

func (c *call) random() (float64, error) {
	if c.sources.Random == nil {
		return 0, c.missing(c.name)
	}
	f := c.sources.Random()
	if !(f >= 0 && f < 1) {
		f = 0
	}
	return f, nil
}

func uuid(c *call) (Value, error) {
	var b [16]byte
	for i := range b {
		f, err := c.random()
		if err != nil {
			return nil, err
		}
		b[i] = byte(f * 256)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

func shuffle(c *call) (Value, error) {
	a, ok := c.args[0].(*Array)
	if !ok || len(a.Items) <= 1 {
		return c.args[0], nil
	}
	out := make([]Value, len(a.Items))
	for i, item := range a.Items {
		f, err := c.random()
		if err != nil {
			return nil, err
		}
		j := int(math.Floor(f * float64(i+1)))
		out[i] = out[j]
		out[j] = item
	}
	return NewArray(out...), c.pay(len(out))
}
