package api

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"

	"github.com/instar-registry/instar/internal/nearest"
)

// The bounds of a JSON body besides its size.
const (
	bodyDepth = 100
	bodyNodes = 200_000
	// maxRatio is how much a compressed body may grow.
	maxRatio = 20
)

// readBody reads the body of a request within its bound.
func (x *request) readBody() ([]byte, error) {
	if err := consumes(x.r.Header["Content-Type"]); err != nil {
		return nil, err
	}
	max := x.api.opt.BodyBytes
	if x.route.body == bulkBody {
		max = x.api.opt.BulkBodyBytes
	}
	if x.r.ContentLength > max {
		return nil, x.tooLarge(x.r.ContentLength, max)
	}
	body := io.Reader(x.r.Body)
	switch coding := x.r.Header.Get("Content-Encoding"); {
	case coding == "" || strings.EqualFold(coding, "identity"):
	case strings.EqualFold(coding, "gzip") && x.api.opt.GzipRequests:
		z, err := x.gunzip(max)
		if err != nil {
			return nil, err
		}
		body = z
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "HTTP 415 Unsupported Media Type: found Content-Encoding %q; send the body as it is", clip(coding, 40))
	}
	text, err := readAll(body, x.r, max)
	x.bytesIn = int64(len(text))
	var refused *frameError
	switch {
	case errors.As(err, &refused):
		return nil, refused
	case err != nil:
		return nil, badRequest("The request body ended early or could not be read")
	case int64(len(text)) > max:
		return nil, x.tooLarge(int64(len(text)), max)
	}
	return text, nil
}

// announced bounds the memory that a Content-Length alone gets.
const announced = 64 << 10

// readAll reads a body, into one piece of memory if it is small, says how long
// it is and comes as it is. It reads one byte more than allowed at most.
func readAll(body io.Reader, r *http.Request, max int64) ([]byte, error) {
	if n := r.ContentLength; n > 0 && n <= min(max, announced) && body == r.Body {
		text := make([]byte, n)
		n, err := io.ReadFull(body, text)
		return text[:n], err
	}
	return io.ReadAll(io.LimitReader(body, max+1))
}

func (x *request) tooLarge(found, max int64) error {
	x.api.opt.Metrics.Rejected("size")
	x.header().Set("Connection", "close") // the rest of the body is not read
	return refuse(http.StatusRequestEntityTooLarge, "HTTP 413 Request Entity Too Large: the body has at least %d bytes; the limit body-bytes is %d", found, max)
}

// gunzip reads a compressed body; a bomb ends in an error once it has grown too
// much.
func (x *request) gunzip(max int64) (io.Reader, error) {
	compressed := &counter{r: io.LimitReader(x.r.Body, max+1)}
	z, err := gzip.NewReader(compressed)
	if err != nil {
		return nil, badRequest("The request body is not gzip, as Content-Encoding says")
	}
	return &ratioReader{in: compressed, out: z, x: x}, nil
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

type ratioReader struct {
	in  *counter
	out io.Reader
	n   int64
	x   *request
}

func (r *ratioReader) Read(p []byte) (int, error) {
	n, err := r.out.Read(p)
	r.n += int64(n)
	// Small bodies may shrink well; what matters is what a bomb can cost.
	if r.n > 64<<10 && r.n > r.in.n*maxRatio {
		r.x.api.opt.Metrics.Rejected("size")
		return 0, refuse(http.StatusRequestEntityTooLarge, "HTTP 413 Request Entity Too Large: the body grows more than %d times when it is decompressed", maxRatio)
	}
	return n, err
}

// decoder reads a JSON body property by property and keeps the first mistake.
type decoder struct {
	text string
	root *jsonx.Value
	err  error
}

// decode reads the body as a JSON object. Malformed JSON is 400 with the place;
// a missing body or another type is 422.
func (x *request) decode() (*decoder, error) {
	body, err := x.readBody()
	if err != nil {
		return nil, err
	}
	return x.decodeText(string(body))
}

func (x *request) decodeText(text string) (*decoder, error) {
	if strings.TrimSpace(text) == "" {
		return nil, unprocessable("The request body is missing; send a JSON object")
	}
	limits := x.api.service.Limits()
	root, err := jsonx.Parse(text, jsonx.Limits{
		Depth: bodyDepth, Nodes: bodyNodes, Digits: limits.NumberDigits, Exponent: limits.NumberExponent,
	})
	if err != nil {
		var se *schema.Error
		if !errors.As(err, &se) {
			return nil, err
		}
		e := badRequest("Malformed JSON: %s", se)
		e.cause = se
		return nil, e
	}
	d := &decoder{text: text, root: root}
	if root.Kind != jsonx.Object {
		d.wrong(root, "The request body", "an object")
		return nil, d.err
	}
	return d, nil
}

// wrong notes that a value has the wrong type.
func (d *decoder) wrong(v *jsonx.Value, what, want string) {
	d.fail(v, "%s must be %s, not %s", what, want, article(v.Kind))
}

// fail notes a mistake at a value.
func (d *decoder) fail(v *jsonx.Value, format string, args ...any) {
	if d.err != nil {
		return
	}
	at := jsonx.PositionOf(d.text, v.Offset)
	e := unprocessable("%s (%s)", fmt.Sprintf(format, args...), at)
	e.cause = &schema.Error{What: fmt.Sprintf(format, args...), Position: at}
	d.err = e
}

func article(k jsonx.Kind) string {
	switch k {
	case jsonx.Null:
		return "null"
	case jsonx.Array, jsonx.Object:
		return "an " + k.String()
	default:
		return "a " + k.String()
	}
}

// get returns a property that is there and not null, or nil.
func (d *decoder) get(o *jsonx.Value, name string) *jsonx.Value {
	v := o.Get(name)
	if v == nil || v.Kind == jsonx.Null {
		return nil
	}
	return v
}

func (d *decoder) string(o *jsonx.Value, name string) string {
	v := d.get(o, name)
	switch {
	case v == nil:
		return ""
	case v.Kind != jsonx.String:
		d.wrong(v, name, "a string")
		return ""
	}
	return v.Text
}

func (d *decoder) bool(o *jsonx.Value, name string) bool {
	b := d.optionalBool(o, name)
	return b != nil && *b
}

func (d *decoder) optionalBool(o *jsonx.Value, name string) *bool {
	v := d.get(o, name)
	switch {
	case v == nil:
		return nil
	case v.Kind != jsonx.Bool:
		d.wrong(v, name, "true or false")
		return nil
	}
	return &v.Bool
}

func (d *decoder) int(o *jsonx.Value, name string) int {
	v := d.get(o, name)
	if v == nil {
		return 0
	}
	if v.Kind != jsonx.Number {
		d.wrong(v, name, "a number")
		return 0
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	if err != nil || n < math.MinInt32 || n > math.MaxInt32 {
		d.fail(v, "%s must be a whole number of 32 bits, not %s", name, clip(v.Text, 40))
		return 0
	}
	return int(n)
}

// object returns a property that is an object, or nil.
func (d *decoder) object(o *jsonx.Value, name string) *jsonx.Value {
	v := d.get(o, name)
	if v != nil && v.Kind != jsonx.Object {
		d.wrong(v, name, "an object")
		return nil
	}
	return v
}

// items returns the members of an array property, which must all be of a kind.
func (d *decoder) items(o *jsonx.Value, name string, kind jsonx.Kind) []*jsonx.Value {
	v := d.get(o, name)
	switch {
	case v == nil:
		return nil
	case v.Kind != jsonx.Array:
		d.wrong(v, name, "an array")
		return nil
	}
	for i, item := range v.Items {
		if item.Kind != kind {
			d.wrong(item, fmt.Sprintf("%s[%d]", name, i), article(kind))
			return nil
		}
	}
	return v.Items
}

func (d *decoder) strings(o *jsonx.Value, name string) []string {
	items := d.items(o, name, jsonx.String)
	if len(items) == 0 {
		return nil
	}
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = item.Text
	}
	return out
}

func (d *decoder) stringMap(o *jsonx.Value, name string) map[string]string {
	v := d.object(o, name)
	if v == nil || len(v.Members) == 0 {
		return nil
	}
	out := make(map[string]string, len(v.Members))
	for _, m := range v.Members {
		if m.Value.Kind != jsonx.String {
			d.wrong(m.Value, name+"."+clip(m.Key, 100), "a string")
			return nil
		}
		out[m.Key] = m.Value.Text
	}
	return out
}

func (d *decoder) stringsMap(o *jsonx.Value, name string) map[string][]string {
	v := d.object(o, name)
	if v == nil || len(v.Members) == 0 {
		return nil
	}
	out := make(map[string][]string, len(v.Members))
	for _, m := range v.Members {
		out[m.Key] = d.strings(v, m.Key)
	}
	return out
}

// only refuses properties that the route does not know, naming the nearest one
// it does. Confluent's routes tolerate them and do not call it.
func (d *decoder) only(o *jsonx.Value, known ...string) {
	for _, m := range o.Members {
		i := indexOf(known, m.Key)
		if i >= 0 {
			continue
		}
		at := &jsonx.Value{Offset: m.Offset}
		if near := nearest.Name(m.Key, known); near != "" {
			d.fail(at, "The property %q is unknown; did you mean %q?", clip(m.Key, 100), near)
		} else {
			verb := "are"
			if len(known) == 1 {
				verb = "is"
			}
			d.fail(at, "The property %q is unknown; %s %s known", clip(m.Key, 100), strings.Join(known, ", "), verb)
		}
	}
}

func indexOf(list []string, s string) int {
	for i := range list {
		if list[i] == s {
			return i
		}
	}
	return -1
}
