package lint

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// Cache keeps what runs learned. What is stored under a key is a function of the
// key, so an entry never expires and a lost one costs time only. It is safe for
// concurrent use.
type Cache interface {
	// Load returns what was stored under a key, or nil.
	Load(key string) []byte
	// Store keeps a value if it can.
	Store(key string, value []byte)
}

// The first part of a key: change it with what the values hold.
const (
	resultKind  = "result/1"
	outlineKind = "outline/2"
)

// kept is a result as the cache has it. Waivers and severities are not in it:
// they are decided after it.
type kept struct {
	Subject  Subject
	Findings []keptFinding
	// Old is the version whose marks tell which ones this change added, or -1.
	Old int
}

// keptFinding is a finding with what the report does not show of it.
type keptFinding struct {
	Finding
	Sides  [2]string // the documents of the references that it stands in
	Judged bool
}

// question is a job that the cache may know.
type question struct {
	key string
	// head and olds are the texts with their closures, not parsed.
	head *parsedText
	olds []*parsedText
}

// question says what the result of a job depends on; nil if that cannot be told
// or is not worth keeping.
func (x *run) question(ctx context.Context, j *job, level compat.Level, policy compat.Policy) (*question, error) {
	if x.Cache == nil || j.state != SubjectCompared || len(x.samplesOf(j.new)) > 0 || x.mayBridge(j) {
		return nil, nil //nolint:nilnil // documented
	}
	h := sha256.New()
	part := func(s string) { _, _ = fmt.Fprintf(h, "%d:%s,", len(s), s) }
	part(resultKind + " " + x.Build + " " + compat.EngineVersion)
	part(fmt.Sprint(j.registered, j.normalize))
	for _, s := range []string{j.subject, j.base, j.renamed, level.String(), policy.String(), fmt.Sprintf("%+v", j.new.mapping.options()), strconv.FormatBool(x.Fixes)} {
		part(s)
	}
	q := &question{}
	add := func(s *side, u *unit, number int) (*parsedText, error) {
		p, err := s.unparsed(ctx, u)
		if err != nil || p.err != nil || len(p.closure.loose) > 0 || p.closure.cycle != nil {
			return nil, err
		}
		part(u.file + "\x00" + s.tree.Snap().Commit + "\x00" + s.tree.Snap().Name + "\x00" + strconv.Itoa(number) + "\x00" + u.format.String())
		part(p.text.sum())
		for _, d := range p.closure.docs {
			part(d.Name + "\x00" + p.closure.files[d.Name])
			t, err := s.text(ctx, p.closure.files[d.Name])
			if err != nil {
				return nil, err
			}
			part(t.sum())
		}
		return p, nil
	}
	var err error
	if q.head, err = add(j.head, j.new, 0); q.head == nil {
		return nil, err
	}
	for i := range j.olds {
		v := &j.olds[i]
		p, err := add(v.side, v.unit, v.number)
		if p == nil {
			return nil, err
		}
		q.olds = append(q.olds, p)
		if !level.Transitive() {
			break
		}
	}
	q.key = hex.EncodeToString(h.Sum(nil))
	return q, nil
}

// mayBridge reports whether an upcaster document may lead into the head's text:
// proving it takes the parsed schemas.
func (x *run) mayBridge(j *job) bool {
	return slices.ContainsFunc(x.documents, func(d document) bool {
		return slices.ContainsFunc(j.olds, func(v version) bool { return d.into(j, v) })
	})
}

// sum names the content of a text.
func (t *text) sum() string {
	t.once.Do(func() {
		body := t.body
		if t.yaml != nil {
			body = t.yaml.Text // places are those in it
		}
		s := sha256.Sum256([]byte(body))
		t.hash = string(s[:]) + strconv.Itoa(t.mark)
	})
	return t.hash
}

// recall gives a job the result that the cache has; false if it has none.
func (x *run) recall(q *question, j *job, out *result) bool {
	data := x.Cache.Load(q.key)
	if data == nil {
		return false
	}
	var k kept
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&k); err != nil || k.Old >= len(q.olds) || k.Subject.Subject != j.subject || k.Subject.State == "" {
		return false
	}
	out.subject = k.Subject
	for i := range k.Findings {
		f := k.Findings[i].Finding
		f.documents, f.judged = k.Findings[i].Sides, k.Findings[i].Judged
		out.findings = append(out.findings, f)
	}
	if k.Old >= 0 {
		x.readIgnores(j, out, q.head, q.olds[k.Old])
	}
	return true
}

// remember stores a result, unless a mistake of the engine is in it: that is
// asked about again.
func (x *run) remember(q *question, out *result) {
	if data := encodeResult(out); data != nil {
		x.Cache.Store(q.key, data)
	}
}

func encodeResult(out *result) []byte {
	if out.fleeting || out.subject.State != SubjectCompared && out.subject.State != SubjectUnchanged {
		return nil
	}
	k := kept{Subject: out.subject, Old: out.marks - 1}
	for _, f := range out.findings {
		if f.Bug != "" {
			return nil
		}
		k.Findings = append(k.Findings, keptFinding{Finding: f, Sides: f.documents, Judged: f.judged})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(k); err != nil {
		return nil // an event that JSON cannot hold
	}
	return b.Bytes()
}

// verify holds what the cache has to a fresh result.
func (x *run) verify(q *question, out *result) error {
	was, now := x.Cache.Load(q.key), encodeResult(out)
	if was == nil || bytes.Equal(was, now) {
		return nil
	}
	return &schema.Bug{Where: "the cache, about " + out.subject.Subject, Cause: "the cached result " + q.key + " is not the one that was computed"}
}
