package avro

import (
	"fmt"
	"math"
	"strconv"

	"github.com/instar-registry/instar/schema"
)

// WalkOptions steer [Schema.Walk].
type WalkOptions struct {
	// AllowTrailing accepts bytes after the event.
	AllowTrailing bool
}

// Walk holds the binary encoding of an event to the schema and the limits
// without building anything, and returns its length. Bytes from outside are
// walked before any decoder sees them: what Walk accepts cannot make a decoder
// allocate or recurse beyond the limits. A non-nil error is a
// *schema.WalkError.
func (s *Schema) Walk(event []byte, opts WalkOptions) (int, error) {
	if max := s.limits.EventBytes; max > 0 && len(event) > max {
		return 0, &schema.WalkError{What: fmt.Sprintf("the event has %d bytes, more than %d", len(event), max), Limit: "event-bytes"}
	}
	w := walker{data: event, limits: &s.limits}
	if err := w.value(s.program().root, 0); err != nil {
		return 0, err
	}
	if w.at != len(event) && !opts.AllowTrailing {
		return 0, &schema.WalkError{Offset: w.at, What: fmt.Sprintf("%d bytes follow the end of the event", len(event)-w.at)}
	}
	return w.at, nil
}

type walker struct {
	data   []byte
	at     int
	items  int
	empty  int // items that take no bytes
	limits *schema.Limits
}

func (w *walker) fail(at int, what string) *schema.WalkError {
	return &schema.WalkError{Offset: at, What: what}
}

func (w *walker) over(at int, limit, what string) *schema.WalkError {
	return &schema.WalkError{Offset: at, What: what, Limit: limit}
}

// within adds a path segment while an error travels outwards.
func within(err *schema.WalkError, segment string) *schema.WalkError {
	switch {
	case err.Path == "":
		err.Path = segment
	case err.Path[0] == '[' || err.Path[0] == '{':
		err.Path = segment + err.Path
	default:
		err.Path = segment + "." + err.Path
	}
	return err
}

const truncated = "the event ends too early"

// value walks one value. Small numbers and short texts, which most are, are
// settled without a call.
func (w *walker) value(o *op, depth int) *schema.WalkError {
	for o.kind == Union {
		part, err := w.branch(o)
		if err != nil {
			return err
		}
		o = part
	}
	if o.zero {
		return nil
	}
	switch o.kind {
	case Int:
		if w.at < len(w.data) && w.data[w.at] < 0x80 {
			w.at++
			return nil
		}
		_, err := w.int32("an int")
		return err
	case Long:
		_, err := w.long()
		return err
	case String:
		return w.text()
	case Boolean:
		return w.boolean()
	case Float:
		return w.skip(4)
	case Double:
		return w.skip(8)
	case Fixed:
		start := w.at
		if err := w.skip(o.size); err != nil {
			return err
		}
		return w.decimal(o, start)
	case Bytes:
		length, err := w.length()
		if err != nil {
			return err
		}
		start := w.at
		w.at += length
		return w.decimal(o, start)
	case Enum:
		start := w.at
		i, err := w.int32("an enum index")
		if err == nil && (int64(i) >= o.count || i < 0) {
			return w.fail(start, fmt.Sprintf("enum %s has no symbol %d", o.node.Name, i))
		}
		return err
	}
	if depth++; depth > w.limits.EventDepth && w.limits.EventDepth > 0 {
		return w.over(w.at, "event-depth", fmt.Sprintf("the event is nested deeper than %d", w.limits.EventDepth))
	}
	if o.kind != Record {
		return w.blocks(o, depth)
	}
	for i, part := range o.parts {
		if err := w.value(part, depth); err != nil {
			return within(err, o.node.Fields[o.names[i]].Name)
		}
	}
	return nil
}

// branch reads a union index.
func (w *walker) branch(o *op) (*op, *schema.WalkError) {
	if w.at < len(w.data) {
		if c := w.data[w.at]; c < 0x80 && c&1 == 0 && int(c>>1) < len(o.parts) {
			w.at++
			return o.parts[c>>1], nil
		}
	}
	start := w.at
	i, err := w.int32("a union index")
	if err != nil {
		return nil, err
	}
	if int64(i) >= o.count || i < 0 {
		return nil, w.fail(start, fmt.Sprintf("the union has no branch %d", i))
	}
	return o.parts[i], nil
}

func (w *walker) boolean() *schema.WalkError {
	if w.at >= len(w.data) {
		return w.fail(w.at, truncated)
	}
	if w.data[w.at] > 1 {
		return w.fail(w.at, fmt.Sprintf("a boolean is 0 or 1, not %d", w.data[w.at]))
	}
	w.at++
	return nil
}

// blocks walks an array or a map.
func (w *walker) blocks(o *op, depth int) *schema.WalkError {
	item := o.parts[0]
	index := 0
	for {
		start := w.at
		count, err := w.long()
		if err != nil {
			return err
		}
		if count == 0 {
			return nil
		}
		end := -1
		if count < 0 {
			if count == math.MinInt64 {
				return w.fail(start, "a block count that cannot be negated")
			}
			count = -count
			size, err := w.length()
			if err != nil {
				return err
			}
			end = w.at + size
		}
		if err := w.admit(o, item, count, start); err != nil {
			return err
		}
		if item.zero && o.kind == Array {
			index += int(count)
		} else {
			for ; count > 0; count-- {
				if err := w.element(o, item, depth, index); err != nil {
					return err
				}
				index++
			}
		}
		if end >= 0 && w.at != end {
			return w.fail(start, fmt.Sprintf("the block claims to end at byte %d and ends at %d", end, w.at))
		}
	}
}

// admit judges a block's count before anything is done count times.
func (w *walker) admit(o, item *op, count int64, at int) *schema.WalkError {
	least := int64(item.min)
	if o.kind == Map {
		least++ // the key's length
	}
	if least > 0 && count > int64(len(w.data)-w.at)/least {
		return w.fail(at, fmt.Sprintf("a block of %d items of at least %d bytes in the %d bytes that remain", count, least, len(w.data)-w.at))
	}
	if item.zero {
		if max := w.limits.EventZeroItems; max > 0 && count > int64(max-w.empty) {
			return w.over(at, "event-zero-items", fmt.Sprintf("more than %d items that take no bytes", max))
		}
		w.empty += int(count)
	}
	if max := w.limits.EventItems; max > 0 && count > int64(max-w.items) {
		return w.over(at, "event-items", fmt.Sprintf("more than %d items in all arrays and maps", max))
	}
	w.items += int(count)
	return nil
}

func (w *walker) element(o, item *op, depth, index int) *schema.WalkError {
	if o.kind == Array {
		if err := w.value(item, depth); err != nil {
			return within(err, "["+strconv.Itoa(index)+"]")
		}
		return nil
	}
	start := w.at
	if err := w.text(); err != nil {
		return within(err, "{key "+strconv.Itoa(index)+"}")
	}
	key := w.at
	if err := w.value(item, depth); err != nil {
		return within(err, "{"+keyText(w.data[start:key])+"}")
	}
	return nil
}

// keyText shows an encoded map key in a path, shortened.
func keyText(encoded []byte) string {
	w := walker{data: encoded}
	if _, err := w.length(); err != nil {
		return ""
	}
	key := encoded[w.at:]
	if len(key) > 64 {
		key = key[:64]
	}
	return strconv.Quote(string(key))
}
