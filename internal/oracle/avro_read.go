package oracle

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// resolution is what a reader type makes of a value of a writer type, by the
// rules of the specification, written down a second time.
type resolution struct {
	// first takes the first branch of a union that matches, instead of the
	// exact type before a promotion.
	first  bool
	faults []schema.Effect
	// unsure says that the value of a default is not known here.
	unsure bool
}

func (x *resolution) fault(e schema.Effect) string {
	x.faults = append(x.faults, e)
	return "null"
}

// read returns the value in Avro's JSON encoding of the reader; it means nothing
// if there are faults.
func (x *resolution) read(v any, w, r *avroType) string {
	if w.kind == "union" {
		c := v.(choice)
		return x.read(c.value, w.parts[c.branch], r)
	}
	if r.kind == "union" {
		b := x.branch(w, r)
		if b == nil {
			return x.fault(schema.Refused)
		}
		if text := x.read(v, w, b); b.kind != "null" {
			return `{"` + b.branchName() + `":` + text + `}`
		}
		return "null"
	}
	if !reads(w, r) {
		return x.fault(schema.Refused)
	}
	switch w.kind {
	case "array":
		return "[" + x.list(v.([]any), w.parts[0], r.parts[0]) + "]"
	case "map":
		var out []string
		for _, e := range v.([]entry) {
			out = append(out, strconv.Quote(e.key)+":"+x.read(e.value, w.parts[0], r.parts[0]))
		}
		return "{" + strings.Join(out, ",") + "}"
	case "record":
		return x.record(v.([]any), w, r)
	case "enum":
		if slices.Contains(r.symbols, v.(string)) {
			return strconv.Quote(v.(string))
		}
		if r.def != "" {
			return strconv.Quote(r.def)
		}
		return x.fault(schema.Refused)
	}
	return x.scalar(v, w, r)
}

func (x *resolution) list(list []any, w, r *avroType) string {
	var out []string
	for _, v := range list {
		out = append(out, x.read(v, w, r))
	}
	return strings.Join(out, ",")
}

var avroPromotions = map[string][]string{
	"int": {"long", "float", "double"}, "long": {"float", "double"}, "float": {"double"}, "string": {"bytes"}, "bytes": {"string"},
}

// reads reports whether kinds and names match.
func reads(w, r *avroType) bool {
	if w.kind != r.kind {
		return slices.Contains(avroPromotions[w.kind], r.kind)
	}
	if !w.named() {
		return true
	}
	fits := unqualified(w.name) == unqualified(r.name) || slices.Contains(r.aliases, w.name)
	return fits && (w.kind != "fixed" || w.size == r.size)
}

// branch picks the branch of a reader union. Whether a fixed has the right size
// is found out after the choice.
func (x *resolution) branch(w, union *avroType) *avroType {
	match := func(same func(*avroType) bool) *avroType {
		if i := slices.IndexFunc(union.parts, same); i >= 0 {
			return union.parts[i]
		}
		return nil
	}
	named := func(b *avroType) bool {
		return b.kind == w.kind && (!w.named() || unqualified(b.name) == unqualified(w.name) || slices.Contains(b.aliases, w.name))
	}
	promoted := func(b *avroType) bool { return slices.Contains(avroPromotions[w.kind], b.kind) }
	if x.first {
		return match(func(b *avroType) bool { return named(b) || promoted(b) })
	}
	if b := match(func(b *avroType) bool { return b.kind == w.kind && b.name == w.name }); b != nil {
		return b
	}
	if b := match(named); b != nil {
		return b
	}
	return match(promoted)
}

func (x *resolution) record(values []any, w, r *avroType) string {
	var out []string
	for _, f := range r.fields {
		var from []int
		for i, g := range w.fields {
			if g.name == f.name || g.name == f.alias {
				from = append(from, i)
			}
		}
		text := ""
		switch {
		case len(from) > 1:
			text = x.fault(schema.Refused)
		case len(from) == 1:
			text = x.read(values[from[0]], w.fields[from[0]].typ, f.typ)
		case f.def != "":
			text = x.absent(f.def, f.typ)
		default:
			text = x.fault(schema.Refused)
		}
		out = append(out, strconv.Quote(f.name)+":"+text)
	}
	return "{" + strings.Join(out, ",") + "}"
}

// absent writes a default in Avro's JSON encoding: that of a union is a value of
// the first branch that takes it.
func (x *resolution) absent(def string, t *avroType) string {
	if t.kind != "union" {
		return def
	}
	for _, b := range t.parts {
		fits := false
		switch b.kind {
		case "null":
			if def == "null" {
				return def
			}
		case "boolean":
			fits = def == "true"
		case "int", "long":
			fits = def == "7"
		case "float", "double":
			fits = def == "7" || def == "0.5"
		case "string", "bytes":
			fits = def[0] == '"'
		case "enum":
			fits = slices.Contains(b.symbols, strings.Trim(def, `"`))
		case "fixed":
			fits = def[0] == '"' && b.size == len(def)-2
		case "array":
			fits = def == "[]"
		case "map":
			fits = def == "{}"
		case "record":
			x.unsure = x.unsure || def == "{}"
		}
		if fits {
			return `{"` + b.branchName() + `":` + def + `}`
		}
	}
	x.unsure = true
	return def
}

var uuidForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

func (x *resolution) scalar(v any, w, r *avroType) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return x.integer(v, w, r)
	case float64:
		return floating(v, r)
	case string:
		return x.text([]byte(v), w, r)
	default:
		return x.text(v.([]byte), w, r)
	}
}

func (x *resolution) integer(v int64, w, r *avroType) string {
	exact := new(big.Rat).SetInt64(v)
	read := exact
	text := strconv.FormatInt(v, 10)
	switch r.kind {
	case "float":
		read, text = new(big.Rat).SetFloat64(float64(float32(v))), floating(float64(v), r)
	case "double":
		read, text = new(big.Rat).SetFloat64(float64(v)), floating(float64(v), r)
	default:
		if w.logical != "" && r.logical != "" && moment(w.logical, v) != moment(r.logical, v) {
			return x.fault(schema.Misread)
		}
	}
	if exact.Cmp(read) != 0 {
		return x.fault(schema.Misread)
	}
	return text
}

// floating writes a number as the shortest text that stands for it in the
// reader's width.
func floating(v float64, r *avroType) string {
	if r.kind == "float" {
		return strconv.FormatFloat(v, 'g', -1, 32)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// moment says what an annotated number stands for.
func moment(logical string, v int64) string {
	at := strings.LastIndexByte(logical, '-')
	unit := map[string]int64{"millis": 1000, "micros": 1000000}[logical[at+1:]]
	if unit == 0 {
		return logical + strconv.FormatInt(v, 10)
	}
	return logical[:at] + " " + big.NewRat(v, unit).String()
}

// text reads bytes or text as one of them.
func (x *resolution) text(v []byte, w, r *avroType) string {
	if r.kind == "string" {
		if !utf8.Valid(v) || r.logical == "uuid" && !uuidForm.Match(v) {
			return x.fault(schema.Refused)
		}
		return jsonx.Quote(string(v))
	}
	if w.logical != "" && r.logical != "" && w.logical != r.logical {
		return x.fault(schema.Misread)
	}
	if w.logical == "decimal" && r.logical == "decimal" {
		n := new(big.Int).SetBytes(v)
		if len(v) > 0 && v[0] >= 128 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
		}
		most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(r.digits)), nil)
		if new(big.Int).Abs(n).Cmp(most) >= 0 {
			return x.fault(schema.Refused)
		}
		if w.scale != r.scale && n.Sign() != 0 {
			return x.fault(schema.Misread)
		}
	}
	var out []rune
	for _, b := range v {
		out = append(out, rune(b))
	}
	return jsonx.Quote(string(out))
}
