package batch

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/instar-registry/instar/upcast"
)

// emit takes a record that a step lets through.
type emit func(*streamRecord) error

// stage is a step at work on one run.
type stage interface {
	push(x *streamRecord) error
	// end lets through what the step still holds.
	end() error
}

// each is a stage that decides about every record on its own.
type each func(x *streamRecord) error

func (f each) push(x *streamRecord) error { return f(x) }
func (f each) end() error                 { return nil }

// createStream names a stream that later steps fill: no event may have it yet.
type createStream struct{ name string }

func (s *createStream) String() string { return "create " + s.name }
func (s *createStream) uses() []int    { return nil }

func (s *createStream) begin(r *streamRun, next emit) (stage, error) {
	return each(func(x *streamRecord) error {
		if x.stream == s.name {
			return r.wrong(x, fmt.Sprintf("stream %s is there already; create it under another name, or leave the step out", s.name))
		}
		return next(x)
	}), nil
}

// deleteStreams ends the events of some streams.
type deleteStreams struct{ match string }

func readDelete(o *streamObject) streamStep { return &deleteStreams{o.glob("match")} }

func (s *deleteStreams) String() string { return "delete " + s.match }
func (s *deleteStreams) uses() []int    { return nil }

func (s *deleteStreams) begin(_ *streamRun, next emit) (stage, error) {
	return each(func(x *streamRecord) error {
		if gone, _ := path.Match(s.match, x.stream); gone { // the pattern was checked when it was read
			return nil
		}
		return next(x)
	}), nil
}

// renameStreams gives streams another name.
type renameStreams struct {
	from  *regexp.Regexp
	to    string
	merge bool
}

func readRename(o *streamObject) streamStep {
	return &renameStreams{o.pattern("from"), o.text("to", true), o.bool("merge")}
}

func (s *renameStreams) String() string {
	return fmt.Sprintf("rename %s to %s", strings.TrimSuffix(strings.TrimPrefix(s.from.String(), "^(?:"), ")$"), s.to)
}
func (s *renameStreams) uses() []int { return nil }

func (s *renameStreams) begin(r *streamRun, next emit) (stage, error) {
	origins, names := map[string]string{}, map[string]string{}
	return each(func(x *streamRecord) error {
		name, known := names[x.stream]
		if !known {
			name = x.stream
			if at := s.from.FindStringSubmatchIndex(x.stream); at != nil {
				name = string(s.from.ExpandString(nil, s.to, x.stream, at))
			}
			if was, taken := origins[name]; taken && !s.merge {
				return r.wrong(x, fmt.Sprintf("streams %s and %s would both be %s; say merge: true if they shall become one", was, x.stream, name))
			}
			if len(names) >= maxStreams {
				return r.wrong(x, fmt.Sprintf("the file has more than %d streams", maxStreams))
			}
			names[x.stream], origins[name] = name, x.stream
		}
		if err := r.into(x, name); err != nil {
			return err
		}
		return next(x)
	}), nil
}

// splitStream shares the events of a stream out by a value.
type splitStream struct {
	from, to string
	by       *upcast.Selector
}

func readSplit(o *streamObject) streamStep {
	s := &splitStream{from: o.text("from", true), by: o.selector("by"), to: o.text("to", true)}
	if !strings.Contains(s.to, "{by}") {
		o.fail("to", fmt.Sprintf("%q would be one stream", s.to), `name the value in it, as in "cart-{by}"`)
	}
	return s
}

func (s *splitStream) String() string { return fmt.Sprintf("split %s to %s", s.from, s.to) }
func (s *splitStream) uses() []int    { return nil }

func (s *splitStream) begin(r *streamRun, next emit) (stage, error) {
	return each(func(x *streamRecord) error {
		if x.stream == s.from {
			v, err := r.value(x, s.by)
			if err != nil {
				return err
			}
			if err := r.into(x, strings.ReplaceAll(s.to, "{by}", label(v))); err != nil {
				return err
			}
		}
		return next(x)
	}), nil
}

// moveEvents takes some events of a stream to another.
type moveEvents struct {
	when     *upcast.Selector
	from, to string
}

func readMove(o *streamObject) streamStep {
	return &moveEvents{o.selector("when"), o.text("from", true), o.text("to", true)}
}

func (s *moveEvents) String() string { return fmt.Sprintf("move %s to %s", s.from, s.to) }
func (s *moveEvents) uses() []int    { return nil }

func (s *moveEvents) begin(r *streamRun, next emit) (stage, error) {
	return each(func(x *streamRecord) error {
		if x.stream == s.from {
			yes, err := r.truth(x, s.when)
			if err != nil {
				return err
			}
			if yes {
				if err := r.into(x, s.to); err != nil {
					return err
				}
			}
		}
		return next(x)
	}), nil
}

// applyUpcasters carries the events of a subject to one of its versions.
type applyUpcasters struct {
	subject, only string
	to            int // 0 is the newest
}

func readApply(o *streamObject) streamStep {
	s := &applyUpcasters{subject: o.text("subject", true), only: o.text("type", false)}
	if n := o.take("to"); n != nil && n.Text != "latest" {
		s.to = o.number("to", 1<<31-1)
	}
	return s
}

func (s *applyUpcasters) String() string {
	if s.to == 0 {
		return fmt.Sprintf("apply %s to latest", s.subject)
	}
	return fmt.Sprintf("apply %s to version %d", s.subject, s.to)
}

func (s *applyUpcasters) uses() []int {
	if s.only != "" {
		return []int{atType}
	}
	return nil
}

func (s *applyUpcasters) begin(r *streamRun, next emit) (stage, error) {
	if r.job.Routes == nil {
		return nil, fmt.Errorf("%s: there is no registry to read the upcasters from", s)
	}
	routes, err := r.job.Routes(r.ctx, s.subject, s.to)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	job := Job{In: r.job.In, Format: Lines, Envelope: r.job.Envelope, From: r.job.From, Payload: r.job.Payload, Dead: r.job.Dead, Subject: s.subject, Verify: true, Reproducers: r.job.Reproducers, Program: r.job.Program}
	job.Envelope.Only = s.only
	if job.Payload == "" {
		job.Payload = JSON
	}
	// Of a stream the step sees what the steps before made of it.
	earlier, err := newFolding(routes, &job)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	c := newLineCarrier(worker{job: &job, routes: routes, earlier: earlier}, r.locate, false)
	return each(func(x *streamRecord) error {
		res := &result{}
		if err := c.line(r.ctx, res, x.line, nil, x.offset, x.record); err != nil {
			return err
		}
		if earlier != nil {
			if err := earlier.see(r.locate, x.line); err != nil {
				return r.wrong(x, err.Error())
			}
		}
		if err := r.lose(res.dead); err != nil {
			return err
		}
		res.addTo(r.counts)
		if len(res.out) == 0 {
			return nil // dropped, or among the dead letters
		}
		x.line = res.out
		if err := r.locateIn(x); err != nil {
			return r.wrong(x, err.Error())
		}
		return next(x)
	}), nil
}
