package batch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// StreamJob is one file of lines whose streams change.
type StreamJob struct {
	Plan *StreamPlan
	// In and Out are paths; Out must not exist, and is renamed into place at the
	// end.
	In, Out string
	// Envelope says where lines keep what; Stream is needed.
	Envelope Envelope
	// Payload and From are those of a [Job], for the step apply.
	Payload Payload
	From    int
	// Dead is the file for events that apply cannot carry; without one the run
	// stops at the first.
	Dead string
	// Reproducers and Program are those of a [Job].
	Reproducers, Program string
	// DryRun does everything and writes nothing.
	DryRun bool
	// Routes reads the way to a version of a subject, 0 for the newest.
	Routes func(ctx context.Context, subject string, to int) (Routes, error)
	// Progress, if set, is called after each block.
	Progress func(StreamReport)
}

// StreamReport is how far a run is.
type StreamReport struct {
	// Bytes and Records of the input that are done; Written is the events in the
	// output, Streams how many streams they are of.
	Bytes, Records, Written int64
	Streams                 int
	Steps                   []StepReport
	// Counts are the events that apply carried.
	Counts []Count
}

// StepReport is what a step did: how many events came to it, and how many left
// it.
type StepReport struct {
	Step    string
	In, Out int64
}

// Limits of streams.
const (
	// maxStreams bounds the names of streams that a run remembers.
	maxStreams = 1_000_000
	// maxMerged bounds the events of streams that are merged by time.
	maxMerged = 20_000_000
	// maxKept bounds the events that a closed stream's successor begins with.
	maxKept = 64 << 20
)

// RunStreams carries out a plan on one file. A run that ends early leaves nothing
// under the name of the output; the same job begins anew.
func RunStreams(ctx context.Context, job StreamJob) (StreamReport, error) {
	r := &streamRun{ctx: ctx, job: job, counts: map[Count]int64{}, streams: map[string]bool{}}
	err := r.all()
	r.report.Counts = sortedCounts(r.counts)
	r.report.Streams = len(r.streams)
	return r.report, errors.Join(err, r.close())
}

// streamRun is a run at work. It belongs to one goroutine.
type streamRun struct {
	ctx     context.Context
	job     StreamJob
	locate  *locator
	report  StreamReport
	counts  map[Count]int64
	streams map[string]bool

	in       *lineBlocks
	out      *output
	deadFile *output
	zip      *gzip.Writer
	stages   []stage
	spools   []*os.File
	done     bool
}

func (r *streamRun) all() error {
	if err := r.prepare(); err != nil {
		return err
	}
	if err := r.begin(); err != nil {
		return err
	}
	if err := r.read(); err != nil {
		return err
	}
	for i := range r.stages {
		if err := r.stages[i].end(); err != nil {
			return err
		}
	}
	return r.finish()
}

// prepare checks the job and opens its files.
func (r *streamRun) prepare() error {
	e := &r.job.Envelope
	if e.Stream == "" {
		return errors.New("the envelope does not say where lines keep their stream, as in stream=/s")
	}
	if e.Only != "" {
		return errors.New("a type to carry belongs to the step apply")
	}
	var err error
	if r.locate, err = newLocator(*e); err != nil {
		return err
	}
	if e.Origin != "" && (len(r.locate.pointers[atOrigin]) != 1 || e.Payload == "") {
		return fmt.Errorf("envelope: origin is %q; lines can keep it only beside the payload, as in payload=/d,origin=/o", e.Origin)
	}
	if err := r.vacant(); err != nil {
		return err
	}
	var packed bool
	if r.in, packed, err = openLines(r.job.In, 0, 0); err != nil || r.job.DryRun {
		return err
	}
	if r.out, err = openOutput(r.job.Out, 0); err == nil {
		err = truncate(r.out.file, 0)
	}
	if err == nil && r.job.Dead != "" {
		if r.deadFile, err = openOutput(r.job.Dead, 0); err == nil {
			err = truncate(r.deadFile.file, 0)
		}
	}
	if packed {
		r.zip = gzip.NewWriter(writerTo{r.out})
	}
	return err
}

// vacant refuses to overwrite files.
func (r *streamRun) vacant() error {
	info, err := os.Stat(r.job.In)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", r.job.In)
	case r.job.DryRun:
		return nil
	}
	if err := apart(info, r.job.Out, r.job.Dead); err != nil {
		return err
	}
	files := run{job: Job{Out: r.job.Out, Dead: r.job.Dead}}
	return files.vacant()
}

// begin links the steps, the last one first.
func (r *streamRun) begin() error {
	steps := r.job.Plan.steps
	r.report.Steps = make([]StepReport, len(steps))
	r.stages = make([]stage, len(steps))
	next := r.write
	for i, s := range slices.Backward(steps) {
		for _, place := range s.uses() {
			if !r.locate.wanted.has(place) {
				return fmt.Errorf("%s: the envelope does not say where lines keep their %s, as in %[2]s=/x", s, placeNames[place])
			}
		}
		report := &r.report.Steps[i]
		report.Step = s.String()
		after := next
		g, err := s.begin(r, func(x *streamRecord) error {
			report.Out++
			return after(x)
		})
		if err != nil {
			return err
		}
		r.stages[i] = g
		next = func(x *streamRecord) error {
			report.In++
			return g.push(x)
		}
	}
	r.stages = append([]stage{each(next)}, r.stages...)
	return nil
}

// read sends every line through the steps.
func (r *streamRun) read() error {
	for {
		b, err := r.in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = r.block(b)
		}
		if err != nil {
			return err
		}
		r.report.Bytes, r.report.Records = b.end, b.record+b.records
		if r.job.Progress != nil {
			r.job.Progress(r.report)
		}
	}
}

func (r *streamRun) block(b *block) error {
	rest, at, record := b.data, b.in, b.record
	for len(rest) > 0 {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		line, size := rest, len(rest)
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, size = rest[:i], i+1
		}
		record++
		if len(bytes.TrimSpace(line)) > 0 {
			x, err := r.newRecord(line, at, record)
			if err == nil {
				err = r.stages[0].push(x)
			}
			if err != nil {
				return err
			}
		}
		rest, at = rest[size:], at+int64(size)
	}
	return nil
}

// write takes what the last step lets through.
func (r *streamRun) write(x *streamRecord) error {
	if !r.streams[x.stream] {
		if len(r.streams) >= maxStreams {
			return r.wrong(x, fmt.Sprintf("the output has more than %d streams", maxStreams))
		}
		r.streams[x.stream] = true
	}
	r.report.Written++
	if r.out == nil {
		return nil
	}
	line := append(x.line[:len(x.line):len(x.line)], '\n')
	if r.zip != nil {
		_, err := r.zip.Write(line)
		return err
	}
	return r.out.write(line)
}

// lose writes dead letters.
func (r *streamRun) lose(letters []byte) error {
	if r.deadFile == nil || len(letters) == 0 {
		return nil
	}
	return r.deadFile.write(letters)
}

// finish gives complete files their names.
func (r *streamRun) finish() error {
	if r.out == nil {
		return nil
	}
	if r.zip != nil {
		if err := r.zip.Close(); err != nil {
			return err
		}
	}
	if r.deadFile != nil {
		if _, err := r.deadFile.flush(); err != nil {
			return err
		}
		if r.deadFile.size > 0 {
			if err := rename(r.job.Dead); err != nil {
				return err
			}
		} else if err := os.Remove(partName(r.job.Dead)); err != nil {
			return err
		}
	}
	if _, err := r.out.flush(); err != nil {
		return err
	}
	r.done = true
	return rename(r.job.Out)
}

// spool is a file without a name for what a step cannot let through yet.
func (r *streamRun) spool() (*os.File, error) {
	dir := ""
	if r.job.Out != "" {
		dir = filepath.Dir(r.job.Out)
	}
	f, err := os.CreateTemp(dir, "instar-spool-*")
	if err == nil {
		r.spools = append(r.spools, f)
		_ = os.Remove(f.Name()) // a killed run leaves nothing, where the system allows it
	}
	return f, err
}

func (r *streamRun) close() error {
	var err error
	if r.in != nil {
		err = r.in.close()
	}
	for _, f := range r.spools {
		err = errors.Join(err, f.Close())
		_ = os.Remove(f.Name())
	}
	err = errors.Join(err, r.out.close(), r.deadFile.close())
	for _, o := range []*output{r.out, r.deadFile} {
		if o != nil && !r.done {
			err = errors.Join(err, os.Remove(o.file.Name()))
		}
	}
	return err
}

// writerTo makes a writer of an output.
type writerTo struct{ o *output }

// Write implements [io.Writer].
func (w writerTo) Write(b []byte) (int, error) { return len(b), w.o.write(b) }
