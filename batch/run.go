package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Run migrates one file. A run that ends early, by an error, a cancelled context
// or a kill, is gone on with by running the same job again. The report is as far
// as the run came, also beside an error. An event that cannot be carried is an
// *[EventError].
func Run(ctx context.Context, job Job, routes Routes) (Report, error) {
	r := &run{job: job, routes: routes, counts: map[Count]int64{}}
	r.defaults()
	r.carrier = r.newCarrier
	err := r.all(ctx)
	r.report.Counts = sortedCounts(r.counts)
	return r.report, errors.Join(err, r.closeAll())
}

func (r *run) all(ctx context.Context) error {
	err := r.prepare(ctx)
	if err == nil && !r.report.Done {
		err = r.work(ctx)
		if err == nil {
			err = r.finish()
		}
	}
	return err
}

// run is a run at work.
type run struct {
	job    Job
	routes Routes
	report Report
	counts map[Count]int64
	locate *locator
	packed bool // gzipped lines
	// earlier is what documents may ask of the lines before; nil if none asks.
	earlier *folding
	// spare are the buffers of blocks that were written, of lines.
	spare spare
	// carrier makes what one worker works with.
	carrier func() (carrier, error)

	in       blocks
	head     ocfHeader // of the output, for container files
	route    *Route    // of the events of a container file
	manifest *manifest
	out      *output
	dead     *output
	started  time.Time
	before   int64 // records that an earlier run carried
}

func (r *run) defaults() {
	j := &r.job
	if j.Workers <= 0 {
		j.Workers = runtime.GOMAXPROCS(0)
	}
	if j.Payload == "" {
		j.Payload = JSON
	}
	if j.flushBytes == 0 {
		j.flushBytes = defaultFlush
	}
	if j.now == nil {
		j.now, j.sleep = time.Now, time.Sleep
	}
	if j.Checkpoint == "" {
		j.Checkpoint = filepath.Dir(j.Out)
	}
	if !j.DryRun {
		j.Samples = 0
	}
}

// prepare checks the job, and opens its files where an earlier run left them.
func (r *run) prepare(ctx context.Context) error {
	info, err := os.Stat(r.job.In)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", r.job.In)
	}
	if r.locate, err = newLocator(r.job.Envelope); err != nil {
		return err
	}
	switch {
	case r.job.Redrive:
		r.job.Format, err = kindOf(r.job.In)
	case r.job.Format == "":
		r.job.Format, err = formatOf(r.job.In)
	}
	if err != nil {
		return err
	}
	if !r.job.DryRun {
		if err := r.resume(info); err != nil || r.report.Done {
			return err
		}
	}
	if err := r.fold(ctx); err != nil {
		return err
	}
	return r.openInput(ctx)
}

func formatOf(path string) (Format, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	magic := make([]byte, len(ocfMagic))
	if _, err := io.ReadFull(f, magic); err == nil && bytes.Equal(magic, ocfMagic) {
		return OCF, nil
	}
	return Lines, nil
}

// apart refuses one file for two of the three that a run knows.
func apart(in fs.FileInfo, out, dead string) error {
	if info, err := os.Stat(out); err == nil && os.SameFile(info, in) {
		return fmt.Errorf("%s is the input too; name another file for the output", out)
	}
	if filepath.Clean(dead) == filepath.Clean(out) {
		return fmt.Errorf("%s is the output too; name another file for the dead letters", dead)
	}
	return nil
}

// resume opens manifest and output. A run that was complete but for the names of
// its files is completed here.
func (r *run) resume(info fs.FileInfo) error {
	if err := apart(info, r.job.Out, r.job.Dead); err != nil {
		return err
	}
	path := filepath.Join(r.job.Checkpoint, filepath.Base(r.job.Out)+".manifest")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := r.vacant(); err != nil {
			return err
		}
	}
	if err := r.openManifest(path, info); err != nil {
		return err
	}
	last := r.manifest.last
	r.report.Resumed, r.report.ResumedAt = r.manifest.begun, last.In
	r.take(last)
	if last.Done {
		return r.rename()
	}
	err := r.vacant()
	if err != nil {
		return err
	}
	if r.out, err = openOutput(r.job.Out, last.Out); err != nil {
		return err
	}
	if err := r.manifest.restore(r.out.file); err != nil {
		return err
	}
	if r.job.Dead != "" {
		if r.dead, err = openOutput(r.job.Dead, last.Dead); err == nil {
			err = truncate(r.dead.file, last.Dead)
		}
	}
	return err
}

// vacant refuses to overwrite files.
func (r *run) vacant() error {
	for _, path := range []string{r.job.Out, r.job.Dead} {
		if path == "" {
			continue
		}
		_, err := os.Lstat(path)
		switch {
		case err == nil:
			return fmt.Errorf("%s exists; remove it or name another file", path)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

func (r *run) openManifest(path string, info fs.FileInfo) error {
	if err := os.MkdirAll(r.job.Checkpoint, 0o755); err != nil { //nolint:gosec // as any directory of the user
		return err
	}
	in, err := filepath.Abs(r.job.In)
	if err != nil {
		return err
	}
	target, _ := r.routes.Target()
	r.manifest, err = openManifest(path, &header{
		Format: manifestFormat, Subject: r.job.Subject, Target: target, Routes: r.routes.Identity(),
		In: in, Size: info.Size(), Modified: info.ModTime().UnixNano(), Form: r.job.Format, Payload: r.job.Payload,
		Envelope: r.job.Envelope, From: r.job.From, Dead: r.job.Dead,
	})
	return err
}

// take sets the report to an entry of the manifest.
func (r *run) take(e entry) {
	r.report.Bytes, r.report.Records, r.report.Written = e.In, e.Records, e.Out
	r.before = e.Records
	for _, c := range e.Counts {
		n := c.Events
		c.Events = 0
		r.counts[c] = n
	}
	r.report.Counts = sortedCounts(r.counts)
}

// openInput opens the input where the work goes on.
func (r *run) openInput(ctx context.Context) error {
	if r.job.Redrive {
		return r.openLetters()
	}
	if r.job.Format == Lines {
		in, packed, err := openLines(r.job.In, r.report.Bytes, r.report.Records)
		if err == nil {
			r.in, r.packed, r.spare = in, packed, make(spare, 4*r.job.Workers)
			in.spare = r.spare
		}
		return err
	}
	in, err := openOCF(r.job.In, r.report.Bytes, r.report.Records)
	if err != nil {
		return err
	}
	r.in = in
	if r.job.From > 0 {
		r.route, err = r.routes.Version(ctx, r.job.From)
	} else {
		r.route, err = r.routes.Schema(ctx, in.header.schema)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.job.In, err)
	}
	_, target := r.routes.Target()
	r.head = in.header.migrated(target.Canonical())
	if r.out != nil && r.out.size == 0 {
		return r.out.write(r.head.append(nil))
	}
	return nil
}

func (r *run) newCarrier() (carrier, error) {
	w := worker{job: &r.job, routes: r.routes, earlier: r.earlier, spare: r.spare}
	if r.job.Redrive {
		return &redriver{newLineCarrier(w, r.locate, false), r.job.Format, &r.head}, nil
	}
	if r.job.Format == Lines {
		return newLineCarrier(w, r.locate, r.packed), nil
	}
	return newOCFCarrier(w, r.route, &r.head)
}

func (r *run) closeAll() error {
	var err error
	if r.in != nil {
		err = r.in.close()
	}
	if r.manifest != nil {
		err = errors.Join(err, r.manifest.file.Close())
	}
	return errors.Join(err, r.out.close(), r.dead.close())
}
