package batch

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// task is a block on its way through a worker.
type task struct {
	block *block
	done  chan *result
}

// work carries all blocks and writes them in the order of the input.
func (r *run) work(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	carriers := make([]carrier, r.job.Workers)
	for i := range carriers {
		c, err := r.carrier()
		if err != nil {
			return err
		}
		defer c.close()
		carriers[i] = c
	}
	tasks, order := make(chan task), make(chan task, 2*r.job.Workers)
	var read error
	var all sync.WaitGroup
	all.Go(func() {
		defer close(order)
		defer close(tasks)
		read = r.read(ctx, tasks, order)
	})
	for _, c := range carriers {
		all.Go(func() {
			for t := range tasks {
				t.done <- c.carry(ctx, t.block)
			}
		})
	}
	r.started = r.job.now()
	err := r.commit(ctx, order)
	stop()
	for range order {
	}
	all.Wait()
	if err == nil {
		err = read
	}
	return errors.Join(err, r.checkpoint(false))
}

// read cuts the input into tasks.
func (r *run) read(ctx context.Context, tasks, order chan<- task) error {
	for {
		b, err := r.in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		t := task{b, make(chan *result, 1)}
		select {
		case order <- t:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case tasks <- t:
		case <-ctx.Done():
			t.done <- &result{block: b, err: ctx.Err()}
			return ctx.Err()
		}
	}
}

// commit writes results in order until one has an error.
func (r *run) commit(ctx context.Context, order <-chan task) error {
	for t := range order {
		var res *result
		select {
		case res = <-t.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if res.err != nil {
			return res.err
		}
		if err := r.write(res); err != nil {
			return err
		}
		if r.job.Progress != nil {
			r.report.Counts = sortedCounts(r.counts)
			r.job.Progress(r.report)
		}
		r.throttle()
	}
	return nil
}

func (r *run) write(res *result) error {
	if r.out != nil {
		if err := r.out.write(res.out); err != nil {
			return err
		}
		r.report.Written = r.out.size
	} else {
		r.report.Written += int64(len(res.out))
	}
	if r.dead != nil && len(res.dead) > 0 {
		if err := r.dead.write(res.dead); err != nil {
			return err
		}
	}
	res.addTo(r.counts)
	r.sample(res.samples)
	r.report.Bytes = res.block.end
	r.report.Records = res.block.record + res.block.records
	r.spare.give(res.block.data)
	r.spare.give(res.out)
	if r.out != nil && r.out.since >= r.job.flushBytes {
		return r.checkpoint(false)
	}
	return nil
}

// sample keeps the first few samples of each version.
func (r *run) sample(samples []Sample) {
	for _, s := range samples {
		if wants(r.report.Samples, s.Version, r.job.Samples) {
			r.report.Samples = append(r.report.Samples, s)
		}
	}
}

// checkpoint makes everything durable, and then the entry that says so.
func (r *run) checkpoint(done bool) error {
	if r.manifest == nil {
		return nil
	}
	if !done && r.report.Bytes == r.manifest.last.In {
		return nil
	}
	e := entry{In: r.report.Bytes, Records: r.report.Records, Out: r.out.size, Counts: sortedCounts(r.counts), Done: done}
	sum, err := r.out.flush()
	if err != nil {
		return err
	}
	e.Sum = sum
	if r.dead != nil {
		if _, err := r.dead.flush(); err != nil {
			return err
		}
		e.Dead = r.dead.size
	}
	return r.manifest.add(e)
}

// finish gives complete files their names.
func (r *run) finish() error {
	if r.manifest == nil {
		return nil
	}
	if err := r.checkpoint(true); err != nil {
		return err
	}
	return r.rename()
}

// rename completes a run whose last entry says that everything is written.
func (r *run) rename() error {
	if r.job.Dead != "" {
		if err := r.renameDead(); err != nil {
			return err
		}
	}
	if err := rename(r.job.Out); err != nil {
		return err
	}
	r.report.Done = true
	return os.Remove(r.manifest.path)
}

// renameDead names the dead letters; no file is left where there are none.
func (r *run) renameDead() error {
	if r.manifest.last.Dead > 0 {
		return rename(r.job.Dead)
	}
	err := os.Remove(partName(r.job.Dead))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// throttle waits as long as the run is ahead of its rate.
func (r *run) throttle() {
	if r.job.Rate <= 0 {
		return
	}
	due := time.Duration(float64(r.report.Records-r.before) / float64(r.job.Rate) * float64(time.Second))
	if ahead := due - r.job.now().Sub(r.started); ahead > 0 {
		r.job.sleep(ahead)
	}
}

func sortedCounts(counts map[Count]int64) []Count {
	out := make([]Count, 0, len(counts))
	for c, n := range counts {
		c.Events = n
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Outcome, b.Outcome))
	})
	return out
}
