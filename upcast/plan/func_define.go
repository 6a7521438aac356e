package plan

import "fmt"

// The functions of expressions are made of plain Go functions, which the
// evaluation on values and the compiled expressions share. One that may fail
// gives the reason beside its result; the empty reason means that there is a
// result.

// typedFunc notes the signature of a function.
func typedFunc(gives Sort, takes []Sort, f *Func) *Func {
	generic[f] = Signature{Takes: takes, Gives: gives}
	return f
}

func fn1[A, R any](name string, f func(A) R) *Func {
	return typedFunc(sortFor[R](), sorts(sortFor[A]()), &Func{Name: name, impl: f, eval: func(_ *Call, args []Value) (Value, string) {
		a, ok := args[0].(A)
		if !ok {
			return wrongKind(name, args)
		}
		return f(a), ""
	}})
}

func fn1p[A, R any](name string, f func(A) (R, string)) *Func {
	return typedFunc(sortFor[R](), sorts(sortFor[A]()), &Func{Name: name, Partial: true, impl: f, eval: func(_ *Call, args []Value) (Value, string) {
		a, ok := args[0].(A)
		if !ok {
			return wrongKind(name, args)
		}
		return f(a)
	}})
}

func fn2[A, B, R any](name string, f func(A, B) R) *Func {
	return typedFunc(sortFor[R](), sorts(sortFor[A](), sortFor[B]()), &Func{Name: name, impl: f, eval: func(_ *Call, args []Value) (Value, string) {
		a, ok := args[0].(A)
		b, ok2 := args[1].(B)
		if !ok || !ok2 {
			return wrongKind(name, args)
		}
		return f(a, b), ""
	}})
}

func fn2p[A, B, R any](name string, f func(A, B) (R, string)) *Func {
	return typedFunc(sortFor[R](), sorts(sortFor[A](), sortFor[B]()), &Func{Name: name, Partial: true, impl: f, eval: func(_ *Call, args []Value) (Value, string) {
		a, ok := args[0].(A)
		b, ok2 := args[1].(B)
		if !ok || !ok2 {
			return wrongKind(name, args)
		}
		return f(a, b)
	}})
}

func fn3[A, B, C, R any](name string, f func(A, B, C) R) *Func {
	return typedFunc(sortFor[R](), sorts(sortFor[A](), sortFor[B](), sortFor[C]()), &Func{Name: name, impl: f, eval: func(_ *Call, args []Value) (Value, string) {
		a, ok := args[0].(A)
		b, ok2 := args[1].(B)
		c, ok3 := args[2].(C)
		if !ok || !ok2 || !ok3 {
			return wrongKind(name, args)
		}
		return f(a, b, c), ""
	}})
}

func fn3p[A, B, C, R any](name string, f func(A, B, C) (R, string)) *Func {
	return typedFunc(sortFor[R](), sorts(sortFor[A](), sortFor[B](), sortFor[C]()), &Func{Name: name, Partial: true, impl: f, eval: func(_ *Call, args []Value) (Value, string) {
		a, ok := args[0].(A)
		b, ok2 := args[1].(B)
		c, ok3 := args[2].(C)
		if !ok || !ok2 || !ok3 {
			return wrongKind(name, args)
		}
		return f(a, b, c)
	}})
}

// fnPattern is a function of a text and the pattern of the call.
func fnPattern(name string, f func(c *Call, s string) Value) *Func {
	return &Func{Name: name, eval: func(c *Call, args []Value) (Value, string) {
		s, ok := args[0].(string)
		if !ok || c.Pattern == nil {
			return wrongKind(name, args)
		}
		return f(c, s), ""
	}}
}

// wrongKind is the failure of a call that the types rule out.
func wrongKind(name string, args []Value) (Value, string) {
	kinds := ""
	for _, a := range args {
		kinds += fmt.Sprintf(" %T", a)
	}
	return nil, name + " cannot take" + kinds
}
