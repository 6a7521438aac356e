package plan

// each writes a list or a map anew, element by element.
func (c *jsonCompiler) each(n Node) (jsonEmit, bool) {
	over, bind, where, body, open := Node(nil), (*Binder)(nil), Node(nil), Node(nil), byte('[')
	switch n := n.(type) {
	case *Each:
		over, bind, where, body = n.Over, n.Bind, n.Where, n.Body
	case *EachEntry:
		over, bind, where, body, open = n.Over, n.Bind, n.Where, n.Body, '{'
	}
	p := c.place(over)
	if p == nil || where != nil {
		return nil, false
	}
	slot := c.note(p)
	sub, ok := c.sub(bind, body)
	if !ok {
		return nil, false
	}
	return func(r *jsonRun, f []jsonSpan) emitted {
		s := f[slot]
		if s.start < 0 || r.event[s.start] != open {
			return r.fail(notOfSource)
		}
		scan := jsonScan{data: r.event[:s.end], at: int(s.start) + 1, depth: r.plan.limits.Depth, items: r.plan.limits.Items, run: r, trusted: true}
		r.out = append(r.out, open)
		for scan.space(); scan.at < int(s.end)-1; scan.space() {
			if !r.work.goesOn() {
				return r.fail(tooManySteps())
			}
			if open == '{' {
				start := scan.at
				scan.text()
				r.out = append(append(r.out, r.event[start:scan.at]...), ':')
				scan.space()
				scan.at++
				scan.space()
			}
			if x := r.within(sub, &scan); x != done {
				return r.orInput(x)
			}
			scan.space()
			if scan.at < int(s.end)-1 {
				r.out = append(r.out, ',')
				scan.at++
			}
		}
		r.out = append(r.out, open+2)
		return r.room()
	}, true
}

// apply runs a function, which may call itself, on a part of the event.
func (c *jsonCompiler) apply(n Node) (jsonEmit, bool) {
	a := n.(*Apply)
	p := c.place(a.X)
	if p == nil {
		return nil, false
	}
	slot := c.note(p)
	sub, known := c.fns[a.Fn]
	if !known {
		sub = &jsonScope{}
		c.fns[a.Fn] = sub
		made, ok := c.sub(a.Fn.Bind, a.Fn.Body)
		if !ok {
			delete(c.fns, a.Fn)
			return nil, false
		}
		*sub = *made
	}
	return func(r *jsonRun, f []jsonSpan) emitted {
		s := f[slot]
		if s.start < 0 {
			return nothing
		}
		scan := jsonScan{data: r.event[:s.end], at: int(s.start), depth: r.plan.limits.Depth, items: r.plan.limits.Items, run: r, trusted: true}
		return r.within(sub, &scan)
	}, true
}
