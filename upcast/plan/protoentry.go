package plan

import "slices"

// entry reads an entry of a map; the last of a key counts.
func (d *protoDecoder) entry(r *Rec, s *protoSlot, at, pos, end, depth int) (int, bool) {
	if !d.item(at) {
		return 0, false
	}
	u, stop, ok := d.scalar(bytesType, pos, end)
	if !ok || depth+1 > d.limits.Depth {
		return 0, false
	}
	key, value, ok := d.keyAndValue(s, stop-int(u), stop, depth)
	if !ok {
		return 0, false
	}
	if e := s.typ.Elem; e.Kind == Enum && !e.Open && !e.names(value) {
		r.Rest = append(r.Rest, unknown(s.number, d.data[at:stop]))
		return stop, true
	}
	m, _ := r.Fields[s.field].(*Entries)
	if m == nil || len(*m) == 0 {
		m = &Entries{}
		r.Fields[s.field] = m
	}
	d.put(m, key, value)
	return stop, true
}

// put sets the entry of a key.
func (d *protoDecoder) put(m *Entries, key string, value Value) {
	at, seen := d.index[m][key]
	switch {
	case seen:
	case len(*m) < smallMap:
		at = slices.IndexFunc(*m, func(e Entry) bool { return e.Key == key })
		seen = at >= 0
	case d.index[m] == nil:
		if d.index == nil {
			d.index = map[*Entries]map[string]int{}
		}
		index := make(map[string]int, 2*len(*m))
		for i := range *m {
			index[(*m)[i].Key] = i
		}
		d.index[m] = index
		at, seen = index[key]
	}
	if seen {
		(*m)[at].Value = value
		return
	}
	if d.index[m] != nil {
		d.index[m][key] = len(*m)
	}
	*m = append(*m, Entry{key, value})
}

// smallMap is how many entries are searched one by one.
const smallMap = 16

// keyAndValue reads the two parts of an entry; what is not written has its
// default.
func (d *protoDecoder) keyAndValue(s *protoSlot, pos, stop, depth int) (string, Value, bool) {
	key, value := zeroOf(s.typ.Key), Value(nil)
	keyWire, valueWire := s.wire.Key.wireType(), s.wire.Kind.wireType()
	keySeen := false // the runtime does not take a second key of another type
	for pos < stop {
		at := pos
		number, wire, next, ok := protoTag(d.data[:stop], pos)
		if !ok || wire == endType || number == 1 && keySeen && wire != keyWire {
			return "", nil, false
		}
		switch {
		case number == 1 && wire == keyWire:
			keySeen = true
			key, pos, ok = d.single(s.wire.Key, s.typ.Key, nil, 1, next, stop, depth+1)
		case number == 2 && wire == valueWire:
			value, pos, ok = d.single(s.wire.Kind, s.typ.Elem, value, 2, next, stop, depth+1)
		default:
			pos, ok = d.skip(number, wire, next, stop, depth+1)
			ok = ok && d.item(at)
		}
		if !ok {
			return "", nil, false
		}
	}
	if value == nil {
		if s.typ.Elem.Kind == Record {
			value = d.record(s.typ.Elem)
		} else {
			value = zeroOf(s.typ.Elem)
		}
	}
	return keyText(key), value, true
}

// zeroOf is what an absent scalar of a map's entry reads as.
func zeroOf(t *Type) Value {
	switch t.Kind {
	case Bool:
		return false
	case Int:
		return int64(0)
	case Uint:
		return uint64(0)
	case Float:
		return float64(0)
	case Bytes:
		return []byte{}
	case Enum:
		if !t.Open && !t.listed(0) {
			return Symbol(t.Symbols[0])
		}
		return t.symbol(0)
	default:
		return ""
	}
}

// lacking finds a required field that is missing.
func lacking(t *Type, v Value) string {
	switch v := v.(type) {
	case *Rec:
		for i := range v.Fields {
			f := &v.Type.Fields[i]
			if v.Fields[i] == Absent {
				if !f.Optional {
					return f.Name
				}
				continue
			}
			if x := lackingIn(f.Type, v.Fields[i]); x != "" {
				return f.Name + "." + x
			}
		}
	case *Tagged:
		return lackingIn(t.Branches[t.Branch(v.Branch)].Type, v.Value)
	case []Value:
		for _, x := range v {
			if m := lackingIn(t.Elem, x); m != "" {
				return m
			}
		}
	case *Entries:
		for i := range *v {
			if m := lackingIn(t.Elem, (*v)[i].Value); m != "" {
				return m
			}
		}
	}
	return ""
}

func lackingIn(t *Type, v Value) string {
	inner := t
	if inner.Elem != nil {
		inner = inner.Elem
	}
	if inner.Kind == Union || inner.Kind == Record && inner.layout.required {
		return lacking(t, v)
	}
	return ""
}
