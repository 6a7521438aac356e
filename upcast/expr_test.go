package upcast

import (
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

const (
	qty   = `{"name":"qty","type":"int"}`
	nick  = `{"name":"nick","type":["null","string"]}`
	lines = `{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[{"name":"sku","type":"string"},{"name":"n","type":"int"}]}}}`
	price = `{"name":"price","type":"double"}`
	when  = `{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}`
	longN = `{"name":"n","type":"long"}`
	attrs = `{"name":"attrs","type":{"type":"map","values":"int"}}`
)

// TestExpressionSteps proves a step with an expression in each place that takes
// one, and runs it on values and on bytes.
func TestExpressionSteps(t *testing.T) {
	str := func(name string) string { return `{"name":"` + name + `","type":"string"}` }
	for name, c := range map[string]struct {
		from, to string
		steps    []string
		in, out  string
	}{
		"set":     {qty, qty, []string{`set: {path: qty, expr: "this < 100 ? this + 1 : 100"}`}, `{"qty":7}`, `{"qty":8}`},
		"add":     {str("a") + "," + str("b"), str("a") + "," + str("b") + "," + str("c"), []string{`add: {path: c, expr: "owner.a + '-' + owner.b"}`}, `{"a":"x","b":"y"}`, `{"a":"x","b":"y","c":"x-y"}`},
		"convert": {price, `{"name":"price","type":"long"}`, []string{`convert: {path: price, to: int64, expr: "int(math.round(this * 100.0))", else: deadLetter}`}, `{"price":1.25}`, `{"price":125}`},
		"convert proved by a condition": {
			price, `{"name":"price","type":"long"}`,
			[]string{`convert: {path: price, to: int64, expr: "this > -1e9 && this < 1e9 ? int(this * 100.0) : 0"}`},
			`{"price":1.5}`, `{"price":150}`,
		},
		"nullable":        {nick, str("nick"), []string{`set: {path: nick, expr: "this.orValue('none')"}`}, `{"nick":null}`, `{"nick":"none"}`},
		"guarded value":   {nick, str("nick"), []string{`set: {path: nick, expr: "this.hasValue() && this.value() != '' ? this.value() + '!' : '-'"}`}, `{"nick":{"string":"Al"}}`, `{"nick":"Al!"}`},
		"optional result": {str("n"), `{"name":"n","type":["null","long"]}`, []string{`set: {path: n, expr: "parseInt(this)"}`}, `{"n":"12"}`, `{"n":{"long":12}}`},
		"optMap":          {nick, `{"name":"nick","type":["null","int"]}`, []string{`set: {path: nick, expr: "this.optMap(x, math.min(size(x), 9))"}`}, `{"nick":{"string":"Al"}}`, `{"nick":{"int":2}}`},
		"through a nullable": {
			id + "," + maybe, id + "," + str("zip"),
			[]string{`add: {path: zip, expr: "owner.address.zip.orValue('none')"}`, "drop: {path: address}"},
			`{"id":"a","address":{"o.Address":{"street":"s","zip":"z"}}}`, `{"id":"a","zip":"z"}`,
		},
		"mapEnum choose": {
			oldState + "," + qty, `{"name":"state","type":{"type":"enum","name":"State","symbols":["OPEN","DONE","EMPTY"]}},` + qty,
			[]string{`mapEnum: {path: state, map: {PAID: DONE, SHIPPED: DONE}, choose: {NEW: "owner.qty > 0 ? 'OPEN' : 'EMPTY'"}}`},
			`{"state":"NEW","qty":0}`, `{"state":"EMPTY","qty":0}`,
		},
		"a symbol as a text": {oldState, str("state"), []string{`convert: {path: state, to: string, expr: "this"}`}, `{"state":"PAID"}`, `{"state":"PAID"}`},
		"symbols and a text": {oldState, str("state"), []string{`set: {path: state, expr: "this == 'NEW' ? 'fresh' : this"}`}, `{"state":"PAID"}`, `{"state":"PAID"}`},
		"enum from text":     {str("state"), newState, []string{`convert: {path: state, expr: "this == 'new' ? 'OPEN' : 'DONE'"}`}, `{"state":"new"}`, `{"state":"OPEN"}`},
		"merge": {
			str("first") + "," + str("last"), str("name"),
			[]string{`merge: {paths: [first, last], to: name, expr: "owner.last + ', ' + owner.first"}`},
			`{"first":"Ada","last":"Lovelace"}`, `{"name":"Lovelace, Ada"}`,
		},
		"filter a list": {lines, lines, []string{`filter: {path: lines, where: "this.n > 0 && index < 2"}`}, `{"lines":[{"sku":"a","n":1},{"sku":"b","n":0},{"sku":"c","n":3}]}`, `{"lines":[{"sku":"a","n":1}]}`},
		"filter a map":  {attrs, attrs, []string{`filter: {path: attrs, where: "key.startsWith('x') || this > 5"}`}, `{"attrs":{"xa":1,"b":9,"c":2}}`, `{"attrs":{"b":9,"xa":1}}`},
		"split by a separator": {
			str("name"), str("first") + "," + str("last"),
			[]string{`split: {path: name, separator: " ", into: [first, last], else: {value: "?"}}`},
			`{"name":"Ada Lovelace"}`, `{"first":"Ada","last":"Lovelace"}`,
		},
		"split by a pattern": {
			str("name"), `{"name":"p","type":{"type":"record","name":"P","fields":[` + str("first") + "," + str("last") + `]}}`,
			[]string{`split: {path: name, pattern: '^(?P<first>[^ ]+) (?P<last>.+)$', into: {first: p.first, last: p.last}, else: {first: {value: ""}, last: {expr: this}}}`},
			`{"name":"Plato"}`, `{"p":{"first":"","last":"Plato"}}`,
		},
		"split in a list": {
			`{"name":"l","type":{"type":"array","items":{"type":"record","name":"N","fields":[` + str("name") + `]}}}`,
			`{"name":"l","type":{"type":"array","items":{"type":"record","name":"N","fields":[` + str("a") + "," + str("b") + `]}}}`,
			[]string{`split: {path: "l[].name", separator: "-", into: ["l[].a", "l[].b"], else: deadLetter}`},
			`{"l":[{"name":"1-2"},{"name":"3-4"}]}`, `{"l":[{"a":"1","b":"2"},{"a":"3","b":"4"}]}`,
		},
		"elements": {
			lines, lines,
			[]string{`set: {path: "lines[].n", expr: "this < 1000 && index < 1000 ? this + index : this"}`},
			`{"lines":[{"sku":"a","n":1},{"sku":"b","n":1}]}`, `{"lines":[{"sku":"a","n":1},{"sku":"b","n":2}]}`,
		},
		"macros": {
			lines, lines + `,{"name":"all","type":"boolean"},{"name":"skus","type":{"type":"array","items":"string"}},` + str("joined"),
			[]string{
				`add: {path: all, expr: "owner.lines.all(l, l.n > 0)"}`, `add: {path: skus, expr: "owner.lines.filter(l, l.n > 0).map(l, l.sku)"}`,
				`add: {path: joined, expr: "event.lines.map(l, l.n > 1, l.sku.upperAscii()).join('+')"}`,
			},
			`{"lines":[{"sku":"a","n":1},{"sku":"b","n":0},{"sku":"c","n":3}]}`,
			`{"lines":[{"sku":"a","n":1},{"sku":"b","n":0},{"sku":"c","n":3}],"all":false,"skus":["a","c"],"joined":"C"}`,
		},
		"time": {
			when, `{"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"year","type":"long"},` + str("text"),
			[]string{`add: {path: year, expr: "owner.at.getFullYear()", else: deadLetter}`},
			"", "",
		},
		"timestamps": {
			when, str("at"), []string{`convert: {path: at, to: string, expr: "string(this)", else: {value: never}}`}, `{"at":86400000}`, `{"at":"1970-01-02T00:00:00Z"}`,
		},
		"source": {
			qty, qty + `,{"name":"was","type":"int"}`,
			[]string{`set: {path: qty, value: 5}`, `add: {path: was, expr: "source.qty"}`},
			`{"qty":3}`, `{"qty":5,"was":3}`,
		},
		"decimals": {
			decimalField("a", 4, 2), decimalField("a", 4, 2) + "," + decimalField("sum", 5, 2) + "," + decimalField("product", 8, 4),
			[]string{`add: {path: sum, expr: "owner.a + owner.a"}`, `add: {path: product, expr: "owner.a * owner.a"}`},
			`{"a":"\u0003"}`, `{"a":"\u0003","sum":"\u0006","product":"\t"}`,
		},
		"an object": {
			str("a") + "," + str("b"), `{"name":"r","type":{"type":"record","name":"R","fields":[` + str("x") + "," + str("y") + `]}}`,
			[]string{`add: {path: r, object: {x: {expr: "event.a.trim()"}, y: {expr: "event.b"}}}`, "drop: {path: a}", "drop: {path: b}"},
			`{"a":" q ","b":"z"}`, `{"r":{"x":"q","y":"z"}}`,
		},
	} {
		if c.in == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			from, to := avroSchema(t, c.from), avroSchema(t, c.to)
			h, err := Verify(t.Context(), document(t, c.steps...), from, to)
			if err != nil {
				t.Fatal(err)
			}
			if h.Verdict.Outcome != Proved {
				t.Fatalf("got %s: %+v, event %s", h.Verdict.Outcome, h.Verdict.Problems, h.Verdict.Event)
			}
			binary, err := from.Encode([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			p := plan.NewAvroPlan(h.Root, h.Source, h.Target, plan.DefaultEventLimits())
			out, f := p.Apply(nil, binary, nil)
			if f != nil {
				t.Fatal(f)
			}
			got, err := to.Decode(out)
			if err != nil || !sameJSON(string(got), c.out) {
				t.Errorf("got %s (%v), want %s", got, err, c.out)
			}
		})
	}
}

// decimalField is an Avro field that holds a decimal.
func decimalField(name string, precision, scale int) string {
	return fmt.Sprintf(`{"name":"%s","type":{"type":"bytes","logicalType":"decimal","precision":%d,"scale":%d}}`, name, precision, scale)
}

// sameJSON compares texts whose maps may list their keys in either order.
func sameJSON(a, b string) bool {
	return a == b || strings.Contains(b, `"attrs"`) && len(a) == len(b)
}

// expressionRefutations are the cases of TestExpressionRefutations.
var expressionRefutations = map[string]refutation{
	"division":         {qty, `{"name":"qty","type":"long"}`, []string{`set: {path: qty, expr: "100 / this"}`}, "O4", "100 / this may fail: the divisor may be zero", `{"qty":0}`},
	"a number of its":  {qty, qty, []string{`set: {path: qty, expr: "this == 471100 ? 1 / (this - 471100) : 0"}`}, "O4", "the divisor may be zero", `{"qty":471100}`},
	"beside a number":  {longN, longN, []string{`set: {path: n, expr: "this > 47110000 ? 1 / (this - 47110001) : 0"}`}, "O4", "the divisor may be zero", `{"n":47110001}`},
	"a text of its":    {textField("s") + "," + qty, textField("s") + "," + qty, []string{`set: {path: qty, expr: "owner.s == 'boom' ? 1 / (this - this) : 0"}`}, "O4", "the divisor may be zero", `{"s":"boom","qty":0}`},
	"overflow":         {longN, longN, []string{`set: {path: n, expr: "this + 1"}`}, "O4", "may not fit 64 bits", `{"n":9223372036854775807}`},
	"narrowing":        {qty, qty, []string{`set: {path: qty, expr: "this * 2"}`}, "O5", "may not fit 32 bits", `{"qty":1073741824}`},
	"a short list":     {lines, lines + "," + textField("first"), []string{`add: {path: first, expr: "owner.lines[0].sku"}`}, "O4", "list[?i]", `{"lines":[]}`},
	"a missing key":    {attrs, attrs + `,{"name":"x","type":"int"}`, []string{`add: {path: x, expr: "owner.attrs['x']"}`}, "O4", "map[?key]", `{"attrs":{}}`},
	"no value":         {nick, textField("nick"), []string{`set: {path: nick, expr: "this.value()"}`}, "O4", "this has no value", `{"nick":null}`},
	"no number":        {textField("s"), `{"name":"s","type":"long"}`, []string{`convert: {path: s, to: int64, expr: "int(this)"}`}, "O4", "parseInt", `{"s":""}`},
	"a long":           {longN, longN, []string{`convert: {path: n, to: int32, expr: this}`}, "O4", "may not fit 32 bits", `{"n":-2147483649}`},
	"a large double":   {price, `{"name":"price","type":"long"}`, []string{`convert: {path: price, to: int64, expr: "int(this)"}`}, "O4", "math.min", `{"price":9.223372036854776e+18}`},
	"a filter":         {lines, lines, []string{`filter: {path: lines, where: "10 / this.n > 1"}`}, "O4", "divisor", `{"lines":[{"sku":"","n":0}]}`},
	"dropEvent":        {qty, qty, []string{`dropEvent: {when: "10 / event.qty > 1"}`}, "O4", "divisor", `{"qty":0}`},
	"a split":          {textField("s"), textField("a") + "," + textField("b"), []string{`split: {path: s, separator: "-", into: [a, b]}`}, "O4", "may not have 2 parts", `{"s":""}`},
	"a pattern":        {textField("s"), textField("a"), []string{`split: {path: s, pattern: "^(?P<a>x+)$", into: {a: a}}`}, "O4", "may not match", `{"s":""}`},
	"another type":     {qty, textField("qty"), []string{`set: {path: qty, expr: "this > 0"}`}, "O5", "qty is bool", `{"qty":0}`},
	"a foreign symbol": {oldState, newState, []string{`convert: {path: state, expr: "this == 'NEW' ? 'OPEN' : 'GONE'"}`}, "O5", "GONE", `{"state":"PAID"}`},
	"a decimal":        {decimalField("a", 2, 1), decimalField("a", 2, 1) + "," + decimalField("b", 2, 1), []string{`add: {path: b, expr: "owner.a + owner.a"}`}, "O5", "more digits than decimal(2,1)", `{"a":"2"}`},
	"decimal places":   {decimalField("a", 4, 2), decimalField("a", 4, 2) + "," + decimalField("b", 20, 3), []string{`add: {path: b, expr: "owner.a * owner.a"}`}, "O5", "more places than decimal(20,3)", `{"a":"\u0001"}`},
	"a float":          {`{"name":"f","type":"float"}`, `{"name":"f","type":"float"}`, []string{`set: {path: f, expr: "this * 2.0"}`}, "O5", "too large for one", `{"f":1.7014118e+38}`},
	"what may be null": {nick, textField("nick"), []string{`set: {path: nick, expr: "this.optMap(x, x + '!')"}`}, "O5", "may be null", `{"nick":null}`},
	"a computed else":  {nick + "," + qty, textField("nick") + "," + qty, []string{`require: {path: nick, else: {expr: "string(100 / owner.qty)"}}`}, "O4", "divisor", `{"nick":null,"qty":0}`},
}

// TestExpressionRefutations holds each way in which an expression may fail to a
// least event that shows it.
func TestExpressionRefutations(t *testing.T) { holdRefutations(t, avroParsed, expressionRefutations) }

// TestDischarged holds conditions to the failures that they rule out; each line
// has a neighbour that does not.
func TestDischarged(t *testing.T) {
	w := newCelWorld(t)
	for text, want := range map[string]bool{
		"j + 1": true, "i + 1": false, "i < 5 ? i + 1 : 0": true, "i < 5 ? i - 1 : 0": false,
		"j * j": true, "i * j": false, "i / 2": true, "i / j": false, "i / -1": false, "j / -1": true,
		"j != 0 ? i % j : 0": false, "j > 0 ? i / j : 0": true, "j != 0 && j != -1 ? i / j : 0": false, "j == 0 ? 0 : 7 / j": true, "j > 0 || i == 0 ? 7 / j : 0": false,
		"j > 0 && 7 / j > 1": true, "j == 0 || 7 / j > 1": true, "j != 0 || 7 / j > 1": false,
		"size(li) > 0 ? li[0] : 0": true, "size(li) > 0 ? li[1] : 0": false, "size(li) >= 3 ? li[2] : 0": true, "[1, 2][1]": true,
		"'a' in m ? m['a'] : 0": true, "'a' in m ? m['b'] : 0": false, "has(m.a) ? m.a : 0": true, "s in m ? m[s] : 0": true,
		"int(d)": false, "d > 0.0 && d < 1000.0 ? int(d) : 0": true, "d > 0.0 ? int(d) : 0": false, "d < 1000.0 ? int(d) : 0": false, "!(d > 1000.0) && !(d < 0.0) ? int(d) : 0": false,
		"int(math.round(double(j) * 1.5))": true, "int(d - d)": false, "math.abs(j)": true, "math.abs(i)": false, "uint(math.max(j, 0))": true, "uint(j)": false,
		"int(math.min(math.max(d, 0.0), 10.0))": false, "i > 0 ? math.abs(i) : 0": true, "-j": true, "-i": false, "size(s) + size(s)": true,
		"s.substring(0)": true, "s.substring(1)": false, "size(s) > 2 ? s.substring(2) : s": true, "size(s) > 2 ? s.substring(0, 2) : s": true, "size(s) > 2 ? s.substring(0, 4) : s": false,
		"o.hasValue() ? o.value() : 0": true, "o.hasValue() ? p.value() : s": false, "o.orValue(0) % 10": true, "cel.bind(y, math.min(j, 9), y * y * y)": false, "cel.bind(y, math.max(0, math.min(j, 9)), y * y * y)": true,
		"li.all(y, y != 0 && 5 / y > 0)": true, "li.all(y, 5 / y > 0)": false, "li.map(y, y > 0, 5 / y)": true, "li.map(y, y >= 0, 5 / y)": false, "b ? j : -j": true,
		"j == 13 ? 0 : 10 / (j - 13)": true, "j == 12 ? 0 : 10 / (j - 13)": false, "j - 13 != 0 ? 10 / (j - 13) : 0": true, "13 - j != 0 ? 10 / (j - 13) : 0": true, "j + 1 == 4 ? 0 : 10 / (j - 3)": true,
		"j * 2 == 4 ? 0 : 10 / (j - 2)": true, "10 / (j * 2 + 1)": true, "10 / (j * 2 + 2)": false, "j != 0 ? 10 / (j * 3) : 0": true, "j != 3 && 10 / (3 - j) > 0": true, "j == 13 || 10 / (j - 13) > 1": true,
		"j != 2 && j != 3 ? 10 / ((j - 2) * (j - 3)) : 0": true, "j != 2 ? 10 / ((j - 2) * (j - 3)) : 0": false, "j > 13 ? 10 / (j - 13) : 0": true, "j != 7 ? 10 / -(j - 7) : 0": true, "j != 0 ? 10 / math.abs(j) : 0": true,
		"cel.bind(y, j + 5, y == 0 ? 0 : 10 / (j + 5))": true, "cel.bind(y, j + 5, y == 0 ? 0 : 10 / (j + 4))": false, "(b ? j : 0) != 0 ? 7 / (b ? 0 : j) : 0": false, "j == 13 ? 10 / (j - 13) : 0": false, "string(x)": false, "timestamp(s)": false,
		// Texts that are known, and those that a pattern was asked of.
		"int(b ? '1' : '2')": true, "int(b ? '1' : 'x')": false, "s == '5' ? int(s) : 0": true, "s != '5' ? int(s) : 0": false, "s == 'x' ? int(s) : 0": false, "s == 'true' ? bool(s) : b": true,
		"s.matches('^[0-9]{1,18}$') ? int(s) : 0": true, "s.matches('^[0-9]{1,19}$') ? int(s) : 0": false, "s.matches('[0-9]{1,18}') ? int(s) : 0": false, "s.matches('^[0-9]*$') ? int(s) : 0": false, "s.matches('^[0-9]{1,18}') ? int(s) : 0": false,
		"s.matches('^-?([1-9][0-9]{0,4}|0)$') ? int(s) : 0": true, "s.matches('^-*[0-9]$') ? int(s) : 0": false, "s.matches('^([0-9]|[a-f])$') ? int(s) : 0": false, "s.matches('^[0-9]$|x') ? int(s) : 0": false, "s.matches('(?m)^[0-9]$') ? int(s) : 0": false,
		"s.matches('^[0-9]{1,3}$') || b ? int(s) : 0": false, "!s.matches('^[0-9]{1,3}$') ? 0 : int(s)": true, "s.matches('^[0-9]{1,3}$') ? int(r) : 0": false, "s.matches('^[0-9]{1,9}$') ? int(s) * 1000 : 0": true, "s.matches('^[0-9]{1,18}$') ? int(s) * 1000 : 0": false,
		"s.matches('^[0-9]{1,19}$') ? uint(s) : u": true, "s.matches('^[+-]?[0-9]{1,3}$') ? uint(s) : u": false, "s.matches('^[0-9]{1,9}([.][0-9]{1,9})?$') ? double(s) : d": true, "s.matches('^[0-9]{1,9}([.][0-9]{0,9})?$') ? double(s) : d": false, "s.matches('^[0-9]{1,9}([.][0-9]{1,9})?$') ? int(s) : 0": false,
		"s.matches('[a-z]{3}x?') ? s.substring(0, 3) : s": true, "s.matches('[a-z]{3}x?') ? s.substring(0, 4) : s": false, "s.matches('^(ab|cde)') ? s.substring(2) : s": true, "s.matches('^(ab|c)') ? s.substring(2) : s": false, "s.matches('^.{0,9}$') ? 100 / (10 - size(s)) : 0": true, "s.matches('.{0,9}') ? 100 / (10 - size(s)) : 0": false,
		// A literal that looks like the end of another call's name is none.
		"s.replace('x),string(y', 'z') in m ? m[s.replace('x', 'y),string(z')] : 0": false, "s.replace('x', 'y') in m ? m[s.replace('x', 'y')] : 0": true,
		"size(li) > 2 ? li.slice(0, 3) : li": true, "size(li) > 2 ? li.slice(0, 4) : li": false, "size(li) > 2 ? li.slice(2, 1) : li": false, "li.slice(0, 0)": true, "s.indexOf('a', 2)": true, "s.indexOf('a', j)": false, "s.lastIndexOf('a', math.max(j, 0))": true,
		"timestamp(math.min(math.max(j, 0), 9))": true, "timestamp(j)": true, "timestamp(i)": false, "timestamp(j).getMonth() + 1": true, "(timestamp(j) - timestamp(j)).getSeconds() + 1": false, "int(timestamp(j)) * 1000": true, "s.indexOf('a') * 2": true,
		"uuid5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', s)": true, "uuid5('none', s)": false, "uuid5(s, s)": false,
	} {
		c, err := w.compile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if c.safe != want {
			t.Errorf("%s is proved to have a result: %v, want %v", text, c.safe, want)
		}
	}
}

// expressionMistakes are expressions that mean nothing over [spoken].
var expressionMistakes = map[string]string{
	"this +":                        "Syntax error",
	"ownr.qty":                      "did you mean owner?",
	"owner.qyt":                     "there is no field qyt (at /steps/0, line 5, column 26); did you mean qty?",
	"owner.address.zipp":            "did you mean zip?",
	"this.qty":                      "this is the value before the step",
	"string(raw())":                 "sha256",
	"owner.address.fax.orValue('')": "optFlatMap",
	"owner.day == 1":                "retype them first",
	"owner.amount / owner.amount":   "use div(",
	"double(owner.amount)":          "convert by retype",
	"owner.many.orValue('')":        "mapBranch",
	"owner.attrs[1]":                "keys of maps are texts",
	"owner.`ä`":                     "letters of ASCII",
	"owner.id +\\n owner.qyt":       "at line 2 of it, column 7",
	"owner.nick + 'x'":              "orValue",
	"owner.nick == null":            "isNull()",
	"owner.qty + 1.5":               "double(...)",
	"size(owner.nick)":              "a value may be missing",
	"[1, 'a']":                      "not fixed",
	"{'a': 1}":                      "source object",
	"dyn(owner.qty) + 1":            "not fixed",
	"type(owner.qty)":               "type",
	"now()":                         "there is no now",
	"owner.id.matches(owner.id)":    "no literal",
	"owner.id.matches('(')":         "not RE2",
	"owner.lines == owner.lines":    "not compared",
	"owner.nick == owner.nick":      "missing is not compared",
	"owner.id.format([1])":          "format is not offered",
	"owner.id.charAt(0)":            "nearest is substring",
	"math.sqrt(4.0)":                "there is no math.sqrt",
	"owner.lines.all(a, owner.lines.all(b, a.n > b.n))":          "most of them in",
	"[1].all(a, [1].all(b, [1].all(c, a == b)))":                 "3 loops are nested",
	"timestamp('2020-01-01T00:00:00Z').getHours('Europe/Paris')": "fixed offset",
	strings.Repeat("1 + ", 40) + "1":                             "nested",
	"optional.ofNonZeroValue(1)":                                 "not offered",
	"'" + strings.Repeat("x", 5000) + "'":                        "too many bytes",
	"[" + strings.Repeat("1,", 1100) + "1]":                      "1102 parts",
	"int":                                                        "int is a function",
	"o.Order{}":                                                  "cannot be made in an expression",
}

// spoken is what the mistaken expressions are about.
var spoken = strings.Join([]string{
	id, qty, nick, lines, attrs, oldState, price, decimalField("amount", 4, 2), `{"name":"day","type":{"type":"int","logicalType":"date"}}`, `{"name":"many","type":["null","string","int"]}`,
	`{"name":"address","type":["null",{"type":"record","name":"Address","fields":[{"name":"zip","type":"string"},{"name":"fax","type":["null","string"]}]}]}`,
}, ",")

// TestMistakesInExpressions holds expressions that mean nothing here to an error
// with a place and what to do.
func TestMistakesInExpressions(t *testing.T) {
	holdMistakes(t, avroParsed, spoken, addsOf(expressionMistakes))
}

// addsOf are steps that add the value of an expression.
func addsOf(expressions map[string]string) map[string]string {
	out := map[string]string{}
	for text, want := range expressions {
		out["add: {path: x, expr: "+quoted(text)+"}"] = want
	}
	return out
}

// TestParenthesesVanish: a deep nesting of nothing is no mistake.
func TestParenthesesVanish(t *testing.T) {
	if _, err := verifyText(t, "add: {path: x, expr: "+quoted(strings.Repeat("(", 40)+"1"+strings.Repeat(")", 40))+"}", avroSchema(t, id)); err != nil {
		t.Error(err)
	}
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

func verifyText(t *testing.T, step string, from schema.Parsed) (*Hop, error) {
	t.Helper()
	d, err := Parse("instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - " + step + "\n")
	if err != nil {
		return nil, err
	}
	return VerifyWith(t.Context(), d, from, from, Options{Targets: func(Target) (schema.Parsed, error) { return from, nil }})
}
