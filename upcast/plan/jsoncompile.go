package plan

import "slices"

// fallback computes a node on the decoded event; false if it needs what only this
// scope knows.
func (c *jsonCompiler) fallback(n Node) (jsonEmit, bool) {
	if c.inner || !c.free(n) {
		return nil, false
	}
	c.plan.computes = true
	return func(r *jsonRun, _ []jsonSpan) emitted { return r.node(n) }, true
}

// free reports whether a node uses the event itself and what it binds, alone.
func (c *jsonCompiler) free(n Node) bool {
	for b := range newFreeBinders().of(n) {
		if b != c.plan.source {
			return false
		}
	}
	return true
}

// emit compiles a node; false if it has no program here.
func (c *jsonCompiler) emit(n Node) (jsonEmit, bool) {
	if p := c.place(n); p != nil {
		return c.span(n, p), true
	}
	switch n := n.(type) {
	case *Lit:
		text, err := AppendJSON(nil, n.Value)
		if err != nil {
			return nil, false
		}
		return func(r *jsonRun, _ []jsonSpan) emitted {
			r.out = append(r.out, text...)
			return done
		}, true
	case *Nothing:
		return func(*jsonRun, []jsonSpan) emitted { return nothing }, true
	case *Stop:
		f := &Failure{Code: n.Code, Hop: n.Hop, Step: n.Step, Path: n.Path, Reason: n.Reason}
		return func(r *jsonRun, _ []jsonSpan) emitted { return r.fail(f) }, true
	case *Cast:
		return c.cast(n)
	case *Tag:
		return c.emit(n.X)
	case *Make:
		return c.orFallback(n, c.object)
	case *ListOf:
		return c.orFallback(n, c.listOf)
	case *Opt:
		return c.orFallback(n, c.opt)
	case *Switch:
		return c.orFallback(n, c.choose)
	case *Each:
		return c.orFallback(n, c.each)
	case *EachEntry:
		return c.orFallback(n, c.each)
	case *Let:
		return c.orFallback(n, c.let)
	case *Check:
		return c.orFallback(n, c.check)
	case *Apply:
		return c.orFallback(n, c.apply)
	case *OrElse, *Call:
		return c.orFallback(n, c.symbol)
	default:
		return c.fallback(n)
	}
}

func (c *jsonCompiler) orFallback(n Node, f func(Node) (jsonEmit, bool)) (jsonEmit, bool) {
	if e, ok := f(n); ok {
		return e, true
	}
	return c.fallback(n)
}

// span copies a part of the event.
func (c *jsonCompiler) span(n Node, p *jsonPlace) jsonEmit {
	slot, missing := c.note(p), nothing
	if !MayBeAbsent(n) {
		missing = failed
	}
	return func(r *jsonRun, f []jsonSpan) emitted {
		s := f[slot]
		if s.start < 0 {
			if missing == failed {
				return r.fail(notOfSource)
			}
			return nothing
		}
		r.out = append(r.out, r.event[s.start:s.end]...)
		return r.room()
	}
}

func (c *jsonCompiler) cast(n *Cast) (jsonEmit, bool) {
	e, ok := c.emit(n.X)
	if !ok || !n.Sure {
		return e, ok
	}
	return func(r *jsonRun, f []jsonSpan) emitted {
		if x := e(r, f); x != nothing {
			return x
		}
		return r.fail(notOfSource)
	}, true
}

func (c *jsonCompiler) listOf(n Node) (jsonEmit, bool) {
	items := make([]jsonEmit, len(n.(*ListOf).Items))
	for i, x := range n.(*ListOf).Items {
		var ok bool
		if items[i], ok = c.emit(x); !ok {
			return nil, false
		}
	}
	return func(r *jsonRun, f []jsonSpan) emitted {
		r.out = append(r.out, '[')
		for i, e := range items {
			if i > 0 {
				r.out = append(r.out, ',')
			}
			if x := e(r, f); x != done {
				return r.orInput(x)
			}
		}
		r.out = append(r.out, ']')
		return done
	}, true
}

// orInput turns the lack of a value that must be there into a failure.
func (r *jsonRun) orInput(x emitted) emitted {
	if x == nothing {
		return r.fail(notOfSource)
	}
	return x
}

func (c *jsonCompiler) opt(n Node) (jsonEmit, bool) {
	o := n.(*Opt)
	p := c.place(o.On)
	if p == nil {
		return nil, false
	}
	slot := c.note(p)
	c.places[o.Bind] = p
	body, ok := c.emit(o.Body)
	missing, ok2 := c.emit(o.Missing)
	return func(r *jsonRun, f []jsonSpan) emitted {
		if f[slot].start < 0 {
			return missing(r, f)
		}
		return body(r, f)
	}, ok && ok2
}

func (c *jsonCompiler) let(n Node) (jsonEmit, bool) {
	l := n.(*Let)
	p := c.place(l.X)
	if p == nil {
		return nil, false
	}
	c.places[l.Bind] = p
	return c.emit(l.Body)
}

// check runs a part for its failures and takes back what it wrote.
func (c *jsonCompiler) check(n Node) (jsonEmit, bool) {
	x, ok := c.emit(n.(*Check).X)
	body, ok2 := c.emit(n.(*Check).Body)
	return func(r *jsonRun, f []jsonSpan) emitted {
		at := len(r.out)
		if x(r, f) == failed {
			return failed
		}
		r.out = r.out[:at]
		return body(r, f)
	}, ok && ok2
}

// jsonCase is a branch of a union: the kinds of its values and, of objects, the
// texts of the tag.
type jsonCase struct {
	kinds  kinds
	values []string
	emit   jsonEmit
}

func (c *jsonCompiler) choose(n Node) (jsonEmit, bool) {
	s := n.(*Switch)
	p := c.place(s.On)
	t, ok := TypeOf(s.On)
	if p == nil || !ok || t.Kind != Union {
		return nil, false
	}
	slot, tag := c.note(p), -1
	if t.Tag != "" {
		tag = c.note(p.member(t.Tag))
	}
	cases := make([]jsonCase, len(t.Branches))
	for i := range t.Branches {
		br := &t.Branches[i]
		at := slices.IndexFunc(s.Cases, func(x Case) bool { return x.Branch == br.Name })
		if at < 0 {
			return nil, false
		}
		c.places[s.Cases[at].Bind] = p
		cases[i] = jsonCase{kinds: KindsOf(br.Type), values: br.Values}
		if cases[i].emit, ok = c.emit(s.Cases[at].Body); !ok {
			return nil, false
		}
	}
	return func(r *jsonRun, f []jsonSpan) emitted {
		if f[slot].start < 0 {
			return r.fail(notOfSource)
		}
		kind := r.kindAt(f[slot].start)
		for i := range cases {
			x := &cases[i]
			if x.kinds&kind != 0 && (len(x.values) == 0 || slices.ContainsFunc(x.values, func(v string) bool { return r.textIs(f[tag], v) })) {
				return x.emit(r, f)
			}
		}
		return r.fail(notOfSource)
	}, true
}

// symbol maps the symbols of a text by constants.
func (c *jsonCompiler) symbol(n Node) (jsonEmit, bool) {
	otherwise := jsonEmit(func(r *jsonRun, _ []jsonSpan) emitted {
		return r.fail(&Failure{Code: FailValue, Reason: "a symbol is not mapped"})
	})
	if o, ok := n.(*OrElse); ok {
		x := o.X
		if k, ok := x.(*Cast); ok {
			x = k.X
		}
		if otherwise, ok = c.emit(o.Else); !ok {
			return nil, false
		}
		n = x
	}
	call, ok := n.(*Call)
	if !ok || call.Func != MapSymbol {
		return nil, false
	}
	p := c.place(call.Args[0])
	t, ok := TypeOf(call.Args[0])
	if p == nil || !ok {
		return nil, false
	}
	slot := c.note(p)
	type pair struct{ from, to string }
	var table []pair
	for _, s := range t.Symbols {
		if to, ok := call.Table[s]; ok {
			text, _ := AppendJSON(nil, to)
			table = append(table, pair{s, string(text)})
		}
	}
	return func(r *jsonRun, f []jsonSpan) emitted {
		for i := range table {
			if r.textIs(f[slot], table[i].from) {
				r.out = append(r.out, table[i].to...)
				return done
			}
		}
		return otherwise(r, f)
	}, true
}
