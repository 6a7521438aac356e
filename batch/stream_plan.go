package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/nearest"
	"github.com/instar-registry/instar/internal/yamlx"
	"github.com/instar-registry/instar/upcast"
)

// streamFormat names the form of a document of stream steps.
const streamFormat = "migration/v1"

// The limits of such a document.
const (
	maxStreamSteps = 100
	// maxWindow bounds the events that reorder and dedupe look back on.
	maxWindow = 1_000_000
)

// StreamPlan is a document "instar: migration/v1": what becomes of the streams of
// a file, step by step.
type StreamPlan struct {
	steps []streamStep
	hash  string
}

// Identity is the SHA-256 of the document's text.
func (p *StreamPlan) Identity() string { return p.hash }

// streamStep is one step as it is written.
type streamStep interface {
	// begin makes the step ready for one run; what it lets through goes to next.
	begin(r *streamRun, next emit) (stage, error)
	// uses are the places of the envelope that the step cannot do without.
	uses() []int
	String() string
}

// ParseStreams reads a document. The error is a [yamlx.Problem] with the place of
// the first mistake.
func ParseStreams(text []byte) (*StreamPlan, error) {
	root, problems := yamlx.Parse(text, yamlx.DefaultLimits())
	if len(problems) > 0 {
		return nil, problems[0]
	}
	r := streamReader{}
	sum := sha256.Sum256(text)
	p := &StreamPlan{hash: "sha256:" + hex.EncodeToString(sum[:])}
	o := r.object(root, "")
	if format := o.text("instar", true); format != streamFormat {
		r.fail(root, "instar", fmt.Sprintf("the version of the format is %q", format), "begin the file with: instar: "+streamFormat)
	}
	o.text("doc", false)
	list := o.take("streams")
	switch {
	case list == nil || list.Kind != yamlx.Sequence || len(list.Items) == 0:
		r.fail(root, "streams", "the list of steps is missing", "write streams: and one step below it")
	case len(list.Items) > maxStreamSteps:
		r.fail(list, "streams", fmt.Sprintf("there are %d steps, at most %d", len(list.Items), maxStreamSteps), "")
	default:
		for i, item := range list.Items {
			p.steps = append(p.steps, r.step(item, fmt.Sprintf("streams.%d", i)))
		}
	}
	o.done()
	if r.err != nil {
		return nil, *r.err
	}
	return p, nil
}

// streamReader remembers the first mistake.
type streamReader struct{ err *yamlx.Problem }

func (r *streamReader) fail(n *yamlx.Node, key, what, hint string) {
	if r.err == nil {
		p := yamlx.Problem{Key: key, What: what, Hint: hint}
		if n != nil {
			p.Position = n.Position
		}
		r.err = &p
	}
}

func (r *streamReader) step(n *yamlx.Node, key string) streamStep {
	if n.Kind != yamlx.Mapping || len(n.Members) != 1 {
		r.fail(n, key, "a step is a mapping with one operation", `write it as {rename: {from: "ord-(.*)", to: "order-$1"}}`)
		return nil
	}
	m := n.Members[0]
	read := streamOperations()[m.Key]
	if read == nil {
		known := make([]string, 0, 10)
		for name := range streamOperations() {
			known = append(known, name)
		}
		r.fail(n, key, fmt.Sprintf("there is no operation %q", m.Key), "did you mean "+nearest.Name(m.Key, known)+"?")
		return nil
	}
	o := r.object(m.Value, key+"."+m.Key)
	s := read(o)
	o.done()
	return s
}

// streamOperations are the operations by name.
func streamOperations() map[string]func(*streamObject) streamStep {
	return map[string]func(*streamObject) streamStep{
		"create":  func(o *streamObject) streamStep { return &createStream{o.text("name", true)} },
		"delete":  readDelete,
		"rename":  readRename,
		"split":   readSplit,
		"move":    readMove,
		"merge":   readMerge,
		"close":   readClose,
		"reorder": readReorder,
		"dedupe":  readDedupe,
		"apply":   readApply,
	}
}

// streamObject is a mapping while it is read.
type streamObject struct {
	r     *streamReader
	n     *yamlx.Node
	key   string
	known []string
}

func (r *streamReader) object(n *yamlx.Node, key string) *streamObject {
	if n == nil || n.Kind != yamlx.Mapping {
		r.fail(n, key, "a mapping is needed here", "")
		n = &yamlx.Node{Kind: yamlx.Mapping}
	}
	return &streamObject{r: r, n: n, key: key}
}

func (o *streamObject) take(key string) *yamlx.Node {
	o.known = append(o.known, key)
	return o.n.Get(key)
}

func (o *streamObject) fail(key, what, hint string) {
	at := o.n.Get(key)
	if at == nil {
		at = o.n
	}
	o.r.fail(at, strings.TrimPrefix(o.key+"."+key, "."), what, hint)
}

// done refuses the keys that nobody asked for.
func (o *streamObject) done() {
	for _, m := range o.n.Members {
		found := false
		for _, k := range o.known {
			found = found || k == m.Key
		}
		if !found {
			o.fail(m.Key, fmt.Sprintf("unknown key %q", m.Key), "did you mean "+nearest.Name(m.Key, o.known)+"?")
		}
	}
}

func (o *streamObject) text(key string, need bool) string {
	n := o.take(key)
	if n == nil && !need {
		return ""
	}
	if n == nil || n.Kind == yamlx.Null || n.Kind == yamlx.Mapping || n.Kind == yamlx.Sequence || n.Text == "" {
		o.fail(key, key+" must be a text", "")
		return ""
	}
	return n.Text
}

func (o *streamObject) bool(key string) bool {
	n := o.take(key)
	if n == nil {
		return false
	}
	if n.Kind != yamlx.Bool {
		o.fail(key, key+" must be true or false", "")
	}
	return n.Text == "true"
}

func (o *streamObject) number(key string, most int) int {
	n := o.take(key)
	if n == nil {
		o.fail(key, key+" is missing", "")
		return 1
	}
	v, err := strconv.Atoi(n.Text)
	if n.Kind != yamlx.Int || err != nil || v < 1 || v > most {
		o.fail(key, fmt.Sprintf("%s is %q; a whole number from 1 to %d is needed", key, n.Text, most), "")
	}
	return v
}

func (o *streamObject) texts(key string) []string {
	n := o.take(key)
	var out []string
	if n != nil && n.Kind == yamlx.Sequence {
		for _, item := range n.Items {
			if item.Kind == yamlx.String && item.Text != "" {
				out = append(out, item.Text)
			}
		}
	}
	if n == nil || len(out) < 2 || len(out) != len(n.Items) {
		o.fail(key, key+" must be a list of two or more names", "")
	}
	return out
}

func (o *streamObject) selector(key string) *upcast.Selector {
	text := o.text(key, true)
	if text == "" {
		return nil
	}
	s, err := upcast.NewSelector(text)
	if err != nil {
		o.fail(key, err.Error(), "")
	}
	return s
}

func (o *streamObject) pattern(key string) *regexp.Regexp {
	text := o.text(key, true)
	re, err := regexp.Compile("^(?:" + text + ")$")
	if err != nil {
		o.fail(key, fmt.Sprintf("the pattern %q cannot be read: %s", text, err), "patterns are those of RE2")
		return regexp.MustCompile("^$")
	}
	return re
}

func (o *streamObject) glob(key string) string {
	text := o.text(key, true)
	if _, err := path.Match(text, ""); err != nil {
		o.fail(key, fmt.Sprintf("the pattern %q cannot be read", text), "* stands for any characters but /, ? for one, [ab] for one of them")
	}
	return text
}
